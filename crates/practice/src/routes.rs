//! `/devnet/price`: what the practice market says, and setting it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bithedge_protocol::UsdE8;
use serde::Deserialize;
use serde_json::json;

use crate::market::{self, Market};

/// Prices are whole USD with up to eight decimals, as text: JavaScript's numbers are not exact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    btc: Option<String>,
    stx: Option<String>,
    walk: Option<bool>,
}

/// The routes.
pub(crate) fn router(market: Market) -> Router {
    Router::new().route("/devnet/price", get(show).post(set)).with_state(market)
}

fn shown(state: &market::State) -> Response {
    let text = |price: UsdE8| {
        let (whole, part) = (price.base_units() / 100_000_000, price.base_units() % 100_000_000);
        format!("{whole}.{part:08}")
    };
    Json(json!({
        "btc": text(state.quote.btc),
        "stx": text(state.quote.stx),
        "walk": state.walks,
        "seed": state.seed,
    }))
    .into_response()
}

async fn show(State(market): State<Market>) -> Response {
    shown(&market.state())
}

async fn set(State(market): State<Market>, body: Bytes) -> Response {
    match read(&body) {
        Ok((btc, stx, walk)) => shown(&market.set(btc, stx, walk)),
        Err(message) => (StatusCode::BAD_REQUEST, Json(json!({ "error": message }))).into_response(),
    }
}

type Set = (Option<UsdE8>, Option<UsdE8>, Option<bool>);

fn read(body: &[u8]) -> Result<Set, String> {
    let change: Change = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let price = |name: &str, text: Option<String>| {
        let Some(text) = text else { return Ok(None) };
        match text.parse::<UsdE8>() {
            // What the oracle takes.
            Ok(price) if (1..100_000_000_000_000_000).contains(&price.base_units()) => Ok(Some(price)),
            Ok(_) => Err(format!("`{name}` is above zero and below one billion USD")),
            Err(error) => Err(format!("`{name}`: {error}")),
        }
    };
    Ok((price("btc", change.btc)?, price("stx", change.stx)?, change.walk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_exact_and_positive() {
        let btc = UsdE8::new(9_512_312_345_678);
        assert_eq!(read(br#"{"btc":"95123.12345678"}"#), Ok((Some(btc), None, None)));
        assert_eq!(read(br#"{"walk":false}"#), Ok((None, None, Some(false))));
        for bad in [
            r#"{"btc":"0"}"#,
            r#"{"btc":"-1"}"#,
            r#"{"btc":"1e5"}"#,
            r#"{"stx":"0.123456789"}"#,
            r#"{"btc":95000}"#,
            r#"{"btc":"1000000000"}"#,
            r#"{"bitcoin":"1"}"#,
            "",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
