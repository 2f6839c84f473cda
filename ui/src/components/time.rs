//! Moments, and how long it is until them, by the chain's clock.

use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

use crate::format;
use crate::state::ChainState;

/// A moment: `Fri 27 Nov 2026, 08:00 UTC`, its seconds in `data-value`.
#[component]
pub(crate) fn MomentText(
    /// The moment.
    at: UnixSeconds,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    view! { <time class="moment" data-testid=testid data-value=at.get().to_string()>{format::moment(at)}</time> }
}

/// How long it still is until a moment of the chain.
#[component]
pub(crate) fn Countdown(
    /// The moment.
    #[prop(into)]
    until: Signal<UnixSeconds>,
    /// What is said once it has come.
    #[prop(default = "now")]
    over: &'static str,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let now = chain.chain_now();
    let words = Memo::new(move |_| {
        let Some(now) = now.get() else { return "not known".to_owned() };
        match until.get().since(now) {
            Some(left) if left.get() > 0 => format!("in {}", format::duration(left)),
            _ => over.to_owned(),
        }
    });
    view! {
        <span
            class="countdown"
            data-testid=testid
            data-value=move || until.get().get().to_string()
            title=move || format::moment(until.get())
        >
            {words}
        </span>
    }
}
