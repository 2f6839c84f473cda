//! What came of a call.

use bithedge_stacks::transaction::AssetInfo;
use bithedge_stacks::{ContractId, MicroStx, Principal, Value};
use serde_json::Value as Json;

use super::error::SessionError;
use crate::wire::{Costs, RawEvent, RawOutcome, RawReadOutcome};

/// The VM stopped: no value came back, and nothing was changed. An error *response* of a contract is a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct VmFailure {
    /// What the VM said, such as `… Runtime(DivisionByZero, …)`, or the analysis' complaint.
    pub message: String,
}

impl VmFailure {
    /// Whether the VM stopped while it executed, as opposed to refusing the expression before (unknown names, types that
    /// do not fit).
    #[must_use]
    pub fn is_runtime(&self) -> bool {
        self.message.contains("Runtime(")
    }
}

/// What came of a call or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The value, for public functions a response; or why there is none.
    pub result: Result<Value, VmFailure>,
    /// Events in order. None if the call was refused: what it emitted is rolled back with it.
    pub events: Vec<Event>,
    /// What it consumed, if the session measures costs and the call was asked to.
    pub costs: Option<Costs>,
}

/// Another outcome than the test wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, and the outcome is {found}")]
pub struct UnexpectedOutcome {
    expected: &'static str,
    found: String,
}

impl Outcome {
    /// What is in `(ok …)`.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] shows what came instead.
    pub fn ok(&self) -> Result<&Value, UnexpectedOutcome> {
        match &self.result {
            Ok(Value::Response(Ok(value))) => Ok(value),
            _ => Err(self.unexpected("(ok …)")),
        }
    }

    /// What is in `(err …)`.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] shows what came instead.
    pub fn err(&self) -> Result<&Value, UnexpectedOutcome> {
        match &self.result {
            Ok(Value::Response(Err(value))) => Ok(value),
            _ => Err(self.unexpected("(err …)")),
        }
    }

    /// The number in `(err u…)`.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] shows what came instead.
    pub fn err_code(&self) -> Result<u128, UnexpectedOutcome> {
        match self.err() {
            Ok(Value::UInt(code)) => Ok(*code),
            _ => Err(self.unexpected("(err u…)")),
        }
    }

    /// The value, whatever it is.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] if the VM stopped.
    pub fn value(&self) -> Result<&Value, UnexpectedOutcome> {
        self.result.as_ref().map_err(|_| self.unexpected("a value"))
    }

    /// Why the VM stopped.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] if it did not.
    pub fn failure(&self) -> Result<&VmFailure, UnexpectedOutcome> {
        self.result.as_ref().err().ok_or_else(|| self.unexpected("a failure of the VM"))
    }

    /// What was printed, in order: by which contract, and what.
    pub fn prints(&self) -> impl Iterator<Item = (&ContractId, &Value)> {
        self.events.iter().filter_map(|event| match event {
            Event::Print { contract, value } => Some((contract, value)),
            _ => None,
        })
    }

    fn unexpected(&self, expected: &'static str) -> UnexpectedOutcome {
        let found = match &self.result {
            Ok(value) => value.to_source(),
            Err(failure) => failure.to_string(),
        };
        UnexpectedOutcome { expected, found }
    }

    pub(super) fn read(raw: RawOutcome) -> Result<Self, SessionError> {
        let events = raw.events.iter().map(Event::read).collect::<Result<_, _>>()?;
        Ok(Self { result: result(raw.result, raw.failed)?, events, costs: raw.costs })
    }
}

/// What came of a read-only call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOutcome {
    /// The value, or why there is none.
    pub result: Result<Value, VmFailure>,
    /// What it consumed, if the session measures costs.
    pub costs: Option<Costs>,
}

impl ReadOutcome {
    /// The value.
    ///
    /// # Errors
    /// [`VmFailure`] if the VM stopped.
    pub fn value(&self) -> Result<&Value, VmFailure> {
        self.result.as_ref().map_err(Clone::clone)
    }

    /// What is in `(ok …)`.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] shows what came instead.
    pub fn ok(&self) -> Result<&Value, UnexpectedOutcome> {
        match &self.result {
            Ok(Value::Response(Ok(value))) => Ok(value),
            _ => Err(self.unexpected("(ok …)")),
        }
    }

    /// The number in `(err u…)`.
    ///
    /// # Errors
    /// [`UnexpectedOutcome`] shows what came instead.
    pub fn err_code(&self) -> Result<u128, UnexpectedOutcome> {
        match &self.result {
            Ok(Value::Response(Err(value))) => value.as_uint().map_err(|_| self.unexpected("(err u…)")),
            _ => Err(self.unexpected("(err u…)")),
        }
    }

    fn unexpected(&self, expected: &'static str) -> UnexpectedOutcome {
        let found = match &self.result {
            Ok(value) => value.to_source(),
            Err(failure) => failure.to_string(),
        };
        UnexpectedOutcome { expected, found }
    }

    pub(super) fn read(raw: RawReadOutcome) -> Result<Self, SessionError> {
        Ok(Self { result: result(raw.result, raw.failed)?, costs: raw.costs })
    }
}

fn result(value: Option<String>, failed: Option<String>) -> Result<Result<Value, VmFailure>, SessionError> {
    match (value, failed) {
        (_, Some(message)) => Ok(Err(VmFailure { message })),
        (Some(value), None) => decode(&value).map(Ok),
        (None, None) => Err(SessionError::Unreadable("neither a value nor an error".to_owned())),
    }
}

