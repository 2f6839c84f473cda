//! Making new transactions.

use super::auth::{Authorization, SingleSigHashMode, SpendingCondition};
use super::decode::Signatures;
use super::payload::{ClarityVersion, Memo, Payload};
use super::post_condition::{PostCondition, PostConditionMode};
use super::sign::{SignError, UnsignedTransaction};
use super::{AnchorMode, Transaction, VerifyError};
use crate::address::{ContractId, Principal};
use crate::clarity::Value;
use crate::codec::DecodeError;
use crate::key::SecretKey;
use crate::name::{ClarityName, ContractName};
use crate::network::Network;
use crate::units::MicroStx;

/// Why a transaction cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A node would not read it: a value is too large or mixed, a name too long, the source not ASCII.
    #[error("no node would take the transaction: {0}")]
    Unreadable(#[from] DecodeError),
    /// A node would read something else than was put in.
    #[error("a node would read the transaction differently")]
    Ambiguous,
    /// More signatures are asked for than there are keys, or none.
    #[error("{required} signatures of {keys} keys are not possible")]
    SignaturesRequired {
        /// Signatures asked for.
        required: u16,
        /// Keys.
        keys: usize,
    },
    /// A segwit account takes compressed keys only.
    #[error("segwit needs compressed keys")]
    UncompressedKey,
    /// The origin did not sign for being sponsored.
    #[error("the transaction is not made to be sponsored")]
    NotSponsored,
    /// The origin's signature, which a sponsor builds upon, is not valid.
    #[error(transparent)]
    Origin(#[from] VerifyError),
    /// It could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Puts a transaction together. Unless said otherwise, whatever no post-condition allows is denied.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is signed"]
pub struct TransactionBuilder {
    network: Network,
    payload: Payload,
    nonce: u64,
    fee: MicroStx,
    anchor_mode: AnchorMode,
    post_condition_mode: PostConditionMode,
    post_conditions: Vec<PostCondition>,
}

impl TransactionBuilder {
    /// With any payload.
    pub const fn new(network: Network, payload: Payload) -> Self {
        Self {
            network,
            payload,
            nonce: 0,
            fee: MicroStx::ZERO,
            anchor_mode: AnchorMode::Any,
            post_condition_mode: PostConditionMode::Deny,
            post_conditions: Vec::new(),
        }
    }

    /// Sends STX.
    pub fn transfer(network: Network, recipient: impl Into<Principal>, amount: MicroStx, memo: Memo) -> Self {
        Self::new(network, Payload::TokenTransfer { recipient: recipient.into(), amount, memo })
    }

    /// Calls a public function.
    pub const fn call(
        network: Network,
        contract: ContractId,
        function: ClarityName,
        args: Vec<Value>,
    ) -> Self {
        Self::new(network, Payload::ContractCall { contract, function, args })
    }

    /// Deploys a contract.
    pub fn deploy(
        network: Network,
        name: ContractName,
        source: impl Into<String>,
        clarity_version: Option<ClarityVersion>,
    ) -> Self {
        Self::new(network, Payload::SmartContract { name, source: source.into(), clarity_version })
    }

    /// The origin's nonce: how many transactions of the account came before.
    pub const fn nonce(mut self, nonce: u64) -> Self {
        self.nonce = nonce;
        self
    }

    /// The fee that the origin pays; zero if there is a sponsor.
    pub const fn fee(mut self, fee: MicroStx) -> Self {
        self.fee = fee;
        self
    }

    /// Adds a post-condition.
    pub fn post_condition(mut self, condition: PostCondition) -> Self {
        self.post_conditions.push(condition);
        self
    }

    /// Adds post-conditions.
    pub fn post_conditions(mut self, conditions: impl IntoIterator<Item = PostCondition>) -> Self {
        self.post_conditions.extend(conditions);
        self
    }

    /// What happens to transfers that no post-condition names.
    pub const fn post_condition_mode(mut self, mode: PostConditionMode) -> Self {
        self.post_condition_mode = mode;
        self
    }

    /// Where it may be put; [`AnchorMode::Any`] unless said otherwise.
    pub const fn anchor_mode(mut self, mode: AnchorMode) -> Self {
        self.anchor_mode = mode;
        self
    }

    /// To be signed for an account by the keys that it takes.
    pub fn unsigned(self, origin: SpendingCondition) -> Result<UnsignedTransaction, BuildError> {
        self.build(origin, Authorization::Standard)
    }

    /// To be signed for an account, and then by a sponsor who pays.
    pub fn sponsored(self, origin: SpendingCondition) -> Result<UnsignedTransaction, BuildError> {
        self.build(origin, |origin| Authorization::Sponsored {
            origin,
            sponsor: SpendingCondition::sponsor_sentinel(),
        })
    }

    /// Signs for the usual account of one key.
    pub fn sign(self, key: &SecretKey) -> Result<Transaction, BuildError> {
        let mut unsigned =
            self.unsigned(SpendingCondition::single_sig(key.public_key(), SingleSigHashMode::P2pkh)?)?;
        unsigned.sign(key)?;
        Ok(unsigned.into_transaction())
    }

    fn build(
        self,
        mut origin: SpendingCondition,
        authorize: impl FnOnce(SpendingCondition) -> Authorization,
    ) -> Result<UnsignedTransaction, BuildError> {
        origin.set_terms(self.nonce, self.fee);
        let transaction = Transaction {
            version: self.network.version,
            chain_id: self.network.chain_id,
            auth: authorize(origin),
            anchor_mode: self.anchor_mode,
            post_condition_mode: self.post_condition_mode,
            post_conditions: self.post_conditions,
            payload: self.payload,
        };
        check_readable(&transaction)?;
        Ok(UnsignedTransaction::origin(transaction))
    }
}

/// Nothing is signed that a node would not read, or would read differently.
pub(super) fn check_readable(transaction: &Transaction) -> Result<(), BuildError> {
    let read = Transaction::decode_as(&transaction.encode(), Signatures::Partial)?;
    if read == *transaction { Ok(()) } else { Err(BuildError::Ambiguous) }
}
