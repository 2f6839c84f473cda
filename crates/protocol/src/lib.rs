//! The domain of BitHedge: what an amount, a moment and a height are, and what may be done with them.
//!
//! Everything here is exact. Amounts are whole base units in newtypes that cannot be mixed up; there are no
//! floating-point numbers, and arithmetic that would overflow says so instead of wrapping.
//!
//! This crate has no input or output, no clock, no randomness and no type of any chain client, and it compiles to
//! WebAssembly: the window computes with the very code that the core computes with.
//!
//! On the wire (between core and window, and in files) every quantity is a decimal string, because a JSON number
//! loses digits above 2^53 in the window's JavaScript engine.

mod amount;
mod arith;
mod asset;
mod decimal;
mod height;
pub mod math;
pub mod payoff;
pub mod pool;
pub mod risk;
pub mod series;
mod signed;
mod time;
mod wire;

pub use amount::{AmountError, MicroStx, Ppm, Sats, UsdE8, UsdE12};
pub use arith::Overflow;
pub use asset::{Asset, TokenAmount};
pub use decimal::{DecimalParts, ParseDecimalError};
pub use height::{BlockHeight, BurnHeight};
pub use signed::{PpmChange, SatsChange, TokenChange, UsdChange};
pub use time::{CivilTime, Seconds, UnixSeconds};
