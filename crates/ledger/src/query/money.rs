//! Prices, fees, and what everything adds up to.

use std::collections::BTreeMap;

use bithedge_protocol::{AmountError, Ppm, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

use super::{Snapshot, TimeRange, Trust, amount, place};
use crate::block::Place;
use crate::error::LedgerError;
use crate::project::Subject;
use crate::row::{Column, DamagedRow};
use crate::tables::*;

/// A price that the oracle accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedPrice {
    /// Since when it is in force.
    pub at: UnixSeconds,
    /// One BTC.
    pub btc: UsdE8,
    /// One STX.
    pub stx: UsdE8,
}

/// How a boundary's price came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoundaryMethod {
    /// The average that ends there.
    Average,
    /// The first price in the window after it.
    FirstInWindow,
    /// The first price after that.
    FirstLater,
    /// Governance said it.
    Governance,
}

impl BoundaryMethod {
    /// The oracle's number.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Average,
            2 => Self::FirstInWindow,
            3 => Self::FirstLater,
            4 => Self::Governance,
            _ => return None,
        })
    }
}

/// The price of an 08:00 UTC boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// The boundary.
    pub at: UnixSeconds,
    /// One BTC.
    pub btc: UsdE8,
    /// One STX.
    pub stx: UsdE8,
    /// The volatility that exits are marked at, a year.
    pub vol_ask: Ppm,
    /// The volatility that deposits are marked at, a year.
    pub vol_low: Ppm,
    /// The short estimate, unclamped.
    pub short: Ppm,
    /// The long estimate, unclamped.
    pub long: Ppm,
    /// How it came about.
    pub method: BoundaryMethod,
    /// When it was recorded.
    pub recorded_at: UnixSeconds,
}

/// A fee that the treasury took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRecord {
    /// Where in the chain.
    pub place: Place,
    /// When.
    pub at: UnixSeconds,
    /// For what.
    pub operation: String,
    /// In which token.
    pub token: Principal,
    /// From whom.
    pub user: Principal,
    /// On which amount.
    pub base: TokenAmount,
    /// The rate.
    pub rate: Ppm,
    /// The discount on it.
    pub discount: Ppm,
    /// The fee.
    pub fee: TokenAmount,
    /// What it counted for later discounts.
    pub volume: UsdE8,
}

/// All fees of an operation in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeTotal {
    /// For what.
    pub operation: String,
    /// In which token.
    pub token: Principal,
    /// What was taken.
    pub collected: TokenAmount,
    /// What discounts left.
    pub forgone: TokenAmount,
    /// How many.
    pub count: u64,
    /// How many with a discount.
    pub discounted: u64,
}

/// What the treasury accounts for in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Treasury {
    /// Fees that are not distributed.
    pub undistributed: TokenAmount,
    /// Credits that nobody claimed yet.
    pub allocated: TokenAmount,
    /// Its own.
    pub holdings: TokenAmount,
}

/// What the insurance fund accounts for in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fund {
    /// All that it holds.
    pub size: TokenAmount,
    /// Of that, for policies that it took over.
    pub reserved: TokenAmount,
    /// Contributions so far.
    pub contributed: TokenAmount,
    /// Shortfalls covered so far.
    pub covered: TokenAmount,
    /// Policies settled so far.
    pub settled: TokenAmount,
    /// What came back of that.
    pub recovered: TokenAmount,
    /// What governance took out.
    pub withdrawn: TokenAmount,
}

/// What a contract has in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultAccount {
    /// The contract.
    pub backend: Principal,
    /// The token.
    pub token: Principal,
    /// What it has.
    pub balance: TokenAmount,
    /// What of that is locked.
    pub locked: TokenAmount,
}

/// What the ledger says that there is of a token: to be held against the contracts' counters and the tokens themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenTotals {
    /// The token.
    pub token: Principal,
    /// Assets of all buckets.
    pub assets: TokenAmount,
    /// Deposits that wait for a close.
    pub pending_deposits: TokenAmount,
    /// Deposits that wait to be taken back.
    pub refunds: TokenAmount,
    /// Filled exits that wait to be claimed.
    pub filled_exits: TokenAmount,
    /// Reserved for settled policies.
    pub claims: TokenAmount,
    /// Prepaid bounties.
    pub pots: TokenAmount,
    /// Bounties that keepers earned and did not claim.
    pub credits: TokenAmount,
    /// Collateral locked in all buckets.
    pub locked: TokenAmount,
    /// The vault's own books: all balances.
    pub vault_balance: TokenAmount,
    /// The vault's own books: all locks.
    pub vault_locked: TokenAmount,
    /// The treasury.
    pub treasury: Treasury,
    /// The insurance fund.
    pub fund: Fund,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

