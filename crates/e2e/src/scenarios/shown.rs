//! What the page shows, in numbers, and what it has to be.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::application::Application;
use crate::devnet::{Account, Balances, Chain};
use crate::wait;

/// The two people of the practice wallet, in its order.
pub(super) const PEOPLE: [&str; 2] = ["Peter", "Irene"];

/// The height that the first page shows.
pub(super) async fn height(application: &Application) -> Result<u64> {
    number(application, "tip-height").await
}

/// The number behind what is formatted for people.
pub(super) async fn number(application: &Application, hook: &str) -> Result<u64> {
    let value = application.attribute(hook, "data-value").await?;
    let text = application.text(hook).await?;
    ensure!(!text.trim().is_empty(), "{hook} shows nothing");
    Ok(value.parse()?)
}

/// The base units of an amount that is shown.
pub(super) async fn amount(application: &Application, hook: &str) -> Result<u128> {
    let amount = application.attribute(hook, "data-amount").await?;
    amount.parse().with_context(|| format!("{hook} shows `{amount}`"))
}

/// Scrolls so that an element stands at the top, for a picture of it.
pub(super) async fn bring_up(application: &Application, hook: &str) -> Result<()> {
    let script =
        "document.querySelector(`[data-testid=\"${arguments[0]}\"]`).scrollIntoView({ block: 'start' })";
    application
        .evaluate(script, vec![hook.into()])
        .await
        .with_context(|| format!("{hook} cannot be scrolled to"))?;
    application.settle().await
}

/// Opens the list of what was told and waits until something in it begins so; the address that it leads to.
pub(super) async fn told(application: &Application, begins: &str, within: Duration) -> Result<String> {
    if !application.has("bell-panel").await? {
        application.press("bell").await?;
    }
    let address = wait::until(&format!("`{begins}…` was told"), within, async || {
        let told: Vec<[String; 2]> = serde_json::from_value(application.evaluate(TOLD, Vec::new()).await?)?;
        let found = told.iter().find(|[words, _]| words.starts_with(begins));
        ensure!(found.is_some(), "there is {:?}", told.iter().map(|[words, _]| words).collect::<Vec<_>>());
        Ok(found.map(|[_, address]| address.clone()))
    })
    .await?;
    application.press("bell").await?;
    Ok(address)
}

const TOLD: &str = "return [...document.querySelectorAll('.told-item a')].map(link => [link.textContent, link.getAttribute('href')])";

/// Opens the list of accounts, if it is not open.
pub(super) async fn open_accounts(application: &Application) -> Result<()> {
    if !application.has("account-menu-panel").await? {
        application.press("account-menu").await?;
    }
    Ok(())
}

/// The accounts of the practice wallet. The list of accounts is open.
pub(super) async fn accounts(application: &Application) -> Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for label in PEOPLE {
        let address = application.evaluate(ADDRESS, vec![row(label).into()]).await?;
        let address = address.as_str().with_context(|| format!("{label} has no address"))?.to_owned();
        accounts.push(Account { label: label.to_owned(), address });
    }
    Ok(accounts)
}

const ADDRESS: &str = "return document
    .querySelector(`[data-testid=\"${arguments[0]}\"] .address`)?.title ?? null";

fn row(label: &str) -> String {
    format!("account-row-{label}")
}

/// The balances in the list of accounts, which may be none yet.
pub(super) async fn balances(application: &Application, label: &str) -> Result<Balances> {
    let stx = application.attribute_within(&row(label), "account-stx", "data-amount").await?;
    let sbtc = application.attribute_within(&row(label), "account-sbtc", "data-amount").await?;
    Ok(Balances { stx: stx.parse()?, sbtc: sbtc.parse()? })
}

/// Waits until the window shows exactly what the devnet answers, of one block. It is on its first page, with the list of accounts open.
pub(super) async fn wait_for_the_chains_values(
    application: &Application,
    chain: &Chain,
    accounts: &[Account],
    within: Duration,
) -> Result<()> {
    wait::until_true("the window shows the chain's values", within, async || {
        let tip = chain.tip().await?;
        let height = height(application).await?;
        ensure!(height == tip.height, "it shows height {height}, the chain has {}", tip.height);
        for account in accounts {
            let shown = balances(application, &account.label).await?;
            let has = chain.balances(account).await?;
            ensure!(shown == has, "{}: it shows {shown:?}, the chain has {has:?}", account.label);
        }
        let time = number(application, "chain-time").await?;
        ensure!(time == tip.time || chain.tip().await?.height != tip.height, "chain time is shown as {time}");
        Ok(true)
    })
    .await
}

/// From 0, black, to 1, white: the background's channels, averaged.
pub(super) async fn lightness(application: &Application) -> Result<f64> {
    let script =
        "const channels = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);
        return channels.slice(0, 3).reduce((sum, channel) => sum + channel, 0) / 3 / 255";
    application.evaluate(script, Vec::new()).await?.as_f64().context("the page has no background colour")
}

/// Waits until nothing on the page is on its way any more.
pub(super) async fn wait_until_loaded(application: &Application) -> Result<()> {
    wait::until_true("the page is there", Duration::from_secs(60), async || {
        let waiting = application.evaluate(ON_ITS_WAY, Vec::new()).await?;
        ensure!(waiting == 0, "{waiting} parts of it are on their way");
        Ok(true)
    })
    .await?;
    application.settle().await
}

const ON_ITS_WAY: &str = "return [...document.querySelectorAll('main .skeleton, main [aria-busy=\"true\"]')]
        .filter(element => element.checkVisibility()).length";

/// Everything that is wider than its place: the page itself, every box that a user would have to scroll sideways, and whatever
/// does not fit into its row of a table.
pub(super) async fn check_that_it_fits(application: &Application) -> Result<()> {
    let found = application.evaluate(OVERFLOWING, Vec::new()).await?;
    ensure!(found.as_array().is_some_and(Vec::is_empty), "these are wider than their place: {found}");
    Ok(())
}

const OVERFLOWING: &str = "
    const page = document.documentElement;
    const found = page.scrollWidth > page.clientWidth ? [`page: ${page.scrollWidth} > ${page.clientWidth}`] : [];
    const name = element => `${element.tagName.toLowerCase()}.${element.className}`;
    for (const element of document.querySelectorAll('body *')) {
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        if (scrolls && element.scrollWidth > element.clientWidth) {
            found.push(`${name(element)}: ${element.scrollWidth} > ${element.clientWidth}`);
        }
    }
    for (const row of document.querySelectorAll('tr')) {
        const outer = row.getBoundingClientRect();
        for (const element of row.querySelectorAll('*:not(wbr)')) {
            // What is not shown at this width has no place.
            if (!element.checkVisibility()) continue;
            const inner = element.getBoundingClientRect();
            const fits = inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1
                && inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
            if (!fits) found.push(`${name(element)} leaves its row`);
        }
    }
    return found;";
