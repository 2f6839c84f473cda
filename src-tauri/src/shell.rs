//! Start, wiring and end of the application.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bithedge_ipc::{EVENT_NAME, Event, window};
use bithedge_session::{QuestionWindow, Session, SessionSetup, UnderWay};
use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use tauri::{AppHandle, Emitter, Manager, RunEvent, Window, WindowEvent};
use tokio::sync::broadcast::error::RecvError;

use crate::environment::Environment;
use crate::placement::Placement;
use crate::presence::{self, Presence};
use crate::save::SaveFolder;
use crate::tray::{self, Tray};
use crate::windows::{self, WebviewData};
use crate::{assets, commands, tell};

/// The application's name for the desktop, as in `tauri.conf.json`.
pub(crate) const IDENTIFIER: &str = "app.bithedge.desktop";
/// The file in the data folder that the process which uses it has locked.
const LOCK_FILE: &str = "in-use";

/// How long a person who closes the window may be kept waiting for a yes that is being carried out.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the application may take to end in good order.
const TO_END: Duration = Duration::from_secs(15);
/// The button that ends the application although something is under way.
const QUIT: &str = "Quit";

/// Whether the main window was asked to close, and what follows is not done.
#[derive(Default)]
struct IsClosing(AtomicBool);

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
    let used = data_folder.clone();
    let mut context = tauri::generate_context!("../tauri.conf.json");
    // Ahead of all else: the page waits for nothing longer.
    assets::unpack_ahead(&mut context);
    let app = tauri::Builder::default()
        // First of all, as its authors say: a second start ends here.
        .plugin(single.build())
        .invoke_handler(commands::handle)
        .on_window_event(on_window_event)
        .setup(move |app| Ok(set_up(app.handle(), environment, data_folder, devnet_worker)?))
        .build(context)?;
    // A second start that finds the first by D-Bus has ended by now; what sets up runs later.
    app.manage(hold(&used)?);
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            app.state::<Placement>().keep();
            let session = app.state::<Session>();
            // What was signed is written down already, so nothing is lost if something hangs. A process that stayed would keep every later
            // start from opening a window.
            let ended = async { tokio::time::timeout(TO_END, session.shut_down()).await };
            match tauri::async_runtime::block_on(ended) {
                Ok(()) => tracing::info!("ended"),
                Err(_) => tracing::error!("the session did not end in time, and is left as it is"),
            }
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

/// Held by the one process that uses a data folder, for as long as it lives.
struct Holding(#[allow(dead_code, reason = "it is held by being there")] Option<File>);

/// Says that this process uses the data folder. A second start on a desktop with D-Bus has ended before this; without D-Bus this is what
/// keeps two from writing the same files.
fn hold(data_folder: &Path) -> io::Result<Holding> {
    let path = data_folder.join(LOCK_FILE);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Holding(Some(file))),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("another BitHedge uses {}; use that one, or close it first", data_folder.display()),
        )),
        Err(TryLockError::Error(error)) => {
            // As on some network drives: what else there is, D-Bus and the wallet's own lock, has to do.
            tracing::warn!("{} cannot be locked: {error}", path.display());
            Ok(Holding(None))
        }
    }
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
    app.manage(IsClosing::default());
    app.manage(Presence::default());

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
            windows::follow_question(app, app.state::<Session>().question_window() != QuestionWindow::None);
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
    presence::on_window_event(app, event);
    match (window.label(), event) {
        (window::MAIN, WindowEvent::Moved(_) | WindowEvent::Resized(_)) => note_place(app),
        (window::MAIN, WindowEvent::Focused(true)) => app.state::<Tray>().count_none(),
        // Also for who ends the application another way than by its window.
        (window::MAIN, WindowEvent::Focused(false)) => app.state::<Placement>().keep(),
        (window::MAIN, WindowEvent::CloseRequested { api, .. }) => {
            note_place(app);
            api.prevent_close();
            tauri::async_runtime::spawn(close_main(app.clone()));
        }
        // The other windows belong to it.
        (window::MAIN, WindowEvent::Destroyed) => app.exit(0),
        (window::QUESTION, WindowEvent::CloseRequested { api, .. }) => {
            // What was answered yes is being signed: a window that closed would say no, and that cannot be said any more.
            if app.state::<Session>().question_window() == QuestionWindow::Busy {
                api.prevent_close();
            } else {
                tauri::async_runtime::spawn(refuse_open_question(app.clone()));
            }
        }
        (window::QUESTION, WindowEvent::Destroyed) => {
            // A question that came while the window closed, or that could not be refused, gets a new one.
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                let is_needed = app.state::<Session>().question_window() != QuestionWindow::None;
                windows::follow_question(&app, is_needed);
            });
        }
        // What is being changed cannot be taken back any more, and its outcome needs somebody to be told to.
        (window::SECRET, WindowEvent::CloseRequested { api, .. })
            if app.state::<Session>().secret_is_changing() =>
        {
            api.prevent_close();
        }
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

