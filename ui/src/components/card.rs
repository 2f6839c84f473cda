//! Cards and what can be opened in them.

use leptos::prelude::*;

use super::unique_id;

/// A part of a page with a heading.
#[component]
pub(crate) fn Card(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A quieter line beside it.
    #[prop(into, optional)]
    note: ViewFn,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
    /// Whether what it shows is behind the chain.
    #[prop(into, optional)]
    stale: Signal<bool>,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let id = unique_id("card");
    let labelled_by = id.clone();
    view! {
        <section class="card" class:is-stale=move || stale.get() aria-labelledby=labelled_by data-testid=testid>
            <div class="card-header">
                <h2 class="card-title" id=id>{title}</h2>
                <div class="card-note">{move || note.run()}</div>
            </div>
            {children()}
        </section>
    }
}

/// What is there for whoever wants to know more.
#[component]
pub(crate) fn Disclosure(
    /// What it is about.
    #[prop(into)]
    summary: String,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" data-testid=testid>
            <summary>{summary}</summary>
            <div class="disclosure-body">{children()}</div>
        </details>
    }
}
