//! Ctrl-C and SIGTERM end what xtask started before they end xtask.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What a shell reports for a program ended by SIGINT.
const INTERRUPTED_STATUS: i32 = 130;

/// The processes that xtask waits for.
static CHILDREN: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(crate) fn install() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            let children = children();
            if children.is_empty() {
                std::process::exit(INTERRUPTED_STATUS);
            }
            for child in children.iter() {
                // It may have ended in this moment; then there is nothing to end.
                let _ = kill_process(*child, Signal::TERM);
            }
        }
    });
    Ok(())
}

fn children() -> MutexGuard<'static, Vec<Pid>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the process to end on a signal, while the returned guard lives.
pub(crate) fn watch(child: &std::process::Child) -> Watched {
    let child = Pid::from_child(child);
    children().push(child);
    Watched(child)
}

/// While it lives, a signal is passed to the child. When it goes after a signal, xtask ends.
pub(crate) struct Watched(Pid);

impl Drop for Watched {
    fn drop(&mut self) {
        children().retain(|child| *child != self.0);
        if INTERRUPTED.load(Ordering::SeqCst) {
            std::process::exit(INTERRUPTED_STATUS);
        }
    }
}
