//! Of which chain and of which moment everything is.

use leptos::prelude::*;

use crate::components::Skeleton;
use crate::format;
use crate::state::ChainState;

/// The chain, its newest block and its time.
#[component]
pub(super) fn Freshness() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let network = chain.status(|status| status.network);
    let tip = chain.tip();
    let height = Memo::new(move |_| tip.with(|tip| tip.as_ref().map(|tip| tip.height)));
    let time = Memo::new(move |_| tip.with(|tip| tip.as_ref().map(|tip| tip.time)));
    view! {
        <p class="freshness">
            <span>
                <span data-testid="network-name">{move || known(network.get().map(format::network))}</span>
                {move || network.get().map(|network| format!(" ({})", format::network_money(network).to_lowercase()))}
            </span>
            <span>
                "Newest block "
                <span data-testid="tip-height" data-value=move || height.get().map(|height| height.get().to_string())>
                    {move || known(height.get())}
                </span>
            </span>
            <span>
                "Chain time "
                <span data-testid="chain-time" data-value=move || time.get().map(|time| time.get().to_string())>
                    {move || known(time.get().map(format::moment))}
                </span>
            </span>
        </p>
    }
}

fn known(value: Option<impl ToString>) -> AnyView {
    match value {
        Some(value) => value.to_string().into_any(),
        None => view! { <Skeleton width="short" /> }.into_any(),
    }
}
