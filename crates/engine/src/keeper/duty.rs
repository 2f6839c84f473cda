//! What time demands, one call each.

use bithedge_prices::Stamped;
use bithedge_protocol::{Asset, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, ContractId, Payload, Principal};
use bithedge_suite::bounded::List;
use bithedge_suite::generated::{analytics, liquidity_pool, oracle, policy_registry, treasury};
use bithedge_suite::{Contract, ContractCall, ContractFunction, Deployment, DeploymentError};
use serde::{Deserialize, Serialize};

use crate::intents::{BucketId, Intent, Prices, Protection, Recipient, Reserves, Upkeep};

/// The kinds of what the keeper does, in the order in which it does them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DutyKind {
    /// Reports prices; only an authorised reporter can.
    ReportPrices,
    /// Records a boundary that a silence of the oracle left out and that an expiry waits for.
    RecordBoundary,
    /// Settles what a bucket sold for an expiry.
    SettleExpiry,
    /// Closes a bucket's epoch.
    CloseEpoch,
    /// Has settled policies paid to their owners.
    ClaimSettlement,
    /// Has the account's own bounties paid.
    ClaimBounties,
    /// Ends policies that ran out of the money, up to twenty at once.
    EndPolicies,
    /// Trips the breaker of a silent oracle.
    CheckOracle,
    /// Splits the treasury's fees by its table.
    Distribute,
    /// Has the account's own part of the treasury's fees paid.
    ClaimAllocation,
    /// Keeps the day's health score.
    RecordHealth,
}

impl DutyKind {
    /// All, in the order in which they are done.
    pub const ALL: [Self; 11] = [
        Self::ReportPrices,
        Self::RecordBoundary,
        Self::SettleExpiry,
        Self::CloseEpoch,
        Self::ClaimSettlement,
        Self::ClaimBounties,
        Self::EndPolicies,
        Self::CheckOracle,
        Self::Distribute,
        Self::ClaimAllocation,
        Self::RecordHealth,
    ];

    /// The one public function that this is.
    #[must_use]
    pub const fn function(self) -> (Contract, &'static str) {
        const fn of<F: ContractFunction>() -> (Contract, &'static str) {
            (F::CONTRACT, F::FUNCTION)
        }
        match self {
            Self::ReportPrices => of::<oracle::ReportPrices>(),
            Self::RecordBoundary => of::<oracle::RecordBoundary>(),
            Self::SettleExpiry => of::<policy_registry::SettleExpiry>(),
            Self::CloseEpoch => of::<liquidity_pool::CloseEpoch>(),
            Self::ClaimSettlement => of::<policy_registry::ClaimSettlement>(),
            Self::ClaimBounties => of::<liquidity_pool::ClaimCredit>(),
            Self::EndPolicies => of::<policy_registry::ExpirePolicies>(),
            Self::CheckOracle => of::<oracle::CheckLiveness>(),
            Self::Distribute => of::<treasury::Distribute>(),
            Self::ClaimAllocation => of::<treasury::ClaimAllocation>(),
            Self::RecordHealth => of::<analytics::RecordHealth>(),
        }
    }

    /// Which kind a transaction of the account is, if it is one: by what it calls, whoever approved it.
    #[must_use]
    pub fn of(deployment: &Deployment, payload: &Payload) -> Option<Self> {
        let Payload::ContractCall { contract, function, .. } = payload else { return None };
        Self::ALL.into_iter().find(|kind| {
            let (in_suite, name) = kind.function();
            deployment.contract(in_suite) == contract && function.as_str() == name
        })
    }

    /// Whether doing it makes sense only for what it brings, and never as a service.
    pub(super) const fn must_pay(self) -> bool {
        matches!(self, Self::ClaimBounties | Self::Distribute | Self::ClaimAllocation)
    }
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duty {
    /// Report these prices.
    ReportPrices(Stamped),
    /// Record this boundary.
    RecordBoundary(UnixSeconds),
    /// Settle.
    SettleExpiry {
        /// What this bucket sold
        bucket: BucketId,
        /// for this expiry.
        expiry: UnixSeconds,
    },
    /// Close this bucket's epoch.
    CloseEpoch(BucketId),
    /// Have a settled policy paid.
    ClaimSettlement {
        /// Its number.
        policy: u128,
        /// What it is paid in.
        asset: Asset,
        /// Whose it is.
        owner: Address,
    },
    /// Have the account's bounties in this token paid.
    ClaimBounties(Asset),
    /// End these policies.
    EndPolicies(Vec<u128>),
    /// Trip the breaker of the silent oracle.
    CheckOracle,
    /// Split the treasury's fees.
    Distribute {
        /// In which token.
        asset: Asset,
        /// So much was not distributed yet.
        amount: TokenAmount,
    },
    /// Have the account's part of the fees in this token paid.
    ClaimAllocation(Asset),
    /// Keep today's health score.
    RecordHealth,
}

impl Duty {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> DutyKind {
        match self {
            Self::ReportPrices(_) => DutyKind::ReportPrices,
            Self::RecordBoundary(_) => DutyKind::RecordBoundary,
            Self::SettleExpiry { .. } => DutyKind::SettleExpiry,
            Self::CloseEpoch(_) => DutyKind::CloseEpoch,
            Self::ClaimSettlement { .. } => DutyKind::ClaimSettlement,
            Self::ClaimBounties(_) => DutyKind::ClaimBounties,
            Self::EndPolicies(_) => DutyKind::EndPolicies,
            Self::CheckOracle => DutyKind::CheckOracle,
            Self::Distribute { .. } => DutyKind::Distribute,
            Self::ClaimAllocation(_) => DutyKind::ClaimAllocation,
            Self::RecordHealth => DutyKind::RecordHealth,
        }
    }

