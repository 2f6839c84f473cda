//! Buckets, books, and who is in them. The arithmetic is that of `liquidity-pool.clar` on the figures that its events
//! leave out; what they do say is compared.

use std::mem::take;

use bithedge_protocol::pool::OverflowRule;
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::Principal;
use bithedge_suite::SuiteEvent;
use bithedge_suite::generated::events as e;

use super::positions::{ONE, add_request, nothing, up_to_date};
use super::{
    Context, Step, agree, closes, contradiction, count_down, count_up, known, minus, narrow, plus, policies,
};
use crate::row::Listed;
use crate::tables::{
    BookRow, BookSeries, BucketRow, CollateralRow, CreditRow, CreditTotalRow, PendingRequest, PositionRow,
    SoldRow, TierRow,
};
use crate::work::Work;

const DAY: u64 = 86_400;
/// Epochs end at 08:00 UTC.
const BOUNDARY_OFFSET: u64 = 28_800;
/// Requests take part in a close when they were made this long before its boundary.
const CUTOFF: u64 = 3_600;

pub(super) fn apply(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) -> Step {
    use SuiteEvent as E;
    match event {
        E::LiquidityPoolCapitalCommitted(e) => commit(work, context, e),
        E::LiquidityPoolDepositCancelled(e) => cancel_deposit(work, e),
        E::LiquidityPoolExitRequested(e) => request_exit(work, context, e),
        E::LiquidityPoolExitCancelled(e) => cancel_exit(work, e),
        E::LiquidityPoolWithdrawalPaid(e) => pay_withdrawal(work, e),
        E::LiquidityPoolDeadBucketLeft(e) => leave_dead_bucket(work, e),
        E::LiquidityPoolBountyCredited(e) => credit(work, e),
        E::LiquidityPoolBountyPaid(e) => pay_credit(work, e),
        E::LiquidityPoolCollateralSold(e) => sell(work, e),
        E::LiquidityPoolCollateralReleased(e) => release(work, e),
        E::LiquidityPoolSeriesSettled(e) => closes::settle_series(work, e),
        E::LiquidityPoolExpirySettled(e) => closes::settle_expiry(work, context, e),
        E::LiquidityPoolEpochClosed(e) => closes::close(work, context, e),
        E::LiquidityPoolClaimPaid(e) => closes::pay_claim(work, e),
        E::LiquidityPoolCollateralTokenSet(e) => {
            known("the asset", Asset::from_code(e.asset))?;
            Ok(work.put(&CollateralRow {
                token: e.token.clone(),
                symbol: e.symbol.as_str().to_owned(),
                decimals: e.decimals,
                asset: e.asset,
                collateralization_ratio: e.collateralization_ratio.base_units(),
                liquidation_threshold: e.liquidation_threshold.base_units(),
                price_feed: e.price_feed.clone(),
                min_deposit: e.min_deposit.base_units(),
                min_premium: e.min_premium.base_units(),
                bounty: e.bounty.base_units(),
                active: e.active,
            })?)
        }
        E::LiquidityPoolTierSet(e) => {
            known("the overflow rule", OverflowRule::from_name(e.overflow.as_str()))?;
            Ok(work.put(&TierRow {
                tier: narrow("tier", e.tier)?,
                name: e.name.as_str().to_owned(),
                min_strike: e.min_strike.base_units(),
                max_strike: e.max_strike.base_units(),
                grid: e.grid.base_units(),
                floor_ratio: e.floor_ratio.base_units(),
                markup: e.markup.base_units(),
                skew: e.skew.base_units(),
                max_duration: e.max_duration.get(),
                utilisation_limit: e.utilisation_limit.base_units(),
                buffer: e.buffer.base_units(),
                exit_fee: e.exit_fee.base_units(),
                exit_fee_slope: e.exit_fee_slope.base_units(),
                isolated: e.isolated,
                overflow: e.overflow.as_str().to_owned(),
            })?)
        }
        E::LiquidityPoolBucketSet(e) => open(work, context, e),
        _ => Ok(()),
    }
}

/// The newest 08:00 UTC at or before a time.
const fn boundary_before(time: u64) -> u64 {
    time.saturating_sub(time.saturating_sub(BOUNDARY_OFFSET) % DAY)
}

