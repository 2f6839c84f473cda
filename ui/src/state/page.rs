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
#[derive(Debug)]
pub(crate) struct PageState<T: PageData> {
    data: RwSignal<Option<T>>,
    problem: RwSignal<Option<Notice>>,
    asked_again: RwSignal<u64>,
}

impl<T: PageData> Clone for PageState<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: PageData> Copy for PageState<T> {}

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

impl<T: PageData> PageState<T> {
    /// Asks for the page of `query` now, whenever pages change, and whenever the query becomes another.
    pub(crate) fn new(query: impl Fn() -> PageQuery + Send + Sync + 'static) -> Self {
        let version = expect_context::<PageVersion>();
        let state =
            Self { data: RwSignal::new(None), problem: RwSignal::new(None), asked_again: RwSignal::new(0) };
        let query = Memo::new(move |_| query());
        let asking = StoredValue::new(Asking::default());
        Effect::new(move |before: Option<(PageQuery, u64)>| {
            let now = (query.get(), version.era.get());
            version.version.track();
            state.asked_again.track();
            if before.is_some_and(|before| before != now) {
                // Another page: what is kept belongs to the one before.
                asking.update_value(|asking| {
                    *asking = Asking { round: asking.round.wrapping_add(1), in_flight: false, again: false };
                });
                state.data.set(None);
                state.problem.set(None);
            }
            state.ask(asking, query);
            now
        });
        state
    }

    /// Asks, unless a question is under way: then once more behind it.
    fn ask(self, asking: StoredValue<Asking>, query: Memo<PageQuery>) {
        let Some(Asking { round, in_flight, .. }) = asking.try_get_value() else { return };
        if in_flight {
            asking.update_value(|asking| asking.again = true);
            return;
        }
        asking.update_value(|asking| {
            asking.in_flight = true;
            asking.again = false;
        });
        let Some(question) = query.try_get_untracked() else { return };
        leptos::task::spawn_local(async move {
            let answer = api::page(question).await;
            // The page was left, or shows something else by now.
            if asking.try_get_value().is_none_or(|asking| asking.round != round) {
                return;
            }
            self.take(answer);
            set_timeout(
                move || {
                    let Some(now) = asking.try_get_value().filter(|asking| asking.round == round) else {
                        return;
                    };
                    asking.update_value(|asking| asking.in_flight = false);
                    if now.again {
                        self.ask(asking, query);
                    }
                },
                PACE,
            );
        });
    }

    fn take(self, answer: Result<PageAnswer, ApiError>) {
        let data = answer.map(T::of);
        match data {
            Ok(Some(data)) => {
                self.problem.set(None);
                // Nothing is drawn anew for the same data.
                if self.data.with_untracked(|kept| kept.as_ref() != Some(&data)) {
                    self.data.set(Some(data));
                }
            }
            Ok(None) => {
                let error = ApiError::Bridge("the answer belongs to another page".to_owned());
                self.problem.set(Some(error.notice()));
            }
            Err(error) => self.problem.set(Some(error.notice())),
        }
    }

    /// Asks once more, now.
    pub(crate) fn retry(self) {
        self.asked_again.update(|count| *count = count.wrapping_add(1));
    }

    /// The last good answer; `None` while there has been none.
    pub(crate) fn data(self) -> ReadSignal<Option<T>> {
        self.data.read_only()
    }

    /// Why the last question was not answered; the data is of before then.
    pub(crate) fn problem(self) -> ReadSignal<Option<Notice>> {
        self.problem.read_only()
    }
}
