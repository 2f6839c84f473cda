//! What a transaction would do for the account, to be drawn beside the question.

use std::time::Duration;

use bithedge_engine::words::Notices as _;
use bithedge_engine::{Engine, views};
use bithedge_ipc::{BucketRef, Effect, Figure, PolicyView, TierView, Wish};
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, Principal};

/// Requests count for a boundary that is at least so many seconds away.
const CUTOFF: u64 = 3_600;
/// A picture is worth so much waiting.
const PATIENCE: Duration = Duration::from_secs(3);
/// From one boundary to the next.
const DAY: u64 = 86_400;

/// Of a wish that was made a question. Where what it takes cannot be read, or not in time, that is said: the question itself does not
/// depend on it, and its time is running.
pub(crate) async fn of(engine: &Engine, account: Address, wish: &Wish) -> Effect {
    match tokio::time::timeout(PATIENCE, read(engine, account, wish)).await {
        Ok(effect) => effect,
        Err(_) => unknown("The node did not answer in time."),
    }
}

fn unknown(why: impl Into<String>) -> Effect {
    let why = why.into();
    tracing::info!(why, "a question without a picture");
    Effect::Unknown { why }
}

async fn read(engine: &Engine, account: Address, wish: &Wish) -> Effect {
    match wish {
        Wish::Buy { asset, tier, strike, expiry, size, max_cost, .. } => {
            let order = Order { asset: *asset, tier: *tier, strike: *strike, expiry: *expiry, size: *size };
            bought(engine, account, order, *max_cost).await
        }
        Wish::Activate { policy, asset, min_payout } => {
            paid(engine, account, *policy, *asset, |_| Some(*min_payout)).await
        }
        Wish::SellBack { policy, asset, min_refund } => {
            paid(engine, account, *policy, *asset, |_| Some(*min_refund)).await
        }
        Wish::Claim { policy, asset, owner: None } => {
            paid(engine, account, *policy, *asset, |view| view.claim.pays()).await
        }
        Wish::Commit { tier, asset, .. } => capital(engine, account, *tier, *asset, Capital::JOINS).await,
        Wish::RequestWithdrawal { tier, asset, .. } | Wish::ClaimYield { tier, asset } => {
            capital(engine, account, *tier, *asset, Capital::LEAVES).await
        }
        Wish::CancelDeposit { tier, asset }
        | Wish::CancelWithdrawal { tier, asset }
        | Wish::ClaimWithdrawal { tier, asset, provider: None }
        | Wish::LeaveDeadBucket { tier, asset, .. } => {
            capital(engine, account, *tier, *asset, Capital::AT_ONCE).await
        }
        _ => Effect::None,
    }
}

/// The chain's own figures for the order, at the prices of now.
async fn bought(engine: &Engine, account: Address, order: Order, max_cost: TokenAmount) -> Effect {
    let confirmed = match engine.confirm_order(account, &order).await {
        Ok(confirmed) => confirmed,
        Err(error) => return unknown(error.notice().happened),
    };
    let quote = confirmed.quote;
    // An order that two tiers share has two floors; from the higher one on, not all of it pays more.
    let floor: Option<UsdE8> = quote.parts.iter().map(|part| part.floor).max();
    match floor {
        Some(floor) => Effect::Protection { order, floor, max_cost, spot: quote.spot, stx: quote.stx },
        None => unknown("The chain named no part of the pool that would sell it."),
    }
}

async fn paid(
    engine: &Engine,
    account: Address,
    policy: u64,
    asset: Asset,
    at_least: impl FnOnce(&PolicyView) -> Option<TokenAmount>,
) -> Effect {
    let who = Principal::Standard(account);
    let view = engine.page(account, move |books, _| views::policy(books, policy, &who)).await;
    let view = match view {
        Ok(Some(view)) => view,
        Ok(None) => return unknown("The books do not have this policy yet."),
        Err(error) => return unknown(error.notice().happened),
    };
    match at_least(&view) {
        Some(at_least) => Effect::Payout { policy, size: view.size, asset, at_least, cost: view.cost },
        None => unknown("What it would pay now is not known."),
    }
}

/// What becomes of capital.
#[derive(Clone, Copy)]
struct Capital {
    /// Whether it waits for a close.
    waits: bool,
    /// Whether an exit fee is kept of it.
    pays_fee: bool,
}

impl Capital {
    const JOINS: Self = Self { waits: true, pays_fee: false };
    const LEAVES: Self = Self { waits: true, pays_fee: true };
    const AT_ONCE: Self = Self { waits: false, pays_fee: false };
}

async fn capital(engine: &Engine, account: Address, tier: u8, asset: Asset, what: Capital) -> Effect {
    let bucket = BucketRef { tier, asset };
    let page = engine.page(account, |books, _| views::tiers(books)).await;
    let tiers = match page {
        Ok(page) => page.tiers,
        Err(error) => return unknown(error.notice().happened),
    };
    let found = tiers.into_iter().find(|view| view.bucket == bucket);
    let Some(TierView { name, utilisation, worst_drawdown, due, exit_fee, .. }) = found else {
        return unknown("The books do not have this tier.");
    };
    Effect::Capital {
        bucket,
        tier_name: name,
        utilisation: known(utilisation),
        worst_drawdown: known(worst_drawdown),
        due: what.waits.then(|| close_of(engine.clock().now(), due)),
        exit_fee: if what.pays_fee { known(exit_fee) } else { None },
    }
}

/// The close that a request made now takes part in: the open epoch's until an hour before it is due, later the first boundary that is
/// an hour away (docs/protocol.md, "Epochs").
fn close_of(now: UnixSeconds, due: UnixSeconds) -> UnixSeconds {
    let earliest = now.get().saturating_add(CUTOFF);
    let days = earliest.saturating_sub(due.get()).div_ceil(DAY);
    UnixSeconds::new(due.get().saturating_add(days.saturating_mul(DAY)))
}

fn known<T>(figure: Figure<T>) -> Option<T> {
    match figure {
        Figure::Known { value } => Some(value),
        Figure::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_the_last_hour_waits_for_the_next_close() {
        let due = 1_700_000_000;
        for (now, days) in [
            (due - 3_601, 0),
            (due - 3_600, 0),
            (due - 3_599, 1),
            (due, 1),
            (due + DAY - 3_600, 1),
            (due + DAY - 3_599, 2),
            (0, 0),
        ] {
            let close = close_of(UnixSeconds::new(now), UnixSeconds::new(due));
            assert_eq!(close.get(), due + days * DAY, "{now}");
        }
    }
}
