//! Returns with their losses, and what may never be called a yield.

use bithedge_protocol::pool::{NavPair, Shares};
use bithedge_protocol::risk::{ClosePoint, History, premium_rate_if_nothing_pays_out};
use bithedge_protocol::{Asset, Ppm, PpmChange, Seconds, TokenAmount, UnixSeconds};

use crate::market::{DAY, NOW, usd};

fn history(navs: &[u128]) -> History {
    let closes = navs.iter().zip(0_u64..).map(|(nav, day)| ClosePoint {
        at: UnixSeconds::new(NOW.get() + day * DAY),
        pair: NavPair { nav: TokenAmount::new(nav * 1_000_000), shares: Shares::new(100_000_000_000_000) },
        generation: 0,
        btc: usd(100_000 + 10_000 * u128::from(day)),
        stx: usd(1),
    });
    History { asset: Asset::Sbtc, closes: closes.collect() }
}

fn changes(of: &[PpmChange]) -> Vec<i128> {
    of.iter().map(|change| change.base_units()).collect()
}

#[test]
fn losing_weeks_are_in_the_history() {
    let history = history(&[100, 110, 88, 99, 121]);
    assert_eq!(changes(&history.returns().unwrap()), [0, 100_000, -120_000, -10_000, 210_000]);
    assert_eq!(changes(&history.drawdowns().unwrap()), [0, 0, -200_000, -100_000, 0]);
    assert_eq!(history.worst_drawdown().unwrap(), PpmChange::new(-200_000));
    assert_eq!(history.worst_within(Seconds::new(DAY)).unwrap(), PpmChange::new(-200_000));
    assert_eq!(history.worst_within(Seconds::new(3_600)).unwrap(), PpmChange::ZERO);
    assert_eq!(history.span(), Seconds::new(4 * DAY));
    // In USD BTC's own rise is in it: 1.1 times 110,000 over 100,000.
    assert_eq!(changes(&history.returns_usd().unwrap())[1], 210_000);
}

#[test]
fn a_generation_that_ended_lost_everything() {
    let mut history = history(&[100, 90, 100, 100]);
    for close in &mut history.closes[2..] {
        close.generation = 1;
    }
    assert_eq!(changes(&history.returns().unwrap()), [0, -100_000, -1_000_000, -1_000_000]);
    assert_eq!(history.worst_drawdown().unwrap(), PpmChange::new(-1_000_000));
    assert_eq!(history.worst_within(Seconds::new(2 * DAY)).unwrap(), PpmChange::new(-1_000_000));
}

#[test]
fn who_came_after_a_generation_ended_did_not_lose_it() {
    let mut history = history(&[100, 90, 1, 2, 1]);
    for close in &mut history.closes[2..] {
        close.generation = 1;
    }
    assert_eq!(changes(&history.drawdowns().unwrap()), [0, -100_000, -1_000_000, 0, -500_000]);
    assert_eq!(changes(&history.returns_by_generation().unwrap()), [0, -100_000, -1_000_000, 1_000_000, 0]);
    assert_eq!(changes(&history.returns_usd_by_generation().unwrap())[2], -1_000_000);
    // The loss stays in what is said of all time.
    assert_eq!(history.worst_drawdown().unwrap(), PpmChange::new(-1_000_000));
    assert_eq!(history.ends(), [history.closes[2].at]);
    let newest = history.of_newest_generation();
    assert_eq!(newest.closes, history.closes[2..]);
    assert_eq!(changes(&newest.drawdowns().unwrap()), [0, 0, -500_000]);
    assert_eq!((newest.ends(), newest.generations().len(), history.generations().len()), (vec![], 1, 2));
    assert_eq!(History { closes: Vec::new(), ..history }.of_newest_generation().closes, []);
}

#[test]
fn a_price_that_nobody_held_is_nobodys_loss() {
    let mut history = history(&[100, 120, 50, 55, 44]);
    // All had left before the third close.
    // At it somebody came, and got what was left in the bucket for nothing.
    history.closes[2].pair = NavPair { nav: TokenAmount::new(2), shares: Shares::new(1_000_000) };
    for close in &mut history.closes[3..] {
        close.pair.shares = Shares::new(close.pair.nav.base_units() * 1_000_000);
    }
    assert_eq!(changes(&history.drawdowns().unwrap()), [0, 0, 0, 0, 0]);
    assert_eq!(changes(&history.returns_by_generation().unwrap()), [0, 200_000, 0, 0, 0]);
    assert_eq!(history.ends(), []);
    assert_eq!(history.worst_within(Seconds::new(7 * DAY)).unwrap(), PpmChange::ZERO);
}

#[test]
fn two_closes_have_a_change_between_them() {
    let closes = history(&[100, 110, 88]).closes;
    assert_eq!(closes[0].change_to(&closes[2]).unwrap(), PpmChange::new(-120_000));
    assert_eq!(closes[2].change_to(&closes[1]).unwrap(), PpmChange::new(250_000));
    let ended = ClosePoint { generation: 1, ..closes[1] };
    assert_eq!(closes[0].change_to(&ended).unwrap(), PpmChange::new(-1_000_000));
    let nothing = ClosePoint { pair: NavPair { nav: TokenAmount::ZERO, ..closes[0].pair }, ..closes[0] };
    assert_eq!(nothing.change_to(&closes[1]).unwrap(), PpmChange::ZERO);
    let endless =
        ClosePoint { pair: NavPair { nav: TokenAmount::new(u128::MAX), ..closes[0].pair }, ..closes[0] };
    assert!(closes[0].change_to(&endless).is_err());
}

#[test]
fn nothing_is_a_defined_history() {
    let empty = history(&[]);
    assert!(empty.returns().unwrap().is_empty() && empty.drawdowns().unwrap().is_empty());
    assert_eq!((empty.worst_drawdown().unwrap(), empty.span()), (PpmChange::ZERO, Seconds::ZERO));
    let still = history(&[0, 0, 5]);
    assert_eq!(changes(&still.returns().unwrap()), [0, 0, 0]);
}

#[test]
fn the_rate_if_nothing_pays_out_is_simple() {
    let rate = |premiums, capital, days| {
        let span = Seconds::new(days * DAY);
        premium_rate_if_nothing_pays_out(TokenAmount::new(premiums), TokenAmount::new(capital), span).unwrap()
    };
    assert_eq!(rate(10, 1_000, 73), Some(Ppm::new(50_000)));
    assert_eq!(rate(0, 1_000, 73), Some(Ppm::ZERO));
    assert_eq!((rate(10, 0, 73), rate(10, 1_000, 0)), (None, None));
}
