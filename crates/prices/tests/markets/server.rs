//! The local server, and answers in the venues' documented formats.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use bithedge_prices::{Exchange, Pace, Pair, Venue};
use bithedge_protocol::{UnixSeconds, UsdE8};
use futures_util::StreamExt as _;

/// The time of every answer, unless a test wants another one: 2024-03-25 08:45:00 UTC.
pub(crate) const NOW: UnixSeconds = UnixSeconds::new(1_711_356_300);

/// An answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) delay: Duration,
    /// Sends the body again and again, each after the delay, without saying how long it is.
    pub(crate) endless: bool,
}

impl Answer {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.into(),
            delay: Duration::ZERO,
            endless: false,
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap(), ..Self::json("{}") }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) fn endless(self) -> Self {
        Self { endless: true, ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = if self.endless {
            let (chunk, pause) = (self.body, self.delay);
            let chunks = futures_util::stream::repeat(chunk).then(move |chunk| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, std::io::Error>(chunk)
            });
            Response::new(Body::from_stream(chunks))
        } else {
            Response::new(Body::from(self.body))
        };
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        response
    }
}

#[derive(Default)]
struct Inner {
    /// By path and query.
    answers: BTreeMap<String, Answer>,
    /// Path, query and user agent of every request.
    asked: Vec<(String, String)>,
}

/// One server for all venues, since their paths differ.
#[derive(Clone)]
pub(crate) struct Server {
    inner: Arc<Mutex<Inner>>,
    pub(crate) address: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { inner: Arc::default(), address };
        let app = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        server
    }

    /// Every venue and pair as usual: BTC at 60,000, STX at 2.
    pub(crate) async fn of_all_venues() -> Self {
        let server = Self::start().await;
        for (venue, pair) in markets() {
            server.says(venue, pair, &price_text(pair), NOW);
        }
        server
    }

    pub(crate) fn set(&self, venue: Venue, pair: Pair, answer: Answer) {
        self.inner.lock().unwrap().answers.insert(target(venue, pair).to_owned(), answer);
    }

    /// A usual answer with this price and time.
    pub(crate) fn says(&self, venue: Venue, pair: Pair, price: &str, at: UnixSeconds) {
        self.set(venue, pair, Answer::json(document(venue, pair, price, at)));
    }

    /// How often a venue was asked.
    pub(crate) fn count(&self, venue: Venue, pair: Pair) -> usize {
        self.inner.lock().unwrap().asked.iter().filter(|(asked, _)| asked == target(venue, pair)).count()
    }

    pub(crate) fn agents(&self) -> Vec<String> {
        self.inner.lock().unwrap().asked.iter().map(|(_, agent)| agent.clone()).collect()
    }

    /// A venue at this server that may be asked at any time.
    pub(crate) fn exchange(&self, venue: Venue) -> Exchange {
        let pace = Pace { interval: Duration::ZERO, timeout: Duration::from_secs(5) };
        Exchange::at_loopback(venue, &self.address).unwrap().with_pace(pace)
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let asked = request.uri().path_and_query().unwrap().to_string();
    let agent = request.headers().get("user-agent").unwrap().to_str().unwrap().to_owned();
    let answer = {
        let mut inner = server.inner.lock().unwrap();
        inner.asked.push((asked.clone(), agent));
        inner.answers.get(&asked).cloned()
    };
    let Some(answer) = answer else { return StatusCode::NOT_FOUND.into_response() };
    if !answer.endless {
        tokio::time::sleep(answer.delay).await;
    }
    answer.into_response()
}

/// What there is.
pub(crate) fn markets() -> impl Iterator<Item = (Venue, Pair)> {
    let btc_only = [Venue::Bitstamp, Venue::Gemini, Venue::Bitfinex];
    let all = Venue::ALL.into_iter().flat_map(|venue| Pair::ALL.map(|pair| (venue, pair)));
    all.filter(move |(venue, pair)| *pair == Pair::BtcUsd || !btc_only.contains(venue))
}

pub(crate) fn usual_price(pair: Pair) -> UsdE8 {
    match pair {
        Pair::BtcUsd => UsdE8::new(6_000_000_000_000),
        Pair::StxUsd => UsdE8::new(200_000_000),
    }
}

