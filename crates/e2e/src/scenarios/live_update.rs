//! The chain moves and the window follows, without being loaded again.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{FIRST_VALUES, Stage, onboarding, shown};
use crate::application::Theme;

/// The application asks about once a second; answers, drawing, a slow machine and a block that comes in between have the rest.
const FOLLOW: Duration = Duration::from_secs(15);

pub(super) async fn follows_the_chain(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let chain = devnet.chain();
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    shown::open_accounts(&application).await?;
    let accounts = shown::accounts(&application).await?;
    shown::wait_for_the_chains_values(&application, chain, &accounts, FIRST_VALUES).await?;
    for account in &accounts {
        let has = chain.balances(account).await?;
        ensure!(has.stx > 0 && has.sbtc > 0, "{} was not endowed: {has:?}", account.label);
    }
    // A page that is loaded again forgets this.
    application.evaluate("window.e2eLoadedOnce = true", Vec::new()).await?;

    let before = chain.tip().await?;
    chain.mine(3).await?;
    let after = chain.tip().await?;
    ensure!(after.height >= before.height + 3, "mining 3 blocks moved {} to {}", before.height, after.height);
    shown::wait_for_the_chains_values(&application, chain, &accounts, FOLLOW).await?;

    for account in &accounts {
        let had = chain.balances(account).await?;
        chain.give_stx(account, 1_234_567).await?;
        chain.give_sbtc(account, 89_012).await?;
        chain.mine(1).await?;
        let has = chain.balances(account).await?;
        ensure!(has.stx == had.stx + 1_234_567, "the STX faucet made {} of {}", has.stx, had.stx);
        ensure!(has.sbtc == had.sbtc + 89_012, "the sBTC faucet made {} of {}", has.sbtc, had.sbtc);
        shown::wait_for_the_chains_values(&application, chain, &accounts, FOLLOW).await?;
    }

    let same = application.evaluate("return window.e2eLoadedOnce === true", Vec::new()).await?;
    ensure!(same == true, "the page was loaded again");
    stage.picture(&application).await?;
    application.quit().await?;
    devnet.stop().await
}
