use std::collections::BTreeMap;

use bithedge_stacks::transaction::{
    Authorization, MultiSigCondition, PostCondition, SingleSigCondition, SpendingCondition,
    UnsignedTransaction,
};
use bithedge_stacks::{Payload, PublicKey, Transaction, TransactionBuilder};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::official::Official;
use super::seed;
use super::support::{self, Step};

/// At least two thousand in each direction have to agree byte by byte.
const TRANSACTIONS: usize = 2_000;
const BATCH: usize = 250;

#[derive(Deserialize)]
struct Read {
    hex: String,
    txid: String,
    resigned: String,
}

#[derive(Deserialize)]
struct Generated {
    hex: String,
    txid: String,
    origin: Vec<JsonStep>,
    sponsor: Option<Vec<JsonStep>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum JsonStep {
    Key(String),
    Public(String),
}

impl JsonStep {
    fn into_step(self) -> Step {
        match self {
            Self::Key(key) => Step::Sign(key),
            Self::Public(key) => Step::Key(PublicKey::from_hex(&key).unwrap()),
        }
    }
}

fn to_json(steps: &[Step]) -> Json {
    steps
        .iter()
        .map(|step| match step {
            Step::Sign(key) => json!({ "key": key }),
            Step::Key(key) => json!({ "public": key.to_string() }),
        })
        .collect()
}

/// How often each kind of payload, post-condition, mode and account occurred: a comparison that leaves one out is none.
#[derive(Default)]
struct Coverage(BTreeMap<String, usize>);

impl Coverage {
    fn add(&mut self, transaction: &Transaction) {
        let mut count = |kind: String| *self.0.entry(kind).or_default() += 1;
        count(match &transaction.payload {
            Payload::TokenTransfer { .. } => "transfer".to_owned(),
            Payload::ContractCall { .. } => "call".to_owned(),
            Payload::SmartContract { clarity_version, .. } => {
                format!(
                    "deploy, {}",
                    clarity_version.map_or("unversioned".to_owned(), |version| version.to_string())
                )
            }
            Payload::Coinbase { .. } => "coinbase".to_owned(),
            Payload::CoinbaseToAltRecipient { .. } => "coinbase to somebody".to_owned(),
            Payload::NakamotoCoinbase { .. } => "Nakamoto coinbase".to_owned(),
            Payload::TenureChange { .. } => "tenure change".to_owned(),
            Payload::PoisonMicroblock { .. } => "poison microblock".to_owned(),
        });
        count(format!("mode {:?}", transaction.post_condition_mode));
        for condition in &transaction.post_conditions {
            count(match condition {
                PostCondition::Stx { code, .. } => format!("STX {code:?}"),
                PostCondition::Fungible { code, .. } => format!("fungible {code:?}"),
                PostCondition::NonFungible { code, .. } => format!("non-fungible {code:?}"),
                PostCondition::Staking { code, .. } => format!("staking {code:?}"),
                PostCondition::Pox { code, .. } => format!("stacking position {code:?}"),
            });
        }
        if matches!(transaction.auth, Authorization::Sponsored { .. }) {
            count("sponsored".to_owned());
        }
        count(match transaction.auth.origin() {
            SpendingCondition::SingleSig(SingleSigCondition { hash_mode, .. }) => format!("{hash_mode:?}"),
            SpendingCondition::MultiSig(MultiSigCondition { hash_mode, .. }) => format!("{hash_mode:?}"),
        });
    }

