//! The Stacks API (`/extended`): what a node forgets, indexed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::NodeClient;
use super::error::ClientError;
use super::node::answer;
use super::record::{BlockHash, Event, EventKind, TransactionRecord};
use super::transport::{Reply, Request, Unusable};
use super::wire::decimal;
use crate::address::{ContractId, Principal};
use crate::clarity::Value;
use crate::transaction::Txid;
use crate::units::MicroStx;

/// A part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Page<T> {
    /// At most so many were asked for.
    pub limit: u64,
    /// So many were left out before.
    pub offset: u64,
    /// So many there are, if the API counts them.
    #[serde(default)]
    pub total: Option<u64>,
    /// What is on the page.
    pub results: Vec<T>,
}

/// How the API is doing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ApiStatus {
    /// The API's version.
    pub server_version: String,
    /// `ready`, if it is.
    pub status: String,
    /// The latest block that it has indexed, once there is one.
    #[serde(default)]
    pub chain_tip: Option<ApiTip>,
}

/// The latest block that the API has indexed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ApiTip {
    /// Its height.
    pub block_height: u64,
    /// Its hash.
    pub block_hash: BlockHash,
    /// What identifies it together with its tenure.
    pub index_block_hash: BlockHash,
}

/// What an account or a contract has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AddressBalances {
    /// STX.
    pub stx: StxBalance,
    /// Tokens, by `contract::asset`.
    pub fungible_tokens: BTreeMap<String, FungibleBalance>,
}

/// STX of an account or a contract.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StxBalance {
    /// All of it, what is locked included.
    pub balance: MicroStx,
    /// What is locked for stacking.
    pub locked: MicroStx,
}

/// A token of an account or a contract.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FungibleBalance {
    /// In the token's smallest unit.
    #[serde(deserialize_with = "decimal")]
    pub balance: u128,
}

/// The nonces of an account, mined and waiting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AddressNonces {
    /// Of the latest waiting transaction.
    pub last_mempool_tx_nonce: Option<u64>,
    /// Of the latest mined transaction.
    pub last_executed_tx_nonce: Option<u64>,
    /// For the next transaction, if all that are waiting are mined.
    pub possible_next_nonce: u64,
    /// Nonces that no transaction has, strictly between the latest mined and the latest waiting one: those after wait for
    /// them. Of an account without a mined transaction there are none, whatever is missing.
    pub detected_missing_nonces: Vec<u64>,
    /// Nonces of waiting transactions, strictly between the same two: not all of them. See [`NodeClient::mempool`].
    #[serde(default)]
    pub detected_mempool_nonces: Vec<u64>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Block {
    /// Whether it is part of the chain.
    pub canonical: bool,
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// What identifies it together with its tenure.
    pub index_block_hash: BlockHash,
    /// The `hash` of the block before.
    pub parent_block_hash: BlockHash,
    /// The `index_block_hash` of the block before; old APIs do not say.
    #[serde(default)]
    pub parent_index_block_hash: Option<BlockHash>,
    /// When it was made, in seconds since 1970.
    pub block_time: u64,
    /// The Bitcoin block of its tenure.
    pub burn_block_height: u64,
    /// When that was made, in seconds since 1970.
    pub burn_block_time: u64,
    /// How many transactions it has.
    pub tx_count: u64,
}

/// Something that a contract printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractEvent {
    /// The transaction.
    pub txid: Txid,
    /// Its number within the transaction.
    pub index: u64,
    /// What was printed.
    pub value: Value,
}

impl NodeClient {
    /// How the API is doing.
    pub async fn api_status(&self) -> Result<ApiStatus, ClientError> {
        self.get(Request::get("API status", ["extended", "v1", "status"])).await
    }

    /// A transaction and what became of it.
    ///
    /// That there is none ([`ClientError::NotFound`]) is what a Stacks API says. A node without one knows nothing of it
    /// ([`ClientError::Unsupported`]).
    pub async fn transaction(&self, txid: Txid) -> Result<TransactionRecord, ClientError> {
        let what = format!("transaction {txid}");
        let request = Request::get(what, ["extended".into(), "v1".into(), "tx".into(), format!("0x{txid}")]);
        self.transport
            .read(&request, |reply| {
                if reply.status == 404 && !says_not_found(&reply.body) {
                    let Reply { endpoint, .. } = reply;
                    return Err(Unusable::Elsewhere(ClientError::Unsupported {
                        endpoint,
                        what: request.what.clone(),
                    }));
                }
                let record: TransactionRecord = answer(reply, &request.what)?;
                if record.txid == txid {
                    Ok(record)
                } else {
                    Err(Unusable::nonsense(format!("it is about transaction {}", record.txid)))
                }
            })
            .await
    }

    /// What an account or a contract has.
    pub async fn balances(&self, principal: &Principal) -> Result<AddressBalances, ClientError> {
        self.get(Request::get(format!("balances of {principal}"), address_path(principal, "balances"))).await
    }

