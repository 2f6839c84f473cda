//! What holds for one account at one block.

use std::collections::BTreeMap;

use bithedge_ipc::{BreakerView, BucketRef, Destination, PolicyState, Step, Trust};
use bithedge_ledger::{Place, TimeRange, What};
use bithedge_protocol::risk::{HealthThresholds, Standing};
use bithedge_protocol::{Asset, Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Principal, Txid};
use bithedge_suite::{ContractError, SuiteEvent};

use crate::transactions::{DropReason, Failure, Note, Purpose, RefusedBecause, Status, TransactionUpdate};
use crate::views::{self, Books, Facts, NewestPolicy, ViewError, protection};

/// How much of an account's activity is looked at for its deposits.
const ACTIVITY: u32 = 200;
/// Of so many of its newest lines it is told where they lead.
const NEWEST: u32 = 40;
/// So many of an account's newest policies are looked at for those that have ended.
const ENDED: u32 = 1_000;
/// Closes, and the ends of policies, are looked at for so long.
const CLOSES: Seconds = Seconds::new(40 * 86_400);

/// A policy that has not ended in the registry's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPolicy {
    /// Its number.
    pub id: u64,
    /// Its token.
    pub asset: Asset,
    /// Its strike.
    pub strike: UsdE8,
    /// When it ends.
    pub expiry: UnixSeconds,
    /// How it stands.
    pub state: PolicyState,
    /// The price that an activation would be at; `None` if it is not known.
    pub spot: Option<UsdE8>,
    /// What an activation would pay now; `None` if it cannot be activated, or that is not known.
    pub activation: Option<TokenAmount>,
    /// What a claim would pay now; `None` if it cannot be claimed, or that is not known.
    pub claim: Option<TokenAmount>,
    /// What was promised, if a claim pays only a part of it.
    pub promised: Option<TokenAmount>,
    /// Whether this can be relied on.
    pub trust: Trust,
}

/// A policy that ended by itself: what its owner did is told as a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedEnd {
    /// Its number.
    pub id: u64,
    /// Its token.
    pub asset: Asset,
    /// What it was due and what it was paid, of one that ended in the money; `None` of one that ended out of the money.
    pub paid: Option<(TokenAmount, TokenAmount)>,
    /// Whether this can be relied on.
    pub trust: Trust,
}

/// A deposit that was made for a close, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deposit {
    /// The epoch whose close takes it.
    pub epoch: u64,
    /// How much.
    pub amount: TokenAmount,
    /// When it was made.
    pub at: UnixSeconds,
    /// Where in the chain.
    pub place: Place,
}

/// Waiting deposits were taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositCancelled {
    /// When.
    pub at: UnixSeconds,
    /// Where in the chain.
    pub place: Place,
}

/// A close of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedClose {
    /// The epoch that it closed.
    pub epoch: u64,
    /// Its boundary.
    pub boundary: UnixSeconds,
    /// Whether deposits came back instead of becoming shares.
    pub returned: bool,
}

/// A bucket that the account is or was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedBucket {
    /// The bucket.
    pub bucket: BucketRef,
    /// What its tier is called on the chain; `None` if that is not known.
    pub tier_name: Option<String>,
    /// Whether the account's capital is at risk in it.
    pub is_in: bool,
    /// How it stands, and its ratio; `None` if that is not known.
    pub health: Option<(Standing, Option<Ppm>)>,
    /// Where the standings begin; `None` if that is not known.
    pub thresholds: Option<HealthThresholds>,
    /// The epoch that is open.
    pub epoch: u64,
    /// Deposits that wait, with their epochs.
    pub waiting: Vec<(u64, TokenAmount)>,
    /// The account's newest deposits.
    pub deposits: Vec<Deposit>,
    /// Its newest cancellations.
    pub cancelled: Vec<DepositCancelled>,
    /// The newest closes.
    pub closes: Vec<ObservedClose>,
    /// What exits have paid in all.
    pub proceeds: TokenAmount,
    /// What waits to be claimed.
    pub claimable: TokenAmount,
    /// Whether this can be relied on.
    pub trust: Trust,
}

