//! Public markets as the story wants them: a local server that answers in three exchanges' documented formats.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bithedge_practice::market::Quote;
use bithedge_protocol::UnixSeconds;

use crate::process::decimal;

/// What the three exchanges say at the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) quote: Quote,
    /// When they say it, by the story's clock.
    pub(crate) at: UnixSeconds,
}

/// The exchanges. Dropping it does not end them: they end with the program.
#[derive(Debug, Clone)]
pub(crate) struct ScriptedMarkets {
    said: Arc<Mutex<Said>>,
    address: String,
}

impl ScriptedMarkets {
    pub(crate) async fn open(said: Said) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let markets = Self { said: Arc::new(Mutex::new(said)), address };
        let app = Router::new().fallback(answer).with_state(markets.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(markets)
    }

    /// Where they are asked.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn say(&self, said: Said) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }

    pub(crate) fn said(&self) -> Said {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(markets): State<ScriptedMarkets>, request: Request) -> Response {
    let Said { quote, at } = markets.said();
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let is_stx = path.contains("STX") || query.contains("STX");
    let price = decimal(if is_stx { quote.stx } else { quote.btc });
    let body = match path.split('/').nth(1) {
        Some("products") => coinbase(&price, at),
        Some("0") => kraken(if is_stx { "STXUSD" } else { "XXBTZUSD" }, &price),
        Some("api") if path.contains("index-tickers") => okx(if is_stx { "STX" } else { "BTC" }, &price, at),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([("content-type", "application/json")], body).into_response()
}

/// `GET /products/{pair}/ticker`.
fn coinbase(price: &str, at: UnixSeconds) -> String {
    let time = at.civil().to_string().replace(' ', "T");
    format!(
        r#"{{"ask":"{price}","bid":"{price}","volume":"1","trade_id":1,"price":"{price}","size":"1","time":"{time}.000Z"}}"#
    )
}

/// `GET /0/public/Ticker`.
fn kraken(name: &str, price: &str) -> String {
    let quote = format!(r#"["{price}","1","1.000"]"#);
    format!(
        r#"{{"error":[],"result":{{"{name}":{{"a":{quote},"b":{quote},"c":["{price}","1"],"v":["1","1"],"p":["{price}","{price}"],"t":[1,1],"l":["{price}","{price}"],"h":["{price}","{price}"],"o":"{price}"}}}}}}"#
    )
}

/// `GET /api/v5/market/index-tickers`.
fn okx(base: &str, price: &str, at: UnixSeconds) -> String {
    let milliseconds = at.get() * 1_000;
    format!(
        r#"{{"code":"0","msg":"","data":[{{"instId":"{base}-USD","idxPx":"{price}","high24h":"{price}","sodUtc0":"{price}","open24h":"{price}","low24h":"{price}","sodUtc8":"{price}","ts":"{milliseconds}"}}]}}"#
    )
}
