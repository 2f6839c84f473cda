//! Which policies may have ended.

use std::future::Future;

use bithedge_ledger::{LedgerError, PolicyFilter, PolicyStatus, Snapshot};
use bithedge_protocol::{MicroStx, UnixSeconds};
use bithedge_suite::Deployment;
use bithedge_suite::generated::policy_registry;

use crate::intents::{ReadError, State, SuiteReader, Unknown, at_one_tip};
use crate::sync::{Books, BooksError};

/// Policies of a page of the ledger.
const PAGE: u32 = 500;
/// Policies of a page of the registry's index.
const INDEX_PAGE: usize = 20;
/// Pages of the registry's index that are read at most, one after the other: with more policies a ledger is what to ask.
const MOST_PAGES: usize = 10;
/// The registry's status of a policy that nobody has ended yet.
const ACTIVE: u128 = 1;

/// A list that could not be read. Nothing is done for ended policies meanwhile; their owners lose nothing, a claim has no deadline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The chain.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Who can say which policies are past their expiry and not ended in the registry's books.
///
/// What it says is a hint: each policy is read from the chain before anything is done for it. A list that lacks some (a ledger that is
/// behind, or whose lists are doubtful) leaves these to their owners and to other keepers until it has them.
pub trait EndedPolicies: Send {
    /// Their numbers, ascending. `now` is the chain's time.
    ///
    /// # Errors
    /// [`ListError`].
    fn ended(&mut self, now: UnixSeconds) -> impl Future<Output = Result<Vec<u128>, ListError>> + Send;

    /// Whether the last list may lack some because there are too many to be listed.
    fn is_part(&self) -> bool {
        false
    }
}

/// From the books: of all policies, and of whatever file there is at the moment.
#[derive(Debug, Clone)]
pub struct FromBooks {
    books: Books,
}

impl FromBooks {
    /// Out of these.
    #[must_use]
    pub const fn new(books: Books) -> Self {
        Self { books }
    }
}

impl EndedPolicies for FromBooks {
    async fn ended(&mut self, now: UnixSeconds) -> Result<Vec<u128>, ListError> {
        Ok(self.books.read(move |snapshot| list(snapshot, now)).await?)
    }
}

fn list(snapshot: &Snapshot<'_>, now: UnixSeconds) -> Result<Vec<u128>, LedgerError> {
    let mut filter = PolicyFilter { status: Some(PolicyStatus::Active), ..PolicyFilter::default() };
    let mut ended = Vec::new();
    loop {
        let page = snapshot.policies(&filter, PAGE)?.rows;
        let over = page.iter().filter(|policy| policy.expiry <= now);
        ended.extend(over.map(|policy| u128::from(policy.id)));
        match page.last() {
            // A page may be shorter because a row could not be computed; it ends where there is none.
            Some(last) => filter.before = Some(last.id),
            None => break,
        }
    }
    ended.reverse();
    Ok(ended)
}

/// From the registry's own index, which has its first two hundred active policies read one by one: for a young network, or while there is no
/// ledger.
#[derive(Debug, Clone)]
pub struct FromRegistry<R> {
    reader: R,
    deployment: Deployment,
    is_part: bool,
}

impl<R: SuiteReader> FromRegistry<R> {
    /// Through a reader.
    #[must_use]
    pub const fn new(reader: R, deployment: Deployment) -> Self {
        Self { reader, deployment, is_part: false }
    }
}

impl<R: SuiteReader + Send + Sync> EndedPolicies for FromRegistry<R> {
    async fn ended(&mut self, now: UnixSeconds) -> Result<Vec<u128>, ListError> {
        let nobody = self.deployment.deployer();
        let ((ids, is_part), _) =
            at_one_tip(&self.reader, &self.deployment, nobody, MicroStx::ZERO, |state| index(state, now))
                .await?;
        self.is_part = is_part;
        Ok(ids)
    }

    fn is_part(&self) -> bool {
        self.is_part
    }
}

/// What ended of the index, and whether the index goes on.
fn index(state: &State, now: UnixSeconds) -> Result<(Vec<u128>, bool), Unknown> {
    let mut ids = Vec::new();
    let mut is_part = true;
    for page in 0..MOST_PAGES {
        let from = (page * INDEX_PAGE) as u128;
        let found = state.call(policy_registry::GetPoliciesByStatus { status: ACTIVE, from })?;
        let is_last = found.len() < INDEX_PAGE;
        ids.extend(found.iter().copied());
        if is_last {
            is_part = false;
            break;
        }
    }
    let mut wanted = state.want();
    for id in &ids {
        wanted = wanted.entry::<policy_registry::maps::Policies>(id);
    }
    wanted.done()?;
    let mut ended = Vec::new();
    for id in ids {
        let policy = state.entry::<policy_registry::maps::Policies>(&id)?;
        if policy.is_some_and(|policy| policy.expiry <= u128::from(now.get())) {
            ended.push(id);
        }
    }
    ended.sort_unstable();
    Ok((ended, is_part))
}
