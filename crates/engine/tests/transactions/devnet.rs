//! A real devnet: real signatures, the official VM, a node's own mempool and post-conditions.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_devnet::{Config, Devnet};
use bithedge_engine::SystemClock;
use bithedge_engine::transactions::{
    Asset, AssetAmount, Depths, Failure, Journal, Note, Prepared, Settings, Signer, SignerError, Status,
    TransactionId, Transactions,
};
use bithedge_stacks::address::Address;
use bithedge_stacks::clarity::Value;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{
    FungibleCode, Payload, PostCondition, PostConditionPrincipal, Transaction, TransactionBuilder,
    UnsignedTransaction,
};
use bithedge_stacks::units::MicroStx;
use bithedge_stacks::{NodeClient, SecretKey, Seed};
use tokio::task::JoinSet;

const TILL: &str = "
(define-public (pay (tag uint)) (stx-transfer? u5 tx-sender 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM))
(define-public (fail (tag uint)) (begin (try! (pay tag)) (err tag)))
";

fn key(label: &str) -> SecretKey {
    let account = ACCOUNTS.iter().find(|account| account.label == label).unwrap();
    Seed::from_mnemonic(account.mnemonic, "").unwrap().account(0).unwrap()
}

struct Keys(Vec<SecretKey>);

impl Signer for Keys {
    async fn sign(
        &self,
        account: &Address,
        mut unsigned: UnsignedTransaction,
    ) -> Result<Transaction, SignerError> {
        let key = self.0.iter().find(|key| key.address(Network::TESTNET.version) == *account);
        unsigned.sign(key.ok_or(SignerError::UnknownAccount(*account))?).unwrap();
        Ok(unsigned.finish().unwrap())
    }
}

type Service = Transactions<NodeClient, Keys>;

async fn control(devnet: &Devnet, path: &str, body: &str) {
    let request = reqwest::Client::new()
        .post(format!("{}/devnet/{path}", devnet.url()))
        .header("content-type", "application/json")
        .body(body.to_owned());
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
}

fn prepared(account: Address, function: &str, tag: u128, at_most: u64) -> Prepared {
    Prepared {
        account,
        network: Network::TESTNET,
        payload: Payload::ContractCall {
            contract: "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.till".parse().unwrap(),
            function: function.parse().unwrap(),
            args: vec![Value::UInt(tag)],
        },
        post_conditions: vec![PostCondition::Stx {
            principal: PostConditionPrincipal::Origin,
            code: FungibleCode::Le,
            amount: MicroStx::new(at_most),
        }],
        intent: function.to_owned(),
        words: Vec::new(),
        leaves: vec![AssetAmount { asset: Asset::Stx, amount: at_most.into() }],
        arrives: Vec::new(),
        valid_until: None,
    }
}

async fn send(service: &Service, prepared: Prepared) -> TransactionId {
    let question = service.draft(prepared).await.unwrap();
    let id = question.approval().id;
    service.approve(id, question.approval().digest).await.unwrap();
    id
}

