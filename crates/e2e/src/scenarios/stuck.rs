//! A transaction that no block takes: its fee is raised, another one is cancelled, and one outlives two ends of the application. Each
//! time exactly one of those with the same nonce is carried out.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::question::{self, CONFIRMED, approve};
use super::{FIRST_VALUES, Stage, dealing, embedded_devnet, onboarding, pages, practice, shown};
use crate::accessibility;
use crate::application::{Application, Theme};
use crate::desktop::Side;
use crate::devnet::{Account, Chain, Devnet};
use crate::wait;

/// What is committed each time: 1 sBTC, in satoshis.
const COMMITTED: u128 = 100_000_000;
const END: Duration = Duration::from_secs(15);

pub(super) async fn is_dealt_with(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let chain = devnet.chain();
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    let [_, irene] = practice::people(&application).await?;
    practice::use_account(&application, &irene).await?;

    its_fee_is_raised(stage, &application, chain, &irene).await.context("a fee is raised")?;
    it_is_cancelled(stage, &application, chain, &irene).await.context("one is cancelled")?;
    it_outlives_the_application(stage, application, &devnet, &irene)
        .await
        .context("one outlives the application")?;
    devnet.stop().await
}

/// A transaction as the page of activity shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    stage: String,
    pub(super) txid: String,
    nonce: u64,
    /// In micro-STX, as it was signed.
    fee: u128,
}

/// All that are shown, newest first.
async fn cards(application: &Application) -> Result<Vec<Card>> {
    let shown = application.evaluate(CARDS, Vec::new()).await?;
    let text = |card: &Value, name: &str| {
        card[name].as_str().map(str::to_owned).with_context(|| format!("a transaction has no {name}: {card}"))
    };
    shown
        .as_array()
        .context("the page shows no transactions")?
        .iter()
        .map(|card| {
            Ok(Card {
                stage: text(card, "stage")?,
                txid: text(card, "txid")?,
                nonce: text(card, "nonce")?.parse()?,
                fee: text(card, "fee")?.parse()?,
            })
        })
        .collect()
}

const CARDS: &str = "return [...document.querySelectorAll('[data-testid=\"transaction\"]')].map(card => ({
    stage: card.querySelector('[data-testid=\"transaction-stage\"]')?.dataset.stage,
    txid: card.dataset.txid,
    nonce: card.dataset.nonce,
    fee: card.querySelector('[data-testid=\"transaction-fee\"]')?.dataset.amount,
}))";

/// Waits until the newest ones have come so far; those.
pub(super) async fn wait_for_stages(application: &Application, expected: &[&str]) -> Result<Vec<Card>> {
    wait::until(&format!("the newest are {expected:?}"), CONFIRMED, async || {
        let cards = cards(application).await?;
        let stages: Vec<&str> = cards.iter().take(expected.len()).map(|card| card.stage.as_str()).collect();
        ensure!(stages == expected, "they are {stages:?}");
        Ok(Some(cards.into_iter().take(expected.len()).collect()))
    })
    .await
}

/// Lets the chain stand still, or go on, on the Devnet page.
async fn stand_still(application: &Application, on: bool) -> Result<()> {
    pages::open(application, "devnet").await?;
    application.press(if on { "fault-stale" } else { "faults-end" }).await?;
    wait::until_true("the devnet does as it is told", FIRST_VALUES, async || {
        let is_on = application.evaluate(STANDS_STILL, Vec::new()).await?;
        ensure!(is_on == on, "whether it stands still is {is_on}");
        Ok(true)
    })
    .await
}

const STANDS_STILL: &str = "return document.querySelector('[data-testid=\"fault-stale\"]').checked";

