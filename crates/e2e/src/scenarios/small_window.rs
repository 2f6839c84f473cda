//! The smallest window that is allowed still holds everything.

use anyhow::{Result, ensure};

use super::{FIRST_VALUES, Stage};
use crate::application::Theme;

const WIDTH: u32 = 900;
const HEIGHT: u32 = 600;

pub(super) async fn fits(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    application.resize(WIDTH, HEIGHT).await?;
    application.settle().await?;

    let area = application.area().await?;
    ensure!((area.width, area.height) == (WIDTH, HEIGHT), "the window is {} × {}", area.width, area.height);
    let widths = application.evaluate(OVERFLOWING, Vec::new()).await?;
    ensure!(widths.as_array().is_some_and(Vec::is_empty), "these are wider than their place: {widths}");
    stage.picture(&application).await?;
    application.quit().await?;
    devnet.stop().await
}

/// The page itself, every box that a user would have to scroll sideways, and whatever does not fit into its row of a
/// table.
const OVERFLOWING: &str = "
    const page = document.documentElement;
    const found = page.scrollWidth > page.clientWidth ? [`page: ${page.scrollWidth} > ${page.clientWidth}`] : [];
    const name = element => `${element.tagName.toLowerCase()}.${element.className}`;
    for (const element of document.querySelectorAll('body *')) {
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        if (scrolls && element.scrollWidth > element.clientWidth) {
            found.push(`${name(element)}: ${element.scrollWidth} > ${element.clientWidth}`);
        }
    }
    for (const row of document.querySelectorAll('tr')) {
        const outer = row.getBoundingClientRect();
        for (const element of row.querySelectorAll('*')) {
            const inner = element.getBoundingClientRect();
            const fits = inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1
                && inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
            if (!fits) found.push(`${name(element)} leaves its row`);
        }
    }
    return found;";
