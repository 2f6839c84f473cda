//! A whole purchase by the keyboard alone, for somebody who asked the desktop for less motion.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use thirtyfour::{Key, TypingData};

use super::question::{self, CONFIRMED};
use super::{FIRST_VALUES, Stage, forms, onboarding, practice};
use crate::application::{Application, Theme, window};
use crate::wait;

/// No page has so many controls.
const MOST_STEPS: usize = 80;
/// A question is no longer than so many windows.
const PAGES_OF_A_QUESTION: usize = 30;
/// Until what was scrolled into sight is known to be.
const FRAME: Duration = Duration::from_millis(150);
/// How GTK is told that somebody wants less motion.
const LESS_MOTION: &str = "[Settings]\ngtk-enable-animations=false\n";

pub(super) async fn is_enough(stage: &Stage<'_>) -> Result<()> {
    let settings = stage.application_data().join("config/gtk-3.0");
    std::fs::create_dir_all(&settings)?;
    std::fs::write(settings.join("settings.ini"), LESS_MOTION)?;
    let devnet = stage.founded_devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    moves_less(&application).await.context("less motion")?;
    reach(&application, "begin-practice").await?;
    key(&application, Key::Enter).await?;
    onboarding::wait_for_practice(&application).await?;
    moves_less(&application).await.context("less motion")?;
    menu(&application).await.context("the list of accounts")?;

    let [peter, _] = practice::people(&application).await?;
    key(&application, Key::Escape).await?;
    let had = devnet.chain().balances(&peter).await?;
    buys(stage, &application).await?;
    let has = devnet.chain().balances(&peter).await?;
    ensure!(has.sbtc < had.sbtc, "nothing was paid: {had:?} before, {has:?} after");
    application.quit().await?;
    devnet.stop().await
}

async fn moves_less(application: &Application) -> Result<()> {
    let moving = application.evaluate(MOVING, Vec::new()).await?;
    ensure!(moving["asked"] == true, "the page does not know that less motion is wanted");
    ensure!(moving["moving"].as_array().is_some_and(Vec::is_empty), "these move: {}", moving["moving"]);
    Ok(())
}

const MOVING: &str = "
    const moves = element => ['', '::before', '::after'].some(part => {
        const style = getComputedStyle(element, part || null);
        return style.animationName !== 'none'
            || style.transitionDuration.split(',').some(duration => parseFloat(duration) > 0);
    });
    return {
        asked: matchMedia('(prefers-reduced-motion: reduce)').matches,
        moving: [...document.querySelectorAll('body *')].filter(moves).slice(0, 5).map(element => element.className),
    };";

/// Enter opens it, Escape closes it, and the focus is where it was.
async fn menu(application: &Application) -> Result<()> {
    reach(application, "account-menu").await?;
    key(application, Key::Enter).await?;
    application.wait_for("account-menu-panel", FIRST_VALUES).await?;
    key(application, Key::Tab).await?;
    key(application, Key::Escape).await?;
    wait::until_true("Escape closes it", FIRST_VALUES, async || {
        Ok(!application.has("account-menu-panel").await?)
    })
    .await?;
    ensure!(focused(application).await? == "account-menu", "the focus is elsewhere");
    Ok(())
}

