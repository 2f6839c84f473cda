//! Events that cannot be: kept, told, and of no effect.

use bithedge_ledger::{
    Applied, BucketKey, ChainBlock, Ledger, LedgerError, Print, TimeRange, TransactionOutcome, Trust,
};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::{ClarityName, Principal, Value};
use bithedge_suite::Contract;
use proptest::prelude::*;

use crate::dump::{assert_same, connect, dump};
use crate::stream::{Stream, contract, identity, person};

/// A chain of some blocks, and an empty block on top with room for a print.
fn setting(path: &std::path::Path) -> (Ledger, Stream, ChainBlock) {
    let mut ledger = Ledger::open(path, identity()).unwrap();
    let mut stream = Stream::quick(31, 6, 6);
    for _ in 0..150 {
        ledger.apply(&stream.next(5)).unwrap();
    }
    let mut block = stream.clone().next(1);
    block.transactions.truncate(1);
    block.transactions[0].outcome = TransactionOutcome::Success;
    block.transactions[0].prints.clear();
    (ledger, stream, block)
}

fn printing(block: &ChainBlock, contract_name: &str, value: Value) -> ChainBlock {
    let mut block = block.clone();
    block.transactions[0].prints = vec![Print { contract: contract(contract_name), index: 0, value }];
    block
}

fn name(text: &str) -> ClarityName {
    ClarityName::new(text).unwrap()
}

pub(crate) fn with(value: &Value, field: &str, new: Value) -> Value {
    let mut fields = value.as_tuple().unwrap().clone();
    fields.insert(name(field), new);
    Value::Tuple(fields)
}

/// The newest print of a kind in a chain, to be altered.
pub(crate) fn sample(wanted: &str) -> Value {
    let mut stream = Stream::quick(31, 6, 6);
    let mut found = None;
    for _ in 0..150 {
        for transaction in stream.next(5).transactions {
            for print in transaction.prints {
                if print.value.field("event").unwrap().as_ascii().unwrap() == wanted {
                    found = Some(print.value);
                }
            }
        }
    }
    found.unwrap_or_else(|| panic!("the chain has no {wanted}"))
}

#[test]
fn what_cannot_be_changes_nothing_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let (mut ledger, _, block) = setting(&path);
    let before = dump(&path);
    let u = Value::UInt;
    let settled = |policy| with(&with(&sample("policy-cancelled"), "policy", u(policy)), "refund", u(1));
    let sold = sample("collateral-sold");
    let closed = sample("epoch-closed");
    let cases = [
        ("an unknown policy", "policy-registry", settled(1_000_000)),
        ("a policy that has ended", "policy-registry", sample("policy-cancelled")),
        ("assets that do not add up", "liquidity-pool", with(&sold, "assets", u(1))),
        ("more than can be counted", "liquidity-pool", with(&sold, "premium", u(u128::MAX))),
        ("a close of another epoch", "liquidity-pool", with(&closed, "epoch", u(1))),
        ("a bucket that does not exist", "liquidity-pool", with(&closed, "tier", u(9))),
        ("a tier that cannot be", "liquidity-pool", with(&closed, "tier", u(1_000))),
        ("a field of another type", "liquidity-pool", with(&closed, "epoch", Value::Bool(true))),
        ("a field too many", "liquidity-pool", with(&closed, "extra", u(1))),
        ("an event that nobody knows", "treasury", with(&closed, "event", Value::ascii("party").unwrap())),
        ("no event", "oracle", u(1)),
        ("an older price", "oracle", with(&sample("price-accepted"), "at", u(1))),
        ("a boundary twice", "oracle", sample("boundary-recorded")),
        ("a fee that does not add up", "treasury", sample("fee-processed")),
        ("a vault that does not add up", "liquidity-pool-vault", sample("funds-deposited")),
        ("a credit of nobody", "liquidity-pool", {
            Value::tuple([
                (name("event"), Value::ascii("bounty-paid").unwrap()),
                (name("who"), Value::Principal(person(1).into())),
                (name("token"), sold.field("token").unwrap().clone()),
                (name("amount"), u(5)),
            ])
        }),
    ];
    for (what, contract, value) in cases {
        let applied = ledger.apply(&printing(&block, contract, value.clone())).unwrap();
        assert_eq!(applied, Applied::New { anomalies: 1 }, "{what}");
        let snapshot = ledger.snapshot().unwrap();
        assert!(!snapshot.is_sound(), "{what}");
        let anomaly = &snapshot.anomalies(1).unwrap()[0];
        assert_eq!(anomaly.place.height, block.header.height);
        assert!(!anomaly.why.is_empty() && !anomaly.subjects.is_empty(), "{what}: {anomaly:?}");
        drop(snapshot);
        let found = dump(&path);
        for (table, rows) in &before {
            let is_chain = ["blocks", "transactions", "events", "anomalies", "doubts", "undo", "tip"];
            if !is_chain.contains(&table.as_str()) {
                assert_eq!(&found[table], rows, "{what} changed {table}");
            }
        }
        let kept: Vec<u8> = connect(&path)
            .query_row("SELECT body FROM events ORDER BY height DESC LIMIT 1", [], |row| row.get(0))
            .unwrap();
        assert_eq!(Value::decode(&kept).unwrap(), value, "{what}");
        ledger.roll_back_to(BlockHeight::new(block.header.height.get() - 1)).unwrap();
        assert_same(&dump(&path), &before, what);
        assert!(ledger.snapshot().unwrap().is_sound());
    }
}

