//! Leaving a bucket: through the exit queue, or by the way out of a bucket that nobody closes.

use bithedge_ipc::{ExitOutlook, Figure, PositionView, Wish};
use bithedge_protocol::pool::Shares;
use bithedge_protocol::risk::ExitStep;
use bithedge_protocol::{Asset, Ppm, Seconds, UnixSeconds};
use leptos::prelude::*;

use super::act::{Act, Once};
use super::bucket::Parts;
use super::timing;
use crate::components::{ButtonKind, Choice, Segmented, not_known};
use crate::format;

/// Without a close for so long there is another way out (`docs/protocol.md`, Epochs).
const DEAD_AFTER: Seconds = Seconds::new(259_200);
const WHOLE: Ppm = Ppm::new(1_000_000);

/// How much leaves.
fn choices() -> Vec<Choice<Ppm>> {
    vec![
        Choice::new(Ppm::new(250_000), "A quarter", "25"),
        Choice::new(Ppm::new(500_000), "Half", "50"),
        Choice::new(Ppm::new(750_000), "Three quarters", "75"),
        Choice::new(WHOLE, "All", "100"),
    ]
}

/// Whether a bucket was not closed for so long that there is another way out.
fn is_dead(now: UnixSeconds, last: Option<UnixSeconds>) -> bool {
    last.is_some_and(|last| now.since(last).is_some_and(|age| age >= DEAD_AFTER))
}

/// Asking to leave, with what it would be worth and when it can be paid at the earliest.
#[component]
pub(super) fn Leave(parts: Parts) -> impl IntoView {
    let Parts { bucket, tier: view, position, page, depth, .. } = parts;
    let (tier, asset) = (bucket.tier, bucket.asset);
    let part = RwSignal::new(WHOLE);
    let shares = Memo::new(move |_| {
        position
            .with(|position| timing::part_of(position.as_ref()?.shares, part.get()))
            .filter(|shares| *shares > Shares::ZERO)
    });
    let has_shares = Memo::new(move |_| {
        position.with(|position| position.as_ref().is_some_and(|position| position.shares > Shares::ZERO))
    });
    let worth = Memo::new(move |_| {
        let shares = shares.get()?;
        position.with(|position| {
            let price = position.as_ref()?.share_price;
            timing::worth(shares, price.nav, price.shares)
        })
    });
    let fee = Memo::new(move |_| view.with(|view| view.as_ref().map(|view| view.exit_fee.clone())));
    let joins = Memo::new(move |_| {
        let due = view.with(|view| view.as_ref().map(|view| view.due))?;
        timing::joins_at(page.with(|page| page.as_of.now), due)
    });
    let last_expiry = Memo::new(move |_| {
        depth.with(|page| {
            let risk = page.as_ref()?.risk.as_ref()?;
            risk.exposure.known()?.by_expiry.last().map(|(expiry, _)| *expiry)
        })
    });
    let dead = Memo::new(move |_| {
        let now = page.with(|page| page.as_of.now);
        has_shares.get()
            && is_dead(now, position.with(|position| position.as_ref().and_then(|one| one.share_price.at)))
    });
    let blocked = Signal::derive(move || {
        shares
            .get()
            .is_none()
            .then(|| "So small a part is less than one share. Choose a larger one.".to_owned())
    });
    view! {
        <Act
            title="Leave"
            what="The exit"
            button="Review and leave"
            when=has_shares
            blocked=blocked
            wish=move |()| Some(Wish::RequestWithdrawal { tier, asset, shares: shares.get_untracked()? })
            once=Once { intent: "request-withdrawal", noun: "withdrawal" }
            testid="leave"
        >
            <Segmented
                label="How much"
                choices=choices()
                value=part
                on_change=move |chosen| part.set(chosen)
                testid="leave-part"
            />
            <ul class="bucket-steps">
                <li
                    data-testid="leave-worth"
                    data-amount=move || worth.get().map(|worth| worth.base_units().to_string())
                    data-shares=move || shares.get().map(|shares| shares.count().to_string())
                >
                    {move || match worth.get() {
                        Some(worth) => format!(
                            "Worth about {} at the last close. What is paid is the value of a share at the close that pays it: more or less.",
                            asset.show(worth)
                        ),
                        None => "What it is worth is not known.".to_owned(),
                    }}
                </li>
                <li data-testid="leave-fee">
                    {move || fee.get().map(|fee| match fee {
                        Figure::Known { value } => format!(
                            "The exit fee is {} now; it rises with use, and stays with those who stay.",
                            format::percent_up(value)
                        ),
                        Figure::Unknown { why } => format!("The exit fee is not known. {why}"),
                    })}
                </li>
                <li data-testid="leave-joins" data-value=move || joins.get().map(|at| at.get().to_string())>
                    {move || match joins.get() {
                        Some(at) => format!("Paid at the daily close on {} at the earliest.", format::moment(at)),
                        None => "Paid at one of the next daily closes (08:00 UTC) at the earliest.".to_owned(),
                    }}
                    {move || last_expiry.get().map(|last| format!(
                        " What stands behind policies has to wait until they end; the last that it has now ends on {}. Until it is paid it \
                         earns and bears risk as before.",
                        format::day(last)
                    ))}
                </li>
            </ul>
        </Act>
        <Act
            title="Close it now"
            what="The close"
            button="Review and close"
            when=dead
            wish=move |()| Some(Wish::CloseEpoch { tier, asset })
            testid="close-epoch"
        >
            <p>
                "This bucket was not closed for three days. Anybody can start the daily close: it takes in deposits and pays exits as usual, and \
                 nothing is given up. You pay the network's fee; a bounty for the close, where deposits prepaid one, goes to you."
            </p>
        </Act>
        <Act
            title="Leave without a close"
            what="Leaving without a close"
            button="Review and leave at the guaranteed value"
            kind=ButtonKind::Danger
            when=dead
            blocked=blocked
            wish=move |()| Some(Wish::LeaveDeadBucket { tier, asset, shares: shares.get_untracked()? })
            testid="leave-dead"
        >
            <p>
                {move || match asset {
                    Asset::Sbtc => {
                        "If it cannot be closed, you can leave it now with the part of its capital that stands behind no policy; the rest of \
                         your part is given up. Usually it is better to wait, or to close it as above. How much leaves is chosen above."
                    }
                    Asset::Stx => {
                        "Whether there is a way out without a close is tried out before anything is signed. Usually it is better to wait, or \
                         to close it as above. How much leaves is chosen above."
                    }
                }}
            </p>
        </Act>
    }
}

