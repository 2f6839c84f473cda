//! Networks: the built-in ones and a person's own.

use std::fmt;

use bithedge_stacks::address::{Address, ContractId};
use bithedge_stacks::network::Network;
use bithedge_suite::{Deployment, DeploymentError, SuiteNetwork};
use serde::{Deserialize, Serialize};

use super::endpoint::{Endpoint, EndpointError};

/// The most nodes of one network.
pub const MAX_ENDPOINTS: usize = 4;

/// The longest name of a network, in characters.
pub const MAX_NAME_CHARACTERS: usize = 40;

/// Public nodes with a Stacks API, as their operator documents them.
const TESTNET_ENDPOINT: &str = "https://api.testnet.hiro.so";
const MAINNET_ENDPOINT: &str = "https://api.hiro.so";

/// Which network of the application's list. It stays the same as long as the network is in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProfileId {
    /// The devnet that is started with the application.
    Devnet,
    /// The public testnet.
    Testnet,
    /// The public mainnet.
    Mainnet,
    /// One of a person's own, by its number.
    Own(u32),
}

impl fmt::Display for ProfileId {
    /// `devnet`, `testnet`, `mainnet`, `own-7`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Devnet => out.write_str("devnet"),
            Self::Testnet => out.write_str("testnet"),
            Self::Mainnet => out.write_str("mainnet"),
            Self::Own(number) => write!(out, "own-{number}"),
        }
    }
}

impl std::str::FromStr for ProfileId {
    type Err = UnknownProfile;

    /// As it is displayed, and no other spelling.
    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let id = match text {
            "devnet" => Self::Devnet,
            "testnet" => Self::Testnet,
            "mainnet" => Self::Mainnet,
            own => {
                let number = own.strip_prefix("own-").and_then(|number| number.parse().ok());
                Self::Own(number.ok_or(UnknownProfile)?)
            }
        };
        if id.to_string() == text { Ok(id) } else { Err(UnknownProfile) }
    }
}

/// A text that names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such network in the list")]
pub struct UnknownProfile;

/// Nobody has said where the suite is on this network, so nothing of BitHedge's can be used there. It is never guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "BitHedge is not deployed on {name}, as far as this version knows: nothing can be bought or committed there"
)]
pub struct NotDeployed {
    /// The network's name.
    pub name: String,
}

/// A network: what kind of chain, by which nodes it is reached, and where the suite is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkProfile {
    id: ProfileId,
    name: String,
    kind: SuiteNetwork,
    endpoints: Vec<Endpoint>,
    deployment: Option<Deployment>,
}

/// What a person types for a network of their own. Nothing of it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileInput {
    /// What to call it.
    pub name: String,
    /// What kind of chain it is.
    #[serde(with = "kind")]
    pub kind: SuiteNetwork,
    /// Nodes, the preferred one first.
    pub endpoints: Vec<String>,
    /// Who deployed the suite there; `None`: nobody that is known.
    pub deployer: Option<String>,
    /// The contract of the sBTC token: only for testnet, where several exist.
    pub sbtc: Option<String>,
}

/// What is wrong with what was typed. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The name cannot be shown as it is.
    #[error(
        "a network's name has 1 to {MAX_NAME_CHARACTERS} characters, no line breaks and no marks that reverse the direction of text"
    )]
    Name,
    /// Another network is called so already; two of one name are mistaken for each other.
    #[error("there is a network called {name} already: choose another name")]
    NameTaken {
        /// The name that is taken.
        name: String,
    },
    /// No node, or too many.
    #[error("a network has 1 to {MAX_ENDPOINTS} nodes, not {count}")]
    EndpointCount {
        /// How many were given.
        count: usize,
    },
    /// One of the nodes' addresses.
    #[error("the address of node {place} cannot be used: {error}")]
    Endpoint {
        /// Which one, from 1.
        place: usize,
        /// Why.
        #[source]
        error: EndpointError,
    },
    /// The same node twice.
    #[error("the node {0} is given twice")]
    SameEndpoint(Endpoint),
    /// A devnet runs on this computer; something else that calls itself one is another network.
    #[error("a devnet runs on this computer, and {0} is another one: call it a testnet")]
    NotLocal(Endpoint),
    /// The text is no address, or of the wrong spelling. It is not repeated: it may be words in the wrong field.
    #[error("the deployer is not a Stacks address in its usual spelling")]
    Deployer,
    /// The text is no contract. It is not repeated.
    #[error("the sBTC token is not a contract such as SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token")]
    Token,
    /// The deployer is an address of another kind of network.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The token is a contract of another kind of network.
    #[error("the sBTC token {0} belongs to another kind of network")]
    TokenElsewhere(ContractId),
    /// On mainnet and on a devnet it is known, and another one would be a fake.
    #[error("the sBTC token of the {0} is known, and cannot be replaced by another one")]
    TokenIsKnown(SuiteNetwork),
    /// A token, and no suite that would use it.
    #[error("an sBTC token is given without the suite's deployer")]
    TokenAlone,
}