#[test]
fn doubts_stay_with_what_they_concern() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _, block) = setting(&folder.path().join("a"));
    let sold = with(&sample("collateral-sold"), "assets", Value::UInt(1));
    let (tier, token) =
        (sold.field("tier").unwrap().as_uint().unwrap(), sold.field("token").unwrap().clone());
    ledger.apply(&printing(&block, "liquidity-pool", sold)).unwrap();
    let snapshot = ledger.snapshot().unwrap();
    for bucket in snapshot.buckets().unwrap().rows {
        let is_it = u128::from(bucket.bucket.tier) == tier && Value::Principal(bucket.token.clone()) == token;
        assert_eq!(bucket.trust == Trust::Doubtful, is_it);
        assert_eq!(snapshot.trust_of_contract(Contract::Oracle), Trust::Sound);
        let key = BucketKey { tier: bucket.bucket.tier, token: bucket.token.clone() };
        assert_eq!(snapshot.trust_of_bucket(&key), bucket.trust);
        let provider = snapshot.provider(&Principal::Standard(person(1)), &key).unwrap().unwrap();
        assert_eq!(provider.trust == Trust::Doubtful, is_it);
    }
    drop(snapshot);
    let mut next = printing(&block, "oracle", Value::UInt(1));
    next.header.parent = block.header.hash;
    next.header.height = BlockHeight::new(block.header.height.get() + 1);
    next.header.hash.0[0] ^= 1;
    next.transactions[0].txid.0[31] ^= 1;
    ledger.apply(&next).unwrap();
    let snapshot = ledger.snapshot().unwrap();
    assert_eq!(snapshot.trust_of_contract(Contract::Oracle), Trust::Doubtful);
    for all in snapshot.totals().unwrap() {
        assert_eq!(all.trust == Trust::Doubtful, Value::Principal(all.token.clone()) == token);
    }
}

#[test]
fn strangers_and_failed_transactions_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let (mut ledger, _, block) = setting(&path);
    let value = with(&sample("bucket-set"), "capacity", Value::UInt(7));
    let mut stranger = printing(&block, "liquidity-pool", value.clone());
    stranger.transactions[0].prints[0].contract.issuer = person(5);
    let mut failed = printing(&block, "liquidity-pool", value.clone());
    failed.transactions[0].outcome = TransactionOutcome::AbortedByPostCondition;
    let unknown = printing(&block, "somebody-elses", value);
    let before = dump(&path);
    for block in [stranger, failed, unknown] {
        assert_eq!(ledger.apply(&block).unwrap(), Applied::New { anomalies: 0 });
        assert_eq!(dump(&path)["buckets"], before["buckets"]);
        assert_eq!(dump(&path)["events"], before["events"]);
        ledger.roll_back_to(BlockHeight::new(block.header.height.get() - 1)).unwrap();
    }
}

