//! Proposals, read off the chain; and what is owed to somebody beside policies and capital.

use bithedge_ipc::{
    GovernancePage, ProposalAction, ProposalState, ProposalView, RewardView, RewardsPage, Trust,
};
use bithedge_protocol::{Ppm, Seconds};
use bithedge_stacks::Principal;
use bithedge_suite::Contract;
use bithedge_suite::generated::governance;

use super::ViewError;
use super::books::{Books, ContractTrust as _, UNCOUNTABLE, unknown};
use super::reading::{chain_as_of, moment};
use crate::intents::{State, Tip, Unknown};
use crate::sync::WallClock;

/// The newest proposals at one block.
#[derive(Debug, Clone)]
pub struct Proposals {
    tip: Tip,
    count: u64,
    found: Vec<ProposalView>,
}

fn number(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Proposals {
    /// Reads the newest `count` proposals numbered below `before`, with their state as the contract has it and the account's own
    /// votes.
    ///
    /// # Errors
    /// [`Unknown`]: what has to be read first, or a suite that this program does not know.
    pub fn of(state: &State, before: Option<u64>, count: u64) -> Result<Self, Unknown> {
        let all = number(state.call(governance::GetProposalCount {})?);
        let newest = before.map_or(all, |before| all.min(before.saturating_sub(1)));
        let ids: Vec<u64> = (1..=newest).rev().take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
        let vote = |id: u64| governance::types::VotesKey { proposal: id.into(), voter: state.me() };
        let mut wanted = state.want();
        for id in &ids {
            wanted = wanted
                .call(governance::GetProposal { id: (*id).into() })
                .call(governance::GetStatus { id: (*id).into() })
                .entry::<governance::maps::Votes>(&vote(*id));
        }
        wanted.done()?;
        let mut found = Vec::new();
        for id in ids {
            let proposal = state.call(governance::GetProposal { id: id.into() })?;
            let status = state.call(governance::GetStatus { id: id.into() })?;
            let mine = state.entry::<governance::maps::Votes>(&vote(id))?;
            // There is none only if the count says something else than the map.
            let Some(proposal) = proposal else { continue };
            let status = status.map(|status| state_of(status.as_str())).unwrap_or(ProposalState::Other);
            found.push(view(id, &proposal, status, mine.map(|vote| vote.support))?);
        }
        Ok(Self { tip: state.tip().clone(), count: all, found })
    }
}

fn state_of(status: &str) -> ProposalState {
    match status {
        "pending" => ProposalState::Pending,
        "active" => ProposalState::Active,
        "defeated" => ProposalState::Defeated,
        "succeeded" => ProposalState::Succeeded,
        "queued" => ProposalState::Queued,
        "expired" => ProposalState::Expired,
        "executed" => ProposalState::Executed,
        "cancelled" => ProposalState::Cancelled,
        _ => ProposalState::Other,
    }
}

fn view(
    id: u64,
    found: &governance::types::GetProposalAnswer,
    state: ProposalState,
    mine: Option<u128>,
) -> Result<ProposalView, Unknown> {
    let actions = found.actions.iter().map(|action| ProposalAction {
        target: action.target.to_string(),
        function: action.function.as_str().to_owned(),
        arguments: hexadecimal(action.args.as_bytes()),
    });
    let tally = found.tally.as_ref();
    let votes = |count: fn(&governance::types::Tally) -> u128| tally.map_or(0, count).to_string();
    let eta = tally.map_or(0, |tally| tally.eta);
    Ok(ProposalView {
        id,
        title: found.title.as_str().to_owned(),
        uri: found.uri.as_str().to_owned(),
        description_hash: hexadecimal(found.description_hash.as_bytes()),
        proposer: found.proposer.to_string(),
        emergency: found.emergency,
        actions: actions.collect(),
        carried_out: number(tally.map_or(0, |tally| tally.consumed)),
        state,
        starts: moment("the begin of a vote", found.starts)?,
        ends: moment("the end of a vote", found.ends)?,
        timelock: Seconds::new(number(found.timelock)),
        eta: if eta == 0 { None } else { Some(moment("the end of a timelock", eta)?) },
        votes_for: votes(|tally| tally.for_),
        against: votes(|tally| tally.against),
        abstained: votes(|tally| tally.abstain),
        total: found.total.to_string(),
        quorum: (!found.emergency).then_some(Ppm::new(found.quorum)),
        threshold: Ppm::new(found.threshold),
        mine: mine.and_then(|support| u8::try_from(support).ok()),
    })
}

/// The page of governance, of a chain that is late or not by this clock: where a node stands still, what is "being voted on" may be over.
#[must_use]
pub fn proposals(read: &Proposals, clock: WallClock) -> GovernancePage {
    let as_of = chain_as_of(&read.tip, clock);
    GovernancePage { as_of, proposals: read.found.clone(), count: read.count }
}

/// What somebody earned as a keeper, and what the treasury allocated to it.
///
/// # Errors
/// [`ViewError`].
pub fn rewards(books: &Books<'_, '_>, who: &Principal) -> Result<RewardsPage, ViewError> {
    let mut rewards = Vec::new();
    let trust = [Contract::LiquidityPool, Contract::Treasury]
        .into_iter()
        .fold(Trust::Sound, |trust, contract| trust.and(books.snapshot.contract_trust(contract)));
    for (token, terms) in &books.tokens {
        let bounties = books.snapshot.credit(who, token)?;
        let allocations = books.snapshot.treasury_credit(who, token)?;
        let usd = match bounties.checked_add(allocations) {
            Ok(sum) => books.usd(terms.asset, sum),
            Err(_) => unknown(UNCOUNTABLE),
        };
        rewards.push(RewardView { asset: terms.asset, bounties, allocations, usd, trust });
    }
    Ok(RewardsPage { as_of: books.as_of(), rewards })
}
