//! Each venue's documented format, and what is not it.

use bithedge_prices::{FieldProblem, Observation, Pair, PriceSource as _, PriceTextError, Refusal, Venue};
use bithedge_protocol::{UnixSeconds, UsdE8};

use crate::server::{Answer, NOW, Server, document, markets, usual_price};

async fn ask(server: &Server, venue: Venue, pair: Pair, body: &str) -> Result<Observation, Refusal> {
    server.set(venue, pair, Answer::json(body));
    server.exchange(venue).quote(pair, NOW).await
}

/// The examples of the venues' own documentation.
#[tokio::test]
async fn documented_answers_are_read() {
    let server = Server::start().await;
    let cases = [
        (
            Venue::Coinbase,
            r#"{"ask":"6267.71","bid":"6265.15","volume":"53602.03940154","trade_id":86326522,"price":"6268.48","size":"0.00698254","time":"2020-03-20T00:22:57.833Z"}"#,
            // The last trade is above the best ask.
            626_771_000_000,
            Some(1_584_663_777),
        ),
        (
            Venue::Kraken,
            r#"{"error":[],"result":{"XXBTZUSD":{"a":["30300.10000","1","1.000"],"b":["30300.00000","1","1.000"],"c":["30303.20000","0.00067643"],"v":["4083.67001100","4412.73601799"],"p":["30706.77771","30689.13205"],"t":[34619,38907],"l":["29868.30000","29868.30000"],"h":["31631.00000","31631.00000"],"o":"30502.80000"}}}"#,
            3_030_010_000_000,
            None,
        ),
        (
            Venue::Bitstamp,
            r#"{"high":"8069.34","last":"7675.00","timestamp":"1523543610","bid":"7675.00","vwap":"7369.00","volume":"15671.15645338","low":"6758.45","ask":"7675.01","open":"6940.94"}"#,
            767_500_000_000,
            Some(1_523_543_610),
        ),
        (
            Venue::OkxIndex,
            r#"{"code":"0","msg":"","data":[{"instId":"BTC-USD","idxPx":"43350","high24h":"43649.7","sodUtc0":"43444.1","open24h":"43640.8","low24h":"43261.9","sodUtc8":"43328.7","ts":"1649419644492"}]}"#,
            4_335_000_000_000,
            Some(1_649_419_644),
        ),
        (
            Venue::Gemini,
            // Its bid is above its ask, by a fortieth of a per cent.
            r#"{"bid":"977.59","ask":"977.35","last":"977.65","volume":{"BTC":"2210.505328803","USD":"2135477.463379586263","timestamp":1483018200000}}"#,
            97_759_000_000,
            None,
        ),
        (
            Venue::Bitfinex,
            r#"[["tBTCUSD",7616.5,31.89055171,7617.5,43.358118629999986,-550.8,-0.0674,7617.1,8314.71200815,8257.8,7500]]"#,
            761_710_000_000,
            None,
        ),
        (
            Venue::CoinGecko,
            r#"{"bitcoin":{"usd":67187.3358936566,"usd_market_cap":1317802988326.25,"usd_24h_vol":31260929299.5248,"usd_24h_change":3.63727894677354,"last_updated_at":1711356300}}"#,
            6_718_733_589_365,
            Some(1_711_356_300),
        ),
    ];
    for (venue, body, price, at) in cases {
        let expected = Observation {
            pair: Pair::BtcUsd,
            price: UsdE8::new(price),
            at: at.map(UnixSeconds::new),
            received: NOW,
        };
        assert_eq!(ask(&server, venue, Pair::BtcUsd, body).await, Ok(expected), "{}", venue.name());
    }
}

#[tokio::test]
async fn every_market_is_asked_where_it_is_documented() {
    let server = Server::of_all_venues().await;
    let mut count = 0;
    for venue in Venue::ALL {
        let exchange = server.exchange(venue);
        for pair in Pair::ALL {
            let answer = exchange.quote(pair, NOW).await;
            if exchange.lists(pair) {
                count += 1;
                let seen = answer.unwrap();
                assert_eq!((seen.price, seen.pair), (usual_price(pair), pair), "{} {pair}", venue.name());
                assert_eq!(server.count(venue, pair), 1);
            } else {
                assert_eq!(answer, Err(Refusal::NotListed { pair }));
            }
        }
    }
    assert_eq!(count, markets().count());
    let agents = server.agents();
    assert_eq!(agents.len(), count, "nobody is asked about what it does not list");
    assert!(agents.iter().all(|agent| agent.starts_with("BitHedge/")), "{agents:?}");
}

