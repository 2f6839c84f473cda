//! The vault's books.

use bithedge_protocol::TokenAmount;
use bithedge_stacks::Principal;
use bithedge_suite::SuiteEvent;

use super::{Step, agree, minus, plus};
use crate::tables::{VaultAccountRow, VaultTokenRow};
use crate::work::Work;

/// What the vault's books say after a change.
struct Books<'e> {
    backend: &'e Principal,
    token: &'e Principal,
    amount: TokenAmount,
    balance: TokenAmount,
    locked: TokenAmount,
    total_balance: TokenAmount,
    total_locked: TokenAmount,
}

macro_rules! books {
    ($event:expr) => {
        &Books {
            backend: &$event.backend,
            token: &$event.token,
            amount: $event.amount,
            balance: $event.balance,
            locked: $event.locked,
            total_balance: $event.total_balance,
            total_locked: $event.total_locked,
        }
    };
}

enum Change {
    In,
    Out,
    Lock,
    Release,
}

pub(super) fn apply(work: &mut Work<'_>, event: &SuiteEvent) -> Step {
    use SuiteEvent as E;
    match event {
        E::LiquidityPoolVaultFundsDeposited(e) => book(work, books!(e), &Change::In),
        E::LiquidityPoolVaultFundsCredited(e) => book(work, books!(e), &Change::In),
        E::LiquidityPoolVaultFundsWithdrawn(e) => book(work, books!(e), &Change::Out),
        E::LiquidityPoolVaultSettlementPaid(e) => book(work, books!(e), &Change::Out),
        E::LiquidityPoolVaultCollateralLocked(e) => book(work, books!(e), &Change::Lock),
        E::LiquidityPoolVaultCollateralReleased(e) => book(work, books!(e), &Change::Release),
        E::LiquidityPoolVaultTokenSet(e) => {
            let mut token = token(work, &e.token)?;
            token.accepted = e.accepted;
            Ok(work.put(&token)?)
        }
        _ => Ok(()),
    }
}

fn token(work: &mut Work<'_>, token: &Principal) -> Step<VaultTokenRow> {
    let found = work.get::<VaultTokenRow>(&(token.clone(),))?;
    let new = || VaultTokenRow { token: token.clone(), accepted: false, balance: 0, locked: 0 };
    Ok(found.unwrap_or_else(new))
}

fn book(work: &mut Work<'_>, books: &Books<'_>, change: &Change) -> Step {
    let key = (books.backend.clone(), books.token.clone());
    let mut account = work.get::<VaultAccountRow>(&key)?.unwrap_or_else(|| VaultAccountRow {
        backend: key.0.clone(),
        token: key.1.clone(),
        balance: 0,
        locked: 0,
    });
    let mut total = token(work, books.token)?;
    let amount = books.amount.base_units();
    for (balance, locked) in
        [(&mut account.balance, &mut account.locked), (&mut total.balance, &mut total.locked)]
    {
        match change {
            Change::In => *balance = plus("the vault's balance", *balance, amount)?,
            Change::Out => *balance = minus("the vault's balance", *balance, amount)?,
            Change::Lock => *locked = plus("what the vault has locked", *locked, amount)?,
            Change::Release => *locked = minus("what the vault has locked", *locked, amount)?,
        }
    }
    agree("the account's balance", account.balance, books.balance.base_units())?;
    agree("what the account has locked", account.locked, books.locked.base_units())?;
    agree("the vault's balance", total.balance, books.total_balance.base_units())?;
    agree("what the vault has locked", total.locked, books.total_locked.base_units())?;
    work.put(&account)?;
    Ok(work.put(&total)?)
}
