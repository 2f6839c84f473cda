//! What providing earned: realised, with the losing weeks in it.

use serde::{Deserialize, Serialize};

use super::health::Position;
use crate::arith::{self, Overflow, PPM, YEAR};
use crate::pool::{NavPair, PoolError};
use crate::{Asset, Ppm, PpmChange, Seconds, TokenAmount, TokenChange, UnixSeconds, UsdE8};

/// What a bucket's share was worth at a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosePoint {
    /// The boundary.
    pub at: UnixSeconds,
    /// The exit pair.
    pub pair: NavPair,
    /// The share generation: another one means that all shares before it became worthless.
    pub generation: u64,
    /// The price of BTC.
    pub btc: UsdE8,
    /// The price of STX.
    pub stx: UsdE8,
}

/// What a share was worth over time: the closes of a bucket, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The token that it is counted in.
    pub asset: Asset,
    /// The closes.
    pub closes: Vec<ClosePoint>,
}

/// The shares that the contract counts and nobody holds.
const VIRTUAL_SHARES: u128 = 1_000_000;
/// Minus 100 %.
const TOTAL_LOSS: PpmChange = PpmChange::new(-1_000_000);

/// A share's worth, in 10^-18 base units: a share starts at a millionth of one.
const SCALE: u128 = 1_000_000_000_000_000_000;

impl ClosePoint {
    /// What a share returned from this close to a later one, in the token: minus 100 % if its generation ended in between, zero
    /// if it was worth nothing before.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn change_to(&self, later: &Self) -> Result<PpmChange, PoolError> {
        relative(
            self.share_price()?,
            if later.generation == self.generation { later.share_price()? } else { 0 },
        )
    }

    /// Whether all shares of this close became worthless until the next one.
    const fn ends_at(&self, next: &Self) -> bool {
        self.generation != next.generation
    }

    /// Whether anybody held a share before it.
    const fn is_held(&self) -> bool {
        self.pair.shares.count() > VIRTUAL_SHARES
    }

    fn share_price(&self) -> Result<u128, PoolError> {
        if !self.is_held() {
            // What is in a bucket that is nobody's goes to whoever deposits: shares begin at one base unit for the virtual ones.
            return Ok(SCALE / VIRTUAL_SHARES);
        }
        Ok(arith::mul_div(self.pair.nav.base_units(), SCALE, self.pair.shares.count())?)
    }

    /// In 10^-18 base units times USD e8, cut to twelve digits less so that it can be counted.
    fn share_price_usd(&self, asset: Asset) -> Result<u128, PoolError> {
        let price = match asset {
            Asset::Sbtc => self.btc,
            Asset::Stx => self.stx,
        };
        Ok(arith::mul(self.share_price()? / 1_000, price.base_units())? / 1_000)
    }
}

/// The change from one price of a share to another; none from nothing.
fn relative(before: u128, after: u128) -> Result<PpmChange, PoolError> {
    if before == 0 {
        return Ok(PpmChange::ZERO);
    }
    PpmChange::relative(before, after).ok_or(PoolError::Overflow(Overflow))
}

