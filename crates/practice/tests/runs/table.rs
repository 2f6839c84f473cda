//! Who has what.

use std::collections::BTreeMap;

use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_practice::chain::SuiteChain;
use bithedge_stacks::Principal;
use bithedge_suite::Contract;

/// Where fees go on a devnet; nobody has its key.
const MINERS: &str = "ST000000000000000000002AMW42H";
const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token";

/// Satoshis and micro-STX of everybody who can have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holdings(BTreeMap<String, (u128, u128)>);

impl Holdings {
    pub(crate) async fn read(chain: &SuiteChain) -> Self {
        let mut owners: Vec<(String, Principal)> = ACCOUNTS
            .iter()
            .map(|account| (account.label.to_owned(), account.address.parse().unwrap()))
            .collect();
        owners.push(("fees".to_owned(), MINERS.parse().unwrap()));
        for contract in Contract::ALL {
            let id = Principal::Contract(chain.suite.contract(contract).clone());
            owners.push((contract.name().to_owned(), id));
        }
        let mut holdings = BTreeMap::new();
        for (name, principal) in owners {
            let found = chain.client.balances(&principal).await.unwrap();
            let sats = found.fungible_tokens.get(SBTC).map_or(0, |token| token.balance);
            holdings.insert(name, (sats, u128::from(found.stx.balance.micro())));
        }
        Self(holdings)
    }

    pub(crate) fn of(&self, name: &str) -> (u128, u128) {
        self.0[name]
    }

    fn sum(&self) -> (u128, u128) {
        self.0.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Prints what changed, and insists that nothing came from nowhere or went there. `given`: what the faucet's minting
    /// accounts do not explain, which is nothing: the faucet is an account like any other.
    pub(crate) fn print_change(&self, title: &str, after: &Self) {
        println!("\n{title}");
        println!("{:<22} {:>18} {:>18} {:>16}", "sBTC, satoshis", "before", "after", "change");
        self.rows(after, |one| one.0);
        println!("{:<22} {:>18} {:>18} {:>16}", "STX, micro-STX", "before", "after", "change");
        self.rows(after, |one| one.1);
        assert_eq!(self.sum(), after.sum(), "{title}: the table does not add up");
    }

    fn rows(&self, after: &Self, pick: impl Fn(&(u128, u128)) -> u128) {
        for (name, before) in &self.0 {
            let (before, after) = (pick(before), pick(&after.0[name]));
            if before != after {
                println!("{name:<22} {before:>18} {after:>18} {:>16}", difference(before, after));
            }
        }
        let sum = |holdings: &Self| holdings.0.values().map(&pick).sum::<u128>();
        let (before, after) = (sum(self), sum(after));
        println!("{:<22} {before:>18} {after:>18} {:>16}", "all", difference(before, after));
    }
}

fn difference(before: u128, after: u128) -> String {
    if after >= before { format!("+{}", after - before) } else { format!("-{}", before - after) }
}
