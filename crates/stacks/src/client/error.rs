//! What can go wrong between a client and a chain.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::address::{ContractId, Principal};
use crate::network::ChainId;
use crate::transaction::Txid;
use crate::units::MicroStx;

/// A client that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Somebody has to be asked.
    #[error("no endpoint is given")]
    NoEndpoint,
    /// Not an address of the web.
    #[error("{endpoint:?} is not an http or https address: {reason}")]
    Endpoint {
        /// What was given, without what may be secret in it.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A user name or a password in an address: it would end up wherever the address is written.
    #[error("the address of {endpoint} has a user name or a password in it, which is not supported")]
    Credentials {
        /// The address without them.
        endpoint: String,
    },
    /// The HTTP library refuses.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[source] reqwest::Error),
}

/// Why an exchange with an endpoint failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No connection: the request was not delivered.
    #[error("no connection: {0}")]
    Connect(String),
    /// No answer in time. The request may have been delivered.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke. The request may have been delivered.
    #[error("the connection broke: {0}")]
    Interrupted(String),
    /// The server, or something before it, answered with a 5xx status.
    #[error("the server failed with status {0}")]
    Server(u16),
    /// Too many requests.
    #[error("the server asks for fewer requests")]
    RateLimited,
}

impl Failure {
    /// Whether the server may have acted upon the request.
    pub const fn may_have_arrived(&self) -> bool {
        !matches!(self, Self::Connect(_) | Self::RateLimited)
    }
}

/// Why there is no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The chain said no. The transaction has no effect and no fee is taken.
    #[error("the chain refuses the transaction: {0}")]
    Rejected(Box<Rejection>),
    /// Nobody answered. What was asked has no effect.
    #[error("{endpoint} is not reachable after {attempts} attempts: {failure}")]
    Unreachable {
        /// The endpoint that was tried last.
        endpoint: String,
        /// How often any endpoint was tried.
        attempts: usize,
        /// What happened last.
        failure: Failure,
    },
    /// A transaction was sent, but it is not known whether it arrived. Sending the same bytes again does no harm; a new
    /// transaction with another nonce might be a second one.
    #[error("it is not known whether the transaction {txid} arrived: {reason}")]
    Uncertain {
        /// The transaction.
        txid: Txid,
        /// Why it is not known.
        reason: String,
    },
    /// An answer that cannot be right. Nothing of it was used.
    #[error("{endpoint} answered nonsense about {what}: {reason}")]
    Malformed {
        /// The endpoint.
        endpoint: String,
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The chain, or the server, does not have it.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked.
        what: String,
    },
    /// None of the endpoints offers this, so that nothing is known about what was asked: a plain node has no Stacks API.
    #[error("{endpoint} does not offer to look up {what}: it may be a node without the Stacks API")]
    Unsupported {
        /// The endpoint that was asked last.
        endpoint: String,
        /// What was asked.
        what: String,
    },
    /// An endpoint of another chain than the expected one. Nothing of its answer was used.
    #[error("{endpoint} belongs to chain {actual}, not to {expected}")]
    WrongChain {
        /// The endpoint.
        endpoint: String,
        /// The chain of [`ClientConfig::expected_chain`](super::ClientConfig::expected_chain).
        expected: ChainId,
        /// The endpoint's.
        actual: ChainId,
    },
    /// The contract, or the node, did not answer a read-only call.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnlyError),
    /// All endpoints are behind what was already seen of the chain.
    #[error("{endpoint} is at block {height}, but block {seen} was already seen")]
    StaleTip {
        /// The endpoint.
        endpoint: String,
        /// Its highest block.
        height: u64,
        /// The highest block that any endpoint reported before.
        seen: u64,
    },
    /// The server refused the request for another reason.
    #[error("{endpoint} answered with status {status}: {body}")]
    Http {
        /// The endpoint.
        endpoint: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer.
        body: String,
    },
}

impl ClientError {
    /// How much it tells, compared with what other endpoints said to the same question.
    pub(super) const fn weight(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 2,
            Self::Unreachable { .. } | Self::Malformed { .. } => 1,
            _ => 0,
        }
    }
}

/// A read-only call that gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{contract}.{function} gave no value: {cause}")]
pub struct ReadOnlyError {
    /// The contract.
    pub contract: ContractId,
    /// The function.
    pub function: String,
    /// What the node says: a runtime error, an unknown function, a limit.
    pub cause: String,
}

