//! A plausible chain, made without a VM: reports, deposits, sales, sales back, exits, closes, settlements and claims, with the
//! totals that the contracts would print. For whatever needs many blocks; what the contracts really print is tested elsewhere.

mod time;

use std::collections::BTreeMap;

use bithedge_ledger::{BlockHeader, Call, ChainBlock, Identity, Print, SuiteTransaction, TransactionOutcome};
use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{
    Address, AddressVersion, ChainId, ClarityName, ContractId, ContractName, Hash160, Principal, Txid, Value,
};

pub(crate) const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;
const VIRTUAL_SHARES: u128 = 1_000_000;
/// Wednesday 2025-12-31 08:00 UTC: a boundary.
pub(crate) const START: u64 = 1_767_168_000;
pub(crate) const USD: u128 = 100_000_000;

/// The first account of a devnet.
pub(crate) fn deployer() -> Address {
    "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap()
}

pub(crate) fn identity() -> Identity {
    Identity { chain: ChainId::TESTNET, genesis: BlockHash([7; 32]), deployer: deployer() }
}

pub(crate) fn contract(name: &str) -> ContractId {
    ContractId::new(deployer(), ContractName::new(name).unwrap())
}

pub(crate) fn principal(name: &str) -> Value {
    Value::Principal(Principal::Contract(contract(name)))
}

/// One of many people.
pub(crate) fn person(number: u64) -> Address {
    let mut hash = [0; 20];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(AddressVersion::TESTNET_SINGLE_SIG, Hash160(hash))
}

pub(crate) fn who(number: u64) -> Value {
    Value::Principal(Principal::Standard(person(number)))
}

pub(crate) const fn u(value: u128) -> Value {
    Value::UInt(value)
}

pub(crate) fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

/// An event as it is printed.
pub(crate) fn event(name: &str, fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (ClarityName::new(name).unwrap(), value));
    Value::tuple(fields.chain([(ClarityName::new("event").unwrap(), text(name))]))
}

/// Size, locked, required, policies.
type Series = (u128, u128, u128, u64);

#[derive(Clone, Default)]
struct Sim {
    assets: u128,
    locked: u128,
    required: u128,
    shares: u128,
    queued: u128,
    epoch: u128,
    due: u64,
    deposits: Vec<(u64, u128)>,
    exits: u128,
    providers: BTreeMap<u64, (u128, u128)>,
    /// By expiry and strike.
    books: BTreeMap<u64, BTreeMap<u128, Series>>,
}

#[derive(Clone)]
struct Policy {
    id: u128,
    owner: u64,
    bucket: (u8, bool),
    expiry: u64,
    strike: u128,
    size: u128,
    lock: u128,
    required: u128,
}

