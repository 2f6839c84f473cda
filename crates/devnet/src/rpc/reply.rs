//! Answers in the words of a node and of the Stacks API.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::node::NodeError;

/// A handler's answer.
pub(crate) type Reply = Result<Response, Response>;

/// 200 with JSON.
pub(crate) fn ok(body: Value) -> Reply {
    Ok(Json(body).into_response())
}

/// A node's 400: plain text.
pub(crate) fn bad_request(message: impl Into<String>) -> Response {
    (StatusCode::BAD_REQUEST, message.into()).into_response()
}

/// A node's 404: plain text.
pub(crate) fn not_found(message: impl Into<String>) -> Response {
    (StatusCode::NOT_FOUND, message.into()).into_response()
}

/// The Stacks API's error.
pub(crate) fn api_error(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({ "error": message.into() }))).into_response()
}

/// What a failure of the devnet itself answers.
pub(crate) fn failure(error: &NodeError) -> Response {
    let status = match error {
        NodeError::Rejected(_) => StatusCode::BAD_REQUEST,
        NodeError::Refused(_) => StatusCode::CONFLICT,
        NodeError::Journal(_) => StatusCode::INSUFFICIENT_STORAGE,
        NodeError::Vm(_) | NodeError::Lost(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    tracing::warn!(%error, "request failed");
    api_error(status, error.to_string())
}

/// A request's body, if it could be read whole and is within the limit.
pub(crate) fn body(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Response> {
    body.map_err(|error| bad_request(format!("Invalid Http request: {}", error.body_text())))
}
