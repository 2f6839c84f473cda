//! What is fed is what is there.

use bithedge_ledger::{Applied, Ledger, LedgerError, PolicyFilter, TimeRange, Trust};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::Principal;

use crate::dump::{assert_same, dump};
use crate::stream::{Stream, identity, person};

#[test]
fn a_chain_goes_in_without_an_anomaly_and_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("a"), identity()).unwrap();
    let mut stream = Stream::new(1, 20, 20);
    for _ in 0..1_500 {
        let block = stream.next(4);
        let applied = ledger.apply(&block).unwrap();
        if applied != (Applied::New { anomalies: 0 }) {
            panic!("{:?}", ledger.snapshot().unwrap().anomalies(1).unwrap());
        }
    }
    ledger.apply(&stream.sales(3, 40)).unwrap();
    ledger.check().unwrap();
    let snapshot = ledger.snapshot().unwrap();
    assert!(snapshot.is_sound());
    let totals = snapshot.totals().unwrap();
    assert_eq!(totals.len(), 2);
    for all in &totals {
        assert_eq!(all.trust, Trust::Sound);
        assert!(all.adds_up(), "{all:?}");
    }
    let mine = PolicyFilter { owner: Some(person(3).into()), ..PolicyFilter::default() };
    let all = snapshot.policies(&mine, 10_000).unwrap().rows;
    assert!(all.len() > 20, "{}", all.len());
    let portfolio = snapshot.portfolio(&Principal::Standard(person(3)), 10_000).unwrap();
    let count: u64 = portfolio.totals.iter().map(|one| one.policies).sum();
    assert_eq!(count, all.len() as u64);
    for total in &portfolio.totals {
        let theirs = || all.iter().filter(|policy| policy.token == total.token);
        assert_eq!(total.premiums.base_units(), theirs().map(|one| one.premium.base_units()).sum::<u128>());
        assert_eq!(total.payouts.base_units(), theirs().map(|one| one.paid.base_units()).sum::<u128>());
        let active = portfolio.active.iter().filter(|policy| policy.token == total.token);
        assert_eq!(total.protected.base_units(), active.map(|one| one.size.base_units()).sum::<u128>());
    }
    // Page by page it is the same.
    let mut paged = Vec::new();
    let mut filter = mine;
    loop {
        let page = snapshot.policies(&filter, 7).unwrap().rows;
        let Some(last) = page.last() else { break };
        filter.before = Some(last.id);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let who = Principal::Standard(person(3));
    let everything = snapshot.activity(&who, None, 100_000).unwrap();
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = snapshot.activity(&who, before, 9).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.place);
        paged.extend(page);
    }
    assert!(everything.len() > 50);
    assert_eq!(paged, everything);
    let statistics = snapshot.statistics(UnixSeconds::new(0)).unwrap().rows;
    assert!(statistics.iter().all(|one| one.providers > 5 && one.utilisation.is_some()), "{statistics:?}");
    let prices = snapshot.prices(TimeRange::ALL).unwrap();
    let some = TimeRange { from: prices[10].at, to: prices[20].at };
    assert!(snapshot.prices(some).unwrap().len() >= 11);
    assert!(prices.is_sorted_by_key(|price| price.at));
}

#[test]
fn a_block_goes_in_once_and_only_onto_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = Stream::new(2, 5, 5);
    let first = stream.next(3);
    let fork = stream.clone();
    let second = stream.next(3);
    let third = stream.next(3);
    ledger.apply(&first).unwrap();
    ledger.apply(&second).unwrap();
    let before = dump(&path);
    for known in [&first, &second] {
        assert_eq!(ledger.apply(known).unwrap(), Applied::Known);
    }
    let mut fork = fork;
    fork.fork(99);
    let other = fork.next(3);
    assert!(matches!(ledger.apply(&other), Err(LedgerError::NotConnected { .. })));
    let mut twisted = third.clone();
    twisted.header.parent = other.header.hash;
    assert!(matches!(ledger.apply(&twisted), Err(LedgerError::NotConnected { .. })));
    let mut disordered = third.clone();
    disordered.transactions.push(disordered.transactions[0].clone());
    assert!(matches!(ledger.apply(&disordered), Err(LedgerError::MalformedBlock { .. })));
    let mut repeated = third.clone();
    repeated.transactions[0].txid = first.transactions[0].txid;
    assert!(matches!(ledger.apply(&repeated), Err(LedgerError::AlreadyHere { .. })));
    assert_same(&dump(&path), &before, "after refusals");
    // Together all go in or none.
    assert!(ledger.apply_all(&[third.clone(), other]).is_err());
    assert_same(&dump(&path), &before, "after refusals");
    let applied = ledger.apply_all(&[first, second, third.clone()]).unwrap();
    assert_eq!(applied, [Applied::Known, Applied::Known, Applied::New { anomalies: 0 }]);
    // A marker without content: the next block stands on it.
    let mut empty = third.header;
    empty.parent = empty.hash;
    empty.height = BlockHeight::new(empty.height.get() + 1);
    empty.hash.0[0] ^= 1;
    assert_eq!(ledger.advance_to(&empty).unwrap(), Applied::New { anomalies: 0 });
    assert_eq!(ledger.advance_to(&empty).unwrap(), Applied::Known);
    assert!(ledger.advance_to(&third.header).is_err());
    stream.tip = Some(empty);
    ledger.apply(&stream.next(3)).unwrap();
    assert_eq!(ledger.snapshot().unwrap().blocks(10).unwrap().len(), 4);
}
