//! What happens is told on the desktop while nobody looks at the window.

use bithedge_ipc::Notification;
use bithedge_session::Session;
use tauri::{AppHandle, Manager};

use crate::windows;

/// Tells a notification: on the desktop if the person wants that and does not look at the main window, whose page shows it anyway.
/// One that could not be shown is told again after the next start.
pub(crate) async fn notification(app: &AppHandle, notification: &Notification) {
    let session = app.state::<Session>();
    let is_seen = windows::main_has_focus(app) || !session.preferences().notifies;
    let shown = is_seen
        || on_the_desktop(
            notification.happened.clone(),
            [notification.means.as_str(), notification.remedy.as_str()].join(" "),
        )
        .await;
    if shown {
        session.notifications_shown(&[notification.id]).await;
    }
}

/// Shows a notification of the desktop, and says whether that worked. `text` is plain.
pub(crate) async fn on_the_desktop(title: String, text: String) -> bool {
    let shown = tauri::async_runtime::spawn_blocking(move || {
        notify_rust::Notification::new()
            .appname("BitHedge")
            .summary(&title)
            .body(&without_markup(text.trim()))
            .icon("bithedge")
            .show()
            .map(drop)
    });
    match shown.await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!("the desktop shows no notification: {error}");
            false
        }
        Err(error) => {
            tracing::error!("a notification was not shown: {error}");
            false
        }
    }
}

/// A Linux desktop reads a text as markup, where what a person named something would be more than a name.
fn without_markup(text: &str) -> String {
    if cfg!(target_os = "linux") {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_name_cannot_be_markup() {
        assert_eq!(
            without_markup("<a href=\"x\">Peter & co</a>"),
            "&lt;a href=\"x\"&gt;Peter &amp; co&lt;/a&gt;"
        );
    }
}
