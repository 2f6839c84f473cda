//! The network in use, what was found out about it, and all others.

use bithedge_ipc::{BooksView, NetworkUse, NetworkVerdict, Notice};
use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

use crate::api;
use crate::components::{Button, Card, CopyButton, Disclosure, NoticeBanner, Tone};
use crate::format;
use crate::pages::networks::{NetworkList, VerdictView, money};
use crate::state::{ChainState, SessionState};

/// The network in use and the list.
#[component]
pub(super) fn Networks() -> impl IntoView {
    view! {
        <InUse />
        <Card title="Networks" note=|| "The chain that your money is on">
            <NetworkList />
        </Card>
    }
}

/// What is the matter with the network in use, if something is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Matter {
    Fine,
    Doing(String),
    Trouble(Notice, Vec<NetworkVerdict>),
}

#[component]
fn InUse() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let chain = expect_context::<ChainState>();
    let now = expect_context::<ReadSignal<UnixSeconds>>();
    let network = session.part(|view| view.network.network().cloned());
    let matter = session.part(|view| match &view.network {
        NetworkUse::Opening { doing, .. } => Matter::Doing(doing.clone()),
        NetworkUse::Unusable { notice, verdicts, .. } => Matter::Trouble(notice.clone(), verdicts.clone()),
        NetworkUse::Halted { notice, .. } => Matter::Trouble(notice.clone(), Vec::new()),
        NetworkUse::None | NetworkUse::Ready { .. } => Matter::Fine,
    });
    let books = session.part(|view| match &view.network {
        NetworkUse::Ready { books, .. } => Some(books.clone()),
        _ => None,
    });
    let is_behind = chain.is_behind();
    let read_at = chain.status(|status| status.read_at);
    let endpoint = chain.status(|status| status.endpoint.clone());
    let chain_id = chain.status(|status| status.chain_id);
    let hash = chain.status(|status| status.tip.as_ref().map(|tip| tip.hash.clone()));
    view! {
        <Card
            title="In use"
            note=move || match (is_behind.get(), read_at.get()) {
                (true, Some(read_at)) => format!("Last read {}", format::ago(now.get(), read_at)),
                _ => "Where everything shown comes from".to_owned(),
            }
            stale=is_behind
            testid="network-in-use"
        >
            {move || match matter.get() {
                None | Some(Matter::Fine) => ().into_any(),
                Some(Matter::Doing(doing)) => view! { <p class="settings-text" role="status">{doing}</p> }.into_any(),
                Some(Matter::Trouble(notice, verdicts)) => view! {
                    <NoticeBanner notice=notice testid="network-notice" />
                    {(!verdicts.is_empty()).then(|| view! {
                        <Disclosure summary="What was found">
                            {verdicts.into_iter().map(|verdict| view! { <VerdictView verdict=verdict /> }).collect_view()}
                        </Disclosure>
                    })}
                }
                .into_any(),
            }}
            <dl class="facts">
                <dt>"Network"</dt>
                <dd>
                    {move || match network.get().flatten() {
                        None => "None is chosen yet".to_owned(),
                        Some(network) => format!("{}: {}", network.name, money(network.kind).words().to_lowercase()),
                    }}
                </dd>
                <dt>"Node"</dt>
                <dd data-testid="endpoint">{move || copyable(endpoint.get(), "the address of the node")}</dd>
                <dt>"Chain id"</dt>
                <dd>
                    {move || chain_id.get().map_or_else(|| "Not known yet".to_owned(), |chain_id| chain_id.to_string())}
                </dd>
                <dt>"Newest block"</dt>
                <dd>{move || copyable(hash.get(), "the hash of the newest block")}</dd>
                <dt>"Books"</dt>
                <dd data-testid="books-state">
                    {move || books.get().flatten().as_ref().map_or_else(|| "Not kept while the network is not in use".to_owned(), books_words)}
                </dd>
            </dl>
            {move || books.get().flatten().and_then(|books| books.problem).map(|notice| view! {
                <NoticeBanner notice=notice tone=Tone::Warning testid="books-problem" />
            })}
            <Check />
        </Card>
    }
}

/// How far the books are.
fn books_words(books: &BooksView) -> String {
    match (books.is_current, books.height, books.tip) {
        (true, Some(height), _) => format!("Complete, up to block {height}"),
        (true, None, _) => "Complete: nothing has happened yet".to_owned(),
        (false, Some(height), Some(tip)) => format!("Being brought up to date: block {height} of {tip}"),
        (false, Some(height), None) => format!("Being brought up to date: at block {height}"),
        (false, None, _) => "Being read for the first time".to_owned(),
    }
}

/// Looks at the contracts of the network in use once more.
#[component]
fn Check() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let id = session.part(|view| view.network.network().map(|network| network.id.clone()));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let verdicts = RwSignal::new(Vec::<NetworkVerdict>::new());
    let check = move |()| {
        let Some(id) = id.get_untracked().flatten() else { return };
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::check_network(id).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(found) => {
                    let _ = verdicts.try_set(found);
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    view! {
        {move || id.get().flatten().map(|_| view! {
            <div class="actions">
                <Button busy=busy testid="check-contracts" on_press=check>
                    {move || if busy.get() { "Checking…" } else { "Check its contracts now" }}
                </Button>
            </div>
        })}
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="check-problem" /> })}
        <div role="status">
            {move || verdicts.get().into_iter().map(|verdict| view! { <VerdictView verdict=verdict /> }).collect_view()}
        </div>
    }
}

fn copyable(text: Option<String>, what: &'static str) -> AnyView {
    match text {
        None => "Not known yet".into_any(),
        Some(text) => view! {
            <span class="facts-code" title=text.clone()>{text.clone()}</span>
            <CopyButton text=text what=what.to_owned() />
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::BlockHeight;

    use super::*;

    #[test]
    fn the_books_say_how_far_they_are() {
        let at = |height: Option<u64>, tip: Option<u64>, is_current: bool| {
            books_words(&BooksView {
                height: height.map(BlockHeight::new),
                tip: tip.map(BlockHeight::new),
                is_current,
                problem: None,
            })
        };
        assert!(at(Some(70), Some(70), true).contains("up to block 70"));
        assert!(at(Some(70), Some(90), false).contains("block 70 of 90"));
        assert!(at(None, Some(90), false).contains("first time"));
        assert!(at(Some(70), None, false).contains("at block 70"));
    }
}
