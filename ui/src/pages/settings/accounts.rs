//! Accounts with keys, and addresses that are only watched.

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{AccountView, KeyState, Notice};
use leptos::prelude::*;

use super::receive::Receive;
use crate::api;
use crate::components::{
    AddressText, Button, ButtonKind, Card, ConfirmButton, Each, EmptyState, Icon, IconName, NoticeBanner,
    TextInput,
};
use crate::pages::WatchForm;
use crate::state::SessionState;

/// So many characters a name has at most.
const LONGEST_LABEL: u32 = 40;

/// Accounts and watched addresses.
#[component]
pub(super) fn Accounts() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let accounts = session.part(|view| view.accounts.clone());
    let ids = move |is_own: bool| {
        Memo::new(move |_| {
            accounts.with(|accounts| {
                let accounts = accounts.iter().flatten().filter(|account| account.can_sign == is_own);
                accounts.map(|account| account.id.clone()).collect::<Vec<_>>()
            })
        })
    };
    let (own, watched) = (ids(true), ids(false));
    let keys = session.keys();
    view! {
        <Card title="Your accounts" note=|| "Their keys are in your wallet" testid="own-accounts">
            <Show
                when=move || own.with(|own| !own.is_empty())
                fallback=|| view! {
                    <EmptyState
                        title="No account of your own yet"
                        text="Make a wallet, or bring one: its first account appears here."
                    />
                }
            >
                <ul class="account-list">
                    <Each each=move || own.get() key=Clone::clone children=|id| view! { <AccountRow id=id /> } />
                </ul>
            </Show>
            {move || (keys.get().is_some_and(|keys| keys != KeyState::Absent)).then(|| view! { <AddAccount /> })}
        </Card>
        <Card title="Watched addresses" note=|| "Seen, never signed for" testid="watched-accounts">
            <Show
                when=move || watched.with(|watched| !watched.is_empty())
                fallback=|| view! { <p class="settings-text">"You watch no address yet."</p> }
            >
                <ul class="account-list">
                    <Each each=move || watched.get() key=Clone::clone children=|id| view! { <AccountRow id=id /> } />
                </ul>
            </Show>
            <h3 class="settings-heading">"Watch another address"</h3>
            <WatchForm added=Callback::new(|()| {}) />
        </Card>
    }
}

/// What is done to an account, and how it goes.
#[derive(Clone, Copy)]
struct Doing {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Notice>>,
}

impl Doing {
    fn new() -> Self {
        Self { busy: RwSignal::new(false), problem: RwSignal::new(None) }
    }

    /// Does it, and `then` something else if it worked.
    fn run(self, what: impl Future<Output = api::Answer<()>> + 'static, then: impl FnOnce() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = what.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => then(),
                Err(error) => self.problem.set(Some(error.notice())),
            }
        });
    }
}

/// An account of the list.
#[component]
fn AccountRow(id: String) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let own_id = id.clone();
    let account =
        session.part(move |view| view.accounts.iter().find(|account| account.id == own_id).cloned());
    let account = Memo::new(move |_| account.get().flatten());
    let in_use = session.part(|view| view.account.clone());
    let own_id = StoredValue::new(id.clone());
    let is_used =
        Memo::new(move |_| in_use.get().flatten().is_some_and(|used| own_id.with_value(|id| *id == used)));
    let renaming = RwSignal::new(false);
    let receiving = RwSignal::new(false);
    let doing = Doing::new();
    let choose = move |()| doing.run(async move { api::choose_account(own_id.get_value()).await }, || {});
    let unwatch = move |()| doing.run(async move { api::unwatch_address(own_id.get_value()).await }, || {});
    view! {
        <li class="account-item" data-testid="account" data-account=id data-used=move || if is_used.get() { "true" } else { "false" }>
            {move || account.get().map(|account| view! {
                <div class="account-item-head">
                    <span class="account-name" data-testid="account-label">{account.label.clone()}</span>
                    {move || is_used.get().then(|| view! { <span class="network-used">"In use"</span> })}
                    <Mark account=account.clone() />
                </div>
                <p class="account-item-address" data-testid="account-address" data-value=account.address.clone()>
                    <AddressText address=account.address.clone() />
                </p>
                {move || receiving.get().then(|| view! { <Receive account=account.clone() /> })}
            })}
            {move || renaming.get().then(|| view! {
                <Rename
                    id=own_id.get_value()
                    label=account.with_untracked(|account| account.as_ref().map(|account| account.label.clone()).unwrap_or_default())
                    done=Callback::new(move |()| renaming.set(false))
                />
            })}
            {move || {
                let can_sign = account.with(|account| account.as_ref().is_some_and(|account| account.can_sign));
                view! {
                    <div class="actions">
                        {move || (!is_used.get()).then(|| view! {
                            <Button busy=doing.busy testid="choose-account" on_press=choose>"Use it"</Button>
                        })}
                        {can_sign.then(|| view! {
                            <Button testid="receive" on_press=move |()| receiving.update(|shown| *shown = !*shown)>
                                {move || if receiving.get() { "Hide the address" } else { "Receive" }}
                            </Button>
                        })}
                        <Button
                            kind=ButtonKind::Quiet
                            testid="rename-account"
                            on_press=move |()| renaming.update(|shown| *shown = !*shown)
                        >
                            "Rename"
                        </Button>
                        {(!can_sign).then(|| view! {
                            <ConfirmButton
                                kind=ButtonKind::Quiet
                                label="Watch it no more"
                                question="Take this address off the list? Nothing happens to it, and you can watch it again."
                                confirm="Watch it no more"
                                busy=doing.busy
                                testid="unwatch"
                                on_confirm=unwatch
                            />
                        })}
                    </div>
                }
            }}
            {move || doing.problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="account-problem" /> })}
        </li>
    }
}

