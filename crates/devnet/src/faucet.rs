//! The faucet: transactions signed with the well-known faucet account's key, so that what it gives is on the chain
//! like everything else.

use bithedge_stacks::transaction::{AssetInfo, FungibleCode, Memo, PostConditionPrincipal};
use bithedge_stacks::{
    ClarityName, ContractId, MicroStx, Network, PostCondition, PostConditionMode, Principal, Seed,
    Transaction, TransactionBuilder, Value,
};

use crate::accounts::FAUCET;
use crate::node::{Node, NodeError};

/// Ample for the two kinds of transaction that the faucet signs.
const FEE: MicroStx = MicroStx::new(1_000);

/// The nonce after everything that the faucet has sent.
pub(crate) fn next_nonce(node: &mut Node) -> Result<u64, NodeError> {
    let chain = node.chain()?;
    let mined = chain.nonce(FAUCET.address);
    Ok(chain.mempool.nonces_of(FAUCET.address).last().map_or(mined, |last| mined.max(last + 1)))
}

fn sign(builder: TransactionBuilder, nonce: u64) -> Result<Transaction, String> {
    let key = Seed::from_mnemonic(FAUCET.mnemonic, "")
        .and_then(|seed| seed.account(0))
        .map_err(|error| format!("the faucet's key: {error}"))?;
    builder
        .nonce(nonce)
        .fee(FEE)
        .post_condition_mode(PostConditionMode::Deny)
        .sign(&key)
        .map_err(|error| format!("the faucet's signature: {error}"))
}

/// A transfer of STX.
pub(crate) fn stx(nonce: u64, recipient: Principal, micro_stx: u64) -> Result<Transaction, String> {
    let memo = Memo::text("devnet faucet").map_err(|error| error.to_string())?;
    sign(TransactionBuilder::transfer(Network::TESTNET, recipient, MicroStx::new(micro_stx), memo), nonce)
}

/// A transfer of sBTC, with the exact amount as post-condition.
pub(crate) fn sbtc(
    nonce: u64,
    token: ContractId,
    recipient: Principal,
    sats: u64,
) -> Result<Transaction, String> {
    let name = |text: &str| ClarityName::new(text).map_err(|error| error.to_string());
    let from = FAUCET.address.parse::<Principal>().map_err(|error| error.to_string())?;
    let args = vec![
        Value::UInt(sats.into()),
        Value::Principal(from),
        Value::Principal(recipient),
        Value::Optional(None),
    ];
    let condition = PostCondition::Fungible {
        principal: PostConditionPrincipal::Origin,
        asset: AssetInfo { contract: token.clone(), asset: name("sbtc-token")? },
        code: FungibleCode::Eq,
        amount: sats,
    };
    let call =
        TransactionBuilder::call(Network::TESTNET, token, name("transfer")?, args).post_condition(condition);
    sign(call, nonce)
}