    /// The intent that does it, for an account.
    #[must_use]
    pub fn intent(&self, account: Address) -> Intent {
        let recipient = |who: Address| {
            if who == account { Recipient::Ours } else { Recipient::Somebody(who) }
        };
        match self {
            Self::ReportPrices(Stamped { prices, at }) => {
                Prices::Report { btc: prices.btc, stx: prices.stx, observed_at: *at }.into()
            }
            Self::RecordBoundary(at) => Upkeep::RecordBoundary(*at).into(),
            Self::SettleExpiry { bucket, expiry } => {
                Upkeep::SettleExpiry { bucket: *bucket, expiry: *expiry }.into()
            }
            Self::CloseEpoch(bucket) => Upkeep::CloseEpoch(*bucket).into(),
            Self::ClaimSettlement { policy, asset, owner } => {
                Protection::Claim { policy: *policy, asset: *asset, to: recipient(*owner) }.into()
            }
            Self::ClaimBounties(asset) => Upkeep::ClaimBounties { asset: *asset, to: Recipient::Ours }.into(),
            Self::EndPolicies(ids) => Upkeep::EndPolicies(ids.clone()).into(),
            Self::CheckOracle => Upkeep::CheckOracle.into(),
            Self::Distribute { asset, .. } => Reserves::Distribute(*asset).into(),
            Self::ClaimAllocation(asset) => {
                Reserves::ClaimAllocation { asset: *asset, to: Principal::Standard(account) }.into()
            }
            Self::RecordHealth => Upkeep::RecordHealth.into(),
        }
    }

    /// The call that its intent makes, by which it is found again in the journal.
    ///
    /// # Errors
    /// [`DeploymentError`] if nobody has said where sBTC is.
    pub fn call(&self, deployment: &Deployment, account: Address) -> Result<ContractCall, DeploymentError> {
        let at = |time: &UnixSeconds| u128::from(time.get());
        let token = |asset: Asset| -> Result<ContractId, DeploymentError> {
            Ok(match asset {
                Asset::Sbtc => deployment.sbtc()?.clone(),
                Asset::Stx => deployment.stx().clone(),
            })
        };
        let me = Principal::Standard(account);
        Ok(match self {
            Self::ReportPrices(Stamped { prices, at: observed }) => oracle::ReportPrices {
                btc: prices.btc.base_units(),
                stx: prices.stx.base_units(),
                observed_at: at(observed),
            }
            .into_call(deployment),
            Self::RecordBoundary(time) => oracle::RecordBoundary { at: at(time) }.into_call(deployment),
            Self::SettleExpiry { bucket, expiry } => policy_registry::SettleExpiry {
                tier: bucket.tier.into(),
                token: token(bucket.asset)?,
                expiry: at(expiry),
            }
            .into_call(deployment),
            Self::CloseEpoch(bucket) => liquidity_pool::CloseEpoch {
                tier: bucket.tier.into(),
                token: Principal::Contract(token(bucket.asset)?),
            }
            .into_call(deployment),
            Self::ClaimSettlement { policy, asset, .. } => {
                policy_registry::ClaimSettlement { id: *policy, token: token(*asset)? }.into_call(deployment)
            }
            Self::ClaimBounties(asset) => {
                liquidity_pool::ClaimCredit { token: token(*asset)?, who: me }.into_call(deployment)
            }
            Self::EndPolicies(ids) => {
                // Longer lists are refused before anything is called.
                let ids = List::new(ids.clone()).unwrap_or_default();
                policy_registry::ExpirePolicies { ids }.into_call(deployment)
            }
            Self::CheckOracle => oracle::CheckLiveness {}.into_call(deployment),
            Self::Distribute { asset, .. } => {
                treasury::Distribute { token: token(*asset)? }.into_call(deployment)
            }
            Self::ClaimAllocation(asset) => {
                treasury::ClaimAllocation { token: token(*asset)?, recipient: me }.into_call(deployment)
            }
            Self::RecordHealth => analytics::RecordHealth {}.into_call(deployment),
        })
    }
}

/// Whether a call of before does the same as one of now: doing both would be doing it twice.
pub(super) fn is_same(kind: DutyKind, one: &ContractCall, other: &ContractCall) -> bool {
    let is_same_function = one.contract == other.contract && one.function == other.function;
    is_same_function
        && match kind {
            // There is one report at a time, whatever it says.
            DutyKind::ReportPrices => true,
            DutyKind::EndPolicies => shares(one, other),
            _ => one.args == other.args,
        }
}

/// Whether two lists of policies have one in common.
fn shares(one: &ContractCall, other: &ContractCall) -> bool {
    let ids = |call: &ContractCall| {
        policy_registry::ExpirePolicies::from_args(&call.args)
            .map(|call| call.ids.to_vec())
            .unwrap_or_default()
    };
    let (one, other) = (ids(one), ids(other));
    one.iter().any(|id| other.contains(id))
}
