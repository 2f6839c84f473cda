//! Whether somebody is there, so that the keys do not lock themselves under their hands.
//!
//! It is heard from the system, before any page sees it: a page can make up events of its own, and would keep the keys open with nobody
//! there. On Linux every key, button, wheel, touch and movement of the pointer over one of the windows counts. Elsewhere, where the web
//! view keeps them to itself, it is what happens to the windows: they get the focus, are moved or resized. There the keys lock
//! themselves early rather than late.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use bithedge_session::Session;
use tauri::{AppHandle, Manager, WebviewWindow, WindowEvent};

/// Movements of a pointer come by the hundred.
const PAUSE: Duration = Duration::from_secs(1);

/// When somebody was last noticed.
#[derive(Debug, Default)]
pub(crate) struct Presence(Mutex<Option<Instant>>);

impl Presence {
    /// Whether that is worth being told: not more often than once in a while.
    fn is_news(&self, now: Instant) -> bool {
        let Ok(mut last) = self.0.lock() else { return true };
        let is_news = last.is_none_or(|last| now.saturating_duration_since(last) >= PAUSE);
        if is_news {
            *last = Some(now);
        }
        is_news
    }
}

/// Somebody is there.
fn noticed(app: &AppHandle) {
    if app.state::<Presence>().is_news(Instant::now()) {
        tracing::trace!("somebody is there");
        let session = app.state::<Session>().inner().clone();
        // It may have to wait for others, and the windows must not.
        tauri::async_runtime::spawn(async move { session.touch() });
    }
}

/// Notices who uses a window.
pub(crate) fn watch(window: &WebviewWindow) {
    #[cfg(target_os = "linux")]
    {
        use gtk::glib::Propagation;
        use gtk::prelude::WidgetExt as _;

        let app = window.app_handle().clone();
        let watched = window.with_webview(move |webview| {
            // Before the web view's own handlers, whatever they make of it.
            webview.inner().connect_event(move |_, event| {
                if is_a_person_s(event.event_type()) {
                    noticed(&app);
                }
                Propagation::Proceed
            });
        });
        if let Err(error) = watched {
            tracing::error!(
                window = window.label(),
                "nobody is noticed there, so the keys lock early: {error}"
            );
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = window;
}

/// What happens to a window, where nothing better is heard. On Linux it does not count: a page can have some of it happen.
pub(crate) fn on_window_event(app: &AppHandle, event: &WindowEvent) {
    if cfg!(target_os = "linux") {
        return;
    }
    if matches!(event, WindowEvent::Focused(true) | WindowEvent::Moved(_) | WindowEvent::Resized(_)) {
        noticed(app);
    }
}

/// Whether this comes of a hand on a device. A page that is drawn anew, or a window that is covered, is nobody.
#[cfg(target_os = "linux")]
const fn is_a_person_s(kind: gtk::gdk::EventType) -> bool {
    use gtk::gdk::EventType;
    matches!(
        kind,
        EventType::KeyPress
            | EventType::ButtonPress
            | EventType::MotionNotify
            | EventType::Scroll
            | EventType::TouchBegin
            | EventType::TouchUpdate
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_movements_are_one_notice_a_second() {
        let presence = Presence::default();
        let begin = Instant::now();
        let told = (0..3_000).filter(|at| presence.is_news(begin + Duration::from_millis(*at))).count();
        assert_eq!(told, 3);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn only_hands_count() {
        use gtk::gdk::EventType;
        for kind in [EventType::KeyPress, EventType::ButtonPress, EventType::Scroll, EventType::MotionNotify]
        {
            assert!(is_a_person_s(kind), "{kind:?}");
        }
        for kind in [
            EventType::Expose,
            EventType::FocusChange,
            EventType::VisibilityNotify,
            EventType::Map,
            EventType::KeyRelease,
            EventType::ClientEvent,
        ] {
            assert!(!is_a_person_s(kind), "{kind:?}");
        }
    }
}
