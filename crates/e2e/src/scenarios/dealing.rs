//! What Peter and Irene do on their pages again and again: buy protection, commit capital, look at what came of it.

use anyhow::{Context as _, Result, ensure};
use thirtyfour::prelude::*;

use super::question::{self, CONFIRMED, approve};
use super::{FIRST_VALUES, Stage, pages, practice, shown};
use crate::application::Application;
use crate::contracts::Contracts;
use crate::devnet::{Account, Chain};
use crate::wait;

/// The tier that both deal with: balanced, which sells protection at nine tenths of the price.
pub(super) const TIER: u128 = 2;
/// The button of its bucket of sBTC.
pub(super) const BUCKET: &str = "tier-open-2-sbtc";

/// What Peter asks for.
pub(super) struct Wanted<'a> {
    /// In BTC, as it is typed.
    pub(super) size: &'a str,
    /// Whether he moves the slider to its lowest price.
    pub(super) at_the_lowest: bool,
    /// Whether he takes the end that is nearest; if not, the one that is offered.
    pub(super) at_the_soonest: bool,
}

/// What he got.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bought {
    /// The policy's number.
    pub(super) id: u64,
    /// What the chain took for it, in satoshis.
    pub(super) paid: u128,
    /// When it ends, in seconds since 1970.
    pub(super) expiry: u128,
}

/// Buys protection for sBTC in the window; the chain took what the page said, or up to one per cent more, which the page says too.
pub(super) async fn buy(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
    wanted: &Wanted<'_>,
    picture: &str,
) -> Result<Bought> {
    // Not where another purchase is still told of.
    pages::open(application, "home").await?;
    pages::open(application, "protect").await?;
    application.fill("size", wanted.size).await?;
    application.press("pay-sbtc").await?;
    if wanted.at_the_lowest {
        application.session()?.find(By::Css("[data-testid=\"level\"]")).await?.send_keys(Key::Home).await?;
    }
    if wanted.at_the_soonest {
        ensure!(application.evaluate(SOONEST, Vec::new()).await? == true, "there is no list of ends");
    }
    application.wait_for("total", CONFIRMED).await?;
    shown::wait_until_loaded(application).await?;
    let total = shown::amount(application, "total").await?;
    let had = chain.balances(peter).await?;
    application.press("review").await?;
    approve(stage, application, picture).await?;
    question::wait_until(application, "done").await?;
    let paid = had.sbtc.saturating_sub(chain.balances(peter).await?.sbtc);
    ensure!(paid > 0 && paid <= total + total / 100, "the page said {total}, the chain took {paid}");
    let contracts = Contracts::on(chain).await?;
    let id = contracts.policies().await?;
    let policy = contracts.policy(id).await?;
    let parts = policy.uint("premium")? + policy.uint("fee")?;
    ensure!(parts < paid, "premium and fee of policy {id} are {parts}, and the chain took {paid} in all");
    Ok(Bought { id, paid, expiry: policy.uint("expiry")? })
}

const SOONEST: &str = "
    const ends = document.querySelector('[data-testid=\"expiry\"]');
    if (!ends) return false;
    ends.selectedIndex = 0;
    ends.dispatchEvent(new Event('change', { bubbles: true }));
    return true;";

/// Opens a policy's page by its row in the list.
pub(super) async fn open_policy(application: &Application, policy: u64) -> Result<()> {
    pages::open(application, "policies").await?;
    application.press(&format!("policy-row-{policy}")).await?;
    application.wait_for("policy-state", FIRST_VALUES).await?;
    shown::wait_until_loaded(application).await
}

/// Waits until the page of a policy says that it stands so.
pub(super) async fn wait_for_state(application: &Application, state: &str) -> Result<()> {
    wait::until_true(&format!("the policy is {state}"), CONFIRMED, async || {
        let now = application.attribute("policy-state", "data-state").await?;
        ensure!(now == state, "it is {now}");
        Ok(true)
    })
    .await
}

/// Opens the page of the bucket that both deal with.
pub(super) async fn open_bucket(application: &Application) -> Result<()> {
    pages::open(application, "earn").await?;
    application.press(BUCKET).await?;
    application.wait_for("bucket", FIRST_VALUES).await?;
    shown::wait_until_loaded(application).await
}

/// Commits sBTC to the bucket, which is typed in whole BTC.
pub(super) async fn commit(
    stage: &Stage<'_>,
    application: &Application,
    amount: &str,
    picture: &str,
) -> Result<()> {
    open_bucket(application).await?;
    application.fill("commit-amount", amount).await?;
    application.press("commit-act-button").await?;
    approve(stage, application, picture).await?;
    question::wait_until(application, "done").await
}

/// Lets the practice network come to its next daily closes.
pub(super) async fn close(application: &Application, times: u32) -> Result<()> {
    pages::open(application, "devnet").await?;
    for _ in 0..times {
        practice::pass(application, "devnet-next-close", 1).await?;
    }
    Ok(())
}

/// Waits until the bucket's page says of Irene's position what the contract says.
pub(super) async fn position_is_the_contracts(
    application: &Application,
    contracts: &Contracts,
    irene: &Account,
) -> Result<Position> {
    wait::until("the page says what the contract says", FIRST_VALUES, async || {
        let record = contracts.provider(TIER, irene).await?;
        let (value, basis) = (record.uint("value")?, record.uint("basis")?);
        let unrealised = i128::try_from(value)? - i128::try_from(basis)?;
        for (hook, expected) in [
            ("position-value", value.to_string()),
            ("position-basis", basis.to_string()),
            ("position-locked", record.uint("locked")?.to_string()),
            ("position-unlocked", record.uint("available")?.to_string()),
            ("position-unrealised", unrealised.to_string()),
        ] {
            let shown = application.attribute(hook, "data-amount").await?;
            ensure!(shown == expected, "{hook} is {shown}, the contract says {expected}");
        }
        Ok(Some(Position { value, basis }))
    })
    .await
    .context("Irene's position")
}

/// What somebody has in the bucket, as the contract says it, in satoshis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) value: u128,
    /// What was paid in for it.
    pub(super) basis: u128,
}
