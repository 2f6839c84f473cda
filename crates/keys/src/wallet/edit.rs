//! Changing the list of accounts.

use bithedge_stacks::TransactionVersion;

use super::protect::is_in_place;
use super::{ACCOUNTS_FILE, Wallet, WalletError, WalletState, read_accounts};
use crate::accounts::{AccountId, AccountList, AccountsError};

impl Wallet {
    /// Adds the next derived account. Writes a small file.
    ///
    /// # Errors
    /// [`WalletError::Locked`], [`WalletError::Absent`]; a label that cannot be used; the folder cannot be written. The list
    /// is as it was then.
    pub fn add_account(&self, label: &str) -> Result<AccountId, WalletError> {
        let _operation = self.operation();
        self.look_for_key_file()?;
        let (index, key) = {
            let inner = self.inner();
            let Some(open) = &inner.unlocked else {
                let is_absent = inner.state() == WalletState::Absent;
                return Err(if is_absent { WalletError::Absent } else { WalletError::Locked });
            };
            let index = inner.accounts.clone()?.next_index();
            let key = open.seed.account(index).map_err(|_| AccountsError::Full)?;
            (index, *key.public_key())
        };
        self.edit(|list| list.add_derived(index, label, key))
    }

    /// Adds an address to be watched: whose money is shown, and for which nothing can be signed. `version` is the kind of
    /// network that it is meant for. Writes a small file.
    ///
    /// # Errors
    /// [`WalletError::Locked`]: what is not sealed would not be trusted. No address, one of the other kind of network, in
    /// the list already; a label that cannot be used.
    pub fn add_watch_only(
        &self,
        label: &str,
        address: &str,
        version: TransactionVersion,
    ) -> Result<AccountId, WalletError> {
        let _operation = self.operation();
        self.edit(|list| list.add_watched(label, address, version))
    }

    /// Gives an account another label. Writes a small file.
    ///
    /// # Errors
    /// [`WalletError::Locked`]; no such account; a label that cannot be used.
    pub fn rename_account(&self, id: AccountId, label: &str) -> Result<(), WalletError> {
        let _operation = self.operation();
        self.edit(|list| list.rename(id, label))
    }

    /// Stops watching an address. Writes a small file.
    ///
    /// # Errors
    /// [`WalletError::Locked`]; no such address; a derived account, which stays.
    pub fn remove_watch_only(&self, id: AccountId) -> Result<(), WalletError> {
        let _operation = self.operation();
        self.edit(|list| list.remove_watched(id))
    }

    /// Changes a copy, seals it if there is a key, writes it, and only then uses it. The caller holds `operation`.
    fn edit<T>(
        &self,
        change: impl FnOnce(&mut AccountList) -> Result<T, AccountsError>,
    ) -> Result<T, WalletError> {
        // What a wallet that was set aside had is left for when its words are imported again.
        let left = if self.look_for_key_file()? { None } else { read_accounts(&self.folder).ok() };
        let (shown, list, result) = {
            let inner = self.inner();
            let mut list = inner.accounts.clone()?;
            match (inner.state(), &inner.unlocked) {
                (WalletState::Absent, _) => {
                    let result = change(&mut list)?;
                    let all = left.map_or_else(|| list.clone(), |old| list.with_derived_of(&old));
                    (list, all, result)
                }
                (_, Some(open)) => {
                    let result = change(&mut list)?;
                    let list = list.sealed(&open.seal);
                    (list.clone(), list, result)
                }
                (_, None) => return Err(WalletError::Locked),
            }
        };
        let written = self.folder.replace(ACCOUNTS_FILE, &list.to_bytes(), &*self.randomness);
        // What is in place is what is shown, also if the disk has not confirmed it.
        if is_in_place(&written) {
            self.inner().accounts = Ok(shown);
        }
        written?;
        Ok(result)
    }
}
