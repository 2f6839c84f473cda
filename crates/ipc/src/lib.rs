//! The data that crosses between the window and the core, and the names it crosses under.
//!
//! Plain data with one meaning per type, serialised with serde, and nothing else: no rule, no computation, no input or
//! output. Both sides compile this crate (the window to WebAssembly), so a field cannot be renamed on one side only.
//!
//! Amounts, heights and moments are `bithedge-protocol` units and travel as decimal strings. What is not known is
//! `None`, never zero. Nothing secret belongs here, but in [`secret`], which crosses only to and from the window of secrets: whatever
//! the other types hold may be shown in the main window.

mod activity;
mod ask;
mod capital;
mod chain;
mod devnet;
mod figure;
mod governance;
mod home;
mod networks;
mod notice;
mod notification;
mod offers;
mod policies;
mod preferences;
mod protocol_page;
mod question;
pub mod secret;
mod session;
mod transactions;
mod wish;

pub use activity::{ActivityLine, ActivityPage, ActivityPlace, Money};
pub use ask::{
    BucketPage, ConfirmedOffer, MarketView, PageAnswer, PageQuery, PolicyPage, Proposed, SavedFile,
    TransactionsPage,
};
pub use capital::{
    BucketHealth, CapitalPage, CapitalTotal, ExitOutlook, IfNothingPaidOut, Marking, PoolView, PositionView,
    RiskView, RoomView, SeriesRoom, SharePrice, StressCell, TierView, TiersPage, Waiting, YieldHistory,
    YieldPoint,
};
pub use chain::{AccountBalance, ChainId, ChainSnapshot, ChainStatus, Connection, Network, Reorg, Tip};
pub use devnet::{DevnetDeed, DevnetFaults, DevnetView, PlayView, ScenarioView};
pub use figure::{AsOf, AsOfBlock, BucketRef, Destination, Figure, Trust};
pub use governance::{GovernancePage, ProposalAction, ProposalState, ProposalView, RewardView, RewardsPage};
pub use home::{Attention, AttentionKind, HomePage};
pub use networks::{
    ChainIdentityView, ContractCheck, ContractCheckView, NetworkInput, NetworkKind, NetworkVerdict,
    NetworkView, NodeView, SavedNetwork,
};
pub use notice::{Fault, Notice};
pub use notification::{Notification, NotificationKind};
pub use offers::{OfferView, OffersView};
pub use policies::{
    Backing, PoliciesPage, PolicyState, PolicyView, PolicyWorth, ProtectionSummary, ProtectionTotal, Step,
};
pub use preferences::{Preferences, Theme};
pub use protocol_page::{
    AnomalyView, BoundaryKind, BoundaryView, BreakerView, DisputeView, FeesView, FlagView, FundView,
    GatesView, OracleView, PricesView, ProtocolPage, ReporterView, TreasuryView,
};
pub use question::{Ask, AskedNetwork, Effect, QuestionState, QuestionView};
pub use session::{
    AccountView, BooksView, KeeperDuty, KeeperInput, KeeperLine, KeeperView, KeyProtection, KeyState,
    NetworkUse, SessionView, WalletKind, WalletView,
};
pub use transactions::{
    AlarmView, ApprovalLine, ApprovalView, Moved, MovedAsset, ReceiptView, TransactionBlock,
    TransactionEvent, TransactionNote, TransactionNoteKind, TransactionPurpose, TransactionStage,
    TransactionStatus, TransactionView, Words,
};
pub use wish::{Ballot, Wish};

use serde::{Deserialize, Serialize};

/// The name under which the core sends every [`Event`].
pub const EVENT_NAME: &str = "bithedge";

/// The labels of the application's windows. Each may call its own commands and no others.
pub mod window {
    /// Pages, and what is wished.
    pub const MAIN: &str = "main";
    /// What is asked before something is signed, and the answer.
    pub const QUESTION: &str = "question";
    /// Words and passphrases.
    pub const SECRET: &str = "secret";
}