/// Why the chain refuses a transaction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}{}", status.as_ref().map(|status| format!(" (looked up, it is {status})")).unwrap_or_default())]
pub struct Rejection {
    /// The transaction.
    pub txid: Txid,
    /// Why.
    pub reason: RejectionReason,
    /// What the API knows of it, if it was looked up and found, but neither waiting nor in the chain.
    pub status: Option<String>,
}

/// A node's reasons for not taking a transaction into its mempool.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectionReason {
    /// It cannot be serialised.
    #[error("it cannot be serialised: {0}")]
    Serialization(String),
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Deserialization(String),
    /// A signature is not valid.
    #[error("a signature is not valid: {0}")]
    SignatureValidation(String),
    /// The nonce is too far ahead of those that the mempool knows.
    #[error("too many transactions are waiting: nonce {actual}, at most {expected}")]
    TooMuchChaining {
        /// The highest nonce that is taken.
        expected: u64,
        /// The transaction's.
        actual: u64,
    },
    /// The nonce was used already.
    #[error("nonce {actual} of {principal} is used, the next is {expected}")]
    BadNonce {
        /// The account's next nonce.
        expected: u64,
        /// The transaction's.
        actual: u64,
        /// The account.
        principal: Principal,
        /// Whether it is the origin, and not the sponsor.
        is_origin: bool,
    },
    /// Another transaction with the nonce is waiting and pays as much.
    #[error("another transaction with this nonce is waiting")]
    ConflictingNonceInMempool,
    /// The fee is under the floor.
    #[error("the fee of {actual} is too low, {expected} is needed")]
    FeeTooLow {
        /// The lowest fee that is taken.
        expected: MicroStx,
        /// The transaction's.
        actual: MicroStx,
    },
    /// The account cannot pay fee and amount.
    #[error("{required} micro-STX are needed, {available} are there")]
    NotEnoughFunds {
        /// Needed, in micro-STX.
        required: u128,
        /// There, in micro-STX.
        available: u128,
    },
    /// The contract does not exist.
    #[error("the contract does not exist")]
    NoSuchContract,
    /// The contract has no such public function.
    #[error("the contract has no such public function")]
    NoSuchPublicFunction,
    /// The arguments do not fit the function.
    #[error("the arguments do not fit the function: {0}")]
    BadFunctionArgument(String),
    /// The account has a contract of the name.
    #[error("the contract exists already")]
    ContractAlreadyExists,
    /// An address of another network.
    #[error("an address belongs to another network")]
    BadAddressVersionByte,
    /// A transaction for another network.
    #[error("the transaction is for another network")]
    BadTransactionVersion,
    /// Nobody can send STX to themselves.
    #[error("the recipient is the sender")]
    TransferRecipientCannotEqualSender,
    /// Nothing cannot be sent.
    #[error("the amount is zero")]
    TransferAmountMustBePositive,
    /// The node cannot tell what the transaction costs.
    #[error("the node cannot estimate the transaction: {0}")]
    EstimatorError(String),
    /// Coinbases come with blocks only.
    #[error("coinbases are made by miners only")]
    NoCoinbaseViaMempool,
    /// Tenure changes come with blocks only.
    #[error("tenure changes are made by miners only")]
    NoTenureChangeViaMempool,
    /// The node has given up on the transaction for a while.
    #[error("the node does not take the transaction for a while")]
    TemporarilyBlacklisted,
    /// The node itself failed; another one, or a later attempt, may take the transaction.
    #[error("the node failed: {reason}")]
    ServerFailure {
        /// What it says.
        reason: String,
    },
    /// A reason that this version does not know.
    #[error("{reason} {data}")]
    Other {
        /// The reason's name.
        reason: String,
        /// What goes with it.
        data: Json,
    },
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[derive(Deserialize)]
struct Counts {
    expected: u64,
    actual: u64,
}

#[derive(Deserialize)]
struct Nonces {
    expected: u64,
    actual: u64,
    principal: Principal,
    is_origin: bool,
}

#[derive(Deserialize)]
struct Funds {
    expected: String,
    actual: String,
}

impl RejectionReason {
    /// From a node's `reason` and `reason_data`. A reason whose data is not as expected is kept as it is: that it was a
    /// refusal is certain.
    pub(super) fn from_json(reason: &str, data: Json) -> Self {
        Self::known(reason, &data).unwrap_or_else(|| Self::Other { reason: reason.to_owned(), data })
    }

