//! Servers that do not answer, or answer something else than a ticker.

use std::time::Duration;

use bithedge_prices::{
    Exchange, LoopbackError, MAX_BODY_BYTES, Pace, Pair, PriceSource as _, Refusal, Venue,
};
use bithedge_protocol::Seconds;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{Answer, NOW, Server};

const VENUE: Venue = Venue::Bitstamp;
const PAIR: Pair = Pair::BtcUsd;

#[tokio::test]
async fn a_dead_server_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let answer = Exchange::at_loopback(VENUE, &address).unwrap().quote(PAIR, NOW).await;
    assert!(matches!(answer, Err(Refusal::Unreachable { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"last\":\"60000\"";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let answer = Exchange::at_loopback(VENUE, &address).unwrap().quote(PAIR, NOW).await;
    assert!(matches!(answer, Err(Refusal::Unreachable { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_slow_server_is_not_waited_for() {
    let server = Server::of_all_venues().await;
    let after = Duration::from_millis(200);
    let exchange = server.exchange(VENUE).with_pace(Pace { interval: Duration::ZERO, timeout: after });
    server.set(VENUE, PAIR, Answer::json("{}").after(Duration::from_secs(60)));
    let started = std::time::Instant::now();
    assert_eq!(exchange.quote(PAIR, NOW).await, Err(Refusal::TimedOut { after }));
    assert!(started.elapsed() < Duration::from_secs(30));
    // One that sends something now and then, and never comes to an end.
    server.set(VENUE, PAIR, Answer::json(" ").after(Duration::from_millis(20)).endless());
    let answer = exchange.quote(PAIR, NOW).await;
    assert_eq!(answer, Err(Refusal::TimedOut { after }));
}

#[tokio::test]
async fn no_answer_is_read_beyond_the_limit() {
    let server = Server::start().await;
    let too_large = Err(Refusal::TooLarge { limit: MAX_BODY_BYTES });
    // It says how long it is: 10 MB.
    server.set(VENUE, PAIR, Answer::json(" ".repeat(10_000_000)));
    assert_eq!(server.exchange(VENUE).quote(PAIR, NOW).await, too_large);
    // It does not say, and never ends.
    server.set(VENUE, PAIR, Answer::json(" ".repeat(1_000)).after(Duration::from_millis(1)).endless());
    assert_eq!(server.exchange(VENUE).quote(PAIR, NOW).await, too_large);
    // Just within the limit is an answer, if it is JSON.
    let body = crate::server::document(VENUE, PAIR, "60000", NOW);
    let padding = " ".repeat(MAX_BODY_BYTES - body.len());
    server.set(VENUE, PAIR, Answer::json(format!("{body}{padding}")));
    assert!(server.exchange(VENUE).quote(PAIR, NOW).await.is_ok());
    server.set(VENUE, PAIR, Answer::json(format!("{body}{padding} ")));
    assert_eq!(server.exchange(VENUE).quote(PAIR, NOW).await, too_large);
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let server = Server::start().await;
    let deep = "[".repeat(50_000);
    let usual = crate::server::document(VENUE, PAIR, "60000", NOW);
    let bodies = [
        "<!DOCTYPE html><html><body>Just a moment…</body></html>".to_owned(),
        String::new(),
        "null and void".to_owned(),
        usual.replace('}', ""),
        format!("{usual}{usual}"),
        format!("\u{feff}{usual}"),
        deep,
        "NaN".to_owned(),
    ];
    for body in bodies {
        server.set(VENUE, PAIR, Answer::json(body.clone()));
        let answer = server.exchange(VENUE).quote(PAIR, NOW).await;
        let shown: String = body.chars().take(40).collect();
        assert!(matches!(answer, Err(Refusal::NotJson { .. })), "{shown}: {answer:?}");
    }
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let server = Server::of_all_venues().await;
    let other = Server::of_all_venues().await;
    for (status, location, to) in [
        (301, format!("{}/api/v2/ticker/btcusd/", other.address), Some("127.0.0.1")),
        (302, "https://prices.example/".to_owned(), Some("prices.example")),
        (307, "/elsewhere".to_owned(), Some("127.0.0.1")),
        (308, "http://[".to_owned(), None),
    ] {
        server.set(VENUE, PAIR, Answer::status(status).header("location", location));
        let expected = Refusal::Redirected { to: to.map(ToOwned::to_owned) };
        assert_eq!(server.exchange(VENUE).quote(PAIR, NOW).await, Err(expected));
    }
    assert_eq!(other.count(VENUE, PAIR), 0);
}

#[tokio::test]
async fn only_success_is_success() {
    let server = Server::start().await;
    let usual = crate::server::document(VENUE, PAIR, "60000", NOW);
    for status in [201, 204, 400, 403, 404, 451, 500, 502, 503] {
        let answer = Answer { body: usual.clone(), ..Answer::status(status) };
        server.set(VENUE, PAIR, answer);
        assert_eq!(server.exchange(VENUE).quote(PAIR, NOW).await, Err(Refusal::Status { status }));
    }
}

#[tokio::test]
async fn what_a_server_asks_for_is_understood() {
    let server = Server::start().await;
    for (answer, asked) in [
        (Answer::status(429), None),
        (Answer::status(429).header("retry-after", "17"), Some(17)),
        (Answer::status(503).header("retry-after", "120"), Some(120)),
        // A minute after NOW, and one before it.
        (Answer::status(429).header("retry-after", "Mon, 25 Mar 2024 08:46:00 GMT"), Some(60)),
        (Answer::status(429).header("retry-after", "Mon, 25 Mar 2024 08:44:00 GMT"), Some(0)),
        (Answer::status(429).header("retry-after", "soon"), None),
        (Answer::status(429).header("retry-after", "-5"), None),
    ] {
        server.set(VENUE, PAIR, answer);
        let expected = Refusal::RateLimited { asked: asked.map(Seconds::new) };
        assert_eq!(server.exchange(VENUE).quote(PAIR, NOW).await, Err(expected));
    }
}

#[test]
fn without_tls_only_this_computer_is_asked() {
    for address in ["http://127.0.0.1:1", "http://127.8.9.1:80/", "http://[::1]:9000"] {
        assert!(Exchange::at_loopback(VENUE, address).is_ok(), "{address}");
    }
    for address in [
        "http://api.kraken.com",
        "http://10.0.0.1:8080",
        "http://localhost:8080",
        "http://127.0.0.1.example.com",
        "http://user:password@127.0.0.1",
        "http://127.0.0.1/prefix",
        "https://127.0.0.1:1",
        "file:///etc/passwd",
        "127.0.0.1:1",
        "",
    ] {
        let answer = Exchange::at_loopback(VENUE, address);
        assert!(matches!(answer, Err(LoopbackError::Address(_))), "{address}");
    }
}
