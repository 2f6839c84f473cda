//! What the worker answers, as it stands on the wire.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::VmError;

/// Where the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Tip {
    /// Height of the newest Stacks block.
    pub stacks_height: u64,
    /// Height of the newest Bitcoin block.
    pub burn_height: u64,
    /// The newest Stacks block's time, in seconds since 1970.
    pub time: u64,
}

/// What came of an expression.
#[derive(Debug, Clone, Deserialize)]
pub struct RawOutcome {
    /// The value, consensus-encoded, hexadecimal with `0x`.
    #[serde(default)]
    pub result: Option<String>,
    /// Present instead of a value when the VM stopped: analysis or runtime error.
    #[serde(default)]
    pub failed: Option<String>,
    /// Events, in order; empty unless it succeeded.
    #[serde(default)]
    pub events: Vec<RawEvent>,
    /// What it consumed, if that was asked for.
    #[serde(default)]
    pub costs: Option<Costs>,
}

/// An event as the VM reports it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RawEvent {
    /// Its kind, for instance `ft_transfer_event`.
    #[serde(rename = "event")]
    pub kind: String,
    /// Its fields, by kind.
    pub data: serde_json::Value,
}

/// What a call consumed, in the units of Clarity's cost functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Costs {
    /// Database reads.
    pub read_count: u64,
    /// Bytes read.
    pub read_length: u64,
    /// Runtime units.
    pub runtime: u64,
    /// Database writes.
    pub write_count: u64,
    /// Bytes written.
    pub write_length: u64,
}

/// What came of a read-only call, or of looking at a variable or a map.
#[derive(Debug, Clone, Deserialize)]
pub struct RawReadOutcome {
    /// The value, consensus-encoded, hexadecimal with `0x`.
    #[serde(default)]
    pub result: Option<String>,
    /// Why there is none.
    #[serde(default)]
    pub failed: Option<String>,
    /// What it consumed.
    #[serde(default)]
    pub costs: Option<Costs>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Memory {
    pub(crate) memory_bytes: u64,
}

#[derive(Debug, Deserialize)]
struct Answer {
    id: Option<u64>,
    #[serde(default)]
    ok: Option<serde_json::Value>,
    #[serde(default)]
    error: Option<String>,
}

/// A request as one line.
pub(crate) fn request_line(
    operation: &'static str,
    id: u64,
    request: &impl Serialize,
) -> Result<String, VmError> {
    let mut request =
        serde_json::to_value(request).map_err(|source| VmError::Answer { operation, source })?;
    request["id"] = id.into();
    Ok(format!("{request}\n"))
}

/// What a line answers to the request `id`.
pub(crate) fn answer<T: DeserializeOwned>(
    operation: &'static str,
    id: u64,
    line: &str,
) -> Result<T, VmError> {
    let understood = |source| VmError::Answer { operation, source };
    let answer: Answer = serde_json::from_str(line).map_err(understood)?;
    if answer.id != Some(id) {
        return Err(VmError::Lost("it answered another request".to_owned()));
    }
    match (answer.ok, answer.error) {
        (Some(ok), None) => serde_json::from_value(ok).map_err(understood),
        (_, error) => Err(VmError::Refused { operation, message: error.unwrap_or_default() }),
    }
}
