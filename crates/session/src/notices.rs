//! What goes wrong here, told for the user.

use std::path::Path;

use bithedge_ipc::{Fault, Notice};

/// Nothing left this computer.
pub(crate) const NOTHING_SENT: &str = "Nothing was signed and nothing was sent. Your money is where it was.";

pub(crate) fn notice(
    fault: Fault,
    happened: impl Into<String>,
    means: impl Into<String>,
    remedy: impl Into<String>,
    detail: &impl std::fmt::Display,
) -> Notice {
    Notice {
        fault,
        happened: happened.into(),
        means: means.into(),
        remedy: remedy.into(),
        detail: detail.to_string(),
    }
}

pub(crate) fn no_wallet() -> Notice {
    notice(
        Fault::WalletAbsent,
        "There is no wallet in use yet.",
        NOTHING_SENT,
        "Make or import a wallet, watch an address, or practise on the devnet first.",
        &"",
    )
}

pub(crate) fn no_account() -> Notice {
    notice(
        Fault::AccountUnfit,
        "The wallet has no account on this network.",
        NOTHING_SENT,
        "Add an account, or watch an address of this network.",
        &"",
    )
}

pub(crate) fn no_such_account() -> Notice {
    notice(
        Fault::AccountUnfit,
        "There is no such account in the wallet in use.",
        NOTHING_SENT,
        "Choose one of the accounts that are listed.",
        &"",
    )
}

pub(crate) fn no_such_network() -> Notice {
    notice(
        Fault::InputUnfit,
        "There is no such network in the list.",
        NOTHING_SENT,
        "Choose one of the networks that are listed.",
        &"",
    )
}

pub(crate) fn not_ready() -> Notice {
    notice(
        Fault::ChainUnreadable,
        "No network is open at the moment, so nothing can be asked of one.",
        NOTHING_SENT,
        "Wait until the network is open, or choose one in the settings.",
        &"",
    )
}

pub(crate) fn question_open() -> Notice {
    notice(
        Fault::TransactionInTheWay,
        "A question is open already, in its own window.",
        NOTHING_SENT,
        "Answer the question that is open first, or close its window, which answers no.",
        &"",
    )
}

pub(crate) fn question_gone() -> Notice {
    notice(
        Fault::QuestionGone,
        "The question is not open any more: its time was over, or it was answered or withdrawn.",
        NOTHING_SENT,
        "Ask again if you still want it.",
        &"",
    )
}

pub(crate) fn other_digest() -> Notice {
    notice(
        Fault::TermsChanged,
        "The answer names another question than the one that is open.",
        NOTHING_SENT,
        "Read the question that is shown now, and answer that.",
        &"the digests differ",
    )
}

pub(crate) fn secret_open() -> Notice {
    notice(
        Fault::InputUnfit,
        "The window for words and passphrases is open already.",
        "Nothing was changed. Your money is not affected.",
        "Finish what it was opened for, or close it.",
        &"",
    )
}

pub(crate) fn secret_closed() -> Notice {
    notice(
        Fault::InputUnfit,
        "The window for words and passphrases was closed, or nobody was there for too long. New words were forgotten.",
        "Nothing was changed. Your money is not affected.",
        "Open it again, and begin anew.",
        &"",
    )
}

pub(crate) fn practice_has_no_passphrase() -> Notice {
    notice(
        Fault::InputUnfit,
        "The practice wallet has no passphrase that anybody knows.",
        "Nothing was changed. Its money is worth nothing.",
        "Leave practice to use a wallet of your own.",
        &"",
    )
}

pub(crate) fn not_written(path: &Path, error: &std::io::Error) -> Notice {
    let fault = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Fault::DiskFull,
        _ => Fault::FileUnusable,
    };
    notice(
        fault,
        format!("{} could not be written.", path.display()),
        NOTHING_SENT,
        "Check that there is room on the disk and that the folder can be written to.",
        error,
    )
}

/// A part of the program has ended that should not have.
pub(crate) fn defect(detail: &impl std::fmt::Display) -> Notice {
    notice(
        Fault::CoreSilent,
        "A part of BitHedge has ended unexpectedly.",
        "Whether what you asked for was done is not known. What is signed is written down and goes on by itself.",
        "Close BitHedge and open it again, and look at the activity before you repeat anything.",
        detail,
    )
}

pub(crate) fn no_such_transaction() -> Notice {
    notice(
        Fault::InputUnfit,
        "The account in use has no such transaction.",
        NOTHING_SENT,
        "Look at the activity, and choose one of those that are listed.",
        &"",
    )
}

pub(crate) fn no_such_alarm() -> Notice {
    notice(
        Fault::InputUnfit,
        "What was to be acknowledged is not what the activity shows.",
        "Nothing was acknowledged, and the keeper waits as before.",
        "Look at the transaction again.",
        &"not the name of an alarm",
    )
}

pub(crate) fn no_devnet() -> Notice {
    notice(
        Fault::NotOffered,
        "The devnet is not in use at the moment.",
        NOTHING_SENT,
        "Choose the devnet in the settings, or practise first.",
        &"",
    )
}
