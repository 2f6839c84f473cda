//! Addresses and principals: who can hold assets, and how it is written.
//!
//! Text is c32check (SIP-005). Only its canonical spelling is read, and only with a version that a Stacks network uses;
//! bytes from the chain may carry any version below 32, and such an address can be shown but not parsed back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stacks_rs::crypto::c32;

use crate::codec::{DecodeError, Reader};
use crate::name::{ContractName, NameError};

/// RIPEMD-160 of SHA-256 of a public key or of a script: what an address commits to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash160(pub [u8; 20]);

impl fmt::Debug for Hash160 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Hash160 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The version of an address, which says for which network it is and whether one key signs for it. Always below 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressVersion(u8);

impl AddressVersion {
    /// Mainnet, one key: `SP…`.
    pub const MAINNET_SINGLE_SIG: Self = Self(22);
    /// Mainnet, several keys or segwit: `SM…`.
    pub const MAINNET_MULTI_SIG: Self = Self(20);
    /// Test networks, one key: `ST…`.
    pub const TESTNET_SINGLE_SIG: Self = Self(26);
    /// Test networks, several keys or segwit: `SN…`.
    pub const TESTNET_MULTI_SIG: Self = Self(21);

    /// The version for a byte below 32, as a node takes it.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if byte < 32 { Some(Self(byte)) } else { None }
    }

    /// The byte in serialised addresses.
    pub const fn to_byte(self) -> u8 {
        self.0
    }

    /// Whether it is one of mainnet's.
    pub const fn is_mainnet(self) -> bool {
        matches!(self, Self::MAINNET_SINGLE_SIG | Self::MAINNET_MULTI_SIG)
    }

    /// Whether it is one of the test networks'.
    pub const fn is_testnet(self) -> bool {
        matches!(self, Self::TESTNET_SINGLE_SIG | Self::TESTNET_MULTI_SIG)
    }
}

impl fmt::Debug for AddressVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressVersion({})", self.0)
    }
}

/// A text that is no address or principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not c32check: a wrong character, length or checksum, most likely a typing error.
    #[error("{0:?} is not a Stacks address: {1}")]
    Malformed(String, String),
    /// It reads, but it is not how the address is written.
    #[error("{0:?} is not the usual spelling of the address {1}")]
    NotCanonical(String, Address),
    /// It reads, but no Stacks network has such addresses.
    #[error("{0:?} has the version {1}, which no Stacks network uses")]
    UnknownVersion(String, u8),
    /// The address is followed by something that is no contract name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A contract was expected, but the text names none.
    #[error("{0:?} names no contract")]
    NoContract(String),
}

/// The address of an account: a network, and the hash of the key or keys that sign for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Network and kind.
    pub version: AddressVersion,
    /// What the keys must hash to.
    pub hash: Hash160,
}

impl Address {
    /// The longest text of an address: `S`, the version, and 24 bytes in base 32.
    const MAX_TEXT: usize = 41;

    /// An address from its parts.
    pub const fn new(version: AddressVersion, hash: Hash160) -> Self {
        Self { version, hash }
    }

    /// Whether it belongs to mainnet.
    pub const fn is_mainnet(self) -> bool {
        self.version.is_mainnet()
    }

    /// Whether it belongs to the test networks.
    pub const fn is_testnet(self) -> bool {
        self.version.is_testnet()
    }

    /// Appends the version and the hash.
    pub(crate) fn encode_into(self, out: &mut Vec<u8>) {
        out.push(self.version.to_byte());
        out.extend_from_slice(&self.hash.0);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = reader.tag("address version", AddressVersion::from_byte)?;
        Ok(Self { version, hash: Hash160(reader.array("address hash")?) })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It can only fail for a version of 32 or more, which the type rules out.
        let text = c32::c32check_encode(self.hash.0, self.version.0).map_err(|_| fmt::Error)?;
        write!(f, "S{text}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let malformed = |reason: &str| {
            AddressError::Malformed(text.chars().take(Address::MAX_TEXT + 8).collect(), reason.to_owned())
        };
        // Checked before the text reaches the c32 decoder, which expects ASCII of some length.
        if !text.is_ascii() || !text.starts_with('S') || text.len() > Self::MAX_TEXT || text.len() < 7 {
            return Err(malformed("expected S and up to 40 letters and digits"));
        }
        let (hash, version) = c32::c32_address_decode(text).map_err(|error| malformed(&error.to_string()))?;
        let hash: [u8; 20] = hash.try_into().map_err(|_| malformed("wrong length"))?;
        let version_byte = version;
        let version = AddressVersion::from_byte(version).ok_or_else(|| malformed("wrong version"))?;
        let address = Self::new(version, Hash160(hash));
        if !version.is_mainnet() && !version.is_testnet() {
            return Err(AddressError::UnknownVersion(text.to_owned(), version_byte));
        }
        // c32 reads lower case and look-alike letters; two spellings of one address would be two keys of one map.
        if address.to_string() != text {
            return Err(AddressError::NotCanonical(text.to_owned(), address));
        }
        Ok(address)
    }
}

