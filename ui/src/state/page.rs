//! A page's data: asked for, kept while it is asked for again, and never older than it needs to be.

use std::time::Duration;

use bithedge_ipc::{
    ActivityPage, BucketPage, CapitalPage, HomePage, MarketView, Notice, PageAnswer, PageQuery, PoliciesPage,
    PolicyPage, ProtocolPage, TiersPage, TransactionsPage,
};
use leptos::prelude::*;

use crate::api::{self, ApiError};

/// The least time between two questions for the same page.
const PACE: Duration = Duration::from_millis(500);

/// Counts how often pages may have become others. In a context.
#[derive(Clone, Copy)]
pub(crate) struct PageVersion {
    version: RwSignal<u64>,
    era: RwSignal<u64>,
}

impl PageVersion {
    pub(crate) fn new() -> Self {
        Self { version: RwSignal::new(0), era: RwSignal::new(0) }
    }

    /// Pages may be others than when they were last asked for.
    pub(crate) fn advance(self) {
        self.version.update(|version| *version = version.wrapping_add(1));
    }

    /// Pages are about something else now: what is kept of them is of no use.
    pub(crate) fn start_over(self) {
        self.era.update(|era| *era = era.wrapping_add(1));
        self.advance();
    }
}

/// What a query is answered with.
pub(crate) trait PageData: Clone + PartialEq + Send + Sync + 'static {
    /// The data, if it is that page.
    fn of(answer: PageAnswer) -> Option<Self>;
}

macro_rules! page_data {
    ($($type:ty: $variant:ident),* $(,)?) => {$(
        impl PageData for $type {
            fn of(answer: PageAnswer) -> Option<Self> {
                if let PageAnswer::$variant(page) = answer { Some(*page) } else { None }
            }
        }
    )*};
}

page_data! {
    HomePage: Home,
    MarketView: Market,
    PoliciesPage: Policies,
    PolicyPage: Policy,
    CapitalPage: Capital,
    TiersPage: Tiers,
    BucketPage: Bucket,
    ProtocolPage: Protocol,
    ActivityPage: Activity,
    TransactionsPage: Transactions,
}

/// A page's data. It stops asking when its owner, the page, is left.
pub(crate) struct PageState<T: PageData> {
    data: RwSignal<Option<T>>,
    asker: Asker,
}

impl<T: PageData> Clone for PageState<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: PageData> Copy for PageState<T> {}

impl<T: PageData> PageState<T> {
    /// Asks for the page of `query` now, whenever pages change, and whenever the query becomes another.
    pub(crate) fn new(query: impl Fn() -> PageQuery + Send + Sync + 'static) -> Self {
        let data = RwSignal::new(None);
        let keep = Callback::new(move |answer: Option<PageAnswer>| {
            let Some(answer) = answer else {
                data.set(None);
                return true;
            };
            let page = T::of(answer);
            let is_it = page.is_some();
            // Nothing is drawn anew for the same data.
            if is_it && data.with_untracked(|kept| *kept != page) {
                data.set(page);
            }
            is_it
        });
        Self { data, asker: Asker::new(Box::new(query), keep) }
    }

    /// Asks once more, now.
    pub(crate) fn retry(self) {
        self.asker.asked_again.update(|count| *count = count.wrapping_add(1));
    }

    /// The last good answer; `None` while there has been none.
    pub(crate) fn data(self) -> ReadSignal<Option<T>> {
        self.data.read_only()
    }

    /// Why the last question was not answered; the data is of before then.
    pub(crate) fn problem(self) -> ReadSignal<Option<Notice>> {
        self.asker.problem.read_only()
    }
}

/// What has been asked and not been answered.
#[derive(Clone, Copy, Default)]
struct Asking {
    /// Of which query; one more with each.
    round: u64,
    /// Whether a question is under way, or waits for its time.
    in_flight: bool,
    /// Whether another one has to follow.
    again: bool,
}

/// Asks for a page of whatever kind: compiled once for all of them.
#[derive(Clone, Copy)]
struct Asker {
    query: Memo<PageQuery>,
    asking: StoredValue<Asking>,
    /// Keeps an answer, and says whether it is of the page that was asked for. Without an answer it forgets what is kept.
    keep: Callback<Option<PageAnswer>, bool>,
    problem: RwSignal<Option<Notice>>,
    asked_again: RwSignal<u64>,
}

impl Asker {
    fn new(
        query: Box<dyn Fn() -> PageQuery + Send + Sync>,
        keep: Callback<Option<PageAnswer>, bool>,
    ) -> Self {
        let version = expect_context::<PageVersion>();
        let asker = Self {
            query: Memo::new(move |_| query()),
            asking: StoredValue::new(Asking::default()),
            keep,
            problem: RwSignal::new(None),
            asked_again: RwSignal::new(0),
        };
        Effect::new(move |before: Option<(PageQuery, u64)>| {
            let now = (asker.query.get(), version.era.get());
            version.version.track();
            asker.asked_again.track();
            if before.as_ref().is_some_and(|before| *before != now) {
                asker.asking.update_value(|asking| {
                    *asking = Asking { round: asking.round.wrapping_add(1), in_flight: false, again: false };
                });
                // What belongs to another account or network is gone at once. Another part of the same list takes the place of what is
                // there when it comes: until then nothing loses its place, nor the focus.
                if before.is_some_and(|(_, era)| era != now.1) {
                    asker.keep.run(None);
                }
                asker.problem.set(None);
            }
            asker.ask();
            now
        });
        asker
    }

    /// Asks, unless a question is under way: then once more behind it.
    fn ask(self) {
        let Some(Asking { round, in_flight, .. }) = self.asking.try_get_value() else { return };
        if in_flight {
            self.asking.update_value(|asking| asking.again = true);
            return;
        }
        self.asking.update_value(|asking| {
            asking.in_flight = true;
            asking.again = false;
        });
        let Some(question) = self.query.try_get_untracked() else { return };
        leptos::task::spawn_local(async move {
            let answer = api::page(question).await;
            // The page was left, or shows something else by now.
            if self.asking.try_get_value().is_none_or(|asking| asking.round != round) {
                return;
            }
            self.take(answer);
            set_timeout(
                move || {
                    let Some(now) = self.asking.try_get_value().filter(|asking| asking.round == round) else {
                        return;
                    };
                    self.asking.update_value(|asking| asking.in_flight = false);
                    if now.again {
                        self.ask();
                    }
                },
                PACE,
            );
        });
    }

    fn take(self, answer: Result<PageAnswer, ApiError>) {
        let problem = match answer.map(|answer| self.keep.run(Some(answer))) {
            Ok(true) => None,
            Ok(false) => Some(ApiError::Bridge("the answer belongs to another page".to_owned())),
            Err(error) => Some(error),
        };
        let problem = problem.map(|error| error.notice());
        // The same again is not said again, and what says it keeps the focus.
        if self.problem.with_untracked(|before| *before != problem) {
            self.problem.set(problem);
        }
    }
}
