//! What is read off the chain for views: prices, rules, and what is open to the account.

use bithedge_ipc::{AsOf, AsOfBlock};
use bithedge_protocol::pool::{Fee, Pricing, SaleRules};
use bithedge_protocol::{Ppm, Sats, Seconds, UnixSeconds, UsdE8};
use bithedge_stacks::Address;
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{errors, fee_schedule, oracle, parameters};
use bithedge_suite::{ContractError, Mismatch, MismatchReason, state as conversions};

use crate::intents::{State, Tip, Unknown};
use crate::sync::WallClock;

/// For how many sizes it is asked whether they can be sold back.
const MOST_SIZES: usize = 16;
/// The seconds of a day, by which limits refill.
const DAY: u128 = 86_400;

/// What something is of that is made of the chain at one block, without the books.
pub(crate) fn chain_as_of(tip: &Tip, clock: WallClock) -> AsOf {
    AsOf {
        books: None,
        chain: Some(AsOfBlock { height: tip.height, time: tip.time }),
        now: clock.moment(Some(tip.time), None),
        doubt: clock.doubt(tip.time),
    }
}

/// Up to which size something is open to the account now, as far as it was asked. What stops a size stops every larger one: the
/// limit is one of amounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowance {
    /// By size, with the refusal, the smallest first.
    answers: Vec<(Sats, Result<(), ContractError>)>,
}

impl Allowance {
    /// The largest size that was asked about and is open, or what stops the smallest; `None` if nothing was asked.
    #[must_use]
    pub fn most(&self) -> Option<Result<Sats, ContractError>> {
        let open = self.answers.iter().rev().find(|(_, answer)| answer.is_ok());
        open.or_else(|| self.answers.first()).map(|(size, answer)| answer.map(|()| *size))
    }

    /// Whether it is open for a size; `None` if that was not asked.
    #[must_use]
    pub fn allows(&self, size: Sats) -> Option<Result<(), ContractError>> {
        if let Some((_, answer)) = self.answers.iter().find(|(asked, _)| *asked == size) {
            return Some(*answer);
        }
        if self.answers.iter().any(|(asked, answer)| *asked >= size && answer.is_ok()) {
            return Some(Ok(()));
        }
        let smaller = self.answers.iter().filter(|(asked, _)| *asked <= size);
        smaller.rev().find(|(_, answer)| answer.is_err()).map(|(_, answer)| *answer)
    }
}

/// Prices and rules at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// The block.
    pub tip: Tip,
    /// For whom the fee and the limits are.
    pub account: Address,
    /// The oracle's prices, or the code with which it refuses to give any.
    pub pricing: Result<Pricing, ContractError>,
    /// When the newest prices were accepted, one BTC, one STX; `None` before the first.
    pub newest: Option<(UnixSeconds, UsdE8, UsdE8)>,
    /// The age from which the oracle gives no price.
    pub max_age: Seconds,
    /// The rules of sales, activations and sales back; `None` while the suite is not set up.
    pub rules: Option<SaleRules>,
    /// What the account pays on top of a premium.
    pub fee: Fee,
    /// What it can sell back.
    pub sell_back: Allowance,
    /// What it can buy, by flags, breakers and its own limit: what is asked is the smallest policy, and what its limit leaves.
    pub purchase: Allowance,
}

fn fits<T>(what: &'static str, found: Result<T, Mismatch>) -> Result<T, Unknown> {
    found.map_err(|mismatch| Unknown::Mismatch { what: what.to_owned(), mismatch })
}

pub(super) fn text<const N: usize>(text: &'static str) -> Result<Ascii<N>, Unknown> {
    let impossible = |_| MismatchReason::Impossible(text.to_owned()).into();
    fits("a name", Ascii::new(text).map_err(impossible))
}

pub(super) fn moment(what: &'static str, seconds: u128) -> Result<UnixSeconds, Unknown> {
    fits(what, conversions::moment(seconds))
}