fn status(service: &Service, id: TransactionId) -> Status {
    service.entry(id).unwrap().unwrap().status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_one_replaced_one_cancelled_one_failing_one_undone() {
    let folder = tempfile::tempdir().unwrap();
    let devnet = Devnet::start(Config {
        data_dir: folder.path().join("chain"),
        port: 0,
        block_time: None,
        worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
        genesis_time: Some(1_700_000_000),
    })
    .await
    .unwrap();
    let client = NodeClient::new([devnet.url()]).unwrap();
    let deployment = TransactionBuilder::deploy(Network::TESTNET, "till".parse().unwrap(), TILL, None)
        .fee(MicroStx::new(10_000))
        .sign(&key("deployer"))
        .unwrap();
    client.broadcast(&deployment).await.unwrap();
    control(&devnet, "mine", "{}").await;

    let keys = vec![key("wallet_1"), key("wallet_2")];
    let accounts: Vec<Address> = keys.iter().map(|key| key.address(Network::TESTNET.version)).collect();
    let journal = Journal::open(&folder.path().join("journal.sqlite"), Network::TESTNET).unwrap();
    let depths = Depths { confirmed: 1, settled: 12 };
    let settings = Settings { first_resend: Duration::ZERO, depths, ..Settings::default() };
    let service = Transactions::open(journal, Network::TESTNET, client, Keys(keys), SystemClock, settings);
    let service = Arc::new(service.unwrap());
    let mut updates = service.updates();

    let mut sending = JoinSet::new();
    for number in 0..50_u128 {
        let (service, account) = (Arc::clone(&service), accounts[usize::from(number % 2 == 1)]);
        let (function, at_most) = match number {
            10 => ("fail", 5),
            20 => ("pay", 4),
            _ => ("pay", 5),
        };
        sending.spawn(
            async move { (number, send(&service, prepared(account, function, number, at_most)).await) },
        );
    }
    let sent: std::collections::BTreeMap<u128, TransactionId> =
        sending.join_all().await.into_iter().collect();
    for account in &accounts {
        let mut nonces: Vec<u64> = service
            .unsettled()
            .iter()
            .filter(|entry| entry.account == *account)
            .map(|entry| entry.nonce)
            .collect();
        nonces.sort_unstable();
        assert_eq!(nonces, (0..25).collect::<Vec<u64>>());
    }
    service.poll().await.unwrap();
    assert!(
        service.unsettled().iter().all(|entry| entry.status == Status::Pending { included: None }),
        "{:#?}",
        service.unsettled()
    );

    let question = service.replace(sent[&30]).await.unwrap();
    let replacement = question.approval().id;
    let replaced_by = service.approve(replacement, question.approval().digest).await.unwrap();
    let question = service.cancel(sent[&40]).await.unwrap();
    let cancellation = question.approval().id;
    let cancelled_by = service.approve(cancellation, question.approval().digest).await.unwrap();
    service.poll().await.unwrap();

    control(&devnet, "mine", "{}").await;
    // What replaces is judged first, so that once is enough.
    service.poll().await.unwrap();
    for (number, id) in &sent {
        let entry = service.entry(*id).unwrap().unwrap();
        match number {
            10 => {
                let Status::Failed { failure: Failure::Contract { result, .. }, .. } = &entry.status else {
                    panic!("{entry:?}")
                };
                assert_eq!(*result, Value::err(Value::UInt(10)));
            }
            20 => assert!(
                matches!(entry.status, Status::Failed { failure: Failure::PostCondition, .. }),
                "{entry:?}"
            ),
            30 => assert_eq!(entry.status, Status::Replaced { by: replaced_by }),
            40 => assert_eq!(entry.status, Status::Replaced { by: cancelled_by }),
            _ => assert!(matches!(entry.status, Status::Confirmed { .. }), "{entry:?}"),
        }
        if let Some(receipt) = entry.receipt {
            assert!(receipt.is_complete && receipt.alarms.is_empty(), "{receipt:?}");
            let left: u128 = receipt.left.iter().map(|left| left.amount).sum();
            assert_eq!(left, if [10, 20].contains(number) { 0 } else { 5 }, "{number}");
        }
    }
    assert!(matches!(status(&service, replacement), Status::Confirmed { .. }));
    assert!(matches!(status(&service, cancellation), Status::Failed { failure: Failure::PostCondition, .. }));

    // Two blocks are given up, and everything is mined again elsewhere.
    control(&devnet, "reorg", r#"{"depth":1,"drop_transactions":false}"#).await;
    control(&devnet, "mine", "{}").await;
    while updates.try_recv().is_ok() {}
    service.poll().await.unwrap();
    let moved = std::iter::from_fn(|| updates.try_recv().ok())
        .filter(|update| matches!(update.note, Some(Note::Reorganised { .. })))
        .count();
    assert_eq!(moved, 50);
    assert!(service.unsettled().iter().all(|entry| entry.status.is_resting()));

    // Answers get lost; nothing is sent as another transaction.
    control(&devnet, "faults", r#"{"seed":7,"drop_ppm":400000}"#).await;
    let mut hard = Vec::new();
    for tag in 100..106 {
        // Questions may fail, as often as they like: nothing is signed by that.
        let question = loop {
            if let Ok(question) = service.draft(prepared(accounts[0], "pay", tag, 5)).await {
                break question;
            }
        };
        let (id, digest) = (question.approval().id, question.approval().digest);
        while let Err(error) = service.approve(id, digest).await {
            assert!(matches!(error, bithedge_engine::transactions::ApproveError::Chain(_)), "{error}");
        }
        hard.push(id);
    }
    control(&devnet, "faults", "{}").await;
    for _ in 0..3 {
        service.poll().await.unwrap();
        control(&devnet, "mine", "{}").await;
    }
    service.poll().await.unwrap();
    let mut nonces = Vec::new();
    for id in hard {
        let entry = service.entry(id).unwrap().unwrap();
        assert!(matches!(entry.status, Status::Confirmed { .. }), "{entry:?}");
        nonces.push(entry.nonce);
    }
    assert_eq!(nonces, (25..31).collect::<Vec<u64>>());

    control(&devnet, "mine", r#"{"blocks":12}"#).await;
    service.poll().await.unwrap();
    assert_eq!(service.unsettled(), []);
    devnet.shutdown().await.unwrap();
}
