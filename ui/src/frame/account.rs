//! The account in use, and the choice of another.

use bithedge_ipc::AccountView;
use bithedge_protocol::{MicroStx, Sats};
use leptos::prelude::*;

use crate::api;
use crate::components::{AddressText, AmountCell, CloseMenu, CopyButton, Each, Icon, IconName, Menu};
use crate::route::{Route, SettingsTab, go, route_now};
use crate::state::{ChainState, NotificationsState, SessionState};

/// The account in use on a button, all of them under it.
#[component]
pub(super) fn AccountSwitcher() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let account = session.account();
    let label = Memo::new(move |_| {
        account
            .with(|account| account.as_ref().map_or("No account".to_owned(), |account| account.label.clone()))
    });
    let face = move || {
        view! {
            <span class="account-face">
                <span class="account-face-name" data-testid="account-name">{move || label.get()}</span>
                {move || account.with(|account| account.as_ref().is_some_and(|account| !account.can_sign)).then(|| view! {
                    <span class="tag">"watched"</span>
                })}
                <Icon name=IconName::ChevronDown />
            </span>
        }
    };
    let accounts = session.part(|session| session.accounts.clone());
    view! {
        <Menu
            label=Signal::derive(move || format!("Account in use: {}", label.get()))
            class="button menu-wide"
            face=face
            testid="account-menu"
        >
            <ul class="account-list">
                <Each
                    each=move || accounts.get().unwrap_or_default()
                    key=|account| (account.id.clone(), account.address.clone(), account.label.clone(), account.is_verified)
                    let:account
                >
                    <AccountRow account=account />
                </Each>
            </ul>
            <a class="link menu-link" href=Route::Settings(SettingsTab::Accounts).href()>"Add or watch an account"</a>
        </Menu>
    }
}

#[component]
fn AccountRow(account: AccountView) -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let session = expect_context::<SessionState>();
    let notifications = expect_context::<NotificationsState>();
    let close = use_context::<CloseMenu>();
    let AccountView { id, label, address, can_sign, is_verified } = account;
    let in_use = session.part(|session| session.account.clone());
    let own = id.clone();
    let is_chosen = Memo::new(move |_| in_use.get().flatten().as_ref() == Some(&own));
    let owner = address.clone();
    let balance = chain.balance(move || Some(owner.clone()));
    let stx = Signal::derive(move || {
        balance.with(|balance| balance.as_ref()?.stx.map(|stx| (stx.base_units(), stx.parts())))
    });
    let sbtc = Signal::derive(move || {
        balance.with(|balance| balance.as_ref()?.sbtc.map(|sbtc| (sbtc.base_units(), sbtc.parts())))
    });
    let chosen = id.clone();
    let choose = move |_| {
        let account = chosen.clone();
        if is_chosen.get_untracked() {
            close.into_iter().for_each(CloseMenu::close);
            return;
        }
        leptos::task::spawn_local(async move {
            match api::choose_account(account).await {
                Ok(()) => {
                    close.into_iter().for_each(CloseMenu::close);
                    // The policy that is open was looked at as the account before: here it would be somebody else's.
                    if matches!(route_now(), Route::Policy(_)) {
                        go(Route::Policies);
                    }
                }
                Err(error) => notifications.warn(error.message()),
            }
        });
    };
    // Where money could be sent to must be the person's own: an address that was not checked against the keys is not offered.
    let may_copy = is_verified || !can_sign;
    let row = format!("account-row-{label}");
    let copied = format!("the address of {label}");
    view! {
        <li class="account-row" class:is-chosen=move || is_chosen.get() data-testid=row>
            <button
                class="account-choose"
                type="button"
                data-testid=format!("account-choose-{id}")
                aria-pressed=move || if is_chosen.get() { "true" } else { "false" }
                on:click=choose
            >
                <span class="account-name">{label}</span>
                {(!can_sign).then(|| view! { <span class="tag">"watched"</span> })}
                {move || is_chosen.get().then(|| view! { <Icon name=IconName::Check /> })}
            </button>
            <span class="account-address">
                <AddressText address=address.clone() />
                {may_copy.then(|| view! { <CopyButton text=address what=copied /> })}
            </span>
            <dl class="account-money">
                <dt>"STX"</dt>
                <dd><AmountCell amount=stx testid="account-stx" symbol=MicroStx::SYMBOL /></dd>
                <dt>"sBTC"</dt>
                <dd><AmountCell amount=sbtc testid="account-sbtc" symbol=Sats::SYMBOL /></dd>
            </dl>
        </li>
    }
}
