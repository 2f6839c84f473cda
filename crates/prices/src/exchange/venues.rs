//! The venues: addresses, requests, and the documented formats of their answers.

use std::time::Duration;

use bithedge_protocol::{UnixSeconds, UsdE8};

use super::Pace;
use crate::book::Ticker;
use crate::json::{Object, Value, wrong_pair};
use crate::{FieldProblem, Pair, Refusal};

/// A public market or index in US dollars.
///
/// | venue | BTC | STX | names the pair | own time | documentation |
/// | --- | --- | --- | --- | --- | --- |
/// | Coinbase Exchange | yes | yes | no | of the last trade | <https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-ticker> |
/// | Kraken | yes | yes | yes | none | <https://docs.kraken.com/api/docs/rest-api/get-ticker-information> |
/// | Bitstamp | yes | | no | of the answer | <https://www.bitstamp.net/api/#tag/Tickers/operation/GetMarketTicker> |
/// | OKX index | yes | yes | yes | of the index | <https://www.okx.com/docs-v5/en/#public-data-rest-api-get-index-tickers> |
/// | Gemini | yes | | by its volumes | none | <https://developer.gemini.com/trading/rest-api/market-data/get-ticker> |
/// | Bitfinex | yes | | yes | none | <https://docs.bitfinex.com/reference/rest-public-tickers> |
/// | CoinGecko | yes | yes | yes | of the average | <https://docs.coingecko.com/v3.0.1/reference/simple-price> |
///
/// Two are no exchanges. OKX's index is a mean over several exchanges' markets, which OKX chooses and has changed: those in dollar
/// tokens are converted to US dollars by OKX, and what is more than 3 % off their median is capped (so announced for STX in
/// March 2023). OKX's own markets are in USDT and are not asked. CoinGecko is an average over the markets that it knows, renewed
/// every 60 s. Either is one voice.
///
/// STX has fewer markets in US dollars. Where no listing could be found documented, it is not asked for. Crypto.com's "USD" is a
/// bundle of dollar tokens (its documentation of 2022-11 says so), and so left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Venue {
    /// Coinbase Exchange.
    Coinbase,
    /// Kraken.
    Kraken,
    /// Bitstamp.
    Bitstamp,
    /// The index of OKX.
    OkxIndex,
    /// Gemini.
    Gemini,
    /// Bitfinex.
    Bitfinex,
    /// The average of CoinGecko.
    CoinGecko,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Path and query.
    pub(super) target: &'static str,
    /// How the venue calls the pair in its answer.
    about: &'static str,
}

/// What an answer says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) price: UsdE8,
    pub(super) at: Option<UnixSeconds>,
}

const fn request(target: &'static str, about: &'static str) -> Option<Request> {
    Some(Request { target, about })
}

