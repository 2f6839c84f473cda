//! The network in use: started, checked, opened, looked at, and closed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bithedge_engine::networks::{ChainIdentity, Endpoint, NetworkProfile, OwnProfiles, ProfileId};
use bithedge_engine::notifications::Watcher;
use bithedge_engine::present::{self, Scenery};
use bithedge_engine::sync::SyncState;
use bithedge_engine::transactions::Settings;
use bithedge_engine::words::Notices as _;
use bithedge_engine::{Engine, LookError, NetworkError, OpenError, Setup};
use bithedge_ipc::{
    BooksView, Event, Fault, KeyState, Network, NetworkKind, NetworkVerdict, NetworkView, Notice,
    SessionView, WalletKind,
};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::NodeClient;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::clock::NetworkClock;
use crate::core::{Core, Standing, no_chain};
use crate::decisions::DamagedJournal;
use crate::devnet::DevnetControls;
use crate::follow::Followed;
use crate::keeper::Keeping;
use crate::notices;
use crate::repeated::Repeated;
use crate::telling::{self, News};
use crate::wallets::{may_act, wallet_for};

/// How often the chain is looked at: a devnet's blocks come when they are asked for, a public chain's seconds to minutes apart.
const LOOK_LOCAL: Duration = Duration::from_secs(1);
const LOOK_PUBLIC: Duration = Duration::from_secs(10);
/// What could not be opened is tried again after so long, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a question stands on a devnet, whose clock a person moves by hours and days: it would be over before it was read.
const TO_ANSWER_ON_DEVNET: Duration = Duration::from_secs(6 * 60 * 60);
/// Where the devnet would be, for lists, as long as it has no address.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The task of the network in use.
pub(crate) struct Life {
    pub(crate) profile: ProfileId,
    stop: watch::Sender<bool>,
    retry: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Life {
    /// What waits for its next attempt does not wait.
    pub(crate) fn retry(&self) {
        self.retry.notify_one();
    }

    /// Has it ended by nobody waiting for it.
    pub(crate) fn abandon(self) {
        self.stop.send_replace(true);
    }

    /// Ends it: nothing of the network is in use when this returns.
    pub(crate) async fn end(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task of the network in use has ended unexpectedly");
        }
    }
}

/// A network that can be used.
pub(crate) struct Running {
    pub(crate) profile: ProfileId,
    pub(crate) view: NetworkView,
    pub(crate) engine: Arc<Engine>,
    pub(crate) scenery: Scenery,
    /// The node's address.
    pub(crate) url: String,
    /// Where files of this very chain are.
    pub(crate) folder: PathBuf,
    pub(crate) watcher: tokio::sync::Mutex<Watcher>,
    /// What became of transactions and was not told yet.
    pub(crate) news: Mutex<Vec<News>>,
    /// There may be something to be told.
    pub(crate) noticing: Notify,
    /// The chain is to be looked at now.
    pub(crate) look: Notify,
    pub(crate) keeping: Mutex<Keeping>,
    /// What a person has to look at, as last read.
    alarms: Mutex<Alarms>,
}

/// Whether something moved that was not approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alarms {
    /// The journal could not be read.
    Unknown,
    /// In these transactions, by their numbers.
    Open(Vec<u64>),
}

impl Running {
    /// Whether it is a devnet, which can be moved by hand.
    pub(crate) const fn is_devnet(&self) -> bool {
        matches!(self.view.kind, NetworkKind::Devnet)
    }

