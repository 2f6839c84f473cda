//! Policies and portfolios.

use std::collections::BTreeMap;

use bithedge_protocol::{Ppm, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

use super::{BucketKey, Listing, Snapshot, TimeRange, Trust};
use crate::error::{LedgerError, Trouble};
use crate::project::Subject;
use crate::row::Column;
use crate::tables::{BoundaryRow, OwnerRow, PolicyRow};

/// How a policy stands in the registry's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyStatus {
    /// It has not ended, as far as anybody told the registry.
    Active,
    /// Its owner exercised it.
    Activated,
    /// It was paid after its expiry.
    Settled,
    /// It ended out of the money.
    Expired,
    /// Its owner sold it back.
    Cancelled,
}

impl PolicyStatus {
    const fn code(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Activated => 2,
            Self::Settled => 3,
            Self::Expired => 4,
            Self::Cancelled => 5,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Active),
            2 => Some(Self::Activated),
            3 => Some(Self::Settled),
            4 => Some(Self::Expired),
            5 => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// How a policy really stands at a time: the registry's status lags until somebody claims or expires it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectiveStatus {
    /// As the registry has it.
    As(PolicyStatus),
    /// It ran out and waits for its expiry's price.
    AwaitingPrice,
    /// It ended in the money and can be claimed, once its expiry is settled.
    InTheMoney,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRecord {
    /// Its number.
    pub id: u64,
    /// Whose it is.
    pub owner: Principal,
    /// 1: a put.
    pub kind: u8,
    /// The strike.
    pub strike: UsdE8,
    /// Below it, it pays no more.
    pub floor: UsdE8,
    /// When it ends.
    pub expiry: UnixSeconds,
    /// What it protects.
    pub size: Sats,
    /// The tier that sold it.
    pub tier: u8,
    /// The token that it was paid with and pays in.
    pub token: Principal,
    /// The collateral locked for it.
    pub lock: TokenAmount,
    /// The collateral that its promise calls for, of an STX policy.
    pub required: UsdE8,
    /// What it cost, without fee and bounty.
    pub premium: TokenAmount,
    /// What the premium counted for discounts.
    pub premium_usd: UsdE8,
    /// The fee.
    pub fee: TokenAmount,
    /// What was prepaid to whoever serves it.
    pub bounty: TokenAmount,
    /// The volatility of its price, a year.
    pub volatility: Ppm,
    /// The surcharge of its price.
    pub surcharge: Ppm,
    /// The price of BTC when it was sold.
    pub spot: UsdE8,
    /// When it was sold.
    pub created_at: UnixSeconds,
    /// How it stands in the registry's books.
    pub status: PolicyStatus,
    /// What stands behind it: 1 the pool, 2 a peer, 3 the fund.
    pub backing: u8,
    /// Who.
    pub provider: Principal,
    /// What it was due at its end; more than `paid` only if its series was short.
    pub due: TokenAmount,
    /// What its owner was paid at its end.
    pub paid: TokenAmount,
    /// The price of BTC that it ended at.
    pub end_price: Option<UsdE8>,
    /// When it ended in the registry's books.
    pub closed_at: Option<UnixSeconds>,
    /// How many entries the registry's history of it has.
    pub history: u64,
    /// The recorded price of its expiry, once there is one.
    pub expiry_price: Option<UsdE8>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

impl PolicyRecord {
    /// How it stands at a time: the registry's `get-effective-status`.
    #[must_use]
    pub fn effective(&self, now: UnixSeconds) -> EffectiveStatus {
        if self.status != PolicyStatus::Active || now < self.expiry {
            return EffectiveStatus::As(self.status);
        }
        match self.expiry_price {
            None => EffectiveStatus::AwaitingPrice,
            Some(price) if price < self.strike => EffectiveStatus::InTheMoney,
            Some(_) => EffectiveStatus::As(PolicyStatus::Expired),
        }
    }
}

/// Which policies; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyFilter {
    /// Whose.
    pub owner: Option<Principal>,
    /// How they stand in the registry's books.
    pub status: Option<PolicyStatus>,
    /// Which tier sold them.
    pub tier: Option<u8>,
    /// In which token.
    pub token: Option<Principal>,
    /// Only those numbered lower: the last one of the page before.
    pub before: Option<u64>,
}

/// All of an owner's policies in one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerTotals {
    /// The token.
    pub token: Principal,
    /// How many there have been.
    pub policies: u64,
    /// How many have not ended in the registry's books.
    pub active: u64,
    /// What those protect.
    pub protected: Sats,
    /// What all cost.
    pub premiums: TokenAmount,
    /// The fees of all.
    pub fees: TokenAmount,
    /// The bounties of all.
    pub bounties: TokenAmount,
    /// What activations, settlements and sales back paid.
    pub payouts: TokenAmount,
    /// Whether all this can be relied on: not if there is a doubt about any policy.
    pub trust: Trust,
}

