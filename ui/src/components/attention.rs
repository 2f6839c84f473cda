//! Whatever needs attention, above every page.

use std::time::Duration;

use bithedge_ipc::{Connection, Notice};
use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

use super::{Banner, Icon, IconName, Tone};
use crate::format;
use crate::state::{ChainState, PreferencesState};

/// How long the button says that it was heard.
const RETRY_SHOWN: Duration = Duration::from_millis(1_500);

/// Whatever needs attention; nothing if all is well.
#[component]
pub(crate) fn Attention() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let now = expect_context::<ReadSignal<UnixSeconds>>();
    let preferences = expect_context::<PreferencesState>();
    let connection = chain.connection();
    let reorg = chain.status(|status| status.reorg);
    view! {
        {move || preferences.problem().map(|problem| view! {
            <Banner tone=Tone::Warning title="Your choice applies now, but could not be kept">
                <p>{problem}</p>
            </Banner>
        })}
        {move || chain.bridge_failure().map(|cause| view! {
            <Banner tone=Tone::Danger title=cause>
                <p>"Your money is safe: nothing was signed or sent. The figures here may be out of date."</p>
                <p class="banner-remedy">"Close BitHedge and open it again."</p>
            </Banner>
        })}
        {move || match connection.get() {
            Connection::Starting | Connection::Live => None,
            // The failure of the bridge is told above.
            _ if chain.is_deaf() => None,
            Connection::Stale { since, notice } => Some(connection_banner(chain, Tone::Warning, now, since, notice)),
            Connection::Unreachable { since, notice } => {
                Some(connection_banner(chain, Tone::Danger, now, since, notice))
            }
        }}
        {move || reorg.get().map(|reorg| view! {
            <Banner tone=Tone::Info title="The chain switched to another branch">
                <p>
                    {format!(
                        "Block {} was replaced; the newest block is now {}. Everything here was read again from the new branch.",
                        reorg.from, reorg.to,
                    )}
                </p>
            </Banner>
        })}
    }
}

fn connection_banner(
    chain: ChainState,
    tone: Tone,
    now: ReadSignal<UnixSeconds>,
    since: UnixSeconds,
    notice: Notice,
) -> impl IntoView {
    let Notice { happened, means, remedy, detail, .. } = notice;
    let (trying, set_trying) = signal(false);
    let retry = move |_| {
        if !trying.get_untracked() {
            chain.retry();
            set_trying.set(true);
            set_timeout(move || set_trying.set(false), RETRY_SHOWN);
        }
    };
    view! {
        <Banner tone=tone title=happened>
            <p>{means}</p>
            <p class="banner-remedy">{remedy}</p>
            <div class="banner-actions">
                <button class="button" type="button" data-testid="retry" aria-disabled=move || trying.get().then_some("true") on:click=retry>
                    <Icon name=IconName::Refresh />
                    {move || if trying.get() { "Trying…" } else { "Try again" }}
                </button>
                <span class="banner-since">
                    {move || format!("Since {} ({})", format::moment(since), format::ago(now.get(), since))}
                </span>
            </div>
            {(!detail.is_empty()).then(|| view! {
                <details class="banner-detail">
                    <summary>"Technical cause"</summary>
                    <p>{detail}</p>
                </details>
            })}
        </Banner>
    }
}
