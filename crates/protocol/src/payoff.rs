//! What a policy promises and what is locked for it, in whole base units: the products of `docs/protocol.md`.
//!
//! Rounding is against the person who acts: what a buyer is paid rounds down, what stands behind it rounds up.
//! A policy protects `size` satoshis of BTC at `strike`; below the floor price the payout of a put stays at its cap.

use crate::{MicroStx, Ppm, Sats, UsdE8};

const SATS_PER_BTC: u128 = 100_000_000;
const MICRO_STX_PER_STX: u128 = 1_000_000;
/// One million: the whole in parts per million.
const PPM: u128 = 1_000_000;
/// Satoshis times 10^-8 USD are 10^-16 USD; in micro-STX of a price with 8 decimals that is a hundredth.
const SATS_TIMES_USD_PER_MICRO_STX: u128 = 100;

/// Why a payout or a lock has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayoffError {
    /// A strike, a settlement price or a price of STX that is zero.
    #[error("a price is zero")]
    ZeroPrice,
    /// A put's floor that is zero or not below its strike: the cap would be unlimited or nothing.
    #[error("the floor is not between zero and the strike")]
    FloorOutOfRange,
    /// An intermediate product above 2^128.
    #[error("the size and the prices are too large")]
    Overflow,
}

/// The price below which a put at `strike` pays no more: `strike * ratio`, rounded up, so that the cap rounds down.
///
/// # Errors
/// [`PayoffError::FloorOutOfRange`] if the result is zero or not below the strike; [`PayoffError::Overflow`].
pub fn floor_price(strike: UsdE8, ratio: Ppm) -> Result<UsdE8, PayoffError> {
    let floor = product(strike.base_units(), ratio.base_units())?.div_ceil(PPM);
    let floor = UsdE8::new(floor);
    if floor == UsdE8::ZERO || floor >= strike { Err(PayoffError::FloorOutOfRange) } else { Ok(floor) }
}

/// A put that is backed by sBTC and paid in sBTC. Its lock is never less than its payout, whatever the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SbtcPut {
    size: Sats,
    strike: UsdE8,
    floor: UsdE8,
}

impl SbtcPut {
    /// A put on `size` at `strike` that pays no more below `floor`.
    ///
    /// # Errors
    /// [`PayoffError::FloorOutOfRange`].
    pub fn new(size: Sats, strike: UsdE8, floor: UsdE8) -> Result<Self, PayoffError> {
        check_floor(strike, floor)?;
        Ok(Self { size, strike, floor })
    }

    /// The collateral: `ceil(size * (K - F) / F)`.
    ///
    /// # Errors
    /// [`PayoffError::Overflow`].
    pub fn lock(self) -> Result<Sats, PayoffError> {
        Ok(Sats::new(self.product_at_floor()?.div_ceil(self.floor.base_units())))
    }

    /// The most that is ever paid: `floor(size * (K - F) / F)`.
    ///
    /// # Errors
    /// [`PayoffError::Overflow`].
    pub fn cap(self) -> Result<Sats, PayoffError> {
        Ok(Sats::new(self.product_at_floor()? / self.floor.base_units()))
    }

    /// What is paid at the BTC price `settlement`: `min(floor(size * max(K - S, 0) / S), cap)`.
    ///
    /// # Errors
    /// [`PayoffError::ZeroPrice`]; [`PayoffError::Overflow`].
    pub fn payout(self, settlement: UsdE8) -> Result<Sats, PayoffError> {
        let loss = product(self.size.base_units(), excess(self.strike, settlement))?;
        let payout = loss.checked_div(settlement.base_units()).ok_or(PayoffError::ZeroPrice)?;
        Ok(Sats::new(payout).min(self.cap()?))
    }

    fn product_at_floor(self) -> Result<u128, PayoffError> {
        product(self.size.base_units(), excess(self.strike, self.floor))
    }
}

/// A put that is backed by STX and paid in STX at the price of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StxPut {
    size: Sats,
    strike: UsdE8,
    floor: UsdE8,
}

