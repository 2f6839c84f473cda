//! A figure with its name, one below the other.

use leptos::prelude::*;

/// A name on the left, its figure on the right, and a quieter line below. Belongs in a `<dl class="lines">`.
#[component]
pub(crate) fn Line(
    /// The name.
    #[prop(into)]
    label: String,
    /// A quieter line below.
    #[prop(into, optional)]
    note: ViewFn,
    /// The figure.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="line">
            <dt>{label}</dt>
            <dd>{children()}</dd>
            <dd class="line-note">{move || note.run()}</dd>
        </div>
    }
}
