//! The application under test: started through tauri-driver, read through WebDriver.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::session::handle::SessionHandle;
use thirtyfour::{Capabilities, Rect};
use tokio::process::Command;

use crate::desktop::{Area, Desktop};
use crate::process::Running;
use crate::processes::{self, Share};
use crate::wait;

const START: Duration = Duration::from_secs(60);

/// WebDriver answers in milliseconds, or never: an application that ends at its start leaves it waiting.
const ANSWER: Duration = Duration::from_secs(45);

/// How long something that a person would press may take to be there.
const PATIENCE: Duration = Duration::from_secs(30);

/// The application's windows, by their labels.
pub(crate) mod window {
    pub(crate) const MAIN: &str = "main";
    pub(crate) const QUESTION: &str = "question";
    pub(crate) const SECRET: &str = "secret";
}

/// How the application is told to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// The value of `BITHEDGE_THEME`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// How to start the application.
pub(crate) struct Launch<'a> {
    pub(crate) program: &'a Path,
    pub(crate) tauri_driver: &'a Path,
    /// Everything that it keeps goes here.
    pub(crate) data: PathBuf,
    /// The devnet to connect to; without one the application starts its own.
    pub(crate) node: Option<&'a str>,
    /// Where files go that a person asks for.
    pub(crate) saved: PathBuf,
    pub(crate) theme: Theme,
    pub(crate) log: PathBuf,
    /// Gets a picture of the screen if the application is dropped and not quit, as a scenario that failed does.
    pub(crate) last_picture: PathBuf,
}

impl Launch<'_> {
    /// Starts the application as a desktop would, with nobody who drives it.
    pub(crate) fn start(&self, desktop: &Desktop) -> Result<Running> {
        let mut command = Command::new(self.program);
        self.surround(&mut command, desktop);
        Running::start("the application", &mut command, self.log.clone())
    }

    /// Gives a command the screen and the folders.
    fn surround(&self, command: &mut Command, desktop: &Desktop) {
        desktop.adopt(command);
        command
            .env("BITHEDGE_DATA_DIR", &self.data)
            .env("BITHEDGE_SAVE_DIR", &self.saved)
            .env("BITHEDGE_THEME", self.theme.name());
        match self.node {
            Some(url) => command.env("BITHEDGE_NODE_URL", url),
            None => command.env_remove("BITHEDGE_NODE_URL"),
        };
        for (variable, folder) in
            [("XDG_DATA_HOME", "share"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            // The engine's own files as well: a scenario starts with nothing.
            command.env(variable, self.data.join(folder));
        }
    }
}

/// The open application, with one of its windows in hand: the main one at first. Dropping it ends the application.
pub(crate) struct Application {
    program: PathBuf,
    presses: AtomicU32,
    last_picture: std::process::Command,
    // Before the driver, so that a drop does not ask a server that is gone.
    session: Option<WebDriver>,
    driver: Option<Running>,
}

impl Application {
    /// Starts the application and waits until WebDriver has its page.
    pub(crate) async fn open(launch: Launch<'_>, desktop: &Desktop) -> Result<Self> {
        let (port, native_port) = (free_port()?, free_port()?);
        let mut command = Command::new(launch.tauri_driver);
        command.args(["--port", &port.to_string(), "--native-port", &native_port.to_string()]);
        // The application inherits its environment from the driver.
        launch.surround(&mut command, desktop);
        let driver = Running::start("tauri-driver", &mut command, launch.log)?;
        let session = connect(port, launch.program).await?;
        let last_picture = desktop.picture_command(&launch.last_picture);
        Ok(Self {
            program: launch.program.to_owned(),
            presses: AtomicU32::new(0),
            last_picture,
            session: Some(session),
            driver: Some(driver),
        })
    }

    pub(crate) fn session(&self) -> Result<&Arc<SessionHandle>> {
        self.session.as_ref().map(WebDriver::handle).context("the window is closed")
    }

    /// What the application and all that it started hold of the memory.
    pub(crate) fn shares(&self) -> Result<Vec<Share>> {
        let driver = self.driver.as_ref().context("the window is closed")?;
        processes::shares(driver.id(), &self.program)
    }

