//! The tiers side by side (seed 3, `getTierStats`), and what they could still do (`getTierAvailability`).

use bithedge_ipc::{Figure, IfNothingPaidOut, RoomView, SeriesRoom, TierView, TiersPage, Trust};
use bithedge_ledger::{BucketRecord, BucketStatistics, TimeRange};
use bithedge_protocol::pool::{Bucket, Market, Order, SaleRefusal};
use bithedge_protocol::risk::premium_rate_if_nothing_pays_out;
use bithedge_protocol::{Sats, Seconds, TokenAmount, UnixSeconds};
use bithedge_suite::ContractError;

use super::ViewError;
use super::books::{Books, NOT_READ, UNCOUNTABLE, known, trust, unknown};
use super::capital::{Returned, returned};

/// Premiums are held against capital for so long.
const MONTH: Seconds = Seconds::new(30 * 86_400);
/// What the user reads where nobody asked whether sales are open.
const NOT_ASKED: &str = "Whether anything is sold to this account now has not been asked, so this is not known. Preparing a \
     purchase asks it.";
/// Over a year a rate is itself.
const YEAR: Seconds = Seconds::new(31_536_000);

/// The tiers, by number and token. It looks at every position and policy: for a page, not for every block.
///
/// # Errors
/// [`ViewError`].
pub fn tiers(books: &Books<'_, '_>) -> Result<TiersPage, ViewError> {
    let listing = books.snapshot.statistics(books.now)?;
    let mut all = trust(listing.trust);
    let mut tiers = Vec::new();
    for statistics in &listing.rows {
        match books.bucket(statistics.bucket.tier, &statistics.bucket.token) {
            Some(bucket) => match tier(books, bucket, statistics)? {
                Some(view) => tiers.push(view),
                None => all = Trust::Doubtful,
            },
            None => all = Trust::Doubtful,
        }
    }
    Ok(TiersPage { as_of: books.as_of(), tiers, trust: all })
}

fn tier(
    books: &Books<'_, '_>,
    bucket: &BucketRecord,
    statistics: &BucketStatistics,
) -> Result<Option<TierView>, ViewError> {
    let figures = &bucket.bucket;
    let Some(terms) = books.tier(figures.tier) else { return Ok(None) };
    let (free, exit_fee) = match books.stx_for(figures.asset) {
        Ok(stx) => (
            known(figures.availability(terms, stx, books.now).map(|one| (one.free, one.utilisation))),
            known(figures.exit_fee(terms, stx)),
        ),
        Err(why) => (unknown(why.clone()), unknown(why)),
    };
    let Returned { since, returned, ended, worst_drawdown } = returned(books, bucket)?;
    Ok(Some(TierView {
        bucket: Books::name_of(bucket),
        name: terms.name.clone(),
        min_strike: terms.min_strike,
        max_strike: terms.max_strike,
        longest_term: terms.max_duration,
        capital: figures.assets,
        capacity: figures.capacity,
        room: room(figures, books.collateral(&bucket.token).map(|terms| terms.bounty)),
        locked: figures.locked,
        utilisation: free.clone().map(|(_, utilisation)| utilisation),
        free: free.map(|(free, _)| free),
        exit_fee,
        min_deposit: books.collateral(&bucket.token).map(|terms| terms.min_deposit),
        epoch: figures.epoch,
        due: figures.due,
        providers: statistics.providers,
        policies: statistics.active_policies,
        premiums: statistics.premiums,
        payouts: statistics.payouts,
        returned,
        since,
        ended,
        worst_drawdown,
        if_nothing_paid_out: if_nothing_paid_out(books, bucket)?,
        health: books.health(bucket),
        trust: trust(statistics.trust),
    }))
}

/// The largest commitment that the contract takes: with its assets and all deposits that wait, what becomes a deposit of it (all but the
/// `bounty`) may not exceed the capacity.
fn room(bucket: &Bucket, bounty: Option<TokenAmount>) -> TokenAmount {
    let [now, next] = bucket.deposits;
    let taken = bucket.assets.checked_add(now).and_then(|sum| sum.checked_add(next));
    let left = taken.map_or(TokenAmount::ZERO, |taken| bucket.capacity.saturating_sub(taken));
    if left == TokenAmount::ZERO {
        return left;
    }
    left.checked_add(bounty.unwrap_or_default()).unwrap_or(left)
}

