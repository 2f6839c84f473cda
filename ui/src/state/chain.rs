//! The chain as the core last told it.

use bithedge_ipc::{AccountBalance, ChainSnapshot, ChainStatus, Connection, Fault, Network, Notice, Tip};
use bithedge_protocol::{Seconds, UnixSeconds};
use leptos::prelude::*;

use crate::api::{self, ApiError};

/// The latest snapshot, and whether there is a bridge to get one through.
#[derive(Clone, Copy)]
pub(crate) struct ChainState {
    snapshot: RwSignal<Option<ChainSnapshot>>,
    bridge_failure: RwSignal<Option<String>>,
    /// Whether the core's events do not arrive.
    is_deaf: RwSignal<bool>,
    connection: Memo<Connection>,
    now: ReadSignal<UnixSeconds>,
    /// When the newest block was first seen here.
    tip_seen: RwSignal<Option<UnixSeconds>>,
}

impl ChainState {
    /// `now` is what tells that the core has gone silent.
    pub(crate) fn new(now: ReadSignal<UnixSeconds>) -> Self {
        let snapshot = RwSignal::new(None);
        let is_deaf = RwSignal::new(false);
        let connection = Memo::new(move |_| {
            snapshot.with(|snapshot: &Option<ChainSnapshot>| {
                judge(snapshot.as_ref().map(|snapshot| &snapshot.status), is_deaf.get(), now.get())
            })
        });
        Self {
            snapshot,
            bridge_failure: RwSignal::new(None),
            is_deaf,
            connection,
            now,
            tip_seen: RwSignal::new(None),
        }
    }

    /// Takes a snapshot in, unless a newer one is here already: answers and events overtake each other.
    pub(crate) fn accept(self, snapshot: ChainSnapshot) {
        self.hear_again();
        let is_old = self.snapshot.with_untracked(|current| {
            current.as_ref().is_some_and(|current| current.revision >= snapshot.revision)
        });
        if !is_old {
            let tip = |snapshot: &ChainSnapshot| snapshot.status.tip.as_ref().map(|tip| tip.hash.clone());
            let before = self.snapshot.with_untracked(|current| current.as_ref().and_then(tip));
            if tip(&snapshot) != before {
                self.tip_seen.set(Some(self.now.get_untracked()));
            }
            self.snapshot.set(Some(snapshot));
        }
    }

    /// The core cannot be asked.
    pub(crate) fn fail(self, error: &ApiError) {
        self.bridge_failure.set(Some(error.message()));
    }

    /// The core was heard: whatever failed before was one answer, and not the bridge.
    pub(crate) fn hear_again(self) {
        if !self.is_deaf.get_untracked() && self.bridge_failure.with_untracked(Option::is_some) {
            self.bridge_failure.set(None);
        }
    }

    /// The core's events will not arrive.
    pub(crate) fn fail_to_listen(self, error: &ApiError) {
        self.is_deaf.set(true);
        self.fail(error);
    }

    /// Why the core cannot be asked, if so.
    pub(crate) fn bridge_failure(self) -> Option<String> {
        self.bridge_failure.get()
    }

    /// Whether the core's events do not arrive, which is told as a failure of the bridge.
    pub(crate) fn is_deaf(self) -> bool {
        self.is_deaf.get()
    }

    /// A part of the status that wakes its readers only when it changes.
    pub(crate) fn status<T>(
        self,
        part: impl Fn(&ChainStatus) -> Option<T> + Send + Sync + 'static,
    ) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| {
            self.snapshot.with(|snapshot| snapshot.as_ref().and_then(|snapshot| part(&snapshot.status)))
        })
    }

    /// The newest block.
    pub(crate) fn tip(self) -> Memo<Option<Tip>> {
        self.status(|status| status.tip.clone())
    }

    /// The connection; starting until the core has answered. It is live only while the core keeps saying so.
    pub(crate) fn connection(self) -> Memo<Connection> {
        self.connection
    }

    /// Whether values are on show that may be behind the chain.
    pub(crate) fn is_behind(self) -> Memo<bool> {
        Memo::new(move |_| {
            let has_values = self.snapshot.with(|snapshot| {
                snapshot.as_ref().is_some_and(|ChainSnapshot { status, .. }| status.tip.is_some())
            });
            has_values && self.connection.with(|connection| *connection != Connection::Live)
        })
    }

    /// What an account can spend, by its address; `None` until it has been read.
    pub(crate) fn balance(
        self,
        address: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> Memo<Option<AccountBalance>> {
        Memo::new(move |_| {
            let address = address()?;
            self.snapshot.with(|snapshot| {
                let balances = &snapshot.as_ref()?.balances;
                balances.iter().find(|balance| balance.address == address).cloned()
            })
        })
    }

    /// The chain's time: that of the newest block and what has passed here since it came; a devnet's may be far from this
    /// computer's. `None` until a block has been read.
    pub(crate) fn chain_now(self) -> Memo<Option<UnixSeconds>> {
        let time = self.status(|status| status.tip.as_ref().map(|tip| (tip.time, status.network)));
        Memo::new(move |_| {
            let (block, network) = time.get()?;
            let here = self.now.get();
            // A public chain's time is this computer's, unless one of the two is wrong.
            let is_public = matches!(network, Some(Network::Testnet | Network::Mainnet));
            if is_public && here.get().abs_diff(block.get()) < 7_200 {
                return Some(here);
            }
            let seen = self.tip_seen.get().unwrap_or(here);
            block.checked_add(here.since(seen).unwrap_or_default())
        })
    }

    /// Asks the core to read the chain again at once.
    pub(crate) fn retry(self) {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::retry_connection().await {
                self.fail(&error);
            }
        });
    }
}

