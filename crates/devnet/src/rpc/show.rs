//! Blocks, transactions and events as the Stacks API writes them.

use bithedge_stacks::transaction::{
    AssetInfo, Authorization, ClarityVersion, FungibleCode, NonFungibleCode, PostConditionPrincipal,
};
use bithedge_stacks::{Payload, PostCondition, PostConditionMode, Transaction, Value};
use serde_json::{Value as Json, json};

use crate::chain::{Block, Chain, Dropped, Pending, Receipt};
use bithedge_vm::wire::RawEvent as Event;

/// Hexadecimal with `0x`.
pub(super) fn hex0x(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// Seconds since 1970 as RFC 3339.
pub(super) fn iso(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_default()
}

/// A value as hexadecimal and as Clarity source.
fn value(hex: &str) -> Json {
    match Value::decode_hex(hex) {
        Ok(value) => json!({ "hex": hex, "repr": value.to_source() }),
        Err(_) => json!({ "hex": hex, "repr": hex }),
    }
}

/// A block.
pub(super) fn block(chain: &Chain, block: &Block) -> Json {
    let blocks = &chain.blocks;
    let parent = blocks.get(block.height.saturating_sub(1));
    let (parent_hash, parent_index) = match &parent {
        Some(parent) => (hex0x(blocks.hash(parent)), hex0x(blocks.index_hash(parent))),
        None => (hex0x([0; 32]), hex0x([0; 32])),
    };
    json!({
        "canonical": true,
        "height": block.height,
        "hash": hex0x(blocks.hash(block)),
        "block_time": block.time,
        "block_time_iso": iso(block.time),
        "tenure_height": block.burn_height,
        "index_block_hash": hex0x(blocks.index_hash(block)),
        "parent_block_hash": parent_hash,
        "parent_index_block_hash": parent_index,
        "burn_block_time": block.burn_time,
        "burn_block_time_iso": iso(block.burn_time),
        "burn_block_hash": hex0x(blocks.burn_hash(block.burn_height)),
        "burn_block_height": block.burn_height,
        "miner_txid": hex0x([0; 32]),
        "tx_count": block.txids.len(),
    })
}

/// Which of a transaction's events are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventRange {
    /// The first.
    pub(super) first: usize,
    /// At most so many.
    pub(super) count: usize,
}

impl EventRange {
    /// All of them.
    pub(super) const ALL: Self = Self { first: 0, count: usize::MAX };
    /// None of them, as the API's lists of transactions have it.
    pub(super) const NONE: Self = Self { first: 0, count: 0 };
}

/// A transaction in a block, with all its events.
pub(super) fn mined(chain: &Chain, txid: &[u8; 32], receipt: &Receipt) -> Json {
    mined_with(chain, txid, receipt, EventRange::ALL)
}

/// A transaction in a block.
pub(super) fn mined_with(chain: &Chain, txid: &[u8; 32], receipt: &Receipt, events: EventRange) -> Json {
    let mut shown = base(txid, &receipt.raw);
    let Some(fields) = shown.as_object_mut() else { return shown };
    let block = chain.blocks.get(receipt.height).unwrap_or_else(|| chain.blocks.tip());
    let parent = chain.blocks.get(receipt.height.saturating_sub(1));
    let parent_hash = parent.as_ref().map_or([0; 32], |parent| chain.blocks.hash(parent));
    let parent_burn_time = parent.as_ref().map_or(0, |parent| parent.burn_time);
    let rest = json!({
        "block_hash": hex0x(chain.blocks.hash(&block)),
        "parent_block_hash": hex0x(parent_hash),
        "block_height": receipt.height,
        "block_time": block.time,
        "block_time_iso": iso(block.time),
        "burn_block_height": block.burn_height,
        "burn_block_time": block.burn_time,
        "burn_block_time_iso": iso(block.burn_time),
        "parent_burn_block_time": parent_burn_time,
        "parent_burn_block_time_iso": iso(parent_burn_time),
        "canonical": true,
        "is_unanchored": false,
        "microblock_canonical": true,
        "microblock_hash": "0x",
        "microblock_sequence": 2_147_483_647_u32,
        "tx_index": receipt.index,
        "tx_status": receipt.status.as_str(),
        "tx_result": value(&receipt.result),
        "event_count": receipt.events.len(),
        "events": shown_events(txid, receipt, events),
        "vm_error": receipt.error,
        "receipt_time": receipt.received,
    });
    if let Json::Object(rest) = rest {
        fields.extend(rest);
    }
    shown
}

