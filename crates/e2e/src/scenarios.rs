//! What a user does and must see. One module for each concern; [`run`] knows them by name.

mod capital;
mod embedded_devnet;
mod live_update;
mod node_dies;
mod onboarding;
mod pages;
mod practice;
mod question;
mod shown;
mod small_window;
mod trade;
mod wallet;
mod welcome;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tempfile::TempDir;

use crate::application::{Application, Launch, Theme};
use crate::desktop::Desktop;
use crate::devnet::Devnet;
use crate::options::Options;

/// All of them, in the order in which they run.
pub(crate) const SCENARIOS: [&str; 11] = [
    "welcome-light",
    "welcome-dark",
    "pages-light",
    "pages-dark",
    "small-window",
    "live-update",
    "node-dies",
    "embedded-devnet",
    "wallet",
    "trade",
    "capital",
];

/// Runs one to its end. The first thing that is not as it must be is the error.
pub(crate) async fn run(name: &str, stage: &Stage<'_>) -> Result<()> {
    match name {
        "welcome-light" => welcome::says_what_it_is(stage, Theme::Light).await,
        "welcome-dark" => welcome::says_what_it_is(stage, Theme::Dark).await,
        "pages-light" => pages::all_can_be_used(stage, Theme::Light).await,
        "pages-dark" => pages::all_can_be_used(stage, Theme::Dark).await,
        "small-window" => small_window::fits(stage).await,
        "live-update" => live_update::follows_the_chain(stage).await,
        "node-dies" => node_dies::keeps_the_last_values_and_says_so(stage).await,
        "embedded-devnet" => embedded_devnet::starts_and_ends_with_the_window(stage).await,
        "wallet" => wallet::is_made_locked_and_unlocked(stage).await,
        "trade" => trade::is_done_by_hand(stage).await,
        "capital" => capital::comes_and_goes(stage).await,
        other => bail!("there is no scenario `{other}`"),
    }
}

/// From a network that is ready to the first values on the page.
const FIRST_VALUES: Duration = Duration::from_secs(60);

/// A scenario's own surroundings: scratch folder, logs, pictures.
pub(crate) struct Stage<'a> {
    name: &'static str,
    options: &'a Options,
    desktop: &'a Desktop,
    scratch: TempDir,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(name: &'static str, options: &'a Options, desktop: &'a Desktop) -> Result<Self> {
        Ok(Self { name, options, desktop, scratch: tempfile::tempdir()? })
    }

    /// Where to look when it fails.
    pub(crate) fn logs(&self) -> String {
        self.output("*.log").display().to_string()
    }

    fn output(&self, suffix: &str) -> PathBuf {
        let separator = if suffix.starts_with('.') { "" } else { "-" };
        self.options.output.join(format!("{}{separator}{suffix}", self.name))
    }

    /// A practice network whose chain outlives it.
    async fn devnet(&self) -> Result<Devnet> {
        self.devnet_on(0).await
    }

    async fn devnet_on(&self, port: u16) -> Result<Devnet> {
        let data = self.scratch.path().join("devnet");
        Devnet::start(&self.options.devnet, &data, port, self.output("devnet.log")).await
    }

    /// The application, on this devnet or on its own. It begins as for somebody new, or where the scenario's last one ended.
    async fn application(&self, devnet: Option<&Devnet>, theme: Theme) -> Result<Application> {
        let saved = self.saved();
        std::fs::create_dir_all(&saved)?;
        let launch = Launch {
            program: &self.options.app,
            tauri_driver: &self.options.tauri_driver,
            data: self.application_data(),
            node: devnet.map(|devnet| devnet.chain().url()),
            saved,
            theme,
            log: self.output("app.log"),
            last_picture: self.output("last.png"),
        };
        Application::open(launch, self.desktop).await
    }

    fn application_data(&self) -> PathBuf {
        self.scratch.path().join("application")
    }

    /// Where files go that a person asks for.
    fn saved(&self) -> PathBuf {
        self.scratch.path().join("saved")
    }

    /// Saves the scenario's picture of the window in hand and makes sure that it is one.
    async fn picture(&self, application: &Application) -> Result<()> {
        self.picture_to(application, self.output(".png")).await
    }

    /// As [`Self::picture`], one of several.
    async fn picture_of(&self, application: &Application, what: &str) -> Result<()> {
        self.picture_to(application, self.output(&format!("{what}.png"))).await
    }

    async fn picture_to(&self, application: &Application, file: PathBuf) -> Result<()> {
        application.settle().await?;
        self.desktop.picture(Some(application.area().await?), &file).await?;
        let colours = Desktop::colours(&file).await?;
        ensure!(colours > 50, "the window shows next to nothing: {colours} colours in {}", file.display());
        Ok(())
    }
}
