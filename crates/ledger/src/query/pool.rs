//! Buckets, their books, and who is in them.

use bithedge_protocol::pool::{
    BookedSeries, Bucket, CollateralTerms, Expiry, NavPair, OverflowRule, PoolError, Shares, TierTerms,
};
use bithedge_protocol::risk::{Position, PositionValue, RealisedYield};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

use super::{BucketKey, Listing, Snapshot, Trust, amount, trouble};
use crate::error::{LedgerError, Trouble};
use crate::project::Step;
use crate::project::positions::{Records, nothing, up_to_date};
use crate::row::{Column, DamagedRow};
use crate::tables::*;
use crate::work::fetch;

/// A bucket: what quotes, marks and health are computed from, and what else it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRecord {
    /// Its token.
    pub token: Principal,
    /// Its books, as the domain computes with them.
    pub bucket: Bucket,
    /// The share generation.
    pub generation: u64,
    /// The time of the last request for the epoch after the open one.
    pub next_request: UnixSeconds,
    /// Deposits that were returned and wait to be claimed.
    pub refunds: TokenAmount,
    /// Exits that were filled and wait to be claimed.
    pub filled: TokenAmount,
    /// Reserved for settled policies.
    pub claims: TokenAmount,
    /// Prepaid bounties.
    pub pot: TokenAmount,
    /// Policies sold and not ended.
    pub policies: u64,
    /// All premiums so far.
    pub premiums: TokenAmount,
    /// All payouts so far.
    pub payouts: TokenAmount,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// A provider in a bucket, brought up to date with all closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRecord {
    /// The bucket.
    pub bucket: BucketKey,
    /// Shares, queue, basis, proceeds.
    pub position: Position,
    /// Of [`Position::claimable`], deposits that came back.
    pub returned: TokenAmount,
    /// What waits for which epoch: deposit and exit.
    pub requests: Vec<(u64, TokenAmount, Shares)>,
    /// What it is worth at the last close.
    pub value: PositionValue,
    /// What it has earned or lost.
    pub result: RealisedYield,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// A tier's figures in one token (seed 3, `tierMetrics`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketStatistics {
    /// The bucket.
    pub bucket: BucketKey,
    /// The tier's name.
    pub tier_name: String,
    /// Its assets.
    pub capital: TokenAmount,
    /// The most that it takes.
    pub capacity: TokenAmount,
    /// Collateral locked.
    pub locked: TokenAmount,
    /// Collateral needed, of what may back sales; at the newest price of STX. `None` while there is none.
    pub utilisation: Option<Ppm>,
    /// Providers with shares, queued shares or waiting requests.
    pub providers: u64,
    /// Policies sold and not ended.
    pub active_policies: u64,
    /// All premiums so far.
    pub premiums: TokenAmount,
    /// All payouts so far.
    pub payouts: TokenAmount,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// What positions are computed from in a snapshot.
struct Stored<'s, 'c>(&'s Snapshot<'c>);

impl Records for Stored<'_, '_> {
    fn epoch(&mut self, tier: u8, token: &Principal, epoch: u64) -> Step<Option<EpochRow>> {
        Ok(fetch(&self.0.connection, &(tier, token.clone(), epoch))?)
    }

    fn exit_generation(
        &mut self,
        tier: u8,
        token: &Principal,
        generation: u64,
    ) -> Step<Option<ExitGenerationRow>> {
        Ok(fetch(&self.0.connection, &(tier, token.clone(), generation))?)
    }
}

fn uncountable(error: PoolError) -> Trouble {
    Trouble::Uncountable(error.to_string())
}

