//! How many contract calls are built and signed in a second, on one core, as one line of JSON.
//!
//! `tests/js/sign-bench.mjs` does the same with `@stacks/transactions`: the same contract, arguments and post-conditions,
//! the same bytes in the end, which both print the id of.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::time::{Duration, Instant};

use bithedge_stacks::transaction::{AssetInfo, FungibleCode, PostCondition, PostConditionPrincipal};
use bithedge_stacks::{ContractId, MicroStx, Network, SecretKey, TransactionBuilder, Txid, Value};

const DURATION: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let key = SecretKey::from_hex("753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601")?;
    let contract: ContractId = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool".parse()?;
    let asset = AssetInfo {
        contract: "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse()?,
        asset: "sbtc-token".parse()?,
    };
    let sign = |nonce: u64| -> Result<(Vec<u8>, Txid), Box<dyn Error>> {
        let args = vec![
            Value::UInt(u128::from(nonce)),
            contract.issuer.into(),
            Value::tuple([
                ("strike".parse()?, Value::UInt(60_000_000_000)),
                ("memo".parse()?, Value::some(Value::buffer([7; 20]))),
            ]),
        ];
        let transaction =
            TransactionBuilder::call(Network::TESTNET, contract.clone(), "purchase".parse()?, args)
                .nonce(nonce)
                .fee(MicroStx::new(1000))
                .post_condition(PostCondition::Fungible {
                    principal: PostConditionPrincipal::Origin,
                    asset: asset.clone(),
                    code: FungibleCode::Le,
                    amount: 12_000,
                })
                .sign(&key)?;
        let bytes = transaction.encode();
        let txid = Txid::of(&bytes);
        Ok((bytes, txid))
    };
    let (_, first) = sign(0)?;
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < DURATION {
        count += 1;
        std::hint::black_box(sign(count)?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate does not need every digit")]
    let per_second = count as f64 / start.elapsed().as_secs_f64();
    let report = serde_json::json!({
        "library": "bithedge-stacks", "signings_per_second": per_second.round(), "first_txid": first,
    });
    println!("{report}");
    Ok(())
}
