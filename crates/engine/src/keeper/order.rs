//! What the user allowed once, for the keeper to approve by itself.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::transaction::{
    Payload, PostConditionMode, PostConditionPrincipal, Transaction, UnsignedTransaction,
};
use bithedge_stacks::{MicroStx, Principal, Value};
use bithedge_suite::Deployment;
use serde::{Deserialize, Serialize};

use super::duty::DutyKind;
use crate::transactions::{Approval, Digest, Prepared, Purpose, unsigned_bytes};

/// The most that the keeper may spend on fees. Nothing else of the account's may leave at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// For one call.
    pub a_call: MicroStx,
    /// For all calls signed in any 24 hours, without reports of prices.
    pub a_day: MicroStx,
    /// For the reports signed in any 24 hours: a wild market must not eat up what settlements need.
    pub a_day_for_reports: MicroStx,
}

impl Caps {
    /// What may be spent in 24 hours on this kind and those that share its budget.
    #[must_use]
    pub const fn day_of(&self, kind: DutyKind) -> MicroStx {
        if matches!(kind, DutyKind::ReportPrices) { self.a_day_for_reports } else { self.a_day }
    }
}

/// What the user allowed: the keeper answers its own questions by it, and only those.
///
/// It is held against the bytes that would be signed, decoded again. Whatever prepared them, a transaction that does not fit is
/// refused and told, never signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingOrder {
    /// For this account.
    pub account: Address,
    /// These kinds of calls.
    pub kinds: Vec<DutyKind>,
    /// With these fees.
    pub caps: Caps,
    /// Before this moment, by this computer's clock.
    pub until: UnixSeconds,
}

/// Why the standing order does not cover a question. Nothing was signed, and no money moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderRefusal {
    /// Its time is over.
    #[error(
        "the keeper's standing order ended at {0}, so it signed nothing: give it a new one if it is to go on"
    )]
    Over(UnixSeconds),
    /// It is for another account or another network.
    #[error(
        "the keeper was asked to sign for {0}, which its standing order is not about: nothing was signed"
    )]
    OtherAccount(Address),
    /// The question is not about the transaction that the keeper prepared.
    #[error("the question is about another transaction than the keeper prepared, so nothing was signed")]
    OtherBytes,
    /// The call is of no kind that the order names.
    #[error("the keeper's standing order does not allow this call, so nothing was signed: {0}")]
    Kind(String),
    /// Something besides the fee could leave the account, or the transaction is not bound as the keeper's have to be.
    #[error("more than the fee could leave the account, so nothing was signed: {0}")]
    Leaves(&'static str),
    /// The fee is above what one call may cost.
    #[error(
        "a fee of {fee} is asked and the keeper may pay {cap} for a call, so nothing was signed: wait, or raise the limit"
    )]
    Fee {
        /// Asked.
        fee: MicroStx,
        /// Allowed.
        cap: MicroStx,
    },
    /// The day's fees are spent.
    #[error(
        "the keeper has spent {spent} of {cap} in the last 24 hours and this costs {fee}, so nothing was signed: it goes on when \
         the day has passed, or raise the limit"
    )]
    Day {
        /// Signed in the last 24 hours.
        spent: MicroStx,
        /// What it would cost.
        fee: MicroStx,
        /// Allowed.
        cap: MicroStx,
    },
}

impl StandingOrder {
    /// Whether its time has not come to an end.
    ///
    /// # Errors
    /// [`OrderRefusal::Over`].
    pub fn is_on(&self, now: UnixSeconds) -> Result<(), OrderRefusal> {
        if now < self.until { Ok(()) } else { Err(OrderRefusal::Over(self.until)) }
    }

