//! The treasury's and the insurance fund's books.

use bithedge_protocol::TokenAmount;
use bithedge_stacks::Principal;
use bithedge_suite::SuiteEvent;
use bithedge_suite::generated::events::{TreasuryFeeProcessed, TreasuryFeesDistributed};

use super::{Context, Step, agree, contradiction, count_up, known, minus, narrow, part, plus};
use crate::block::Place;
use crate::tables::{
    AllocationRow, CoverRow, FeeRow, FeeTotalRow, FundRow, TakenPolicyRow, TreasuryCreditRow, TreasuryRow,
};
use crate::work::{Work, add};

const PPM: u128 = 1_000_000;
/// Of the fund's limit by period, seconds.
const PERIOD: u64 = 2_592_000;

pub(super) fn apply(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) -> Step {
    use SuiteEvent as E;
    match event {
        E::TreasuryFeeProcessed(e) => fee(work, context, e),
        E::TreasuryFeesDistributed(e) => distribute(work, e),
        E::TreasuryAllocationPaid(e) => {
            let key = (e.recipient.clone(), e.token.clone());
            let credit = known("the recipient's credit", work.get::<TreasuryCreditRow>(&key)?)?;
            agree("the recipient's credit", credit.amount, e.amount.base_units())?;
            work.remove::<TreasuryCreditRow>(&key)?;
            let mut token = treasury(work, &e.token)?;
            token.allocated = minus("what is allocated", token.allocated, e.amount.base_units())?;
            Ok(work.put(&token)?)
        }
        E::TreasurySurplusBooked(e) => hold(work, &e.token, e.amount),
        E::TreasurySwapFilled(e) => {
            hold(work, &e.buy, e.price)?;
            spend(work, &e.sell, e.amount)
        }
        E::TreasuryPaymentMade(e) => spend(work, &e.token, e.amount),
        E::TreasuryCompensationPaid(e) => spend(work, &e.token, e.amount),
        E::TreasuryTokenSet(e) => {
            let mut token = treasury(work, &e.token)?;
            (token.accepted, token.reserve) = (e.accepted, e.reserve.base_units());
            Ok(work.put(&token)?)
        }
        E::TreasuryAllocationSet(e) => Ok(work.put(&AllocationRow {
            id: e.id.as_str().to_owned(),
            share: e.share.base_units(),
            recipient: e.recipient.clone(),
            active: e.active,
            version: narrow("version", e.version)?,
        })?),
        other => fund(work, context, other),
    }
}

fn treasury(work: &mut Work<'_>, token: &Principal) -> Step<TreasuryRow> {
    let found = work.get::<TreasuryRow>(&(token.clone(),))?;
    Ok(found.unwrap_or_else(|| TreasuryRow {
        token: token.clone(),
        accepted: false,
        undistributed: 0,
        allocated: 0,
        holdings: 0,
        reserve: 0,
        fees_usd: 0,
    }))
}

fn hold(work: &mut Work<'_>, token: &Principal, amount: TokenAmount) -> Step {
    let mut token = treasury(work, token)?;
    token.holdings = plus("the treasury's holdings", token.holdings, amount.base_units())?;
    Ok(work.put(&token)?)
}

fn spend(work: &mut Work<'_>, token: &Principal, amount: TokenAmount) -> Step {
    let mut token = treasury(work, token)?;
    token.holdings = minus("the treasury's holdings", token.holdings, amount.base_units())?;
    Ok(work.put(&token)?)
}

fn fee(work: &mut Work<'_>, context: &Context<'_>, e: &TreasuryFeeProcessed) -> Step {
    let mut token = treasury(work, &e.token)?;
    let [base, rate, fee, volume] =
        [e.base.base_units(), e.rate.base_units(), e.fee.base_units(), e.volume.base_units()];
    token.undistributed = plus("the undistributed fees", token.undistributed, fee)?;
    agree("the undistributed fees", token.undistributed, e.undistributed.base_units())?;
    token.fees_usd = plus("the fees in USD", token.fees_usd, part(volume, fee, base)?)?;
    work.put(&token)?;
    let operation = e.operation.as_str().to_owned();
    let mut total =
        work.get::<FeeTotalRow>(&(operation.clone(), e.token.clone()))?.unwrap_or_else(|| FeeTotalRow {
            operation: operation.clone(),
            token: e.token.clone(),
            collected: 0,
            forgone: 0,
            count: 0,
            discounted: 0,
        });
    let undiscounted = match base.checked_mul(rate) {
        Some(product) => product.div_ceil(PPM),
        None => return contradiction("the fee cannot be counted"),
    };
    total.collected = plus("the fees collected", total.collected, fee)?;
    total.forgone =
        plus("the discounts", total.forgone, minus("the fee without discount", undiscounted, fee)?)?;
    total.count = count_up("fees", total.count)?;
    if e.discount.base_units() > 0 {
        total.discounted = count_up("discounted fees", total.discounted)?;
    }
    work.put(&total)?;
    let Place { height, transaction, event } = context.place;
    Ok(add(
        context.connection,
        &FeeRow {
            height: height.get(),
            tx: transaction,
            event,
            at: context.time,
            operation,
            token: e.token.clone(),
            user: e.user.clone(),
            base,
            rate,
            discount: e.discount.base_units(),
            fee,
            volume,
        },
    )?)
}