/// Whether an account is the person's own, and whether that was checked.
#[component]
fn Mark(account: AccountView) -> impl IntoView {
    let (state, icon, words) = match (account.can_sign, account.is_verified) {
        (true, true) => ("verified", IconName::Check, "Checked against your keys"),
        (true, false) => ("unverified", IconName::Info, "Not checked while the keys are locked"),
        (false, _) => ("watched", IconName::Info, "Watched only"),
    };
    view! {
        <span class="account-mark" data-testid="account-mark" data-state=state><Icon name=icon />{words}</span>
    }
}

/// Another name for an account.
#[component]
fn Rename(id: String, label: String, done: Callback<()>) -> impl IntoView {
    let typed = RwSignal::new(label);
    let tried = RwSignal::new(false);
    let doing = Doing::new();
    let wrong = Memo::new(move |_| {
        (tried.get() && typed.with(|typed| typed.trim().is_empty())).then(|| "Enter a name.".to_owned())
    });
    let id = StoredValue::new(id);
    let keep = move |()| {
        tried.set(true);
        let label = typed.with_untracked(|typed| typed.trim().to_owned());
        if label.is_empty() {
            return;
        }
        doing.run(async move { api::rename_account(id.get_value(), label).await }, move || done.run(()));
    };
    view! {
        <div class="settings-form">
            <TextInput label="Name (only you see it)" value=typed problem=wrong longest=LONGEST_LABEL testid="account-name-input" />
            {move || doing.problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="rename-problem" /> })}
            <div class="actions">
                <Button kind=ButtonKind::Primary busy=doing.busy testid="keep-name" on_press=keep>"Keep it"</Button>
                <Button kind=ButtonKind::Quiet testid="leave-name" on_press=move |()| done.run(())>"Leave it"</Button>
            </div>
        </div>
    }
}

/// One more account of the wallet.
#[component]
fn AddAccount() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let keys = session.keys();
    let is_practice = session.is_practice();
    let typed = RwSignal::new(String::new());
    let doing = Doing::new();
    let add = move |()| {
        let label = typed.with_untracked(|typed| typed.trim().to_owned());
        let count = session.view().with_untracked(|view| {
            view.as_ref().map_or(0, |view| view.accounts.iter().filter(|account| account.can_sign).count())
        });
        let label = if label.is_empty() { format!("Account {}", count.saturating_add(1)) } else { label };
        doing.run(async move { api::add_account(label).await }, move || typed.set(String::new()));
    };
    let unlock = move |()| doing.run(async { api::open_secret(SecretTask::Unlock).await }, || {});
    view! {
        <h3 class="settings-heading">"Add an account"</h3>
        <p class="settings-text">
            "All accounts come out of the same words, one after the other: there is nothing new to write down. Others on the chain cannot see that they \
             belong together, unless you send money between them."
        </p>
        <div class="settings-form">
            <TextInput label="Name (only you see it)" value=typed longest=LONGEST_LABEL testid="new-account-name" />
            {move || doing.problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="add-account-problem" /> })}
            <div class="actions">
                {move || if keys.get() == Some(KeyState::Locked) && !is_practice.get() {
                    view! {
                        <Button testid="unlock-to-add" busy=doing.busy on_press=unlock>"Unlock to add one"</Button>
                    }
                    .into_any()
                } else {
                    view! {
                        <Button testid="add-account" busy=doing.busy on_press=add>"Add it"</Button>
                    }
                    .into_any()
                }}
            </div>
        </div>
    }
}
