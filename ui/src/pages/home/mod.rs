//! Home: what is protected, what earns, and what needs attention.

mod attention;
mod earning;
mod freshness;
mod line;
mod price;
mod protected;

use bithedge_ipc::{AsOf, AttentionKind, HomePage as Data, PageQuery};
use leptos::prelude::*;

pub(crate) use line::Line;

use attention::NeedsCard;
use earning::EarningCard;
use freshness::Freshness;
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
        <NeedsCard attention=attention is_behind=is_behind />
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

    #[test]
    fn only_what_days_that_go_by_explain_is_left_out() {
        let now = UnixSeconds::new(1);
        let block = AsOfBlock { height: BlockHeight::new(1), time: now };
        let unread = AsOf { books: None, chain: None, now, doubt: None };
        let read = AsOf { chain: Some(block), ..unread.clone() };
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
