//! The application under test: started through tauri-driver, read through WebDriver.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::session::handle::SessionHandle;
use thirtyfour::{Capabilities, Rect};
use tokio::process::Command;

use crate::desktop::{Area, Desktop};
use crate::process::Running;
use crate::wait;

const START: Duration = Duration::from_secs(60);

/// WebDriver answers in milliseconds, or never: an application that ends at its start leaves it waiting.
const ANSWER: Duration = Duration::from_secs(45);

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
    pub(crate) theme: Theme,
    pub(crate) log: PathBuf,
}

/// An open window. Dropping it ends the application.
pub(crate) struct Application {
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
        desktop.adopt(&mut command);
        // The application inherits its environment from the driver.
        command.env("BITHEDGE_DATA_DIR", &launch.data).env("BITHEDGE_THEME", launch.theme.name());
        match launch.node {
            Some(url) => command.env("BITHEDGE_NODE_URL", url),
            None => command.env_remove("BITHEDGE_NODE_URL"),
        };
        for (variable, folder) in
            [("XDG_DATA_HOME", "share"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            // The engine's own files as well: a scenario starts with nothing.
            command.env(variable, launch.data.join(folder));
        }
        let driver = Running::start("tauri-driver", &mut command, launch.log)?;
        let session = connect(port, launch.program).await?;
        Ok(Self { session: Some(session), driver: Some(driver) })
    }

    pub(crate) fn session(&self) -> Result<&Arc<SessionHandle>> {
        self.session.as_ref().map(WebDriver::handle).context("the window is closed")
    }

    /// Closes the window as its close button does, so that the application ends by itself. The driver stays until
    /// this is dropped.
    pub(crate) async fn close_window(&self) -> Result<()> {
        self.session()?.close_window().await.context("cannot close the window")
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
        let selector = By::Css(format!("[data-testid=\"{hook}\"]"));
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
        let selector = By::Css(format!("[data-testid=\"{outer}\"] [data-testid=\"{hook}\"]"));
        let element =
            self.session()?.find(selector).await.with_context(|| format!("no {hook} in {outer}"))?;
        element.attr(name).await?.with_context(|| format!("{hook} in {outer} has no attribute {name}"))
    }

    pub(crate) async fn click(&self, hook: &str) -> Result<()> {
        Ok(self.element(hook).await?.click().await?)
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
        let numbers: Vec<i64> = serde_json::from_value(self.evaluate(script, Vec::new()).await?)?;
        let numbers: Vec<u32> =
            numbers.iter().map(|number| u32::try_from(*number)).collect::<Result<_, _>>()?;
        let [x, y, width, height] = numbers[..] else { anyhow::bail!("the page has no area") };
        Ok(Area { x, y, width, height })
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

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
