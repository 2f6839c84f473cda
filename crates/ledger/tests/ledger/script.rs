//! A chain that says what a test wants it to say, and the events for it.

use std::path::PathBuf;

use bithedge_ledger::{Applied, BlockHeader, BucketKey, ChainBlock, Ledger, Print};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::{Principal, Value};

use crate::stream::{DAY, START, Stream, USD, contract, event, identity, principal, token, u, who};

pub(crate) const STX: u128 = 1_000_000;
pub(crate) const OK: Applied = Applied::New { anomalies: 0 };
pub(crate) const ODD: Applied = Applied::New { anomalies: 1 };

/// A chain that says what it is told to, after the suite was set up.
pub(crate) struct Chain {
    pub(crate) _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) ledger: Ledger,
    pub(crate) tip: BlockHeader,
}

impl Chain {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut ledger = Ledger::open(&path, identity()).unwrap();
        let mut first = Stream::quick(1, 6, 6).next(1);
        first.transactions.truncate(2);
        assert_eq!(ledger.apply(&first).unwrap(), OK);
        Self { _folder: folder, path, ledger, tip: first.header }
    }

    /// The next block at a time, in which these were printed.
    pub(crate) fn block(&self, time: u64, prints: Vec<(&str, Value)>) -> ChainBlock {
        let mut block = Stream::quick(1, 6, 6).next(1);
        let height = self.tip.height.get() + 1;
        block.header.height = BlockHeight::new(height);
        block.header.parent = self.tip.hash;
        block.header.hash.0[..8].copy_from_slice(&height.to_be_bytes());
        block.header.time = UnixSeconds::new(time);
        block.transactions.truncate(1);
        block.transactions[0].txid.0[8..16].copy_from_slice(&height.to_be_bytes());
        let prints = prints.into_iter().zip(0..);
        block.transactions[0].prints =
            prints.map(|((name, value), index)| Print { contract: contract(name), index, value }).collect();
        block
    }

    pub(crate) fn say(&mut self, time: u64, prints: Vec<(&str, Value)>) -> Applied {
        let block = self.block(time, prints);
        let applied = self.ledger.apply(&block).unwrap();
        self.tip = block.header;
        applied
    }
}

pub(crate) fn stx_bucket() -> BucketKey {
    BucketKey { tier: 2, token: Principal::Contract(contract("stx-token")) }
}

pub(crate) fn in_bucket(name: &str, more: Vec<(&str, Value)>) -> (&'static str, Value) {
    let mut fields = vec![("tier", u(2)), ("token", token(false))];
    fields.extend(more);
    ("liquidity-pool", event(name, fields))
}

pub(crate) fn price(stx: u128, at: u64) -> (&'static str, Value) {
    (
        "oracle",
        event("price-accepted", vec![("btc", u(100_000 * USD)), ("stx", u(stx)), ("at", u(at.into()))]),
    )
}

pub(crate) fn committed(amount: u128, epoch: u128) -> (&'static str, Value) {
    let amounts = vec![("provider", who(1)), ("amount", u(amount)), ("net", u(amount)), ("epoch", u(epoch))];
    in_bucket("capital-committed", amounts)
}

/// A close at a price of STX of a dollar: assets and shares before, what was deposited and minted.
pub(crate) fn closed(
    epoch: u128,
    boundary: u64,
    (assets, shares): (u128, u128),
    (deposited, minted): (u128, u128),
) -> (&'static str, Value) {
    let nav = if shares == 0 { 0 } else { assets };
    in_bucket(
        "epoch-closed",
        vec![
            ("epoch", u(epoch)),
            ("boundary", u(boundary.into())),
            ("spot", u(100_000 * USD)),
            ("stx", u(USD)),
            ("nav-deposit", u(nav)),
            ("nav-exit", u(assets)),
            ("shares", u(shares)),
            ("generation", u(0)),
            ("exited", u(0)),
            ("paid", u(0)),
            ("fee", u(0)),
            ("deposited", u(deposited)),
            ("minted", u(minted)),
            ("returned", Value::Bool(false)),
            ("queued", u(0)),
            ("assets", u(assets + deposited)),
            ("due", u((boundary + DAY).into())),
            ("bounty", u(0)),
        ],
    )
}

pub(crate) fn sold(policy: u128, size: u128, assets: u128) -> (&'static str, Value) {
    in_bucket(
        "collateral-sold",
        vec![
            ("expiry", u((START + 30 * DAY).into())),
            ("strike", u(90_000 * USD)),
            ("policy", u(policy)),
            ("size", u(size)),
            ("lock", u(1_000_000 * STX)),
            ("required", u(1_000_000 * USD)),
            ("floor", u(45_000 * USD)),
            ("ratio", u(2_000_000)),
            ("premium", u(100)),
            ("bounty", u(50)),
            ("assets", u(assets + 100)),
            ("locked", u(1_000_000 * STX)),
        ],
    )
}

pub(crate) fn created(policy: u128, size: u128) -> (&'static str, Value) {
    let fields = vec![
        ("policy", u(policy)),
        ("owner", who(7)),
        ("kind", u(1)),
        ("strike", u(90_000 * USD)),
        ("expiry", u((START + 30 * DAY).into())),
        ("size", u(size)),
        ("tier", u(2)),
        ("token", token(false)),
        ("floor", u(45_000 * USD)),
        ("lock", u(1_000_000 * STX)),
        ("required", u(1_000_000 * USD)),
        ("premium", u(100)),
        ("usd", u(100)),
        ("fee", u(5)),
        ("bounty", u(50)),
        ("volatility", u(700_000)),
        ("surcharge", u(1_000_000)),
        ("backing", u(1)),
        ("provider", principal("liquidity-pool")),
        ("spot", u(100_000 * USD)),
    ];
    ("policy-registry", event("policy-created", fields))
}

/// Two million STX in the bucket, closed for the first time on the second of January.
pub(crate) fn funded() -> Chain {
    let mut chain = Chain::new();
    let assets = 2_000_000 * STX;
    assert_eq!(chain.say(START + DAY - 7_200, vec![committed(assets, 1)]), OK);
    let first = closed(1, START + DAY, (0, 0), (assets, assets * 1_000_000));
    assert_eq!(chain.say(START + DAY + 60, vec![first]), OK);
    chain
}