impl Venue {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Coinbase,
        Self::Kraken,
        Self::Bitstamp,
        Self::OkxIndex,
        Self::Gemini,
        Self::Bitfinex,
        Self::CoinGecko,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coinbase => "Coinbase",
            Self::Kraken => "Kraken",
            Self::Bitstamp => "Bitstamp",
            Self::OkxIndex => "OKX index",
            Self::Gemini => "Gemini",
            Self::Bitfinex => "Bitfinex",
            Self::CoinGecko => "CoinGecko",
        }
    }

    /// The host of its public interface.
    #[must_use]
    pub const fn host(self) -> &'static str {
        match self {
            Self::Coinbase => "api.exchange.coinbase.com",
            Self::Kraken => "api.kraken.com",
            Self::Bitstamp => "www.bitstamp.net",
            Self::OkxIndex => "www.okx.com",
            Self::Gemini => "api.gemini.com",
            Self::Bitfinex => "api-pub.bitfinex.com",
            Self::CoinGecko => "api.coingecko.com",
        }
    }

    /// Well below what each allows to callers without a key (a second: Coinbase 10, OKX 10; a minute: Bitfinex 30 to 90, by page;
    /// CoinGecko names no firm figure, and renews its prices once a minute). Two pairs are two requests.
    #[must_use]
    pub const fn pace(self) -> Pace {
        let interval = match self {
            Self::Coinbase
            | Self::Kraken
            | Self::Bitstamp
            | Self::OkxIndex
            | Self::Gemini
            | Self::Bitfinex => 10,
            Self::CoinGecko => 60,
        };
        Pace { interval: Duration::from_secs(interval), timeout: Duration::from_secs(8) }
    }

    /// What to ask for a pair; `None` if it is not listed.
    pub(super) const fn request(self, pair: Pair) -> Option<Request> {
        match (self, pair) {
            (Self::Coinbase, Pair::BtcUsd) => request("/products/BTC-USD/ticker", "BTC-USD"),
            (Self::Coinbase, Pair::StxUsd) => request("/products/STX-USD/ticker", "STX-USD"),
            (Self::Kraken, Pair::BtcUsd) => request("/0/public/Ticker?pair=XBTUSD", "XXBTZUSD"),
            (Self::Kraken, Pair::StxUsd) => request("/0/public/Ticker?pair=STXUSD", "STXUSD"),
            (Self::Bitstamp, Pair::BtcUsd) => request("/api/v2/ticker/btcusd/", "btcusd"),
            (Self::OkxIndex, Pair::BtcUsd) => {
                request("/api/v5/market/index-tickers?instId=BTC-USD", "BTC-USD")
            }
            (Self::OkxIndex, Pair::StxUsd) => {
                request("/api/v5/market/index-tickers?instId=STX-USD", "STX-USD")
            }
            (Self::Gemini, Pair::BtcUsd) => request("/v1/pubticker/BTCUSD", "BTC"),
            (Self::Bitfinex, Pair::BtcUsd) => request("/v2/tickers?symbols=tBTCUSD", "tBTCUSD"),
            (Self::CoinGecko, Pair::BtcUsd) => request(COINGECKO_BTC, "bitcoin"),
            (Self::CoinGecko, Pair::StxUsd) => request(COINGECKO_STX, "blockstack"),
            (Self::Bitstamp | Self::Gemini | Self::Bitfinex, Pair::StxUsd) => None,
        }
    }

    /// The price in an answer.
    pub(super) fn read(self, pair: Pair, body: &[u8]) -> Result<Reading, Refusal> {
        let Some(Request { about, .. }) = self.request(pair) else {
            return Err(Refusal::NotListed { pair });
        };
        let answer = Value::document(body)?;
        match self {
            Self::Coinbase => coinbase(answer),
            Self::Kraken => kraken(answer, about),
            Self::Bitstamp => bitstamp(answer),
            Self::OkxIndex => okx_index(answer, about),
            Self::Gemini => gemini(answer, about),
            Self::Bitfinex => bitfinex(answer, about),
            Self::CoinGecko => coingecko(answer, about),
        }
    }
}

const COINGECKO_BTC: &str =
    "/api/v3/simple/price?ids=bitcoin&vs_currencies=usd&include_last_updated_at=true&precision=8";
/// Its identifier of STX is still the chain's first name.
const COINGECKO_STX: &str =
    "/api/v3/simple/price?ids=blockstack&vs_currencies=usd&include_last_updated_at=true&precision=8";

/// `{"bid": "…", "ask": "…", "price": "…", "time": "2020-03-20T00:22:57.833Z", …}`
fn coinbase(answer: Value<'_>) -> Result<Reading, Refusal> {
    let ticker = answer.object()?;
    let price = text_ticker(&ticker, "price")?;
    Ok(Reading { price, at: Some(ticker.field("time")?.rfc3339()?) })
}

/// `{"error": [], "result": {"XXBTZUSD": {"a": ["30300.1", …], "b": ["30300.0", …], "c": ["30303.2", …], …}}}`
fn kraken(answer: Value<'_>, about: &'static str) -> Result<Reading, Refusal> {
    let answer = answer.object()?;
    if let Some(error) = answer.field("error")?.array()?.first() {
        let message = error.words();
        // Its limits come as a success (support.kraken.com/hc/en-us/articles/360001491786-API-error-messages).
        let is_limit = message.contains("Rate limit") || message.contains("Too many requests");
        return Err(if is_limit {
            Refusal::RateLimited { asked: None }
        } else {
            Refusal::Exchange { message }
        });
    }
    let market = answer.field("result")?.object()?.about(about)?.object()?;
    let first = |name| market.field(name)?.element(0, name)?.price_text();
    let price = Ticker { ask: first("a")?, bid: first("b")?, last: first("c")? }.price()?;
    Ok(Reading { price, at: None })
}