/// Commits 1 sBTC on a chain that stands still, and finds it waiting in the activity, with the account's next nonce.
pub(super) async fn commit_to_a_chain_that_stands(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    irene: &Account,
    picture: &str,
) -> Result<Card> {
    stand_still(application, true).await?;
    let next = chain.executed(irene).await?;
    dealing::open_bucket(application).await?;
    application.fill("commit-amount", "1").await?;
    application.press("commit-act-button").await?;
    approve(stage, application, picture).await?;
    question::wait_until(application, "under-way").await?;
    pages::open(application, "activity").await?;
    let found = wait_for_stages(application, &["pending"]).await?.remove(0);
    ensure!(found.nonce == next, "its nonce is {}, the chain awaits {next}", found.nonce);
    let told = chain.transaction(&found.txid).await?.context("the node has not got it")?;
    ensure!(
        told.status == "pending" && told.nonce == next,
        "the node says that it is {} with {}",
        told.status,
        told.nonce
    );
    Ok(found)
}

/// Of two with the same nonce, one is in the chain, and the other is not and never will be.
async fn exactly_one(chain: &Chain, done: &Card, other: &Card, status: &str) -> Result<()> {
    ensure!(
        done.nonce == other.nonce && done.txid != other.txid,
        "{done:?} is not in the place of {other:?}"
    );
    let told = chain.transaction(&done.txid).await?.context("the chain has not got it")?;
    ensure!(told.status == status && told.fee == done.fee, "it is {} for a fee of {}", told.status, told.fee);
    let other = chain.transaction(&other.txid).await?;
    let is_out = other.as_ref().is_none_or(|told| told.status.starts_with("dropped"));
    ensure!(is_out, "the other one is {:?}", other.map(|told| told.status));
    Ok(())
}

async fn its_fee_is_raised(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    irene: &Account,
) -> Result<()> {
    let had = chain.balances(irene).await?;
    let next = chain.executed(irene).await?;
    let first = commit_to_a_chain_that_stands(stage, application, chain, irene, "commit-question").await?;
    stage.picture_of(application, "pending").await?;
    accessibility::check(application, &stage.options.axe).await?;
    application.press("raise-fee").await?;
    approve(stage, application, "fee-question").await?;
    let both = wait_for_stages(application, &["pending", "replaced"]).await?;
    ensure!(both[1].txid == first.txid && both[0].nonce == first.nonce, "{both:?} are not both of it");
    ensure!(both[0].fee > first.fee, "the fee went from {} to {}", first.fee, both[0].fee);
    stage.picture_of(application, "raised").await?;
    accessibility::check(application, &stage.options.axe).await?;

    stand_still(application, false).await?;
    pages::open(application, "activity").await?;
    let both = wait_for_stages(application, &["confirmed", "replaced"]).await?;
    exactly_one(chain, &both[0], &both[1], "success").await?;
    ensure!(chain.executed(irene).await? == next + 1, "more than one of them was carried out");
    let has = chain.balances(irene).await?;
    ensure!(
        has.sbtc + COMMITTED == had.sbtc && has.stx + both[0].fee == had.stx,
        "1 sBTC was committed once, and the chain says {had:?} before and {has:?} after"
    );
    // What was replaced is not to be dealt with any more, and what is done neither.
    for button in ["raise-fee", "cancel-transaction"] {
        ensure!(!application.has(button).await?, "there is still a button {button}");
    }
    stage.picture_of(application, "raised-done").await
}

async fn it_is_cancelled(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    irene: &Account,
) -> Result<()> {
    let had = chain.balances(irene).await?;
    let next = chain.executed(irene).await?;
    let first = commit_to_a_chain_that_stands(stage, application, chain, irene, "second-question").await?;
    application.press("cancel-transaction").await?;
    application.press("cancel-transaction-confirm").await?;
    approve(stage, application, "cancel-question").await?;
    let both = wait_for_stages(application, &["pending", "replaced"]).await?;
    ensure!(both[1].txid == first.txid, "{both:?} are not both of it");
    stage.picture_of(application, "cancelling").await?;

    stand_still(application, false).await?;
    // What cancels is made to fail, so that nothing moves by it either.
    let address = shown::told(application, "Cancelled: transaction", CONFIRMED).await?;
    ensure!(address.starts_with("#/activity"), "it leads to {address}");
    pages::open(application, "activity").await?;
    let both = wait::until("it was cancelled", CONFIRMED, async || {
        let cards = cards(application).await?;
        ensure!(chain.executed(irene).await? == next + 1, "it waits still");
        ensure!(cards.len() >= 2 && cards[0].stage == "cancelled", "it is {}", cards[0].stage);
        Ok(Some(cards))
    })
    .await?;
    let told = chain.transaction(&both[0].txid).await?.context("the chain has not got what cancels")?;
    exactly_one(chain, &both[0], &both[1], &told.status).await?;
    let has = chain.balances(irene).await?;
    ensure!(
        has.sbtc == had.sbtc && has.stx + both[0].fee == had.stx,
        "nothing but a fee was to be paid, and the chain says {had:?} before and {has:?} after"
    );
    stage.picture_of(application, "cancelled").await
}