    /// Whether the order covers a question about something that the keeper prepared. `spent` is what was signed in the last 24 hours
    /// on calls of the same budget ([`Caps::day_of`]), without what this one replaces.
    ///
    /// The bytes are made again from what was prepared, with the question's nonce and fee. Only if they are those of the question
    /// they are decoded, and everything is read out of them.
    ///
    /// # Errors
    /// [`OrderRefusal`]: the first thing that does not fit.
    pub fn covers(
        &self,
        approval: &Approval,
        prepared: &Prepared,
        deployment: &Deployment,
        spent: MicroStx,
        now: UnixSeconds,
    ) -> Result<DutyKind, OrderRefusal> {
        self.is_on(now)?;
        let bytes =
            unsigned_bytes(prepared, approval.nonce, approval.fee).map_err(|_| OrderRefusal::OtherBytes)?;
        if Digest::of(&bytes) != approval.digest {
            return Err(OrderRefusal::OtherBytes);
        }
        let unsigned = UnsignedTransaction::decode(&bytes).map_err(|_| OrderRefusal::OtherBytes)?;
        let read = unsigned.transaction();
        let account = read.origin_address();
        if account != self.account || read.network() != deployment.network().chain() {
            return Err(OrderRefusal::OtherAccount(account));
        }
        let kind = self.kind_of(read, deployment)?;
        self.moves_nothing(approval, read, deployment)?;
        let (fee, cap) = (read.fee(), self.caps.a_call);
        if fee > cap {
            return Err(OrderRefusal::Fee { fee, cap });
        }
        let cap = self.caps.day_of(kind);
        if spent.checked_add(fee).is_none_or(|sum| sum > cap) {
            return Err(OrderRefusal::Day { spent, fee, cap });
        }
        Ok(kind)
    }

    /// A call of a function that the order names, of the suite's own contract, about nothing but the suite's own tokens.
    fn kind_of(&self, read: &Transaction, deployment: &Deployment) -> Result<DutyKind, OrderRefusal> {
        let Payload::ContractCall { contract, function, args } = &read.payload else {
            return Err(OrderRefusal::Kind("it is no call of a contract".to_owned()));
        };
        let kind = DutyKind::of(deployment, &read.payload).filter(|kind| self.kinds.contains(kind));
        let kind = kind.ok_or_else(|| OrderRefusal::Kind(format!("{function} of {contract}")))?;
        // A contract that is handed over is called by the suite: only its own tokens are.
        let is_known = |value: &Value| match value {
            Value::Principal(Principal::Contract(token)) => {
                token == deployment.stx() || deployment.sbtc().is_ok_and(|sbtc| sbtc == token)
            }
            Value::Principal(Principal::Standard(who)) => *who == self.account,
            _ => true,
        };
        if !args.iter().all(is_known) {
            return Err(OrderRefusal::Kind(format!(
                "{function} of {contract} with a stranger's contract or account"
            )));
        }
        Ok(kind)
    }

    /// Nothing leaves the account but the fee: in deny mode, and every condition is about a contract of the suite.
    fn moves_nothing(
        &self,
        approval: &Approval,
        read: &Transaction,
        deployment: &Deployment,
    ) -> Result<(), OrderRefusal> {
        if read.post_condition_mode != PostConditionMode::Deny {
            return Err(OrderRefusal::Leaves("what no condition names could move"));
        }
        if !approval.leaves.is_empty() {
            return Err(OrderRefusal::Leaves("the question says that something leaves"));
        }
        if read.sponsor_address().is_some() {
            return Err(OrderRefusal::Leaves("somebody else would pay the fee"));
        }
        let is_suites = |principal: &PostConditionPrincipal| match principal {
            PostConditionPrincipal::Contract(contract) => deployment.which(contract).is_some(),
            PostConditionPrincipal::Origin | PostConditionPrincipal::Standard(_) => false,
        };
        if !read.post_conditions.iter().all(|condition| is_suites(condition.principal())) {
            return Err(OrderRefusal::Leaves("a condition lets something of an account's move"));
        }
        match approval.purpose {
            Purpose::Call | Purpose::Replaces { .. } => Ok(()),
            Purpose::Cancels { .. } | Purpose::Recovered => {
                Err(OrderRefusal::Leaves("it is made to fail, which is for a person to decide"))
            }
        }
    }
}
