//! What a person decides that is no signature, and that a page must not decide alone. It is asked in the window of questions.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bithedge_engine::OpenError;
use bithedge_engine::transactions::JournalError;
use bithedge_engine::words::Notices as _;
use bithedge_ipc::{Event, Notice, Proposed};
use bithedge_keys::AutoLock;
use bithedge_protocol::{Seconds, UnixSeconds};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::core::{Core, State};
use crate::{notices, storage};

/// How long such a question waits for its answer, by this computer's clock.
pub(crate) const TO_ANSWER: Duration = Duration::from_secs(600);
/// The same in words.
pub(crate) const WAITS: &str =
    "This question is withdrawn after ten minutes; nothing is changed then, and it can be asked again.";

/// What is to be done.
#[derive(Clone)]
pub(crate) enum Decision {
    /// A damaged journal is set aside, and a new one is begun.
    NewJournal(Arc<DamagedJournal>),
    /// The keys lock themselves later than now.
    LaterLock {
        /// After so long.
        after: Seconds,
        /// In the place of this.
        before: Seconds,
    },
}

/// A journal that cannot be read, of a network that is therefore not used.
pub(crate) struct DamagedJournal {
    /// What the person calls it.
    pub(crate) name: String,
    /// Why it is not open.
    pub(crate) error: OpenError,
    /// What the keeper of that chain was allowed.
    pub(crate) keeper_file: Option<PathBuf>,
}

impl DamagedJournal {
    /// `folder` is where the engine's files are. `None` if something else is the matter.
    pub(crate) fn of(name: String, folder: &Path, error: OpenError) -> Result<Self, OpenError> {
        let OpenError::Journal(JournalError::Damaged { path, .. }) = &error else { return Err(error) };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let chain = stem.strip_prefix("journal-").map(str::to_owned);
        let keeper_file =
            chain.map(|chain| crate::network::chain_folder(folder, &chain).join(crate::keeper::FILE_NAME));
        // The journal is still there, so a yes that was on its way was not carried out.
        if let Some(file) = &keeper_file
            && let Some(order) = Withheld::left_behind(file)
        {
            let _said = order.put_back(notices::no_damaged_journal());
        }
        Ok(Self { name, error, keeper_file })
    }
}

impl Decision {
    /// What is asked.
    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::NewJournal(_) => "Begin a new list of your transactions?",
            Self::LaterLock { .. } => "May the keys stay open longer?",
        }
    }

    /// What it means.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let mut told = match self {
            Self::NewJournal(damaged) => vec![
                format!(
                    "The list of what was signed here on {} is damaged. If you say yes, it is kept as it is under another name, and an \
                     empty one is begun.",
                    damaged.name
                ),
                "BitHedge then knows nothing of what was signed before: not what was given up, and not what was signed and never reached \
                 a node. What a node still lists as waiting is found again; the rest is not."
                    .to_owned(),
                "So a purchase or a commitment that you repeat may happen twice. Look at your account in a block explorer, or with \
                 another node, before you repeat anything."
                    .to_owned(),
                "Whatever said that something moved without your approval is gone with it. The keeper is therefore switched off for this \
                 network, and has to be allowed anew."
                    .to_owned(),
                "If you say no, nothing is changed, and this network stays closed.".to_owned(),
            ],
            Self::LaterLock { after, before } => vec![
                format!("Now the keys lock themselves after {before} without anybody there. If you say yes, only after {after}."),
                "For so long, whoever sits down at this computer after you can sign.".to_owned(),
            ],
        };
        told.push(WAITS.to_owned());
        told
    }

    /// Whether the answer yes waits for keys that are locked. It is the person's own that lock themselves, also while the practice wallet
    /// is in use, which never does.
    pub(crate) fn waits_for_keys(&self, state: &State) -> bool {
        match self {
            Self::NewJournal(_) => false,
            Self::LaterLock { .. } => state.own_keys_are_locked(),
        }
    }

    /// What the answer names: SHA-256 of the question's number and words, written as JSON.
    pub(crate) fn digest(&self, question: u64) -> String {
        #[derive(Serialize)]
        struct Canonical {
            question: u64,
            title: &'static str,
            sentences: Vec<String>,
        }
        let canonical = Canonical { question, title: self.title(), sentences: self.sentences() };
        hex::encode(Sha256::digest(serde_json::to_vec(&canonical).unwrap_or_default()))
    }
}

