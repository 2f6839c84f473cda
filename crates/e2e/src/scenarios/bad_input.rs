//! Everything that somebody can do wrong with amounts, and everything that can happen between the question and the block.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::question::{self, CONFIRMED};
use super::{FIRST_VALUES, Stage, forms, onboarding, pages, practice, shown};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::devnet::{Account, Balances, Chain, Devnet};
use crate::proxy::{Conduct, Proxy};
use crate::wait;

/// A refused connection is noticed at the next question; retries and backoff come on top.
const NOTICE: Duration = Duration::from_secs(40);
/// How long a confirmation of the chain is relied on, and a little more.
const CONFIRMATION: Duration = Duration::from_secs(3);
/// What could not be sent is tried again after seconds.
const TRIES: Duration = Duration::from_secs(6);
/// Longer than any question waits, in seconds of the chain.
const TOO_LATE: u64 = 12 * 3_600;

/// What is no amount of bitcoin, and what the field says of it.
const NO_AMOUNTS: [(&str, &str); 15] = [
    ("1,5", "Did you mean 1.5?"),
    ("1.000,5", "digits alone"),
    ("1 5", "groups of three digits"),
    ("12,34", "Did you mean 12.34?"),
    ("0,125", "Did you mean 0.125?"),
    ("1,250", "two ways"),
    ("1e5", "is not part of an amount"),
    ("-1", "below zero"),
    ("0", "more than zero"),
    ("0.00000000", "more than zero"),
    ("0.123456789", "8 decimal places"),
    ("one", "is not part of an amount"),
    ("<b>1</b>", "is not part of an amount"),
    ("1.", "digit is missing"),
    // 2^128 satoshis and a little more.
    ("3402823669209384634633746074317.7", "too large"),
];

pub(super) async fn is_refused_in_words(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.founded_devnet().await?;
    let proxy = Proxy::start(devnet.chain().url()).await?;
    let application = stage.application_at(proxy.url(), Theme::Dark).await?;
    onboarding::practise(&application).await?;
    forms::listen_for_errors(&application).await?;
    let [peter, irene] = practice::people(&application).await?;
    practice::use_account(&application, &peter).await?;

    protect(stage, &application).await.context("Protect")?;
    capital(stage, &application, &irene).await.context("Earn")?;
    play_money(stage, &application).await.context("the faucet and the market")?;
    limits(&application).await.context("the keeper's limits")?;

    practice::use_account(&application, &peter).await?;
    runs_out(stage, &application, devnet.chain(), &peter).await.context("nobody answers in time")?;
    let chain = devnet.chain();
    is_lost_on_the_way(stage, &application, &proxy, chain, &peter)
        .await
        .context("the node dies after the yes")?;
    let devnet =
        dies_before(stage, &application, devnet, &peter).await.context("the node is dead at the yes")?;
    forms::no_errors(&application).await?;
    application.quit().await?;
    devnet.stop().await
}

/// The table, in a field that takes sBTC or BTC.
async fn no_amount_passes(application: &Application, field: &str, button: &str) -> Result<()> {
    for (typed, words) in NO_AMOUNTS {
        forms::refuses(application, field, typed, words, button).await?;
    }
    // Pressed all the same, by whatever means: nothing is asked of anybody.
    let press = "document.querySelector(`[data-testid=\"${arguments[0]}\"]`).click()";
    application.evaluate(press, vec![button.into()]).await?;
    application.settle().await?;
    ensure!(application.windows().await? == [window::MAIN], "a window opened");
    forms::no_errors(application).await
}

async fn protect(stage: &Stage<'_>, application: &Application) -> Result<()> {
    pages::open(application, "protect").await?;
    application.wait_for("review", FIRST_VALUES).await?;
    no_amount_passes(application, "size", "review").await?;
    forms::refuses(application, "size", "99999", "too much: the largest policy is", "review").await?;
    stage.picture_of(application, "protect").await?;
    accessibility::check(application, &stage.options.axe).await?;
    forms::refuses(application, "size", "0.00000001", "smallest amount is", "review").await?;
    forms::type_over(application, "size", "").await?;
    wait::until_true("an empty field is no offence and buys nothing", FIRST_VALUES, async || {
        let said = forms::said(application, "size", "review").await?;
        ensure!(!said.is_wrong && said.is_off && !said.why.is_empty(), "it says {said:?}");
        Ok(true)
    })
    .await?;
    // What people do type and paste.
    for (typed, amount) in
        [(" 0.1 ", 10_000_000), (".5", 0), ("0.1 BTC", 10_000_000), ("\u{20bf}0.25", 25_000_000)]
    {
        if amount == 0 {
            forms::refuses(application, "size", typed, "", "review").await?;
        } else {
            forms::takes(application, "size", typed, amount).await?;
        }
    }
    forms::paste(application, "size", "0.1\n").await?;
    forms::holds(application, "size", "0.1 and a line's end", 10_000_000).await
}

