//! What came of the transactions in blocks, and what follows from it: who holds what, which contracts there are.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha512_256};

use crate::accounts::ACCOUNTS;
use crate::chain::SBTC_ASSET;
use bithedge_vm::wire::RawEvent as Event;

/// How a transaction in a block ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Its effects stand.
    Success,
    /// The contract answered an error or stopped; its effects are undone, its fee is taken.
    AbortByResponse,
    /// A post-condition failed; its effects are undone, its fee is taken.
    AbortByPostCondition,
}

impl Status {
    /// The Stacks API's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::AbortByResponse => "abort_by_response",
            Self::AbortByPostCondition => "abort_by_post_condition",
        }
    }
}

/// A transaction's events as the text that they came in: a tenth of their size as parsed JSON, and they are read far
/// less often than kept.
#[derive(Debug, Clone)]
pub(crate) struct PackedEvents {
    count: usize,
    json: Box<str>,
}

impl PackedEvents {
    /// Packs events.
    pub(crate) fn new(events: &[Event]) -> Self {
        let json =
            if events.is_empty() { String::new() } else { serde_json::to_string(events).unwrap_or_default() };
        Self { count: events.len(), json: json.into() }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The events.
    pub(crate) fn unpack(&self) -> Vec<Event> {
        if self.count == 0 { Vec::new() } else { serde_json::from_str(&self.json).unwrap_or_default() }
    }
}

/// A transaction in a block.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    /// The transaction's bytes.
    pub(crate) raw: Vec<u8>,
    /// When it entered the mempool, seconds since 1970.
    pub(crate) received: u64,
    /// How it ended.
    pub(crate) status: Status,
    /// What the contract answered, consensus-encoded, hexadecimal with `0x`.
    pub(crate) result: String,
    /// Why the VM stopped or which post-condition failed, if one of them did.
    pub(crate) error: Option<String>,
    /// Events in order; none unless it succeeded.
    pub(crate) events: PackedEvents,
    /// Height of its block.
    pub(crate) height: u64,
    /// Its place in the block, from 0.
    pub(crate) index: u32,
}

/// Sums of one token for one owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// All that came in.
    pub(crate) received: u128,
    /// All that went out.
    pub(crate) sent: u128,
}

/// What one principal holds and has moved, from events alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holdings {
    /// STX moved by transfers, mints and burns; fees apart.
    pub(crate) stx: Totals,
    /// Fees paid, micro-STX.
    pub(crate) fees: u128,
    /// Fungible tokens by asset identifier.
    pub(crate) fungible: BTreeMap<String, Totals>,
    /// Non-fungible tokens: asset identifier and value.
    pub(crate) non_fungible: BTreeMap<(String, String), ()>,
}

/// A contract that a transaction deployed.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    /// The transaction.
    pub(crate) txid: [u8; 32],
    /// The Clarity version that it was deployed with.
    pub(crate) clarity_version: u8,
    /// Height of its block.
    pub(crate) height: u64,
}

/// Everything that is known of past transactions.
#[derive(Debug, Clone)]
pub(crate) struct Receipts {
    by_txid: HashMap<[u8; 32], Receipt>,
    /// Transactions in which a principal has a part, oldest first.
    by_principal: HashMap<String, Vec<[u8; 32]>>,
    /// Print events of a contract, oldest first: transaction and place among its events.
    by_contract: HashMap<String, Vec<([u8; 32], usize)>>,
    /// All, oldest first.
    in_order: Vec<[u8; 32]>,
    holdings: HashMap<String, Holdings>,
    deployed: HashMap<String, Deployed>,
}

impl Receipts {
    /// What the funded accounts start with.
    pub(crate) fn at_genesis() -> Self {
        let mut holdings: HashMap<String, Holdings> = HashMap::new();
        for account in &ACCOUNTS {
            let held = holdings.entry(account.address.to_owned()).or_default();
            held.stx.received = u128::from(account.micro_stx);
            held.fungible
                .insert(SBTC_ASSET.to_owned(), Totals { received: u128::from(account.sats), sent: 0 });
        }
        Self {
            by_txid: HashMap::new(),
            by_principal: HashMap::new(),
            by_contract: HashMap::new(),
            in_order: Vec::new(),
            holdings,
            deployed: HashMap::new(),
        }
    }

