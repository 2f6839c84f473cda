//! Governance: proposals, votes, carrying out, and what guardians may do at once.

use bithedge_protocol::Asset;
use bithedge_stacks::{ContractId, Principal};
use bithedge_suite::Contract;
use bithedge_suite::bounded::{Ascii, List};
use bithedge_suite::generated::governance::types::{Action, Proposal, RolesKey, Tally, VotesKey};
use bithedge_suite::generated::{errors, governance, insurance_fund, parameters, treasury, upgrade_manager};

use super::decision::Decision;
use super::finding::{Checked, Fits as _, Stop, asserts};
use super::intent::Governing;
use super::plan::{Draft, Plan, Refusal};
use super::refuse::MOST_DECISIONS;
use super::reserves::{paid_by, spends};
use super::rules::{self, CURRENT, PPM, amount};
use super::sentences::{Bound, Purse, Sentence};
use super::state::{State, Unknown, ascii};

/// Permission bits.
const MAY_PROPOSE: u128 = 1;
const MAY_CANCEL: u128 = 2;

impl Governing {
    pub(super) fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        let draft = match self {
            Self::Propose { title, description, uri, decisions, emergency } => {
                let actions: Vec<Action> =
                    decisions.iter().map(|decision| decision.action(state.deployment())).collect();
                let most = Refusal::Count { what: "decisions", count: actions.len(), most: MOST_DECISIONS };
                let call = governance::Propose {
                    title: title.clone(),
                    description_hash: (*description).into(),
                    uri: uri.clone(),
                    actions: List::new(actions).map_err(|_| most)?,
                    emergency: *emergency,
                };
                let draft = Draft::of(state, call).says(Sentence::Does("Opens a proposal."));
                decisions.iter().try_fold(draft, |draft, decision| {
                    let draft = draft.says(decides(state, decision));
                    Ok::<_, Refusal>(match would_pay(state, decision)? {
                        Some(sentence) => draft.says(sentence),
                        None => draft,
                    })
                })?
            }
            Self::Vote { proposal, ballot } => {
                let call = governance::Vote { id: *proposal, support: ballot.code() };
                Draft::of(state, call)
                    .says(Sentence::Does(match ballot {
                        super::intent::Ballot::For => "Votes for the proposal.",
                        super::intent::Ballot::Against => "Votes against the proposal.",
                        super::intent::Ballot::Abstain => "Abstains, which counts for the quorum only.",
                    }))
                    .says(Sentence::VoteIsFinal)
            }
            Self::Queue(id) => Draft::of(state, governance::Queue { id: *id })
                .says(Sentence::Does("Starts the waiting time of a proposal that was accepted.")),
            Self::Cancel(id) => Draft::of(state, governance::CancelProposal { id: *id })
                .says(Sentence::Does("Ends the proposal. What was carried out already stays so."))
                .says(Sentence::CannotBeTakenBack),
            Self::Execute(decision) => return plan_execute(state, decision),
            Self::RenounceRole(role) => Draft::of(state, governance::RenounceRole { role: role.clone() })
                .says(Sentence::Does("Gives up this account's role."))
                .says(Sentence::CannotBeTakenBack),
            Self::TripBreaker { breaker, reason } => {
                let call = parameters::TripBreaker { id: breaker.clone(), reason: reason.clone() };
                Draft::of(state, call)
                    .says(Sentence::Does("Trips a breaker. Claims, settlements and exits go on."))
            }
            Self::ReleaseBreaker(breaker) => {
                Draft::of(state, parameters::ReleaseBreaker { id: breaker.clone() })
                    .says(Sentence::Does("Releases a breaker."))
            }
            Self::FreezeFundWithdrawals => {
                Draft::of(state, insurance_fund::SetWithdrawalsFrozen { frozen: true }).says(Sentence::Does(
                    "Stops what governance takes out of the insurance fund. Claims go on.",
                ))
            }
        };
        Ok(draft.gives_nothing().done())
    }

    pub(super) fn check(&self, state: &State) -> Checked {
        match self {
            Self::Propose { title, decisions, emergency, .. } => {
                asserts(!title.as_str().is_empty(), errors::GOVERNANCE_EMPTY_TITLE)?;
                check_propose(state, decisions, *emergency)
            }
            Self::Vote { proposal, .. } => check_vote(state, *proposal),
            Self::Queue(id) => check_queue(state, *id),
            Self::Cancel(id) => check_cancel(state, *id),
            Self::Execute(decision) => check_execute(state, decision),
            Self::RenounceRole(role) => {
                asserts(rules::has_role(state, role)?, errors::GOVERNANCE_ROLE_NOT_HELD)
            }
            Self::TripBreaker { breaker, .. } => {
                asserts(rules::is_guardian(state)?, errors::PARAMETERS_NOT_AUTHORISED)?;
                let found = state.entry::<parameters::maps::CircuitBreakers>(breaker)?;
                asserts(found.is_some(), errors::PARAMETERS_UNKNOWN_BREAKER)
            }
            Self::ReleaseBreaker(breaker) => check_release(state, breaker),
            Self::FreezeFundWithdrawals => check_freeze(state, true),
        }
    }
}

