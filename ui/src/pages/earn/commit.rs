//! Committing capital, and taking back what waits to become shares.

use bithedge_ipc::{BucketRef, MarketView, Wish};
use bithedge_protocol::{Asset, TokenAmount};
use leptos::prelude::*;

use super::act::{Act, Once};
use super::bucket::Parts;
use super::timing;
use super::words;
use crate::components::{AmountInput, AmountUnit, ButtonKind, Card};
use crate::format;
use crate::state::{ChainState, SessionState};

/// The most that can be committed: what the account can spend, less the network's fee where it is paid in the same token, and what
/// the bucket still takes. `None` while the balance, or that fee, is not known.
fn most(
    bucket: BucketRef,
    balance: Option<TokenAmount>,
    room: Option<TokenAmount>,
    market: Option<&MarketView>,
) -> Option<TokenAmount> {
    let fee = match bucket.asset {
        Asset::Stx => TokenAmount::from(market?.call_fee),
        Asset::Sbtc => TokenAmount::ZERO,
    };
    let can_spend = balance?.saturating_sub(fee);
    Some(room.map_or(can_spend, |room| can_spend.min(room)))
}

/// What each deposit prepays to whoever serves it.
fn bounty(bucket: BucketRef, market: Option<&MarketView>) -> Option<TokenAmount> {
    let terms = market?.market.collateral.iter().find(|terms| terms.asset == bucket.asset)?;
    Some(terms.bounty)
}

/// Why there is nothing to commit: what is typed cannot be used, or nothing is.
fn missing_amount(wrong: Option<String>) -> String {
    wrong.unwrap_or_else(|| "Enter an amount first.".to_owned())
}

