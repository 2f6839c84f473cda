//! The icon in the desktop's tray, where there is one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use bithedge_ipc::{KeyState, SessionView, WalletKind};
use bithedge_session::Session;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager, Wry};

use crate::windows;

const OPEN: &str = "open";
const LOCK: &str = "lock";
const NEWS: &str = "news";
const QUIT: &str = "quit";

/// What of the icon changes.
struct Items {
    lock: MenuItem<Wry>,
    news: MenuItem<Wry>,
}

/// The icon, once it is there.
#[derive(Default)]
pub(crate) struct Tray {
    items: Mutex<Option<Items>>,
    unread: AtomicU32,
}

impl Tray {
    /// Whether the application can be reached by it while its windows are hidden.
    pub(crate) fn is_there(&self) -> bool {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// There is a notification more.
    pub(crate) fn count_one(&self) {
        self.unread.fetch_add(1, Ordering::Relaxed);
        self.show_count();
    }

    /// Somebody looks at the main window, where they are listed.
    pub(crate) fn count_none(&self) {
        if self.unread.swap(0, Ordering::Relaxed) > 0 {
            self.show_count();
        }
    }

    /// Follows the session: only unlocked keys of the person's own can be locked. Those may be there behind the practice wallet, too.
    pub(crate) fn follow(&self, session: &SessionView) {
        let can_lock = session.wallet.as_ref().is_some_and(|wallet| {
            wallet.keys == KeyState::Unlocked && (wallet.kind == WalletKind::Own || session.has_own_keys)
        });
        self.change(|items| items.lock.set_enabled(can_lock));
    }

    fn show_count(&self) {
        let unread = self.unread.load(Ordering::Relaxed);
        self.change(|items| items.news.set_text(count_in_words(unread)));
    }

    fn change(&self, change: impl FnOnce(&Items) -> tauri::Result<()>) {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(items) = items.as_ref()
            && let Err(error) = change(items)
        {
            tracing::warn!("the tray does not follow: {error}");
        }
    }
}

fn count_in_words(count: u32) -> String {
    match count {
        0 => "No new notifications".to_owned(),
        1 => "1 new notification".to_owned(),
        count => format!("{count} new notifications"),
    }
}

/// Puts the icon into the tray, if the desktop has one.
pub(crate) async fn open(app: AppHandle) {
    if !desktop_has_a_tray().await {
        tracing::info!("this desktop has no tray: closing the window ends BitHedge");
        return;
    }
    let opening = app.clone();
    let queued = app.run_on_main_thread(move || {
        // Without the system's library for such icons, the crate that loads it panics instead of saying so.
        match catch_unwind(AssertUnwindSafe(|| build(&opening))) {
            Ok(Ok(items)) => {
                let tray = opening.state::<Tray>();
                *tray.items.lock().unwrap_or_else(PoisonError::into_inner) = Some(items);
                tray.follow(&opening.state::<Session>().session());
            }
            Ok(Err(error)) => tracing::warn!("there is no icon in the tray: {error}"),
            Err(_) => tracing::warn!("there is no icon in the tray: its library is missing"),
        }
    });
    if let Err(error) = queued {
        tracing::warn!("there is no icon in the tray: {error}");
    }
}

fn build(app: &AppHandle) -> tauri::Result<Items> {
    let open = MenuItem::with_id(app, OPEN, "Open BitHedge", true, None::<&str>)?;
    let lock = MenuItem::with_id(app, LOCK, "Lock", false, None::<&str>)?;
    let news = MenuItem::with_id(app, NEWS, count_in_words(0), true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
    let separator = PredefinedMenuItem::separator(app)?;
    let menu = Menu::with_items(app, &[&open, &news, &lock, &separator, &quit])?;
    let mut icon = TrayIconBuilder::with_id("bithedge").tooltip("BitHedge").menu(&menu).on_menu_event(act);
    if let Some(image) = app.default_window_icon() {
        icon = icon.icon(image.clone());
    }
    icon.build(app)?;
    Ok(Items { lock, news })
}

#[allow(clippy::needless_pass_by_value, reason = "Tauri hands the event over by value")]
fn act(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN | NEWS => windows::show_main(app),
        LOCK => {
            // It may have to wait for others after the keys are locked, and the windows must not.
            let session = app.state::<Session>().inner().clone();
            tauri::async_runtime::spawn(async move { session.lock() });
        }
        QUIT => app.exit(0),
        other => tracing::error!("the tray has no item {other}"),
    }
}

/// Whether something on this desktop shows such icons: on Linux it is asked for, elsewhere there always is.
#[cfg(target_os = "linux")]
async fn desktop_has_a_tray() -> bool {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let asked = async {
        let bus = zbus::Connection::session().await?;
        let watcher = zbus::proxy::Builder::<'_, zbus::Proxy<'_>>::new(&bus)
            .destination(WATCHER)?
            .path("/StatusNotifierWatcher")?
            .interface(WATCHER)?
            // It is asked once, and would complain in the log if nobody is there.
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        watcher.get_property::<bool>("IsStatusNotifierHostRegistered").await
    };
    match tokio::time::timeout(std::time::Duration::from_secs(5), asked).await {
        Ok(Ok(is_there)) => is_there,
        Ok(Err(error)) => {
            tracing::debug!("nobody answers for the tray: {error}");
            false
        }
        Err(_) => false,
    }
}

#[cfg(not(target_os = "linux"))]
async fn desktop_has_a_tray() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_said_in_words() {
        assert_eq!(count_in_words(0), "No new notifications");
        assert_eq!(count_in_words(1), "1 new notification");
        assert_eq!(count_in_words(7), "7 new notifications");
    }
}
