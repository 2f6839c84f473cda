//! The state of the connection, always in sight.

use leptos::prelude::*;

use crate::format;
use crate::state::ChainState;

/// The pill in the top bar, with a live region that speaks when the state changes.
#[component]
pub(crate) fn ConnectionPill() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let connection = chain.connection();
    let words = Memo::new(move |_| connection.with(format::connection));
    let network = chain.status(|status| status.network);
    let explanation = Memo::new(move |_| {
        connection.with(|connection| connection.notice().map(|notice| notice.happened.clone()))
    });
    view! {
        <span
            class="pill"
            data-testid="connection-state"
            data-state=move || words.get().0
            title=move || explanation.get()
        >
            <span class="pill-dot" aria-hidden="true"></span>
            <span>{move || words.get().1}</span>
            {move || network.get().map(|network| view! {
                <span class="pill-network">{format::network(network)}</span>
            })}
        </span>
        <span class="visually-hidden" role="status">
            {move || {
                let explanation = explanation.get().unwrap_or_default();
                format!("Connection: {}. {explanation}", words.get().1)
            }}
        </span>
    }
}
