//! What a desktop's panel is to a program: it takes icons for its tray and shows notifications, both over D-Bus. A virtual screen has
//! none. This one keeps what it is told, and a scenario looks at it and presses what is in an icon's menu.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};
use zbus::{Connection, Proxy, connection};

use crate::desktop::Desktop;
use crate::wait;

const PATIENCE: Duration = Duration::from_secs(20);

/// The panel, for as long as it lives.
pub(crate) struct FakePanel {
    bus: Connection,
    told: Kept<Told>,
    icons: Kept<Icon>,
}

/// A notification, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) text: String,
}

/// Where a program answers for its icon.
#[derive(Clone, Debug)]
struct Icon {
    owner: String,
    path: String,
}

/// One line of an icon's menu; lines between others have no label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MenuLine {
    id: i32,
    pub(crate) label: String,
    pub(crate) is_enabled: bool,
}

impl FakePanel {
    /// Puts it on the desktop, before a program looks for one.
    pub(crate) async fn open(desktop: &Desktop) -> Result<Self> {
        let (told, icons) = (Kept::default(), Kept::default());
        let bus = connection::Builder::address(desktop.bus())?
            .serve_at("/org/freedesktop/Notifications", Notifications(told.clone()))?
            .serve_at("/StatusNotifierWatcher", Watcher(icons.clone()))?
            .name("org.freedesktop.Notifications")?
            .name("org.kde.StatusNotifierWatcher")?
            .build()
            .await
            .context("there is no panel on this desktop")?;
        Ok(Self { bus, told, icons })
    }

    /// What was told so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().clone()
    }

    /// Waits for a notification whose title has these words.
    pub(crate) async fn wait_until_told(&self, words: &str) -> Result<Told> {
        wait::until(&format!("the desktop tells `{words}`"), PATIENCE, async || {
            let told = self.told();
            let found = told.iter().find(|told| told.title.contains(words)).cloned();
            ensure!(found.is_some(), "it told {told:?}");
            Ok(found)
        })
        .await
    }

    /// The menu of the one icon, without the lines between.
    pub(crate) async fn menu(&self) -> Result<Vec<MenuLine>> {
        wait::until("an icon with a menu", PATIENCE, async || {
            // Each level is a number, its properties, and what is below it.
            type Level = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
            let menu = self.menu_of_icon().await?;
            let everything = (0_i32, -1_i32, Vec::<&str>::new());
            let (_, (_, _, lines)): (u32, Level) = menu.call("GetLayout", &everything).await?;
            let lines = lines.iter().map(line).collect::<Result<Vec<_>>>()?;
            ensure!(!lines.is_empty(), "its menu is empty");
            Ok(Some(lines.into_iter().filter(|line| !line.label.is_empty()).collect()))
        })
        .await
    }

    /// Presses what has this label in the icon's menu.
    pub(crate) async fn press(&self, label: &str) -> Result<()> {
        let lines = self.menu().await?;
        let line = lines.iter().find(|line| line.label == label);
        let line = line.with_context(|| format!("`{label}` is not among {lines:?}"))?;
        ensure!(line.is_enabled, "`{label}` cannot be pressed");
        let pressed = (line.id, "clicked", Value::from(0_i32), 0_u32);
        self.menu_of_icon().await?.call::<_, _, ()>("Event", &pressed).await?;
        Ok(())
    }

    async fn menu_of_icon(&self) -> Result<Proxy<'static>> {
        let icons = self.icons.lock().clone();
        let [Icon { owner, path }] = <[Icon; 1]>::try_from(icons)
            .map_err(|icons| anyhow::anyhow!("there are {} icons", icons.len()))?;
        let icon = Proxy::new(&self.bus, owner.clone(), path, "org.kde.StatusNotifierItem").await?;
        let menu: OwnedObjectPath = icon.get_property("Menu").await?;
        Ok(Proxy::new(&self.bus, owner, menu, "com.canonical.dbusmenu").await?)
    }
}

/// A line of a menu: a number, its properties, and what is below it.
fn line(line: &OwnedValue) -> Result<MenuLine> {
    let line: &Structure<'_> = line.downcast_ref()?;
    let [id, Value::Dict(properties), _] = line.fields() else {
        anyhow::bail!("a line of the menu is {line:?}");
    };
    let label: Option<String> = properties.get(&"label")?;
    let is_enabled: Option<bool> = properties.get(&"enabled")?;
    Ok(MenuLine {
        id: i32::try_from(id)?,
        label: label.unwrap_or_default(),
        // As the protocol has it: what is usual is not said.
        is_enabled: is_enabled.unwrap_or(true),
    })
}

/// A list that is written on the bus and read by a scenario.
#[derive(Debug)]
struct Kept<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Kept<T> {
    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Notifications(Kept<Told>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[allow(clippy::too_many_arguments, reason = "as the protocol has it")]
    fn notify(
        &self,
        _program: String,
        _replaces: u32,
        _icon: String,
        title: String,
        text: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut told = self.0.lock();
        told.push(Told { title, text });
        u32::try_from(told.len()).unwrap_or(u32::MAX)
    }

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let words = ["fake panel", "BitHedge", "1", "1.2"];
        words.map(str::to_owned).into()
    }
}

struct Watcher(Kept<Icon>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// `service` is a name on the bus, or a path at whoever calls.
    #[allow(clippy::needless_pass_by_value, reason = "the macro hands the header over by value")]
    fn register_status_notifier_item(&self, service: String, #[zbus(header)] header: Header<'_>) {
        let caller = header.sender().map(ToString::to_string).unwrap_or_default();
        self.0.lock().push(if service.starts_with('/') {
            Icon { owner: caller, path: service }
        } else {
            Icon { owner: service, path: "/StatusNotifierItem".to_owned() }
        });
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().iter().map(|icon| format!("{}{}", icon.owner, icon.path)).collect()
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}