fn shown_events(txid: &[u8; 32], receipt: &Receipt, range: EventRange) -> Vec<Json> {
    if range.count == 0 {
        return Vec::new();
    }
    let events = receipt.events.unpack();
    let wanted = events.iter().enumerate().skip(range.first).take(range.count);
    wanted.map(|(at, one)| event(txid, at, one)).collect()
}

/// A transaction that waits.
pub(super) fn pending(waiting: &Pending) -> Json {
    let mut shown = base(&waiting.txid, &waiting.raw);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("tx_status".to_owned(), json!("pending"));
        fields.insert("receipt_time".to_owned(), json!(waiting.received));
        fields.insert("receipt_time_iso".to_owned(), json!(iso(waiting.received)));
    }
    shown
}

/// A transaction that left the mempool without being mined.
pub(super) fn dropped(pending: &Pending, why: Dropped) -> Json {
    let mut shown = base(&pending.txid, &pending.raw);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("tx_status".to_owned(), json!(why.as_str()));
    }
    shown
}

/// What the bytes alone say.
fn base(txid: &[u8; 32], raw: &[u8]) -> Json {
    let Ok(tx) = Transaction::decode(raw) else { return json!({ "tx_id": hex0x(txid) }) };
    let mut shown = json!({
        "tx_id": hex0x(txid),
        "nonce": tx.origin_nonce(),
        "fee_rate": tx.fee().micro().to_string(),
        "sender_address": tx.origin_address().to_string(),
        "sponsored": matches!(tx.auth, Authorization::Sponsored { .. }),
        "post_condition_mode": match tx.post_condition_mode {
            PostConditionMode::Allow => "allow",
            PostConditionMode::Deny => "deny",
            PostConditionMode::Originator => "originator",
        },
        "post_conditions": tx.post_conditions.iter().map(post_condition).collect::<Vec<_>>(),
        "anchor_mode": "any",
    });
    let Some(fields) = shown.as_object_mut() else { return shown };
    if let Some(sponsor) = tx.sponsor_address() {
        fields.insert("sponsor_address".to_owned(), json!(sponsor.to_string()));
        fields.insert("sponsor_nonce".to_owned(), json!(tx.payer_nonce()));
    }
    let (kind, details) = match &tx.payload {
        Payload::TokenTransfer { recipient, amount, memo } => (
            "token_transfer",
            json!({
                "recipient_address": recipient.to_string(),
                "amount": amount.micro().to_string(),
                "memo": hex0x(memo.0),
            }),
        ),
        Payload::ContractCall { contract, function, args } => (
            "contract_call",
            json!({
                "contract_id": contract.to_string(),
                "function_name": function.as_str(),
                "function_args": args
                    .iter()
                    .map(|arg| json!({ "hex": arg.encode_hex(), "repr": arg.to_source(), "type": arg.type_name() }))
                    .collect::<Vec<_>>(),
            }),
        ),
        Payload::SmartContract { name, source, clarity_version } => (
            "smart_contract",
            json!({
                "clarity_version": clarity_version.map(ClarityVersion::number),
                "contract_id": format!("{}.{name}", tx.origin_address()),
                "source_code": source,
            }),
        ),
        _ => ("other", Json::Null),
    };
    fields.insert("tx_type".to_owned(), json!(kind));
    fields.insert(kind.to_owned(), details);
    shown
}

