//! A devnet with the suite, and intents sent to it with their post-conditions, and with others.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bithedge_devnet::Config;
use bithedge_engine::intents::{Finding, Intent, NodeReader, Plan, prepare};
use bithedge_practice::feed::{Feed, Mine};
use bithedge_practice::market::Quote;
use bithedge_practice::{Practice, PracticeNetwork, key};
use bithedge_protocol::{MicroStx as Stx, UnixSeconds, UsdE8};
use bithedge_stacks::client::{AssetMovement, EventKind, Inclusion, Outcome, TransactionStatus};
use bithedge_stacks::transaction::{AssetInfo, FungibleCode, PostConditionPrincipal};
use bithedge_stacks::{Address, MicroStx, Payload, PostCondition, Principal, TransactionBuilder};
use bithedge_suite::ContractFunction;
use bithedge_suite::generated::policy_registry;

const USD: u128 = 100_000_000;
const DAY: u64 = 86_400;
/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;
/// What a transaction costs here.
const FEE: u64 = 20_000;

/// A practice network in which only the test moves time.
pub(crate) struct Chain {
    pub(crate) network: PracticeNetwork,
    feed: Feed,
    mine: Mine,
    http: reqwest::Client,
    pub(crate) tried: Tried,
    _folder: tempfile::TempDir,
}

/// What was found out.
#[derive(Default)]
pub(crate) struct Tried {
    pub(crate) intents: usize,
    pub(crate) functions: BTreeSet<String>,
    pub(crate) conditions: usize,
    pub(crate) tightened: usize,
    pub(crate) without: usize,
}

