//! Every page can be used by everybody, in either theme.

use anyhow::{Context as _, Result, ensure};

use super::{Stage, onboarding, shown};
use crate::accessibility;
use crate::application::{Application, Theme};

/// The pages, by their place in the navigation.
pub(super) const PAGES: [&str; 8] =
    ["home", "protect", "policies", "earn", "protocol", "activity", "devnet", "settings"];

pub(super) async fn all_can_be_used(stage: &Stage<'_>, theme: Theme) -> Result<()> {
    let application = stage.application(None, theme).await?;
    onboarding::practise(&application).await?;
    let mut problems = Vec::new();
    for page in PAGES {
        open(&application, page).await?;
        stage.picture_of(&application, page).await?;
        let checks = [
            ("axe", accessibility::check(&application, &stage.options.axe).await),
            ("keyboard", accessibility::check_keyboard(&application).await),
            ("width", shown::check_that_it_fits(&application).await),
        ];
        // All of them, so that one run tells everything.
        problems.extend(
            checks
                .into_iter()
                .filter_map(|(check, result)| Some(format!("{page}, {check}: {:#}", result.err()?))),
        );
    }
    ensure!(problems.is_empty(), "{}", problems.join("; "));

    let before = shown::lightness(&application).await?;
    application.press("theme-toggle").await?;
    application.settle().await?;
    let after = shown::lightness(&application).await?;
    ensure!((before - after).abs() > 0.5, "switching the theme leaves the lightness at {before:.2}");
    application.quit().await
}

/// Opens a page by the navigation and waits until all of it is there.
pub(super) async fn open(application: &Application, page: &str) -> Result<()> {
    application.press(&format!("nav-{page}")).await?;
    shown::wait_until_loaded(application).await.with_context(|| format!("the page {page}"))
}
