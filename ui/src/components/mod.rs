//! The parts that pages are made of. How they look is in `styles/20-components.css`.

mod address;
mod amount;
mod attention;
mod icon;
mod notice;
mod pill;
mod skeleton;
mod stat;

pub(crate) use address::{AddressText, CopyButton};
pub(crate) use amount::AmountCell;
pub(crate) use attention::Attention;
pub(crate) use icon::{Icon, IconName, Logo};
pub(crate) use notice::{Banner, Tone};
pub(crate) use pill::ConnectionPill;
pub(crate) use skeleton::Skeleton;
pub(crate) use stat::Stat;