/// What can be committed, when it begins to count, and what can go wrong.
#[component]
pub(super) fn CommitCard(parts: Parts) -> impl IntoView {
    let Parts { bucket, tier, page, depth, market, .. } = parts;
    let asset = bucket.asset;
    let session = expect_context::<SessionState>();
    let chain = expect_context::<ChainState>();
    let account = session.account();
    let held = chain
        .balance(move || account.with(|account| account.as_ref().map(|account| account.address.clone())));
    let balance = Memo::new(move |_| {
        held.with(|held| {
            let held = held.as_ref()?;
            match asset {
                Asset::Sbtc => held.sbtc.map(TokenAmount::from),
                Asset::Stx => held.stx.map(TokenAmount::from),
            }
        })
    });
    let room = Memo::new(move |_| tier.with(|tier| tier.as_ref().map(|tier| tier.room)));
    let largest =
        Memo::new(move |_| market.with(|market| most(bucket, balance.get(), room.get(), market.as_ref())));
    let smallest = Memo::new(move |_| tier.with(|tier| tier.as_ref().and_then(|tier| tier.min_deposit)));
    let value = RwSignal::new(None::<u128>);
    let wrong = RwSignal::new(None::<String>);
    // The field is made anew after each commitment: nothing is committed twice by a second click.
    let commitments = RwSignal::new(0_u64);
    let signed = move |()| {
        value.set(None);
        commitments.update(|count| *count = count.wrapping_add(1));
    };
    let hint = Signal::derive(move || {
        let held = match balance.get() {
            Some(held) => format!("You have {}.", asset.show(held)),
            None => "What you have is not known yet.".to_owned(),
        };
        let least = smallest.get().map(|least| format!(" The smallest amount is {}.", asset.show(least)));
        format!("{held}{}", least.unwrap_or_default())
    });
    let is_limited_by_room =
        Memo::new(move |_| largest.get().zip(room.get()).is_some_and(|(largest, room)| largest == room));
    let joins = Memo::new(move |_| {
        let due = tier.with(|tier| tier.as_ref().map(|tier| tier.due))?;
        timing::joins_at(page.with(|page| page.as_of.now), due)
    });
    let worst = Memo::new(move |_| {
        depth.with(|page| {
            let risk = page.as_ref()?.risk.as_ref()?;
            risk.exposure.known()?.most_of_assets
        })
    });
    let closest = Memo::new(move |_| {
        depth.with(|page| {
            let risk = page.as_ref()?.risk.as_ref()?;
            risk.exposure.known()?.by_strike.last().map(|(strike, _)| *strike)
        })
    });
    let served = Memo::new(move |_| market.with(|market| bounty(bucket, market.as_ref())));
    // Without the fee nobody can say what is left for it.
    let lacks_fee = Memo::new(move |_| asset == Asset::Stx && market.with(Option::is_none));
    let blocked = Signal::derive(move || {
        if room.get() == Some(TokenAmount::ZERO) {
            return Some(
                "This bucket is full: what it has, and the deposits that wait, are all that it takes."
                    .to_owned(),
            );
        }
        if lacks_fee.get() {
            return Some(
                "The network's fee is not known yet, so what you can commit is not either.".to_owned(),
            );
        }
        value.get().is_none().then(|| missing_amount(wrong.get()))
    });
    let wish = move |()| {
        let amount = TokenAmount::new(value.get_untracked()?);
        Some(Wish::Commit { tier: bucket.tier, asset, amount })
    };
    view! {
        <Card title="Commit capital" testid="commit">
            <div class="bucket-form">
                {move || {
                    commitments.track();
                    view! {
                        <AmountInput
                            label="How much"
                            unit=AmountUnit::of(asset)
                            value=value
                            least=Signal::derive(move || smallest.get().map(TokenAmount::base_units))
                            most=Signal::derive(move || largest.get().map(TokenAmount::base_units))
                            most_is="the most that you can commit now is"
                            max_button=true
                            hint=hint
                            wrong=wrong
                            testid="commit-amount"
                        />
                    }
                }}
                {move || is_limited_by_room.get().then(|| view! {
                    <p class="card-note" data-testid="commit-room">
                        {move || room.get().map(|room| format!("This bucket takes only {} more.", asset.show(room)))}
                    </p>
                })}
                <ul class="bucket-steps">
                    <li data-testid="commit-joins" data-value=move || joins.get().map(|at| at.get().to_string())>
                        {move || match joins.get() {
                            Some(at) => format!(
                                "It begins to count at the daily close on {} at the earliest, at the value of a share there. Until an hour \
                                 before that you can take it back.",
                                format::moment(at)
                            ),
                            None => "It begins to count at one of the next daily closes (08:00 UTC).".to_owned(),
                        }}
                    </li>
                    {move || served.get().map(|bounty| view! {
                        <li data-testid="commit-bounty">
                            {format!("{} of it goes to whoever carries out the close.", asset.show(bounty))}
                        </li>
                    })}
                    <li>"The network's fee is paid in STX."</li>
                </ul>
                <p class="risk-words" data-testid="commit-risk">{move || words::what_can_go_wrong(worst.get(), closest.get())}</p>
                <Act
                    title="Decide"
                    plain=true
                    what="The commitment"
                    button="Review and commit"
                    kind=ButtonKind::Primary
                    when=true
                    blocked=blocked
                    wish=wish
                    on_signed=Callback::new(signed)
                    once=Once { intent: "commit-capital", noun: "commitment" }
                    testid="commit-act"
                >
                    <p class="step-note">"You see exactly what would be signed, and decide then."</p>
                </Act>
            </div>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(asset: Asset) -> BucketRef {
        BucketRef { tier: 2, asset }
    }

    #[test]
    fn no_more_can_be_committed_than_is_there_or_than_fits() {
        let amount = TokenAmount::new;
        let sbtc = bucket(Asset::Sbtc);
        assert_eq!(most(sbtc, None, Some(amount(5)), None), None);
        assert_eq!(most(sbtc, Some(amount(9)), Some(amount(5)), None), Some(amount(5)));
        assert_eq!(most(sbtc, Some(amount(3)), Some(amount(5)), None), Some(amount(3)));
        assert_eq!(most(sbtc, Some(amount(3)), None, None), Some(amount(3)));
        assert_eq!(most(sbtc, Some(amount(3)), Some(amount(0)), None), Some(amount(0)));
    }

    #[test]
    fn an_amount_that_cannot_be_used_is_not_called_missing() {
        let why = "That is more than you have.".to_owned();
        assert_eq!(missing_amount(Some(why.clone())), why);
        assert_eq!(missing_amount(None), "Enter an amount first.");
    }

    #[test]
    fn of_stx_nothing_is_offered_while_the_fee_that_it_pays_is_not_known() {
        let amount = TokenAmount::new;
        assert_eq!(most(bucket(Asset::Stx), Some(amount(9)), Some(amount(5)), None), None);
    }
}
