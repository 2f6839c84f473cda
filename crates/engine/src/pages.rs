//! Pages for the window: what happened, and what holds now, put together for one account.

use std::sync::Arc;

use bithedge_ipc::{AsOf, Network};
use bithedge_ledger::{BlockHeader, PolicyFilter, PolicyStatus};
use bithedge_protocol::Sats;
use bithedge_stacks::Principal;
use bithedge_stacks::address::Address;
use bithedge_suite::SuiteNetwork;

use crate::Pace;
use crate::engine::{AskError, Engine, NetworkError};
use crate::intents::{Tip, Unknown};
use crate::notifications::Observation;
use crate::sync::{BooksError, Freshness, WallClock};
use crate::views::{Books, Facts, Prices, ViewError, chain_as_of};

/// The sizes of so many of an account's policies are asked about; [`Prices::of`] takes some of them.
const MOST_POLICIES: u32 = 1_000;

/// Why there is no page. No money is affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The network is not what it was any more, so that what there is may be of another chain.
    #[error(transparent)]
    Network(#[from] NetworkError),
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
    /// Books and chain may be some blocks apart; the page says of which each is ([`Books::as_of`]). If the books are further behind, or
    /// are being made, or the chain stands still, all of the page is doubtful, and it says why.
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
            Err(NowError::Network(error)) => return Err(error.into()),
            Err(NowError::Books(error)) => return Err(error.into()),
            // The books are of the chain that was checked; that the node cannot be asked now does not change them.
            Err(NowError::Chain(AskError::Network(error)))
                if !matches!(error, NetworkError::Unconfirmed(_)) =>
            {
                return Err(error.into());
            }
            Err(NowError::Chain(error)) => {
                tracing::info!(%error, "a page without the prices of now");
                Now::default()
            }
        };
        let chain = now.read.as_deref().map(|(prices, _)| (prices.tip.height, prices.tip.time));
        let (status, clock) = (self.sync_status(), self.wall_clock());
        // The state is looked at after the moment that is read was fixed: books that were replaced meanwhile do not pass for it.
        let doubt = move |books: Option<&BlockHeader>| {
            let status = &status.borrow();
            Freshness { status, chain, clock }.doubt(books)
        };
        let made = self.books()?.read_doubting(doubt, move |snapshot, doubt| {
            let (prices, facts) = now.read.as_deref().map(|(prices, facts)| (prices, facts)).unzip();
            let at = clock.moment(chain.map(|(_, time)| time), snapshot.tip().map(|tip| tip.time));
            let books = Books::open(snapshot, prices, at).map(|books| books.doubted(doubt));
            Ok(books.and_then(|books| view(&books, facts)))
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

    /// What a page is of that is made of the chain alone, with what is wrong with that if the node stands still or the clock is wrong.
    #[must_use]
    pub fn chain_as_of(&self, tip: &Tip) -> AsOf {
        chain_as_of(tip, self.wall_clock())
    }

    /// This computer's clock, and how late blocks of this network may be.
    #[must_use]
    pub fn wall_clock(&self) -> WallClock {
        let network = match self.deployment().network() {
            SuiteNetwork::Mainnet => Network::Mainnet,
            SuiteNetwork::Testnet => Network::Testnet,
            SuiteNetwork::Devnet => Network::Devnet,
        };
        WallClock { now: self.clock().now(), max_tip_age: Pace::of(network).max_tip_age }
    }

    async fn now_of(&self, account: Address) -> Result<Now, NowError> {
        let owner = Principal::Standard(account);
        let sizes: Vec<Sats> = self
            .books()
            .map_err(NowError::Network)?
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
    Network(NetworkError),
    Books(BooksError),
    Chain(AskError),
}
