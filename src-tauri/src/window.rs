//! The main window.

use std::path::Path;

use bithedge_ipc::Theme;
use tauri::utils::config::{Color, WindowConfig};
use tauri::{AppHandle, WebviewWindow, WebviewWindowBuilder};

/// The ground colours of the page (`--ground` in `ui/styles/00-tokens.css`), so that nothing flashes before it is drawn.
const LIGHT_GROUND: Color = Color(0xf5, 0xf6, 0xf4, 0xff);
const DARK_GROUND: Color = Color(0x0f, 0x13, 0x11, 0xff);

/// Opens the main window as configured, in the chosen theme. What the web view keeps goes below `data_dir`.
pub(crate) fn open(
    app: &AppHandle,
    config: &WindowConfig,
    theme: Theme,
    data_dir: &Path,
) -> tauri::Result<WebviewWindow> {
    let mut window = WebviewWindowBuilder::from_config(app, config)?
        .theme(native(theme))
        .data_directory(data_dir.join("webview"))
        // The page is all there is: a link that leads elsewhere has no business in a window that can call commands.
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"));
    match theme {
        Theme::System => {}
        Theme::Light => window = window.background_color(LIGHT_GROUND),
        Theme::Dark => window = window.background_color(DARK_GROUND),
    }
    window.build()
}

/// Gives the window's own parts (frame, scroll bars, what the page asks of the desktop) the theme.
pub(crate) fn apply_theme(window: &WebviewWindow, theme: Theme) {
    if let Err(error) = window.set_theme(native(theme)) {
        // The page has its theme all the same.
        tracing::warn!("the window's frame keeps its theme: {error}");
    }
}

fn native(theme: Theme) -> Option<tauri::Theme> {
    match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}
