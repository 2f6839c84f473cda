//! The shell: opens the windows, connects them with the session, and keeps what belongs to the desktop.
//!
//! No rule of the business lives here. A command is a few lines: it asks the session and passes the answer on.

// A console window beside the application's own would only be noise; a debug build keeps it for the log.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod assets;
mod commands;
mod environment;
mod logs;
mod placement;
mod presence;
mod save;
mod shell;
mod tell;
mod tray;
mod windows;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::environment::{Environment, EnvironmentError};

/// Why the application could not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error("this desktop does not say where data is kept; set {} to a folder", environment::DATA_DIR)]
    NoDataFolder,
    #[error("{} cannot be made: {source}", folder.display())]
    DataFolder { folder: PathBuf, source: io::Error },
    #[error(transparent)]
    Tauri(#[from] tauri::Error),
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("BitHedge could not start: {error}");
            // There may be no log yet, and it is the last that is said.
            #[allow(clippy::print_stderr, reason = "nobody else would hear of it")]
            {
                eprintln!("BitHedge could not start: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), StartError> {
    let mut environment = Environment::read()?;
    let folder = match environment.data_dir.take() {
        Some(folder) => folder,
        None => dirs::data_dir().ok_or(StartError::NoDataFolder)?.join(shell::IDENTIFIER),
    };
    make_private(&folder).map_err(|source| StartError::DataFolder { folder: folder.clone(), source })?;
    logs::begin(&folder);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), data_folder = %folder.display(), "starting");
    let worker = environment::devnet_worker(environment.devnet_worker.take(), &folder);
    Ok(shell::run(environment, folder, worker)?)
}

/// Makes the folder if it is not there; what is new can be read by this user alone.
fn make_private(folder: &std::path::Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
