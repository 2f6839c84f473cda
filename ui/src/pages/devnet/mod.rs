//! Devnet: the chain on this computer, moved by hand.

mod deeds;
mod faucet;
mod faults;
mod prices;
mod reorganise;
mod scenarios;
mod sparkline;
mod time;

use bithedge_ipc::{DevnetView, NetworkKind, Notice};
use leptos::prelude::*;

use deeds::Deeds;
use faucet::FaucetCard;
use faults::FaultsCard;
use prices::PricesCard;
use reorganise::ReorganiseCard;
use scenarios::{PlayBanner, ScenariosCard};
use time::TimeCard;

use crate::api;
use crate::components::{Banner, EmptyState, ErrorState, NoticeBanner, SkeletonCard, Tone};
use crate::state::{DevnetState, SessionState};

/// The page.
#[component]
pub(crate) fn DevnetPage() -> impl IntoView {
    let devnet = expect_context::<DevnetState>();
    let kind = expect_context::<SessionState>().network_kind();
    let known = Memo::new(move |_| devnet.view().with(Option::is_some));
    let answered: RwSignal<Option<Result<(), Notice>>> = RwSignal::new(None);
    let ask = move || {
        answered.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::devnet().await;
            let outcome = match answer {
                Ok(view) => {
                    devnet.accept(view);
                    Ok(())
                }
                Err(error) => Err(error.notice()),
            };
            let _ = answered.try_set(Some(outcome));
        });
    };
    ask();
    view! {
        {move || match (kind.get(), known.get()) {
            (Some(NetworkKind::Devnet), true) => view! { <Controls /> }.into_any(),
            (Some(NetworkKind::Devnet), false) => match answered.get() {
                None => skeleton().into_any(),
                Some(Ok(())) => view! {
                    <EmptyState
                        title="This devnet cannot be moved from here"
                        text="It runs without a practice network: nobody reports prices on it and nobody moves its clock. Choose the \
                              devnet of this computer in Settings to have one."
                        testid="devnet-without-director"
                    />
                }
                .into_any(),
                Some(Err(notice)) => view! { <ErrorState notice=notice on_retry=move |()| ask() /> }.into_any(),
            },
            (Some(_), _) => view! {
                <EmptyState
                    title="The devnet is not in use"
                    text="You are on a public network, whose prices and clock nobody moves by hand. Choose the devnet in Settings to try \
                          things out with play money."
                    testid="devnet-not-in-use"
                />
            }
            .into_any(),
            (None, _) => skeleton().into_any(),
        }}
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <SkeletonCard lines=2 />
        <div class="devnet-columns"><SkeletonCard lines=6 /><SkeletonCard lines=6 /></div>
        <SkeletonCard lines=10 />
    }
}

/// A part of the devnet that wakes its readers only when it changes.
fn part<T>(of: impl Fn(&DevnetView) -> T + Send + Sync + 'static) -> Memo<Option<T>>
where
    T: PartialEq + Send + Sync + 'static,
{
    let devnet = expect_context::<DevnetState>();
    Memo::new(move |_| devnet.view().with(|view| view.as_ref().map(&of)))
}

#[component]
fn Controls() -> impl IntoView {
    let deeds = Deeds::new();
    provide_context(deeds);
    let problem = part(|view| view.problem.clone());
    view! {
        <div class="devnet-page">
        <Banner tone=Tone::Info title="Everything here is play money" testid="devnet-play-money">
            <p>
                "This chain runs on this computer alone. Its coins are worth nothing, its prices are yours to set, and its clock is \
                 yours to move. The contracts are the real ones."
            </p>
        </Banner>
        {move || problem.get().flatten().map(|notice| view! {
            <NoticeBanner notice=notice tone=Tone::Warning testid="devnet-problem" />
        })}
        {move || deeds.problem().map(|notice| view! {
            <NoticeBanner notice=notice tone=Tone::Warning testid="devnet-refused" />
        })}
        <PlayBanner />
        <div class="devnet-columns">
            <PricesCard />
            <TimeCard />
        </div>
        <ScenariosCard />
        <div class="devnet-columns">
            <FaucetCard />
            <ReorganiseCard />
        </div>
        <FaultsCard />
        </div>
    }
}