impl History {
    /// The return since the first close, at each close: of one who holds shares throughout. Minus 100 % from the close at which
    /// a generation of shares ended.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn returns(&self) -> Result<Vec<PpmChange>, PoolError> {
        self.against_first(ClosePoint::share_price)
    }

    /// The same in USD: the token's own price is in it.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn returns_usd(&self) -> Result<Vec<PpmChange>, PoolError> {
        let asset = self.asset;
        self.against_first(|close| close.share_price_usd(asset))
    }

    fn against_first(
        &self,
        price: impl Fn(&ClosePoint) -> Result<u128, PoolError>,
    ) -> Result<Vec<PpmChange>, PoolError> {
        let Some(first) = self.closes.first() else { return Ok(Vec::new()) };
        let start = price(first)?;
        self.closes
            .iter()
            .map(|close| {
                let now = if close.generation == first.generation { price(close)? } else { 0 };
                relative(start, now)
            })
            .collect()
    }

    /// The return since the first close of its part ([`generations`](Self::generations)), at each close; at a close at which a
    /// generation ended minus 100 %,
    /// which is what those who were in it lost there. Those who came with the generation that began at that close stand at zero
    /// there: the next points are theirs.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn returns_by_generation(&self) -> Result<Vec<PpmChange>, PoolError> {
        self.by_generation(|part| part.returns())
    }

    /// The same in USD: the token's own price is in it.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn returns_usd_by_generation(&self) -> Result<Vec<PpmChange>, PoolError> {
        self.by_generation(|part| part.returns_usd())
    }

    /// How far the share is below the highest close of its part ([`generations`](Self::generations)) so far, at each close: zero or negative. At a close at which
    /// a generation ended minus 100 %; what is after it is a new generation's.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn drawdowns(&self) -> Result<Vec<PpmChange>, PoolError> {
        self.by_generation(|part| {
            let mut highest = 0;
            part.closes
                .iter()
                .map(|close| {
                    let price = close.share_price()?;
                    highest = highest.max(price);
                    relative(highest, price)
                })
                .collect()
        })
    }

    /// Figures of each generation one after another, with the loss of everything where the next one begins.
    fn by_generation(
        &self,
        figures: impl Fn(&Self) -> Result<Vec<PpmChange>, PoolError>,
    ) -> Result<Vec<PpmChange>, PoolError> {
        let mut all = Vec::with_capacity(self.closes.len());
        for part in self.generations() {
            all.extend(figures(&part)?);
        }
        let ended = self.closes.iter().zip(self.closes.iter().skip(1)).map(|(one, next)| one.ends_at(next));
        for (figure, ended) in all.iter_mut().skip(1).zip(ended) {
            if ended {
                *figure = TOTAL_LOSS;
            }
        }
        Ok(all)
    }

    /// The closes of each generation of shares, oldest first. One begins anew also at a close before which nobody held a share: a
    /// price that nobody's share had is nobody's gain or loss, and who deposited for that close got shares at it.
    #[must_use]
    pub fn generations(&self) -> Vec<Self> {
        let parts = self.closes.chunk_by(|one, next| !one.ends_at(next) && next.is_held());
        parts.map(|closes| Self { asset: self.asset, closes: closes.to_vec() }).collect()
    }

    /// The closes of the newest generation: of the shares that there are now.
    #[must_use]
    pub fn of_newest_generation(&self) -> Self {
        self.generations().pop().unwrap_or(Self { asset: self.asset, closes: Vec::new() })
    }

    /// The closes at which all shares that there were became worthless.
    #[must_use]
    pub fn ends(&self) -> Vec<UnixSeconds> {
        let neighbours = self.closes.iter().zip(self.closes.iter().skip(1));
        let ended = neighbours.filter(|(before, close)| before.ends_at(close));
        ended.map(|(_, close)| close.at).collect()
    }

    /// The deepest drawdown; zero of an empty history.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn worst_drawdown(&self) -> Result<PpmChange, PoolError> {
        Ok(self.drawdowns()?.into_iter().min().unwrap_or_default())
    }

    /// The worst return between two closes that are `span` or less apart, of those that a share was held through: minus 100 % if all
    /// shares that there were became worthless; zero if nothing was lost. A price that nobody's share had
    /// ([`generations`](Self::generations)) is nobody's loss.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn worst_within(&self, span: Seconds) -> Result<PpmChange, PoolError> {
        let is_near =
            |then: UnixSeconds, at: UnixSeconds| at.since(then).is_some_and(|elapsed| elapsed <= span);
        let neighbours = self.closes.iter().zip(self.closes.iter().skip(1));
        // Whoever was in it at the close before lost all.
        if neighbours.into_iter().any(|(before, close)| before.ends_at(close) && is_near(before.at, close.at))
        {
            return Ok(TOTAL_LOSS);
        }
        let mut worst = PpmChange::ZERO;
        for part in self.generations() {
            let prices = part
                .closes
                .iter()
                .map(|close| Ok((close.at, close.share_price()?)))
                .collect::<Result<Vec<_>, PoolError>>()?;
            for (index, (at, now)) in prices.iter().enumerate() {
                let before = prices.get(..index).unwrap_or_default();
                for (_, then) in before.iter().rev().take_while(|(then, _)| is_near(*then, *at)) {
                    worst = worst.min(relative(*then, *now)?);
                }
            }
        }
        Ok(worst)
    }

    /// The time that it covers.
    #[must_use]
    pub fn span(&self) -> Seconds {
        match (self.closes.first(), self.closes.last()) {
            (Some(first), Some(last)) => last.at.since(first.at).unwrap_or_default(),
            _ => Seconds::ZERO,
        }
    }
}

/// What a provider has earned and lost in a bucket, in its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealisedYield {
    /// What exits have paid, less what was paid in for it: negative after losses.
    pub realised: TokenChange,
    /// What is still at risk, less what was paid in for it.
    pub unrealised: TokenChange,
}

impl RealisedYield {
    /// Of a position whose shares are worth `at_risk`.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn of(position: &Position, at_risk: TokenAmount) -> Result<Self, PoolError> {
        let basis = arith::add(position.basis.base_units(), position.leaving_basis.base_units())?;
        Ok(Self {
            realised: TokenChange::between(position.basis_returned, position.proceeds),
            unrealised: TokenChange::between(TokenAmount::new(basis), at_risk),
        })
    }
}

/// Premiums over the capital that earned them, for a year of the same: what a provider would earn *if nothing paid out*. It is
/// not a yield, and must never be shown without those words.
///
/// # Errors
/// [`PoolError::Overflow`].
pub fn premium_rate_if_nothing_pays_out(
    premiums: TokenAmount,
    capital: TokenAmount,
    span: Seconds,
) -> Result<Option<Ppm>, PoolError> {
    if capital == TokenAmount::ZERO || span == Seconds::ZERO {
        return Ok(None);
    }
    let rate = arith::mul_div(premiums.base_units(), PPM, capital.base_units())?;
    Ok(Some(Ppm::new(arith::mul_div(rate, YEAR, span.get().into())?)))
}
