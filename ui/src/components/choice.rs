//! Choices of one among others.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::unique_id;

/// One of a few things to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice<T> {
    /// What is chosen.
    pub(crate) value: T,
    /// What it is called.
    pub(crate) label: String,
    /// The end of its test hook.
    pub(crate) slug: String,
}

impl<T> Choice<T> {
    /// A choice.
    pub(crate) fn new(value: T, label: impl Into<String>, slug: impl Into<String>) -> Self {
        Self { value, label: label.into(), slug: slug.into() }
    }
}

/// A choice among things of whatever kind, each by its place, so that what shows them is compiled once for all kinds.
#[derive(Clone, Copy)]
struct Places {
    /// What stands there: label and slug of each.
    faces: Memo<Vec<(String, String)>>,
    /// Which is chosen; `None` if none of them is.
    chosen: Memo<Option<usize>>,
    /// Another one is chosen.
    choose: Callback<usize>,
}

impl Places {
    fn of<T>(choices: Signal<Vec<Choice<T>>>, value: Signal<T>, on_change: Callback<T>) -> Self
    where
        T: Clone + PartialEq + Send + Sync + 'static,
    {
        Self {
            faces: Memo::new(move |_| {
                let face = |choice: &Choice<T>| (choice.label.clone(), choice.slug.clone());
                choices.with(|choices| choices.iter().map(face).collect())
            }),
            chosen: Memo::new(move |_| {
                choices.with(|choices| {
                    value.with(|value| choices.iter().position(|choice| choice.value == *value))
                })
            }),
            choose: Callback::new(move |place: usize| {
                let chosen = choices.with_untracked(|choices| Some(choices.get(place)?.value.clone()));
                if let Some(chosen) = chosen {
                    on_change.run(chosen);
                }
            }),
        }
    }
}

/// A choice of one among a few, all in sight.
#[component]
pub(crate) fn Segmented<T>(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// What there is.
    #[prop(into)]
    choices: Signal<Vec<Choice<T>>>,
    /// What is chosen now.
    #[prop(into)]
    value: Signal<T>,
    /// Another one is chosen.
    #[prop(into)]
    on_change: Callback<T>,
    /// Whether the label is for assistive technology only.
    #[prop(optional)]
    hide_label: bool,
    /// The beginning of the test hooks: `<testid>-<slug>`.
    #[prop(into)]
    testid: String,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    segments(label, Places::of(choices, value, on_change), hide_label, testid)
}

fn segments(label: String, places: Places, hide_label: bool, testid: String) -> AnyView {
    let Places { faces, chosen, choose } = places;
    let group = unique_id("choice");
    let own = testid.clone();
    view! {
        <fieldset class="segmented" data-testid=own>
            <legend class=if hide_label { "visually-hidden" } else { "field-label" }>{label}</legend>
            <div class="segmented-choices">
                {move || faces.get().into_iter().enumerate().map(|(place, (label, slug))| view! {
                    <label class="segment">
                        <input
                            type="radio"
                            name=group.clone()
                            value=slug.clone()
                            data-testid=format!("{testid}-{slug}")
                            prop:checked=move || chosen.get() == Some(place)
                            on:change={
                                let group = group.clone();
                                move |_| {
                                    choose.run(place);
                                    show_chosen(&group, chosen.get_untracked());
                                }
                            }
                        />
                        <span>{label}</span>
                    </label>
                }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

/// Marks what is chosen among the buttons of a group, and not what was pressed: a press may not be taken, or not yet.
fn show_chosen(group: &str, chosen: Option<usize>) {
    let inputs = document().get_elements_by_name(group);
    for place in 0..inputs.length() {
        if let Some(input) =
            inputs.item(place).and_then(|node| node.dyn_into::<web_sys::HtmlInputElement>().ok())
        {
            input.set_checked(usize::try_from(place).ok() == chosen);
        }
    }
}

/// A choice of one among several.
#[component]
pub(crate) fn Select<T>(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// What there is.
    #[prop(into)]
    choices: Signal<Vec<Choice<T>>>,
    /// What is chosen now.
    #[prop(into)]
    value: Signal<T>,
    /// Another one is chosen.
    #[prop(into)]
    on_change: Callback<T>,
    /// The test hook.
    #[prop(into)]
    testid: String,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    options(label, Places::of(choices, value, on_change), testid)
}

fn options(label: String, places: Places, testid: String) -> AnyView {
    let Places { faces, chosen, choose } = places;
    let id = unique_id("select");
    let slug = move || {
        let place = chosen.get();
        faces.with(|faces| place.and_then(|place| Some(faces.get(place)?.1.clone())).unwrap_or_default())
    };
    let slug_now = move || untrack(slug);
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>{label}</label>
            <div class="field-box">
                <select
                    class="field-input field-select"
                    id=id
                    data-testid=testid
                    prop:value=slug
                    on:change=move |event| {
                        let slug = event_target_value(&event);
                        let place = faces.with_untracked(|faces| faces.iter().position(|face| face.1 == slug));
                        if let Some(place) = place {
                            choose.run(place);
                        }
                        // What was not taken, or not yet, is not shown as chosen.
                        event_target::<web_sys::HtmlSelectElement>(&event).set_value(&slug_now());
                    }
                >
                    {move || faces.get().into_iter().enumerate().map(|(place, (label, slug))| view! {
                        <option value=slug selected=move || chosen.get() == Some(place)>{label}</option>
                    }).collect_view()}
                </select>
            </div>
        </div>
    }
    .into_any()
}
