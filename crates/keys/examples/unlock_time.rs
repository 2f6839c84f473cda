//! How long unlocking takes, from the passphrase to a wallet that signs, and how long signing takes: lines of JSON, as
//! `cargo xtask bench` reads them. For new files as they are made, or for other costs given as `memory in MiB, passes, lanes`.
//!
//! `cargo run --release -p bithedge-keys --example unlock_time [-- 128 4 1]`

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bithedge_keys::{
    KdfCost, MemoryKeychain, Mnemonic, Moment, OsRandomness, Passphrase, Wallet, WithoutKeychain, WordCount,
};
use bithedge_stacks::transaction::{Memo, SingleSigHashMode, SpendingCondition};
use bithedge_stacks::{Address, MicroStx, Network, TransactionBuilder};

const UNLOCKS: usize = 9;
const SIGNATURES: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u32> =
        std::env::args().skip(1).map(|number| number.parse()).collect::<Result<_, _>>()?;
    let cost = match numbers[..] {
        [] => KdfCost::RECOMMENDED,
        [memory_mib, passes, lanes] => {
            KdfCost::to_be_measured(memory_mib.saturating_mul(1024), passes, u8::try_from(lanes)?)?
        }
        _ => return Err("expected nothing, or memory in MiB, passes and lanes".into()),
    };
    let scratch = tempfile::tempdir()?;
    let keychain = Arc::new(MemoryKeychain::default());
    let wallet = Wallet::open_with_cost(scratch.path(), keychain, cost)?;
    let mnemonic = Mnemonic::generate(WordCount::TwentyFour, &OsRandomness)?;
    let passphrase = Passphrase::new("measured, not used")?;
    wallet.create(&mnemonic, &passphrase, WithoutKeychain::Refused, Moment::now())?;
    let mut milliseconds = Vec::new();
    for _ in 0..UNLOCKS {
        wallet.lock();
        let start = Instant::now();
        wallet.unlock(&passphrase, Moment::now())?;
        milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
    }
    milliseconds.sort_by(f64::total_cmp);
    let sign_ms = signing_time(&wallet)?;
    let [first, median, last] =
        [0, UNLOCKS / 2, UNLOCKS - 1].map(|at| milliseconds.get(at).copied().unwrap_or(f64::NAN));
    let kdf = format!(
        "Argon2id {} MiB, {} passes, {} lanes",
        cost.memory_kib() / 1024,
        cost.passes(),
        cost.lanes()
    );
    let row = |name: &str, value, goal: &str| {
        println!("{}", serde_json::json!({ "name": name, "value": value, "unit": "ms", "goal": goal }));
    };
    row(&format!("unlock ({kdf}), median"), median, "500 to 1500");
    row("unlock, fastest", first, "");
    row("unlock, slowest", last, "");
    row("signing a transfer, mean", sign_ms, "");
    Ok(())
}

/// The mean time of signing a transfer, in milliseconds.
fn signing_time(wallet: &Wallet) -> Result<f64, Box<dyn Error>> {
    let accounts = wallet.accounts()?;
    let account = accounts.first().ok_or("no account")?;
    let key = account.public_key().ok_or("no public key")?;
    let to: Address = "ST000000000000000000002AMW42H".parse()?;
    let mut took = Duration::ZERO;
    for nonce in 0..u64::from(SIGNATURES) {
        let origin = SpendingCondition::single_sig(key, SingleSigHashMode::P2pkh)?;
        let transfer = TransactionBuilder::transfer(Network::TESTNET, to, MicroStx::new(1), Memo::text("")?)
            .nonce(nonce);
        let unsigned = transfer.unsigned(origin)?;
        let start = Instant::now();
        wallet.sign(account.id(), unsigned, Network::TESTNET, Moment::now())?;
        took += start.elapsed();
    }
    Ok(took.as_secs_f64() * 1e3 / f64::from(SIGNATURES))
}
