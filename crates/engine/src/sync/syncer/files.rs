//! The file that is written: opened, put aside, made anew.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use bithedge_ledger::{BlockHeader, Identity, Ledger, LedgerError};

use super::Syncer;
use crate::sync::feed::Feed;
use crate::sync::file::{self, Opened};
use crate::sync::status::{Rebuild, SyncError};

impl<F: Feed> Syncer<F> {
    /// Does something with the ledger, on a thread that may block.
    pub(super) async fn with_ledger<T: Send + 'static>(
        &self,
        action: impl FnOnce(&mut Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<Option<T>, SyncError> {
        let writer = Arc::clone(&self.writer);
        let done = tokio::task::spawn_blocking(move || {
            // Whoever panicked left whole blocks behind.
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.as_mut().map(action).transpose()
        });
        Ok(done.await.map_err(|_ended| SyncError::Interrupted)??)
    }

    pub(super) async fn at(&self) -> Result<Option<BlockHeader>, SyncError> {
        Ok(self.with_ledger(|ledger| ledger.tip()).await?.flatten())
    }

    /// Opens the books of a chain, closing those that are open.
    pub(super) async fn open(&mut self, identity: Identity) -> Result<(), SyncError> {
        let (writer, folder, now) = (Arc::clone(&self.writer), self.folder.clone(), self.clock.now());
        let kept_blocks = self.settings.kept_blocks;
        let mut aside = None;
        self.books
            .replace(async || {
                let opened = tokio::task::spawn_blocking(move || {
                    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                    // The old one first: it may be the same file.
                    *writer = None;
                    let Opened { ledger, path, aside } = file::open(&folder, identity, now)?;
                    *writer = Some(ledger.keep_blocks(kept_blocks));
                    Ok::<_, SyncError>((path, aside))
                });
                let (path, put) = opened.await.map_err(|_ended| SyncError::Interrupted)??;
                aside = put;
                Ok::<_, SyncError>(path)
            })
            .await?;
        self.identity = Some(identity);
        self.is_audited = false;
        self.uncompared = None;
        self.uncounted = None;
        self.is_compared = false;
        self.went_back_from = None;
        if let Some((why, kept)) = aside {
            self.note_rebuild(why, Some(kept));
        }
        Ok(())
    }

    fn note_rebuild(&mut self, why: String, kept: Option<PathBuf>) {
        self.rebuilding = Some(why.clone());
        self.rebuilt = Some(Rebuild { when: self.clock.now(), why, kept });
    }

    /// Begins the books anew. A damaged file is put aside; one that is merely too old is not worth it.
    pub(super) async fn rebuild(&mut self, why: String, is_damaged: bool) -> Result<(), SyncError> {
        tracing::warn!(why, "the books are made anew");
        let Some(identity) = self.identity else {
            // Remembered from before, and not compared with any chain yet: whichever chain it is, its own file is opened, and
            // is put aside then if it is damaged.
            return Ok(());
        };
        let (writer, now, kept_blocks) =
            (Arc::clone(&self.writer), self.clock.now(), self.settings.kept_blocks);
        let path = self.folder.join(identity.file_name());
        let mut kept = None;
        self.books
            .replace(async || {
                let place = path.clone();
                let anew = tokio::task::spawn_blocking(move || {
                    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                    *writer = None;
                    let kept = if is_damaged { Some(file::put_aside(&place, now)?) } else { None };
                    *writer = Some(Ledger::recreate(&place, identity)?.keep_blocks(kept_blocks));
                    Ok::<_, SyncError>(kept)
                });
                kept = anew.await.map_err(|_ended| SyncError::Interrupted)??;
                Ok::<_, SyncError>(path)
            })
            .await?;
        self.note_rebuild(why, kept);
        Ok(())
    }
}
