//! What several markets make of it together.

use std::sync::Arc;
use std::time::Duration;

use bithedge_prices::{
    BothPrices, Consensus, Exchange, MedianOfMarkets, NoConsensus, Observation, Pair, PriceSource, Quoting,
    Refusal, Rules, RulesError, Shortfall, Venue, Verdict, judge,
};
use bithedge_protocol::{Ppm, PpmChange, Seconds, UnixSeconds, UsdE8};
use proptest::prelude::*;

use crate::server::{Answer, NOW, Server, usual_price};

fn exchanges(server: &Server) -> Vec<Arc<dyn PriceSource>> {
    Venue::ALL.into_iter().map(|venue| Arc::new(server.exchange(venue)) as Arc<dyn PriceSource>).collect()
}

fn markets_of(server: &Server) -> MedianOfMarkets {
    MedianOfMarkets::new(exchanges(server), Rules::STANDARD).unwrap()
}

fn refused(consensus: &[bithedge_prices::Said], name: &str) -> Option<Refusal> {
    consensus.iter().find(|said| said.source == name).and_then(|said| match &said.verdict {
        Verdict::Refused(refusal) => Some(refusal.clone()),
        _ => None,
    })
}

fn outliers(said: &[bithedge_prices::Said]) -> Vec<&str> {
    said.iter()
        .filter(|said| matches!(said.verdict, Verdict::Outlier { .. }))
        .map(|said| said.source.as_str())
        .collect()
}

#[tokio::test]
async fn everybody_is_asked_and_heard() {
    let server = Server::of_all_venues().await;
    let markets = markets_of(&server);
    let btc = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert_eq!((btc.price, btc.spread, btc.at), (usual_price(Pair::BtcUsd), Ppm::ZERO, NOW));
    let names: Vec<&str> = btc.said.iter().map(|said| said.source.as_str()).collect();
    assert_eq!(names, ["Coinbase", "Kraken", "Bitstamp", "OKX index", "Gemini", "Bitfinex", "CoinGecko"]);
    let stx = markets.price(Pair::StxUsd, NOW).await.unwrap();
    let names: Vec<&str> = stx.said.iter().map(|said| said.source.as_str()).collect();
    assert_eq!(names, ["Coinbase", "Kraken", "OKX index", "CoinGecko"]);
    assert_eq!(stx.price, usual_price(Pair::StxUsd));
}

#[tokio::test]
async fn both_prices_or_none() {
    let server = Server::of_all_venues().await;
    let markets = markets_of(&server);
    let both = markets.both(NOW).await.unwrap().stamped();
    assert_eq!((both.prices.btc, both.prices.stx), (usual_price(Pair::BtcUsd), usual_price(Pair::StxUsd)));
    assert_eq!(both.at, NOW);
    for venue in [Venue::Coinbase, Venue::Kraken] {
        server.set(venue, Pair::StxUsd, Answer::status(500));
    }
    assert_eq!(markets.both(NOW).await.unwrap_err().pair, Pair::StxUsd);
    // One of the two that is older makes both older.
    let older = |pair, price, at| Consensus {
        pair,
        price: UsdE8::new(price),
        at: UnixSeconds::new(at),
        spread: Ppm::ZERO,
        said: Vec::new(),
    };
    let both = BothPrices { btc: older(Pair::BtcUsd, 1, 70), stx: older(Pair::StxUsd, 2, 60) };
    assert_eq!(both.stamped().at, UnixSeconds::new(60));
}

#[tokio::test]
async fn liars_are_named_and_not_believed() {
    let server = Server::of_all_venues().await;
    let markets = markets_of(&server);
    server.says(Venue::Gemini, Pair::BtcUsd, "66000", NOW);
    let one = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert_eq!(one.price, usual_price(Pair::BtcUsd));
    assert_eq!(outliers(&one.said), ["Gemini"]);
    let Some(Verdict::Outlier { off, .. }) = one.said.get(4).map(|said| &said.verdict) else {
        panic!("{one:?}");
    };
    assert_eq!(*off, PpmChange::new(100_000));
    // The others' differences are in the spread, the liar's are not.
    server.says(Venue::Kraken, Pair::BtcUsd, "60060", NOW);
    let one = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert_eq!(one.spread, Ppm::new(1_000));
    // Two that agree with each other, and one with nobody.
    server.says(Venue::Bitfinex, Pair::BtcUsd, "66000", NOW);
    server.says(Venue::CoinGecko, Pair::BtcUsd, "50000", NOW);
    let three = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert_eq!(three.price, usual_price(Pair::BtcUsd));
    assert_eq!(outliers(&three.said), ["Gemini", "Bitfinex", "CoinGecko"]);
}

