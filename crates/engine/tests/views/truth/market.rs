//! What could be bought, beside what the contracts answer for the same block.

use bithedge_engine::intents::quote::{QuoteError, Wish, confirm};
use bithedge_engine::sync::WallClock;
use bithedge_engine::views;
use bithedge_ipc::{Figure, TierView};
use bithedge_ledger::TimeRange;
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, UnixSeconds};
use bithedge_stacks::Value;
use bithedge_suite_world::*;

use super::{CLOCK, Truth, ask};

impl Truth {
    /// What buckets could still sell: the contract's availability, and that it quotes just that.
    pub(super) fn compare_rooms(&mut self, step: &str, now: UnixSeconds) {
        let peter = self.r.w.peter;
        let prices = self.prices(peter);
        let (rooms, tiers) = self.with_books(Some(&prices), now, |books| {
            (views::rooms(books).unwrap(), views::tiers(books).unwrap())
        });
        let (priced_at, _, stx) = prices.newest.unwrap();
        let is_old = now.since(priced_at).is_some_and(|age| age > prices.max_age);
        for (room, tier) in rooms.iter().zip(&tiers.tiers) {
            assert_eq!(room.bucket, tier.bucket);
            let what = || format!("{step}: room in {:?}", room.bucket);
            // At a price of STX that the oracle would not give any more, nobody knows it.
            if is_old && room.bucket.asset == Asset::Stx {
                assert!(room.availability.known().is_none() && tier.free.known().is_none(), "{}", what());
                assert!(tier.utilisation.known().is_none() && tier.exit_fee.known().is_none(), "{}", what());
                self.states.insert("rooms: an old price".to_owned());
                continue;
            }
            let token = self.token(room.bucket.asset);
            let arguments = [u(room.bucket.tier.into()), token.clone(), u(stx.base_units())];
            let theirs = self.r.w.read("liquidity-pool", "get-availability", &arguments);
            let theirs = theirs.as_response().unwrap().unwrap().clone();
            let mine = *room.availability.known().unwrap();
            self.same(mine.free.base_units(), num(&theirs, "free"), what);
            self.same(mine.needed.base_units(), num(&theirs, "needed"), what);
            self.same(mine.utilisation.base_units(), num(&theirs, "utilisation"), what);
            self.same(Value::Bool(mine.open), theirs.field("open").unwrap().clone(), what);
            self.same(tier.free.known().copied(), Some(mine.free), what);
            let Figure::Known { value: series } = &room.series else { continue };
            let rules = prices.rules.unwrap();
            if let Err(stop) = self.may_buy(peter, rules.min_size) {
                // What stops the smallest purchase stops all.
                for one in series {
                    assert_eq!(one.largest, Sats::ZERO, "{}", what());
                    assert!(one.refused.as_ref().unwrap().contains(&stop.to_string()), "{}: {one:?}", what());
                }
                self.states.insert(format!("rooms: {}", stop.code()));
                continue;
            }
            // The first and the last of each: all would take long.
            for one in series.iter().take(1).chain(series.iter().next_back()) {
                let order = Order {
                    asset: room.bucket.asset,
                    tier: room.bucket.tier,
                    strike: one.strike,
                    expiry: one.expiry,
                    size: one.largest,
                };
                let quote = |truth: &mut Self, size: Sats| {
                    let order = Order { size, ..order };
                    ask(&mut truth.r.w.vm, &truth.suite, peter, |state| match confirm(state, &order) {
                        Err(QuoteError::Unknown(unknown)) => Err(unknown),
                        other => Ok(other),
                    })
                };
                if one.largest > Sats::ZERO {
                    let confirmed = quote(self, one.largest).unwrap();
                    assert!(confirmed.differs.is_none(), "{}: {confirmed:?}", what());
                    let more = Sats::new(one.largest.base_units() * 101 / 100 + 2);
                    let own = |quote: &bithedge_protocol::pool::Quote| {
                        quote.parts.iter().any(|part| part.size == more)
                    };
                    assert_eq!(self.may_buy(peter, one.largest), Ok(()), "{}", what());
                    assert!(
                        self.may_buy(peter, more).is_err()
                            || !quote(self, more).is_ok_and(|confirmed| own(&confirmed.quote)),
                        "{}: {one:?}",
                        what()
                    );
                } else {
                    assert!(one.refused.is_some(), "{}", what());
                    let least = prices.rules.unwrap().min_size;
                    let is_own = |quote: &bithedge_protocol::pool::Quote| {
                        quote.parts.iter().any(|part| part.tier == order.tier)
                    };
                    assert!(
                        !quote(self, least).is_ok_and(|confirmed| is_own(&confirmed.quote)),
                        "{}: {one:?}",
                        what()
                    );
                }
                self.compared += 1;
            }
        }
        let range = TimeRange::ALL;
        for tier in &tiers.tiers {
            let history = self
                .with_books(Some(&prices), now, |books| views::yields(books, tier.bucket, range).unwrap());
            let points = history.unwrap().points;
            let points = points.known().unwrap();
            assert_eq!(
                points.last().map(|point| point.returned),
                tier.since.and(tier.returned.known().copied())
            );
            self.compare_ranges(&prices, now, tier.bucket, points);
            self.compare_room(step, tier);
            let risk = self.with_books(Some(&prices), now, |books| views::risk(books, tier.bucket)).unwrap();
            assert!(risk.exposure.known().is_some() && risk.stress.known().is_some(), "{step}: {tier:?}");
        }
    }

