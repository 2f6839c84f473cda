//! Words for what a person has to look at.

use std::collections::BTreeSet;

use bithedge_ipc::{Fault, Notice, Words};

use super::{Notices, notice, words};
use crate::transactions::{AcknowledgeError, Alarm, AssetAmount, Statement};

/// The words of an alarm, with amounts as whoever knows the network shows them.
pub(crate) fn alarm(alarm: &Alarm, amount: impl Fn(&AssetAmount) -> String) -> Words {
    const STOP: &str = "Sign nothing more until this is understood. Compare the transaction with another node or a block \
                            explorer.";
    match alarm {
        Alarm::TooMuchLeft { left, at_most } => {
            let approved = AssetAmount { amount: *at_most, ..left.clone() };
            words(
                format!("{} left the account, and at most {} was approved.", amount(left), amount(&approved)),
                "More is said to have left than you agreed to. Either the node is wrong, or something is very wrong.",
                STOP,
            )
        }
        Alarm::TooLittleArrived { arrived, at_least } => {
            let promised = AssetAmount { amount: *at_least, ..arrived.clone() };
            words(
                format!("{} arrived, and at least {} was to come.", amount(arrived), amount(&promised)),
                "Less is said to have come than you agreed to. Either the node is wrong, or something is very wrong.",
                STOP,
            )
        }
        Alarm::OtherFee { approved, taken } => {
            let stx = |micro: u64| bithedge_protocol::MicroStx::new(micro.into()).to_string();
            words(
                format!(
                    "A fee of {} is said to have been taken, and {} was signed.",
                    stx(taken.micro()),
                    stx(approved.micro())
                ),
                "A signed fee cannot be changed, so the node is most likely wrong.",
                STOP,
            )
        }
        Alarm::MovedDespiteFailure { moved } => words(
            format!("{} is said to have moved, although the transaction failed.", amount(moved)),
            "A transaction that failed moves nothing but its fee, so the node is most likely wrong.",
            STOP,
        ),
        Alarm::UnreadableEvent { .. } => words(
            "The node told something about what moved that cannot be read.",
            "What left and what arrived may be more than is shown.",
            STOP,
        ),
    }
}

/// The words of what there is to look at about a transaction.
pub(crate) fn statement(statement: &Statement, amount: impl Fn(&AssetAmount) -> String) -> Words {
    match statement {
        Statement::Differs { alarm: difference, .. } => alarm(difference, amount),
        Statement::Unknown => words(
            "This was waiting on the chain, and BitHedge did not know it: the list of your transactions was lost, or another wallet signed it.",
            "What was approved is not known here. It may be the very thing that you want to do next, and that would then happen twice.",
            "Look it up by its id in a block explorer. When you know what it is, say so here; new transactions of this account wait for \
             that, or until it is done.",
        ),
    }
}

/// Why the keeper signs nothing, for these transactions; `None` if there are none.
pub(crate) fn keeper_stopped(transactions: &BTreeSet<u64>) -> Option<Notice> {
    let numbers: Vec<String> = transactions.iter().map(u64::to_string).collect();
    let (last, others) = numbers.split_last()?;
    let which = match others {
        [] => format!("transaction {last}"),
        others => format!("transactions {} and {last}", others.join(", ")),
    };
    Some(Notice {
        fault: Fault::TransactionUnfit,
        happened: format!("By what the node tells, what {which} did is not what was approved, so the keeper has stopped."),
        means: "Either the node tells what is not so, or something is very wrong: more may have left than you agreed to, or less may \
                have come. The keeper signs nothing more, for none of your accounts on this network."
            .to_owned(),
        remedy: "Compare each of them with another node or a block explorer. When you understand what happened, say so at the transaction \
                 in the activity; then the keeper goes on within its order."
            .to_owned(),
        detail: format!("not acknowledged: {which}"),
    })
}

impl Notices for AcknowledgeError {
    fn notice(&self) -> Notice {
        const UNTOUCHED: &str = "Nothing was acknowledged, and nothing moved by this.";
        match self {
            Self::Nothing(id) => notice(
                Fault::QuestionGone,
                format!("There is nothing to confirm about transaction {id} any more."),
                UNTOUCHED,
                "There is nothing to do. If the transaction is still shown as open, close BitHedge and open it again.",
                self,
            ),
            Self::Changed { transaction, .. } => notice(
                Fault::TermsChanged,
                format!(
                    "What there is to look at about transaction {transaction} is not what was shown any more."
                ),
                UNTOUCHED,
                "Look at it again, all of it, before you confirm it.",
                self,
            ),
            Self::Journal(error) => Notice { means: UNTOUCHED.to_owned(), ..error.notice() },
        }
    }
}