impl NetworkProfile {
    /// The devnet at an address on this computer, with the suite where the practice network puts it.
    ///
    /// # Errors
    /// [`ProfileError::NotLocal`].
    pub fn devnet(endpoint: Endpoint) -> Result<Self, ProfileError> {
        let kind = SuiteNetwork::Devnet;
        let endpoints = vec![endpoint];
        check_local(kind, &endpoints)?;
        let deployment = Some(Deployment::devnet());
        Ok(Self { id: ProfileId::Devnet, name: built_in_name(kind).to_owned(), kind, endpoints, deployment })
    }

    /// The public testnet. The suite is not deployed there.
    ///
    /// # Errors
    /// None that a caller could cause: the address is a part of this program.
    pub fn testnet() -> Result<Self, ProfileError> {
        Self::public(ProfileId::Testnet, SuiteNetwork::Testnet, TESTNET_ENDPOINT)
    }

    /// The public mainnet. The suite is not deployed there.
    ///
    /// # Errors
    /// None that a caller could cause: the address is a part of this program.
    pub fn mainnet() -> Result<Self, ProfileError> {
        Self::public(ProfileId::Mainnet, SuiteNetwork::Mainnet, MAINNET_ENDPOINT)
    }

    fn public(id: ProfileId, kind: SuiteNetwork, endpoint: &str) -> Result<Self, ProfileError> {
        let endpoint =
            Endpoint::parse(endpoint).map_err(|error| ProfileError::Endpoint { place: 1, error })?;
        let name = built_in_name(kind).to_owned();
        Ok(Self { id, name, kind, endpoints: vec![endpoint], deployment: None })
    }

    /// A network of a person's own.
    ///
    /// # Errors
    /// [`ProfileError`], but [`NameTaken`](ProfileError::NameTaken) only for the built-in names: the list knows the others.
    pub fn own(number: u32, input: &ProfileInput) -> Result<Self, ProfileError> {
        let name = clean_name(&input.name)?;
        let taken = SUITE_NETWORKS.into_iter().map(built_in_name).find(|taken| same_name(taken, &name));
        if let Some(taken) = taken {
            return Err(ProfileError::NameTaken { name: taken.to_owned() });
        }
        let endpoints = endpoints(&input.endpoints)?;
        check_local(input.kind, &endpoints)?;
        let deployment = deployment(input)?;
        Ok(Self { id: ProfileId::Own(number), name, kind: input.kind, endpoints, deployment })
    }

    /// What was typed for it, in its usual spelling.
    #[must_use]
    pub fn input(&self) -> ProfileInput {
        let sbtc = self.deployment.as_ref().filter(|_| self.kind.sbtc().is_none());
        ProfileInput {
            name: self.name.clone(),
            kind: self.kind,
            endpoints: self.endpoints.iter().map(ToString::to_string).collect(),
            deployer: self.deployment.as_ref().map(|suite| suite.deployer().to_string()),
            sbtc: sbtc.and_then(|suite| suite.sbtc().ok()).map(ToString::to_string),
        }
    }