/// The names of the commands, by the window that may call them. All that can fail answer a [`Notice`].
pub mod command {
    /// The main window's.
    pub mod main {
        /// The latest [`ChainSnapshot`](crate::ChainSnapshot). No arguments.
        pub const CHAIN_SNAPSHOT: &str = "chain_snapshot";
        /// Reads the chain again at once instead of at the next interval. No arguments, no answer.
        pub const RETRY_CONNECTION: &str = "retry_connection";
        /// The current [`Preferences`](crate::Preferences). No arguments. Every window may.
        pub const PREFERENCES: &str = "preferences";
        /// Sets and keeps the theme: argument `theme`, a [`Theme`](crate::Theme). Answers the new
        /// [`Preferences`](crate::Preferences).
        pub const SET_THEME: &str = "set_theme";
        /// Sets and keeps after how long it locks itself: argument `after`, [`Seconds`](bithedge_protocol::Seconds) of one minute to
        /// a day. A longer time than now is asked about first. Answers the [`Preferences`](crate::Preferences) in force.
        pub const SET_AUTO_LOCK: &str = "set_auto_lock";
        /// Sets and keeps whether the desktop is told what happens: argument `on`, true or false. Answers the new
        /// [`Preferences`](crate::Preferences).
        pub const SET_NOTIFIES: &str = "set_notifies";
        /// The [`SessionView`](crate::SessionView). No arguments. Every window may.
        pub const SESSION: &str = "session";
        /// A page: argument `query`, a [`PageQuery`](crate::PageQuery). Answers a [`PageAnswer`](crate::PageAnswer).
        pub const PAGE: &str = "page";
        /// What the chain says of an order: argument `order`, an [`Order`](bithedge_protocol::pool::Order). Answers a
        /// [`ConfirmedOffer`](crate::ConfirmedOffer).
        pub const CONFIRM_ORDER: &str = "confirm_order";
        /// Makes a question of a wish: arguments `wish`, a [`Wish`](crate::Wish), and `repeats`, the number of the given-up
        /// transaction that it is once more, or null. Answers [`Proposed`](crate::Proposed).
        pub const PROPOSE: &str = "propose";
        /// Asks for a higher fee for a transaction that waits: argument `transaction`, its number. Answers
        /// [`Proposed`](crate::Proposed).
        pub const RAISE_FEE: &str = "raise_fee";
        /// Asks for a transaction that takes the place of one that waits, so that nothing happens: argument `transaction`. Answers
        /// [`Proposed`](crate::Proposed).
        pub const CANCEL_TRANSACTION: &str = "cancel_transaction";
        /// Brings the window of the open question to the front. No arguments, no answer.
        pub const SHOW_QUESTION: &str = "show_question";
        /// Makes, or opens, the practice wallet on the devnet of this computer. No arguments, no answer: the session tells.
        pub const BEGIN_PRACTICE: &str = "begin_practice";
        /// Leaves the practice wallet for the person's own, or for the beginning. No arguments, no answer.
        pub const LEAVE_PRACTICE: &str = "leave_practice";
        /// Opens the window of secrets: argument `task`, a [`SecretTask`](crate::secret::SecretTask). No answer.
        pub const OPEN_SECRET: &str = "open_secret";
        /// Locks the keys. No arguments, no answer.
        pub const LOCK: &str = "lock";
        /// Uses another account: argument `account`, its id. No answer.
        pub const CHOOSE_ACCOUNT: &str = "choose_account";
        /// Adds the next account: argument `label`. No answer.
        pub const ADD_ACCOUNT: &str = "add_account";
        /// Renames an account: arguments `account`, its id, and `label`. No answer.
        pub const RENAME_ACCOUNT: &str = "rename_account";
        /// Watches an address: arguments `address` and `label`. No answer.
        pub const WATCH_ADDRESS: &str = "watch_address";
        /// Watches it no more: argument `account`, its id. No answer.
        pub const UNWATCH_ADDRESS: &str = "unwatch_address";
        /// All networks. No arguments. Answers a list of [`NetworkView`](crate::NetworkView).
        pub const NETWORKS: &str = "networks";
        /// Uses another network: argument `network`, its id. No answer: the session tells.
        pub const CHOOSE_NETWORK: &str = "choose_network";
        /// Checks a network without using it: argument `network`, its id. Answers a list of
        /// [`NetworkVerdict`](crate::NetworkVerdict).
        pub const CHECK_NETWORK: &str = "check_network";
        /// Keeps a network of the person's own, or asks whether it may be used: arguments `network`, the id of the one that it replaces,
        /// or null, and `input`, a [`NetworkInput`](crate::NetworkInput). Answers [`SavedNetwork`](crate::SavedNetwork).
        pub const SAVE_NETWORK: &str = "save_network";
        /// Forgets a network of the person's own: argument `network`, its id. No answer.
        pub const REMOVE_NETWORK: &str = "remove_network";
        /// What was told, newest first. No arguments. Answers a list of [`Notification`](crate::Notification).
        pub const NOTIFICATIONS: &str = "notifications";
        /// Writes the account's activity as CSV, where the person says in a dialog. No arguments. Answers a
        /// [`SavedFile`](crate::SavedFile), or null if the person thought better of it.
        pub const EXPORT_ACTIVITY: &str = "export_activity";
        /// Writes what helps to find a defect, without secrets. As [`EXPORT_ACTIVITY`].
        pub const SAVE_DIAGNOSTICS: &str = "save_diagnostics";
        /// Where everything is kept: answers a path. No arguments.
        pub const DATA_FOLDER: &str = "data_folder";
        /// Asks whether the keeper may sign alone: argument `order`, a [`KeeperInput`](crate::KeeperInput). Answers
        /// [`Proposed`](crate::Proposed).
        pub const PROPOSE_KEEPER: &str = "propose_keeper";
        /// Ends the keeper. No arguments, no answer.
        pub const STOP_KEEPER: &str = "stop_keeper";
        /// Asks whether a person has looked at what a transaction did without approval: argument `transaction`, its number. The question
        /// is about all its [`open_alarms`](crate::TransactionView::open_alarms). Answers [`Proposed`](crate::Proposed).
        pub const PROPOSE_ACKNOWLEDGEMENT: &str = "propose_acknowledgement";
        /// Asks whether the damaged list of transactions is set aside and a new one begun. No arguments. Answers
        /// [`Proposed`](crate::Proposed).
        pub const PROPOSE_NEW_JOURNAL: &str = "propose_new_journal";
        /// The devnet on this computer. No arguments. Answers a [`DevnetView`](crate::DevnetView), or null if it is not in use.
        pub const DEVNET: &str = "devnet";
        /// Does something to it: argument `deed`, a [`DevnetDeed`](crate::DevnetDeed). Answers the new
        /// [`DevnetView`](crate::DevnetView).
        pub const DEVNET_DO: &str = "devnet_do";

