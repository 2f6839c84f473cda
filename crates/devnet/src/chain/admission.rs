//! Whether a transaction may enter the mempool: a node's checks, in a node's order, with a node's answers.
//!
//! Order and reasons follow `can_include_tx` and `MemPoolRejection` of stacks-core.

use bithedge_stacks::{ChainId, Payload, Principal, Transaction, TransactionVersion};
use serde_json::{Value as Json, json};

use super::mempool::{Pending, Place};
use super::{Chain, SBTC_ISSUER};
use bithedge_vm::{VmError, interface};

/// How many nonces ahead of the account a waiting transaction may be.
const MAXIMUM_CHAINING: u64 = 25;
/// Lowest fee, in micro-STX a byte.
const FEE_PER_BYTE: u64 = 1;

/// Why a transaction is refused.
#[derive(Debug)]
pub(crate) enum Rejection {
    SignatureValidation(String),
    BadTransactionVersion,
    FeeTooLow { actual: u64, expected: u64 },
    BadNonce { expected: u64, actual: u64, principal: String, is_origin: bool },
    TooMuchChaining { expected: u64, actual: u64, principal: String, is_origin: bool },
    ConflictingNonceInMempool,
    NotEnoughFunds { expected: u128, actual: u128 },
    NoSuchContract,
    NoSuchPublicFunction,
    BadFunctionArgument(String),
    ContractAlreadyExists(String),
    BadAddressVersionByte,
    TransferRecipientCannotEqualSender(String),
    TransferAmountMustBePositive,
    NoCoinbaseViaMempool,
    NoTenureChangeViaMempool,
    Other(String),
}

impl Rejection {
    /// A node's reason code and data.
    pub(crate) fn reason(&self) -> (&'static str, Option<Json>) {
        match self {
            Self::SignatureValidation(message) => {
                ("SignatureValidation", Some(json!({ "message": message })))
            }
            Self::BadTransactionVersion => ("BadTransactionVersion", None),
            Self::FeeTooLow { actual, expected } => {
                ("FeeTooLow", Some(json!({ "expected": expected, "actual": actual })))
            }
            Self::BadNonce { expected, actual, principal, is_origin } => (
                "BadNonce",
                Some(json!({
                    "expected": expected, "actual": actual, "principal": principal, "is_origin": is_origin
                })),
            ),
            Self::TooMuchChaining { expected, actual, principal, is_origin } => (
                "TooMuchChaining",
                Some(json!({
                    "message": "Nonce would exceed chaining limit in mempool",
                    "expected": expected, "actual": actual, "principal": principal, "is_origin": is_origin
                })),
            ),
            Self::ConflictingNonceInMempool => ("ConflictingNonceInMempool", None),
            Self::NotEnoughFunds { expected, actual } => (
                "NotEnoughFunds",
                Some(
                    json!({ "expected": format!("0x{expected:032x}"), "actual": format!("0x{actual:032x}") }),
                ),
            ),
            Self::NoSuchContract => ("NoSuchContract", None),
            Self::NoSuchPublicFunction => ("NoSuchPublicFunction", None),
            Self::BadFunctionArgument(message) => {
                ("BadFunctionArgument", Some(json!({ "message": message })))
            }
            Self::ContractAlreadyExists(id) => {
                ("ContractAlreadyExists", Some(json!({ "contract_identifier": id })))
            }
            Self::BadAddressVersionByte => ("BadAddressVersionByte", None),
            Self::TransferRecipientCannotEqualSender(recipient) => {
                ("TransferRecipientCannotEqualSender", Some(json!({ "recipient": recipient })))
            }
            Self::TransferAmountMustBePositive => ("TransferAmountMustBePositive", None),
            Self::NoCoinbaseViaMempool => ("NoCoinbaseViaMempool", None),
            Self::NoTenureChangeViaMempool => ("NoTenureChangeViaMempool", None),
            Self::Other(message) => ("ServerFailureOther", Some(json!({ "message": message }))),
        }
    }

    /// The body of a node's answer.
    pub(crate) fn body(&self, txid: &[u8; 32]) -> Json {
        let (reason, data) = self.reason();
        let mut body =
            json!({ "error": "transaction rejected", "reason": reason, "txid": hex::encode(txid) });
        if let (Some(data), Some(fields)) = (data, body.as_object_mut()) {
            fields.insert("reason_data".to_owned(), data);
        }
        body
    }
}

/// Whether an address belongs on the devnet: a testnet's, or the built-in sBTC contracts' own.
fn belongs_here(principal: &Principal) -> bool {
    principal.is_testnet() || principal.address().to_string() == SBTC_ISSUER
}

impl Chain {
    /// Checks a transaction against the tip and the mempool.
    pub(crate) async fn admit(&mut self, pending: &Pending) -> Result<Result<(), Rejection>, VmError> {
        let tx = &pending.tx;
        if let Err(rejection) = check_alone(tx, pending.raw.len() as u64) {
            return Ok(Err(rejection));
        }
        if let Err(rejection) = self.check_nonces(tx) {
            return Ok(Err(rejection));
        }
        if !tx.origin_address().is_testnet() || !tx.payer_address().is_testnet() {
            return Ok(Err(Rejection::BadAddressVersionByte));
        }
        if let Err(rejection) = self.check_funds(tx).await? {
            return Ok(Err(rejection));
        }
        if let Err(rejection) = self.check_payload(tx).await? {
            return Ok(Err(rejection));
        }
        Ok(match self.mempool.place(pending) {
            Place::Free | Place::Replaces(_) => Ok(()),
            Place::Taken => Err(Rejection::ConflictingNonceInMempool),
            Place::Full => Err(Rejection::Other("the mempool is full".to_owned())),
        })
    }