/// How old a reading may be that is still called live. The core tells of every reading, and worries long before this.
const fn silence_limit(network: Option<Network>) -> Seconds {
    match network {
        Some(Network::Devnet) | None => Seconds::new(15),
        // These are read every ten seconds.
        Some(Network::Testnet | Network::Mainnet | Network::Other) => Seconds::new(60),
    }
}

/// The connection as the core told it, unless the core has fallen silent: then nothing is live any more.
fn judge(status: Option<&ChainStatus>, is_deaf: bool, now: UnixSeconds) -> Connection {
    let told = status.map_or(Connection::Starting, |status| status.connection.clone());
    let read_at = status.and_then(|status| status.read_at);
    let is_silent = match &told {
        _ if is_deaf => true,
        Connection::Live => {
            let age = read_at.and_then(|read_at| now.since(read_at)).unwrap_or_default();
            age > silence_limit(status.and_then(|status| status.network))
        }
        // Nothing is claimed that could have become untrue.
        Connection::Starting | Connection::Stale { .. } | Connection::Unreachable { .. } => false,
    };
    if !is_silent {
        return told;
    }
    Connection::Unreachable {
        // Without a reading it is the bridge that failed, whose message names no beginning.
        since: read_at.unwrap_or_default(),
        notice: Notice {
            fault: Fault::CoreSilent,
            happened: "This window no longer hears from the part of BitHedge that follows the chain.".to_owned(),
            means: "Your money is safe: it is on the chain, not in this window. The figures here may be out of date."
                .to_owned(),
            remedy: "If this does not pass by itself, close BitHedge and open it again.".to_owned(),
            detail: String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(network: Network, connection: Connection) -> ChainStatus {
        ChainStatus {
            endpoint: None,
            network: Some(network),
            chain_id: None,
            tip: None,
            read_at: Some(UnixSeconds::new(1_000)),
            reorg: None,
            connection,
        }
    }

    fn is_silent(connection: &Connection) -> bool {
        connection.notice().is_some_and(|notice| notice.fault == Fault::CoreSilent)
    }

    #[test]
    fn what_the_core_says_holds_while_it_keeps_saying_it() {
        for (network, limit) in [(Network::Devnet, 15), (Network::Mainnet, 60)] {
            let live = status(network, Connection::Live);
            for now in [0, 1_000, 1_000 + limit] {
                assert_eq!(judge(Some(&live), false, UnixSeconds::new(now)), Connection::Live, "at {now}");
            }
            assert!(is_silent(&judge(Some(&live), false, UnixSeconds::new(1_001 + limit))));
        }
        assert_eq!(judge(None, false, UnixSeconds::new(5_000)), Connection::Starting);
    }

    #[test]
    fn nothing_is_live_for_a_window_that_hears_nothing() {
        let live = status(Network::Devnet, Connection::Live);
        assert!(is_silent(&judge(Some(&live), true, UnixSeconds::new(1_000))));
        assert!(is_silent(&judge(None, true, UnixSeconds::new(1_000))));
    }

    #[test]
    fn a_failed_answer_is_forgotten_with_the_next_one_but_not_that_nothing_is_heard() {
        let owner = Owner::new();
        owner.set();
        let (now, _) = signal(UnixSeconds::new(1_000));
        let state = ChainState::new(now);
        let error = ApiError::Bridge("one answer".to_owned());
        let heard = |revision| {
            let status = status(Network::Devnet, Connection::Live);
            state.accept(ChainSnapshot { revision, status, balances: Vec::new() });
        };
        state.fail(&error);
        assert!(state.bridge_failure.get_untracked().is_some());
        heard(1);
        assert_eq!(state.bridge_failure.get_untracked(), None);
        state.fail_to_listen(&error);
        heard(2);
        assert!(state.bridge_failure.get_untracked().is_some());
    }

    #[test]
    fn a_problem_that_the_core_told_stays_however_old() {
        let told = judge(None, true, UnixSeconds::new(0));
        let Connection::Unreachable { since, mut notice } = told else { panic!("{told:?}") };
        notice.fault = Fault::TipBehind;
        let stale = Connection::Stale { since, notice };
        let status = status(Network::Devnet, stale.clone());
        assert_eq!(judge(Some(&status), false, UnixSeconds::new(90_000)), stale);
    }
}
