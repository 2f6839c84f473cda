//! Keys and addresses equal those of `@stacks/wallet-sdk`, for random mnemonics of 12 and 24 words. The keys never leave
//! the wallet, so they are compared by what they sign.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it saw"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bithedge_keys::{KdfCost, MemoryKeychain, Mnemonic, Moment, Passphrase, Wallet, WithoutKeychain};
use bithedge_stacks::transaction::{Memo, SingleSigHashMode, SpendingCondition};
use bithedge_stacks::{Address, MicroStx, Network, SecretKey, TransactionBuilder, TransactionVersion};
use serde::Deserialize;

/// How many mnemonics, if not 50.
const COUNT: &str = "BITHEDGE_MNEMONICS";

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Vec<Official>),
    Error(String),
}

/// What the official library makes of a mnemonic.
#[derive(Deserialize)]
struct Official {
    mnemonic: String,
    accounts: Vec<OfficialAccount>,
}

#[derive(Deserialize)]
struct OfficialAccount {
    key: String,
    mainnet: String,
    testnet: String,
}

/// Asks the program that crates/stacks is compared with.
fn official(count: usize) -> Vec<Official> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stacks/tests/js");
    assert!(
        folder.join("node_modules/@stacks/wallet-sdk/package.json").exists(),
        "the official JavaScript client is missing: run `npm ci` in {} (`cargo xtask test` does)",
        folder.display()
    );
    let mut node = Command::new("node")
        .arg("differential.mjs")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node, version 20 or later, must be on the PATH");
    // The input ends here, and with it the program.
    writeln!(node.stdin.take().unwrap(), r#"{{"operation":"wallets","count":{count}}}"#).unwrap();
    let mut line = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(node.wait().unwrap().success());
    match serde_json::from_str(&line).unwrap() {
        Answer::Ok(wallets) => wallets,
        Answer::Error(error) => panic!("the JavaScript client failed: {error}"),
    }
}

#[test]
fn random_mnemonics_have_the_official_keys_and_addresses() {
    let count = std::env::var(COUNT).map_or(50, |count| count.parse().unwrap());
    let wallets = official(count);
    assert_eq!(wallets.len(), count);
    for Official { mnemonic, accounts } in &wallets {
        compare(mnemonic, accounts);
    }
    println!(
        "{count} mnemonics, {} accounts",
        wallets.iter().map(|wallet| wallet.accounts.len()).sum::<usize>()
    );
}

fn compare(words: &str, official: &[OfficialAccount]) {
    assert_eq!(official.len(), 2, "{words}");
    let scratch = tempfile::tempdir().unwrap();
    let keychain = Arc::new(MemoryKeychain::default());
    let open = || Wallet::open_with_cost(scratch.path(), keychain.clone(), KdfCost::for_tests()).unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    let wallet = open();
    let mnemonic = Mnemonic::parse(words).unwrap_or_else(|error| panic!("{words}: {error}"));
    wallet.create(&mnemonic, &passphrase, WithoutKeychain::Refused, Moment::now()).unwrap();
    wallet.add_account("Second").unwrap();
    drop(wallet);
    // From the file, as at every start.
    let wallet = open();
    wallet.unlock(&passphrase, Moment::now()).unwrap();
    for (account, official) in wallet.accounts().unwrap().iter().zip(official) {
        let address = |version| account.address(version).unwrap().to_string();
        assert_eq!(address(TransactionVersion::Mainnet), official.mainnet, "{words}");
        assert_eq!(address(TransactionVersion::Testnet), official.testnet, "{words}");
        let key = SecretKey::from_hex(&official.key).unwrap();
        let to: Address = "SP000000000000000000002Q6VF78".parse().unwrap();
        for network in [Network::MAINNET, Network::TESTNET] {
            let builder =
                || TransactionBuilder::transfer(network, to, MicroStx::new(1), Memo::text("").unwrap());
            let origin =
                SpendingCondition::single_sig(account.public_key().unwrap(), SingleSigHashMode::P2pkh)
                    .unwrap();
            let unsigned = builder().unsigned(origin).unwrap();
            let signed = wallet.sign(account.id(), unsigned, network, Moment::now()).unwrap();
            // Verifying recovers the public key from the signature and compares it with the address; and signatures are
            // deterministic, so that the official key makes the very same one.
            signed.verify().unwrap();
            assert_eq!(signed, builder().sign(&key).unwrap(), "{words}");
        }
    }
}
