//! Ctrl-C and SIGTERM end what xtask started before they end xtask.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What a shell reports for a program ended by SIGINT.
const INTERRUPTED_STATUS: i32 = 130;

/// The process xtask waits for; 0 when there is none. It starts one at a time.
static CHILD: AtomicI32 = AtomicI32::new(0);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(crate) fn install() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            match Pid::from_raw(CHILD.load(Ordering::SeqCst)) {
                // The child may have ended in this moment; then there is nothing to end.
                Some(child) => drop(kill_process(child, Signal::TERM)),
                None => std::process::exit(INTERRUPTED_STATUS),
            }
        }
    });
    Ok(())
}

/// Notes the process to end on a signal, while the returned guard lives.
pub(crate) fn watch(child: &std::process::Child) -> Watched {
    CHILD.store(i32::try_from(child.id()).unwrap_or(0), Ordering::SeqCst);
    Watched
}

/// While it lives, a signal is passed to the child. When it goes after a signal, xtask ends.
pub(crate) struct Watched;

impl Drop for Watched {
    fn drop(&mut self) {
        CHILD.store(0, Ordering::SeqCst);
        if INTERRUPTED.load(Ordering::SeqCst) {
            std::process::exit(INTERRUPTED_STATUS);
        }
    }
}
