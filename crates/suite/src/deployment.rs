//! Where the suite lives.

use std::fmt;

use bithedge_stacks::transaction::AssetInfo;
use bithedge_stacks::{Address, AddressVersion, ContractId, Hash160, Network};

use crate::convert::{clarity_name, contract_name};
use crate::generated::{Contract, Contracts};

/// A network that the suite can be deployed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuiteNetwork {
    /// A local chain: the embedded devnet, or the VM of the tests. Its addresses and chain id are the testnet's.
    Devnet,
    /// The primary testnet.
    Testnet,
    /// Mainnet: real money.
    Mainnet,
}

impl SuiteNetwork {
    /// The chain, as transactions know it.
    #[must_use]
    pub const fn chain(self) -> Network {
        match self {
            Self::Mainnet => Network::MAINNET,
            Self::Testnet | Self::Devnet => Network::TESTNET,
        }
    }

    /// The contract of the sBTC token, where it is known: on mainnet, and on a devnet, whose VM has mainnet's built in.
    /// On testnet several exist, so it has to be said which.
    #[must_use]
    pub fn sbtc(self) -> Option<ContractId> {
        match self {
            Self::Mainnet | Self::Devnet => Some(ContractId::new(SBTC_ISSUER, contract_name("sbtc-token"))),
            Self::Testnet => None,
        }
    }
}

impl fmt::Display for SuiteNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
            Self::Mainnet => "mainnet",
        })
    }
}

/// Why a deployment cannot be, or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeploymentError {
    /// The address belongs to another network.
    #[error("{address} is not an address of the {network}")]
    OtherNetwork {
        /// The address.
        address: Address,
        /// The network that was asked for.
        network: SuiteNetwork,
    },
    /// Nobody has said where sBTC is.
    #[error("the contract of the sBTC token on the {0} is not known")]
    NoSbtc(SuiteNetwork),
}

/// `SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4`.
const SBTC_ISSUER: Address = Address::new(
    AddressVersion::MAINNET_MULTI_SIG,
    Hash160([
        0xf6, 0xde, 0xcc, 0x7c, 0xff, 0xf2, 0xa4, 0x13, 0xbd, 0x7c, 0xd4, 0xf5, 0x3c, 0x25, 0xad, 0x7f, 0xd1,
        0x89, 0x9a, 0xcc,
    ]),
);

/// `ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM`: the first account of a devnet.
const DEVNET_DEPLOYER: Address = Address::new(
    AddressVersion::TESTNET_SINGLE_SIG,
    Hash160([
        0x6d, 0x78, 0xde, 0x7b, 0x06, 0x25, 0xdf, 0xbf, 0xc1, 0x6c, 0x3a, 0x8a, 0x57, 0x35, 0xf6, 0xdc, 0x3d,
        0xc3, 0xf2, 0xce,
    ]),
);

/// The suite on one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    network: SuiteNetwork,
    deployer: Address,
    contracts: Contracts,
    sbtc: Option<ContractId>,
}

impl Deployment {
    /// The suite as `deployer` deployed it.
    ///
    /// # Errors
    /// [`DeploymentError::OtherNetwork`].
    pub fn new(network: SuiteNetwork, deployer: Address) -> Result<Self, DeploymentError> {
        let fits =
            if network == SuiteNetwork::Mainnet { deployer.is_mainnet() } else { deployer.is_testnet() };
        if fits {
            Ok(Self::unchecked(network, deployer))
        } else {
            Err(DeploymentError::OtherNetwork { address: deployer, network })
        }
    }

    /// The suite on a devnet, by the account that deploys there.
    #[must_use]
    pub fn devnet() -> Self {
        Self::unchecked(SuiteNetwork::Devnet, DEVNET_DEPLOYER)
    }

    fn unchecked(network: SuiteNetwork, deployer: Address) -> Self {
        Self { network, deployer, contracts: Contracts::of(deployer), sbtc: network.sbtc() }
    }

    /// The same with another sBTC token: for testnet, where it has to be said.
    #[must_use]
    pub fn with_sbtc(self, token: ContractId) -> Self {
        Self { sbtc: Some(token), ..self }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> SuiteNetwork {
        self.network
    }

    /// Who deployed the suite.
    #[must_use]
    pub const fn deployer(&self) -> Address {
        self.deployer
    }

    /// A contract of the suite.
    #[must_use]
    pub const fn contract(&self, contract: Contract) -> &ContractId {
        self.contracts.get(contract)
    }

    /// Which contract of the suite this is, if it is one.
    #[must_use]
    pub fn which(&self, contract: &ContractId) -> Option<Contract> {
        Contract::ALL.into_iter().find(|known| self.contract(*known) == contract)
    }

    /// The sBTC token.
    ///
    /// # Errors
    /// [`DeploymentError::NoSbtc`] on testnet, until [`Deployment::with_sbtc`] says.
    pub fn sbtc(&self) -> Result<&ContractId, DeploymentError> {
        self.sbtc.as_ref().ok_or(DeploymentError::NoSbtc(self.network))
    }

    /// What moves when sBTC moves, as post-conditions name it.
    ///
    /// # Errors
    /// [`DeploymentError::NoSbtc`], as above.
    pub fn sbtc_asset(&self) -> Result<AssetInfo, DeploymentError> {
        // The contract `sbtc-token` defines a token of its own name, on every network.
        Ok(AssetInfo { contract: self.sbtc()?.clone(), asset: clarity_name("sbtc-token") })
    }

    /// The token that stands for native STX.
    #[must_use]
    pub const fn stx(&self) -> &ContractId {
        self.contract(Contract::StxToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_addresses_are_right() {
        assert_eq!(SBTC_ISSUER.to_string(), "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4");
        assert_eq!(DEVNET_DEPLOYER.to_string(), "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM");
    }

    #[test]
    fn every_contract_is_found_by_its_name_and_back() {
        let suite = Deployment::devnet();
        assert!(!Contract::ALL.is_empty());
        for contract in Contract::ALL {
            let id = suite.contract(contract);
            assert_eq!(id.to_string(), format!("{}.{}", suite.deployer(), contract.name()));
            assert_eq!(suite.which(id), Some(contract));
            assert_eq!(Contract::by_name(contract.name()), Some(contract));
        }
        assert_eq!(suite.which(suite.sbtc().unwrap()), None);
        assert_eq!(Contract::by_name("sbtc-token"), None);
    }

    #[test]
    fn sbtc_is_unknown_on_testnet_until_somebody_says() {
        let suite = Deployment::new(SuiteNetwork::Testnet, DEVNET_DEPLOYER).unwrap();
        assert_eq!(suite.sbtc(), Err(DeploymentError::NoSbtc(SuiteNetwork::Testnet)));
        let token = ContractId::new(DEVNET_DEPLOYER, contract_name("sbtc-token"));
        assert_eq!(suite.with_sbtc(token.clone()).sbtc(), Ok(&token));
    }

    #[test]
    fn an_address_of_another_network_is_refused() {
        assert!(Deployment::new(SuiteNetwork::Mainnet, SBTC_ISSUER).is_ok());
        for (network, address) in [
            (SuiteNetwork::Mainnet, DEVNET_DEPLOYER),
            (SuiteNetwork::Testnet, SBTC_ISSUER),
            (SuiteNetwork::Devnet, SBTC_ISSUER),
        ] {
            assert_eq!(
                Deployment::new(network, address),
                Err(DeploymentError::OtherNetwork { address, network })
            );
        }
    }
}
