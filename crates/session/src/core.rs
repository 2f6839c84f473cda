//! What a session holds, and how it is told.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bithedge_engine::ChainFollower;
use bithedge_engine::networks::{OwnProfiles, ProfileId};
use bithedge_ipc::{
    AccountView, ChainSnapshot, ChainStatus, Connection, Event, KeeperView, KeyProtection, KeyState,
    NetworkKind, NetworkUse, NetworkVerdict, NetworkView, Notice, QuestionView, SessionView, WalletKind,
    WalletView,
};
use bithedge_keys::{Account, AccountId, Wallet, WalletState};
use bithedge_stacks::{Address, Network, TransactionVersion};
use tokio::sync::{broadcast, watch};

use crate::SessionSetup;
use crate::checks::Checks;
use crate::decisions::DamagedJournal;
use crate::embedded::EmbeddedDevnet;
use crate::network::{Life, Running};
use crate::preferences::PreferenceFile;
use crate::questions::OpenQuestion;
use crate::remembered::MemoryFile;
use crate::secrets::SecretWork;

/// What a window may be behind with before it is told to ask for everything again.
const EVENTS: usize = 1_024;

/// How the network in use stands.
pub(crate) enum Standing {
    /// None was chosen.
    None,
    /// Being started or checked.
    Opening { network: NetworkView, doing: String },
    /// Not to be used.
    Unusable { network: NetworkView, verdicts: Vec<NetworkVerdict>, notice: Notice },
    /// Used.
    Ready(Arc<Running>),
    /// Not used any more.
    Halted { network: NetworkView, notice: Notice },
}

impl Standing {
    /// Which network.
    pub(crate) fn network(&self) -> Option<&NetworkView> {
        match self {
            Self::None => None,
            Self::Ready(running) => Some(&running.view),
            Self::Opening { network, .. } | Self::Unusable { network, .. } | Self::Halted { network, .. } => {
                Some(network)
            }
        }
    }
}

/// Everything that changes. Held briefly: nothing under it waits, asks a node or derives a key.
pub(crate) struct State {
    /// The person's own wallet, or why it cannot be used.
    pub(crate) own: Result<Arc<Wallet>, Notice>,
    /// What it takes to open its keys, as last read.
    pub(crate) protection: Result<Option<KeyProtection>, Notice>,
    /// The practice wallet, once it is open.
    pub(crate) practice: Option<Arc<Wallet>>,
    /// Which of them is in use.
    pub(crate) kind: Option<WalletKind>,
    pub(crate) memory: MemoryFile,
    pub(crate) notices: Vec<Notice>,
    pub(crate) preferences: PreferenceFile,
    /// The person's own networks, or why they cannot be used.
    pub(crate) profiles: Result<OwnProfiles, Notice>,
    pub(crate) standing: Standing,
    /// The network that the one in use is being left for.
    pub(crate) next_network: Option<NetworkView>,
    pub(crate) life: Option<Life>,
    /// Of the node in use.
    pub(crate) follower: Weak<ChainFollower>,
    pub(crate) question: Option<OpenQuestion>,
    /// The journal for which the network in use is not open.
    pub(crate) damaged_journal: Option<Arc<DamagedJournal>>,
    /// Files with a keeper's order that was ended, and that could not be written: what they say does not hold any more.
    pub(crate) revoked: BTreeSet<PathBuf>,
    /// A question whose answer could not be carried out, until a person has put that away.
    pub(crate) ended: Option<QuestionView>,
    /// Whether a question is being made.
    pub(crate) is_asking: bool,
    /// The network that a person is to be asked about as soon as no other question is open.
    pub(crate) to_ask: Option<ProfileId>,
    /// The number of the next standing order.
    pub(crate) next_order: u64,
    pub(crate) secret: Option<SecretWork>,
}

/// An account on the network in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountInUse {
    pub(crate) id: AccountId,
    pub(crate) label: String,
    pub(crate) address: Address,
}

impl State {
    /// The wallet in use, if it can be used.
    pub(crate) fn wallet(&self) -> Option<&Arc<Wallet>> {
        match self.kind? {
            WalletKind::Own => self.own.as_ref().ok(),
            WalletKind::Practice => self.practice.as_ref(),
        }
    }

    /// The same, or why not.
    pub(crate) fn wallet_in_use(&self) -> Result<Arc<Wallet>, Notice> {
        match self.kind {
            Some(WalletKind::Own) => self.own.clone(),
            _ => self.wallet().cloned().ok_or_else(crate::notices::no_wallet),
        }
    }

    /// Whether the keys in use cannot sign now.
    pub(crate) fn is_locked(&self) -> bool {
        self.wallet().is_none_or(|wallet| wallet.state() != WalletState::Unlocked)
    }

    /// The kind of addresses of the network in use; without one, an account is shown in whichever it has.
    pub(crate) fn version(&self) -> Option<TransactionVersion> {
        self.standing.network().map(|network| version_of(network.kind))
    }