#[test]
fn the_largest_amounts_go_in_and_come_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let (mut ledger, _, block) = setting(&path);
    let count = sample("policy-created").field("policy").unwrap().as_uint().unwrap() + 1;
    let mut event = with(&sample("policy-created"), "policy", Value::UInt(count));
    event = with(&event, "owner", Value::Principal(person(77).into()));
    // A peer's: of the pool's own the sale comes first.
    event = with(&event, "backing", Value::UInt(2));
    for field in ["size", "strike", "floor", "lock", "required", "premium", "usd", "fee", "bounty", "spot"] {
        event = with(&event, field, Value::UInt(u128::MAX));
    }
    let applied = ledger.apply(&printing(&block, "policy-registry", event)).unwrap();
    assert_eq!(applied, Applied::New { anomalies: 0 });
    let snapshot = ledger.snapshot().unwrap();
    let policy = snapshot.policy(count.try_into().unwrap()).unwrap().unwrap();
    assert_eq!(policy.size.base_units(), u128::MAX);
    assert_eq!(policy.premium.base_units(), u128::MAX);
    let portfolio = snapshot.portfolio(&Principal::Standard(person(77)), 5).unwrap();
    assert_eq!(portfolio.totals[0].premiums.base_units(), u128::MAX);
    assert_eq!(portfolio.active, [policy]);
}

/// An answer, or that there is none; never that the file is damaged.
fn countable<T>(answer: Result<T, LedgerError>) {
    if let Err(error) = answer {
        assert!(matches!(error, LedgerError::Uncountable { .. }), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Fields replaced at random: never a panic, never an error, always back to where it was.
    #[test]
    fn no_event_stops_the_ledger(seed: u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut ledger = Ledger::open(&path, identity()).unwrap();
        let mut stream = Stream::quick(seed, 6, 6);
        for _ in 0..60 {
            ledger.apply(&stream.next(5)).unwrap();
        }
        let before = dump(&path);
        let height = ledger.tip().unwrap().unwrap().height;
        let mut anomalies = 0;
        for _ in 0..60 {
            let mut block = stream.next(5);
            for print in block.transactions.iter_mut().flat_map(|one| &mut one.prints) {
                let fields: Vec<String> =
                    print.value.as_tuple().unwrap().keys().map(|name| name.as_str().to_owned()).collect();
                let field = &fields[random.usize(..fields.len())];
                if field != "event" && random.u32(..4) == 0 {
                    let number = match random.u32(..4) {
                        0 => 0,
                        1 => u128::MAX,
                        2 => random.u128(..),
                        _ => random.u128(..10),
                    };
                    print.value = with(&print.value, field, Value::UInt(number));
                }
            }
            if let Applied::New { anomalies: found } = ledger.apply(&block).unwrap() {
                anomalies += found;
            }
            let snapshot = ledger.snapshot().unwrap();
            snapshot.totals().unwrap();
            snapshot.boundaries(TimeRange::ALL).unwrap();
            snapshot.prices(TimeRange::ALL).unwrap();
            snapshot.statistics(UnixSeconds::new(0)).unwrap();
            for bucket in snapshot.buckets().unwrap().rows {
                let key = BucketKey { tier: bucket.bucket.tier, token: bucket.token };
                snapshot.health_history(&key, TimeRange::ALL).unwrap();
                snapshot.epochs(&key, TimeRange::ALL).unwrap();
                snapshot.settlements(&key, TimeRange::ALL).unwrap();
                countable(snapshot.provider(&Principal::Standard(person(1)), &key));
            }
            for tier in 0..=u8::MAX {
                snapshot.tier(tier).unwrap();
            }
            for person_ in 1..=6 {
                let person = Principal::Standard(person(person_));
                snapshot.portfolio(&person, 10).unwrap();
                snapshot.provider_everywhere(&person).unwrap();
            }
        }
        prop_assert!(anomalies > 5, "{} anomalies", anomalies);
        ledger.check().unwrap();
        ledger.roll_back_to(height).unwrap();
        assert_same(&dump(&path), &before, "after going back");
    }
}
