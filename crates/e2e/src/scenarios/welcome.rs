//! What somebody new sees: what it is all about, and the ways in.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{Stage, shown};
use crate::accessibility;
use crate::application::{Theme, window};

pub(super) async fn says_what_it_is(stage: &Stage<'_>, theme: Theme) -> Result<()> {
    let application = stage.application(None, theme).await?;
    application.wait_for("begin-practice", super::FIRST_VALUES).await?;
    application.settle().await?;
    let lightness = shown::lightness(&application).await?;
    let matches = if theme == Theme::Light { lightness > 0.8 } else { lightness < 0.2 };
    ensure!(matches, "the page's lightness is {lightness:.2} in the {} theme", theme.name());
    stage.picture(&application).await?;
    accessibility::check(&application, &stage.options.axe).await?;
    accessibility::check_keyboard(&application).await?;
    shown::check_that_it_fits(&application).await?;
    stays_in_its_window(&application).await?;
    application.quit().await
}

/// The page cannot leave its window, open another one, or call what is another window's.
async fn stays_in_its_window(application: &crate::application::Application) -> Result<()> {
    for (command, arguments) in [
        ("approve", json!({"id": 1, "digest": ""})),
        ("question", json!({})),
        ("secret", json!({})),
        ("secret_unlock", json!({"unlock": {"passphrase": "x"}})),
        ("secret_reveal", json!({"reveal": {"passphrase": "x"}})),
        ("plugin:window|close", json!({})),
        ("plugin:webview|create_webview_window", json!({"options": {"label": "another"}})),
        ("plugin:event|emit", json!({"event": "bithedge", "payload": {}})),
    ] {
        let refusal = application.call(command, arguments).await?;
        let refusal = refusal.err().with_context(|| format!("the main window may call {command}"))?;
        ensure!(refusal.to_string().contains("not allowed"), "{command} was refused otherwise: {refusal}");
    }
    let script = "const other = window.open('https://example.com'); location.href = 'https://example.com'; return other";
    ensure!(application.evaluate(script, Vec::new()).await?.is_null(), "the page opened a window");
    application.settle().await?;
    let address = application.evaluate("return location.origin", Vec::new()).await?;
    ensure!(address == "tauri://localhost", "the page went to {address}");
    ensure!(application.windows().await? == [window::MAIN], "there is another window");
    let fetched = application.evaluate_async(FETCH).await?;
    ensure!(fetched == "refused", "the page reached the network: {fetched}");
    Ok(())
}

const FETCH: &str = "const done = arguments[arguments.length - 1];
    fetch('http://127.0.0.1:1/').then(() => done('answered'), error => done(
        String(error).includes('Content Security Policy') || error instanceof TypeError ? 'refused' : String(error)));";