    fn check_nonces(&self, tx: &Transaction) -> Result<(), Rejection> {
        let sponsor = tx.sponsor_address().map(|address| (address.to_string(), tx.payer_nonce(), false));
        let origin = (tx.origin_address().to_string(), tx.origin_nonce(), true);
        let mut origin_is_ahead = false;
        for (principal, actual, is_origin) in std::iter::once(origin).chain(sponsor) {
            let expected = self.nonce(&principal);
            // A node that finds the origin ahead looks no further than the sponsor's chaining limit.
            if actual < expected && !origin_is_ahead {
                return Err(Rejection::BadNonce { expected, actual, principal, is_origin });
            }
            origin_is_ahead |= is_origin && actual > expected;
            let most = expected.saturating_add(1 + MAXIMUM_CHAINING);
            if actual > most {
                return Err(Rejection::TooMuchChaining { expected: most, actual, principal, is_origin });
            }
        }
        Ok(())
    }

    async fn check_funds(&mut self, tx: &Transaction) -> Result<Result<(), Rejection>, VmError> {
        let origin = tx.origin_address().to_string();
        let payer = tx.payer_address().to_string();
        let fee = u128::from(tx.fee().micro());
        let has = self.stx_balance(&payer).await?.available;
        if let Payload::TokenTransfer { amount, .. } = &tx.payload {
            let spent = u128::from(amount.micro()) + if origin == payer { fee } else { 0 };
            let origin_has = if origin == payer { has } else { self.stx_balance(&origin).await?.available };
            if origin_has < spent {
                return Ok(Err(Rejection::NotEnoughFunds { expected: spent, actual: origin_has }));
            }
        }
        Ok(if has < fee { Err(Rejection::NotEnoughFunds { expected: fee, actual: has }) } else { Ok(()) })
    }

    async fn check_payload(&mut self, tx: &Transaction) -> Result<Result<(), Rejection>, VmError> {
        match &tx.payload {
            Payload::TokenTransfer { .. } => Ok(Ok(())),
            Payload::ContractCall { contract, function, args } => {
                if !belongs_here(&Principal::Contract(contract.clone())) {
                    return Ok(Err(Rejection::BadAddressVersionByte));
                }
                let id = contract.to_string();
                let Some(interface) = self.interface(&id).await? else {
                    return Ok(Err(Rejection::NoSuchContract));
                };
                let Some(declared) = interface::function(&interface, function.as_str())
                    .filter(|declared| declared.access == "public")
                else {
                    return Ok(Err(Rejection::NoSuchPublicFunction));
                };
                if let Err(message) = declared.check(args) {
                    return Ok(Err(Rejection::BadFunctionArgument(message)));
                }
                if declared.takes_trait() {
                    // Whether a contract implements a trait only the VM's own analysis knows.
                    let call = super::execution::call_source(&id, function.as_str(), args);
                    let code = format!("(if false (is-ok {call}) false)");
                    let outcome = self.vm.evaluate(&tx.origin_address().to_string(), &code).await?;
                    if let Some(message) = outcome.failed {
                        return Ok(Err(Rejection::BadFunctionArgument(message)));
                    }
                }
                Ok(Ok(()))
            }
            Payload::SmartContract { name, .. } => {
                let id = format!("{}.{name}", tx.origin_address());
                let exists = self.interface(&id).await?.is_some();
                Ok(if exists { Err(Rejection::ContractAlreadyExists(id)) } else { Ok(()) })
            }
            Payload::Coinbase { .. }
            | Payload::CoinbaseToAltRecipient { .. }
            | Payload::NakamotoCoinbase { .. } => Ok(Err(Rejection::NoCoinbaseViaMempool)),
            Payload::TenureChange { .. } => Ok(Err(Rejection::NoTenureChangeViaMempool)),
            Payload::PoisonMicroblock { .. } => {
                let message = "PoisonMicroblock transactions not accepted via mempool".to_owned();
                Ok(Err(Rejection::Other(message)))
            }
        }
    }
}

/// What can be said of a transaction without looking at the chain.
fn check_alone(tx: &Transaction, size: u64) -> Result<(), Rejection> {
    if tx.version != TransactionVersion::Testnet {
        return Err(Rejection::BadTransactionVersion);
    }
    if let Payload::TokenTransfer { recipient, amount, .. } = &tx.payload {
        if *recipient == Principal::Standard(tx.origin_address()) {
            return Err(Rejection::TransferRecipientCannotEqualSender(recipient.to_string()));
        }
        if amount.micro() == 0 {
            return Err(Rejection::TransferAmountMustBePositive);
        }
        if !recipient.is_testnet() {
            return Err(Rejection::BadAddressVersionByte);
        }
    }
    if let Payload::PoisonMicroblock { .. } = &tx.payload {
        let message = "PoisonMicroblock transactions not accepted via mempool".to_owned();
        return Err(Rejection::Other(message));
    }
    tx.verify().map_err(|error| Rejection::SignatureValidation(error.to_string()))?;
    if tx.chain_id != ChainId::TESTNET {
        let message = format!("invalid chain ID {} (expected {})", tx.chain_id.0, ChainId::TESTNET.0);
        return Err(Rejection::SignatureValidation(message));
    }
    if matches!(tx.payload, Payload::TokenTransfer { .. }) && !tx.post_conditions.is_empty() {
        // A node takes such a transaction in and never mines it; saying so at once serves developers better.
        let message = "TokenTransfer transactions do not support post-conditions".to_owned();
        return Err(Rejection::SignatureValidation(message));
    }
    let fee = tx.fee().micro();
    let expected = size.saturating_mul(FEE_PER_BYTE).max(1);
    if fee < expected {
        return Err(Rejection::FeeTooLow { actual: fee, expected });
    }
    Ok(())
}
