//! What the kinds of networks mean for somebody's money.

use bithedge_ipc::{ContractCheck, ContractCheckView, NetworkKind, NetworkVerdict, NetworkView};

/// Whether a network's money is worth something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Money {
    /// What is lost is lost.
    Real,
    /// It is worth nothing.
    Play,
}

impl Money {
    /// In two words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Real => "Real money",
            Self::Play => "Play money",
        }
    }

    /// For the style sheet and the test hook.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Play => "play",
        }
    }
}

/// Whether the money of such a network is worth something.
pub(crate) const fn money(kind: NetworkKind) -> Money {
    match kind {
        NetworkKind::Mainnet => Money::Real,
        NetworkKind::Devnet | NetworkKind::Testnet => Money::Play,
    }
}

/// What a network is for.
pub(super) const fn meaning(network: &NetworkView) -> &'static str {
    match (network.kind, network.is_own) {
        (NetworkKind::Devnet, false) => {
            "A small chain on this computer, for practice. You can move prices and time yourself and take as much play money as you like. It needs \
             no connection, but a program called Node.js."
        }
        (NetworkKind::Devnet, true) => "A devnet on this computer that you entered yourself.",
        (NetworkKind::Testnet, false) => {
            "A public chain for trying things out, together with others. Its coins are free and worth nothing."
        }
        (NetworkKind::Testnet, true) => "A testnet that you entered yourself. Its coins are worth nothing.",
        (NetworkKind::Mainnet, false) => "The real Stacks chain. What you buy, commit or lose there is real.",
        (NetworkKind::Mainnet, true) => {
            "The real Stacks chain, by nodes that you entered yourself. What you buy, commit or lose there is real."
        }
    }
}

/// Why a network cannot be used whatever its nodes say; `None` if it may be usable.
pub(super) const fn obstacle(network: &NetworkView) -> Option<&'static str> {
    // A devnet's suite is put there by BitHedge itself.
    if network.deployer.is_none() && !matches!((network.kind, network.is_own), (NetworkKind::Devnet, false)) {
        return Some(
            "BitHedge's contracts are not on this network, as far as this version knows. It cannot be used until somebody has put them there.",
        );
    }
    if network.sbtc.is_none() && matches!(network.kind, NetworkKind::Testnet) {
        return Some("It is not known which token stands for bitcoin on this network, so it cannot be used.");
    }
    None
}

/// Why a network cannot be used by what was found at its nodes just now: none of them can be, and that does not pass by itself. `None` if
/// one can be or may come to be, or none was asked.
pub(super) fn refusal(verdicts: &[NetworkVerdict]) -> Option<String> {
    if verdicts.iter().any(|verdict| verdict.is_usable || verdict.may_pass) {
        return None;
    }
    let first = verdicts.first()?;
    let why = first.problems.first().map(|problem| problem.happened.as_str()).unwrap_or_default();
    Some(format!("The check says that it cannot be used. {why} Check it again once that is mended."))
}

/// What is in a contract's place, in a few words.
pub(super) fn contract_words(check: &ContractCheck) -> String {
    match check {
        ContractCheck::Same => "The bundled source, byte for byte".to_owned(),
        ContractCheck::Missing => "Nothing is there".to_owned(),
        ContractCheck::OtherSource { line, .. } => {
            format!("Another source: line {line} is the first that differs")
        }
        ContractCheck::OtherVersion { bundled, found } => {
            format!("The same source, but in version {found} of the language instead of {bundled}")
        }
        ContractCheck::Unread { reason } => format!("It could not be looked at: {reason}"),
    }
}

/// For the style sheet and the test hook.
pub(super) const fn contract_code(check: &ContractCheck) -> &'static str {
    match check {
        ContractCheck::Same => "same",
        ContractCheck::Missing => "missing",
        ContractCheck::OtherSource { .. } => "other-source",
        ContractCheck::OtherVersion { .. } => "other-version",
        ContractCheck::Unread { .. } => "unread",
    }
}

