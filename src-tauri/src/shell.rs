//! Start, wiring and end of the application.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bithedge_ipc::{EVENT_NAME, Event, KeeperView, PageAnswer, PageQuery, TransactionStage, window};
use bithedge_session::{Session, SessionSetup};
use tauri::{AppHandle, Emitter, Manager, RunEvent, Window, WindowEvent};
use tokio::sync::broadcast::error::RecvError;

use crate::environment::Environment;
use crate::placement::Placement;
use crate::save::SaveFolder;
use crate::tray::{self, Tray};
use crate::windows::{self, WebviewData};
use crate::{commands, tell};

/// The application's name for the desktop, as in `tauri.conf.json`.
pub(crate) const IDENTIFIER: &str = "app.bithedge.desktop";

/// How long a person who closes the window may be kept waiting for the answer whether something is under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether it was said that the application goes on without a window.
#[derive(Default)]
struct SaidThatItStays(AtomicBool);

/// Runs the application until it is closed. `data_folder` exists.
pub(crate) fn run(
    environment: Environment,
    data_folder: PathBuf,
    devnet_worker: PathBuf,
) -> tauri::Result<()> {
    let single = tauri_plugin_single_instance::Builder::new()
        .callback(|app, _, _| windows::show_main(app))
        .dbus_id(instance_name(&data_folder));
    let app = tauri::Builder::default()
        // First of all, as its authors say: a second start ends here.
        .plugin(single.build())
        .invoke_handler(commands::handle)
        .on_window_event(on_window_event)
        .setup(move |app| Ok(set_up(app.handle(), environment, data_folder, devnet_worker)?))
        .build(tauri::generate_context!("../tauri.conf.json"))?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            app.state::<Placement>().keep();
            let session = app.state::<Session>();
            tauri::async_runtime::block_on(session.shut_down());
            tracing::info!("ended");
        }
    });
    Ok(())
}

/// The name by which a second start finds the first: one for each data folder, because that is what two must not share.
fn instance_name(data_folder: &Path) -> String {
    let usual = dirs::data_dir().map(|folder| folder.join(IDENTIFIER));
    if usual.as_deref() == Some(data_folder) {
        return IDENTIFIER.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    data_folder.canonicalize().unwrap_or_else(|_| data_folder.to_path_buf()).hash(&mut hasher);
    // A part of such a name does not begin with a digit.
    format!("{IDENTIFIER}.in{:016x}", hasher.finish())
}

fn set_up(
    app: &AppHandle,
    environment: Environment,
    data_folder: PathBuf,
    devnet_worker: PathBuf,
) -> tauri::Result<()> {
    let Environment { node_url, theme, save_dir, .. } = environment;
    app.manage(WebviewData(data_folder.join("webview")));
    app.manage(Placement::open(&data_folder));
    app.manage(SaveFolder(save_dir));
    app.manage(Tray::default());
    app.manage(SaidThatItStays::default());

    let mut setup = SessionSetup::new(data_folder, devnet_worker);
    setup.node_url = node_url;
    setup.theme = theme;
    // Tauri's runtime, which is Tokio, is not entered on this thread by itself.
    let session = tauri::async_runtime::block_on(Session::open(setup));
    let theme = session.preferences().theme;
    app.manage(session.clone());

    tauri::async_runtime::spawn(forward(app.clone(), session));
    tauri::async_runtime::spawn(tray::open(app.clone()));
    close_on_signal(app.clone());
    windows::open_main(app, theme).map(drop)
}

/// Passes the session's events on to the windows, and does what of them is the desktop's.
async fn forward(app: AppHandle, session: Session) {
    let mut events = session.events();
    loop {
        match events.recv().await {
            Ok(event) => on_event(&app, event),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "events were missed: the windows are told how things stand");
                on_event(&app, Event::Session(Box::new(session.session())));
                on_event(&app, Event::Chain(session.chain_snapshot()));
                on_event(&app, Event::PagesChanged {});
            }
            Err(RecvError::Closed) => {
                tracing::info!("the session tells nothing any more");
                on_event(&app, Event::Chain(session.chain_snapshot()));
                return;
            }
        }
    }
}

fn on_event(app: &AppHandle, event: Event) {
    if let Err(error) = app.emit(EVENT_NAME, &event) {
        tracing::error!("the windows were not told of an event: {error}");
    }
    match event {
        Event::Session(view) => {
            windows::follow_question(app, view.question.is_some());
            app.state::<Tray>().follow(&view);
        }
        Event::Notification(notification) => {
            if !windows::main_has_focus(app) {
                app.state::<Tray>().count_one();
            }
            let app = app.clone();
            tauri::async_runtime::spawn(async move { tell::notification(&app, &notification).await });
        }
        Event::Preferences(preferences) => windows::apply_theme(app, preferences.theme),
        Event::Chain(_) | Event::PagesChanged {} | Event::Transaction(_) | Event::Devnet(_) => {}
    }
}

