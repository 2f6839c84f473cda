//! The three windows: the main one, the one of questions, the one of secrets.
//!
//! All load the same page, which looks at its window's label. None can go anywhere else, open another one, or close one: what opens
//! and closes them is here.

use std::path::PathBuf;

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{Fault, Notice, Theme, window};
use bithedge_session::Session;
use tauri::utils::config::Color;
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, LogicalPosition, LogicalSize, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry,
};

use crate::placement::Placement;

/// The ground colours of the page (`--ground` in `ui/styles/00-tokens.css`), so that nothing flashes before it is drawn.
const LIGHT_GROUND: Color = Color(0xf5, 0xf6, 0xf4, 0xff);
const DARK_GROUND: Color = Color(0x0f, 0x13, 0x11, 0xff);

/// Width and height of the window of questions, which it cannot be made smaller than.
const QUESTION_SIZE: (f64, f64) = (480.0, 640.0);
/// Width and height of the window of secrets.
const SECRET_SIZE: (f64, f64) = (560.0, 680.0);

/// What the web views keep goes below this folder. All of them share it.
#[derive(Clone, Debug)]
pub(crate) struct WebviewData(pub(crate) PathBuf);

/// Opens the main window as configured, where it was when it was last closed.
pub(crate) fn open_main(app: &AppHandle, theme: Theme) -> tauri::Result<WebviewWindow> {
    let config = app.config().app.windows.first().cloned().unwrap_or_default();
    let mut builder = WebviewWindowBuilder::from_config(app, &config)?;
    let screens = app.available_monitors()?;
    if let Some(placement) = app.state::<Placement>().fitting(&screens) {
        builder = builder.inner_size(placement.width, placement.height).position(placement.x, placement.y);
    }
    guarded(app, builder, theme).build()
}

/// Makes the window of questions be there exactly while there is a question.
pub(crate) fn follow_question(app: &AppHandle, is_open: bool) {
    let there = app.get_webview_window(window::QUESTION);
    let done = match (is_open, there) {
        (true, None) => open_question(app),
        // Its page asks for the question again by itself.
        (true, Some(_)) | (false, None) => Ok(()),
        (false, Some(window)) => window.destroy(),
    };
    if let Err(error) = done {
        tracing::error!("the window of questions does not follow: {error}");
    }
}

fn open_question(app: &AppHandle) -> tauri::Result<()> {
    open_beside_main(app, window::QUESTION, "Your approval is needed · BitHedge", QUESTION_SIZE).map(drop)
}

/// Brings the window of questions to the front, if there is one.
pub(crate) fn show_question(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(window::QUESTION) {
        bring_to_front(&window);
    }
}

/// Begins a task in the window of secrets. While another one is not done, that one comes to the front instead, and the answer says so.
pub(crate) async fn open_secret(app: &AppHandle, session: &Session, task: SecretTask) -> Result<(), Notice> {
    if let Err(notice) = session.secret_open(task).await {
        if let Some(window) = app.get_webview_window(window::SECRET) {
            bring_to_front(&window);
        }
        return Err(notice);
    }
    open_beside_main(app, window::SECRET, secret_title(task), SECRET_SIZE).map(drop).map_err(|error| {
        session.secret_close();
        Notice {
            fault: Fault::ComputerFault,
            happened: "The window for words and passphrases could not be opened.".to_owned(),
            means: "Nothing was changed, and nothing was signed.".to_owned(),
            remedy: "Try again. If it stays so, close BitHedge and open it again.".to_owned(),
            detail: error.to_string(),
        }
    })
}

/// Closes the window of secrets. That it is gone ends its task, and not before: the next one could otherwise begin while it closes.
pub(crate) fn close_secret(app: &AppHandle, session: &Session) {
    match app.get_webview_window(window::SECRET) {
        Some(window) => {
            if let Err(error) = window.destroy() {
                tracing::error!("the window of secrets stays: {error}");
                session.secret_close();
            }
        }
        None => session.secret_close(),
    }
}

fn secret_title(task: SecretTask) -> &'static str {
    match task {
        SecretTask::Create => "New wallet · BitHedge",
        SecretTask::Import => "Import a wallet · BitHedge",
        SecretTask::Unlock => "Unlock · BitHedge",
        SecretTask::ChangePassphrase => "Change the passphrase · BitHedge",
        SecretTask::Reveal => "Recovery words · BitHedge",
    }
}

/// Shows the main window, also if it was hidden.
pub(crate) fn show_main(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(window::MAIN) {
        bring_to_front(&window);
    }
}

/// Hides the main window.
pub(crate) fn hide_main(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(window::MAIN)
        && let Err(error) = window.hide()
    {
        tracing::warn!("the main window stays: {error}");
    }
}

/// Whether the person looks at the main window now.
pub(crate) fn main_has_focus(app: &AppHandle) -> bool {
    app.get_webview_window(window::MAIN).is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Gives the windows' own parts (frame, scroll bars, what the page asks of the desktop) the theme.
pub(crate) fn apply_theme(app: &AppHandle, theme: Theme) {
    for window in app.webview_windows().values() {
        if let Err(error) = window.set_theme(native(theme)) {
            // The page has its theme all the same.
            tracing::warn!("a window's frame keeps its theme: {error}");
        }
    }
}

fn bring_to_front(window: &WebviewWindow) {
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(window = window.label(), "it does not come to the front: {error}");
    }
}

/// Opens a window that belongs to the main one, over its middle.
fn open_beside_main(
    app: &AppHandle,
    label: &str,
    title: &str,
    (width, height): (f64, f64),
) -> tauri::Result<WebviewWindow> {
    let theme = app.state::<Session>().preferences().theme;
    let mut builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App("index.html".into()))
        .title(title)
        .inner_size(width, height)
        .min_inner_size(width, height)
        .prevent_overflow()
        .maximizable(false)
        .minimizable(false)
        .general_autofill_enabled(false)
        // Left out of screenshots and shared screens, where the system can do that.
        .content_protected(label == window::SECRET);
    builder = match app.get_webview_window(window::MAIN) {
        Some(main) => match middle_of(&main, width, height) {
            Ok(at) => builder.position(at.x, at.y),
            Err(error) => {
                tracing::warn!("where the main window is cannot be told: {error}");
                builder.center()
            }
        }
        .parent(&main)?,
        None => builder.center(),
    };
    guarded(app, builder, theme).build()
}

/// Where a window of this size has to be to lie over the middle of another one.
fn middle_of(window: &WebviewWindow, width: f64, height: f64) -> tauri::Result<LogicalPosition<f64>> {
    let scale = window.scale_factor()?;
    let position: LogicalPosition<f64> = window.outer_position()?.to_logical(scale);
    let size: LogicalSize<f64> = window.outer_size()?.to_logical(scale);
    Ok(LogicalPosition::new(
        position.x + (size.width - width) / 2.0,
        // A window that is higher than the one below it must not leave the screen by its title.
        (position.y + (size.height - height) / 2.0).max(0.0),
    ))
}

/// What holds for every window: the page is all there is.
fn guarded<'a>(
    app: &AppHandle,
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    theme: Theme,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let builder = builder
        .theme(native(theme))
        .data_directory(app.state::<WebviewData>().0.clone())
        // A link that leads elsewhere has no business in a window that can call commands.
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false);
    match theme {
        Theme::System => builder,
        Theme::Light => builder.background_color(LIGHT_GROUND),
        Theme::Dark => builder.background_color(DARK_GROUND),
    }
}

fn native(theme: Theme) -> Option<tauri::Theme> {
    match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}
