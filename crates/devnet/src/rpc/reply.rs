//! Answers in the words of a node and of the Stacks API.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::node::NodeError;

/// A handler's answer.
pub(crate) type Reply = Result<Json<Value>, Refusal>;

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// A node's way.
    Text(String),
    /// The Stacks API's way, and a node's for rejected transactions.
    Json(Value),
}

impl Refusal {
    /// With a JSON body of its own form.
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, body: Body::Json(body) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.body {
            Body::Text(text) => (self.status, text).into_response(),
            Body::Json(json) => (self.status, Json(json)).into_response(),
        }
    }
}

/// 200 with JSON.
#[expect(clippy::unnecessary_wraps, reason = "it ends handlers, whose other ends are refusals")]
pub(crate) fn ok(body: Value) -> Reply {
    Ok(Json(body))
}

/// A node's 400: plain text.
pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, body: Body::Text(message.into()) }
}

/// A node's 404: plain text.
pub(crate) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, body: Body::Text(message.into()) }
}

/// The Stacks API's error.
pub(crate) fn api_error(status: StatusCode, message: impl Into<String>) -> Refusal {
    Refusal::json(status, json!({ "error": message.into() }))
}

impl From<NodeError> for Refusal {
    /// What a failure of the devnet itself answers.
    fn from(error: NodeError) -> Self {
        let status = match error {
            NodeError::Rejected(_) => StatusCode::BAD_REQUEST,
            NodeError::Refused(_) => StatusCode::CONFLICT,
            NodeError::Journal(_) => StatusCode::INSUFFICIENT_STORAGE,
            NodeError::Vm(_) | NodeError::Lost(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        tracing::warn!(%error, "request failed");
        api_error(status, error.to_string())
    }
}

/// A request's body, if it could be read whole and is within the limit.
pub(crate) fn body(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Refusal> {
    body.map_err(|error| bad_request(format!("Invalid Http request: {}", error.body_text())))
}
