//! Questions, transactions, and what happens to them.

use std::collections::BTreeSet;

use bithedge_ipc as ipc;
use bithedge_protocol::{BlockHeight, MicroStx, Sats, TokenAmount, UnixSeconds};
use bithedge_stacks::Payload;
use bithedge_stacks::transaction::AssetInfo;
use bithedge_suite::{ContractFunction as _, Deployment, SuiteNetwork};

use crate::transactions::{
    Approval, Asset, AssetAmount, DropReason, Entry, InBlock, Note, OpenAlarm, Purpose, Receipt, Statement,
    Status, TransactionUpdate,
};
use crate::words::{Telling as _, alarm, capitalised, code_of, keeper_stopped, statement, title};

/// What has to be known to name tokens and networks: which network it is, and which of its tokens is sBTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenery {
    network: ipc::Network,
    sbtc: Option<AssetInfo>,
}

impl Scenery {
    /// Of the network that the suite is used on.
    #[must_use]
    pub fn of(deployment: &Deployment) -> Self {
        let network = match deployment.network() {
            SuiteNetwork::Devnet => ipc::Network::Devnet,
            SuiteNetwork::Testnet => ipc::Network::Testnet,
            SuiteNetwork::Mainnet => ipc::Network::Mainnet,
        };
        Self { network, sbtc: deployment.sbtc_asset().ok() }
    }

    fn moved(&self, amount: &AssetAmount) -> ipc::Moved {
        let asset = match &amount.asset {
            Asset::Stx => ipc::MovedAsset::Stx,
            Asset::Fungible(token) if self.sbtc.as_ref() == Some(token) => ipc::MovedAsset::Sbtc,
            Asset::Fungible(token) => ipc::MovedAsset::OtherFungible { token: token.to_string() },
            Asset::NonFungible(token) => ipc::MovedAsset::NonFungible { token: token.to_string() },
        };
        ipc::Moved { asset, amount: TokenAmount::new(amount.amount) }
    }

    fn all_moved(&self, amounts: &[AssetAmount]) -> Vec<ipc::Moved> {
        amounts.iter().map(|amount| self.moved(amount)).collect()
    }

    fn shown(&self, amount: &AssetAmount) -> String {
        let AssetAmount { asset, amount } = amount;
        match asset {
            Asset::Stx => MicroStx::new(*amount).to_string(),
            Asset::Fungible(token) if self.sbtc.as_ref() == Some(token) => Sats::new(*amount).to_string(),
            Asset::Fungible(token) => format!("{amount} of the smallest units of {token}"),
            Asset::NonFungible(token) => format!("{amount} pieces of {token}"),
        }
    }

    fn at_most(&self, leaves: &[AssetAmount], fee: MicroStx) -> String {
        let amounts: Vec<String> = leaves.iter().map(|amount| self.shown(amount)).collect();
        match amounts.split_last() {
            None => format!("Nothing leaves the account but the network's fee of {fee}."),
            Some((last, [])) => format!("At most {last} leaves the account, and the network's fee of {fee}."),
            Some((last, others)) => format!(
                "At most {} and {last} leave the account, and the network's fee of {fee}.",
                others.join(", ")
            ),
        }
    }
}

fn fee(fee: bithedge_stacks::units::MicroStx) -> MicroStx {
    MicroStx::new(fee.micro().into())
}

const fn purpose(purpose: Purpose) -> ipc::TransactionPurpose {
    match purpose {
        Purpose::Call => ipc::TransactionPurpose::Call,
        Purpose::Replaces { earlier } => ipc::TransactionPurpose::Replaces { earlier: earlier.0 },
        Purpose::Cancels { earlier } => ipc::TransactionPurpose::Cancels { earlier: earlier.0 },
        Purpose::Recovered => ipc::TransactionPurpose::Recovered,
    }
}

/// A question.
#[must_use]
pub fn approval(approval: &Approval, scenery: &Scenery) -> ipc::ApprovalView {
    ipc::ApprovalView {
        id: approval.id.0,
        digest: approval.digest.to_string(),
        purpose: purpose(approval.purpose),
        account: approval.account.to_string(),
        network: scenery.network,
        chain_id: ipc::ChainId(approval.network.chain_id.0),
        nonce: approval.nonce,
        waits_for: approval.waits_for.clone(),
        fee: fee(approval.fee),
        intent: approval.intent.clone(),
        sentences: approval.words.clone(),
        lines: approval
            .lines
            .iter()
            .map(|line| ipc::ApprovalLine { label: line.label.clone(), text: line.text.clone() })
            .collect(),
        leaves: scenery.all_moved(&approval.leaves),
        arrives: scenery.all_moved(&approval.arrives),
        at_most: scenery.at_most(&approval.leaves, fee(approval.fee)),
        expires: approval.expires,
    }
}