impl TokenTotals {
    /// What the pool accounts for: it must be the vault's balance.
    ///
    /// # Errors
    /// [`AmountError::Overflow`].
    pub fn pool(&self) -> Result<TokenAmount, AmountError> {
        [self.pending_deposits, self.refunds, self.filled_exits, self.claims, self.pots, self.credits]
            .into_iter()
            .try_fold(self.assets, TokenAmount::checked_add)
    }

    /// Whether the parts add up to the vault's books, in balance and locks.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.pool() == Ok(self.vault_balance) && self.locked == self.vault_locked
    }

    fn empty(token: Principal) -> Self {
        let none = TokenAmount::ZERO;
        Self {
            token,
            assets: none,
            pending_deposits: none,
            refunds: none,
            filled_exits: none,
            claims: none,
            pots: none,
            credits: none,
            locked: none,
            vault_balance: none,
            vault_locked: none,
            treasury: Treasury::default(),
            fund: Fund::default(),
            trust: Trust::Sound,
        }
    }
}

impl Snapshot<'_> {
    /// The newest accepted price; `None` before the first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn latest_price(&self) -> Result<Option<AcceptedPrice>, LedgerError> {
        let row = self.row::<MarketRow>(&(0,))?.filter(|row| row.btc > 0);
        Ok(row.map(|row| AcceptedPrice {
            at: UnixSeconds::new(row.at),
            btc: UsdE8::new(row.btc),
            stx: UsdE8::new(row.stx),
        }))
    }

    /// Accepted prices in a range, oldest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn prices(&self, range: TimeRange) -> Result<Vec<AcceptedPrice>, LedgerError> {
        let rows = self
            .rows::<PriceRow>("WHERE at BETWEEN ? AND ? ORDER BY height, tx, event", &range.parameters())?;
        Ok(rows
            .into_iter()
            .map(|row| AcceptedPrice {
                at: UnixSeconds::new(row.at),
                btc: UsdE8::new(row.btc),
                stx: UsdE8::new(row.stx),
            })
            .collect())
    }

    /// Recorded boundary prices in a range, oldest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn boundaries(&self, range: TimeRange) -> Result<Vec<Boundary>, LedgerError> {
        let rows = self.rows::<BoundaryRow>("WHERE at BETWEEN ? AND ? ORDER BY at", &range.parameters())?;
        rows.iter().map(|row| self.boundary(row)).collect()
    }

    /// The newest boundaries whose prices are recorded, newest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn newest_boundaries(&self, count: u32) -> Result<Vec<Boundary>, LedgerError> {
        let rows = self.rows::<BoundaryRow>("ORDER BY at DESC LIMIT ?", &[count.to_sql()])?;
        rows.iter().map(|row| self.boundary(row)).collect()
    }

    fn boundary(&self, row: &BoundaryRow) -> Result<Boundary, LedgerError> {
        let method = BoundaryMethod::from_code(row.method);
        let method = self.at(method.ok_or_else(|| DamagedRow { table: "boundaries" }.into()))?;
        Ok(Boundary {
            at: UnixSeconds::new(row.at),
            btc: UsdE8::new(row.btc),
            stx: UsdE8::new(row.stx),
            vol_ask: Ppm::new(row.vol_ask),
            vol_low: Ppm::new(row.vol_low),
            short: Ppm::new(row.short),
            long: Ppm::new(row.long),
            method,
            recorded_at: UnixSeconds::new(row.recorded_at),
        })
    }

    /// Fees taken in a range, oldest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn fees(&self, range: TimeRange) -> Result<Vec<FeeRecord>, LedgerError> {
        let rows =
            self.rows::<FeeRow>("WHERE at BETWEEN ? AND ? ORDER BY height, tx, event", &range.parameters())?;
        Ok(rows
            .into_iter()
            .map(|row| FeeRecord {
                place: place(row.height, row.tx, row.event),
                at: UnixSeconds::new(row.at),
                operation: row.operation,
                token: row.token,
                user: row.user,
                base: amount(row.base),
                rate: Ppm::new(row.rate),
                discount: Ppm::new(row.discount),
                fee: amount(row.fee),
                volume: UsdE8::new(row.volume),
            })
            .collect())
    }

    /// All fees so far, by operation and token.
    ///
    /// # Errors
    /// Those of storage.
    pub fn fee_totals(&self) -> Result<Vec<FeeTotal>, LedgerError> {
        let rows = self.rows::<FeeTotalRow>("ORDER BY operation, token", &[])?;
        Ok(rows
            .into_iter()
            .map(|row| FeeTotal {
                operation: row.operation,
                token: row.token,
                collected: amount(row.collected),
                forgone: amount(row.forgone),
                count: row.count,
                discounted: row.discounted,
            })
            .collect())
    }

    /// A keeper's bounties that wait to be claimed.
    ///
    /// # Errors
    /// Those of storage.
    pub fn credit(&self, who: &Principal, token: &Principal) -> Result<TokenAmount, LedgerError> {
        let row = self.row::<CreditRow>(&(who.clone(), token.clone()))?;
        Ok(row.map_or(TokenAmount::ZERO, |row| amount(row.amount)))
    }

    /// What of the treasury's fees waits for a recipient.
    ///
    /// # Errors
    /// Those of storage.
    pub fn treasury_credit(
        &self,
        recipient: &Principal,
        token: &Principal,
    ) -> Result<TokenAmount, LedgerError> {
        let row = self.row::<TreasuryCreditRow>(&(recipient.clone(), token.clone()))?;
        Ok(row.map_or(TokenAmount::ZERO, |row| amount(row.amount)))
    }

    /// The vault's books, by contract and token.
    ///
    /// # Errors
    /// Those of storage.
    pub fn vault_accounts(&self) -> Result<Vec<VaultAccount>, LedgerError> {
        let rows = self.rows::<VaultAccountRow>("ORDER BY backend, token", &[])?;
        Ok(rows
            .into_iter()
            .map(|row| VaultAccount {
                backend: row.backend,
                token: row.token,
                balance: amount(row.balance),
                locked: amount(row.locked),
            })
            .collect())
    }

    /// What there is of every token, by the pool's, the vault's, the treasury's and the fund's events.
    ///
    /// # Errors
    /// Those of storage. A sum that passes 2^128 is no error: it is doubtful, and does not add up.
    pub fn totals(&self) -> Result<Vec<TokenTotals>, LedgerError> {
        let mut tokens: BTreeMap<Principal, TokenTotals> = BTreeMap::new();
        let mut of =
            |token: &Principal, change: &mut dyn FnMut(&mut TokenTotals) -> Result<(), AmountError>| {
                let entry = tokens.entry(token.clone()).or_insert_with(|| TokenTotals::empty(token.clone()));
                if change(entry).is_err() {
                    // No chain has so much of anything.
                    entry.trust = Trust::Doubtful;
                }
            };
        for row in self.rows::<BucketRow>("", &[])? {
            of(&row.token, &mut |all| {
                let add = |sum: &mut TokenAmount, part: u128| -> Result<(), AmountError> {
                    *sum = sum.checked_add(amount(part))?;
                    Ok(())
                };
                add(&mut all.assets, row.assets)?;
                add(&mut all.pending_deposits, row.deposits_now)?;
                add(&mut all.pending_deposits, row.deposits_next)?;
                add(&mut all.refunds, row.refunds)?;
                add(&mut all.filled_exits, row.filled)?;
                add(&mut all.claims, row.claims)?;
                add(&mut all.pots, row.pot)?;
                add(&mut all.locked, row.locked)?;
                Ok(())
            });
        }
        for row in self.rows::<CreditTotalRow>("", &[])? {
            of(&row.token, &mut |all| {
                all.credits = amount(row.amount);
                Ok(())
            });
        }
        for row in self.rows::<VaultTokenRow>("", &[])? {
            of(&row.token, &mut |all| {
                (all.vault_balance, all.vault_locked) = (amount(row.balance), amount(row.locked));
                Ok(())
            });
        }
        for row in self.rows::<TreasuryRow>("", &[])? {
            of(&row.token, &mut |all| {
                all.treasury = Treasury {
                    undistributed: amount(row.undistributed),
                    allocated: amount(row.allocated),
                    holdings: amount(row.holdings),
                };
                Ok(())
            });
        }
        for row in self.rows::<FundRow>("", &[])? {
            of(&row.token, &mut |all| {
                all.fund = Fund {
                    size: amount(row.size),
                    reserved: amount(row.reserved),
                    contributed: amount(row.contributed),
                    covered: amount(row.covered),
                    settled: amount(row.settled),
                    recovered: amount(row.recovered),
                    withdrawn: amount(row.withdrawn),
                };
                Ok(())
            });
        }
        let mut totals: Vec<TokenTotals> = tokens.into_values().collect();
        for all in &mut totals {
            let mut subjects = Vec::new();
            for contract in ["liquidity-pool", "liquidity-pool-vault", "treasury", "insurance-fund"] {
                subjects.push(Subject::Contract(contract));
                subjects.push(Subject::Holdings(contract, &all.token));
            }
            // Also of a bucket that was never seen to open.
            let of_token = format!(" {}", all.token);
            let buckets =
                self.trust_unless(|subject| subject.starts_with("bucket ") && subject.ends_with(&of_token));
            if self.trust(&subjects).and(buckets) == Trust::Doubtful {
                all.trust = Trust::Doubtful;
            }
        }
        Ok(totals)
    }
}