    fn check(&self) {
        println!("{:#?}", self.0);
        // 6 payloads beside 7 deployments, 3 modes, 5 + 5 + 3 + 5 + 3 post-conditions, sponsored, 6 accounts.
        assert_eq!(self.0.len(), 6 + 7 + 3 + 21 + 1 + 6);
        assert!(self.0.values().all(|count| *count >= 5));
    }
}

#[test]
fn transactions_of_ours_are_read_written_and_signed_alike() {
    let mut official = Official::start();
    let mut rng = support::Rng::with_seed(seed(3));
    let mut coverage = Coverage::default();
    for _ in 0..TRANSACTIONS / BATCH {
        let signed: Vec<support::Signed> = (0..BATCH)
            .map(|_| {
                let payload = support::payload(&mut rng);
                support::transaction(&mut rng, payload, true)
            })
            .collect();
        let items: Vec<Json> = signed
            .iter()
            .map(|signed| {
                json!({
                    "hex": hex::encode(signed.transaction.encode()),
                    "origin": to_json(&signed.origin),
                    "sponsor": signed.sponsor.as_deref().map(to_json),
                })
            })
            .collect();
        let answers: Vec<Read> = official.ask(&json!({ "operation": "transactions", "items": items }));
        assert_eq!(answers.len(), BATCH);
        for (signed, answer) in signed.iter().zip(answers) {
            let transaction = &signed.transaction;
            let hex = hex::encode(transaction.encode());
            coverage.add(transaction);
            assert_eq!(answer.hex, hex, "{transaction:?}");
            assert_eq!(answer.txid, transaction.txid().to_string(), "{transaction:?}");
            assert_eq!(answer.resigned, hex, "{transaction:?}");
            assert_eq!(Transaction::decode_hex(&hex).as_ref(), Ok(transaction));
            assert_eq!(transaction.verify(), Ok(()));
        }
    }
    coverage.check();
}

#[test]
fn transactions_of_theirs_are_read_written_verified_and_signed_alike() {
    let seed = seed(4);
    let mut coverage = Coverage::default();
    let answers: Vec<Generated> = Official::start()
        .ask(&json!({ "operation": "generate-transactions", "seed": seed, "count": TRANSACTIONS }));
    assert_eq!(answers.len(), TRANSACTIONS);
    for answer in answers {
        let transaction =
            Transaction::decode_hex(&answer.hex).unwrap_or_else(|error| panic!("{error}: {}", answer.hex));
        coverage.add(&transaction);
        assert_eq!(hex::encode(transaction.encode()), answer.hex);
        assert_eq!(transaction.txid().to_string(), answer.txid);
        assert_eq!(transaction.verify(), Ok(()), "{transaction:?}");
        let origin = answer.origin.into_iter().map(JsonStep::into_step).collect::<Vec<_>>();
        let sponsor =
            answer.sponsor.map(|steps| steps.into_iter().map(JsonStep::into_step).collect::<Vec<_>>());
        let resigned = sign_again(&transaction, &origin, sponsor.as_deref());
        assert_eq!(resigned, transaction);
    }
    coverage.check();
}

/// The same transaction, built and signed from its parts.
fn sign_again(transaction: &Transaction, origin: &[Step], sponsor: Option<&[Step]>) -> Transaction {
    let builder = TransactionBuilder::new(transaction.network(), transaction.payload.clone())
        .anchor_mode(transaction.anchor_mode)
        .nonce(transaction.origin_nonce())
        .fee(transaction.auth.origin().fee())
        .post_conditions(transaction.post_conditions.clone())
        .post_condition_mode(transaction.post_condition_mode);
    let condition = account_of(origin, transaction.auth.origin());
    let Some(sponsor) = sponsor else {
        let mut unsigned = builder.unsigned(condition).unwrap();
        support::sign_steps(&mut unsigned, origin);
        return unsigned.finish().unwrap();
    };
    let mut unsigned = builder.sponsored(condition).unwrap();
    support::sign_steps(&mut unsigned, origin);
    let payer = transaction.auth.payer();
    let mut unsigned = UnsignedTransaction::sponsor(
        unsigned.finish().unwrap(),
        account_of(sponsor, payer),
        payer.nonce(),
        payer.fee(),
    )
    .unwrap();
    support::sign_steps(&mut unsigned, sponsor);
    unsigned.finish().unwrap()
}

/// An account made from the keys alone, of the kind of the given one.
fn account_of(steps: &[Step], like: &SpendingCondition) -> SpendingCondition {
    let keys: Vec<PublicKey> = steps
        .iter()
        .map(|step| match step {
            Step::Sign(key) => *bithedge_stacks::SecretKey::from_hex(key).unwrap().public_key(),
            Step::Key(key) => *key,
        })
        .collect();
    match like {
        SpendingCondition::SingleSig(single) => {
            SpendingCondition::single_sig(&keys[0], single.hash_mode).unwrap()
        }
        SpendingCondition::MultiSig(multi) => {
            SpendingCondition::multi_sig(&keys, multi.signatures_required, multi.hash_mode).unwrap()
        }
    }
}
