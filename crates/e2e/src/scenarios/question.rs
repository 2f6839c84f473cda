//! Questions: what would be signed, read to its end and answered in its own window.

use std::time::Duration;

use anyhow::{Result, ensure};
use thirtyfour::Key;

use super::{FIRST_VALUES, Stage};
use crate::accessibility;
use crate::application::{Application, window};
use crate::wait;

/// A block comes every ten seconds, and the page has to hear of it.
pub(super) const CONFIRMED: Duration = Duration::from_secs(60);

/// Reads the question to its end and says yes. The main window is in hand afterwards.
pub(super) async fn approve(stage: &Stage<'_>, application: &Application, picture: &str) -> Result<()> {
    read(stage, application, picture).await?;
    application.press("approve").await?;
    application.switch_to(window::MAIN).await
}

/// Reads the question and says no. The main window is in hand afterwards.
pub(super) async fn refuse(stage: &Stage<'_>, application: &Application, picture: &str) -> Result<()> {
    read(stage, application, picture).await?;
    application.press("refuse").await?;
    application.switch_to(window::MAIN).await?;
    application.wait_for_windows(&[window::MAIN]).await
}

/// As [`refuse`], by the key for that alone.
pub(super) async fn refuse_by_key(stage: &Stage<'_>, application: &Application, picture: &str) -> Result<()> {
    read(stage, application, picture).await?;
    // The window is gone before the key is up again, which the driver calls an error. That it is gone is looked at below.
    let _ = application.session()?.action_chain().send_keys(Key::Escape).perform().await;
    application.switch_to(window::MAIN).await?;
    application.wait_for_windows(&[window::MAIN]).await
}

async fn read(stage: &Stage<'_>, application: &Application, picture: &str) -> Result<()> {
    application.switch_to(window::QUESTION).await?;
    application.wait_for("approve", FIRST_VALUES).await?;
    application.settle().await?;
    let focused =
        application.evaluate("return document.activeElement?.dataset?.testid ?? null", Vec::new()).await?;
    ensure!(focused != "approve", "yes has the focus without anybody having chosen it");
    stage.picture_of(application, picture).await?;
    // After that: while yes becomes ready to be said, its colours are on their way.
    read_to_the_end(application).await?;
    application.settle().await?;
    accessibility::check(application, &stage.options.axe).await
}

/// Scrolls to the end of the question in hand, until yes can be said.
pub(super) async fn read_to_the_end(application: &Application) -> Result<()> {
    // A wheel does it for a person; the picture in it may come a moment later.
    wait::until_true("yes can be said", FIRST_VALUES, async || {
        application.evaluate(TO_THE_END, Vec::new()).await?;
        Ok(application.evaluate(IS_ON, Vec::new()).await? == true)
    })
    .await?;
    let moved = application.evaluate("return document.documentElement.scrollTop", Vec::new()).await?;
    ensure!(moved == 0, "the whole window was scrolled away, by {moved}");
    Ok(())
}

/// Everything that a person can scroll, the document with it.
const TO_THE_END: &str = "
    for (const element of document.querySelectorAll('*')) {
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowY);
        if (scrolls || element === document.documentElement) element.scrollTop = element.scrollHeight;
    }";

/// Whether yes can be said.
pub(super) const IS_ON: &str =
    "return document.querySelector('[data-testid=\"approve\"]')?.ariaDisabled !== 'true'";

/// Waits until what was asked for on this page has come so far: `done`, `closed` after a no, `ended` if nobody answered.
pub(super) async fn wait_until(application: &Application, expected: &str) -> Result<()> {
    wait::until_true(&format!("it is {expected}"), CONFIRMED, async || {
        let stages = application.evaluate(STAGES, Vec::new()).await?;
        let stages: Vec<String> = serde_json::from_value(stages)?;
        ensure!(stages.iter().any(|stage| stage == expected), "it is {stages:?}");
        Ok(true)
    })
    .await
}

const STAGES: &str = "return [...document.querySelectorAll('[data-testid=\"proposal\"]')].map(element => element.dataset.stage)";
