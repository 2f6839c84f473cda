//! When exits are paid, against closes worked out from the contract's formulas.

use bithedge_protocol::pool::{BookedSeries, BoundaryPrice, Bucket, Expiry, Shares, marks};
use bithedge_protocol::risk::{ExitSchedule, ExitStep, exit_schedule};
use bithedge_protocol::{Asset, Ppm, TokenAmount, UnixSeconds, UsdE8};

use crate::market::{BTC, DAY, EXPIRY, NOW, boundary, bucket, sold, tier, usd};

/// The days of the steps after the first regular close, with the parts and the amounts.
fn told(steps: &[ExitStep]) -> Vec<(u64, u128, u128)> {
    let due = bucket(2, Asset::Sbtc).due.get();
    steps
        .iter()
        .map(|step| ((step.at.get() - due) / DAY, step.paid.base_units(), step.amount.base_units()))
        .collect()
}

fn schedule(bucket: &Bucket, price: &BoundaryPrice, now: UnixSeconds) -> ExitSchedule {
    exit_schedule(bucket, &tier(2, 800_000, 925_000), price, now).unwrap()
}

/// Ten BTC of which 3 are locked for two days after the first close and 5 for 23; half of the shares are in the queue or join it
/// at the first close, a tenth at the second.
fn leaving() -> Bucket {
    let mut one = sold(5 * BTC);
    let mut sooner = sold(3 * BTC).live;
    sooner[0].expiry = UnixSeconds::new(EXPIRY.get() - 21 * DAY);
    one.live.extend(sooner);
    one.locked = TokenAmount::new(8 * BTC);
    let part = one.shares.count() / 10;
    one.queued = Shares::new(3 * part);
    one.exits = [Shares::new(2 * part), Shares::new(part)];
    one
}

/// So far above the strikes that no promise has a mark.
fn calm() -> BoundaryPrice {
    boundary(usd(10_000_000))
}

#[test]
fn both_cohorts_are_paid_as_expiries_set_collateral_free() {
    let one = leaving();
    assert_eq!(marks(&one, &tier(2, 800_000, 925_000), &calm()).unwrap().high, TokenAmount::ZERO);
    let found = schedule(&one, &calm(), NOW);
    assert_eq!(found.now.first().map(|step| step.at), Some(one.due));
    // First close: 10 - 8·1.02 = 1.84 of 5 BTC; use is 80 %, so the fee is 0.42 %: 772,800 satoshis, which are what is free
    // at the second, where the next cohort shares with 3.16 of 4.16. After two days 3 BTC less its buffer come free, later
    // only what fees leave. At the last expiry all is paid, at the fee of no use.
    assert_eq!(
        told(&found.now),
        [
            (0, 368_000, 183_227_200),
            (1, 369_172, 183_811_344),
            (2, 833_621, 415_454_601),
            (3, 835_220, 416_252_597),
            (4, 835_228, 416_256_517),
            (23, 1_000_000, 498_809_710),
        ]
    );
    assert_eq!(
        told(&found.next),
        [
            (1, 1_855, 184_855),
            (2, 736_742, 73_489_683),
            (3, 739_272, 73_742_213),
            (4, 739_285, 73_743_453),
            (23, 1_000_000, 99_867_880),
        ]
    );
}

#[test]
fn a_late_close_is_now_and_never_in_the_past() {
    // Fifteen days late: nine days after the due boundary the first expiry is over.
    let now = UnixSeconds::new(EXPIRY.get() - 14 * DAY + 18_000);
    let found = schedule(&leaving(), &calm(), now);
    assert_eq!(found.now[0].at, now);
    // 10 - 5·1.02 = 4.9 of 5 BTC, at a fee of 0.3 %.
    assert_eq!(
        told(&found.now),
        [
            (9, 980_000, 488_530_000),
            (10, 980_266, 488_662_980),
            (11, 980_267, 488_663_632),
            (23, 1_000_000, 498_548_407),
        ]
    );
    assert_eq!(found.now[1].at, UnixSeconds::new(EXPIRY.get() - 13 * DAY));
    assert_eq!((found.next[0].at, found.next[0].paid), (found.now[1].at, Ppm::new(13_325)));
    // At the boundary itself, and a second before it.
    let due = leaving().due;
    assert_eq!(schedule(&leaving(), &calm(), due), schedule(&leaving(), &calm(), NOW));
    let before = UnixSeconds::new(due.get() - 1);
    assert_eq!(schedule(&leaving(), &calm(), before), schedule(&leaving(), &calm(), NOW));
}

#[test]
fn nothing_is_paid_while_the_nav_is_under_a_tenth_of_assets() {
    // At 20,000 USD all 9.5 BTC that are locked are lost: 0.5 of 10 are left.
    let mut one = sold(95 * BTC / 10);
    let part = one.shares.count() / 10;
    one.queued = Shares::new(5 * part);
    one.exits = [Shares::ZERO, Shares::new(part)];
    let crash = boundary(usd(20_000));
    let found = schedule(&one, &crash, NOW);
    // Once they are settled, half of that less 0.1 %: never what was locked.
    assert_eq!(told(&found.now), [(23, 1_000_000, 24_975_000)]);
    assert_eq!(told(&found.next), [(23, 1_000_000, 4_995_000)]);
    // With 9 locked a tenth is left, and 10 - 9·1.02 BTC are free: 0.82 of the 0.5 that are asked for.
    let mut healthy = sold(9 * BTC);
    healthy.queued = one.queued;
    let found = schedule(&healthy, &crash, NOW);
    // 1 BTC is left: half of it, less 0.1 % and 0.36 %.
    assert_eq!(told(&found.now), [(0, 1_000_000, 49_770_000)]);
    assert!(found.next.is_empty());
    // Nothing at all is left: nobody is ever paid.
    let mut lost = sold(10 * BTC);
    lost.queued = one.queued;
    assert_eq!(schedule(&lost, &crash, NOW), ExitSchedule::default());
}

