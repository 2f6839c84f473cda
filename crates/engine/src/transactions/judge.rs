//! What follows from what the chain says of a transaction. No input, output or clock: a function of the evidence.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::client::{Inclusion, Outcome, TransactionRecord, TransactionStatus};
use bithedge_stacks::transaction::Txid;

use super::chain::Lookup;
use super::entry::Entry;
use super::receipt::Receipt;
use super::status::{DropReason, Failure, InBlock, Note, Purpose, Status};

/// How deep is deep enough, in blocks; the block itself counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depths {
    /// From which depth a transaction counts as confirmed; 1 at least.
    pub confirmed: u64,
    /// From which depth it is watched no more. A reorganisation deeper than this goes unnoticed.
    pub settled: u64,
}

/// What is known about a transaction at one moment. Read in this order: the tip, the account, the transaction; so that an
/// executed nonce and an unknown transaction do not only mean that a block came in between.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// Height of the newest block.
    pub(super) tip: u64,
    /// How many transactions of the account are executed.
    pub(super) executed: u64,
    /// What is known by its id.
    pub(super) lookup: Lookup,
    /// Another transaction of the account with the same nonce that is in the chain.
    pub(super) replacer: Option<(Txid, InBlock)>,
    /// A later transaction of ours with the same nonce that somebody took.
    pub(super) successor: Option<Txid>,
    /// Whether its cancellation was signed, whatever became of that.
    pub(super) is_cancelled: bool,
    /// Since which tip the nonce has been used without anybody saying by what.
    pub(super) nonce_used_since: Option<u64>,
    /// Whether it was already missing when the chain was asked the last time.
    pub(super) was_missed: bool,
    /// This computer's clock.
    pub(super) now: UnixSeconds,
    /// Whether the wait after it was last sent is over: before that, an index may just be late.
    pub(super) is_due: bool,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) status: Status,
    pub(super) is_settled: bool,
    /// The same bytes should be sent again, when their turn comes.
    pub(super) resend: bool,
    pub(super) note: Option<Note>,
    pub(super) receipt: Option<Receipt>,
    /// The nonce is used, and nobody says by what.
    pub(super) is_nonce_used: bool,
    /// It is missing from its block, or would be given up. One of several nodes behind one address may just be late, so that it takes two
    /// answers in a row to believe it.
    pub(super) is_missed: bool,
}

impl Verdict {
    fn keep(entry: &Entry) -> Self {
        Self {
            status: entry.status.clone(),
            is_settled: false,
            resend: false,
            note: None,
            receipt: entry.receipt.clone(),
            is_nonce_used: false,
            is_missed: false,
        }
    }

    fn now(entry: &Entry, status: Status) -> Self {
        let receipt = entry.receipt.clone().filter(|_| status.is_mined());
        Self { status, receipt, ..Self::keep(entry) }
    }
}

pub(super) fn judge(entry: &Entry, evidence: &Evidence, depths: Depths) -> Verdict {
    match &evidence.lookup {
        // It may not have been sent at all: sending is always safe.
        Lookup::Unknown => Verdict { resend: entry.status == Status::Signed, ..Verdict::keep(entry) },
        Lookup::Untold => untold(entry, evidence),
        Lookup::Absent => gone(entry, evidence, depths, None),
        Lookup::Found(record) => {
            if let Some(what) = contradiction(entry, record) {
                return Verdict { note: Some(Note::Contradiction { what }), ..Verdict::keep(entry) };
            }
            match &record.status {
                TransactionStatus::Included(inclusion) if inclusion.canonical => {
                    included(entry, evidence, depths, record, inclusion)
                }
                TransactionStatus::Pending => waiting(entry, evidence, depths),
                TransactionStatus::Dropped(why) => gone(entry, evidence, depths, Some(why)),
                TransactionStatus::Included(_) => gone(entry, evidence, depths, None),
            }
        }
    }
}

/// What a record says that cannot be: the id fixes account and nonce.
fn contradiction(entry: &Entry, record: &TransactionRecord) -> Option<String> {
    let differs = if record.txid != entry.txid {
        format!("it is about {}", record.txid)
    } else if record.sender != entry.account {
        format!("its sender is {}", record.sender)
    } else if record.nonce != entry.nonce {
        format!("its nonce is {}", record.nonce)
    } else {
        return None;
    };
    Some(format!("asked for transaction {}, the node says that {differs}", entry.txid))
}

fn included(
    entry: &Entry,
    evidence: &Evidence,
    depths: Depths,
    record: &TransactionRecord,
    inclusion: &Inclusion,
) -> Verdict {
    let block = InBlock::from(inclusion.block);
    // The index is ahead of the node, or one of them is not to be believed: what both say is the truth.
    if block.height > evidence.tip || evidence.executed <= entry.nonce {
        return Verdict::keep(entry);
    }
    let depth = evidence.tip - block.height + 1;
    let note = match entry.status.block() {
        Some(from) if entry.status.is_mined() && from.hash != block.hash => Some(Note::Reorganised { from }),
        _ => None,
    };
    if depth < depths.confirmed {
        return Verdict { note, ..Verdict::now(entry, Status::Pending { included: Some(block) }) };
    }
    let status = match inclusion.outcome {
        Outcome::Success => Status::Confirmed { block },
        Outcome::AbortedByPostCondition => Status::Failed { block, failure: Failure::PostCondition },
        Outcome::AbortedByResponse => Status::Failed {
            block,
            failure: Failure::Contract {
                result: inclusion.result.clone(),
                vm_error: inclusion.vm_error.clone(),
            },
        },
    };
    let mut receipt = Receipt::of(inclusion, record.fee, &entry.terms());
    if entry.approved.purpose == Purpose::Recovered {
        // What was approved is not known.
        receipt.alarms.clear();
    }
    Verdict {
        note,
        is_settled: depth >= depths.settled,
        receipt: Some(receipt),
        ..Verdict::now(entry, status)
    }
}