    /// Adds a transaction. `involved` are its signers and recipients; those in its events are found here.
    pub(crate) fn insert(
        &mut self,
        txid: [u8; 32],
        receipt: Receipt,
        involved: impl IntoIterator<Item = String>,
        payer: &str,
        fee: u64,
        deployed: Option<(String, u8)>,
    ) {
        let mut principals: Vec<String> = involved.into_iter().collect();
        self.holdings.entry(payer.to_owned()).or_default().fees += u128::from(fee);
        for (at, event) in receipt.events.unpack().iter().enumerate() {
            self.book(event, &mut principals);
            if event.kind == "print_event"
                && let Some(contract) = event.data.get("contract_identifier").and_then(|id| id.as_str())
            {
                self.by_contract.entry(contract.to_owned()).or_default().push((txid, at));
            }
        }
        principals.sort_unstable();
        principals.dedup();
        for principal in principals {
            self.by_principal.entry(principal).or_default().push(txid);
        }
        if let Some((contract, clarity_version)) = deployed {
            self.deployed.insert(contract, Deployed { txid, clarity_version, height: receipt.height });
        }
        self.in_order.push(txid);
        self.by_txid.insert(txid, receipt);
    }

    fn book(&mut self, event: &Event, principals: &mut Vec<String>) {
        let text = |field: &str| event.data.get(field).and_then(|value| value.as_str()).map(str::to_owned);
        let amount = text("amount").and_then(|digits| digits.parse::<u128>().ok()).unwrap_or(0);
        let asset = text("asset_identifier");
        let value = text("raw_value");
        for (field, incoming) in [("sender", false), ("recipient", true)] {
            let Some(principal) = text(field) else { continue };
            let held = self.holdings.entry(principal.clone()).or_default();
            let totals = match event.kind.as_str() {
                "stx_transfer_event" | "stx_mint_event" | "stx_burn_event" => Some(&mut held.stx),
                "ft_transfer_event" | "ft_mint_event" | "ft_burn_event" => {
                    asset.as_ref().map(|asset| held.fungible.entry(asset.clone()).or_default())
                }
                "nft_transfer_event" | "nft_mint_event" | "nft_burn_event" => {
                    if let (Some(asset), Some(value)) = (&asset, &value) {
                        let key = (asset.clone(), value.clone());
                        if incoming {
                            held.non_fungible.insert(key, ());
                        } else {
                            held.non_fungible.remove(&key);
                        }
                    }
                    None
                }
                _ => None,
            };
            if let Some(totals) = totals {
                if incoming {
                    totals.received += amount;
                } else {
                    totals.sent += amount;
                }
            }
            principals.push(principal);
        }
    }

    /// A transaction's receipt.
    pub(crate) fn get(&self, txid: &[u8; 32]) -> Option<&Receipt> {
        self.by_txid.get(txid)
    }

    /// All transactions, oldest first.
    pub(crate) fn in_order(&self) -> &[[u8; 32]] {
        &self.in_order
    }

    /// A principal's transactions, oldest first.
    pub(crate) fn of_principal(&self, principal: &str) -> &[[u8; 32]] {
        self.by_principal.get(principal).map_or(&[], Vec::as_slice)
    }

    /// A contract's print events, oldest first.
    pub(crate) fn prints_of(&self, contract: &str) -> &[([u8; 32], usize)] {
        self.by_contract.get(contract).map_or(&[], Vec::as_slice)
    }

    /// What a principal holds.
    pub(crate) fn holdings(&self, principal: &str) -> Holdings {
        self.holdings.get(principal).cloned().unwrap_or_default()
    }

    /// The deployment of a contract, if a transaction deployed it.
    pub(crate) fn deployed(&self, contract: &str) -> Option<&Deployed> {
        self.deployed.get(contract)
    }

    /// SHA-512/256 over what came of a block's transactions, hexadecimal.
    pub(crate) fn digest(&self, txids: &[[u8; 32]]) -> String {
        let mut hash = Sha512_256::new();
        for txid in txids {
            hash.update(txid);
            if let Some(receipt) = self.by_txid.get(txid) {
                hash.update(receipt.status.as_str());
                hash.update(&receipt.result);
                for event in receipt.events.unpack() {
                    hash.update(&event.kind);
                    hash_json(&mut hash, &event.data);
                }
            }
        }
        hex::encode(hash.finalize())
    }
}

/// Feeds JSON to a hash with its fields in order of name, whatever order a build keeps them in.
fn hash_json(hash: &mut Sha512_256, json: &serde_json::Value) {
    match json {
        serde_json::Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            for (name, value) in sorted {
                hash.update(name);
                hash.update(b":");
                hash_json(hash, value);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| hash_json(hash, item)),
        other => hash.update(other.to_string()),
    }
    hash.update(b";");
}
