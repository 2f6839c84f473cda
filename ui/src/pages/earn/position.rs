//! What the account has in a bucket, and what can be done with it.

use bithedge_ipc::{PositionView, Trust, Waiting, Wish};
use bithedge_protocol::pool::Shares;
use bithedge_protocol::{TokenAmount, TokenChange};
use leptos::prelude::*;

use super::act::Act;
use super::bucket::{Holding, Parts};
use super::leave::{Leave, Outlooks};
use crate::components::{
    AmountText, ButtonKind, Card, ChangeText, DoubtMark, EmptyState, PercentChangeText, Skeleton, UsdText,
    figure, known_or, not_known,
};
use crate::format;
use crate::pages::home::Line;

/// The position: value, result, what waits, what can be claimed.
#[component]
pub(super) fn PositionCard(parts: Parts) -> impl IntoView {
    let Parts { bucket, position, holding, coming, .. } = parts;
    let asset = bucket.asset;
    let claimable = Memo::new(move |_| {
        position.with(|position| position.as_ref().map(|position| position.claimable).unwrap_or_default())
    });
    let waits = Memo::new(move |_| {
        position
            .with(|position| position.as_ref().map(|position| position.waiting.clone()).unwrap_or_default())
    });
    let has_deposit =
        Memo::new(move |_| waits.with(|waits| waits.iter().any(|one| one.deposit > TokenAmount::ZERO)));
    let leaving = Memo::new(move |_| {
        position.with(|position| {
            position.as_ref().is_some_and(|position| {
                position.queued.count() > 0 || position.waiting.iter().any(|one| one.exit.count() > 0)
            })
        })
    });
    let gain = Memo::new(move |_| {
        position.with(|position| position.as_ref().map(|position| position.unrealised).unwrap_or_default())
    });
    let has_gain = Memo::new(move |_| {
        gain.get().base_units() > 0
            && position.with(|position| position.as_ref().is_some_and(|position| position.shares.count() > 0))
    });
    let is_over = Memo::new(move |_| {
        coming.with(Option::is_none) && position.with(|position| position.as_ref().is_some_and(is_over))
    });
    let (tier, of) = (bucket.tier, asset);
    view! {
        <Card
            title="Your position"
            note=move || position.with(|position| position.as_ref().map(|position| view! { <DoubtMark trust=position.trust /> }))
            testid="position"
        >
            <div class="bucket-form">
                {move || coming.get().map(|coming| view! {
                    <p role="status" data-testid="position-coming">{coming.words()}</p>
                })}
                <Act
                    title="Claim what is set aside"
                    what="The claim"
                    button=Signal::derive(move || format!("Claim {}", of.show(claimable.get())))
                    kind=ButtonKind::Primary
                    when=Signal::derive(move || claimable.get() > TokenAmount::ZERO)
                    wish=move |()| Some(Wish::ClaimWithdrawal { tier, asset, provider: None })
                    testid="claim-withdrawal"
                >
                    <p>"Paid exits and returned deposits are set aside for you. They neither earn nor bear risk, and do not run out."</p>
                </Act>
                <Act
                    title="Waits to become shares"
                    what="Taking the deposit back"
                    button="Take it back"
                    when=has_deposit
                    wish=move |()| Some(Wish::CancelDeposit { tier, asset })
                    testid="cancel-deposit"
                >
                    {move || waits.with(|waits| waits.iter().filter(|one| one.deposit > TokenAmount::ZERO).map(|one| {
                        let Waiting { deposit, due, .. } = *one;
                        view! {
                            <p data-testid="waiting-deposit" data-amount=deposit.base_units().to_string() data-due=due.get().to_string()>
                                {format!(
                                    "{} becomes shares at the daily close on {} at the earliest. It bears no risk before that. It can be taken \
                                     back until an hour before.",
                                    of.show(deposit),
                                    format::moment(due)
                                )}
                            </p>
                        }
                    }).collect_view())}
                </Act>
                <Act
                    title="On its way out"
                    what="Staying"
                    button="Take it back out of the queue"
                    when=leaving
                    wish=move |()| Some(Wish::CancelWithdrawal { tier, asset })
                    testid="cancel-withdrawal"
                >
                    <Outlooks position=position />
                </Act>
                {move || match holding.get() {
                    Holding::Position => view! {
                        {move || is_over.get().then(|| view! {
                            <p class="tier-small" data-testid="position-over">"You have nothing here any more."</p>
                        })}
                        <dl class="lines">{move || position.with(|position| position.as_ref().map(lines))}</dl>
                    }
                    .into_any(),
                    Holding::Awaited => view! {
                        <div aria-busy="true" data-testid="position-awaited">
                            <Skeleton width="long" /><Skeleton width="short" /><Skeleton width="long" />
                        </div>
                    }
                    .into_any(),
                    Holding::Failed => view! {
                        <p data-testid="position-unknown">
                            {not_known(
                                "What you have in this bucket could not be read. Your capital is where the chain says it is. What went wrong \
                                 stands above.",
                            )}
                        </p>
                    }
                    .into_any(),
                    Holding::Doubtful => view! {
                        <EmptyState
                            title="Nothing is known to be yours here"
                            text="What is known here is in doubt, so this does not mean that nothing of yours is in this bucket. What the \
                                  chain itself says is what counts."
                            testid="position-doubtful"
                        />
                    }
                    .into_any(),
                    Holding::Nothing if coming.with(Option::is_some) => ().into_any(),
                    Holding::Nothing => view! {
                        <EmptyState
                            title="Nothing of yours is in this bucket"
                            text="Once you have committed something, its value, its result and the way out are here."
                            testid="position-empty"
                        />
                    }
                    .into_any(),
                }}
                <Leave parts=parts />
                <Act
                    title="Take out the gain only"
                    what="Taking out the gain"
                    button="Take out the gain"
                    when=has_gain
                    wish=move |()| Some(Wish::ClaimYield { tier, asset })
                    testid="claim-yield"
                >
                    <p>
                        {move || format!(
                            "Puts in the exit queue what is worth more than you paid in: about {} at the last close, before the exit fee. What \
                             you paid in stays at work.",
                            of.show(gain.get().magnitude())
                        )}
                    </p>
                </Act>
            </div>
        </Card>
    }
}

