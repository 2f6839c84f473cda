//! Words for what the wallet says.

use bithedge_ipc::{Fault, Notice};
use bithedge_keys::{
    AccountsError, FolderError, KeyFileError, KeychainError, MnemonicError, PassphraseError, RandomnessError,
    ReentryError, WalletError,
};

use super::{KEYS_UNTOUCHED, Notices, notice};

/// What is said of an error that this version has no words for: a library that is newer than its user.
fn other(fault: Fault, error: &impl std::fmt::Display) -> Notice {
    notice(
        fault,
        "Something went wrong with the wallet that BitHedge has no words for.",
        KEYS_UNTOUCHED,
        "Try again. If it stays so, close BitHedge and open it again, and have the words of the wallet at hand.",
        error,
    )
}

impl Notices for WalletError {
    fn notice(&self) -> Notice {
        match self {
            Self::Folder(error) => error.notice(),
            Self::KeyFile(error) => error.notice(),
            Self::Keychain(error) => error.notice(),
            Self::Passphrase(error) => error.notice(),
            Self::Accounts(error) => error.notice(),
            Self::Randomness(error) => error.notice(),
            Self::Absent => notice(
                Fault::WalletAbsent,
                "There is no wallet on this computer yet.",
                "No money is affected. Without a wallet, addresses can be watched but nothing can be signed.",
                "Create a wallet, or import one by its words.",
                self,
            ),
            Self::Exists => notice(
                Fault::WalletExists,
                "There is a wallet already, and it is never overwritten.",
                KEYS_UNTOUCHED,
                "Unlock the wallet that is there. To use another one, set its key file aside first.",
                self,
            ),
            Self::Locked => notice(
                Fault::WalletLocked,
                "The wallet is locked.",
                "Nothing was signed. What is on the chain goes on as before.",
                "Unlock the wallet, then try again.",
                self,
            ),
            Self::Unlocked => notice(
                Fault::WalletUnlocked,
                "The wallet is unlocked already.",
                KEYS_UNTOUCHED,
                "There is nothing to do.",
                self,
            ),
            Self::LockedMeanwhile => notice(
                Fault::WalletLocked,
                "The wallet was locked while it was being opened.",
                "It stays locked, nothing was signed, and no words were shown.",
                "Try again.",
                self,
            ),
            Self::PreviousPassphraseNeeded(_) => notice(
                Fault::PassphrasePrevious,
                "The present key file, or what the keychain keeps for it, is lost; the key file from before the last change of \
                 the passphrase is still there.",
                "Your money is not lost: that file opens with the passphrase from before the change, or with your words.",
                "Enter the passphrase from before the last change. Then change the passphrase, which puts everything in order.",
                self,
            ),
            Self::PreviousLeft(_) => notice(
                Fault::PassphraseOldLeft,
                "The new passphrase holds, but not everything that the old one opens could be removed.",
                "Whoever knows the old passphrase and has this computer's files may still open the wallet.",
                "Change the passphrase once more when what is wrong with the disk or the keychain is put right.",
                self,
            ),
            Self::SelfCheck => {
                computer("What was encrypted did not decrypt to the same, so nothing was replaced.", self)
            }
            other_error => other(Fault::KeyFileUnusable, other_error),
        }
    }
}

fn computer(happened: &str, error: &impl std::fmt::Display) -> Notice {
    notice(
        Fault::ComputerFault,
        happened,
        "Your money is on the chain and not affected, but this computer computes wrongly and should not sign anything.",
        "Write down the words of the wallet if you have not, and have this computer's memory checked.",
        error,
    )
}

impl Notices for FolderError {
    fn notice(&self) -> Notice {
        match self {
            Self::InUse { .. } => notice(
                Fault::FileInUse,
                "Another BitHedge is using this wallet.",
                "Your money is not affected. Two programs with one wallet could sign against each other.",
                "Use the BitHedge that is open already, or close it first.",
                self,
            ),
            Self::DiskFull { .. } => notice(
                Fault::DiskFull,
                "The disk is full, so the wallet's file could not be written.",
                KEYS_UNTOUCHED,
                "Make room on the disk, then try again.",
                self,
            ),
            Self::ReadOnly { .. } => notice(
                Fault::FileUnusable,
                "The wallet's folder cannot be written to.",
                KEYS_UNTOUCHED,
                "Give yourself the right to write to the folder that is named below, then try again.",
                self,
            ),
            Self::NotConfirmed { .. } => notice(
                Fault::FileUnusable,
                "The new file is in place, but the disk did not confirm it.",
                "Your money is not affected. After a loss of power the old file, with its old passphrase, may be back.",
                "Keep both passphrases in mind, have the disk looked at, and repeat the change.",
                self,
            ),
            Self::Taken { .. } => notice(
                Fault::FileUnusable,
                "There is a file of that name already, and it is not replaced.",
                KEYS_UNTOUCHED,
                "Look at the file that is named below and move it away if it is not needed.",
                self,
            ),
            Self::TooLarge { .. } => notice(
                Fault::FileDamaged,
                "A file of the wallet is far larger than such a file ever is, so it was not read.",
                "Your money is not affected: it is on the chain, and the words of the wallet open it anywhere.",
                "Put the file back from a backup, or import the words again.",
                self,
            ),
            Self::Io { .. } => notice(
                Fault::FileUnusable,
                "The system could not read or write a file of the wallet.",
                KEYS_UNTOUCHED,
                "Try again. If it stays so, have the disk looked at, with the words of the wallet at hand.",
                self,
            ),
            Self::Randomness(error) => error.notice(),
            other_error => other(Fault::FileUnusable, other_error),
        }
    }
}

