//! Which chain, how high, what time it is there.

use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

use crate::components::{Skeleton, Stat};
use crate::format;
use crate::state::ChainState;

/// Which chain, how high, what time it is there.
#[component]
pub(super) fn NetworkCard() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let now = expect_context::<ReadSignal<UnixSeconds>>();
    let is_behind = chain.is_behind();
    let network = chain.status(|status| status.network);
    let tip = chain.tip();
    let height = Memo::new(move |_| tip.with(|tip| tip.as_ref().map(|tip| tip.height)));
    let burn_height = Memo::new(move |_| tip.with(|tip| tip.as_ref().map(|tip| tip.burn_height)));
    let time = Memo::new(move |_| tip.with(|tip| tip.as_ref().map(|tip| tip.time)));

    view! {
        <section class="card" class:is-stale=move || is_behind.get() aria-labelledby="network-heading">
            <div class="card-header">
                <h2 class="card-title" id="network-heading">"Network"</h2>
                <Freshness />
            </div>
            <dl class="stats">
                <Stat label="Chain" note=move || network.get().map(format::network_money)>
                    <span data-testid="network-name">
                        {move || known(network.get().map(format::network), "medium")}
                    </span>
                </Stat>
                <Stat
                    label="Block height"
                    note=move || burn_height.get().map(|height| format!("Bitcoin block {height}"))
                >
                    <span data-testid="tip-height" data-value=move || height.get().map(|height| height.get().to_string())>
                        {move || known(height.get(), "short")}
                    </span>
                </Stat>
                <Stat label="Block age" note=move || time.get().map(|time| format::block_age_note(now.get(), time))>
                    {move || known(time.get().map(|time| format::block_age(now.get(), time)), "short")}
                </Stat>
                <Stat label="Chain time" note=move || time.get().map(|_| "UTC, from the newest block")>
                    <span data-testid="chain-time" data-value=move || time.get().map(|time| time.get().to_string())>
                        {move || known(time.get().map(|time| time.civil()), "long")}
                    </span>
                </Stat>
            </dl>
        </section>
    }
}

/// When the values were read, if they are not of this moment.
#[component]
fn Freshness() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let now = expect_context::<ReadSignal<UnixSeconds>>();
    let is_behind = chain.is_behind();
    let read_at = chain.status(|status| status.read_at);
    view! {
        <p class="card-note">
            {move || match (is_behind.get(), read_at.get()) {
                (_, None) => String::new(),
                (false, Some(_)) => "Up to date".to_owned(),
                (true, Some(read_at)) => format!("Last read {}", format::ago(now.get(), read_at)),
            }}
        </p>
    }
}

/// A value, or what stands in for it.
fn known(value: Option<impl ToString>, width: &'static str) -> AnyView {
    match value {
        Some(value) => value.to_string().into_any(),
        None => view! { <Skeleton width=width /> }.into_any(),
    }
}
