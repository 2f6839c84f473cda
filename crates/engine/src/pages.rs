//! Pages for the window: what happened, and what holds now, put together for one account.

use std::sync::Arc;

use bithedge_ledger::{PolicyFilter, PolicyStatus};
use bithedge_protocol::{Sats, UnixSeconds};
use bithedge_stacks::Principal;
use bithedge_stacks::address::Address;

use crate::engine::Engine;
use crate::intents::{ReadError, Unknown};
use crate::notifications::Observation;
use crate::sync::BooksError;
use crate::views::{Books, Facts, Prices, ViewError};

/// The sizes of so many of an account's policies are asked about; [`Prices::of`] takes some of them.
const MOST_POLICIES: u32 = 1_000;

/// Why there is no page. No money is affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// There are no books yet, or they cannot be read.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The page could not be made of them.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// What was read of the chain for a page; nothing, if it could not be read.
#[derive(Debug, Clone, Default)]
struct Now {
    read: Option<Arc<(Prices, Facts)>>,
}

impl Engine {
    /// A page of an account: `view` makes it of the books and of what was read from the chain. Where the chain could not be read,
    /// the books alone make it, and what only the chain knows is unknown in it.
    ///
    /// Books and chain may be some blocks apart; the page says of which each is ([`Books::as_of`]).
    ///
    /// # Errors
    /// [`PageError`].
    pub async fn page<T: Send + 'static>(
        &self,
        account: Address,
        view: impl FnOnce(&Books<'_, '_>, Option<&Facts>) -> Result<T, ViewError> + Send + 'static,
    ) -> Result<T, PageError> {
        let now = match self.now_of(account).await {
            Ok(now) => now,
            Err(NowError::Books(error)) => return Err(error.into()),
            Err(NowError::Chain(error)) => {
                tracing::info!(%error, "a page without the prices of now");
                Now::default()
            }
        };
        let wall = self.clock().now();
        let made = self.books().read(move |snapshot| {
            let (prices, facts) = now.read.as_deref().map(|(prices, facts)| (prices, facts)).unzip();
            let at: UnixSeconds = prices.map_or(wall, |prices| prices.tip.time);
            Ok(Books::open(snapshot, prices, at).and_then(|books| view(&books, facts)))
        });
        Ok(made.await??)
    }

    /// What there is to notice about an account, for a [`Watcher`](crate::notifications::Watcher). What became of transactions
    /// and of a reconciliation is added by whoever knows it.
    ///
    /// # Errors
    /// [`PageError`].
    pub async fn observe(&self, account: Address) -> Result<Observation, PageError> {
        let principal = Principal::Standard(account);
        self.page(account, move |books, facts| Observation::of(books, &principal, facts)).await
    }

    async fn now_of(&self, account: Address) -> Result<Now, NowError> {
        let owner = Principal::Standard(account);
        let sizes: Vec<Sats> = self
            .books()
            .read(move |books| {
                let status = Some(PolicyStatus::Active);
                let filter = PolicyFilter { owner: Some(owner), status, ..PolicyFilter::default() };
                let policies = books.policies(&filter, MOST_POLICIES)?;
                Ok(policies.rows.iter().map(|policy| policy.size).collect())
            })
            .await
            .map_err(NowError::Books)?;
        let (read, _) = self
            .read_at_one_tip(account, |state| match (Prices::of(state, &sizes), Facts::of(state)) {
                (Ok(prices), Ok(facts)) => Ok((prices, facts)),
                // What both lack is asked for at once.
                (Err(Unknown::Unread(mut all)), Err(Unknown::Unread(more))) => {
                    for reading in more {
                        if !all.contains(&reading) {
                            all.push(reading);
                        }
                    }
                    Err(Unknown::Unread(all))
                }
                (Err(unknown), _) | (_, Err(unknown)) => Err(unknown),
            })
            .await
            .map_err(NowError::Chain)?;
        Ok(Now { read: Some(Arc::new(read)) })
    }
}

enum NowError {
    Books(BooksError),
    Chain(ReadError),
}
