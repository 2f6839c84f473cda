//! What a user does and must see. One module for each concern; [`run`] knows them by name.

mod embedded_devnet;
mod first_window;
mod keyboard;
mod live_update;
mod node_dies;
mod settings;
mod small_window;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tempfile::TempDir;

use crate::application::{Application, Launch, Theme};
use crate::desktop::Desktop;
use crate::devnet::{Account, Balances, Devnet};
use crate::options::Options;
use crate::wait;

/// All of them, in the order in which they run.
pub(crate) const SCENARIOS: [&str; 9] = [
    "first-window-light",
    "first-window-dark",
    "live-update",
    "node-dies",
    "small-window",
    "embedded-devnet",
    "keyboard-light",
    "keyboard-dark",
    "settings",
];

/// Runs one to its end. The first thing that is not as it must be is the error.
pub(crate) async fn run(name: &str, stage: &Stage<'_>) -> Result<()> {
    match name {
        "first-window-light" => first_window::shows_the_chain(stage, Theme::Light).await,
        "first-window-dark" => first_window::shows_the_chain(stage, Theme::Dark).await,
        "live-update" => live_update::follows_the_chain(stage).await,
        "node-dies" => node_dies::keeps_the_last_values_and_says_so(stage).await,
        "small-window" => small_window::fits(stage).await,
        "embedded-devnet" => embedded_devnet::starts_and_ends_with_the_window(stage).await,
        "keyboard-light" => keyboard::reaches_everything(stage, Theme::Light).await,
        "keyboard-dark" => keyboard::reaches_everything(stage, Theme::Dark).await,
        "settings" => settings::can_be_changed(stage).await,
        other => bail!("there is no scenario `{other}`"),
    }
}

/// The accounts that the first window shows.
const LABELS: [&str; 2] = ["wallet_1", "wallet_2"];

/// From the start of the window to the chain's values: the page loads, asks once, shows.
const FIRST_VALUES: Duration = Duration::from_secs(20);

/// A scenario's own surroundings: scratch folder, logs, picture.
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

    /// A devnet whose blocks come only when the scenario wants them, and whose chain outlives it.
    async fn devnet(&self) -> Result<Devnet> {
        self.devnet_on(0).await
    }

    async fn devnet_on(&self, port: u16) -> Result<Devnet> {
        let data = self.scratch.path().join("devnet");
        Devnet::start(&self.options.devnet, &data, port, self.output("devnet.log")).await
    }

    /// The application's window, on this devnet or on its own.
    async fn application(&self, devnet: Option<&Devnet>, theme: Theme) -> Result<Application> {
        let launch = Launch {
            program: &self.options.app,
            tauri_driver: &self.options.tauri_driver,
            data: self.application_data(),
            node: devnet.map(Devnet::url),
            theme,
            log: self.output("app.log"),
        };
        Application::open(launch, self.desktop).await
    }

    fn application_data(&self) -> PathBuf {
        self.scratch.path().join("application")
    }

    /// Saves the scenario's picture and makes sure that it is one.
    async fn picture(&self, application: &Application) -> Result<()> {
        application.settle().await?;
        let file = self.output(".png");
        self.desktop.picture(Some(application.area().await?), &file).await?;
        let colours = Desktop::colours(&file).await?;
        ensure!(colours > 50, "the window shows next to nothing: {colours} colours in {}", file.display());
        Ok(())
    }
}

/// The balances that the window shows, which may be none yet.
async fn shown_balances(application: &Application, label: &str) -> Result<Balances> {
    let row = format!("account-row-{label}");
    let stx = application.attribute_within(&row, "account-stx", "data-amount").await?;
    let sbtc = application.attribute_within(&row, "account-sbtc", "data-amount").await?;
    Ok(Balances { stx: stx.parse()?, sbtc: sbtc.parse()? })
}

/// The height that the window shows.
async fn shown_height(application: &Application) -> Result<u64> {
    shown_number(application, "tip-height").await
}

/// The number behind what is formatted for people.
async fn shown_number(application: &Application, hook: &str) -> Result<u64> {
    let value = application.attribute(hook, "data-value").await?;
    let text = application.text(hook).await?;
    ensure!(!text.trim().is_empty(), "{hook} shows nothing");
    Ok(value.parse()?)
}

/// Waits until the window shows exactly what the devnet answers.
async fn wait_for_the_chains_values(
    application: &Application,
    devnet: &Devnet,
    accounts: &[Account],
    within: Duration,
) -> Result<()> {
    let tip = devnet.tip().await?;
    let mut expected = Vec::new();
    for account in accounts {
        expected.push((account, devnet.balances(account).await?));
    }
    wait::until_true("the window shows the chain's values", within, async || {
        let height = shown_height(application).await?;
        ensure!(height == tip.height, "it shows height {height}, the chain has {}", tip.height);
        for (account, balances) in &expected {
            let shown = shown_balances(application, &account.label).await?;
            ensure!(shown == *balances, "{}: it shows {shown:?}, the chain has {balances:?}", account.label);
        }
        Ok(true)
    })
    .await
}

/// Whether the account's figures are marked as those of an earlier moment.
async fn is_marked_as_old(application: &Application, account: &Account) -> Result<bool> {
    let row = format!("account-row-{}", account.label);
    let script = "const row = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
        return row.closest('.is-stale') !== null";
    Ok(application.evaluate(script, vec![row.into()]).await? == true)
}

async fn accounts(devnet: &Devnet) -> Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for label in LABELS {
        accounts.push(devnet.account(label).await?);
    }
    Ok(accounts)
}
