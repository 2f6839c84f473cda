//! `/devnet/director`: how the practice network stands, and what is to be done to it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::{Deed, Director, DirectorError, Trouble, TroubleKind};

/// How long somebody who waits for a change is kept waiting.
const PATIENCE: Duration = Duration::from_secs(15);

/// The director, once there is one.
pub(crate) type Slot = Arc<OnceLock<Director>>;

#[derive(Debug, Deserialize)]
struct After {
    after: Option<u64>,
}

/// The routes.
pub(crate) fn router(slot: Slot) -> Router {
    Router::new().route("/devnet/director", get(show).post(carry_out)).with_state(slot)
}

fn refused(trouble: &Trouble) -> Response {
    let status = match trouble.kind {
        TroubleKind::Busy => StatusCode::CONFLICT,
        TroubleKind::Input => StatusCode::BAD_REQUEST,
        TroubleKind::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(trouble)).into_response()
}

/// How it stands; with `?after=REVISION` as soon as it is another one, or after a while.
async fn show(State(slot): State<Slot>, Query(After { after }): Query<After>) -> Response {
    let Some(director) = slot.get() else { return refused(&DirectorError::NotInService.trouble()) };
    if let Some(after) = after {
        let (mut state, mut closed) = (director.watch(), director.closed());
        tokio::select! {
            _ = state.wait_for(|state| state.revision != after) => {}
            _ = closed.wait_for(|closed| *closed) => {}
            () = tokio::time::sleep(PATIENCE) => {}
        }
    }
    Json(director.state()).into_response()
}

async fn carry_out(State(slot): State<Slot>, body: Bytes) -> Response {
    let Some(director) = slot.get() else { return refused(&DirectorError::NotInService.trouble()) };
    let deed: Deed = match serde_json::from_slice(&body) {
        Ok(deed) => deed,
        Err(error) => {
            return refused(&Trouble {
                kind: TroubleKind::Input,
                happened: "That is nothing that can be done to a devnet.".to_owned(),
                means: "Nothing was changed.".to_owned(),
                remedy: "Use a BitHedge of the same version.".to_owned(),
                detail: error.to_string(),
            });
        }
    };
    match director.carry_out(deed).await {
        Ok(state) => Json(state).into_response(),
        Err(error) => refused(&error.trouble()),
    }
}
