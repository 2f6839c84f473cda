//! Every page can be used by everybody, in either theme.

use anyhow::{Context as _, Result, ensure};

use super::{Stage, onboarding, shown};
use crate::accessibility;
use crate::application::{Application, Theme};

/// The pages, by their place in the navigation.
pub(super) const PAGES: [&str; 8] =
    ["home", "protect", "policies", "earn", "protocol", "activity", "devnet", "settings"];

/// Their parts that have addresses of their own, by the page and the link to them.
pub(super) const PARTS: [(&str, &str); 7] = [
    ("earn", "tier-open-2-sbtc"),
    ("activity", "tab-activity-chain"),
    ("settings", "tab-settings-accounts"),
    ("settings", "tab-settings-wallet"),
    ("settings", "tab-settings-networks"),
    ("settings", "tab-settings-keeper"),
    ("settings", "tab-settings-about"),
];

pub(super) async fn all_can_be_used(stage: &Stage<'_>, theme: Theme) -> Result<()> {
    let application = stage.application(None, theme).await?;
    onboarding::practise(&application).await?;
    let mut problems = Vec::new();
    for page in PAGES {
        open(&application, page).await?;
        problems.extend(check(stage, &application, page).await?);
    }
    for (page, part) in PARTS {
        open_part(&application, page, part).await?;
        problems.extend(check(stage, &application, part).await?);
    }
    ensure!(problems.is_empty(), "{}", problems.join("; "));

    let before = shown::lightness(&application).await?;
    application.press("theme-toggle").await?;
    application.settle().await?;
    let after = shown::lightness(&application).await?;
    ensure!((before - after).abs() > 0.5, "switching the theme leaves the lightness at {before:.2}");
    application.quit().await
}

const TO_THE_TOP: &str =
    "for (const element of document.querySelectorAll('*')) if (element.scrollTop > 0) element.scrollTop = 0";

/// A picture of what is open, and everything that is wrong with it: all of it, so that one run tells everything.
async fn check(stage: &Stage<'_>, application: &Application, name: &str) -> Result<Vec<String>> {
    // What was filled in was scrolled to.
    application.evaluate(TO_THE_TOP, Vec::new()).await?;
    stage.picture_of(application, name).await?;
    let checks = [
        ("axe", accessibility::check(application, &stage.options.axe).await),
        ("keyboard", accessibility::check_keyboard(application).await),
        ("width", shown::check_that_it_fits(application).await),
    ];
    let failed = checks.into_iter().filter_map(|(check, result)| Some((check, result.err()?)));
    Ok(failed.map(|(check, error)| format!("{name}, {check}: {error:#}")).collect())
}

/// Opens a part of a page.
pub(super) async fn open_part(application: &Application, page: &str, part: &str) -> Result<()> {
    open(application, page).await?;
    application.press(part).await?;
    shown::wait_until_loaded(application).await.with_context(|| format!("{part} of the page {page}"))
}

/// Opens a page by the navigation and waits until all of it is there.
pub(super) async fn open(application: &Application, page: &str) -> Result<()> {
    application.press(&format!("nav-{page}")).await?;
    shown::wait_until_loaded(application).await.with_context(|| format!("the page {page}"))
}