/// `{"last": "…", "bid": "…", "ask": "…", "timestamp": "1523543610", …}`
fn bitstamp(answer: Value<'_>) -> Result<Reading, Refusal> {
    let ticker = answer.object()?;
    let price = text_ticker(&ticker, "last")?;
    Ok(Reading { price, at: Some(ticker.field("timestamp")?.seconds_text()?) })
}

/// `{"code": "0", "msg": "", "data": [{"instId": "BTC-USD", "idxPx": "43350", "ts": "1649419644492", …}]}`
fn okx_index(answer: Value<'_>, about: &'static str) -> Result<Reading, Refusal> {
    let answer = answer.object()?;
    match answer.field("code")?.text()? {
        "0" => {}
        // "Rate limit reached" (www.okx.com/docs-v5/en/#error-code).
        "50011" => return Err(Refusal::RateLimited { asked: None }),
        _ => return Err(Refusal::Exchange { message: answer.field("msg")?.words() }),
    }
    let index = answer.field("data")?.only_element()?.object()?;
    let found = index.field("instId")?.text()?;
    if found != about {
        return Err(wrong_pair(about, found));
    }
    Ok(Reading { price: index.field("idxPx")?.price_text()?, at: Some(index.field("ts")?.millis_text()?) })
}

/// `{"bid": "…", "ask": "…", "last": "…", "volume": {"BTC": "…", "USD": "…", "timestamp": 1483018200000}}`
///
/// The timestamp is that of the volume, not of the price.
fn gemini(answer: Value<'_>, about: &'static str) -> Result<Reading, Refusal> {
    let ticker = answer.object()?;
    let volume = ticker.field("volume")?.object()?;
    let mut currencies: Vec<&str> = volume.names().into_iter().filter(|name| *name != "timestamp").collect();
    currencies.sort_unstable();
    if currencies != [about, "USD"] {
        return Err(wrong_pair(&format!("{about}, USD"), &currencies.join(", ")));
    }
    Ok(Reading { price: text_ticker(&ticker, "last")?, at: None })
}

/// `[["tBTCUSD", BID, BID_SIZE, ASK, ASK_SIZE, DAILY_CHANGE, DAILY_CHANGE_RELATIVE, LAST_PRICE, VOLUME, HIGH, LOW]]`, or
/// `["error", 10020, "symbol: invalid"]`
fn bitfinex(answer: Value<'_>, about: &'static str) -> Result<Reading, Refusal> {
    if answer.array()?.first().is_some_and(|first| first.text() == Ok("error")) {
        return Err(Refusal::Exchange { message: answer.element(2, "error")?.words() });
    }
    let ticker = answer.only_element()?;
    if ticker.array()?.len() < 11 {
        return Err(Refusal::Field { field: "the ticker", problem: FieldProblem::NotAnArray });
    }
    let found = ticker.element(0, "SYMBOL")?.text()?;
    if found != about {
        return Err(wrong_pair(about, found));
    }
    let number = |index, name| ticker.element(index, name)?.price_number();
    let price = Ticker { bid: number(1, "BID")?, ask: number(3, "ASK")?, last: number(7, "LAST_PRICE")? };
    Ok(Reading { price: price.price()?, at: None })
}

/// `{"bitcoin": {"usd": 67187.33589366, "last_updated_at": 1711356300}}`
fn coingecko(answer: Value<'_>, about: &'static str) -> Result<Reading, Refusal> {
    let coin = answer.object()?.about(about)?.object()?;
    let at = coin.field("last_updated_at")?.seconds_number()?;
    Ok(Reading { price: coin.field("usd")?.price_number()?, at: Some(at) })
}

/// Bid, ask and last trade, all as strings.
fn text_ticker(ticker: &Object<'_>, last: &'static str) -> Result<UsdE8, Refusal> {
    let price = |name| ticker.field(name)?.price_text();
    Ticker { bid: price("bid")?, ask: price("ask")?, last: price(last)? }.price()
}
