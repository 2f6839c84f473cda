//! What stands where a value will be.

use leptos::prelude::*;

/// A grey bar as wide as the value that is expected, so that nothing moves when it comes.
#[component]
pub(crate) fn Skeleton(
    /// How wide: `short`, `medium` or `long`.
    width: &'static str,
) -> impl IntoView {
    view! {
        <span class=format!("skeleton skeleton-{width}")>
            <span class="visually-hidden">"Not known yet"</span>
        </span>
    }
}
