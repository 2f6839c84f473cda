//! The wallet as the signer of transactions.

use std::sync::Arc;

use bithedge_keys::{Account, AccountId, Moment, SignError, Wallet, WalletState};
use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{Transaction, UnsignedTransaction};

use crate::transactions::{Signer, SignerError};

/// Signs with the keys of a wallet, for one network.
///
/// The network is the one that it was made for. What a transaction says of itself is compared with it and never believed, so
/// that a transaction for another chain is not signed whatever else went wrong.
///
/// That something is signed is no sign of a person: a keeper signs at night. So signing does not put the wallet's own
/// locking off, and does lock a wallet that is due. Whoever takes a person's answer tells the wallet of it
/// ([`Wallet::touch`]) before approving.
pub struct WalletSigner {
    wallet: Arc<Wallet>,
    network: Network,
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
}

impl WalletSigner {
    /// For the wallet's accounts on a network.
    #[must_use]
    pub fn new(wallet: Arc<Wallet>, network: Network) -> Self {
        Self::with_time(wallet, network, Moment::now)
    }

    /// The same, with the time by which the wallet locks itself.
    #[must_use]
    pub fn with_time(
        wallet: Arc<Wallet>,
        network: Network,
        now: impl Fn() -> Moment + Send + Sync + 'static,
    ) -> Self {
        Self { wallet, network, now: Arc::new(now) }
    }
}

impl Signer for WalletSigner {
    /// Takes milliseconds, on a thread that may block: the wallet may be busy. If it is no longer waited for, what was signed is
    /// dropped.
    async fn sign(
        &self,
        account: &Address,
        unsigned: UnsignedTransaction,
    ) -> Result<Transaction, SignerError> {
        let (wallet, network, now, account) =
            (Arc::clone(&self.wallet), self.network, Arc::clone(&self.now), *account);
        // Only that the thread ended is told, never what it said: it had the keys.
        tokio::task::spawn_blocking(move || sign(&wallet, network, account, unsigned, now()))
            .await
            .unwrap_or_else(|_| Err(SignerError::Other("the thread that signs has ended".to_owned())))
    }
}

fn sign(
    wallet: &Wallet,
    network: Network,
    account: Address,
    unsigned: UnsignedTransaction,
    now: Moment,
) -> Result<Transaction, SignerError> {
    let found = unsigned.transaction().network();
    if found != network {
        return Err(SignerError::OtherNetwork { expected: network, found });
    }
    wallet.tick(now);
    // While it is locked, anybody may have written its list of accounts: that an account is not in it says nothing.
    if wallet.state() == WalletState::Locked {
        return Err(SignerError::Locked);
    }
    let accounts = wallet.accounts().map_err(|error| SignerError::Other(error.to_string()))?;
    let is_it = |one: &&Account| one.address(network.version) == Some(account);
    let id = accounts.iter().find(is_it).map(Account::id).ok_or(SignerError::UnknownAccount(account))?;
    if matches!(id, AccountId::WatchOnly(_)) {
        return Err(SignerError::WatchOnly(account));
    }
    wallet.sign(id, unsigned, network, now).map_err(|error| match error {
        SignError::Locked => SignerError::Locked,
        SignError::UnknownAccount(_) => SignerError::UnknownAccount(account),
        SignError::WatchOnly(address) => SignerError::WatchOnly(address),
        SignError::OtherNetwork { expected, found } => SignerError::OtherNetwork { expected, found },
        // Each says what is wrong with the transaction or with this machine; none says anything of a key.
        other => SignerError::Other(other.to_string()),
    })
}
