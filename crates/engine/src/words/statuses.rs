//! Words for where a transaction is, and for what happened to it.

use bithedge_ipc::Words;
use bithedge_suite::{ContractError, FromClarity as _};

use super::alarms::alarm;
use super::{Telling, parts, words};
use crate::transactions::{Alarm, AssetAmount, DropReason, Failure, Note, Refusal, RefusedBecause, Status};

impl Telling for Status {
    fn words(&self) -> Words {
        match self {
            Self::Presented => words(
                "It is asked whether this should be signed.",
                "Nothing is signed yet, and nothing moves without an answer.",
                "Read the question and answer it.",
            ),
            Self::Approved => words("It was approved and is being signed.", "Nothing was sent yet.", ""),
            Self::Signed => words(
                "It is signed and written down, and is being sent.",
                "It may be carried out from now on. It is sent again until it is known to have arrived; that cannot carry it out \
                 twice.",
                "Do not make the same transaction again.",
            ),
            Self::Broadcast => {
                words("A node took it.", "It waits to be carried out; nothing has moved yet.", "")
            }
            Self::Pending { included: None } => words(
                "It waits to be carried out.",
                "Nothing has moved yet. What it may take is set aside here, so that it is not spent twice.",
                "If it waits for very long, it can be given a higher fee, or be cancelled.",
            ),
            Self::Pending { included: Some(block) } => words(
                format!("It is in block {}, which is not confirmed yet.", block.height),
                "It has been carried out, unless the chain gives up that block.",
                "",
            ),
            Self::Confirmed { block } => words(
                format!("It was carried out in block {}.", block.height),
                "What moved is in its receipt.",
                "",
            ),
            Self::Failed { block, failure } => {
                let why = failure.words();
                words(format!("It failed in block {}. {}", block.height, why.happened), why.means, why.remedy)
            }
            Self::Dropped { reason } => reason.words(),
            Self::Replaced { .. } => words(
                "Another transaction of this account is to take its place, or has done so.",
                "Nothing moved by this one so far. Until the other one is carried out, this one still may be instead.",
                "Do not make the same transaction again before the other one is carried out.",
            ),
            Self::Refused { reason } => reason.words(),
            Self::Expired => words(
                "Its time passed before it was sent.",
                "Nothing was sent, and it will not be. Your money is where it was.",
                "If it is still wanted, ask for new terms.",
            ),
        }
    }
}

/// What a contract answered, if it is one of its errors.
pub(crate) fn code_of(failure: &Failure) -> Option<ContractError> {
    let Failure::Contract { result, vm_error: None } = failure else { return None };
    match result.as_response() {
        Ok(Err(code)) => ContractError::from_clarity(code).ok(),
        _ => None,
    }
}

impl Telling for Failure {
    fn words(&self) -> Words {
        const FEE: &str = "Only the network's fee was taken.";
        if let Some(code) = code_of(self) {
            let why = parts(code);
            return words(why.happened, format!("{} {FEE}", why.means), why.remedy);
        }
        match self {
            Self::Contract { vm_error: Some(_), .. } => words(
                "The contract stopped without an answer.",
                format!("Nothing moved. {FEE}"),
                "Look at the terms again before you repeat it. If it fails again, report it.",
            ),
            Self::Contract { vm_error: None, .. } => words(
                "The contract refused, with an answer that BitHedge does not know.",
                format!("Nothing moved. {FEE}"),
                "Look for a newer version of BitHedge before you repeat it.",
            ),
            Self::PostCondition => words(
                "More would have left the account, or less would have come, than was approved, so all of it was undone.",
                format!("Nothing moved. {FEE}"),
                "Prices or the pool have changed since. Ask for new terms.",
            ),
        }
    }
}

impl Telling for DropReason {
    fn words(&self) -> Words {
        const VALID: &str =
            "It is not sent again by itself, but what was signed stays valid until its place is taken.";
        const NEXT: &str = "Nothing moved. What was signed stays valid until its place is taken, which your next transaction does.";
        match self {
            Self::Rejected { refusal, .. } => {
                let said = refusal.words();
                words(said.happened, format!("{} {VALID}", said.means), said.remedy)
            }
            Self::NonceUsed => words(
                "It, or another transaction of this account in its place, was carried out; which of them could not be found out.",
                "What it was to do may have been done.",
                "Look at the account in a block explorer before you repeat it, and whether another wallet uses the account.",
            ),
            Self::OutOfDate => words(
                "The network lost it after its time was over, so it was not sent again.",
                NEXT,
                "If it is still wanted, repeat it in its own place at new terms, or else cancel it.",
            ),
            Self::Cancelled => words("It was cancelled, and no node has it any more.", NEXT, ""),
            Self::Unminable { .. } => words(
                "The network gave it up: no block has room for it, or miners do not take it.",
                NEXT,
                "Repeat it in its own place, or cancel it. If it comes to the same, choose a smaller amount.",
            ),
            Self::Lost => words(
                "The network lost it, and BitHedge no longer has it to send again.",
                "Nothing moved so far. Whoever still has it could send it, until its place is taken.",
                "Cancel it, or send another transaction from this account, which takes its place.",
            ),
        }
    }
}