impl Notices for KeyFileError {
    fn notice(&self) -> Notice {
        let unreadable = |happened: &str| {
            notice(
                Fault::KeyFileUnusable,
                happened,
                "Your money is not lost: it is on the chain, and the words of the wallet open it anywhere.",
                "Put the key file back from a backup, or set it aside and import the words again.",
                self,
            )
        };
        match self {
            Self::NotAKeyFile => unreadable("The file in the place of the key file is something else."),
            Self::Newer { .. } => notice(
                Fault::FileNewer,
                "The key file was written by a later version of BitHedge.",
                KEYS_UNTOUCHED,
                "Install the later version and use that.",
                self,
            ),
            Self::Truncated { .. } => unreadable("The end of the key file is missing."),
            Self::Damaged => unreadable("The key file is damaged."),
            Self::Field(_) => unreadable(
                "The key file holds something that BitHedge never writes; somebody may have made it up.",
            ),
            Self::Cost { .. } => unreadable(
                "The key file asks for absurd amounts of memory or time; somebody may have made it up.",
            ),
            Self::OutOfMemory { .. } => notice(
                Fault::ComputerFault,
                "There is not enough free memory to open the key file.",
                KEYS_UNTOUCHED,
                "Close other programs, then try again.",
                self,
            ),
            Self::WrongPassphrase => notice(
                Fault::PassphraseWrong,
                "The passphrase does not open the wallet.",
                "Your money is not affected, and the wallet stays locked.",
                "Type it again; look for a wrong keyboard layout or capital letters. If it is surely right, the key file was \
                 altered: import the words again.",
                self,
            ),
            other_error => other(Fault::KeyFileUnusable, other_error),
        }
    }
}

impl Notices for KeychainError {
    fn notice(&self) -> Notice {
        match self {
            Self::NoKeychain { .. } => notice(
                Fault::KeychainUnusable,
                "This computer offers no keychain at the moment.",
                KEYS_UNTOUCHED,
                "Start one, such as GNOME Keyring or KWallet, and then BitHedge again. A new wallet can also be protected by the \
                 passphrase alone.",
                self,
            ),
            Self::Locked { .. } => notice(
                Fault::KeychainUnusable,
                "The keychain is locked, and was not unlocked.",
                KEYS_UNTOUCHED,
                "Unlock the keychain, then try again.",
                self,
            ),
            Self::EntryMissing { .. } => notice(
                Fault::KeychainUnusable,
                "The keychain does not show what the key file needs: it is locked, or the entry is gone.",
                "Your money is not lost: it is on the chain, and the words of the wallet open it anywhere.",
                "Unlock the keychain and try again. Only if that does not help, import the words again.",
                self,
            ),
            Self::EntryAltered { .. } => notice(
                Fault::KeychainUnusable,
                "What the keychain keeps for the key file is not what BitHedge stored there.",
                "Your money is not lost: it is on the chain, and the words of the wallet open it anywhere.",
                "Import the words again, and ask who else uses this keychain.",
                self,
            ),
            Self::Other { .. } => notice(
                Fault::KeychainUnusable,
                "The keychain failed.",
                KEYS_UNTOUCHED,
                "Try again. If it stays so, close BitHedge and open it again.",
                self,
            ),
            other_error => other(Fault::KeychainUnusable, other_error),
        }
    }
}

impl Notices for PassphraseError {
    fn notice(&self) -> Notice {
        let unfit = |happened: &str, remedy: &str| {
            notice(Fault::PassphraseUnfit, happened, KEYS_UNTOUCHED, remedy, self)
        };
        match self {
            Self::TooShort { .. } => unfit(
                "The passphrase is too short to protect a wallet.",
                "Choose a longer one: several words are good.",
            ),
            Self::TooLong => unfit("The passphrase is longer than BitHedge takes.", "Choose a shorter one."),
            Self::ControlCharacter => unfit(
                "The passphrase holds a line break, a tabulator or the like, which is hard to type again.",
                "Type it by hand instead of pasting it.",
            ),
            other_error => other(Fault::PassphraseUnfit, other_error),
        }
    }
}

