//! A node's own interface (`/v2`).

use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::json;

use super::NodeClient;
use super::abi::ContractInterface;
use super::error::{ClientError, ReadOnlyError};
use super::record::BlockHash;
use super::transport::{Reply, Request, Unusable};
use super::wire::{HexValue, hex_amount};
use crate::address::{ContractId, Principal};
use crate::clarity::Value;
use crate::codec::to_hex;
use crate::name::ClarityName;
use crate::network::ChainId;
use crate::transaction::Transaction;
use crate::units::MicroStx;

/// What a node says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NodeInfo {
    /// The chain's number.
    pub network_id: ChainId,
    /// The node's program and version.
    pub server_version: String,
    /// The latest Bitcoin block it knows.
    pub burn_block_height: u64,
    /// The latest Stacks block it knows.
    pub stacks_tip_height: u64,
    /// That block.
    pub stacks_tip: BlockHash,
    /// Whether it has caught up with the chain; older nodes do not say.
    #[serde(default)]
    pub is_fully_synced: Option<bool>,
}

/// What a node says about stacking.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PoxInfo {
    /// The contract in force.
    pub contract_id: ContractId,
    /// The Bitcoin block at which Stacks began.
    pub first_burnchain_block_height: u64,
    /// The latest Bitcoin block.
    pub current_burnchain_block_height: u64,
    /// The current cycle.
    pub reward_cycle_id: u64,
    /// The length of a cycle, in Bitcoin blocks.
    pub reward_cycle_length: u64,
}

/// An account, as of the node's latest block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AccountState {
    /// What it can spend.
    #[serde(deserialize_with = "hex_amount")]
    pub balance: MicroStx,
    /// What is locked for stacking, beside the balance.
    #[serde(deserialize_with = "hex_amount")]
    pub locked: MicroStx,
    /// The Bitcoin block at which it is unlocked; 0 if nothing is locked.
    pub unlock_height: u64,
    /// The number of its transactions so far, which is the next one's nonce.
    pub nonce: u64,
}

/// What a node thinks that a transaction should pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeEstimate {
    /// To be mined sometime.
    pub low: MicroStx,
    /// To be mined soon.
    pub middle: MicroStx,
    /// To be mined first.
    pub high: MicroStx,
}

#[derive(Deserialize)]
struct ReadOnlyAnswer {
    okay: bool,
    result: Option<HexValue>,
    cause: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    data: HexValue,
}

#[derive(Deserialize)]
struct Source {
    source: String,
}

#[derive(Deserialize)]
struct Estimations {
    estimations: Vec<Estimation>,
}

#[derive(Deserialize)]
struct Estimation {
    fee: u64,
}

impl NodeClient {
    /// What the node says about itself. An endpoint that has fallen behind what was already seen is passed over, and so is
    /// one of another chain than the expected one.
    pub async fn info(&self) -> Result<NodeInfo, ClientError> {
        let request = Request::get("node information", ["v2", "info"]);
        let mut tried = 0;
        loop {
            let (endpoint, info): (String, NodeInfo) = self
                .transport
                .read(&request, |reply| {
                    let endpoint = reply.endpoint.clone();
                    let info: NodeInfo = answer(reply, &request.what)?;
                    match self.expected_chain {
                        Some(expected) if expected != info.network_id => {
                            Err(Unusable::Elsewhere(ClientError::WrongChain {
                                endpoint,
                                expected,
                                actual: info.network_id,
                            }))
                        }
                        _ => Ok((endpoint, info)),
                    }
                })
                .await?;
            let seen = self.highest_tip.fetch_max(info.stacks_tip_height, Ordering::Relaxed);
            if info.stacks_tip_height.saturating_add(self.max_tip_lag) >= seen {
                return Ok(info);
            }
            self.transport.pass_over();
            tried += 1;
            if tried == self.transport.endpoint_count() {
                return Err(ClientError::StaleTip { endpoint, height: info.stacks_tip_height, seen });
            }
        }
    }

    /// Forgets how high the chain was, for a chain that is set back on purpose.
    pub fn forget_tip(&self) {
        self.highest_tip.store(0, Ordering::Relaxed);
    }

    /// What the node says about stacking.
    pub async fn pox_info(&self) -> Result<PoxInfo, ClientError> {
        self.get(Request::get("stacking information", ["v2", "pox"])).await
    }

    /// Balance and nonce of an account or a contract. What was never used has nothing, and nonce 0.
    pub async fn account(&self, principal: &Principal) -> Result<AccountState, ClientError> {
        let path = ["v2".to_owned(), "accounts".to_owned(), principal.to_string()];
        self.get(Request::get(format!("account {principal}"), path).query("proof", &0)).await
    }

