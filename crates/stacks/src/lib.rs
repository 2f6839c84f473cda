//! Stacks, as far as a wallet and a local chain need it: Clarity values, addresses, transactions, keys, and a client for
//! nodes and the Stacks API.
//!
//! This crate knows nothing of BitHedge. It decides nothing either: no fee, nonce or post-condition is made up here.
//!
//! * [`clarity`] — values and their consensus serialisation.
//! * [`address`], [`name`], [`units`], [`network`] — what values and transactions are made of.
//! * [`transaction`] — reading, making, signing and verifying transactions.
//! * [`key`] — secret and public keys, mnemonics.
//! * [`render`] — a transaction in words, nothing left out, for somebody who is about to sign it.
//! * [`client`] — talking to nodes and to the Stacks API.
//!
//! # Untrusted input
//!
//! Decoders take bytes from anybody. They never panic, they refuse what a node refuses, and what they allocate is bounded
//! by the size of the input.
//!
//! # What comes from `stacks-rs`
//!
//! c32check encoding and decoding, behind checks of length, alphabet and spelling. Ours are the value and transaction
//! codecs (those of stacks-rs index into short input, and lack post-conditions when reading, contract deployment, the
//! originator mode and order-independent signatures), and the derivation of keys from mnemonics: on the same crates that
//! stacks-rs uses, but overwritten in memory after use (best effort: see [`key`]) and with BIP-39 passphrases. ECDSA is Bitcoin's library, in the version that
//! stacks-rs brings.

pub mod address;
pub mod clarity;
pub mod client;
mod codec;
mod hash;
pub mod key;
pub mod name;
pub mod network;
pub mod render;
pub mod transaction;
pub mod units;

pub use address::{Address, AddressVersion, ContractId, Hash160, Principal};
pub use clarity::Value;
pub use client::{ClientError, NodeClient};
pub use codec::DecodeError;
pub use key::{PublicKey, SecretKey, Seed};
pub use name::{ClarityName, ContractName};
pub use network::{ChainId, Network, TransactionVersion};
pub use transaction::{Payload, PostCondition, PostConditionMode, Transaction, TransactionBuilder, Txid};
pub use units::MicroStx;
