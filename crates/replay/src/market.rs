//! What the chain knows, as the domain's types: by map entries where a function would read the same.

use bithedge_protocol::pool::{
    BoundaryPrice, Bucket, CollateralTerms, Fee, Market, NavPair, Pricing, SaleRules, TierTerms,
};
use bithedge_protocol::risk::{ClosePoint, Position};
use bithedge_protocol::{Asset, Ppm, UnixSeconds};
use bithedge_stacks::{Address, ContractId, Principal};
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{fee_schedule, liquidity_pool, oracle, parameters};
use bithedge_suite::{Mismatch, state};

use crate::{Chain, ReplayError};

/// The tiers that the suite starts with.
pub const TIERS: [u8; 3] = [1, 2, 3];

fn fits<T>(what: &str, found: Result<T, Mismatch>) -> Result<T, ReplayError> {
    found.map_err(|mismatch| ReplayError::Answer { what: what.to_owned(), mismatch })
}

fn missing(what: impl Into<String>) -> ReplayError {
    ReplayError::Missing(what.into())
}

impl Chain {
    /// The contract of an asset's token.
    #[must_use]
    pub const fn token(&self, asset: Asset) -> &ContractId {
        match asset {
            Asset::Sbtc => self.sbtc(),
            Asset::Stx => self.stx(),
        }
    }

    /// The principal of an asset's token.
    #[must_use]
    pub fn token_principal(&self, asset: Asset) -> Principal {
        Principal::Contract(self.token(asset).clone())
    }

    /// A tier's terms.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn tier(&mut self, tier: u8) -> Result<TierTerms, ReplayError> {
        let found = self.entry::<liquidity_pool::maps::Tiers>(&tier.into())?;
        fits("a tier", state::tier_terms(tier, &found.ok_or_else(|| missing("a tier"))?))
    }

    /// A token's terms.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn collateral(&mut self, asset: Asset) -> Result<CollateralTerms, ReplayError> {
        let token = self.token_principal(asset);
        let found = self.entry::<liquidity_pool::maps::CollateralTokens>(&token)?;
        fits("a token", state::collateral_terms(&found.ok_or_else(|| missing("a token"))?))
    }

    /// The contract's own figures of a bucket.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn raw_bucket(
        &mut self,
        tier: u8,
        asset: Asset,
    ) -> Result<liquidity_pool::types::Bucket, ReplayError> {
        let key = liquidity_pool::types::BucketKey { tier: tier.into(), token: self.token_principal(asset) };
        self.entry::<liquidity_pool::maps::Buckets>(&key)?.ok_or_else(|| missing("a bucket"))
    }

    /// A bucket with its books.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn bucket(&mut self, tier: u8, asset: Asset) -> Result<Bucket, ReplayError> {
        let found = self.raw_bucket(tier, asset)?;
        let mut books = Vec::new();
        for expiry in &found.live {
            let key = liquidity_pool::types::BooksKey {
                expiry: *expiry,
                tier: tier.into(),
                token: self.token_principal(asset),
            };
            let book = self.entry::<liquidity_pool::maps::Books>(&key)?;
            books.push((*expiry, book.ok_or_else(|| missing("a book"))?));
        }
        fits("a bucket", state::bucket(tier, asset, &found, &books))
    }

    /// The rules of a sale.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn rules(&mut self) -> Result<SaleRules, ReplayError> {
        let found = self.variable::<parameters::variables::PolicyConfig>()?;
        fits("the rules", state::sale_rules(&found.ok_or_else(|| missing("the rules of a sale"))?))
    }

    /// The prices of now.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn pricing(&mut self) -> Result<Pricing, ReplayError> {
        let found = self.read(oracle::GetPricing {})?;
        let at = self.now()?.to_string();
        let found = found.map_err(|error| ReplayError::Refused {
            what: "oracle get-pricing".to_owned(),
            at,
            error,
        })?;
        fits("the prices", state::pricing(&found))
    }

    /// The prices of a boundary, if it is recorded.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn boundary_price(&mut self, at: UnixSeconds) -> Result<Option<BoundaryPrice>, ReplayError> {
        let found = self.read(oracle::GetBoundary { at: at.get().into() })?;
        Ok(found.map(|found| state::boundary_price(at, &found)))
    }

    /// The fee of a purchase without a discount.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn fee(&mut self, buyer: Address) -> Result<Fee, ReplayError> {
        let operation = fits("a name", Ascii::new("purchase").map_err(Mismatch::from))?;
        let rate = self.entry::<fee_schedule::maps::FeeRates>(&operation)?;
        let discount = self.read(fee_schedule::GetDiscount { user: buyer.into() })?;
        Ok(Fee {
            rate: Ppm::new(rate.ok_or_else(|| missing("the fee of a purchase"))?),
            discount: Ppm::new(discount),
        })
    }

    /// Everything that a buyer's quotes depend on now, of one asset.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn market(&mut self, asset: Asset, buyer: Address) -> Result<Market, ReplayError> {
        let mut tiers = Vec::new();
        let mut buckets = Vec::new();
        for tier in TIERS {
            tiers.push(self.tier(tier)?);
            buckets.push(self.bucket(tier, asset)?);
        }
        Ok(Market {
            now: self.now()?,
            pricing: self.pricing()?,
            rules: self.rules()?,
            tiers,
            collateral: vec![self.collateral(asset)?],
            buckets,
            fee: self.fee(buyer)?,
        })
    }

    /// A close of a bucket; `None` before the first.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn close_point(
        &mut self,
        tier: u8,
        asset: Asset,
        epoch: u64,
    ) -> Result<Option<ClosePoint>, ReplayError> {
        let key = liquidity_pool::types::EpochsKey {
            epoch: epoch.into(),
            tier: tier.into(),
            token: self.token_principal(asset),
        };
        let found = self.entry::<liquidity_pool::maps::Epochs>(&key)?;
        found.map(|found| fits("a close", state::close_point(&found))).transpose()
    }

    /// A provider's position as the contract answers it, and as the domain has it.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn provider(
        &mut self,
        tier: u8,
        asset: Asset,
        provider: Address,
    ) -> Result<(liquidity_pool::types::Provider, Position), ReplayError> {
        let token = self.token_principal(asset);
        let request = liquidity_pool::GetProvider { tier: tier.into(), token, provider: provider.into() };
        let at = self.now()?.to_string();
        let found = self.read(request)?.map_err(|error| ReplayError::Refused {
            what: "liquidity-pool get-provider".to_owned(),
            at,
            error,
        })?;
        let position = state::position(&found);
        Ok((found, position))
    }

    /// The pair of a bucket's last close.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn last_pair(&mut self, bucket: &Bucket) -> Result<Option<NavPair>, ReplayError> {
        let Some(epoch) = bucket.epoch.checked_sub(1) else { return Ok(None) };
        Ok(self.close_point(bucket.tier, bucket.asset, epoch)?.map(|close| close.pair))
    }
}
