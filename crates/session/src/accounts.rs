//! The accounts of the wallet in use.

use std::sync::Arc;

use bithedge_engine::words::Notices as _;
use bithedge_ipc::{Notice, WalletKind};
use bithedge_keys::{AccountId, Wallet, WalletError};
use bithedge_stacks::{Address, Network};

use crate::core::{Core, name_of};
use crate::notices;

impl Core {
    /// Uses another account.
    pub(crate) fn choose_account(&self, account: &str) -> Result<(), Notice> {
        let keep = {
            let mut state = self.state();
            let kind = state.kind.ok_or_else(notices::no_wallet)?;
            let found = state.accounts().into_iter().find(|(known, _)| name_of(known.id()) == account);
            let id = found.map(|(known, _)| name_of(known.id())).ok_or_else(notices::no_such_account)?;
            state.memory.value.set_account(kind, Some(id));
            state.memory.keep()
        };
        keep.carry_out();
        self.changed();
        self.emit(bithedge_ipc::Event::PagesChanged {});
        self.look_around();
        Ok(())
    }

    /// Adds the next account.
    pub(crate) async fn add_account(&self, label: String) -> Result<(), Notice> {
        self.edit(move |wallet| wallet.add_account(&label).map(drop)).await
    }

    /// Gives an account another label.
    pub(crate) async fn rename_account(&self, account: &str, label: String) -> Result<(), Notice> {
        let id = self.account_named(account)?;
        self.edit(move |wallet| wallet.rename_account(id, &label)).await
    }

    /// Watches an address: of the network in use, or of whichever it belongs to if none is.
    pub(crate) async fn watch_address(&self, address: String, label: String) -> Result<(), Notice> {
        // Which wallet is in use must not change in between: with none, what is watched begins the person's own.
        let _switching = self.switching.lock().await;
        let (wallet, version, is_new) = {
            let state = self.state();
            let is_new = state.kind.is_none();
            let wallet = if is_new { state.own.clone()? } else { state.wallet_in_use()? };
            let own = || address.trim().parse::<Address>().ok().map(|address| is_mainnet(&address));
            let version = state.version().unwrap_or_else(|| match own() {
                Some(true) => Network::MAINNET.version,
                _ => Network::TESTNET.version,
            });
            (wallet, version, is_new)
        };
        let add = move |wallet: &Wallet| wallet.add_watch_only(&label, &address, version).map(drop);
        let done = self.edit_in(wallet, add).await;
        if is_new && done.is_ok() {
            let keep = {
                let mut state = self.state();
                state.kind = Some(WalletKind::Own);
                state.memory.value.wallet = Some(WalletKind::Own);
                state.memory.keep()
            };
            keep.carry_out();
        }
        self.changed();
        done
    }

    /// Watches it no more.
    pub(crate) async fn unwatch_address(&self, account: &str) -> Result<(), Notice> {
        let id = self.account_named(account)?;
        self.edit(move |wallet| wallet.remove_watch_only(id)).await
    }

    /// The account of that name, on whichever network.
    fn account_named(&self, name: &str) -> Result<AccountId, Notice> {
        let state = self.state();
        let wallet = state.wallet().ok_or_else(notices::no_wallet)?;
        let accounts = wallet.accounts().map_err(|error| error.notice())?;
        let found = accounts.iter().find(|known| name_of(known.id()) == name);
        found.map(bithedge_keys::Account::id).ok_or_else(notices::no_such_account)
    }

    /// Changes the list of the wallet in use, on a thread that may block.
    async fn edit(
        &self,
        change: impl FnOnce(&Wallet) -> Result<(), WalletError> + Send + 'static,
    ) -> Result<(), Notice> {
        let wallet = self.state().wallet_in_use()?;
        self.edit_in(wallet, change).await
    }

    async fn edit_in(
        &self,
        wallet: Arc<Wallet>,
        change: impl FnOnce(&Wallet) -> Result<(), WalletError> + Send + 'static,
    ) -> Result<(), Notice> {
        let changed = tokio::task::spawn_blocking(move || change(&wallet)).await;
        let changed = changed.map_err(|_| notices::defect(&"the thread that changes the list has ended"))?;
        self.changed();
        self.look_around();
        changed.map_err(|error| error.notice())
    }

    /// There may be something to be told to other accounts.
    fn look_around(&self) {
        if let Some(running) = self.state().running() {
            running.noticing.notify_one();
        }
    }
}

fn is_mainnet(address: &Address) -> bool {
    !address.is_testnet()
}
