//! Settings: the look follows the choice at once, and the page is usable by everybody in either theme.

use anyhow::{Result, ensure};

use super::first_window::lightness_of_the_page;
use super::{FIRST_VALUES, Stage};
use crate::accessibility;
use crate::application::Theme;

pub(super) async fn can_be_changed(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    application.click("nav-settings").await?;
    application.settle().await?;
    let shown = application.evaluate(ENDPOINT, Vec::new()).await?;
    ensure!(
        shown.as_str().is_some_and(|shown| shown.contains(devnet.url())),
        "the node's address is shown as {shown}"
    );
    for (choice, is_dark) in [("theme-dark", true), ("theme-light", false), ("theme-dark", true)] {
        application.click(choice).await?;
        application.settle().await?;
        let lightness = lightness_of_the_page(&application).await?;
        ensure!((lightness < 0.2) == is_dark, "after {choice} the page's lightness is {lightness:.2}");
        accessibility::check(&application, &stage.options.axe).await?;
        accessibility::check_keyboard(&application).await?;
    }
    stage.picture(&application).await?;
    application.quit().await?;
    devnet.stop().await
}

/// The text as it stands in the page; a driver leaves out what is clipped with an ellipsis.
const ENDPOINT: &str = "return document.querySelector('[data-testid=endpoint]').textContent";
