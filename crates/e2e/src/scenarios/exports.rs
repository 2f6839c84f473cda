//! What leaves the application by a person's wish, and what may not: the activity as a table, the diagnostics, the address to receive at.
//! On the way to it a purchase whose keys are locked while it is asked. Afterwards the same wallet has a keeper.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::question::{self, CONFIRMED};
use super::secrets::{self, PASSPHRASE, SLOW, WORDS};
use super::{FIRST_VALUES, Stage, forms, keeper, pages, shown};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::devnet::Chain;
use crate::proxy::Proxy;

/// The key behind the words, as it is public of this account.
const KEY: &str = "7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c178";

pub(super) async fn say_what_happened_and_no_secret(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.founded_devnet().await?;
    let proxy = Proxy::start(devnet.chain().url()).await?;
    let application = stage.application_at(proxy.url(), Theme::Light).await?;
    secrets::bring(&application).await?;
    forms::listen_for_errors(&application).await?;
    is_locked_while_asked(stage, &application, devnet.chain()).await.context("locked while it is asked")?;
    activity(stage, &application).await.context("the activity as CSV")?;
    receives(stage, &application).await.context("the address to receive at")?;
    diagnostics(stage, &application).await.context("diagnostics")?;
    forms::no_errors(&application).await?;
    let application =
        keeper::works_within_its_limits(stage, application, &devnet, &proxy).await.context("the keeper")?;
    application.quit().await?;
    devnet.stop().await
}

async fn is_locked_while_asked(stage: &Stage<'_>, application: &Application, chain: &Chain) -> Result<()> {
    let account = secrets::endowed();
    pages::open(application, "protect").await?;
    application.fill("size", "0.1").await?;
    application.press("pay-sbtc").await?;
    application.wait_for("total", CONFIRMED).await?;
    shown::wait_until_loaded(application).await?;
    let had = chain.balances(&account).await?;
    application.press("review").await?;
    application.switch_to(window::QUESTION).await?;
    application.wait_for("approve", FIRST_VALUES).await?;
    application.switch_to(window::MAIN).await?;
    application.press("lock").await?;
    secrets::wait_for_lock(application, true).await?;

    application.switch_to(window::QUESTION).await?;
    application.wait_for("unlock-first", FIRST_VALUES).await?;
    ensure!(!application.has("approve").await?, "what locked keys cannot sign can be approved");
    stage.picture_of(application, "locked-question").await?;
    accessibility::check_both_themes(application, &stage.options.axe).await?;
    // The window of secrets is left: nothing is answered by that.
    application.press("unlock-first").await?;
    application.switch_to(window::SECRET).await?;
    application.press("secret-close").await?;
    application.switch_to(window::QUESTION).await?;
    application.wait_for("unlock-first", FIRST_VALUES).await?;
    ensure!(chain.balances(&account).await? == had, "locked keys signed something");

    application.press("unlock-first").await?;
    secrets::unlock(application).await?;
    question::approve(stage, application, "question").await?;
    question::wait_until(application, "done").await
}

/// What is in the file, and that it is the chain's, the scenario `settlement` tells.
async fn activity(stage: &Stage<'_>, application: &Application) -> Result<()> {
    pages::open(application, "activity").await?;
    application.press("tab-activity-chain").await?;
    application.wait_for("activity-line", CONFIRMED).await?;
    application.press("export-activity").await?;
    let file = stage.saved().join("bithedge-activity.csv");
    forms::reads(application, "export-done", &file.display().to_string(), FIRST_VALUES).await?;
    stage.picture_of(application, "activity").await?;
    let shown = application
        .evaluate("return document.querySelectorAll('[data-testid=\"activity-line\"]').length", Vec::new())
        .await?;
    let lines = std::fs::read_to_string(&file)?.lines().count();
    ensure!(shown == lines.saturating_sub(1), "the page has {shown} lines, the file {lines} with its head");
    Ok(())
}

async fn receives(stage: &Stage<'_>, application: &Application) -> Result<()> {
    pages::open(application, "settings").await?;
    application.press("tab-settings-accounts").await?;
    application.press("receive").await?;
    application.wait_for("receive-address", FIRST_VALUES).await?;
    let shown = application.attribute("receive-address", "data-value").await?;
    ensure!(shown == secrets::endowed().address, "money would go to {shown}");
    let code = "const path = document.querySelector('.receive-code-modules');
        return [path?.getAttribute('d')?.split('M').length ?? 0, path?.closest('svg').getBoundingClientRect().width ?? 0]";
    let [modules, width]: [f64; 2] = serde_json::from_value(application.evaluate(code, Vec::new()).await?)?;
    ensure!(modules > 200.0 && width > 100.0, "the code has {modules} modules and is {width} wide");
    stage.picture_of(application, "receive").await?;
    accessibility::check_both_themes(application, &stage.options.axe).await?;

    // While the keys are locked nobody can vouch for the address.
    application.press("lock").await?;
    secrets::wait_for_lock(application, true).await?;
    application.wait_for("receive-locked", FIRST_VALUES).await?;
    ensure!(!application.has("receive-address").await?, "an address that nobody vouches for is offered");
    application.press("lock").await?;
    secrets::unlock(application).await
}

async fn diagnostics(stage: &Stage<'_>, application: &Application) -> Result<()> {
    application.press("tab-settings-about").await?;
    let folder = stage.application_data().display().to_string();
    forms::reads(application, "data-folder", &folder, FIRST_VALUES).await?;
    application.press("save-diagnostics").await?;
    application.wait_for("diagnostics-saved", SLOW).await?;
    stage.picture_of(application, "diagnostics").await?;
    accessibility::check(application, &stage.options.axe).await?;
    let told = application.text("diagnostics-saved").await?;
    let saved = folders(&stage.saved())?;
    let [bundle] = saved.as_slice() else { anyhow::bail!("there are {saved:?}") };
    ensure!(
        told.contains(&bundle.display().to_string()),
        "it is in {}, and said is: {told}",
        bundle.display()
    );

    // It helps: what runs where, and what happened.
    let about = json(&bundle.join("about.json"))?;
    ensure!(about["version"].is_string() && about["system"].is_string(), "it says of itself {about}");
    let session = json(&bundle.join("session.json"))?;
    ensure!(session.to_string().contains("devnet"), "it names no network: {session}");
    let chain = json(&bundle.join("chain.json"))?;
    ensure!(chain["status"]["tip"].is_object(), "it says nothing of the chain: {chain}");
    ensure!(secrets::file_with(bundle, "approved and signed")?.is_some(), "no log in it tells what happened");
    // And nobody gets anything by it.
    let beginning = WORDS.split(' ').take(3).collect::<Vec<_>>().join(" ");
    for secret in [beginning.as_str(), "unaware remain", PASSPHRASE, KEY] {
        for place in [bundle, &stage.application_data()] {
            if let Some(file) = secrets::file_with(place, secret)? {
                anyhow::bail!("{} has a secret: {}…", file.display(), secret.get(..8).unwrap_or_default());
            }
        }
    }
    let address = secrets::endowed().address;
    for name in ["about.json", "session.json", "chain.json"] {
        let text = std::fs::read_to_string(bundle.join(name))?;
        ensure!(!text.contains(&address), "{name} says whose it is");
    }
    Ok(())
}

fn json(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("no {}", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
