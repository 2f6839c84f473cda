//! The accounts and what they can spend.

use bithedge_protocol::{MicroStx, Sats};
use leptos::prelude::*;

use crate::components::{AddressText, AmountCell, CopyButton, Skeleton};
use crate::format;
use crate::state::ChainState;

/// The accounts and what they can spend.
#[component]
pub(super) fn AccountsCard() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let is_behind = chain.is_behind();
    let labels = chain.account_labels();
    let is_empty = Memo::new(move |_| labels.with(|labels| labels.as_ref().is_some_and(Vec::is_empty)));
    view! {
        <section class="card" class:is-stale=move || is_behind.get() aria-labelledby="accounts-heading">
            <div class="card-header">
                <h2 class="card-title" id="accounts-heading">"Accounts"</h2>
                <p class="card-note">
                    {move || match is_behind.get() {
                        false => "What each can spend now",
                        true => "What each could spend when last read",
                    }}
                </p>
            </div>
            <Show
                when=move || !is_empty.get()
                fallback=|| view! {
                    <p class="empty">
                        "This network has no accounts of yours yet. On a devnet, Peter and Irene appear here with their balances."
                    </p>
                }
            >
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Account"</th>
                            <th scope="col" class="table-number">"STX"</th>
                            <th scope="col" class="table-number">"sBTC"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <Show when=move || labels.with(Option::is_some) fallback=account_placeholders>
                            <For
                                each=move || labels.get().unwrap_or_default()
                                key=Clone::clone
                                children=|label| view! { <AccountRow label=label /> }
                            />
                        </Show>
                    </tbody>
                </table>
            </Show>
        </section>
    }
}

#[component]
fn AccountRow(label: String) -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let account = chain.account(label.clone());
    let stx = Memo::new(move |_| account.with(|account| account.as_ref()?.stx));
    let sbtc = Memo::new(move |_| account.with(|account| account.as_ref()?.sbtc));
    let address =
        Memo::new(move |_| account.with(|account| account.as_ref().map(|account| account.address.clone())));
    let role = Memo::new(move |_| account.with(|account| account.as_ref()?.role));
    let (name, part) = match role.get_untracked() {
        Some(role) => {
            let (name, part) = format::role(role);
            (name.to_owned(), Some(part))
        }
        None => (label.clone(), None),
    };
    // Peter and Irene are told apart by their names, not by what they do.
    let initial: String = name.rsplit(' ').next().unwrap_or_default().chars().take(1).collect();
    let copied = format!("the address of {name}");
    view! {
        <tr data-testid=format!("account-row-{label}")>
            <th scope="row"><div class="account">
                <span class="avatar" aria-hidden="true">{initial}</span>
                <span class="account-text">
                    <span class="account-name">{name}</span>
                    <span class="account-line">
                        {part.map(|part| view! { <span>{part}</span> })}
                            {move || address.get().map(|address| view! {
                                <span class="account-address">
                                    <AddressText address=address.clone() />
                                    <CopyButton text=address what=copied.clone() />
                                </span>
                            })}
                        </span>
                </span>
            </div></th>
            <td class="table-number">
                <AmountCell
                    amount=Signal::derive(move || stx.get().map(|stx| (stx.base_units(), stx.parts())))
                    testid="account-stx"
                    symbol=MicroStx::SYMBOL
                />
            </td>
            <td class="table-number">
                <AmountCell
                    amount=Signal::derive(move || sbtc.get().map(|sbtc| (sbtc.base_units(), sbtc.parts())))
                    testid="account-sbtc"
                    symbol=Sats::SYMBOL
                />
            </td>
        </tr>
    }
}

/// Rows as high as those to come.
fn account_placeholders() -> impl IntoView {
    (0..2)
        .map(|_| {
            view! {
                <tr>
                    <th scope="row"><div class="account">
                        <span class="avatar" aria-hidden="true"></span>
                        <span class="account-text">
                            <span class="account-name"><Skeleton width="medium" /></span>
                            <span class="account-line"><Skeleton width="long" /></span>
                        </span>
                    </div></th>
                    <td class="table-number"><span class="amount"><Skeleton width="long" /></span></td>
                    <td class="table-number"><span class="amount"><Skeleton width="long" /></span></td>
                </tr>
            }
        })
        .collect_view()
}
