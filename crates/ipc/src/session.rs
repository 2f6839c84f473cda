//! Who uses the application: wallet, accounts, and the network in use.

use bithedge_protocol::{BlockHeight, MicroStx, Seconds, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::{NetworkKind, NetworkVerdict, NetworkView, Notice};

/// Whose keys are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalletKind {
    /// The practice wallet: made by the application for the devnet on this computer, and for that alone. Its money is worth nothing,
    /// and nobody is asked for a passphrase.
    Practice,
    /// The person's own: keys that the person keeps, or addresses that are watched.
    Own,
}

/// Whether keys can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// There are none: addresses can be watched.
    Absent,
    /// There are some, and they are locked.
    Locked,
    /// Transactions can be signed.
    Unlocked,
}

/// What it takes to open the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyProtection {
    /// The passphrase, and this user's keychain on this computer.
    PassphraseAndKeychain,
    /// The passphrase alone: a copy of the file can be attacked by guessing it.
    PassphraseAlone,
}

/// The wallet in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletView {
    /// Whose it is.
    pub kind: WalletKind,
    /// Whether its keys can be used.
    pub keys: KeyState,
    /// What it takes to open them; `None` without keys, or if the key file cannot be read.
    pub protection: Option<KeyProtection>,
    /// After how long without anybody there it locks itself.
    pub auto_lock: Seconds,
    /// What is wrong with it, and what to do: a damaged list of accounts, a key file that cannot be read.
    pub problem: Option<Notice>,
}

/// An account of the wallet. What it can spend is in [`ChainSnapshot`](crate::ChainSnapshot).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// What it is named by, on every network: `derived-0`, `watched-SP…`.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// Its Stacks address (c32check) on the network in use.
    pub address: String,
    /// Whether there is a key for it here; if not, it is only watched.
    pub can_sign: bool,
    /// Whether it was checked against the keys that it is the person's own: only while they are unlocked. Before that it must not be
    /// shown as a place to receive money at.
    pub is_verified: bool,
}

/// How far the books of what happened on the chain are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BooksView {
    /// Their newest block; `None` while they are empty.
    pub height: Option<BlockHeight>,
    /// The chain's newest block, as far as it is known.
    pub tip: Option<BlockHeight>,
    /// Whether they are what the chain holds.
    pub is_current: bool,
    /// What is the matter with them, if something is.
    pub problem: Option<Notice>,
}

/// The network in use, and whether it can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkUse {
    /// None was chosen yet.
    None,
    /// It is being started or checked.
    Opening {
        /// Which.
        network: NetworkView,
        /// What is done just now, in words.
        doing: String,
    },
    /// It cannot be used; it is tried again by itself where that may help.
    Unusable {
        /// Which.
        network: NetworkView,
        /// What was found, a verdict for each node that was asked; empty if it did not come so far.
        verdicts: Vec<NetworkVerdict>,
        /// The same in words.
        notice: Notice,
    },
    /// It was checked, and is used.
    Ready {
        /// Which.
        network: NetworkView,
        /// How far the books are.
        books: BooksView,
    },
    /// It was used until something was found that must not be: nothing is signed, sent or shown any more.
    Halted {
        /// Which.
        network: NetworkView,
        /// Why, and what to do.
        notice: Notice,
    },
}

impl NetworkUse {
    /// Which network, if one was chosen.
    #[must_use]
    pub const fn network(&self) -> Option<&NetworkView> {
        match self {
            Self::None => None,
            Self::Opening { network, .. }
            | Self::Unusable { network, .. }
            | Self::Ready { network, .. }
            | Self::Halted { network, .. } => Some(network),
        }
    }

    /// What kind of chain it is.
    #[must_use]
    pub fn kind(&self) -> Option<NetworkKind> {
        self.network().map(|network| network.kind)
    }

    /// Whether pages can be asked for.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }
}

/// Everything about who uses the application and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Grows with every change, so that one that arrives late can be told from a new one.
    pub revision: u64,
    /// The wallet in use; `None` before the person has made, imported or watched anything: the window begins with that.
    pub wallet: Option<WalletView>,
    /// Whether there are keys of the person's own, in use or not.
    pub has_own_keys: bool,
    /// The accounts, in their order, those with keys first.
    pub accounts: Vec<AccountView>,
    /// The account in use, by its id; `None` without accounts on this network.
    pub account: Option<String>,
    /// The network.
    pub network: NetworkUse,
    /// The number of the question that waits for an answer in its own window; `None` if none does.
    pub question: Option<u64>,
    /// The question whose place it took because the terms had changed; `None` if it is asked for the first time.
    #[serde(default)]
    pub asked_anew_for: Option<u64>,
    /// Whether the keeper is on, and until when.
    pub keeper: KeeperView,
    /// What has to be said about this start, such as that what was remembered of the last one was damaged; usually nothing.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

impl SessionView {
    /// The account in use.
    #[must_use]
    pub fn account_in_use(&self) -> Option<&AccountView> {
        let id = self.account.as_ref()?;
        self.accounts.iter().find(|account| account.id == *id)
    }
}

/// What the keeper does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeeperDuty {
    /// Settles expiries, closes epochs, records boundaries that were left out, ends policies that ran out, checks the oracle.
    ServePool,
    /// Has settled policies paid to their owners.
    ClaimForOthers,
    /// Has the account's own bounties and allocations paid.
    CollectRewards,
    /// Reports prices; only an authorised reporter can.
    ReportPrices,
}

/// What a person lets the keeper do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeeperInput {
    /// What.
    pub duties: Vec<KeeperDuty>,
    /// Only what brings more than its fee.
    pub only_if_paid: bool,
    /// The most for one call's fee.
    pub a_call: MicroStx,
    /// The most for fees of any 24 hours.
    pub a_day: MicroStx,
    /// For how long.
    pub lasts: Seconds,
}

/// The keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeeperView {
    /// It does nothing.
    Off,
    /// It does nothing yet: what it is allowed stands in a file, and only the keys, once they are unlocked, tell whether a person allowed
    /// it.
    Waiting,
    /// It works.
    On {
        /// For which account, by its address.
        account: String,
        /// What it may do.
        order: KeeperInput,
        /// Until when.
        until: UnixSeconds,
        /// What it last did or why it waits, newest first; a sentence each, with its time.
        log: Vec<KeeperLine>,
    },
    /// Something moved that was not approved: it does nothing until the person has looked at it.
    Stopped {
        /// The transactions, by their numbers.
        alarms: Vec<u64>,
        /// In words.
        notice: Notice,
    },
}

/// Something that the keeper did, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperLine {
    /// When, by this computer's clock.
    pub at: UnixSeconds,
    /// A sentence.
    pub words: String,
    /// Whether it is a failure.
    pub is_problem: bool,
}
