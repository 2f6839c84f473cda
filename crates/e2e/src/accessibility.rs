//! What axe-core and the keyboard say about the page.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use thirtyfour::Key;

use crate::application::Application;

/// Fails if axe-core (WCAG rules) finds anything serious or critical.
pub(crate) async fn check(application: &Application, axe: &Path) -> Result<()> {
    let source = std::fs::read_to_string(axe).with_context(|| format!("cannot read {}", axe.display()))?;
    application.evaluate(&source, Vec::new()).await.context("axe-core does not load")?;
    let findings = application.evaluate_async(RUN_AXE).await?;
    let checked = findings["checked"].as_u64().unwrap_or(0);
    ensure!(checked > 0, "axe-core checked nothing: {findings}");
    match findings["serious"].as_array() {
        Some(serious) if serious.is_empty() => Ok(()),
        _ => bail!("axe-core finds: {}", findings["serious"]),
    }
}

/// As [`check`], in the light theme and in the dark one.
pub(crate) async fn check_both_themes(application: &Application, axe: &Path) -> Result<()> {
    let theme =
        application.evaluate("return document.documentElement.dataset.theme ?? null", Vec::new()).await?;
    for other in ["light", "dark"] {
        application.evaluate(USE_THEME, vec![other.into()]).await?;
        application.settle().await?;
        check(application, axe).await.with_context(|| format!("in the {other} theme"))?;
    }
    application.evaluate(USE_THEME, vec![theme]).await.map(drop)
}

const USE_THEME: &str = "
    const root = document.documentElement;
    if (arguments[0]) root.dataset.theme = arguments[0]; else delete root.dataset.theme;";

const RUN_AXE: &str = "const done = arguments[arguments.length - 1];
    axe.run(document).then(
        results => done({
            checked: results.passes.length + results.violations.length,
            serious: results.violations
                .filter(violation => ['serious', 'critical'].includes(violation.impact))
                .map(({id, impact, nodes}) => ({id, impact, where: nodes.map(node => node.target.join(' '))})),
        }),
        error => done({error: String(error)}),
    );";

/// Goes through the page with Tab alone. Fails if a control is left out, or does not show that it has the focus.
pub(crate) async fn check_keyboard(application: &Application) -> Result<()> {
    let controls = names(application.evaluate(COLLECT_CONTROLS, Vec::new()).await?)?;
    ensure!(!controls.is_empty(), "the page has no control");
    let mut unreached = controls.clone();
    // A round may begin anywhere, and passes through the page itself once.
    for _ in 0..controls.len() * 2 + 2 {
        application.session()?.action_chain().send_keys(Key::Tab).perform().await?;
        let focus = application.evaluate(DESCRIBE_FOCUS, Vec::new()).await?;
        let Some(name) = focus["name"].as_str() else { continue };
        ensure!(focus["visible"] == true, "`{name}` does not show that it has the focus: {}", focus["style"]);
        unreached.retain(|control| control != name);
        if unreached.is_empty() {
            return Ok(());
        }
    }
    bail!("Tab does not reach: {}", unreached.join(", "))
}

fn names(value: Value) -> Result<Vec<String>> {
    Ok(serde_json::from_value(value)?)
}

/// Numbers the controls that a user can see, remembers how they look without the focus, and names them.
const COLLECT_CONTROLS: &str = "
    document.activeElement?.blur();
    const lookOf = element => {
        const style = getComputedStyle(element);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join(' / ');
    };
    // A choice shows the focus on its label, a field on the box around it.
    const look = element => [element, element.closest('label'), element.parentElement].filter(Boolean).map(lookOf).join(' // ');
    const controls = [...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex=\"-1\"])')]
        .filter(element => !element.disabled && element.tabIndex >= 0 && element.checkVisibility())
        // Of a group of choices Tab reaches the chosen one; arrows go on from there.
        .filter(element => element.type !== 'radio' || element.checked);
    const name = (element, index) =>
        `${index + 1}:${element.dataset.testid ?? element.ariaLabel ?? element.textContent.trim().slice(0, 30)}`;
    window.e2eControls = new Map(controls.map((element, index) =>
        [element, {name: name(element, index), look: look(element)}]));
    window.e2eLook = look;
    return [...window.e2eControls.values()].map(control => control.name);";

/// The focused control, and whether it looks different from before.
const DESCRIBE_FOCUS: &str = "
    const control = window.e2eControls.get(document.activeElement);
    if (!control) return {};
    const style = window.e2eLook(document.activeElement);
    return {name: control.name, visible: style !== control.look, style};";
