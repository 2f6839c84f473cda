//! The devnet's own controls (`/devnet`) and the faucets.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use bithedge_stacks::{ContractId, Principal};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::Shared;
use super::faults::FaultSettings;
use super::reply::{Refusal, Reply, api_error, body, ok};
use super::show::hex0x;
use crate::accounts::ACCOUNTS;
use crate::chain::{SBTC_ASSET, Status};
use crate::faucet;
use crate::node::{Node, NodeError};

/// Most blocks that one request mines.
const MOST_BLOCKS: u32 = 100_000;

fn parse<T: DeserializeOwned>(bytes: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let bytes = body(bytes)?;
    let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    serde_json::from_slice(bytes).map_err(|error| api_error(StatusCode::BAD_REQUEST, error.to_string()))
}

fn tip(node: &mut Node) -> Result<Json, Refusal> {
    let chain = node.chain()?;
    let tip = chain.blocks.tip();
    Ok(json!({
        "stacks_height": tip.height,
        "burn_height": tip.burn_height,
        "time": tip.time,
        "hash": hex0x(chain.blocks.hash(&tip)),
        "fork": chain.fork,
        "mempool": chain.mempool.len(),
        "transactions": chain.receipts.in_order().len(),
    }))
}

/// `GET /devnet/status`
pub(crate) async fn status(State(shared): State<Shared>) -> Reply {
    let mut node = shared.node().await;
    let tip = tip(&mut node)?;
    let mut accounts = Vec::new();
    for account in &ACCOUNTS {
        let stx = node.guarded(async |chain| chain.stx_balance(account.address).await).await?;
        let chain = node.chain()?;
        let held = chain.receipts.holdings(account.address);
        let sbtc = held.fungible.get(SBTC_ASSET).copied().unwrap_or_default();
        accounts.push(json!({
            "label": account.label,
            "address": account.address,
            "stx": stx.available.to_string(),
            "sbtc": sbtc.received.saturating_sub(sbtc.sent).to_string(),
            "nonce": chain.nonce(account.address),
        }));
    }
    ok(json!({
        "devnet": true,
        "version": env!("CARGO_PKG_VERSION"),
        "genesis_time": node.clock(),
        "tip": tip,
        "accounts": accounts,
        "faults": shared.faults.get(),
    }))
}

