//! Bringing the suite onto a chain: plans in Clarinet's format, publishing, set-up, hand-over, and looking whether all of it
//! is there. It goes on from whatever is on the chain: started twice it does nothing, broken off it continues.
//!
//! ```text
//! plan      Clarinet's deployment plans
//! parties   who reports, votes and guards
//! inspect   what is on the chain
//! apply     what is missing, done
//! sender    transactions of one account, confirmed
//! wallet    where the key comes from
//! ```
//!
//! What it may not do: decide anything about the protocol. Which calls set the suite up, and with which values, is
//! [`bithedge_suite::setup`]'s.

pub mod apply;
pub mod inspect;
pub mod parties;
pub mod plan;
pub mod sender;
pub mod wallet;
