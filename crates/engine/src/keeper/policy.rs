//! Which duties are on.

use std::collections::BTreeMap;

use bithedge_prices::{Coins, ReportRule};
use bithedge_protocol::{Asset, Ppm, Seconds, TokenAmount};
use bithedge_stacks::MicroStx;
use serde::{Deserialize, Serialize};

use super::duty::DutyKind;

/// When a duty is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Never.
    #[default]
    Off,
    /// If what it brings to the account is worth its fee, see [`Policy::least_return`].
    Paid,
    /// Whenever it is due: as a service. Bounties, allocations and the treasury's distribution must be worth their fee all the same.
    Always,
}

/// Which duties are on, and what they must earn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What is not named is off.
    pub duties: BTreeMap<DutyKind, When>,
    /// What a call brings must be worth so many parts of a million of its fee: 1,000,000 is the fee itself.
    pub least_return: Ppm,
    /// A transaction that has waited for so long is replaced by a new one with the same nonce and a higher fee, within the order.
    pub stuck_after: Seconds,
    /// When a report is worth its fee.
    pub report: ReportRule,
}

impl Policy {
    /// What pays, if it brings at least one and a half times its fee.
    #[must_use]
    pub fn earning() -> Self {
        let kinds = [
            DutyKind::SettleExpiry,
            DutyKind::CloseEpoch,
            DutyKind::ClaimSettlement,
            DutyKind::ClaimBounties,
            DutyKind::ClaimAllocation,
        ];
        Self {
            duties: kinds.into_iter().map(|kind| (kind, When::Paid)).collect(),
            least_return: Ppm::new(1_500_000),
            stuck_after: Seconds::new(1_200),
            report: ReportRule::STANDARD,
        }
    }

    /// Everything but reports, as a service to whoever uses the protocol.
    #[must_use]
    pub fn serving() -> Self {
        let kinds = DutyKind::ALL.into_iter().filter(|kind| *kind != DutyKind::ReportPrices);
        Self { duties: kinds.map(|kind| (kind, When::Always)).collect(), ..Self::earning() }
    }

    /// The same, with one duty switched.
    #[must_use]
    pub fn with(mut self, kind: DutyKind, when: When) -> Self {
        self.duties.insert(kind, when);
        self
    }

    /// When a duty is done.
    #[must_use]
    pub fn when(&self, kind: DutyKind) -> When {
        self.duties.get(&kind).copied().unwrap_or_default()
    }

    /// Whether what a call brings is worth its fee; never if what it is worth is not known.
    pub(super) fn pays(&self, worth: Option<MicroStx>, fee: MicroStx) -> bool {
        let Some(worth) = worth else { return false };
        // Both sides in parts of a million: 64 bits times 20 fit into 128, the policy's own number is bounded.
        let needed = u128::from(fee.micro()).saturating_mul(self.least_return.base_units());
        worth.micro() > 0 && u128::from(worth.micro()).saturating_mul(1_000_000) >= needed
    }
}

/// What amounts are worth in micro-STX, rounded down: `sats · BTC/USD / (100 · STX/USD)`, since a bitcoin has 10^8 satoshis and an STX
/// 10^6 micro-STX. `None` if it cannot be said: an sBTC amount without a fresh price.
pub(super) fn worth(amounts: &[(Asset, TokenAmount)], prices: Option<Coins>) -> Option<MicroStx> {
    let mut sum: u128 = 0;
    for (asset, amount) in amounts {
        let micro = match asset {
            Asset::Stx => amount.base_units(),
            Asset::Sbtc => {
                let prices = prices?;
                let stx = prices.stx.base_units().checked_mul(100)?;
                amount.base_units().checked_mul(prices.btc.base_units())?.checked_div(stx)?
            }
        };
        sum = sum.checked_add(micro)?;
    }
    Some(MicroStx::new(u64::try_from(sum).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::UsdE8;

    use super::*;

    const PRICES: Coins = Coins { btc: UsdE8::new(10_000_000_000_000), stx: UsdE8::new(100_000_000) };

    #[test]
    fn a_bounty_is_worth_what_the_oracle_says() {
        let sbtc = |sats| worth(&[(Asset::Sbtc, TokenAmount::new(sats))], Some(PRICES));
        // 50 satoshis at 100,000 USD are 0.05 USD, which is 0.05 STX at a dollar.
        assert_eq!(sbtc(50), Some(MicroStx::new(50_000)));
        assert_eq!(worth(&[(Asset::Sbtc, TokenAmount::new(50))], None), None);
        assert_eq!(worth(&[(Asset::Stx, TokenAmount::new(7))], None), Some(MicroStx::new(7)));
        assert_eq!(worth(&[], None), Some(MicroStx::ZERO));
        assert_eq!(sbtc(u128::MAX), None);
    }

    #[test]
    fn it_pays_from_the_factor_on() {
        let policy = Policy::earning();
        let pays = |worth, fee| policy.pays(Some(MicroStx::new(worth)), MicroStx::new(fee));
        assert!(pays(3_000, 2_000));
        assert!(!pays(2_999, 2_000));
        assert!(!pays(0, 0));
        assert!(!policy.pays(None, MicroStx::new(1)));
    }
}