fn post_condition(condition: &PostCondition) -> Json {
    let principal = match condition.principal() {
        PostConditionPrincipal::Origin => json!({ "type_id": "principal_origin" }),
        PostConditionPrincipal::Standard(address) => {
            json!({ "type_id": "principal_standard", "address": address.to_string() })
        }
        PostConditionPrincipal::Contract(contract) => json!({
            "type_id": "principal_contract",
            "address": contract.issuer.to_string(),
            "contract_name": contract.name.as_str(),
        }),
    };
    let asset = |asset: &AssetInfo| {
        json!({
            "contract_address": asset.contract.issuer.to_string(),
            "contract_name": asset.contract.name.as_str(),
            "asset_name": asset.asset.as_str(),
        })
    };
    let code = |code: FungibleCode| match code {
        FungibleCode::Eq => "sent_equal_to",
        FungibleCode::Gt => "sent_greater_than",
        FungibleCode::Ge => "sent_greater_than_or_equal_to",
        FungibleCode::Lt => "sent_less_than",
        FungibleCode::Le => "sent_less_than_or_equal_to",
    };
    match condition {
        PostCondition::Stx { code: limit, amount, .. } => json!({
            "type": "stx", "principal": principal, "condition_code": code(*limit),
            "amount": amount.micro().to_string(),
        }),
        PostCondition::Fungible { asset: token, code: limit, amount, .. } => json!({
            "type": "fungible", "principal": principal, "condition_code": code(*limit),
            "amount": amount.to_string(), "asset": asset(token),
        }),
        PostCondition::NonFungible { asset: token, value: item, code, .. } => {
            let word = match code {
                NonFungibleCode::Sends => "sent",
                NonFungibleCode::DoesNotSend => "not_sent",
                NonFungibleCode::MaySend => "maybe_sent",
            };
            json!({
                "type": "non_fungible", "principal": principal, "condition_code": word,
                "asset": asset(token), "asset_value": value(&item.encode_hex()),
            })
        }
        PostCondition::Staking { code: limit, amount, .. } => json!({
            "type": "staking", "principal": principal, "condition_code": code(*limit),
            "amount": amount.micro().to_string(),
        }),
        PostCondition::Pox { .. } => json!({ "type": "pox", "principal": principal }),
    }
}

/// An event at a place among its transaction's.
pub(super) fn event(txid: &[u8; 32], at: usize, event: &Event) -> Json {
    let text = |field: &str| event.data.get(field).and_then(Json::as_str).unwrap_or_default();
    let (kind, action) = match event.kind.as_str() {
        "stx_transfer_event" => ("stx_asset", "transfer"),
        "stx_mint_event" => ("stx_asset", "mint"),
        "stx_burn_event" => ("stx_asset", "burn"),
        "ft_transfer_event" => ("fungible_token_asset", "transfer"),
        "ft_mint_event" => ("fungible_token_asset", "mint"),
        "ft_burn_event" => ("fungible_token_asset", "burn"),
        "nft_transfer_event" => ("non_fungible_token_asset", "transfer"),
        "nft_mint_event" => ("non_fungible_token_asset", "mint"),
        "nft_burn_event" => ("non_fungible_token_asset", "burn"),
        "stx_lock_event" => ("stx_lock", "lock"),
        _ => ("smart_contract_log", "print"),
    };
    let mut shown = json!({ "event_index": at, "event_type": kind, "tx_id": hex0x(txid) });
    let Some(fields) = shown.as_object_mut() else { return shown };
    let (field, details) = match kind {
        "smart_contract_log" => (
            "contract_log",
            json!({
                "contract_id": text("contract_identifier"),
                "topic": text("topic"),
                "value": value(text("raw_value")),
            }),
        ),
        "stx_lock" => (
            "stx_lock_event",
            json!({
                "locked_amount": text("locked_amount"),
                "unlock_height": text("unlock_height"),
                "locked_address": text("locked_address"),
            }),
        ),
        _ => {
            let mut asset = json!({
                "asset_event_type": action, "sender": text("sender"), "recipient": text("recipient"),
            });
            if let Some(asset) = asset.as_object_mut() {
                if kind != "stx_asset" {
                    asset.insert("asset_id".to_owned(), json!(text("asset_identifier")));
                } else if action == "transfer" {
                    asset.insert("memo".to_owned(), json!(format!("0x{}", text("memo"))));
                }
                if kind == "non_fungible_token_asset" {
                    asset.insert("value".to_owned(), value(text("raw_value")));
                } else {
                    asset.insert("amount".to_owned(), json!(text("amount")));
                }
            }
            ("asset", asset)
        }
    };
    fields.insert(field.to_owned(), details);
    shown
}
