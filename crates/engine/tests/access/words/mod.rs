//! Everything that can be said is said in whole sentences, for every variant there is, and never with a secret in it.

mod books;
mod networks;
mod refusals;
mod transactions;
mod wallet;

use std::collections::HashSet;
use std::io;
use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;
use std::sync::Arc;

use bithedge_engine::intents::quote::QuoteError;
use bithedge_engine::intents::{self, Finding, ReadError, Unknown};
use bithedge_engine::networks::{
    ChainChange, ContractState, Endpoint, EndpointError, Limit, NetworkProfile, NotDeployed, Problem,
    ProfileError, ProfileId, ProfileInput, ProfilesError,
};
use bithedge_engine::present::{WishError, intent};
use bithedge_engine::transactions::{
    AcknowledgeError, Alarm, ApproveError, Asset, AssetAmount, ChainError, DraftError, DropReason, Failure,
    FeeError, InBlock, JournalError, Note, Refusal, RefusedBecause, ReviewError, SendError,
    SignatureMismatch, SignerError, Status, TransactionId, WatchError,
};
use bithedge_engine::words::{Notices, Telling};
use bithedge_ipc::{Notice, Wish, Words};
use bithedge_keys::{
    AccountId, AccountsError, EntryId, FolderError, KdfCost, KeyFileError, KeychainError, MemoryKeychain,
    Mnemonic, MnemonicError, Moment, Passphrase, PassphraseError, RandomnessError, ReentryError, Wallet,
    WalletError, WithoutKeychain,
};
use bithedge_protocol::{Asset as Token, TokenAmount, UnixSeconds};
use bithedge_stacks::TransactionVersion;
use bithedge_stacks::address::{Address, Principal};
use bithedge_stacks::clarity::Value;
use bithedge_stacks::client::{BlockHash, ClientError, RejectionReason};
use bithedge_stacks::network::{ChainId, Network};
use bithedge_stacks::transaction::{BuildError, PartialError, Txid, UnsignedTransaction, VerifyError};
use bithedge_stacks::units::MicroStx;
use bithedge_suite::bundle::SourceDifference;
use bithedge_suite::generated::errors::ENTRIES;
use bithedge_suite::{Contract, ContractError, DeploymentError, Mismatch, MismatchReason, SuiteNetwork};

const SOURCES: &[&str] = &[
    include_str!("../../../src/transactions/alarms.rs"),
    include_str!("../../../src/transactions/approval.rs"),
    include_str!("../../../src/transactions/chain.rs"),
    include_str!("../../../src/transactions/draft.rs"),
    include_str!("../../../src/transactions/fees.rs"),
    include_str!("../../../src/transactions/journal.rs"),
    include_str!("../../../src/transactions/receipt.rs"),
    include_str!("../../../src/transactions/signer.rs"),
    include_str!("../../../src/transactions/status.rs"),
    include_str!("../../../src/transactions/watching.rs"),
];
const INTENTS: &[&str] = &[
    include_str!("../../../src/intents/plan.rs"),
    include_str!("../../../src/intents/mod.rs"),
    include_str!("../../../src/intents/finding.rs"),
    include_str!("../../../src/intents/quote.rs"),
    include_str!("../../../src/intents/reader.rs"),
    include_str!("../../../src/intents/state.rs"),
    include_str!("../../../src/present/wishes.rs"),
];
const NETWORKS: &[&str] = &[
    include_str!("../../../src/networks/endpoint.rs"),
    include_str!("../../../src/networks/file.rs"),
    include_str!("../../../src/networks/identity.rs"),
    include_str!("../../../src/networks/profile.rs"),
    include_str!("../../../src/networks/verdict.rs"),
    include_str!("../../../../suite/src/deployment.rs"),
];
const KEYS: &[&str] = &[
    include_str!("../../../../keys/src/accounts.rs"),
    include_str!("../../../../keys/src/file/mod.rs"),
    include_str!("../../../../keys/src/folder.rs"),
    include_str!("../../../../keys/src/keychain.rs"),
    include_str!("../../../../keys/src/mnemonic.rs"),
    include_str!("../../../../keys/src/passphrase.rs"),
    include_str!("../../../../keys/src/wallet/mod.rs"),
];

