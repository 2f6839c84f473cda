//! The list of what was signed cannot be read any more: nothing is signed until a person says that a new one is begun, and the old one stays
//! as it is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{FIRST_VALUES, Stage, onboarding, pages, question};
use crate::accessibility;
use crate::application::{Application, Theme, window};

/// What takes the place of the list.
const RUBBISH: &[u8] = b"This was a database before the disk went bad.";

pub(super) async fn is_asked_about(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    application.quit().await?;
    let journal = journal_below(&stage.application_data())?.context("there is no journal")?;
    fs::write(&journal, RUBBISH)?;
    // What it holds may stand in the files beside it alone.
    for beside in ["-wal", "-shm"] {
        let mut name = journal.clone().into_os_string();
        name.push(beside);
        if Path::new(&name).exists() {
            fs::remove_file(name)?;
        }
    }

    let application = stage.application(Some(&devnet), Theme::Light).await?;
    application.wait_for("new-journal", FIRST_VALUES).await?;
    stage.picture_of(&application, "told").await?;
    accessibility::check(&application, &stage.options.axe).await?;
    for page in ["protect", "earn"] {
        pages::open(&application, page).await?;
        ensure!(!application.has("review").await?, "something can be asked for on the page {page}");
    }

    pages::open(&application, "home").await?;
    application.press("new-journal").await?;
    question::refuse_by_key(stage, &application, "question").await?;
    ensure!(fs::read(&journal)? == RUBBISH, "it was touched without a yes");
    ensure!(application.has("new-journal").await?, "it cannot be asked for again");

    application.press("new-journal").await?;
    question::approve(stage, &application, "question-again").await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    let is_told = application.has("new-journal").await?;
    ensure!(!is_told, "it is still said to be damaged");
    let kept = fs::read_dir(journal.parent().context("no folder")?)?
        .filter_map(|entry| fs::read(entry.ok()?.path()).ok())
        .any(|bytes| bytes == RUBBISH);
    ensure!(kept, "what was there is not there any more");
    stage.picture(&application).await?;
    can_be_asked_for(&application).await?;
    application.quit().await?;
    devnet.stop().await
}

async fn can_be_asked_for(application: &Application) -> Result<()> {
    pages::open(application, "activity").await?;
    let signed = application.has("transaction").await?;
    ensure!(!signed, "a new list has something in it");
    Ok(())
}

/// The journal of the one network that was used.
fn journal_below(folder: &Path) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_journal = name.starts_with("journal-") && path.extension().is_some_and(|end| end == "sqlite");
        let found = if path.is_dir() { journal_below(&path)? } else { is_journal.then_some(path) };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
