//! The data that crosses between the window and the core, and the names it crosses under.
//!
//! Plain data with one meaning per type, serialised with serde, and nothing else: no rule, no computation, no input or
//! output. Both sides compile this crate (the window to WebAssembly), so a field cannot be renamed on one side only.
//!
//! Amounts, heights and moments are `bithedge-protocol` units and travel as decimal strings. What is not known is
//! `None`, never zero. Nothing secret belongs here: whatever these types hold may be shown in the main window.

mod account;
mod activity;
mod capital;
mod chain;
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
mod transactions;
mod wish;

pub use account::{AccountView, Role};
pub use activity::{ActivityLine, ActivityPage, ActivityPlace, Money};
pub use capital::{
    BucketHealth, CapitalPage, CapitalTotal, ExitOutlook, IfNothingPaidOut, Marking, PoolView, PositionView,
    RiskView, RoomView, SeriesRoom, SharePrice, StressCell, TierView, TiersPage, Waiting, YieldHistory,
    YieldPoint,
};
pub use chain::{ChainId, ChainSnapshot, ChainStatus, Connection, Network, Reorg, Tip};
pub use figure::{AsOf, AsOfBlock, BucketRef, Destination, Figure, Trust};
pub use governance::{GovernancePage, ProposalAction, ProposalState, ProposalView, RewardView, RewardsPage};
pub use home::{Attention, AttentionKind, HomePage};
pub use networks::{
    ChainIdentityView, ContractCheck, ContractCheckView, NetworkInput, NetworkKind, NetworkVerdict,
    NetworkView, NodeView,
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
pub use transactions::{
    ApprovalLine, ApprovalView, Moved, MovedAsset, ReceiptView, TransactionBlock, TransactionEvent,
    TransactionNote, TransactionNoteKind, TransactionPurpose, TransactionStage, TransactionStatus,
    TransactionView, Words,
};
pub use wish::{Ballot, Wish};

use serde::{Deserialize, Serialize};

/// The name under which the core sends every [`Event`].
pub const EVENT_NAME: &str = "bithedge";

/// The names of the commands that the window may call.
pub mod command {
    /// The latest [`ChainSnapshot`](crate::ChainSnapshot). No arguments.
    pub const CHAIN_SNAPSHOT: &str = "chain_snapshot";
    /// Reads the chain again at once instead of at the next interval. No arguments, no answer.
    pub const RETRY_CONNECTION: &str = "retry_connection";
    /// The current [`Preferences`](crate::Preferences). No arguments.
    pub const PREFERENCES: &str = "preferences";
    /// Sets and keeps the theme: argument `theme`, a [`Theme`](crate::Theme). Answers the new
    /// [`Preferences`](crate::Preferences), or a [`Notice`](crate::Notice) if they could not be kept.
    pub const SET_THEME: &str = "set_theme";
}

/// What the core tells the window without being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The chain, or the connection to it, changed.
    Chain(ChainSnapshot),
}
