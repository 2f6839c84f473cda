//! What moved, or may.

use bithedge_ipc::{Moved, MovedAsset};
use bithedge_protocol::Asset;
use leptos::prelude::*;

use crate::components::AmountText;

/// So much of something.
#[component]
pub(super) fn MovedText(
    /// What and how much.
    moved: Moved,
) -> impl IntoView {
    let Moved { asset, amount } = moved;
    match asset {
        MovedAsset::Stx => view! { <AmountText asset=Asset::Stx amount=amount /> }.into_any(),
        MovedAsset::Sbtc => view! { <AmountText asset=Asset::Sbtc amount=amount /> }.into_any(),
        MovedAsset::OtherFungible { token } => view! {
            <span class="moved-other">{format!("{} of ", amount.base_units())}<code>{token}</code></span>
        }
        .into_any(),
        MovedAsset::NonFungible { token } => view! {
            <span class="moved-other">{format!("{} pieces of ", amount.base_units())}<code>{token}</code></span>
        }
        .into_any(),
    }
}

/// A list of what moved, or that it was nothing.
#[component]
pub(super) fn MovedList(
    /// What.
    moved: Vec<Moved>,
    /// Whether these are all; if not, they are shown as the least.
    #[prop(default = true)]
    is_complete: bool,
    /// The test hook.
    testid: &'static str,
) -> impl IntoView {
    let least = (!is_complete).then_some("at least ");
    if moved.is_empty() {
        let words = if is_complete { "nothing" } else { "not known" };
        return view! { <span class="moved-none" data-testid=testid>{words}</span> }.into_any();
    }
    view! {
        <ul class="moved" data-testid=testid>
            {moved.into_iter().map(|one| view! { <li>{least}<MovedText moved=one /></li> }).collect_view()}
        </ul>
    }
    .into_any()
}
