//! The chain moves and the window follows, without being loaded again.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{FIRST_VALUES, Stage, accounts, wait_for_the_chains_values};
use crate::application::Theme;

/// The application asks about once a second; answers, drawing and a slow machine have the rest.
const FOLLOW: Duration = Duration::from_secs(3);

pub(super) async fn follows_the_chain(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let accounts = accounts(&devnet).await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    wait_for_the_chains_values(&application, &devnet, &accounts, FIRST_VALUES).await?;
    // A page that is loaded again forgets this.
    application.evaluate("window.e2eLoadedOnce = true", Vec::new()).await?;

    let before = devnet.tip().await?;
    devnet.mine(3).await?;
    let after = devnet.tip().await?;
    ensure!(after.height >= before.height + 3, "mining 3 blocks moved {} to {}", before.height, after.height);
    wait_for_the_chains_values(&application, &devnet, &accounts, FOLLOW).await?;

    for account in &accounts {
        let had = devnet.balances(account).await?;
        devnet.give_stx(account, 1_234_567).await?;
        devnet.give_sbtc(account, 89_012).await?;
        devnet.mine(1).await?;
        let has = devnet.balances(account).await?;
        ensure!(has.stx == had.stx + 1_234_567, "the STX faucet made {} of {}", has.stx, had.stx);
        ensure!(has.sbtc == had.sbtc + 89_012, "the sBTC faucet made {} of {}", has.sbtc, had.sbtc);
        wait_for_the_chains_values(&application, &devnet, &accounts, FOLLOW).await?;
    }

    let same = application.evaluate("return window.e2eLoadedOnce === true", Vec::new()).await?;
    ensure!(same == true, "the page was loaded again");
    stage.picture(&application).await?;
    application.quit().await?;
    devnet.stop().await
}
