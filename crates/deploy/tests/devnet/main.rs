//! Deployments on a devnet, over HTTP: from nothing, broken off anywhere, twice, after votes, with somebody else's contract in
//! the way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it measures")]

mod vote;
mod votes;

use std::path::PathBuf;
use std::time::Instant;

use bithedge_deploy::apply::{DeployError, InService, Job, Progress};
use bithedge_deploy::inspect::Found;
use bithedge_deploy::parties::Parties;
use bithedge_deploy::plan::Plan;
use bithedge_deploy::sender::{Blocks, Fee, Order, SendError, Sender};
use bithedge_deploy::wallet;
use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_devnet::{Config, Devnet};
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{MicroStx, NodeClient, Payload, Principal, SecretKey, TransactionBuilder};
use bithedge_suite::bundle::CONTRACTS;
use bithedge_suite::setup::Setup;
use bithedge_suite::{Contract, Deployment, SuiteNetwork};

struct Place {
    // Dropping it ends the devnet.
    devnet: Devnet,
    _folder: tempfile::TempDir,
    client: NodeClient,
    blocks: Blocks,
    plan: Plan,
    deployment: Deployment,
    setup: Setup,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: folder.path().to_path_buf(),
            port: 0,
            block_time: None,
            worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
            genesis_time: Some(1_767_571_200),
        };
        let devnet = Devnet::start(config).await.unwrap();
        let client = NodeClient::new([devnet.url()]).unwrap();
        let blocks = Blocks::OnRequest(devnet.url());
        let deployment = Deployment::devnet();
        let setup = Parties::devnet().unwrap().setup(&deployment).unwrap();
        let plan = Plan::generate(SuiteNetwork::Devnet);
        Self { devnet, _folder: folder, client, blocks, plan, deployment, setup }
    }

    fn job(&self) -> Job<'_> {
        Job {
            client: &self.client,
            plan: &self.plan,
            deployment: &self.deployment,
            setup: &self.setup,
            most_a_call: MicroStx::new(100_000),
        }
    }

    async fn nonce(&self) -> u64 {
        self.client.account(&Principal::Standard(self.deployment.deployer())).await.unwrap().nonce
    }

    /// Starts a deployment and ends it after so many steps, whatever it is doing then.
    async fn break_off(&self, after: usize) -> usize {
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let (key, job) = (key(0), self.job());
        let run = job.apply(&key, self.blocks.clone(), |_| told.send(()).unwrap());
        tokio::pin!(run);
        let mut steps = 0;
        loop {
            tokio::select! {
                biased;
                Some(()) = heard.recv() => {
                    steps += 1;
                    if steps == after { return steps; }
                }
                ended = &mut run => panic!("it ended after {steps} steps: {ended:?}"),
            }
        }
    }
}

