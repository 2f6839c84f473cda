//! The treasury and the insurance fund.

use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::Principal;
use bithedge_suite::Contract;
use bithedge_suite::generated::{errors, insurance_fund, treasury};

use super::finding::{Checked, Fits as _, Stop, asserts};
use super::intent::Reserves;
use super::plan::{Draft, Plan, Refusal, known};
use super::rules::{self, PPM, RETIRING, amount, mul_div};
use super::sentences::{Bound, Purse, Sentence};
use super::state::{State, Unknown};

impl Reserves {
    pub(super) fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        match self {
            Self::Distribute(asset) => {
                let call = treasury::Distribute { token: state.token(*asset)? };
                let draft = Draft::of(state, call)
                    .says(Sentence::Does("Splits the treasury's undistributed fees by its table."))
                    .gives_nothing();
                // Fees that come in between can only add to the fund's part.
                match known(fund_part(state, *asset))? {
                    Some(part) if part > 0 => draft
                        .shifts(Bound::AtLeast, *asset, amount(part), Purse::Treasury, Purse::Fund)
                        .map(Draft::done),
                    _ => Ok(draft.done()),
                }
            }
            Self::ClaimAllocation { asset, to } => {
                let due = treasury_credit(state, *asset, to)?;
                if due == 0 {
                    return Err(Refusal::Nothing { what: "nothing was allocated to this recipient" });
                }
                let call = treasury::ClaimAllocation { token: state.token(*asset)?, recipient: to.clone() };
                let draft = Draft::of(state, call)
                    .says(Sentence::Does("Has a recipient's part of the fees paid."))
                    .gives_nothing();
                paid_by(state, draft, Bound::AtLeast, *asset, amount(due), Purse::Treasury, to)
                    .map(Draft::done)
            }
            Self::BookTreasurySurplus(asset) => {
                Ok(Draft::of(state, treasury::BookSurplus { token: state.token(*asset)? })
                    .says(Sentence::Does("Counts what lies in the treasury unaccounted for as its own."))
                    .gives_nothing()
                    .done())
            }
            Self::FillSwap { swap, gives, amount: given, takes, price } => {
                let found = state.entry::<treasury::maps::Swaps>(swap)?;
                let found = found.ok_or(Refusal::Nothing { what: "there is no such swap" })?;
                if found.amount != given.base_units() || found.price != price.base_units() {
                    return Err(Refusal::Changed { what: "swap" });
                }
                let call =
                    treasury::FillSwap { id: *swap, sell: state.token(*gives)?, buy: state.token(*takes)? };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does("Buys a swap's whole amount from the treasury."))
                    .leaves(Bound::Exactly, *takes, *price)?
                    .pays(Bound::Exactly, *gives, *given, Purse::Treasury, &state.me())?
                    .done())
            }
            Self::Contribute { asset, amount } => {
                let token = state.token(*asset)?;
                let call = insurance_fund::ContributeToFund { amount: amount.base_units(), token };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does("Gives to the insurance fund."))
                    .leaves(Bound::Exactly, *asset, *amount)?
                    .says(Sentence::CannotBeTakenBack)
                    .done())
            }
            Self::Recover { activation, asset, amount } => {
                let token = state.token(*asset)?;
                let call =
                    insurance_fund::RecordRecovery { id: *activation, amount: amount.base_units(), token };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does(
                        "Pays back to the insurance fund what was recovered of one of its payments.",
                    ))
                    .leaves(Bound::Exactly, *asset, *amount)?
                    .says(Sentence::CannotBeTakenBack)
                    .done())
            }
            Self::BookFundSurplus(asset) => {
                Ok(Draft::of(state, insurance_fund::BookSurplus { token: state.token(*asset)? })
                    .says(Sentence::Does(
                        "Counts what lies in the insurance fund unaccounted for as its own.",
                    ))
                    .gives_nothing()
                    .done())
            }
            Self::ReportFundHealth(asset) => {
                Ok(Draft::of(state, insurance_fund::ReportHealth { token: state.token_principal(*asset)? })
                    .says(Sentence::Does("Reports how much the insurance fund holds against the vault."))
                    .gives_nothing()
                    .done())
            }
        }
    }

    pub(super) fn check(&self, state: &State) -> Checked {
        match self {
            Self::Distribute(asset) => {
                let token = rules::treasury_token(state, *asset)?;
                asserts(token.undistributed > 0, errors::TREASURY_NOTHING_DUE)
            }
            Self::ClaimAllocation { asset, to } => {
                let due = treasury_credit(state, *asset, to)?;
                asserts(due > 0, errors::TREASURY_NOTHING_DUE)?;
                if is_fund(state, to) { rules::fund_takes(state, *asset, due) } else { Ok(()) }
            }
            Self::BookTreasurySurplus(asset) => {
                let held = state.balance_of(*asset, &contract(state, Contract::Treasury))?.base_units();
                let token = rules::treasury_token(state, *asset)?;
                let total = [token.allocated, token.holdings]
                    .into_iter()
                    .try_fold(token.undistributed, u128::checked_add)
                    .fits()?;
                asserts(held > total, errors::TREASURY_NOTHING_DUE)
            }
            Self::FillSwap { swap, gives, takes, .. } => check_swap(state, *swap, *gives, *takes),
            Self::Contribute { asset, amount } => collect(state, *asset, *amount),
            Self::Recover { activation, asset, amount } => {
                collect(state, *asset, *amount)?;
                let found = state.entry::<insurance_fund::maps::Activations>(activation)?;
                let found = found.ok_or(Stop::Refused(errors::INSURANCE_FUND_UNKNOWN_ACTIVATION))?;
                let recovered = found.recovered.checked_add(amount.base_units()).fits()?;
                let token = state.token_principal(*asset)?;
                asserts(found.token == token, errors::INSURANCE_FUND_WRONG_TOKEN)?;
                asserts(!found.written_off, errors::INSURANCE_FUND_WRITTEN_OFF)?;
                asserts(recovered <= found.paid, errors::INSURANCE_FUND_INVALID_AMOUNT)
            }
            Self::BookFundSurplus(asset) => {
                let held = state.balance_of(*asset, &contract(state, Contract::InsuranceFund))?.base_units();
                let token = state.token_principal(*asset)?;
                asserts(rules::fund_accepts(state, *asset)?, errors::INSURANCE_FUND_TOKEN_NOT_ACCEPTED)?;
                let size = state.entry::<insurance_fund::maps::Funds>(&token)?.map_or(0, |fund| fund.size);
                asserts(held > size, errors::INSURANCE_FUND_INVALID_AMOUNT)
            }
            Self::ReportFundHealth(asset) => {
                asserts(rules::fund_accepts(state, *asset)?, errors::INSURANCE_FUND_TOKEN_NOT_ACCEPTED)?;
                let serves = rules::standing(state, Contract::InsuranceFund)? >= RETIRING;
                asserts(serves, errors::ANALYTICS_NOT_AUTHORISED)
            }
        }
    }
}

