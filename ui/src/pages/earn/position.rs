//! What the account has in a bucket, and what can be done with it.

use bithedge_ipc::{PositionView, Waiting, Wish};
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
                {move || match holding.get() {
                    Holding::Position => {
                        view! { <dl class="lines">{move || position.with(|position| position.as_ref().map(lines))}</dl> }.into_any()
                    }
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
    view! {
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
        <Line label="Result taken out" note=|| "What exits have brought less what was paid in for them; losses are in it">
            {change(realised, "position-realised")}
        </Line>
        <Line label="Below its highest close">
            {figure(&drawdown, trust, |fall| view! { <PercentChangeText change=*fall testid="position-drawdown" /> })}
        </Line>
    }
}