impl Chain {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: folder.path().to_path_buf(),
            port: 0,
            block_time: None,
            worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
            genesis_time: Some(START),
        };
        let practice = Practice {
            quote: Quote { btc: UsdE8::new(100_000 * USD), stx: UsdE8::new(USD) },
            walks: false,
            attended: false,
            ..Practice::new(config)
        };
        let network = practice.start().await.unwrap();
        let keys = [6, 7, 8].map(|account| key(account).unwrap()).into();
        let feed = Feed::new(network.chain().clone(), network.market().clone(), keys, None);
        let mine = Mine::new(&network.url());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { network, feed, mine, http, tried: Tried::default(), _folder: folder }
    }

    async fn post(&self, path: &str, body: serde_json::Value) {
        let url = format!("{}{path}", self.network.url());
        let answer = self.http.post(url).body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    pub(crate) async fn snapshot(&self, name: &str) {
        self.post("/devnet/snapshot", serde_json::json!({ "name": name })).await;
    }

    pub(crate) async fn restore(&self, name: &str) {
        self.post("/devnet/restore", serde_json::json!({ "name": name })).await;
        self.network.chain().client.forget_tip();
    }

    pub(crate) async fn now(&self) -> u64 {
        self.network.chain().time().await.unwrap()
    }

    pub(crate) async fn travel_to(&self, time: u64) {
        let now = self.now().await;
        if now < time {
            self.post("/devnet/time", serde_json::json!({ "seconds": time - now })).await;
        }
        while self.now().await < time {
            self.mine.block(false).await.unwrap();
        }
    }

    pub(crate) async fn report(&mut self) {
        let now = self.now().await;
        self.feed.report(now).await.unwrap();
        self.mine.block(false).await.unwrap();
    }

    pub(crate) async fn run_to(&mut self, time: u64) {
        for before in [2_400, 1_800, 1_200, 600] {
            if self.now().await < time - before {
                self.travel_to(time - before).await;
                self.report().await;
            }
        }
        self.travel_to(time).await;
        self.report().await;
    }

    pub(crate) async fn next_boundary(&mut self) {
        let boundary = (self.now().await - 28_800) / DAY * DAY + DAY + 28_800;
        self.run_to(boundary).await;
    }

    /// Prices walk to a target in steps that the oracle takes, and stay there until the averages have followed.
    pub(crate) async fn walk(&mut self, btc: u128, stx: u128) {
        for settled in 0..6 {
            loop {
                let quote = self.network.market().state().quote;
                let step = |now: u128, to: u128| to.clamp(now * 92 / 100, now * 108 / 100);
                let next = (step(quote.btc.base_units(), btc), step(quote.stx.base_units(), stx));
                let is_there = (quote.btc.base_units(), quote.stx.base_units()) == (btc, stx);
                self.network.market().set(Some(UsdE8::new(next.0)), Some(UsdE8::new(next.1)), None);
                let time = self.now().await + 600;
                self.travel_to(time).await;
                self.report().await;
                if is_there || settled > 0 {
                    break;
                }
            }
        }
    }

    pub(crate) fn address(&self, account: usize) -> Address {
        key(account).unwrap().address(self.network.chain().suite.network().chain().version)
    }

    pub(crate) async fn read<F: ContractFunction>(&self, function: F) -> F::Answer {
        self.network.chain().read(function).await.unwrap()
    }

    pub(crate) fn sbtc(&self) -> Principal {
        Principal::Contract(self.network.chain().suite.sbtc().unwrap().clone())
    }

    pub(crate) fn stx(&self) -> Principal {
        Principal::Contract(self.network.chain().suite.stx().clone())
    }

    /// The plan of an intent at the newest block, in which nothing would refuse it.
    async fn plan(&self, account: usize, intent: &Intent) -> Plan {
        let (plan, findings) = self.draft(account, intent).await;
        assert_eq!(findings, [], "{intent:?}");
        plan
    }

    async fn draft(&self, account: usize, intent: &Intent) -> (Plan, Vec<Finding>) {
        let chain = self.network.chain();
        let reader = NodeReader::new(chain.client.clone(), chain.suite.clone());
        let drafted = prepare(
            &reader,
            &chain.suite,
            self.address(account),
            Stx::new(FEE.into()),
            UnixSeconds::new(0),
            intent,
        )
        .await
        .unwrap();
        (drafted.plan.unwrap(), drafted.findings)
    }

    /// Sends a plan's call once for each set of conditions, all in the next block, in this order.
    async fn send(&self, account: usize, plan: &Plan, conditions: Vec<Vec<PostCondition>>) -> Vec<Inclusion> {
        let chain = self.network.chain();
        let key = key(account).unwrap();
        let principal = Principal::Standard(self.address(account));
        let mut nonce = chain.client.account(&principal).await.unwrap().nonce;
        let mut sent = Vec::new();
        for conditions in conditions {
            let payload = Payload::from(plan.call.clone());
            let transaction = TransactionBuilder::new(chain.suite.network().chain(), payload)
                .nonce(nonce)
                .fee(MicroStx::new(FEE))
                .post_conditions(conditions)
                .sign(&key)
                .unwrap();
            sent.push(chain.client.broadcast(&transaction).await.unwrap());
            nonce += 1;
        }
        self.mine.block(false).await.unwrap();
        let mut found = Vec::new();
        for txid in sent {
            let TransactionStatus::Included(inclusion) = chain.client.transaction(txid).await.unwrap().status
            else {
                panic!("{} was not mined", plan.call.function)
            };
            found.push(*inclusion);
        }
        let blocks: BTreeSet<u64> = found.iter().map(|one| one.block.height).collect();
        assert_eq!(blocks.len(), 1, "one block");
        found
    }

    /// Does it, with its own conditions.
    async fn does(&mut self, account: usize, intent: &Intent) -> Inclusion {
        let plan = self.plan(account, intent).await;
        self.tried.functions.insert(plan.call.function.to_string());
        self.tried.intents += 1;
        let conditions = plan.conditions.clone();
        let mut found = self.send(account, &plan, vec![conditions]).await;
        let done = found.pop().unwrap();
        assert_eq!(done.outcome, Outcome::Success, "{intent:?}: {:?}", done.vm_error);
        done
    }

    /// Does something that nothing moves in.
    pub(crate) async fn moves_nothing(&mut self, account: usize, intent: impl Into<Intent>) {
        let intent = intent.into();
        let plan = self.plan(account, &intent).await;
        assert_eq!(plan.conditions, [], "{intent:?}");
        let inclusion = self.does(account, &intent).await;
        assert_eq!(moved(&inclusion), [], "{intent:?}");
    }

    /// In one block: without each of the conditions, with one unit less room in each, and as planned. All but the last are
    /// undone by the post-conditions, so that the last finds the same state as the first.
    pub(crate) async fn is_exact(&mut self, account: usize, intent: impl Into<Intent>) {
        let intent = intent.into();
        let plan = self.plan(account, &intent).await;
        self.is_held(account, &intent, &plan).await;
    }

    async fn is_held(&mut self, account: usize, intent: &Intent, plan: &Plan) {
        assert!(!plan.conditions.is_empty(), "{intent:?} moves something");
        let mut all = Vec::new();
        for place in 0..plan.conditions.len() {
            let mut harmed = plan.conditions.clone();
            let removed = harmed.remove(place);
            all.push(harmed.clone());
            self.tried.without += 1;
            for tight in tightened(&removed) {
                let mut harmed = harmed.clone();
                harmed.insert(place, tight);
                all.push(harmed);
                self.tried.tightened += 1;
            }
            self.tried.conditions += 1;
        }
        all.push(plan.conditions.clone());
        let mut found = self.send(account, plan, all.clone()).await;
        let done = found.pop().unwrap();
        assert_eq!(
            done.outcome,
            Outcome::Success,
            "{intent:?} with {:?}: {:?}",
            plan.conditions,
            done.vm_error
        );
        for (inclusion, conditions) in found.iter().zip(&all) {
            assert_eq!(inclusion.outcome, Outcome::AbortedByPostCondition, "{intent:?} with {conditions:?}");
            assert_eq!(moved(inclusion), [], "{intent:?} with {conditions:?}");
        }
        self.tried.functions.insert(plan.call.function.to_string());
        self.tried.intents += 1;
    }

    /// Does something that was shown to be tight before.
    pub(crate) async fn buys(&mut self, account: usize, intent: Intent) {
        self.does(account, &intent).await;
    }

    /// An intent whose figure depends on the block's time: tried first, then done for exactly that, in the same block of
    /// the same chain, which was set back.
    pub(crate) async fn is_tight(&mut self, account: usize, loose: Intent, exact: &dyn Fn(u128) -> Intent) {
        self.snapshot("tight").await;
        let plan = self.plan(account, &loose).await;
        let first = self.does(account, &loose).await;
        let is_named =
            |from: &Principal| plan.conditions.iter().any(|one| names(one, from, self.address(account)));
        let figure =
            moved(&first).iter().filter(|(from, ..)| is_named(from)).map(|(.., amount)| amount).sum();
        self.restore("tight").await;
        // What is exact in the next block may be refused by the dry run, which stands in this one: an option is worth a little
        // more ten seconds earlier.
        let intent = exact(figure);
        let (plan, _) = self.draft(account, &intent).await;
        self.is_held(account, &intent, &plan).await;
    }

    /// An intent whose one bound is what can never be passed, though less may move: done with that bound, then held to what
    /// moved, on the same chain, which was set back.
    pub(crate) async fn is_bounded(&mut self, account: usize, intent: impl Into<Intent>) {
        let intent = intent.into();
        self.snapshot("bounded").await;
        let mut plan = self.plan(account, &intent).await;
        let first = self.does(account, &intent).await;
        self.restore("bounded").await;
        let (found, sent) = (moved(&first), plan.conditions.as_mut_slice());
        let ([(from, .., figure)], [condition]) = (found.as_slice(), sent) else { panic!("{found:?}") };
        assert!(names(condition, from, self.address(account)));
        let figure = u64::try_from(*figure).unwrap();
        match condition {
            PostCondition::Stx { amount, .. } => {
                assert!(amount.micro() >= figure);
                *amount = MicroStx::new(figure);
            }
            PostCondition::Fungible { amount, .. } => {
                assert!(*amount >= figure);
                *amount = figure;
            }
            other => panic!("no plan makes {other:?}"),
        }
        self.is_held(account, &intent, &plan).await;
    }

    pub(crate) async fn expiry(&self, days: u64) -> u64 {
        let least = self.now().await + days * DAY;
        115_200 + (least - 115_200).div_ceil(604_800) * 604_800
    }

    pub(crate) async fn policies(&self) -> u128 {
        self.read(policy_registry::GetPolicyCount {}).await
    }
}