/// How old the newest price is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceAge {
    /// When it was accepted.
    pub at: UnixSeconds,
    /// The age from which the oracle gives no price.
    pub max_age: Seconds,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// It had its effect.
    Confirmed,
    /// It had none.
    Failed {
        /// Why.
        why: String,
    },
    /// It was told as over, and may after all be carried out until its place is taken; or it may have been.
    Open {
        /// Why, and what that means.
        why: String,
    },
    /// It was to take another one's place, and did.
    Cancelled {
        /// The other one's number.
        earlier: u64,
    },
    /// The chain gave up the block that it was in, and it waits again.
    Reverted,
    /// Another transaction of the account took its place.
    Displaced {
        /// Whether it had had its effect, in a block that the chain gave up. If not, the other one was not signed here.
        was_done: bool,
    },
    /// Nobody said in time whether it should be signed.
    Unanswered,
    /// What it moved is not what was approved.
    Alarm,
}

/// News of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionNews {
    /// What it is known by: its identity on the chain, or its number if it has none.
    pub key: String,
    /// What it was to do, or did if it is confirmed, in a few words without a full stop.
    pub title: String,
    /// What became of it.
    pub outcome: TransactionOutcome,
}

impl TransactionNews {
    /// What of an update is news; `title` is what the transaction was to do, and `is_ours` says whether a transaction was signed here.
    /// `None` of what the user did or is being asked, and of what is still under way.
    #[must_use]
    pub fn of(update: &TransactionUpdate, title: &str, is_ours: impl FnOnce(&Txid) -> bool) -> Option<Self> {
        let outcome = match (&update.note, &update.status) {
            (Some(Note::Alarm), _) => TransactionOutcome::Alarm,
            (Some(Note::Reorganised { .. }), status) if status.is_under_way() => TransactionOutcome::Reverted,
            (Some(Note::Reorganised { .. }), Status::Replaced { .. }) => {
                TransactionOutcome::Displaced { was_done: true }
            }
            // What took its place was not signed here, and is told nowhere else.
            (Some(Note::Settled), Status::Replaced { by }) if !is_ours(by) => {
                TransactionOutcome::Displaced { was_done: false }
            }
            // What cancels is made to fail: however it was mined, the other one cannot be any more.
            (_, Status::Confirmed { .. } | Status::Failed { .. })
                if matches!(update.purpose, Purpose::Cancels { .. }) =>
            {
                let earlier = update.purpose.earlier().map_or(0, |earlier| earlier.0);
                TransactionOutcome::Cancelled { earlier }
            }
            (_, Status::Refused { reason: RefusedBecause::Unanswered }) => TransactionOutcome::Unanswered,
            (_, Status::Confirmed { .. }) => TransactionOutcome::Confirmed,
            (_, Status::Failed { failure, .. }) => TransactionOutcome::Failed { why: failed(failure) },
            (_, Status::Dropped { reason }) => TransactionOutcome::Open { why: dropped(reason).to_owned() },
            (_, Status::Expired) => {
                let why = "The time for it passed before it could be sent. Nothing moved, and it will not be sent any more.";
                TransactionOutcome::Failed { why: why.to_owned() }
            }
            _ => return None,
        };
        let key = update.txid.map_or_else(|| format!("no. {}", update.id), |txid| txid.to_string());
        Some(Self { key, title: title.to_owned(), outcome })
    }
}

fn failed(failure: &Failure) -> String {
    match failure {
        Failure::PostCondition => {
            "More would have left your account, or less come, than was approved, so the network undid it. \
             Only its fee was taken."
                .to_owned()
        }
        Failure::Contract { result, .. } => {
            let code = match result.as_response() {
                Ok(Err(code)) => code.as_uint().ok(),
                _ => None,
            };
            code.map_or_else(
                || "The contract stopped without saying why. Only the network's fee was taken.".to_owned(),
                |code| ContractError::new(code).to_string(),
            )
        }
    }
}

