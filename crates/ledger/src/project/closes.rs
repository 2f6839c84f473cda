//! What time does to a bucket: closes, settlements, and the claims that follow.

use bithedge_protocol::TokenAmount;
use bithedge_suite::generated::events as e;

use super::pool::{Sale, bucket, take_sold};
use super::positions::ONE;
use super::{
    Context, Step, agree, contradiction, count_down, count_up, health, known, minus, narrow, oracle, part,
    plus,
};
use crate::tables::{BookRow, BoundaryRow, ClaimRow, EpochRow, ExitGenerationRow, SettlementRow};
use crate::work::Work;

const PPM: u128 = 1_000_000;
const VIRTUAL_SHARES: u128 = 1_000_000;
/// Below this the exit index has lost its digits and a new generation of tickets starts.
const INDEX_FLOOR: u128 = 1_000_000;

pub(super) fn settle_series(work: &mut Work<'_>, event: &e::LiquidityPoolSeriesSettled) -> Step {
    let bucket = bucket(work, event.tier, &event.token)?;
    let expiry = event.expiry.get();
    let key = (bucket.tier, bucket.token.clone(), expiry);
    let book = known("the book", work.get::<BookRow>(&key)?)?;
    let price = known("the expiry's price", work.get::<BoundaryRow>(&(expiry,))?)?;
    let strike = event.strike.base_units();
    let series = known("the series", book.series.0.iter().find(|series| series.strike == strike))?;
    let (due, reserved) = (event.due.base_units(), event.reserved.base_units());
    agree("the series' size", series.size, event.size.base_units())?;
    agree("the series' floor", series.floor, event.floor.base_units())?;
    agree("what is owed", minus("what is due", due, reserved)?, event.owed.base_units())?;
    Ok(work.put(&ClaimRow {
        tier: bucket.tier,
        token: bucket.token,
        expiry,
        strike,
        spot: price.btc,
        stx: price.stx,
        floor: series.floor,
        due,
        reserved,
        size_left: series.size,
        reserve_left: reserved,
    })?)
}

pub(super) fn settle_expiry(
    work: &mut Work<'_>,
    context: &Context<'_>,
    event: &e::LiquidityPoolExpirySettled,
) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let expiry = event.expiry.get();
    let key = (bucket.tier, bucket.token.clone(), expiry);
    let book = known("the book", work.get::<BookRow>(&key)?)?;
    let [due, reserved, fund, owed] =
        [event.due, event.reserved, event.fund, event.owed].map(TokenAmount::base_units);
    agree("what is released", book.locked, event.released.base_units())?;
    agree("what is owed", minus("what is due", due, reserved)?, owed)?;
    let (mut series_due, mut series_reserved) = (0, 0);
    for series in &book.series.0 {
        let claim = (key.0, key.1.clone(), key.2, series.strike);
        if let Some(claim) = work.get::<ClaimRow>(&claim)? {
            series_due = plus("what is due", series_due, claim.due)?;
            series_reserved = plus("what is reserved", series_reserved, claim.reserved)?;
        }
    }
    agree("what all series are due", series_due, due)?;
    agree("what all series have reserved", series_reserved, reserved)?;
    let with_fund = plus("the assets", bucket.assets, fund)?;
    bucket.assets = minus("the assets", with_fund, reserved)?;
    agree("the assets", bucket.assets, event.assets.base_units())?;
    bucket.locked = minus("the locks", bucket.locked, book.locked)?;
    bucket.required = minus("the collateral", bucket.required, book.required)?;
    bucket.policies = count_down("the policies", bucket.policies, book.policies)?;
    bucket.claims = plus("the claims", bucket.claims, reserved)?;
    bucket.payouts = plus("the payouts", bucket.payouts, reserved.saturating_sub(fund))?;
    bucket.pot = minus("the pot", bucket.pot, event.bounty.base_units())?;
    bucket.live.0.retain(|one| *one != expiry);
    work.remove::<BookRow>(&key)?;
    work.put(&SettlementRow {
        tier: bucket.tier,
        token: bucket.token.clone(),
        expiry,
        spot: event.spot.base_units(),
        stx: event.stx.base_units(),
        due,
        reserved,
        covered: fund,
        owed,
        at: context.time,
    })?;
    work.put(&bucket)?;
    let stx = oracle::market(work)?.stx;
    health::note(work, context, &bucket, stx, context.time)
}

pub(super) fn pay_claim(work: &mut Work<'_>, event: &e::LiquidityPoolClaimPaid) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let size = event.size.base_units();
    let sale = Sale {
        policy: event.policy,
        tier: bucket.tier,
        token: &event.token,
        expiry: event.expiry.get(),
        strike: event.strike.base_units(),
        size,
    };
    take_sold(work, &sale)?;
    let (paid, dust) = (event.paid.base_units(), event.dust.base_units());
    let gone = plus("a claim", paid, dust)?;
    let key = (bucket.tier, bucket.token.clone(), event.expiry.get(), event.strike.base_units());
    match work.get::<ClaimRow>(&key)? {
        Some(mut claim) => {
            claim.size_left = minus("the series", claim.size_left, size)?;
            claim.reserve_left = minus("the series' reserve", claim.reserve_left, gone)?;
            work.put(&claim)?;
        }
        // A settled series that ended out of the money pays nothing.
        None => agree("what is paid", 0, gone)?,
    }
    bucket.claims = minus("the claims", bucket.claims, gone)?;
    bucket.assets = plus("the assets", bucket.assets, dust)?;
    bucket.pot = minus("the pot", bucket.pot, event.bounty.base_units())?;
    Ok(work.put(&bucket)?)
}

