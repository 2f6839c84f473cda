//! What an event does to the tables.
//!
//! Every event is checked against what is known: a print that cannot be read, or one that cannot have happened after what
//! happened before, changes nothing but leaves an anomaly, and doubts about the figures that it would have changed.

mod activity;
mod closes;
mod custody;
mod health;
mod money;
mod oracle;
mod policies;
mod pool;
pub(crate) mod positions;
mod upgrades;

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::SuiteEvent;
use rusqlite::Connection;

use crate::block::Place;
use crate::error::Trouble;
use crate::row::DamagedRow;
use crate::tables::{ActivityRow, AnomalyRow, DoubtRow};
use crate::work::{Work, add};

/// Where and when an event happened.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) place: Place,
    /// Of the block.
    pub(crate) time: u64,
    pub(crate) deployer: Address,
}

/// Why an event is not applied.
pub(crate) enum Refusal {
    /// It cannot have happened.
    Contradiction(String),
    /// The ledger cannot go on.
    Trouble(Trouble),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<DamagedRow> for Refusal {
    fn from(row: DamagedRow) -> Self {
        Self::Trouble(row.into())
    }
}

pub(crate) type Step<T = ()> = Result<T, Refusal>;

pub(crate) fn contradiction<T>(why: impl Into<String>) -> Step<T> {
    Err(Refusal::Contradiction(why.into()))
}

/// What must be equal.
pub(crate) fn agree<T: Copy + PartialEq + std::fmt::Display>(what: &str, ours: T, theirs: T) -> Step {
    if ours == theirs {
        Ok(())
    } else {
        contradiction(format!("{what} should be {ours}, and the event says {theirs}"))
    }
}

pub(crate) fn plus(what: &str, a: u128, b: u128) -> Step<u128> {
    a.checked_add(b).map_or_else(|| contradiction(format!("{what} would pass 2^128")), Ok)
}

pub(crate) fn minus(what: &str, a: u128, b: u128) -> Step<u128> {
    a.checked_sub(b).map_or_else(|| contradiction(format!("{what} is {a}, less than {b}")), Ok)
}

/// `a · b / c`, rounded down.
pub(crate) fn part(a: u128, b: u128, c: u128) -> Step<u128> {
    let whole = a.checked_mul(b).and_then(|product| product.checked_div(c));
    whole.map_or_else(|| contradiction(format!("{a} * {b} / {c} cannot be counted")), Ok)
}

pub(crate) fn count_up(what: &str, a: u64) -> Step<u64> {
    a.checked_add(1).map_or_else(|| contradiction(format!("{what} cannot be counted on")), Ok)
}

pub(crate) fn count_down(what: &str, a: u64, by: u64) -> Step<u64> {
    a.checked_sub(by).map_or_else(|| contradiction(format!("{what} is {a}, less than {by}")), Ok)
}

pub(crate) fn narrow<T: TryFrom<u128>>(what: &str, value: u128) -> Step<T> {
    T::try_from(value).or_else(|_| contradiction(format!("{value} is no {what}")))
}

pub(crate) fn known<T>(what: &str, row: Option<T>) -> Step<T> {
    row.map_or_else(|| contradiction(format!("{what} is not known")), Ok)
}

/// Applies a print; false if it left an anomaly.
pub(crate) fn apply(
    work: &mut Work<'_>,
    context: &Context<'_>,
    contract: &'static str,
    value: &Value,
) -> Result<bool, Trouble> {
    let event = match SuiteEvent::decode(contract, value) {
        Ok(event) => event,
        Err(error) => {
            doubt(work, context, &error.to_string(), &[Subject::Contract(contract)])?;
            return Ok(false);
        }
    };
    match project(work, context, &event) {
        Ok(()) => {
            work.keep();
            let remarks = work.take_remarks();
            for who in activity::concerned(&event, context.deployer) {
                let Place { height, transaction, event } = context.place;
                let row = ActivityRow {
                    who: who.clone(),
                    height: height.get(),
                    tx: transaction,
                    event,
                    refused: false,
                };
                add(context.connection, &row)?;
            }
            if remarks.is_empty() {
                return Ok(true);
            }
            let (why, subjects): (Vec<String>, Vec<String>) = remarks.into_iter().unzip();
            note_doubt(work, context, &why.join("; "), &subjects)?;
            Ok(false)
        }
        Err(Refusal::Contradiction(why)) => {
            work.drop_draft();
            doubt(work, context, &why, &subjects(&event))?;
            Ok(false)
        }
        Err(Refusal::Trouble(trouble)) => Err(trouble),
    }
}

fn project(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) -> Step {
    let (contract, _) = event.name();
    match contract {
        "liquidity-pool" => pool::apply(work, context, event),
        "policy-registry" => policies::apply(work, context, event),
        "liquidity-pool-vault" => custody::apply(work, event),
        "treasury" | "insurance-fund" => money::apply(work, context, event),
        "oracle" => oracle::apply(work, context, event),
        "upgrade-manager" => {
            upgrades::apply(work, context, event);
            Ok(())
        }
        // What governance, parameters and metrics say is kept as it is: no figure here depends on it.
        _ => Ok(()),
    }
}

/// A figure, or many, that an anomaly makes doubtful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject<'e> {
    /// All that a contract keeps.
    Contract(&'static str),
    /// A bucket and all in it.
    Bucket(u128, &'e Principal),
    /// A tier's terms: what quotes and health of its buckets are made of.
    Tier(u128),
    /// A token's terms, likewise.
    Token(&'e Principal),
    /// A policy.
    Policy(u128),
    /// What a contract has of a token.
    Holdings(&'static str, &'e Principal),
}

impl Subject<'_> {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Contract(name) => format!("contract {name}"),
            Self::Bucket(tier, token) => format!("bucket {tier} {token}"),
            Self::Tier(tier) => format!("tier {tier}"),
            Self::Token(token) => format!("token {token}"),
            Self::Policy(id) => format!("policy {id}"),
            Self::Holdings(contract, token) => format!("holdings {contract} {token}"),
        }
    }
}

