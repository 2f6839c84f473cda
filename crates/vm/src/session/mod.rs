//! The VM for tests of contracts: calls with typed outcomes, time travel, snapshots, costs, coverage.
//!
//! ```no_run
//! use bithedge_vm::{Options, Project, Session};
//! use bithedge_stacks::Value;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let project = Project::load("contracts/Clarinet.toml")?.with("fake-oracle", "(define-read-only (price) u1)")?;
//! let mut session = Session::start(project, Options::default())?;
//! let alice = session.account("wallet_1")?;
//! session.mint_sbtc(alice, 100_000_000)?;
//! let outcome = session.call(alice, "pool", "deposit", &[Value::UInt(1_000)])?;
//! assert_eq!(outcome.ok()?, &Value::Bool(true));
//! # Ok(())
//! # }
//! ```
//!
//! A session is a process of its own (some 0.5 GB of memory while it lives). The first of a project takes some four seconds of
//! computation, later ones less than one, since the VM's memory after the deployment is kept; see [`Session::shared`] for
//! how tests share one. Contracts are named by their name alone, if the deployer issued them, or
//! by their whole identifier.
//!
//! A contract that refuses, or on which the VM stops, is an [`Outcome`]. A [`SessionError`] means that the test itself
//! cannot go on.

mod coverage;
mod error;
mod outcome;
mod pool;
mod process;
mod project;
mod state;
mod time;

use std::path::PathBuf;

use bithedge_stacks::{Address, ClarityName, ContractId, MicroStx, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::accounts::{ACCOUNTS, Account};
use crate::interface;
use crate::wire::{RawOutcome, RawReadOutcome, Tip};
use crate::worker;

pub use coverage::COVERAGE_DIR_VARIABLE;
pub use error::{ProjectError, SessionError};
pub use outcome::{Event, Outcome, ReadOutcome, UnexpectedOutcome, VmFailure};
pub use pool::Shared;
pub use project::{Contract, Project};
pub use state::{Assets, Balances, Interfaces};

use coverage::CoverageTo;
use outcome::decode;
use process::Process;

/// If it is set, sessions deploy their project anew instead of starting from the memory that an earlier session of the same
/// project has kept (in the worker's `node_modules/.cache`).
pub const FRESH_VARIABLE: &str = "BITHEDGE_VM_FRESH";

/// How a session is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What `stacks-block-time` is for the first call, in seconds since 1970.
    pub genesis_time: u64,
    /// Who has what at the start; the first is the deployer.
    pub accounts: Vec<Account>,
    /// Whether to record which lines and branches are executed. Makes calls slower.
    pub coverage: bool,
    /// Whether to measure what read-only calls and [`Session::call_with_costs`] consume. Makes calls slower.
    pub costs: bool,
    /// The worker's folder; `None`: the one in the source tree.
    pub worker_dir: Option<PathBuf>,
}

impl Default for Options {
    /// From 2026-01-01 00:00 UTC on, with the deployer and the wallets 1 to 8, each with 100 million STX and no sBTC,
    /// without coverage and costs.
    fn default() -> Self {
        let wallets = ACCOUNTS.iter().filter(|account| account.label != "faucet");
        Self {
            genesis_time: 1_767_225_600,
            accounts: wallets.map(|account| Account { sats: 0, ..account.clone() }).collect(),
            coverage: false,
            costs: false,
            worker_dir: None,
        }
    }
}

/// A running VM with a project's contracts deployed.
#[derive(Debug)]
pub struct Session {
    /// `None` once it failed.
    process: Option<Process>,
    project: Project,
    options: Options,
    deployer: Option<Address>,
    /// The contracts' interfaces, when they were asked for and no contract came or went since.
    interfaces: Option<state::Interfaces>,
    /// Map entries that belong to the fingerprint.
    watched: Vec<state::WatchedEntry>,
}

impl Session {
    /// Starts a process and deploys the project's contracts.
    ///
    /// # Errors
    /// [`SessionError::Start`] says what is missing, or quotes the VM's complaint about a contract.
    pub fn start(project: Project, options: Options) -> Result<Self, SessionError> {
        let folder = options.worker_dir.clone().unwrap_or_else(worker::in_source_tree);
        let mut process = Process::start(&folder)?;
        process.coverage = CoverageTo::from_environment(&project);
        let mut session = Self { process: Some(process), project, options, ..Self::ended() };
        let deployer = session.options.accounts.iter().find(|account| account.label == "deployer");
        let deployer = deployer.ok_or_else(|| SessionError::Account("deployer".to_owned()))?.address;
        session.deployer = Some(address("deployer", deployer)?);
        session.initialise()?;
        Ok(session)
    }

    /// A session without a process.
    fn ended() -> Self {
        Self {
            process: None,
            project: Project::empty(),
            options: Options { accounts: Vec::new(), ..Options::default() },
            deployer: None,
            interfaces: None,
            watched: Vec::new(),
        }
    }