impl Telling for Refusal {
    fn words(&self) -> Words {
        const NOTHING: &str = "Nothing moved, and no fee was taken.";
        match self {
            Self::InsufficientFunds => words(
                "The node refused it: the account cannot pay the fee, or what it sends.",
                NOTHING,
                "Add STX to the account, then repeat it in its own place; or cancel it.",
            ),
            Self::FeeTooLow => words(
                "The node refused it: its fee is too low.",
                NOTHING,
                "Repeat it in its own place; it is given a higher fee.",
            ),
            Self::NonceTaken => words(
                "The node refused it: another transaction of this account is waiting in its place.",
                NOTHING,
                "Another wallet seems to use this account. Wait for that transaction, or deal with it in that wallet. Then repeat \
                 this one in its own place, or cancel it.",
            ),
            Self::NonceUsed => words(
                "The node refused it: another transaction of this account was carried out in its place, as the node says.",
                "Nothing moved by this one, as far as is known.",
                "Look whether another wallet uses this account, and what it did, before you repeat it.",
            ),
            Self::BadCall => words(
                "The node refused it: the contract is not there, or is another one than BitHedge knows.",
                NOTHING,
                "Have the network checked, and look for a newer version of BitHedge. Then cancel it.",
            ),
            Self::Invalid => words(
                "The node refused it as not valid for this chain.",
                NOTHING,
                "Check which network is chosen and which node is asked. If both are right, cancel it, and report it.",
            ),
            Self::Other => words(
                "The node refused it for a reason of its own.",
                NOTHING,
                "Repeat it in its own place later, or cancel it. Do not do the same elsewhere.",
            ),
        }
    }
}

impl Telling for RefusedBecause {
    fn words(&self) -> Words {
        const NOTHING: &str = "Nothing was signed. Your money is where it was.";
        match self {
            Self::Person => words("It was not approved.", NOTHING, ""),
            Self::Unanswered => words(
                "Nobody answered in time.",
                "Nothing was signed, nothing was spent.",
                "Ask again if you still want it.",
            ),
            Self::OtherChain => words(
                "The node is on another chain than the transaction is for, so the question was withdrawn.",
                NOTHING,
                "Check which network is chosen and which node is asked.",
            ),
            Self::NoKey => words(
                "The wallet has no key for the account, so the question was withdrawn.",
                NOTHING,
                "Choose an account that the wallet has a key for.",
            ),
            Self::TermsChanged => words(
                "The chain has moved on, so the question was withdrawn.",
                NOTHING,
                "Answer the new question, if there is one, or ask for new terms.",
            ),
        }
    }
}

impl Telling for Note {
    fn words(&self) -> Words {
        match self {
            Self::Reorganised { from } => words(
                format!("The chain gave up block {}, which it was in.", from.height),
                "What it did there is undone. Whether it waits again, is in another block, or was replaced is told with it.",
                "Do not make the same transaction again.",
            ),
            Self::Resent => words(
                "No node had it, so the same transaction was sent again.",
                "It can be carried out only once.",
                "",
            ),
            Self::Contradiction { .. } => words(
                "A node said something about it that cannot be true. It was not believed.",
                "What is shown is what was known before.",
                "If it happens often, use another node.",
            ),
            Self::Settled => words(
                "It is certain what became of it, and it is watched no more.",
                "Nothing more will happen by it.",
                "",
            ),
            Self::Alarm => words(
                "What moved is not what was approved.",
                "More may have left the account, or less may have come, than you agreed to; or the node reports what is not so.",
                "Sign nothing more until this is understood. Compare the receipt with another node or a block explorer.",
            ),
        }
    }
}

fn amount(amount: &AssetAmount) -> String {
    use crate::transactions::Asset;
    match &amount.asset {
        Asset::Stx => bithedge_protocol::MicroStx::new(amount.amount).to_string(),
        Asset::Fungible(token) => format!("{} units of {token}", amount.amount),
        Asset::NonFungible(token) => format!("{} pieces of {token}", amount.amount),
    }
}

impl Telling for Alarm {
    /// Tokens are named by their contracts: which of them is sBTC, only the network's deployment says.
    fn words(&self) -> Words {
        alarm(self, amount)
    }
}
