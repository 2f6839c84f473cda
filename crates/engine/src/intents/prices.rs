//! Reporters, price sources, and those who watch them.

use bithedge_protocol::UsdE8;
use bithedge_stacks::{ContractId, Principal};
use bithedge_suite::generated::{dia_adapter, errors, oracle, pyth_adapter};

use super::finding::{Checked, Stop, asserts};
use super::intent::Prices;
use super::plan::{Draft, Plan, Refusal};
use super::rules;
use super::sentences::Sentence;
use super::state::State;

/// Below this a price has to be.
const MAX_PRICE: u128 = 100_000_000_000_000_000;

impl Prices {
    pub(super) fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        let draft = match self {
            Self::Report { btc, stx, observed_at } => {
                let call = oracle::ReportPrices {
                    btc: btc.base_units(),
                    stx: stx.base_units(),
                    observed_at: observed_at.get().into(),
                };
                Draft::of(state, call).says(Sentence::Reports { btc: *btc, stx: *stx })
            }
            Self::ReportFrom(source) => {
                let draft = Draft::of(state, oracle::ReportFromSource { source: source.clone() });
                match state.latest_prices(source) {
                    Ok(Ok(found)) => draft
                        .says(Sentence::Reports { btc: UsdE8::new(found.btc), stx: UsdE8::new(found.stx) }),
                    Ok(Err(_)) => {
                        draft.says(Sentence::Does("Reports the prices of a contract that is a reporter."))
                    }
                    Err(unknown) => return Err(unknown.into()),
                }
            }
            Self::RefreshDia(feed) => Draft::of(state, dia_adapter::Refresh { feed: feed.clone() })
                .says(Sentence::Does("Takes DIA's prices over into its adapter.")),
            Self::RefreshPyth(feed) => Draft::of(state, pyth_adapter::Refresh { feed: feed.clone() })
                .says(Sentence::Does("Takes Pyth's prices over into its adapter.")),
            Self::Dispute { reporter, reason } => {
                let call = oracle::DisputeReport { reporter: reporter.clone(), reason: (*reason).into() };
                Draft::of(state, call)
                    .says(Sentence::Does("Disputes a reporter's last report. Recorded prices stay."))
            }
            Self::Suspend(reporter) => {
                Draft::of(state, oracle::SuspendReporter { reporter: reporter.clone() })
                    .says(Sentence::Does("Stops a reporter until governance reinstates it."))
            }
        };
        Ok(draft.gives_nothing().done())
    }

    pub(super) fn check(&self, state: &State) -> Checked {
        match self {
            Self::Report { btc, stx, observed_at } => {
                check_report(state, &state.me(), btc.base_units(), stx.base_units(), observed_at.get().into())
            }
            Self::ReportFrom(source) => {
                let who = Principal::Contract(source.clone());
                let listed = state.entry::<oracle::maps::Reporters>(&who)?.is_some();
                asserts(listed, errors::ORACLE_NOT_REPORTER)?;
                let found = state.latest_prices(source)??;
                check_report(state, &who, found.btc, found.stx, found.at)
            }
            Self::RefreshDia(feed) => {
                let named = state.variable::<dia_adapter::variables::FeedPrincipal>()?;
                asserts(is_feed(named.as_ref(), feed), errors::DIA_ADAPTER_UNKNOWN_FEED)
            }
            Self::RefreshPyth(feed) => {
                let named = state.variable::<pyth_adapter::variables::FeedPrincipal>()?;
                asserts(is_feed(named.as_ref(), feed), errors::PYTH_ADAPTER_UNKNOWN_FEED)
            }
            Self::Dispute { reporter, .. } => check_dispute(state, reporter),
            Self::Suspend(reporter) => {
                asserts(rules::is_guardian(state)?, errors::ORACLE_NOT_GUARDIAN)?;
                let known = state.entry::<oracle::maps::Reporters>(reporter)?.is_some();
                asserts(known, errors::ORACLE_UNKNOWN_REPORTER)
            }
        }
    }
}

/// Whether governance named this feed. What the feed then answers is its own contract's matter and cannot be known before.
fn is_feed(named: Option<&Principal>, feed: &ContractId) -> bool {
    matches!(named, Some(Principal::Contract(named)) if named == feed)
}

/// `take-report`.
fn check_report(state: &State, who: &Principal, btc: u128, stx: u128, observed_at: u128) -> Checked {
    state
        .want()
        .entry::<oracle::maps::Reporters>(who)
        .variable::<oracle::variables::Bounds>()
        .variable::<oracle::variables::SourceBusy>()
        .call(oracle::GetVolatility {})
        .done()?;
    let reporter = state.entry::<oracle::maps::Reporters>(who)?;
    let reporter = reporter.ok_or(Stop::Refused(errors::ORACLE_NOT_REPORTER))?;
    let limits = state.variable::<oracle::variables::Bounds>()?;
    asserts(!state.variable::<oracle::variables::SourceBusy>()?, errors::ORACLE_SOURCE_BUSY)?;
    asserts(reporter.active && !reporter.suspended, errors::ORACLE_REPORTER_INACTIVE)?;
    let is_price = |price: u128| price > 0 && price < MAX_PRICE;
    asserts(is_price(btc) && is_price(stx), errors::ORACLE_INVALID_PRICE)?;
    asserts(observed_at <= state.now(), errors::ORACLE_FUTURE_REPORT)?;
    let oldest = state.now().saturating_sub(limits.report_max_age);
    asserts(observed_at >= oldest, errors::ORACLE_STALE_REPORT)?;
    asserts(observed_at > reporter.at, errors::ORACLE_NOT_NEWER)?;
    asserts(state.call(oracle::GetVolatility {})?.short > 0, errors::ORACLE_NOT_SEEDED)
}

fn check_dispute(state: &State, reporter: &Principal) -> Checked {
    state
        .want()
        .entry::<oracle::maps::Reporters>(reporter)
        .entry::<oracle::maps::Reporters>(&state.me())
        .done()?;
    let found = state.entry::<oracle::maps::Reporters>(reporter)?;
    let found = found.ok_or(Stop::Refused(errors::ORACLE_UNKNOWN_REPORTER))?;
    let listed = state.entry::<oracle::maps::Reporters>(&state.me())?.is_some();
    asserts(listed || rules::is_guardian(state)?, errors::ORACLE_NOT_DISPUTER)?;
    let key =
        oracle::types::DisputesKey { by: state.me(), observed_at: found.at, reporter: reporter.clone() };
    let disputed = state.entry::<oracle::maps::Disputes>(&key)?.is_some();
    asserts(!disputed, errors::ORACLE_ALREADY_DISPUTED)
}
