//! The smallest window that is allowed still holds everything.

use anyhow::{Result, ensure};

use super::{Stage, onboarding, pages, shown};
use crate::application::Theme;

const WIDTH: u32 = 900;
const HEIGHT: u32 = 600;

pub(super) async fn fits(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    application.resize(WIDTH, HEIGHT).await?;
    application.wait_for("begin-practice", super::FIRST_VALUES).await?;
    shown::check_that_it_fits(&application).await?;
    onboarding::practise(&application).await?;
    let area = application.area().await?;
    ensure!((area.width, area.height) == (WIDTH, HEIGHT), "the window is {} × {}", area.width, area.height);
    let mut problems = Vec::new();
    for page in pages::PAGES {
        pages::open(&application, page).await?;
        stage.picture_of(&application, page).await?;
        if let Err(error) = shown::check_that_it_fits(&application).await {
            problems.push(format!("{page}: {error:#}"));
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    application.quit().await?;
    devnet.stop().await
}
