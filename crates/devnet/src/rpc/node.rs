//! A Stacks node's RPC (`/v2`), with a node's statuses and bodies.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use bithedge_stacks::{Address, ClarityName, ContractId, ContractName, Principal, Transaction, Value};
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::reply::{Refusal, Reply, bad_request, body, not_found, ok};
use crate::accounts::MINER;
use crate::chain::ReadFailure;
use crate::node::NodeError;
use bithedge_vm::VmError;

/// `GET /v2/info`
pub(crate) async fn info(State(shared): State<Shared>) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let tip = chain.blocks.tip();
    let consensus = hex::encode(chain.blocks.consensus_hash(tip.burn_height));
    ok(json!({
        "peer_version": 4_207_599_116_u32,
        "pox_consensus": consensus,
        "burn_block_height": tip.burn_height,
        "stable_pox_consensus": consensus,
        "stable_burn_block_height": tip.burn_height,
        "server_version": concat!("bithedge-devnet ", env!("CARGO_PKG_VERSION")),
        "network_id": 0x8000_0000_u32,
        "parent_network_id": 3_669_344_250_u32,
        "stacks_tip_height": tip.height,
        "stacks_tip": hex::encode(chain.blocks.hash(&tip)),
        "stacks_tip_consensus_hash": consensus,
        "genesis_chainstate_hash": hex::encode(chain.blocks.burn_hash(0)),
        "unanchored_tip": null,
        "unanchored_seq": null,
        "tenure_height": tip.burn_height,
        "exit_at_block_height": null,
        "is_fully_synced": true,
    }))
}

/// `GET /v2/pox`
pub(crate) async fn pox(State(shared): State<Shared>) -> Reply {
    const POX: &str = "ST000000000000000000002AMW42H.pox-4";
    let mut node = shared.node().await;
    let burn_height = node.chain()?.blocks.tip().burn_height;
    let read = node.guarded(async |chain| chain.read(MINER, POX, "get-pox-info", &[]).await).await?;
    let Ok(Value::Response(Ok(pox))) = read else {
        return Err(Refusal::from(NodeError::Refused(format!("{POX} gave no pox info: {read:?}"))));
    };
    let Value::Tuple(fields) = *pox else {
        return Err(Refusal::from(NodeError::Refused(format!("{POX} gave no pox info"))));
    };
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key.as_str() == name).and_then(|(_, value)| match value {
            Value::UInt(number) => u64::try_from(*number).ok(),
            _ => None,
        })
    };
    let cycle = field("reward-cycle-id").unwrap_or(0);
    let length = field("reward-cycle-length").unwrap_or(0);
    let prepare = field("prepare-cycle-length").unwrap_or(0);
    let cycle_body = |id: u64| json!({ "id": id, "min_threshold_ustx": field("min-amount-ustx"), "stacked_ustx": 0, "is_pox_active": false });
    ok(json!({
        "contract_id": POX,
        "first_burnchain_block_height": field("first-burnchain-block-height"),
        "current_burnchain_block_height": burn_height,
        "prepare_phase_block_length": prepare,
        "reward_phase_block_length": length.saturating_sub(prepare),
        "prepare_cycle_length": prepare,
        "reward_cycle_id": cycle,
        "reward_cycle_length": length,
        "rejection_fraction": null,
        "min_amount_ustx": field("min-amount-ustx"),
        "total_liquid_supply_ustx": field("total-liquid-supply-ustx"),
        "current_cycle": cycle_body(cycle),
        "next_cycle": cycle_body(cycle + 1),
    }))
}

/// Parses a principal from a path, as a node's route pattern does.
pub(super) fn principal(text: &str) -> Result<Principal, Refusal> {
    text.parse().map_err(|_| not_found("No such file or directory"))
}

fn contract_id(address: &str, name: &str) -> Result<String, Refusal> {
    let no_such = || not_found("No such file or directory");
    let issuer: Address = address.parse().map_err(|_| no_such())?;
    let name = ContractName::new(name).map_err(|_| no_such())?;
    Ok(ContractId::new(issuer, name).to_string())
}

/// Query of requests that can carry a Merkle proof.
#[derive(Debug, Deserialize)]
pub(crate) struct ProofQuery {
    #[serde(default)]
    proof: Option<String>,
}

impl ProofQuery {
    /// The devnet has no Merkle proofs; who asks for one gets the empty string, as from a node without.
    fn add(&self, mut body: serde_json::Value, fields: &[&str]) -> serde_json::Value {
        if self.proof.as_deref() != Some("0")
            && let Some(object) = body.as_object_mut()
        {
            for field in fields {
                object.insert((*field).to_owned(), json!(""));
            }
        }
        body
    }
}

