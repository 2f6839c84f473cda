//! How policies end without being activated: one is sold back, one is paid at its end, one runs out worthless. Irene takes her gain
//! out. And what was told of it, and what the file of the activity says, is what the chain says.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use super::dealing::{self, Bought, Wanted};
use super::question::{self, CONFIRMED, approve};
use super::{FIRST_VALUES, Stage, onboarding, pages, practice, shown};
use crate::accessibility;
use crate::application::{Application, Theme};
use crate::contracts::Contracts;
use crate::devnet::{Account, Balances, Chain};
use crate::wait;

/// As the registry's contract counts.
const SETTLED: u128 = 3;
const EXPIRED: u128 = 4;
const SOLD_BACK: u128 = 5;

/// In seconds.
const DAY: u128 = 86_400;

pub(super) async fn ends_every_way(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let chain = devnet.chain();
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    let [peter, irene] = practice::people(&application).await?;
    let contracts = Contracts::on(chain).await?;

    practice::use_account(&application, &irene).await?;
    dealing::commit(stage, &application, "2", "commit-question").await.context("Irene commits")?;
    dealing::close(&application, 2).await.context("her deposit becomes shares")?;

    practice::use_account(&application, &peter).await?;
    let began = chain.balances(&peter).await?;
    let lasting = Wanted { size: "0.4", at_the_lowest: false, at_the_soonest: false };
    let sold = dealing::buy(stage, &application, chain, &peter, &lasting, "lasting-question").await?;
    is_sold_back(stage, &application, chain, &contracts, &peter, sold)
        .await
        .context("a policy is sold back")?;
    let near = Wanted { size: "0.2", at_the_lowest: false, at_the_soonest: true };
    let paid = dealing::buy(stage, &application, chain, &peter, &near, "near-question").await?;
    let far = Wanted { size: "0.3", at_the_lowest: true, at_the_soonest: true };
    let worthless = dealing::buy(stage, &application, chain, &peter, &far, "far-question").await?;
    ensure!(paid.expiry == worthless.expiry, "they end at {} and {}", paid.expiry, worthless.expiry);

    irene_takes_her_gain(stage, &application, &contracts, &irene)
        .await
        .context("Irene takes her gain out")?;
    practice::use_account(&application, &peter).await?;
    falls_by_a_fifth(&application).await?;
    passes_until(&application, paid.expiry).await.context("they end")?;
    is_paid_at_its_end(stage, &application, &contracts, paid).await.context("a policy is paid at its end")?;
    runs_out(stage, &application, &contracts, worthless).await.context("a policy runs out")?;
    all_was_told(stage, &application, paid, worthless).await.context("what was told")?;
    the_file_is_the_chains(stage, &application, chain, &peter, &began)
        .await
        .context("the file of the activity")?;
    irene_is_paid(stage, &application, chain, &contracts, &irene).await.context("Irene's gain is paid")?;
    application.quit().await?;
    devnet.stop().await
}

