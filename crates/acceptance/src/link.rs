//! The way to the core: a process that may be gone at any moment.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use crate::process::{append, kill};
use crate::protocol::{Answer, Ask, Line};

/// For one answer. A core that does not answer for so long is stuck, which is a failure of the run.
const PATIENCE: Duration = Duration::from_secs(120);

/// What every core of a story is started with.
pub(crate) struct CoreSetup {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) node: String,
    pub(crate) markets: String,
    /// From which depth a transaction counts as confirmed.
    pub(crate) confirmations: u64,
    pub(crate) words: String,
    pub(crate) passphrase: String,
}

struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

/// Who speaks with the core. After a kill it is another process on the same folder.
pub(crate) struct Core {
    setup: CoreSetup,
    running: Mutex<Option<Running>>,
    /// So that it can be killed while it answers.
    process: AtomicU64,
    numbers: AtomicU64,
    starts: AtomicU64,
}

impl Core {
    pub(crate) fn new(setup: CoreSetup) -> Self {
        Self {
            setup,
            running: Mutex::new(None),
            process: AtomicU64::new(0),
            numbers: AtomicU64::new(0),
            starts: AtomicU64::new(0),
        }
    }

    /// How often it was started.
    pub(crate) fn starts(&self) -> u64 {
        self.starts.load(Ordering::Relaxed)
    }

    fn spawn(&self) -> Result<Running> {
        let CoreSetup { program, folder, log, node, markets, confirmations, .. } = &self.setup;
        let mut child = Command::new(program)
            .arg("core")
            .args(["--node", node, "--markets", markets, "--folder"])
            .arg(folder)
            .args(["--confirmations", &confirmations.to_string()])
            // Everything that it could say about secrets, it would say here.
            .env("RUST_LOG", "trace,hyper=info,hyper_util=info,reqwest=info,h2=info")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(append(log)?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let stdin = child.stdin.take().context("the core has no input")?;
        let stdout = BufReader::new(child.stdout.take().context("the core has no output")?).lines();
        self.process.store(u64::from(child.id().unwrap_or_default()), Ordering::Relaxed);
        self.starts.fetch_add(1, Ordering::Relaxed);
        Ok(Running { child, stdin, stdout })
    }

    /// Kills it with SIGKILL, at work or not. The next question starts another one. Returns whether there was one.
    pub(crate) fn kill(&self) -> Result<bool> {
        let process = self.process.swap(0, Ordering::Relaxed);
        if process == 0 {
            return Ok(false);
        }
        // It is this program's child and was not waited for, so the number is nobody else's.
        let status = std::process::Command::new("kill").args(["-9", &process.to_string()]).status()?;
        if status.success() { Ok(true) } else { bail!("the core could not be killed") }
    }

    /// Ends it in the same way: nothing may depend on a good end.
    pub(crate) async fn end(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        if let Some(mut running) = running.take() {
            self.process.store(0, Ordering::Relaxed);
            kill(&mut running.child).await?;
        }
        Ok(())
    }

    /// What it answers; however often it is killed meanwhile. Only for questions that may be asked twice.
    pub(crate) async fn insist(&self, ask: &Ask) -> Result<Answer> {
        let mut last = anyhow!("never asked");
        for _ in 0..200 {
            match self.ask(ask).await {
                Ok(answer) => return Ok(answer),
                Err(error) => last = error,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(last.context("the core never answers"))
    }

    /// What it answers. An error if it ended meanwhile: nobody knows then how far it came.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Answer> {
        let mut slot = self.running.lock().await;
        if slot.is_none() {
            let mut fresh = self.spawn()?;
            let open =
                Ask::Open { words: self.setup.words.clone(), passphrase: self.setup.passphrase.clone() };
            let opened = self.exchange(&mut fresh, &open).await;
            match opened {
                Ok(Answer::Opened { .. }) => *slot = Some(fresh),
                Ok(other) => {
                    // Nothing is known to be wrong with the folder: perhaps the devnet is away. It is started again.
                    let _ = kill(&mut fresh.child).await;
                    bail!("the core did not open: {other:?}");
                }
                Err(error) => {
                    let _ = kill(&mut fresh.child).await;
                    return Err(error);
                }
            }
        }
        let Some(running) = slot.as_mut() else { bail!("the core is not there") };
        let answer = self.exchange(running, ask).await;
        if answer.is_err()
            && let Some(mut gone) = slot.take()
        {
            let _ = kill(&mut gone.child).await;
        }
        answer
    }

    async fn exchange(&self, running: &mut Running, ask: &Ask) -> Result<Answer> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let line = serde_json::to_string(&Line { number, body: ask })?;
        let exchange = async {
            running.stdin.write_all(format!("{line}\n").as_bytes()).await?;
            running.stdin.flush().await?;
            loop {
                let Some(line) = running.stdout.next_line().await? else { bail!("the core is gone") };
                // A line that was cut off by a kill ends the core's output; any other one can be read.
                let answer: Line<Answer> = serde_json::from_str(&line).with_context(|| {
                    tracing::warn!(line, "the core said what cannot be read");
                    format!("the core said {line:?}")
                })?;
                if answer.number == number {
                    return Ok(answer.body);
                }
            }
        };
        tokio::time::timeout(PATIENCE, exchange).await.context("the core does not answer")?
    }
}