/// Five markets: the others are down.
#[tokio::test]
async fn of_five_markets_two_may_lie() {
    let server = Server::of_all_venues().await;
    let markets = markets_of(&server);
    for venue in [Venue::Gemini, Venue::Bitfinex] {
        server.set(venue, Pair::BtcUsd, Answer::status(503));
    }
    for lie in ["1500", "59000", "62000", "9000000"] {
        server.says(Venue::Kraken, Pair::BtcUsd, lie, NOW);
        server.says(Venue::OkxIndex, Pair::BtcUsd, lie, NOW);
        let price = markets.price(Pair::BtcUsd, NOW).await.unwrap();
        // Within the spread a lie is an opinion.
        if lie != "59000" {
            assert_eq!(outliers(&price.said), ["Kraken", "OKX index"], "{lie}");
        }
        assert_eq!(price.price, usual_price(Pair::BtcUsd), "{lie}");
        assert_eq!(refused(&price.said, "Gemini"), Some(Refusal::Status { status: 503 }));
    }
    // With a third one down, two against two: nobody is believed.
    server.set(Venue::CoinGecko, Pair::BtcUsd, Answer::status(503));
    let error = markets.price(Pair::BtcUsd, NOW).await.unwrap_err();
    assert_eq!(error.shortfall, Shortfall::NoAgreement { agreeing: 0, usable: 4 });
    assert_eq!(
        error.to_string(),
        "only 0 of 4 markets agree on a price of BTC/USD: 3 and more than half are needed"
    );
    assert_eq!(error.said.len(), 7);
}

#[tokio::test]
async fn old_prices_have_no_vote() {
    let server = Server::of_all_venues().await;
    let markets = markets_of(&server);
    let at = |offset: i64| UnixSeconds::new(NOW.get().checked_add_signed(offset).unwrap());
    // The whole age is allowed, a second more is not. The same ahead.
    for (offset, expected) in [
        (-300, None),
        (-301, Some(Refusal::Stale { age: Seconds::new(301) })),
        (30, None),
        (31, Some(Refusal::Ahead { by: Seconds::new(31) })),
    ] {
        server.says(Venue::Coinbase, Pair::StxUsd, "2.00", at(offset));
        let stx = markets.price(Pair::StxUsd, NOW).await.unwrap();
        assert_eq!(refused(&stx.said, "Coinbase"), expected);
    }
    // A second old one is one too many for STX.
    server.says(Venue::CoinGecko, Pair::StxUsd, "2.00", at(-3_600));
    let error = markets.price(Pair::StxUsd, NOW).await.unwrap_err();
    assert_eq!(error.shortfall, Shortfall::TooFew { usable: 2 });
    assert_eq!(error.to_string(), "2 of 4 markets gave a usable price of STX/USD, and 3 are needed");
    assert_eq!(refused(&error.said, "CoinGecko"), Some(Refusal::Stale { age: Seconds::new(3_600) }));
}

