//! What makes no sense whatever the chain says.

use bithedge_protocol::UnixSeconds;
use bithedge_protocol::math::MAX_PRICE;
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::{Deployment, SuiteNetwork};

use super::decision::Decision;
use super::intent::{Capital, Governing, Intent, Prices, Protection, Recipient, Reserves, Upkeep};
use super::plan::{Refusal, carried, sensible, some};

/// The most policies that one call ends.
pub(super) const MOST_ENDED: usize = 20;
/// The most decisions of a proposal.
pub(super) const MOST_DECISIONS: usize = 10;

impl Intent {
    /// Whether it can be refused before anything is asked of a chain: amounts of zero or beyond what fits, addresses of another
    /// network, a quote whose time is over. `now` is this computer's clock.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn refuse(&self, deployment: &Deployment, account: Address, now: UnixSeconds) -> Result<(), Refusal> {
        if let Self::Protection(Protection::Buy { valid_until: until, .. }) = self
            && now > *until
        {
            return Err(Refusal::QuoteExpired { until: *until, now });
        }
        self.is_sensible(deployment, account)
    }

    /// The same without the clock.
    pub(super) fn is_sensible(&self, deployment: &Deployment, account: Address) -> Result<(), Refusal> {
        let home = Home(deployment.network());
        home.has(account)?;
        match self {
            Self::Protection(intent) => intent.is_sensible(home),
            Self::Capital(intent) => intent.is_sensible(home),
            Self::Upkeep(intent) => intent.is_sensible(home),
            Self::Prices(intent) => intent.is_sensible(home),
            Self::Reserves(intent) => intent.is_sensible(home),
            Self::Governing(intent) => intent.is_sensible(home, deployment),
        }
    }
}

/// The network in use.
#[derive(Clone, Copy)]
struct Home(SuiteNetwork);

impl Home {
    fn has(self, address: Address) -> Result<(), Refusal> {
        let fits = match self.0 {
            SuiteNetwork::Mainnet => address.is_mainnet(),
            SuiteNetwork::Testnet | SuiteNetwork::Devnet => address.is_testnet(),
        };
        if fits { Ok(()) } else { Err(Refusal::OtherNetwork { address }) }
    }

    fn has_principal(self, principal: &Principal) -> Result<(), Refusal> {
        self.has(principal.address())
    }

    /// Everybody whom a decision names, in whatever form. The deployment's own tokens are where they are.
    fn has_everybody(self, deployment: &Deployment, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Principal(Principal::Contract(contract))
                if deployment.sbtc().is_ok_and(|token| token == contract) || contract == deployment.stx() =>
            {
                Ok(())
            }
            Value::Principal(principal) => self.has_principal(principal),
            Value::Optional(found) => {
                found.iter().try_for_each(|value| self.has_everybody(deployment, value))
            }
            Value::Response(Ok(inner) | Err(inner)) => self.has_everybody(deployment, inner),
            Value::List(values) => values.iter().try_for_each(|value| self.has_everybody(deployment, value)),
            Value::Tuple(fields) => {
                fields.values().try_for_each(|value| self.has_everybody(deployment, value))
            }
            Value::Int(_)
            | Value::UInt(_)
            | Value::Bool(_)
            | Value::Buffer(_)
            | Value::StringAscii(_)
            | Value::StringUtf8(_) => Ok(()),
        }
    }

    fn has_decision(self, deployment: &Deployment, decision: &Decision) -> Result<(), Refusal> {
        decision.call(deployment).args.iter().try_for_each(|value| self.has_everybody(deployment, value))
    }

    fn has_recipient(self, recipient: Recipient) -> Result<(), Refusal> {
        match recipient {
            Recipient::Ours => Ok(()),
            Recipient::Somebody(address) => self.has(address),
        }
    }
}

