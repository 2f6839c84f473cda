//! What a user does and must see. One module for each concern; [`run`] knows them by name.

mod bad_input;
mod capital;
mod damaged_journal;
mod dealing;
mod embedded_devnet;
mod exports;
mod forms;
mod keeper;
mod keyboard;
mod live_update;
mod march_2020;
mod networks;
mod node_dies;
mod onboarding;
mod own_wallet;
mod pages;
mod performance;
mod practice;
mod question;
mod secrets;
mod settlement;
mod shown;
mod small_window;
mod stuck;
mod trade;
mod tray;
mod wallet;
mod welcome;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tempfile::TempDir;

use crate::application::{Application, Launch, Theme};
use crate::desktop::{self, Desktop};
use crate::devnet::Devnet;
use crate::options::Options;

/// All of them, in the order in which they run.
pub(crate) const SCENARIOS: [&str; 22] = [
    "welcome-light",
    "welcome-dark",
    "pages-light",
    "pages-dark",
    "small-window",
    "large-window",
    "keyboard",
    "live-update",
    "node-dies",
    "embedded-devnet",
    "wallet",
    "own-wallet",
    "networks",
    "bad-input",
    "exports",
    "trade",
    "capital",
    "march-2020",
    "settlement",
    "stuck",
    "tray",
    "damaged-journal",
];

/// What needs an idle machine, an optimised application, or a window to compare with: these run where they are named (`cargo xtask bench
/// window`).
pub(crate) const MEASUREMENTS: [&str; 3] = ["slider", "first-paint", "memory"];

/// Whether it needs the machine for itself.
pub(crate) fn runs_alone(name: &str) -> bool {
    MEASUREMENTS.contains(&name)
}

/// The screen that it needs.
pub(crate) fn screen(name: &str) -> &'static str {
    if name == "large-window" { desktop::LARGE_SCREEN } else { desktop::SCREEN }
}

/// How long it may take. None takes half of it.
pub(crate) fn limit(name: &str) -> Duration {
    if name == "memory" { Duration::from_mins(30) } else { Duration::from_mins(8) }
}

/// Runs one to its end. The first thing that is not as it must be is the error.
pub(crate) async fn run(name: &str, stage: &Stage<'_>) -> Result<()> {
    match name {
        "welcome-light" => welcome::says_what_it_is(stage, Theme::Light).await,
        "welcome-dark" => welcome::says_what_it_is(stage, Theme::Dark).await,
        "pages-light" => pages::all_can_be_used(stage, Theme::Light).await,
        "pages-dark" => pages::all_can_be_used(stage, Theme::Dark).await,
        "small-window" => small_window::fits(stage, small_window::SMALLEST).await,
        "large-window" => small_window::fits(stage, small_window::LARGEST).await,
        "keyboard" => keyboard::is_enough(stage).await,
        "live-update" => live_update::follows_the_chain(stage).await,
        "node-dies" => node_dies::keeps_the_last_values_and_says_so(stage).await,
        "embedded-devnet" => embedded_devnet::starts_and_ends_with_the_window(stage).await,
        "wallet" => wallet::is_made_locked_and_unlocked(stage).await,
        "own-wallet" => own_wallet::is_brought_and_kept(stage).await,
        "networks" => networks::are_entered_used_and_left(stage).await,
        "bad-input" => bad_input::is_refused_in_words(stage).await,
        "exports" => exports::say_what_happened_and_no_secret(stage).await,
        "trade" => trade::is_done_by_hand(stage).await,
        "capital" => capital::comes_and_goes(stage).await,
        "slider" => performance::follows_the_hand(stage).await,
        "first-paint" => performance::is_there_soon(stage).await,
        "memory" => performance::stays_the_same(stage).await,
        "march-2020" => march_2020::is_lived_through(stage).await,
        "settlement" => settlement::ends_every_way(stage).await,
        "stuck" => stuck::is_dealt_with(stage).await,
        "damaged-journal" => damaged_journal::is_asked_about(stage).await,
        "tray" => tray::keeps_it_within_reach(stage).await,
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
    notes: RefCell<Vec<String>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(name: &'static str, options: &'a Options, desktop: &'a Desktop) -> Result<Self> {
        Ok(Self { name, options, desktop, scratch: tempfile::tempdir()?, notes: RefCell::default() })
    }

    /// Something to tell whoever reads the outcome.
    fn note(&self, note: String) {
        self.notes.borrow_mut().push(note);
    }

    /// What was noted.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.take()
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

    /// A practice network with something to buy.
    async fn founded_devnet(&self) -> Result<Devnet> {
        let data = self.scratch.path().join("devnet");
        Devnet::start_founded(&self.options.devnet, &data, self.output("devnet.log")).await
    }

    /// A practice network whose prices move all the time.
    async fn lively_devnet(&self) -> Result<Devnet> {
        let data = self.scratch.path().join("devnet");
        Devnet::start_lively(&self.options.devnet, &data, self.output("devnet.log")).await
    }

    /// The application, on this devnet or on its own. It begins as for somebody new, or where the scenario's last one ended.
    async fn application(&self, devnet: Option<&Devnet>, theme: Theme) -> Result<Application> {
        let program = &self.options.app;
        let launch = self.launch(program, devnet, theme, self.application_data())?;
        Application::open(launch, self.desktop).await
    }

    /// As [`Self::application`], with the node at this address.
    async fn application_at(&self, node: &str, theme: Theme) -> Result<Application> {
        let launch = self.launch(&self.options.app, None, theme, self.application_data())?;
        Application::open(Launch { node: Some(node), ..launch }, self.desktop).await
    }

    /// Another program's window, or the application's as for somebody new.
    async fn window(&self, program: &Path) -> Result<Application> {
        let launch = self.launch(program, None, Theme::Light, self.new_folder()?)?;
        Application::open(launch, self.desktop).await
    }

    /// How to start a program that keeps everything in `data`.
    fn launch<'b>(
        &self,
        program: &'b Path,
        devnet: Option<&'b Devnet>,
        theme: Theme,
        data: PathBuf,
    ) -> Result<Launch<'b>>
    where
        'a: 'b,
    {
        let saved = self.saved();
        std::fs::create_dir_all(&saved)?;
        Ok(Launch {
            program,
            tauri_driver: &self.options.tauri_driver,
            data,
            node: devnet.map(|devnet| devnet.chain().url()),
            saved,
            theme,
            log: self.output("app.log"),
            last_picture: self.output("last.png"),
        })
    }

    /// A folder that nobody has used.
    fn new_folder(&self) -> Result<PathBuf> {
        Ok(tempfile::tempdir_in(self.scratch.path())?.keep())
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