/// A contract: who deployed it, and its name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContractId {
    /// The account that deployed it.
    pub issuer: Address,
    /// Its name.
    pub name: ContractName,
}

impl ContractId {
    /// A contract from its parts.
    pub const fn new(issuer: Address, name: ContractName) -> Self {
        Self { issuer, name }
    }

    /// Appends the address and the name.
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        self.issuer.encode_into(out);
        self.name.encode_into(out);
    }

    /// A contract in a transaction's payload or post-conditions.
    pub(crate) fn decode_deployed(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { issuer: Address::decode(reader)?, name: ContractName::decode_deployed(reader)? })
    }
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.issuer, self.name)
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContractId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (issuer, name) =
            text.split_once('.').ok_or_else(|| AddressError::NoContract(text.chars().take(64).collect()))?;
        Ok(Self { issuer: issuer.parse()?, name: name.parse()? })
    }
}

/// Whoever can hold assets: an account or a contract.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// An account.
    Standard(Address),
    /// A contract.
    Contract(ContractId),
}

impl Principal {
    /// The account, or the account that deployed the contract.
    pub const fn address(&self) -> Address {
        match self {
            Self::Standard(address) => *address,
            Self::Contract(contract) => contract.issuer,
        }
    }

    /// Whether it belongs to mainnet.
    pub const fn is_mainnet(&self) -> bool {
        self.address().is_mainnet()
    }

    /// Whether it belongs to the test networks.
    pub const fn is_testnet(&self) -> bool {
        self.address().is_testnet()
    }
}

impl From<Address> for Principal {
    fn from(address: Address) -> Self {
        Self::Standard(address)
    }
}

impl From<ContractId> for Principal {
    fn from(contract: ContractId) -> Self {
        Self::Contract(contract)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(address) => address.fmt(f),
            Self::Contract(contract) => contract.fmt(f),
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Principal {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.contains('.') { text.parse().map(Self::Contract) } else { text.parse().map(Self::Standard) }
    }
}

macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Address, ContractId, Principal);

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYER: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";

    #[test]
    fn every_version_reads_back_as_written() {
        for version in [22, 20, 26, 21] {
            for hash in [[0; 20], [0xff; 20], *b"\0\0\0\0abcdefghijklmnop"] {
                let address = Address::new(AddressVersion::from_byte(version).unwrap(), Hash160(hash));
                assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }

    #[test]
    fn the_burn_addresses_are_written_as_everywhere() {
        let burn = |version| Address::new(version, Hash160([0; 20])).to_string();
        assert_eq!(burn(AddressVersion::MAINNET_SINGLE_SIG), "SP000000000000000000002Q6VF78");
        assert_eq!(burn(AddressVersion::TESTNET_SINGLE_SIG), "ST000000000000000000002AMW42H");
    }

    #[test]
    fn only_the_canonical_spelling_is_an_address() {
        assert!(DEPLOYER.parse::<Address>().is_ok());
        let lower = DEPLOYER.to_lowercase().replacen("st", "ST", 1);
        assert!(matches!(lower.parse::<Address>(), Err(AddressError::NotCanonical(..))));
        let mistyped = DEPLOYER.replacen("PQH", "PQJ", 1);
        assert!(matches!(mistyped.parse::<Address>(), Err(AddressError::Malformed(..))));
        for bad in ["", "S", "ST", "STé00000", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", &"S".repeat(5000)] {
            assert!(matches!(bad.parse::<Address>(), Err(AddressError::Malformed(..))), "{bad}");
        }
    }

    #[test]
    fn an_unused_version_is_shown_but_not_parsed() {
        let odd = Address::new(AddressVersion::from_byte(1).unwrap(), Hash160([7; 20]));
        let text = odd.to_string();
        assert!(text.starts_with("S1"));
        assert!(matches!(text.parse::<Address>(), Err(AddressError::UnknownVersion(_, 1))));
        assert_eq!(AddressVersion::from_byte(32), None);
    }

    #[test]
    fn principals_tell_contracts_from_accounts() {
        let contract = format!("{DEPLOYER}.pool-v1");
        assert!(matches!(contract.parse(), Ok(Principal::Contract(_))));
        assert!(matches!(DEPLOYER.parse(), Ok(Principal::Standard(_))));
        assert!(DEPLOYER.parse::<ContractId>().is_err());
        for bad in
            [format!("{DEPLOYER}."), format!("{DEPLOYER}.a.b"), ".a".to_owned(), format!("{DEPLOYER}.1")]
        {
            assert!(bad.parse::<Principal>().is_err(), "{bad}");
        }
        let json = serde_json::to_string(&contract.parse::<Principal>().unwrap()).unwrap();
        assert_eq!(json, format!("\"{contract}\""));
    }
}