fn open(work: &mut Work<'_>, context: &Context<'_>, event: &e::LiquidityPoolBucketSet) -> Step {
    let tier = narrow("tier", event.tier)?;
    known("the tier", work.get::<TierRow>(&(tier,))?)?;
    known("the token", work.get::<CollateralRow>(&(event.token.clone(),))?)?;
    let capacity = event.capacity.base_units();
    let row = match work.get::<BucketRow>(&(tier, event.token.clone()))? {
        Some(bucket) => BucketRow { capacity, ..bucket },
        None => BucketRow {
            tier,
            token: event.token.clone(),
            capacity,
            assets: 0,
            fresh: 0,
            locked: 0,
            required: 0,
            shares: 0,
            generation: 0,
            queued: 0,
            exit_index: ONE,
            exit_sum: 0,
            exit_generation: 0,
            epoch: 1,
            boundary: boundary_before(context.time),
            due: boundary_before(context.time.saturating_add(CUTOFF + DAY - 1)),
            next_request: 0,
            deposits_now: 0,
            deposits_next: 0,
            exits_now: 0,
            exits_next: 0,
            refunds: 0,
            filled: 0,
            claims: 0,
            pot: 0,
            policies: 0,
            premiums: 0,
            payouts: 0,
            live: Listed(Vec::new()),
        },
    };
    Ok(work.put(&row)?)
}

pub(super) fn bucket(work: &mut Work<'_>, tier: u128, token: &Principal) -> Step<BucketRow> {
    let key = (narrow("tier", tier)?, token.clone());
    known("the bucket", work.get::<BucketRow>(&key)?)
}

fn position(work: &mut Work<'_>, bucket: &BucketRow, provider: &Principal) -> Step<PositionRow> {
    let key = (bucket.tier, bucket.token.clone(), provider.clone());
    let stored = work.get::<PositionRow>(&key)?.unwrap_or_else(|| nothing(bucket, provider));
    up_to_date(work, bucket, stored)
}

/// Whether a request is for the open epoch, or for the one after it.
fn is_for_open_epoch(bucket: &BucketRow, epoch: u128) -> Step<bool> {
    let open = u128::from(bucket.epoch);
    if epoch == open {
        Ok(true)
    } else if epoch == open.saturating_add(1) {
        Ok(false)
    } else {
        contradiction(format!("a request for the epoch {epoch}, and {open} is open"))
    }
}

fn commit(work: &mut Work<'_>, context: &Context<'_>, event: &e::LiquidityPoolCapitalCommitted) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let mut position = position(work, &bucket, &event.provider)?;
    let (amount, net) = (event.amount.base_units(), event.net.base_units());
    if is_for_open_epoch(&bucket, event.epoch)? {
        bucket.deposits_now = plus("the deposits", bucket.deposits_now, net)?;
    } else {
        bucket.deposits_next = plus("the deposits", bucket.deposits_next, net)?;
        bucket.next_request = context.time;
    }
    bucket.pot = plus("the pot", bucket.pot, minus("a deposit", amount, net)?)?;
    let generation = bucket.generation;
    let request =
        PendingRequest { epoch: narrow("epoch", event.epoch)?, deposit: net, exit: 0, basis: 0, generation };
    add_request(&mut position, request)?;
    work.put(&bucket)?;
    Ok(work.put(&position)?)
}

/// Takes what was asked for out of a position's requests: each `(epoch, amount)` is all of its kind in its request. `out_of`
/// takes amount and basis out of one. Returns the basis.
fn take_back(
    position: &mut PositionRow,
    taken: [(u64, u128); 2],
    out_of: fn(&mut PendingRequest) -> (u128, u128),
) -> Step<u128> {
    let mut basis = 0;
    for (epoch, amount) in taken {
        if amount > 0 {
            let request = position.pending.0.iter_mut().find(|request| request.epoch == epoch);
            let (found, with_it) = out_of(known("the request", request)?);
            agree("the request", found, amount)?;
            basis = plus("a basis", basis, with_it)?;
        }
    }
    position.pending.0.retain(|request| request.deposit > 0 || request.exit > 0);
    Ok(basis)
}

