//! Everything can be reached and seen without a mouse, and by those who do not see.

use anyhow::{Result, ensure};

use super::{FIRST_VALUES, Stage};
use crate::accessibility;
use crate::application::Theme;

pub(super) async fn reaches_everything(stage: &Stage<'_>, theme: Theme) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), theme).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    application.settle().await?;
    accessibility::check(&application, &stage.options.axe).await?;
    accessibility::check_keyboard(&application).await?;
    stage.picture(&application).await?;

    let before = application.evaluate(BACKGROUND, Vec::new()).await?;
    application.click("theme-toggle").await?;
    application.settle().await?;
    let after = application.evaluate(BACKGROUND, Vec::new()).await?;
    ensure!(before != after, "switching the theme leaves the background at {before}");
    application.quit().await?;
    devnet.stop().await
}

const BACKGROUND: &str = "return getComputedStyle(document.body).backgroundColor";