/// It waits at a node.
fn waiting(entry: &Entry, evidence: &Evidence, depths: Depths) -> Verdict {
    if let Some(verdict) = replaced(entry, evidence, depths) {
        return verdict;
    }
    let pending = Verdict::now(entry, Status::Pending { included: None });
    match entry.status.block().filter(|_| entry.status.is_mined()) {
        // A node that has not seen the block yet says the same.
        Some(block) if evidence.tip < block.height || evidence.executed > entry.nonce => Verdict::keep(entry),
        Some(_) if !evidence.was_missed => Verdict { is_missed: true, ..Verdict::keep(entry) },
        Some(from) => Verdict { note: Some(Note::Reorganised { from }), ..pending },
        None => pending,
    }
}

/// Two answers in a row that nobody has it end it.
fn give_up(entry: &Entry, evidence: &Evidence, reason: DropReason) -> Verdict {
    if evidence.was_missed {
        Verdict::now(entry, Status::Dropped { reason })
    } else {
        Verdict { is_missed: true, ..Verdict::keep(entry) }
    }
}

/// Nobody who is asked can look up transactions: all that is known is whether the nonce was executed. If so, it is most
/// likely this one that was, which is not for certain; so it stays as it is.
fn untold(entry: &Entry, evidence: &Evidence) -> Verdict {
    let keep = Verdict::keep(entry);
    if !entry.status.is_under_way() || evidence.executed > entry.nonce || entry.bytes.is_none() {
        return keep;
    }
    if entry.approved.valid_until.is_none_or(|until| evidence.now <= until) {
        // A node may have lost it: sending is always safe.
        return Verdict { resend: true, ..keep };
    }
    match (entry.may_be_out, &entry.status) {
        (false, _) => Verdict { is_settled: true, ..Verdict::now(entry, Status::Expired) },
        (true, Status::Signed) if evidence.is_due => give_up(entry, evidence, DropReason::OutOfDate),
        (true, _) => keep,
    }
}

/// What the API says of a transaction that miners tried and do not take.
fn is_unminable(status: &str) -> bool {
    matches!(status, "dropped_too_expensive" | "dropped_problematic")
}

/// It is neither waiting nor in the chain, as far as anybody says. `why` is what the API says of how it was dropped.
fn gone(entry: &Entry, evidence: &Evidence, depths: Depths, why: Option<&str>) -> Verdict {
    if let Some(verdict) = replaced(entry, evidence, depths) {
        return verdict;
    }
    if let Some(from) = entry.status.block().filter(|_| entry.status.is_mined()) {
        if evidence.tip < from.height || evidence.executed > entry.nonce {
            return Verdict::keep(entry);
        }
        if !evidence.was_missed {
            return Verdict { is_missed: true, ..Verdict::keep(entry) };
        }
        let pending = Verdict::now(entry, Status::Pending { included: None });
        return Verdict { note: Some(Note::Reorganised { from }), resend: entry.bytes.is_some(), ..pending };
    }
    if evidence.executed > entry.nonce {
        let since = evidence.nonce_used_since.unwrap_or(evidence.tip);
        let kept = Verdict { is_nonce_used: true, ..Verdict::keep(entry) };
        if evidence.tip < since.saturating_add(depths.settled) {
            return kept;
        }
        let status = Status::Dropped { reason: DropReason::NonceUsed };
        return Verdict { status, is_settled: true, ..kept };
    }
    match &entry.status {
        Status::Dropped { .. } => Verdict::keep(entry),
        status => {
            if let Some(by) = evidence.successor {
                return Verdict::now(entry, Status::Replaced { by });
            }
            if entry.bytes.is_none() {
                return give_up(entry, evidence, DropReason::Lost);
            }
            if evidence.is_cancelled {
                return give_up(entry, evidence, DropReason::Cancelled);
            }
            if let Some(detail) = why.filter(|why| is_unminable(why)).map(str::to_owned) {
                return give_up(entry, evidence, DropReason::Unminable { detail });
            }
            let is_over = entry.approved.valid_until.is_some_and(|until| evidence.now > until);
            match (is_over, entry.may_be_out) {
                (true, true) if !evidence.is_due => Verdict::keep(entry),
                (true, true) => give_up(entry, evidence, DropReason::OutOfDate),
                (true, false) => Verdict { is_settled: true, ..Verdict::now(entry, Status::Expired) },
                (false, _) => {
                    // What replaced it is gone as well.
                    let status = match status {
                        Status::Replaced { .. } => Status::Pending { included: None },
                        other => other.clone(),
                    };
                    Verdict { resend: true, ..Verdict::now(entry, status) }
                }
            }
        }
    }
}

/// Whether another transaction with its nonce is in the chain, deep enough.
fn replaced(entry: &Entry, evidence: &Evidence, depths: Depths) -> Option<Verdict> {
    let (by, block) = evidence.replacer?;
    if by == entry.txid || block.height > evidence.tip || evidence.executed <= entry.nonce {
        return None;
    }
    let depth = evidence.tip - block.height + 1;
    if depth < depths.confirmed {
        return Some(Verdict::keep(entry));
    }
    let note =
        entry.status.block().filter(|_| entry.status.is_mined()).map(|from| Note::Reorganised { from });
    let is_settled = depth >= depths.settled;
    Some(Verdict { note, is_settled, ..Verdict::now(entry, Status::Replaced { by }) })
}