/// What somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portfolio {
    /// Whether it is all that there is. If not, policies may be missing in it, all of them too: never show an empty doubtful
    /// portfolio as "no protection".
    pub trust: Trust,
    /// In sum, by token.
    pub totals: Vec<OwnerTotals>,
    /// The active policies, newest first, as many as were asked for.
    pub active: Vec<PolicyRecord>,
}

impl Snapshot<'_> {
    /// A policy. That there is none of a number means something only as far as [`trust_of_policies`](Self::trust_of_policies)
    /// goes.
    ///
    /// # Errors
    /// Those of storage.
    pub fn policy(&self, id: u64) -> Result<Option<PolicyRecord>, LedgerError> {
        let row = self.row::<PolicyRow>(&(id,))?;
        Ok(self.records(row.into_iter().collect())?.rows.pop())
    }

    /// Policies, newest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn policies(&self, filter: &PolicyFilter, count: u32) -> Result<Listing<PolicyRecord>, LedgerError> {
        let mut conditions = vec!["id < ?"];
        let mut parameters = vec![filter.before.unwrap_or(i64::MAX.cast_unsigned()).to_sql()];
        let mut narrow = |condition, value: Option<rusqlite::types::Value>| {
            if let Some(value) = value {
                conditions.push(condition);
                parameters.push(value);
            }
        };
        narrow("owner = ?", filter.owner.as_ref().map(Column::to_sql));
        narrow("status = ?", filter.status.map(|status| status.code().to_sql()));
        narrow("tier = ?", filter.tier.as_ref().map(Column::to_sql));
        narrow("token = ?", filter.token.as_ref().map(Column::to_sql));
        parameters.push(count.to_sql());
        let rest = format!("WHERE {} ORDER BY id DESC LIMIT ?", conditions.join(" AND "));
        let rows = self.rows::<PolicyRow>(&rest, &parameters)?;
        self.records(rows)
    }

    /// The policies of one expiry, in the order of their sales.
    ///
    /// # Errors
    /// Those of storage.
    pub fn policies_expiring(&self, expiry: UnixSeconds) -> Result<Listing<PolicyRecord>, LedgerError> {
        let rows = self.rows::<PolicyRow>("WHERE expiry = ? ORDER BY id", &[expiry.get().to_sql()])?;
        self.records(rows)
    }

    /// The premiums of the policies that a bucket sold in a range. It looks at every policy: for a page, not for every block.
    ///
    /// # Errors
    /// [`LedgerError::Uncountable`], and those of storage.
    pub fn premiums_of(&self, key: &BucketKey, range: TimeRange) -> Result<TokenAmount, LedgerError> {
        let [from, to] = range.parameters();
        let rows = self.rows::<PolicyRow>(
            "WHERE tier = ? AND token = ? AND created_at BETWEEN ? AND ?",
            &[key.tier.to_sql(), key.token.to_sql(), from, to],
        )?;
        let sum = rows.iter().try_fold(0_u128, |sum, row| sum.checked_add(row.premium));
        let sum = sum.ok_or_else(|| Trouble::Uncountable("the premiums of a bucket".to_owned()));
        Ok(TokenAmount::new(self.at(sum)?))
    }

    /// What somebody has: sums over all policies, and the newest active ones. As quick with ten thousand as with one.
    ///
    /// # Errors
    /// Those of storage.
    pub fn portfolio(&self, owner: &Principal, count: u32) -> Result<Portfolio, LedgerError> {
        let totals = self
            .rows::<OwnerRow>("WHERE owner = ? ORDER BY token", &[owner.to_sql()])?
            .into_iter()
            .map(|row| OwnerTotals {
                token: row.token,
                policies: row.policies,
                active: row.active,
                protected: Sats::new(row.protected),
                premiums: TokenAmount::new(row.premiums),
                fees: TokenAmount::new(row.fees),
                bounties: TokenAmount::new(row.bounties),
                payouts: TokenAmount::new(row.payouts),
                trust: self.trust_of_policies(),
            })
            .collect();
        let filter = PolicyFilter {
            owner: Some(owner.clone()),
            status: Some(PolicyStatus::Active),
            ..PolicyFilter::default()
        };
        let active = self.policies(&filter, count)?;
        Ok(Portfolio { trust: active.trust, totals, active: active.rows })
    }

    fn records(&self, rows: Vec<PolicyRow>) -> Result<Listing<PolicyRecord>, LedgerError> {
        let mut prices: BTreeMap<u64, Option<UsdE8>> = BTreeMap::new();
        let rows = rows.into_iter().map(|row| {
            let expiry_price = match prices.get(&row.expiry) {
                Some(price) => *price,
                None => {
                    let price = self.row::<BoundaryRow>(&(row.expiry,))?.map(|row| UsdE8::new(row.btc));
                    prices.insert(row.expiry, price);
                    price
                }
            };
            self.record(row, expiry_price)
        });
        Ok(Listing { rows: rows.collect::<Result<_, _>>()?, trust: self.trust_of_policies() })
    }

    fn record(&self, row: PolicyRow, expiry_price: Option<UsdE8>) -> Result<PolicyRecord, LedgerError> {
        let trust = self.trust(&[
            Subject::Policy(row.id.into()),
            Subject::Contract("policy-registry"),
            Subject::Bucket(row.tier.into(), &row.token),
            Subject::Contract("liquidity-pool"),
            // Of the terms that it is valued and paid by.
            Subject::Tier(row.tier.into()),
            Subject::Token(&row.token),
            // Of its expiry's price, which says how it ends.
            Subject::Contract("oracle"),
        ]);
        let status = PolicyStatus::from_code(row.status)
            .ok_or_else(|| crate::row::DamagedRow { table: "policies" }.into());
        let status = self.at(status)?;
        let has_ended = status != PolicyStatus::Active;
        Ok(PolicyRecord {
            id: row.id,
            owner: row.owner,
            kind: row.kind,
            strike: UsdE8::new(row.strike),
            floor: UsdE8::new(row.floor),
            expiry: UnixSeconds::new(row.expiry),
            size: Sats::new(row.size),
            tier: row.tier,
            token: row.token,
            lock: TokenAmount::new(row.lock),
            required: UsdE8::new(row.required),
            premium: TokenAmount::new(row.premium),
            premium_usd: UsdE8::new(row.usd),
            fee: TokenAmount::new(row.fee),
            bounty: TokenAmount::new(row.bounty),
            volatility: Ppm::new(row.volatility),
            surcharge: Ppm::new(row.surcharge),
            spot: UsdE8::new(row.spot),
            created_at: UnixSeconds::new(row.created_at),
            status,
            backing: row.backing,
            provider: row.provider,
            due: TokenAmount::new(row.due),
            paid: TokenAmount::new(row.paid),
            end_price: has_ended.then_some(UsdE8::new(row.end_price)),
            closed_at: has_ended.then_some(UnixSeconds::new(row.closed_at)),
            history: row.events,
            expiry_price,
            trust,
        })
    }
}
