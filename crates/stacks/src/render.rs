//! Transactions in words.
//!
//! For somebody who is about to sign: everything that the signature covers is in the lines, and equal lines mean equal
//! transactions. Nothing is looked up and nothing is guessed, so amounts of tokens are in their smallest units.

use std::fmt;

use crate::address::Address;
use crate::clarity::Value;
use crate::transaction::{
    AnchorMode, Authorization, KeyEncoding, MultiSigHashMode, NonFungibleCode, Payload, PostCondition,
    PostConditionMode, PostConditionPrincipal, PoxCode, SingleSigHashMode, SpendingCondition, Transaction,
};
use crate::units::MicroStx;

/// One line: what it is about, and what is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about, such as `Fee`.
    pub label: String,
    /// What is so.
    pub text: String,
}

/// A transaction, line by line. `Display` writes `label: text` on a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// The lines, the most important first.
    pub lines: Vec<Line>,
}

impl Rendering {
    fn add(&mut self, label: impl Into<String>, text: impl fmt::Display) {
        // One line stays one line, whatever a contract's source or a memo contains.
        let text = text.to_string();
        let text =
            if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') { escape(&text) } else { text };
        self.lines.push(Line { label: label.into(), text });
    }

    /// The text of the first line with a label.
    pub fn get(&self, label: &str) -> Option<&str> {
        self.lines.iter().find(|line| line.label == label).map(|line| line.text.as_str())
    }
}