async fn is_sold_back(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    contracts: &Contracts,
    peter: &Account,
    policy: Bought,
) -> Result<()> {
    dealing::open_policy(application, policy.id).await?;
    wait::until_true("the page says what the contract says", FIRST_VALUES, async || {
        let (refund, shown) = (
            contracts.policy_value(policy.id).await?.uint("refund")?,
            shown::amount(application, "sell-back-pays").await?,
        );
        ensure!(shown == refund, "the page says {shown}, the contract {refund}");
        Ok(true)
    })
    .await?;
    // It stands above its protected price, and was bought a moment ago.
    ensure!(
        application.has("activate-later").await? || application.has("activate-not").await?,
        "it can be activated"
    );
    let about = application.text("step-sell-back").await?;
    ensure!(
        about.contains("the average of the last half-hour"),
        "it does not say which price counts: {about}"
    );
    stage.picture_of(application, "to-be-sold").await?;
    accessibility::check(application, &stage.options.axe).await?;
    let had = chain.balances(peter).await?;
    let (pays, least) = (
        shown::amount(application, "sell-back-pays").await?,
        shown::amount(application, "sell-back-least").await?,
    );
    application.press("sell-back-button").await?;
    approve(stage, application, "sell-back-question").await?;
    question::wait_until(application, "done").await?;
    wait::until_true("a passing message says so", CONFIRMED, async || {
        let toasts: Vec<String> = serde_json::from_value(application.evaluate(TOASTS, Vec::new()).await?)?;
        ensure!(toasts.iter().any(|words| words.starts_with("Policy sold back")), "there is {toasts:?}");
        Ok(true)
    })
    .await?;
    dealing::wait_for_state(application, "sold-back").await?;
    let record = contracts.policy(policy.id).await?;
    let refund = record.uint("paid")?;
    ensure!(record.uint("status")? == SOLD_BACK, "the registry says {record:?}");
    let got = chain.balances(peter).await?.sbtc.saturating_sub(had.sbtc);
    ensure!(
        got == refund && shown::amount(application, "policy-paid").await? == got,
        "{refund} was paid, {got} arrived"
    );
    // Prices stand still here: only time has passed.
    ensure!(
        least < pays && got >= least && got <= pays,
        "{pays} was shown, {least} at least, and {got} came"
    );
    ensure!(got < policy.paid, "whoever sells back at once has a spread to pay: {got} of {}", policy.paid);
    stage.picture_of(application, "sold").await
}

const TOASTS: &str =
    "return [...document.querySelectorAll('[data-testid=\"toast\"]')].map(toast => toast.textContent.trim())";

/// There is a gain of premiums with the next close; it is put in the queue.
async fn irene_takes_her_gain(
    stage: &Stage<'_>,
    application: &Application,
    contracts: &Contracts,
    irene: &Account,
) -> Result<()> {
    practice::use_account(application, irene).await?;
    dealing::close(application, 1).await?;
    dealing::open_bucket(application).await?;
    let position = dealing::position_is_the_contracts(application, contracts, irene).await?;
    ensure!(position.value > position.basis, "premiums brought nothing: {position:?}");
    shown::bring_up(application, "claim-yield").await?;
    stage.picture_of(application, "gain").await?;
    application.press("claim-yield-button").await?;
    approve(stage, application, "gain-question").await?;
    question::wait_until(application, "done").await
}

/// Four steps of five per cent down, by the buttons.
async fn falls_by_a_fifth(application: &Application) -> Result<()> {
    pages::open(application, "devnet").await?;
    let price =
        async || Ok::<u64, anyhow::Error>(application.attribute("devnet-btc", "data-value").await?.parse()?);
    for _ in 0..4 {
        let before = price().await?;
        application.press("devnet-btc-down-5").await?;
        wait::until_true("the price has moved", CONFIRMED, async || {
            let now = price().await?;
            ensure!(now == before * 95 / 100, "it is {now}, after {before}");
            Ok(true)
        })
        .await?;
    }
    Ok(())
}

/// Days pass on the Devnet page until the policies' end is over, with everything done that is due. On the day before, their owner is told:
/// the application looks every few seconds, in which days may pass here.
async fn passes_until(application: &Application, end: u128) -> Result<()> {
    for _ in 0..7 {
        let now = u128::from(shown::number(application, "devnet-time").await?);
        if now > end {
            return Ok(());
        }
        if end - now < DAY {
            shown::told(application, "2 policies end in", CONFIRMED).await?;
        }
        practice::pass(application, "devnet-next-close", 1).await?;
    }
    anyhow::bail!("a week is over, and it has not come")
}

async fn is_paid_at_its_end(
    stage: &Stage<'_>,
    application: &Application,
    contracts: &Contracts,
    policy: Bought,
) -> Result<()> {
    // The keeper settles and pays; nothing is left to be done by hand.
    dealing::open_policy(application, policy.id).await?;
    dealing::wait_for_state(application, "settled").await?;
    let record = contracts.policy(policy.id).await?;
    let paid = record.uint("paid")?;
    ensure!(record.uint("status")? == SETTLED && paid > 0, "the registry says {record:?}");
    ensure!(
        shown::amount(application, "policy-paid").await? == paid,
        "the page says otherwise than the registry: {paid}"
    );
    let result: i128 = application.attribute("policy-result", "data-amount").await?.parse()?;
    let expected = i128::try_from(paid)? - i128::try_from(policy.paid)?;
    ensure!(result == expected, "its result is shown as {result}, and is {expected}");
    let story = application.text("policy-story").await?;
    ensure!(story.contains("was paid"), "the story is: {story}");
    stage.picture_of(application, "settled").await
}