fn cancel_deposit(work: &mut Work<'_>, event: &e::LiquidityPoolDepositCancelled) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let mut position = position(work, &bucket, &event.provider)?;
    let [amount, now, next] = [event.amount, event.now, event.next].map(TokenAmount::base_units);
    agree("what is cancelled", plus("a deposit", now, next)?, amount)?;
    let epochs = [(bucket.epoch, now), (bucket.epoch.saturating_add(1), next)];
    // The basis of an exit in the same request stays with it.
    take_back(&mut position, epochs, |request| (take(&mut request.deposit), 0))?;
    position.returned = plus("what came back", position.returned, amount)?;
    bucket.deposits_now = minus("the deposits", bucket.deposits_now, now)?;
    bucket.deposits_next = minus("the deposits", bucket.deposits_next, next)?;
    bucket.refunds = plus("the refunds", bucket.refunds, amount)?;
    work.put(&bucket)?;
    Ok(work.put(&position)?)
}

fn request_exit(work: &mut Work<'_>, context: &Context<'_>, event: &e::LiquidityPoolExitRequested) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let mut position = position(work, &bucket, &event.provider)?;
    let basis = event.basis.base_units();
    if is_for_open_epoch(&bucket, event.epoch)? {
        bucket.exits_now = plus("the exits", bucket.exits_now, event.shares)?;
    } else {
        bucket.exits_next = plus("the exits", bucket.exits_next, event.shares)?;
        bucket.next_request = context.time;
    }
    position.shares = minus("a provider's shares", position.shares, event.shares)?;
    position.basis = minus("a provider's basis", position.basis, basis)?;
    let epoch = narrow("epoch", event.epoch)?;
    let generation = bucket.generation;
    add_request(&mut position, PendingRequest { epoch, deposit: 0, exit: event.shares, basis, generation })?;
    work.put(&bucket)?;
    Ok(work.put(&position)?)
}

fn cancel_exit(work: &mut Work<'_>, event: &e::LiquidityPoolExitCancelled) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let mut position = position(work, &bucket, &event.provider)?;
    let mut basis = 0;
    if event.queued > 0 {
        agree("the ticket", position.ticket_shares, event.queued)?;
        basis = position.ticket_basis;
        (position.ticket_shares, position.ticket_basis) = (0, 0);
    }
    let epochs = [(bucket.epoch, event.now), (bucket.epoch.saturating_add(1), event.next)];
    let of_requests =
        take_back(&mut position, epochs, |request| (take(&mut request.exit), take(&mut request.basis)))?;
    basis = plus("a basis", basis, of_requests)?;
    agree("the basis", basis, event.basis.base_units())?;
    let shares = plus("an exit", plus("an exit", event.queued, event.now)?, event.next)?;
    agree("the shares", shares, event.shares)?;
    position.shares = plus("a provider's shares", position.shares, shares)?;
    position.basis = plus("a provider's basis", position.basis, basis)?;
    // Rounding can leave a ticket a unit above what the queue still has.
    bucket.queued = bucket.queued.saturating_sub(event.queued);
    bucket.exits_now = minus("the exits", bucket.exits_now, event.now)?;
    bucket.exits_next = minus("the exits", bucket.exits_next, event.next)?;
    work.put(&bucket)?;
    Ok(work.put(&position)?)
}

fn pay_withdrawal(work: &mut Work<'_>, event: &e::LiquidityPoolWithdrawalPaid) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let mut position = position(work, &bucket, &event.provider)?;
    let (exited, returned) = (event.exited.base_units(), event.returned.base_units());
    agree("what is paid", plus("a payment", exited, returned)?, event.amount.base_units())?;
    agree("what came back", position.returned, returned)?;
    agree("the proceeds", position.proceeds, event.proceeds.base_units())?;
    agree("the basis returned", position.basis_returned, event.basis_returned.base_units())?;
    position.claimable = minus("what can be claimed", position.claimable, exited)?;
    position.returned = 0;
    bucket.filled = minus("the filled exits", bucket.filled, exited)?;
    bucket.refunds = minus("the refunds", bucket.refunds, returned)?;
    work.put(&bucket)?;
    Ok(work.put(&position)?)
}