        /// All of them.
        pub const ALL: [&str; 37] = [
            CHAIN_SNAPSHOT,
            RETRY_CONNECTION,
            PREFERENCES,
            SET_THEME,
            SET_AUTO_LOCK,
            SET_NOTIFIES,
            SESSION,
            PAGE,
            CONFIRM_ORDER,
            PROPOSE,
            RAISE_FEE,
            CANCEL_TRANSACTION,
            SHOW_QUESTION,
            BEGIN_PRACTICE,
            LEAVE_PRACTICE,
            OPEN_SECRET,
            LOCK,
            CHOOSE_ACCOUNT,
            ADD_ACCOUNT,
            RENAME_ACCOUNT,
            WATCH_ADDRESS,
            UNWATCH_ADDRESS,
            NETWORKS,
            CHOOSE_NETWORK,
            CHECK_NETWORK,
            SAVE_NETWORK,
            REMOVE_NETWORK,
            NOTIFICATIONS,
            EXPORT_ACTIVITY,
            SAVE_DIAGNOSTICS,
            DATA_FOLDER,
            PROPOSE_KEEPER,
            STOP_KEEPER,
            PROPOSE_ACKNOWLEDGEMENT,
            PROPOSE_NEW_JOURNAL,
            DEVNET,
            DEVNET_DO,
        ];
    }

