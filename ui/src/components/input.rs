//! Fields and choices.

use leptos::prelude::*;

use super::unique_id;
use crate::route::Route;

/// A field for a line of text.
#[component]
pub(crate) fn TextInput(
    /// What it is for.
    #[prop(into)]
    label: String,
    /// What is in it.
    value: RwSignal<String>,
    /// What is wrong with it, a sentence.
    #[prop(into, optional)]
    problem: Signal<Option<String>>,
    /// A quiet line under it while nothing is wrong.
    #[prop(into, optional)]
    hint: Signal<String>,
    /// How many characters it takes at most.
    #[prop(default = 200)]
    longest: u32,
    /// The test hook; the sentence under the field has it with `-problem`.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    let id = unique_id("text");
    let below = format!("{id}-below");
    let problem_id = format!("{testid}-problem");
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>{label}</label>
            <div class="field-box" class:is-wrong=move || problem.with(Option::is_some)>
                <input
                    class="field-input"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    id=id
                    maxlength=longest.to_string()
                    data-testid=testid
                    aria-describedby=below.clone()
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </div>
            <p class="field-below" class:is-wrong=move || problem.with(Option::is_some) id=below role="status" data-testid=problem_id>
                {move || problem.get().unwrap_or_else(|| hint.get())}
            </p>
        </div>
    }
}

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
    let group = unique_id("choice");
    let own = testid.clone();
    view! {
        <fieldset class="segmented" data-testid=own>
            <legend class=if hide_label { "visually-hidden" } else { "field-label" }>{label}</legend>
            <div class="segmented-choices">
                {move || choices.get().into_iter().map(|choice| {
                    let (shown, chosen) = (choice.value.clone(), choice.value);
                    view! {
                        <label class="segment">
                            <input
                                type="radio"
                                name=group.clone()
                                value=choice.slug.clone()
                                data-testid=format!("{testid}-{}", choice.slug)
                                prop:checked=move || value.with(|value| *value == shown)
                                on:change=move |_| on_change.run(chosen.clone())
                            />
                            <span>{choice.label}</span>
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
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
    let id = unique_id("select");
    let slug = move || {
        choices.with(|choices| {
            let chosen = choices.iter().find(|choice| value.with(|value| choice.value == *value));
            chosen.map(|choice| choice.slug.clone()).unwrap_or_default()
        })
    };
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
                        let chosen = choices.with_untracked(|choices| {
                            choices.iter().find(|choice| choice.slug == slug).map(|choice| choice.value.clone())
                        });
                        if let Some(chosen) = chosen {
                            on_change.run(chosen);
                        }
                    }
                >
                    {move || choices.get().into_iter().map(|choice| {
                        let own = choice.value.clone();
                        view! {
                            <option value=choice.slug.clone() selected=move || value.with(|value| *value == own)>
                                {choice.label}
                            </option>
                        }
                    }).collect_view()}
                </select>
            </div>
        </div>
    }
}

/// A switch between on and off.
#[component]
pub(crate) fn Toggle(
    /// What is switched.
    #[prop(into)]
    label: String,
    /// Whether it is on.
    #[prop(into)]
    value: Signal<bool>,
    /// It is switched.
    #[prop(into)]
    on_change: Callback<bool>,
    /// A quiet line under it.
    #[prop(into, optional)]
    hint: Signal<String>,
    /// The test hook.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    view! {
        <label class="toggle">
            <input
                type="checkbox"
                role="switch"
                data-testid=testid
                prop:checked=move || value.get()
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span class="toggle-text">
                <span>{label}</span>
                <span class="field-below">{move || hint.get()}</span>
            </span>
        </label>
    }
}

/// Parts of a page, each with an address of its own.
#[component]
pub(crate) fn TabLinks(
    /// What they are parts of.
    #[prop(into)]
    label: String,
    /// Address and name of each.
    tabs: Vec<(Route, String)>,
    /// The one that is open.
    #[prop(into)]
    open: Signal<Route>,
) -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=label>
            {tabs.into_iter().map(|(route, name)| view! {
                <a
                    class="tab"
                    href=route.href()
                    data-testid=format!("tab-{}", route.href().trim_start_matches(['#', '/']).replace('/', "-"))
                    aria-current=move || (open.get() == route).then_some("page")
                >
                    {name}
                </a>
            }).collect_view()}
        </nav>
    }
}