fn in_block(block: InBlock) -> ipc::TransactionBlock {
    ipc::TransactionBlock {
        height: BlockHeight::new(block.height),
        hash: block.hash.to_string(),
        time: UnixSeconds::new(block.time),
    }
}

/// Where a transaction is; as long as it is not settled, what is said of one that is replaced leaves open which of the two is
/// carried out. `purpose` is what it is to another one: what cancels is made to fail, and says so.
#[must_use]
pub fn status(status: &Status, purpose: Purpose) -> ipc::TransactionStatus {
    use ipc::TransactionStage as Stage;
    let stage = match status {
        Status::Presented => Stage::Presented,
        Status::Approved => Stage::Approved,
        Status::Signed => Stage::Signed,
        Status::Broadcast => Stage::Broadcast,
        Status::Pending { .. } => Stage::Pending,
        Status::Confirmed { .. } => Stage::Confirmed,
        Status::Failed { .. } => Stage::Failed,
        Status::Dropped { .. } => Stage::Dropped,
        Status::Replaced { .. } => Stage::Replaced,
        Status::Refused { .. } => Stage::Refused,
        Status::Expired => Stage::Expired,
    };
    let block = status.block().map(in_block);
    let replaced_by = match status {
        Status::Replaced { by } => Some(by.to_string()),
        _ => None,
    };
    let contract_code = match status {
        Status::Failed { failure, .. } => code_of(failure).map(|error| error.code().to_string()),
        _ => None,
    };
    let words = match (status, purpose) {
        (Status::Failed { block, .. }, Purpose::Cancels { earlier }) => ipc::Words {
            happened: format!(
                "It took the place of transaction {earlier} in block {}, and did nothing, as it was meant to.",
                block.height
            ),
            means:
                "The earlier transaction cannot be carried out any more. Only the network's fee was taken."
                    .to_owned(),
            remedy: String::new(),
        },
        _ => status.words(),
    };
    ipc::TransactionStatus { stage, block, replaced_by, contract_code, words }
}

/// What a mined transaction did.
#[must_use]
pub fn receipt(receipt: &Receipt, scenery: &Scenery) -> ipc::ReceiptView {
    ipc::ReceiptView {
        fee: fee(receipt.fee),
        left: scenery.all_moved(&receipt.left),
        arrived: scenery.all_moved(&receipt.arrived),
        is_complete: receipt.is_complete,
        alarms: receipt.alarms.iter().map(|one| alarm(one, |amount| scenery.shown(amount))).collect(),
    }
}

/// A signed transaction.
#[must_use]
pub fn transaction(entry: &Entry, scenery: &Scenery) -> ipc::TransactionView {
    let approved = &entry.approved;
    ipc::TransactionView {
        id: entry.id.0,
        txid: entry.txid.to_string(),
        account: entry.account.to_string(),
        nonce: entry.nonce,
        fee: fee(entry.fee),
        purpose: purpose(approved.purpose),
        intent: approved.intent.clone(),
        title: capitalised(&title(entry, is_done(entry))),
        commits_to: committed_to(entry, scenery),
        sentences: approved.words.clone(),
        leaves: scenery.all_moved(&approved.leaves),
        arrives: scenery.all_moved(&approved.arrives),
        signed_at: entry.signed_at,
        status: settled_status(entry),
        is_settled: entry.is_settled,
        can_be_replaced: can_be_replaced(entry),
        fee_can_be_raised: fee_can_be_raised(entry),
        receipt: entry.receipt.as_ref().map(|found| receipt(found, scenery)),
        open_alarms: entry.open_alarms().iter().map(|open| open_alarm(open, scenery)).collect(),
    }
}