/// When what leaves is paid, as far as that can be foreseen.
#[component]
pub(super) fn Outlooks(position: Memo<Option<PositionView>>) -> impl IntoView {
    move || {
        position.with(|position| {
            position.as_ref().map(|position| {
                let asset = position.bucket.asset;
                let first = position.exit.as_ref().map(|outlook| outlook_view(asset, outlook, "exit"));
                let next = position.next_exit.as_ref().map(|outlook| outlook_view(asset, outlook, "next-exit"));
                view! {
                    {first}
                    {next}
                    <p class="tier-small">
                        "The exit fee is taken off already. Dates and amounts hold if prices stay as they are now and nobody else acts. New deposits make it \
                         sooner; payouts and a fall of BTC later, and the amounts smaller. Until it is paid it earns and bears risk as before."
                    </p>
                }
            })
        })
    }
}

fn outlook_view(asset: Asset, outlook: &Figure<ExitOutlook>, testid: &'static str) -> AnyView {
    let outlook = match outlook {
        Figure::Known { value } => value,
        Figure::Unknown { why } => return view! { <p data-testid=testid>{not_known(why)}</p> }.into_any(),
    };
    let end = outlook.paid_by.map_or_else(
        || "When all of it is paid cannot be foreseen now.".to_owned(),
        |by| format!("All of it is expected to be paid by {}.", format::moment(by)),
    );
    let by = outlook.paid_by.map(|by| by.get().to_string());
    let steps = outlook.steps.iter().map(|step| {
        let ExitStep { at, paid, amount } = *step;
        view! {
            <li data-at=at.get().to_string() data-amount=amount.base_units().to_string()>
                {format!("By {}: {}, about {}", format::moment(at), format::percent(paid), asset.show(amount))}
            </li>
        }
    });
    view! {
        <p data-testid=testid data-paid-by=by>{end}</p>
        <ul class="bucket-steps">{steps.collect_view()}</ul>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_left_without_a_close_only_after_three_days_without_one() {
        let at = UnixSeconds::new;
        assert!(!is_dead(at(1_000_000), None));
        assert!(!is_dead(at(1_000_000 + 259_199), Some(at(1_000_000))));
        assert!(is_dead(at(1_000_000 + 259_200), Some(at(1_000_000))));
        assert!(!is_dead(at(0), Some(at(1_000_000))));
    }
}