    /// The accounts of the wallet in use that there are on the network in use.
    pub(crate) fn accounts(&self) -> Vec<(Account, Address)> {
        let accounts = self.wallet().and_then(|wallet| wallet.accounts().ok()).unwrap_or_default();
        let version = self.version();
        let address = |account: &Account| match version {
            Some(version) => account.address(version),
            None => {
                let both = [Network::MAINNET.version, Network::TESTNET.version];
                both.into_iter().find_map(|version| account.address(version))
            }
        };
        accounts
            .into_iter()
            .filter_map(|account| address(&account).map(|address| (account, address)))
            .collect()
    }

    /// The account in use: the remembered one, or the first.
    pub(crate) fn account(&self) -> Option<AccountInUse> {
        let remembered = self.memory.value.account(self.kind?);
        let accounts = self.accounts();
        let is_it = |(account, _): &&(Account, Address)| Some(&name_of(account.id())) == remembered;
        let (account, address) = accounts.iter().find(is_it).or_else(|| accounts.first())?;
        Some(AccountInUse { id: account.id(), label: account.label().to_owned(), address: *address })
    }

    /// What is said as long as another account is in use than the one that was chosen last.
    fn account_fallback(&self) -> Option<Notice> {
        let chosen = self.memory.value.account(self.kind?)?;
        let used = self.account().filter(|_| self.standing.network().is_some())?;
        (name_of(used.id) != *chosen).then(|| crate::notices::other_account(&used.label))
    }

    /// The network in use, if it can be used.
    pub(crate) fn running(&self) -> Option<&Arc<Running>> {
        match &self.standing {
            Standing::Ready(running) => Some(running),
            _ => None,
        }
    }

    fn wallet_view(&self) -> Option<WalletView> {
        let kind = self.kind?;
        let auto_lock = self.preferences.current().auto_lock;
        let own_problem = || self.own.as_ref().err().or(self.protection.as_ref().err()).cloned();
        let Some(wallet) = self.wallet() else {
            let problem = if kind == WalletKind::Own { own_problem() } else { None };
            return Some(WalletView { kind, keys: KeyState::Absent, protection: None, auto_lock, problem });
        };
        let keys = match wallet.state() {
            WalletState::Absent => KeyState::Absent,
            WalletState::Locked => KeyState::Locked,
            WalletState::Unlocked => KeyState::Unlocked,
        };
        let list = wallet.accounts().err().map(|error| bithedge_engine::words::Notices::notice(&error));
        let (protection, problem) = match kind {
            WalletKind::Practice => (Some(KeyProtection::PassphraseAlone), list),
            WalletKind::Own => (self.protection.clone().ok().flatten(), own_problem().or(list)),
        };
        Some(WalletView { kind, keys, protection, auto_lock, problem })
    }

    fn view(&self, tip: Option<bithedge_protocol::BlockHeight>) -> SessionView {
        let accounts = self.accounts();
        let views = accounts.iter().map(|(account, address)| AccountView {
            id: name_of(account.id()),
            label: account.label().to_owned(),
            address: address.to_string(),
            can_sign: matches!(account.id(), AccountId::Derived(_)),
            is_verified: account.is_verified(),
        });
        let network = match &self.standing {
            // On the way from one to another there is no moment without one.
            Standing::None => match &self.next_network {
                Some(network) => {
                    let doing = "Leaving the network that was in use".to_owned();
                    NetworkUse::Opening { network: network.clone(), doing }
                }
                None => NetworkUse::None,
            },
            Standing::Opening { network, doing } => {
                NetworkUse::Opening { network: network.clone(), doing: doing.clone() }
            }
            Standing::Unusable { network, verdicts, notice } => NetworkUse::Unusable {
                network: network.clone(),
                verdicts: verdicts.clone(),
                notice: notice.clone(),
            },
            Standing::Ready(running) => {
                NetworkUse::Ready { network: running.view.clone(), books: running.books_view(tip) }
            }
            Standing::Halted { network, notice } => {
                NetworkUse::Halted { network: network.clone(), notice: notice.clone() }
            }
        };
        SessionView {
            revision: 0,
            wallet: self.wallet_view(),
            has_own_keys: self.own.as_ref().is_ok_and(|wallet| wallet.state() != WalletState::Absent),
            accounts: views.collect(),
            account: self.account().map(|account| name_of(account.id)),
            network,
            question: self.question.as_ref().map(|question| question.id),
            asked_anew_for: self.question.as_ref().and_then(OpenQuestion::asked_anew_for),
            keeper: self.running().map_or(KeeperView::Off, |running| running.keeper_view()),
            notices: self.notices.iter().cloned().chain(self.account_fallback()).collect(),
        }
    }
}

