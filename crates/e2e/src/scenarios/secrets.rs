//! The window of secrets, as a person fills it in.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{FIRST_VALUES, Stage, forms};
use crate::accessibility;
use crate::application::{Application, window};
use crate::devnet::Account;
use crate::wait;

/// The keys are derived slowly on purpose, and this build is not optimised.
pub(super) const SLOW: Duration = Duration::from_secs(120);
/// What opens the wallets of these scenarios.
pub(super) const PASSPHRASE: &str = "correct horse battery staple";

/// The words of an account that every devnet of this kind endows: they are public, and worth nothing.
pub(super) const WORDS: &str = "sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt pave pen trash pretty park \
                                cube fragile unaware remain midnight betray rebuild";
const ADDRESS: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";

/// The account of these words.
pub(super) fn endowed() -> Account {
    Account { label: "Account 1".to_owned(), address: ADDRESS.to_owned() }
}

/// Brings the wallet of [`WORDS`] and uses the devnet with it.
pub(super) async fn bring(application: &Application) -> Result<()> {
    application.press("import-wallet").await?;
    application.switch_to(window::SECRET).await?;
    application.fill("import-words", WORDS).await?;
    finish_import(application).await?;
    application.press("use-network-devnet").await?;
    application.wait_for("nav-home", SLOW).await?;
    application.wait_for_state("live", FIRST_VALUES).await
}

/// Chooses the passphrase, sends the words, and leaves the window.
pub(super) async fn finish_import(application: &Application) -> Result<()> {
    choose_passphrase(application, PASSPHRASE).await?;
    agree_to_do_without_keychain(application).await?;
    application.press("import-wallet").await?;
    application.wait_for("secret-done", SLOW).await?;
    application.press("secret-finish").await?;
    application.switch_to(window::MAIN).await?;
    application.wait_for_windows(&[window::MAIN]).await
}

/// Types a new passphrase twice.
pub(super) async fn choose_passphrase(application: &Application, passphrase: &str) -> Result<()> {
    application.fill("new-passphrase", passphrase).await?;
    application.fill("new-passphrase-again", passphrase).await
}

/// The desktop of these scenarios has no keychain.
pub(super) async fn agree_to_do_without_keychain(application: &Application) -> Result<()> {
    let script = "return document.querySelector('[data-testid=\"without-keychain\"]')?.checked ?? null";
    if application.evaluate(script, Vec::new()).await? == false {
        application.press("without-keychain").await?;
    }
    Ok(())
}

/// Opens the keys in the window of secrets, which is there or on its way. The main window is in hand afterwards.
pub(super) async fn unlock(application: &Application) -> Result<()> {
    application.switch_to(window::SECRET).await?;
    application.fill("passphrase", PASSPHRASE).await?;
    application.press("unlock").await?;
    application.switch_to(window::MAIN).await?;
    wait_for_lock(application, false).await
}

/// Waits until the main window says that the keys are locked, or open.
pub(super) async fn wait_for_lock(application: &Application, locked: bool) -> Result<()> {
    wait::until_true(&format!("locked is {locked}"), SLOW, async || {
        let shown = application.attribute("lock", "data-locked").await?;
        ensure!(shown == locked.to_string(), "it is {shown}");
        Ok(true)
    })
    .await
}

/// Sends a form that is wrong: what is the matter is said with these words, and nothing is done.
pub(super) async fn is_told(application: &Application, button: &str, words: &str) -> Result<()> {
    application.press(button).await?;
    forms::reads(application, "secret-trouble", words, SLOW).await
}

/// Sends a form that is wrong: the field with this `id` says so with these words.
pub(super) async fn is_told_beside(
    application: &Application,
    button: &str,
    field: &str,
    words: &str,
) -> Result<()> {
    application.press(button).await?;
    wait::until_true(&format!("{field} says `{words}`"), SLOW, async || {
        let said = forms::text_by_id(application, &format!("{field}-problem")).await?;
        ensure!(said.contains(words), "it says: {said}");
        Ok(true)
    })
    .await
}

/// A picture of the window of secrets, and what axe-core says of it in both themes.
pub(super) async fn is_accessible(stage: &Stage<'_>, application: &Application, picture: &str) -> Result<()> {
    stage.picture_of(application, picture).await?;
    let axe = &stage.options.axe;
    accessibility::check_both_themes(application, axe).await.with_context(|| picture.to_owned())?;
    accessibility::check_keyboard(application).await.with_context(|| picture.to_owned())
}

/// Neither the main window nor any file that the application keeps has one of these texts.
pub(super) async fn are_nowhere(
    stage: &Stage<'_>,
    application: &Application,
    secrets: &[&str],
) -> Result<()> {
    application.switch_to(window::MAIN).await?;
    let page = application.evaluate("return document.documentElement.outerHTML", Vec::new()).await?;
    let page = page.as_str().context("the main window has no page")?;
    for secret in secrets {
        ensure!(!page.contains(secret), "the main window has `{}…`", beginning(secret));
        if let Some(file) = file_with(&stage.application_data(), secret)? {
            anyhow::bail!("{} has `{}…`", file.display(), beginning(secret));
        }
    }
    Ok(())
}

fn beginning(secret: &str) -> String {
    secret.chars().take(12).collect()
}

/// The first file under a folder that has this text in it.
pub(super) fn file_with(folder: &std::path::Path, text: &str) -> Result<Option<std::path::PathBuf>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            if let Some(found) = file_with(&path, text)? {
                return Ok(Some(found));
            }
            continue;
        }
        if !kind.is_file() {
            continue;
        }
        // What is gone meanwhile holds nothing.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
