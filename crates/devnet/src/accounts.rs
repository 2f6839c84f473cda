//! The accounts that the devnet funds, and those with a part of their own.

pub use bithedge_vm::accounts::{ACCOUNTS, Account};

/// What the devnet's block producer is credited with: the fees. Nobody has its key.
pub(crate) const MINER: &str = "ST000000000000000000002AMW42H";

/// The account that the faucets pay from.
pub(crate) const FAUCET: &Account = &ACCOUNTS[9];
