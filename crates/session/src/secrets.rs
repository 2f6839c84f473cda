//! Words and passphrases, on their way between their window and the keys. Nothing here is logged, and nothing outlives its task.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bithedge_engine::words::Notices as _;
use bithedge_ipc::secret::{
    KeychainState, SecretChange, SecretCreation, SecretDone, SecretImport, SecretPassphrase, SecretTask,
    SecretView, SecretWords, WordCount,
};
use bithedge_ipc::{Fault, Notice, WalletKind};
use bithedge_keys::{
    Created, MIN_PASSPHRASE_CHARACTERS, Mnemonic, Moment, OpenedWith, OsRandomness, Passphrase,
    PreviousKeyFile, Protection, Wallet, WalletError, WalletState, WithoutKeychain, WordCheck, probe,
    suggestions,
};
use zeroize::{Zeroize as _, Zeroizing};

use crate::core::{Core, Standing};
use crate::notices;

/// How many of the words are asked for again.
const ASKED: usize = 3;
/// New words are forgotten after so long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// A keychain that says nothing for so long, mostly because it waits for a person, is told as it is.
const KEYCHAIN_PATIENCE: Duration = Duration::from_secs(5);
/// Suggestions that fit a list.
const MOST_SUGGESTIONS: usize = 8;

/// What the window of secrets is open for.
pub(crate) struct SecretWork {
    task: SecretTask,
    begun: Instant,
    keychain: KeychainState,
    /// New words, and what is asked of them. Overwritten when dropped.
    new: Option<(Mnemonic, WordCheck)>,
    /// Tells this work from a later one.
    number: u64,
    /// Whether something is being changed that closing the window would not take back.
    is_changing: bool,
}

/// Held while something is changed: so long the window stays, and the outcome has somebody to be told to.
struct Changing<'a> {
    core: &'a Core,
    number: u64,
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if let Some(work) = self.core.state().secret.as_mut().filter(|work| work.number == self.number) {
            work.is_changing = false;
        }
    }
}

impl Core {
    /// Begins a task.
    pub(crate) async fn secret_open(self: &Arc<Self>, task: SecretTask) -> Result<SecretView, Notice> {
        let wallet = {
            let state = self.state();
            if state.secret.is_some() {
                return Err(notices::secret_open());
            }
            let is_practice = state.kind == Some(WalletKind::Practice);
            let wallet = state.own.clone()?;
            match (task, wallet.state()) {
                (SecretTask::Create | SecretTask::Import, WalletState::Absent) => {}
                (SecretTask::Create | SecretTask::Import, _) => return Err(WalletError::Exists.notice()),
                (_, WalletState::Absent) if is_practice => {
                    return Err(notices::practice_has_no_passphrase());
                }
                (_, WalletState::Absent) => return Err(WalletError::Absent.notice()),
                (SecretTask::Unlock, WalletState::Unlocked) => return Err(WalletError::Unlocked.notice()),
                _ => {}
            }
            wallet
        };
        drop(wallet);
        let keychain = match task {
            // What is made, or made anew, is protected with it.
            SecretTask::Create | SecretTask::Import | SecretTask::ChangePassphrase => self.keychain().await,
            // These use what the file was made with, and say so themselves if that fails.
            SecretTask::Unlock | SecretTask::Reveal => KeychainState::Usable,
        };
        {
            let mut state = self.state();
            if state.secret.is_some() {
                return Err(notices::secret_open());
            }
            let number = state.next_order;
            state.next_order = number.saturating_add(1);
            state.secret = Some(SecretWork {
                task,
                begun: Instant::now(),
                keychain,
                new: None,
                number,
                is_changing: false,
            });
        }
        self.secret().ok_or_else(notices::secret_closed)
    }

    async fn keychain(&self) -> KeychainState {
        let keychain = Arc::clone(&self.setup.keychain);
        let asked = tokio::task::spawn_blocking(move || probe(&*keychain, &OsRandomness));
        let notice = match tokio::time::timeout(KEYCHAIN_PATIENCE, asked).await {
            Ok(Ok(Ok(()))) => return KeychainState::Usable,
            Ok(Ok(Err(error))) => error.notice(),
            Ok(Err(_)) | Err(_) => notices::notice(
                Fault::KeychainUnusable,
                "The keychain of this computer does not answer.",
                "Nothing was changed. With the passphrase alone, a copy of the key file can be attacked by guessing the passphrase.",
                "Unlock the keychain if you are asked to, and open this window again; or go on with the passphrase alone.",
                &"no answer in time",
            ),
        };
        KeychainState::Unusable { notice }
    }