/// The main window was asked to close. What is under way goes on in the tray if there is one; without one the person is told what it is,
/// and decides. Otherwise this is the end.
async fn close_main(app: AppHandle) {
    let Some(closing) = Closing::begin(&app) else {
        return tracing::debug!("the window was asked to close once more");
    };
    let session = app.state::<Session>();
    // A yes is mostly signed within a second: then there is something definite to say.
    session.answers_carried_out(PATIENCE).await;
    let has_tray = app.state::<Tray>().is_there();
    let follows = after_closing(session.under_way(), has_tray);
    tracing::info!(?follows, "the window was asked to close");
    match follows {
        AfterClosing::End => app.exit(0),
        AfterClosing::Hide(reason) => {
            windows::hide_main(&app);
            // Who opens the window again and closes it is not to wait for a desktop that is slow to show a notification.
            drop(closing);
            say_that_it_stays(&app, reason).await;
        }
        AfterClosing::Ask(reason) => {
            let quits = wants_to_quit(&app, reason).await;
            tracing::info!(quits, "whether to quit was answered");
            if quits {
                app.exit(0);
            }
        }
    }
}

/// What follows when the main window was asked to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfterClosing {
    End,
    Hide(UnderWay),
    Ask(UnderWay),
}

fn after_closing(under_way: Option<UnderWay>, has_tray: bool) -> AfterClosing {
    match under_way {
        None => AfterClosing::End,
        Some(reason) if has_tray && reason.goes_on_hidden() => AfterClosing::Hide(reason),
        Some(reason) => AfterClosing::Ask(reason),
    }
}

/// Held while the main window is on its way to be closed: a second request changes nothing.
struct Closing(AppHandle);

impl Closing {
    fn begin(app: &AppHandle) -> Option<Self> {
        let was_closing = app.state::<IsClosing>().0.swap(true, Ordering::Relaxed);
        (!was_closing).then(|| Self(app.clone()))
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.state::<IsClosing>().0.store(false, Ordering::Relaxed);
    }
}

async fn say_that_it_stays(app: &AppHandle, reason: UnderWay) {
    if !app.state::<SaidThatItStays>().0.swap(true, Ordering::Relaxed) {
        let text = format!("{} Open or quit BitHedge by its icon in the tray.", reason.what());
        tell::on_the_desktop("BitHedge goes on in the background".to_owned(), text).await;
    }
}

/// Asks in a dialog of the desktop, which does not depend on the page.
async fn wants_to_quit(app: &AppHandle, reason: UnderWay) -> bool {
    let dialog = AsyncMessageDialog::new()
        .set_level(MessageLevel::Warning)
        .set_title("Quit BitHedge?")
        .set_description(format!("{} {}", reason.what(), reason.if_it_ends()))
        .set_buttons(MessageButtons::OkCancelCustom(QUIT.to_owned(), "Stay".to_owned()));
    let dialog = match app.get_webview_window(window::MAIN) {
        Some(main) => dialog.set_parent(&main),
        None => dialog,
    };
    // Some desktops answer with the button's place, some with its words.
    match dialog.show().await {
        MessageDialogResult::Ok => true,
        MessageDialogResult::Custom(words) => words == QUIT,
        MessageDialogResult::Cancel | MessageDialogResult::Yes | MessageDialogResult::No => false,
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
    fn closing_the_window_never_ends_what_is_under_way_without_a_word() {
        let every = [UnderWay::Answer, UnderWay::Secret, UnderWay::Transactions(2), UnderWay::Keeper];
        for reason in every {
            assert_eq!(after_closing(Some(reason), false), AfterClosing::Ask(reason));
            assert!(!reason.what().is_empty() && !reason.if_it_ends().is_empty());
        }
        for reason in [UnderWay::Answer, UnderWay::Transactions(1), UnderWay::Keeper] {
            assert_eq!(after_closing(Some(reason), true), AfterClosing::Hide(reason));
        }
        // Words on a screen are no use behind a window that is not there.
        assert_eq!(after_closing(Some(UnderWay::Secret), true), AfterClosing::Ask(UnderWay::Secret));
        for has_tray in [true, false] {
            assert_eq!(after_closing(None, has_tray), AfterClosing::End);
        }
    }

    #[test]
    fn the_name_is_that_of_the_configuration() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], IDENTIFIER);
    }

    #[test]
    fn two_processes_never_use_one_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = hold(folder.path()).unwrap();
        let refused = hold(folder.path()).map(drop).unwrap_err();
        assert!(refused.to_string().contains("another BitHedge"), "{refused}");
        drop(first);
        hold(folder.path()).unwrap();
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