/// `GET /v2/accounts/{principal}`
pub(crate) async fn account(
    State(shared): State<Shared>,
    Path(text): Path<String>,
    Query(query): Query<ProofQuery>,
) -> Reply {
    let text = principal(&text)?.to_string();
    let mut node = shared.node().await;
    let balance = node.guarded(async |chain| chain.stx_balance(&text).await).await?;
    let nonce = node.chain()?.nonce(&text);
    let body = json!({
        "balance": format!("0x{:032x}", balance.available),
        "locked": format!("0x{:032x}", balance.locked),
        "unlock_height": balance.unlock_height,
        "nonce": nonce,
    });
    ok(query.add(body, &["balance_proof", "nonce_proof"]))
}

#[derive(Debug, Deserialize)]
struct CallRead {
    sender: String,
    #[serde(default)]
    sponsor: Option<String>,
    arguments: Vec<String>,
}

/// `POST /v2/contracts/call-read/{address}/{contract}/{function}`
pub(crate) async fn call_read(
    State(shared): State<Shared>,
    Path((address, contract, function)): Path<(String, String, String)>,
    bytes: Result<Bytes, BytesRejection>,
) -> Reply {
    let contract = contract_id(&address, &contract)?;
    let function = ClarityName::new(&function).map_err(|_| not_found("No such file or directory"))?;
    let call: CallRead =
        serde_json::from_slice(&body(bytes)?).map_err(|_| bad_request("Failed to parse JSON body"))?;
    let sender: Principal =
        call.sender.parse().map_err(|_| bad_request("Failed to parse sender principal"))?;
    if let Some(sponsor) = call.sponsor {
        let _: Principal = sponsor.parse().map_err(|_| bad_request("Failed to parse sponsor principal"))?;
    }
    let args: Vec<Value> = call
        .arguments
        .iter()
        .map(|hex| Value::decode_hex(hex))
        .collect::<Result<_, _>>()
        .map_err(|_| bad_request("Failed to deserialize argument value"))?;
    let refused = |cause: String| ok(json!({ "okay": false, "cause": cause }));
    let Principal::Standard(sender) = sender else {
        return refused("the devnet's VM reads only on behalf of standard principals".to_owned());
    };
    let mut node = shared.node().await;
    let read = node
        .guarded(async |chain| chain.read(&sender.to_string(), &contract, function.as_str(), &args).await)
        .await;
    let read = match read {
        Err(NodeError::Vm(VmError::Timeout { .. })) => return Err(bad_request("Execution budget exceeded")),
        other => other?,
    };
    match read {
        Ok(value) => ok(json!({ "okay": true, "result": value.encode_hex() })),
        Err(ReadFailure::NotReadOnly) => refused("NotReadOnly".to_owned()),
        Err(ReadFailure::OverBudget(costs)) => refused(format!(
            "CostBalanceExceeded: read_count {} of 100, read_length {} of 200000, runtime {} of 1000000000",
            costs.read_count, costs.read_length, costs.runtime
        )),
        Err(ReadFailure::Refused(cause)) => refused(cause),
    }
}

/// `GET /v2/contracts/interface/{address}/{contract}`
pub(crate) async fn interface(
    State(shared): State<Shared>,
    Path((address, contract)): Path<(String, String)>,
) -> Reply {
    let id = contract_id(&address, &contract)?;
    let mut node = shared.node().await;
    let found = node.guarded(async |chain| chain.interface(&id).await).await?;
    match found {
        Some(found) => ok((*found).clone()),
        None => Err(not_found("No contract interface data found")),
    }
}

/// `GET /v2/contracts/source/{address}/{contract}`
pub(crate) async fn source(
    State(shared): State<Shared>,
    Path((address, contract)): Path<(String, String)>,
    Query(query): Query<ProofQuery>,
) -> Reply {
    let id = contract_id(&address, &contract)?;
    let mut node = shared.node().await;
    let found = node.guarded(async |chain| chain.source(&id).await).await?;
    let Some(source) = found else { return Err(not_found("No contract source data found")) };
    let chain = node.chain()?;
    let height = chain.receipts.deployed(&id).map_or(chain.blocks.first_height(), |deployed| deployed.height);
    ok(query.add(json!({ "source": source, "publish_height": height }), &["marf_proof"]))
}

/// `GET /v2/data_var/{address}/{contract}/{name}`
pub(crate) async fn data_var(
    State(shared): State<Shared>,
    Path((address, contract, name)): Path<(String, String, String)>,
    Query(query): Query<ProofQuery>,
) -> Reply {
    let id = contract_id(&address, &contract)?;
    let mut node = shared.node().await;
    let found = node.guarded(async |chain| chain.variable(&id, &name).await).await?;
    match found {
        Some(data) => ok(query.add(json!({ "data": data }), &["proof"])),
        None => Err(not_found("Data var not found")),
    }
}

