//! Who signs.

use std::future::Future;

use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{Transaction, UnsignedTransaction};

/// Why nothing was signed. The money is untouched in every case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The keys are locked. Unlock them, and approve again.
    #[error("the keys are locked, so the transaction was not signed")]
    Locked,
    /// There is no such account.
    #[error("the account {0} is not among the keys, so the transaction was not signed")]
    UnknownAccount(Address),
    /// The account is watched only.
    #[error("the account {0} is watched only and has no key here, so the transaction was not signed")]
    WatchOnly(Address),
    /// The transaction is for another chain than the keys are used on. Nothing of it is right: prepare it again.
    #[error(
        "the transaction is for chain {}, and the keys are used on chain {}: it was not signed",
        found.chain_id, expected.chain_id
    )]
    OtherNetwork {
        /// The chain that the keys are used on.
        expected: Network,
        /// What the transaction says.
        found: Network,
    },
    /// Something else; the text must not contain a secret.
    #[error("the transaction was not signed: {0}")]
    Other(String),
}

/// Holds the keys, outside of this crate.
pub trait Signer: Send + Sync + 'static {
    /// Signs for an account, nothing else than what is given. What comes back is compared with it byte by byte.
    fn sign(
        &self,
        account: &Address,
        unsigned: UnsignedTransaction,
    ) -> impl Future<Output = Result<Transaction, SignerError>> + Send;
}