    /// Calls a read-only function, as if by `sender`.
    pub async fn call_read_only(
        &self,
        contract: &ContractId,
        function: &ClarityName,
        sender: &Principal,
        args: &[Value],
    ) -> Result<Value, ClientError> {
        let what = format!("function {contract}.{function}");
        let path = contract_path("call-read", contract, &[function.as_str()]);
        let arguments: Vec<String> = args.iter().map(Value::encode_hex).collect();
        let body = json!({ "sender": sender, "arguments": arguments });
        let request = Request::post_json(what, path, &body);
        self.transport
            .read(&request, |reply| {
                let answered: ReadOnlyAnswer = answer(reply, &request.what)?;
                match (answered.okay, answered.result, answered.cause) {
                    (true, Some(HexValue(value)), _) => Ok(value),
                    (false, None, Some(cause)) => {
                        let (contract, function) = (contract.clone(), function.to_string());
                        Err(ClientError::from(ReadOnlyError { contract, function, cause }).into())
                    }
                    _ => Err(Unusable::nonsense("neither a result nor a cause")),
                }
            })
            .await
    }

    /// A contract's functions, variables, maps and tokens.
    pub async fn contract_interface(&self, contract: &ContractId) -> Result<ContractInterface, ClientError> {
        self.get(Request::get(format!("contract {contract}"), contract_path("interface", contract, &[])))
            .await
    }

    /// A contract's source.
    pub async fn contract_source(&self, contract: &ContractId) -> Result<String, ClientError> {
        let path = contract_path("source", contract, &[]);
        let source: Source =
            self.get(Request::get(format!("contract {contract}"), path).query("proof", &0)).await?;
        Ok(source.source)
    }

    /// A contract's variable.
    pub async fn data_var(
        &self,
        contract: &ContractId,
        variable: &ClarityName,
    ) -> Result<Value, ClientError> {
        let path = [
            "v2".to_owned(),
            "data_var".to_owned(),
            contract.issuer.to_string(),
            contract.name.to_string(),
            variable.to_string(),
        ];
        let what = format!("variable {contract}.{variable}");
        let data: Data = self.get(Request::get(what, path).query("proof", &0)).await?;
        Ok(data.data.0)
    }

    /// An entry of a contract's map, if there is one for the key.
    pub async fn map_entry(
        &self,
        contract: &ContractId,
        map: &ClarityName,
        key: &Value,
    ) -> Result<Option<Value>, ClientError> {
        let path = [
            "v2".to_owned(),
            "map_entry".to_owned(),
            contract.issuer.to_string(),
            contract.name.to_string(),
            map.to_string(),
        ];
        let request = Request::post_json(format!("map {contract}.{map}"), path, &json!(key.encode_hex()))
            .query("proof", &0);
        self.transport
            .read(&request, |reply| {
                let data: Data = answer(reply, &request.what)?;
                match data.data.0 {
                    Value::Optional(entry) => Ok(entry.map(|entry| *entry)),
                    other => Err(Unusable::nonsense(format!("{} is no optional", other.type_name()))),
                }
            })
            .await
    }

    /// What one byte of a transfer should pay.
    pub async fn transfer_fee_rate(&self) -> Result<MicroStx, ClientError> {
        let rate: u64 = self.get(Request::get("fee of transfers", ["v2", "fees", "transfer"])).await?;
        Ok(MicroStx::new(rate))
    }

    /// What a transaction should pay. Its signatures do not matter, its size does.
    pub async fn estimate_fee(&self, transaction: &Transaction) -> Result<FeeEstimate, ClientError> {
        let body = json!({
            "transaction_payload": to_hex(&transaction.payload.encode()),
            "estimated_len": transaction.encode().len(),
        });
        let request = Request::post_json("fee estimate", ["v2", "fees", "transaction"], &body);
        self.transport
            .read(&request, |reply| {
                let Estimations { estimations } = answer(reply, &request.what)?;
                let [low, middle, high] = estimations.as_slice() else {
                    return Err(Unusable::nonsense("expected three estimations"));
                };
                if low.fee > middle.fee || middle.fee > high.fee {
                    return Err(Unusable::nonsense("the estimations do not ascend"));
                }
                Ok(FeeEstimate {
                    low: MicroStx::new(low.fee),
                    middle: MicroStx::new(middle.fee),
                    high: MicroStx::new(high.fee),
                })
            })
            .await
    }

    pub(super) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<T, ClientError> {
        self.transport.read(&request, |reply| answer(reply, &request.what)).await
    }
}

/// The answer in a successful reply.
pub(super) fn answer<T: serde::de::DeserializeOwned>(reply: Reply, what: &str) -> Result<T, Unusable> {
    if reply.is_success() {
        return reply.json();
    }
    let elsewhere = reply.is_for_others();
    let error = reply.refused(what);
    Err(if elsewhere { Unusable::Elsewhere(error) } else { Unusable::Final(error) })
}

fn contract_path(kind: &str, contract: &ContractId, rest: &[&str]) -> Vec<String> {
    let (issuer, name) = (contract.issuer.to_string(), contract.name.to_string());
    let mut path = vec!["v2".to_owned(), "contracts".to_owned(), kind.to_owned(), issuer, name];
    path.extend(rest.iter().map(|segment| (*segment).to_owned()));
    path
}
