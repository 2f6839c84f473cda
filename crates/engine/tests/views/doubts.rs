//! Books that are in doubt, or empty: nothing is shown as nothing that is not known to be nothing.

use bithedge_engine::notifications::{Observation, Settings, Watcher};
use bithedge_engine::views::{self, Books};
use bithedge_ipc::{AttentionKind, BucketRef, Destination, Figure, Trust};
use bithedge_ledger::{
    BlockHeader, ChainBlock, Identity, Ledger, Print, SuiteTransaction, TimeRange, TransactionOutcome,
};
use bithedge_protocol::{Asset, BlockHeight, MicroStx, UnixSeconds, UsdE8};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Address, ChainId, ClarityName, ContractId, ContractName, Principal, Txid, Value};

use crate::told::chain;

const NOW: UnixSeconds = UnixSeconds::new(1_767_571_200);

fn deployer() -> Address {
    "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap()
}

fn empty(folder: &tempfile::TempDir) -> Ledger {
    let identity = Identity { chain: ChainId::TESTNET, genesis: BlockHash([7; 32]), deployer: deployer() };
    Ledger::open(&folder.path().join("books"), identity).unwrap()
}

/// A block in which a contract of the suite says something that it never says.
fn strange(contract: &str) -> ChainBlock {
    let name = |text: &str| ClarityName::new(text).unwrap();
    let value = Value::tuple([(name("event"), Value::ascii("unheard-of").unwrap())]);
    let contract = ContractId::new(deployer(), ContractName::new(contract).unwrap());
    ChainBlock {
        header: BlockHeader {
            height: BlockHeight::new(1),
            hash: BlockHash([1; 32]),
            parent: BlockHash([7; 32]),
            time: NOW,
        },
        transactions: vec![SuiteTransaction {
            txid: Txid([3; 32]),
            index: 0,
            sender: deployer(),
            fee: MicroStx::new(1),
            outcome: TransactionOutcome::Success,
            result: Value::Bool(true),
            call: None,
            prints: vec![Print { contract, index: 0, value }],
        }],
    }
}

#[test]
fn empty_books_without_prices_say_nothing_that_they_do_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = empty(&folder);
    let snapshot = ledger.snapshot().unwrap();
    let books = Books::open(&snapshot, None, NOW).unwrap();
    let somebody = Principal::Standard(deployer());
    let home = views::home(&books, &somebody).unwrap();
    assert_eq!((home.trust, home.protection.active), (Trust::Sound, 0));
    // Nothing is protected, and that is known.
    assert_eq!(home.protection.protected_usd, Figure::Known { value: UsdE8::ZERO });
    assert_eq!(home.protection.weighted_strike, None);
    assert_eq!(home.attention, []);
    let page = views::policies(&books, &somebody, None, 10).unwrap();
    assert!(page.policies.is_empty() && !page.more && page.trust == Trust::Sound);
    assert_eq!(views::policy(&books, 1, &somebody).unwrap(), None);
    let protocol = views::protocol(&books, None).unwrap();
    assert!(matches!(&protocol.oracle.prices, Figure::Unknown { why } if !why.is_empty()));
    assert!(matches!(&protocol.gates, Figure::Unknown { .. }));
    assert_eq!((protocol.oracle.at, protocol.oracle.age), (None, None));
    assert!(views::tiers(&books).unwrap().tiers.is_empty());
    assert!(views::rewards(&books, &somebody).unwrap().rewards.is_empty());
    let seen = Observation::of(&books, &somebody, None).unwrap();
    assert_eq!((seen.price, &seen.breakers), (None, &None));
    let mut watcher = Watcher::open(&folder.path().join("told"), Settings::default(), &chain());
    assert_eq!(watcher.observe(&seen).notifications, []);
}

#[test]
fn what_the_ledger_doubts_is_doubtful_in_the_window() {
    for (contract, policies, buckets) in [
        ("policy-registry", Trust::Doubtful, Trust::Sound),
        ("liquidity-pool", Trust::Sound, Trust::Doubtful),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = empty(&folder);
        ledger.apply(&strange(contract)).unwrap();
        let snapshot = ledger.snapshot().unwrap();
        let books = Books::open(&snapshot, None, NOW).unwrap();
        let somebody = Principal::Standard(deployer());
        let page = views::policies(&books, &somebody, None, 10).unwrap();
        // Empty, and not "nothing".
        assert!(page.policies.is_empty());
        assert_eq!((page.trust, page.summary.trust), (policies, policies), "{contract}");
        assert_eq!(views::capital(&books, &somebody).unwrap().trust, buckets, "{contract}");
        assert_eq!(views::tiers(&books).unwrap().trust, buckets, "{contract}");
        let home = views::home(&books, &somebody).unwrap();
        assert_eq!(home.trust, Trust::Doubtful);
        assert!(home.attention.iter().any(|one| one.kind == AttentionKind::Doubtful));
        let protocol = views::protocol(&books, None).unwrap();
        assert_eq!((protocol.trust, protocol.anomalies.len()), (Trust::Doubtful, 1));
        let seen = Observation::of(&books, &somebody, None).unwrap();
        assert_eq!((seen.policies_trust, seen.buckets_trust), (policies, buckets));
    }
}

#[test]
fn what_is_not_of_now_says_that_and_blames_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = empty(&folder);
    let somebody = Principal::Standard(deployer());
    let why = "The node stands still.".to_owned();
    let bucket = BucketRef { tier: 2, asset: Asset::Stx };
    for is_doubted in [false, true] {
        let mut snapshot = ledger.snapshot().unwrap();
        if is_doubted {
            snapshot.doubt_everything();
        }
        let doubt = is_doubted.then(|| why.clone());
        let books = Books::open(&snapshot, None, NOW).unwrap().doubted(doubt.clone());
        let home = views::home(&books, &somebody).unwrap();
        let kinds: Vec<AttentionKind> = home.attention.iter().map(|one| one.kind).collect();
        let expected = if is_doubted { Trust::Doubtful } else { Trust::Sound };
        if is_doubted {
            assert_eq!(kinds, [AttentionKind::NotCurrent]);
            let one = &home.attention[0];
            assert!(one.doubtful && one.means == why && one.destination == Destination::Connection);
        } else {
            assert_eq!(kinds, []);
        }
        // Of books that are in doubt, that there is none means nothing, and says why.
        let policy = views::policy_page(&books, 17, &somebody).unwrap();
        assert_eq!((&policy.policy, policy.trust, &policy.as_of.doubt), (&None, expected, &doubt));
        let page = views::bucket_page(&books, bucket, TimeRange::ALL).unwrap();
        assert_eq!((&page.risk, &page.room, page.trust), (&None, &None, expected));
        assert!(matches!(&page.yields.points, Figure::Unknown { why } if why.contains("no such bucket")));
        assert_eq!(page.as_of.doubt, doubt);
    }
}