/// The kind of addresses of a kind of chain.
pub(crate) const fn version_of(kind: NetworkKind) -> TransactionVersion {
    match kind {
        NetworkKind::Mainnet => Network::MAINNET.version,
        NetworkKind::Devnet | NetworkKind::Testnet => Network::TESTNET.version,
    }
}

/// What an account is named by, on every network.
pub(crate) fn name_of(id: AccountId) -> String {
    match id {
        AccountId::Derived(number) => format!("derived-{number}"),
        AccountId::WatchOnly(address) => format!("watched-{address}"),
    }
}

/// What runs until the application is closed.
pub(crate) struct Core {
    pub(crate) setup: SessionSetup,
    /// The person's own wallet, to be locked whoever holds the state.
    pub(crate) own: Option<Arc<Wallet>>,
    state: Mutex<State>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) views: watch::Sender<SessionView>,
    pub(crate) chain: watch::Sender<ChainSnapshot>,
    /// Whose balances are followed.
    pub(crate) addresses: watch::Sender<Vec<Address>>,
    /// Wallets and networks are changed one after the other.
    pub(crate) switching: tokio::sync::Mutex<()>,
    /// Held while the keeper is begun or ended, so that what the file says and what is done are one. Before the state.
    keeper_changes: Mutex<()>,
    /// Checks of networks, one after the other.
    pub(crate) checks: tokio::sync::Mutex<Checks>,
    pub(crate) devnet: EmbeddedDevnet,
}

impl Core {
    pub(crate) fn new(setup: SessionSetup, state: State) -> Self {
        let (events, _) = broadcast::channel(EVENTS);
        let (views, _) = watch::channel(state.view(None));
        let (chain, _) = watch::channel(no_chain());
        let (addresses, _) = watch::channel(Vec::new());
        Self {
            setup,
            own: state.own.clone().ok(),
            state: Mutex::new(state),
            events,
            views,
            chain,
            addresses,
            switching: tokio::sync::Mutex::new(()),
            keeper_changes: Mutex::new(()),
            checks: tokio::sync::Mutex::default(),
            devnet: EmbeddedDevnet::default(),
        }
    }

    /// Everything that changes. Whoever changed something says so by [`changed`](Self::changed).
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete once made, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while the keeper is begun or ended. The caller does not hold the state.
    pub(crate) fn changing_keeper(&self) -> MutexGuard<'_, ()> {
        self.keeper_changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what is in use, if it is anything else than was told.
    pub(crate) fn changed(&self) {
        let tip = self.chain.borrow().status.tip.as_ref().map(|tip| tip.height);
        let state = self.state();
        let view = state.view(tip);
        let addresses: Vec<Address> = match state.standing.network() {
            Some(_) => state.accounts().into_iter().map(|(_, address)| address).collect(),
            None => Vec::new(),
        };
        self.addresses.send_if_modified(|known| {
            let is_new = *known != addresses;
            *known = addresses;
            is_new
        });
        // Under the state's lock, so that views are told in the order in which they were.
        let mut told = None;
        self.views.send_if_modified(|known| {
            let same = SessionView { revision: known.revision, ..view };
            if *known == same {
                return false;
            }
            *known = SessionView { revision: known.revision.saturating_add(1), ..same };
            told = Some(known.clone());
            true
        });
        drop(state);
        if let Some(view) = told {
            self.emit(Event::Session(Box::new(view)));
        }
    }

    /// Tells the windows. That nobody listens is no error.
    pub(crate) fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// The chain, or the connection to it, changed.
    pub(crate) fn publish_chain(&self, snapshot: ChainSnapshot) {
        let mut told = None;
        self.chain.send_if_modified(|known| {
            let same = ChainSnapshot { revision: known.revision, ..snapshot };
            if *known == same {
                return false;
            }
            *known = ChainSnapshot { revision: known.revision.saturating_add(1), ..same };
            told = Some(known.clone());
            true
        });
        if let Some(snapshot) = told {
            self.emit(Event::Chain(snapshot));
        }
    }

    /// The chain is read again at once, and a network that is not open is tried again.
    pub(crate) fn retry(&self) {
        let state = self.state();
        if let Some(follower) = state.follower.upgrade() {
            follower.retry_now();
        }
        match (&state.standing, &state.life) {
            (Standing::Ready(running), _) => running.look.notify_one(),
            (Standing::Unusable { .. } | Standing::Halted { .. }, Some(life)) => life.retry(),
            _ => {}
        }
    }

    /// Which network is in use, by its number.
    pub(crate) fn network_in_use(&self) -> Option<ProfileId> {
        self.state().life.as_ref().map(|life| life.profile)
    }
}

/// Before there is a network.
pub(crate) fn no_chain() -> ChainSnapshot {
    ChainSnapshot {
        revision: 0,
        status: ChainStatus {
            endpoint: None,
            network: None,
            chain_id: None,
            tip: None,
            read_at: None,
            reorg: None,
            connection: Connection::Starting,
        },
        balances: Vec::new(),
    }
}
