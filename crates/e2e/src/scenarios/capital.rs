//! Capital by hand: a question that nobody answers runs out, Irene commits, and leaves again.

use anyhow::{Context as _, Result, ensure};

use super::question::{self, approve};
use super::{FIRST_VALUES, Stage, dealing, onboarding, pages, practice};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::devnet::{Account, Chain};

/// What somebody new may need from the first page, a press into a field included.
const PRESSES: u32 = 6;
/// What she commits: 2 sBTC, in satoshis.
const COMMITTED: u128 = 200_000_000;
const DAY: u64 = 86_400;

pub(super) async fn comes_and_goes(stage: &Stage<'_>) -> Result<()> {
    let application = stage.application(None, Theme::Light).await?;
    onboarding::practise(&application).await?;
    let [_, irene] = practice::people(&application).await?;
    let chain = practice::chain_of(&application).await?;
    practice::use_account(&application, &irene).await?;

    commits(stage, &application, &chain, &irene).await.context("Irene commits")?;
    // Within an hour of a close, a deposit takes part in the one after.
    dealing::close(&application, 2).await.context("her deposit becomes shares")?;
    a_question_runs_out(stage, &application, &chain, &irene).await.context("a question runs out")?;
    leaves(stage, &application, &chain, &irene).await.context("Irene leaves")?;
    application.quit().await
}

async fn commits(stage: &Stage<'_>, application: &Application, chain: &Chain, irene: &Account) -> Result<()> {
    pages::open(application, "home").await?;
    application.presses();
    dealing::open_bucket(application).await?;
    application.fill("commit-amount", "2").await?;
    let had = chain.balances(irene).await?;
    application.press("commit-act-button").await?;
    approve(stage, application, "commit-question").await?;
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "committed").await?;
    // To get into the field is a press as well.
    let presses = application.presses() + 1;
    ensure!(presses <= PRESSES, "it took {presses} presses");
    stage.note(format!("{presses} presses to commit capital"));
    let has = chain.balances(irene).await?;
    ensure!(
        has.sbtc + COMMITTED == had.sbtc && has.stx < had.stx,
        "2 sBTC were committed, and the chain says {had:?} before and {has:?} after"
    );
    Ok(())
}

async fn a_question_runs_out(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    irene: &Account,
) -> Result<()> {
    dealing::open_bucket(application).await?;
    application.wait_for("leave-button", FIRST_VALUES).await?;
    let had = chain.balances(irene).await?;
    application.press("leave-button").await?;
    application.switch_to(window::QUESTION).await?;
    application.wait_for("approve", FIRST_VALUES).await?;
    application.switch_to(window::MAIN).await?;
    // Nobody answers, and the chain's clock goes on for a day.
    application
        .call("devnet_do", serde_json::json!({ "deed": { "deed": "pass", "seconds": DAY.to_string() } }))
        .await?
        .map_err(|error| anyhow::anyhow!("the time does not pass: {error}"))?;
    question::wait_until(application, "closed").await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    let said = application.text("proposal-closed").await?;
    ensure!(
        said.contains("Nobody answered in time. Nothing was signed"),
        "of a question that ran out it says: {said}"
    );
    stage.picture_of(application, "ran-out").await?;
    let has = chain.balances(irene).await?;
    ensure!(has == had, "nobody answered, and the chain says {had:?} before and {has:?} after");
    application.press("proposal-dismiss").await
}

async fn leaves(stage: &Stage<'_>, application: &Application, chain: &Chain, irene: &Account) -> Result<()> {
    application.press("leave-button").await?;
    approve(stage, application, "leave-question").await?;
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "leaving").await?;
    dealing::close(application, 2).await?;
    dealing::open_bucket(application).await?;
    application.wait_for("claim-withdrawal-button", FIRST_VALUES).await?;
    stage.picture_of(application, "set-aside").await?;
    accessibility::check(application, &stage.options.axe).await?;
    let had = chain.balances(irene).await?;
    application.press("claim-withdrawal-button").await?;
    approve(stage, application, "claim-question").await?;
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "claimed").await?;
    let got = chain.balances(irene).await?.sbtc.saturating_sub(had.sbtc);
    // All of it, but for what the closes cost.
    ensure!(got > COMMITTED * 99 / 100 && got <= COMMITTED, "the chain paid {got} of {COMMITTED}");
    Ok(())
}
