//! Networks of one's own: entered with every mistake that can be made, checked, used, changed, left and forgotten.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::secrets::{self, SLOW};
use super::{FIRST_VALUES, Stage, forms, pages, question, shown};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::devnet::Chain;
use crate::wait;

/// Whoever deploys on every devnet of this kind.
const DEPLOYER: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
/// An address of mainnet.
const REAL_DEPLOYER: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";
/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";
/// A check asks some fifty questions of an unoptimised node.
const CHECKED: Duration = Duration::from_secs(60);

pub(super) async fn are_entered_used_and_left(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let chain = devnet.chain();
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    secrets::bring(&application).await?;
    pages::open(&application, "settings").await?;
    application.press("tab-settings-networks").await?;
    application.wait_for("add-network", FIRST_VALUES).await?;

    mistakes(stage, &application).await.context("mistakes in the form")?;
    let silent = add(&application, "Silent", NOBODY).await?;
    cannot_be_used(stage, &application, &silent, "silent").await.context("nobody answers")?;
    // The chain's number says that this is no mainnet.
    let other = add_real(stage, &application, "Not mainnet", chain.url()).await?;
    cannot_be_used(stage, &application, &other, "other-chain").await.context("a node of another chain")?;

    // What was entered wrong can be put right.
    application.press(&format!("edit-network-{silent}")).await?;
    application.wait_for("network-form", FIRST_VALUES).await?;
    application.fill("network-name-input", "Mine").await?;
    application.fill("network-nodes", chain.url()).await?;
    application.press("save-network").await?;
    let mine =
        wait::until("the changed network", FIRST_VALUES, async || named(&application, "Mine").await).await?;
    is_used_and_left(stage, &application, chain, &mine).await.context("a devnet of one's own")?;

    for id in [&mine, &other] {
        application.press(&format!("remove-network-{id}")).await?;
        application.press(&format!("remove-network-{id}-confirm")).await?;
        wait::until_true("the network is forgotten", FIRST_VALUES, async || {
            Ok(!is_listed(&application, id).await?)
        })
        .await?;
    }
    application.quit().await?;
    devnet.stop().await
}

async fn mistakes(stage: &Stage<'_>, application: &Application) -> Result<()> {
    application.press("add-network").await?;
    application.press("save-network").await?;
    forms::reads(application, "network-name-input-problem", "name", FIRST_VALUES).await?;
    for (nodes, words) in [
        ("", "address of a node"),
        ("hello there", "https://"),
        ("http://example.org", "https://"),
        ("ftp://example.org", "https://"),
        ("https://secret@example.org", "nothing else"),
        ("https://example.org/v2/key", "nothing else"),
        ("https://example.org https://example.org", "twice"),
    ] {
        forms::type_over(application, "network-nodes", nodes).await?;
        application.press("save-network").await?;
        forms::reads(application, "network-nodes-problem", words, FIRST_VALUES).await.context(nodes)?;
    }
    application.press("network-kind-devnet").await?;
    application.fill("network-nodes", "https://example.org").await?;
    forms::reads(application, "network-nodes-problem", "on this computer", FIRST_VALUES).await?;
    application.fill("network-deployer", "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7").await?;
    forms::reads(application, "network-deployer-problem", "ST or SN", FIRST_VALUES).await?;
    stage.picture_of(application, "mistakes").await?;
    accessibility::check(application, &stage.options.axe).await?;
    // An address with a letter wrong only the core can tell.
    application.fill("network-name-input", "Wrong address").await?;
    application.fill("network-nodes", NOBODY).await?;
    application.fill("network-deployer", &DEPLOYER.replace("PGZGM", "PGZGN")).await?;
    application.press("save-network").await?;
    forms::reads(application, "network-form-problem", "address", FIRST_VALUES).await?;
    application.press("leave-network").await?;
    ensure!(named(application, "Wrong address").await?.is_none(), "a network with a wrong address was kept");
    Ok(())
}

/// Enters one with real money: a person is asked, and nothing is kept before.
async fn add_real(stage: &Stage<'_>, application: &Application, name: &str, node: &str) -> Result<String> {
    enter(application, name, "mainnet", node, REAL_DEPLOYER).await?;
    question::refuse(stage, application, "network-refused").await?;
    application.wait_for("network-asked", FIRST_VALUES).await?;
    forms::reads(application, "network-asked", "not kept", FIRST_VALUES).await?;
    ensure!(named(application, name).await?.is_none(), "a network was kept that was refused");
    application.press("save-network").await?;
    application.switch_to(window::QUESTION).await?;
    application.wait_for("question-deployer", FIRST_VALUES).await?;
    let shown = application.evaluate(DEPLOYER_SHOWN, Vec::new()).await?;
    ensure!(
        shown == serde_json::json!([REAL_DEPLOYER, true]),
        "whose contracts they are is not to be seen whole: {shown}"
    );
    question::approve(stage, application, "network-question").await?;
    wait::until(&format!("the network {name}"), FIRST_VALUES, async || named(application, name).await).await
}

/// Enters a devnet; its id.
async fn add(application: &Application, name: &str, node: &str) -> Result<String> {
    enter(application, name, "devnet", node, DEPLOYER).await?;
    wait::until(&format!("the network {name}"), FIRST_VALUES, async || named(application, name).await).await
}

async fn enter(application: &Application, name: &str, kind: &str, node: &str, deployer: &str) -> Result<()> {
    application.press("add-network").await?;
    application.fill("network-name-input", name).await?;
    application.press(&format!("network-kind-{kind}")).await?;
    application.fill("network-nodes", node).await?;
    application.fill("network-deployer", deployer).await?;
    application.press("save-network").await
}

