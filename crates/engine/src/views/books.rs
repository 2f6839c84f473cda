//! The books of what happened, with the prices of now: what every view is made of.

use bithedge_ipc::{AsOf, AsOfBlock, BucketHealth, BucketRef, Figure, Trust};
use bithedge_ledger::{AcceptedPrice, Boundary, BucketKey, BucketRecord, ProviderRecord, Snapshot};
use bithedge_protocol::pool::{BoundaryPrice, CollateralTerms, Market, Pricing, SaleRules, TierTerms};
use bithedge_protocol::risk::HealthThresholds;
use bithedge_protocol::{Asset, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::{Contract, ContractError};

use super::ViewError;
use super::reading::Prices;
use crate::notifications::PriceAge;

/// What the user reads where prices were not read.
pub(super) const NOT_READ: &str = "The prices and rules of now have not been read from the chain yet, so this is not known. Nothing \
     has changed for your money. Wait for the connection, or try again.";
/// Where there never was a price.
pub(super) const NO_PRICE: &str = "The oracle has no price yet, so this is not known. Nothing has changed for your money. Wait until \
     prices are reported.";
/// What no contract could count with either.
pub(super) const UNCOUNTABLE: &str = "The figures in the books are too large or too strange to be counted with, so this is not known. \
     Act on what the chain itself answers.";

/// A provider's position, and the bucket that it is in as far as the books know it.
pub(crate) type Held<'b> = (ProviderRecord, Option<&'b BucketRecord>);

/// A snapshot of the ledger with the prices of now.
pub struct Books<'a, 'c> {
    /// What happened.
    pub(super) snapshot: &'a Snapshot<'c>,
    /// What holds now; `None` if it was not read.
    pub(super) prices: Option<&'a Prices>,
    /// The moment that durations and values are counted from.
    pub(super) now: UnixSeconds,
    pub(super) tokens: Vec<(Principal, CollateralTerms)>,
    pub(super) tiers: Vec<TierTerms>,
    pub(super) buckets: Vec<BucketRecord>,
    pub(super) buckets_trust: Trust,
    /// Why nothing of all this can be relied on.
    doubt: Option<String>,
    newest: Option<AcceptedPrice>,
    boundary: Option<Boundary>,
}

/// The ledger's word as the window's.
pub(super) const fn trust(of: bithedge_ledger::Trust) -> Trust {
    match of {
        bithedge_ledger::Trust::Sound => Trust::Sound,
        bithedge_ledger::Trust::Doubtful => Trust::Doubtful,
    }
}

pub(super) fn unknown<T>(why: impl Into<String>) -> Figure<T> {
    Figure::Unknown { why: why.into() }
}

pub(super) fn known<T, E>(value: Result<T, E>) -> Figure<T> {
    match value {
        Ok(value) => Figure::Known { value },
        Err(_) => unknown(UNCOUNTABLE),
    }
}

