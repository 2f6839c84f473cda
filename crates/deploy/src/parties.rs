//! Who reports prices, votes and guards on a network: what a deployment has to be told beside the contracts.

use bithedge_stacks::{Address, ContractId, Principal};
use bithedge_suite::setup::Setup;
use bithedge_suite::{Deployment, SuiteNetwork};
use serde::Deserialize;

/// Everybody who gets a part, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Parties {
    /// The sBTC token, where the network has not the one that everybody knows.
    pub sbtc: Option<ContractIdText>,
    /// The weight of fresh reports that a price needs.
    pub min_weight: u32,
    /// Volatilities to start from, short and long average, in parts per million a year.
    pub volatility: [u32; 2],
    /// Who reports prices.
    pub reporters: Vec<Weighted>,
    /// Who votes.
    pub voters: Vec<Weighted>,
    /// Who may stop new risk at once.
    pub guardians: Vec<PrincipalText>,
}

/// A principal with a weight.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    /// Who.
    pub who: PrincipalText,
    /// How much it counts.
    pub weight: u32,
}

/// A principal as text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PrincipalText(pub Principal);

impl TryFrom<String> for PrincipalText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("{text:?} is no principal"))
    }
}

/// A contract as text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ContractIdText(pub ContractId);

impl TryFrom<String> for ContractIdText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("{text:?} is no contract"))
    }
}

/// Why nobody can be put into a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartiesError {
    /// No TOML, or other fields.
    #[error("cannot be read: {0}")]
    Format(String),
    /// Nobody has been named.
    #[error("it names no {0}: nobody could then {1}")]
    Nobody(&'static str, &'static str),
    /// A price needs more weight than all reporters have.
    #[error("a price needs a weight of {needed}, and all reporters together have {all}")]
    Unreachable {
        /// `min-weight`.
        needed: u64,
        /// The sum.
        all: u64,
    },
    /// One reporter alone would make the price.
    #[error("{0} alone has the weight that a price needs: whoever has that key has the price")]
    OneReporter(Principal),
    /// Somebody of another network.
    #[error("{who} does not belong to the {network}")]
    OtherNetwork {
        /// Who.
        who: Principal,
        /// The network.
        network: SuiteNetwork,
    },
    /// Nobody has said where sBTC is.
    #[error("it does not say which sBTC token, and the {0} has more than one")]
    NoSbtc(SuiteNetwork),
    /// Another token than the network's.
    #[error("it says that sBTC is {said}, and on this network it is {known}")]
    OtherSbtc {
        /// In the file.
        said: ContractId,
        /// Known.
        known: ContractId,
    },
    /// The same one twice.
    #[error("{0} stands twice among the {1}")]
    Twice(Principal, &'static str),
}

impl Parties {
    /// Where a network's parties stand, below the folder of `Clarinet.toml`.
    #[must_use]
    pub fn file(network: SuiteNetwork) -> String {
        format!("deployments/parties.{network}.toml")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`PartiesError::Format`].
    pub fn from_toml(text: &str) -> Result<Self, PartiesError> {
        toml::from_str(text).map_err(|error| PartiesError::Format(error.to_string()))
    }

    /// Those of a devnet: accounts that everybody has the keys of.
    ///
    /// # Errors
    /// [`PartiesError::Format`]; a test holds the file.
    pub fn devnet() -> Result<Self, PartiesError> {
        Self::from_toml(DEVNET)
    }

    /// Where the suite is, with the network's sBTC.
    ///
    /// # Errors
    /// [`PartiesError::OtherNetwork`], [`PartiesError::NoSbtc`].
    pub fn deployment(&self, network: SuiteNetwork, deployer: Address) -> Result<Deployment, PartiesError> {
        let deployment = Deployment::new(network, deployer)
            .map_err(|_| PartiesError::OtherNetwork { who: Principal::Standard(deployer), network })?;
        let deployment = match &self.sbtc {
            Some(token) => deployment.with_sbtc(token.0.clone()),
            None => deployment,
        };
        deployment.sbtc().map_err(|_| PartiesError::NoSbtc(network))?;
        Ok(deployment)
    }

