//! A practice network in which only the test moves time, and people who act in it.

use std::path::PathBuf;

use bithedge_deploy::sender::{Blocks, Fee, Order, SendError, Sender};
use bithedge_devnet::Config;
use bithedge_practice::feed::{Feed, Mine};
use bithedge_practice::holdings::Holdings;
use bithedge_practice::keeper::Keeper;
use bithedge_practice::market::{Market, Quote};
use bithedge_practice::{Practice, PracticeNetwork, key};
use bithedge_protocol::UsdE8;
use bithedge_stacks::transaction::{FungibleCode, PostConditionPrincipal};
use bithedge_stacks::{ContractId, MicroStx, Payload, PostCondition, Principal, SecretKey};
use bithedge_suite::generated::{liquidity_pool, oracle, policy_registry};
use bithedge_suite::{Contract, ContractFunction};

pub(crate) const BTC: u128 = 100_000_000;
pub(crate) const USD: u128 = 100_000_000;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const BALANCED: u128 = 2;
pub(crate) const AGGRESSIVE: u128 = 3;
const PUT: u128 = 1;

/// Places in the devnet's list of accounts.
pub(crate) const PETER: usize = 1;
pub(crate) const IRENE: usize = 2;
const KEEPER: usize = 4;

pub(crate) struct Net {
    pub(crate) network: PracticeNetwork,
    feed: Feed,
    keeper: Keeper,
    mine: Mine,
    http: reqwest::Client,
    practice: Practice,
    folder: tempfile::TempDir,
}

pub(crate) fn config(folder: &std::path::Path, genesis_time: Option<u64>) -> Config {
    Config {
        data_dir: folder.to_path_buf(),
        port: 0,
        block_time: None,
        worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
        genesis_time,
    }
}