    /// The nonces of an account. [`ClientError::Unsupported`] if nobody who was asked has a Stacks API; if one could not be
    /// reached, that is said instead, as it may have one.
    pub async fn nonces(&self, principal: &Principal) -> Result<AddressNonces, ClientError> {
        let request = Request::get(format!("nonces of {principal}"), address_path(principal, "nonces"));
        self.transport
            .read(&request, |reply| {
                // The API has an answer for every address.
                if reply.status == 404 && !says_not_found(&reply.body) {
                    let Reply { endpoint, .. } = reply;
                    return Err(Unusable::Elsewhere(ClientError::Unsupported {
                        endpoint,
                        what: request.what.clone(),
                    }));
                }
                let nonces: AddressNonces = answer(reply, &request.what)?;
                let after_executed = nonces.last_executed_tx_nonce.map_or(0, |last| last.saturating_add(1));
                if nonces.possible_next_nonce < after_executed {
                    return Err(Unusable::nonsense("the next nonce is one that was used"));
                }
                Ok(nonces)
            })
            .await
    }

    /// The mined transactions of an account or a contract.
    pub async fn address_transactions(
        &self,
        principal: &Principal,
        limit: u64,
        offset: u64,
    ) -> Result<Page<TransactionRecord>, ClientError> {
        let request =
            Request::get(format!("transactions of {principal}"), address_path(principal, "transactions"));
        self.page(request, limit, offset, |_: &TransactionRecord| Ok(())).await
    }

    /// The waiting transactions, of everybody or of one sender.
    pub async fn mempool(
        &self,
        sender: Option<&Principal>,
        limit: u64,
        offset: u64,
    ) -> Result<Page<TransactionRecord>, ClientError> {
        let mut request = Request::get("waiting transactions", ["extended", "v1", "tx", "mempool"]);
        if let Some(sender) = sender {
            request = request.query("sender_address", sender);
        }
        self.page(request, limit, offset, |record: &TransactionRecord| match sender {
            Some(sender) if *sender != Principal::from(record.sender) => {
                Err("it is somebody else's".to_owned())
            }
            _ => Ok(()),
        })
        .await
    }

    /// Blocks of the chain.
    pub async fn blocks(&self, limit: u64, offset: u64) -> Result<Page<Block>, ClientError> {
        self.page(Request::get("blocks", ["extended", "v2", "blocks"]), limit, offset, |_: &Block| Ok(()))
            .await
    }

    /// What a contract printed.
    pub async fn contract_events(
        &self,
        contract: &ContractId,
        limit: u64,
        offset: u64,
    ) -> Result<Page<ContractEvent>, ClientError> {
        let path = ["extended".into(), "v1".into(), "contract".into(), contract.to_string(), "events".into()];
        let request = Request::get(format!("events of {contract}"), path);
        let page: Page<Event> = self
            .page(request, limit, offset, |event: &Event| match &event.kind {
                EventKind::Print { contract: origin, .. } if origin != contract => {
                    Err(format!("an event of {origin}"))
                }
                _ => Ok(()),
            })
            .await?;
        let Page { limit, offset, total, results } = page;
        let results = results
            .into_iter()
            .filter_map(|Event { index, txid, kind }| match kind {
                EventKind::Print { value, .. } => Some(ContractEvent { txid, index, value }),
                _ => None,
            })
            .collect();
        Ok(Page { limit, offset, total, results })
    }

    /// A page, which must be the one that was asked for.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        request: Request,
        limit: u64,
        offset: u64,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> Result<Page<T>, ClientError> {
        let request = request.query("limit", &limit).query("offset", &offset);
        self.transport
            .read(&request, |reply| {
                let page: Page<T> = answer(reply, &request.what)?;
                if page.offset != offset {
                    return Err(Unusable::nonsense(format!("it begins at {}, not at {offset}", page.offset)));
                }
                if page.results.len() as u64 > limit {
                    return Err(Unusable::nonsense(format!("{} results, not {limit}", page.results.len())));
                }
                page.results.iter().try_for_each(&check).map_err(Unusable::Nonsense)?;
                Ok(page)
            })
            .await
    }
}

#[derive(Deserialize)]
struct ApiRefusal {
    error: String,
    #[serde(default)]
    message: Option<String>,
}

/// Whether the API says that something does not exist: it does so in JSON. A node without the API answers in plain text,
/// and the API itself, about an address that it does not serve, speaks of a route.
pub(super) fn says_not_found(body: &[u8]) -> bool {
    serde_json::from_slice::<ApiRefusal>(body).is_ok_and(|refusal| {
        !refusal.error.is_empty() && !refusal.message.is_some_and(|message| message.starts_with("Route "))
    })
}

pub(super) fn address_path(principal: &Principal, what: &str) -> [String; 5] {
    ["extended".to_owned(), "v1".to_owned(), "address".to_owned(), principal.to_string(), what.to_owned()]
}
