//! Whether the chain is only being read, so that what is missing, or behind, comes by itself.

use std::time::Duration;

use bithedge_ipc::{AsOf, Connection, Fault, NetworkKind, NetworkUse, Notice};
use bithedge_protocol::BlockHeight;
use leptos::prelude::*;

use super::{ChainState, SessionState};

/// So long after the first reading an answer of before then may still stand there.
const GRACE: Duration = Duration::from_secs(3);

/// Whether a page that was not answered is merely on its way: its network is being opened, or its books are being made for the first
/// time and nothing is wrong with them. It is asked for once more when that is over. Never where there is no session to know it from.
pub(crate) fn is_on_its_way(problem: ReadSignal<Option<Notice>>, retry: Callback<()>) -> Signal<bool> {
    let (Some(session), Some(chain)) = (use_context::<SessionState>(), use_context::<ChainState>()) else {
        return Signal::derive(|| false);
    };
    let (network, connection) = (session.part(|session| session.network.clone()), chain.connection());
    let is_reading = Memo::new(move |_| {
        network.with(|network| connection.with(|connection| is_first_reading(network.as_ref(), connection)))
    });
    let waits = RwSignal::new(is_reading.get_untracked());
    Effect::new(move |was: Option<bool>| {
        let now = is_reading.get();
        if now {
            waits.set(true);
        } else if was == Some(true) {
            retry.run(());
            let end = move || {
                // The page may have been left, or the network opened anew.
                if is_reading.try_get_untracked() == Some(false) {
                    let _ = waits.try_set(false);
                }
            };
            set_timeout(end, GRACE);
        }
        now
    });
    Signal::derive(move || {
        let is_unread = |why: &Notice| why.fault == Fault::ChainUnreadable;
        waits.get() && problem.with(|problem| problem.as_ref().is_some_and(is_unread))
    })
}

/// Whether the chain is being read for the first time since the network was chosen, and nothing is known to be wrong.
fn is_first_reading(network: Option<&NetworkUse>, connection: &Connection) -> bool {
    match network {
        // The core has not answered yet.
        None | Some(NetworkUse::Opening { .. }) => true,
        Some(NetworkUse::Ready { books, .. }) => {
            books.height.is_none() && books.problem.is_none() && is_well(connection)
        }
        Some(NetworkUse::None | NetworkUse::Unusable { .. } | NetworkUse::Halted { .. }) => false,
    }
}

const fn is_well(connection: &Connection) -> bool {
    matches!(connection, Connection::Starting | Connection::Live)
}

/// How far books have come that are behind their chain for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CatchingUp {
    /// Their newest block; `None` while they are empty.
    at: Option<BlockHeight>,
    /// The chain's.
    of: BlockHeight,
}

impl CatchingUp {
    /// A sentence.
    pub(crate) fn words(self) -> String {
        let Self { at, of } = self;
        match at {
            Some(at) => {
                format!(
                    "Catching up with the chain: block {at} of {of}. What happened since comes by itself."
                )
            }
            None => format!("Reading the chain, up to block {of}. What happened on it comes by itself."),
        }
    }
}

/// How far a page in doubt has come whose books are behind a devnet that nothing is known to be wrong with. A doubt does not tell its kind:
/// while they are behind, that is said in the place of whatever else there is, such as blocks that were taken back. `None` of a page
/// that is not in doubt, of one whose books are not behind, and of a public chain: there money is real, and every doubt is told in full.
pub(crate) fn catching_up(as_of: Signal<AsOf>) -> Memo<Option<CatchingUp>> {
    let contexts = use_context::<SessionState>().zip(use_context::<ChainState>());
    let known = contexts.map(|(session, chain)| {
        (session.part(|session| session.network.clone()), chain.connection(), chain.tip())
    });
    Memo::new(move |_| {
        let (network, connection, tip) = known?;
        let tip = tip.with(|tip| tip.as_ref().map(|tip| tip.height));
        as_of.with(|as_of| {
            network.with(|network| {
                connection.with(|connection| behind(as_of, network.as_ref(), connection, tip))
            })
        })
    })
}

