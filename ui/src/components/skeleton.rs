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

/// A card that is on its way.
#[component]
pub(crate) fn SkeletonCard(
    /// About how many lines it will have.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="card" aria-hidden="true">
            <div class="card-header"><span class="skeleton skeleton-long"></span></div>
            <div class="skeleton-lines">
                {(0..lines).map(|_| view! { <span class="skeleton skeleton-line"></span> }).collect_view()}
            </div>
        </div>
    }
}
