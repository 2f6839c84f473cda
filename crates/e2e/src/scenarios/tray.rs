//! A desktop with a tray: the window is closed while something is under way, which goes on, is told, and can be looked at and ended.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{Stage, onboarding, pages, practice, stuck};
use crate::application::Theme;
use crate::panel::FakePanel;
use crate::wait;

const MAIN: &str = "BitHedge";
const OPEN: &str = "Open BitHedge";
const LOCK: &str = "Lock";
const QUIT: &str = "Quit";
const SOON: Duration = Duration::from_secs(15);
/// A block takes the devnet's time, and the application looks again after some seconds.
const A_BLOCK_LATER: Duration = Duration::from_mins(1);

pub(super) async fn keeps_it_within_reach(stage: &Stage<'_>) -> Result<()> {
    let panel = FakePanel::open(stage.desktop).await?;
    let devnet = stage.devnet().await?;
    let chain = devnet.chain();
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    let menu = panel.menu().await?;
    let labels: Vec<&str> = menu.iter().map(|line| line.label.as_str()).collect();
    let [OPEN, news, LOCK, QUIT] = labels[..] else { anyhow::bail!("the menu is {menu:?}") };
    // A practice wallet has no passphrase that would open it again.
    ensure!(news.contains("notification") && !menu[2].is_enabled, "the menu is {menu:?}");

    let [_, irene] = practice::people(&application).await?;
    practice::use_account(&application, &irene).await?;
    let waits = stuck::commit_to_a_chain_that_stands(stage, &application, chain, &irene, "question").await?;
    wait::until_true("the window is hidden", SOON, async || {
        stage.desktop.close_window(MAIN).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(!stage.desktop.has_window(MAIN)?)
    })
    .await?;
    let stays = panel.wait_until_told("BitHedge goes on in the background").await?;
    ensure!(
        stays.text.contains("signed and not carried out yet") && stays.text.contains("tray"),
        "it told {stays:?}"
    );

    // Nobody looks, and the chain goes on.
    let before = panel.told().len();
    chain.post("/devnet/faults", &json!({})).await?;
    let done = wait::until("the desktop tells what was done", A_BLOCK_LATER, async || {
        Ok(panel.told().into_iter().skip(before).find(|told| told.title.contains("ommit")))
    })
    .await
    .with_context(|| format!("it told {:?}", panel.told()))?;
    ensure!(!done.text.is_empty(), "it told {done:?}");
    let told = chain.transaction(&waits.txid).await?.context("the chain has not got it")?;
    ensure!(told.status == "success", "it is {} and the desktop told {done:?}", told.status);
    let news = panel.menu().await?.into_iter().any(|line| {
        let count = line.label.split(' ').next().and_then(|word| word.parse::<u32>().ok());
        line.label.contains("new notification") && count.is_some_and(|count| count > 0)
    });
    ensure!(news, "nothing new is counted: {:?}", panel.menu().await?);

    panel.press(OPEN).await?;
    wait::until_true("the window is there again", SOON, async || stage.desktop.has_window(MAIN)).await?;
    pages::open(&application, "activity").await?;
    stuck::wait_for_stages(&application, &["confirmed"]).await?;
    stage.picture(&application).await?;

    panel.press(QUIT).await?;
    stuck::wait_for_the_end(stage).await?;
    drop(application);
    devnet.stop().await
}