/// A chain that grows block by block; a copy of it can grow otherwise.
#[derive(Clone)]
pub(crate) struct Stream {
    random: fastrand::Rng,
    pub(crate) tip: Option<BlockHeader>,
    pub(crate) events: u64,
    people: u64,
    owners: u64,
    /// Longest time between blocks, seconds.
    pace: u64,
    time: u64,
    /// Until the next block, besides.
    pause: u64,
    btc: u128,
    buckets: BTreeMap<(u8, bool), Sim>,
    policies: Vec<Policy>,
    count: u128,
    vault: BTreeMap<bool, (u128, u128)>,
    fees: BTreeMap<bool, u128>,
    /// Claims to be made: policy, due and paid.
    claims: Vec<(Policy, u128)>,
    transactions: u64,
    prints: Vec<(&'static str, Value)>,
}

const TOKENS: [bool; 2] = [true, false];

pub(crate) fn token(is_sbtc: bool) -> Value {
    if is_sbtc {
        Value::Principal("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse().unwrap())
    } else {
        principal("stx-token")
    }
}

impl Stream {
    /// So many people provide and buy; the policies are owned by the first `owners` of them.
    pub(crate) fn new(seed: u64, people: u64, owners: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            tip: None,
            events: 0,
            people,
            owners,
            pace: 90,
            time: START + 3_600,
            pause: 0,
            btc: 100_000 * USD,
            buckets: BTreeMap::new(),
            policies: Vec::new(),
            count: 0,
            vault: BTreeMap::from([(true, (0, 0)), (false, (0, 0))]),
            fees: BTreeMap::from([(true, 0), (false, 0)]),
            claims: Vec::new(),
            transactions: 0,
            prints: Vec::new(),
        }
    }

    /// With hours between blocks: weeks in a few hundred.
    pub(crate) fn quick(seed: u64, people: u64, owners: u64) -> Self {
        Self { pace: 10_000, ..Self::new(seed, people, owners) }
    }

    /// From here on it takes another way.
    pub(crate) fn fork(&mut self, seed: u64) {
        self.random = fastrand::Rng::with_seed(seed);
        // Another history has other transactions.
        self.transactions = (self.transactions & 0xffff_ffff) | (seed << 32);
    }

    /// The next block: the first one sets the suite up. `most` transactions, at least one.
    pub(crate) fn next(&mut self, most: usize) -> ChainBlock {
        let height = self.tip.map_or(1, |tip| tip.height.get() + 1);
        let parent = self.tip.map_or(BlockHash([7; 32]), |tip| tip.hash);
        self.time += self.random.u64(5..self.pace) + std::mem::take(&mut self.pause);
        let mut transactions = Vec::new();
        if self.buckets.is_empty() {
            self.set_up();
            self.take(&mut transactions, 0, "governance");
            self.report();
            self.take(&mut transactions, 0, "oracle");
        }
        for _ in 0..self.random.usize(1..=most) {
            let (sender, called) = self.act();
            self.take(&mut transactions, sender, called);
        }
        let mut hash = [0; 32];
        self.random.fill(&mut hash);
        let header = BlockHeader {
            height: BlockHeight::new(height),
            hash: BlockHash(hash),
            parent,
            time: UnixSeconds::new(self.time),
        };
        self.tip = Some(header);
        ChainBlock { header, transactions }
    }

    /// A block of policies only, so many of them, of one owner.
    pub(crate) fn sales(&mut self, owner: u64, count: usize) -> ChainBlock {
        let mut block = self.next(1);
        for _ in 0..count {
            if !self.sell(owner, (2, true)) {
                break;
            }
            self.take(&mut block.transactions, owner, "policy-registry");
        }
        block
    }

    fn print(&mut self, contract: &'static str, value: Value) {
        self.prints.push((contract, value));
    }

    fn take(&mut self, transactions: &mut Vec<SuiteTransaction>, sender: u64, called: &str) {
        let mut txid = [0; 32];
        self.transactions += 1;
        txid[..8].copy_from_slice(&self.transactions.to_be_bytes());
        let prints: Vec<Print> = std::mem::take(&mut self.prints)
            .into_iter()
            .zip(0..)
            .map(|((name, value), index)| Print { contract: contract(name), index, value })
            .collect();
        self.events += prints.len() as u64;
        let refused = prints.is_empty();
        transactions.push(SuiteTransaction {
            txid: Txid(txid),
            index: u32::try_from(transactions.len()).unwrap(),
            sender: person(sender),
            fee: MicroStx::new(3_000),
            outcome: if refused {
                TransactionOutcome::AbortedByResponse
            } else {
                TransactionOutcome::Success
            },
            result: if refused { Value::err(u(1_940_904)) } else { Value::ok(Value::Bool(true)) },
            call: Some(Call {
                contract: contract(called),
                function: "do".to_owned(),
                arguments: vec![u(u128::from(self.time)), who(sender)],
            }),
            prints,
        });
    }

    /// Somebody does something; who, and the contract that was called.
    fn act(&mut self) -> (u64, &'static str) {
        let person = self.random.u64(1..=self.people);
        let bucket = (self.random.u8(1..=3), self.random.bool());
        if self.buckets.values().any(|one| one.due <= self.time) {
            self.catch_up();
            return (0, "liquidity-pool");
        }
        if let Some((policy, paid)) = self.claims.pop() {
            self.claim(&policy, paid);
            return (0, "policy-registry");
        }
        match self.random.u32(..100) {
            0..30 => self.report(),
            30..45 => self.deposit(person, bucket),
            45..80 => {
                let owner = self.random.u64(1..=self.owners);
                self.sell(owner, bucket);
            }
            80..88 => self.sell_back(),
            88..94 => self.leave(person, bucket),
            // Time goes on after this block; the transaction itself is refused.
            94..97 => self.pause += self.random.u64(600..7_200),
            _ => self.report(),
        }
        (person, "policy-registry")
    }

    fn report(&mut self) {
        self.btc = (self.btc * self.random.u128(985..=1_015) / 1_000).clamp(20_000 * USD, 400_000 * USD);
        for reporter in 0..3 {
            let fields = vec![
                ("reporter", who(1_000_000 + reporter)),
                ("btc", u(self.btc)),
                ("stx", u(USD)),
                ("observed-at", u(self.time.into())),
                ("at", u(self.time.into())),
                ("verdict", u(if reporter == 1 { 1 } else { 0 })),
                ("median-btc", u(self.btc)),
                ("median-stx", u(USD)),
            ];
            self.print("oracle", event("report-taken", fields));
        }
        let fields = vec![("btc", u(self.btc)), ("stx", u(USD)), ("at", u(self.time.into()))];
        self.print("oracle", event("price-accepted", fields));
    }

    fn vault(&mut self, name: &str, is_sbtc: bool, amount: u128, more: Vec<(&str, Value)>) {
        let (balance, locked) = self.vault.get_mut(&is_sbtc).unwrap();
        match name {
            "funds-deposited" => *balance += amount,
            "collateral-locked" => *locked += amount,
            "collateral-released" => *locked -= amount,
            _ => *balance -= amount,
        }
        let mut fields = vec![
            ("backend", principal("liquidity-pool")),
            ("token", token(is_sbtc)),
            ("amount", u(amount)),
            ("balance", u(*balance)),
            ("locked", u(*locked)),
            ("total-balance", u(*balance)),
            ("total-locked", u(*locked)),
        ];
        fields.extend(more);
        self.print("liquidity-pool-vault", event(name, fields));
    }

    fn metric(&mut self, name: &str, value: u128) {
        let fields = vec![
            ("metric", text(name)),
            ("value", u(value)),
            ("day", u(u128::from(self.time / DAY))),
            ("by", principal("liquidity-pool")),
        ];
        self.print("analytics", event("metric-recorded", fields));
    }

    fn deposit(&mut self, person: u64, bucket: (u8, bool)) {
        let amount = self.random.u128(1_000_000..10_000_000_000);
        let sim = self.buckets.get_mut(&bucket).unwrap();
        sim.deposits.push((person, amount - 50));
        let epoch = sim.epoch;
        // The pot is not paid out of here: what goes in stays.
        self.vault("funds-deposited", bucket.1, amount, vec![("from", who(person))]);
        self.metric("deposits", amount - 50);
        let fields = vec![
            ("provider", who(person)),
            ("tier", u(bucket.0.into())),
            ("token", token(bucket.1)),
            ("amount", u(amount)),
            ("net", u(amount - 50)),
            ("epoch", u(epoch)),
        ];
        self.print("liquidity-pool", event("capital-committed", fields));
    }

    fn sell(&mut self, owner: u64, bucket: (u8, bool)) -> bool {
        let size = self.random.u128(10_000..200_000);
        let strike = self.btc / 100 * self.random.u128(80..95) / (1_000 * USD) * (1_000 * USD);
        let strike = if strike == 0 { 20_000 * USD } else { strike };
        let floor = strike.div_ceil(2);
        let friday = (self.time - 115_200).div_ceil(WEEK) * WEEK + 115_200;
        let expiry = friday + WEEK * self.random.u64(1..5);
        let limit = size * (strike - floor);
        let (lock, required) = if bucket.1 {
            (limit.div_ceil(floor), 0)
        } else {
            let required = limit.div_ceil(USD) * 2;
            (required.div_ceil(100), required)
        };
        let premium = lock / 100 + 100;
        let sim = self.buckets.get_mut(&bucket).unwrap();
        if sim.locked + lock > sim.assets * 9 / 10 {
            return false;
        }
        sim.assets += premium;
        sim.locked += lock;
        sim.required += required;
        let series = sim.books.entry(expiry).or_default().entry(strike).or_default();
        *series = (series.0 + size, series.1 + lock, series.2 + required, series.3 + 1);
        let (assets, locked) = (sim.assets, sim.locked);
        self.count += 1;
        let id = self.count;
        let fields = vec![
            ("tier", u(bucket.0.into())),
            ("token", token(bucket.1)),
            ("expiry", u(expiry.into())),
            ("strike", u(strike)),
            ("policy", u(id)),
            ("size", u(size)),
            ("lock", u(lock)),
            ("required", u(required)),
            ("floor", u(floor)),
            ("ratio", u(2_000_000)),
            ("premium", u(premium)),
            ("bounty", u(50)),
            ("assets", u(assets)),
            ("locked", u(locked)),
        ];
        self.print("liquidity-pool", event("collateral-sold", fields));
        self.vault("funds-deposited", bucket.1, premium + 50, vec![("from", who(owner))]);
        let ids = ("policy-ids", Value::list([u(id)]));
        self.vault("collateral-locked", bucket.1, lock, vec![ids]);
        let fee = premium.div_ceil(20);
        let undistributed = self.fees.get_mut(&bucket.1).unwrap();
        *undistributed += fee;
        let undistributed = *undistributed;
        let fields = vec![
            ("operation", text("purchase")),
            ("token", token(bucket.1)),
            ("user", who(owner)),
            ("base", u(premium)),
            ("rate", u(50_000)),
            ("discount", u(0)),
            ("fee", u(fee)),
            ("volume", u(premium)),
            ("volume-today", u(premium)),
            ("undistributed", u(undistributed)),
            ("by", principal("policy-registry")),
        ];
        self.print("treasury", event("fee-processed", fields));
        let fields = vec![
            ("policy", u(id)),
            ("owner", who(owner)),
            ("kind", u(1)),
            ("strike", u(strike)),
            ("expiry", u(expiry.into())),
            ("size", u(size)),
            ("tier", u(bucket.0.into())),
            ("token", token(bucket.1)),
            ("floor", u(floor)),
            ("lock", u(lock)),
            ("required", u(required)),
            ("premium", u(premium)),
            ("usd", u(premium)),
            ("fee", u(fee)),
            ("bounty", u(50)),
            ("volatility", u(700_000)),
            ("surcharge", u(1_000_000)),
            ("backing", u(1)),
            ("provider", principal("liquidity-pool")),
            ("spot", u(self.btc)),
        ];
        self.print("policy-registry", event("policy-created", fields));
        self.metric("premium-usd", premium);
        self.policies.push(Policy { id, owner, bucket, expiry, strike, size, lock, required });
        true
    }

    fn sell_back(&mut self) {
        if self.policies.is_empty() {
            return;
        }
        let policy = self.policies.swap_remove(self.random.usize(..self.policies.len()));
        let paid = policy.lock / 200;
        let sim = self.buckets.get_mut(&policy.bucket).unwrap();
        sim.assets -= paid;
        sim.locked -= policy.lock;
        sim.required -= policy.required;
        let book = sim.books.get_mut(&policy.expiry).unwrap();
        let series = book.get_mut(&policy.strike).unwrap();
        *series = (series.0 - policy.size, series.1 - policy.lock, series.2 - policy.required, series.3 - 1);
        book.retain(|_, series| series.3 > 0);
        if book.is_empty() {
            sim.books.remove(&policy.expiry);
        }
        let fields = vec![
            ("tier", u(policy.bucket.0.into())),
            ("token", token(policy.bucket.1)),
            ("expiry", u(policy.expiry.into())),
            ("strike", u(policy.strike)),
            ("policy", u(policy.id)),
            ("size", u(policy.size)),
            ("lock", u(policy.lock)),
            ("required", u(policy.required)),
            ("paid", u(paid)),
            ("owner", who(policy.owner)),
            ("assets", u(sim.assets)),
            ("locked", u(sim.locked)),
        ];
        self.print("liquidity-pool", event("collateral-released", fields));
        let ids = ("policy-ids", Value::list([u(policy.id)]));
        self.vault("collateral-released", policy.bucket.1, policy.lock, vec![ids]);
        self.pay(&policy, paid);
        let fields = vec![
            ("policy", u(policy.id)),
            ("owner", who(policy.owner)),
            ("price", u(self.btc)),
            ("refund", u(paid)),
        ];
        self.print("policy-registry", event("policy-cancelled", fields));
    }

    fn pay(&mut self, policy: &Policy, paid: u128) {
        if paid > 0 {
            let more = vec![("policy-id", u(policy.id)), ("buyer", who(policy.owner))];
            self.vault("settlement-paid", policy.bucket.1, paid, more);
        }
    }

    fn leave(&mut self, person: u64, bucket: (u8, bool)) {
        let sim = self.buckets.get_mut(&bucket).unwrap();
        let Some((shares, basis)) = sim.providers.get_mut(&person) else { return };
        let part = *shares / 2;
        if part == 0 {
            return;
        }
        let with_it = *basis * part / *shares;
        *shares -= part;
        *basis -= with_it;
        sim.exits += part;
        let fields = vec![
            ("provider", who(person)),
            ("tier", u(bucket.0.into())),
            ("token", token(bucket.1)),
            ("shares", u(part)),
            ("basis", u(with_it)),
            ("epoch", u(sim.epoch)),
        ];
        self.print("liquidity-pool", event("exit-requested", fields));
    }
}
