//! A real devnet with the suite in service: lives, reorganisations, faults, ends. The books always equal those that are made anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bithedge_devnet::Config;
use bithedge_engine::SystemClock;
use bithedge_engine::sync::{
    ApiFeed, Comparison, NodeAuditor, Reconciliation, Settings, SyncState, Syncer, reconcile,
};
use bithedge_ledger::Fingerprint;
use bithedge_practice::{Practice, PracticeNetwork, key};
use bithedge_protocol::{TokenAmount, UnixSeconds};
use bithedge_stacks::client::ClientConfig;
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{
    MicroStx, Network, NodeClient, PostConditionMode, Principal, SecretKey, TransactionBuilder,
};
use bithedge_suite::generated::liquidity_pool;
use bithedge_suite::{ContractFunction, Deployment};
use serde_json::{Value as Json, json};

const BALANCED: u128 = 2;

struct Net {
    network: PracticeNetwork,
    client: Arc<NodeClient>,
    suite: Deployment,
    _data: tempfile::TempDir,
}

impl Net {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let devnet = Config {
            data_dir: data.path().to_path_buf(),
            port: 0,
            block_time: None,
            worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
            genesis_time: Some(1_767_168_000),
        };
        let practice = Practice { attended: false, walks: false, ..Practice::new(devnet) };
        let network = practice.start().await.unwrap();
        // Faults are for the syncer to survive: one more try and short pauses.
        let config =
            ClientConfig { attempts: 6, first_backoff: Duration::from_millis(5), ..ClientConfig::default() };
        let client = Arc::new(NodeClient::with_config([network.url()], config).unwrap());
        Self { network, client, suite: Deployment::devnet(), _data: data }
    }

    async fn control(&self, path: &str, body: Json) {
        let request = reqwest::Client::new()
            .post(format!("{}/devnet/{path}", self.network.url()))
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    async fn mine(&self, blocks: u32) {
        self.control("mine", json!({ "blocks": blocks })).await;
    }

    async fn send(&self, key: &SecretKey, builder: TransactionBuilder) {
        let sender = key.address(Network::TESTNET.version);
        let nonce = self.client.nonces(&Principal::Standard(sender)).await.unwrap().possible_next_nonce;
        let transaction = builder
            .nonce(nonce)
            .fee(MicroStx::new(20_000))
            .post_condition_mode(PostConditionMode::Allow)
            .sign(key)
            .unwrap();
        self.client.broadcast(&transaction).await.unwrap();
    }

    async fn call<F: ContractFunction>(&self, account: usize, function: F) {
        let call = function.into_call(&self.suite);
        let builder = TransactionBuilder::call(Network::TESTNET, call.contract, call.function, call.args);
        self.send(&key(account).unwrap(), builder).await;
    }

    async fn commit(&self, account: usize, token: &Principal, amount: u128) {
        let Principal::Contract(token) = token.clone() else { panic!() };
        self.call(account, liquidity_pool::CommitCapital { tier: BALANCED, token, amount }).await;
    }

    async fn syncer(&self, folder: &Path) -> Syncer<ApiFeed> {
        let feed = ApiFeed::new(Arc::clone(&self.client), self.suite.clone());
        let clock = Arc::new(SystemClock);
        let (chain, deployer) = (Network::TESTNET.chain_id, self.suite.deployer());
        Syncer::new(feed, folder.to_path_buf(), chain, deployer, clock).await
    }

    /// Made from the chain as it is now, and nothing else.
    async fn rebuilt(&self) -> Fingerprint {
        let folder = tempfile::tempdir().unwrap();
        let mut fresh = self
            .syncer(folder.path())
            .await
            .with_settings(Settings { transactions_at_once: 40, ..Settings::default() });
        assert!(matches!(fresh.step().await.unwrap(), SyncState::Current { .. }));
        fresh.books().read(|books| books.fingerprint()).await.unwrap()
    }

    async fn compare(&self, syncer: &mut Syncer<ApiFeed>, when: &str) {
        let state = syncer.step().await.unwrap_or_else(|error| panic!("{when}: {error}"));
        assert!(matches!(state, SyncState::Current { .. }), "{when}: {state:?}");
        let found = syncer.books().read(|books| books.fingerprint()).await.unwrap();
        assert_eq!(found, self.rebuilt().await, "{when}");
        let anomalies = syncer.books().read(|books| books.anomalies(3)).await.unwrap();
        assert!(anomalies.is_empty(), "{when}: {anomalies:#?}");
    }

    async fn reconciled(&self, syncer: &Syncer<ApiFeed>, when: &str) -> Reconciliation {
        let auditor = NodeAuditor::new(Arc::clone(&self.client), self.suite.clone());
        let table = reconcile(&syncer.books(), &auditor, &auditor.tokens()).await.unwrap();
        for row in &table.rows {
            println!(
                "{when}: {:?} {}: books {:?}, contract {:?}, tokens {:?}",
                row.what,
                row.token,
                row.ledger.map(TokenAmount::base_units),
                row.contract.map(TokenAmount::base_units),
                row.balance.map(TokenAmount::base_units)
            );
        }
        assert!(table.is_sound(), "{when}: {:#?}", table.rows);
        table
    }
}

