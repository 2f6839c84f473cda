//! Fields, switches and tabs.

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
                on:change=move |event| {
                    on_change.run(event_target_checked(&event));
                    // What was not taken, or not yet, is not shown as switched.
                    event_target::<web_sys::HtmlInputElement>(&event).set_checked(value.get_untracked());
                }
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