impl Core {
    /// Asks whether a new journal is to be begun in the place of the damaged one.
    pub(crate) fn propose_new_journal(&self) -> Result<Proposed, Notice> {
        let damaged = self.state().damaged_journal.clone().ok_or_else(notices::no_damaged_journal)?;
        self.propose_decision(Decision::NewJournal(damaged))
    }

    /// Keeps after how long the keys lock themselves. Later than now is asked about first, and is so only once that was answered.
    pub(crate) fn set_auto_lock(&self, after: Seconds) -> Result<(), Notice> {
        let before = self.state().preferences.current().auto_lock;
        if after > before {
            return self.propose_decision(Decision::LaterLock { after, before }).map(drop);
        }
        self.keep_auto_lock(after)
    }

    fn keep_auto_lock(&self, after: Seconds) -> Result<(), Notice> {
        let kept = {
            let mut state = self.state();
            if let Ok(own) = &state.own {
                own.set_auto_lock(AutoLock { after: Duration::from_secs(after.get()) });
            }
            state.preferences.set_auto_lock(after)
        };
        let kept = kept.carry_out();
        let preferences = self.state().preferences.current();
        self.emit(Event::Preferences(preferences));
        self.changed();
        kept.map_err(Notice::from)
    }

    /// Carries out what a person said yes to.
    pub(crate) async fn decide(&self, decision: Decision) -> Result<(), Notice> {
        if decision.waits_for_keys(&self.state()) {
            return Err(crate::keeper::locked());
        }
        match decision {
            Decision::NewJournal(damaged) => {
                let setup = self.setup.clone();
                let asked = Arc::clone(&damaged);
                let is_same = |now: &Arc<DamagedJournal>| Arc::ptr_eq(now, &damaged);
                if !self.state().damaged_journal.as_ref().is_some_and(is_same) {
                    return Err(notices::no_damaged_journal());
                }
                let aside = tokio::task::spawn_blocking(move || set_aside(&asked, setup.clock.now())).await;
                let aside = aside.map_err(|error| notices::defect(&error))??;
                tracing::warn!(path = %aside.display(), "the damaged journal was set aside");
                {
                    let mut state = self.state();
                    state.damaged_journal = None;
                    state.notices.push(notices::journal_begun_anew(&damaged.name, &aside));
                }
                self.retry();
                Ok(())
            }
            Decision::LaterLock { after, before: _ } => self.keep_auto_lock(after),
        }
    }
}

/// The keeper's order goes first: without the journal nothing says what it spent, or what it must wait for. If the journal then stays where
/// it is, the order comes back; and if not even that is possible, it is said.
fn set_aside(damaged: &DamagedJournal, now: UnixSeconds) -> Result<PathBuf, Notice> {
    let order = damaged.keeper_file.as_deref().map(Withheld::of).transpose()?;
    let aside = damaged.error.set_journal_aside(now).map_err(|error| error.notice());
    let aside = aside.and_then(|aside| aside.ok_or_else(notices::no_damaged_journal));
    match (aside, order) {
        (Ok(aside), order) => {
            if let Some(order) = order {
                order.remove();
            }
            Ok(aside)
        }
        (Err(notice), None) => Err(notice),
        (Err(notice), Some(order)) => Err(order.put_back(notice)),
    }
}

/// The file with the keeper's order under another name, where nothing reads it.
struct Withheld<'a> {
    file: &'a Path,
    /// `None` if there was no order.
    now: Option<PathBuf>,
}

