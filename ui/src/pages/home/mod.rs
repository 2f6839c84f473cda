//! Home: what is protected, what earns, and what needs attention.

mod attention;
mod earning;
mod freshness;
mod line;
mod price;
mod protected;

use bithedge_ipc::{HomePage as Data, PageQuery};
use leptos::prelude::*;

pub(crate) use line::Line;

use attention::NeedsCard;
use earning::EarningCard;
use freshness::Freshness;
use price::PriceCard;
use protected::ProtectedCard;

use crate::components::{AsOfLine, Loaded, SkeletonCard};
use crate::state::PageState;

/// The first page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let page = PageState::<Data>::new(|| PageQuery::Home {});
    view! { <Loaded state=page skeleton=skeleton children=content /> }
}

fn content(data: Signal<Data>) -> impl IntoView {
    let protection = Memo::new(move |_| data.with(|page| page.protection.clone()));
    let capital = Memo::new(move |_| data.with(|page| (page.capital.clone(), page.trust)));
    let attention = Memo::new(move |_| data.with(|page| page.attention.clone()));
    let as_of = Memo::new(move |_| data.with(|page| page.as_of.clone()));
    view! {
        <AsOfLine as_of=as_of />
        <NeedsCard attention=attention />
        <div class="home-cards">
            <ProtectedCard protection=protection />
            <EarningCard capital=capital />
        </div>
        <PriceCard />
        <Freshness />
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
