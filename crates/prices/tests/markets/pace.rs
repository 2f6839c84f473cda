//! How often servers are asked. The clock stands still during requests and is moved on between them.

use std::time::Duration;

use bithedge_prices::{Exchange, Pair, PriceSource as _, Refusal, Venue};
use bithedge_protocol::{Seconds, UnixSeconds};

use crate::server::{Answer, NOW, Server};

const VENUE: Venue = Venue::Kraken;
const PAIR: Pair = Pair::BtcUsd;

/// Moves the clock that never jumps. While requests are under way it has to run: a standing clock would run ahead to the next
/// time limit as soon as everybody waits for the network.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

fn at(seconds_later: u64) -> UnixSeconds {
    UnixSeconds::new(NOW.get() + seconds_later)
}

#[tokio::test]
async fn within_the_interval_the_same_answer_is_given_with_its_age() {
    let server = Server::of_all_venues().await;
    let exchange = Exchange::at_loopback(VENUE, &server.address).unwrap();
    assert_eq!(VENUE.pace().interval, Duration::from_secs(10));
    let first = exchange.quote(PAIR, NOW).await.unwrap();
    server.says(VENUE, PAIR, "61000", NOW);
    pass(5).await;
    let second = exchange.quote(PAIR, at(5)).await.unwrap();
    assert_eq!(second.price, first.price);
    // Never younger than it is; a second older at most.
    assert!((NOW.get() - 1..=NOW.get()).contains(&second.received.get()), "{}", second.received);
    // By a clock that was put back by an hour meanwhile it is five seconds old all the same.
    let third = exchange.quote(PAIR, UnixSeconds::new(NOW.get() - 3_600)).await.unwrap();
    let age = NOW.get() - 3_600 - third.received.get();
    assert!((5..=6).contains(&age), "{age}");
    assert_eq!(server.count(VENUE, PAIR), 1);
    // The other pair is another question.
    exchange.quote(Pair::StxUsd, at(5)).await.unwrap();
    assert_eq!(server.count(VENUE, Pair::StxUsd), 1);
    pass(6).await;
    let fourth = exchange.quote(PAIR, at(11)).await.unwrap();
    assert_eq!(fourth.price.base_units(), 6_100_000_000_000);
    assert_eq!(fourth.received, at(11));
    assert_eq!(server.count(VENUE, PAIR), 2);
}

#[tokio::test]
async fn an_answer_is_as_old_as_its_arrival() {
    let server = Server::of_all_venues().await;
    let usual = Answer::json(crate::server::document(VENUE, PAIR, "60000", NOW));
    server.set(VENUE, PAIR, usual.after(Duration::from_millis(1_100)));
    let seen = server.exchange(VENUE).quote(PAIR, NOW).await.unwrap();
    assert!(seen.received >= at(1), "{}", seen.received);
}

#[tokio::test]
async fn a_refusal_is_not_asked_for_again_within_the_interval() {
    let server = Server::of_all_venues().await;
    let exchange = Exchange::at_loopback(VENUE, &server.address).unwrap();
    server.set(VENUE, PAIR, Answer::status(500));
    for _ in 0..3 {
        assert_eq!(exchange.quote(PAIR, NOW).await, Err(Refusal::Status { status: 500 }));
    }
    assert_eq!(server.count(VENUE, PAIR), 1);
    server.says(VENUE, PAIR, "60000", NOW);
    pass(10).await;
    assert!(exchange.quote(PAIR, at(10)).await.is_ok());
}

#[tokio::test]
async fn a_question_under_way_is_shared() {
    let server = Server::of_all_venues().await;
    let usual = Answer::json(crate::server::document(VENUE, PAIR, "60000", NOW));
    server.set(VENUE, PAIR, usual.after(Duration::from_millis(100)));
    let exchange = Exchange::at_loopback(VENUE, &server.address).unwrap();
    let answers = futures_util::future::join_all((0..20).map(|_| exchange.quote(PAIR, NOW))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(server.count(VENUE, PAIR), 1);
}

#[tokio::test]
async fn whoever_leaves_does_not_make_others_ask_again_at_once() {
    let server = Server::of_all_venues().await;
    let usual = Answer::json(crate::server::document(VENUE, PAIR, "60000", NOW));
    server.set(VENUE, PAIR, usual.after(Duration::from_secs(60)));
    let exchange = Exchange::at_loopback(VENUE, &server.address).unwrap();
    let left = tokio::time::timeout(Duration::from_millis(300), exchange.quote(PAIR, NOW)).await;
    assert!(left.is_err());
    let answer = exchange.quote(PAIR, NOW).await;
    assert!(matches!(answer, Err(Refusal::TooSoon { wait }) if wait <= Seconds::new(10)), "{answer:?}");
    server.says(VENUE, PAIR, "60000", NOW);
    pass(10).await;
    assert!(exchange.quote(PAIR, at(10)).await.is_ok());
    assert_eq!(server.count(VENUE, PAIR), 2);
}

#[tokio::test]
async fn a_server_that_has_had_enough_is_left_alone() {
    let server = Server::of_all_venues().await;
    let exchange = Exchange::at_loopback(VENUE, &server.address).unwrap();
    let limited = || Answer::status(429);
    server.set(VENUE, PAIR, limited().header("retry-after", "100"));
    let asked = Some(Seconds::new(100));
    assert_eq!(exchange.quote(PAIR, NOW).await, Err(Refusal::RateLimited { asked }));
    // The other pair is at the same server.
    let answer = exchange.quote(Pair::StxUsd, NOW).await;
    assert!(
        matches!(answer, Err(Refusal::BackingOff { wait }) if (99..=100).contains(&wait.get())),
        "{answer:?}"
    );
    pass(98).await;
    let answer = exchange.quote(PAIR, at(98)).await;
    assert!(
        matches!(answer, Err(Refusal::BackingOff { wait }) if (1..=2).contains(&wait.get())),
        "{answer:?}"
    );
    assert_eq!(server.count(VENUE, PAIR) + server.count(VENUE, Pair::StxUsd), 1);

    // It says no more for how long: pauses double.
    server.set(VENUE, PAIR, limited());
    pass(2).await;
    for (pause, count) in [(60, 2), (120, 3), (240, 4)] {
        assert_eq!(exchange.quote(PAIR, NOW).await, Err(Refusal::RateLimited { asked: None }));
        assert_eq!(server.count(VENUE, PAIR), count);
        pass(pause - 5).await;
        assert!(matches!(exchange.quote(PAIR, NOW).await, Err(Refusal::BackingOff { .. })));
        assert_eq!(server.count(VENUE, PAIR), count);
        pass(5).await;
    }
    // An answer ends that.
    server.says(VENUE, PAIR, "60000", NOW);
    assert!(exchange.quote(PAIR, NOW).await.is_ok());
    server.set(VENUE, PAIR, limited());
    pass(10).await;
    assert_eq!(exchange.quote(PAIR, NOW).await, Err(Refusal::RateLimited { asked: None }));
    server.says(VENUE, PAIR, "60000", NOW);
    pass(30).await;
    assert!(exchange.quote(PAIR, NOW).await.is_ok());
}