fn decides(state: &State, decision: &Decision) -> Sentence {
    Sentence::Decides {
        contract: decision.contract().name(),
        function: decision.function(),
        arguments: decision.arguments(state.deployment()),
    }
}

/// What a decision would pay. A proposal itself carries only a hash of that.
fn would_pay(state: &State, decision: &Decision) -> Result<Option<Sentence>, Unknown> {
    let Some((token, paid, from, to)) = payment(decision) else { return Ok(None) };
    let asset = asset_of(state, token)?;
    Ok(asset.map(|asset| Sentence::WouldPay { asset, amount: amount(paid), from, to: to.clone() }))
}

/// The asset of a token's contract, if it is one that the application knows.
fn asset_of(state: &State, token: &ContractId) -> Result<Option<Asset>, Unknown> {
    for asset in Asset::ALL {
        if state.token(asset)? == *token {
            return Ok(Some(asset));
        }
    }
    Ok(None)
}

/// What a decision pays: token, amount, out of what, to whom.
fn payment(decision: &Decision) -> Option<(&ContractId, u128, Purse, &Principal)> {
    match decision {
        Decision::ExecutePayment(call) => Some((&call.token, call.amount, Purse::Treasury, &call.recipient)),
        Decision::PayCompensation(call) => Some((&call.token, call.amount, Purse::Treasury, &call.recipient)),
        Decision::WithdrawSurplus(call) => Some((&call.token, call.amount, Purse::Fund, &call.recipient)),
        _ => None,
    }
}

fn plan_execute(state: &State, decision: &Decision) -> Result<Plan, Refusal> {
    let draft = Draft::of_call(state, decision.call(state.deployment()))
        .says(decides(state, decision))
        .gives_nothing();
    let Some((token, paid, from, to)) = payment(decision) else { return Ok(draft.done()) };
    let unknown =
        Refusal::Nothing { what: "the decision pays in a token that this application does not know" };
    let asset = asset_of(state, token)?.ok_or(unknown)?;
    match from {
        Purse::Treasury => paid_by(state, draft, Bound::Exactly, asset, amount(paid), from, to),
        Purse::Fund | Purse::Vault => draft.pays(Bound::Exactly, asset, amount(paid), from, to),
    }
    .map(Draft::done)
}

fn check_propose(state: &State, decisions: &[Decision], emergency: bool) -> Checked {
    let deployment = state.deployment();
    let actions: Vec<Action> = decisions.iter().map(|decision| decision.action(deployment)).collect();
    asserts(!actions.is_empty(), errors::GOVERNANCE_NO_ACTIONS)?;
    let distinct = actions.iter().enumerate().all(|(place, action)| {
        actions.iter().position(|other| other == action).is_none_or(|first| first == place)
    });
    asserts(distinct, errors::GOVERNANCE_DUPLICATE_ACTION)?;
    if !emergency {
        return asserts(may_propose(state)?, errors::GOVERNANCE_MAY_NOT_PROPOSE);
    }
    asserts(rules::is_guardian(state)?, errors::GOVERNANCE_MAY_NOT_PROPOSE)?;
    let fast = |action: &Action| governance::IsEmergencyAction {
        target: action.target.clone(),
        function: action.function.clone(),
    };
    let wanted = actions.iter().fold(state.want(), |wanted, action| wanted.call(fast(action)));
    wanted.done()?;
    for action in &actions {
        asserts(state.call(fast(action))?, errors::GOVERNANCE_NOT_EMERGENCY_ACTION)?;
    }
    Ok(())
}

