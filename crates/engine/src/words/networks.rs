//! Words for what is wrong with a network.

use bithedge_ipc::{Fault, Notice};

use super::{NOTHING_SENT, Notices, notice};
use crate::networks::{
    ChainChange, ContractState, EndpointError, Limit, NotDeployed, Problem, ProfileError, ProfilesError,
};

/// A network that was checked and is not used.
const NOT_USED: &str =
    "Your money is safe: nothing is signed for this network, sent to it, or believed of it.";

fn plain(fault: Fault, happened: impl Into<String>, means: &str, remedy: &str, detail: &str) -> Notice {
    notice(fault, happened, means, remedy, &detail)
}

impl Notices for Problem {
    fn notice(&self) -> Notice {
        match self {
            Self::NotDeployed => plain(
                Fault::NotDeployed,
                "BitHedge is not deployed on this network, as far as this version knows.",
                "Nothing can be bought or committed there, and no money can be lost there.",
                "Use another network. If you know where BitHedge is deployed there, enter it as a network of your own.",
                "",
            ),
            Self::NoAnswer { reason } => plain(
                Fault::NodeUnreachable,
                "The node does not answer.",
                NOT_USED,
                "Check that this computer is connected, and try again. If it lasts, use another node.",
                reason,
            ),
            Self::BadAnswer { reason } => plain(
                Fault::NodeMalformed,
                "The node gave an answer that makes no sense, so it is not used.",
                NOT_USED,
                "Check the address: it may not be that of a Stacks node. If it is right, use another node.",
                reason,
            ),
            Self::TooSlow { seconds } => plain(
                Fault::NodeSlow,
                format!("The node was not checked to the end within {seconds} seconds."),
                NOT_USED,
                "Try again later, or use another node.",
                "",
            ),
            Self::OtherChain { expected, found } => plain(
                Fault::ChainChanged,
                format!("The node is on chain {found}, and this network is chain {expected}."),
                NOT_USED,
                "Check the address of the node, and what kind of network it belongs to.",
                "",
            ),
            Self::NotSynced { height } => plain(
                Fault::NodeSyncing,
                format!("The node has not caught up with the chain: it is at block {height}."),
                "Your money is safe. What the node says is old, so nothing is decided by it.",
                "Wait until the node has caught up, or use another node.",
                "",
            ),
            Self::Contract { contract, state } => contract_notice(contract.name(), state),
            Self::Superseded { contract, current } => {
                let name = contract.name();
                let (happened, detail) = match current {
                    Some(current) => (
                        format!(
                            "The contract {name} was replaced by a newer one that this version does not know."
                        ),
                        format!("in force is {current}"),
                    ),
                    None => (
                        format!("The contract {name} is not in force on this network."),
                        "nothing is in force in its place".to_owned(),
                    ),
                };
                plain(
                    Fault::SuiteUpgraded,
                    happened,
                    "Policies and capital stay as they are on the chain. This version could show wrong figures, so it shows none.",
                    "Install the newest version of BitHedge.",
                    &detail,
                )
            }
            Self::UnknownPart { name, address } => plain(
                Fault::SuiteUpgraded,
                format!("BitHedge has a part on this network that this version does not know: {name}."),
                "Policies and capital stay as they are on the chain. This version could show wrong figures, so it shows none.",
                "Install the newest version of BitHedge.",
                &address.to_string(),
            ),
            Self::OtherSbtc { expected, found } => plain(
                Fault::SuiteDiffers,
                "The contracts keep another sBTC token than the one of this network.",
                NOT_USED,
                "Do not use this network. On a testnet, look at which token you have entered.",
                &match found {
                    Some(found) => format!("{found} instead of {expected}"),
                    None => format!("none instead of {expected}"),
                },
            ),
            Self::NotHandedOver { deployer } => plain(
                Fault::SuiteDiffers,
                "Whoever deployed BitHedge on this network has not handed it over: they can still change anything without a vote.",
                "They could report prices of their own, or take what others paid in. Nothing is signed for this network, or sent to it.",
                "Do not use this network until it is handed over. On a testnet of your own, complete the set-up.",
                &format!("the deployer is {deployer}"),
            ),
            Self::NoBeginning => plain(
                Fault::NotOffered,
                "The node has no Stacks API, so it cannot be told which chain it serves.",
                "A chain that is begun anew has the same number. What you signed could be sent on the wrong one, or twice, so nothing \
                 is signed.",
                "Use a node with the Stacks API. If this one has it, try again.",
                "",
            ),
            Self::NoSbtcToken { expected } => plain(
                Fault::SuiteDiffers,
                "The sBTC token of this network is not where it should be.",
                NOT_USED,
                "On a testnet, look at which token you have entered. Otherwise use another node.",
                &expected.to_string(),
            ),
        }
    }
}