/// `POST /v2/map_entry/{address}/{contract}/{map}`
pub(crate) async fn map_entry(
    State(shared): State<Shared>,
    Path((address, contract, map)): Path<(String, String, String)>,
    Query(query): Query<ProofQuery>,
    bytes: Result<Bytes, BytesRejection>,
) -> Reply {
    let id = contract_id(&address, &contract)?;
    let key: String =
        serde_json::from_slice(&body(bytes)?).map_err(|_| bad_request("Failed to parse JSON body"))?;
    let key = Value::decode_hex(&key).map_err(|_| bad_request("Failed to deserialize argument value"))?;
    let mut node = shared.node().await;
    let found = node.guarded(async |chain| chain.entry(&id, &map, &key).await).await?;
    match found {
        Some(data) => ok(query.add(json!({ "data": data }), &["proof"])),
        None => Err(not_found("Map not found")),
    }
}

/// `GET /v2/fees/transfer`: micro-STX a byte.
pub(crate) async fn transfer_fee() -> Reply {
    ok(json!(1))
}

#[derive(Debug, Deserialize)]
struct FeeQuestion {
    transaction_payload: String,
    #[serde(default)]
    estimated_len: Option<u64>,
}

/// `POST /v2/fees/transaction`. Blocks on the devnet are never full, so a fee only has to clear the floor of one
/// micro-STX a byte; the three estimates are 1.25, 2 and 4 times that. Costs are not estimated and shown as zero.
pub(crate) async fn transaction_fee(bytes: Result<Bytes, BytesRejection>) -> Reply {
    /// Bytes of a single-signature transaction around its payload.
    const ENVELOPE: u64 = 120;
    /// Bytes of the largest transaction.
    const LONGEST_TRANSACTION: u64 = 2 << 20;
    let question: FeeQuestion = serde_json::from_slice(&body(bytes)?)
        .map_err(|error| bad_request(format!("Failed to parse JSON body: {error}")))?;
    let payload = hex::decode(question.transaction_payload.trim_start_matches("0x"))
        .map_err(|_| bad_request("Invalid Http request: transaction_payload is not hexadecimal"))?;
    if bithedge_stacks::Payload::decode(&payload).is_err() {
        return Err(bad_request("Invalid Http request: Failed to deserialize transaction payload"));
    }
    let length = question.estimated_len.unwrap_or(0).max(payload.len() as u64 + ENVELOPE);
    if length > LONGEST_TRANSACTION {
        return Err(bad_request("Invalid Http request: estimated_len is larger than a transaction can be"));
    }
    let estimate = |quarters: u64| json!({ "fee_rate": (quarters as f64) / 4.0, "fee": (length * quarters).div_ceil(4) });
    ok(json!({
        "estimated_cost": {
            "read_count": 0, "read_length": 0, "runtime": 0, "write_count": 0, "write_length": 0
        },
        "estimated_cost_scalar": length,
        "cost_scalar_change_by_byte": 1.0,
        "estimations": [estimate(5), estimate(8), estimate(16)],
    }))
}

#[derive(Debug, Deserialize)]
struct BroadcastBody {
    tx: String,
}

/// `POST /v2/transactions`: the bytes themselves, or JSON with them in hexadecimal.
pub(crate) async fn broadcast(
    State(shared): State<Shared>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Reply {
    let bytes = body(bytes)?;
    if bytes.is_empty() {
        return Err(bad_request("Invalid Http request: expected non-zero-length body for PostTransaction"));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let raw = if kind.starts_with("application/json") {
        let body: BroadcastBody =
            serde_json::from_slice(&bytes).map_err(|_| bad_request("Failed to parse body"))?;
        hex::decode(body.tx.trim_start_matches("0x")).map_err(|_| bad_request("Failed to parse tx"))?
    } else if kind.starts_with("application/octet-stream") {
        bytes.to_vec()
    } else if kind.is_empty() {
        return Err(bad_request("Missing Content-Type for transaction"));
    } else {
        return Err(bad_request(
            "Wrong Content-Type for transaction; expected application/json or application/octet-stream",
        ));
    };
    let tx = match Transaction::decode(&raw) {
        Ok(tx) => tx,
        Err(error) => {
            let body = json!({
                "error": "transaction rejected",
                "reason": "Deserialization",
                "reason_data": { "message": format!("Failed to deserialize posted transaction: {error}") },
                "txid": hex::encode(bithedge_stacks::Txid::of(&raw).0),
            });
            return Err(Refusal::json(StatusCode::BAD_REQUEST, body));
        }
    };
    let txid = tx.txid().0;
    match shared.node().await.submit(raw, tx).await {
        Ok(txid) => ok(json!(hex::encode(txid))),
        Err(NodeError::Rejected(rejection)) => {
            Err(Refusal::json(StatusCode::BAD_REQUEST, rejection.body(&txid)))
        }
        Err(error) => Err(error.into()),
    }
}
