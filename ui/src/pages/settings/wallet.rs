//! The keys: what protects them, when they lock themselves, and leaving practice.

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{KeyProtection, KeyState, Notice, WalletKind, WalletView};
use bithedge_protocol::Seconds;
use leptos::prelude::*;

use crate::api;
use crate::components::{Button, ButtonKind, Card, Choice, LinkButton, NoticeBanner, Select};
use crate::route::Route;
use crate::state::{PreferencesState, SessionState};

/// The choices for locking by itself, in minutes.
const AUTO_LOCK_MINUTES: [u64; 7] = [1, 2, 5, 10, 15, 30, 60];

/// The keys.
#[component]
pub(super) fn Wallet() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let wallet = session.part(|view| view.wallet.clone());
    let kind = Memo::new(move |_| {
        wallet.with(|wallet| wallet.as_ref().and_then(Option::as_ref).map(|wallet| wallet.kind))
    });
    let problem = Memo::new(move |_| {
        wallet
            .with(|wallet| wallet.as_ref().and_then(Option::as_ref).and_then(|wallet| wallet.problem.clone()))
    });
    view! {
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="wallet-problem" /> })}
        {move || match kind.get() {
            Some(WalletKind::Practice) => view! { <Practice /> }.into_any(),
            Some(WalletKind::Own) => view! { <Own wallet=wallet /> }.into_any(),
            None => view! {
                <Card title="No wallet is in use">
                    <p class="settings-text">"Make one, bring one, or practise first."</p>
                    <div class="actions">
                        <LinkButton route=Route::Begin testid="begin">"Begin"</LinkButton>
                    </div>
                </Card>
            }
            .into_any(),
        }}
        <AutoLock />
    }
}

/// What is done, and how it goes.
fn run(
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Notice>>,
    what: impl Future<Output = api::Answer<()>> + 'static,
) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    problem.set(None);
    leptos::task::spawn_local(async move {
        let answer = what.await;
        let _ = busy.try_set(false);
        if let Err(error) = answer {
            let _ = problem.try_set(Some(error.notice()));
        }
    });
}

/// The practice wallet, and the ways out of it.
#[component]
fn Practice() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let has_own_keys = session.part(|view| view.has_own_keys);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    view! {
        <Card title="You are practising" note=|| "Play money on this computer" testid="practice-wallet">
            <p class="settings-text">
                "Peter's and Irene's keys were made by BitHedge for the network on this computer. They are protected by nothing and work nowhere else, so \
                 no passphrase is asked for."
            </p>
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="practice-problem" /> })}
            <div class="actions">
                {move || if has_own_keys.get().unwrap_or_default() {
                    view! {
                        <Button
                            kind=ButtonKind::Primary
                            busy=busy
                            testid="leave-practice"
                            on_press=move |()| run(busy, problem, api::leave_practice())
                        >
                            "Use my own wallet"
                        </Button>
                    }
                    .into_any()
                } else {
                    view! {
                        <LinkButton kind=ButtonKind::Primary route=Route::Begin testid="set-up-own">"Set up your own wallet"</LinkButton>
                        <Button
                            busy=busy
                            testid="leave-practice"
                            on_press=move |()| run(busy, problem, api::leave_practice())
                        >
                            "Leave practice"
                        </Button>
                    }
                    .into_any()
                }}
            </div>
            <p class="settings-text settings-quiet">
                "Leaving keeps the practice network as it is: what you bought and committed there is still there when you come back."
            </p>
        </Card>
    }
}