impl Notices for MnemonicError {
    fn notice(&self) -> Notice {
        let wrong = |happened: String, remedy: &str| {
            notice(
                Fault::WordsWrong,
                happened,
                "Nothing was imported, and no money is affected.",
                remedy,
                self,
            )
        };
        match self {
            Self::UnknownWord { position } => wrong(
                format!("Word number {position} is not in the list of English words."),
                "Look at how it is written, and type it again.",
            ),
            Self::WordCount { found } => wrong(
                format!("There are {found} words, and a wallet has 12 or 24."),
                "Enter all of the words, in their order.",
            ),
            Self::Checksum => wrong(
                "The words do not fit together: one of them is another one, or their order is.".to_owned(),
                "Compare each word, and its place, with what you wrote down.",
            ),
            Self::TooLong => wrong(
                "The text is far longer than the words of a wallet.".to_owned(),
                "Enter the words alone: 12 or 24 of them.",
            ),
            other_error => other(Fault::WordsWrong, other_error),
        }
    }
}

impl Notices for ReentryError {
    fn notice(&self) -> Notice {
        let wrong = |happened: String| {
            notice(
                Fault::WordsWrong,
                happened,
                "The wallet is not made yet. Without the right words its money could not be brought back one day.",
                "Compare what you wrote down with the words, and enter them again.",
                self,
            )
        };
        match self {
            Self::WrongWord { position } => {
                wrong(format!("Word number {position} is not the one that was shown."))
            }
            Self::WordCount { found, expected } => {
                wrong(format!("{found} words were entered, and {expected} were asked for."))
            }
            other_error => other(Fault::WordsWrong, other_error),
        }
    }
}

impl Notices for RandomnessError {
    fn notice(&self) -> Notice {
        notice(
            Fault::ComputerFault,
            "The system gave no random numbers, without which no key is safe.",
            KEYS_UNTOUCHED,
            "Start the computer anew, then try again.",
            self,
        )
    }
}

impl Notices for AccountsError {
    fn notice(&self) -> Notice {
        let list = |fault, happened: &str, remedy: &str| {
            notice(
                fault,
                happened,
                "Your money is not affected: the keys do not depend on the list of accounts.",
                remedy,
                self,
            )
        };
        let input = |happened: String, remedy: &str| {
            notice(
                Fault::AccountUnfit,
                happened,
                "Nothing was changed, and no money is affected.",
                remedy,
                self,
            )
        };
        match self {
            Self::Missing => list(
                Fault::AccountListUnusable,
                "The list of accounts is missing.",
                "Restore the list from the words of the wallet. Watched addresses have to be entered again.",
            ),
            Self::Damaged(_) => list(
                Fault::AccountListUnusable,
                "The list of accounts is damaged.",
                "Restore the list from the words of the wallet. Watched addresses have to be entered again.",
            ),
            Self::Newer { .. } => list(
                Fault::FileNewer,
                "The list of accounts was written by a later version of BitHedge.",
                "Install the later version and use that.",
            ),
            Self::Altered => notice(
                Fault::AccountListAltered,
                "Somebody changed the list of accounts: it is not the one that this wallet wrote.",
                "Money that is sent to an address from this list may be sent to somebody else. What you have is not affected.",
                "Send nothing to an address from the list. Restore it from the words, check every watched address, and find out \
                 who can write to this folder.",
                self,
            ),
            Self::Unknown(_) => {
                input("There is no such account in the list.".to_owned(), "Choose one that is in the list.")
            }
            Self::Duplicate(address) => input(
                format!("The address {address} is in the list already."),
                "Use the entry that is there.",
            ),
            Self::NotAnAddress => input(
                "What was entered is no Stacks address.".to_owned(),
                "Copy the address again, from where it comes from.",
            ),
            Self::NotCanonical(address) => input(
                format!("What was entered is an unusual spelling of the address {address}."),
                "Compare the address with where it comes from, and enter it as it stands here.",
            ),
            Self::OtherNetwork { address, .. } => input(
                format!("The address {address} belongs to the other kind of network."),
                "Enter the address that belongs to the network in use: SP and SM on mainnet, ST and SN elsewhere.",
            ),
            Self::Label => input(
                "The name of the account cannot be used.".to_owned(),
                "Choose one of 1 to 64 ordinary characters on one line.",
            ),
            Self::Full => input(
                "The list of accounts is full.".to_owned(),
                "Remove watched addresses that are not needed any more.",
            ),
            Self::NotWatchOnly => input(
                "Only watched addresses can be removed: the money of the others would not go away with them."
                    .to_owned(),
                "Give the account another name instead.",
            ),
            other_error => other(Fault::AccountListUnusable, other_error),
        }
    }
}