/// The bucket that a commitment is to, by its bytes; what cancels one commits nothing.
fn committed_to(entry: &Entry, scenery: &Scenery) -> Option<ipc::BucketRef> {
    use bithedge_suite::generated::liquidity_pool::CommitCapital;
    let approved = &entry.approved;
    if approved.intent != CommitCapital::FUNCTION || matches!(approved.purpose, Purpose::Cancels { .. }) {
        return None;
    }
    let Payload::ContractCall { args, .. } = entry.transaction()?.payload else { return None };
    let tier = u8::try_from(CommitCapital::from_args(&args).ok()?.tier).ok()?;
    let asset = match &approved.leaves.first()?.asset {
        Asset::Stx => bithedge_protocol::Asset::Stx,
        Asset::Fungible(token) if scenery.sbtc.as_ref() == Some(token) => bithedge_protocol::Asset::Sbtc,
        Asset::Fungible(_) | Asset::NonFungible(_) => return None,
    };
    Some(ipc::BucketRef { tier, asset })
}

/// What a person has to look at. What is acknowledged names its digest.
#[must_use]
pub fn open_alarm(open: &OpenAlarm, scenery: &Scenery) -> ipc::AlarmView {
    let block = match &open.statement {
        Statement::Differs { block, .. } => Some(in_block(*block)),
        Statement::Unknown => None,
    };
    ipc::AlarmView {
        digest: open.digest.to_string(),
        words: statement(&open.statement, |amount| scenery.shown(amount)),
        block,
        seen_at: open.seen_at,
        is_still_told: open.is_still_told,
    }
}

/// The keeper while something is open that stops it; `None` if nothing is.
#[must_use]
pub fn stopped_keeper(open: &[OpenAlarm]) -> Option<ipc::KeeperView> {
    let stops: BTreeSet<u64> =
        open.iter().filter(|alarm| alarm.is_difference()).map(|alarm| alarm.transaction.0).collect();
    let notice = keeper_stopped(&stops)?;
    Some(ipc::KeeperView::Stopped { alarms: stops.into_iter().collect(), notice })
}

fn settled_status(entry: &Entry) -> ipc::TransactionStatus {
    let shown = status(&entry.status, entry.approved.purpose);
    match entry.status {
        Status::Replaced { .. } if entry.is_settled => ipc::TransactionStatus {
            words: ipc::Words {
                happened: "Another transaction of this account took its place, and was carried out."
                    .to_owned(),
                means: "Nothing moved by this one, and it can never be carried out any more.".to_owned(),
                remedy: String::new(),
            },
            ..shown
        },
        _ => shown,
    }
}

/// Whether its place can be taken, as far as it tells itself; what else there is may refuse it.
fn can_be_replaced(entry: &Entry) -> bool {
    let is_open = entry.status.is_under_way()
        || matches!(
            &entry.status,
            Status::Dropped { reason } if !matches!(reason, DropReason::NonceUsed)
        )
        // Until the other one is deep enough in the chain, either may be carried out.
        || matches!(entry.status, Status::Replaced { .. });
    is_open && !entry.is_settled
}

/// Whether the same may be asked for at a higher fee: not where its own time is over, and its terms with it.
fn fee_can_be_raised(entry: &Entry) -> bool {
    can_be_replaced(entry) && !matches!(&entry.status, Status::Dropped { reason: DropReason::OutOfDate })
}

/// Whether it did what was approved, as far as is known: what did something else is not called done.
fn is_done(entry: &Entry) -> bool {
    matches!(entry.status, Status::Confirmed { .. })
        && !entry.open_alarms().iter().any(OpenAlarm::is_difference)
}

/// Something that happened.
#[must_use]
pub fn update(update: &TransactionUpdate) -> ipc::TransactionEvent {
    ipc::TransactionEvent {
        id: update.id.0,
        txid: update.txid.map(|txid| txid.to_string()),
        account: update.account.to_string(),
        nonce: update.nonce,
        status: status(&update.status, update.purpose),
        note: update.note.as_ref().map(note),
    }
}

fn note(note: &Note) -> ipc::TransactionNote {
    let kind = match note {
        Note::Reorganised { .. } => ipc::TransactionNoteKind::Reorganised,
        Note::Resent => ipc::TransactionNoteKind::Resent,
        Note::Contradiction { .. } => ipc::TransactionNoteKind::Contradiction,
        Note::Settled => ipc::TransactionNoteKind::Settled,
        Note::Alarm => ipc::TransactionNoteKind::Alarm,
    };
    ipc::TransactionNote { kind, words: note.words() }
}
