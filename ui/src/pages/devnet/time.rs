//! The chain's clock, moved by hand.

use bithedge_ipc::DevnetDeed;
use bithedge_protocol::{BlockHeight, Seconds, UnixSeconds};
use leptos::prelude::*;

use super::deeds::{BlockedLine, DeedButton, Deeds};
use super::part;
use crate::components::{Card, Choice, Segmented};
use crate::format;
use crate::state::ChainState;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// The daily close is at 08:00 UTC.
const CLOSE: u64 = 8 * HOUR;
/// Speeds: chain seconds a second, and what that is called.
const SPEEDS: [(u32, &str); 5] = [
    (1, "As here"),
    (10, "10 times"),
    (60, "A minute a second"),
    (600, "10 minutes a second"),
    (3_600, "An hour a second"),
];

/// How long it is until the next daily close, and a minute more, so that it is over then.
fn to_next_close(now: UnixSeconds) -> Seconds {
    let since = now.get().saturating_add(DAY - CLOSE) % DAY;
    Seconds::new(DAY - since + 60)
}

/// The newer of two blocks: its height and its time.
fn newest(
    moved: Option<(BlockHeight, UnixSeconds)>,
    read: Option<(BlockHeight, UnixSeconds)>,
) -> Option<(BlockHeight, UnixSeconds)> {
    moved.max(read)
}

/// Now, jumps, and how fast it goes.
#[component]
pub(super) fn TimeCard() -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    // The director tells of the blocks that it made; others come with transactions, and the chain is read for them.
    let tip = expect_context::<ChainState>().tip();
    let moved = part(|view| (view.height, view.time));
    let newest = Memo::new(move |_| {
        newest(moved.get(), tip.with(|tip| tip.as_ref().map(|tip| (tip.height, tip.time))))
    });
    let height = Memo::new(move |_| newest.get().map(|(height, _)| height));
    let time = Memo::new(move |_| newest.get().map(|(_, time)| time));
    let speed = part(|view| view.speed);
    let doing = part(|view| view.doing.clone());
    let doing = Memo::new(move |_| doing.get().flatten());
    let playing = part(|view| view.play.is_some());
    let pass = move |seconds: Seconds| deeds.carry_out(DevnetDeed::Pass { seconds });
    let speeds = SPEEDS.map(|(speed, label)| Choice::new(speed, label, speed.to_string())).to_vec();
    view! {
        <Card title="Time" note=|| "The chain's own clock" testid="devnet-time-card">
            <div class="devnet-stack">
            <p class="devnet-now">
                {move || time.get().map(|time| view! {
                    <span class="devnet-clock" data-testid="devnet-time" data-value=time.get().to_string()>{format::moment(time)}</span>
                })}
                {move || height.get().map(|height| view! {
                    <span class="devnet-block" data-testid="devnet-height" data-value=height.get().to_string()>{format!("block {height}")}</span>
                })}
            </p>
            <BlockedLine />
            <div class="actions">
                <DeedButton blocked=deeds.blocked() testid="devnet-hour" on_press=move |()| pass(Seconds::new(HOUR))>"+ 1 hour"</DeedButton>
                <DeedButton blocked=deeds.blocked() testid="devnet-day" on_press=move |()| pass(Seconds::new(DAY))>"+ 1 day"</DeedButton>
                <DeedButton blocked=deeds.blocked() testid="devnet-week" on_press=move |()| pass(Seconds::new(7 * DAY))>"+ 1 week"</DeedButton>
                <DeedButton
                    blocked=deeds.blocked()
                    testid="devnet-next-close"
                    on_press=move |()| if let Some(time) = time.get_untracked() { pass(to_next_close(time)) }
                >
                    "To the next daily close"
                </DeedButton>
            </div>
            <p class="devnet-explained">
                "Prices are reported on the way, and what is due is done: closes, settlements, payments. The daily close is at 08:00 UTC."
            </p>
            <Segmented
                label="Time runs"
                choices=speeds
                value=Signal::derive(move || speed.get().unwrap_or(1))
                on_change=move |speed| deeds.carry_out(DevnetDeed::SetSpeed { speed })
                testid="devnet-speed"
            />
            <p class="devnet-explained">
                {move || (speed.get().unwrap_or(1) > 1).then_some(
                    "Offers and questions hold for minutes of the chain's time: let it run as here before you buy or sell something.",
                )}
            </p>
            <div class="devnet-doing" role="status">
                {move || doing.get().filter(|_| !playing.get().unwrap_or_default()).map(|doing| view! {
                    <p data-testid="devnet-doing">{doing}</p>
                    <DeedButton testid="devnet-stop-time" on_press=move |()| deeds.carry_out(DevnetDeed::Stop {})>
                        "Stop"
                    </DeedButton>
                })}
            </div>
            </div>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_block_is_shown_whoever_told_of_it() {
        let block = |height, time| Some((BlockHeight::new(height), UnixSeconds::new(time)));
        assert_eq!(newest(block(4_471, 31), block(4_504, 35)), block(4_504, 35));
        assert_eq!(newest(block(4_504, 35), block(4_471, 31)), block(4_504, 35));
        assert_eq!(newest(block(4_471, 31), None), block(4_471, 31));
        assert_eq!(newest(None, None), None);
    }

    #[test]
    fn the_next_close_is_over_a_minute_later() {
        for (now, seconds) in [(CLOSE, DAY + 60), (CLOSE - 1, 61), (0, CLOSE + 60), (DAY - 1, CLOSE + 61)] {
            assert_eq!(to_next_close(UnixSeconds::new(now)), Seconds::new(seconds), "{now}");
        }
    }
}