/// The address in the question, and whether nothing of it is cut off.
const DEPLOYER_SHOWN: &str = "const one = document.querySelector('[data-testid=\"question-deployer\"] code');
    return [one.textContent, one.scrollWidth <= one.clientWidth || getComputedStyle(one).display === 'inline'
        && getComputedStyle(one).textOverflow !== 'ellipsis']";

/// The id of the network with this name.
async fn named(application: &Application, name: &str) -> Result<Option<String>> {
    let script = "return [...document.querySelectorAll('[data-testid=\"network\"]')]
        .find(one => one.querySelector('.network-name')?.textContent === arguments[0])?.dataset.network ?? null";
    Ok(application.evaluate(script, vec![name.into()]).await?.as_str().map(str::to_owned))
}

async fn is_listed(application: &Application, id: &str) -> Result<bool> {
    let script = "return document.querySelector(`[data-network=\"${CSS.escape(arguments[0])}\"]`) !== null";
    Ok(application.evaluate(script, vec![id.into()]).await? == true)
}

/// What the row of a network says of its last check: `usable` or `unusable`, and the words.
async fn verdict(application: &Application, id: &str) -> Result<(String, String)> {
    let script = "const one = document.querySelector(
            `[data-testid=\"network\"][data-network=\"${CSS.escape(arguments[0])}\"] [data-testid=\"verdict\"]`);
        return one ? [one.dataset.state, one.innerText] : null";
    let found = application.evaluate(script, vec![id.into()]).await?;
    serde_json::from_value(found).context("nothing was found yet")
}

async fn check(application: &Application, id: &str, state: &str) -> Result<String> {
    application.press(&format!("check-network-{id}")).await?;
    wait::until(&format!("the verdict {state}"), CHECKED, async || {
        let (found, words) = verdict(application, id).await?;
        ensure!(found == state, "it is {found}: {words}");
        Ok(Some(words))
    })
    .await
}

/// The check says why. What may pass by itself can be used all the same, which leads to words and not to figures of another chain.
async fn cannot_be_used(stage: &Stage<'_>, application: &Application, id: &str, picture: &str) -> Result<()> {
    let words = check(application, id, "unusable").await?;
    ensure!(words.contains("Cannot be used"), "it says: {words}");
    stage.picture_of(application, picture).await?;
    accessibility::check(application, &stage.options.axe).await?;
    // What does not pass by itself is not offered: the button says why.
    let offered = forms::said(application, "theme-toggle", &format!("use-network-{id}")).await?;
    ensure!(
        offered.is_off != words.contains("This may pass by itself"),
        "the check says: {words}; the button: {offered:?}"
    );
    if offered.is_off {
        ensure!(offered.why.contains("cannot be used"), "the button says: {offered:?}");
        return Ok(());
    }
    application.press(&format!("use-network-{id}")).await?;
    application.wait_for("network-notice", CHECKED).await?;
    let notice = application.text("network-notice").await?;
    ensure!(notice.len() > 40, "the notice says only: {notice}");
    stage.picture_of(application, &format!("{picture}-used")).await?;
    let reason = forms::said(application, "theme-toggle", &format!("remove-network-{id}")).await?;
    ensure!(reason.is_off && reason.why.contains("in use"), "a network in use can be forgotten: {reason:?}");
    application.press("use-network-devnet").await?;
    application.wait_for_state("live", CHECKED).await
}

async fn is_used_and_left(
    stage: &Stage<'_>,
    application: &Application,
    chain: &Chain,
    id: &str,
) -> Result<()> {
    let words = check(application, id, "usable").await?;
    ensure!(words.contains("byte for byte"), "it says: {words}");
    let account = secrets::endowed();
    for network in [id, "devnet"] {
        application.press(&format!("use-network-{network}")).await?;
        wait::until_true("the network is in use", CHECKED, async || is_in_use(application, network).await)
            .await?;
        application.wait_for_state("live", SLOW).await?;
        wait::until_true("the node is shown", FIRST_VALUES, async || {
            // Not as it is displayed: it lies outside of what is scrolled to, which the driver takes for no text.
            let endpoint = application.evaluate(ENDPOINT, Vec::new()).await?;
            ensure!(
                endpoint.as_str().is_some_and(|text| text.contains(chain.url())),
                "the node is {endpoint}"
            );
            Ok(true)
        })
        .await?;
        // The same account, with what the chain says that it has.
        pages::open(application, "home").await?;
        shown::open_accounts(application).await?;
        wait::until_true("the account's balances are the chain's", FIRST_VALUES, async || {
            let (shown, has) =
                (shown::balances(application, &account.label).await?, chain.balances(&account).await?);
            ensure!(shown == has, "it shows {shown:?}, the chain has {has:?}");
            Ok(true)
        })
        .await?;
        stage.picture_of(application, if network == id { "mine" } else { "back" }).await?;
        pages::open(application, "settings").await?;
        application.press("tab-settings-networks").await?;
        application.wait_for("add-network", FIRST_VALUES).await?;
    }
    Ok(())
}

const ENDPOINT: &str = "return document.querySelector('[data-testid=\"endpoint\"]')?.textContent ?? null";

async fn is_in_use(application: &Application, id: &str) -> Result<bool> {
    let script = "return document.querySelector(
        `[data-testid=\"network\"][data-network=\"${CSS.escape(arguments[0])}\"]`)?.dataset.used === 'true'";
    Ok(application.evaluate(script, vec![id.into()]).await? == true)
}
