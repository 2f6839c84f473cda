//! What concerned somebody, in words and amounts.

use bithedge_ipc::{ActivityLine, ActivityPage, ActivityPlace, BucketRef, Money, Trust};
use bithedge_ledger::{ActivityEntry, Place, TransactionOutcome, What};
use bithedge_protocol::TokenAmount;
use bithedge_stacks::{Principal, Value};
use bithedge_suite::{ContractError, SuiteEvent};

use super::ViewError;
use super::books::Books;

/// What concerned somebody, newest first: `count` lines older than `before`.
///
/// # Errors
/// [`ViewError`].
pub fn activity(
    books: &Books<'_, '_>,
    who: &Principal,
    before: Option<ActivityPlace>,
    count: u32,
) -> Result<ActivityPage, ViewError> {
    let from = before.map(|place| Place {
        height: place.height,
        transaction: place.transaction,
        event: place.event,
    });
    let mut found = books.snapshot.activity(who, from, count.saturating_add(1))?;
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    let more = found.len() > wanted;
    found.truncate(wanted);
    let mut lines = Vec::new();
    // The transaction whose fee was told: that of the line before, also if that is on the page before.
    let mut told = before.map(|place| (place.height, place.transaction));
    for entry in &found {
        let of = (entry.place.height, entry.place.transaction);
        let is_sender = Principal::Standard(entry.sender) == *who;
        let mut line = line(books, who, entry)?;
        line.fee = (is_sender && told != Some(of)).then_some(entry.transaction_fee);
        told = Some(of);
        lines.push(line);
    }
    let next = if more { lines.last().map(|line| line.place) } else { None };
    let trust = if books.snapshot.is_sound() { Trust::Sound } else { Trust::Doubtful };
    Ok(ActivityPage { as_of: books.as_of(), lines, next, trust })
}

fn line(books: &Books<'_, '_>, who: &Principal, entry: &ActivityEntry) -> Result<ActivityLine, ViewError> {
    let Place { height, transaction, event } = entry.place;
    let empty = ActivityLine {
        place: ActivityPlace { height, transaction, event },
        time: entry.time,
        txid: entry.txid.to_string(),
        what: String::new(),
        words: String::new(),
        policy: None,
        bucket: None,
        tier_name: None,
        paid: None,
        received: None,
        fee: None,
        refused: None,
    };
    Ok(match &entry.what {
        What::Event(event) => {
            let (contract, name) = event.name();
            let told = Told::of(books, who, event)?;
            ActivityLine {
                what: format!("{contract}/{name}"),
                words: told.words,
                policy: told.policy,
                bucket: told.bucket,
                tier_name: told.bucket.and_then(|bucket| books.tier_name(bucket.tier)),
                paid: told.paid,
                received: told.received,
                ..empty
            }
        }
        What::Refused { outcome, call, result } => {
            let what = call.as_ref().map_or_else(
                || "a transaction".to_owned(),
                |call| format!("{}/{}", call.contract.name, call.function),
            );
            let refused = reason(*outcome, result);
            let words = "Nothing came of it: only the network's fee was taken.".to_owned();
            ActivityLine { what, words, refused: Some(refused), ..empty }
        }
    })
}

fn reason(outcome: TransactionOutcome, result: &Value) -> String {
    let code = match result.as_response() {
        Ok(Err(code)) => code.as_uint().ok(),
        _ => None,
    };
    match (outcome, code) {
        (TransactionOutcome::AbortedByPostCondition, _) => {
            "More would have left the account, or less come, than was approved, so the network undid it."
                .to_owned()
        }
        (_, Some(code)) => ContractError::new(code).to_string(),
        _ => "The contract stopped without saying why.".to_owned(),
    }
}

/// What an event is in words and amounts, for one of those whom it concerns.
#[derive(Default)]
struct Told {
    words: String,
    policy: Option<u64>,
    bucket: Option<BucketRef>,
    paid: Option<Money>,
    received: Option<Money>,
}

fn says(words: impl Into<String>) -> Told {
    Told { words: words.into(), ..Told::default() }
}