fn doubt(
    work: &mut Work<'_>,
    context: &Context<'_>,
    why: &str,
    subjects: &[Subject<'_>],
) -> Result<(), Trouble> {
    let texts: Vec<String> = subjects.iter().map(Subject::text).collect();
    note_doubt(work, context, why, &texts)
}

fn note_doubt(
    work: &mut Work<'_>,
    context: &Context<'_>,
    why: &str,
    subjects: &[String],
) -> Result<(), Trouble> {
    let Place { height, transaction, event } = context.place;
    for subject in subjects {
        if work.get::<DoubtRow>(&(subject.clone(),))?.is_none() {
            work.put(&DoubtRow { subject: subject.clone(), height: height.get() })?;
        }
    }
    work.keep();
    let row = AnomalyRow {
        height: height.get(),
        tx: transaction,
        event,
        // A hostile value could be long.
        why: why.chars().take(500).collect(),
        subjects: subjects.join("\n"),
    };
    add(context.connection, &row)
}

/// Whose figures an event would have changed.
fn subjects(event: &SuiteEvent) -> Vec<Subject<'_>> {
    use SuiteEvent as E;
    match event {
        E::LiquidityPoolCapitalCommitted(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolDepositCancelled(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolExitRequested(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolExitCancelled(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolWithdrawalPaid(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolDeadBucketLeft(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolCollateralSold(e) => {
            vec![Subject::Bucket(e.tier, &e.token), Subject::Policy(e.policy)]
        }
        E::LiquidityPoolCollateralReleased(e) => {
            vec![Subject::Bucket(e.tier, &e.token), Subject::Policy(e.policy)]
        }
        E::LiquidityPoolSeriesSettled(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolExpirySettled(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolEpochClosed(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolClaimPaid(e) => {
            vec![Subject::Bucket(e.tier, &e.token), Subject::Policy(e.policy)]
        }
        E::LiquidityPoolBucketSet(e) => vec![Subject::Bucket(e.tier, &e.token)],
        E::LiquidityPoolTierSet(e) => vec![Subject::Tier(e.tier)],
        E::LiquidityPoolCollateralTokenSet(e) => vec![Subject::Token(&e.token)],
        E::LiquidityPoolBountyCredited(e) => vec![Subject::Holdings("liquidity-pool", &e.token)],
        E::LiquidityPoolBountyPaid(e) => vec![Subject::Holdings("liquidity-pool", &e.token)],
        E::PolicyRegistryPolicyCreated(e) => vec![Subject::Policy(e.policy)],
        E::PolicyRegistryPolicyActivated(e) => vec![Subject::Policy(e.policy)],
        E::PolicyRegistryPolicyCancelled(e) => vec![Subject::Policy(e.policy)],
        E::PolicyRegistryPolicySettled(e) => vec![Subject::Policy(e.policy)],
        E::PolicyRegistryPolicyExpired(e) => vec![Subject::Policy(e.policy)],
        E::PolicyRegistryBackingMoved(e) => vec![Subject::Policy(e.policy)],
        E::TreasuryFeeProcessed(e) => vec![Subject::Holdings("treasury", &e.token)],
        E::TreasuryFeesDistributed(e) => vec![Subject::Holdings("treasury", &e.token)],
        E::TreasuryAllocationPaid(e) => vec![Subject::Holdings("treasury", &e.token)],
        E::TreasurySurplusBooked(e) => vec![Subject::Holdings("treasury", &e.token)],
        E::TreasurySwapFilled(e) => {
            vec![Subject::Holdings("treasury", &e.sell), Subject::Holdings("treasury", &e.buy)]
        }
        E::TreasuryPaymentMade(e) => vec![Subject::Holdings("treasury", &e.token)],
        E::TreasuryCompensationPaid(e) => vec![Subject::Holdings("treasury", &e.token)],
        // Without a narrower answer, everything that the contract keeps.
        other => vec![Subject::Contract(other.name().0)],
    }
}