    /// What became of transactions and was not told yet.
    pub(crate) fn news(&self) -> MutexGuard<'_, Vec<News>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a person has to look at, as last read: a view must not wait for the disk.
    pub(crate) fn alarms(&self) -> Alarms {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what a person has to look at. Whether it is something else than before.
    pub(crate) fn look_at_alarms(&self) -> bool {
        let read = match self.engine.open_alarms() {
            Ok(open) => {
                let differ = open.iter().filter(|alarm| alarm.is_difference());
                let mut transactions: Vec<u64> = differ.map(|alarm| alarm.transaction.0).collect();
                transactions.dedup();
                Alarms::Open(transactions)
            }
            Err(error) => {
                tracing::warn!(%error, "what has to be looked at cannot be read");
                Alarms::Unknown
            }
        };
        let mut known = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *known != read;
        *known = read;
        is_new
    }

    /// How far the books are.
    pub(crate) fn books_view(&self, tip: Option<BlockHeight>) -> BooksView {
        let state = self.engine.sync_status().borrow().state.clone();
        let problem = |fault, happened: String| {
            let means =
                "Your money is not affected: it is on the chain. What is shown may be of some time ago.";
            let remedy = "Wait; it is tried again by itself. If it stays so, look at the network's node in the settings.";
            Some(notices::notice(fault, happened, means, remedy, &""))
        };
        let (height, is_current, problem) = match state {
            SyncState::Starting { at } => (at, false, None),
            SyncState::CatchingUp { at, .. } => (Some(at), false, None),
            SyncState::Current { at } => (Some(at.height), true, None),
            SyncState::Behind { at, indexed, .. } => {
                let words = format!(
                    "The node's index of the chain ends at block {indexed}, behind the chain itself."
                );
                (at, false, problem(Fault::IndexBehind, words))
            }
            SyncState::Stalled { at, why, .. } => (at, false, problem(Fault::ChainUnreadable, why)),
            SyncState::Rebuilding { at, why, .. } => (at, false, problem(Fault::FileDamaged, why)),
        };
        BooksView { height, tip, is_current, problem }
    }
}

/// Why a network is not open.
struct Failed {
    verdicts: Vec<NetworkVerdict>,
    notice: Notice,
    may_pass: bool,
}

impl Failed {
    const fn for_good(notice: Notice) -> Self {
        Self { verdicts: Vec::new(), notice, may_pass: false }
    }

    const fn for_now(notice: Notice) -> Self {
        Self { verdicts: Vec::new(), notice, may_pass: true }
    }
}

/// How transactions are made on a network of this kind.
pub(crate) fn settings(kind: NetworkKind) -> Settings {
    let usual = Settings::default();
    match kind {
        NetworkKind::Devnet => Settings { approval_timeout: TO_ANSWER_ON_DEVNET, ..usual },
        NetworkKind::Testnet | NetworkKind::Mainnet => usual,
    }
}

/// What a network of the list is. Without its address, the devnet is only good to be listed.
pub(crate) fn profile(
    id: ProfileId,
    profiles: &Result<OwnProfiles, Notice>,
    devnet: Option<&str>,
) -> Result<NetworkProfile, Notice> {
    match id {
        ProfileId::Devnet => {
            let endpoint = Endpoint::parse(devnet.unwrap_or(NOWHERE)).map_err(|error| error.notice())?;
            NetworkProfile::devnet(endpoint).map_err(|error| error.notice())
        }
        ProfileId::Testnet => NetworkProfile::testnet().map_err(|error| error.notice()),
        ProfileId::Mainnet => NetworkProfile::mainnet().map_err(|error| error.notice()),
        ProfileId::Own(_) => {
            let own = profiles.as_ref().map_err(Clone::clone)?;
            let found = own.all().iter().find(|profile| profile.id() == id);
            found.cloned().ok_or_else(notices::no_such_network)
        }
    }
}

impl Core {
    /// A network of the list as the window gets it.
    pub(crate) fn network_view(&self, id: ProfileId) -> Result<NetworkView, Notice> {
        let url = self.setup.node_url.clone();
        let state = self.state();
        if let Some(known) = state.standing.network().filter(|known| known.id == id.to_string()) {
            return Ok(known.clone());
        }
        let mut view = present::network(&profile(id, &state.profiles, url.as_deref())?);
        view.endpoints.retain(|endpoint| endpoint != NOWHERE);
        Ok(view)
    }