fn on_window_event(window: &Window, event: &WindowEvent) {
    let app = window.app_handle();
    match (window.label(), event) {
        (window::MAIN, WindowEvent::Moved(_) | WindowEvent::Resized(_)) => note_place(app),
        (window::MAIN, WindowEvent::Focused(true)) => app.state::<Tray>().count_none(),
        (window::MAIN, WindowEvent::CloseRequested { api, .. }) => {
            note_place(app);
            if app.state::<Tray>().is_there() {
                api.prevent_close();
                tauri::async_runtime::spawn(hide_or_end(app.clone()));
            }
        }
        // The other windows belong to it.
        (window::MAIN, WindowEvent::Destroyed) => app.exit(0),
        (window::QUESTION, WindowEvent::CloseRequested { .. }) => {
            tauri::async_runtime::spawn(refuse_open_question(app.clone()));
        }
        (window::QUESTION, WindowEvent::Destroyed) => {
            // A question that came while the window closed, or that could not be refused, gets a new one.
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                let is_open = app.state::<Session>().session().question.is_some();
                windows::follow_question(&app, is_open);
            });
        }
        (window::SECRET, WindowEvent::Destroyed) => app.state::<Session>().secret_close(),
        _ => {}
    }
}

fn note_place(app: &AppHandle) {
    if let Some(main) = app.get_webview_window(window::MAIN) {
        app.state::<Placement>().note(&main);
    }
}

/// To close the window of a question is to say no.
async fn refuse_open_question(app: AppHandle) {
    let session = app.state::<Session>();
    if let Some(question) = session.question()
        && let Err(notice) = session.refuse(question.id)
    {
        tracing::info!(question = question.id, "it was not refused: {}", notice.happened);
    }
}

/// The main window was closed on a desktop with a tray: what is under way goes on without it; otherwise this is the end.
async fn hide_or_end(app: AppHandle) {
    let session = app.state::<Session>();
    let Some(reason) = reason_to_stay(&session).await else {
        app.exit(0);
        return;
    };
    windows::hide_main(&app);
    if !app.state::<SaidThatItStays>().0.swap(true, Ordering::Relaxed) {
        let text = format!("{reason} Open or quit BitHedge by its icon in the tray.");
        tell::on_the_desktop("BitHedge goes on in the background".to_owned(), text).await;
    }
}

/// Why the application should go on without a window; `None` if nothing asks for it.
async fn reason_to_stay(session: &Session) -> Option<&'static str> {
    if matches!(session.session().keeper, KeeperView::On { .. }) {
        return Some("The keeper is on.");
    }
    let transactions = session.page(PageQuery::Transactions { before: None });
    match tokio::time::timeout(PATIENCE, transactions).await {
        Ok(Ok(PageAnswer::Transactions(page))) => page
            .transactions
            .iter()
            .any(|transaction| is_under_way(transaction.status.stage))
            .then_some("A transaction is under way, and you will be told what becomes of it."),
        // What was signed is written down, and is looked after at the next start.
        _ => None,
    }
}

/// Whether something will still happen to a transaction that was approved.
fn is_under_way(stage: TransactionStage) -> bool {
    use TransactionStage::{
        Approved, Broadcast, Confirmed, Dropped, Expired, Failed, Pending, Presented, Refused, Replaced,
        Signed,
    };
    match stage {
        Approved | Signed | Broadcast | Pending => true,
        Presented | Confirmed | Failed | Dropped | Replaced | Refused | Expired => false,
    }
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
    use super::*;

    #[test]
    fn the_name_is_that_of_the_configuration() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], IDENTIFIER);
    }

    #[test]
    fn each_data_folder_has_an_instance_of_its_own() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let name = instance_name(one.path());
        assert_ne!(name, instance_name(other.path()));
        assert_eq!(name, instance_name(&one.path().join(".")));
        // What D-Bus takes as a name: parts of letters, digits and few signs, none beginning with a digit.
        assert!(name.split('.').all(|part| {
            part.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
                && !part.starts_with(|sign: char| sign.is_ascii_digit())
        }));
        let usual = dirs::data_dir().unwrap().join(IDENTIFIER);
        assert_eq!(instance_name(&usual), IDENTIFIER);
    }
}