/// The person's own keys.
#[component]
fn Own(
    /// The wallet as it is.
    wallet: Memo<Option<Option<WalletView>>>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let keys = Memo::new(move |_| {
        wallet.with(|wallet| {
            wallet.as_ref().and_then(Option::as_ref).map_or(KeyState::Absent, |wallet| wallet.keys)
        })
    });
    let protection = Memo::new(move |_| {
        wallet.with(|wallet| wallet.as_ref().and_then(Option::as_ref).and_then(|wallet| wallet.protection))
    });
    let secret = move |task: SecretTask| run(busy, problem, api::open_secret(task));
    view! {
        <Card title="Your wallet" testid="own-wallet">
            <dl class="facts">
                <dt>"Keys"</dt>
                <dd data-testid="key-state" data-state=move || key_code(keys.get())>{move || key_words(keys.get())}</dd>
                {move || (keys.get() != KeyState::Absent).then(|| view! {
                    <dt>"Protected by"</dt>
                    <dd data-testid="protection">{move || protection_words(protection.get())}</dd>
                })}
            </dl>
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="wallet-action-problem" /> })}
            {move || match keys.get() {
                KeyState::Absent => view! {
                    <p class="settings-text">"Addresses are watched, and nothing can be signed. With keys of your own you can act as well."</p>
                    <div class="actions">
                        <LinkButton kind=ButtonKind::Primary route=Route::Begin testid="set-up-own">"Set up your own wallet"</LinkButton>
                    </div>
                }
                .into_any(),
                state => view! {
                    <div class="actions">
                        {if state == KeyState::Locked {
                            view! {
                                <Button kind=ButtonKind::Primary busy=busy testid="unlock-keys" on_press=move |()| secret(SecretTask::Unlock)>
                                    "Unlock"
                                </Button>
                            }
                            .into_any()
                        } else {
                            view! {
                                <Button kind=ButtonKind::Primary busy=busy testid="lock-now" on_press=move |()| run(busy, problem, api::lock())>
                                    "Lock now"
                                </Button>
                            }
                            .into_any()
                        }}
                        <Button busy=busy testid="change-passphrase" on_press=move |()| secret(SecretTask::ChangePassphrase)>
                            "Change the passphrase"
                        </Button>
                        <Button busy=busy testid="reveal-words" on_press=move |()| secret(SecretTask::Reveal)>"Show the words"</Button>
                    </div>
                }
                .into_any(),
            }}
            <p class="settings-text settings-quiet">
                "Words and passphrases are shown and typed in a window of their own; this one never sees them."
            </p>
        </Card>
        <Card title="Practice" testid="practice-card">
            <p class="settings-text">
                "Try things with play money on a network of this computer. Your own wallet is put aside meanwhile and stays as it is."
            </p>
            <div class="actions">
                <Button busy=busy testid="practise" on_press=move |()| run(busy, problem, api::begin_practice())>"Practise"</Button>
            </div>
        </Card>
    }
}

const fn key_code(keys: KeyState) -> &'static str {
    match keys {
        KeyState::Absent => "absent",
        KeyState::Locked => "locked",
        KeyState::Unlocked => "unlocked",
    }
}

const fn key_words(keys: KeyState) -> &'static str {
    match keys {
        KeyState::Absent => "There are none here",
        KeyState::Locked => "Locked: nothing can be signed",
        KeyState::Unlocked => "Unlocked: what you approve can be signed",
    }
}

const fn protection_words(protection: Option<KeyProtection>) -> &'static str {
    match protection {
        Some(KeyProtection::PassphraseAndKeychain) => {
            "Your passphrase and this computer's keychain together: a copied key file alone is of no use to anybody"
        }
        Some(KeyProtection::PassphraseAlone) => {
            "Your passphrase alone: whoever copies the key file can try passphrases as long as they like, so it has to be a good one"
        }
        None => "Not known: the key file cannot be read",
    }
}

/// When the keys lock themselves.
#[component]
fn AutoLock() -> impl IntoView {
    let preferences = expect_context::<PreferencesState>();
    let chosen = preferences.chosen();
    let value = Memo::new(move |_| chosen.with(|chosen| chosen.auto_lock));
    let problem = RwSignal::new(None::<Notice>);
    let choices = Memo::new(move |_| auto_lock_choices(value.get()));
    let choose = move |after: Seconds| {
        problem.set(None);
        leptos::task::spawn_local(async move {
            match api::set_auto_lock(after).await {
                Ok(kept) => preferences.accept(kept),
                Err(error) => {
                    preferences.accept(chosen.get_untracked());
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    view! {
        <Card title="Locking by itself" testid="auto-lock-card">
            <p class="settings-text">
                "When nobody has touched BitHedge for so long, the keys are locked. What is on the chain goes on; only signing has to wait for your \
                 passphrase, and so does the keeper."
            </p>
            <Select label="Lock after" choices=choices value=value on_change=choose testid="auto-lock" />
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="auto-lock-problem" /> })}
        </Card>
    }
}

/// What can be chosen, with what is in force even if it is none of the usual.
fn auto_lock_choices(present: Seconds) -> Vec<Choice<Seconds>> {
    let mut times: Vec<Seconds> =
        AUTO_LOCK_MINUTES.map(|minutes| Seconds::new(minutes.saturating_mul(60))).to_vec();
    if !times.contains(&present) {
        times.push(present);
        times.sort_unstable();
    }
    let label = |time: Seconds| match time.get() {
        60 => "1 minute".to_owned(),
        3_600 => "1 hour".to_owned(),
        seconds if seconds.is_multiple_of(60) && seconds < 3_600 => format!("{} minutes", seconds / 60),
        _ => time.to_string(),
    };
    times.into_iter().map(|time| Choice::new(time, label(time), time.get().to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_force_can_always_be_seen() {
        let labels = |present: u64| {
            auto_lock_choices(Seconds::new(present))
                .into_iter()
                .map(|choice| choice.label)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            labels(600),
            ["1 minute", "2 minutes", "5 minutes", "10 minutes", "15 minutes", "30 minutes", "1 hour"]
        );
        assert!(labels(1_200).contains(&"20 minutes".to_owned()));
        assert_eq!(labels(86_400).last().map(String::as_str), Some("1 d"));
        assert_eq!(labels(90).get(1).map(String::as_str), Some("1 min 30 s"));
    }
}
