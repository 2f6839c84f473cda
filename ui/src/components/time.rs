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
    /// Whether it is told by this computer's clock as well.
    #[prop(optional)]
    here: bool,
) -> impl IntoView {
    let here = if here { format::moment_ahead(at, minutes_ahead(at)) } else { None };
    view! {
        <time class="moment" data-testid=testid data-value=at.get().to_string()>{format::moment(at)}</time>
        {here.map(|here| view! { <span class="aside">{format!("{here} by this computer's clock")}</span> })}
    }
}

/// By how much this computer's clock is ahead of UTC at a moment, in minutes.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "whole minutes, less than a day of them"
)]
fn minutes_ahead(at: UnixSeconds) -> i64 {
    let milliseconds = at.get().saturating_mul(1_000) as f64;
    -(js_sys::Date::new(&milliseconds.into()).get_timezone_offset() as i64)
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