    /// Deploys afresh, so that the first call sees the time that was asked for. How many blocks deployment takes depends
    /// on the project, so the clock is set by what came of the first attempt.
    fn initialise(&mut self) -> Result<(), SessionError> {
        const USUAL_SECONDS: u64 = 1_210;
        let wanted = self.options.genesis_time;
        let mut clock = wanted.saturating_sub(USUAL_SECONDS);
        let mut tip = self.initialise_at(clock)?;
        if tip.time != wanted {
            clock = (clock + wanted).saturating_sub(tip.time);
            tip = self.initialise_at(clock)?;
        }
        if tip.time == wanted {
            Ok(())
        } else {
            let message = format!("the first call would see {} instead of {wanted}", tip.time);
            Err(SessionError::Unreadable(message))
        }
    }

    fn initialise_at(&mut self, clock: u64) -> Result<Tip, SessionError> {
        let request = json!({
            "op": "init",
            "genesis_time": clock,
            "accounts": self.options.accounts,
            "contracts": self.project.deployments(),
            "costs": self.options.costs,
            "images": std::env::var_os(FRESH_VARIABLE).is_none(),
            "coverage": self.options.coverage || self.process.as_ref().is_some_and(|p| p.coverage.is_some()),
        });
        self.ask("init", &request)
    }

