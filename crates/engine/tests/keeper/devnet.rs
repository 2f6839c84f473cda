//! A real devnet in which nobody but the engine's keepers does anything by itself: three report what exchanges on this computer say,
//! one serves. A crash, an expiry, a silence of a week with another expiry in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bithedge_devnet::Config;
use bithedge_engine::Clock;
use bithedge_engine::intents::{BucketId, Capital, Intent, NodeReader, Protection, prepare};
use bithedge_engine::keeper::{
    Deed, DutyKind, FromRegistry, Keeper, NoPrices, Parts, Policy, PriceSource, When,
};
use bithedge_engine::transactions::Transactions;
use bithedge_practice::feed::Mine;
use bithedge_practice::market::Quote as Price;
use bithedge_practice::{Practice, PracticeNetwork, key};
use bithedge_prices::MedianOfMarkets;
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, MicroStx as Balance, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::client::{Outcome, TransactionStatus};
use bithedge_stacks::{MicroStx, Network, NodeClient, Payload, Principal, TransactionBuilder};
use bithedge_suite::ContractFunction;
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{liquidity_pool, oracle, parameters, policy_registry};

use crate::hand::{Hand, KEEPER, Listed, address, journal, order, settings};
use crate::markets::{Markets, Quote};

const USD: u128 = 100_000_000;
const BTC: u128 = 100_000_000;
const STX: u128 = 1_000_000;
const DAY: u64 = 86_400;
/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;
const FEE: u64 = 20_000;
const PETER: usize = 1;
const IRENE: usize = 2;
const REPORTERS: [usize; 3] = [6, 7, 8];
const SETTLED: u128 = 3;
const EXPIRED: u128 = 4;

/// The chain's time, as every computer in this test has it.
#[derive(Clone, Default)]
struct ChainTime(Arc<AtomicU64>);

impl Clock for ChainTime {
    fn now(&self) -> UnixSeconds {
        UnixSeconds::new(self.0.load(Ordering::SeqCst))
    }
}

type Service = Arc<Transactions<NodeClient, Hand>>;

struct Life {
    network: PracticeNetwork,
    mine: Mine,
    http: reqwest::Client,
    markets: Markets,
    clock: ChainTime,
    services: Vec<Service>,
    reporters: Vec<Keeper<NodeReader, NodeClient, Hand, MedianOfMarkets, Listed>>,
    serving: Keeper<NodeReader, NodeClient, Hand, NoPrices, FromRegistry<NodeReader>>,
    done: BTreeMap<DutyKind, usize>,
    others: Vec<Deed>,
}

fn parts<P: PriceSource, L>(
    network: &PracticeNetwork,
    service: &Service,
    clock: &ChainTime,
    prices: P,
    ended: L,
) -> Parts<NodeReader, NodeClient, Hand, P, L> {
    let chain = network.chain();
    Parts {
        transactions: Arc::clone(service),
        reader: NodeReader::new(chain.client.clone(), chain.suite.clone()),
        deployment: chain.suite.clone(),
        prices,
        ended,
        clock: Arc::new(clock.clone()),
        tiers: vec![1, 2, 3],
    }
}