/// What the desktop's dialog is called that says what is under way.
const QUIT: &str = "Quit BitHedge?";

/// Closes the main window until the application asks: here, without a window manager, a wish to close was seen to be lost, and one is passed
/// over while the answer to the one before is being taken in.
async fn ask_to_quit(stage: &Stage<'_>) -> Result<()> {
    wait::until_true("the dialog to quit", END * 4, async || {
        stage.desktop.close_window("BitHedge").await?;
        stage.desktop.wait_for_dialog(QUIT).await?;
        Ok(true)
    })
    .await
}

/// The window is closed while one waits, then the application is killed; each time it is there again, and it is carried out once.
async fn it_outlives_the_application(
    stage: &Stage<'_>,
    application: Application,
    devnet: &Devnet,
    irene: &Account,
) -> Result<()> {
    let chain = devnet.chain();
    let had = chain.balances(irene).await?;
    let next = chain.executed(irene).await?;
    let waits = commit_to_a_chain_that_stands(stage, &application, chain, irene, "third-question").await?;
    // There is no tray on this desktop, so that closing the window is the end, after a word about what is under way.
    ask_to_quit(stage).await?;
    stage.desktop.answer_dialog(QUIT, Side::Right).await.context("to stay")?;
    ensure!(cards(&application).await?.iter().any(|card| card.txid == waits.txid), "the window stays");
    ask_to_quit(stage).await?;
    stage.desktop.picture(None, &stage.output("quit.png")).await?;
    stage.desktop.answer_dialog(QUIT, Side::Left).await.context("to quit")?;
    wait_for_the_end(stage).await?;
    drop(application);

    let application = reopened(stage, devnet, &waits).await.context("after the window was closed")?;
    stage.picture_of(&application, "reopened").await?;
    // As a power cut would: what is dropped is killed.
    drop(application);
    wait_for_the_end(stage).await?;
    let application = reopened(stage, devnet, &waits).await.context("after it was killed")?;

    stand_still(&application, false).await?;
    pages::open(&application, "activity").await?;
    wait_for_stages(&application, &["confirmed"]).await?;
    let told = chain.transaction(&waits.txid).await?.context("the chain has not got it")?;
    ensure!(told.status == "success", "it is {}", told.status);
    ensure!(chain.executed(irene).await? == next + 1, "more than one was carried out");
    let has = chain.balances(irene).await?;
    ensure!(
        has.sbtc + COMMITTED == had.sbtc && has.stx + waits.fee == had.stx,
        "1 sBTC was committed once, and the chain says {had:?} before and {has:?} after"
    );
    // Nothing of it comes after it.
    chain.mine(2).await?;
    ensure!(chain.executed(irene).await? == next + 1, "it was carried out again");
    application.quit().await
}

/// Waits until the application's own process is gone.
pub(super) async fn wait_for_the_end(stage: &Stage<'_>) -> Result<()> {
    let program = stage.options.app.display().to_string();
    wait::until_true("the application ends", END, async || {
        Ok(!embedded_devnet::is_running_for(&stage.application_data(), |word| word == program)?)
    })
    .await
}

/// Starts it where it ended: what waited still waits, and is the same.
async fn reopened(stage: &Stage<'_>, devnet: &Devnet, waits: &Card) -> Result<Application> {
    let application = stage.application(Some(devnet), Theme::Light).await?;
    application.wait_for("nav-home", FIRST_VALUES).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    pages::open(&application, "activity").await?;
    let found = wait_for_stages(&application, &["pending"]).await?.remove(0);
    ensure!(found == *waits, "{waits:?} is shown as {found:?}");
    Ok(application)
}
