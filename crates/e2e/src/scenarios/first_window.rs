//! The window opens and shows the network, the tip and the two accounts, as the chain has them.

use anyhow::{Context as _, Result, ensure};

use super::{FIRST_VALUES, Stage, accounts, shown_number, wait_for_the_chains_values};
use crate::application::{Application, Theme};

pub(super) async fn shows_the_chain(stage: &Stage<'_>, theme: Theme) -> Result<()> {
    let devnet = stage.devnet().await?;
    let accounts = accounts(&devnet).await?;
    let application = stage.application(Some(&devnet), theme).await?;

    application.wait_for_state("live", FIRST_VALUES).await?;
    wait_for_the_chains_values(&application, &devnet, &accounts, FIRST_VALUES).await?;
    let network = application.text("network-name").await?;
    ensure!(network.to_lowercase().contains("devnet"), "the network is shown as `{network}`");
    let expected = devnet.tip().await?.time;
    let shown = shown_number(&application, "chain-time").await?;
    ensure!(shown == expected, "chain time is shown as {shown}, the newest block has {expected}");
    for account in &accounts {
        let full = application.evaluate(HAS_TEXT_OR_TITLE, vec![account.address.clone().into()]).await?;
        ensure!(full == true, "the whole address of {} is nowhere to be had", account.label);
    }
    let lightness = lightness_of_the_page(&application).await?;
    let matches = if theme == Theme::Light { lightness > 0.8 } else { lightness < 0.2 };
    ensure!(matches, "the page's lightness is {lightness:.2} in the {} theme", theme.name());

    stage.picture(&application).await?;
    application.quit().await?;
    devnet.stop().await
}

const HAS_TEXT_OR_TITLE: &str = "return [...document.querySelectorAll('*')].some(element =>
    element.title === arguments[0] || element.dataset.address === arguments[0]
    || (element.childElementCount === 0 && element.textContent.trim() === arguments[0]))";

/// From 0, black, to 1, white: the background's channels, averaged.
pub(super) async fn lightness_of_the_page(application: &Application) -> Result<f64> {
    let script =
        "const channels = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);
        return channels.slice(0, 3).reduce((sum, channel) => sum + channel, 0) / 3 / 255";
    application.evaluate(script, Vec::new()).await?.as_f64().context("the page has no background colour")
}