impl Protection {
    fn is_sensible(&self, home: Home) -> Result<(), Refusal> {
        match self {
            Self::Buy { order, max_cost, .. } => {
                some("size", order.size.base_units())?;
                carried("size", order.size.base_units())?;
                some("strike", order.strike.base_units())?;
                if order.strike > MAX_PRICE {
                    return Err(Refusal::TooLarge { what: "strike", amount: order.strike.base_units() });
                }
                sensible("most that it may cost", *max_cost)
            }
            Self::Activate { policy, min_payout, .. } => {
                some("policy's number", *policy)?;
                sensible("least payout", *min_payout)
            }
            Self::SellBack { policy, min_refund, .. } => {
                some("policy's number", *policy)?;
                sensible("least refund", *min_refund)
            }
            Self::Claim { policy, to, .. } => {
                some("policy's number", *policy)?;
                home.has_recipient(*to)
            }
        }
    }
}

impl Capital {
    fn is_sensible(&self, home: Home) -> Result<(), Refusal> {
        match self {
            Self::Commit { amount, .. } => sensible("amount", *amount),
            Self::RequestWithdrawal { shares, .. } | Self::LeaveDeadBucket { shares, .. } => {
                some("number of shares", shares.count())
            }
            Self::ClaimWithdrawal { to, .. } => home.has_recipient(*to),
            Self::CancelDeposit(_) | Self::ClaimYield(_) | Self::CancelWithdrawal(_) => Ok(()),
        }
    }
}

impl Upkeep {
    fn is_sensible(&self, home: Home) -> Result<(), Refusal> {
        match self {
            Self::EndPolicies(ids) => count("policies", ids.len(), MOST_ENDED),
            Self::ClaimBounties { to, .. } => home.has_recipient(*to),
            Self::CloseEpoch(_)
            | Self::SettleExpiry { .. }
            | Self::RecordBoundary(_)
            | Self::CheckOracle
            | Self::RecordHealth => Ok(()),
        }
    }
}

impl Prices {
    fn is_sensible(&self, home: Home) -> Result<(), Refusal> {
        match self {
            Self::Report { btc, stx, .. } => {
                some("price of a bitcoin", btc.base_units())?;
                some("price of an STX", stx.base_units())
            }
            // A price source may stand anywhere on the network.
            Self::ReportFrom(contract) | Self::RefreshDia(contract) | Self::RefreshPyth(contract) => {
                home.has(contract.issuer)
            }
            Self::Dispute { reporter, .. } | Self::Suspend(reporter) => home.has_principal(reporter),
        }
    }
}

impl Reserves {
    fn is_sensible(&self, home: Home) -> Result<(), Refusal> {
        match self {
            Self::ClaimAllocation { to, .. } => home.has_principal(to),
            Self::FillSwap { amount, price, .. } => {
                sensible("amount", *amount)?;
                sensible("price", *price)
            }
            Self::Contribute { amount, .. } | Self::Recover { amount, .. } => sensible("amount", *amount),
            Self::Distribute(_)
            | Self::BookTreasurySurplus(_)
            | Self::BookFundSurplus(_)
            | Self::ReportFundHealth(_) => Ok(()),
        }
    }
}

impl Governing {
    fn is_sensible(&self, home: Home, deployment: &Deployment) -> Result<(), Refusal> {
        match self {
            Self::Propose { decisions, title, .. } => {
                some("length of the title", u128::from(!title.as_str().is_empty()))?;
                count("decisions", decisions.len(), MOST_DECISIONS)?;
                decisions.iter().try_for_each(|decision| home.has_decision(deployment, decision))
            }
            Self::Execute(decision) => home.has_decision(deployment, decision),
            Self::Vote { proposal, .. } | Self::Queue(proposal) | Self::Cancel(proposal) => {
                some("proposal's number", *proposal)
            }
            Self::RenounceRole(_)
            | Self::TripBreaker { .. }
            | Self::ReleaseBreaker(_)
            | Self::FreezeFundWithdrawals => Ok(()),
        }
    }
}

fn count(what: &'static str, count: usize, most: usize) -> Result<(), Refusal> {
    if (1..=most).contains(&count) { Ok(()) } else { Err(Refusal::Count { what, count, most }) }
}