    /// Back to the state after deployment, with the time origin, in some 40 ms: new calls, variables and balances are
    /// gone, and so are contracts deployed since. Snapshots stay.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn reset(&mut self) -> Result<(), SessionError> {
        let _: Tip = self.request(json!({ "op": "reset" }), "reset")?;
        self.interfaces = None;
        self.watched.clear();
        Ok(())
    }

    /// The address of an account by its label: `deployer`, `wallet_1` … `wallet_8`.
    ///
    /// # Errors
    /// [`SessionError::Account`] if the options name no such account.
    pub fn account(&self, label: &str) -> Result<Address, SessionError> {
        let found = self.options.accounts.iter().find(|account| account.label == label);
        address(label, found.ok_or_else(|| SessionError::Account(label.to_owned()))?.address)
    }

    /// Who issued the project's contracts.
    ///
    /// # Errors
    /// [`SessionError::Broken`].
    pub fn deployer(&self) -> Result<Address, SessionError> {
        self.deployer.ok_or(SessionError::Broken)
    }

    /// The identifier of a contract, given its name (then the deployer issued it) or the identifier itself.
    ///
    /// # Errors
    /// [`SessionError::Contract`].
    pub fn contract(&self, name: &str) -> Result<ContractId, SessionError> {
        let wrong = |message: String| SessionError::Contract(name.to_owned(), message);
        if name.contains('.') {
            return name.parse().map_err(|error| wrong(format!("{error}")));
        }
        let name = name.parse().map_err(|error| wrong(format!("{error}")))?;
        Ok(ContractId::new(self.deployer()?, name))
    }

    /// What the session was started with.
    #[must_use]
    pub const fn project(&self) -> &Project {
        &self.project
    }

    /// How the session was started.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Calls a function with `sender` as `tx-sender` and `contract-caller`, in the newest block. Read-only functions can
    /// be called too. The price of it is that of an expression: no block is made.
    ///
    /// Arguments are written as Clarity source, so that the VM's analysis checks their types as a node checks a
    /// transaction's. A contract's principal stands for a trait.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed, or `contract` or `function` is no name.
    pub fn call(
        &mut self,
        sender: Address,
        contract: &str,
        function: &str,
        args: &[Value],
    ) -> Result<Outcome, SessionError> {
        let contract = self.contract(contract)?;
        let mut code = format!("(contract-call? '{contract} {}", name(function)?);
        for arg in args {
            code.push(' ');
            code.push_str(&arg.to_source());
        }
        code.push(')');
        self.evaluate(sender, &code)
    }

    /// Calls a public function as [`Session::call`] does, but in a Stacks block of its own, 10 s after the newest, and
    /// says what it consumed: [`Outcome::costs`], present if the session's options ask for costs and the VM did not stop.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed, or `contract` or `function` is no name.
    pub fn call_with_costs(
        &mut self,
        sender: Address,
        contract: &str,
        function: &str,
        args: &[Value],
    ) -> Result<Outcome, SessionError> {
        let contract = self.contract(contract)?;
        let args: Vec<String> = args.iter().map(Value::encode_hex).collect();
        let request = json!({
            "op": "call_with_costs",
            "sender": sender,
            "contract": contract,
            "name": name(function)?,
            "args": args,
        });
        let raw: RawOutcome = self.request(request, "call_with_costs")?;
        Outcome::read(raw)
    }

    /// Calls a read-only function, as the deployer.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed, or `contract` or `function` is no name.
    pub fn read(
        &mut self,
        contract: &str,
        function: &str,
        args: &[Value],
    ) -> Result<ReadOutcome, SessionError> {
        let contract = self.contract(contract)?;
        let args: Vec<String> = args.iter().map(Value::encode_hex).collect();
        let request = json!({
            "op": "read",
            "sender": self.deployer()?,
            "contract": contract,
            "name": name(function)?,
            "args": args,
        });
        let raw: RawReadOutcome = self.request(request, "read")?;
        ReadOutcome::read(raw)
    }

    /// Evaluates any expression as `sender`, in the newest block. What it changes, stays. In it `.name` is a contract of
    /// the sender's, not of the deployer's.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn evaluate(&mut self, sender: Address, code: &str) -> Result<Outcome, SessionError> {
        let request = json!({ "op": "execute", "sender": sender, "code": code });
        let raw: RawOutcome = self.request(request, "execute")?;
        Outcome::read(raw)
    }

    /// The value of a data variable.
    ///
    /// # Errors
    /// [`SessionError::Absent`] if there is no such variable.
    pub fn variable(&mut self, contract: &str, variable: &str) -> Result<Value, SessionError> {
        let contract = self.contract(contract)?;
        let asked = format!("the variable {variable} of {contract}");
        let request = json!({ "op": "variable", "contract": contract, "name": name(variable)? });
        let raw: RawReadOutcome = self.request(request, "variable")?;
        present(asked, raw)
    }

    /// A map's entry; `None` if there is none under the key.
    ///
    /// # Errors
    /// [`SessionError::Absent`] if there is no such map, or its keys have another type.
    pub fn entry(&mut self, contract: &str, map: &str, key: &Value) -> Result<Option<Value>, SessionError> {
        let contract = self.contract(contract)?;
        let asked = format!("the entry {key} in the map {map} of {contract}");
        let interfaces = self.known_interfaces()?;
        let key_type = interfaces.get(&contract.to_string()).and_then(|found| interface::map_key(found, map));
        let message = match key_type {
            None => Some("there is no such map".to_owned()),
            Some(key_type) if !interface::admits(key_type, key) => {
                Some(format!("the map's keys are {}", interface::type_name(key_type)))
            }
            Some(_) => None,
        };
        if let Some(message) = message {
            return Err(SessionError::Absent { asked, message });
        }
        let key = key.encode_hex();
        let request = json!({ "op": "entry", "contract": contract, "name": map, "key": key });
        let raw: RawReadOutcome = self.request(request, "entry")?;
        // The VM knows of no entry that was never written.
        let Some(value) = raw.result else { return Ok(None) };
        match decode(&value)? {
            Value::Optional(value) => Ok(value.map(|value| *value)),
            other => Err(SessionError::Unreadable(format!("a map's entry that is no optional: {other}"))),
        }
    }

    /// Deploys a contract in Clarity 6, in a Stacks block of its own. The outcome's value is the VM's word for success.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn deploy(&mut self, sender: Address, name: &str, source: &str) -> Result<Outcome, SessionError> {
        let version = Project::CLARITY_VERSION;
        let request = json!({ "op": "deploy", "sender": sender, "name": name, "source": source, "clarity_version": version });
        self.interfaces = None;
        let raw: RawOutcome = self.request(request, "deploy")?;
        Outcome::read(raw)
    }

    /// Gives an account sBTC out of nothing, in satoshis.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn mint_sbtc(&mut self, address: Address, sats: u64) -> Result<(), SessionError> {
        let request = json!({ "op": "mint", "address": address, "sats": sats.to_string() });
        self.request::<serde_json::Value>(request, "mint").map(drop)
    }

    /// Gives an account STX out of nothing.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn mint_stx(&mut self, address: Address, amount: MicroStx) -> Result<(), SessionError> {
        let request = json!({ "op": "mint", "address": address, "micro_stx": amount.micro().to_string() });
        self.request::<serde_json::Value>(request, "mint").map(drop)
    }

    /// The process' id, for a test that wants to see it die.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    #[allow(clippy::needless_pass_by_value, reason = "requests are made where they are sent")]
    fn request<T: DeserializeOwned>(
        &mut self,
        request: serde_json::Value,
        operation: &'static str,
    ) -> Result<T, SessionError> {
        self.ask(operation, &request)
    }

    fn ask<T: DeserializeOwned>(
        &mut self,
        operation: &'static str,
        request: &impl Serialize,
    ) -> Result<T, SessionError> {
        let process = self.process.as_mut().ok_or(SessionError::Broken)?;
        match process.ask(operation, request) {
            Ok(answer) => Ok(answer),
            Err(source) => {
                let stderr = process.stderr();
                process.coverage = None;
                // What the VM did with the request is unknown, and so is everything that would be asked next.
                self.process = None;
                Err(SessionError::Vm { source, stderr })
            }
        }
    }
}

fn address(label: &str, text: &str) -> Result<Address, SessionError> {
    text.parse().map_err(|_| SessionError::Account(label.to_owned()))
}

fn name(text: &str) -> Result<ClarityName, SessionError> {
    ClarityName::new(text)
        .map_err(|error| SessionError::Absent { asked: text.to_owned(), message: error.to_string() })
}

fn present(asked: String, raw: RawReadOutcome) -> Result<Value, SessionError> {
    match (raw.result, raw.failed) {
        (Some(value), None) => decode(&value),
        (_, failed) => Err(SessionError::Absent { asked, message: failed.unwrap_or_default() }),
    }
}