    /// Uses a network from now on. The caller holds `switching` and has [left](Self::leave_network) the one before.
    pub(crate) fn enter_network(self: &Arc<Self>, id: ProfileId) -> Result<(), Notice> {
        let view = self.network_view(id)?;
        let (stop, stopped) = watch::channel(false);
        let retry = Arc::new(Notify::new());
        let mut state = self.state();
        may_act(state.kind.ok_or_else(notices::no_wallet)?, id)?;
        state.to_ask = None;
        state.standing = Standing::Opening { network: view, doing: "Looking for the network".to_owned() };
        if state.kind != Some(WalletKind::Practice) {
            state.memory.value.own_network = Some(id.to_string());
        }
        let keep = state.memory.keep();
        let task = tokio::spawn(live(Arc::clone(self), id, stopped, Arc::clone(&retry)));
        state.life = Some(Life { profile: id, stop, retry, task });
        drop(state);
        keep.carry_out();
        self.changed();
        Ok(())
    }

    /// Uses no network any more, once a yes about it was carried out. The caller holds `switching`.
    pub(crate) async fn leave_network(&self) {
        self.before_leaving().await;
        self.end_network().await;
    }

    /// Uses no network any more from now on. The caller holds `switching`.
    pub(crate) async fn end_network(&self) {
        let life = self.state().life.take();
        if let Some(life) = life {
            life.end().await;
        }
    }

    fn stand(&self, standing: Standing) {
        self.state().standing = standing;
        self.changed();
    }

    /// What is being done for the network that is opened.
    fn doing(&self, network: &NetworkView, doing: &str) {
        self.stand(Standing::Opening { network: network.clone(), doing: doing.to_owned() });
    }
}

/// The life of a network, from being chosen to being left.
async fn live(core: Arc<Core>, id: ProfileId, mut stopped: watch::Receiver<bool>, retry: Arc<Notify>) {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => {}
        () = Box::pin(keep_open(&core, id, &retry)) => {}
    }
    close(&core).await;
    core.changed();
    if id == ProfileId::Devnet {
        core.devnet.shut_down().await;
    }
    core.publish_chain(no_chain());
}

/// Lets go of what was open. A question that is open is withdrawn.
async fn close(core: &Core) {
    let (running, question) = {
        let mut state = core.state();
        let standing = std::mem::replace(&mut state.standing, Standing::None);
        state.damaged_journal = None;
        // One about a network that is not open yet is not about this one.
        let question = state.question.take_if(|question| question.is_about_the_open_network());
        match standing {
            Standing::Ready(running) => (Some(running), question),
            _ => (None, question),
        }
    };
    drop(question);
    if let Some(running) = running {
        running.keeping().end();
        running.engine.close().await;
    }
}

