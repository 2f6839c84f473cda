//! The worker's process, one request at a time, for a caller that blocks.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::coverage::CoverageTo;
use crate::error::{StartError, VmError};
use crate::wire;
use crate::worker::{self, ANSWER_SECONDS, SCRIPT};

/// How much of the standard error is kept, for a report.
const KEPT_STDERR_BYTES: usize = 4096;

#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// `None` once it is closed, which ends the process.
    stdin: Option<ChildStdin>,
    answers: Receiver<std::io::Result<String>>,
    stderr: Arc<Mutex<VecDeque<u8>>>,
    next_id: u64,
    /// Where coverage goes at the end; `None` also after a failure.
    pub(super) coverage: Option<CoverageTo>,
}

impl Process {
    pub(super) fn start(folder: &Path) -> Result<Self, StartError> {
        worker::check(folder)?;
        let mut command = Command::new("node");
        command
            .args([SCRIPT, "--contract-tests"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Ctrl-C goes to a terminal's whole group: what then becomes of the VM is for its driver to say. It ends with its input.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|source| StartError::NodeMissing { source })?;
        let lost = || VmError::Lost("its pipes could not be opened".to_owned());
        let stdin = child.stdin.take().ok_or_else(lost)?;
        let stdout = child.stdout.take().ok_or_else(lost)?;
        let mut errors = child.stderr.take().ok_or_else(lost)?;
        // Threads of their own, so that waiting can end, and so that neither pipe fills up.
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&stderr);
        std::thread::spawn(move || {
            let mut chunk = [0; 1024];
            while let Ok(length @ 1..) = errors.read(&mut chunk) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(chunk.iter().take(length));
                let excess = kept.len().saturating_sub(KEPT_STDERR_BYTES);
                kept.drain(..excess);
            }
        });
        Ok(Self { child, stdin: Some(stdin), answers, stderr, next_id: 0, coverage: None })
    }

    pub(super) fn ask<T: DeserializeOwned>(
        &mut self,
        operation: &'static str,
        request: &impl Serialize,
    ) -> Result<T, VmError> {
        self.next_id += 1;
        let line = wire::request_line(operation, self.next_id, request)?;
        let stdin = self.stdin.as_mut().ok_or_else(|| VmError::Lost("it was ended".to_owned()))?;
        stdin
            .write_all(line.as_bytes())
            .and_then(|()| stdin.flush())
            .map_err(|error| VmError::Lost(error.to_string()))?;
        let answer = match self.answers.recv_timeout(Duration::from_secs(ANSWER_SECONDS)) {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(VmError::Lost(error.to_string())),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(VmError::Lost("it closed its output".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => return Err(VmError::Timeout { seconds: ANSWER_SECONDS }),
        };
        wire::answer(operation, self.next_id, &answer)
    }

    /// Writes coverage, if it goes anywhere. A test that panics has measured nothing that counts.
    pub(super) fn write_coverage(&mut self) {
        if !std::thread::panicking()
            && let Some(coverage) = self.coverage.take()
        {
            coverage.write(self);
            self.coverage = Some(coverage);
        }
    }

    /// The process' id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The last that it wrote to its standard error.
    pub(super) fn stderr(&self) -> String {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.write_coverage();
        drop(self.stdin.take());
        // It holds nothing that would have to be written; errors mean that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