pub(crate) fn price_text(pair: Pair) -> String {
    match pair {
        Pair::BtcUsd => "60000.00".to_owned(),
        Pair::StxUsd => "2.0000".to_owned(),
    }
}

/// Where each is asked, by the documentation.
fn target(venue: Venue, pair: Pair) -> &'static str {
    match (venue, pair) {
        (Venue::Coinbase, Pair::BtcUsd) => "/products/BTC-USD/ticker",
        (Venue::Coinbase, Pair::StxUsd) => "/products/STX-USD/ticker",
        (Venue::Kraken, Pair::BtcUsd) => "/0/public/Ticker?pair=XBTUSD",
        (Venue::Kraken, Pair::StxUsd) => "/0/public/Ticker?pair=STXUSD",
        (Venue::Bitstamp, _) => "/api/v2/ticker/btcusd/",
        (Venue::OkxIndex, Pair::BtcUsd) => "/api/v5/market/index-tickers?instId=BTC-USD",
        (Venue::OkxIndex, Pair::StxUsd) => "/api/v5/market/index-tickers?instId=STX-USD",
        (Venue::Gemini, _) => "/v1/pubticker/BTCUSD",
        (Venue::Bitfinex, _) => "/v2/tickers?symbols=tBTCUSD",
        (Venue::CoinGecko, Pair::BtcUsd) => {
            "/api/v3/simple/price?ids=bitcoin&vs_currencies=usd&include_last_updated_at=true&precision=8"
        }
        (Venue::CoinGecko, Pair::StxUsd) => {
            "/api/v3/simple/price?ids=blockstack&vs_currencies=usd&include_last_updated_at=true&precision=8"
        }
    }
}

/// An answer in the documented format, with bid, ask and last trade at one price.
pub(crate) fn document(venue: Venue, pair: Pair, price: &str, at: UnixSeconds) -> String {
    let seconds = at.get();
    let base = if pair == Pair::BtcUsd { "BTC" } else { "STX" };
    match venue {
        Venue::Coinbase => {
            let civil = at.civil().to_string().replace(' ', "T");
            format!(
                r#"{{"ask":"{price}","bid":"{price}","volume":"53602.03940154","trade_id":86326522,"price":"{price}","size":"0.00698254","time":"{civil}.833Z"}}"#
            )
        }
        Venue::Kraken => {
            let name = if pair == Pair::BtcUsd { "XXBTZUSD" } else { "STXUSD" };
            format!(
                r#"{{"error":[],"result":{{"{name}":{{"a":["{price}","1","1.000"],"b":["{price}","1","1.000"],"c":["{price}","0.00067643"],"v":["4083.67001100","4412.73601799"],"p":["30706.77771","30689.13205"],"t":[34619,38907],"l":["29868.30000","29868.30000"],"h":["31631.00000","31631.00000"],"o":"30502.80000"}}}}}}"#
            )
        }
        Venue::Bitstamp => format!(
            r#"{{"high":"8069.34","last":"{price}","timestamp":"{seconds}","bid":"{price}","vwap":"7369.00","volume":"15671.15645338","low":"6758.45","ask":"{price}","open":"6940.94"}}"#
        ),
        Venue::OkxIndex => format!(
            r#"{{"code":"0","msg":"","data":[{{"instId":"{base}-USD","idxPx":"{price}","high24h":"43649.7","sodUtc0":"43444.1","open24h":"43640.8","low24h":"43261.9","sodUtc8":"43328.7","ts":"{seconds}492"}}]}}"#
        ),
        Venue::Gemini => format!(
            r#"{{"bid":"{price}","ask":"{price}","last":"{price}","volume":{{"BTC":"2210.505328803","USD":"2135477.463379586263","timestamp":1483018200000}}}}"#
        ),
        Venue::Bitfinex => format!(
            r#"[["tBTCUSD",{price},31.89055171,{price},43.358118629999986,-550.8,-0.0674,{price},8314.71200815,8257.8,7500]]"#
        ),
        Venue::CoinGecko => {
            let id = if pair == Pair::BtcUsd { "bitcoin" } else { "blockstack" };
            format!(r#"{{"{id}":{{"usd":{price},"last_updated_at":{seconds}}}}}"#)
        }
    }
}