impl<'a, 'c> Books<'a, 'c> {
    /// Opens them. `now` is the chain's time: that of the block at which the prices were read; without prices, this computer's
    /// clock. Every value and status in the views is that of this moment.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn open(
        snapshot: &'a Snapshot<'c>,
        prices: Option<&'a Prices>,
        now: UnixSeconds,
    ) -> Result<Self, ViewError> {
        let buckets = snapshot.buckets()?;
        let newest = match prices.and_then(|prices| prices.newest) {
            Some((at, btc, stx)) => Some(AcceptedPrice { at, btc, stx }),
            None => snapshot.latest_price()?,
        };
        Ok(Self {
            snapshot,
            prices,
            now,
            tokens: snapshot.collaterals()?,
            tiers: snapshot.tiers()?,
            buckets: buckets.rows,
            buckets_trust: trust(buckets.trust),
            doubt: None,
            newest,
            boundary: snapshot.newest_boundaries(1)?.pop(),
        })
    }

    /// Why nothing of them can be relied on, if so ([`Freshness`](crate::sync::Freshness)). The snapshot has to doubt everything too:
    /// that is what [`read_doubting`](crate::sync::Books::read_doubting) gives.
    #[must_use]
    pub fn doubted(self, doubt: Option<String>) -> Self {
        Self { doubt, ..self }
    }

    /// Why nothing of them can be relied on, if so.
    pub(super) fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// Whether they are what the chain holds now.
    pub(crate) const fn are_current(&self) -> bool {
        self.doubt.is_none()
    }

    /// What the books are of.
    #[must_use]
    pub fn as_of(&self) -> AsOf {
        let books = self.snapshot.tip().map(|tip| AsOfBlock { height: tip.height, time: tip.time });
        let chain = self.prices.map(|prices| AsOfBlock { height: prices.tip.height, time: prices.tip.time });
        AsOf { books, chain, now: self.now, doubt: self.doubt.clone() }
    }

    /// Which asset a token is; `None` of one that the books do not know.
    pub(super) fn asset(&self, token: &Principal) -> Option<Asset> {
        self.collateral(token).map(|terms| terms.asset)
    }

    pub(super) fn collateral(&self, token: &Principal) -> Option<&CollateralTerms> {
        self.tokens.iter().find(|(one, _)| one == token).map(|(_, terms)| terms)
    }

    pub(super) fn token(&self, asset: Asset) -> Option<&Principal> {
        self.tokens.iter().find(|(_, terms)| terms.asset == asset).map(|(token, _)| token)
    }

    pub(super) fn tier(&self, tier: u8) -> Option<&TierTerms> {
        self.tiers.iter().find(|terms| terms.tier == tier)
    }

    pub(crate) fn tier_name(&self, tier: u8) -> Option<String> {
        self.tier(tier).map(|terms| terms.name.clone())
    }

    pub(super) fn bucket(&self, tier: u8, token: &Principal) -> Option<&BucketRecord> {
        self.buckets.iter().find(|record| record.bucket.tier == tier && record.token == *token)
    }

    /// The ledger's name of a bucket.
    pub(super) fn key(&self, bucket: BucketRef) -> Option<BucketKey> {
        Some(BucketKey { tier: bucket.tier, token: self.token(bucket.asset)?.clone() })
    }

    pub(super) fn key_of(record: &BucketRecord) -> BucketKey {
        BucketKey { tier: record.bucket.tier, token: record.token.clone() }
    }

    pub(super) const fn name_of(record: &BucketRecord) -> BucketRef {
        BucketRef { tier: record.bucket.tier, asset: record.bucket.asset }
    }

    /// The oracle's prices of now, or the sentence that says why there are none.
    pub(super) fn pricing(&self) -> Result<&'a Pricing, String> {
        let prices = self.prices.ok_or(NOT_READ)?;
        prices.pricing_at(self.now).map_err(|refusal| refusal.to_string())
    }

    pub(super) fn rules(&self) -> Result<&'a SaleRules, String> {
        let prices = self.prices.ok_or(NOT_READ)?;
        let refusal: ContractError = bithedge_suite::generated::errors::PARAMETERS_NOT_INITIALISED;
        prices.rules.as_ref().ok_or_else(|| refusal.to_string())
    }

    /// The newest accepted price, however old.
    pub(super) const fn newest(&self) -> Option<AcceptedPrice> {
        self.newest
    }

    /// Whether what the books say of prices can be relied on. Prices that were read off the chain need no books.
    pub(super) fn price_trust(&self) -> Trust {
        if self.doubt.is_some() {
            return Trust::Doubtful;
        }
        if self.prices.is_some_and(|prices| prices.newest.is_some()) {
            return Trust::Sound;
        }
        self.snapshot.contract_trust(Contract::Oracle)
    }

    /// What an amount is worth at the newest accepted prices, as long as the oracle would give such prices. Nothing is worth
    /// nothing at any price.
    pub(super) fn usd(&self, asset: Asset, amount: TokenAmount) -> Figure<UsdE8> {
        if amount == TokenAmount::ZERO {
            return Figure::Known { value: UsdE8::ZERO };
        }
        match self.fresh() {
            Ok(price) => known(asset.worth(amount, price.btc, price.stx)),
            Err(why) => unknown(why),
        }
    }

    /// The newest accepted price that was read off the chain, unless it is older than the oracle allows. The books' own price
    /// will not do: how old it may be nobody has read, and it may be one of days ago.
    fn fresh(&self) -> Result<AcceptedPrice, String> {
        let prices = self.prices.ok_or(NOT_READ)?;
        let (at, btc, stx) = prices.newest.ok_or(NO_PRICE)?;
        if self.now.since(at).is_some_and(|age| age > prices.max_age) {
            return Err(bithedge_suite::generated::errors::ORACLE_STALE_PRICE.to_string());
        }
        Ok(AcceptedPrice { at, btc, stx })
    }

    /// The price of STX for what a bucket has room for: unless the oracle would not give such an old one any more. What is in sBTC does not
    /// depend on it.
    pub(super) fn stx_for(&self, asset: Asset) -> Result<UsdE8, String> {
        match asset {
            Asset::Sbtc => Ok(UsdE8::new(1)),
            Asset::Stx => self.fresh().map(|price| price.stx),
        }
    }

    /// The prices to value a bucket's promises with: those of now, or those of the newest boundary.
    pub(super) fn marking(&self) -> Option<(BoundaryPrice, bool)> {
        if let Ok(pricing) = self.pricing() {
            let price = BoundaryPrice {
                at: self.now,
                btc: pricing.btc,
                stx: pricing.stx,
                vol_ask: pricing.vol_ask,
                vol_low: pricing.vol_bid,
            };
            return Some((price, false));
        }
        let boundary = self.boundary.as_ref()?;
        let price = BoundaryPrice {
            at: boundary.at,
            btc: boundary.btc,
            stx: boundary.stx,
            vol_ask: boundary.vol_ask,
            vol_low: boundary.vol_low,
        };
        Some((price, true))
    }

    /// How a bucket stands at the newest price of STX.
    pub(super) fn health(&self, record: &BucketRecord) -> Figure<BucketHealth> {
        let bucket = &record.bucket;
        let Some(price) = self.newest else { return unknown(NO_PRICE) };
        let Some(terms) = self.tier(bucket.tier) else { return unknown(UNCOUNTABLE) };
        let thresholds = HealthThresholds::of_bucket(terms.buffer);
        let (Ok(health), Ok(needed)) = (bucket.health(&thresholds, price.stx), bucket.needed(price.stx))
        else {
            return unknown(UNCOUNTABLE);
        };
        let value = BucketHealth {
            bucket: Self::name_of(record),
            tier_name: self.tier_name(record.bucket.tier),
            standing: health.standing,
            ratio: health.ratio,
            assets: bucket.assets,
            needed,
            warning_below: thresholds.warning,
            margin_call_below: thresholds.margin_call,
            stx: price.stx,
            priced_at: price.at,
            trust: trust(record.trust).and(self.price_trust()),
        };
        Figure::Known { value }
    }

    /// The moment that everything is of.
    pub(crate) const fn moment(&self) -> UnixSeconds {
        self.now
    }

    /// The books themselves.
    pub(crate) const fn snapshot(&self) -> &'a Snapshot<'c> {
        self.snapshot
    }

    /// The price that policies are activated at: the higher of the newest and the average.
    pub(crate) fn owner_spot(&self) -> Option<UsdE8> {
        self.pricing().ok().map(|pricing| pricing.btc.max(pricing.btc_twap))
    }

    /// How old the newest price is; `None` if that was not read, or there is none.
    pub(crate) fn price_age(&self) -> Option<PriceAge> {
        let prices = self.prices?;
        let (at, ..) = prices.newest?;
        Some(PriceAge { at, max_age: prices.max_age })
    }

    /// When the newest price that is known was accepted, however old it is.
    pub(crate) fn newest_price(&self) -> Option<UnixSeconds> {
        self.newest.map(|price| price.at)
    }

    /// A provider's positions, each with its bucket.
    pub(crate) fn positions(&self, provider: &Principal) -> Result<(Vec<Held<'_>>, Trust), ViewError> {
        let found = self.snapshot.provider_everywhere(provider)?;
        let with_bucket = |record: ProviderRecord| {
            let bucket = self.bucket(record.bucket.tier, &record.bucket.token);
            (record, bucket)
        };
        Ok((found.rows.into_iter().map(with_bucket).collect(), trust(found.trust)))
    }

    pub(crate) fn health_of(&self, record: &BucketRecord) -> Figure<BucketHealth> {
        self.health(record)
    }

    pub(crate) const fn position_trust(&self, record: &ProviderRecord) -> Trust {
        trust(record.trust)
    }

    /// Everything that quotes depend on, of the books' buckets and the prices of now.
    pub(super) fn market(&self) -> Result<Market, String> {
        let pricing = *self.pricing()?;
        let rules = *self.rules()?;
        let fee = self.prices.ok_or(NOT_READ)?.fee;
        Ok(Market {
            now: self.now,
            pricing,
            rules,
            tiers: self.tiers.clone(),
            collateral: self.tokens.iter().map(|(_, terms)| *terms).collect(),
            buckets: self.buckets.iter().map(|record| record.bucket.clone()).collect(),
            fee,
        })
    }
}

/// The ledger's trust in a contract, in the window's word.
pub(super) trait ContractTrust {
    /// Whether what a contract said can be relied on.
    fn contract_trust(&self, contract: Contract) -> Trust;
}

impl ContractTrust for Snapshot<'_> {
    fn contract_trust(&self, contract: Contract) -> Trust {
        trust(self.trust_of_contract(contract))
    }
}
