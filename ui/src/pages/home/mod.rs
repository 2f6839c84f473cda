//! Home: what is protected, what earns, and what needs attention.

mod attention;
mod earning;
mod freshness;
mod line;
mod money;
mod price;
mod protected;

use bithedge_ipc::{AsOf, AttentionKind, HomePage as Data, PageQuery};
use leptos::prelude::*;

pub(crate) use line::Line;

use attention::NeedsCard;
use earning::EarningCard;
use freshness::Freshness;
use money::MoneyLine;
use price::PriceCard;
use protected::ProtectedCard;

use crate::components::{AsOfLine, Loaded, SkeletonCard};
use crate::state::{DevnetState, PageState, catching_up};

/// The first page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let page = PageState::<Data>::new(|| PageQuery::Home {});
    view! { <Loaded state=page skeleton=skeleton children=content /> }
}

fn content(data: Signal<Data>) -> impl IntoView {
    let protection = Memo::new(move |_| data.with(|page| page.protection.clone()));
    let capital = Memo::new(move |_| data.with(|page| (page.capital.clone(), page.trust)));
    let as_of = Memo::new(move |_| data.with(|page| page.as_of.clone()));
    let behind = catching_up(as_of.into());
    let is_behind = Memo::new(move |_| behind.with(Option::is_some));
    let is_moving = expect_context::<DevnetState>().is_moving();
    let is_unsure = Memo::new(move |_| {
        let (is_behind, is_moving) = (is_behind.get(), is_moving.get());
        data.with(|page| is_unsure(&page.as_of, is_behind, is_moving))
    });
    let attention = Memo::new(move |_| {
        let (is_behind, is_moving) = (is_behind.get(), is_moving.get());
        data.with(|page| {
            let told = page.attention.iter();
            told.filter(|one| !passes_by(one.kind, &page.as_of, is_behind, is_moving))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    view! {
        <AsOfLine as_of=as_of />
        <MoneyLine />
        <NeedsCard attention=attention is_unsure=is_unsure />
        <div class="home-cards">
            <ProtectedCard protection=protection />
            <EarningCard capital=capital />
        </div>
        <PriceCard />
        <Freshness />
    }
}

/// Whether something is so only while the devnet's days go by: that the books are behind is said above, and prices that could not be
/// read between two blocks are read again.
fn passes_by(kind: AttentionKind, as_of: &AsOf, is_behind: bool, is_moving: bool) -> bool {
    match kind {
        AttentionKind::NotCurrent => is_behind,
        AttentionKind::PriceStale => (is_behind || is_moving) && as_of.chain.is_none(),
        _ => false,
    }
}

/// Whether there may be more that needs attention than is told of: books that are behind do not have it yet, and without prices nobody
/// knows what follows from them.
const fn is_unsure(as_of: &AsOf, is_behind: bool, is_moving: bool) -> bool {
    is_behind || (is_moving && as_of.chain.is_none())
}

fn skeleton() -> impl IntoView {
    view! {
        <p class="as-of" aria-hidden="true"><span class="skeleton skeleton-long"></span></p>
        <SkeletonCard lines=2 />
        <div class="home-cards">
            <SkeletonCard lines=6 />
            <SkeletonCard lines=6 />
        </div>
        <SkeletonCard lines=7 />
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::AsOfBlock;
    use bithedge_protocol::{BlockHeight, UnixSeconds};

    use super::*;

    /// Without prices, and with them.
    fn unread_and_read() -> [AsOf; 2] {
        let now = UnixSeconds::new(1);
        let block = AsOfBlock { height: BlockHeight::new(1), time: now };
        let unread = AsOf { books: None, chain: None, now, doubt: None };
        let read = AsOf { chain: Some(block), ..unread.clone() };
        [unread, read]
    }

    #[test]
    fn where_something_is_left_out_nothing_is_not_said_to_need_anybody() {
        for as_of in unread_and_read() {
            for (is_behind, is_moving) in [(false, false), (false, true), (true, false), (true, true)] {
                let kinds = [AttentionKind::NotCurrent, AttentionKind::PriceStale];
                let is_left_out = kinds.into_iter().any(|kind| passes_by(kind, &as_of, is_behind, is_moving));
                assert_eq!(
                    is_unsure(&as_of, is_behind, is_moving),
                    is_left_out,
                    "{as_of:?} {is_behind} {is_moving}"
                );
            }
        }
    }

    #[test]
    fn only_what_days_that_go_by_explain_is_left_out() {
        let [unread, read] = unread_and_read();
        assert!(passes_by(AttentionKind::NotCurrent, &read, true, false));
        assert!(!passes_by(AttentionKind::NotCurrent, &read, false, true));
        assert!(passes_by(AttentionKind::PriceStale, &unread, true, false));
        assert!(passes_by(AttentionKind::PriceStale, &unread, false, true));
        assert!(!passes_by(AttentionKind::PriceStale, &unread, false, false));
        // The oracle itself gives none.
        assert!(!passes_by(AttentionKind::PriceStale, &read, true, true));
        for kind in [AttentionKind::Doubtful, AttentionKind::MarginCall, AttentionKind::Claim] {
            assert!(!passes_by(kind, &unread, true, true), "{kind:?}");
        }
    }
}
