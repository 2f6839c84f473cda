//! The smallest window that is allowed still holds everything, and the largest screen is filled without stretching anything.

use anyhow::{Result, ensure};

use super::{FIRST_VALUES, Stage, onboarding, pages, shown};
use crate::application::{Application, Theme};

/// Width and height, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    width: u32,
    height: u32,
}

/// The smallest that the application lets its window become.
pub(super) const SMALLEST: Size = Size { width: 900, height: 600 };
/// A 4K screen.
pub(super) const LARGEST: Size = Size { width: 3_840, height: 2_160 };

pub(super) async fn fits(stage: &Stage<'_>, size: Size) -> Result<()> {
    let Size { width, height } = size;
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    application.resize(width, height).await?;
    application.wait_for("begin-practice", FIRST_VALUES).await?;
    shown::check_that_it_fits(&application).await?;
    onboarding::practise(&application).await?;
    let area = application.area().await?;
    ensure!((area.width, area.height) == (width, height), "the window is {} × {}", area.width, area.height);
    let mut problems = Vec::new();
    for page in pages::PAGES {
        pages::open(&application, page).await?;
        problems.extend(check(stage, &application, page).await?);
    }
    for (page, part) in pages::PARTS {
        pages::open_part(&application, page, part).await?;
        problems.extend(check(stage, &application, part).await?);
    }
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    application.quit().await?;
    devnet.stop().await
}

async fn check(stage: &Stage<'_>, application: &Application, name: &str) -> Result<Option<String>> {
    stage.picture_of(application, name).await?;
    let fits = shown::check_that_it_fits(application).await;
    Ok(fits.err().map(|error| format!("{name}: {error:#}")))
}