    /// Takes another window in hand, as soon as it is there.
    pub(crate) async fn switch_to(&self, label: &str) -> Result<()> {
        wait::until_true(&format!("the window {label}"), PATIENCE, async || {
            for handle in self.session()?.windows().await? {
                self.session()?.switch_to_window(handle).await?;
                if self.evaluate(LABEL, Vec::new()).await? == label {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }

    /// The labels of the windows that are open. Afterwards the main one is in hand.
    pub(crate) async fn windows(&self) -> Result<Vec<String>> {
        let mut labels = Vec::new();
        for handle in self.session()?.windows().await? {
            self.session()?.switch_to_window(handle).await?;
            let label = self.evaluate(LABEL, Vec::new()).await?;
            labels.push(label.as_str().context("a window has no label")?.to_owned());
        }
        labels.sort_unstable();
        self.switch_to(window::MAIN).await?;
        Ok(labels)
    }

    /// Waits until exactly these windows are open.
    pub(crate) async fn wait_for_windows(&self, expected: &[&str]) -> Result<()> {
        wait::until_true(&format!("the windows {expected:?}"), PATIENCE, async || {
            let open = self.windows().await?;
            ensure!(open == expected, "there are {open:?}");
            Ok(true)
        })
        .await
    }

    /// Calls a command of the core as the page would, and gives its answer or its refusal.
    pub(crate) async fn call(&self, command: &str, arguments: Value) -> Result<Result<Value, Value>> {
        let script = "const done = arguments[arguments.length - 1];
            window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])
                .then(answer => done({answer: answer ?? null}), error => done({error}));";
        let outcome = self.session()?.execute_async(script, vec![command.into(), arguments]).await?;
        let outcome = outcome.json();
        Ok(match outcome.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(outcome["answer"].clone()),
        })
    }

    /// Ends the session and everything that was started for it.
    pub(crate) async fn quit(mut self) -> Result<()> {
        if let Some(session) = self.session.take() {
            session.quit().await?;
        }
        match self.driver.take() {
            Some(driver) => driver.stop().await,
            None => Ok(()),
        }
    }

    async fn element(&self, hook: &str) -> Result<WebElement> {
        let selector = By::Css(selector(hook));
        self.session()?.find(selector).await.with_context(|| format!("the page has no {hook}"))
    }

    /// The text of the element with this `data-testid`, as shown.
    pub(crate) async fn text(&self, hook: &str) -> Result<String> {
        Ok(self.element(hook).await?.text().await?)
    }

    /// An attribute of the element with this `data-testid`.
    pub(crate) async fn attribute(&self, hook: &str, name: &str) -> Result<String> {
        let value = self.element(hook).await?.attr(name).await?;
        value.with_context(|| format!("{hook} has no attribute {name}"))
    }

    /// An attribute of an element within another one.
    pub(crate) async fn attribute_within(&self, outer: &str, hook: &str, name: &str) -> Result<String> {
        let selector = By::Css(format!("{} {}", selector(outer), selector(hook)));
        let element =
            self.session()?.find(selector).await.with_context(|| format!("no {hook} in {outer}"))?;
        element.attr(name).await?.with_context(|| format!("{hook} in {outer} has no attribute {name}"))
    }

    /// Whether the page has an element with this `data-testid`.
    pub(crate) async fn has(&self, hook: &str) -> Result<bool> {
        let script = "return document.querySelector(arguments[0]) !== null";
        Ok(self.evaluate(script, vec![selector(hook).into()]).await? == true)
    }

    /// Waits until it has.
    pub(crate) async fn wait_for(&self, hook: &str, within: Duration) -> Result<()> {
        wait::until_true(&format!("{hook} on the page"), within, async || {
            if self.has(hook).await? {
                return Ok(true);
            }
            let page = self.evaluate(SHOWN, Vec::new()).await?;
            anyhow::bail!("it shows: {}", page.as_str().unwrap_or_default())
        })
        .await
    }

    /// Presses a button or a link as soon as it can be pressed.
    pub(crate) async fn press(&self, hook: &str) -> Result<()> {
        wait::until_true(&format!("{hook} can be pressed"), PATIENCE, async || {
            let reason = self.evaluate(WHY_NOT, vec![selector(hook).into()]).await?;
            ensure!(reason.is_null(), "{}", reason.as_str().unwrap_or("it cannot"));
            match self.element(hook).await?.click().await {
                Ok(()) => Ok(true),
                // It closed its window before the driver had answered.
                Err(error) if error.to_string().contains("no such window") => Ok(true),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
        self.presses.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How often something was pressed since the last time that this was asked.
    pub(crate) fn presses(&self) -> u32 {
        self.presses.swap(0, Ordering::Relaxed)
    }

    /// Replaces what is in a field by typing.
    pub(crate) async fn fill(&self, hook: &str, text: &str) -> Result<()> {
        self.fill_one(By::Css(selector(hook)), hook, text).await
    }

    /// As [`Self::fill`], for a field that is known by its `id`.
    pub(crate) async fn fill_by_id(&self, id: &str, text: &str) -> Result<()> {
        self.fill_one(By::Id(id.to_owned()), id, text).await
    }

    async fn fill_one(&self, by: By, name: &str, text: &str) -> Result<()> {
        wait::until_true(&format!("{name} can be filled"), PATIENCE, async || {
            let field = self.session()?.find(by.clone()).await?;
            field.clear().await?;
            field.send_keys(text).await?;
            Ok(true)
        })
        .await
    }

    /// Waits until the status says `state`: `starting`, `live`, `stale` or `unreachable`.
    pub(crate) async fn wait_for_state(&self, state: &str, within: Duration) -> Result<()> {
        wait::until_true(&format!("connection state {state}"), within, async || {
            let now = self.attribute("connection-state", "data-state").await?;
            ensure!(now == state, "it is {now}");
            Ok(true)
        })
        .await
    }

    /// Where the element with this `data-testid` is in the page: what it covers, in whole pixels.
    pub(crate) async fn place(&self, hook: &str) -> Result<Area> {
        let script =
            "const {left, top, right, bottom} = document.querySelector(arguments[0]).getBoundingClientRect();
            const [x, y] = [Math.floor(left), Math.floor(top)];
            return [x, y, Math.ceil(right) - x, Math.ceil(bottom) - y]";
        area(&self.evaluate(script, vec![selector(hook).into()]).await?)
            .with_context(|| format!("where is {hook}?"))
    }

    /// Holds the mouse's button down in `from`, moves the mouse to each of `places` in turn, `pause` apart, and lets it go. All in
    /// the page's pixels.
    pub(crate) async fn drag(
        &self,
        from: (i64, i64),
        places: impl Iterator<Item = (i64, i64)>,
        pause: Duration,
    ) -> Result<()> {
        let actions = self.session()?.action_chain_with_delay(Some(Duration::ZERO), Some(pause));
        let held = actions.move_to(from.0, from.1).click_and_hold();
        places.fold(held, |actions, (x, y)| actions.move_to(x, y)).release().perform().await?;
        Ok(())
    }

    /// Runs JavaScript in the page and returns what it returns.
    pub(crate) async fn evaluate(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.session()?.execute(script, arguments).await?.json().clone())
    }

    /// As [`Self::evaluate`]; the script gives its result to its last argument, a function.
    pub(crate) async fn evaluate_async(&self, script: &str) -> Result<Value> {
        Ok(self.session()?.execute_async(script, Vec::new()).await?.json().clone())
    }

    /// Gives the window another size, in pixels of the screen.
    pub(crate) async fn resize(&self, width: u32, height: u32) -> Result<Rect> {
        let session = self.session()?;
        session.set_window_rect(0, 0, width, height).await.context("cannot resize the window")?;
        Ok(session.get_window_rect().await?)
    }

    /// Where the page is on the screen.
    pub(crate) async fn area(&self) -> Result<Area> {
        let script = "return [window.screenX, window.screenY, window.innerWidth, window.innerHeight]";
        area(&self.evaluate(script, Vec::new()).await?).context("the page has no area")
    }

    /// Waits until what was decided is painted, and what moves has arrived.
    pub(crate) async fn settle(&self) -> Result<()> {
        let frames = "const done = arguments[arguments.length - 1];
            const moving = document.getAnimations().filter(a => a.effect?.getTiming().iterations !== Infinity);
            Promise.allSettled(moving.map(a => a.finished))
                .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";
        self.evaluate_async(frames).await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
        Ok(())
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        if self.driver.is_some() {
            // It is a help for whoever looks for the reason, and no more.
            let _ = self.last_picture.status();
        }
    }
}

/// The label of the window in hand.
const LABEL: &str = "return window.__TAURI_INTERNALS__.metadata.currentWindow.label";

/// The beginning of what is to be read on the page.
const SHOWN: &str = "return document.body.innerText.replace(/\\s+/g, ' ').slice(0, 400)";

/// Why a control cannot be pressed; null if it can.
const WHY_NOT: &str = "
    const control = document.querySelector(arguments[0]);
    if (!control) return 'it is not there; the page shows: ' + document.body.innerText.replace(/\\s+/g, ' ').slice(0, 400);
    if (control.disabled || control.ariaDisabled === 'true') {
        const reason = document.getElementById(control.getAttribute('aria-describedby'))?.textContent;
        return 'it is off' + (reason ? ': ' + reason : '');
    }
    if (control.ariaBusy === 'true') return 'it is busy';
    return control.checkVisibility() ? null : 'it is hidden';";

/// From left, top, width and height.
fn area(numbers: &Value) -> Result<Area> {
    let number = |place: usize| {
        numbers[place]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .context("no such number of pixels")
    };
    Ok(Area { x: number(0)?, y: number(1)?, width: number(2)?, height: number(3)? })
}

pub(crate) fn selector(hook: &str) -> String {
    format!("[data-testid=\"{hook}\"]")
}

async fn connect(port: u16, program: &Path) -> Result<WebDriver> {
    let options = json!({ "application": program });
    let capabilities = json!({ "browserName": "wry", "tauri:options": options });
    let Value::Object(capabilities) = capabilities else { anyhow::bail!("capabilities are an object") };
    wait::until("a WebDriver session", START, async || {
        let capabilities = Capabilities::from(capabilities.clone());
        let session = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities);
        Ok(Some(session.request_timeout(ANSWER).connect().await?))
    })
    .await
}

/// A port that was free a moment ago, and that nobody else here was given.
fn free_port() -> Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
        let port = listener.local_addr()?.port();
        if GIVEN.lock().is_ok_and(|mut given| given.insert(port)) {
            return Ok(port);
        }
    }
}
