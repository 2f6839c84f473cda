//! Start, wiring and end of the application.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bithedge_engine::{ChainFollower, SystemClock};
use bithedge_ipc::{EVENT_NAME, Event};
use tauri::{AppHandle, Emitter, Manager, RunEvent};

use crate::connect::{EmbeddedDevnet, NodeConnector};
use crate::environment::{self, Environment, EnvironmentError};
use crate::preferences::PreferenceFile;
use crate::{commands, window};

/// Why the application could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Tauri(#[from] tauri::Error),
}

/// What the commands work on.
pub(crate) struct App {
    pub(crate) follower: ChainFollower,
    preferences: Mutex<PreferenceFile>,
    devnet: EmbeddedDevnet,
}

impl App {
    pub(crate) fn preferences(&self) -> MutexGuard<'_, PreferenceFile> {
        // Every change is complete once made, so a panic elsewhere leaves nothing half done.
        self.preferences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the application until it is closed.
pub(crate) fn run() -> Result<(), StartError> {
    let environment = Environment::read()?;
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::chain_snapshot,
            commands::retry_connection,
            commands::preferences,
            commands::set_theme,
        ])
        .setup(move |app| Ok(set_up(app.handle(), environment)?))
        .build(tauri::generate_context!("../tauri.conf.json"))?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(app.state::<App>().devnet.shut_down());
        }
    });
    Ok(())
}

fn set_up(app: &AppHandle, environment: Environment) -> tauri::Result<()> {
    let Environment { node_url, data_dir, theme, devnet_worker } = environment;
    let data_dir = data_dir.map_or_else(|| app.path().app_data_dir(), Ok)?;
    tracing::info!(data_dir = %data_dir.display(), "starting");

    let mut preferences = PreferenceFile::open(&data_dir);
    if let Some(theme) = theme {
        preferences.override_theme(theme);
    }
    let theme = preferences.current().theme;

    let devnet = EmbeddedDevnet::default();
    let connector = match node_url {
        Some(url) => NodeConnector::Address(url),
        None => NodeConnector::Devnet {
            worker: environment::devnet_worker(devnet_worker, &data_dir),
            data_dir: data_dir.join("devnet"),
            running: devnet.clone(),
        },
    };
    // Tauri's runtime, which is Tokio, is not entered on this thread by itself.
    let follower = tauri::async_runtime::block_on(async { ChainFollower::start(connector, SystemClock) });
    forward_snapshots(app.clone(), &follower);
    close_on_signal(app.clone());
    app.manage(App { follower, preferences: Mutex::new(preferences), devnet });

    let config = app.config().app.windows.first().cloned().unwrap_or_default();
    window::open(app, &config, theme, &data_dir).map(|_| ())
}

/// Tells the window of every new snapshot.
fn forward_snapshots(app: AppHandle, follower: &ChainFollower) {
    let mut snapshots = follower.snapshots();
    tauri::async_runtime::spawn(async move {
        while snapshots.changed().await.is_ok() {
            let snapshot = snapshots.borrow_and_update().clone();
            if let Err(error) = app.emit(EVENT_NAME, Event::Chain(snapshot)) {
                tracing::error!("the window was not told of a new snapshot: {error}");
            }
        }
    });
}

/// Ends as if the window had been closed when the system asks, so that the devnet is ended cleanly as well.
fn close_on_signal(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        match termination().await {
            Ok(()) => app.exit(0),
            Err(error) => tracing::warn!("signals are not heeded: {error}"),
        }
    });
}

#[cfg(unix)]
async fn termination() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        outcome = tokio::signal::ctrl_c() => outcome,
    }
}

#[cfg(not(unix))]
async fn termination() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
