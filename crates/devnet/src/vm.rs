//! The Clarity VM: a Node process that runs the official one, and the undo that a devnet needs on top of it.
//!
//! The VM rolls back what *it* refuses (an error response, a runtime error). What it cannot roll back is a call that
//! succeeded and whose post-conditions then failed. For that the whole VM state is copied aside now and then; to undo
//! the last step the copy is put back and the steps since are done again. The distance between copies is bounded, so
//! that a step costs little and an undo stays short.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::accounts::Account;
use crate::error::{StartError, VmError};

/// How many steps may pass before the state is copied aside again. A copy takes some 25 ms, a step less than half of
/// one: so often, an undo takes 100 ms at the worst and the copies cost a transaction some 0.2 ms.
const STEPS_BETWEEN_COPIES: usize = 200;
/// Starting, copying and mining empty blocks never take this long; a VM that does not answer by then is not coming back.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Executing up to the limits of a block takes some 20 s; what takes longer, no node would include.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// Reading up to the limits of a read-only call takes some 4 s.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Undoing can strand memory inside the VM; beyond this the process is started afresh.
const MEMORY_LIMIT_BYTES: u64 = 1 << 30;

/// A change of the VM's state.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Step {
    /// Empty blocks.
    Advance {
        /// Bitcoin blocks, each with a Stacks block.
        burn: u32,
        /// Stacks blocks after them.
        stacks: u32,
    },
    /// One expression, evaluated as `sender` in the newest block.
    Execute {
        /// The standard principal that acts.
        sender: String,
        /// Clarity source of one expression.
        code: String,
    },
    /// A contract, deployed in a new Stacks block.
    Deploy {
        /// The deployer.
        sender: String,
        /// The contract's name.
        name: String,
        /// Its source.
        source: String,
        /// Its Clarity version, 1 to 6.
        clarity_version: u8,
    },
}

/// Where the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Tip {
    /// Height of the newest Stacks block.
    pub(crate) stacks_height: u64,
    /// Height of the newest Bitcoin block.
    pub(crate) burn_height: u64,
    /// The newest Stacks block's time, in seconds since 1970.
    pub(crate) time: u64,
}

/// What came of an expression.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Outcome {
    /// The value, consensus-encoded, hexadecimal with `0x`.
    #[serde(default)]
    pub(crate) result: Option<String>,
    /// Present instead of a value when the VM stopped: analysis or runtime error.
    #[serde(default)]
    pub(crate) failed: Option<String>,
    /// Events, in order; empty unless it succeeded.
    #[serde(default)]
    pub(crate) events: Vec<Event>,
}

/// An event as the VM reports it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Its kind, for instance `ft_transfer_event`.
    #[serde(rename = "event")]
    pub(crate) kind: String,
    /// Its fields, by kind.
    pub(crate) data: serde_json::Value,
}

/// What a read-only call consumed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Costs {
    /// Database reads.
    pub(crate) read_count: u64,
    /// Bytes read.
    pub(crate) read_length: u64,
    /// Runtime units.
    pub(crate) runtime: u64,
    /// Database writes.
    pub(crate) write_count: u64,
}

/// What came of a read-only call.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ReadOutcome {
    /// The value.
    #[serde(default)]
    pub(crate) result: Option<String>,
    /// Why there is none.
    #[serde(default)]
    pub(crate) failed: Option<String>,
    /// What it consumed.
    #[serde(default)]
    pub(crate) costs: Option<Costs>,
}

#[derive(Debug, Deserialize)]
struct Memory {
    memory_bytes: u64,
}

#[derive(Debug, Deserialize)]
struct Answer {
    id: Option<u64>,
    #[serde(default)]
    ok: Option<serde_json::Value>,
    #[serde(default)]
    error: Option<String>,
}

