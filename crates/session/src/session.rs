//! What a shell holds.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bithedge_engine::networks::{OwnProfiles, ProfileId};
use bithedge_engine::present;
use bithedge_engine::words::Notices as _;
use bithedge_ipc::{
    ChainSnapshot, Event, Fault, NetworkInput, NetworkVerdict, NetworkView, Notice, Preferences,
    SavedNetwork, SessionView, Theme, WalletKind,
};
use bithedge_keys::{Moment, Wallet, WalletState};
use bithedge_protocol::Seconds;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::core::{Core, Standing, State};
use crate::preferences::{AUTO_LOCK, KeepChoice, PreferenceFile};
use crate::remembered::MemoryFile;
use crate::wallets::{may_act, open_own, open_practice, protection};
use crate::{SessionSetup, keeper, network, notices};

/// How often it is looked whether keys are to be locked, words to be forgotten, and times over.
const TICK: Duration = Duration::from_secs(1);

/// The running application. Clones are the same one; it runs until [`shut_down`](Self::shut_down), or until the last clone is dropped.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "it holds wallets")]
pub struct Session(pub(crate) Arc<Held>);

pub(crate) struct Held {
    pub(crate) core: Arc<Core>,
    tickers: [JoinHandle<()>; 2],
}

impl Drop for Held {
    fn drop(&mut self) {
        self.tickers.iter().for_each(JoinHandle::abort);
        let life = self.core.state().life.take();
        // The rest ends with its task.
        if let Some(life) = life {
            life.abandon();
        }
    }
}

impl Session {
    /// Goes on with what was in use. It does not fail: what cannot be used is told in the [`SessionView`].
    pub async fn open(setup: SessionSetup) -> Self {
        let (memory, notice) = MemoryFile::open(&setup.data_folder);
        let mut preferences = PreferenceFile::open(&setup.data_folder);
        if let Some(theme) = setup.theme {
            preferences.override_theme(theme);
        }
        let mut notices: Vec<Notice> = notice.into_iter().collect();
        let profiles = match OwnProfiles::open(&setup.data_folder.join("networks.json")) {
            Ok(opened) => {
                if let Some(aside) = opened.set_aside {
                    notices.push(networks_set_aside(&aside));
                }
                Ok(opened.profiles)
            }
            Err(error) => {
                let notice = error.notice();
                notices.push(notice.clone());
                Err(notice)
            }
        };
        let auto_lock = preferences.current().auto_lock;
        let opening = setup.clone();
        let own = tokio::task::spawn_blocking(move || {
            let own = open_own(&opening, auto_lock);
            let protection = protection(&own);
            (own, protection)
        });
        let (own, protection) = own.await.unwrap_or_else(|error| {
            let notice = notices::defect(&error);
            (Err(notice.clone()), Err(notice))
        });
        let has_own = own.as_ref().is_ok_and(|own| is_anything(own));
        let kind = match memory.value.wallet {
            Some(WalletKind::Practice) => Some(WalletKind::Practice),
            _ if has_own || own.is_err() => Some(WalletKind::Own),
            _ => None,
        };
        let state = State {
            own,
            protection,
            practice: None,
            kind,
            memory,
            notices,
            preferences,
            profiles,
            standing: Standing::None,
            next_network: None,
            life: None,
            follower: Weak::new(),
            question: None,
            damaged_journal: None,
            revoked: BTreeSet::new(),
            ended: None,
            is_asking: false,
            to_ask: None,
            next_order: keeper::FIRST_ORDER,
            secret: None,
        };
        let core = Arc::new(Core::new(setup, state));
        let tickers =
            [tokio::spawn(lock_in_time(Arc::downgrade(&core))), tokio::spawn(tick(Arc::downgrade(&core)))];
        let session = Self(Arc::new(Held { core, tickers }));
        session.go_on(kind).await;
        session
    }