async fn buys(stage: &Stage<'_>, application: &Application) -> Result<()> {
    reach(application, "nav-protect").await?;
    key(application, Key::Enter).await?;
    application.wait_for("review", CONFIRMED).await?;
    reach(application, "size").await?;
    let all =
        application.session()?.action_chain().key_down(Key::Control).send_keys("a").key_up(Key::Control);
    all.perform().await?;
    key(application, "0.1").await?;
    forms::holds(application, "size", "0.1", 10_000_000).await?;
    // The slider goes by arrows.
    reach(application, "level").await?;
    let before = application.evaluate(LEVEL, Vec::new()).await?;
    key(application, Key::Left).await?;
    ensure!(application.evaluate(LEVEL, Vec::new()).await? != before, "an arrow does not move the slider");
    key(application, Key::Right).await?;
    // Of a group of choices Tab reaches the chosen one.
    reach(application, "pay-cheapest").await?;
    key(application, Key::Right).await?;
    ensure!(focused(application).await? == "pay-sbtc", "an arrow does not choose the next");
    wait::until_true("there is an offer", CONFIRMED, async || {
        let said = forms::said(application, "size", "review").await?;
        ensure!(!said.is_off, "the button says {said:?}");
        Ok(true)
    })
    .await?;
    reach(application, "review").await?;
    stage.picture_of(application, "review").await?;
    key(application, Key::Enter).await?;

    application.switch_to(window::QUESTION).await?;
    application.wait_for("approve", FIRST_VALUES).await?;
    application.settle().await?;
    // It begins at the heading; the text is scrolled by its own keys.
    for _ in 0..PAGES_OF_A_QUESTION {
        key(application, Key::PageDown).await?;
        if application.evaluate(question::IS_ON, Vec::new()).await? == true {
            break;
        }
        tokio::time::sleep(FRAME).await;
    }
    reach(application, "approve").await?;
    stage.picture_of(application, "question").await?;
    // Enter may belong to something else: it never says yes.
    key(application, Key::Enter).await?;
    application.settle().await?;
    ensure!(application.has("approve").await?, "Enter approved");
    let outcome = application.text("question-outcome").await?;
    ensure!(outcome.trim().is_empty(), "Enter answered: {outcome}");
    wait::until_true("yes can be said", FIRST_VALUES, async || {
        Ok(application.evaluate(question::IS_ON, Vec::new()).await? == true)
    })
    .await?;
    key(application, Key::Space).await?;
    application.switch_to(window::MAIN).await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    ensure!(focused(application).await? == "review", "the focus is on {}", focused(application).await?);
    question::wait_until(application, "done").await?;
    stage.picture_of(application, "done").await
}

const LEVEL: &str = "return document.querySelector('[data-testid=\"level\"]').value";

/// Presses a key, or types.
async fn key(application: &Application, keys: impl Into<TypingData>) -> Result<()> {
    Ok(application.session()?.action_chain().send_keys(keys).perform().await?)
}

/// Goes on with Tab until the control with this hook has the focus; every one on the way shows that it has it.
async fn reach(application: &Application, hook: &str) -> Result<()> {
    wait::until_true(&format!("{hook} on the page"), CONFIRMED, async || application.has(hook).await).await?;
    let mut passed = Vec::new();
    for _ in 0..MOST_STEPS {
        key(application, Key::Tab).await?;
        let focus = application.evaluate(FOCUS, Vec::new()).await?;
        let Value::Object(focus) = focus else { continue };
        let name = focus["name"].as_str().unwrap_or_default().to_owned();
        ensure!(focus["visible"] == true, "`{name}` does not show the focus: {focus:?}");
        if name == hook {
            return Ok(());
        }
        passed.push(name);
    }
    bail!("Tab does not reach {hook}, but {passed:?}")
}

async fn focused(application: &Application) -> Result<String> {
    let focus = application.evaluate(FOCUS, Vec::new()).await?;
    Ok(focus["name"].as_str().unwrap_or_default().to_owned())
}

/// What has the focus, and whether that is to be seen: on itself, on its label, or on the box around a field.
const FOCUS: &str = "
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const places = [element, element.closest('label'), element.parentElement, element.nextElementSibling].filter(Boolean);
    const styles = places.map(place => getComputedStyle(place));
    const isOutlined = styles.some(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
    return {
        name: element.dataset.testid ?? element.id ?? element.tagName,
        visible: element.matches(':focus-visible') && (isOutlined || styles.some(style => style.boxShadow !== 'none')),
        outline: styles.map(style => [style.outline, style.boxShadow]),
    };";
