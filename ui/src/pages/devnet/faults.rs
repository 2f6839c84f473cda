//! A node that misbehaves on purpose, to see what the application makes of it.

use bithedge_ipc::{DevnetDeed, DevnetFaults};
use bithedge_protocol::Ppm;
use leptos::prelude::*;

use super::deeds::Deeds;
use super::part;
use crate::components::{Button, ButtonKind, Card, Choice, Segmented, Toggle};

/// How often: parts per million of all answers, and what that is called.
const SHARES: [(u32, &str); 3] = [(0, "Never"), (100_000, "One in ten"), (500_000, "Every other")];
/// How much later, in milliseconds.
const DELAYS: [(u32, &str); 3] = [(0, "At once"), (500, "Half a second late"), (5_000, "5 seconds late")];

type Share = (&'static str, &'static str, fn(&DevnetFaults) -> Ppm, fn(&mut DevnetFaults, Ppm));

/// What can go wrong with an answer: its name, its test hook, and its place among the faults.
const KINDS: [Share; 4] = [
    ("Connections that break off", "drop", |faults| faults.drop, |faults, share| faults.drop = share),
    (
        "A node that says it is too busy",
        "busy",
        |faults| faults.server_error,
        |faults, share| faults.server_error = share,
    ),
    (
        "Answers that end in the middle",
        "truncate",
        |faults| faults.truncate,
        |faults, share| faults.truncate = share,
    ),
    (
        "Answers that make no sense",
        "nonsense",
        |faults| faults.not_json,
        |faults, share| faults.not_json = share,
    ),
];

/// The faults, each with how often.
#[component]
pub(super) fn FaultsCard() -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let faults = part(|view| view.faults);
    let now = Memo::new(move |_| faults.get().unwrap_or_default());
    let set = move |change: &dyn Fn(&mut DevnetFaults)| {
        let mut faults = now.get_untracked();
        change(&mut faults);
        deeds.carry_out(DevnetDeed::SetFaults { faults });
    };
    let none_on = Signal::derive(move || {
        (now.get() == DevnetFaults::default()).then(|| "Nothing is wrong with it now.".to_owned())
    });
    let shares = || SHARES.map(|(share, label)| Choice::new(share, label, share.to_string())).to_vec();
    let delays = DELAYS.map(|(delay, label)| Choice::new(delay, label, delay.to_string())).to_vec();
    view! {
        <Card title="Faults" note=|| "A node that misbehaves on purpose" testid="devnet-faults">
            <div class="devnet-stack">
            <p class="devnet-explained">
                "Real nodes fail now and then. See here how BitHedge takes it: nothing is lost, and nothing is shown that is not known."
            </p>
            <div class="faults">
                <Segmented
                    label="Answers come"
                    choices=delays
                    value=Signal::derive(move || now.get().latency_ms)
                    on_change=move |delay| set(&|faults| faults.latency_ms = delay)
                    testid="fault-latency"
                />
                {KINDS.map(|(label, slug, get, put)| view! {
                    <Segmented
                        label=label
                        choices=shares()
                        value=Signal::derive(move || u32::try_from(get(&now.get()).base_units()).unwrap_or(u32::MAX))
                        on_change=move |share: u32| set(&|faults| put(faults, Ppm::new(share.into())))
                        testid=format!("fault-{slug}")
                    />
                }).collect_view()}
                <Toggle
                    label="The chain stands still"
                    value=Signal::derive(move || now.get().stale_tip)
                    on_change=move |on| set(&|faults| faults.stale_tip = on)
                    hint="What is sent waits, and no block takes it until you end this."
                    testid="fault-stale"
                />
            </div>
            <Button
                kind=ButtonKind::Secondary
                busy=deeds.busy()
                blocked=none_on
                testid="faults-end"
                on_press=move |()| deeds.carry_out(DevnetDeed::SetFaults { faults: DevnetFaults::default() })
            >
                "End all"
            </Button>
            </div>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_sets_its_own_fault_and_no_other() {
        for (label, _, get, put) in KINDS {
            let mut faults = DevnetFaults::default();
            put(&mut faults, Ppm::new(7));
            assert_eq!(get(&faults), Ppm::new(7), "{label}");
            let set = KINDS.iter().filter(|(_, _, get, _)| get(&faults) == Ppm::new(7)).count();
            assert_eq!(set, 1, "{label}");
        }
    }
}
