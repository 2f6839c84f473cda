//! One figure with its name.

use leptos::prelude::*;

/// A figure: its name, its value, and a quieter line below.
#[component]
pub(crate) fn Stat(
    /// The figure's name.
    #[prop(into)]
    label: Signal<&'static str>,
    /// The value.
    children: Children,
    /// A line below the value.
    #[prop(into)]
    note: ViewFn,
) -> impl IntoView {
    view! {
        <div class="stat">
            <dt class="stat-label">{move || label.get()}</dt>
            <dd class="stat-value">{children()}</dd>
            <dd class="stat-note">{move || note.run()}</dd>
        </div>
    }
}
