//! A wallet of one's own: made in the window of secrets with a check of the words, locked, and unlocked again.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::secrets::{self, PASSPHRASE, SLOW, wait_for_lock};
use super::{FIRST_VALUES, Stage};
use crate::application::{Application, Theme, window};
use crate::wait;

pub(super) async fn is_made_locked_and_unlocked(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    application.press("create-wallet").await?;
    application.switch_to(window::SECRET).await?;
    may_do_nothing_else(&application).await?;
    let words = write_down(stage, &application).await?;
    prove(stage, &application, &words).await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    secrets::are_nowhere(stage, &application, &[&words.join(" ")]).await?;

    // A network has to be chosen; the person's own keys may be used on the devnet, too.
    application.press("use-network-devnet").await?;
    application.wait_for("nav-home", SLOW).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    secrets::are_nowhere(stage, &application, &[&words.join(" ")]).await?;
    lock_and_unlock(stage, &application).await?;
    application.quit().await?;

    // The keys are there after a restart, and locked.
    let application = stage.application(Some(&devnet), Theme::Dark).await?;
    application.wait_for("lock", SLOW).await?;
    wait_for_lock(&application, true).await?;
    application.quit().await?;
    devnet.stop().await
}

async fn lock_and_unlock(stage: &Stage<'_>, application: &Application) -> Result<()> {
    wait_for_lock(application, false).await?;
    application.press("lock").await?;
    wait_for_lock(application, true).await?;
    application.press("lock").await?;
    application.switch_to(window::SECRET).await?;
    application.fill("passphrase", "something else entirely").await?;
    application.press("unlock").await?;
    application.wait_for("secret-trouble", SLOW).await?;
    secrets::is_accessible(stage, application, "wrong").await?;
    application.fill("passphrase", PASSPHRASE).await?;
    application.press("unlock").await?;
    application.switch_to(window::MAIN).await?;
    wait_for_lock(application, false).await?;
    application.wait_for_windows(&[window::MAIN]).await?;

    // Closing the window by its frame ends what it was opened for, so that it can be opened again.
    application.press("lock").await?;
    wait_for_lock(application, true).await?;
    for _ in 0..2 {
        application.press("lock").await?;
        application.switch_to(window::SECRET).await?;
        // Nobody closes what is not drawn yet.
        application.wait_for("passphrase", SLOW).await?;
        application.settle().await?;
        stage.desktop.close_window("Unlock · BitHedge").await?;
        application.switch_to(window::MAIN).await?;
        application.wait_for_windows(&[window::MAIN]).await?;
    }
    Ok(())
}

/// The window of secrets can neither approve nor read pages.
async fn may_do_nothing_else(application: &Application) -> Result<()> {
    for (command, arguments) in
        [("approve", json!({"id": 1, "digest": ""})), ("page", json!({"query": {"page": "home"}}))]
    {
        let refusal = application.call(command, arguments).await?.err();
        let refusal = refusal.with_context(|| format!("the window of secrets may call {command}"))?;
        ensure!(refusal.to_string().contains("not allowed"), "{command} was refused otherwise: {refusal}");
    }
    Ok(())
}

async fn write_down(stage: &Stage<'_>, application: &Application) -> Result<Vec<String>> {
    application.press("show-words").await?;
    application.wait_for("secret-words", SLOW).await?;
    let words = wait::until("12 words", SLOW, async || {
        let script = "return [...document.querySelectorAll('[data-testid=\"secret-words\"] li')].map(li => li.textContent)";
        let words: Vec<String> = serde_json::from_value(application.evaluate(script, Vec::new()).await?)?;
        Ok((words.len() == 12).then_some(words))
    })
    .await?;
    ensure!(words.iter().all(|word| word.chars().all(|sign| sign.is_ascii_lowercase())), "they are no words");
    secrets::is_accessible(stage, application, "words").await?;
    application.press("words-written").await?;
    application.press("words-next").await?;
    Ok(words)
}

async fn prove(stage: &Stage<'_>, application: &Application, words: &[String]) -> Result<()> {
    application.wait_for("check-next", SLOW).await?;
    secrets::is_accessible(stage, application, "check").await?;
    // First a wrong answer for each place, then the right ones.
    for is_right in [false, true] {
        let places = asked(application).await?;
        ensure!(places.len() == 3, "{} words are asked for", places.len());
        for place in places {
            let word = words.get(place - 1).with_context(|| format!("there is no word {place}"))?;
            let wrong = if word == "abandon" { "zoo" } else { "abandon" };
            application.fill_by_id(&format!("word-{place}"), if is_right { word } else { wrong }).await?;
        }
        application.press("check-next").await?;
        if application.has("new-passphrase").await? {
            application.fill("new-passphrase", PASSPHRASE).await?;
            application.fill("new-passphrase-again", PASSPHRASE).await?;
        }
        if !is_right {
            // This desktop has no keychain, which has to be agreed to.
            application.press("without-keychain").await?;
            secrets::is_accessible(stage, application, "passphrase").await?;
        }
        application.press("create-wallet").await?;
        application.wait_for(if is_right { "secret-done" } else { "secret-trouble" }, SLOW).await?;
    }
    stage.picture_of(application, "done").await?;
    application.press("secret-finish").await
}

/// The places of the words that are asked for.
async fn asked(application: &Application) -> Result<Vec<usize>> {
    let script = "return [...document.querySelectorAll('[data-testid=\"check-word\"]')].map(input => Number(input.dataset.position))";
    Ok(serde_json::from_value(application.evaluate(script, Vec::new()).await?)?)
}