    fn known(reason: &str, data: &Json) -> Option<Self> {
        fn read<T: serde::de::DeserializeOwned>(data: &Json) -> Option<T> {
            serde_json::from_value(data.clone()).ok()
        }
        let message = || read::<Message>(data).map(|data| data.message).unwrap_or_default();
        Some(match reason {
            "Serialization" => Self::Serialization(message()),
            "Deserialization" => Self::Deserialization(message()),
            "SignatureValidation" => Self::SignatureValidation(message()),
            "TooMuchChaining" => {
                let Counts { expected, actual } = read(data)?;
                Self::TooMuchChaining { expected, actual }
            }
            "BadNonce" => {
                let Nonces { expected, actual, principal, is_origin } = read(data)?;
                Self::BadNonce { expected, actual, principal, is_origin }
            }
            "ConflictingNonceInMempool" => Self::ConflictingNonceInMempool,
            "FeeTooLow" => {
                let Counts { expected, actual } = read(data)?;
                Self::FeeTooLow { expected: MicroStx::new(expected), actual: MicroStx::new(actual) }
            }
            "NotEnoughFunds" => {
                let Funds { expected, actual } = read(data)?;
                Self::NotEnoughFunds { required: hex_number(&expected)?, available: hex_number(&actual)? }
            }
            "NoSuchContract" => Self::NoSuchContract,
            "NoSuchPublicFunction" => Self::NoSuchPublicFunction,
            "BadFunctionArgument" => Self::BadFunctionArgument(message()),
            "ContractAlreadyExists" => Self::ContractAlreadyExists,
            "BadAddressVersionByte" => Self::BadAddressVersionByte,
            "BadTransactionVersion" => Self::BadTransactionVersion,
            "TransferRecipientCannotEqualSender" => Self::TransferRecipientCannotEqualSender,
            "TransferAmountMustBePositive" => Self::TransferAmountMustBePositive,
            "EstimatorError" => Self::EstimatorError(message()),
            "NoCoinbaseViaMempool" => Self::NoCoinbaseViaMempool,
            "NoTenureChangeViaMempool" => Self::NoTenureChangeViaMempool,
            "TemporarilyBlacklisted" => Self::TemporarilyBlacklisted,
            failure if failure.starts_with("ServerFailure") => {
                Self::ServerFailure { reason: format!("{failure} {}", message()) }
            }
            _ => return None,
        })
    }
}

/// A number of up to 128 bits, as `0x` and hexadecimal digits.
pub(super) fn hex_number(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("0x")?;
    // from_str_radix would take a sign.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_s_reasons_are_understood() {
        let principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
        let nonce = json!({ "expected": 5, "actual": 3, "principal": principal, "is_origin": true });
        assert_eq!(
            RejectionReason::from_json("BadNonce", nonce),
            RejectionReason::BadNonce {
                expected: 5,
                actual: 3,
                principal: principal.parse().unwrap(),
                is_origin: true
            }
        );
        let funds = json!({ "expected": format!("0x{:032x}", 7), "actual": format!("0x{:032x}", u128::MAX) });
        assert_eq!(
            RejectionReason::from_json("NotEnoughFunds", funds),
            RejectionReason::NotEnoughFunds { required: 7, available: u128::MAX }
        );
        assert_eq!(
            RejectionReason::from_json("FeeTooLow", json!({ "expected": 180, "actual": 1 })),
            RejectionReason::FeeTooLow { expected: MicroStx::new(180), actual: MicroStx::new(1) }
        );
        assert_eq!(RejectionReason::from_json("NoSuchContract", Json::Null), RejectionReason::NoSuchContract);
    }

    #[test]
    fn an_unknown_reason_is_still_a_refusal() {
        for (reason, data) in [("Whatever", json!({ "a": 1 })), ("BadNonce", json!({ "expected": -1 }))] {
            let expected = RejectionReason::Other { reason: reason.to_owned(), data: data.clone() };
            assert_eq!(RejectionReason::from_json(reason, data), expected);
        }
    }

    #[test]
    fn hexadecimal_numbers_are_strict() {
        assert_eq!(hex_number("0x00ff"), Some(255));
        for bad in ["", "0x", "ff", "0x+1", "0xg", "0x100000000000000000000000000000000"] {
            assert_eq!(hex_number(bad), None, "{bad}");
        }
    }
}