#[test]
fn what_expires_in_the_money_is_paid_before_those_who_leave() {
    // 4 BTC protected at 80,000 settle at 50,000: 2.4 BTC are drawn, 1.6 set free.
    let mut one = sold(4 * BTC);
    one.live
        .push(Expiry { expiry: UnixSeconds::new(EXPIRY.get() + 7 * DAY), ..sold(4 * BTC).live.remove(0) });
    one.locked = TokenAmount::new(8 * BTC);
    one.live[1].series[0].strike = usd(40_000);
    one.live[1].series[0].floor = usd(20_000);
    one.queued = one.shares;
    let price = BoundaryPrice { vol_ask: Ppm::new(1), vol_low: Ppm::new(1), ..boundary(usd(50_000)) };
    let mut terms = tier(2, 800_000, 925_000);
    (terms.skew, terms.exit_fee, terms.exit_fee_slope) = (Ppm::ZERO, Ppm::ZERO, Ppm::ZERO);
    let found = exit_schedule(&one, &terms, &price, NOW).unwrap();
    // 1.84 of 7.6 BTC; then 5.76 are left less 4·1.02: 1.68 of 5.76 more; a satoshi is
    // lost to rounding each time.
    assert_eq!(
        told(&found.now),
        [(0, 242_105, 184_000_000), (23, 463_157, 351_999_999), (30, 1_000_000, 759_999_998)]
    );
}

#[test]
fn stx_needs_what_it_promises_at_todays_price() {
    // 40,000 USD promised at most, twice that needed; at 0.5 USD a STX 160,000 of 200,000 STX. Short of it all, nothing is free.
    let series = BookedSeries {
        required: usd(80_000),
        locked: TokenAmount::new(80_000_000_000),
        ..sold(BTC).live[0].series[0]
    };
    let mut one = Bucket {
        assets: TokenAmount::new(200_000_000_000),
        shares: Shares::new(200_000_000_000_000_000),
        live: vec![Expiry { expiry: EXPIRY, series: vec![series] }],
        locked: series.locked,
        required: series.required,
        ..bucket(2, Asset::Stx)
    };
    one.queued = one.shares;
    let price = |stx| BoundaryPrice { stx: UsdE8::new(stx), ..calm() };
    let found = schedule(&one, &price(50_000_000), NOW);
    // 200,000 - 160,000·1.02 = 36,800 STX at a fee of 0.1 % + 0.4 % · 80 %.
    assert_eq!(told(&found.now[..1]), [(0, 184_000, 36_645_440_000)]);
    assert_eq!(found.now.last().map(|step| (step.at, step.paid)), Some((EXPIRY, Ppm::new(1_000_000))));
    let short = schedule(&one, &price(39_000_000), NOW);
    assert_eq!(told(&short.now), [(23, 1_000_000, 199_800_000_000)]);
    // In the money and short: 30,000 USD are due, which at 0.1 USD are 300,000 STX. All is gone.
    let crash = BoundaryPrice { stx: UsdE8::new(10_000_000), ..boundary(usd(50_000)) };
    assert!(schedule(&one, &crash, NOW).now.is_empty());
}

#[test]
fn a_schedule_is_bounded_and_may_be_empty() {
    assert_eq!(schedule(&sold(8 * BTC), &calm(), NOW), ExitSchedule::default());
    // Nothing sold: one close each.
    let mut free = bucket(2, Asset::Sbtc);
    free.queued = Shares::new(free.shares.count() / 2);
    assert_eq!(told(&schedule(&free, &calm(), NOW).now), [(0, 1_000_000, 499_500_000)]);
    free.exits = [Shares::ZERO, Shares::new(free.shares.count() / 2)];
    let both = schedule(&free, &calm(), NOW);
    assert_eq!((told(&both.now).len(), both.next.len()), (1, 1));
    assert_eq!((both.next[0].at.get(), both.next[0].paid), (free.due.get() + DAY, Ppm::new(1_000_000)));
    // Only the later cohort.
    free.queued = Shares::ZERO;
    let later = schedule(&free, &calm(), NOW);
    assert!(later.now.is_empty());
    assert_eq!(later.next[0].at.get(), free.due.get() + DAY);
    // The last close that is looked at is the 400th; a term that has no price is an error, not a loop without end.
    let ends = |days: u64| {
        let mut one = leaving();
        one.live[0].expiry = UnixSeconds::new(one.due.get() + days * DAY);
        schedule(&one, &calm(), NOW).now.last().map(|step| step.paid.base_units())
    };
    assert_eq!((ends(399), ends(400)), (Some(1_000_000), Some(835_228)));
    let mut endless = leaving();
    endless.live[0].expiry = UnixSeconds::new(u64::MAX);
    assert!(exit_schedule(&endless, &tier(2, 800_000, 925_000), &calm(), NOW).is_err());
    // The end of time.
    let mut late = leaving();
    late.due = UnixSeconds::new(u64::MAX - 5);
    assert!(schedule(&late, &calm(), NOW).now.len() <= 2);
    // Shares of a bucket that lost everything end at the close.
    let gone = Bucket { assets: TokenAmount::ZERO, queued: free.shares, ..bucket(2, Asset::Sbtc) };
    assert_eq!(schedule(&gone, &calm(), NOW), ExitSchedule::default());
}