async fn capital(stage: &Stage<'_>, application: &Application, irene: &Account) -> Result<()> {
    practice::use_account(application, irene).await?;
    wait::until_true("the list of accounts closes by itself", FIRST_VALUES, async || {
        Ok(!application.has("account-menu-panel").await?)
    })
    .await?;
    pages::open(application, "earn").await?;
    application.press("tier-open-2-sbtc").await?;
    application.wait_for("commit-amount", FIRST_VALUES).await?;
    shown::wait_until_loaded(application).await?;
    no_amount_passes(application, "commit-amount", "commit-act-button").await?;
    let most = "too much: the most that you can commit now is";
    forms::refuses(application, "commit-amount", "1,000,000", most, "commit-act-button").await?;
    stage.picture_of(application, "commit").await?;
    accessibility::check(application, &stage.options.axe).await?;
    forms::refuses(application, "commit-amount", "0.00000001", "smallest amount is", "commit-act-button")
        .await?;
    forms::takes(application, "commit-amount", "2.5 sBTC", 250_000_000).await
}

async fn play_money(stage: &Stage<'_>, application: &Application) -> Result<()> {
    pages::open(application, "devnet").await?;
    application.wait_for("devnet-faucet-amount", FIRST_VALUES).await?;
    no_amount_passes(application, "devnet-faucet-amount", "devnet-faucet-give").await?;
    forms::refuses(
        application,
        "devnet-faucet-amount",
        "999,999,999",
        "at once it gives at most",
        "devnet-faucet-give",
    )
    .await?;
    for (typed, words) in
        [("1,5", "Did you mean"), ("-1", "below zero"), ("0", "more than zero"), ("dear", "not part")]
    {
        forms::type_over(application, "devnet-btc-typed", typed).await?;
        wait::until_true(&format!("the price `{typed}` is refused"), FIRST_VALUES, async || {
            let said = forms::said(application, "devnet-btc-typed", "devnet-btc-set").await?;
            ensure!(said.is_wrong && said.words.contains(words) && said.is_off, "it says {said:?}");
            Ok(true)
        })
        .await?;
    }
    stage.picture_of(application, "devnet").await
}

async fn limits(application: &Application) -> Result<()> {
    pages::open(application, "settings").await?;
    application.press("tab-settings-keeper").await?;
    application.wait_for("keeper-call-limit", FIRST_VALUES).await?;
    for (typed, words) in [
        ("0,5", "Did you mean 0.5?"),
        ("0", "more than zero"),
        ("0.1234567", "6 decimal places"),
        ("-2", "below zero"),
        ("lots", "not part"),
    ] {
        forms::refuses(application, "keeper-call-limit", typed, words, "propose-keeper").await?;
    }
    application.fill("keeper-call-limit", "3").await?;
    wait::until_true("a call may not cost more than a day", FIRST_VALUES, async || {
        let said = forms::said(application, "keeper-call-limit", "propose-keeper").await?;
        ensure!(said.is_off && said.why.contains("24 hours"), "it says {said:?}");
        Ok(true)
    })
    .await
}

/// Opens Peter's page with an order for 0.1 BTC, paid in sBTC, that the chain would sell.
async fn order(application: &Application) -> Result<u128> {
    pages::open(application, "protect").await?;
    application.fill("size", "0.1").await?;
    application.press("pay-sbtc").await?;
    application.wait_for("total", CONFIRMED).await?;
    shown::wait_until_loaded(application).await?;
    Ok(application.attribute("total", "data-amount").await?.parse()?)
}

async fn ask(application: &Application) -> Result<()> {
    application.press("review").await?;
    application.switch_to(window::QUESTION).await?;
    application.wait_for("approve", FIRST_VALUES).await
}

