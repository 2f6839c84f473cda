//! Which accounts the application shows, and what they are for.

use bithedge_ipc::Role;
use bithedge_stacks::address::Address;

/// An account that the application follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, unique among the accounts.
    pub label: String,
    /// Its address.
    pub address: Address,
    /// What it is for.
    pub role: Option<Role>,
}

/// The part that a devnet's well-known account plays in the application, by its Clarinet label.
///
/// A devnet funds more accounts than the application has users; those without a part are not shown.
#[must_use]
pub fn role_on_devnet(label: &str) -> Option<Role> {
    match label {
        "wallet_1" => Some(Role::Protection),
        "wallet_2" => Some(Role::Income),
        _ => None,
    }
}