fn leave_dead_bucket(work: &mut Work<'_>, event: &e::LiquidityPoolDeadBucketLeft) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let mut position = position(work, &bucket, &event.provider)?;
    let (paid, basis) = (event.paid.base_units(), event.basis.base_units());
    bucket.shares = minus("the shares", bucket.shares, event.shares)?;
    bucket.assets = minus("the assets", bucket.assets, paid)?;
    bucket.filled = plus("the filled exits", bucket.filled, paid)?;
    agree("the assets", bucket.assets, event.assets.base_units())?;
    position.shares = minus("a provider's shares", position.shares, event.shares)?;
    position.basis = minus("a provider's basis", position.basis, basis)?;
    position.claimable = plus("what can be claimed", position.claimable, paid)?;
    position.proceeds = plus("the proceeds", position.proceeds, paid)?;
    position.basis_returned = plus("the basis returned", position.basis_returned, basis)?;
    work.put(&bucket)?;
    Ok(work.put(&position)?)
}

fn credit(work: &mut Work<'_>, event: &e::LiquidityPoolBountyCredited) -> Step {
    let key = (event.who.clone(), event.token.clone());
    let before = work.get::<CreditRow>(&key)?.map_or(0, |credit| credit.amount);
    let amount = plus("a credit", before, event.amount.base_units())?;
    agree("the credit", amount, event.total.base_units())?;
    let (who, token) = key;
    work.put(&CreditRow { who, token: token.clone(), amount })?;
    let before = work.get::<CreditTotalRow>(&(token.clone(),))?.map_or(0, |total| total.amount);
    let amount = plus("the credits", before, event.amount.base_units())?;
    Ok(work.put(&CreditTotalRow { token, amount })?)
}

fn pay_credit(work: &mut Work<'_>, event: &e::LiquidityPoolBountyPaid) -> Step {
    let key = (event.who.clone(), event.token.clone());
    let credit = known("the credit", work.get::<CreditRow>(&key)?)?;
    agree("the credit", credit.amount, event.amount.base_units())?;
    work.remove::<CreditRow>(&key)?;
    let token = event.token.clone();
    let mut total = known("the credits", work.get::<CreditTotalRow>(&(token,))?)?;
    total.amount = minus("the credits", total.amount, event.amount.base_units())?;
    Ok(work.put(&total)?)
}

fn sell(work: &mut Work<'_>, event: &e::LiquidityPoolCollateralSold) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let expiry = event.expiry.get();
    let [lock, premium, bounty] = [event.lock, event.premium, event.bounty].map(TokenAmount::base_units);
    let required = event.required.base_units();
    let mut book =
        work.get::<BookRow>(&(bucket.tier, bucket.token.clone(), expiry))?.unwrap_or_else(|| BookRow {
            tier: bucket.tier,
            token: bucket.token.clone(),
            expiry,
            series: Listed(Vec::new()),
            locked: 0,
            required: 0,
            policies: 0,
        });
    let strike = event.strike.base_units();
    let (floor, ratio) = (event.floor.base_units(), event.ratio.base_units());
    let index = book.series.0.iter().position(|series| series.strike == strike);
    let series = match index.and_then(|index| book.series.0.get_mut(index)) {
        Some(series) => series,
        None => {
            book.series.0.push(BookSeries { strike, floor, ratio, size: 0, locked: 0, required: 0 });
            known("the series", book.series.0.last_mut())?
        }
    };
    agree("the floor", series.floor, floor)?;
    agree("the collateral ratio", series.ratio, ratio)?;
    series.size = plus("a series", series.size, event.size.base_units())?;
    series.locked = plus("a series' locks", series.locked, lock)?;
    series.required = plus("a series' collateral", series.required, required)?;
    book.locked = plus("a book's locks", book.locked, lock)?;
    book.required = plus("a book's collateral", book.required, required)?;
    book.policies = count_up("a book's policies", book.policies)?;
    bucket.assets = plus("the assets", bucket.assets, premium)?;
    bucket.fresh = plus("the fresh premiums", bucket.fresh, premium)?;
    bucket.premiums = plus("the premiums", bucket.premiums, premium)?;
    bucket.locked = plus("the locks", bucket.locked, lock)?;
    bucket.required = plus("the collateral", bucket.required, required)?;
    bucket.pot = plus("the pot", bucket.pot, bounty)?;
    bucket.policies = count_up("the policies", bucket.policies)?;
    if !bucket.live.0.contains(&expiry) {
        bucket.live.0.push(expiry);
    }
    agree("the assets", bucket.assets, event.assets.base_units())?;
    agree("the locks", bucket.locked, event.locked.base_units())?;
    let policy = policies::number(event.policy)?;
    if work.get::<SoldRow>(&(policy,))?.is_some() {
        return contradiction("the pool has sold this policy already");
    }
    work.put(&SoldRow {
        policy,
        tier: bucket.tier,
        token: bucket.token.clone(),
        expiry,
        strike,
        size: event.size.base_units(),
        lock,
        required,
        floor,
        premium,
        bounty,
    })?;
    work.put(&book)?;
    Ok(work.put(&bucket)?)
}

