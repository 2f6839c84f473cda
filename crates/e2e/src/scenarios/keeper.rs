//! The keeper: allowed within limits, stopped by an alarm, and still allowed after a restart.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::secrets::{self, SLOW};
use super::{FIRST_VALUES, Stage, forms, pages, question, shown};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::devnet::Devnet;
use crate::proxy::{Conduct, Proxy};
use crate::wait;

/// It looks every few seconds, and its call has to get into a block.
const DONE: Duration = Duration::from_secs(90);
/// What it is allowed, in micro-STX.
const A_CALL: u128 = 50_000;
const A_DAY: u128 = 500_000;

/// Gives back the application, which was started once more meanwhile.
pub(super) async fn works_within_its_limits(
    stage: &Stage<'_>,
    application: Application,
    devnet: &Devnet,
    proxy: &Proxy,
) -> Result<Application> {
    let account = secrets::endowed();
    let had = devnet.chain().balances(&account).await?;
    begins(stage, &application).await?;
    let until = application.attribute("keeper-until", "data-value").await?;
    says_that_it_has_begun(stage, &application).await?;
    let has = devnet.chain().balances(&account).await?;
    let fees = had.stx.saturating_sub(has.stx);
    // The practice network's own keeper is mostly quicker; what this one does alone is shown by the tests of engine and session.
    ensure!(fees <= A_DAY, "its fees came to {fees} micro-STX of {A_DAY}");
    ensure!(has.sbtc >= had.sbtc, "the keeper spent sBTC: {had:?} before, {has:?} after");
    is_stopped_by_an_alarm(stage, &application, proxy).await.context("an alarm")?;
    application.quit().await?;

    let application = stage.application_at(proxy.url(), Theme::Dark).await?;
    application.wait_for("nav-home", SLOW).await?;
    secrets::wait_for_lock(&application, true).await?;
    open(&application).await?;
    stage.picture_of(&application, "keeper-locked").await?;
    accessibility::check(&application, &stage.options.axe).await?;
    application.press("lock").await?;
    secrets::unlock(&application).await?;
    application.wait_for("stop-keeper", FIRST_VALUES).await?;
    let still = application.attribute("keeper-until", "data-value").await?;
    ensure!(still == until, "it was allowed until {until}, and is until {still} after a restart");
    application.press("stop-keeper").await?;
    application.wait_for("keeper-form", FIRST_VALUES).await?;
    Ok(application)
}

async fn open(application: &Application) -> Result<()> {
    pages::open(application, "settings").await?;
    application.press("tab-settings-keeper").await?;
    shown::wait_until_loaded(application).await
}

async fn begins(stage: &Stage<'_>, application: &Application) -> Result<()> {
    open(application).await?;
    // Without a duty there is nothing to allow.
    for duty in ["claim-for-others", "collect-rewards", "serve-pool"] {
        application.press(&format!("duty-{duty}")).await?;
    }
    wait::until_true("a keeper without a duty is refused", FIRST_VALUES, async || {
        let said = forms::said(application, "keeper-call-limit", "propose-keeper").await?;
        ensure!(said.is_off && said.why.contains("what it should do"), "it says {said:?}");
        Ok(true)
    })
    .await?;
    application.press("duty-serve-pool").await?;
    application.press("only-if-paid").await?;
    forms::takes(application, "keeper-call-limit", "0.05", A_CALL).await?;
    forms::takes(application, "keeper-day-limit", "0.5", A_DAY).await?;
    stage.picture_of(application, "keeper-form").await?;
    application.press("propose-keeper").await?;
    // What is asked says the limits that were typed.
    application.switch_to(window::QUESTION).await?;
    application.wait_for("question-a-call", FIRST_VALUES).await?;
    for (hook, amount) in [("question-a-call", A_CALL), ("question-a-day", A_DAY)] {
        let shown = application.attribute(hook, "data-amount").await?;
        ensure!(shown == amount.to_string(), "{hook} is {shown}");
    }
    accessibility::check_both_themes(application, &stage.options.axe).await?;
    application.switch_to(window::MAIN).await?;
    question::approve(stage, application, "keeper-question").await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    application.wait_for("stop-keeper", FIRST_VALUES).await
}

async fn says_that_it_has_begun(stage: &Stage<'_>, application: &Application) -> Result<()> {
    wait::until_true("a line in the keeper's log", DONE, async || {
        let log = application.text("keeper-log").await?;
        let done = application.evaluate(LINES, Vec::new()).await?;
        ensure!(done.as_u64() > Some(0), "its log says: {log}");
        Ok(true)
    })
    .await?;
    stage.picture_of(application, "keeper-log").await?;
    accessibility::check(application, &stage.options.axe).await?;
    shown::check_that_it_fits(application).await.context("the keeper's page")
}

/// The node tells of more than was approved: the keeper stops until a person has looked at it.
async fn is_stopped_by_an_alarm(stage: &Stage<'_>, application: &Application, proxy: &Proxy) -> Result<()> {
    pages::open(application, "protect").await?;
    application.fill("size", "0.05").await?;
    application.press("pay-sbtc").await?;
    application.wait_for("total", DONE).await?;
    shown::wait_until_loaded(application).await?;
    proxy.behave(Conduct::DoublesTransfers);
    application.press("review").await?;
    question::approve(stage, application, "second-question").await?;
    open(application).await?;
    application.wait_for("keeper-stopped", DONE).await?;
    application.wait_for("alarm-words", DONE).await?;
    let words = application.text("alarm-words").await?;
    ensure!(words.len() > 80, "the alarm says only: {words}");
    stage.picture_of(application, "alarm").await?;
    accessibility::check_both_themes(application, &stage.options.axe).await?;
    proxy.behave(Conduct::Honest);
    // The page alone cannot say that somebody has looked at it.
    application.press("acknowledge").await?;
    question::approve(stage, application, "acknowledge-question").await?;
    // The purchase before may have been told of falsely too, if its block was read at that time.
    let is_over = async || Ok(!application.has("acknowledge").await?);
    if wait::until_true("nothing is left to look at", FIRST_VALUES, is_over).await.is_err() {
        application.press("acknowledge").await?;
        question::approve(stage, application, "acknowledge-second-question").await?;
    }
    // It goes on under the order that it had.
    application.wait_for("keeper-until", DONE).await
}

const LINES: &str = "return document.querySelectorAll('.keeper-line[data-problem=\"false\"]').length";