/// The time of a quote is over while its question is open: it cannot be approved any more, and can be asked again.
async fn runs_out(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
) -> Result<()> {
    order(application).await?;
    let had = chain.balances(peter).await?;
    ask(application).await?;
    application.switch_to(window::MAIN).await?;
    application
        .call("devnet_do", json!({ "deed": { "deed": "pass", "seconds": TOO_LATE.to_string() } }))
        .await?
        .map_err(|error| anyhow::anyhow!("the time does not pass: {error}"))?;
    question::wait_until(application, "closed").await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    stage.picture_of(application, "ran-out").await?;
    let said = application.text("proposal").await?;
    ensure!(said.contains("signed") && said.to_lowercase().contains("again"), "it says: {said}");
    ensure!(chain.balances(peter).await? == had, "something was spent");
    application.press("proposal-dismiss").await
}

/// The node is gone in the moment after the yes: what is signed waits, and is sent once when the node is back.
async fn is_lost_on_the_way(
    stage: &Stage<'_>,
    application: &Application,
    proxy: &Proxy,
    chain: &Chain,
    peter: &Account,
) -> Result<()> {
    let total = order(application).await?;
    let (had, nonce) = (chain.balances(peter).await?, chain.nonce(peter).await?);
    ask(application).await?;
    question::read_to_the_end(application).await?;
    proxy.behave(Conduct::LosesTransactions);
    application.press("approve").await?;
    application.switch_to(window::MAIN).await?;
    question::wait_until(application, "under-way").await?;
    // Long enough for some tries.
    tokio::time::sleep(TRIES).await;
    let said = application.text("proposal").await?;
    ensure!(said.contains("on its way") && said.len() > 60, "it says: {said}");
    ensure!(chain.balances(peter).await? == had, "what never arrived was carried out");
    stage.picture_of(application, "not-sent").await?;
    accessibility::check_both_themes(application, &stage.options.axe).await?;
    proxy.behave(Conduct::Honest);
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "sent-later").await?;
    bought_once(chain, peter, &had, nonce, total).await?;
    application.press("proposal-dismiss").await
}

/// The purchase was carried out, exactly once, for what was shown.
async fn bought_once(chain: &Chain, peter: &Account, had: &Balances, nonce: u64, total: u128) -> Result<()> {
    let (has, now) = (chain.balances(peter).await?, chain.nonce(peter).await?);
    ensure!(now == nonce + 1, "its number was {nonce} and is {now}");
    let paid = had.sbtc.saturating_sub(has.sbtc);
    // One per cent of slack is asked for, and the page says so.
    ensure!(paid > 0 && paid <= total + total / 100, "the page said {total}, the chain took {paid}");
    Ok(())
}

/// The node is dead when yes is said: nothing is signed, and the same question can be answered once the node is back. While it is
/// gone nothing else can be asked for, and that is said.
async fn dies_before(
    stage: &Stage<'_>,
    application: &Application,
    devnet: Devnet,
    peter: &Account,
) -> Result<Devnet> {
    let total = order(application).await?;
    let (had, nonce) = (devnet.chain().balances(peter).await?, devnet.chain().nonce(peter).await?);
    let port = devnet.chain().port()?;
    ask(application).await?;
    question::read_to_the_end(application).await?;
    devnet.kill().await?;
    // What was confirmed of the chain holds for two seconds.
    tokio::time::sleep(CONFIRMATION).await;
    application.press("approve").await?;
    wait::until_true("the question says what is the matter", NOTICE, async || {
        Ok(application.has("question-problem").await? || application.has("answer-failed").await?)
    })
    .await?;
    stage.picture_of(application, "no-answer").await?;
    accessibility::check_both_themes(application, &stage.options.axe).await?;
    application.switch_to(window::MAIN).await?;
    application.wait_for_state("unreachable", NOTICE).await?;
    let said = forms::said(application, "size", "review").await?;
    ensure!(said.is_off, "something else can be asked for without a node: {said:?}");
    stage.picture_of(application, "no-node").await?;

    let devnet = stage.devnet_on(port).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    ensure!(devnet.chain().balances(peter).await? == had, "something was spent");
    application.switch_to(window::QUESTION).await?;
    question::read_to_the_end(application).await?;
    application.press("approve").await?;
    application.switch_to(window::MAIN).await?;
    question::wait_until(application, "done").await?;
    bought_once(devnet.chain(), peter, &had, nonce, total).await?;
    application.press("proposal-dismiss").await?;
    Ok(devnet)
}