pub(super) fn close(work: &mut Work<'_>, context: &Context<'_>, event: &e::LiquidityPoolEpochClosed) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    agree("the open epoch", u128::from(bucket.epoch), event.epoch)?;
    let generation: u64 = narrow("generation", event.generation)?;
    let reset = generation != bucket.generation;
    if reset {
        agree("the share generation", count_up("generations", bucket.generation)?, generation)?;
    }
    let shares = if reset { 0 } else { bucket.shares };
    agree("the shares", shares, event.shares)?;
    let leaving = plus("the queue", bucket.queued, bucket.exits_now)?;
    let queue = if reset { 0 } else { leaving };
    let (exited, paid) = (event.exited, event.paid.base_units());
    let deposits = bucket.deposits_now;
    let deposited = if event.returned { 0 } else { deposits };
    let (nav_deposit, nav_exit) = (event.nav_deposit.base_units(), event.nav_exit.base_units());
    // What is owed only takes off.
    minus("the assets", bucket.assets, nav_deposit)?;
    minus("the assets", bucket.assets, nav_exit)?;
    let pair_shares = plus("the shares", shares, VIRTUAL_SHARES)?;
    let minted = part(deposited, pair_shares, plus("a NAV", nav_deposit, 1)?)?;
    agree("the shares minted", minted, event.minted)?;
    agree("the deposits taken", deposited, event.deposited.base_units())?;
    let queued = minus("the queue", queue, exited)?;
    agree("the queue", queued, event.queued)?;
    let assets = plus("the assets", minus("the assets", bucket.assets, paid)?, deposited)?;
    agree("the assets", assets, event.assets.base_units())?;

    // The exit index (docs/protocol.md, "Epochs", 2).
    let (index, sum) = (bucket.exit_index, bucket.exit_sum);
    let (index_after, sum_after) = if queue == 0 {
        (if reset { 0 } else { index }, sum)
    } else {
        let paid_ppm = match paid.checked_mul(PPM) {
            Some(paid_ppm) => paid_ppm,
            None => return contradiction("what an exit is paid cannot be counted"),
        };
        (part(index, queued, queue)?, plus("the exit sum", sum, part(index, paid_ppm, queue)?)?)
    };
    let turns = reset || index_after < INDEX_FLOOR;
    let token = bucket.token.clone();
    work.put(&EpochRow {
        tier: bucket.tier,
        token: token.clone(),
        epoch: bucket.epoch,
        boundary: event.boundary.get(),
        spot: event.spot.base_units(),
        stx: event.stx.base_units(),
        nav_deposit: plus("a NAV", nav_deposit, 1)?,
        nav_exit: plus("a NAV", nav_exit, 1)?,
        shares: pair_shares,
        generation,
        returned: event.returned,
        exit_index: index,
        exit_sum: sum,
        exit_generation: bucket.exit_generation,
        exited,
        paid,
        deposited,
        assets,
        locked: bucket.locked,
        fee: event.fee.base_units(),
        minted,
    })?;
    if turns {
        work.put(&ExitGenerationRow {
            tier: bucket.tier,
            token,
            generation: bucket.exit_generation,
            exit_index: index_after,
            exit_sum: sum_after,
        })?;
    }
    bucket.assets = assets;
    bucket.fresh = 0;
    bucket.shares = plus("the shares", minus("the shares", shares, exited)?, minted)?;
    bucket.generation = generation;
    bucket.queued = queued;
    (bucket.exit_index, bucket.exit_sum) = if turns { (ONE, 0) } else { (index_after, sum_after) };
    if turns {
        bucket.exit_generation = count_up("generations of exits", bucket.exit_generation)?;
    }
    bucket.epoch = count_up("epochs", bucket.epoch)?;
    (bucket.boundary, bucket.due) = (event.boundary.get(), event.due.get());
    (bucket.deposits_now, bucket.deposits_next) = (bucket.deposits_next, 0);
    (bucket.exits_now, bucket.exits_next) = (if reset { 0 } else { bucket.exits_next }, 0);
    if event.returned {
        bucket.refunds = plus("the refunds", bucket.refunds, deposits)?;
    }
    bucket.filled = plus("the filled exits", bucket.filled, paid)?;
    bucket.pot = minus("the pot", bucket.pot, event.bounty.base_units())?;
    work.put(&bucket)?;
    // The boundary's price is of hours ago: how the bucket stands now, the newest price says.
    let stx = oracle::market(work)?.stx;
    health::note(work, context, &bucket, stx, context.time)
}
