//! The protocol's own figures (seed 3, `getPoolStats`, and what everybody may check).

use bithedge_ipc::{
    AnomalyView, BoundaryKind, BoundaryView, BreakerView, DisputeView, FeesView, Figure, FlagView, FundView,
    GatesView, OracleView, PoolView, PricesView, ProtocolPage, ReporterView, TreasuryView, Trust,
};
use bithedge_ledger::{BoundaryMethod, TokenTotals};
use bithedge_protocol::{Asset, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{insurance_fund, oracle, parameters};
use bithedge_suite::{Contract, SuiteEvent};

use super::ViewError;
use super::books::{Books, ContractTrust as _, NOT_READ, trust, unknown};
use super::reading::moment;
use crate::intents::{State, Unknown};

/// The contract's own lists, in its order.
const FLAGS: [&str; 3] = ["sales", "deposits", "sell-back"];
const BREAKERS: [&str; 4] = ["all", "sales", "deposits", "oracle"];
/// How many of the newest are shown.
const BOUNDARIES: u32 = 14;
const DISPUTES: u32 = 50;
const ANOMALIES: u32 = 50;

/// What is read off the chain for the protocol's page, at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    reporters: Vec<ReporterView>,
    gates: GatesView,
    targets: Vec<(Principal, TokenAmount)>,
}