impl StxPut {
    /// A put on `size` at `strike` that pays no more below `floor`.
    ///
    /// # Errors
    /// [`PayoffError::FloorOutOfRange`].
    pub fn new(size: Sats, strike: UsdE8, floor: UsdE8) -> Result<Self, PayoffError> {
        check_floor(strike, floor)?;
        Ok(Self { size, strike, floor })
    }

    /// The collateral in USD that the promise calls for, at any price of STX:
    /// `ceil(ceil(size * (K - F) / 10^8) * collateral_ratio)`.
    ///
    /// # Errors
    /// [`PayoffError::Overflow`].
    pub fn required(self, collateral_ratio: Ppm) -> Result<UsdE8, PayoffError> {
        let promise =
            product(self.size.base_units(), excess(self.strike, self.floor))?.div_ceil(SATS_PER_BTC);
        Ok(UsdE8::new(product(promise, collateral_ratio.base_units())?.div_ceil(PPM)))
    }

    /// The collateral at the STX price of the sale: `ceil(required * 10^6 / P)`, with [`StxPut::required`].
    ///
    /// # Errors
    /// [`PayoffError::ZeroPrice`]; [`PayoffError::Overflow`].
    pub fn lock(self, stx_price: UsdE8, collateral_ratio: Ppm) -> Result<MicroStx, PayoffError> {
        if stx_price == UsdE8::ZERO {
            return Err(PayoffError::ZeroPrice);
        }
        let required = self.required(collateral_ratio)?.base_units();
        Ok(MicroStx::new(product(required, MICRO_STX_PER_STX)?.div_ceil(stx_price.base_units())))
    }

    /// What is promised at the BTC price `settlement` and the STX price `stx_price`:
    /// `floor(size * min(max(K - S, 0), K - F) / P)`.
    ///
    /// # Errors
    /// [`PayoffError::ZeroPrice`]; [`PayoffError::Overflow`].
    pub fn payout(self, settlement: UsdE8, stx_price: UsdE8) -> Result<MicroStx, PayoffError> {
        if settlement == UsdE8::ZERO {
            return Err(PayoffError::ZeroPrice);
        }
        let fall = excess(self.strike, settlement).min(excess(self.strike, self.floor));
        Ok(MicroStx::new(product(self.size.base_units(), fall)? / micro_stx_divisor(stx_price)?))
    }
}

/// A covered call, backed by the whole size in sBTC and paid in sBTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SbtcCall {
    /// The satoshis that the call is on.
    pub size: Sats,
    /// The strike.
    pub strike: UsdE8,
}

impl SbtcCall {
    /// The collateral: the size.
    #[must_use]
    pub fn lock(self) -> Sats {
        self.size
    }

    /// What is paid at the BTC price `settlement`: `floor(size * max(S - K, 0) / S)`.
    ///
    /// # Errors
    /// [`PayoffError::ZeroPrice`]; [`PayoffError::Overflow`].
    pub fn payout(self, settlement: UsdE8) -> Result<Sats, PayoffError> {
        product(self.size.base_units(), excess(settlement, self.strike))?
            .checked_div(settlement.base_units())
            .map(Sats::new)
            .ok_or(PayoffError::ZeroPrice)
    }
}

fn check_floor(strike: UsdE8, floor: UsdE8) -> Result<(), PayoffError> {
    if floor > UsdE8::ZERO && floor < strike { Ok(()) } else { Err(PayoffError::FloorOutOfRange) }
}

/// `max(a - b, 0)`.
fn excess(a: UsdE8, b: UsdE8) -> u128 {
    a.base_units().saturating_sub(b.base_units())
}

fn product(a: u128, b: u128) -> Result<u128, PayoffError> {
    a.checked_mul(b).ok_or(PayoffError::Overflow)
}

/// What satoshis times a price are divided by to give micro-STX.
fn micro_stx_divisor(stx_price: UsdE8) -> Result<u128, PayoffError> {
    match product(stx_price.base_units(), SATS_TIMES_USD_PER_MICRO_STX)? {
        0 => Err(PayoffError::ZeroPrice),
        divisor => Ok(divisor),
    }
}
