//! The node dies under the window: what was known stays, marked as old. The node returns: so do the figures.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{FIRST_VALUES, Stage, onboarding, shown};
use crate::accessibility;
use crate::application::Theme;

/// A refused connection is noticed at the next question; retries and backoff come on top.
const NOTICE: Duration = Duration::from_secs(30);

pub(super) async fn keeps_the_last_values_and_says_so(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    shown::open_accounts(&application).await?;
    let accounts = shown::accounts(&application).await?;
    // Not the values of the start, so that keeping them cannot be mistaken for knowing them.
    devnet.chain().give_stx(&accounts[0], 4_200_000).await?;
    devnet.chain().mine(2).await?;
    shown::wait_for_the_chains_values(&application, devnet.chain(), &accounts, FIRST_VALUES).await?;

    let port = devnet.chain().port()?;
    devnet.kill().await?;
    application.wait_for_state("unreachable", NOTICE).await?;
    let height = shown::height(&application).await?;
    let balances = shown::balances(&application, &accounts[0].label).await?;
    ensure!(height > 0 && balances.stx > 0, "the last known values are gone: {height}, {balances:?}");
    // The list of accounts hides what is to be seen.
    application.press("account-menu").await?;
    stage.picture(&application).await?;
    application.press("account-menu").await?;
    accessibility::check(&application, &stage.options.axe).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let kept = (shown::height(&application).await?, shown::balances(&application, &accounts[0].label).await?);
    ensure!(kept == (height, balances), "the last known values went on changing: {kept:?}");

    let devnet = stage.devnet_on(port).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    devnet.chain().mine(1).await?;
    shown::wait_for_the_chains_values(&application, devnet.chain(), &accounts, FIRST_VALUES).await?;
    application.quit().await?;
    devnet.stop().await
}
