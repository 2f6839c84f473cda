//! Faults on demand: what a client must survive from a node on the other side of the world.
//!
//! They touch the node's and the API's routes, never the devnet's own controls. Which requests are hit follows from a
//! counter and the seed alone, so that a test sees the same again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Shared;

/// What goes wrong, and how often. Shares are in parts per million of the requests; 1,000,000 is every one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultSettings {
    /// Every answer waits so long, in milliseconds.
    pub latency_ms: u64,
    /// The request is carried out and the connection then closed without an answer.
    pub drop_ppm: u32,
    /// The request is not carried out; the answer is a 503.
    pub server_error_ppm: u32,
    /// Half of the answer's body is missing.
    pub truncate_ppm: u32,
    /// The answer is a page of HTML with status 200, as a misconfigured proxy gives.
    pub not_json_ppm: u32,
    /// The chain stands still: what is sent is accepted, no block is made.
    pub stale_tip: bool,
    /// Which requests are hit.
    pub seed: u64,
}

/// The settings in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    settings: Arc<RwLock<FaultSettings>>,
    requests: Arc<AtomicU64>,
}

impl Faults {
    pub(crate) fn get(&self) -> FaultSettings {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, settings: FaultSettings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.requests.store(0, Ordering::Relaxed);
    }
}

/// Whether request number `request` is hit by a fault of this share.
fn hits(settings: &FaultSettings, fault: &str, request: u64, share_ppm: u32) -> bool {
    let digest = Sha256::new()
        .chain_update(settings.seed.to_be_bytes())
        .chain_update(fault)
        .chain_update(request.to_be_bytes())
        .finalize();
    let draw = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    u64::from(draw) * 1_000_000 < u64::from(share_ppm) << 32
}

/// The middleware.
pub(crate) async fn inject(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let settings = shared.faults.get();
    if settings == FaultSettings::default() {
        return next.run(request).await;
    }
    let number = shared.faults.requests.fetch_add(1, Ordering::Relaxed);
    if settings.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(settings.latency_ms)).await;
    }
    if hits(&settings, "server error", number, settings.server_error_ppm) {
        return (StatusCode::SERVICE_UNAVAILABLE, "upstream connect error or disconnect before headers")
            .into_response();
    }
    let response = next.run(request).await;
    if hits(&settings, "drop", number, settings.drop_ppm) {
        return cut_off(Bytes::new());
    }
    if hits(&settings, "not json", number, settings.not_json_ppm) {
        let page = "<html><head><title>Welcome</title></head><body>It works.</body></html>";
        return ([(header::CONTENT_TYPE, "text/html")], page).into_response();
    }
    if hits(&settings, "truncate", number, settings.truncate_ppm) {
        let (mut parts, body) = response.into_parts();
        let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
        parts.headers.remove(header::CONTENT_LENGTH);
        let half = whole.slice(..whole.len() / 2);
        return Response::from_parts(parts, Body::from(half));
    }
    response
}

/// An answer that promises more than it gives: the connection breaks after `start`.
fn cut_off(start: Bytes) -> Response {
    let broken =
        futures_util::stream::iter([Ok(start), Err(std::io::Error::other("connection dropped on purpose"))]);
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_and_the_seed_decides_which() {
        let count = |seed, share| {
            let settings = FaultSettings { seed, ..FaultSettings::default() };
            (0..100_000).filter(|request| hits(&settings, "drop", *request, share)).count()
        };
        assert_eq!(count(1, 0), 0);
        assert_eq!(count(1, 1_000_000), 100_000);
        let half = count(1, 500_000);
        assert!((49_000..51_000).contains(&half), "{half}");
        assert_ne!(count(2, 500_000), half);
    }
}