fn number(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn name(text: &str) -> Option<Ascii<24>> {
    Ascii::new(text).ok()
}

impl Facts {
    /// Reads them.
    ///
    /// # Errors
    /// [`Unknown`]: what has to be read first, or a suite that this program does not know.
    pub fn of(state: &State) -> Result<Self, Unknown> {
        let tokens =
            Asset::ALL.iter().map(|asset| state.token_principal(*asset)).collect::<Result<Vec<_>, _>>()?;
        let mut wanted = state.want().variable::<oracle::variables::ReporterList>();
        for flag in FLAGS.iter().filter_map(|flag| name(flag)) {
            wanted = wanted.entry::<parameters::maps::Flags>(&flag);
        }
        for breaker in BREAKERS.iter().filter_map(|breaker| name(breaker)) {
            wanted = wanted.entry::<parameters::maps::CircuitBreakers>(&breaker);
        }
        for token in &tokens {
            wanted = wanted.call(insurance_fund::GetTargetSize { token: token.clone() });
        }
        wanted.done()?;
        let listed = state.variable::<oracle::variables::ReporterList>()?;
        let mut wanted = state.want();
        for reporter in listed.iter() {
            wanted = wanted.entry::<oracle::maps::Reporters>(reporter);
        }
        wanted.done()?;

        let mut reporters = Vec::new();
        for reporter in listed.iter() {
            if let Some(found) = state.entry::<oracle::maps::Reporters>(reporter)? {
                reporters.push(reporter_view(reporter, &found)?);
            }
        }
        let mut gates = GatesView { flags: Vec::new(), breakers: Vec::new() };
        for flag in FLAGS {
            let Some(key) = name(flag) else { continue };
            let enabled = state.entry::<parameters::maps::Flags>(&key)?.map(|flag| flag.enabled);
            gates.flags.push(FlagView { name: flag.to_owned(), enabled });
        }
        for breaker in BREAKERS {
            let Some(key) = name(breaker) else { continue };
            let found = state.entry::<parameters::maps::CircuitBreakers>(&key)?;
            gates.breakers.push(breaker_view(breaker, found.as_ref(), state.tip().time));
        }
        let mut targets = Vec::new();
        for token in tokens {
            let target = state.call(insurance_fund::GetTargetSize { token: token.clone() })?;
            targets.push((token, TokenAmount::new(target)));
        }
        Ok(Self { reporters, gates, targets })
    }

    /// Flags and breakers.
    #[must_use]
    pub const fn gates(&self) -> &GatesView {
        &self.gates
    }
}

fn reporter_view(
    reporter: &Principal,
    found: &oracle::types::ReportersEntry,
) -> Result<ReporterView, Unknown> {
    let reported = found.at > 0;
    Ok(ReporterView {
        reporter: reporter.to_string(),
        weight: number(found.weight),
        active: found.active,
        suspended: found.suspended,
        btc: reported.then_some(UsdE8::new(found.btc)),
        stx: reported.then_some(UsdE8::new(found.stx)),
        at: if reported { Some(moment("a report's time", found.at)?) } else { None },
        reports: number(found.updates),
        outliers: number(found.outliers),
        disputes: number(found.disputes),
    })
}

fn breaker_view(
    name: &str,
    found: Option<&parameters::types::CircuitBreakersEntry>,
    now: UnixSeconds,
) -> BreakerView {
    let time = |seconds: u128| u64::try_from(seconds).ok().filter(|time| *time > 0).map(UnixSeconds::new);
    BreakerView {
        name: name.to_owned(),
        // The contract takes one that was never set for tripped.
        tripped: found.is_none_or(|breaker| u128::from(now.get()) < breaker.until),
        last_tripped: found.and_then(|breaker| time(breaker.last_activated)),
        until: found.and_then(|breaker| time(breaker.until)),
        reason: found.map(|breaker| breaker.reason.as_str().to_owned()).unwrap_or_default(),
    }
}

/// What there is of every token, and whether it adds up. A token that the books do not know as collateral is left out.
///
/// # Errors
/// [`ViewError`].
pub fn pools(books: &Books<'_, '_>) -> Result<Vec<PoolView>, ViewError> {
    let totals = books.snapshot.totals()?;
    Ok(totals.iter().filter_map(|all| Some(pool(books.asset(&all.token)?, all))).collect())
}

fn pool(asset: Asset, all: &TokenTotals) -> PoolView {
    PoolView {
        asset,
        vault: all.vault_balance,
        locked: all.vault_locked,
        assets: all.assets,
        available: all.assets.saturating_sub(all.locked),
        waiting_deposits: all.pending_deposits,
        refunds: all.refunds,
        filled_exits: all.filled_exits,
        claims: all.claims,
        bounties: all.pots,
        credits: all.credits,
        adds_up: all.adds_up(),
        trust: trust(all.trust),
    }
}

fn oracle_view(books: &Books<'_, '_>, facts: Option<&Facts>) -> Result<OracleView, ViewError> {
    let prices = match books.pricing() {
        Ok(pricing) => Figure::Known {
            value: PricesView {
                btc: pricing.btc,
                stx: pricing.stx,
                btc_average: pricing.btc_twap,
                stx_average: pricing.stx_twap,
                volatility_ask: pricing.vol_ask,
                volatility_bid: pricing.vol_bid,
            },
        },
        Err(why) => unknown(why),
    };
    let at = books.newest().map(|price| price.at);
    let boundaries = books.snapshot.newest_boundaries(BOUNDARIES)?.into_iter().map(|boundary| BoundaryView {
        at: boundary.at,
        btc: boundary.btc,
        stx: boundary.stx,
        kind: match boundary.method {
            BoundaryMethod::Average => BoundaryKind::Average,
            BoundaryMethod::FirstInWindow => BoundaryKind::FirstInWindow,
            BoundaryMethod::FirstLater => BoundaryKind::FirstLater,
            BoundaryMethod::Governance => BoundaryKind::Governance,
        },
        recorded_at: boundary.recorded_at,
    });
    Ok(OracleView {
        prices,
        at,
        age: at.and_then(|at| books.now.since(at)),
        max_age: books.prices.map(|prices| prices.max_age),
        sale_max_age: books.prices.and_then(|prices| prices.rules.as_ref()).map(|rules| rules.sale_max_age),
        reporters: match facts {
            Some(facts) => Figure::Known { value: facts.reporters.clone() },
            None => unknown(NOT_READ),
        },
        boundaries: boundaries.collect(),
        trust: books.snapshot.contract_trust(Contract::Oracle),
    })
}

/// The protocol's page.
///
/// # Errors
/// [`ViewError`].
pub fn protocol(books: &Books<'_, '_>, facts: Option<&Facts>) -> Result<ProtocolPage, ViewError> {
    let totals = books.snapshot.totals()?;
    let mut funds = Vec::new();
    let mut treasury = Vec::new();
    for all in &totals {
        let Some(asset) = books.asset(&all.token) else { continue };
        let target = facts.and_then(|facts| facts.targets.iter().find(|(token, _)| *token == all.token));
        funds.push(FundView {
            asset,
            size: all.fund.size,
            reserved: all.fund.reserved,
            contributed: all.fund.contributed,
            covered: all.fund.covered,
            withdrawn: all.fund.withdrawn,
            target: target.map(|(_, target)| *target),
        });
        let books_of = all.treasury;
        treasury.push(TreasuryView {
            asset,
            undistributed: books_of.undistributed,
            allocated: books_of.allocated,
            holdings: books_of.holdings,
        });
    }
    let fees = books.snapshot.fee_totals()?.into_iter().filter_map(|total| {
        Some(FeesView {
            asset: books.asset(&total.token)?,
            operation: total.operation,
            collected: total.collected,
            forgone: total.forgone,
            count: total.count,
        })
    });
    let disputed = books.snapshot.said(Contract::Oracle, "report-disputed", DISPUTES)?;
    let disputes = disputed.into_iter().filter_map(|said| match said.event {
        SuiteEvent::OracleReportDisputed(event) => Some(DisputeView {
            time: said.time,
            height: said.place.height,
            reporter: event.reporter.to_string(),
            observed_at: event.observed_at,
            reason: event.reason.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
            by: event.by.to_string(),
        }),
        _ => None,
    });
    let anomalies = books.snapshot.anomalies(ANOMALIES)?.into_iter().map(|anomaly| AnomalyView {
        height: anomaly.place.height,
        why: anomaly.why,
        concerns: anomaly.subjects,
    });
    Ok(ProtocolPage {
        as_of: books.as_of(),
        oracle: oracle_view(books, facts)?,
        gates: match facts {
            Some(facts) => Figure::Known { value: facts.gates.clone() },
            None => unknown(NOT_READ),
        },
        pools: pools(books)?,
        health: books.buckets.iter().map(|record| books.health(record)).collect(),
        funds,
        treasury,
        fees: fees.collect(),
        disputes: disputes.collect(),
        anomalies: anomalies.collect(),
        trust: if books.snapshot.is_sound() { Trust::Sound } else { Trust::Doubtful },
    })
}
