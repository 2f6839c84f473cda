//! What the keeper may do, to be asked for.

use bithedge_ipc::{KeeperDuty, KeeperInput, Notice};
use bithedge_protocol::{MicroStx, Seconds};
use leptos::prelude::*;

use crate::api;
use crate::components::{
    AmountInput, AmountUnit, Button, ButtonKind, Card, Choice, NoticeBanner, Select, Toggle,
};
use crate::state::obstacle;

/// Every duty, in the order of the form.
const DUTIES: [KeeperDuty; 4] =
    [KeeperDuty::ServePool, KeeperDuty::ClaimForOthers, KeeperDuty::CollectRewards, KeeperDuty::ReportPrices];

/// A fee is usually well below it.
const USUAL_CALL: MicroStx = MicroStx::new(200_000);
/// Room for some calls a day.
const USUAL_DAY: MicroStx = MicroStx::new(2_000_000);

const DAY: u64 = 86_400;

/// What a duty is, in a few words and in a sentence.
pub(super) const fn duty_words(duty: KeeperDuty) -> (&'static str, &'static str) {
    match duty {
        KeeperDuty::ServePool => (
            "Keeps the pools going",
            "Settles policies that end, makes the daily close (08:00 UTC), ends policies that ran out, and checks the price source.",
        ),
        KeeperDuty::ClaimForOthers => (
            "Pays owners what is due to them",
            "When a policy was settled in its owner's favour, has it paid to the owner. Each brings a small reward.",
        ),
        KeeperDuty::CollectRewards => (
            "Collects your rewards",
            "Has the rewards that your account earned, and what the treasury allots to it, paid to it.",
        ),
        KeeperDuty::ReportPrices => (
            "Reports prices",
            "Only for accounts that were voted in as reporters: for all others the contracts refuse it. It costs fees and brings nothing back at once.",
        ),
    }
}

const fn slug(duty: KeeperDuty) -> &'static str {
    match duty {
        KeeperDuty::ServePool => "serve-pool",
        KeeperDuty::ClaimForOthers => "claim-for-others",
        KeeperDuty::CollectRewards => "collect-rewards",
        KeeperDuty::ReportPrices => "report-prices",
    }
}

/// What was chosen, if it can be asked for; else why not, in a sentence.
fn order_of(
    duties: &[KeeperDuty],
    only_if_paid: bool,
    a_call: Option<u128>,
    a_day: Option<u128>,
    lasts: Seconds,
) -> Result<KeeperInput, String> {
    if duties.is_empty() {
        return Err("Choose what it should do.".to_owned());
    }
    let (Some(a_call), Some(a_day)) = (a_call.map(MicroStx::new), a_day.map(MicroStx::new)) else {
        return Err("Enter both limits.".to_owned());
    };
    if a_day < a_call {
        return Err("The limit for 24 hours is below the one for a single call.".to_owned());
    }
    Ok(KeeperInput { duties: duties.to_vec(), only_if_paid, a_call, a_day, lasts })
}

