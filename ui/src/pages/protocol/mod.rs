//! Protocol: what the contracts hold and owe, prices, what is switched off, and whether the contracts are the right ones.

mod contracts;
mod fees;
mod funds;
mod gates;
mod health;
mod oracle;
mod pools;
mod records;

use bithedge_ipc::{PageQuery, ProtocolPage as Data, Trust};
use leptos::prelude::*;

use contracts::ContractsCard;
use fees::FeesCard;
use funds::FundsCard;
use gates::GatesCard;
use health::HealthCard;
use oracle::OracleCard;
use pools::PoolsCard;
use records::RecordsCard;

use crate::components::{AsOfLine, Banner, Loaded, SkeletonCard, Tone};
use crate::state::PageState;

/// The page.
#[component]
pub(crate) fn ProtocolPage() -> impl IntoView {
    let page = PageState::<Data>::new(|| PageQuery::Protocol {});
    view! { <Loaded state=page skeleton=skeleton children=content /> }
}

fn skeleton() -> impl IntoView {
    view! {
        <SkeletonCard lines=10 />
        <SkeletonCard lines=8 />
        <SkeletonCard lines=8 />
    }
}

fn content(data: Signal<Data>) -> impl IntoView {
    let as_of = Memo::new(move |_| data.with(|page| page.as_of.clone()));
    let doubtful = Memo::new(move |_| data.with(|page| page.trust == Trust::Doubtful));
    let pools = Memo::new(move |_| data.with(|page| page.pools.clone()));
    let health = Memo::new(move |_| data.with(|page| page.health.clone()));
    let funds = Memo::new(move |_| data.with(|page| (page.funds.clone(), page.trust)));
    let oracle = Memo::new(move |_| data.with(|page| page.oracle.clone()));
    let gates = Memo::new(move |_| data.with(|page| page.gates.clone()));
    let fees = Memo::new(move |_| data.with(|page| (page.fees.clone(), page.treasury.clone(), page.trust)));
    let records = Memo::new(move |_| data.with(|page| (page.disputes.clone(), page.anomalies.clone())));
    view! {
        {move || doubtful.get().then(|| view! {
            <Banner tone=Tone::Warning title="Some of these figures are doubtful" testid="protocol-doubtful">
                <p>
                    "Not everything on the chain could be understood. What that concerns is marked; what the chain itself answers is what \
                     counts."
                </p>
            </Banner>
        })}
        <PoolsCard pools=pools />
        <HealthCard health=health />
        <OracleCard oracle=oracle />
        <GatesCard gates=gates />
        <FundsCard funds=funds />
        <FeesCard fees=fees />
        <ContractsCard />
        <RecordsCard records=records />
        <AsOfLine as_of=as_of />
    }
}