impl Life {
    async fn start(folder: &Path) -> Self {
        let config = Config {
            data_dir: folder.join("devnet"),
            port: 0,
            block_time: None,
            worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
            genesis_time: Some(START),
        };
        let practice = Practice {
            quote: Price { btc: UsdE8::new(100_000 * USD), stx: UsdE8::new(USD) },
            walks: false,
            attended: false,
            ..Practice::new(config)
        };
        let network = practice.start().await.unwrap();
        let mine = Mine::new(&network.url());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let markets = Markets::start(Quote { btc: 100_000.0, stx: 1.0, at: START }).await;
        let clock = ChainTime::default();
        let open = |account: usize| -> Service {
            let client = NodeClient::new([&network.url()]).unwrap();
            let journal = journal(folder, account);
            let hand = Hand::default();
            Arc::new(
                Transactions::open(journal, Network::TESTNET, client, hand, clock.clone(), settings())
                    .unwrap(),
            )
        };
        let mut services = vec![open(KEEPER)];
        let chain = network.chain();
        let reader = NodeReader::new(chain.client.clone(), chain.suite.clone());
        let lists = FromRegistry::new(reader, chain.suite.clone());
        let served = parts(&network, &services[0], &clock, NoPrices, lists);
        let serving = Keeper::new(served, Policy::serving(), order(KEEPER));
        let mut reporters = Vec::new();
        for account in REPORTERS {
            let service = open(account);
            let parts = parts(&network, &service, &clock, markets.median(), Listed(Vec::new()));
            let policy =
                Policy { duties: [(DutyKind::ReportPrices, When::Always)].into(), ..Policy::earning() };
            reporters.push(Keeper::new(parts, policy, order(account)));
            services.push(service);
        }
        let done = BTreeMap::new();
        let others = Vec::new();
        Self { network, mine, http, markets, clock, services, reporters, serving, done, others }
    }

    async fn now(&self) -> u64 {
        self.network.chain().time().await.unwrap()
    }