fn default_blocks() -> u32 {
    1
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mine {
    #[serde(default = "default_blocks")]
    blocks: u32,
    /// Bitcoin blocks instead of Stacks blocks.
    #[serde(default)]
    burn: bool,
}

/// `POST /devnet/mine {"blocks": n, "burn": false}`: what waits goes into the first blocks, the rest are empty.
pub(crate) async fn mine(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let Mine { blocks, burn } = parse(bytes)?;
    if blocks == 0 || blocks > MOST_BLOCKS {
        let message = format!("`blocks` is 1 to {MOST_BLOCKS}");
        return Err(api_error(StatusCode::BAD_REQUEST, message));
    }
    refuse_when_stale(&shared)?;
    let mut node = shared.node().await;
    let mut included = 0;
    let mut left = blocks;
    while left > 0 {
        let count = node.mine(burn).await?;
        included += count;
        left -= 1;
        if count == 0 && !node.chain()?.deployment_is_next() {
            // Nothing is ready, and nothing becomes ready without being sent: the rest is empty.
            let (bitcoin, stacks) = if burn { (left, 0) } else { (0, left) };
            if left > 0 {
                node.advance(bitcoin, stacks).await?;
            }
            left = 0;
        }
    }
    let mut shown = tip(&mut node)?;
    shown["included"] = json!(included);
    ok(shown)
}

fn refuse_when_stale(shared: &Shared) -> Result<(), Refusal> {
    if shared.faults.get().stale_tip {
        let message = "the fault `stale_tip` is on: the chain stands still until it is taken off";
        return Err(api_error(StatusCode::CONFLICT, message));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    seconds: u64,
}

/// `POST /devnet/time {"seconds": n}`: mines what waits, then lets the time pass.
pub(crate) async fn time(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let Time { seconds } = parse(bytes)?;
    refuse_when_stale(&shared)?;
    let mut node = shared.node().await;
    node.travel(seconds).await?;
    ok(tip(&mut node)?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faucet {
    address: String,
    /// In micro-STX or satoshis; a number, or its digits as text.
    amount: Json,
}

impl Faucet {
    fn checked(&self) -> Result<(Principal, u64), Refusal> {
        let refuse = |message: &str| api_error(StatusCode::BAD_REQUEST, message.to_owned());
        let recipient = recipient(&self.address)?;
        let amount = match &self.amount {
            Json::String(digits) => digits.parse::<u64>().ok(),
            number => number.as_u64(),
        };
        match amount {
            Some(amount) if amount > 0 => Ok((recipient, amount)),
            _ => Err(refuse("`amount` is a positive whole number of micro-STX or satoshis")),
        }
    }
}

fn recipient(address: &str) -> Result<Principal, Refusal> {
    match address.parse::<Principal>() {
        Ok(principal) if principal.is_testnet() => Ok(principal),
        _ => {
            let message = format!("`{address}` is not a testnet principal");
            Err(api_error(StatusCode::BAD_REQUEST, message))
        }
    }
}

enum Token {
    Stx,
    Sbtc,
}

/// Sends from the faucet's account, and mines it unless the chain stands still.
async fn give(
    shared: &Shared,
    token: &Token,
    recipient: Principal,
    amount: u64,
) -> Result<[u8; 32], Refusal> {
    let mut node = shared.node().await;
    let nonce = faucet::next_nonce(&mut node)?;
    let signed = match token {
        Token::Stx => faucet::stx(nonce, recipient, amount),
        Token::Sbtc => {
            let contract: ContractId =
                SBTC_ASSET.split("::").next().unwrap_or_default().parse().map_err(|_| {
                    Refusal::from(NodeError::Refused("the sBTC contract's name is damaged".to_owned()))
                })?;
            faucet::sbtc(nonce, contract, recipient, amount)
        }
    };
    let tx = signed.map_err(|message| Refusal::from(NodeError::Refused(message)))?;
    let txid = match node.submit(tx.encode(), tx).await {
        Ok(txid) => txid,
        Err(NodeError::Rejected(rejection)) => {
            let (reason, data) = rejection.reason();
            let message =
                format!("the faucet's transaction was refused: {reason} {}", data.unwrap_or_default());
            return Err(api_error(StatusCode::CONFLICT, message));
        }
        Err(error) => return Err(error.into()),
    };
    if !shared.faults.get().stale_tip {
        node.mine(false).await?;
        let chain = node.chain()?;
        if let Some(receipt) = chain.receipts.get(&txid)
            && receipt.status != Status::Success
        {
            let message = format!("the faucet's transaction had no effect: {:?}", receipt.error);
            return Err(Refusal::from(NodeError::Refused(message)));
        }
    }
    Ok(txid)
}

/// `POST /devnet/faucet/stx {"address", "amount"}`
pub(crate) async fn faucet_stx(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let (recipient, amount) = parse::<Faucet>(bytes)?.checked()?;
    let txid = give(&shared, &Token::Stx, recipient, amount).await?;
    ok(json!({ "success": true, "txId": hex0x(txid) }))
}

/// `POST /devnet/faucet/sbtc {"address", "amount"}`
pub(crate) async fn faucet_sbtc(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let (recipient, amount) = parse::<Faucet>(bytes)?.checked()?;
    let txid = give(&shared, &Token::Sbtc, recipient, amount).await?;
    ok(json!({ "success": true, "txId": hex0x(txid) }))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ApiFaucet {
    address: Option<String>,
}

impl ApiFaucet {
    fn recipient(self) -> Result<Principal, Refusal> {
        recipient(&self.address.ok_or_else(|| api_error(StatusCode::BAD_REQUEST, "address required"))?)
    }
}

/// `POST /extended/v1/faucets/stx?address=`: 500 STX, as on testnet.
pub(crate) async fn api_faucet_stx(State(shared): State<Shared>, Query(query): Query<ApiFaucet>) -> Reply {
    let txid = give(&shared, &Token::Stx, query.recipient()?, 500_000_000).await?;
    ok(json!({ "success": true, "txId": hex0x(txid) }))
}

/// `POST /extended/v1/faucets/sbtc?address=`: 0.1 sBTC.
pub(crate) async fn api_faucet_sbtc(State(shared): State<Shared>, Query(query): Query<ApiFaucet>) -> Reply {
    let txid = give(&shared, &Token::Sbtc, query.recipient()?, 10_000_000).await?;
    ok(json!({ "success": true, "txId": hex0x(txid) }))
}

/// `GET /devnet/faults`
pub(crate) async fn get_faults(State(shared): State<Shared>) -> Reply {
    ok(json!(shared.faults.get()))
}

/// `POST /devnet/faults`: what is not named is off.
pub(crate) async fn set_faults(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let settings: FaultSettings = parse(bytes)?;
    shared.faults.set(settings);
    ok(json!(settings))
}

/// `DELETE /devnet/faults`
pub(crate) async fn clear_faults(State(shared): State<Shared>) -> Reply {
    shared.faults.set(FaultSettings::default());
    ok(json!(shared.faults.get()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reorg {
    depth: u64,
    #[serde(default)]
    drop_transactions: bool,
}

/// `POST /devnet/reorg {"depth": n, "drop_transactions": false}`
pub(crate) async fn reorg(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let Reorg { depth, drop_transactions } = parse(bytes)?;
    if depth == 0 || depth > 1000 {
        return Err(api_error(StatusCode::BAD_REQUEST, "`depth` is 1 to 1000"));
    }
    let mut node = shared.node().await;
    node.reorg(depth, drop_transactions).await?;
    ok(tip(&mut node)?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// `POST /devnet/snapshot {"name"}`
pub(crate) async fn snapshot(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let Name { name } = parse(bytes)?;
    let mut node = shared.node().await;
    node.snapshot(&name)?;
    ok(tip(&mut node)?)
}

/// `POST /devnet/restore {"name"}`
pub(crate) async fn restore(State(shared): State<Shared>, bytes: Result<Bytes, BytesRejection>) -> Reply {
    let Name { name } = parse(bytes)?;
    let mut node = shared.node().await;
    node.restore(&name).await?;
    ok(tip(&mut node)?)
}