    /// Whether a suite with these parties could work, and would be in nobody's hand alone.
    ///
    /// # Errors
    /// [`PartiesError`].
    pub fn check(&self, network: SuiteNetwork) -> Result<(), PartiesError> {
        match (&self.sbtc, network.sbtc()) {
            (None, None) => return Err(PartiesError::NoSbtc(network)),
            // Another token where everybody knows the one would take what it likes.
            (Some(said), Some(known)) if said.0 != known => {
                return Err(PartiesError::OtherSbtc { said: said.0.clone(), known });
            }
            _ => {}
        }
        let parts: [(&[&PrincipalText], &'static str, &'static str); 3] = [
            (&self.reporters.iter().map(|one| &one.who).collect::<Vec<_>>(), "reporters", "report prices"),
            (&self.voters.iter().map(|one| &one.who).collect::<Vec<_>>(), "voters", "change anything"),
            (&self.guardians.iter().collect::<Vec<_>>(), "guardians", "stop new risk"),
        ];
        for (people, part, purpose) in parts {
            if people.is_empty() {
                return Err(PartiesError::Nobody(part, purpose));
            }
            for (place, PrincipalText(who)) in people.iter().enumerate() {
                let fits = if network == SuiteNetwork::Mainnet { who.is_mainnet() } else { who.is_testnet() };
                if !fits {
                    return Err(PartiesError::OtherNetwork { who: who.clone(), network });
                }
                if people.iter().skip(place + 1).any(|other| other.0 == *who) {
                    return Err(PartiesError::Twice(who.clone(), part));
                }
            }
        }
        let (needed, all) =
            (u64::from(self.min_weight), self.reporters.iter().map(|one| u64::from(one.weight)).sum());
        if needed > all || needed == 0 {
            return Err(PartiesError::Unreachable { needed, all });
        }
        if let Some(one) = self.reporters.iter().find(|one| one.weight >= self.min_weight) {
            return Err(PartiesError::OneReporter(one.who.0.clone()));
        }
        Ok(())
    }

    /// What the suite is set up with.
    ///
    /// # Errors
    /// [`PartiesError`], as [`Parties::check`].
    pub fn setup(&self, deployment: &Deployment) -> Result<Setup, PartiesError> {
        let network = deployment.network();
        self.check(network)?;
        let sbtc = deployment.sbtc().map_err(|_| PartiesError::NoSbtc(network))?.clone();
        let weighted = |people: &[Weighted]| {
            people.iter().map(|one| (one.who.0.clone(), u128::from(one.weight))).collect()
        };
        let [short, long] = self.volatility.map(u128::from);
        Ok(Setup {
            deployer: deployment.deployer(),
            sbtc,
            reporters: weighted(&self.reporters),
            min_weight: u128::from(self.min_weight),
            voters: weighted(&self.voters),
            guardians: self.guardians.iter().map(|one| one.0.clone()).collect(),
            volatility: (short, long),
        })
    }
}

const DEVNET: &str = include_str!("../../../contracts/deployments/parties.devnet.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devnet_s_parties_can_set_the_suite_up() {
        let setup = Parties::devnet().unwrap().setup(&Deployment::devnet()).unwrap();
        assert_eq!(setup.reporters.len(), 3);
        assert!(!setup.calls().unwrap().is_empty());
    }

    #[test]
    fn a_suite_in_one_hand_or_in_nobody_s_is_refused() {
        let devnet = Parties::devnet().unwrap();
        let refused = |change: &dyn Fn(&mut Parties)| {
            let mut parties = devnet.clone();
            change(&mut parties);
            parties.setup(&Deployment::devnet()).unwrap_err()
        };
        assert!(matches!(refused(&|p| p.reporters.clear()), PartiesError::Nobody("reporters", _)));
        assert!(matches!(refused(&|p| p.voters.clear()), PartiesError::Nobody("voters", _)));
        assert!(matches!(refused(&|p| p.guardians.clear()), PartiesError::Nobody("guardians", _)));
        assert_eq!(refused(&|p| p.min_weight = 4), PartiesError::Unreachable { needed: 4, all: 3 });
        assert!(matches!(refused(&|p| p.min_weight = 1), PartiesError::OneReporter(_)));
        assert!(matches!(
            refused(&|p| {
                let first = p.reporters[0].clone();
                p.reporters.push(first);
            }),
            PartiesError::Twice(_, "reporters")
        ));
        assert!(matches!(
            refused(&|p| {
                let other = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.sbtc-token".to_owned();
                p.sbtc = Some(other.try_into().unwrap());
            }),
            PartiesError::OtherSbtc { .. }
        ));
        let mainnet = "SP3FBR2AGK5H9QBDH3EEN6DF8EK8JY7RX8QJ5SVTE".to_owned();
        assert!(matches!(
            refused(&|p| p.guardians = vec![mainnet.clone().try_into().unwrap()]),
            PartiesError::OtherNetwork { .. }
        ));
    }
}