    /// What the window is open for.
    pub(crate) fn secret(&self) -> Option<SecretView> {
        let (task, keychain, is_asked, running) = {
            let state = self.state();
            let work = state.secret.as_ref()?;
            (work.task, work.keychain.clone(), state.question.is_some(), state.running().cloned())
        };
        let under_way = running.map_or(0, |running| {
            running.engine.transactions().unsettled().iter().filter(|one| one.status.is_under_way()).count()
        });
        let waiting = under_way.saturating_add(usize::from(is_asked));
        Some(SecretView {
            task,
            keychain,
            shortest_passphrase: u32::try_from(MIN_PASSPHRASE_CHARACTERS).unwrap_or(u32::MAX),
            waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        })
    }

    /// Forgets everything about it.
    pub(crate) fn secret_close(&self) {
        self.state().secret = None;
    }

    /// The number of the task that the window of secrets is open for.
    pub(crate) fn secret_number(&self) -> Option<u64> {
        self.state().secret.as_ref().map(|work| work.number)
    }

    /// Forgets everything about the task of that number, and nothing about a later one.
    pub(crate) fn secret_end(&self, number: u64) {
        let mut state = self.state();
        if state.secret.as_ref().is_some_and(|work| work.number == number) {
            state.secret = None;
        }
    }

    /// Whether something is being changed that closing the window would not take back.
    pub(crate) fn secret_is_changing(&self) -> bool {
        self.state().secret.as_ref().is_some_and(|work| work.is_changing)
    }

