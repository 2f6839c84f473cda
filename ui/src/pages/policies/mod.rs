//! My policies: the list, and each in depth.

mod detail;
mod ending;
mod facts;
mod list;
mod picture;
mod words;

use leptos::prelude::*;

use detail::PolicyDetail;
use list::PolicyList;

/// The list, or one of them.
#[component]
pub(crate) fn PoliciesPage(
    /// The policy that is shown; `None`: the list.
    policy: Option<u64>,
) -> impl IntoView {
    match policy {
        Some(policy) => view! { <PolicyDetail policy=policy /> }.into_any(),
        None => view! { <PolicyList /> }.into_any(),
    }
}
