//! Without a node to connect to, the application starts its own devnet for whoever practises, and ends it with the window.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Stage, onboarding, shown};
use crate::application::{Theme, window};
use crate::wait;

const END: Duration = Duration::from_secs(15);

pub(super) async fn starts_and_ends_with_the_window(stage: &Stage<'_>) -> Result<()> {
    let data = stage.application_data();
    let application = stage.application(None, Theme::Light).await?;
    onboarding::practise(&application).await?;
    shown::height(&application).await?;
    shown::open_accounts(&application).await?;
    wait::until_true("both are funded", super::FIRST_VALUES, async || {
        for label in shown::PEOPLE {
            let balances = shown::balances(&application, label).await?;
            ensure!(balances.stx > 0 && balances.sbtc > 0, "{label} is not funded: {balances:?}");
        }
        Ok(true)
    })
    .await?;
    stage.picture(&application).await?;
    ensure!(vm_is_running_for(&data)?, "no process of the Clarity VM belongs to this window");
    ensure!(application.windows().await? == [window::MAIN], "there are other windows");

    // There is no tray on this desktop, so that closing the window is the end.
    stage.desktop.close_window("BitHedge").await?;
    wait::until_true("the Clarity VM ends with the window", END, async || Ok(!vm_is_running_for(&data)?))
        .await?;
    drop(application);

    // The second start goes on where the first ended, without any question.
    let application = stage.application(None, Theme::Light).await?;
    application.wait_for("nav-home", super::FIRST_VALUES).await?;
    application.wait_for_state("live", super::FIRST_VALUES).await?;
    application.quit().await
}

/// Whether some process is the Node program that runs the Clarity VM, started for the application with this data folder.
fn vm_is_running_for(data: &Path) -> Result<bool> {
    is_running_for(data, |word| word.ends_with("worker.mjs"))
}

/// Whether a process runs for the application with this data folder that has such a word in its command line. (The application's variables
/// are inherited, which tells its processes from those of other windows.)
pub(super) fn is_running_for(data: &Path, is_it: impl Fn(&str) -> bool) -> Result<bool> {
    let marker = format!("BITHEDGE_DATA_DIR={}", data.display());
    for entry in fs::read_dir("/proc")? {
        let process = entry?.path();
        // Processes come and go, and others' may not be read: those are not ours.
        let (Ok(command), Ok(variables)) =
            (fs::read(process.join("cmdline")), fs::read(process.join("environ")))
        else {
            continue;
        };
        if words(&command).any(|word| is_it(&word)) && words(&variables).any(|variable| variable == marker) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What /proc separates with zero bytes.
fn words(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned())
}
