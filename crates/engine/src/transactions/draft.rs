//! From something prepared to something signed.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::network::ChainId;
use bithedge_stacks::transaction::{Transaction, UnsignedTransaction};
use bithedge_stacks::units::MicroStx;

use super::approval::{
    Approval, CANCELLING, Digest, Review, ReviewError, SignatureMismatch, USE_UP_NONCE, build, burning,
    cancellation, check_signed, review,
};
use super::chain::ChainError;
use super::claims::cost;
use super::core::Core;
use super::entry::{Approved, Entry};
use super::fees::FeeError;
use super::journal::JournalError;
use super::nonces::{self, ChainNonces};
use super::prepared::Prepared;
use super::service::Question;
use super::signer::SignerError;
use super::status::{DropReason, Purpose, RefusedBecause, Status, TransactionId, TransactionUpdate};
use crate::clock::Moment;

/// Something that waits for an approval, or is being signed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) prepared: Prepared,
    pub(super) approval: Approval,
    pub(super) nonce: u64,
    pub(super) fee: MicroStx,
    pub(super) bytes: Vec<u8>,
    pub(super) unsigned: UnsignedTransaction,
    pub(super) asked: Moment,
    /// What was given up and has its nonce: it may be this very wish.
    pub(super) takes: Option<TransactionId>,
    /// Approved, and at the signer.
    pub(super) is_approved: bool,
    /// The question was closed while it was at the signer: if that fails, it does not stand again.
    pub(super) is_withdrawn: bool,
}