fn contract_notice(name: &str, state: &ContractState) -> Notice {
    const REPLACED: &str = "Whoever put it there decides what it does with money. Nothing is signed for this network, or sent to it.";
    const AWAY: &str = "Do not use this network. If you entered it yourself, look at who should have deployed BitHedge there, and \
                        for a newer version.";
    match state {
        ContractState::Same => plain(
            Fault::SuiteDiffers,
            format!("The contract {name} is as it should be."),
            "Your money is not affected.",
            "There is nothing to do.",
            "",
        ),
        ContractState::Missing => plain(
            Fault::SuiteDiffers,
            format!("The contract {name} is not on this network."),
            NOT_USED,
            "Look at who should have deployed BitHedge there. A devnet that was begun anew has to be set up anew.",
            "",
        ),
        ContractState::OtherSource(difference) => {
            let line =
                |text: Option<&str>| text.map_or_else(|| "the end".to_owned(), |text| format!("“{text}”"));
            plain(
                Fault::SuiteDiffers,
                format!(
                    "The contract {name} on this network is another one than BitHedge's: line {} differs.",
                    difference.line
                ),
                REPLACED,
                AWAY,
                &format!(
                    "line {} is {}, and should be {}; {} lines, and should be {}",
                    difference.line,
                    line(difference.found.as_deref()),
                    line(difference.bundled),
                    difference.found_lines,
                    difference.bundled_lines
                ),
            )
        }
        ContractState::OtherVersion { bundled, found } => plain(
            Fault::SuiteDiffers,
            format!(
                "The contract {name} is deployed in another version of its language than it is written in."
            ),
            "The same text may do something else with money there. Nothing is signed for this network, or sent to it.",
            AWAY,
            &format!("{found} instead of Clarity{bundled}"),
        ),
        ContractState::Unread { reason } => plain(
            Fault::NodeFailing,
            format!(
                "The contract {name} could not be looked at, so it is not known whether it is the right one."
            ),
            NOT_USED,
            "Try again. If it lasts, use another node.",
            reason,
        ),
    }
}

impl Notices for Limit {
    fn notice(&self) -> Notice {
        match self {
            Self::NoApi => plain(
                Fault::NotOffered,
                "The node has no Stacks API, so there is no history from it.",
                "Policies, capital and past transactions are not shown, nothing is announced, and a chain that is begun anew is not \
                 noticed; so nothing is signed there.",
                "Use a node with the Stacks API to see everything.",
                "",
            ),
            Self::IndexBehind { node, index } => plain(
                Fault::IndexBehind,
                format!("The node's index is at block {index}, and the node at block {node}."),
                "Your money is safe. History and lists are right as of the older block.",
                "This usually passes by itself. If it lasts, use another node.",
                "",
            ),
            Self::SyncUnknown => plain(
                Fault::NodeSyncing,
                "The node does not say whether it has caught up with the chain.",
                "What it shows may be older than the chain.",
                "Compare the newest block with a block explorer, or use another node.",
                "",
            ),
            Self::VersionsUnknown => plain(
                Fault::NotOffered,
                "The node does not say in which version of its language a contract is deployed.",
                "The contracts' texts are the right ones, byte for byte; only this could not be checked.",
                "Use a newer node to have it checked as well.",
                "",
            ),
            Self::PartsUnknown => plain(
                Fault::NotOffered,
                "It could not be looked up completely whether BitHedge has newer parts on this network.",
                "The parts that this version knows were checked and are in force.",
                "Use a node with the Stacks API to have it checked as well.",
                "",
            ),
        }
    }
}

impl Notices for ChainChange {
    fn notice(&self) -> Notice {
        const STOPPED: &str = "Everything is stopped: nothing is signed, sent or believed until the network is checked anew. What \
                               was on the chain before is not touched by BitHedge.";
        match self {
            Self::OtherChain { .. } => notice(
                Fault::ChainChanged,
                "The node is on another chain than before.",
                STOPPED,
                "Check which node this is. If the change is meant, have the network checked anew.",
                self,
            ),
            Self::OtherBeginning { .. } => notice(
                Fault::ChainChanged,
                "The chain was begun anew: it has the same number, and other blocks from the first one on.",
                STOPPED,
                "If you have reset the devnet, have the network checked anew. Otherwise do not use this node.",
                self,
            ),
            Self::Unchecked => notice(
                Fault::ChainChanged,
                "The network has not been checked since it was chosen or has changed.",
                NOTHING_SENT,
                "Have the network checked.",
                self,
            ),
            Self::Unreadable(error) => {
                let why = error.notice();
                Notice {
                    means: "It cannot be told whether this is still the same chain, so nothing is sent until it can.".to_owned(),
                    ..why
                }
            }
        }
    }
}

impl Notices for NotDeployed {
    fn notice(&self) -> Notice {
        Notice { detail: self.to_string(), ..Problem::NotDeployed.notice() }
    }
}

