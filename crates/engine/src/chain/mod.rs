//! Following the chain: read it consistently, judge the connection, publish.

pub(crate) mod follower;
pub(crate) mod node;
mod notices;
pub(crate) mod pace;
mod reading;
pub(crate) mod source;
mod tracker;