fn key(account: usize) -> SecretKey {
    wallet::parse(ACCOUNTS[account].mnemonic).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_wherever_it_was_broken_off_and_a_second_run_does_nothing() {
    let place = Place::new().await;
    // One call of the set-up says what the oracle starts with anyway; the last transaction hands over.
    let all = CONTRACTS.len() + place.setup.calls().unwrap().len() - 1 + 1;
    let before = place.job().state().await.unwrap();
    assert!(!before.is_ready());
    assert!(before.contracts.iter().all(|(_, found)| *found == Found::Nothing));
    assert_eq!(place.job().steps(&before).unwrap().calls.len(), place.setup.calls().unwrap().len());
    assert!(before.to_string().contains("oracle is not deployed"), "{before}");

    // Somebody else's key.
    let stranger = place.job().apply(&key(1), place.blocks.clone(), |_| ()).await;
    assert!(matches!(stranger, Err(DeployError::OtherSender { .. })), "{stranger:?}");
    assert_eq!(place.nonce().await, 0);

    for after in [1, 3, 9] {
        place.break_off(after).await;
    }
    // Until the hand-over a value that is there and is another one is no change, but not done.
    let mut half_way = place.job().state().await.unwrap();
    while half_way.calls.iter().any(|call| call.function == "add-reporter") {
        place.break_off(1).await;
        half_way = place.job().state().await.unwrap();
    }
    let mut other = place.setup.clone();
    other.reporters[0].1 += 1;
    let job = Job { setup: &other, ..place.job() };
    let differing = job.state().await.unwrap();
    assert_eq!((half_way.handed_over, &differing.changed), (false, &Vec::new()));
    assert_eq!(job.steps(&differing).unwrap().calls.len(), half_way.calls.len() + 1);

    let started = Instant::now();
    let mut last = None;
    let job = place.job();
    let done = job.apply(&key(0), place.blocks.clone(), |progress| last = Some(progress)).await.unwrap();
    let count = done.transactions;
    println!("the rest, {count} transactions, took {:.1} s", started.elapsed().as_secs_f64());
    assert_eq!(last, Some(Progress::HandedOver));
    // Nothing was sent twice.
    assert_eq!(place.nonce().await, u64::try_from(all).unwrap());
    let ready = place.job().state().await.unwrap();
    assert!(ready.is_ready(), "{ready}");
    println!("{ready}");

    // What others have waiting is none of the deployer's business.
    let other = TransactionBuilder::transfer(
        place.deployment.network().chain(),
        place.deployment.deployer(),
        MicroStx::new(1),
        Memo::EMPTY,
    );
    let other = other.fee(MicroStx::new(1_000)).sign(&key(2)).unwrap();
    place.client.broadcast(&other).await.unwrap();
    let again = place.job().apply(&key(0), place.blocks.clone(), |_| ()).await.unwrap();
    assert_eq!(again, InService { transactions: 0, changed: Vec::new() });
    assert_eq!(place.nonce().await, u64::try_from(all).unwrap());

    // What was not set up before the hand-over cannot be caught up on: another token has its rows in vault, fund, treasury and
    // pool, and three buckets, and the vault says once and for all which one sBTC is.
    let mut other = place.setup.clone();
    other.sbtc = place.deployment.contract(Contract::Oracle).clone();
    let job = Job { setup: &other, ..place.job() };
    let refused = job.apply(&key(0), place.blocks.clone(), |_| ()).await;
    assert!(matches!(refused, Err(DeployError::HandedOver { missing: 8 })), "{refused:?}");
    let state = job.state().await.unwrap().to_string();
    assert!(state.starts_with("not ready:"), "{state}");
    assert!(state.contains("liquidity-pool-vault set-sbtc-token-principal"), "{state}");

    // A refusal of the contracts is told with its name.
    let sender =
        Sender::new(&place.client, place.deployment.network().chain(), job_key(), place.blocks.clone());
    let call = place.setup.calls().unwrap().remove(0);
    let contract = place.deployment.contract(Contract::by_name(call.contract).unwrap());
    let order = Order {
        what: "a call of the set-up".to_owned(),
        payload: Payload::ContractCall {
            contract: contract.clone(),
            function: call.function.parse().unwrap(),
            args: call.arguments,
        },
        conditions: Vec::new(),
        fee: Fee::Estimated { most: MicroStx::new(100_000) },
    };
    let refused = sender.send(std::slice::from_ref(&order), |_, _| ()).await.unwrap_err();
    assert!(refused.to_string().contains("ERR_NOT_APPROVED"), "{refused}");
    let dear = Order { fee: Fee::Estimated { most: MicroStx::new(1) }, ..order };
    let refused = sender.send(&[dear], |_, _| ()).await.unwrap_err();
    assert!(matches!(refused, SendError::FeeTooHigh { .. }), "{refused}");

    votes::what_votes_change_is_told_and_left_alone(&place).await;
}

fn job_key() -> &'static SecretKey {
    Box::leak(Box::new(key(0)))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_before_it_sends_anything_if_another_contract_is_in_the_way_or_money_is_short() {
    let place = Place::new().await;
    let key = key(0);
    let dear = Job { most_a_call: MicroStx::new(u64::MAX / 1_000), ..place.job() };
    let poor = dear.apply(&key, place.blocks.clone(), |_| ()).await;
    assert!(matches!(poor, Err(DeployError::TooPoor { .. })), "{poor:?}");

    let sender = Sender::new(&place.client, place.deployment.network().chain(), &key, place.blocks.clone());
    let order = Order {
        what: "publishing something else".to_owned(),
        payload: Payload::SmartContract {
            name: "option-math".parse().unwrap(),
            source: "(define-read-only (put-price) u1)".to_owned(),
            clarity_version: None,
        },
        conditions: Vec::new(),
        fee: Fee::Fixed(MicroStx::new(10_000)),
    };
    sender.send(&[order], |_, _| ()).await.unwrap();
    let nonce = place.nonce().await;
    match place.job().apply(&key, place.blocks.clone(), |_| ()).await {
        Err(DeployError::OtherSource { contract: "option-math", line: 1, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(place.nonce().await, nonce);
}
