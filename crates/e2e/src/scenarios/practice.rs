//! What a person does to the practice network: whose account is in use, its prices, its time.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{FIRST_VALUES, pages, shown};
use crate::application::Application;
use crate::devnet::{Account, Chain};
use crate::wait;

/// Time passes in steps with a report each, in an unoptimised build.
const PASSED: Duration = Duration::from_secs(120);

/// Peter and Irene. The list of accounts is open afterwards.
pub(super) async fn people(application: &Application) -> Result<[Account; 2]> {
    shown::open_accounts(application).await?;
    let accounts = shown::accounts(application).await?;
    accounts.try_into().map_err(|others: Vec<_>| anyhow::anyhow!("there are {} accounts", others.len()))
}

/// The chain behind the window, by the address that the window has.
pub(super) async fn chain_of(application: &Application) -> Result<Chain> {
    let snapshot = application.call("chain_snapshot", json!({})).await?;
    let snapshot = snapshot.map_err(|error| anyhow::anyhow!("no snapshot: {error}"))?;
    let url = snapshot["status"]["endpoint"].as_str().context("the snapshot names no node")?;
    Chain::at(url)
}

/// Chooses an account in the list of accounts.
pub(super) async fn use_account(application: &Application, account: &Account) -> Result<()> {
    if shown_account(application).await? == account.label {
        return Ok(());
    }
    shown::open_accounts(application).await?;
    let script =
        "return document.querySelector(`[data-testid=\"account-row-${arguments[0]}\"] button.account-choose`)
        ?.dataset.testid ?? null";
    let choice = application.evaluate(script, vec![account.label.clone().into()]).await?;
    application
        .press(choice.as_str().with_context(|| format!("{} cannot be chosen", account.label))?)
        .await?;
    wait::until_true("the account is in use", FIRST_VALUES, async || {
        let used = shown_account(application).await?;
        ensure!(used == account.label, "it is {used}");
        Ok(true)
    })
    .await
}

async fn shown_account(application: &Application) -> Result<String> {
    let script = "return document.querySelector('[data-testid=\"account-name\"]').textContent.trim()";
    let name = application.evaluate(script, Vec::new()).await?;
    Ok(name.as_str().context("no account is named")?.to_owned())
}

/// Lets bitcoin fall by a third, on the Devnet page.
pub(super) async fn crash(application: &Application) -> Result<()> {
    pages::open(application, "devnet").await?;
    let price: u64 = application.attribute("devnet-btc", "data-value").await?.parse()?;
    // To two thirds, in whole dollars.
    let crashed = price / 100_000_000 * 2 / 3;
    application.fill("devnet-btc-typed", &crashed.to_string()).await?;
    application.press("devnet-btc-set").await?;
    wait::until_true("the market says so", PASSED, async || {
        let now: u64 = application.attribute("devnet-btc", "data-value").await?.parse()?;
        // Prices wander on from there.
        ensure!(now < price * 3 / 4, "it says {now}, after {price}");
        Ok(true)
    })
    .await
}

/// Presses a button of the Devnet page that lets time pass, such as `devnet-hour`, and waits until it has.
pub(super) async fn pass(application: &Application, button: &str, at_least: u64) -> Result<()> {
    let before = shown::number(application, "devnet-time").await?;
    application.press(button).await?;
    wait::until_true("the time has passed", PASSED, async || {
        let now = shown::number(application, "devnet-time").await?;
        ensure!(now >= before + at_least, "it is {now}");
        let doing = application.has("devnet-doing").await?;
        ensure!(!doing, "it is at {now}: {}", application.text("devnet-doing").await?);
        Ok(true)
    })
    .await
}