    async fn post(&self, path: &str, body: serde_json::Value) {
        let url = format!("{}{path}", self.network.url());
        let answer = self.http.post(url).body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    async fn travel_to(&self, time: u64) {
        let now = self.now().await;
        if now < time {
            self.post("/devnet/time", serde_json::json!({ "seconds": time - now })).await;
        }
        while self.now().await < time {
            self.mine.block(false).await.unwrap();
        }
    }

    /// Everybody looks once, and what they sent gets into a block. How many they were.
    async fn round(&mut self, with_reporters: bool) -> usize {
        let now = self.now().await;
        self.clock.0.store(now, Ordering::SeqCst);
        self.markets.set(|quote| quote.at = now);
        let mut deeds = self.serving.step().await.unwrap();
        if with_reporters {
            for reporter in &mut self.reporters {
                deeds.extend(reporter.step().await.unwrap());
            }
        }
        self.mine.block(false).await.unwrap();
        for service in &self.services {
            service.poll().await.unwrap();
        }
        let mut count = 0;
        for deed in deeds {
            if let Deed::Sent { duty, .. } = &deed {
                *self.done.entry(duty.kind()).or_default() += 1;
                count += 1;
            } else {
                println!("at {now}: {deed:?}");
                self.others.push(deed);
            }
        }
        count
    }

    /// Until nobody has anything to do.
    async fn rounds(&mut self) {
        for _ in 0..12 {
            if self.round(true).await == 0 {
                return;
            }
        }
    }

    /// On to a time, with looks every ten minutes of its last forty.
    async fn run_to(&mut self, time: u64) {
        for before in [2_400, 1_800, 1_200, 600] {
            if self.now().await < time - before {
                self.travel_to(time - before).await;
                self.rounds().await;
            }
        }
        self.travel_to(time).await;
        self.rounds().await;
    }

    async fn next_boundary(&mut self) -> u64 {
        let boundary = (self.now().await - 28_800) / DAY * DAY + DAY + 28_800;
        self.run_to(boundary).await;
        boundary
    }

    async fn read<F: ContractFunction>(&self, function: F) -> F::Answer {
        self.network.chain().read(function).await.unwrap()
    }

    fn token(&self, asset: Asset) -> Principal {
        let suite = &self.network.chain().suite;
        Principal::Contract(match asset {
            Asset::Sbtc => suite.sbtc().unwrap().clone(),
            Asset::Stx => suite.stx().clone(),
        })
    }

    /// A person does something, and it is mined.
    async fn does(&self, account: usize, intent: impl Into<Intent>) {
        let (chain, intent) = (self.network.chain(), intent.into());
        let reader = NodeReader::new(chain.client.clone(), chain.suite.clone());
        let (who, fee) = (address(account), Balance::new(FEE.into()));
        let drafted = prepare(&reader, &chain.suite, who, fee, UnixSeconds::new(0), &intent).await.unwrap();
        assert_eq!(drafted.findings, [], "{intent:?}");
        let plan = drafted.plan.unwrap();
        let nonce = chain.client.account(&Principal::Standard(who)).await.unwrap().nonce;
        let transaction = TransactionBuilder::new(Network::TESTNET, Payload::from(plan.call))
            .nonce(nonce)
            .fee(MicroStx::new(FEE))
            .post_conditions(plan.conditions)
            .sign(&key(account).unwrap())
            .unwrap();
        let txid = chain.client.broadcast(&transaction).await.unwrap();
        self.mine.block(false).await.unwrap();
        let record = chain.client.transaction(txid).await.unwrap();
        let TransactionStatus::Included(inclusion) = record.status else { panic!("{intent:?}") };
        assert_eq!(inclusion.outcome, Outcome::Success, "{intent:?}: {:?}", inclusion.vm_error);
    }

    /// Peter buys a put on a tenth of a bitcoin; its number.
    async fn buys(&self, asset: Asset, strike: u128, expiry: u64) -> u128 {
        let order = Order {
            asset,
            tier: 2,
            strike: UsdE8::new(strike * USD),
            expiry: UnixSeconds::new(expiry),
            size: Sats::new(BTC / 10),
        };
        let (max_cost, valid_until) = (TokenAmount::new(1_000_000_000_000), UnixSeconds::new(u64::MAX));
        self.does(PETER, Protection::Buy { order, max_cost, valid_until }).await;
        self.read(policy_registry::GetPolicyCount {}).await
    }

    async fn policy(&self, id: u128) -> policy_registry::types::Policy {
        self.read(policy_registry::GetPolicy { id }).await.unwrap()
    }

    async fn everything_is_closed(&self) {
        let now = u128::from(self.now().await);
        for asset in Asset::ALL {
            for tier in 1..=3 {
                let token = self.token(asset);
                let bucket = self.read(liquidity_pool::GetBucket { tier, token }).await.unwrap();
                assert!(bucket.due > now, "tier {tier} of {asset} is due since {}", bucket.due);
                assert!(bucket.live.iter().all(|expiry| *expiry > now), "{:?}", bucket.live);
            }
        }
    }

    fn count(&self, kind: DutyKind) -> usize {
        self.done.get(&kind).copied().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keepers_alone_carry_a_crash_and_a_silence() {
    let folder = tempfile::tempdir().unwrap();
    let mut life = Life::start(folder.path()).await;
    for account in [PETER, IRENE] {
        let gift = serde_json::json!({ "address": address(account), "amount": (50 * BTC).to_string() });
        life.post("/devnet/faucet/sbtc", gift).await;
    }
    let balance = |life: &Life, account: usize| {
        let (client, who) = (life.network.chain().client.clone(), Principal::Standard(address(account)));
        async move { client.account(&who).await.unwrap().balance.micro() }
    };
    let before = balance(&life, KEEPER).await;
    for (asset, amount) in [(Asset::Sbtc, 5 * BTC), (Asset::Stx, 2_000_000 * STX)] {
        let bucket = BucketId { tier: 2, asset };
        life.does(IRENE, Capital::Commit { bucket, amount: TokenAmount::new(amount) }).await;
    }
    let boundary = life.next_boundary().await;
    life.everything_is_closed().await;
    // Nobody reported while time was made to pass: the keeper stopped sales for an hour.
    assert!(life.count(DutyKind::CheckOracle) >= 1);
    life.travel_to(boundary + 1_500).await;
    life.rounds().await;

    let friday = 115_200 + (life.now().await + 2 * DAY - 115_200).div_ceil(604_800) * 604_800;
    let mut bought = Vec::new();
    for asset in Asset::ALL {
        for strike in [90_000, 80_000] {
            bought.push((life.buys(asset, strike, friday).await, strike, asset));
        }
    }
    while life.now().await + DAY < friday {
        life.next_boundary().await;
    }
    // Beyond the oracle's bound of 10 %, at once.
    life.markets.set(|quote| quote.btc = 84_000.0);
    for _ in 0..8 {
        life.round(true).await;
    }
    let price = life.read(oracle::GetPrice {}).await.unwrap();
    assert_eq!(price.btc, 84_000 * USD, "the crash is the oracle's price");
    life.run_to(friday).await;
    life.rounds().await;
    let settled = life.read(oracle::GetBoundary { at: friday.into() }).await.unwrap();
    assert_eq!((settled.btc, settled.method), (84_000 * USD, 1), "by the average of what was reported");
    for (id, strike, asset) in &bought {
        let policy = life.policy(*id).await;
        let short = (strike * USD).saturating_sub(settled.btc);
        let promise = match asset {
            Asset::Sbtc => BTC / 10 * short / settled.btc,
            Asset::Stx => BTC / 10 * short / (100 * settled.stx),
        };
        let status = if short > 0 { SETTLED } else { EXPIRED };
        assert_eq!((policy.status, policy.paid), (status, promise), "policy {id} of {asset} at {strike}");
    }
    life.everything_is_closed().await;

    // A week in which nobody reports, and in the middle of it an expiry.
    life.travel_to(friday + 1_500).await;
    life.rounds().await;
    let late = life.buys(Asset::Sbtc, 75_000, friday + 7 * DAY).await;
    life.travel_to(friday + 7 * DAY - 3 * 3_600).await;
    let before_silence = life.count(DutyKind::CheckOracle);
    life.round(false).await;
    assert_eq!(life.count(DutyKind::CheckOracle), before_silence + 1, "sales are stopped");
    let breaker = parameters::CheckCircuitBreaker { id: Ascii::new("oracle").unwrap() };
    assert!(life.read(breaker).await.is_err());
    life.travel_to(friday + 8 * DAY + 2 * 3_600).await;
    life.markets.set(|quote| quote.btc = 63_000.0);
    for _ in 0..8 {
        life.round(true).await;
    }
    life.rounds().await;
    let recorded = life.read(oracle::GetBoundary { at: (friday + 7 * DAY).into() }).await.unwrap();
    assert_eq!((recorded.btc, recorded.method), (63_000 * USD, 3), "the first price after it");
    let policy = life.policy(late).await;
    assert_eq!((policy.status, policy.paid), (SETTLED, BTC / 10 * 12_000 / 63_000));
    life.everything_is_closed().await;

    // What it cost the keeper is its fees, what it brought its bounties.
    let after = balance(&life, KEEPER).await;
    let entries = life.services[0].history(None, 1_000).unwrap();
    let fees: u64 = entries.iter().map(|entry| entry.fee.micro()).sum();
    let paid: u128 = entries
        .iter()
        .filter_map(|entry| entry.receipt.as_ref())
        .flat_map(|receipt| &receipt.arrived)
        .filter(|arrived| arrived.asset == bithedge_engine::transactions::Asset::Stx)
        .map(|arrived| arrived.amount)
        .sum();
    assert_eq!(u128::from(after), u128::from(before) + paid - u128::from(fees));
    assert!(entries.iter().all(|entry| entry.receipt.as_ref().is_none_or(|one| one.alarms.is_empty())));
    assert!(entries.iter().all(|entry| entry.approved.leaves.is_empty()));
    println!("{:?}", life.done);
    println!(
        "{} transactions of the keeper cost {fees} micro-STX and brought {paid}; the markets were asked {} times",
        entries.len(),
        life.markets.asked()
    );
    let wanted = [
        DutyKind::ReportPrices,
        DutyKind::RecordBoundary,
        DutyKind::SettleExpiry,
        DutyKind::CloseEpoch,
        DutyKind::ClaimSettlement,
        DutyKind::ClaimBounties,
        DutyKind::EndPolicies,
        DutyKind::RecordHealth,
        DutyKind::Distribute,
    ];
    for kind in wanted {
        assert!(life.count(kind) > 0, "{kind:?} was never done");
    }
    let failed: Vec<&Deed> = life
        .others
        .iter()
        .filter(|deed| matches!(deed, Deed::Failed { .. } | Deed::Refused { .. }))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