    /// Notes that something is being changed now.
    fn changing(&self, number: u64) -> Changing<'_> {
        if let Some(work) = self.state().secret.as_mut().filter(|work| work.number == number) {
            work.is_changing = true;
        }
        Changing { core: self, number }
    }

    /// Forgets new words that nobody has gone on with.
    pub(crate) fn forget_in_time(&self) {
        let mut state = self.state();
        if let Some(work) = state.secret.as_mut()
            && work.begun.elapsed() >= FORGOTTEN_AFTER
            && work.new.take().is_some()
        {
            tracing::info!("words that nobody went on with were forgotten");
        }
    }

    /// The wallet, if the window is open for one of these tasks.
    fn working(&self, tasks: &[SecretTask]) -> Result<(Arc<Wallet>, u64), Notice> {
        let state = self.state();
        let work = state.secret.as_ref().filter(|work| tasks.contains(&work.task));
        let number = work.ok_or_else(notices::secret_closed)?.number;
        Ok((state.own.clone()?, number))
    }

    /// New words.
    pub(crate) async fn secret_new_words(&self, count: WordCount) -> Result<SecretWords, Notice> {
        let (_, number) = self.working(&[SecretTask::Create])?;
        let made = blocking(move || {
            let count = match count {
                WordCount::Twelve => bithedge_keys::WordCount::Twelve,
                WordCount::TwentyFour => bithedge_keys::WordCount::TwentyFour,
            };
            let mnemonic = Mnemonic::generate(count, &OsRandomness)?;
            let check = WordCheck::new(count, ASKED, &OsRandomness)?;
            Ok::<_, bithedge_keys::RandomnessError>((mnemonic, check))
        });
        let (mnemonic, check) = made.await?.map_err(|error| error.notice())?;
        let words = mnemonic.words().map(str::to_owned).collect();
        let asked = check.positions().iter().filter_map(|place| u32::try_from(*place).ok()).collect();
        let mut state = self.state();
        let work = state.secret.as_mut().filter(|work| work.number == number);
        let work = work.ok_or_else(notices::secret_closed)?;
        work.begun = Instant::now();
        work.new = Some((mnemonic, check));
        Ok(SecretWords { words, asked })
    }

    /// Makes the wallet of the words that were shown.
    pub(crate) async fn secret_create(
        self: &Arc<Self>,
        creation: SecretCreation,
    ) -> Result<SecretDone, Notice> {
        let SecretCreation { answers, passphrase, without_keychain } = creation;
        let (answers, passphrase) = (Answers(answers), Zeroizing::new(passphrase));
        let (wallet, number) = self.working(&[SecretTask::Create])?;
        let new = self.state().secret.as_mut().and_then(|work| work.new.take());
        let (mnemonic, check) = new.ok_or_else(notices::secret_closed)?;
        let changing = self.changing(number);
        let made = blocking(move || {
            let made = create_checked(&wallet, &mnemonic, &check, &answers, &passphrase, without_keychain);
            (made, mnemonic, check)
        });
        let (made, mnemonic, check) = made.await?;
        drop(changing);
        match made {
            Ok(created) => self.made(created, number).await,
            Err(notice) => {
                // To try again with: the words were written down, or another passphrase is thought of.
                let mut state = self.state();
                if let Some(work) = state.secret.as_mut().filter(|work| work.number == number) {
                    work.new = Some((mnemonic, check));
                }
                Err(notice)
            }
        }
    }

    /// Makes the wallet of words that the person brought.
    pub(crate) async fn secret_import(self: &Arc<Self>, import: SecretImport) -> Result<SecretDone, Notice> {
        let SecretImport { words, passphrase, without_keychain } = import;
        let (words, passphrase) = (Zeroizing::new(words), Zeroizing::new(passphrase));
        let (wallet, number) = self.working(&[SecretTask::Import])?;
        let changing = self.changing(number);
        let made = blocking(move || {
            let mnemonic = Mnemonic::parse(&words).map_err(|error| error.notice())?;
            create(&wallet, &mnemonic, &passphrase, without_keychain)
        });
        let created = made.await??;
        drop(changing);
        self.made(created, number).await
    }

    /// The person's own wallet is the one in use from now on.
    async fn made(self: &Arc<Self>, created: Created, number: u64) -> Result<SecretDone, Notice> {
        self.look_at_protection();
        let mut notices = Vec::new();
        if created.protection == Protection::PassphraseAlone {
            notices.push(notices::notice(
                Fault::KeychainUnusable,
                "The keys are protected by the passphrase alone.",
                "Whoever gets a copy of the key file can try to guess the passphrase. A long one, used nowhere else, withstands that.",
                "Change the passphrase once this computer has a keychain: the keys are protected by both from then on.",
                &"",
            ));
        }
        if !created.left_out.is_empty() {
            let labels: Vec<&str> = created.left_out.iter().map(bithedge_keys::Account::label).collect();
            notices.push(notices::notice(
                Fault::AccountListAltered,
                "Addresses that were watched before are not watched any more.",
                "Your money is not affected. Nothing vouched for these addresses before there were keys, so anybody may have put them there.",
                "Watch those again that you know.",
                &labels.join(", "),
            ));
        }
        self.use_own_wallet().await;
        self.secret_end(number);
        Ok(SecretDone { notices })
    }

    /// Unlocks the keys.
    pub(crate) async fn secret_unlock(
        self: &Arc<Self>,
        unlock: SecretPassphrase,
    ) -> Result<SecretDone, Notice> {
        let passphrase = Zeroizing::new(unlock.passphrase);
        let (wallet, number) = self.working(&[SecretTask::Unlock])?;
        let unlocked = Arc::clone(&wallet);
        let opened = blocking(move || {
            let passphrase = Passphrase::new(&passphrase).map_err(|error| error.notice())?;
            wallet.unlock(&passphrase, Moment::now()).map_err(|error| error.notice())
        });
        let opened = opened.await??;
        // Who closed the window meanwhile did not want them open.
        if self.secret_number() != Some(number) {
            unlocked.lock();
            self.keys_changed();
            return Err(notices::secret_closed());
        }
        self.look_at_protection();
        self.secret_end(number);
        self.keys_changed();
        Ok(SecretDone { notices: opened_with(opened) })
    }

    /// Changes the passphrase.
    pub(crate) async fn secret_change(self: &Arc<Self>, change: SecretChange) -> Result<SecretDone, Notice> {
        let SecretChange { present, new, is_known_to_others, without_keychain } = change;
        let (present, new) = (Zeroizing::new(present), Zeroizing::new(new));
        let (wallet, number) = self.working(&[SecretTask::ChangePassphrase])?;
        let changing = self.changing(number);
        let previous = match is_known_to_others {
            true => PreviousKeyFile::RemovedAtOnce,
            false => PreviousKeyFile::KeptUntilProven,
        };
        let changed = blocking(move || {
            let present = Passphrase::new(&present).map_err(|error| error.notice())?;
            let new = Passphrase::new(&new).map_err(|error| error.notice())?;
            let without = without(without_keychain);
            wallet
                .change_passphrase(&present, &new, without, previous, Moment::now())
                .map_err(|error| error.notice())
        });
        let changed = changed.await?;
        drop(changing);
        self.look_at_protection();
        if changed.is_ok() && self.secret_number() != Some(number) {
            // The window that would have said so is gone all the same.
            let at = self.setup.clock.now();
            self.state().notices.push(notices::passphrase_changed(at));
        }
        self.changed();
        changed?;
        self.secret_end(number);
        Ok(SecretDone { notices: Vec::new() })
    }

    /// The words.
    pub(crate) async fn secret_reveal(&self, reveal: SecretPassphrase) -> Result<SecretWords, Notice> {
        let passphrase = Zeroizing::new(reveal.passphrase);
        let (wallet, number) = self.working(&[SecretTask::Reveal])?;
        let words = blocking(move || {
            let passphrase = Passphrase::new(&passphrase).map_err(|error| error.notice())?;
            let words = wallet.export_words(&passphrase).map_err(|error| error.notice())?;
            Ok::<_, Notice>(words.show(|words| Answers(words.map(str::to_owned).collect())))
        });
        let mut words = words.await??;
        // The window may have been closed meanwhile: then nobody is there to see them.
        if self.working(&[SecretTask::Reveal])?.1 != number {
            return Err(notices::secret_closed());
        }
        Ok(SecretWords { words: std::mem::take(&mut words.0), asked: Vec::new() })
    }

    /// The person's own wallet is the one in use from now on: the practice wallet's network is left.
    async fn use_own_wallet(self: &Arc<Self>) {
        let _switching = self.switching.lock().await;
        if self.state().kind != Some(WalletKind::Own) {
            self.leave_network().await;
            self.put_in_use(Some(WalletKind::Own));
        }
        self.changed();
    }

    /// Puts another wallet in use. The caller holds `switching`, and has left the network.
    pub(crate) fn put_in_use(&self, kind: Option<WalletKind>) {
        let keep = {
            let mut state = self.state();
            state.kind = kind;
            state.standing = Standing::None;
            state.memory.value.wallet = kind;
            state.memory.keep()
        };
        keep.carry_out();
    }
}

