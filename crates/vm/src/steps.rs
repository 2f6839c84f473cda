//! The VM for a devnet: asynchronous, step by step, with the undo that post-conditions need.
//!
//! The VM rolls back what *it* refuses (an error response, a runtime error). What it cannot roll back is a call that
//! succeeded and whose post-conditions then failed. For that the whole VM state is copied aside now and then; to undo
//! the last step the copy is put back and the steps since are done again. The distance between copies is bounded, so
//! that a step costs little and an undo stays short.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::accounts::Account;
use crate::error::{StartError, VmError};
use crate::wire::{self, Memory, RawOutcome, RawReadOutcome, Tip};
use crate::worker::{self, ANSWER_SECONDS, SCRIPT};

/// How many steps may pass before the state is copied aside again. A copy takes some 25 ms, a step less than half of
/// one: so often, an undo takes 100 ms at the worst and the copies cost a transaction some 0.2 ms.
const STEPS_BETWEEN_COPIES: usize = 200;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(ANSWER_SECONDS);
/// Executing up to the limits of a block takes some 20 s; what takes longer, no node would include.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// Reading up to the limits of a read-only call takes some 4 s.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Undoing can strand memory inside the VM; beyond this the process is started afresh.
const MEMORY_LIMIT_BYTES: u64 = 1 << 30;

/// A change of the VM's state.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Step {
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

/// The running VM.
#[derive(Debug)]
pub struct Vm {
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
    pub async fn start(folder: &Path, clock: u64, accounts: &[Account]) -> Result<(Self, Tip), StartError> {
        worker::check(folder)?;
        let mut child = Command::new("node")
            .arg(SCRIPT)
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
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn take<T: DeserializeOwned>(&mut self, step: Step) -> Result<T, VmError> {
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
    pub const fn begin_history(&mut self) {
        self.settled = true;
    }

    /// The history is told; from here on the last step can be undone again.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn end_history(&mut self) -> Result<(), VmError> {
        self.settled = false;
        self.copy_aside().await
    }

    /// Undoes the last step, as if it had never been asked for.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn undo(&mut self) -> Result<(), VmError> {
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
    pub fn is_bloated(&self) -> bool {
        self.memory_bytes > MEMORY_LIMIT_BYTES
    }

    async fn copy_aside(&mut self) -> Result<(), VmError> {
        let memory: Memory = self.ask("snapshot", &serde_json::json!({ "op": "snapshot" })).await?;
        self.memory_bytes = memory.memory_bytes;
        self.since_copy.clear();
        Ok(())
    }

    /// Where the chain is.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn tip(&mut self) -> Result<Tip, VmError> {
        self.ask("tip", &serde_json::json!({ "op": "tip" })).await
    }

    /// Evaluates an expression that changes nothing.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn evaluate(&mut self, sender: &str, code: &str) -> Result<RawOutcome, VmError> {
        self.ask("execute", &serde_json::json!({ "op": "execute", "sender": sender, "code": code })).await
    }

    /// Calls a read-only function.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn read(
        &mut self,
        sender: &str,
        contract: &str,
        name: &str,
        args: &[String],
    ) -> Result<RawReadOutcome, VmError> {
        let request = serde_json::json!({ "op": "read", "sender": sender, "contract": contract, "name": name, "args": args });
        self.ask("read", &request).await
    }

    /// A data variable's value.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn variable(&mut self, contract: &str, name: &str) -> Result<RawReadOutcome, VmError> {
        self.ask("variable", &serde_json::json!({ "op": "variable", "contract": contract, "name": name }))
            .await
    }

    /// A map's entry for a consensus-encoded key.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn entry(&mut self, contract: &str, name: &str, key: &str) -> Result<RawReadOutcome, VmError> {
        self.ask(
            "entry",
            &serde_json::json!({ "op": "entry", "contract": contract, "name": name, "key": key }),
        )
        .await
    }

    /// A contract's interface, if there is such a contract.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn interface(&mut self, contract: &str) -> Result<Option<serde_json::Value>, VmError> {
        #[derive(Deserialize)]
        struct Found {
            interface: Option<serde_json::Value>,
        }
        let found: Found =
            self.ask("interface", &serde_json::json!({ "op": "interface", "contract": contract })).await?;
        Ok(found.interface)
    }

    /// A contract's source, if there is such a contract.
    ///
    /// # Errors
    /// [`VmError`]: the process failed.
    pub async fn source(&mut self, contract: &str) -> Result<Option<String>, VmError> {
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
        let line = wire::request_line(operation, id, request)?;
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
        wire::answer(operation, id, &answer)
    }

    /// Ends the process.
    pub async fn stop(mut self) {
        drop(self.stdin);
        if tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await.is_err() {
            // It is killed on drop as well; an error here means it is gone already.
            let _ = self.child.kill().await;
        }
    }
}
