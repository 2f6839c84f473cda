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

/// The chosen one is watched on another kind of network, or not at all any more.
pub(crate) fn other_account(used: &str) -> Notice {
    notice(
        Fault::AccountUnfit,
        format!("The account that you used last is not on this network, so “{used}” is in use."),
        "Everything that is shown, and whatever you ask for, is about that account.",
        "Choose the account that you mean.",
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
        "This answer changed nothing. If it was answered yes before, it may be signed and on its way.",
        "Look at the activity. If it is not there, ask again if you still want it.",
        &"",
    )
}

/// What was answered yes is carried out at this moment.
pub(crate) fn answer_under_way() -> Notice {
    notice(
        Fault::TransactionInTheWay,
        "You said yes to this already, and that is being carried out.",
        "It may be signed and sent at any moment, once. It cannot be taken back here.",
        "Do not ask for it again. What becomes of it is in the activity.",
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

/// The window was closed while the passphrase was changed.
pub(crate) fn passphrase_changed(at: bithedge_protocol::UnixSeconds) -> Notice {
    notice(
        Fault::PassphraseOldLeft,
        format!("The passphrase was changed on {}, although its window was closed meanwhile.", at.in_words()),
        "Your money is not affected: the keys are the same. Only the new passphrase opens them.",
        "Use the new passphrase from now on. If you did not want that, change it once more.",
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

pub(crate) fn later_version(path: &Path, format: u64) -> Notice {
    notice(
        Fault::FileNewer,
        format!("A later version of BitHedge wrote {}.", path.display()),
        "It is left as it is, and nothing was signed or sent.",
        "Use the later version.",
        &format!("format {format}"),
    )
}

/// The keeper was stopped, and that could not be written down for `why`.
pub(crate) fn keeper_comes_back(why: Notice) -> Notice {
    Notice {
        happened: format!("The keeper is off now, but that could not be written down. {}", why.happened),
        means: "It signs nothing as long as BitHedge is open. But what it was allowed still stands on the disk: unless that is struck out \
                first, it would be on again after the next start, and pay fees."
            .to_owned(),
        remedy: "Leave BitHedge open, and make room on the disk or give it back the right to write there: it tries again by itself. \
                 After the next start, look under Settings whether the keeper is off."
            .to_owned(),
        ..why
    }
}

pub(crate) fn not_read(path: &Path, error: &std::io::Error) -> Notice {
    notice(
        Fault::FileUnusable,
        format!("{} could not be read.", path.display()),
        "It is left as it is, and nothing was signed or sent.",
        "Try again. If it stays so, close other programs, or check the disk.",
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

/// The keeper's order was taken away, and then nothing else could be done, for `why`.
pub(crate) fn keeper_order_gone(why: Notice) -> Notice {
    Notice {
        happened: format!(
            "{} What the keeper was allowed on this network could not be put back.",
            why.happened
        ),
        means: format!("{} The keeper is switched off for this network.", why.means),
        remedy: format!("{} If you want the keeper, allow it anew once the network is open.", why.remedy),
        ..why
    }
}

/// Only the person's own keys can vouch for it, and another wallet is in use.
pub(crate) fn own_keys_first() -> Notice {
    notice(
        Fault::WalletLocked,
        "You are practising, and the keys of your own wallet are locked. Only they can vouch for a network.",
        "Nothing was changed, and nothing was asked of its nodes.",
        "Leave practice, unlock your keys, and do it again there.",
        &"",
    )
}

pub(crate) fn no_damaged_journal() -> Notice {
    notice(
        Fault::InputUnfit,
        "The list of your transactions is not damaged, or not any more.",
        "Nothing was changed. Your money is not affected.",
        "Go on as usual.",
        &"",
    )
}

/// The list of transactions cannot be read, and the network stays closed until a person decided.
pub(crate) fn journal_damaged(damaged: Notice) -> Notice {
    Notice {
        fault: Fault::JournalDamaged,
        remedy: "Do not repeat what you sent last. If the file can be brought back, from a backup of today or by whoever knows the disk, \
                 do that first. Otherwise begin a new list: that is asked in a window of its own, which says what is lost by it."
            .to_owned(),
        ..damaged
    }
}

/// A person said that a new list is to be begun.
pub(crate) fn journal_begun_anew(network: &str, aside: &Path) -> Notice {
    notice(
        Fault::FileDamaged,
        format!(
            "A new list of your transactions on {network} was begun, because the one of before was damaged."
        ),
        "What was signed before and is not waiting at a node now is not known any more. Repeating it may do it twice. The keeper is off.",
        "Look at your account in a block explorer before you repeat anything. The damaged list is kept under the name below.",
        &aside.display(),
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