const fn dropped(reason: &DropReason) -> &'static str {
    match reason {
        DropReason::NonceUsed => {
            "It, or another transaction of the account in its place, was carried out; which of them could not be found out."
        }
        DropReason::Cancelled => "It was cancelled, and no node has it. Nothing moved so far.",
        DropReason::OutOfDate => "Its time passed while the network had lost it. Nothing moved so far.",
        DropReason::Lost => {
            "The network lost it, and it cannot be sent again from here. Nothing moved so far."
        }
        DropReason::Rejected { .. } | DropReason::Unminable { .. } => {
            "The network does not take it. Nothing moved so far; it stays under watch until its place is taken."
        }
    }
}

/// What holds for one account at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The account, as an address.
    pub account: String,
    /// The chain's time.
    pub at: UnixSeconds,
    /// Whether the books are what the chain holds now ([`Freshness`](crate::sync::Freshness)). If not, they say nothing of the account that
    /// could be news, and that something is missing in them means nothing.
    pub is_current: bool,
    /// The time of the newest block in the books, which may be behind: what came later is not in them.
    pub books_at: UnixSeconds,
    /// The policies that have not ended in the registry's books.
    pub policies: Vec<ObservedPolicy>,
    /// Whether these are all.
    pub policies_trust: Trust,
    /// The policies that ended by themselves within the last weeks: paid, or out of the money.
    pub ended: Vec<ObservedEnd>,
    /// The buckets that the account is or was in.
    pub buckets: Vec<ObservedBucket>,
    /// Whether these are all.
    pub buckets_trust: Trust,
    /// When the newest price that the books know was accepted, however old it is.
    pub newest_price: Option<UnixSeconds>,
    /// The newest price, as it was read off the chain; `None` if it was not.
    pub price: Option<PriceAge>,
    /// The breakers; `None` if they were not read.
    pub breakers: Option<Vec<BreakerView>>,
    /// What the reconciliation found: `None` if it was not made, `Some(None)` if everything agrees, otherwise what differs.
    pub difference: Option<Option<String>>,
    /// What became of transactions since the observation before.
    pub transactions: Vec<TransactionNews>,
    /// Where the newest transactions lead that the books have, by their identities without `0x`: to the policy or the bucket that
    /// they were about, where they were about one.
    pub led_to: BTreeMap<String, Destination>,
}

impl Observation {
    /// What the books and the chain say of an account. What is not in them (the reconciliation, transactions) is added by who
    /// knows it.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn of(books: &Books<'_, '_>, account: &Principal, facts: Option<&Facts>) -> Result<Self, ViewError> {
        let (summary, open) = protection(books, account)?;
        let spot = books.owner_spot();
        let open = open.into_iter().map(|policy| ObservedPolicy {
            id: policy.id,
            asset: policy.asset,
            strike: policy.strike,
            expiry: policy.expiry,
            state: policy.state,
            spot,
            activation: policy.activate.pays(),
            claim: policy.claim.pays(),
            promised: promised(&policy.claim),
            trust: policy.trust,
        });
        let policies = open.collect();
        let (ended, ended_trust) = ended(books, account)?;
        let (buckets, buckets_trust) = buckets(books, account)?;
        Ok(Self {
            account: account.to_string(),
            at: books.moment(),
            is_current: books.are_current(),
            books_at: books.snapshot().tip().map_or(books.moment(), |tip| tip.time),
            policies,
            policies_trust: summary.trust.and(ended_trust),
            ended,
            buckets,
            buckets_trust,
            newest_price: books.newest_price(),
            price: books.price_age(),
            breakers: facts.map(|facts| facts.gates().breakers.clone()),
            difference: None,
            transactions: Vec::new(),
            led_to: led_to(books, account)?,
        })
    }
}

/// Where the newest transactions of an account lead. A policy is nearer than the bucket that it stands on.
fn led_to(books: &Books<'_, '_>, account: &Principal) -> Result<BTreeMap<String, Destination>, ViewError> {
    let mut led_to = BTreeMap::new();
    for line in views::activity(books, account, None, NEWEST)?.lines {
        let txid = line.txid.strip_prefix("0x").unwrap_or(&line.txid).to_owned();
        match (line.policy, line.bucket) {
            (Some(policy), _) => {
                led_to.insert(txid, Destination::Policy { policy });
            }
            (None, Some(bucket)) => {
                led_to.entry(txid).or_insert(Destination::Bucket { bucket });
            }
            (None, None) => {}
        }
    }
    Ok(led_to)
}