/// Whether no shares of a position are left, as far as that can be relied on.
fn has_no_shares(position: &PositionView) -> bool {
    let PositionView { shares, queued, value, at_risk, basis, trust, .. } = position;
    *trust == Trust::Sound
        && *basis == Some(TokenAmount::ZERO)
        && (*shares, *queued) == (Shares::ZERO, Shares::ZERO)
        && (*value, *at_risk) == (TokenAmount::ZERO, TokenAmount::ZERO)
}

/// Whether nothing of a position is left: no shares, nothing that waits, nothing to claim.
fn is_over(position: &PositionView) -> bool {
    has_no_shares(position) && position.waiting.is_empty() && position.claimable == TokenAmount::ZERO
}

fn lines(position: &PositionView) -> impl IntoView + use<> {
    let asset = position.bucket.asset;
    let PositionView { value, at_risk, locked, unlocked, basis, realised, unrealised, trust, .. } = *position;
    let (value_usd, drawdown) = (position.value_usd.clone(), position.drawdown.clone());
    let at = position.share_price.at;
    let close = match at {
        Some(at) => format!("At the daily close on {}", format::moment(at)),
        None => "The bucket has not been closed yet".to_owned(),
    };
    let amount = move |amount: TokenAmount, testid: &'static str| {
        view! { <AmountText asset=asset amount=amount testid=testid /><DoubtMark trust=trust /> }
    };
    let change = move |change: TokenChange, testid: &'static str| {
        view! { <ChangeText asset=asset change=change testid=testid /><DoubtMark trust=trust /> }
    };
    let has_shares = !has_no_shares(position);
    // Of what is known to be nothing, zeros say nothing.
    let of_shares = has_shares.then(|| view! {
        <Line label="Value" note=move || close.clone()>{amount(value, "position-value")}</Line>
        <Line label="In USD today">
            {figure(&value_usd, trust, |value| view! { <UsdText value=*value testid="position-value-usd" /> })}
        </Line>
        {(at_risk != value).then(|| view! {
            <Line label="At risk" note=|| "Also shares that wait to join the exit queue bear risk">
                {amount(at_risk, "position-at-risk")}
            </Line>
        })}
        <Line label="Of that, behind policies now">{amount(locked, "position-locked")}</Line>
        <Line label="Not behind policies" note=|| "It leaves through the exit queue, not at once">
            {amount(unlocked, "position-unlocked")}
        </Line>
        <Line label="Paid in for it">
            {known_or(basis, "What was paid in for it cannot be counted.", |basis| amount(basis, "position-basis"))}
        </Line>
        <Line label="Result still in" note=|| "Value less what was paid in; it can grow and shrink">
            {change(unrealised, "position-unrealised")}
        </Line>
    });
    let is_taken = trust == Trust::Doubtful || realised != TokenChange::default();
    view! {
        {of_shares}
        {is_taken.then(|| view! {
            <Line label="Result taken out" note=|| "What exits have brought less what was paid in for them; losses are in it">
                {change(realised, "position-realised")}
            </Line>
        })}
        {has_shares.then(|| view! {
            <Line label="Below its highest close">
                {figure(&drawdown, trust, |fall| view! { <PercentChangeText change=*fall testid="position-drawdown" /> })}
            </Line>
        })}
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{BucketRef, Figure, SharePrice};
    use bithedge_protocol::{Asset, UnixSeconds};

    use super::*;

    fn unknown<T>() -> Figure<T> {
        Figure::Unknown { why: "It is a test.".to_owned() }
    }

    /// Nothing of a position that once was.
    fn left() -> PositionView {
        PositionView {
            bucket: BucketRef { tier: 2, asset: Asset::Sbtc },
            tier_name: None,
            shares: Shares::ZERO,
            share_price: SharePrice { at: None, nav: TokenAmount::ZERO, shares: Shares::ZERO },
            value: TokenAmount::ZERO,
            value_usd: unknown(),
            at_risk: TokenAmount::ZERO,
            locked: TokenAmount::ZERO,
            unlocked: TokenAmount::ZERO,
            queued: Shares::ZERO,
            waiting: Vec::new(),
            exit: None,
            next_exit: None,
            claimable: TokenAmount::ZERO,
            returned: TokenAmount::ZERO,
            basis: Some(TokenAmount::ZERO),
            realised: TokenChange::default(),
            unrealised: TokenChange::default(),
            drawdown: unknown(),
            health: unknown(),
            trust: Trust::Sound,
        }
    }

    #[test]
    fn only_a_position_that_is_known_to_be_nothing_is_over() {
        assert!(is_over(&left()));
        let (one, share) = (TokenAmount::new(1), Shares::new(1));
        let waiting = Waiting { epoch: 1, deposit: one, exit: Shares::ZERO, due: UnixSeconds::new(1) };
        for something in [
            PositionView { trust: Trust::Doubtful, ..left() },
            PositionView { shares: share, ..left() },
            PositionView { queued: share, ..left() },
            PositionView { value: one, ..left() },
            PositionView { at_risk: one, ..left() },
            PositionView { basis: None, ..left() },
            PositionView { basis: Some(one), ..left() },
            PositionView { claimable: one, ..left() },
            PositionView { waiting: vec![waiting], ..left() },
        ] {
            assert!(!is_over(&something), "{something:?}");
        }
        // What waits or can be claimed has no shares, whose zeros need not be read.
        assert!(has_no_shares(&PositionView { claimable: one, ..left() }));
        assert!(!has_no_shares(&PositionView { trust: Trust::Doubtful, ..left() }));
    }
}