/// Opens it, and opens it again when that may help. It ends only by being dropped.
async fn keep_open(core: &Arc<Core>, id: ProfileId, retry: &Notify) {
    let mut pause = FIRST_PAUSE;
    // How the node is stays known while the network cannot be used.
    let mut followed = None;
    let mut failures = Repeated::default();
    // The chain that was stopped, and why: what is tried by itself is to find that one again, and no other.
    let mut stopped: Option<(ChainIdentity, Notice)> = None;
    loop {
        let opened = open(core, id, &mut followed).await;
        let (standing, may_pass) = match opened {
            Ok(running) if stopped.as_ref().is_some_and(|(chain, _)| chain != running.engine.identity()) => {
                running.engine.close().await;
                let notice =
                    stopped.as_ref().map(|(_, notice)| notice.clone()).unwrap_or_else(notices::not_ready);
                (Standing::Halted { network: running.view.clone(), notice }, true)
            }
            Ok(running) => {
                pause = FIRST_PAUSE;
                let notice = use_it(core, &running).await;
                tracing::warn!(network = %id, "{}", notice.happened);
                // What a person was asked about is not asked again and again.
                let is_answered = notice.fault == Fault::NotApproved;
                if !is_answered {
                    telling::network_stopped(core, &running, notice.clone()).await;
                }
                close(core).await;
                // One odd answer is enough to stop: it is checked again from the beginning, not at once.
                pause = pause.max(LONGEST_PAUSE);
                stopped = Some((*running.engine.identity(), notice.clone()));
                (Standing::Halted { network: running.view.clone(), notice }, !is_answered)
            }
            Err((network, Failed { verdicts, notice, may_pass })) => {
                if let Some(times) = failures.take(&notice.happened) {
                    tracing::info!(network = %id, times, detail = notice.detail, "{}", notice.happened);
                }
                (Standing::Unusable { network, verdicts, notice }, may_pass)
            }
        };
        core.stand(standing);
        let again = async {
            if may_pass {
                tokio::time::sleep(pause).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = again => pause = pause.saturating_mul(2).min(LONGEST_PAUSE),
            () = retry.notified() => {
                pause = FIRST_PAUSE;
                // A person may find another chain there.
                stopped = None;
            }
        }
    }
}

/// Everything that goes on while it is open. It ends with the reason for which nothing may go on.
async fn use_it(core: &Arc<Core>, running: &Arc<Running>) -> Notice {
    core.stand(Standing::Ready(Arc::clone(running)));
    core.emit(Event::PagesChanged {});
    crate::keeper::resume(core, running);
    tokio::select! {
        notice = keys(core, running) => notice,
        notice = look(core, running) => notice,
        () = books(core, running) => notices::defect(&"the books are not told of any more"),
        () = telling::transactions(core, running) => notices::defect(&"transactions are not told of any more"),
        () = telling::observe(core, running) => notices::defect(&"nothing is noticed any more"),
        () = moved(core, running) => notices::defect(&"the devnet is not told of any more"),
    }
}

/// Whenever the keys are unlocked: what only they can tell is found out. It ends if nobody approved the network with them.
async fn keys(core: &Arc<Core>, running: &Arc<Running>) -> Notice {
    let is_open =
        |view: &SessionView| view.wallet.as_ref().is_some_and(|wallet| wallet.keys == KeyState::Unlocked);
    let mut views = core.views.subscribe();
    loop {
        if views.wait_for(is_open).await.map(drop).is_err() {
            return std::future::pending().await;
        }
        let profile = profile(running.profile, &core.state().profiles, Some(&running.url));
        if let Err(notice) = profile.and_then(|profile| core.ask_before_use(&profile)) {
            return notice;
        }
        crate::keeper::resume(core, running);
        if views.wait_for(|view| !is_open(view)).await.map(drop).is_err() {
            return std::future::pending().await;
        }
    }
}

/// Looks at the chain again and again.
async fn look(core: &Core, running: &Running) -> Notice {
    let interval = if running.is_devnet() { LOOK_LOCAL } else { LOOK_PUBLIC };
    let mut chain = core.chain.subscribe();
    let mut failures = Repeated::default();
    loop {
        let tip = chain.borrow_and_update().status.tip.as_ref().map(|tip| tip.hash.clone());
        match running.engine.look().await {
            Ok(()) => failures.over(),
            Err(LookError::Network(error @ (NetworkError::Halted(_) | NetworkError::Closed))) => {
                return error.notice();
            }
            Err(error) => {
                if let Some(times) = failures.take(&error.to_string()) {
                    tracing::info!(%error, times, "a look at the chain");
                }
            }
        }
        if running.look_at_alarms() {
            core.changed();
        }
        let newer = async {
            let is_newer = |tip_now: &bithedge_ipc::ChainSnapshot| {
                tip_now.status.tip.as_ref().map(|tip| &tip.hash) != tip.as_ref()
            };
            if chain.wait_for(is_newer).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = newer => {}
            () = running.look.notified() => {}
        }
    }
}

/// Tells how far the books are.
async fn books(core: &Core, running: &Running) {
    let mut status = running.engine.sync_status();
    let mut known = None;
    loop {
        let state = status.borrow_and_update().state.clone();
        core.changed();
        let newest = match &state {
            SyncState::Current { at } => Some(at.hash),
            _ => None,
        };
        if newest.is_some() && newest != known {
            core.emit(Event::PagesChanged {});
            running.noticing.notify_one();
        }
        known = newest.or(known);
        if status.changed().await.is_err() {
            // The engine was closed; whoever looks at the chain says why.
            std::future::pending::<()>().await;
        }
    }
}

/// Tells how the devnet stands, if it is one.
async fn moved(core: &Core, running: &Running) {
    if running.is_devnet() {
        DevnetControls::new(&running.url).follow(|view| core.emit(Event::Devnet(Box::new(view)))).await;
    }
    std::future::pending::<()>().await;
}

/// Starts what has to be started, checks everything, and opens it.
async fn open(
    core: &Arc<Core>,
    id: ProfileId,
    followed: &mut Option<Followed>,
) -> Result<Arc<Running>, (NetworkView, Failed)> {
    let listed = core.network_view(id);
    let mut view = match listed {
        Ok(view) => view,
        // It was in the list when it was chosen.
        Err(notice) => {
            let known = core.state().standing.network().cloned();
            return Err((known.unwrap_or_else(|| nameless(id)), Failed::for_good(notice)));
        }
    };
    open_as(core, id, &mut view, followed).await.map_err(|failed| (view, failed))
}

fn nameless(id: ProfileId) -> NetworkView {
    NetworkView {
        id: id.to_string(),
        name: id.to_string(),
        kind: NetworkKind::Testnet,
        endpoints: Vec::new(),
        is_own: true,
        deployer: None,
        sbtc: None,
    }
}

async fn open_as(
    core: &Arc<Core>,
    id: ProfileId,
    view: &mut NetworkView,
    followed: &mut Option<Followed>,
) -> Result<Arc<Running>, Failed> {
    let url = match (id, core.setup.node_url.clone()) {
        (ProfileId::Devnet, None) => {
            core.doing(view, "Starting the devnet on this computer, with the contracts on it");
            let folder = core.setup.data_folder.join("devnet");
            Some(core.devnet.start(&core.setup.devnet_worker, folder).await.map_err(Failed::for_now)?)
        }
        (ProfileId::Devnet, given) => given,
        _ => None,
    };
    let profile = profile(id, &core.state().profiles, url.as_deref()).map_err(Failed::for_good)?;
    *view = present::network(&profile);
    core.ask_before_use(&profile).map_err(Failed::for_good)?;
    core.doing(view, "Asking the node for its newest block");
    let kind = network_of(view.kind);
    let clock = Arc::new(NetworkClock::new(Arc::clone(&core.setup.clock), kind == Network::Devnet));
    let preferred = view.endpoints.first().cloned().unwrap_or_default();
    *followed = None;
    *followed = Some(Followed::start(core, &preferred, kind, &clock).map_err(Failed::for_good)?);
    let wallet = wallet_for(&core.state(), id).map_err(Failed::for_good)?;
    if kind == Network::Devnet {
        newest_block(&preferred, &clock).await?;
    }
    if core.state().kind == Some(WalletKind::Practice) {
        core.doing(view, "Giving Peter and Irene their play money");
        crate::practice::endow(core, &preferred).await.map_err(Failed::for_now)?;
    }
    core.doing(view, "Checking the node, and its contracts byte for byte");
    let folder = core.setup.data_folder.join("network");
    let settings = settings(view.kind);
    let setup = || Setup {
        folder: folder.clone(),
        profile: profile.clone(),
        wallet: Arc::clone(&wallet),
        settings,
        clock: Arc::clone(&clock) as Arc<dyn bithedge_engine::Clock>,
    };
    core.state().damaged_journal = None;
    let engine = match Engine::open(setup()).await {
        Ok(engine) => engine,
        Err(error) => match DamagedJournal::of(view.name.clone(), &folder, error) {
            Ok(damaged) => return Err(journal_damaged(core, damaged)),
            Err(error) => return Err(not_opened(&error)),
        },
    };
    let endpoint = engine.verdict().endpoint.to_string();
    if endpoint != preferred {
        *followed = None;
        *followed = Some(Followed::start(core, &endpoint, kind, &clock).map_err(Failed::for_good)?);
    }
    let folder = chain_folder(&folder, &chain_name(engine.identity()));
    let running = Running {
        profile: id,
        view: view.clone(),
        scenery: Scenery::of(engine.deployment()),
        watcher: tokio::sync::Mutex::new(telling::watcher(&folder, engine.identity(), view.kind)),
        engine: Arc::new(engine),
        url: endpoint,
        folder,
        news: Mutex::default(),
        noticing: Notify::new(),
        look: Notify::new(),
        keeping: Mutex::new(Keeping::default()),
        alarms: Mutex::new(Alarms::Unknown),
    };
    crate::decisions::forget_withheld(&running.keeper_file());
    running.look_at_alarms();
    Ok(Arc::new(running))
}

/// Where the session's files about one chain are, by what the engine calls it.
pub(crate) fn chain_folder(folder: &std::path::Path, chain: &str) -> PathBuf {
    folder.join(format!("session-{chain}"))
}

/// What the files of one chain have in their names, as the engine's own.
pub(crate) fn chain_name(identity: &ChainIdentity) -> String {
    let first = identity.first_block.map_or_else(|| "unknown".to_owned(), |hash| hash.to_string());
    let beginning: String = first.chars().take(16).collect();
    format!("{:08x}-{beginning}", identity.chain_id.0)
}

const fn network_of(kind: NetworkKind) -> Network {
    match kind {
        NetworkKind::Devnet => Network::Devnet,
        NetworkKind::Testnet => Network::Testnet,
        NetworkKind::Mainnet => Network::Mainnet,
    }
}

/// The time in a devnet's newest block, which its clock goes by from the beginning.
async fn newest_block(url: &str, clock: &NetworkClock) -> Result<(), Failed> {
    let client = NodeClient::new([url]).map_err(|error| {
        let words = "The node's address cannot be used.";
        let remedy = "Look at the settings of the network.";
        Failed::for_good(notices::notice(Fault::InputUnfit, words, notices::NOTHING_SENT, remedy, &error))
    })?;
    let blocks = client.blocks(1, 0).await.map_err(|error| Failed::for_now(error.notice()))?;
    if let Some(newest) = blocks.results.first() {
        clock.observe(&newest.hash.to_string(), UnixSeconds::new(newest.block_time));
    }
    Ok(())
}

fn not_opened(error: &OpenError) -> Failed {
    let (verdicts, may_pass) = match error {
        OpenError::Unusable { verdicts, .. } => {
            (verdicts.iter().map(present::verdict).collect(), verdicts.iter().any(|one| one.may_pass()))
        }
        OpenError::NotDeployed(_) | OpenError::Client(_) => (Vec::new(), false),
        _ => (Vec::new(), true),
    };
    Failed { verdicts, notice: error.notice(), may_pass }
}

/// A damaged journal stays as it is, and the network closed, until a person decided that a new one is begun: with it goes what is known of
/// what was signed, given up, or not what was approved.
fn journal_damaged(core: &Core, damaged: DamagedJournal) -> Failed {
    tracing::error!(error = %damaged.error, "the journal is damaged");
    let notice = notices::journal_damaged(damaged.error.notice());
    core.state().damaged_journal = Some(Arc::new(damaged));
    Failed::for_good(notice)
}
