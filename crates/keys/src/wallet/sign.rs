//! Signing transactions.

use bithedge_stacks::transaction::{
    Authorization, KeyEncoding, SingleSigHashMode, SpendingCondition, UnsignedTransaction,
};
use bithedge_stacks::{Address, Network, Transaction};

use super::Wallet;
use crate::accounts::AccountId;
use crate::idle::Moment;

/// Why a transaction was not signed. Nothing was signed and nothing left this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Unlock the wallet first. It may just have locked itself.
    #[error("the wallet is locked: nothing is signed")]
    Locked,
    /// The list has no such account.
    #[error("there is no such account: nothing is signed")]
    UnknownAccount(AccountId),
    /// The address is only watched; its key is elsewhere.
    #[error("the address {0} is only watched: its key is not in this wallet")]
    WatchOnly(Address),
    /// The transaction is for another chain than was meant, or the network's chain id has changed. Check which network is
    /// selected, and make the transaction anew.
    #[error(
        "the transaction is for chain {} ({:?}), and chain {} ({:?}) was meant",
        found.chain_id, found.version, expected.chain_id, expected.version
    )]
    OtherNetwork {
        /// What was meant.
        expected: Network,
        /// What the transaction says.
        found: Network,
    },
    /// The transaction acts for somebody else.
    #[error("the transaction acts for {found}, and the account is {expected}")]
    OtherSender {
        /// The account's address.
        expected: Address,
        /// The transaction's sender.
        found: Address,
    },
    /// Sponsored, with several keys, segwit, or with an uncompressed key: this wallet's accounts make none of these.
    #[error("this wallet signs for accounts with one key that pay their own fees, nothing else")]
    Unsupported,
    /// It bears a signature already.
    #[error("the transaction is signed already")]
    AlreadySigned,
    /// The signature does not verify, or the derived key is not the recorded one: the machine computes wrongly.
    #[error("the signature does not verify: this machine computes wrongly")]
    SelfCheck,
}

impl Wallet {
    /// Signs a transaction of an account, and verifies the signature. `network` is the one that the caller means.
    ///
    /// The wallet locks itself first if that is due; signing does not count as somebody being there. Returns in
    /// milliseconds: the key is derived, used and overwritten.
    ///
    /// # Errors
    /// Everything about the transaction that is not the account's, or not what was meant.
    pub fn sign(
        &self,
        account: AccountId,
        mut transaction: UnsignedTransaction,
        network: Network,
        now: Moment,
    ) -> Result<Transaction, SignError> {
        // Held until it is signed, so that nothing is signed any more once `lock` has returned.
        let mut inner = self.inner();
        inner.tick(now);
        let (Some(open), Ok(list)) = (&inner.unlocked, &inner.accounts) else {
            return Err(SignError::Locked);
        };
        let recorded = list.find(account).ok_or(SignError::UnknownAccount(account))?;
        let index = match account {
            AccountId::Derived(index) => index,
            AccountId::WatchOnly(address) => return Err(SignError::WatchOnly(address)),
        };
        let expected = recorded.address(network.version).ok_or(SignError::UnknownAccount(account))?;
        check(transaction.transaction(), network, expected)?;
        if transaction.signatures_missing() != 1 {
            return Err(SignError::AlreadySigned);
        }
        let key = open.seed.account(index).map_err(|_| SignError::SelfCheck)?;
        if Some(key.public_key()) != recorded.public_key() {
            return Err(SignError::SelfCheck);
        }
        transaction.sign(&key).map_err(|_| SignError::SelfCheck)?;
        transaction.finish().map_err(|_| SignError::SelfCheck)
    }
}

/// Whether it is for that network, and for that account alone.
fn check(transaction: &Transaction, expected: Network, account: Address) -> Result<(), SignError> {
    let found = transaction.network();
    if found != expected {
        return Err(SignError::OtherNetwork { expected, found });
    }
    let Authorization::Standard(SpendingCondition::SingleSig(origin)) = &transaction.auth else {
        return Err(SignError::Unsupported);
    };
    if origin.hash_mode != SingleSigHashMode::P2pkh || origin.key_encoding != KeyEncoding::Compressed {
        return Err(SignError::Unsupported);
    }
    let found = transaction.origin_address();
    if found != account {
        return Err(SignError::OtherSender { expected: account, found });
    }
    Ok(())
}