fn surplus(table: &Reconciliation, what: Comparison, token: &Principal) -> u128 {
    let row = table.rows.iter().find(|row| row.what == what && row.token == *token).unwrap();
    row.balance.unwrap().base_units()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_of_a_real_devnet_equal_those_made_anew() {
    let net = Net::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = net.syncer(folder.path()).await;
    net.compare(&mut syncer, "a suite in service").await;
    net.reconciled(&syncer, "a suite in service").await;
    let prices = syncer.books().read(|books| books.latest_price()).await.unwrap();
    assert!(prices.is_some_and(|price| price.at > UnixSeconds::new(1_767_168_000)));

    // Capital comes in, and one call is refused.
    let stx = Principal::Contract(net.suite.stx().clone());
    let sbtc = Principal::Contract(net.suite.sbtc().unwrap().clone());
    net.commit(1, &sbtc, 200_000_000).await;
    net.commit(2, &stx, 5_000_000_000).await;
    net.commit(3, &sbtc, 0).await;
    net.mine(2).await;
    net.compare(&mut syncer, "capital").await;
    let refused = {
        let who = Principal::Standard(key(3).unwrap().address(Network::TESTNET.version));
        syncer.books().read(move |books| books.activity(&who, None, 10)).await.unwrap()
    };
    assert!(
        refused.iter().any(|entry| matches!(entry.what, bithedge_ledger::What::Refused { .. })),
        "{refused:?}"
    );
    let table = net.reconciled(&syncer, "capital").await;
    assert_eq!(surplus(&table, Comparison::VaultSurplus, &stx), 0);

    // Anybody can send a contract tokens: told, and no alarm.
    let vault = net.suite.contract(bithedge_suite::Contract::LiquidityPoolVault).clone();
    let gift =
        TransactionBuilder::transfer(Network::TESTNET, vault, MicroStx::new(777), Memo::text("").unwrap());
    net.send(&key(5).unwrap(), gift).await;
    net.mine(1).await;
    net.compare(&mut syncer, "a gift").await;
    let table = net.reconciled(&syncer, "a gift").await;
    assert_eq!(surplus(&table, Comparison::VaultSurplus, &stx), 777);

    // Reorganisations: what was in the blocks comes again, or does not.
    net.commit(1, &sbtc, 11_000_000).await;
    net.mine(1).await;
    net.compare(&mut syncer, "more capital").await;
    net.control("reorg", json!({ "depth": 3 })).await;
    net.compare(&mut syncer, "mined again").await;
    net.reconciled(&syncer, "mined again").await;
    net.control("reorg", json!({ "depth": 2, "drop_transactions": true })).await;
    net.compare(&mut syncer, "dropped").await;
    net.reconciled(&syncer, "dropped").await;
    assert_eq!(syncer.status().borrow().reorganisations, 2);

    // Ended in the middle of a look, at several moments, and started again.
    for pause in [0, 2, 5, 9, 14, 20, 40] {
        net.commit(2, &stx, 1_000_000).await;
        net.mine(1).await;
        let _ = tokio::time::timeout(Duration::from_millis(pause), syncer.step()).await;
        drop(syncer);
        syncer = net.syncer(folder.path()).await;
        // What was being written when it ended holds the file for a moment.
        for _ in 0..50 {
            if syncer.step().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    net.compare(&mut syncer, "after ends").await;

    // An API that fails in every way.
    let mut failures = 0;
    for seed in 0..6 {
        let faults = json!({ "drop_ppm": 120_000, "server_error_ppm": 120_000, "truncate_ppm": 120_000,
            "not_json_ppm": 120_000, "seed": seed });
        net.commit(1, &sbtc, 1_000_000).await;
        net.mine(1).await;
        net.control("faults", faults).await;
        if let Err(error) = syncer.step().await {
            failures += 1;
            println!("a look failed: {error}");
        }
        reqwest::Client::new().delete(format!("{}/devnet/faults", net.network.url())).send().await.unwrap();
    }
    println!("{failures} of 6 looks failed for good");
    net.compare(&mut syncer, "after faults").await;
    net.reconciled(&syncer, "after faults").await;

    // A chain that is set back is shorter: believed when it stays so.
    net.control("snapshot", json!({ "name": "before" })).await;
    net.commit(1, &sbtc, 2_000_000).await;
    net.mine(20).await;
    net.compare(&mut syncer, "before it is set back").await;
    net.control("restore", json!({ "name": "before" })).await;
    for _ in 0..2 {
        let state = syncer.step().await.unwrap();
        assert!(matches!(state, SyncState::Behind { .. }), "{state:?}");
    }
    net.compare(&mut syncer, "set back").await;
    net.reconciled(&syncer, "set back").await;
    net.network.shutdown().await.unwrap();
}
