//! Reconciliation when the figures do not fit: every difference is shown as what it is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bithedge_engine::sync::{
    Audited, Books, Comparison, Reconciliation, ReconciliationError, ReconciliationRow, Settings, Syncer,
    reconcile,
};
use bithedge_ledger::{BlockHeader, TokenTotals};
use bithedge_protocol::TokenAmount;
use bithedge_stacks::Principal;
use bithedge_suite::generated::Contract;

use crate::chain::Chain;
use crate::fake::FakeFeed;
use crate::rules::syncer_with;

/// Contracts that say what the books say, but for what is set.
struct Contracts {
    tip: Mutex<BlockHeader>,
    totals: Vec<TokenTotals>,
    /// Added to what the vault says, and to the tokens that it holds.
    vault: i128,
    held: i128,
    pool_is_known: bool,
    /// After so many questions the chain moves on.
    moves_after: AtomicUsize,
}

fn plus(amount: TokenAmount, more: i128) -> TokenAmount {
    TokenAmount::new(amount.base_units().checked_add_signed(more).unwrap())
}

impl Contracts {
    fn of(&self, token: &Principal) -> Option<&TokenTotals> {
        if self.moves_after.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.tip.lock().unwrap().hash.0[0] ^= 1;
        }
        self.totals.iter().find(|totals| totals.token == *token)
    }

    fn figure(&self, token: &Principal, of: impl Fn(&TokenTotals) -> TokenAmount) -> TokenAmount {
        self.of(token).map_or(TokenAmount::ZERO, of)
    }
}

fn treasury(totals: &TokenTotals) -> TokenAmount {
    let parts = totals.treasury;
    parts.undistributed.checked_add(parts.allocated).unwrap().checked_add(parts.holdings).unwrap()
}

impl Audited for Contracts {
    async fn tip(&self) -> Result<BlockHeader, ReconciliationError> {
        Ok(*self.tip.lock().unwrap())
    }

    async fn pool(
        &self,
        token: &Principal,
        tiers: &[u8],
    ) -> Result<Option<(TokenAmount, TokenAmount)>, ReconciliationError> {
        assert!(tiers.is_sorted());
        let known = self.pool_is_known;
        let sum = self.figure(token, |totals| totals.pool().unwrap());
        Ok(known.then(|| (sum, self.figure(token, |totals| totals.locked))))
    }

    async fn vault(&self, token: &Principal) -> Result<(TokenAmount, TokenAmount), ReconciliationError> {
        let balance = plus(self.figure(token, |totals| totals.vault_balance), self.vault);
        Ok((balance, self.figure(token, |totals| totals.vault_locked)))
    }

    async fn treasury(&self, token: &Principal) -> Result<TokenAmount, ReconciliationError> {
        Ok(self.figure(token, treasury))
    }

    async fn insurance_fund(&self, token: &Principal) -> Result<TokenAmount, ReconciliationError> {
        Ok(self.figure(token, |totals| totals.fund.size))
    }

    async fn balance(&self, holder: Contract, token: &Principal) -> Result<TokenAmount, ReconciliationError> {
        Ok(match holder {
            Contract::LiquidityPoolVault => {
                plus(self.figure(token, |totals| totals.vault_balance), self.held)
            }
            Contract::Treasury => self.figure(token, treasury),
            _ => self.figure(token, |totals| totals.fund.size),
        })
    }
}

struct Case {
    books: Books,
    totals: Vec<TokenTotals>,
    tip: BlockHeader,
    _syncer: Syncer<FakeFeed>,
    _folder: tempfile::TempDir,
}

impl Case {
    async fn new() -> Self {
        let mut chain = Chain::new(31);
        chain.grow(60);
        let tip = *chain.tip();
        let feed = FakeFeed::new(chain);
        let folder = tempfile::tempdir().unwrap();
        let mut syncer = syncer_with(&feed, folder.path(), Settings::default()).await;
        syncer.step().await.unwrap();
        let books = syncer.books();
        let totals = books.read(|books| books.totals()).await.unwrap();
        assert!(!totals.is_empty() && totals.iter().all(|totals| totals.vault_balance.base_units() > 1_000));
        Self { books, totals, tip, _syncer: syncer, _folder: folder }
    }

    fn contracts(&self, vault: i128, held: i128) -> Contracts {
        Contracts {
            tip: Mutex::new(self.tip),
            totals: self.totals.clone(),
            vault,
            held,
            pool_is_known: true,
            moves_after: AtomicUsize::new(usize::MAX / 2),
        }
    }

    async fn table(&self, contracts: &Contracts) -> Reconciliation {
        reconcile(&self.books, contracts, &[]).await.unwrap()
    }
}

fn rows(table: &Reconciliation, what: Comparison) -> Vec<&ReconciliationRow> {
    table.rows.iter().filter(|row| row.what == what).collect()
}

#[tokio::test]
async fn every_difference_is_shown_as_what_it_is() {
    let case = Case::new().await;
    let some = |amount| Some(TokenAmount::new(amount));
    let table = case.table(&case.contracts(0, 0)).await;
    assert!(table.is_sound() && table.at == case.tip, "{table:#?}");
    assert_eq!(table.rows.len(), case.totals.len() * 9);

    // Somebody sent the vault tokens: no alarm.
    let table = case.table(&case.contracts(0, 5)).await;
    assert!(table.is_sound());
    assert!(rows(&table, Comparison::VaultSurplus).iter().all(|row| row.balance == some(5)));

    // The vault's books are above ours, and above its tokens.
    let table = case.table(&case.contracts(7, 0)).await;
    assert!(!table.is_sound());
    for row in rows(&table, Comparison::Vault) {
        assert_eq!((row.difference, row.shortfall, row.fits()), (some(7), some(7), false));
    }
    assert!(rows(&table, Comparison::Pool).iter().all(|row| row.fits()));
    assert!(rows(&table, Comparison::VaultSurplus).iter().all(|row| row.balance == some(0)));

    // Tokens are missing.
    let table = case.table(&case.contracts(0, -3)).await;
    assert!(!table.is_sound());
    for row in rows(&table, Comparison::Vault) {
        assert_eq!((row.difference, row.shortfall, row.fits()), (some(0), some(3), false));
    }
    // The vault's books are below ours, and covered.
    let table = case.table(&case.contracts(-4, 0)).await;
    for row in rows(&table, Comparison::Vault) {
        assert_eq!((row.difference, row.shortfall, row.fits()), (some(4), some(0), false));
    }

    // A bucket that the contract does not know: unknown, and no zero.
    let table = case.table(&Contracts { pool_is_known: false, ..case.contracts(0, 0) }).await;
    for row in rows(&table, Comparison::Pool) {
        assert_eq!((row.contract, row.difference, row.fits()), (None, None, false));
    }
}

#[tokio::test]
async fn figures_of_two_blocks_are_never_compared() {
    let case = Case::new().await;
    // Books and chain at different blocks.
    let elsewhere = case.contracts(0, 0);
    elsewhere.tip.lock().unwrap().hash.0[5] ^= 1;
    let outcome = reconcile(&case.books, &elsewhere, &[]).await;
    assert!(matches!(outcome, Err(ReconciliationError::Apart)), "{outcome:?}");
    // The chain moves on while it is asked, and not back.
    let moving = case.contracts(0, 0);
    moving.moves_after.store(4, Ordering::Relaxed);
    let outcome = reconcile(&case.books, &moving, &[]).await;
    assert!(matches!(outcome, Err(ReconciliationError::Apart)), "{outcome:?}");
}