    /// Opens what was in use, beside the caller.
    async fn go_on(&self, kind: Option<WalletKind>) {
        match kind {
            Some(WalletKind::Practice) => {
                // Deriving its keys takes a second: the window does not wait for that, and is told.
                let core = Arc::clone(&self.0.core);
                if let Ok(network) = core.network_view(ProfileId::Devnet) {
                    let doing = "Opening the practice wallet".to_owned();
                    core.state().standing = Standing::Opening { network, doing };
                    core.changed();
                }
                tokio::spawn(async move {
                    if let Err(notice) = practise(&core).await {
                        tracing::error!(detail = notice.detail, "{}", notice.happened);
                        core.state().notices.push(notice);
                        core.changed();
                    }
                });
            }
            Some(WalletKind::Own) => {
                let network = self.0.core.state().memory.value.own_network.clone();
                if let Some(network) = network
                    && let Err(notice) = self.choose_network(&network).await
                {
                    tracing::warn!(detail = notice.detail, "{}", notice.happened);
                    self.0.core.state().notices.push(notice);
                    self.0.core.changed();
                }
            }
            None => {}
        }
    }

    /// Ends everything in good order: the network is closed, the devnet's history is on the disk, the keys are locked.
    pub async fn shut_down(&self) {
        let core = &self.0.core;
        core.secret_close();
        core.before_the_end().await;
        let _switching = core.switching.lock().await;
        core.end_network().await;
        if let Some(own) = &core.own {
            own.lock();
        }
    }