impl Net {
    pub(crate) async fn start(genesis_time: u64, btc: u128, stx: u128) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let practice = Practice {
            quote: Quote { btc: UsdE8::new(btc), stx: UsdE8::new(stx) },
            walks: false,
            attended: false,
            ..Practice::new(config(folder.path(), Some(genesis_time)))
        };
        Self::open(practice, folder).await
    }

    /// Ends everything and starts it again on the same data, with reporters and a keeper who know nothing of before.
    pub(crate) async fn restart(self) -> Self {
        let Self { network, practice, folder, .. } = self;
        network.shutdown().await.unwrap();
        Self::open(practice, folder).await
    }

    async fn open(practice: Practice, folder: tempfile::TempDir) -> Self {
        let network = practice.clone().start().await.unwrap();
        let keys = [6, 7, 8].map(|account| key(account).unwrap()).into();
        let chain = network.chain().clone();
        let feed = Feed::new(chain.clone(), network.market().clone(), keys, None);
        let blocks = Blocks::OnRequest(network.url());
        let keeper = Keeper::new(chain, key(KEEPER).unwrap(), blocks, vec![BALANCED, AGGRESSIVE]);
        let mine = Mine::new(&network.url());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { network, feed, keeper, mine, http, practice, folder }
    }

    pub(crate) fn market(&self) -> &Market {
        self.network.market()
    }

    pub(crate) async fn holdings(&self) -> Holdings {
        Holdings::read(self.network.chain(), &[]).await.unwrap()
    }

    pub(crate) async fn now(&self) -> u64 {
        self.network.chain().time().await.unwrap()
    }

    pub(crate) async fn read<F: ContractFunction>(&self, function: F) -> F::Answer {
        self.network.chain().read(function).await.unwrap()
    }

    /// Everybody reports what the market says, in the next block.
    pub(crate) async fn report(&mut self) {
        let now = self.now().await;
        self.feed.report(now).await.unwrap();
        self.mine.block(false).await.unwrap();
    }

    /// Lets time pass without anybody doing anything; it ends at the time or within two blocks after it.
    pub(crate) async fn travel_to(&self, time: u64) {
        let now = self.now().await;
        if now < time {
            self.post("/devnet/time", serde_json::json!({ "seconds": time - now })).await;
        }
        while self.now().await < time {
            self.mine.block(false).await.unwrap();
        }
    }

    pub(crate) async fn post(&self, path: &str, body: serde_json::Value) -> serde_json::Value {
        let url = format!("{}{path}", self.network.url());
        let answer = self.http.post(url).body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// On past the next 08:00 UTC, with reports in the half-hour before it and one after it.
    pub(crate) async fn next_boundary(&mut self) -> u64 {
        let boundary = (self.now().await - 28_800) / DAY * DAY + DAY + 28_800;
        for before in [2_400, 1_800, 1_200, 600] {
            if self.now().await < boundary - before {
                self.travel_to(boundary - before).await;
                self.report().await;
            }
        }
        self.travel_to(boundary).await;
        self.report().await;
        boundary
    }

    /// The keeper does what is due.
    pub(crate) async fn keep(&mut self) -> usize {
        self.keeper.look().await.unwrap()
    }

    /// The price walks to a target, 8 % at most every ten minutes.
    pub(crate) async fn walk_to(&mut self, target: u128) {
        loop {
            let price = self.market().state().quote.btc.base_units();
            if price == target {
                return;
            }
            let next = target.clamp(price * 92 / 100, price * 108 / 100);
            self.market().set(Some(UsdE8::new(next)), None, None);
            let time = self.now().await + 600;
            self.travel_to(time).await;
            self.report().await;
        }
    }

    /// A new price, reported until the half-hour average has become it.
    pub(crate) async fn hold(&mut self, btc: u128) {
        self.market().set(Some(UsdE8::new(btc)), None, None);
        for _ in 0..5 {
            let time = self.now().await + 600;
            self.travel_to(time).await;
            self.report().await;
        }
    }

    /// Somebody's call, in the next block. Whatever the conditions do not allow is denied.
    pub(crate) async fn try_call<F: ContractFunction>(
        &self,
        account: usize,
        function: F,
        conditions: Vec<PostCondition>,
    ) -> Result<F::Answer, SendError> {
        let chain = self.network.chain();
        let key: SecretKey = key(account).unwrap();
        let blocks = Blocks::OnRequest(self.network.url());
        let sender = Sender::new(&chain.client, chain.suite.network().chain(), &key, blocks);
        let order = Order {
            what: format!("{} by account {account}", F::FUNCTION),
            payload: Payload::from(function.into_call(&chain.suite)),
            conditions,
            fee: Fee::Estimated { most: MicroStx::new(20_000) },
        };
        let mut answer = None;
        sender.send(&[order], |_, inclusion| answer = Some(F::decode(&inclusion.result).unwrap())).await?;
        Ok(answer.unwrap())
    }

    /// The same, which must succeed.
    pub(crate) async fn call<F, T, E>(&self, account: usize, function: F, conditions: Vec<PostCondition>) -> T
    where
        F: ContractFunction<Answer = Result<T, E>>,
        E: std::fmt::Debug,
    {
        self.try_call(account, function, conditions).await.unwrap().unwrap()
    }

    /// Exactly so many satoshis leave the origin.
    pub(crate) fn origin_sends(&self, sats: u128) -> PostCondition {
        self.sends(PostConditionPrincipal::Origin, FungibleCode::Eq, sats)
    }

    /// Exactly so many satoshis leave the vault.
    pub(crate) fn vault_sends(&self, sats: u128) -> PostCondition {
        let vault = self.network.chain().suite.contract(Contract::LiquidityPoolVault).clone();
        self.sends(vault.into(), FungibleCode::Eq, sats)
    }

    fn sends(&self, principal: PostConditionPrincipal, code: FungibleCode, sats: u128) -> PostCondition {
        PostCondition::Fungible {
            principal,
            asset: self.network.chain().suite.sbtc_asset().unwrap(),
            code,
            amount: u64::try_from(sats).unwrap(),
        }
    }

    pub(crate) fn sbtc(&self) -> ContractId {
        self.network.chain().suite.sbtc().unwrap().clone()
    }

    pub(crate) fn address(&self, account: usize) -> Principal {
        let network = self.network.chain().suite.network().chain();
        Principal::Standard(key(account).unwrap().address(network.version))
    }

    pub(crate) async fn bucket(&self, tier: u128) -> liquidity_pool::types::Bucket {
        let token = Principal::Contract(self.sbtc());
        self.read(liquidity_pool::GetBucket { tier, token }).await.unwrap()
    }

    /// Irene commits capital.
    pub(crate) async fn commit(&self, tier: u128, amount: u128) {
        let call = liquidity_pool::CommitCapital { tier, token: self.sbtc(), amount };
        self.call(IRENE, call, vec![self.origin_sends(amount)]).await;
    }

    /// The first Friday 08:00 UTC at least so many days from now.
    pub(crate) async fn expiry(&self, days: u64) -> u64 {
        let least = self.now().await + days * DAY;
        115_200 + (least - 115_200).div_ceil(604_800) * 604_800
    }

    /// Peter asks what a put costs, and buys it in a later block for that or a little more, and under no circumstances for
    /// more. Returns its number and the cost, or why there is none.
    pub(crate) async fn buy(
        &self,
        tier: u128,
        strike: u128,
        expiry: u64,
        size: u128,
    ) -> Result<(u128, u128), u128> {
        let (token, expiry) = (self.sbtc(), u128::from(expiry));
        let quote = policy_registry::GetQuote {
            token: Principal::Contract(token.clone()),
            tier,
            kind: PUT,
            strike,
            expiry,
            size,
            buyer: self.address(PETER),
        };
        let quote = self.read(quote).await.map_err(|error| error.code())?;
        let max_cost = quote.total + quote.total / 200;
        let order =
            policy_registry::PurchaseProtection { token, tier, kind: PUT, strike, expiry, size, max_cost };
        let condition = self.sends(PostConditionPrincipal::Origin, FungibleCode::Le, max_cost);
        let bought = self.call(PETER, order, vec![condition]).await;
        // Ten seconds less, and an average that has moved on.
        assert!(
            bought.cost.abs_diff(quote.total) <= quote.total / 200 + 1,
            "{} and {}",
            bought.cost,
            quote.total
        );
        Ok((bought.policy, bought.cost))
    }

    /// The settlement price of a time.
    pub(crate) async fn boundary_price(&self, at: u64) -> u128 {
        self.read(oracle::GetBoundary { at: at.into() }).await.unwrap().btc
    }

    pub(crate) async fn policy(&self, id: u128) -> policy_registry::types::Policy {
        self.read(policy_registry::GetPolicy { id }).await.unwrap()
    }

    /// Invariants 1 and 2 of `docs/protocol.md` for sBTC: what the buckets and the credits say is what the vault holds.
    pub(crate) async fn check_books(&self, held: u128) {
        let token = Principal::Contract(self.sbtc());
        let mut sum = self.read(liquidity_pool::GetCreditTotal { token }).await;
        for tier in [1, BALANCED, AGGRESSIVE] {
            let bucket = self.bucket(tier).await;
            assert!(bucket.locked <= bucket.assets, "{bucket:?}");
            sum += bucket.assets
                + bucket.deposits_now
                + bucket.deposits_next
                + bucket.refunds
                + bucket.filled
                + bucket.claims
                + bucket.pot;
        }
        assert_eq!(sum, held, "the books and the vault");
    }
}

/// Prints what changed, and insists that nothing came from nowhere or went there. The faucet is an account like any other.
pub(crate) fn print_change(title: &str, before: &Holdings, after: &Holdings) {
    println!("\n{title}\n{}", after.since(before));
    assert_eq!(before.sum(), after.sum(), "{title}: the table does not add up");
}