/// The form.
#[component]
pub(super) fn KeeperForm() -> impl IntoView {
    let standing = obstacle();
    let chosen =
        RwSignal::new(vec![KeeperDuty::ServePool, KeeperDuty::ClaimForOthers, KeeperDuty::CollectRewards]);
    let only_if_paid = RwSignal::new(true);
    let a_call = RwSignal::new(Some(USUAL_CALL.base_units()));
    let a_day = RwSignal::new(Some(USUAL_DAY.base_units()));
    let lasts = RwSignal::new(Seconds::new(DAY.saturating_mul(7)));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let order = Memo::new(move |_| {
        chosen.with(|chosen| order_of(chosen, only_if_paid.get(), a_call.get(), a_day.get(), lasts.get()))
    });
    let blocked =
        Memo::new(move |_| standing.get().or_else(|| order.with(|order| order.as_ref().err().cloned())));
    let ask = move |()| {
        let Ok(order) = order.get_untracked() else { return };
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::propose_keeper(order).await;
            let _ = busy.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    let times = vec![
        Choice::new(Seconds::new(DAY), "A day", "1-day"),
        Choice::new(Seconds::new(DAY.saturating_mul(7)), "A week", "7-days"),
        Choice::new(Seconds::new(DAY.saturating_mul(30)), "30 days", "30-days"),
        Choice::new(Seconds::new(DAY.saturating_mul(90)), "90 days", "90-days"),
    ];
    view! {
        <Card title="Let it work" testid="keeper-form">
            <fieldset class="keeper-form-duties">
                <legend class="field-label">"What it does"</legend>
                {DUTIES
                    .into_iter()
                    .map(|duty| {
                        let (title, text) = duty_words(duty);
                        view! {
                            <label class="settings-check">
                                <input
                                    type="checkbox"
                                    data-testid=format!("duty-{}", slug(duty))
                                    prop:checked=move || chosen.with(|chosen| chosen.contains(&duty))
                                    on:change=move |event| {
                                        let is_on = event_target_checked(&event);
                                        chosen.update(|chosen| {
                                            chosen.retain(|other| *other != duty);
                                            if is_on {
                                                chosen.push(duty);
                                                chosen.sort_unstable();
                                            }
                                        });
                                    }
                                />
                                <span><span class="keeper-duty">{title}</span><span class="settings-hint">{text}</span></span>
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <Toggle
                label="Only what pays"
                value=only_if_paid
                on_change=move |on| only_if_paid.set(on)
                hint=Signal::stored("Does only what brings your account more than its fee.".to_owned())
                testid="only-if-paid"
            />
            <div class="keeper-form-limits">
                <AmountInput
                    label="Most for the fee of one call"
                    unit=Signal::stored(AmountUnit::Stx)
                    value=a_call
                    hint=Signal::stored("A call usually costs less".to_owned())
                    testid="keeper-call-limit"
                />
                <AmountInput
                    label="Most for fees in 24 hours"
                    unit=Signal::stored(AmountUnit::Stx)
                    value=a_day
                    hint=Signal::stored("It can lose no more than this in a day".to_owned())
                    testid="keeper-day-limit"
                />
                <Select
                    label="For how long"
                    choices=Signal::stored(times)
                    value=lasts
                    on_change=move |chosen| lasts.set(chosen)
                    testid="keeper-lasts"
                />
            </div>
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="keeper-problem" /> })}
            <div class="actions">
                <Button kind=ButtonKind::Primary busy=busy blocked=blocked testid="propose-keeper" on_press=ask>
                    "Review and approve"
                </Button>
            </div>
            <p class="settings-text settings-quiet">"It begins once you have approved it in the window of questions, and ends by itself."</p>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_needs_something_to_do_and_limits_that_fit() {
        let week = Seconds::new(7 * DAY);
        let duties = [KeeperDuty::ServePool];
        let order = order_of(&duties, true, Some(200_000), Some(2_000_000), week).unwrap();
        assert_eq!(
            (order.a_call, order.a_day, order.lasts),
            (MicroStx::new(200_000), MicroStx::new(2_000_000), week)
        );
        assert!(order_of(&[], true, Some(1), Some(2), week).is_err());
        assert!(order_of(&duties, true, None, Some(2), week).is_err());
        assert!(order_of(&duties, true, Some(1), None, week).is_err());
        assert!(order_of(&duties, true, Some(3), Some(2), week).unwrap_err().contains("below"));
    }

    #[test]
    fn every_duty_is_explained_without_words_of_the_trade() {
        for duty in DUTIES {
            let (title, text) = duty_words(duty);
            assert!(!title.is_empty() && text.ends_with('.'));
            for word in ["epoch", "bucket", "oracle", "bounty", "expiry"] {
                assert!(!title.contains(word) && !text.contains(word), "{title}: {word}");
            }
        }
    }
}
