//! Who has what on the practice network: every account of it, every contract of the suite, and whoever took the fees.
//!
//! Nothing is minted or burnt there once it runs, so two of these add up to the same.

use std::collections::BTreeMap;
use std::fmt;

use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_protocol::{MicroStx, Sats};
use bithedge_stacks::Principal;
use bithedge_suite::Contract;

use crate::chain::{ReadError, SuiteChain};

/// Where fees go on a devnet; nobody has its key.
const MINERS: &str = "ST000000000000000000002AMW42H";

/// What one of them has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// sBTC.
    pub sbtc: Sats,
    /// STX.
    pub stx: MicroStx,
}

/// What everybody has who can have anything, by name: the accounts' labels, the contracts' names, and `fees`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdings(BTreeMap<String, Holding>);

impl Holdings {
    /// Asks the chain, also about `others`. The answers are those of one block only if no block comes meanwhile.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read(chain: &SuiteChain, others: &[(&str, Principal)]) -> Result<Self, ReadError> {
        let address = |text: &str| text.parse::<Principal>().ok();
        let accounts = ACCOUNTS.iter().map(|account| (account.label, address(account.address)));
        let accounts = accounts.chain([("fees", address(MINERS))]);
        let contracts = Contract::ALL
            .into_iter()
            .map(|contract| (contract.name(), Some(chain.suite.contract(contract).clone().into())));
        let asset = chain.suite.sbtc_asset()?.to_string();
        let mut holdings = BTreeMap::new();
        let others = others.iter().map(|(name, principal)| (*name, Some(principal.clone())));
        for (name, principal) in accounts.chain(contracts).chain(others) {
            let Some(principal) = principal else { continue };
            let found = chain.client.balances(&principal).await?;
            let sbtc = found.fungible_tokens.get(&asset).map_or(0, |token| token.balance);
            let stx = u128::from(found.stx.balance.micro());
            holdings.insert(name.to_owned(), Holding { sbtc: Sats::new(sbtc), stx: MicroStx::new(stx) });
        }
        Ok(Self(holdings))
    }

    /// What one has; nothing, if there is nobody of this name.
    #[must_use]
    pub fn of(&self, name: &str) -> Holding {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// What all have together, in satoshis and micro-STX.
    #[must_use]
    pub fn sum(&self) -> (u128, u128) {
        let sum = |pick: fn(&Holding) -> u128| self.0.values().map(pick).sum();
        (sum(|one| one.sbtc.base_units()), sum(|one| one.stx.base_units()))
    }

    /// What changed since then, as two tables; it adds up if the last line of each says `+0`.
    #[must_use]
    pub const fn since<'a>(&'a self, before: &'a Self) -> Changes<'a> {
        Changes { before, after: self }
    }
}

/// What changed between two moments. Formatted, it is a table for each token.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    before: &'a Holdings,
    after: &'a Holdings,
}

impl fmt::Display for Changes<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table(out, "sBTC, satoshis", |one| one.sbtc.base_units())?;
        self.table(out, "STX, micro-STX", |one| one.stx.base_units())
    }
}

impl Changes<'_> {
    fn table(
        &self,
        out: &mut fmt::Formatter<'_>,
        title: &str,
        pick: impl Fn(&Holding) -> u128,
    ) -> fmt::Result {
        let (mut all_before, mut all_after) = (0, 0);
        writeln!(out, "{title:<22} {:>18} {:>18} {:>16}", "before", "after", "change")?;
        for name in self.after.0.keys() {
            let (before, after) = (pick(&self.before.of(name)), pick(&self.after.of(name)));
            all_before += before;
            all_after += after;
            if before != after {
                writeln!(out, "{name:<22} {before:>18} {after:>18} {:>16}", difference(before, after))?;
            }
        }
        let change = difference(all_before, all_after);
        writeln!(out, "{:<22} {all_before:>18} {all_after:>18} {change:>16}", "all")
    }
}

fn difference(before: u128, after: u128) -> String {
    if after >= before { format!("+{}", after - before) } else { format!("-{}", before - after) }
}