/// Premiums of the last thirty days, or since the first close if that is later, over the mean capital of that time.
fn if_nothing_paid_out(
    books: &Books<'_, '_>,
    bucket: &BucketRecord,
) -> Result<Option<IfNothingPaidOut>, ViewError> {
    let key = Books::key_of(bucket);
    let to = books.now;
    let month_ago = UnixSeconds::new(to.get().saturating_sub(MONTH.get()));
    let closes = books.snapshot.epochs(&key, TimeRange { from: month_ago, to })?;
    let first = books.snapshot.history(&key, TimeRange { from: UnixSeconds::new(0), to })?;
    let first = first.and_then(|history| history.closes.first().map(|close| close.at));
    let Some(first) = first.filter(|_| !closes.is_empty()) else { return Ok(None) };
    let from = month_ago.max(first);
    let premiums = match books.snapshot.premiums_of(&key, TimeRange { from, to }) {
        Ok(premiums) => premiums,
        Err(bithedge_ledger::LedgerError::Uncountable { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let sum = closes.iter().try_fold(0_u128, |sum, close| sum.checked_add(close.assets.base_units()));
    let count = u128::try_from(closes.len()).unwrap_or(u128::MAX);
    let Some(capital) = sum.and_then(|sum| sum.checked_div(count)).map(TokenAmount::new) else {
        return Ok(None);
    };
    let rate = premium_rate_if_nothing_pays_out(premiums, capital, YEAR).ok().flatten();
    Ok(rate.map(|of_capital| IfNothingPaidOut { from, to, premiums, capital, of_capital }))
}

/// What every bucket could still sell to the account that prices were read for: its free capital, and the largest policy of each of
/// its listed series. What stops all sales, and the account's own limit, are in it.
///
/// # Errors
/// [`ViewError`].
pub fn rooms(books: &Books<'_, '_>) -> Result<Vec<RoomView>, ViewError> {
    let market = books.market();
    let purchase = books.prices.map(|prices| &prices.purchase);
    let mut rooms = Vec::new();
    for bucket in &books.buckets {
        let figures = &bucket.bucket;
        let Some(terms) = books.tier(figures.tier) else { continue };
        let availability = match books.stx_for(figures.asset) {
            Ok(stx) => known(figures.availability(terms, stx, books.now)),
            Err(why) => unknown(why),
        };
        let series = match (&market, purchase) {
            (Ok(market), Some(purchase)) => match purchase.most() {
                Some(most) => Figure::Known { value: series(&alone(market, figures.tier), bucket, most) },
                None => unknown(NOT_ASKED),
            },
            (Err(why), _) => unknown(why.clone()),
            (_, None) => unknown(NOT_READ),
        };
        rooms.push(RoomView {
            bucket: Books::name_of(bucket),
            availability,
            series,
            trust: trust(bucket.trust).and(books.price_trust()),
        });
    }
    Ok(rooms)
}

/// The market in which a tier passes nothing on: what others could take, and what they refuse, is not its own room.
fn alone(market: &Market, tier: u8) -> Market {
    let mut market = market.clone();
    for terms in market.tiers.iter_mut().filter(|terms| terms.tier == tier) {
        terms.isolated = true;
    }
    market
}

fn series(market: &Market, bucket: &BucketRecord, most: Result<Sats, ContractError>) -> Vec<SeriesRoom> {
    let figures = &bucket.bucket;
    let longest = market.tier(figures.tier).map(|terms| terms.max_duration).unwrap_or_default();
    let mut found = Vec::new();
    for expiry in market.expiries() {
        if expiry.since(market.now).is_none_or(|term| term > longest) {
            continue;
        }
        for strike in market.strikes(figures.tier) {
            let order = Order {
                asset: figures.asset,
                tier: figures.tier,
                strike,
                expiry,
                size: most.map_or(Sats::ZERO, |most| most.min(market.rules.max_size)),
            };
            let (largest, refused) = match most {
                Ok(_) => largest(market, &order),
                Err(stop) => (Sats::ZERO, Some(format!("Nothing is sold to you now: {stop}"))),
            };
            found.push(SeriesRoom { strike, expiry, largest, refused });
        }
    }
    found
}

/// About the largest size that a tier sells of a series, up to that of the order.
fn largest(market: &Market, order: &Order) -> (Sats, Option<String>) {
    let refused = |error: SaleRefusal| match error {
        SaleRefusal::Pool(_) => (Sats::ZERO, Some(UNCOUNTABLE.to_owned())),
        other => (Sats::ZERO, Some(format!("Nothing is sold of this series now: {other}."))),
    };
    let fits = |size| market.quote(&Order { size, ..*order });
    match fits(order.size) {
        Ok(_) => (order.size, None),
        Err(SaleRefusal::Capacity { fitting }) => match fits(fitting) {
            Ok(_) => (fitting, None),
            // Less than the smallest policy.
            Err(SaleRefusal::Size) => refused(SaleRefusal::Capacity { fitting }),
            Err(error) => refused(error),
        },
        Err(error) => refused(error),
    }
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::pool::Shares;
    use bithedge_protocol::{Asset, UsdE8};

    use super::*;

    fn bucket(assets: u128, deposits: [u128; 2]) -> Bucket {
        Bucket {
            tier: 2,
            asset: Asset::Sbtc,
            capacity: TokenAmount::new(1_000),
            assets: TokenAmount::new(assets),
            fresh: TokenAmount::ZERO,
            locked: TokenAmount::ZERO,
            required: UsdE8::ZERO,
            shares: Shares::ZERO,
            queued: Shares::ZERO,
            exits: [Shares::ZERO; 2],
            deposits: deposits.map(TokenAmount::new),
            epoch: 1,
            boundary: UnixSeconds::new(0),
            due: UnixSeconds::new(86_400),
            live: Vec::new(),
        }
    }

    #[test]
    fn deposits_that_wait_take_room_and_the_bounty_takes_none() {
        let bounty = Some(TokenAmount::new(5));
        for (assets, deposits, expected) in [
            (0, [0, 0], 1_005),
            (600, [0, 0], 405),
            (600, [100, 50], 255),
            (600, [300, 99], 6),
            // Full, or more than full after a gain.
            (600, [300, 100], 0),
            (1_200, [0, 0], 0),
            (u128::MAX, [1, 1], 0),
        ] {
            assert_eq!(
                room(&bucket(assets, deposits), bounty),
                TokenAmount::new(expected),
                "{assets} {deposits:?}"
            );
        }
        assert_eq!(room(&bucket(600, [0, 0]), None), TokenAmount::new(400));
    }
}