impl Notices for EndpointError {
    fn notice(&self) -> Notice {
        let (happened, remedy) = match self {
            Self::NotAnAddress => {
                ("This is not the address of a node.", "Enter one such as https://api.hiro.so.")
            }
            Self::TooLong => ("The address is longer than any address of a node.", "Enter its host alone."),
            Self::Scheme => {
                ("The address begins with something else than https://.", "Enter an address with https://.")
            }
            Self::NotEncrypted => (
                "The address has no encryption, so that anybody on the way could change what the node says.",
                "Enter an address with https://. Only a node on this computer may be reached by http://.",
            ),
            Self::MoreThanAHost => (
                "The address has more in it than a host and a port.",
                "Leave out user names, keys, and everything behind the host: it would be kept unprotected.",
            ),
            Self::PortZero => {
                ("Nobody can be reached at port 0.", "Enter the port that the node listens at.")
            }
        };
        notice(Fault::InputUnfit, happened, "Nothing was kept, and nobody was asked.", remedy, self)
    }
}

impl Notices for ProfileError {
    fn notice(&self) -> Notice {
        let input = |happened: String, remedy: &str| {
            notice(Fault::InputUnfit, happened, "Nothing was kept, and nobody was asked.", remedy, self)
        };
        match self {
            Self::Name => input(
                "The name of the network cannot be used.".to_owned(),
                "Choose one of 1 to 40 ordinary characters on one line.",
            ),
            Self::NameTaken { name } => input(
                format!(
                    "There is a network called {name} already, and the two would be mistaken for each other."
                ),
                "Choose another name.",
            ),
            Self::EndpointCount { .. } => {
                input("A network has one to four nodes.".to_owned(), "Enter that many addresses.")
            }
            Self::Endpoint { place, error } => {
                let why = error.notice();
                Notice { happened: format!("Node {place}: {}", why.happened), ..why }
            }
            Self::SameEndpoint(endpoint) => {
                input(format!("The node {endpoint} is entered twice."), "Enter each node once.")
            }
            Self::NotLocal(endpoint) => input(
                format!("A devnet runs on this computer, and {endpoint} is another one."),
                "Choose testnet as the kind of the network.",
            ),
            Self::Deployer => input(
                "The deployer is not a Stacks address in its usual spelling.".to_owned(),
                "Copy the address again, from where it comes from.",
            ),
            Self::Token => input(
                "The sBTC token is not the name of a contract.".to_owned(),
                "Enter its address, a dot and its name.",
            ),
            Self::Deployment(error) => {
                Notice { means: "Nothing was kept, and nobody was asked.".to_owned(), ..error.notice() }
            }
            Self::TokenElsewhere(token) => input(
                format!("The sBTC token {token} belongs to another kind of network."),
                "Enter the token of this network.",
            ),
            Self::TokenIsKnown(kind) => input(
                format!("The sBTC token of the {kind} is known, and another one would be a fake."),
                "Leave the field empty.",
            ),
            Self::TokenAlone => input(
                "An sBTC token is entered without saying who deployed BitHedge there.".to_owned(),
                "Enter the deployer as well, or leave both empty.",
            ),
        }
    }
}

impl Notices for ProfilesError {
    fn notice(&self) -> Notice {
        const NO_MONEY: &str = "Your money is not affected: the list says only which nodes are asked.";
        match self {
            Self::Newer { .. } => notice(
                Fault::FileNewer,
                "The list of your networks was written by a later version of BitHedge.",
                NO_MONEY,
                "Install the later version and use that. The file is left as it is.",
                self,
            ),
            Self::Profile(error) => error.notice(),
            Self::Unknown(_) => notice(
                Fault::InputUnfit,
                "There is no such network among your own.",
                NO_MONEY,
                "Choose one that is in the list. The built-in ones cannot be changed.",
                self,
            ),
            Self::TooMany => notice(
                Fault::InputUnfit,
                "The list of your networks is full.",
                NO_MONEY,
                "Remove one that is not needed any more.",
                self,
            ),
            Self::DiskFull { .. } => notice(
                Fault::DiskFull,
                "The disk is full, so the list of your networks could not be kept.",
                NO_MONEY,
                "Make room on the disk, then try again.",
                self,
            ),
            Self::NotAllowed { .. } => notice(
                Fault::FileUnusable,
                "The list of your networks may not be read or written.",
                NO_MONEY,
                "Give yourself the right to the file that is named below, then try again.",
                self,
            ),
            Self::NotConfirmed { .. } => notice(
                Fault::FileUnusable,
                "The list of your networks is written, but the disk did not confirm it.",
                NO_MONEY,
                "After a loss of power, look whether it is the old one again.",
                self,
            ),
            Self::Io { .. } => notice(
                Fault::FileUnusable,
                "The list of your networks could not be read or written.",
                NO_MONEY,
                "Try again. If it stays so, have the disk looked at.",
                self,
            ),
        }
    }
}
