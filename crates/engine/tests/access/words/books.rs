//! The books, what is made from them, and the network in use.

use bithedge_engine::keeper::{KeeperError, ListError};
use bithedge_engine::sync::{BooksError, FeedError, ReconciliationError, SyncError};
use bithedge_engine::views::ViewError;
use bithedge_engine::{
    AskError, EngineApproveError, Halted, LookError, NetworkError, OpenError, ProposeError, ReconcileError,
};
use bithedge_ledger::{Identity, LedgerError};
use bithedge_protocol::BlockHeight;

use super::*;

const BOOKS: &[&str] = &[
    include_str!("../../../../ledger/src/error.rs"),
    include_str!("../../../src/sync/books.rs"),
    include_str!("../../../src/sync/feed.rs"),
    include_str!("../../../src/sync/reconcile.rs"),
    include_str!("../../../src/sync/status.rs"),
    include_str!("../../../src/views/mod.rs"),
    include_str!("../../../src/keeper/deed.rs"),
    include_str!("../../../src/keeper/lists.rs"),
    include_str!("../../../src/engine/errors.rs"),
];

fn full() -> LedgerError {
    LedgerError::DiskFull(path())
}

fn identity() -> Box<Identity> {
    let deployer = bithedge_suite::Deployment::devnet().deployer();
    Box::new(Identity { chain: ChainId::TESTNET, genesis: BlockHash([1; 32]), deployer })
}

#[test]
fn what_is_wrong_with_the_books_is_told() {
    let (height, hash) = (BlockHeight::new(7), BlockHash([7; 32]));
    let reason = || text("odd");
    all_told(
        BOOKS,
        "LedgerError",
        &[
            LedgerError::InUse(path()),
            LedgerError::OtherChain { path: path(), found: identity(), expected: identity() },
            LedgerError::NewerSchema { path: path(), found: 9, known: 1 },
            LedgerError::Damaged { path: path(), reason: reason() },
            full(),
            LedgerError::ReadOnly { path: path(), reason: reason() },
            LedgerError::Storage { path: path(), action: "be read", reason: reason() },
            LedgerError::NotConnected { height, hash, tip: None },
            LedgerError::OtherContent { height, hash },
            LedgerError::OtherBeginning { height, hash, genesis: hash },
            LedgerError::Uncountable { path: path(), reason: reason() },
            LedgerError::MalformedBlock { height, hash, reason: reason() },
            LedgerError::AlreadyHere { height, hash, reason: reason() },
            LedgerError::TooDeep { asked: height, oldest: BlockHeight::new(9) },
        ],
    );
    let (expected, actual) = CHAINS;
    all_told(
        BOOKS,
        "FeedError",
        &[
            FeedError::Client(client_error()),
            FeedError::Moved(reason()),
            FeedError::Contradiction(reason()),
            FeedError::OtherChain { expected, actual },
        ],
    );
    all_told(
        BOOKS,
        "BooksError",
        &[BooksError::NotReady, BooksError::Ledger(full()), BooksError::Interrupted],
    );
    all_told(
        BOOKS,
        "SyncError",
        &[
            SyncError::Feed(FeedError::Moved(reason())),
            SyncError::Ledger(full()),
            SyncError::Books(BooksError::NotReady),
            SyncError::Restless(5),
            SyncError::Folder { path: path(), reason: reason() },
            SyncError::Interrupted,
        ],
    );
    all_told(
        BOOKS,
        "ReconciliationError",
        &[
            ReconciliationError::Books(BooksError::NotReady),
            ReconciliationError::Client(client_error()),
            ReconciliationError::Feed(FeedError::Moved(reason())),
            ReconciliationError::Mismatch(mismatch()),
            ReconciliationError::NoToken(address().into()),
            ReconciliationError::Apart,
        ],
    );
    all_told(BOOKS, "ViewError", &[ViewError::Ledger(full())]);
    all_told(
        BOOKS,
        "ListError",
        &[ListError::Books(BooksError::NotReady), ListError::Read(ReadError::Restless)],
    );
    all_told(
        BOOKS,
        "KeeperError",
        &[
            KeeperError::Read(ReadError::Restless),
            KeeperError::Chain(chain()),
            KeeperError::Journal(JournalError::Full { path: path() }),
            KeeperError::OtherChain(reason()),
            KeeperError::NoKey(address()),
            KeeperError::Signer(reason()),
        ],
    );
}

#[test]
fn what_the_network_in_use_says_is_told() {
    let halted = || Halted { why: text("the chain was begun anew") };
    is_told(&halted().notice(), "Halted");
    let network = || NetworkError::Halted(halted());
    all_told(
        BOOKS,
        "NetworkError",
        &[
            network(),
            NetworkError::Unconfirmed(ChainChange::Unchecked),
            NetworkError::StandsStill { since: UnixSeconds::new(1_700_000_000) },
            NetworkError::Closed,
        ],
    );
    all_told(
        BOOKS,
        "OpenError",
        &[
            OpenError::NotDeployed(NotDeployed { name: text("Testnet") }),
            OpenError::Unusable { name: text("Mine"), verdicts: Vec::new() },
            OpenError::Folder { path: path(), source: io::Error::other("odd") },
            OpenError::Journal(JournalError::Full { path: path() }),
            OpenError::Client(bithedge_stacks::NodeClient::new(["nothing"]).unwrap_err()),
        ],
    );
    all_told(
        BOOKS,
        "ProposeError",
        &[
            ProposeError::Network(network()),
            ProposeError::Intent(intents::DraftError::Refused(intents::Refusal::Zero("amount"))),
            ProposeError::WouldFail(vec![Finding::Aborts]),
            ProposeError::Plan(intents::Refusal::Zero("amount")),
            ProposeError::Draft(DraftError::NoNonce),
        ],
    );
    is_told(&ProposeError::WouldFail(Vec::new()).notice(), "without a finding");
    all_told(
        BOOKS,
        "EngineApproveError",
        &[EngineApproveError::Network(network()), EngineApproveError::Approve(ApproveError::OtherDigest)],
    );
    all_told(
        BOOKS,
        "LookError",
        &[
            LookError::Network(network()),
            LookError::Sync(SyncError::Interrupted),
            LookError::Watch(WatchError::Chain(chain())),
        ],
    );
    all_told(
        BOOKS,
        "AskError",
        &[
            AskError::Network(network()),
            AskError::Read(ReadError::Restless),
            AskError::Quote(QuoteError::TooLarge),
        ],
    );
    all_told(
        BOOKS,
        "ReconcileError",
        &[ReconcileError::Network(network()), ReconcileError::Reconciliation(ReconciliationError::Apart)],
    );
}