fn distribute(work: &mut Work<'_>, e: &TreasuryFeesDistributed) -> Step {
    let mut token = treasury(work, &e.token)?;
    agree("the undistributed fees", token.undistributed, e.amount.base_units())?;
    let kept = e.kept.base_units();
    let mut credited = 0;
    agree("the number of shares", e.allocations.len(), e.amounts.len())?;
    for (id, amount) in e.allocations.iter().zip(e.amounts.iter()) {
        let amount = amount.base_units();
        if amount == 0 {
            continue;
        }
        credited = plus("what is credited", credited, amount)?;
        let row =
            known("a row of the allocation table", work.get::<AllocationRow>(&(id.as_str().to_owned(),))?)?;
        let key = (row.recipient, e.token.clone());
        let before = work.get::<TreasuryCreditRow>(&key)?.map_or(0, |credit| credit.amount);
        let (recipient, token) = key;
        let amount = plus("a credit", before, amount)?;
        work.put(&TreasuryCreditRow { recipient, token, amount })?;
    }
    agree("what is distributed", plus("what is distributed", credited, kept)?, e.amount.base_units())?;
    token.undistributed = 0;
    token.fees_usd = 0;
    token.allocated = plus("what is allocated", token.allocated, credited)?;
    token.holdings = plus("the treasury's holdings", token.holdings, kept)?;
    Ok(work.put(&token)?)
}

/// A fund as the contract takes it up to change it: in the present period.
fn fund_of(work: &mut Work<'_>, context: &Context<'_>, token: &Principal) -> Step<FundRow> {
    let mut fund = work.get::<FundRow>(&(token.clone(),))?.unwrap_or_else(|| FundRow {
        token: token.clone(),
        size: 0,
        reserved: 0,
        period: 0,
        used: 0,
        contributed: 0,
        covered: 0,
        settled: 0,
        recovered: 0,
        withdrawn: 0,
    });
    let period = context.time / PERIOD;
    if fund.period != period {
        (fund.period, fund.used) = (period, 0);
    }
    Ok(fund)
}

fn fund(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) -> Step {
    use SuiteEvent as E;
    match event {
        E::InsuranceFundContributionMade(e) => {
            let mut fund = fund_of(work, context, &e.token)?;
            let amount = e.amount.base_units();
            fund.size = plus("the fund", fund.size, amount)?;
            fund.contributed = plus("the contributions", fund.contributed, amount)?;
            agree("the fund", fund.size, e.size.base_units())?;
            Ok(work.put(&fund)?)
        }
        E::InsuranceFundShortfallCovered(e) => {
            let mut fund = fund_of(work, context, &e.token)?;
            let paid = e.paid.base_units();
            fund.size = minus("the fund", fund.size, paid)?;
            fund.used = plus("what the fund used", fund.used, paid)?;
            fund.covered = plus("what the fund covered", fund.covered, paid)?;
            agree("the fund", fund.size, e.size.base_units())?;
            work.put(&fund)?;
            let key = (e.token.clone(), e.reference.get());
            let (asked, before) =
                work.get::<CoverRow>(&key)?.map_or((0, 0), |cover| (cover.asked, cover.paid));
            Ok(work.put(&CoverRow {
                token: key.0,
                reference: key.1,
                asked: plus("what was asked of the fund", asked, e.asked.base_units())?,
                paid: plus("what the fund paid", before, paid)?,
            })?)
        }
        E::InsuranceFundPolicyTakenOver(e) => {
            let mut fund = fund_of(work, context, &e.token)?;
            fund.reserved = plus("what the fund reserved", fund.reserved, e.lock.base_units())?;
            agree("what the fund reserved", fund.reserved, e.reserved.base_units())?;
            work.put(&fund)?;
            Ok(work.put(&TakenPolicyRow {
                registry: e.registry.clone(),
                policy: narrow("policy", e.policy_id)?,
                token: e.token.clone(),
                lock: e.lock.base_units(),
                settled: false,
                paid: 0,
            })?)
        }
        E::InsuranceFundTakenPolicySettled(e) => {
            let key = (e.registry.clone(), narrow("policy", e.policy_id)?);
            let mut policy = known("the policy that the fund took over", work.get::<TakenPolicyRow>(&key)?)?;
            if policy.settled {
                return contradiction("the policy that the fund took over is settled already");
            }
            let amount = e.amount.base_units();
            agree("the policy's lock", policy.lock, plus("a lock", amount, e.released.base_units())?)?;
            let mut fund = fund_of(work, context, &e.token)?;
            fund.size = minus("the fund", fund.size, amount)?;
            fund.reserved = minus("what the fund reserved", fund.reserved, policy.lock)?;
            fund.settled = plus("what the fund settled", fund.settled, amount)?;
            (policy.settled, policy.paid) = (true, amount);
            work.put(&fund)?;
            Ok(work.put(&policy)?)
        }
        E::InsuranceFundRecoveryMade(e) => {
            let mut fund = fund_of(work, context, &e.token)?;
            let amount = e.amount.base_units();
            fund.size = plus("the fund", fund.size, amount)?;
            fund.recovered = plus("what was recovered", fund.recovered, amount)?;
            agree("the fund", fund.size, e.size.base_units())?;
            Ok(work.put(&fund)?)
        }
        E::InsuranceFundSurplusWithdrawn(e) => {
            let mut fund = fund_of(work, context, &e.token)?;
            let amount = e.amount.base_units();
            fund.size = minus("the fund", fund.size, amount)?;
            fund.withdrawn = plus("what was withdrawn", fund.withdrawn, amount)?;
            agree("the fund", fund.size, e.size.base_units())?;
            Ok(work.put(&fund)?)
        }
        _ => Ok(()),
    }
}