/// What moved: who sent, of which token, how much.
fn moved(inclusion: &Inclusion) -> Vec<(Principal, Option<String>, u128)> {
    let sender = |movement: &AssetMovement| match movement {
        AssetMovement::Transfer { sender, .. } => Some(sender.clone()),
        _ => None,
    };
    inclusion
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Stx { movement, amount } => Some((sender(movement)?, None, amount.micro().into())),
            EventKind::Fungible { asset_id, movement, amount } => {
                Some((sender(movement)?, Some(asset_id.clone()), *amount))
            }
            _ => None,
        })
        .collect()
}

fn names(condition: &PostCondition, from: &Principal, account: Address) -> bool {
    match condition.principal() {
        PostConditionPrincipal::Origin => *from == Principal::Standard(account),
        PostConditionPrincipal::Standard(address) => *from == Principal::Standard(*address),
        PostConditionPrincipal::Contract(contract) => *from == Principal::Contract(contract.clone()),
    }
}

/// The condition with one unit less room, in each direction in which that harms.
fn tightened(condition: &PostCondition) -> Vec<PostCondition> {
    let changes = |code: FungibleCode| -> &'static [i64] {
        match code {
            FungibleCode::Le | FungibleCode::Lt => &[-1],
            FungibleCode::Ge | FungibleCode::Gt => &[1],
            FungibleCode::Eq => &[-1, 1],
        }
    };
    match condition {
        PostCondition::Stx { principal, code, amount } => changes(*code)
            .iter()
            .map(|change| PostCondition::Stx {
                principal: principal.clone(),
                code: *code,
                amount: MicroStx::new(amount.micro().checked_add_signed(*change).unwrap()),
            })
            .collect(),
        PostCondition::Fungible { principal, asset, code, amount } => changes(*code)
            .iter()
            .map(|change| {
                let (principal, asset): (_, AssetInfo) = (principal.clone(), asset.clone());
                let amount = amount.checked_add_signed(*change).unwrap();
                PostCondition::Fungible { principal, asset, code: *code, amount }
            })
            .collect(),
        other => panic!("no plan makes {other:?}"),
    }
}