async fn runs_out(
    stage: &Stage<'_>,
    application: &Application,
    contracts: &Contracts,
    policy: Bought,
) -> Result<()> {
    dealing::open_policy(application, policy.id).await?;
    dealing::wait_for_state(application, "expired").await?;
    let record = contracts.policy(policy.id).await?;
    ensure!(record.uint("status")? == EXPIRED && record.uint("paid")? == 0, "the registry says {record:?}");
    ensure!(shown::amount(application, "policy-paid").await? == 0, "the page says that something was paid");
    let story = application.text("policy-story").await?;
    ensure!(story.contains("nothing was due") && story.contains("not paid back"), "the story is: {story}");
    stage.picture_of(application, "expired").await
}

/// Premium, payout and end in the list of what was told, each leading to its policy.
async fn all_was_told(
    stage: &Stage<'_>,
    application: &Application,
    paid: Bought,
    worthless: Bought,
) -> Result<()> {
    let address = shown::told(application, "2 policies end in", CONFIRMED).await?;
    ensure!(address == "#/policies", "that both end soon leads to {address}");
    for (policy, words) in [
        (paid, format!("Policy {} ended with a payout and was paid", paid.id)),
        (worthless, format!("Policy {} ended without a payout", worthless.id)),
    ] {
        let address = shown::told(application, &words, CONFIRMED).await?;
        ensure!(address == format!("#/policies/{}", policy.id), "`{words}` leads to {address}");
    }
    let address = shown::told(application, "Protection bought", CONFIRMED).await?;
    ensure!(address.starts_with("#/policies/"), "a purchase that is done leads to {address}");
    application.press("bell").await?;
    stage.picture_of(application, "told").await?;
    accessibility::check(application, &stage.options.axe).await?;
    application.press("bell").await
}

/// What a transaction moved for the account, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Moved {
    sbtc: i128,
    stx: i128,
    fee: i128,
}

/// Saves Peter's activity and holds it against the chain: transaction by transaction, and in all.
async fn the_file_is_the_chains(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    peter: &Account,
    began: &Balances,
) -> Result<()> {
    pages::open(application, "activity").await?;
    application.press("tab-activity-chain").await?;
    shown::wait_until_loaded(application).await?;
    stage.picture_of(application, "activity").await?;
    let rows = wait::until("as many lines are shown as the chain has", CONFIRMED, async || {
        application.press("export-activity").await?;
        let file = saved_file(application).await?;
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        let rows = rows_of(&text)?;
        let what = |name: &str| rows.iter().filter(|row| row.what() == name).count();
        // Three bought, one sold back, one settled, one run out.
        let counted = ["created", "cancelled", "settled", "expired"]
            .map(|end| what(&format!("policy-registry/policy-{end}")));
        ensure!(counted == [3, 1, 1, 1], "bought, sold back, paid and run out are {counted:?}");
        Ok(Some(rows))
    })
    .await?;
    let mut by_transaction: BTreeMap<&str, Moved> = BTreeMap::new();
    for row in &rows {
        let moved = by_transaction.entry(row.txid()).or_default();
        moved.sbtc += row.units("received sBTC", 8)? - row.units("paid sBTC", 8)?;
        moved.stx += row.units("received STX", 6)? - row.units("paid STX", 6)?;
        moved.fee += row.units("network fee STX", 6)?;
    }
    let mut all = Moved::default();
    for (txid, said) in by_transaction {
        let told = chain.transaction(txid).await?.with_context(|| format!("the chain has no {txid}"))?;
        let is_own = told.sender == peter.address;
        let fee = if is_own { i128::try_from(told.fee)? } else { 0 };
        let moved = Moved { sbtc: told.sbtc_for(peter)?, stx: told.stx_for(peter)?, fee };
        ensure!(said == moved, "of {txid} the file says {said:?}, the chain {moved:?}");
        all = Moved { sbtc: all.sbtc + said.sbtc, stx: all.stx + said.stx, fee: all.fee + said.fee };
    }
    let has = chain.balances(peter).await?;
    let change = |now: u128, then: u128| Ok::<_, anyhow::Error>(i128::try_from(now)? - i128::try_from(then)?);
    let (sbtc, stx) = (change(has.sbtc, began.sbtc)?, change(has.stx, began.stx)?);
    ensure!(
        all.sbtc == sbtc && all.stx - all.fee == stx,
        "the file's lines come to {all:?}, and the balances moved by {sbtc} and {stx}"
    );
    Ok(())
}