    /// Those of the window of questions.
    pub mod question {
        use super::main;

        /// The open [`QuestionView`](crate::QuestionView), or null if there is none. No arguments.
        pub const QUESTION: &str = "question";
        /// Yes: arguments `id` and `digest`, those of the question that was shown. No answer.
        pub const APPROVE: &str = "approve";
        /// No: argument `id`. No answer.
        pub const REFUSE: &str = "refuse";
        /// Opens the window of secrets to unlock the keys. No arguments, no answer.
        pub const UNLOCK_FIRST: &str = "unlock_first";

        /// All of them.
        pub const ALL: [&str; 6] =
            [QUESTION, APPROVE, REFUSE, UNLOCK_FIRST, main::PREFERENCES, main::SESSION];
    }

    /// Those of the window of secrets.
    pub mod secret {
        use super::main;

        /// What it was opened for: a [`SecretView`](crate::secret::SecretView), or null. No arguments.
        pub const SECRET: &str = "secret";
        /// New words: argument `count`, a [`WordCount`](crate::secret::WordCount). Answers
        /// [`SecretWords`](crate::secret::SecretWords). Words of before are forgotten.
        pub const NEW_WORDS: &str = "secret_new_words";
        /// Makes the wallet of these words: argument `creation`, a [`SecretCreation`](crate::secret::SecretCreation). Answers
        /// [`SecretDone`](crate::secret::SecretDone).
        pub const CREATE: &str = "secret_create";
        /// Makes the wallet of the person's words: argument `import`, a [`SecretImport`](crate::secret::SecretImport). Answers
        /// [`SecretDone`](crate::secret::SecretDone).
        pub const IMPORT: &str = "secret_import";
        /// Words that begin so: argument `prefix`. Answers a list of words.
        pub const SUGGEST: &str = "secret_suggest";
        /// Unlocks the keys: argument `unlock`, a [`SecretPassphrase`](crate::secret::SecretPassphrase). Answers
        /// [`SecretDone`](crate::secret::SecretDone).
        pub const UNLOCK: &str = "secret_unlock";
        /// Changes the passphrase: argument `change`, a [`SecretChange`](crate::secret::SecretChange). Answers
        /// [`SecretDone`](crate::secret::SecretDone).
        pub const CHANGE: &str = "secret_change";
        /// The words: argument `reveal`, a [`SecretPassphrase`](crate::secret::SecretPassphrase). Answers
        /// [`SecretWords`](crate::secret::SecretWords), with nothing asked.
        pub const REVEAL: &str = "secret_reveal";
        /// Forgets everything and closes the window. No arguments, no answer.
        pub const CLOSE: &str = "secret_close";

        /// All of them.
        pub const ALL: [&str; 10] =
            [SECRET, NEW_WORDS, CREATE, IMPORT, SUGGEST, UNLOCK, CHANGE, REVEAL, CLOSE, main::PREFERENCES];
    }
}

/// What the core tells the windows without being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The chain, or the connection to it, changed.
    Chain(ChainSnapshot),
    /// Wallet, accounts, network, question or keeper changed.
    Session(Box<SessionView>),
    /// The books or what the chain says may be others than when a page was last asked for: ask again.
    PagesChanged {},
    /// Something happened to a transaction.
    Transaction(Box<TransactionEvent>),
    /// Something to be told.
    Notification(Notification),
    /// The devnet on this computer changed.
    Devnet(Box<DevnetView>),
    /// The preferences changed.
    Preferences(Preferences),
}