    /// What a bucket takes: as much to the unit as the contract's own figures leave.
    fn compare_room(&mut self, step: &str, tier: &TierView) {
        let token = self.token(tier.bucket.asset);
        let theirs = self.r.w.bucket(tier.bucket.tier.into(), &token);
        let taken: u128 =
            ["assets", "deposits-now", "deposits-next"].iter().map(|name| num(&theirs, name)).sum();
        let left = num(&theirs, "capacity").saturating_sub(taken);
        let terms = self.r.w.read("liquidity-pool", "get-collateral-token", &[token]);
        let bounty = num(terms.as_optional().unwrap().unwrap(), "bounty");
        let expected = if left == 0 { 0 } else { left + bounty };
        self.same(tier.room.base_units(), expected, || format!("{step}: what {:?} takes", tier.bucket));
    }

    /// The offers for a wish: the chain's own quotes.
    pub(crate) fn compare_offers(&mut self, size: u128) {
        let peter = self.r.w.peter;
        let wish = Wish {
            size: Sats::new(size),
            level: Ppm::new(850_000),
            term: Seconds::new(10 * DAY),
            asset: None,
            tier: None,
        };
        let page =
            ask(&mut self.r.w.vm, &self.suite, peter, |state| match views::offers(state, &wish, CLOCK) {
                Err(QuoteError::Unknown(unknown)) => Err(unknown),
                other => Ok(other.unwrap()),
            });
        // A node that stands still offers nothing.
        let late = WallClock {
            now: page.as_of.now.checked_add(Seconds::new(1_801)).unwrap(),
            max_tip_age: Some(Seconds::new(1_800)),
        };
        let old =
            ask(&mut self.r.w.vm, &self.suite, peter, |state| match views::offers(state, &wish, late) {
                Err(QuoteError::Unknown(unknown)) => Err(unknown),
                other => Ok(other.unwrap()),
            });
        assert!(old.as_of.doubt.is_some() && page.as_of.doubt.is_none() && old.as_of.now == late.now);
        assert!(old.offers.iter().all(|offer| offer.quote.is_none() && offer.refused.is_some()), "{old:?}");
        let mut sold = 0;
        if let Err(stop) = self.may_buy(peter, wish.size) {
            assert!(!page.offers.is_empty());
            for offer in &page.offers {
                assert!(offer.quote.is_none() && offer.cost.is_none(), "{offer:?}");
                assert!(offer.refused.as_ref().unwrap().contains(&stop.to_string()), "{offer:?}");
            }
            self.states.insert(format!("offers: {}", stop.code()));
            return;
        }
        for offer in &page.offers {
            let order = offer.order;
            let token = self.token(order.asset);
            let theirs = self.r.w.quote(
                &token,
                order.tier.into(),
                order.strike.base_units(),
                order.expiry.get(),
                order.size.base_units(),
            );
            match (&offer.quote, theirs.as_response().unwrap()) {
                (Some(mine), Ok(theirs)) => {
                    sold += 1;
                    self.same(mine.total.base_units(), num(theirs, "total"), || "an offer".to_owned());
                    assert!(offer.cost.is_some() && offer.refused.is_none());
                }
                (None, Err(_)) => assert!(offer.refused.is_some() && offer.cost.is_none()),
                (mine, theirs) => panic!("{mine:?} and {theirs:?}"),
            }
        }
        assert!(sold > 0, "{page:?}");
    }
}
