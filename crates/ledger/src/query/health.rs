//! How buckets stood.

use bithedge_protocol::risk::{Health, Standing};
use bithedge_protocol::{Ppm, TokenAmount, UnixSeconds, UsdE8};

use super::{BucketKey, Snapshot, TimeRange, Trust};
use crate::error::LedgerError;
use crate::row::{Column, DamagedRow};
use crate::tables::HealthRow;

/// A bucket's health, from a moment on; everybody in the bucket shares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthPoint {
    /// Since when: the time of the block.
    pub at: UnixSeconds,
    /// How it stands.
    pub health: Health,
    /// Its assets then.
    pub assets: TokenAmount,
    /// What its promises called for.
    pub needed: TokenAmount,
    /// The price of STX.
    pub stx: UsdE8,
}

/// How a bucket stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthHistory {
    /// Oldest first.
    pub points: Vec<HealthPoint>,
    /// Whether all this can be relied on: the bucket's books, its terms, and the prices.
    pub trust: Trust,
}

impl Snapshot<'_> {
    /// How a bucket stood in a range, oldest first: a point for every change of its standing, and whenever its ratio moved by
    /// a hundredth, at prices, closes and settlements.
    ///
    /// # Errors
    /// Those of storage.
    pub fn health_history(&self, key: &BucketKey, range: TimeRange) -> Result<HealthHistory, LedgerError> {
        let [from, to] = range.parameters();
        let rows = self.rows::<HealthRow>(
            "WHERE tier = ? AND token = ? AND at BETWEEN ? AND ? ORDER BY height, tx, event",
            &[key.tier.to_sql(), key.token.to_sql(), from, to],
        )?;
        let points = rows.into_iter().map(|row| {
            let standing = match row.standing {
                0 => Standing::Healthy,
                1 => Standing::Warning,
                2 => Standing::MarginCall,
                3 => Standing::Liquidating,
                _ => return self.at(Err(DamagedRow { table: "health" }.into())),
            };
            Ok(HealthPoint {
                at: UnixSeconds::new(row.at),
                health: Health { ratio: row.ratio.map(Ppm::new), standing },
                assets: TokenAmount::new(row.assets),
                needed: TokenAmount::new(row.needed),
                stx: UsdE8::new(row.stx),
            })
        });
        Ok(HealthHistory { points: points.collect::<Result<_, _>>()?, trust: self.trust_of_bucket(key) })
    }
}
