//! Start, wiring and end of the application.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bithedge_engine::{ChainFollower, Clock, SystemClock};
use bithedge_ipc::{ChainSnapshot, Connection, EVENT_NAME, Event, Fault, Notice};
use tauri::{AppHandle, Emitter, Manager, RunEvent};
use tokio::sync::watch;

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

/// Tells the window of every new snapshot, and at last that there will be no more.
fn forward_snapshots(app: AppHandle, follower: &ChainFollower) {
    let mut snapshots = follower.snapshots();
    tauri::async_runtime::spawn(async move {
        while snapshots.changed().await.is_ok() {
            let snapshot = snapshots.borrow_and_update().clone();
            tell(&app, snapshot);
        }
        tracing::info!("the chain is no longer followed");
        tell(&app, latest(&snapshots));
    });
}

fn tell(app: &AppHandle, snapshot: ChainSnapshot) {
    if let Err(error) = app.emit(EVENT_NAME, Event::Chain(snapshot)) {
        tracing::error!("the window was not told of a new snapshot: {error}");
    }
}

/// The latest snapshot. Once nobody follows the chain any more, it says so.
pub(crate) fn latest(snapshots: &watch::Receiver<ChainSnapshot>) -> ChainSnapshot {
    let snapshot = snapshots.borrow().clone();
    if snapshots.has_changed().is_ok() { snapshot } else { ended(snapshot) }
}

/// What is left to show when the follower has ended: the last values, relied on by nobody.
fn ended(mut snapshot: ChainSnapshot) -> ChainSnapshot {
    snapshot.revision = snapshot.revision.saturating_add(1);
    let status = &mut snapshot.status;
    status.connection = Connection::Unreachable {
        since: status.read_at.unwrap_or_else(|| SystemClock.now()),
        notice: Notice {
            fault: Fault::CoreSilent,
            happened: "BitHedge has stopped following the chain.".to_owned(),
            means: "Your money is safe: it is on the chain, not in this window. Nothing here is kept up to date any more."
                .to_owned(),
            remedy: "Close BitHedge and open it again.".to_owned(),
            detail: "the task that follows the chain has ended".to_owned(),
        },
    };
    snapshot
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

#[cfg(test)]
mod tests {
    use bithedge_ipc::ChainStatus;

    use super::*;

    #[test]
    fn a_follower_that_ended_leaves_nothing_live() {
        let read_at = SystemClock.now();
        let status = ChainStatus {
            endpoint: None,
            network: None,
            chain_id: None,
            tip: None,
            read_at: Some(read_at),
            reorg: None,
            connection: Connection::Live,
        };
        let live = ChainSnapshot { revision: 3, status, accounts: Vec::new() };
        let (publish, snapshots) = watch::channel(live.clone());
        assert_eq!(latest(&snapshots), live);

        drop(publish);
        let last = latest(&snapshots);
        assert_eq!(last.revision, 4, "the window takes it for newer");
        assert_eq!(last.status.connection.notice().map(|notice| notice.fault), Some(Fault::CoreSilent));
        assert!(matches!(last.status.connection, Connection::Unreachable { since, .. } if since == read_at));
    }
}