/// All contracts of a verdict in one sentence.
pub(super) fn contracts_in_short(contracts: &[ContractCheckView]) -> String {
    let count = contracts.len();
    let same = contracts.iter().filter(|contract| contract.check == ContractCheck::Same).count();
    let unread =
        contracts.iter().filter(|contract| matches!(contract.check, ContractCheck::Unread { .. })).count();
    let others = count.saturating_sub(same).saturating_sub(unread);
    if count == 0 {
        return "The contracts were not looked at.".to_owned();
    }
    if same == count {
        return format!("All {count} contracts are the ones that BitHedge was made with, byte for byte.");
    }
    let mut parts = vec![format!("{same} of {count} contracts are the ones that BitHedge was made with")];
    if others > 0 {
        parts.push(format!(
            "{others} {}",
            if others == 1 { "differs or is missing" } else { "differ or are missing" }
        ));
    }
    if unread > 0 {
        parts.push(format!("{unread} could not be looked at"));
    }
    format!("{}.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{Fault, Notice};
    use bithedge_protocol::UnixSeconds;

    use super::*;

    fn network(kind: NetworkKind, is_own: bool) -> NetworkView {
        NetworkView {
            id: String::new(),
            name: String::new(),
            kind,
            endpoints: Vec::new(),
            is_own,
            deployer: Some("ST1".to_owned()),
            sbtc: Some("ST1.token".to_owned()),
        }
    }

    #[test]
    fn only_mainnet_is_called_real() {
        assert_eq!(money(NetworkKind::Mainnet), Money::Real);
        for kind in [NetworkKind::Devnet, NetworkKind::Testnet] {
            assert_eq!(money(kind), Money::Play);
        }
        for is_own in [false, true] {
            assert!(meaning(&network(NetworkKind::Mainnet, is_own)).contains("real"));
        }
    }

    #[test]
    fn a_network_without_contracts_says_why_it_cannot_be_used() {
        for (kind, is_own) in [
            (NetworkKind::Testnet, false),
            (NetworkKind::Mainnet, false),
            (NetworkKind::Devnet, true),
            (NetworkKind::Mainnet, true),
        ] {
            let complete = network(kind, is_own);
            assert_eq!(obstacle(&complete), None, "{kind:?}");
            assert!(obstacle(&NetworkView { deployer: None, ..complete }).is_some(), "{kind:?}");
        }
        let devnet = NetworkView { deployer: None, sbtc: None, ..network(NetworkKind::Devnet, false) };
        assert_eq!(obstacle(&devnet), None);
        let tokenless = NetworkView { sbtc: None, ..network(NetworkKind::Testnet, true) };
        assert!(obstacle(&tokenless).is_some());
    }

    #[test]
    fn a_network_is_not_used_that_no_node_is_good_for() {
        let verdict = |is_usable, why: &str| NetworkVerdict {
            network: String::new(),
            name: String::new(),
            kind: NetworkKind::Testnet,
            endpoint: String::new(),
            checked_at: UnixSeconds::new(0),
            is_usable,
            may_pass: false,
            has_api: true,
            identity: None,
            node: None,
            contracts: Vec::new(),
            problems: vec![Notice {
                fault: Fault::NotDeployed,
                happened: why.to_owned(),
                means: String::new(),
                remedy: String::new(),
                detail: String::new(),
            }],
            limits: Vec::new(),
        };
        assert_eq!(refusal(&[]), None, "nobody was asked");
        assert_eq!(refusal(&[verdict(false, "Down."), verdict(true, "")]), None, "one node is enough");
        // A node that does not answer now may answer in a moment: BitHedge goes on trying.
        assert_eq!(refusal(&[NetworkVerdict { may_pass: true, ..verdict(false, "Down.") }]), None);
        let words = refusal(&[verdict(false, "Other contracts are there."), verdict(false, "Down.")]);
        assert!(words.is_some_and(|words| words.contains("Other contracts are there.")));
    }

    #[test]
    fn contracts_are_counted_by_what_was_found() {
        let contract = |check| ContractCheckView { name: "vault".to_owned(), check };
        let same = || contract(ContractCheck::Same);
        assert!(contracts_in_short(&[]).contains("not looked at"));
        assert!(contracts_in_short(&[same(), same()]).starts_with("All 2"));
        let mixed = [
            same(),
            contract(ContractCheck::Missing),
            contract(ContractCheck::Unread { reason: "timeout".to_owned() }),
        ];
        assert_eq!(
            contracts_in_short(&mixed),
            "1 of 3 contracts are the ones that BitHedge was made with; 1 differs or is missing; 1 could not be looked at."
        );
    }
}