impl Snapshot<'_> {
    /// A collateral token's terms. [`trust_of_bucket`](Self::trust_of_bucket) says whether those of its buckets can be relied on.
    ///
    /// # Errors
    /// Those of storage.
    pub fn collateral(&self, token: &Principal) -> Result<Option<CollateralTerms>, LedgerError> {
        let Some(row) = self.row::<CollateralRow>(&(token.clone(),))? else { return Ok(None) };
        let asset = Asset::from_code(row.asset).ok_or(DamagedRow { table: "collateral_tokens" }.into());
        Ok(Some(CollateralTerms {
            asset: self.at(asset)?,
            ratio: Ppm::new(row.collateralization_ratio),
            min_deposit: amount(row.min_deposit),
            min_premium: amount(row.min_premium),
            bounty: amount(row.bounty),
            active: row.active,
        }))
    }

    /// All collateral tokens with their terms.
    ///
    /// # Errors
    /// Those of storage.
    pub fn collaterals(&self) -> Result<Vec<(Principal, CollateralTerms)>, LedgerError> {
        let rows = self.rows::<CollateralRow>("ORDER BY token", &[])?;
        let mut found = Vec::new();
        for row in rows {
            if let Some(terms) = self.collateral(&row.token)? {
                found.push((row.token, terms));
            }
        }
        Ok(found)
    }

    /// All tiers, by number.
    ///
    /// # Errors
    /// Those of storage.
    pub fn tiers(&self) -> Result<Vec<TierTerms>, LedgerError> {
        let rows = self.rows::<TierRow>("ORDER BY tier", &[])?;
        rows.iter().filter_map(|row| self.tier(row.tier).transpose()).collect()
    }

    /// A tier's terms. [`trust_of_bucket`](Self::trust_of_bucket) says whether those of its buckets can be relied on.
    ///
    /// # Errors
    /// Those of storage.
    pub fn tier(&self, tier: u8) -> Result<Option<TierTerms>, LedgerError> {
        let Some(row) = self.row::<TierRow>(&(tier,))? else { return Ok(None) };
        let overflow = OverflowRule::from_name(&row.overflow).ok_or(DamagedRow { table: "tiers" }.into());
        Ok(Some(TierTerms {
            tier,
            name: row.name,
            min_strike: Ppm::new(row.min_strike),
            max_strike: Ppm::new(row.max_strike),
            grid: Ppm::new(row.grid),
            floor_ratio: Ppm::new(row.floor_ratio),
            markup: Ppm::new(row.markup),
            skew: Ppm::new(row.skew),
            max_duration: Seconds::new(row.max_duration),
            utilisation_limit: Ppm::new(row.utilisation_limit),
            buffer: Ppm::new(row.buffer),
            exit_fee: Ppm::new(row.exit_fee),
            exit_fee_slope: Ppm::new(row.exit_fee_slope),
            isolated: row.isolated,
            overflow: self.at(overflow)?,
        }))
    }

    /// All buckets, by tier and token.
    ///
    /// # Errors
    /// Those of storage.
    pub fn buckets(&self) -> Result<Listing<BucketRecord>, LedgerError> {
        let rows = self.rows::<BucketRow>("ORDER BY tier, token", &[])?;
        let rows = rows.iter().map(|row| self.bucket_record(row)).collect::<Result<_, _>>()?;
        Ok(Listing { rows, trust: self.trust_of_buckets() })
    }

    /// A bucket.
    ///
    /// # Errors
    /// Those of storage.
    pub fn bucket(&self, key: &BucketKey) -> Result<Option<BucketRecord>, LedgerError> {
        let row = self.row::<BucketRow>(&(key.tier, key.token.clone()))?;
        row.map(|row| self.bucket_record(&row)).transpose()
    }

    fn bucket_record(&self, row: &BucketRow) -> Result<BucketRecord, LedgerError> {
        let terms = self.collateral(&row.token)?;
        let asset = terms
            .map(|terms| terms.asset)
            .ok_or_else(|| Trouble::Inconsistent("a bucket's token is not known".to_owned()));
        let live = row.live.0.iter().map(|expiry| self.expiry(row.tier, &row.token, *expiry));
        let bucket = Bucket {
            tier: row.tier,
            asset: self.at(asset)?,
            capacity: amount(row.capacity),
            assets: amount(row.assets),
            fresh: amount(row.fresh),
            locked: amount(row.locked),
            required: UsdE8::new(row.required),
            shares: Shares::new(row.shares),
            queued: Shares::new(row.queued),
            exits: [Shares::new(row.exits_now), Shares::new(row.exits_next)],
            deposits: [amount(row.deposits_now), amount(row.deposits_next)],
            epoch: row.epoch,
            boundary: UnixSeconds::new(row.boundary),
            due: UnixSeconds::new(row.due),
            live: live.collect::<Result<_, _>>()?,
        };
        Ok(BucketRecord {
            token: row.token.clone(),
            bucket,
            generation: row.generation,
            next_request: UnixSeconds::new(row.next_request),
            refunds: amount(row.refunds),
            filled: amount(row.filled),
            claims: amount(row.claims),
            pot: amount(row.pot),
            policies: row.policies,
            premiums: amount(row.premiums),
            payouts: amount(row.payouts),
            trust: self.trust_in_bucket(row.tier, &row.token),
        })
    }

    fn expiry(&self, tier: u8, token: &Principal, expiry: u64) -> Result<Expiry, LedgerError> {
        let book = self.row::<BookRow>(&(tier, token.clone(), expiry))?;
        let book =
            self.at(book.ok_or_else(|| Trouble::Inconsistent("a live expiry has no book".to_owned())))?;
        let series = book.series.0.iter().map(|series| BookedSeries {
            strike: UsdE8::new(series.strike),
            floor: UsdE8::new(series.floor),
            ratio: Ppm::new(series.ratio),
            size: Sats::new(series.size),
            locked: amount(series.locked),
            required: UsdE8::new(series.required),
        });
        Ok(Expiry { expiry: UnixSeconds::new(expiry), series: series.collect() })
    }

    /// What a bucket sold and has not settled, by expiry; empty for one that does not exist.
    ///
    /// # Errors
    /// Those of storage.
    pub fn series(&self, key: &BucketKey) -> Result<Vec<Expiry>, LedgerError> {
        Ok(self.bucket(key)?.map(|record| record.bucket.live).unwrap_or_default())
    }

    /// A provider in a bucket; `None` if the bucket does not exist. Who never was in it has nothing there.
    ///
    /// # Errors
    /// [`LedgerError::Uncountable`], and those of storage.
    pub fn provider(
        &self,
        provider: &Principal,
        key: &BucketKey,
    ) -> Result<Option<ProviderRecord>, LedgerError> {
        let Some(bucket) = self.row::<BucketRow>(&(key.tier, key.token.clone()))? else { return Ok(None) };
        let stored = self.row::<PositionRow>(&(key.tier, key.token.clone(), provider.clone()))?;
        let stored = stored.unwrap_or_else(|| nothing(&bucket, provider));
        self.provider_record(&bucket, stored).map(Some)
    }

    /// A provider in all buckets that it has ever been in. One in which it cannot be computed is left out, and the list doubtful.
    ///
    /// # Errors
    /// Those of storage.
    pub fn provider_everywhere(&self, provider: &Principal) -> Result<Listing<ProviderRecord>, LedgerError> {
        let rows =
            self.rows::<PositionRow>("WHERE provider = ? ORDER BY tier, token", &[provider.to_sql()])?;
        let rows = rows.into_iter().filter_map(|stored| {
            let bucket = self.row::<BucketRow>(&(stored.tier, stored.token.clone())).transpose()?;
            Some(bucket.and_then(|bucket| self.provider_record(&bucket, stored)))
        });
        Listing::of(rows, self.trust_of_buckets())
    }

    fn provider_record(
        &self,
        bucket: &BucketRow,
        stored: PositionRow,
    ) -> Result<ProviderRecord, LedgerError> {
        let row = self.at(up_to_date(&mut Stored(self), bucket, stored).map_err(trouble))?;
        let sum = |figure: fn(&PendingRequest) -> u128| {
            row.pending.0.iter().map(figure).fold(0, u128::saturating_add)
        };
        let position = Position {
            shares: Shares::new(row.shares),
            queued: Shares::new(row.ticket_shares),
            pending_exit: Shares::new(sum(|request| request.exit)),
            pending_deposit: amount(sum(|request| request.deposit)),
            basis: amount(row.basis),
            leaving_basis: amount(sum(|request| request.basis).saturating_add(row.ticket_basis)),
            claimable: amount(row.claimable.saturating_add(row.returned)),
            proceeds: amount(row.proceeds),
            basis_returned: amount(row.basis_returned),
        };
        let last = bucket.epoch.saturating_sub(1);
        let last = self.row::<EpochRow>(&(bucket.tier, bucket.token.clone(), last))?;
        // The pair of a bucket that was never closed: one virtual unit, a million virtual shares.
        let pair = last.map_or(NavPair { nav: amount(1), shares: Shares::new(1_000_000) }, |row| NavPair {
            nav: amount(row.nav_exit),
            shares: Shares::new(row.shares),
        });
        let figures = self.bucket_record(bucket)?.bucket;
        let value = self.at(position.value(&figures, pair).map_err(uncountable))?;
        let result = self.at(RealisedYield::of(&position, value.at_risk).map_err(uncountable))?;
        let requests = row.pending.0.iter();
        Ok(ProviderRecord {
            bucket: BucketKey { tier: bucket.tier, token: bucket.token.clone() },
            position,
            returned: amount(row.returned),
            requests: requests.map(|one| (one.epoch, amount(one.deposit), Shares::new(one.exit))).collect(),
            value,
            result,
            trust: self.trust_in_bucket(bucket.tier, &bucket.token),
        })
    }

    /// The figures of every tier in every token. It looks at every position: for a page, not for every block. What cannot be
    /// computed is left out, and the list doubtful.
    ///
    /// # Errors
    /// Those of storage.
    pub fn statistics(&self, now: UnixSeconds) -> Result<Listing<BucketStatistics>, LedgerError> {
        let stx = self.row::<MarketRow>(&(0,))?.map(|market| UsdE8::new(market.stx));
        let rows = self.rows::<BucketRow>("ORDER BY tier, token", &[])?;
        let rows = rows.iter().map(|row| {
            let record = self.bucket_record(row)?;
            let terms = self.tier(row.tier)?;
            let utilisation = match (stx, &terms) {
                (Some(stx), Some(terms)) if stx > UsdE8::ZERO => {
                    let availability = record.bucket.availability(terms, stx, now);
                    Some(self.at(availability.map_err(uncountable))?.utilisation)
                }
                _ => None,
            };
            Ok(BucketStatistics {
                bucket: BucketKey { tier: row.tier, token: row.token.clone() },
                tier_name: terms.map(|terms| terms.name).unwrap_or_default(),
                capital: amount(row.assets),
                capacity: amount(row.capacity),
                locked: amount(row.locked),
                utilisation,
                providers: self.count_providers(row)?,
                active_policies: row.policies,
                premiums: amount(row.premiums),
                payouts: amount(row.payouts),
                trust: self.trust_in_bucket_at_prices(row.tier, &row.token),
            })
        });
        Listing::of(rows, self.trust_of_buckets())
    }

    fn count_providers(&self, bucket: &BucketRow) -> Result<u64, LedgerError> {
        let rows = self.rows::<PositionRow>(
            "WHERE tier = ? AND token = ?",
            &[bucket.tier.to_sql(), bucket.token.to_sql()],
        )?;
        let mut count = 0;
        for stored in rows {
            let now = self.at(up_to_date(&mut Stored(self), bucket, stored).map_err(trouble))?;
            let is_in = now.shares > 0 || now.ticket_shares > 0 || !now.pending.0.is_empty();
            count += u64::from(is_in);
        }
        Ok(count)
    }
}
