//! The keeper: what it may sign alone, within which limits, and what it did.

use bithedge_ipc::{KeeperInput, KeeperLine, KeeperView, Notice};
use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

use super::alarms::Alarms;
use super::keeper_form::{KeeperForm, duty_words};
use crate::api;
use crate::components::{AddressText, Button, ButtonKind, Card, Disclosure, NoticeBanner, StxText};
use crate::format;
use crate::state::SessionState;

/// The keeper.
#[component]
pub(super) fn Keeper() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let state = session.part(|view| match &view.keeper {
        KeeperView::Off => KeeperState::Off,
        KeeperView::Waiting => KeeperState::Waiting,
        KeeperView::On { .. } => KeeperState::On,
        KeeperView::Stopped { .. } => KeeperState::Stopped,
    });
    view! {
        <Card title="The keeper" note=move || state.get().map(KeeperState::words) testid="keeper-card">
            <p class="settings-text">
                "Some things have to be done for everybody at set times: policies that end are settled, the daily close is made, what is due is paid out. \
                 Anybody may do them, and most bring a small reward. The keeper does them for you while BitHedge is open and your keys are unlocked."
            </p>
            <p class="settings-text">
                "It never buys, commits or moves your money: nothing but the network's fees may leave your account, and no more of them than you allow. \
                 You approve that once, in the window where everything is approved."
            </p>
            <Disclosure summary="What can go wrong">
                <p class="settings-text">
                    "If somebody else does the same a moment earlier, the fee is lost and there is no reward. If the node that you use lies about what is \
                     due, fees are lost as well. Both are bounded by the limit for a day."
                </p>
            </Disclosure>
        </Card>
        {move || match state.get() {
            None => ().into_any(),
            Some(KeeperState::Off) => view! { <KeeperForm /> }.into_any(),
            Some(KeeperState::Waiting) => view! { <Waits /> }.into_any(),
            Some(KeeperState::On) => view! { <Running /> }.into_any(),
            Some(KeeperState::Stopped) => view! { <Stopped /> }.into_any(),
        }}
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeeperState {
    Off,
    Waiting,
    On,
    Stopped,
}

impl KeeperState {
    const fn words(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Waiting => "Waits for your keys",
            Self::On => "On",
            Self::Stopped => "Stopped",
        }
    }
}

/// A button that ends the keeper.
#[component]
fn Stop() -> impl IntoView {
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let stop = move |()| {
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::stop_keeper().await;
            let _ = busy.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    view! {
        <div class="actions">
            <Button kind=ButtonKind::Primary busy=busy testid="stop-keeper" on_press=stop>"Stop the keeper"</Button>
        </div>
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="stop-problem" /> })}
    }
}

/// What was allowed before this start, and that only the keys tell whether the person did.
#[component]
fn Waits() -> impl IntoView {
    view! {
        <Card title="It waits for your keys" testid="keeper-waits">
            <p class="settings-text">
                "Something is written down about what the keeper may do. Unlock your keys: they tell whether you approved it. Then the keeper goes \
                 on by itself; if you did not, it stays off and you are told."
            </p>
            <Stop />
        </Card>
    }
}

/// What is allowed, until when, and what was done.
#[component]
fn Running() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let now = expect_context::<ReadSignal<UnixSeconds>>();
    let allowed = session.part(|view| match &view.keeper {
        KeeperView::On { account, order, until, .. } => Some((account.clone(), order.clone(), *until)),
        KeeperView::Off | KeeperView::Waiting | KeeperView::Stopped { .. } => None,
    });
    let log = session.part(|view| match &view.keeper {
        KeeperView::On { log, .. } => log.clone(),
        KeeperView::Off | KeeperView::Waiting | KeeperView::Stopped { .. } => Vec::new(),
    });
    let label = move |address: &str| {
        session.view().with(|view| {
            view.as_ref()?
                .accounts
                .iter()
                .find(|account| account.address == address)
                .map(|account| account.label.clone())
        })
    };
    view! {
        <Card title="What it may do" testid="keeper-order">
            {move || allowed.get().flatten().map(|(account, order, until)| {
                let KeeperInput { duties, only_if_paid, a_call, a_day, .. } = order;
                view! {
                    <dl class="facts">
                        <dt>"Signs for"</dt>
                        <dd>{label(&account)}<AddressText address=account /></dd>
                        <dt>"Does"</dt>
                        <dd>
                            <ul class="keeper-duties">
                                {duties.into_iter().map(|duty| view! { <li>{duty_words(duty).0}</li> }).collect_view()}
                            </ul>
                        </dd>
                        <dt>"Only what pays"</dt>
                        <dd>{if only_if_paid { "Yes: only what brings more than its fee" } else { "No: also what brings less than its fee" }}</dd>
                        <dt>"Fee of one call"</dt>
                        <dd>"At most "<StxText amount=a_call testid="keeper-a-call" /></dd>
                        <dt>"Fees in 24 hours"</dt>
                        <dd>"At most "<StxText amount=a_day testid="keeper-a-day" /></dd>
                        <dt>"Until"</dt>
                        <dd data-testid="keeper-until" data-value=until.get().to_string()>
                            {format::moment(until)}
                            {move || {
                                let left = until.since(now.get()).map(|left| format!(", {} from now", format::duration(left)));
                                left.unwrap_or_else(|| ": over".to_owned())
                            }}
                        </dd>
                    </dl>
                }
            })}
            <Stop />
        </Card>
        <Card title="What it did" note=|| "Newest first" testid="keeper-log">
            {move || {
                let log = log.get().unwrap_or_default();
                if log.is_empty() {
                    return view! { <p class="settings-text">"Nothing yet: nothing was due."</p> }.into_any();
                }
                view! {
                    <ol class="keeper-log">
                        {log
                            .into_iter()
                            .map(|KeeperLine { at, words, is_problem }| view! {
                                <li class="keeper-line" class:is-problem=is_problem data-problem=if is_problem { "true" } else { "false" }>
                                    <time class="keeper-time" data-value=at.get().to_string()>{format::moment(at)}</time>
                                    <span>{is_problem.then_some("Not done: ")}{words}</span>
                                </li>
                            })
                            .collect_view()}
                    </ol>
                }
                .into_any()
            }}
        </Card>
    }
}

/// Something moved that was not approved.
#[component]
fn Stopped() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let stopped = session.part(|view| match &view.keeper {
        KeeperView::Stopped { alarms, notice } => Some((alarms.clone(), notice.clone())),
        KeeperView::Off | KeeperView::Waiting | KeeperView::On { .. } => None,
    });
    view! {
        {move || stopped.get().flatten().map(|(alarms, notice)| view! {
            <NoticeBanner notice=notice testid="keeper-stopped" />
            <Alarms transactions=alarms />
        })}
        <Card title="End it altogether">
            <p class="settings-text">"Then it does not go on once the alarms are dealt with, and has to be approved anew."</p>
            <Stop />
        </Card>
    }
}
