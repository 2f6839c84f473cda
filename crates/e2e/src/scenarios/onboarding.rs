//! The ways into the application.

use std::time::Duration;

use anyhow::Result;

use crate::application::Application;

/// A devnet is started and the suite deployed on it, by an unoptimised build.
const PRACTICE: Duration = Duration::from_secs(240);

/// What somebody new who practises does: one press. Afterwards the first page is there, and shows the chain.
pub(super) async fn practise(application: &Application) -> Result<()> {
    application.press("begin-practice").await?;
    wait_for_practice(application).await
}

/// Waits until the practice network is there and shown.
pub(super) async fn wait_for_practice(application: &Application) -> Result<()> {
    application.wait_for("nav-home", PRACTICE).await?;
    application.wait_for_state("live", super::FIRST_VALUES).await?;
    application.wait_for("tip-height", super::FIRST_VALUES).await?;
    // What was pressed until here is not counted.
    application.presses();
    Ok(())
}
