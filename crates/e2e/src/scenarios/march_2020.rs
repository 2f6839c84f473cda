//! March 2020 as the README tells it: Irene provides, Peter protects himself, the market goes through those days, Peter is paid, and
//! Irene sees what it cost her.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::dealing::{self, TIER, Wanted};
use super::question::{self, CONFIRMED, approve};
use super::{FIRST_VALUES, Stage, onboarding, pages, practice, shown};
use crate::accessibility;
use crate::application::{Application, Theme};
use crate::contracts::Contracts;
use crate::devnet::{Account, Chain};
use crate::wait;

/// What it is called on the Devnet page.
const CRASH: &str = "crash-2020-03";
/// Three weeks with their closes, in an unoptimised build.
const PLAYED: Duration = Duration::from_secs(240);
/// The scenario ends at 5,830 from 8,562: of a price, in per cent, what is left at most and at least.
const LEFT: (u64, u64) = (66, 70);
/// As the registry's contract counts.
const ACTIVATED: u128 = 2;

pub(super) async fn is_lived_through(stage: &Stage<'_>) -> Result<()> {
    let application = stage.application(None, Theme::Dark).await?;
    onboarding::practise(&application).await?;
    let [peter, irene] = practice::people(&application).await?;
    let chain = practice::chain_of(&application).await?;
    let contracts = Contracts::on(&chain).await?;

    practice::use_account(&application, &irene).await?;
    dealing::commit(stage, &application, "2", "commit-question").await.context("Irene commits")?;
    // Within an hour of a close, a deposit takes part in the one after.
    dealing::close(&application, 2).await.context("her deposit becomes shares")?;

    practice::use_account(&application, &peter).await?;
    let wanted = Wanted { size: "1", at_the_lowest: false, at_the_soonest: false };
    let bought = dealing::buy(stage, &application, &chain, &peter, &wanted, "protect-question").await;
    let bought = bought.context("Peter protects himself")?;
    ensure!(contracts.policy(bought.id).await?.uint("tier")? == TIER, "another bucket sold it than Irene's");

    is_played(stage, &application).await.context("March 2020 is played")?;
    let address = shown::told(&application, "BTC is below", CONFIRMED).await?;
    ensure!(address == format!("#/policies/{}", bought.id), "the notification leads to {address}");
    let paid = peter_is_paid(stage, &application, &chain, &contracts, &peter, bought.id).await;
    let paid = paid.context("Peter is paid")?;
    ensure!(paid > bought.paid, "what cost {} paid {paid}", bought.paid);
    irene_has_lost(stage, &application, &contracts, &irene).await.context("Irene has lost")?;
    application.quit().await
}

/// Plays it on the Devnet page, as fast as it goes.
async fn is_played(stage: &Stage<'_>, application: &Application) -> Result<()> {
    pages::open(application, "devnet").await?;
    let before = price(application).await?;
    application.press("devnet-pace-0").await?;
    application.press(&format!("play-{CRASH}")).await?;
    wait::until_true("it is being played", FIRST_VALUES, async || {
        let day: u32 = application.attribute("devnet-play", "data-day").await?.parse()?;
        Ok(day > 1)
    })
    .await?;
    shown::bring_up(application, "devnet-play").await?;
    stage.picture_of(application, "playing").await?;
    wait::until_true("it has been played", PLAYED, async || {
        ensure!(
            !application.has("devnet-play").await?,
            "day {}",
            application.attribute("devnet-play", "data-day").await?
        );
        Ok(true)
    })
    .await?;
    let refused = application.has("devnet-problem").await? || application.has("devnet-refused").await?;
    ensure!(!refused, "the page tells of a problem");
    let after = price(application).await?;
    let left = after * 100 / before;
    ensure!((LEFT.0..=LEFT.1).contains(&left), "BTC went from {before} to {after}, which leaves {left} %");
    Ok(())
}

/// BTC's price on the Devnet page, in 10⁻⁸ USD.
async fn price(application: &Application) -> Result<u64> {
    Ok(application.attribute("devnet-btc", "data-value").await?.parse()?)
}

