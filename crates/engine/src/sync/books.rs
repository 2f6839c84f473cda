//! Reading the books, from anywhere, while they are written.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bithedge_ledger::{BlockHeader, LedgerError, Reader, Snapshot};
use tokio::sync::Semaphore;

/// How many questions are answered at the same time.
const READERS: u32 = 4;

/// Why the books gave no answer. No money is affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// There are no books at this moment: none yet, or they are being replaced. Ask again after the next look at the chain.
    #[error("there are no books yet: they are made from the chain as soon as it can be read")]
    NotReady,
    /// The books are damaged, or could not be read. Damaged books are made anew by the next look at the chain.
    #[error("the books could not be read; the chain has everything: {0}")]
    Ledger(#[from] LedgerError),
    /// A question that ended early.
    #[error("the question was interrupted; ask again")]
    Interrupted,
}

/// The file that is read, and connections to it that nobody uses.
#[derive(Default)]
struct Shelf {
    path: Option<PathBuf>,
    /// Counts files, so that a connection to an earlier one is not used again.
    edition: u64,
    idle: Vec<Reader>,
    damage: Option<String>,
}

/// The books, to be read. Clones are the same books; whoever holds one sees a new file as soon as there is one.
#[derive(Clone)]
pub struct Books {
    shelf: Arc<Mutex<Shelf>>,
    turns: Arc<Semaphore>,
}

impl std::fmt::Debug for Books {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Books").field("path", &self.shelf().path).finish_non_exhaustive()
    }
}

impl Books {
    pub(super) fn new() -> Self {
        Self { shelf: Arc::default(), turns: Arc::new(Semaphore::new(usize::try_from(READERS).unwrap_or(1))) }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Whoever panicked was reading: the shelf is whole.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks something of one moment: all that `question` reads is of one block. It runs on a thread that may block, beside
    /// whoever writes.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Snapshot<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, BooksError> {
        self.read_doubting(|_| None, |books, _| question(books)).await
    }

    /// As [`read`](Self::read), of books that may not be what the chain holds now: `doubt` judges by their newest block, after the
    /// moment that is read was fixed. If it gives a reason, all that the snapshot says is doubtful, and `question` gets the reason.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn read_doubting<T: Send + 'static>(
        &self,
        doubt: impl FnOnce(Option<&BlockHeader>) -> Option<String> + Send + 'static,
        question: impl FnOnce(&Snapshot<'_>, Option<String>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, BooksError> {
        let turn =
            Arc::clone(&self.turns).acquire_owned().await.map_err(|_closed| BooksError::Interrupted)?;
        let books = self.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            books.ask(|snapshot| {
                let why = doubt(snapshot.tip());
                if why.is_some() {
                    snapshot.doubt_everything();
                }
                question(snapshot, why)
            })
        });
        answer.await.map_err(|_ended| BooksError::Interrupted)?
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Snapshot<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, BooksError> {
        let (edition, path, idle) = {
            let mut shelf = self.shelf();
            let path = shelf.path.clone().ok_or(BooksError::NotReady)?;
            (shelf.edition, path, shelf.idle.pop())
        };
        let answer = (|| {
            let mut reader = match idle {
                Some(reader) => reader,
                None => Reader::open(&path)?,
            };
            let answer = question(&mut reader.snapshot()?)?;
            Ok((reader, answer))
        })();
        let mut shelf = self.shelf();
        match answer {
            Ok((reader, answer)) => {
                if shelf.edition == edition {
                    shelf.idle.push(reader);
                }
                Ok(answer)
            }
            Err(error) => {
                if let LedgerError::Damaged { reason, .. } = &error
                    && shelf.edition == edition
                {
                    shelf.damage = Some(reason.clone());
                }
                Err(BooksError::Ledger(error))
            }
        }
    }

    /// Whether there is a file to be read.
    pub(super) fn are_ready(&self) -> bool {
        self.shelf().path.is_some()
    }

    /// Waits until nobody reads, lets nobody read the old file any more, runs `swap` and lets them read what it names.
    pub(super) async fn replace<E>(&self, swap: impl AsyncFnOnce() -> Result<PathBuf, E>) -> Result<(), E> {
        // Cannot fail: it is never closed.
        let _everybody = self.turns.acquire_many(READERS).await.ok();
        let before = {
            let mut shelf = self.shelf();
            shelf.edition += 1;
            shelf.idle.clear();
            shelf.damage = None;
            shelf.path.take()
        };
        let swapped = swap().await;
        // What could not be replaced is still what there is to read, if it is still there.
        self.shelf().path = match &swapped {
            Ok(path) => Some(path.clone()),
            Err(_) => before.filter(|path| path.exists()),
        };
        swapped.map(|_| ())
    }

    /// What a reader found damaged since the last time that somebody asked.
    pub(super) fn take_damage(&self) -> Option<String> {
        self.shelf().damage.take()
    }
}
