//! The main job by hand: Peter buys protection, the market falls, Peter is paid.

use anyhow::{Context as _, Result, ensure};
use thirtyfour::By;

use super::question::{self, CONFIRMED, approve, refuse};
use super::{FIRST_VALUES, Stage, onboarding, pages, practice, shown};
use crate::accessibility;
use crate::application::{Application, Theme};
use crate::devnet::{Account, Chain};
use crate::wait;

/// What somebody new may need from the first page, a press into a field included.
const PRESSES: u32 = 8;
/// So long after its purchase a policy cannot be activated yet, in seconds.
const HOUR: u64 = 3_600;

pub(super) async fn is_done_by_hand(stage: &Stage<'_>) -> Result<()> {
    let application = stage.application(None, Theme::Light).await?;
    onboarding::practise(&application).await?;
    let [peter, irene] = practice::people(&application).await?;
    let chain = practice::chain_of(&application).await?;

    peter_protects(stage, &application, &chain, &peter).await.context("Peter protects himself")?;
    practice::crash(&application).await.context("the market falls")?;
    stage.picture_of(&application, "crash").await?;
    practice::pass(&application, "devnet-hour", HOUR).await.context("an hour passes")?;
    irene_looks_at_it(stage, &application, &peter, &irene).await.context("Irene looks at Peter's policy")?;
    peter_is_paid(stage, &application, &chain, &peter).await.context("Peter is paid")?;
    application.quit().await
}

async fn peter_protects(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
) -> Result<()> {
    practice::use_account(application, peter).await?;
    pages::open(application, "home").await?;
    application.presses();
    pages::open(application, "protect").await?;
    application.fill("size", "0.1").await?;
    application.press("pay-sbtc").await?;
    application.wait_for("total", CONFIRMED).await?;
    shown::wait_until_loaded(application).await?;
    ensure!(application.attribute("total", "data-asset").await? == "sBTC", "the price is not in sBTC");
    stage.picture_of(application, "protect").await?;
    accessibility::check(application, &stage.options.axe).await?;
    values_are_read_by_pointing(application).await.context("pointing at the chart")?;
    let total: u128 = application.attribute("total", "data-amount").await?.parse()?;
    let had = chain.balances(peter).await?;
    application.press("review").await?;
    approve(stage, application, "protect-question").await?;
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "protected").await?;
    let presses = application.presses() + 1;
    ensure!(presses <= PRESSES, "it took {presses} presses");
    stage.note(format!("{presses} presses to buy protection"));
    let has = chain.balances(peter).await?;
    let paid = had.sbtc.saturating_sub(has.sbtc);
    // One per cent of slack is asked for, and the page says so.
    ensure!(paid > 0 && paid <= total + total / 100, "the page said {total}, the chain took {paid}");
    Ok(())
}

/// The chart says what stands where the pointer is, and nothing moves by it.
async fn values_are_read_by_pointing(application: &Application) -> Result<()> {
    const READING: &str = "return document.querySelector('[data-testid=\"payoff\"] [data-testid=\"chart-reading\"]').textContent";
    const HEIGHT: &str =
        "return document.querySelector('[data-testid=\"payoff\"]').getBoundingClientRect().height";
    let before = application.evaluate(HEIGHT, Vec::new()).await?;
    let picture = application.session()?.find(By::Css("[data-testid=\"payoff\"] .chart-picture")).await?;
    picture.scroll_into_view().await?;
    application.session()?.action_chain().move_to_element_center(&picture).perform().await?;
    wait::until_true("it is read", FIRST_VALUES, async || {
        let reading = application.evaluate(READING, Vec::new()).await?;
        let reading = reading.as_str().unwrap_or_default();
        ensure!(reading.starts_with("BTC at ") && reading.contains("with protection"), "it says `{reading}`");
        Ok(true)
    })
    .await?;
    let after = application.evaluate(HEIGHT, Vec::new()).await?;
    ensure!(before == after, "the chart was {before} high and is {after}");
    Ok(())
}

/// Whose a policy is follows the account in use: somebody else's is neither hers nor hers to end.
async fn irene_looks_at_it(
    stage: &Stage<'_>,
    application: &Application,
    peter: &Account,
    irene: &Account,
) -> Result<()> {
    const HASH: &str = "return location.hash";
    pages::open(application, "policies").await?;
    open_first_policy(application).await?;
    let place = application.evaluate(HASH, Vec::new()).await?;
    // Another account leaves the page of a policy that was looked at as this one.
    let is_left = async || {
        wait::until_true("the list is open", FIRST_VALUES, async || {
            let place = application.evaluate(HASH, Vec::new()).await?;
            ensure!(place == "#/policies", "{place} is open");
            Ok(true)
        })
        .await
    };
    practice::use_account(application, irene).await?;
    is_left().await?;
    application.evaluate("location.hash = arguments[0]", vec![place]).await?;
    application.wait_for("policy-of-another", FIRST_VALUES).await?;
    stage.picture_of(application, "policy-of-another").await?;
    accessibility::check(application, &stage.options.axe).await?;
    let whose = application.text("policy-of-another").await?;
    ensure!(whose.contains(&peter.label), "it says {whose}");
    let story = application.text("policy-story").await?;
    let lower = story.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_alphabetic());
    ensure!(!words.any(|word| matches!(word, "you" | "your")), "Irene reads: {story}");
    for hook in ["activate-button", "sell-back-button", "policy-comparison"] {
        ensure!(!application.has(hook).await?, "Irene is offered {hook}");
    }
    practice::use_account(application, peter).await?;
    is_left().await
}

async fn open_first_policy(application: &Application) -> Result<()> {
    let row = "return document.querySelector('[data-testid^=\"policy-row-\"]')?.dataset.testid ?? null";
    let row = wait::until("a policy is listed", FIRST_VALUES, async || {
        Ok(application.evaluate(row, Vec::new()).await?.as_str().map(str::to_owned))
    })
    .await?;
    application.press(&row).await?;
    application.wait_for("policy-state", FIRST_VALUES).await
}

async fn peter_is_paid(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
) -> Result<()> {
    pages::open(application, "policies").await?;
    open_first_policy(application).await.context("Peter has no policy")?;
    // The books have to hear of the fall first.
    application.wait_for("activate-pays", CONFIRMED).await?;
    stage.picture_of(application, "policy").await?;
    let had = chain.balances(peter).await?;
    application.press("activate-button").await?;
    refuse(stage, application, "refused-question").await?;
    question::wait_until(application, "closed").await?;
    stage.picture_of(application, "refused").await?;
    let has = chain.balances(peter).await?;
    ensure!(has == had, "Peter said no, and the chain says {had:?} before and {has:?} after");

    application.press("proposal-dismiss").await?;
    let least: u128 = application.attribute("activate-least", "data-amount").await?.parse()?;
    application.press("activate-button").await?;
    approve(stage, application, "activate-question").await?;
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "paid").await?;
    let has = chain.balances(peter).await?;
    let got = has.sbtc.saturating_sub(had.sbtc);
    // What is asked for is computed again at the press, from prices that move.
    ensure!(least > 0 && got > least / 100 * 98, "about {least} at least was shown, the chain paid {got}");
    Ok(())
}