/// Activates the policy, and finds the payout in the receipt. What the chain paid, in satoshis.
async fn peter_is_paid(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    contracts: &Contracts,
    peter: &Account,
    policy: u64,
) -> Result<u128> {
    dealing::open_policy(application, policy).await?;
    wait::until_true("the page says what the contract says", CONFIRMED, async || {
        let value = contracts.policy_value(policy).await?;
        for (hook, field) in [("activate-pays", "payout"), ("sell-back-pays", "refund")] {
            let (shown, expected) = (shown::amount(application, hook).await?, value.uint(field)?);
            // Prices walk, and the page hears of a block a moment later.
            ensure!(
                shown.abs_diff(expected) <= expected / 200,
                "{hook} is {shown}, the contract says {expected}"
            );
        }
        Ok(true)
    })
    .await?;
    stage.picture_of(application, "policy").await?;
    accessibility::check(application, &stage.options.axe).await?;
    let had = chain.balances(peter).await?;
    let least = shown::amount(application, "activate-least").await?;
    application.press("activate-button").await?;
    approve(stage, application, "activate-question").await?;
    question::wait_until(application, "done").await?;
    dealing::wait_for_state(application, "activated").await?;
    let record = contracts.policy(policy).await?;
    let paid = record.uint("paid")?;
    ensure!(record.uint("status")? == ACTIVATED, "the registry says {record:?}");
    let arrived = chain.balances(peter).await?.sbtc.saturating_sub(had.sbtc);
    ensure!(arrived == paid, "the registry says that {paid} was paid, and {arrived} arrived");
    ensure!(paid > least / 100 * 98, "about {least} at least was shown, the chain paid {paid}");
    ensure!(shown::amount(application, "policy-paid").await? == paid, "the page says otherwise");
    stage.picture_of(application, "paid").await?;

    pages::open(application, "activity").await?;
    let arrived = application.evaluate(ARRIVED, Vec::new()).await?;
    ensure!(arrived == serde_json::json!([paid.to_string()]), "the receipt says that {arrived} arrived");
    stage.picture_of(application, "receipt").await?;
    Ok(paid)
}

const ARRIVED: &str = "return [...document.querySelectorAll(
    '[data-testid=\"transaction\"][data-intent=\"activate-protection\"] [data-testid=\"receipt-arrived\"] [data-amount]'
)].map(amount => amount.dataset.amount)";

/// Her bucket's page shows the loss with the next close, exactly as the contract counts it.
async fn irene_has_lost(
    stage: &Stage<'_>,
    application: &Application,
    contracts: &Contracts,
    irene: &Account,
) -> Result<()> {
    practice::use_account(application, irene).await?;
    dealing::close(application, 1).await?;
    dealing::open_bucket(application).await?;
    let position = dealing::position_is_the_contracts(application, contracts, irene).await?;
    // One of her five sBTC's fifths stood for a third of its price, and the premium was a part of that.
    ensure!(position.value < position.basis, "she has lost nothing: {position:?}");
    ensure!(
        position.value > position.basis / 2,
        "she has lost more than the policy could take: {position:?}"
    );
    for hook in ["bucket-returned", "bucket-drawdown"] {
        let change: i128 = application.attribute(hook, "data-value").await?.parse()?;
        ensure!(change < 0, "{hook} is {change} after a loss");
    }
    let premiums = application.text("bucket-premiums").await?;
    ensure!(premiums.contains("if nothing had been paid out"), "of premiums it says: {premiums}");
    ensure!(
        application.attribute("bucket-standing", "data-standing").await? == "healthy",
        "nothing is sold any more"
    );
    stage.picture_of(application, "bucket").await?;
    accessibility::check(application, &stage.options.axe).await?;
    shown::check_that_it_fits(application).await?;
    for part in ["bucket-yield", "bucket-ladder", "bucket-health"] {
        shown::bring_up(application, part).await?;
        stage.picture_of(application, part).await?;
    }
    Ok(())
}