fn contract(state: &State, contract: Contract) -> Principal {
    Principal::Contract(state.deployment().contract(contract).clone())
}

pub(super) fn is_fund(state: &State, who: &Principal) -> bool {
    *who == contract(state, Contract::InsuranceFund)
}

/// A contract's payment, which goes to the fund by the fund's own function.
pub(super) fn paid_by<'a>(
    state: &State,
    draft: Draft<'a>,
    bound: Bound,
    asset: Asset,
    paid: TokenAmount,
    from: Purse,
    to: &Principal,
) -> Result<Draft<'a>, Refusal> {
    if is_fund(state, to) {
        draft.shifts(bound, asset, paid, from, Purse::Fund)
    } else {
        draft.pays(bound, asset, paid, from, to)
    }
}

/// What a recipient of the treasury's table can claim.
fn treasury_credit(state: &State, asset: Asset, who: &Principal) -> Result<u128, Unknown> {
    let key = treasury::types::CreditsKey { recipient: who.clone(), token: state.token_principal(asset)? };
    Ok(state.entry::<treasury::maps::Credits>(&key)?.unwrap_or(0))
}

/// What a distribution would pay into the fund at once.
fn fund_part(state: &State, asset: Asset) -> Result<u128, Stop> {
    let token = rules::treasury_token(state, asset)?;
    let fund = contract(state, Contract::InsuranceFund);
    if !rules::fund_accepts(state, asset)? {
        return Ok(0);
    }
    let mut sum = treasury_credit(state, asset, &fund)?;
    let ids = state.variable::<treasury::variables::AllocationIds>()?;
    let mut wanted = state.want();
    for id in &ids {
        wanted = wanted.call(treasury::GetAllocation { id: id.clone() });
    }
    wanted.done()?;
    for id in &ids {
        let row = state.call(treasury::GetAllocation { id: id.clone() })?;
        if row.active && row.recipient == fund {
            sum = sum.checked_add(mul_div(token.undistributed, row.share, PPM)?).fits()?;
        }
    }
    Ok(sum)
}

/// The fund's `collect`.
fn collect(state: &State, asset: Asset, given: TokenAmount) -> Checked {
    rules::fund_takes(state, asset, given.base_units())?;
    rules::gives(state, asset, given.base_units())
}

/// The treasury's `spend`.
pub(super) fn spends(state: &State, asset: Asset, spent: u128, added: u128) -> Checked {
    let token = rules::treasury_token(state, asset)?;
    asserts(spent > 0 && spent <= rules::MAX_AMOUNT, errors::TREASURY_INVALID_AMOUNT)?;
    let held = token.holdings.checked_add(added).fits()?;
    let needs = spent.checked_add(token.reserve).fits()?;
    asserts(held >= needs, errors::TREASURY_INSUFFICIENT_AVAILABLE)
}

fn check_swap(state: &State, id: u128, gives: Asset, takes: Asset) -> Checked {
    let swap = state.entry::<treasury::maps::Swaps>(&id)?;
    let swap = swap.ok_or(Stop::Refused(errors::TREASURY_UNKNOWN_SWAP))?;
    let same = swap.sell == state.token_principal(gives)? && swap.buy == state.token_principal(takes)?;
    asserts(same, errors::TREASURY_INVALID_SWAP)?;
    asserts(state.now() < swap.expires_at, errors::TREASURY_SWAP_EXPIRED)?;
    rules::gives(state, takes, swap.price)?;
    spends(state, gives, swap.amount, 0)
}