/// Words that begin so.
pub(crate) fn suggest(prefix: &str) -> Vec<String> {
    suggestions(prefix).iter().take(MOST_SUGGESTIONS).map(|word| (*word).to_owned()).collect()
}

/// Words in memory that is overwritten.
struct Answers(Vec<String>);

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(zeroize::Zeroize::zeroize);
        self.0.zeroize();
    }
}

/// Deriving keys, files and keychains block. Only that the thread ended is told, never what it said: it had the keys.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Notice> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| notices::defect(&"the thread that works with the keys has ended"))
}

const fn without(accepted: bool) -> WithoutKeychain {
    if accepted { WithoutKeychain::Accepted } else { WithoutKeychain::Refused }
}

fn create_checked(
    wallet: &Wallet,
    mnemonic: &Mnemonic,
    check: &WordCheck,
    answers: &Answers,
    passphrase: &str,
    without_keychain: bool,
) -> Result<Created, Notice> {
    let answers: Vec<&str> = answers.0.iter().map(String::as_str).collect();
    check.verify(mnemonic, &answers).map_err(|error| error.notice())?;
    create(wallet, mnemonic, passphrase, without_keychain)
}

fn create(
    wallet: &Wallet,
    mnemonic: &Mnemonic,
    passphrase: &str,
    without_keychain: bool,
) -> Result<Created, Notice> {
    let passphrase = Passphrase::new(passphrase).map_err(|error| error.notice())?;
    wallet
        .create(mnemonic, &passphrase, without(without_keychain), Moment::now())
        .map_err(|error| error.notice())
}

fn opened_with(with: OpenedWith) -> Vec<Notice> {
    match with {
        OpenedWith::PresentPassphrase => Vec::new(),
        OpenedWith::PreviousPassphrase => vec![notices::notice(
            Fault::PassphrasePrevious,
            "The passphrase from before the last change opened the wallet: the key file of now, or its entry in the keychain, is lost.",
            "Your money is not affected: the keys are the same.",
            "Change the passphrase now, which puts everything in order.",
            &"",
        )],
    }
}
