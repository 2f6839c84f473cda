//! The three windows: the main one, the one of questions, the one of secrets.
//!
//! Each loads a page of its own. None can go anywhere else, open another one, or close one: what opens and closes them is here.

use std::path::PathBuf;

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{Fault, Notice, Theme, window};
use bithedge_session::Session;
use tauri::utils::config::Color;
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, LogicalPosition, LogicalSize, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent, Wry,
};

use crate::placement::{Fills, Placement};
use crate::presence;

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
    builder = match app.state::<Placement>().fills() {
        Fills::Nothing => builder,
        Fills::WorkArea => builder.maximized(true),
        Fills::Screen => builder.fullscreen(true),
    };
    watched(guarded(app, window::MAIN, builder, theme).build()?)
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
    let Some(number) = session.secret_number() else { return Ok(()) };
    match open_beside_main(app, window::SECRET, secret_title(task), SECRET_SIZE) {
        Ok(opened) => {
            // What ends with a window is the task that it was opened for, and none that began since.
            let ending = session.clone();
            opened.on_window_event(move |event| {
                if matches!(event, WindowEvent::Destroyed) {
                    ending.secret_end(number);
                }
            });
            // It may be gone by now.
            if app.get_webview_window(window::SECRET).is_none() {
                session.secret_end(number);
            }
            Ok(())
        }
        Err(error) => {
            session.secret_end(number);
            Err(Notice {
                fault: Fault::ComputerFault,
                happened: "The window for words and passphrases could not be opened.".to_owned(),
                means: "Nothing was changed, and nothing was signed.".to_owned(),
                remedy: "Try again. If it stays so, close BitHedge and open it again.".to_owned(),
                detail: error.to_string(),
            })
        }
    }
}

/// Closes the window of secrets. That it is gone ends its task, and not before: the next one could otherwise begin while it closes.
/// What is being changed just now is not left without a window that says how it ended.
pub(crate) fn close_secret(app: &AppHandle, session: &Session) {
    if session.secret_is_changing() {
        return;
    }
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
    label: &'static str,
    title: &str,
    (width, height): (f64, f64),
) -> tauri::Result<WebviewWindow> {
    let theme = app.state::<Session>().preferences().theme;
    // `question.html`, `secret.html`; the main window's is `index.html`.
    let page = PathBuf::from(format!("{label}.html"));
    let mut builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page))
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
    watched(guarded(app, label, builder, theme).build()?)
}

/// Keys and pointer over a window say that somebody is there.
fn watched(window: WebviewWindow) -> tauri::Result<WebviewWindow> {
    presence::watch(&window);
    Ok(window)
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
    label: &'static str,
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    theme: Theme,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let builder = builder
        .theme(native(theme))
        .data_directory(app.state::<WebviewData>().0.clone())
        // A link that leads elsewhere has no business in a window that can call commands.
        .on_navigation(move |url| is_page_of(label, url))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false);
    match theme {
        Theme::System => builder,
        Theme::Light => builder.background_color(LIGHT_GROUND),
        Theme::Dark => builder.background_color(DARK_GROUND),
    }
}

/// Whether an address is of this window's own page: in the main window, the page that asks would look like the one that may answer.
fn is_page_of(label: &str, url: &Url) -> bool {
    let is_own = match url.path() {
        "" | "/" | "/index.html" => label == window::MAIN,
        path => {
            path.strip_prefix('/').and_then(|path| path.strip_suffix(".html")) == Some(label)
                && label != window::MAIN
        }
    };
    is_own && is_ours(url)
}

/// Whether an address is of the application's own pages: the one origin that they have on this system, with its port.
fn is_ours(url: &Url) -> bool {
    let (scheme, host) = if cfg!(any(windows, target_os = "android")) {
        ("http", "tauri.localhost")
    } else {
        ("tauri", "localhost")
    };
    // A port that is the scheme's own is not told.
    (url.scheme(), url.host_str(), url.port()) == (scheme, Some(host), None)
        && url.username().is_empty()
        && url.password().is_none()
}

fn native(theme: Theme) -> Option<tauri::Theme> {
    match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use bithedge_ipc::command;

    use super::*;

    #[test]
    fn a_window_goes_nowhere_but_to_the_application_s_own_pages() {
        let own = if cfg!(windows) { "http://tauri.localhost/" } else { "tauri://localhost/" };
        for (label, page) in [
            (window::MAIN, "index.html#/protect"),
            (window::MAIN, ""),
            (window::QUESTION, "question.html"),
            (window::SECRET, "secret.html#top"),
        ] {
            let url = Url::parse(&format!("{own}{page}")).unwrap();
            for asked in [window::MAIN, window::QUESTION, window::SECRET] {
                assert_eq!(is_page_of(asked, &url), asked == label, "{page} in {asked}");
            }
        }
        assert!(!is_page_of(window::MAIN, &Url::parse(&format!("{own}main.html")).unwrap()));
        for elsewhere in [
            "http://tauri.localhost:8080/",
            "https://tauri.localhost:1/index.html",
            "tauri://localhost:9/",
            "tauri://user@localhost/",
            "tauri://elsewhere/",
            "http://localhost/",
            "https://tauri.localhost.attacker.example/",
            "data:text/html,hello",
            "about:blank",
            "file:///etc/passwd",
        ] {
            assert!(!is_ours(&Url::parse(elsewhere).unwrap()), "{elsewhere}");
        }
    }

    /// Nobody can be tricked in a window into what its program cannot do. The names with a line are no words of the language that a
    /// page could say by chance.
    #[test]
    fn a_window_s_program_holds_no_other_window_s_commands() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist");
        let program = |window: &str| fs::read(folder.join(format!("window-{window}_bg.wasm"))).unwrap();
        let windows = [
            (window::MAIN, &command::main::ALL[..]),
            (window::QUESTION, &command::question::ALL),
            (window::SECRET, &command::secret::ALL),
        ];
        for (label, own) in windows {
            let bytes = program(label);
            for name in windows.iter().flat_map(|(_, names)| *names).filter(|name| name.contains('_')) {
                let is_there = bytes.windows(name.len()).any(|part| part == name.as_bytes());
                assert_eq!(is_there, own.contains(name), "{name} in the program of {label}");
            }
        }
    }
}