impl<'a> Withheld<'a> {
    fn of(file: &'a Path) -> Result<Self, Notice> {
        let now = withheld(file);
        match std::fs::rename(file, &now) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self { file, now: None }),
            Err(error) => return Err(notices::not_written(file, &error)),
        }
        let order = Self { file, now: Some(now) };
        // On the disk before the journal is touched: the order must not come back beside a new one.
        match storage::sync_folder_of(file) {
            Ok(()) => Ok(order),
            Err(error) => Err(order.put_back(notices::not_written(file, &error))),
        }
    }

    /// The one that was withheld before a process ended; `None` if there is none, or a newer order.
    fn left_behind(file: &'a Path) -> Option<Self> {
        let now = withheld(file);
        (now.is_file() && !file.exists()).then_some(Self { file, now: Some(now) })
    }

    /// Nothing was changed after all, for `why`.
    fn put_back(self, why: Notice) -> Notice {
        let Some(now) = &self.now else { return why };
        match std::fs::rename(now, self.file) {
            Ok(()) => why,
            Err(error) => {
                tracing::error!(%error, order = %now.display(), "the keeper's order could not be put back");
                notices::keeper_order_gone(why)
            }
        }
    }

    /// It is not needed any more, and must not live on beside a new journal, also where somebody has put it back meanwhile.
    fn remove(self) {
        let Some(now) = &self.now else { return };
        for order in [now.as_path(), self.file] {
            match std::fs::remove_file(order) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    tracing::warn!(%error, order = %order.display(), "what is left of the keeper's order stays");
                }
                _ => {}
            }
        }
    }
}

fn withheld(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".withheld");
    file.with_file_name(name)
}

/// Where the journal is in order, nothing of an order that was withheld is needed: it was of the journal before.
pub(crate) fn forget_withheld(keeper_file: &Path) {
    match std::fs::remove_file(withheld(keeper_file)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, "an order of the keeper that was withheld stays");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    fn damaged(folder: &Path) -> DamagedJournal {
        let path = folder.join("journal-80000000-ab.sqlite");
        let error = OpenError::Journal(JournalError::Damaged { path, reason: "for this test".to_owned() });
        DamagedJournal::of("Mine".to_owned(), folder, error).ok().unwrap()
    }

    #[test]
    fn a_journal_that_stays_where_it_is_leaves_the_keeper_s_order_there_too() {
        let folder = tempfile::tempdir().unwrap();
        let damaged = damaged(folder.path());
        let order = damaged.keeper_file.clone().unwrap();
        fs::create_dir_all(order.parent().unwrap()).unwrap();
        fs::write(&order, "an order").unwrap();
        // The journal is not there, so that it cannot be set aside.
        let now = UnixSeconds::new(1_700_000_000);
        set_aside(&damaged, now).unwrap_err();
        assert_eq!(fs::read_to_string(&order).unwrap(), "an order");
        assert_eq!(fs::read_dir(order.parent().unwrap()).unwrap().count(), 1);

        // The order cannot be withheld: then the journal stays as well.
        let journal = folder.path().join("journal-80000000-ab.sqlite");
        fs::write(&journal, "rubbish").unwrap();
        let in_the_way = order.with_file_name("keeper.json.withheld");
        fs::create_dir_all(in_the_way.join("deeper")).unwrap();
        set_aside(&damaged, now).unwrap_err();
        assert_eq!(fs::read_to_string(&journal).unwrap(), "rubbish");
        assert_eq!(fs::read_to_string(&order).unwrap(), "an order");
        fs::remove_dir_all(&in_the_way).unwrap();

        let aside = set_aside(&damaged, now).unwrap();
        assert_eq!(fs::read_to_string(aside).unwrap(), "rubbish");
        assert!(!journal.exists());
        assert_eq!(fs::read_dir(order.parent().unwrap()).unwrap().count(), 0, "nothing of the order is left");
    }

    #[test]
    fn an_order_that_was_withheld_when_the_process_ended_comes_back_with_the_old_journal_only() {
        let folder = tempfile::tempdir().unwrap();
        let order = damaged(folder.path()).keeper_file.unwrap();
        fs::create_dir_all(order.parent().unwrap()).unwrap();
        let withheld = order.with_file_name("keeper.json.withheld");
        // Killed between the two steps: the journal is found damaged once more.
        fs::write(&withheld, "an order").unwrap();
        let _found = damaged(folder.path());
        assert_eq!(fs::read_to_string(&order).unwrap(), "an order");
        assert!(!withheld.exists());
        // A newer order stays.
        fs::write(&withheld, "an older order").unwrap();
        let _found = damaged(folder.path());
        assert_eq!(fs::read_to_string(&order).unwrap(), "an order");
        // Killed after both steps: the new journal is opened, and what is left is of the old one.
        fs::remove_file(&order).unwrap();
        forget_withheld(&order);
        forget_withheld(&order);
        let _found = damaged(folder.path());
        assert_eq!(fs::read_dir(order.parent().unwrap()).unwrap().count(), 0);
    }
}