impl Prices {
    /// Reads them. `sizes` are those of the account's policies, for what can be sold back: if there are many, some of them are
    /// asked about, spread evenly.
    ///
    /// # Errors
    /// [`Unknown`]: what has to be read first, or a suite that this program does not know.
    pub fn of(state: &State, sizes: &[Sats]) -> Result<Self, Unknown> {
        let (purchase, buys) = (text("purchase")?, text("purchase")?);
        let discount = fee_schedule::GetDiscount { user: state.me() };
        let sizes = spread(sizes);
        let mut wanted = state
            .want()
            .call(oracle::GetPricing {})
            .variable::<oracle::variables::Latest>()
            .variable::<oracle::variables::Bounds>()
            .variable::<parameters::variables::PolicyConfig>()
            .entry::<fee_schedule::maps::FeeRates>(&purchase)
            .entry::<parameters::maps::Actions>(&buys)
            .call(parameters::GetUsage { action: buys, user: state.me() })
            .call(discount.clone());
        let mut questions = Vec::new();
        for size in sizes {
            let action = text("sell-back")?;
            let question = parameters::IsActionOpen { action, user: state.me(), amount: size.base_units() };
            wanted = wanted.call(question.clone());
            questions.push((size, question));
        }
        wanted.done()?;

        let pricing = match state.call(oracle::GetPricing {})? {
            Ok(found) => Ok(fits("the prices", conversions::pricing(&found))?),
            Err(refusal) => Err(refusal),
        };
        let latest = state.variable::<oracle::variables::Latest>()?;
        let newest = match latest.at {
            0 => None,
            at => Some((moment("the newest price", at)?, UsdE8::new(latest.btc), UsdE8::new(latest.stx))),
        };
        let bounds = state.variable::<oracle::variables::Bounds>()?;
        let max_age = moment("the oldest price", bounds.max_age)?;
        let rules = state.variable::<parameters::variables::PolicyConfig>()?;
        let rules =
            rules.map(|found| fits("the rules of a sale", conversions::sale_rules(&found))).transpose()?;
        let rate = state.entry::<fee_schedule::maps::FeeRates>(&purchase)?;
        let mut answers = Vec::new();
        for (size, question) in questions {
            answers.push((size, state.call(question)?.map(|_| ())));
        }
        Ok(Self {
            tip: state.tip().clone(),
            account: state.account(),
            pricing,
            newest,
            max_age: Seconds::new(max_age.get()),
            rules,
            fee: Fee { rate: Ppm::new(rate.unwrap_or(0)), discount: Ppm::new(state.call(discount)?) },
            sell_back: Allowance { answers },
            purchase: purchases(state, rules.as_ref())?,
        })
    }

    /// What the oracle's prices are at a moment: those that were read, unless they have become too old since.
    ///
    /// # Errors
    /// The code with which the oracle refuses.
    pub fn pricing_at(&self, now: UnixSeconds) -> Result<&Pricing, ContractError> {
        let pricing = self.pricing.as_ref().map_err(|refusal| *refusal)?;
        let is_old = now.since(pricing.at).is_some_and(|age| age > self.max_age);
        if is_old { Err(errors::ORACLE_STALE_PRICE) } else { Ok(pricing) }
    }
}

/// What the account can buy: asked for the smallest policy, and for the most that is left of its limit.
fn purchases(state: &State, rules: Option<&SaleRules>) -> Result<Allowance, Unknown> {
    let Some(rules) = rules else { return Ok(Allowance::default()) };
    let action = text("purchase")?;
    let limit = state.entry::<parameters::maps::Actions>(&action)?;
    let used = state.call(parameters::GetUsage { action: action.clone(), user: state.me() })?;
    let left = match limit {
        // A capacity of zero is no limit.
        Some(limit) if limit.capacity > 0 => {
            let elapsed = u128::from(state.tip().time.get()).saturating_sub(used.last_action);
            let leak = elapsed.saturating_mul(limit.refill_per_day) / DAY;
            Sats::new(limit.capacity.saturating_sub(used.level.saturating_sub(leak)))
        }
        _ => rules.max_size,
    };
    let sizes = [rules.min_size, left.min(rules.max_size).max(rules.min_size)];
    let questions = spread(&sizes).into_iter().map(|size| {
        let question =
            parameters::IsActionOpen { action: action.clone(), user: state.me(), amount: size.base_units() };
        (size, question)
    });
    let questions: Vec<_> = questions.collect();
    questions.iter().fold(state.want(), |wanted, (_, question)| wanted.call(question.clone())).done()?;
    let mut answers = Vec::new();
    for (size, question) in questions {
        answers.push((size, state.call(question)?.map(|_| ())));
    }
    Ok(Allowance { answers })
}

/// Each size once, the smallest first; some of them if there are too many, always the largest.
fn spread(sizes: &[Sats]) -> Vec<Sats> {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    sizes.dedup();
    let count = sizes.len();
    if count <= MOST_SIZES {
        return sizes;
    }
    // Of sixteen parts of the list the last of each.
    (1..=MOST_SIZES).filter_map(|part| sizes.get(part * count / MOST_SIZES - 1).copied()).collect()
}