/// The running VM.
#[derive(Debug)]
pub(crate) struct Vm {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    next_id: u64,
    /// Steps since the state was last copied aside.
    since_copy: Vec<Step>,
    /// Whether steps are taken that will not be undone.
    settled: bool,
    memory_bytes: u64,
}

impl Vm {
    /// Starts the worker in `folder` with the VM's clock at `clock` and the given accounts funded.
    ///
    /// # Errors
    /// [`StartError::NodeMissing`], [`StartError::WorkerMissing`], or [`StartError::Vm`].
    pub(crate) async fn start(
        folder: &Path,
        clock: u64,
        accounts: &[Account],
    ) -> Result<(Self, Tip), StartError> {
        let script = folder.join("worker.mjs");
        if !script.is_file() || !folder.join("node_modules/@stacks/clarinet-sdk-wasm").is_dir() {
            return Err(StartError::WorkerMissing { folder: PathBuf::from(folder) });
        }
        let mut child = Command::new("node")
            .arg("worker.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| StartError::NodeMissing { source })?;
        let lost = || VmError::Lost("its pipes could not be opened".to_owned());
        let stdin = child.stdin.take().ok_or_else(lost)?;
        let stdout = child.stdout.take().ok_or_else(lost)?;
        let mut vm = Self {
            child,
            stdin,
            stdout: BufReader::new(stdout).lines(),
            next_id: 0,
            since_copy: Vec::new(),
            settled: false,
            memory_bytes: 0,
        };
        let tip: Tip = vm
            .ask("init", &serde_json::json!({ "op": "init", "genesis_time": clock, "accounts": accounts }))
            .await?;
        vm.copy_aside().await?;
        Ok((vm, tip))
    }

    /// Takes a step and remembers it for an undo.
    pub(crate) async fn take<T: DeserializeOwned>(&mut self, step: Step) -> Result<T, VmError> {
        if self.settled {
            return self.ask("step", &step).await;
        }
        if self.since_copy.len() >= STEPS_BETWEEN_COPIES {
            self.copy_aside().await?;
        }
        let answer = self.ask("step", &step).await?;
        self.since_copy.push(step);
        Ok(answer)
    }

    /// From here on steps are those of a history: none of them will be undone, so no copy is needed.
    pub(crate) const fn begin_history(&mut self) {
        self.settled = true;
    }

    /// The history is told; from here on the last step can be undone again.
    pub(crate) async fn end_history(&mut self) -> Result<(), VmError> {
        self.settled = false;
        self.copy_aside().await
    }

    /// Undoes the last step, as if it had never been asked for.
    pub(crate) async fn undo(&mut self) -> Result<(), VmError> {
        if self.since_copy.pop().is_none() {
            return Err(VmError::Lost("a step that was taken for settled had to be undone".to_owned()));
        }
        let memory: Memory = self.ask("restore", &serde_json::json!({ "op": "restore" })).await?;
        self.memory_bytes = memory.memory_bytes;
        for step in std::mem::take(&mut self.since_copy) {
            let _: serde_json::Value = self.ask("step", &step).await?;
        }
        // A caller that provokes one abort after the other pays one copy each, not the steps before it again.
        self.copy_aside().await
    }

    /// Whether undoing has stranded so much memory that the process should be started afresh.
    pub(crate) fn is_bloated(&self) -> bool {
        self.memory_bytes > MEMORY_LIMIT_BYTES
    }

    async fn copy_aside(&mut self) -> Result<(), VmError> {
        let memory: Memory = self.ask("snapshot", &serde_json::json!({ "op": "snapshot" })).await?;
        self.memory_bytes = memory.memory_bytes;
        self.since_copy.clear();
        Ok(())
    }

    /// Where the chain is.
    pub(crate) async fn tip(&mut self) -> Result<Tip, VmError> {
        self.ask("tip", &serde_json::json!({ "op": "tip" })).await
    }

    /// Evaluates an expression that changes nothing.
    pub(crate) async fn evaluate(&mut self, sender: &str, code: &str) -> Result<Outcome, VmError> {
        self.ask("execute", &serde_json::json!({ "op": "execute", "sender": sender, "code": code })).await
    }

    /// Calls a read-only function.
    pub(crate) async fn read(
        &mut self,
        sender: &str,
        contract: &str,
        name: &str,
        args: &[String],
    ) -> Result<ReadOutcome, VmError> {
        let request = serde_json::json!({ "op": "read", "sender": sender, "contract": contract, "name": name, "args": args });
        self.ask("read", &request).await
    }

    /// A data variable's value.
    pub(crate) async fn variable(&mut self, contract: &str, name: &str) -> Result<ReadOutcome, VmError> {
        self.ask("variable", &serde_json::json!({ "op": "variable", "contract": contract, "name": name }))
            .await
    }

    /// A map's entry for a consensus-encoded key.
    pub(crate) async fn entry(
        &mut self,
        contract: &str,
        name: &str,
        key: &str,
    ) -> Result<ReadOutcome, VmError> {
        self.ask(
            "entry",
            &serde_json::json!({ "op": "entry", "contract": contract, "name": name, "key": key }),
        )
        .await
    }

    /// A contract's interface, if there is such a contract.
    pub(crate) async fn interface(&mut self, contract: &str) -> Result<Option<serde_json::Value>, VmError> {
        #[derive(Deserialize)]
        struct Found {
            interface: Option<serde_json::Value>,
        }
        let found: Found =
            self.ask("interface", &serde_json::json!({ "op": "interface", "contract": contract })).await?;
        Ok(found.interface)
    }

    /// A contract's source, if there is such a contract.
    pub(crate) async fn source(&mut self, contract: &str) -> Result<Option<String>, VmError> {
        #[derive(Deserialize)]
        struct Found {
            source: Option<String>,
        }
        let found: Found =
            self.ask("source", &serde_json::json!({ "op": "source", "contract": contract })).await?;
        Ok(found.source)
    }

    async fn ask<T: DeserializeOwned>(
        &mut self,
        operation: &'static str,
        request: &impl Serialize,
    ) -> Result<T, VmError> {
        self.next_id += 1;
        let id = self.next_id;
        let understood = |source| VmError::Answer { operation, source };
        let mut request = serde_json::to_value(request).map_err(understood)?;
        request["id"] = id.into();
        let line = format!("{request}\n");
        let exchange = async {
            self.stdin.write_all(line.as_bytes()).await.map_err(|e| VmError::Lost(e.to_string()))?;
            self.stdin.flush().await.map_err(|e| VmError::Lost(e.to_string()))?;
            match self.stdout.next_line().await {
                Ok(Some(answer)) => Ok(answer),
                Ok(None) => Err(VmError::Lost("it closed its output".to_owned())),
                Err(error) => Err(VmError::Lost(error.to_string())),
            }
        };
        let patience = match operation {
            "step" => STEP_TIMEOUT,
            "read" | "execute" => READ_TIMEOUT,
            _ => ANSWER_TIMEOUT,
        };
        let answer = tokio::time::timeout(patience, exchange)
            .await
            .map_err(|_| VmError::Timeout { seconds: patience.as_secs() })??;
        let answer: Answer = serde_json::from_str(&answer).map_err(understood)?;
        if answer.id != Some(id) {
            return Err(VmError::Lost("it answered another request".to_owned()));
        }
        match (answer.ok, answer.error) {
            (Some(ok), None) => serde_json::from_value(ok).map_err(understood),
            (_, error) => Err(VmError::Refused { operation, message: error.unwrap_or_default() }),
        }
    }

    /// Ends the process.
    pub(crate) async fn stop(mut self) {
        drop(self.stdin);
        if tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await.is_err() {
            // It is killed on drop as well; an error here means it is gone already.
            let _ = self.child.kill().await;
        }
    }
}