/// Every answer, with one thing changed, and what is said to that.
#[tokio::test]
async fn other_answers_are_refused_by_name() {
    use FieldProblem::{Missing, NotANumber, NotATime, NotAnArray, NotAnObject, NotText, Price, Twice};
    let field = |field, problem| Refusal::Field { field, problem };
    let wrong = |expected: &str, found: &str| Refusal::WrongPair {
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    let says = |message: &str| Refusal::Exchange { message: message.to_owned() };
    let cases = [
        // Coinbase: strings, a time, an object.
        (Venue::Coinbase, r#""price":"60000.00","#, "", field("price", Missing)),
        (Venue::Coinbase, r#""bid":"60000.00""#, r#""bid":60000.00"#, field("bid", NotText)),
        (Venue::Coinbase, r#""bid":"60000.00""#, r#""bid":null"#, field("bid", NotText)),
        (Venue::Coinbase, r#""ask":"60000.00""#, r#""ask":"6\u0030000""#, field("ask", NotText)),
        (Venue::Coinbase, r#""ask":"60000.00""#, r#""ask":"1","ask":"60000.00""#, field("ask", Twice)),
        (
            Venue::Coinbase,
            r#""ask":"60000.00""#,
            r#""ask":"6e4""#,
            field("ask", Price(PriceTextError::Exponent)),
        ),
        (
            Venue::Coinbase,
            r#""ask":"60000.00""#,
            r#""ask":"0.00""#,
            field("ask", Price(PriceTextError::Zero)),
        ),
        (
            Venue::Coinbase,
            r#""ask":"60000.00""#,
            r#""ask":"-60000""#,
            field("ask", Price(PriceTextError::Negative)),
        ),
        (
            Venue::Coinbase,
            r#""ask":"60000.00""#,
            r#""ask":"NaN""#,
            field("ask", Price(PriceTextError::NotANumber { found: 'N' })),
        ),
        (
            Venue::Coinbase,
            r#""ask":"60000.00""#,
            r#""ask":"60,000.00""#,
            field("ask", Price(PriceTextError::NotANumber { found: ',' })),
        ),
        (
            Venue::Coinbase,
            r#""ask":"60000.00""#,
            r#""ask":"1000000000""#,
            field("ask", Price(PriceTextError::TooLarge)),
        ),
        (Venue::Coinbase, "T08", " 08 o'clock ", field("time", NotATime)),
        (
            Venue::Coinbase,
            r#""bid":"60000.00""#,
            r#""bid":"50000""#,
            Refusal::WideBook { bid: UsdE8::new(5_000_000_000_000), ask: usual_price(Pair::BtcUsd) },
        ),
        // A crossed book is as wide as another.
        (
            Venue::Coinbase,
            r#""bid":"60000.00""#,
            r#""bid":"70000""#,
            Refusal::WideBook { bid: UsdE8::new(7_000_000_000_000), ask: usual_price(Pair::BtcUsd) },
        ),
        // Kraken: a success that is an error, another pair, two pairs.
        (Venue::Kraken, r#""error":[]"#, r#""error":["EService:Unavailable"]"#, says("EService:Unavailable")),
        (
            Venue::Kraken,
            r#""error":[]"#,
            r#""error":["EGeneral:Too many requests"]"#,
            Refusal::RateLimited { asked: None },
        ),
        (
            Venue::Kraken,
            r#""error":[]"#,
            r#""error":["EAPI:Rate limit exceeded"]"#,
            Refusal::RateLimited { asked: None },
        ),
        (Venue::Kraken, r#""error":[],"#, "", field("error", Missing)),
        (Venue::Kraken, "XXBTZUSD", "XXBTZEUR", wrong("XXBTZUSD", "XXBTZEUR")),
        (Venue::Kraken, r#""XXBTZUSD":"#, r#""XETHZUSD":{},"XXBTZUSD":"#, field("result", Twice)),
        (Venue::Kraken, r#""c":["60000.00","#, r#""c":[60000.00,"#, field("c", NotText)),
        (Venue::Kraken, r#""c":["60000.00","0.00067643"]"#, r#""c":[]"#, field("c", NotAnArray)),
        (Venue::Kraken, r#""c":["60000.00","0.00067643"]"#, r#""c":"60000""#, field("c", NotAnArray)),
        // Bitstamp: seconds as a string.
        (Venue::Bitstamp, r#""1711356300""#, "1711356300", field("timestamp", NotText)),
        (Venue::Bitstamp, r#""1711356300""#, r#""1711356300.5""#, field("timestamp", NotATime)),
        (Venue::Bitstamp, r#""1711356300""#, r#""99999999999999999999""#, field("timestamp", NotATime)),
        (Venue::Bitstamp, r#""1711356300""#, r#""""#, field("timestamp", NotATime)),
        (
            Venue::Bitstamp,
            r#""last":"60000.00""#,
            r#""last":"""#,
            field("last", Price(PriceTextError::Empty)),
        ),
        // OKX: a code, an instrument, exactly one.
        (
            Venue::OkxIndex,
            r#""code":"0","msg":"""#,
            r#""code":"51001","msg":"no such id""#,
            says("no such id"),
        ),
        (Venue::OkxIndex, r#""code":"0""#, r#""code":"50011""#, Refusal::RateLimited { asked: None }),
        (Venue::OkxIndex, r#""code":"0""#, r#""code":0"#, field("code", NotText)),
        (Venue::OkxIndex, "BTC-USD", "BTC-USDT", wrong("BTC-USD", "BTC-USDT")),
        (Venue::OkxIndex, r#""data":[{"#, r#""data":[{},{"#, field("data", NotAnArray)),
        (Venue::OkxIndex, r#""data":["#, r#""other":["#, field("data", Missing)),
        (Venue::OkxIndex, r#""1711356300492""#, r#""now""#, field("ts", NotATime)),
        // Gemini: the currencies of its volumes.
        (Venue::Gemini, r#""BTC":"#, r#""ETH":"#, wrong("BTC, USD", "ETH, USD")),
        (Venue::Gemini, r#""USD":"#, r#""EUR":"#, wrong("BTC, USD", "BTC, EUR")),
        (Venue::Gemini, r#""volume":{"#, r#""volumes":{"#, field("volume", Missing)),
        // Bitfinex: numbers in an array.
        (Venue::Bitfinex, "tBTCUSD", "tBTCUST", wrong("tBTCUSD", "tBTCUST")),
        (Venue::Bitfinex, r#"["tBTCUSD",60000.00,"#, r#"["tBTCUSD","60000.00","#, field("BID", NotANumber)),
        (
            Venue::Bitfinex,
            r#"["tBTCUSD",60000.00,"#,
            r#"["tBTCUSD",6e4,"#,
            field("BID", Price(PriceTextError::Exponent)),
        ),
        (Venue::Bitfinex, ",8257.8,7500", "", field("the ticker", NotAnArray)),
        // CoinGecko: numbers in an object.
        (Venue::CoinGecko, "bitcoin", "bitcoin-cash", wrong("bitcoin", "bitcoin-cash")),
        (Venue::CoinGecko, r#""usd":60000.00"#, r#""usd":"60000.00""#, field("usd", NotANumber)),
        (Venue::CoinGecko, r#""usd":60000.00"#, r#""eur":60000.00"#, field("usd", Missing)),
        (Venue::CoinGecko, r#""usd":60000.00"#, r#""usd":null"#, field("usd", NotANumber)),
        (Venue::CoinGecko, "1711356300", "-5", field("last_updated_at", NotATime)),
        (
            Venue::CoinGecko,
            r#"{"bitcoin":{"usd":60000.00,"last_updated_at":1711356300}}"#,
            "{}",
            field("bitcoin", Missing),
        ),
        (
            Venue::CoinGecko,
            r#"{"bitcoin":{"usd":60000.00,"last_updated_at":1711356300}}"#,
            "[]",
            field("the answer", NotAnObject),
        ),
    ];
    let server = Server::start().await;
    for (venue, from, to, expected) in cases {
        let usual = document(venue, Pair::BtcUsd, "60000.00", NOW);
        assert!(usual.contains(from), "{} says {usual}, without {from}", venue.name());
        let changed = usual.replacen(from, to, 1);
        assert_eq!(
            ask(&server, venue, Pair::BtcUsd, &changed).await,
            Err(expected),
            "{} says {changed}",
            venue.name()
        );
    }
}

#[tokio::test]
async fn bitfinex_says_errors_as_an_array() {
    let server = Server::start().await;
    let answer = ask(&server, Venue::Bitfinex, Pair::BtcUsd, r#"["error",10020,"symbol: invalid"]"#).await;
    assert_eq!(answer, Err(Refusal::Exchange { message: "symbol: invalid".to_owned() }));
    // An unknown symbol gives an empty list.
    let answer = ask(&server, Venue::Bitfinex, Pair::BtcUsd, "[]").await;
    assert_eq!(answer, Err(Refusal::Field { field: "the answer", problem: FieldProblem::NotAnArray }));
}

/// Words of a server end up in front of people: they cannot be long, and cannot look like lines of ours.
#[tokio::test]
async fn words_of_a_server_are_shortened_and_of_one_line() {
    let server = Server::start().await;
    let body = format!(r#"{{"error":["first\nsecond\u001b[31m{}"]}}"#, "x".repeat(5_000));
    let Err(Refusal::Exchange { message }) = ask(&server, Venue::Kraken, Pair::BtcUsd, &body).await else {
        panic!("it has an error");
    };
    assert!(message.starts_with("first second [31mxxx"), "{message}");
    assert_eq!(message.chars().count(), 120);
}

/// Bid, ask and last trade come each from its own field, at every venue that gives them.
#[tokio::test]
async fn each_field_is_what_it_says() {
    let server = Server::start().await;
    let bodies = [
        (Venue::Coinbase, r#"{"bid":"BID","ask":"ASK","price":"LAST","time":"2024-03-25T08:45:00Z"}"#),
        (
            Venue::Kraken,
            r#"{"error":[],"result":{"XXBTZUSD":{"a":["ASK","1","1"],"b":["BID","1","1"],"c":["LAST","1"]}}}"#,
        ),
        (Venue::Bitstamp, r#"{"bid":"BID","ask":"ASK","last":"LAST","timestamp":"1711356300"}"#),
        (
            Venue::Gemini,
            r#"{"bid":"BID","ask":"ASK","last":"LAST","volume":{"BTC":"1","USD":"1","timestamp":1}}"#,
        ),
        (Venue::Bitfinex, r#"[["tBTCUSD",BID,9,ASK,9,9,9,LAST,9,9,9]]"#),
    ];
    for (venue, body) in bodies {
        // Whichever of the three is in the middle is the price.
        for (bid, ask_price, last) in
            [("59900", "60100", "60000"), ("59900", "60000", "60100"), ("60000", "60100", "59900")]
        {
            let body = body.replace("BID", bid).replace("ASK", ask_price).replace("LAST", last);
            let seen = ask(&server, venue, Pair::BtcUsd, &body).await.unwrap();
            assert_eq!(seen.price, usual_price(Pair::BtcUsd), "{} {body}", venue.name());
        }
    }
}

/// What is between bid and ask is the last trade; what is outside is brought to the nearer of them.
#[tokio::test]
async fn the_price_is_the_middle_of_bid_ask_and_last() {
    let server = Server::start().await;
    for (bid, ask_price, last, expected) in [
        ("59990", "60010", "60001", 6_000_100_000_000),
        ("59990", "60010", "61000", 6_001_000_000_000),
        ("59990", "60010", "100", 5_999_000_000_000),
        ("60010", "59990", "60001", 6_000_100_000_000),
        // Two per cent, exactly.
        ("50000", "51000", "50500", 5_050_000_000_000),
    ] {
        let body =
            format!(r#"{{"last":"{last}","timestamp":"1711356300","bid":"{bid}","ask":"{ask_price}"}}"#);
        let seen = ask(&server, Venue::Bitstamp, Pair::BtcUsd, &body).await.unwrap();
        assert_eq!(seen.price.base_units(), expected, "{bid} {ask_price} {last}");
    }
    let body = r#"{"last":"50500","timestamp":"1711356300","bid":"50000","ask":"51000.00000001"}"#;
    let answer = ask(&server, Venue::Bitstamp, Pair::BtcUsd, body).await;
    assert!(matches!(answer, Err(Refusal::WideBook { .. })), "{answer:?}");
}