/// What an event says that the pool sold.
pub(super) struct Sale<'e> {
    pub(super) policy: u128,
    pub(super) tier: u8,
    pub(super) token: &'e Principal,
    pub(super) expiry: u64,
    pub(super) strike: u128,
    pub(super) size: u128,
}

/// Takes a sale out of what the pool sold and has neither released nor paid. The registry's own print of the policy is not
/// needed for it: if that was lost, the bucket's figures go on.
pub(super) fn take_sold(work: &mut Work<'_>, sale: &Sale<'_>) -> Step<SoldRow> {
    let key = (policies::number(sale.policy)?,);
    let sold = known("the policy's sale", work.get::<SoldRow>(&key)?)?;
    if sold.token != *sale.token {
        return contradiction(format!("the policy was sold in {}", sold.token));
    }
    agree("the policy's tier", sold.tier, sale.tier)?;
    agree("the policy's expiry", sold.expiry, sale.expiry)?;
    agree("the policy's strike", sold.strike, sale.strike)?;
    agree("the policy's size", sold.size, sale.size)?;
    work.remove::<SoldRow>(&key)?;
    Ok(sold)
}

fn release(work: &mut Work<'_>, event: &e::LiquidityPoolCollateralReleased) -> Step {
    let mut bucket = bucket(work, event.tier, &event.token)?;
    let expiry = event.expiry.get();
    let (lock, paid) = (event.lock.base_units(), event.paid.base_units());
    let (required, size) = (event.required.base_units(), event.size.base_units());
    let strike = event.strike.base_units();
    let sale = Sale { policy: event.policy, tier: bucket.tier, token: &event.token, expiry, strike, size };
    let sold = take_sold(work, &sale)?;
    agree("the policy's lock", sold.lock, lock)?;
    agree("the policy's collateral", sold.required, required)?;
    let key = (bucket.tier, bucket.token.clone(), expiry);
    let mut book = known("the book", work.get::<BookRow>(&key)?)?;
    let series = known("the series", book.series.0.iter_mut().find(|series| series.strike == strike))?;
    series.size = minus("a series", series.size, size)?;
    series.locked = minus("a series' locks", series.locked, lock)?;
    series.required = minus("a series' collateral", series.required, required)?;
    book.series.0.retain(|series| series.size > 0);
    book.locked = minus("a book's locks", book.locked, lock)?;
    book.required = minus("a book's collateral", book.required, required)?;
    book.policies = count_down("a book's policies", book.policies, 1)?;
    if book.series.0.is_empty() {
        work.remove::<BookRow>(&key)?;
        bucket.live.0.retain(|one| *one != expiry);
    } else {
        work.put(&book)?;
    }
    bucket.assets = minus("the assets", bucket.assets, paid)?;
    bucket.fresh = bucket.fresh.saturating_sub(paid);
    bucket.payouts = plus("the payouts", bucket.payouts, paid)?;
    bucket.locked = minus("the locks", bucket.locked, lock)?;
    bucket.required = minus("the collateral", bucket.required, required)?;
    bucket.policies = count_down("the policies", bucket.policies, 1)?;
    agree("the assets", bucket.assets, event.assets.base_units())?;
    agree("the locks", bucket.locked, event.locked.base_units())?;
    Ok(work.put(&bucket)?)
}
