//! What was in use when the application was closed.

use std::path::Path;

use bithedge_ipc::{Fault, Notice, WalletKind};
use serde::{Deserialize, Serialize};

use crate::storage::{self, Found, Write, Writes};

const FILE_NAME: &str = "session.json";
/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

/// Which wallet, and with each of them which network and account. Nothing in it is secret, and nothing in it is believed beyond
/// where to begin: who may act on what is decided anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remembered {
    format: u64,
    /// The wallet in use.
    pub(crate) wallet: Option<WalletKind>,
    /// Of the practice wallet, whose network is always the devnet.
    pub(crate) practice_account: Option<String>,
    /// Of the person's own.
    pub(crate) own_account: Option<String>,
    /// The network that the person's own wallet was used on.
    pub(crate) own_network: Option<String>,
}

impl Remembered {
    /// The account of a wallet.
    pub(crate) fn account(&self, of: WalletKind) -> Option<&String> {
        match of {
            WalletKind::Practice => self.practice_account.as_ref(),
            WalletKind::Own => self.own_account.as_ref(),
        }
    }

    /// Puts another account in its place.
    pub(crate) fn set_account(&mut self, of: WalletKind, account: Option<String>) {
        match of {
            WalletKind::Practice => self.practice_account = account,
            WalletKind::Own => self.own_account = account,
        }
    }
}

/// The file that it is in.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    writes: Writes,
    /// What is there must stay.
    is_read_only: bool,
    pub(crate) value: Remembered,
}

impl MemoryFile {
    /// Reads it. One that is damaged, or that a later version wrote, means the beginning, and that is said.
    pub(crate) fn open(folder: &Path) -> (Self, Option<Notice>) {
        let path = folder.join(FILE_NAME);
        let (value, is_read_only, notice) = match storage::read::<Remembered>(&path, FORMAT) {
            Found::Nothing => (Remembered::default(), false, None),
            Found::Value(value) => (value, false, None),
            Found::Damaged { aside, why } => {
                tracing::warn!(%why, "what was in use the last time is not known");
                let kept = aside.map(|aside| format!("; the file is kept as {}", aside.display()));
                let notice = Notice {
                    fault: Fault::FileDamaged,
                    happened: "What you used the last time, wallet, network and account, could not be read."
                        .to_owned(),
                    means: "Your keys and your money are not affected: they are not in that file.".to_owned(),
                    remedy: "Choose them again.".to_owned(),
                    detail: format!("{}: {why}{}", path.display(), kept.unwrap_or_default()),
                };
                (Remembered::default(), false, Some(notice))
            }
            Found::Unreadable { why } => {
                tracing::warn!(%why, "what was in use the last time cannot be read now");
                let notice = Notice {
                    fault: Fault::FileUnusable,
                    happened: "What you used the last time, wallet, network and account, could not be read now.".to_owned(),
                    means: "Your keys and your money are not affected. What you choose now holds until you close BitHedge.".to_owned(),
                    remedy: "Close BitHedge and open it again. If it stays so, check the disk.".to_owned(),
                    detail: format!("{}: {why}", path.display()),
                };
                (Remembered::default(), true, Some(notice))
            }
            Found::Newer { format } => {
                let notice = Notice {
                    fault: Fault::FileNewer,
                    happened: "What you used the last time was written down by a later version of BitHedge."
                        .to_owned(),
                    means: "Your keys and your money are not affected. What you choose now holds until you close BitHedge."
                        .to_owned(),
                    remedy: "Use the later version, or choose again.".to_owned(),
                    detail: format!("{} has format {format}", path.display()),
                };
                (Remembered::default(), true, Some(notice))
            }
        };
        (Self { writes: Writes::to(path), is_read_only, value }, notice)
    }

    /// Writes down what is in use, when it is carried out: not under the lock of what it is about.
    pub(crate) fn keep(&mut self) -> KeepMemory {
        self.value.format = FORMAT;
        KeepMemory((!self.is_read_only).then(|| self.writes.write(&self.value)))
    }
}

/// What is to be remembered.
#[derive(Debug)]
#[must_use = "nothing is written before it is carried out"]
pub(crate) struct KeepMemory(Option<Write>);

impl KeepMemory {
    /// Waits for the disk. That it could not be written is logged: it holds for this run all the same.
    pub(crate) fn carry_out(self) {
        if let Some(write) = self.0
            && let Err(error) = write.carry_out()
        {
            tracing::warn!(%error, "what is in use is not remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    #[test]
    fn it_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (mut file, notice) = MemoryFile::open(folder.path());
        assert!(notice.is_none() && file.value == Remembered::default());
        file.value.wallet = Some(WalletKind::Own);
        file.value.own_network = Some("own-3".to_owned());
        file.value.set_account(WalletKind::Practice, Some("derived-1".to_owned()));
        file.keep().carry_out();
        let (again, notice) = MemoryFile::open(folder.path());
        assert_eq!((again.value, notice), (file.value, None));
    }

    #[test]
    fn what_could_not_be_read_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::create_dir(&path).unwrap();
        let (mut file, notice) = MemoryFile::open(folder.path());
        assert_eq!(notice.map(|notice| notice.fault), Some(Fault::FileUnusable));
        // It can be read again, and is as it was.
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "{\"format\":1,\"wallet\":\"own\"}").unwrap();
        file.value.wallet = Some(WalletKind::Practice);
        file.keep().carry_out();
        assert_eq!(MemoryFile::open(folder.path()).0.value.wallet, Some(WalletKind::Own));
    }

    #[test]
    fn a_damaged_or_newer_file_means_the_beginning_and_that_is_said() {
        for (text, fault, is_kept) in [
            ("{\"format\":1,\"wallet\":\"ow", Fault::FileDamaged, false),
            ("{\"format\":1,\"wallet\":\"own\",\"more\":1}", Fault::FileDamaged, false),
            ("", Fault::FileDamaged, false),
            ("{\"format\":9}", Fault::FileNewer, true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(FILE_NAME);
            fs::write(&path, text).unwrap();
            let (mut file, notice) = MemoryFile::open(folder.path());
            assert_eq!(notice.map(|notice| notice.fault), Some(fault), "{text}");
            assert_eq!(file.value, Remembered::default());
            file.value.wallet = Some(WalletKind::Own);
            file.keep().carry_out();
            assert_eq!(fs::read_to_string(&path).unwrap() == text, is_kept, "{text}");
        }
    }
}
