//! The main job by hand: Irene commits capital, Peter buys protection, the market crashes, Peter is paid.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{FIRST_VALUES, Stage, onboarding, pages, shown};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::devnet::{Account, Chain};
use crate::wait;

/// A block comes every ten seconds, and the page has to hear of it.
const CONFIRMED: Duration = Duration::from_secs(120);
/// Time passes in steps with a report each, in an unoptimised build.
const PASSED: Duration = Duration::from_secs(180);

/// What somebody new may need from the first page, a press into a field included.
const COMMIT_PRESSES: u32 = 6;
const PROTECT_PRESSES: u32 = 8;

pub(super) async fn is_done_by_hand(stage: &Stage<'_>) -> Result<()> {
    let application = stage.application(None, Theme::Light).await?;
    onboarding::practise(&application).await?;
    shown::open_accounts(&application).await?;
    let accounts = shown::accounts(&application).await?;
    let [peter, irene] = &accounts[..] else { anyhow::bail!("there are {} accounts", accounts.len()) };
    let chain = chain_of(&application).await?;

    irene_commits(stage, &application, &chain, irene).await.context("Irene commits")?;
    pages::open(&application, "devnet").await?;
    // Within an hour of a close, a deposit takes part in the one after.
    for _ in 0..2 {
        let before = shown::number(&application, "devnet-time").await?;
        application.press("devnet-next-close").await?;
        wait_until_passed(&application, before).await?;
    }

    peter_protects(stage, &application, &chain, peter).await.context("Peter protects himself")?;
    crash(&application).await.context("the market crashes")?;
    stage.picture_of(&application, "crash").await?;
    peter_is_paid(stage, &application, &chain, peter).await.context("Peter is paid")?;
    application.quit().await
}

/// The chain behind the window, by the address that the settings show.
async fn chain_of(application: &Application) -> Result<Chain> {
    let snapshot = application.call("chain_snapshot", json!({})).await?;
    let snapshot = snapshot.map_err(|error| anyhow::anyhow!("no snapshot: {error}"))?;
    let url = snapshot["status"]["endpoint"].as_str().context("the snapshot names no node")?;
    Chain::at(url)
}

async fn irene_commits(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    irene: &Account,
) -> Result<()> {
    use_account(application, irene).await?;
    pages::open(application, "home").await?;
    application.presses();
    pages::open(application, "earn").await?;
    application.press(TIER).await?;
    shown::wait_until_loaded(application).await?;
    application.fill("commit-amount", "2").await?;
    application.press("commit-act-button").await?;
    let had = chain.balances(irene).await?;
    approve(stage, application, "commit-question").await?;
    wait_until_done(application).await?;
    stage.picture_of(application, "committed").await?;
    // To get into the field is a press as well.
    let presses = application.presses() + 1;
    ensure!(presses <= COMMIT_PRESSES, "it took {presses} presses");
    let has = chain.balances(irene).await?;
    ensure!(
        has.sbtc + 200_000_000 == had.sbtc && has.stx < had.stx,
        "2 sBTC were committed, and the chain says {had:?} before and {has:?} after"
    );
    Ok(())
}

/// The button of the bucket in sBTC that backs what the page for protection proposes: the middle tier.
const TIER: &str = "tier-open-2-sbtc";

async fn peter_protects(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
) -> Result<()> {
    use_account(application, peter).await?;
    pages::open(application, "home").await?;
    application.presses();
    pages::open(application, "protect").await?;
    application.fill("size", "0.1").await?;
    application.wait_for("total", CONFIRMED).await?;
    shown::wait_until_loaded(application).await?;
    stage.picture_of(application, "protect").await?;
    accessibility::check(application, &stage.options.axe).await?;
    let total: u128 = application.attribute("total", "data-amount").await?.parse()?;
    let had = chain.balances(peter).await?;
    application.press("review").await?;
    approve(stage, application, "protect-question").await?;
    wait_until_done(application).await?;
    stage.picture_of(application, "protected").await?;
    let presses = application.presses() + 1;
    ensure!(presses <= PROTECT_PRESSES, "it took {presses} presses");
    let has = chain.balances(peter).await?;
    let paid = had.sbtc - has.sbtc;
    // One per cent of slack is asked for, and the page says so.
    ensure!(paid > 0 && paid <= total + total / 100, "the page said {total}, the chain took {paid}");
    Ok(())
}