#[tokio::test]
async fn there_is_no_price_from_before() {
    let server = Server::of_all_venues().await;
    let sources: Vec<Arc<dyn PriceSource>> = Venue::ALL
        .into_iter()
        .map(|venue| Arc::new(Exchange::at_loopback(venue, &server.address).unwrap()) as Arc<dyn PriceSource>)
        .collect();
    let markets = MedianOfMarkets::new(sources, Rules::STANDARD).unwrap();
    markets.price(Pair::BtcUsd, NOW).await.unwrap();
    for venue in Venue::ALL {
        server.set(venue, Pair::BtcUsd, Answer::status(500));
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let later = UnixSeconds::new(NOW.get() + 61);
    let error = markets.price(Pair::BtcUsd, later).await.unwrap_err();
    assert_eq!(error.shortfall, Shortfall::TooFew { usable: 0 });
}

#[tokio::test]
async fn implausible_prices_have_no_vote() {
    let server = Server::of_all_venues().await;
    let markets = markets_of(&server);
    // Cents instead of dollars, and the other coin.
    server.says(Venue::Coinbase, Pair::StxUsd, "60000", NOW);
    let stx = markets.price(Pair::StxUsd, NOW).await.unwrap();
    assert!(matches!(refused(&stx.said, "Coinbase"), Some(Refusal::Implausible { .. })));
    server.says(Venue::Coinbase, Pair::BtcUsd, "2.00", NOW);
    let btc = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert!(matches!(refused(&btc.said, "Coinbase"), Some(Refusal::Implausible { .. })));
}

/// A source for the clock that stands still.
struct Fake {
    name: String,
    delay: Duration,
    price: u128,
    pair: Pair,
}

impl Fake {
    fn source(name: &str, seconds: u64, price: u128) -> Arc<dyn PriceSource> {
        Arc::new(Self {
            name: name.to_owned(),
            delay: Duration::from_secs(seconds),
            price,
            pair: Pair::BtcUsd,
        })
    }
}

impl PriceSource for Fake {
    fn name(&self) -> &str {
        &self.name
    }

    fn lists(&self, _: Pair) -> bool {
        true
    }

    fn quote(&self, _: Pair, now: UnixSeconds) -> Quoting<'_> {
        Box::pin(async move {
            tokio::time::sleep(self.delay).await;
            let received = UnixSeconds::new(now.get() + self.delay.as_secs());
            Ok(Observation {
                pair: self.pair,
                price: UsdE8::new(self.price * 100_000_000),
                at: None,
                received,
            })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_slow_are_waited_for_together_and_not_for_ever() {
    let sources = [("a", 1), ("b", 9), ("c", 10_000), ("d", 5), ("e", 10_001)]
        .map(|(name, delay)| Fake::source(name, delay, 60_000));
    let markets = MedianOfMarkets::new(sources.to_vec(), Rules::STANDARD).unwrap();
    let started = tokio::time::Instant::now();
    let price = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(10));
    let after = Duration::from_secs(10);
    assert_eq!(refused(&price.said, "c"), Some(Refusal::TimedOut { after }));
    assert_eq!(refused(&price.said, "e"), Some(Refusal::TimedOut { after }));
    // Three had answered one second, five and nine after the call: from the first of them on.
    assert_eq!(price.at, UnixSeconds::new(NOW.get() + 1));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_answers_about_something_else_has_no_vote() {
    let mut sources: Vec<_> = ["a", "b", "c"].map(|name| Fake::source(name, 0, 60_000)).to_vec();
    sources.push(Arc::new(Fake {
        name: "d".to_owned(),
        delay: Duration::ZERO,
        price: 60_000,
        pair: Pair::StxUsd,
    }));
    let markets = MedianOfMarkets::new(sources, Rules::STANDARD).unwrap();
    let price = markets.price(Pair::BtcUsd, NOW).await.unwrap();
    assert!(matches!(refused(&price.said, "d"), Some(Refusal::WrongPair { .. })));
}

#[test]
fn rules_that_are_none_are_refused() {
    let three = || ["a", "b", "c"].map(|name| Fake::source(name, 0, 1)).to_vec();
    let standard = Rules::STANDARD;
    assert!(MedianOfMarkets::new(three(), standard).is_ok());
    for (rules, expected) in [
        (Rules { quorum: 1, ..standard }, RulesError::Quorum { quorum: 1 }),
        (Rules { spread: Ppm::ZERO, ..standard }, RulesError::Spread { spread: Ppm::ZERO }),
        (Rules { spread: Ppm::new(100_001), ..standard }, RulesError::Spread { spread: Ppm::new(100_001) }),
        (Rules { max_age: Seconds::ZERO, ..standard }, RulesError::NoTime),
        (Rules { timeout: Duration::ZERO, ..standard }, RulesError::NoTime),
        (
            Rules { btc: (UsdE8::ZERO, UsdE8::new(1)), ..standard },
            RulesError::Plausible { pair: Pair::BtcUsd },
        ),
        (
            Rules { stx: (UsdE8::new(2), UsdE8::new(1)), ..standard },
            RulesError::Plausible { pair: Pair::StxUsd },
        ),
        (
            Rules { stx: (UsdE8::new(2), UsdE8::MAX), ..standard },
            RulesError::Plausible { pair: Pair::StxUsd },
        ),
        (
            Rules { quorum: 4, ..standard },
            RulesError::TooFewSources { pair: Pair::BtcUsd, sources: 3, quorum: 4 },
        ),
    ] {
        assert_eq!(MedianOfMarkets::new(three(), rules).unwrap_err(), expected);
    }
    let mut twice = three();
    twice.push(Fake::source("b", 0, 1));
    let expected = RulesError::Twice { name: "b".to_owned() };
    assert_eq!(MedianOfMarkets::new(twice, standard).unwrap_err(), expected);
}

#[test]
fn all_public_sources_make_a_quorum() {
    let sources = Exchange::all_public(&bithedge_prices::Http::public().unwrap());
    assert!(MedianOfMarkets::new(sources, Rules::STANDARD).is_ok());
}

fn seen(price: u128) -> Result<Observation, Refusal> {
    Ok(Observation { pair: Pair::BtcUsd, price: UsdE8::new(price), at: None, received: NOW })
}

fn judged(prices: &[u128]) -> Result<Consensus, NoConsensus> {
    let answers = prices.iter().enumerate().map(|(index, price)| (index.to_string(), seen(*price)));
    judge(Pair::BtcUsd, NOW, answers.collect(), &Rules::STANDARD)
}

const DOLLAR: u128 = 100_000_000;

#[test]
fn the_median_is_the_middle_or_the_mean_of_both_rounded_down() {
    let base = 60_000 * DOLLAR;
    for (offsets, expected) in [
        (vec![0, 1, 5], 1),
        (vec![5, 0, 1], 1),
        (vec![0, 1, 2, 5], 1),
        (vec![0, 1, 4, 5], 2),
        (vec![7, 7, 7, 7], 7),
        (vec![0, 3, 6, 9, 12], 6),
    ] {
        let prices: Vec<u128> = offsets.iter().map(|offset| base + offset).collect();
        assert_eq!(judged(&prices).unwrap().price.base_units(), base + expected, "{offsets:?}");
    }
}

#[test]
fn the_spread_is_rounded_up() {
    let base = 60_000 * DOLLAR;
    assert_eq!(judged(&[base, base, base]).unwrap().spread, Ppm::ZERO);
    assert_eq!(judged(&[base, base, base + 1]).unwrap().spread, Ppm::new(1));
    assert_eq!(judged(&[base, base, base + base / 1_000_000]).unwrap().spread, Ppm::new(1));
    assert_eq!(judged(&[base, base, base + base / 1_000_000 + 1]).unwrap().spread, Ppm::new(2));
}

/// At most 2 % of the median away is agreement, to the last unit.
#[test]
fn agreement_is_counted_in_parts_of_the_median() {
    let median = 60_000 * DOLLAR;
    let edge = 1_200 * DOLLAR;
    let agreed = judged(&[median, median, median, median + edge, median - edge]).unwrap();
    assert_eq!(outliers(&agreed.said), Vec::<&str>::new());
    assert_eq!(agreed.spread, Ppm::new(40_000));
    let agreed = judged(&[median, median, median, median + edge + 1, median - edge - 1]).unwrap();
    assert_eq!(outliers(&agreed.said), ["3", "4"]);
}

/// A source without a time of its own ages from when it was received.
#[test]
fn what_was_received_long_ago_has_no_vote() {
    let base = 60_000 * DOLLAR;
    for (received, expected) in [
        (NOW.get() - 300, None),
        (NOW.get() - 301, Some(Refusal::Stale { age: Seconds::new(301) })),
        (NOW.get() + 31, Some(Refusal::Ahead { by: Seconds::new(31) })),
    ] {
        let mut answers: Vec<_> = ["a", "b", "c"].map(|name| (name.to_owned(), seen(base))).to_vec();
        let received = UnixSeconds::new(received);
        let old = Observation { pair: Pair::BtcUsd, price: UsdE8::new(base), at: None, received };
        answers.push(("d".to_owned(), Ok(old)));
        let consensus = judge(Pair::BtcUsd, NOW, answers, &Rules::STANDARD).unwrap();
        assert_eq!(refused(&consensus.said, "d"), expected);
    }
}

/// The time is that of the quorum's youngest answers, and never ahead of the caller's clock.
#[test]
fn the_time_is_when_a_quorum_was_there() {
    let timed = |times: &[u64]| {
        let answers = times.iter().enumerate().map(|(index, time)| {
            let (price, received) = (UsdE8::new(60_000 * DOLLAR), UnixSeconds::new(*time));
            (index.to_string(), Ok(Observation { pair: Pair::BtcUsd, price, at: None, received }))
        });
        judge(Pair::BtcUsd, NOW, answers.collect(), &Rules::STANDARD).unwrap().at.get()
    };
    let now = NOW.get();
    assert_eq!(timed(&[now - 60, now - 2, now - 1, now - 3]), now - 3);
    assert_eq!(timed(&[now - 60, now - 2, now - 1]), now - 60);
    assert_eq!(timed(&[now + 5, now + 6, now + 7]), now);
}

/// A quorum that is not more than half of the voices is not enough: seven that say four different things.
#[test]
fn a_minority_is_no_agreement() {
    let prices = [1, 1, 60, 60, 60, 100, 100].map(|price| price * 1_000 * DOLLAR);
    let error = judged(&prices).unwrap_err();
    assert_eq!(error.shortfall, Shortfall::NoAgreement { agreeing: 3, usable: 7 });
    // Half is not more than half.
    let error = judged(&[1, 60, 60, 60, 100, 100].map(|price| price * 1_000 * DOLLAR)).unwrap_err();
    assert_eq!(error.shortfall, Shortfall::NoAgreement { agreeing: 3, usable: 6 });
    // More than half, and no quorum: two of three.
    let error = judged(&[60, 60, 100].map(|price| price * 1_000 * DOLLAR)).unwrap_err();
    assert_eq!(error.shortfall, Shortfall::NoAgreement { agreeing: 2, usable: 3 });
    // Three against three: the mean of the two in the middle is near nobody.
    let error = judged(&[60, 60, 60, 100, 100, 100].map(|price| price * 1_000 * DOLLAR)).unwrap_err();
    assert_eq!(error.shortfall, Shortfall::NoAgreement { agreeing: 0, usable: 6 });
}

proptest! {
    /// While fewer than half lie, the price is at most the spread away from honest prices, whatever the liars say.
    #[test]
    fn fewer_than_half_cannot_move_the_price_beyond_the_spread(
        honest in prop::collection::vec(59_700_u128..60_300, 3..6),
        lies in prop::collection::vec(1_000_u128..10_000_000, 0..5),
        turn in 0_usize..10,
    ) {
        let lies: Vec<u128> = lies.into_iter().take(honest.len() - 1).collect();
        let mut prices: Vec<u128> = honest.iter().chain(&lies).map(|price| price * DOLLAR).collect();
        let count = prices.len();
        prices.rotate_left(turn % count);
        let consensus = judged(&prices).unwrap();
        let low = honest.iter().min().unwrap() * DOLLAR;
        let high = honest.iter().max().unwrap() * DOLLAR;
        let price = consensus.price.base_units();
        prop_assert!(price >= low - low / 50 && price <= high + high / 50, "{price}");
    }

    /// In whatever order the sources stand, the price is the same, and nobody gets lost.
    #[test]
    fn the_order_of_the_sources_does_not_matter(
        prices in prop::collection::vec(1_000_u128..10_000_000, 0..9),
        turn in 0_usize..10,
    ) {
        let prices: Vec<u128> = prices.iter().map(|price| price * DOLLAR).collect();
        let mut turned = prices.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn % prices.len());
        }
        match (judged(&prices), judged(&turned)) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!((a.price, a.spread, a.at), (b.price, b.spread, b.at));
                prop_assert_eq!(a.said.len(), prices.len());
            }
            (Err(a), Err(b)) => {
                prop_assert_eq!(a.shortfall, b.shortfall);
                prop_assert_eq!(a.said.len(), prices.len());
            }
            (a, b) => prop_assert!(false, "{a:?} {b:?}"),
        }
    }
}
