//! The node dies under the window: what was known stays, marked as old. The node returns: so do the figures.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{
    FIRST_VALUES, Stage, accounts, is_marked_as_old, shown_balances, shown_height, wait_for_the_chains_values,
};
use crate::accessibility;
use crate::application::Theme;

/// A refused connection is noticed at the next question; retries and backoff come on top.
const NOTICE: Duration = Duration::from_secs(15);

pub(super) async fn keeps_the_last_values_and_says_so(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let accounts = accounts(&devnet).await?;
    // Not the values of the start, so that keeping them cannot be mistaken for knowing them.
    devnet.give_stx(&accounts[0], 4_200_000).await?;
    devnet.mine(2).await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    wait_for_the_chains_values(&application, &devnet, &accounts, FIRST_VALUES).await?;
    let height = shown_height(&application).await?;
    let balances = shown_balances(&application, &accounts[0].label).await?;

    let port = devnet.port()?;
    devnet.kill().await?;
    application.wait_for_state("unreachable", NOTICE).await?;
    ensure!(shown_height(&application).await? == height, "the last known height is gone");
    for account in &accounts {
        let marked = is_marked_as_old(&application, account).await?;
        ensure!(marked, "the figures of {} are not marked as old", account.label);
    }
    let kept = shown_balances(&application, &accounts[0].label).await?;
    ensure!(kept == balances, "the last known balances were {balances:?}, now {kept:?}");
    stage.picture(&application).await?;
    accessibility::check(&application, &stage.options.axe).await?;
    accessibility::check_keyboard(&application).await?;

    let devnet = stage.devnet_on(port).await?;
    application.wait_for_state("live", NOTICE).await?;
    let marked = is_marked_as_old(&application, &accounts[0]).await?;
    ensure!(!marked, "the figures are still marked as old");
    devnet.mine(1).await?;
    wait_for_the_chains_values(&application, &devnet, &accounts, NOTICE).await?;
    application.quit().await?;
    devnet.stop().await
}