async fn crash(application: &Application) -> Result<()> {
    pages::open(application, "devnet").await?;
    let price: u64 = application.attribute("devnet-btc", "data-value").await?.parse()?;
    // To two thirds, in whole dollars.
    let crashed = price / 100_000_000 * 2 / 3;
    application.fill("devnet-btc-typed", &crashed.to_string()).await?;
    application.press("devnet-btc-set").await?;
    wait::until_true("the market says so", PASSED, async || {
        let now: u64 = application.attribute("devnet-btc", "data-value").await?.parse()?;
        ensure!(now == crashed * 100_000_000, "it says {now}");
        let doing = application.has("devnet-doing").await?;
        ensure!(!doing, "{}", application.text("devnet-doing").await?);
        Ok(true)
    })
    .await
}

async fn peter_is_paid(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
) -> Result<()> {
    pages::open(application, "policies").await?;
    let row = "return document.querySelector('[data-testid^=\"policy-row-\"]')?.dataset.testid ?? null";
    let row = application.evaluate(row, Vec::new()).await?;
    application.press(row.as_str().context("Peter has no policy")?).await?;
    application.wait_for("policy-state", FIRST_VALUES).await?;
    // The books have to hear of the crash first.
    application.wait_for("activate-pays", CONFIRMED).await?;
    stage.picture_of(application, "policy").await?;
    let least: u128 = application.attribute("activate-least", "data-amount").await?.parse()?;
    let had = chain.balances(peter).await?;
    application.press("activate-button").await?;
    approve(stage, application, "activate-question").await?;
    wait_until_done(application).await?;
    stage.picture_of(application, "paid").await?;
    let has = chain.balances(peter).await?;
    let got = has.sbtc - had.sbtc;
    ensure!(got >= least && least > 0, "at least {least} was asked for, the chain paid {got}");
    Ok(())
}

/// Chooses an account in the list of accounts.
async fn use_account(application: &Application, account: &Account) -> Result<()> {
    shown::open_accounts(application).await?;
    let script =
        "return document.querySelector(`[data-testid=\"account-row-${arguments[0]}\"] button.account-choose`)
        ?.dataset.testid ?? null";
    let choice = application.evaluate(script, vec![account.label.clone().into()]).await?;
    application
        .press(choice.as_str().with_context(|| format!("{} cannot be chosen", account.label))?)
        .await?;
    wait::until_true("the account is in use", FIRST_VALUES, async || {
        let script = "return document.querySelector('[data-testid=\"account-name\"]').textContent.trim()";
        let used = application.evaluate(script, Vec::new()).await?;
        ensure!(used == account.label.as_str(), "it is {used}");
        Ok(true)
    })
    .await
}

/// Reads the question to its end in its own window and says yes. The main window is in hand afterwards.
pub(super) async fn approve(stage: &Stage<'_>, application: &Application, picture: &str) -> Result<()> {
    application.switch_to(window::QUESTION).await?;
    application.wait_for("approve", FIRST_VALUES).await?;
    application.settle().await?;
    let focused =
        application.evaluate("return document.activeElement?.dataset?.testid ?? null", Vec::new()).await?;
    ensure!(focused != "approve", "yes has the focus without anybody having chosen it");
    stage.picture_of(application, picture).await?;
    accessibility::check(application, &stage.options.axe).await?;
    // A wheel does it for a person; the picture in it may come a moment later.
    wait::until_true("yes can be said", FIRST_VALUES, async || {
        application.evaluate(TO_THE_END, Vec::new()).await?;
        Ok(application.evaluate(IS_ON, Vec::new()).await? == true)
    })
    .await?;
    application.press("approve").await?;
    application.switch_to(window::MAIN).await
}

/// Only what a person can scroll.
const TO_THE_END: &str = "
    for (const element of document.querySelectorAll('*')) {
        if (['auto', 'scroll'].includes(getComputedStyle(element).overflowY)) element.scrollTop = element.scrollHeight;
    }";

const IS_ON: &str = "return document.querySelector('[data-testid=\"approve\"]')?.ariaDisabled !== 'true'";

/// Waits until what was approved is in a block.
async fn wait_until_done(application: &Application) -> Result<()> {
    wait::until_true("it is done", CONFIRMED, async || {
        let stage = application.evaluate(STAGES, Vec::new()).await?;
        let stages: Vec<String> = serde_json::from_value(stage)?;
        ensure!(stages.iter().any(|stage| stage == "done"), "it is {stages:?}");
        Ok(true)
    })
    .await
}

const STAGES: &str = "return [...document.querySelectorAll('[data-testid=\"proposal\"]')].map(element => element.dataset.stage)";

/// Waits until the devnet has passed the time that it was told to pass.
async fn wait_until_passed(application: &Application, before: u64) -> Result<()> {
    wait::until_true("the time has passed", PASSED, async || {
        let now = shown::number(application, "devnet-time").await?;
        ensure!(now > before, "it is {now}");
        let doing = application.has("devnet-doing").await?;
        ensure!(!doing, "it is at {now}: {}", application.text("devnet-doing").await?);
        Ok(true)
    })
    .await
}