/// What a claim falls short of.
const fn promised(claim: &Step) -> Option<TokenAmount> {
    match claim {
        Step::Now { promised, .. } => *promised,
        _ => None,
    }
}

/// The newest of an account's policies that ended by themselves, from the records alone: what they are worth nobody asks here.
fn ended(books: &Books<'_, '_>, account: &Principal) -> Result<(Vec<ObservedEnd>, Trust), ViewError> {
    let from = books.moment().get().saturating_sub(CLOSES.get());
    let found = books.newest_policies(account, ENDED)?;
    let mut all = found.trust;
    let mut ends = Vec::new();
    for NewestPolicy { record, asset, state, trust } in found.policies {
        let (paid, at) = match state {
            PolicyState::Settled => {
                (Some((record.due, record.paid)), record.closed_at.unwrap_or(record.expiry))
            }
            // One that ended out of the money has ended before the registry's books say so, and is told once for both.
            PolicyState::Expired => (None, record.expiry),
            _ => continue,
        };
        match asset {
            Some(asset) if at.get() >= from => ends.push(ObservedEnd { id: record.id, asset, paid, trust }),
            Some(_) => {}
            None => all = Trust::Doubtful,
        }
    }
    Ok((ends, all))
}

fn buckets(books: &Books<'_, '_>, account: &Principal) -> Result<(Vec<ObservedBucket>, Trust), ViewError> {
    let positions = books.positions(account)?;
    let mut trust = positions.1;
    let mut found = Vec::new();
    let mut activity = None;
    for (record, bucket) in positions.0 {
        let Some(bucket) = bucket else {
            trust = Trust::Doubtful;
            continue;
        };
        if activity.is_none() {
            activity = Some(books.snapshot().activity(account, None, ACTIVITY)?);
        }
        let mut deposits = Vec::new();
        let mut cancelled = Vec::new();
        let is_here = |tier: u128, token: &Principal| {
            tier == u128::from(record.bucket.tier) && *token == record.bucket.token
        };
        for entry in activity.iter().flatten() {
            let What::Event(event) = &entry.what else { continue };
            match &**event {
                SuiteEvent::LiquidityPoolCapitalCommitted(e) if is_here(e.tier, &e.token) => {
                    let epoch = u64::try_from(e.epoch).unwrap_or(u64::MAX);
                    deposits.push(Deposit { epoch, amount: e.net, at: entry.time, place: entry.place });
                }
                SuiteEvent::LiquidityPoolDepositCancelled(e) if is_here(e.tier, &e.token) => {
                    cancelled.push(DepositCancelled { at: entry.time, place: entry.place });
                }
                _ => {}
            }
        }
        let from = UnixSeconds::new(books.moment().get().saturating_sub(CLOSES.get()));
        let range = TimeRange { from, to: TimeRange::ALL.to };
        let closes = books.snapshot().epochs(&record.bucket, range)?.into_iter().map(|close| ObservedClose {
            epoch: close.epoch,
            boundary: close.point.at,
            returned: close.returned,
        });
        let health = books.health_of(bucket);
        let waiting = record.requests.iter().filter(|(_, deposit, _)| *deposit > TokenAmount::ZERO);
        found.push(ObservedBucket {
            bucket: BucketRef { tier: bucket.bucket.tier, asset: bucket.bucket.asset },
            tier_name: books.tier_name(bucket.bucket.tier),
            is_in: record.value.at_risk > TokenAmount::ZERO,
            health: health.known().map(|health| (health.standing, health.ratio)),
            thresholds: health.known().map(|health| HealthThresholds {
                warning: health.warning_below,
                margin_call: health.margin_call_below,
                liquidation: Ppm::ZERO,
            }),
            epoch: bucket.bucket.epoch,
            waiting: waiting.map(|(epoch, deposit, _)| (*epoch, *deposit)).collect(),
            deposits,
            cancelled,
            closes: closes.collect(),
            proceeds: record.position.proceeds,
            claimable: record.position.claimable,
            trust: books.position_trust(&record),
        });
    }
    Ok((found, trust))
}