pub(super) fn decode(hex: &str) -> Result<Value, SessionError> {
    Value::decode_hex(hex).map_err(|error| SessionError::Unreadable(error.to_string()))
}

/// Something that a call emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// `print`.
    Print {
        /// Who printed.
        contract: ContractId,
        /// What.
        value: Value,
    },
    /// Fungible tokens changed hands.
    FtTransfer {
        /// The token.
        asset: AssetInfo,
        /// From whom.
        sender: Principal,
        /// To whom.
        recipient: Principal,
        /// How many of its smallest units.
        amount: u128,
    },
    /// Fungible tokens came to be.
    FtMint {
        /// The token.
        asset: AssetInfo,
        /// Whose.
        recipient: Principal,
        /// How many of its smallest units.
        amount: u128,
    },
    /// Fungible tokens ceased to be.
    FtBurn {
        /// The token.
        asset: AssetInfo,
        /// Whose.
        sender: Principal,
        /// How many of its smallest units.
        amount: u128,
    },
    /// STX changed hands.
    StxTransfer {
        /// From whom.
        sender: Principal,
        /// To whom.
        recipient: Principal,
        /// How much.
        amount: MicroStx,
    },
    /// STX ceased to be.
    StxBurn {
        /// Whose.
        sender: Principal,
        /// How much.
        amount: MicroStx,
    },
    /// A non-fungible token changed hands.
    NftTransfer {
        /// The kind of token.
        asset: AssetInfo,
        /// From whom.
        sender: Principal,
        /// To whom.
        recipient: Principal,
        /// Which.
        value: Value,
    },
    /// A non-fungible token came to be.
    NftMint {
        /// The kind of token.
        asset: AssetInfo,
        /// Whose.
        recipient: Principal,
        /// Which.
        value: Value,
    },
    /// A non-fungible token ceased to be.
    NftBurn {
        /// The kind of token.
        asset: AssetInfo,
        /// Whose it was.
        sender: Principal,
        /// Which.
        value: Value,
    },
    /// Any other kind, as the VM reports it (STX locked or minted by the network itself).
    Other {
        /// Its name, for instance `stx_lock_event`.
        kind: String,
        /// Its fields as JSON text.
        data: String,
    },
}

impl Event {
    fn read(raw: &RawEvent) -> Result<Self, SessionError> {
        let fields = Fields(raw);
        Ok(match raw.kind.as_str() {
            "print_event" => Self::Print {
                contract: fields.parsed("contract_identifier")?,
                value: decode(fields.text("raw_value")?)?,
            },
            "ft_transfer_event" => Self::FtTransfer {
                asset: fields.asset()?,
                sender: fields.parsed("sender")?,
                recipient: fields.parsed("recipient")?,
                amount: fields.parsed("amount")?,
            },
            "ft_mint_event" => Self::FtMint {
                asset: fields.asset()?,
                recipient: fields.parsed("recipient")?,
                amount: fields.parsed("amount")?,
            },
            "ft_burn_event" => Self::FtBurn {
                asset: fields.asset()?,
                sender: fields.parsed("sender")?,
                amount: fields.parsed("amount")?,
            },
            "stx_transfer_event" => Self::StxTransfer {
                sender: fields.parsed("sender")?,
                recipient: fields.parsed("recipient")?,
                amount: MicroStx::new(fields.parsed("amount")?),
            },
            "stx_burn_event" => Self::StxBurn {
                sender: fields.parsed("sender")?,
                amount: MicroStx::new(fields.parsed("amount")?),
            },
            "nft_transfer_event" => Self::NftTransfer {
                asset: fields.asset()?,
                sender: fields.parsed("sender")?,
                recipient: fields.parsed("recipient")?,
                value: decode(fields.text("raw_value")?)?,
            },
            "nft_mint_event" => Self::NftMint {
                asset: fields.asset()?,
                recipient: fields.parsed("recipient")?,
                value: decode(fields.text("raw_value")?)?,
            },
            "nft_burn_event" => Self::NftBurn {
                asset: fields.asset()?,
                sender: fields.parsed("sender")?,
                value: decode(fields.text("raw_value")?)?,
            },
            kind => Self::Other { kind: kind.to_owned(), data: raw.data.to_string() },
        })
    }
}

/// The fields of an event.
struct Fields<'a>(&'a RawEvent);

impl<'a> Fields<'a> {
    fn text(&self, name: &str) -> Result<&'a str, SessionError> {
        self.0.data.get(name).and_then(Json::as_str).ok_or_else(|| self.unreadable(name))
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, SessionError> {
        self.text(name)?.parse().map_err(|_| self.unreadable(name))
    }

    /// `contract::asset`.
    fn asset(&self) -> Result<AssetInfo, SessionError> {
        let unreadable = || self.unreadable("asset_identifier");
        let (contract, asset) = self.text("asset_identifier")?.split_once("::").ok_or_else(unreadable)?;
        Ok(AssetInfo {
            contract: contract.parse().map_err(|_| unreadable())?,
            asset: asset.parse().map_err(|_| unreadable())?,
        })
    }

    fn unreadable(&self, name: &str) -> SessionError {
        SessionError::Unreadable(format!("a {} with the {name} of {}", self.0.kind, self.0.data))
    }
}