    /// Which one.
    #[must_use]
    pub const fn id(&self) -> ProfileId {
        self.id
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What kind of chain it is.
    #[must_use]
    pub const fn kind(&self) -> SuiteNetwork {
        self.kind
    }

    /// The chain as transactions know it: what is signed for it is valid on no other chain id.
    #[must_use]
    pub const fn network(&self) -> Network {
        self.kind.chain()
    }

    /// Its nodes, the preferred one first. Each is asked alone: an answer put together from several mixes what they know.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Where the suite is.
    ///
    /// # Errors
    /// [`NotDeployed`]: it cannot be used for money.
    pub fn deployment(&self) -> Result<&Deployment, NotDeployed> {
        self.deployment.as_ref().ok_or_else(|| NotDeployed { name: self.name.clone() })
    }

    /// Whether two names would be taken for the same one.
    pub(super) fn is_called(&self, name: &str) -> bool {
        same_name(&self.name, name)
    }
}

const SUITE_NETWORKS: [SuiteNetwork; 3] =
    [SuiteNetwork::Devnet, SuiteNetwork::Testnet, SuiteNetwork::Mainnet];

const fn built_in_name(kind: SuiteNetwork) -> &'static str {
    match kind {
        SuiteNetwork::Devnet => "Devnet",
        SuiteNetwork::Testnet => "Testnet",
        SuiteNetwork::Mainnet => "Mainnet",
    }
}

fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(one) == plain(other)
}

/// Marks that make a text look like another one: they change its direction, or are not seen at all.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{061C}' | '\u{FEFF}'
        )
}

fn clean_name(typed: &str) -> Result<String, ProfileError> {
    let name = typed.trim();
    let fits = (1..=MAX_NAME_CHARACTERS).contains(&name.chars().count()) && !name.chars().any(misleads);
    if fits { Ok(name.to_owned()) } else { Err(ProfileError::Name) }
}

fn endpoints(typed: &[String]) -> Result<Vec<Endpoint>, ProfileError> {
    if !(1..=MAX_ENDPOINTS).contains(&typed.len()) {
        return Err(ProfileError::EndpointCount { count: typed.len() });
    }
    let mut endpoints = Vec::with_capacity(typed.len());
    for (place, text) in (1..).zip(typed) {
        let endpoint = Endpoint::parse(text).map_err(|error| ProfileError::Endpoint { place, error })?;
        if endpoints.contains(&endpoint) {
            return Err(ProfileError::SameEndpoint(endpoint));
        }
        endpoints.push(endpoint);
    }
    Ok(endpoints)
}

fn check_local(kind: SuiteNetwork, endpoints: &[Endpoint]) -> Result<(), ProfileError> {
    let stranger = endpoints.iter().find(|endpoint| kind == SuiteNetwork::Devnet && !endpoint.is_local());
    stranger.map_or(Ok(()), |endpoint| Err(ProfileError::NotLocal(endpoint.clone())))
}

fn deployment(input: &ProfileInput) -> Result<Option<Deployment>, ProfileError> {
    // A checksum is a part of an address, so a typing error is found; another spelling is refused, as it may hide one.
    let address = |text: &str| text.parse::<Address>().ok().filter(|address| address.to_string() == text);
    let token = |text: &str| text.parse::<ContractId>().ok().filter(|token| token.to_string() == text);
    let deployer = match input.deployer.as_deref().map(str::trim) {
        None => None,
        Some(text) => Some(address(text).ok_or(ProfileError::Deployer)?),
    };
    let sbtc = match input.sbtc.as_deref().map(str::trim) {
        None => None,
        Some(text) => Some(token(text).ok_or(ProfileError::Token)?),
    };
    let Some(deployer) = deployer else {
        return if sbtc.is_some() { Err(ProfileError::TokenAlone) } else { Ok(None) };
    };
    let deployment = Deployment::new(input.kind, deployer)?;
    let Some(sbtc) = sbtc else {
        // On testnet it has to be said.
        deployment.sbtc()?;
        return Ok(Some(deployment));
    };
    if input.kind.sbtc().is_some() {
        return Err(ProfileError::TokenIsKnown(input.kind));
    }
    if !sbtc.issuer.is_testnet() {
        return Err(ProfileError::TokenElsewhere(sbtc));
    }
    Ok(Some(deployment.with_sbtc(sbtc)))
}

/// A kind of network as a file and the window write it.
pub(super) mod kind {
    use bithedge_suite::SuiteNetwork;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(kind: &SuiteNetwork, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(kind)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SuiteNetwork, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::SUITE_NETWORKS
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| de::Error::custom("no kind of network"))
    }
}