    /// What changes by itself. Who is so far behind that it misses some asks for session, chain and pages again.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.core.events.subscribe()
    }

    /// The session as it is, and whenever it changes.
    #[must_use]
    pub fn session_views(&self) -> watch::Receiver<SessionView> {
        self.0.core.views.subscribe()
    }

    /// The chain as last read, and whenever that changes.
    #[must_use]
    pub fn chain_snapshots(&self) -> watch::Receiver<ChainSnapshot> {
        self.0.core.chain.subscribe()
    }

    /// `CHAIN_SNAPSHOT`.
    #[must_use]
    pub fn chain_snapshot(&self) -> ChainSnapshot {
        self.0.core.chain.borrow().clone()
    }

    /// `RETRY_CONNECTION`.
    pub fn retry_connection(&self) {
        self.0.core.retry();
    }

    /// `PREFERENCES`.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        self.0.core.state().preferences.current()
    }

    /// `SET_THEME`.
    ///
    /// # Errors
    /// It could not be kept; it holds for this run.
    pub fn set_theme(&self, theme: Theme) -> Result<Preferences, Notice> {
        let keep = self.0.core.state().preferences.set_theme(theme);
        self.prefer(keep)
    }

    /// `SET_AUTO_LOCK`. A time that is longer than now is asked about in the window of questions, and nothing is changed before.
    ///
    /// # Errors
    /// It is not between a minute and a day, or another question is open: nothing is changed. Or it could not be kept; it holds for this
    /// run.
    pub fn set_auto_lock(&self, after: Seconds) -> Result<Preferences, Notice> {
        if !AUTO_LOCK.contains(&after.get()) {
            return Err(notices::notice(
                Fault::InputUnfit,
                "The keys lock themselves after a minute to a day.",
                "Nothing was changed.",
                "Choose a time between the two.",
                &"",
            ));
        }
        self.0.core.set_auto_lock(after)?;
        Ok(self.preferences())
    }

    /// `SET_NOTIFIES`.
    ///
    /// # Errors
    /// It could not be kept; it holds for this run.
    pub fn set_notifies(&self, on: bool) -> Result<Preferences, Notice> {
        let keep = self.0.core.state().preferences.set_notifies(on);
        self.prefer(keep)
    }

    fn prefer(&self, keep: KeepChoice) -> Result<Preferences, Notice> {
        let kept = keep.carry_out();
        let preferences = self.preferences();
        self.0.core.emit(Event::Preferences(preferences));
        kept.map(|()| preferences).map_err(Notice::from)
    }

    /// `SESSION`.
    #[must_use]
    pub fn session(&self) -> SessionView {
        self.0.core.views.borrow().clone()
    }

    /// `BEGIN_PRACTICE`: it returns when the practice wallet is open; the session tells how the devnet gets on.
    ///
    /// # Errors
    /// The practice wallet could not be made. The person's own is in use then, if there is one, and no network.
    pub async fn begin_practice(&self) -> Result<(), Notice> {
        practise(&self.0.core).await
    }

    /// `LEAVE_PRACTICE`.
    ///
    /// # Errors
    /// The network of the person's own wallet is not in the list any more.
    pub async fn leave_practice(&self) -> Result<(), Notice> {
        let core = &self.0.core;
        let network = {
            let _switching = core.switching.lock().await;
            if core.state().kind != Some(WalletKind::Practice) {
                return Ok(());
            }
            core.leave_network().await;
            let has_own = core.state().own.as_ref().is_ok_and(|own| is_anything(own));
            core.put_in_use(has_own.then_some(WalletKind::Own));
            core.changed();
            core.state().memory.value.own_network.clone().filter(|_| has_own)
        };
        match network {
            Some(network) => self.choose_network(&network).await,
            None => Ok(()),
        }
    }

    /// `LOCK`. The practice wallet has no passphrase that anybody knows, and stays open.
    pub fn lock(&self) {
        // Before anything that others may hold.
        if let Some(own) = &self.0.core.own {
            own.lock();
        }
        self.0.core.keys_changed();
    }

    /// Somebody is there: the keys do not lock themselves for as long as was chosen. It is for who hears a person's keyboard and pointer
    /// from the system, and never for a page, which could say so without anybody there.
    pub fn touch(&self) {
        if let Some(own) = &self.0.core.own {
            let before = own.state();
            if own.touch(Moment::now()) != before {
                self.0.core.keys_changed();
            }
        }
    }

    /// `CHOOSE_ACCOUNT`.
    ///
    /// # Errors
    /// There is no such account.
    pub fn choose_account(&self, account: &str) -> Result<(), Notice> {
        self.0.core.choose_account(account)
    }

    /// `ADD_ACCOUNT`.
    ///
    /// # Errors
    /// The keys are locked or absent, the label cannot be used, or the list could not be written.
    pub async fn add_account(&self, label: String) -> Result<(), Notice> {
        self.0.core.add_account(label).await
    }

    /// `RENAME_ACCOUNT`.
    ///
    /// # Errors
    /// As [`add_account`](Self::add_account), or there is no such account.
    pub async fn rename_account(&self, account: &str, label: String) -> Result<(), Notice> {
        self.0.core.rename_account(account, label).await
    }

    /// `WATCH_ADDRESS`.
    ///
    /// # Errors
    /// The keys are locked; it is no address, of another kind of network, or in the list already.
    pub async fn watch_address(&self, address: String, label: String) -> Result<(), Notice> {
        self.0.core.watch_address(address, label).await
    }

    /// `UNWATCH_ADDRESS`.
    ///
    /// # Errors
    /// The keys are locked, or it is not watched.
    pub async fn unwatch_address(&self, account: &str) -> Result<(), Notice> {
        self.0.core.unwatch_address(account).await
    }

    /// `NETWORKS`.
    #[must_use]
    pub fn networks(&self) -> Vec<NetworkView> {
        let own: Vec<ProfileId> = match &self.0.core.state().profiles {
            Ok(profiles) => profiles.all().iter().map(|profile| profile.id()).collect(),
            Err(_) => Vec::new(),
        };
        let all = [ProfileId::Devnet, ProfileId::Testnet, ProfileId::Mainnet].into_iter().chain(own);
        all.filter_map(|id| self.0.core.network_view(id).ok()).collect()
    }

    /// `CHOOSE_NETWORK`.
    ///
    /// # Errors
    /// There is no such network, or the wallet in use may not be used on it: what was in use stays.
    pub async fn choose_network(&self, network: &str) -> Result<(), Notice> {
        let id: ProfileId = network.parse().map_err(|_| notices::no_such_network())?;
        let core = &self.0.core;
        let _switching = core.switching.lock().await;
        let kind = core.state().kind.ok_or_else(notices::no_wallet)?;
        may_act(kind, id)?;
        let next = core.network_view(id)?;
        core.state().next_network = Some(next);
        core.leave_network().await;
        let entered = core.enter_network(id);
        core.state().next_network = None;
        entered
    }

    /// `CHECK_NETWORK`.
    ///
    /// # Errors
    /// There is no such network, or nobody approved it. That it cannot be used is no error, but a verdict.
    pub async fn check_network(&self, network: &str) -> Result<Vec<NetworkVerdict>, Notice> {
        let id: ProfileId = network.parse().map_err(|_| notices::no_such_network())?;
        let core = &self.0.core;
        let url = {
            let state = core.state();
            let in_use = state.running().filter(|running| running.profile == id);
            in_use.map(|running| running.url.clone()).or_else(|| core.setup.node_url.clone())
        };
        let profile = network::profile(id, &core.state().profiles, url.as_deref())?;
        core.ask_before_use(&profile)?;
        Ok(core.checks.lock().await.check(profile, Arc::clone(&core.setup.clock)).await)
    }

    /// `SAVE_NETWORK`. A devnet on this computer is kept at once; anything else is asked about, and kept when that was answered with yes.
    /// If it is the one in use, it is opened anew then.
    ///
    /// # Errors
    /// What was typed cannot be used, or could not be kept; a question is open already.
    pub async fn save_network(
        &self,
        replaces: Option<&str>,
        input: NetworkInput,
    ) -> Result<SavedNetwork, Notice> {
        let replaces: Option<ProfileId> =
            replaces.map(|known| known.parse().map_err(|_| notices::no_such_network())).transpose()?;
        self.0.core.save_network(replaces, present::network_input(input)).await
    }

    /// `REMOVE_NETWORK`. If it is the one in use, none is in use any more.
    ///
    /// # Errors
    /// It is not one of the person's own, or that could not be kept.
    pub async fn remove_network(&self, network: &str) -> Result<(), Notice> {
        let id: ProfileId = network.parse().map_err(|_| notices::no_such_network())?;
        let core = &self.0.core;
        {
            let mut state = core.state();
            let profiles = state.profiles.as_mut().map_err(|notice| notice.clone())?;
            profiles.remove(id).map_err(|error| error.notice())?;
        }
        let _switching = core.switching.lock().await;
        if core.network_in_use() == Some(id) {
            core.leave_network().await;
            let mut state = core.state();
            state.memory.value.own_network = None;
            let keep = state.memory.keep();
            drop(state);
            keep.carry_out();
            core.changed();
        }
        Ok(())
    }
}

