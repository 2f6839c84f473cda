//! Words for values: how the page says what the core knows.

use bithedge_ipc::{Connection, Network, Role};
use bithedge_protocol::UnixSeconds;

/// The beginning and the end of an address, enough to recognise it by.
pub(crate) fn short_address(address: &str) -> String {
    const HEAD: usize = 6;
    const TAIL: usize = 6;
    let length = address.chars().count();
    if length <= HEAD + TAIL + 1 {
        return address.to_owned();
    }
    let head: String = address.chars().take(HEAD).collect();
    let tail: String = address.chars().skip(length - TAIL).collect();
    format!("{head}…{tail}")
}

/// How long ago a moment was, by this computer's clock: `12 s ago`, `just now`.
pub(crate) fn ago(now: UnixSeconds, moment: UnixSeconds) -> String {
    match now.since(moment) {
        // A second's difference is the two clocks' rounding.
        Some(age) if age.get() > 1 => format!("{age} ago"),
        _ => "just now".to_owned(),
    }
}

/// The age of a block. A devnet's time can be moved on, so a block may be ahead of this computer's clock.
pub(crate) fn block_age(now: UnixSeconds, block: UnixSeconds) -> String {
    match block.since(now) {
        Some(lead) if is_ahead(now, block) => format!("{lead} ahead"),
        _ => now.since(block).unwrap_or_default().to_string(),
    }
}

/// What the age of a block is counted against.
pub(crate) fn block_age_note(now: UnixSeconds, block: UnixSeconds) -> &'static str {
    if is_ahead(now, block) { "Of this computer's clock" } else { "Since the newest block" }
}

/// Whether a block is ahead of this computer's clock by more than clocks usually differ.
fn is_ahead(now: UnixSeconds, block: UnixSeconds) -> bool {
    block.since(now).is_some_and(|lead| lead.get() > 2)
}

/// What a user calls the network.
pub(crate) const fn network(network: Network) -> &'static str {
    match network {
        Network::Devnet => "Devnet",
        Network::Testnet => "Testnet",
        Network::Mainnet => "Mainnet",
        Network::Other => "Unknown network",
    }
}

/// One sentence on what the network's money is worth.
pub(crate) const fn network_money(network: Network) -> &'static str {
    match network {
        Network::Devnet => "Local chain, play money",
        Network::Testnet => "Public test chain, play money",
        Network::Mainnet => "Public chain, real money",
        Network::Other => "Not a known Stacks network",
    }
}

/// The name and the part of whoever uses an account.
pub(crate) const fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Protection => ("Protective Peter", "Buys protection"),
        Role::Income => ("Income Irene", "Earns premiums"),
    }
}

/// The connection's state: the machine's word, the user's word.
pub(crate) const fn connection(connection: &Connection) -> (&'static str, &'static str) {
    match connection {
        Connection::Starting => ("starting", "Starting"),
        Connection::Live => ("live", "Live"),
        Connection::Stale { .. } => ("stale", "Stale"),
        Connection::Unreachable { .. } => ("unreachable", "Unreachable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_address_keeps_both_ends_and_short_text_stays_whole() {
        assert_eq!(short_address("ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"), "ST1SJ3…Q8YPD5");
        assert_eq!(short_address("ST000000000"), "ST000000000");
        assert_eq!(short_address(""), "");
    }

    #[test]
    fn ages_survive_clocks_that_disagree() {
        let at = UnixSeconds::new;
        assert_eq!(ago(at(100), at(88)), "12 s ago");
        assert_eq!(ago(at(100), at(99)), "just now");
        assert_eq!(ago(at(100), at(500)), "just now");
        assert_eq!(block_age(at(100), at(40)), "1 min");
        assert_eq!(block_age(at(100), at(101)), "0 s");
        assert_eq!(block_age(at(0), at(u64::MAX)), "213503982334601 d 7 h ahead");
    }
}
