//! Prices.

use bithedge_suite::SuiteEvent;

use super::{Context, Step, agree, contradiction, health, known, narrow};
use crate::block::Place;
use crate::query::BoundaryMethod;
use crate::tables::{BoundaryRow, BucketRow, MarketRow, PriceRow};
use crate::work::{Work, add};

/// The one row of the market's table.
pub(super) fn market(work: &mut Work<'_>) -> Step<MarketRow> {
    let found = work.get::<MarketRow>(&(0,))?;
    Ok(found.unwrap_or(MarketRow { id: 0, at: 0, btc: 0, stx: 0, policies: 0 }))
}

pub(super) fn apply(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) -> Step {
    match event {
        SuiteEvent::OraclePriceAccepted(e) => {
            let mut market = market(work)?;
            agree("the price's time", context.time, e.at.get())?;
            if e.at.get() < market.at {
                return contradiction("a price is older than the one before it");
            }
            (market.at, market.btc, market.stx) = (e.at.get(), e.btc.base_units(), e.stx.base_units());
            work.put(&market)?;
            for bucket in work.all::<BucketRow>()? {
                health::note(work, context, &bucket, market.stx, e.at.get())?;
            }
            let Place { height, transaction, event } = context.place;
            let row = PriceRow {
                height: height.get(),
                tx: transaction,
                event,
                at: market.at,
                btc: market.btc,
                stx: market.stx,
            };
            Ok(add(context.connection, &row)?)
        }
        SuiteEvent::OracleBoundaryRecorded(e) => {
            if work.get::<BoundaryRow>(&(e.at.get(),))?.is_some() {
                return contradiction("the boundary's price is recorded already");
            }
            agree("the time of recording", context.time, e.recorded_at.get())?;
            if e.at > e.recorded_at {
                return contradiction("the boundary is yet to come");
            }
            let method = narrow("method", e.method)?;
            known("the method", BoundaryMethod::from_code(method))?;
            Ok(work.put(&BoundaryRow {
                at: e.at.get(),
                btc: e.btc.base_units(),
                stx: e.stx.base_units(),
                vol_ask: e.vol_ask.base_units(),
                vol_low: e.vol_low.base_units(),
                short: e.short.base_units(),
                long: e.long.base_units(),
                method,
                recorded_at: e.recorded_at.get(),
            })?)
        }
        _ => Ok(()),
    }
}