/// Opens the practice wallet and the devnet.
async fn practise(core: &Arc<Core>) -> Result<(), Notice> {
    let _switching = core.switching.lock().await;
    core.leave_network().await;
    let devnet = core.network_view(ProfileId::Devnet)?;
    core.put_in_use(Some(WalletKind::Practice));
    let doing = "Opening the practice wallet of Peter and Irene".to_owned();
    core.state().standing = Standing::Opening { network: devnet, doing };
    core.changed();
    let known = core.state().practice.clone();
    let opened = match known {
        Some(wallet) => Ok(wallet),
        None => {
            let setup = core.setup.clone();
            let opened = tokio::task::spawn_blocking(move || open_practice(&setup)).await;
            opened.unwrap_or_else(|_| Err(notices::defect(&"the thread that makes the wallet has ended")))
        }
    };
    match opened {
        Ok(wallet) => {
            core.state().practice = Some(wallet);
            core.enter_network(ProfileId::Devnet)
        }
        Err(notice) => {
            // Whoever has a wallet of their own is not sent back to the beginning, from where no way leads to it.
            let has_own = core.state().own.as_ref().is_ok_and(|own| is_anything(own));
            core.put_in_use(has_own.then_some(WalletKind::Own));
            core.changed();
            Err(notice)
        }
    }
}

/// Whether there are keys in a wallet, or addresses that are watched.
fn is_anything(wallet: &Wallet) -> bool {
    wallet.state() != WalletState::Absent || wallet.accounts().is_ok_and(|list| !list.is_empty())
}

fn networks_set_aside(aside: &std::path::Path) -> Notice {
    notices::notice(
        Fault::FileDamaged,
        "The list of your own networks could not be read.",
        "Your keys and your money are not affected.",
        "Enter the networks again that you need.",
        &format!("the damaged list is kept as {}", aside.display()),
    )
}

/// Keys lock themselves in time. Nothing that waits for a disk or for the state comes before that.
async fn lock_in_time(core: Weak<Core>) {
    loop {
        tokio::time::sleep(TICK).await;
        let Some(core) = core.upgrade() else { break };
        if let Some(own) = &core.own
            && own.tick(Moment::now())
        {
            tracing::info!("nobody was there, and the keys are locked");
            core.keys_changed();
        }
    }
}

/// What else time does: words are forgotten, questions and the keeper's order come to their end.
async fn tick(core: Weak<Core>) {
    loop {
        tokio::time::sleep(TICK).await;
        let Some(core) = core.upgrade() else { break };
        core.forget_in_time();
        core.drop_answered();
        core.ask_what_waits();
        keeper::strike_out_revoked(&core);
        let running = core.state().running().cloned();
        if let Some(running) = running {
            keeper::end_in_time(&core, &running);
        }
    }
}