impl Told {
    fn about(self, policy: u128) -> Self {
        Self { policy: u64::try_from(policy).ok(), ..self }
    }

    fn within(self, books: &Books<'_, '_>, tier: u128, token: &Principal) -> Self {
        let bucket = u8::try_from(tier).ok().zip(books.asset(token));
        Self { bucket: bucket.map(|(tier, asset)| BucketRef { tier, asset }), ..self }
    }

    fn pays(self, books: &Books<'_, '_>, token: &Principal, amount: TokenAmount) -> Self {
        Self { paid: money(books, token, amount), ..self }
    }

    fn gets(self, books: &Books<'_, '_>, token: &Principal, amount: TokenAmount) -> Self {
        Self { received: money(books, token, amount), ..self }
    }

    /// Of a policy, what its owner got for it.
    fn for_policy(self, books: &Books<'_, '_>, policy: u128, amount: TokenAmount) -> Result<Self, ViewError> {
        let id = u64::try_from(policy).ok();
        let record = id.map(|id| books.snapshot.policy(id)).transpose()?.flatten();
        Ok(match record {
            Some(record) => self.about(policy).gets(books, &record.token, amount),
            None => self.about(policy),
        })
    }

    fn of(books: &Books<'_, '_>, who: &Principal, event: &SuiteEvent) -> Result<Self, ViewError> {
        use SuiteEvent as E;
        Ok(match event {
            E::PolicyRegistryPolicyCreated(e) => {
                let cost = e.premium.checked_add(e.fee).and_then(|sum| sum.checked_add(e.bounty));
                let size = e.size.parts();
                let told =
                    says(format!("Bought policy {}: {size} BTC protected from {} on.", e.policy, e.strike));
                let told = told.about(e.policy).within(books, e.tier, &e.token);
                match cost {
                    Ok(cost) => told.pays(books, &e.token, cost),
                    Err(_) => told,
                }
            }
            E::PolicyRegistryPolicyActivated(e) => {
                says(format!("Activated policy {} at {}.", e.policy, e.price))
                    .for_policy(books, e.policy, e.paid)?
            }
            E::PolicyRegistryPolicyCancelled(e) => {
                says(format!("Sold policy {} back at {}.", e.policy, e.price))
                    .for_policy(books, e.policy, e.refund)?
            }
            E::PolicyRegistryPolicySettled(e) if e.owner == *who => {
                let words = if e.paid < e.due {
                    format!("Policy {} was paid in part: its series was short.", e.policy)
                } else {
                    format!("Policy {} was paid: it ended at {}.", e.policy, e.price)
                };
                says(words).for_policy(books, e.policy, e.paid)?
            }
            E::PolicyRegistryPolicySettled(e) => {
                says(format!("Had policy {} paid to its owner.", e.policy)).about(e.policy)
            }
            E::PolicyRegistryPolicyExpired(e) => {
                says(format!("Policy {} ended without a payout: BTC stood at {}.", e.policy, e.price))
                    .about(e.policy)
            }
            _ => Self::of_capital(books, who, event),
        })
    }

    fn of_capital(books: &Books<'_, '_>, who: &Principal, event: &SuiteEvent) -> Self {
        use SuiteEvent as E;
        match event {
            E::LiquidityPoolCapitalCommitted(e) => {
                says(format!("Committed capital; it becomes shares at the close of epoch {}.", e.epoch))
                    .within(books, e.tier, &e.token)
                    .pays(books, &e.token, e.amount)
            }
            // It is paid when it is claimed, and told as received then.
            E::LiquidityPoolDepositCancelled(e) => {
                says("Took waiting deposits back; they can be claimed.").within(books, e.tier, &e.token)
            }
            E::LiquidityPoolExitRequested(e) => says(format!(
                "Asked to leave; the request joins the queue at the close of epoch {}.",
                e.epoch
            ))
            .within(books, e.tier, &e.token),
            E::LiquidityPoolExitCancelled(e) => {
                says("Took a request to leave back.").within(books, e.tier, &e.token)
            }
            E::LiquidityPoolWithdrawalPaid(e) => says("Claimed filled exits and returned deposits.")
                .within(books, e.tier, &e.token)
                .gets(books, &e.token, e.amount),
            E::LiquidityPoolDeadBucketLeft(e) => {
                says("Left a bucket that had not been closed for days; what it is paid can be claimed.")
                    .within(books, e.tier, &e.token)
            }
            E::LiquidityPoolBountyCredited(e) => says(format!("Earned a bounty ({}).", e.reason.as_str())),
            E::LiquidityPoolBountyPaid(e) => says("Claimed bounties.").gets(books, &e.token, e.amount),
            _ => Self::of_reserves(books, who, event),
        }
    }