/// Why there is no approval to ask for. Nothing was signed, no nonce is taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The node is on another chain than the transaction is for. Do not send anything there.
    #[error("the node is on chain {found}, the transaction is for {expected}")]
    OtherChain {
        /// The transaction's.
        expected: ChainId,
        /// The node's.
        found: ChainId,
    },
    /// What was prepared cannot be presented.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// No fee within the bounds.
    #[error(transparent)]
    Fee(#[from] FeeError),
    /// The time for it is over. Prepare it again.
    #[error("the time to approve this ended at {0}")]
    TooLate(UnixSeconds),
    /// The account has too little STX for the fee and what would leave, counting what those under way may take.
    #[error("{needed} micro-STX are needed for the transaction and those under way, {available} are there")]
    InsufficientFunds {
        /// Needed, in micro-STX.
        needed: u128,
        /// There, in micro-STX.
        available: u128,
    },
    /// There is no transaction with this number that could be replaced.
    #[error("transaction {0} is not under way, so it cannot be replaced")]
    NotReplaceable(TransactionId),
    /// Its nonce is used in the meantime: it, or another one, was mined.
    #[error("transaction {0} cannot be replaced any more: its nonce is used")]
    Overtaken(TransactionId),
    /// Another transaction of ours has its nonce and is under way: signing this would evict that one. If that is what is
    /// wanted, replace or cancel that one.
    #[error("transaction {by} has the nonce of transaction {earlier} now, and would be evicted")]
    Superseded {
        /// What was to be replaced, or was given up.
        earlier: TransactionId,
        /// What has its nonce.
        by: TransactionId,
    },
    /// A transaction that was given up may still be mined, besides a new one with another nonce. If this is meant to repeat
    /// it, use [`replace`](super::Transactions::replace) or [`repeat`](super::Transactions::repeat); if it is no
    /// longer wanted, [`cancel`](super::Transactions::cancel) it. If its nonce is used already, look at the chain first.
    #[error("transaction {0} was given up and may still be mined: repeat it in its own place, or cancel it")]
    Unresolved(TransactionId),
    /// Transactions of the account were found waiting that the journal did not know, because it was lost or they were signed
    /// elsewhere. They are watched. Look whether this repeats one of them; if it does not, acknowledge them
    /// ([`acknowledge`](super::Transactions::acknowledge)) and ask again. It ends by itself when they are mined or given up.
    #[error(
        "{count} transactions of the account were found waiting that were not known here: look whether this repeats one, and \
         acknowledge them"
    )]
    FoundWaiting {
        /// How many.
        count: usize,
    },
    /// Another wallet's transaction with this nonce waits, and would be evicted. Wait for it.
    #[error("another wallet's transaction with nonce {0} is waiting")]
    TakenElsewhere(u64),
    /// It replaces a transaction of another account.
    #[error("transaction {0} is another account's")]
    OtherAccount(TransactionId),
    /// It would not repeat the transaction whose place it takes: it is another kind of call.
    #[error("transaction {0} is another kind of call, which this would not repeat")]
    OtherWish(TransactionId),
    /// Another approval with its nonce is being asked for.
    #[error("a replacement of transaction {0} is waiting for an answer already")]
    AlreadyAsked(TransactionId),
    /// The account has no nonce left.
    #[error("the account has used up its nonces")]
    NoNonce,
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Why nothing was signed, or, where that is said, what else happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApproveError {
    /// There is nothing with this number to approve.
    #[error("there is nothing to approve under the number {0}")]
    Unknown(TransactionId),
    /// It was approved before. Nothing happens twice.
    #[error("transaction {0} was approved already")]
    AlreadyApproved(TransactionId),
    /// Another question was answered than the one that was asked.
    #[error("what was approved is not what was asked about")]
    OtherDigest,
    /// The time for the answer is over. Prepare it again.
    #[error("the time to approve transaction {0} is over")]
    Expired(TransactionId),
    /// The node is on another chain now. The question is withdrawn.
    #[error("the node is on chain {found}, the transaction is for {expected}: nothing was signed")]
    OtherChain {
        /// The transaction's.
        expected: ChainId,
        /// The node's.
        found: ChainId,
    },
    /// The chain moved on, so that other terms are needed: the new question. The old one is withdrawn.
    #[error("the terms changed, so nothing was signed: there is a new approval to give")]
    TermsChanged(Box<Question>),
    /// The chain moved on, and there is no new question, because of this.
    #[error("the terms changed, so nothing was signed, and it cannot be asked again: {0}")]
    Overtaken(DraftError),
    /// The chain could not be asked. The question still stands.
    #[error("nothing was signed: {0}")]
    Chain(#[from] ChainError),
    /// The signer did not sign. If it is locked, the question still stands.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// What came back from the signer was thrown away. The question still stands.
    #[error(transparent)]
    Signature(#[from] SignatureMismatch),
    /// It could not be written down, so it was not sent. The question still stands. A disk that reports a failure may have
    /// kept the record all the same: then it is sent when the journal is opened the next time.
    #[error("it could not be written down, so it was not sent: {0}")]
    Journal(#[from] JournalError),
}

/// What a draft is made from, beside the chain.
pub(super) struct Order {
    pub(super) prepared: Prepared,
    pub(super) purpose: Purpose,
    /// The nonce that it must have, if it takes an earlier one's place.
    pub(super) pinned: Option<u64>,
    pub(super) estimate: MicroStx,
    /// What the account can spend.
    pub(super) balance: MicroStx,
}

impl Core {
    /// A transaction whose place another one may take.
    pub(super) fn replaceable(&self, earlier: TransactionId) -> Result<Entry, DraftError> {
        let entry = self.entries.get(&earlier).ok_or(DraftError::NotReplaceable(earlier))?;
        let may_be = entry.status.is_under_way()
            || matches!(entry.status, Status::Dropped { .. } | Status::Replaced { .. });
        if may_be { Ok(entry.clone()) } else { Err(DraftError::NotReplaceable(earlier)) }
    }

    /// What takes a transaction's place without effect: see [`cancellation`] and [`burning`].
    pub(super) fn cancelling(&self, earlier: TransactionId) -> Result<(Prepared, u64), DraftError> {
        let entry = self.replaceable(earlier)?;
        // The same call is no use if no miner takes it, and a second time it is no better than the first.
        let is_hopeless = self.is_cancelled(&entry)
            || matches!(entry.approved.purpose, Purpose::Cancels { .. })
            || matches!(&entry.status, Status::Dropped { reason: DropReason::Unminable { .. } });
        let by_call = entry.prepared(self.network).filter(|_| !is_hopeless);
        let prepared = by_call
            .and_then(|prepared| cancellation(&prepared).ok())
            .unwrap_or_else(|| burning(entry.account, self.network, CANCELLING));
        Ok((prepared, entry.nonce))
    }

    /// Gives it a nonce and a fee, and asks.
    pub(super) fn draft(
        &mut self,
        order: Order,
        chain: &ChainNonces,
        now: Moment,
    ) -> Result<Approval, DraftError> {
        let Order { prepared, purpose, pinned, estimate, balance } = order;
        self.expire(now);
        if let Some(until) = prepared.valid_until.filter(|until| now.wall >= *until) {
            return Err(DraftError::TooLate(until));
        }
        let account = prepared.account;
        let nonce = match (pinned, purpose.earlier()) {
            (Some(nonce), Some(earlier)) if nonce < chain.executed => {
                return Err(DraftError::Overtaken(earlier));
            }
            (Some(nonce), Some(earlier)) => {
                let is_asked = |draft: &Draft| draft.prepared.account == account && draft.nonce == nonce;
                if self.drafts.values().any(is_asked) {
                    return Err(DraftError::AlreadyAsked(earlier));
                }
                if let Some(by) = self.rival(&account, nonce, Some(earlier)) {
                    return Err(DraftError::Superseded { earlier, by });
                }
                if chain.foreign.contains(&nonce) {
                    return Err(DraftError::TakenElsewhere(nonce));
                }
                nonce
            }
            _ => {
                // What was found waiting may be this very wish.
                let count = self.found_waiting(&account);
                if count > 0 && prepared.intent != USE_UP_NONCE {
                    return Err(DraftError::FoundWaiting { count });
                }
                let nonce = nonces::next(chain, &self.held(&account), &self.abandoned(&account))
                    .ok_or(DraftError::NoNonce)?;
                // What only uses up a nonce repeats nothing, and may be the one way to end a wait.
                let unresolved = self.unresolved(&account, nonce, &prepared.intent);
                if let Some(earlier) = unresolved.filter(|_| prepared.intent != USE_UP_NONCE) {
                    return Err(DraftError::Unresolved(earlier));
                }
                nonce
            }
        };
        let takes = self.given_up(&account, nonce);
        let waits_for = {
            let mut held = self.held(&account);
            held.retain(|held| *held < nonce);
            held.insert(nonce);
            nonces::gaps(chain, &held)
        };
        let outbids = self.store.highest_fee(&account, nonce)?;
        // Nonce and fee take the same room whatever they are.
        let size = build(&prepared, nonce, MicroStx::ZERO)?.len() as u64;
        let fee = self.settings.fees.choose(&prepared.payload, size, estimate, outbids)?;
        let bytes = build(&prepared, nonce, fee)?;
        let Review { unsigned, lines, leaves } = review(&bytes, &prepared, nonce, fee)?;
        let needed = cost(fee, &leaves).saturating_add(self.committed(&account, nonce, chain.executed));
        let available = u128::from(balance.micro());
        if needed > available {
            return Err(DraftError::InsufficientFunds { needed, available });
        }
        let timeout = self.settings.approval_timeout.as_secs();
        let expires = UnixSeconds::new(now.wall.get().saturating_add(timeout));
        let expires = prepared.valid_until.map_or(expires, |until| expires.min(until));
        let id = self.take_id();
        let approval = Approval {
            id,
            digest: Digest::of(&bytes),
            purpose,
            account,
            network: prepared.network,
            nonce,
            waits_for,
            fee,
            intent: prepared.intent.clone(),
            words: prepared.words.clone(),
            lines,
            leaves,
            arrives: prepared.arrives.clone(),
            expires,
        };
        let draft = Draft {
            approval: approval.clone(),
            prepared,
            nonce,
            fee,
            bytes,
            unsigned,
            asked: now,
            takes,
            is_approved: false,
            is_withdrawn: false,
        };
        self.tell_draft(id, &draft, Status::Presented);
        self.drafts.insert(id, draft);
        Ok(approval)
    }

    /// How much of an account waits that was only found, and that nobody has acknowledged.
    fn found_waiting(&self, account: &Address) -> usize {
        self.entries.values().filter(|entry| entry.account == *account && entry.is_unknown()).count()
    }

    /// Withdraws questions whose time is over.
    pub(super) fn expire(&mut self, now: Moment) {
        let timeout = self.settings.approval_timeout;
        let over: Vec<TransactionId> = self
            .drafts
            .iter()
            .filter(|(_, draft)| {
                // Either clock: one may have been set back, the other may stand still while the computer sleeps.
                let slept = now.elapsed.saturating_sub(draft.asked.elapsed) >= timeout;
                !draft.is_approved && (slept || now.wall >= draft.approval.expires)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            self.close(id, Status::Refused { reason: RefusedBecause::Unanswered });
        }
    }

    /// Forgets a draft; its nonce is free.
    pub(super) fn close(&mut self, id: TransactionId, status: Status) {
        if let Some(draft) = self.drafts.remove(&id) {
            self.tell_draft(id, &draft, status);
        }
    }

    /// Withdraws a question, unless it is being signed already.
    pub(super) fn refuse(&mut self, id: TransactionId, reason: RefusedBecause) -> bool {
        match self.drafts.get_mut(&id) {
            None => false,
            Some(draft) if draft.is_approved => {
                draft.is_withdrawn = true;
                false
            }
            Some(_) => {
                self.close(id, Status::Refused { reason });
                true
            }
        }
    }

    /// Takes an answer: from now on nobody else can give it.
    pub(super) fn begin(
        &mut self,
        id: TransactionId,
        digest: Digest,
        now: Moment,
    ) -> Result<(Prepared, Purpose, UnsignedTransaction), ApproveError> {
        let was_there = self.drafts.contains_key(&id);
        self.expire(now);
        let Some(draft) = self.drafts.get_mut(&id) else {
            let is_signed = self.entries.contains_key(&id) || self.store.entry(id)?.is_some();
            return Err(match (is_signed, was_there) {
                (true, _) => ApproveError::AlreadyApproved(id),
                (false, true) => ApproveError::Expired(id),
                (false, false) => ApproveError::Unknown(id),
            });
        };
        if draft.is_approved {
            return Err(ApproveError::AlreadyApproved(id));
        }
        if draft.approval.digest != digest {
            return Err(ApproveError::OtherDigest);
        }
        draft.is_approved = true;
        let begun = (draft.prepared.clone(), draft.approval.purpose, draft.unsigned.clone());
        if let Some(draft) = self.drafts.get(&id) {
            self.tell_draft(id, draft, Status::Approved);
        }
        Ok(begun)
    }

    /// Gives an answer back: the question stands again.
    pub(super) fn give_back(&mut self, id: TransactionId) {
        if let Some(draft) = self.drafts.get_mut(&id) {
            draft.is_approved = false;
        }
        match self.drafts.get(&id) {
            Some(draft) if draft.is_withdrawn => {
                self.close(id, Status::Refused { reason: RefusedBecause::Person });
            }
            Some(draft) => self.tell_draft(id, draft, Status::Presented),
            None => {}
        }
    }

    /// Whether the nonce of an approved draft is still the right one: unused, nobody else's, and the lowest that is free, if
    /// it is not another one's by purpose. What is signed behind a gap would be executed whenever that is closed.
    pub(super) fn still_stands(&self, id: TransactionId, chain: &ChainNonces) -> bool {
        let Some(draft) = self.drafts.get(&id) else { return false };
        let (account, nonce) = (draft.prepared.account, draft.nonce);
        let earlier = draft.approval.purpose.earlier();
        let waits = chain.waiting.as_ref().is_some_and(|waiting| waiting.contains(&nonce));
        let is_ours = || self.entries.values().any(|entry| entry.account == account && entry.nonce == nonce);
        if nonce < chain.executed
            || chain.foreign.contains(&nonce)
            || (waits && !is_ours())
            || self.rival(&account, nonce, earlier).is_some()
        {
            return false;
        }
        let held = self.held_but(&account, Some(id));
        earlier.is_some() || nonces::next(chain, &held, &self.abandoned(&account)) == Some(nonce)
    }

    /// Why a question that does not stand any more must not be asked again with another nonce: it took the place of
    /// something that was given up, which may be the same wish.
    pub(super) fn not_again(&self, id: TransactionId) -> Option<DraftError> {
        let draft = self.drafts.get(&id)?;
        let earlier = draft.takes.filter(|_| draft.approval.purpose.earlier().is_none())?;
        let by = self.rival(&draft.prepared.account, draft.nonce, None);
        Some(by.map_or(DraftError::Overtaken(earlier), |by| DraftError::Superseded { earlier, by }))
    }

    /// Takes what was signed, if it is what was approved, and writes it down.
    pub(super) fn signed(
        &mut self,
        id: TransactionId,
        signed: &Transaction,
        now: Moment,
    ) -> Result<(), ApproveError> {
        let draft = self.drafts.get(&id).ok_or(ApproveError::Unknown(id))?;
        check_signed(&draft.bytes, signed)?;
        if draft.prepared.valid_until.is_some_and(|until| now.wall >= until) {
            self.close(id, Status::Expired);
            return Err(ApproveError::Expired(id));
        }
        let entry = Entry {
            id,
            txid: signed.txid(),
            account: draft.prepared.account,
            nonce: draft.nonce,
            fee: draft.fee,
            bytes: Some(signed.encode()),
            approved: Approved {
                purpose: draft.approval.purpose,
                intent: draft.prepared.intent.clone(),
                words: draft.prepared.words.clone(),
                leaves: draft.approval.leaves.clone(),
                arrives: draft.prepared.arrives.clone(),
                valid_until: draft.prepared.valid_until,
            },
            signed_at: now.wall,
            // It is handed out next. If that does not come to pass, because the power fails, nobody could tell.
            may_be_out: true,
            status: Status::Signed,
            is_settled: false,
            receipt: None,
            alarms: Vec::new(),
        };
        self.store.insert(std::slice::from_ref(&entry))?;
        self.drafts.remove(&id);
        self.tell(&entry, Status::Signed, None);
        self.entries.insert(id, entry);
        self.fresh.insert(id);
        Ok(())
    }

    fn tell_draft(&self, id: TransactionId, draft: &Draft, status: Status) {
        let _ = self.updates.send(TransactionUpdate {
            id,
            txid: None,
            purpose: draft.approval.purpose,
            account: draft.prepared.account,
            nonce: draft.nonce,
            status,
            note: None,
        });
    }
}