async fn saved_file(application: &Application) -> Result<String> {
    let words = wait::until("it was saved", FIRST_VALUES, async || {
        let words = application.text("export-done").await?;
        Ok((!words.is_empty()).then_some(words))
    })
    .await?;
    let path = words.rsplit_once(" as ").and_then(|(_, path)| path.strip_suffix('.'));
    path.map(str::to_owned).with_context(|| format!("it says: {words}"))
}

/// A line of the file, by the names in its head.
struct Row(BTreeMap<String, String>);

impl Row {
    fn cell(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn what(&self) -> &str {
        self.cell("what")
    }

    fn txid(&self) -> &str {
        self.cell("transaction")
    }

    /// An amount with so many decimal places, in base units; nothing is zero.
    fn units(&self, name: &str, places: usize) -> Result<i128> {
        let text = self.cell(name);
        if text.is_empty() {
            return Ok(0);
        }
        let (whole, fraction) = text.split_once('.').with_context(|| format!("{name} is `{text}`"))?;
        ensure!(fraction.len() == places, "{name} is `{text}`");
        format!("{whole}{fraction}").parse().with_context(|| format!("{name} is `{text}`"))
    }
}

/// Reads a table with quotes about what has commas in it.
fn rows_of(text: &str) -> Result<Vec<Row>> {
    let mut lines = text.lines().map(cells);
    let head = lines.next().context("the file is empty")?;
    lines
        .map(|cells| {
            ensure!(cells.len() == head.len(), "{} cells under {} heads: {cells:?}", cells.len(), head.len());
            Ok(Row(head.iter().cloned().zip(cells).collect()))
        })
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if is_quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

/// What she asked for waits for her after a close, and she claims it.
async fn irene_is_paid(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    contracts: &Contracts,
    irene: &Account,
) -> Result<()> {
    practice::use_account(application, irene).await?;
    dealing::close(application, 1).await?;
    dealing::open_bucket(application).await?;
    application.wait_for("claim-withdrawal-button", FIRST_VALUES).await?;
    let record = contracts.provider(dealing::TIER, irene).await?;
    let waits = record.uint("claimable")? + record.uint("returned")?;
    ensure!(waits > 0, "nothing is set aside for her: {record:?}");
    let had = chain.balances(irene).await?;
    application.press("claim-withdrawal-button").await?;
    approve(stage, application, "claim-question").await?;
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "gain-claimed").await?;
    let got = chain.balances(irene).await?.sbtc.saturating_sub(had.sbtc);
    ensure!(got == waits, "{waits} was set aside, and {got} arrived");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_its_quotes() {
        assert_eq!(cells("a,\"b, \"\"c\"\"\",,d"), ["a", "b, \"c\"", "", "d"]);
        let rows = rows_of("what,paid sBTC\r\nx,1.00000002\r\ny,\r\n").unwrap();
        assert_eq!(
            (rows[0].units("paid sBTC", 8).unwrap(), rows[1].units("paid sBTC", 8).unwrap()),
            (100_000_002, 0)
        );
        assert!(rows[0].units("paid sBTC", 6).is_err() && rows_of("a,b\n1\n").is_err());
    }
}