    fn of_reserves(books: &Books<'_, '_>, who: &Principal, event: &SuiteEvent) -> Self {
        use SuiteEvent as E;
        match event {
            E::InsuranceFundContributionMade(e) => {
                says("Contributed to the insurance fund.").pays(books, &e.token, e.amount)
            }
            E::InsuranceFundTakenPolicySettled(e) => {
                says(format!("The insurance fund paid policy {}.", e.policy_id))
                    .about(e.policy_id)
                    .gets(books, &e.token, e.amount)
            }
            E::InsuranceFundRecoveryMade(e) => {
                says("Paid a recovery into the insurance fund.").pays(books, &e.token, e.amount)
            }
            E::InsuranceFundSurplusWithdrawn(e) => {
                says("Received a surplus of the insurance fund.").gets(books, &e.token, e.amount)
            }
            E::TreasuryAllocationPaid(e) => says("Claimed allocated fees.").gets(books, &e.token, e.amount),
            E::TreasurySwapFilled(e) => says(format!("Filled swap {} of the treasury.", e.id))
                .pays(books, &e.buy, e.price)
                .gets(books, &e.sell, e.amount),
            E::TreasuryPaymentMade(e) => {
                says(format!("The treasury paid: {}.", e.reason.as_str())).gets(books, &e.token, e.amount)
            }
            E::TreasuryCompensationPaid(e) => {
                says(format!("The treasury paid a compensation for dispute {}.", e.dispute))
                    .gets(books, &e.token, e.amount)
            }
            E::GovernanceProposalCreated(e) => {
                says(format!("Proposed no. {}: {}.", e.proposal, e.title.as_str()))
            }
            E::GovernanceProposalQueued(e) => says(format!("Queued proposal {}.", e.proposal)),
            E::GovernanceProposalCancelled(e) => says(format!("Cancelled proposal {}.", e.proposal)),
            E::GovernanceVoteCast(e) => says(format!("Voted on proposal {}.", e.proposal)),
            E::GovernanceRoleAssigned(e) => says(format!("Was given the role {}.", e.role.as_str())),
            E::GovernanceRoleRevoked(e) => says(format!("Lost the role {}.", e.role.as_str())),
            E::GovernanceRoleTransferred(e) if e.from == *who => {
                says(format!("Passed the role {} on.", e.role.as_str()))
            }
            E::GovernanceRoleTransferred(e) => says(format!("Took over the role {}.", e.role.as_str())),
            E::GovernanceVotingWeightSet(e) => says(format!("Has voting weight {} now.", e.weight)),
            E::OracleReporterAdded(_) => says("Became a reporter of prices."),
            E::OracleReporterSet(_) => says("Governance changed its terms as a reporter."),
            E::OracleReporterSuspended(_) => says("Was stopped as a reporter."),
            E::OracleReporterRemoved(_) => says("Is no reporter any more."),
            E::OracleReportDisputed(e) if e.by == *who => says("Disputed a report of prices."),
            E::OracleReportDisputed(_) => says("Somebody disputed its report of prices."),
            other => {
                let (contract, name) = other.name();
                says(format!("{contract}: {name}."))
            }
        }
    }
}

fn money(books: &Books<'_, '_>, token: &Principal, amount: TokenAmount) -> Option<Money> {
    books.asset(token).map(|asset| Money { asset, amount })
}