/// Whether the account may open an ordinary proposal: by permission, or by its part of all weight in the block before the one
/// that takes the transaction, which is the newest now.
fn may_propose(state: &State) -> Result<bool, Stop> {
    let height = u128::from(state.tip().height.get());
    let mine = governance::GetWeightAt { who: Some(state.me()), height };
    let all = governance::GetWeightAt { who: None, height };
    let share = governance::GetSetting { name: ascii("proposal-threshold") };
    let permissions = governance::GetPermissions { who: state.me() };
    state.want().call(mine.clone()).call(all.clone()).call(share.clone()).call(permissions.clone()).done()?;
    if state.call(permissions)? & MAY_PROPOSE > 0 {
        return Ok(true);
    }
    let share = state.call(share)?.ok_or(Stop::Aborts)?.value;
    let (mine, all) = (state.call(mine)?, state.call(all)?);
    Ok(mine > 0 && mine.checked_mul(PPM).fits()? >= all.checked_mul(share).fits()?)
}

/// A proposal with its tally and status.
fn proposal(state: &State, id: u128) -> Result<(Proposal, Tally, String), Stop> {
    state
        .want()
        .entry::<governance::maps::Proposals>(&id)
        .entry::<governance::maps::Tallies>(&id)
        .call(governance::GetStatus { id })
        .done()?;
    let found = state.entry::<governance::maps::Proposals>(&id)?;
    let tally = state.entry::<governance::maps::Tallies>(&id)?;
    let (Some(found), Some(tally)) = (found, tally) else {
        return Err(Stop::Refused(errors::GOVERNANCE_UNKNOWN_PROPOSAL));
    };
    let status = state.call(governance::GetStatus { id })??;
    Ok((found, tally, status.as_str().to_owned()))
}

fn check_vote(state: &State, id: u128) -> Checked {
    let (found, _, status) = proposal(state, id)?;
    let weight_at = governance::GetWeightAt { who: Some(state.me()), height: found.snapshot };
    let role = RolesKey { role: ascii("guardian"), who: state.me() };
    let vote = VotesKey { proposal: id, voter: state.me() };
    state
        .want()
        .call(weight_at.clone())
        .entry::<governance::maps::Roles>(&role)
        .entry::<governance::maps::Votes>(&vote)
        .done()?;
    asserts(status == "active", errors::GOVERNANCE_NOT_VOTING)?;
    let may = if found.emergency {
        state.entry::<governance::maps::Roles>(&role)?.is_some_and(|since| since <= found.snapshot)
    } else {
        state.call(weight_at)? > 0
    };
    asserts(may, errors::GOVERNANCE_MAY_NOT_VOTE)?;
    let voted = state.entry::<governance::maps::Votes>(&vote)?.is_some();
    asserts(!voted, errors::GOVERNANCE_ALREADY_VOTED)
}

fn check_queue(state: &State, id: u128) -> Checked {
    let (found, _, status) = proposal(state, id)?;
    asserts(status == "succeeded", errors::GOVERNANCE_NOT_SUCCEEDED)?;
    let eta = state.now().checked_add(found.timelock).fits()?;
    let wanted = found
        .actions
        .iter()
        .fold(state.want(), |wanted, action| wanted.entry::<governance::maps::Approvals>(action));
    wanted.done()?;
    for action in &found.actions {
        let Some(old) = state.entry::<governance::maps::Approvals>(action)? else { continue };
        if old.expires <= state.now() || eta < old.eta {
            continue;
        }
        let tally = state.entry::<governance::maps::Tallies>(&old.proposal)?;
        let tally = tally.ok_or(Stop::Refused(errors::GOVERNANCE_UNKNOWN_PROPOSAL))?;
        asserts(tally.cancelled, errors::GOVERNANCE_ACTION_PENDING)?;
    }
    Ok(())
}

fn check_cancel(state: &State, id: u128) -> Checked {
    let (found, _, status) = proposal(state, id)?;
    let own = Principal::Contract(state.deployment().contract(Contract::Governance).clone());
    let only_removals =
        found.actions.iter().all(|action| action.target == own && action.function.as_str() == "revoke-role");
    let may = found.proposer == state.me() || {
        let permissions = state.call(governance::GetPermissions { who: state.me() })?;
        permissions & MAY_CANCEL > 0 && !only_removals
    };
    asserts(may, errors::GOVERNANCE_MAY_NOT_CANCEL)?;
    let open = ["pending", "active", "succeeded", "queued"].contains(&status.as_str());
    asserts(open, errors::GOVERNANCE_CLOSED)
}