impl fmt::Display for Rendering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { label, text } in &self.lines {
            // Further lines are indented, so that none can pass for a line of its own.
            writeln!(f, "{label}: {}", text.replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

fn escape(text: &str) -> String {
    text.chars().flat_map(char::escape_default).collect()
}

impl Transaction {
    /// What it does, who signs, what it costs and what must hold, in words.
    pub fn render(&self) -> Rendering {
        let mut rendering = Rendering { lines: Vec::new() };
        render_payload(self, &mut rendering);
        rendering.add("Network", format_args!("{}, chain {}", network_name(self), self.chain_id));
        render_authorization(self, &mut rendering);
        if self.post_conditions.is_empty() {
            rendering.add("Post-conditions", "none");
        }
        for (number, condition) in (1..).zip(&self.post_conditions) {
            rendering.add(
                format!("Post-condition {number}"),
                describe_condition(condition, self.origin_address()),
            );
        }
        rendering.add(
            "All other transfers",
            match self.post_condition_mode {
                PostConditionMode::Allow => "are allowed, from anybody",
                PostConditionMode::Deny => "undo the transaction",
                PostConditionMode::Originator => {
                    "undo the transaction if they are the origin's, others are allowed"
                }
            },
        );
        rendering.add(
            "Placement",
            match self.anchor_mode {
                AnchorMode::Any => "anywhere",
                AnchorMode::OnChainOnly => "in a block",
                AnchorMode::OffChainOnly => "in a microblock",
            },
        );
        rendering
    }
}

const fn network_name(transaction: &Transaction) -> &'static str {
    if transaction.network().is_mainnet() { "mainnet" } else { "test network" }
}

fn render_payload(transaction: &Transaction, rendering: &mut Rendering) {
    match &transaction.payload {
        Payload::TokenTransfer { recipient, amount, memo } => {
            rendering.add("Action", format_args!("send {amount}"));
            rendering.add("Recipient", recipient);
            rendering.add("Memo", describe_memo(&memo.0));
        }
        Payload::ContractCall { contract, function, args } => {
            rendering.add("Action", "call a contract");
            rendering.add("Contract", contract);
            rendering.add("Function", function);
            if args.is_empty() {
                rendering.add("Arguments", "none");
            }
            for (number, arg) in (1..).zip(args) {
                rendering.add(format!("Argument {number}"), describe_value(arg));
            }
        }
        Payload::SmartContract { name, source, clarity_version } => {
            rendering.add("Action", "deploy a contract");
            rendering.add("Contract", format_args!("{}.{name}", transaction.origin_address()));
            match clarity_version {
                Some(version) => rendering.add("Language", version),
                None => rendering.add("Language", "the Clarity version that is current when it is mined"),
            }
            rendering.add("Source", format_args!("{} bytes\n{source}", source.len()));
        }
        Payload::PoisonMicroblock { first, second } => {
            rendering.add("Action", "prove that a miner made two microblocks in one place");
            rendering.add("First header", hex::encode(first.0));
            rendering.add("Second header", hex::encode(second.0));
        }
        Payload::Coinbase { data } => {
            rendering.add("Action", "pay the block reward to the miner");
            rendering.add("Data", hex::encode(data));
        }
        Payload::CoinbaseToAltRecipient { data, recipient } => {
            rendering.add("Action", "pay the block reward");
            rendering.add("Recipient", recipient);
            rendering.add("Data", hex::encode(data));
        }
        Payload::NakamotoCoinbase { data, recipient, vrf_proof } => {
            rendering.add("Action", "pay the block reward, with a proof of randomness");
            match recipient {
                Some(recipient) => rendering.add("Recipient", recipient),
                None => rendering.add("Recipient", "the miner"),
            }
            rendering.add("Data", hex::encode(data));
            rendering.add("Proof", hex::encode(vrf_proof.as_slice()));
        }
        Payload::TenureChange { data } => {
            rendering.add("Action", "change a miner's tenure");
            rendering.add("Data", hex::encode(data.as_slice()));
        }
    }
}

fn render_authorization(transaction: &Transaction, rendering: &mut Rendering) {
    let version = transaction.version;
    let origin = transaction.auth.origin();
    rendering.add("Origin", origin.address(version));
    rendering.add("Signed by", describe_account(origin));
    rendering.add("Nonce", origin.nonce());
    match &transaction.auth {
        Authorization::Standard(_) => rendering.add("Fee", describe_fee(origin.fee())),
        Authorization::Sponsored { sponsor, .. } => {
            rendering.add("Fee of the origin", format_args!("{}, not taken", describe_fee(origin.fee())));
            rendering.add("Sponsor", sponsor.address(version));
            rendering.add("Sponsor signed by", describe_account(sponsor));
            rendering.add("Nonce of the sponsor", sponsor.nonce());
            rendering.add("Fee", format_args!("{}, paid by the sponsor", describe_fee(sponsor.fee())));
        }
    }
}

fn describe_fee(fee: MicroStx) -> String {
    fee.to_string()
}

fn describe_account(condition: &SpendingCondition) -> String {
    match condition {
        SpendingCondition::SingleSig(single) => {
            let mode = match single.hash_mode {
                SingleSigHashMode::P2pkh => "",
                SingleSigHashMode::P2wpkh => ", segwit",
            };
            let encoding = match single.key_encoding {
                KeyEncoding::Compressed => "",
                KeyEncoding::Uncompressed => ", uncompressed",
            };
            format!("one key{mode}{encoding}")
        }
        SpendingCondition::MultiSig(multi) => {
            let mode = match multi.hash_mode {
                MultiSigHashMode::P2sh => "in order",
                MultiSigHashMode::P2wsh => "in order, segwit",
                MultiSigHashMode::P2shOrderIndependent => "in any order",
                MultiSigHashMode::P2wshOrderIndependent => "in any order, segwit",
            };
            let noun = if multi.signatures_required == 1 { "key" } else { "keys" };
            format!("{} {noun} of several, {mode}", multi.signatures_required)
        }
    }
}

fn describe_memo(memo: &[u8; 34]) -> String {
    let text = memo.split(|byte| *byte == 0).next().unwrap_or_default();
    if memo.iter().all(|byte| *byte == 0) {
        return "none".to_owned();
    }
    let rest_is_zero = memo[text.len()..].iter().all(|byte| *byte == 0);
    match std::str::from_utf8(text) {
        Ok(text) if rest_is_zero && !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => format!("0x{}", hex::encode(memo)),
    }
}

fn describe_value(value: &Value) -> String {
    format!("{value} ({})", value.type_name())
}

fn describe_condition(condition: &PostCondition, origin: Address) -> String {
    let who = match condition.principal() {
        PostConditionPrincipal::Origin => format!("the origin ({origin})"),
        PostConditionPrincipal::Standard(address) => address.to_string(),
        PostConditionPrincipal::Contract(contract) => contract.to_string(),
    };
    match condition {
        PostCondition::Stx { code, amount, .. } => format!("{who} sends {} {amount}", code.in_words()),
        PostCondition::Fungible { asset, code, amount, .. } => {
            format!("{who} sends {} {amount} of {asset}", code.in_words())
        }
        PostCondition::NonFungible { asset, value, code, .. } => {
            let verb = match code {
                NonFungibleCode::Sends => "sends",
                NonFungibleCode::DoesNotSend => "does not send",
                NonFungibleCode::MaySend => "may send",
            };
            format!("{who} {verb} {} of {asset}", describe_value(value))
        }
        PostCondition::Staking { code, amount, .. } => {
            format!("{who} locks {} {amount} for stacking", code.in_words())
        }
        PostCondition::Pox { code, .. } => {
            let verb = match code {
                PoxCode::NotPerformed => "does not change",
                PoxCode::MayPerform => "may change",
                PoxCode::Performed => "changes",
            };
            format!("{who} {verb} their stacking position")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use crate::network::Network;
    use crate::transaction::{AssetInfo, ClarityVersion, FungibleCode, Memo, TransactionBuilder};

    const KEY: &str = "753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601";

    fn sign(builder: TransactionBuilder) -> Transaction {
        builder.nonce(3).fee(MicroStx::new(1_500_000)).sign(&SecretKey::from_hex(KEY).unwrap()).unwrap()
    }

    #[test]
    fn a_contract_call_in_words() {
        let asset = AssetInfo {
            contract: "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse().unwrap(),
            asset: "sbtc-token".parse().unwrap(),
        };
        let contract = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool".parse().unwrap();
        let args = vec![Value::UInt(7), Value::some(Value::utf8("é"))];
        let builder = TransactionBuilder::call(Network::TESTNET, contract, "buy".parse().unwrap(), args)
            .post_condition(PostCondition::Fungible {
                principal: PostConditionPrincipal::Origin,
                asset: asset.clone(),
                code: FungibleCode::Le,
                amount: 12_000,
            })
            .post_condition(PostCondition::NonFungible {
                principal: asset.contract.clone().into(),
                asset,
                value: Value::UInt(1),
                code: NonFungibleCode::MaySend,
            });
        let expected = "\
Action: call a contract
Contract: ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool
Function: buy
Argument 1: u7 (uint)
Argument 2: (some u\"\\u{E9}\") ((optional (string-utf8 1)))
Network: test network, chain 0x80000000
Origin: ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM
Signed by: one key
Nonce: 3
Fee: 1.5 STX
Post-condition 1: the origin (ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM) sends at most 12000 of \
SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token
Post-condition 2: SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token may send u1 (uint) of \
SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token
All other transfers: undo the transaction
Placement: anywhere
";
        assert_eq!(sign(builder).render().to_string(), expected);
    }

    #[test]
    fn a_transfer_in_words() {
        let recipient: crate::Principal = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap();
        let memo = |memo| {
            let builder =
                TransactionBuilder::transfer(Network::TESTNET, recipient.clone(), MicroStx::new(1), memo);
            sign(builder).render().get("Memo").unwrap().to_owned()
        };
        assert_eq!(memo(Memo::EMPTY), "none");
        assert_eq!(memo(Memo::text("für dich").unwrap()), "\"für dich\"");
        // What is no text, or only seems to end, is shown byte by byte.
        let mut hidden = Memo::text("a").unwrap();
        hidden.0[33] = 1;
        assert_eq!(memo(hidden), format!("0x61{}01", "00".repeat(32)));
        assert_eq!(memo(Memo([0xff; 34])), format!("0x{}", "ff".repeat(34)));
    }

    #[test]
    fn a_source_cannot_pass_for_other_lines() {
        let source = "(ok 1)\nFee: 0 STX";
        let builder = TransactionBuilder::deploy(
            Network::TESTNET,
            "a".parse().unwrap(),
            source,
            Some(ClarityVersion::CLARITY_6),
        );
        let rendering = sign(builder).render();
        assert_eq!(rendering.get("Fee"), Some("1.5 STX"));
        assert_eq!(rendering.get("Language"), Some("Clarity 6"));
        assert!(rendering.get("Source").unwrap().ends_with(source));
        assert_eq!(rendering.to_string().lines().filter(|line| line.starts_with("Fee:")).count(), 1);
    }
}
