//! A network that cannot be used, said above every page.

use bithedge_ipc::{Fault, NetworkUse, NetworkVerdict, Notice};
use leptos::prelude::*;

use crate::api;
use crate::components::{Banner, Button, NoticeBanner, NoticeText, Tone};
use crate::route::{Route, SettingsTab};
use crate::state::SessionState;

/// What is the matter with the network in use, if something is, and what is done about it.
#[component]
pub(super) fn NetworkNotice() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let network = session.part(|session| session.network.clone());
    let wallet_problem =
        session.part(|session| session.wallet.as_ref().and_then(|wallet| wallet.problem.clone()));
    let notices = session.part(|session| session.notices.clone());
    view! {
        {move || notices.get().unwrap_or_default().into_iter().map(|notice| said(Tone::Warning, notice, None)).collect_view()}
        {move || wallet_problem.get().flatten().map(|notice| said(Tone::Warning, notice, None))}
        {move || match network.get() {
            None => None,
            Some(NetworkUse::None) => Some(view! {
                <Banner tone=Tone::Info title="No network is chosen yet" testid="network-none">
                    <p>"Without one, BitHedge shows and signs nothing."</p>
                    <p><NetworksLink /></p>
                </Banner>
            }
            .into_any()),
            Some(NetworkUse::Opening { network, doing }) => Some(view! {
                <div role="status">
                    <Banner tone=Tone::Info title=format!("{} is being opened", network.name) testid="network-opening">
                        <p>{doing}</p>
                    </Banner>
                </div>
            }
            .into_any()),
            Some(NetworkUse::Unusable { notice, verdicts, .. }) => {
                let again = verdicts.iter().any(may_pass).then_some("BitHedge goes on trying by itself.");
                Some(said(Tone::Danger, notice, again))
            }
            Some(NetworkUse::Halted { notice, .. }) => Some(said(Tone::Danger, notice, None)),
            Some(NetworkUse::Ready { books, .. }) => books.problem.map(|notice| said(Tone::Warning, notice, None)),
        }}
    }
}

const fn may_pass(verdict: &NetworkVerdict) -> bool {
    verdict.may_pass
}

fn said(tone: Tone, notice: Notice, again: Option<&'static str>) -> AnyView {
    let title = notice.happened.clone();
    let is_journal_damaged = notice.fault == Fault::JournalDamaged;
    view! {
        <div role="alert">
            <Banner tone=tone title=title testid="network-notice">
                <NoticeText notice=notice />
                {again.map(|again| view! { <p>{again}</p> })}
                {is_journal_damaged.then(|| view! { <NewJournal /> })}
                <p><NetworksLink /></p>
            </Banner>
        </div>
    }
    .into_any()
}

/// Asks for the question whether a new list of transactions is begun, which is answered in its own window.
#[component]
fn NewJournal() -> impl IntoView {
    let problem = RwSignal::new(None::<Notice>);
    let ask = move |()| {
        problem.set(None);
        leptos::task::spawn_local(async move {
            if let Err(error) = api::propose_new_journal().await {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    view! {
        <Button testid="new-journal" on_press=ask>"Begin a new list…"</Button>
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="new-journal-problem" /> })}
    }
}

#[component]
fn NetworksLink() -> impl IntoView {
    view! { <a class="link" href=Route::Settings(SettingsTab::Networks).href()>"Networks"</a> }
}