fn behind(
    as_of: &AsOf,
    network: Option<&NetworkUse>,
    connection: &Connection,
    tip: Option<BlockHeight>,
) -> Option<CatchingUp> {
    as_of.doubt.as_ref()?;
    let NetworkUse::Ready { network, books } = network? else { return None };
    if network.kind != NetworkKind::Devnet || books.problem.is_some() || !is_well(connection) {
        return None;
    }
    let at = as_of.books.as_ref().map(|block| block.height);
    let chain = as_of.chain.as_ref().map(|block| block.height);
    let of = tip.max(chain).max(books.tip)?;
    (Some(of) > at).then_some(CatchingUp { at, of })
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{AsOfBlock, BooksView, NetworkView};
    use bithedge_protocol::UnixSeconds;

    use super::*;

    fn notice() -> Notice {
        Notice {
            fault: Fault::ChainUnreadable,
            happened: String::new(),
            means: String::new(),
            remedy: String::new(),
            detail: String::new(),
        }
    }

    fn view(kind: NetworkKind) -> NetworkView {
        NetworkView {
            id: "some".to_owned(),
            name: "Some".to_owned(),
            kind,
            endpoints: Vec::new(),
            is_own: false,
            deployer: None,
            sbtc: None,
        }
    }

    fn ready(kind: NetworkKind, height: Option<u64>, problem: Option<Notice>) -> NetworkUse {
        let books = BooksView {
            height: height.map(BlockHeight::new),
            tip: Some(BlockHeight::new(90)),
            is_current: false,
            problem,
        };
        NetworkUse::Ready { network: view(kind), books }
    }

    fn broken() -> [Connection; 2] {
        let since = UnixSeconds::new(1);
        [Connection::Stale { since, notice: notice() }, Connection::Unreachable { since, notice: notice() }]
    }

    #[test]
    fn only_what_nothing_is_wrong_with_is_merely_on_its_way() {
        let devnet = NetworkKind::Devnet;
        let opening = NetworkUse::Opening { network: view(devnet), doing: String::new() };
        let first = ready(devnet, None, None);
        for connection in [Connection::Starting, Connection::Live] {
            assert!(is_first_reading(None, &connection));
            assert!(is_first_reading(Some(&opening), &connection));
            assert!(is_first_reading(Some(&first), &connection));
            for wrong in [
                ready(devnet, Some(80), None),
                ready(devnet, None, Some(notice())),
                NetworkUse::None,
                NetworkUse::Unusable { network: view(devnet), verdicts: Vec::new(), notice: notice() },
                NetworkUse::Halted { network: view(devnet), notice: notice() },
            ] {
                assert!(!is_first_reading(Some(&wrong), &connection), "{wrong:?}");
            }
        }
        for connection in broken() {
            assert!(!is_first_reading(Some(&first), &connection), "{connection:?}");
        }
    }

    fn as_of(books: Option<u64>, doubt: bool) -> AsOf {
        let block = |height| AsOfBlock { height: BlockHeight::new(height), time: UnixSeconds::new(1) };
        AsOf {
            books: books.map(block),
            chain: None,
            now: UnixSeconds::new(1),
            doubt: doubt.then(|| "They are behind.".to_owned()),
        }
    }

    #[test]
    fn only_a_devnet_that_nothing_is_wrong_with_catches_up_in_quiet() {
        let tip = Some(BlockHeight::new(100));
        let live = Connection::Live;
        let devnet = ready(NetworkKind::Devnet, Some(80), None);
        let found = behind(&as_of(Some(80), true), Some(&devnet), &live, tip);
        let (at, of) = (Some(BlockHeight::new(80)), BlockHeight::new(100));
        assert_eq!(found, Some(CatchingUp { at, of }));
        assert_eq!(
            found.map(CatchingUp::words).as_deref(),
            Some("Catching up with the chain: block 80 of 100. What happened since comes by itself.")
        );
        let empty = behind(&as_of(None, true), Some(&devnet), &live, tip);
        assert_eq!(
            empty.map(CatchingUp::words).as_deref(),
            Some("Reading the chain, up to block 100. What happened on it comes by itself.")
        );
        // Nothing is in doubt; the doubt is not that they are behind.
        for (books, doubt) in [(Some(80), false), (None, false), (Some(100), true)] {
            assert_eq!(behind(&as_of(books, doubt), Some(&devnet), &live, tip), None, "{books:?} {doubt}");
        }
        for other in [
            ready(NetworkKind::Testnet, Some(80), None),
            ready(NetworkKind::Mainnet, Some(80), None),
            ready(NetworkKind::Devnet, Some(80), Some(notice())),
            NetworkUse::Opening { network: view(NetworkKind::Devnet), doing: String::new() },
        ] {
            assert_eq!(behind(&as_of(Some(80), true), Some(&other), &live, tip), None, "{other:?}");
        }
        for connection in broken() {
            assert_eq!(behind(&as_of(Some(80), true), Some(&devnet), &connection, tip), None);
        }
    }
}