/// How many variants an enumeration has, by its source.
fn variants(sources: &[&str], name: &str) -> usize {
    let head = format!("\npub enum {name} {{\n");
    let body =
        sources.iter().find_map(|source| source.split_once(&head)).unwrap_or_else(|| panic!("{name}")).1;
    let body = body.split_once("\n}").unwrap().0;
    let is_variant = |line: &&str| {
        line.strip_prefix("    ")
            .is_some_and(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    body.lines().filter(is_variant).count()
}

/// Whole sentences, nothing of a debugger's, and nothing that says that there are no words.
fn is_prose(text: &str, whose: &str) {
    assert!(
        text.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit()),
        "{whose}: {text}"
    );
    assert!(text.ends_with('.'), "{whose}: {text}");
    for noise in
        ["Some(", "None", "Ok(", "Err(", "{", "}", "\"", "\\", "  ", "\n", "Error", "has no words for", ".."]
    {
        assert!(!text.contains(noise), "{whose}: {noise:?} in {text}");
    }
}

fn is_told(notice: &Notice, whose: &str) {
    for text in [&notice.happened, &notice.means, &notice.remedy] {
        is_prose(text, whose);
    }
    assert!(!notice.detail.contains("abandon"), "{whose}");
}

fn is_said(words: &Words, whose: &str) {
    is_prose(&words.happened, whose);
    is_prose(&words.means, whose);
    if !words.remedy.is_empty() {
        is_prose(&words.remedy, whose);
    }
}

fn all_told<T: Notices>(sources: &[&str], name: &str, samples: &[T]) {
    let kinds: HashSet<Discriminant<T>> = samples.iter().map(discriminant).collect();
    assert_eq!(kinds.len(), variants(sources, name), "not every {name} is among the samples");
    for (number, sample) in samples.iter().enumerate() {
        is_told(&sample.notice(), &format!("{name} {number}"));
    }
}

fn all_said<T: Telling>(sources: &[&str], name: &str, samples: &[T]) {
    let kinds: HashSet<Discriminant<T>> = samples.iter().map(discriminant).collect();
    assert_eq!(kinds.len(), variants(sources, name), "not every {name} is among the samples");
    for (number, sample) in samples.iter().enumerate() {
        is_said(&sample.words(), &format!("{name} {number}"));
    }
}

const ID: TransactionId = TransactionId(3);
const CHAINS: (ChainId, ChainId) = (ChainId::TESTNET, ChainId::MAINNET);

fn text(text: &str) -> String {
    text.to_owned()
}

fn address() -> Address {
    "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap()
}

fn contract(name: &str) -> bithedge_stacks::ContractId {
    format!("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.{name}").parse().unwrap()
}

fn block() -> InBlock {
    InBlock { height: 7, hash: BlockHash([1; 32]), time: 1_700_000_000 }
}

fn path() -> PathBuf {
    PathBuf::from("somewhere")
}

fn partial() -> PartialError {
    UnsignedTransaction::decode(&[]).unwrap_err()
}

fn unverified() -> VerifyError {
    crate::signer::unsigned(address(), Network::TESTNET).transaction().verify().unwrap_err()
}

fn chain() -> ChainError {
    ChainError::Unavailable(text("no connection"))
}

fn amount(amount: u128) -> AssetAmount {
    AssetAmount { asset: Asset::Stx, amount }
}

fn journal() -> [JournalError; 7] {
    [
        JournalError::InUse { path: path() },
        JournalError::Newer { path: path(), found: 9, known: 1 },
        JournalError::OtherChain { path: path() },
        JournalError::Damaged { path: path(), reason: text("not a database") },
        JournalError::Full { path: path() },
        JournalError::Unusable { path: path(), reason: text("no right to") },
        JournalError::Closed,
    ]
}

fn mismatch() -> Mismatch {
    MismatchReason::Impossible(text("a tier of seven colours")).into()
}

fn client_error() -> ClientError {
    ClientError::NotFound { what: text("block 7") }
}