/// `consume-action`: whether a decision may be carried out now.
fn approved(state: &State, decision: &Decision) -> Checked {
    let ruled = state.variable::<governance::variables::Bootstrapping>()?;
    if ruled && state.account() == state.deployment().deployer() {
        return Ok(());
    }
    let action = decision.action(state.deployment());
    let approval = state.entry::<governance::maps::Approvals>(&action)?;
    let approval = approval.ok_or(Stop::Refused(errors::GOVERNANCE_NOT_APPROVED))?;
    let tally = state.entry::<governance::maps::Tallies>(&approval.proposal)?;
    let tally = tally.ok_or(Stop::Refused(errors::GOVERNANCE_UNKNOWN_PROPOSAL))?;
    asserts(!tally.cancelled, errors::GOVERNANCE_PROPOSAL_CANCELLED)?;
    asserts(state.now() >= approval.eta, errors::GOVERNANCE_TIMELOCKED)?;
    asserts(state.now() < approval.expires, errors::GOVERNANCE_APPROVAL_EXPIRED)
}

/// The approval of a decision, and where it moves money what the target asks besides. What the other targets check of their new
/// values was decided with them.
fn check_execute(state: &State, decision: &Decision) -> Checked {
    match decision {
        Decision::ReleaseBreaker(call) => check_release(state, &call.id),
        Decision::SetWithdrawalsFrozen(call) => check_freeze(state, call.frozen),
        Decision::ExecutePayment(call) => {
            approved(state, decision)?;
            check_spending(state, &call.token, call.amount, &call.recipient)
        }
        Decision::PayCompensation(call) => {
            approved(state, decision)?;
            let paid = state.entry::<treasury::maps::Compensations>(&call.dispute)?.is_some();
            asserts(!paid, errors::TREASURY_ALREADY_COMPENSATED)?;
            check_spending(state, &call.token, call.amount, &call.recipient)
        }
        Decision::WithdrawSurplus(call) => {
            approved(state, decision)?;
            check_surplus(state, call)
        }
        _ => approved(state, decision),
    }
}

fn check_spending(state: &State, token: &ContractId, spent: u128, to: &Principal) -> Checked {
    let Some(asset) = asset_of(state, token)? else {
        return Err(Stop::Refused(errors::TREASURY_TOKEN_NOT_ACCEPTED));
    };
    spends(state, asset, spent, 0)?;
    if super::reserves::is_fund(state, to) { rules::fund_takes(state, asset, spent) } else { Ok(()) }
}

fn check_surplus(state: &State, call: &insurance_fund::WithdrawSurplus) -> Checked {
    let token = Principal::Contract(call.token.clone());
    let status = insurance_fund::GetFundStatus { token: token.clone() };
    state
        .want()
        .call(status.clone())
        .entry::<insurance_fund::maps::Funds>(&token)
        .entry::<upgrade_manager::maps::Holders>(&call.recipient)
        .done()?;
    let status = state.call(status)?;
    asserts(!status.withdrawals_frozen, errors::INSURANCE_FUND_WITHDRAWALS_FROZEN)?;
    let good = call.amount > 0 && call.amount <= rules::MAX_AMOUNT;
    asserts(good, errors::INSURANCE_FUND_INVALID_AMOUNT)?;
    let reserved = state.entry::<insurance_fund::maps::Funds>(&token)?.map_or(0, |fund| fund.reserved);
    let needs = call.amount.checked_add(reserved).fits()?;
    asserts(status.size >= needs, errors::INSURANCE_FUND_INSUFFICIENT_FUND)?;
    let holder = state.entry::<upgrade_manager::maps::Holders>(&call.recipient)?;
    let successor = !super::reserves::is_fund(state, &call.recipient)
        && holder.is_some_and(|one| one.name.as_str() == "insurance-fund" && one.standing == CURRENT);
    let left = status.size.saturating_sub(call.amount);
    let kept = reserved.checked_add(status.target).fits()?;
    asserts(successor || left >= kept, errors::INSURANCE_FUND_BELOW_TARGET)
}

/// A guardian releases what a guardian tripped; anything else is for a vote.
fn check_release(state: &State, breaker: &Ascii<24>) -> Checked {
    let found = state.entry::<parameters::maps::CircuitBreakers>(breaker)?;
    let found = found.ok_or(Stop::Refused(errors::PARAMETERS_UNKNOWN_BREAKER))?;
    if !(found.by_guardian && rules::is_guardian(state)?) {
        approved(state, &Decision::ReleaseBreaker(parameters::ReleaseBreaker { id: breaker.clone() }))?;
    }
    asserts(state.now() < found.until, errors::PARAMETERS_NOT_TRIPPED)
}

fn check_freeze(state: &State, frozen: bool) -> Checked {
    if frozen && rules::is_guardian(state)? {
        return Ok(());
    }
    approved(state, &Decision::SetWithdrawalsFrozen(insurance_fund::SetWithdrawalsFrozen { frozen }))
}
