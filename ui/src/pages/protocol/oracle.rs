//! Prices: what they are, how old, who says so, and those of the daily closes.

use bithedge_ipc::{BoundaryKind, BoundaryView, Figure, OracleView, PricesView, ReporterView};
use leptos::prelude::*;

use crate::components::{
    AddressText, Card, Disclosure, DoubtMark, EmptyState, PercentText, UsdText, not_known,
};
use crate::format::{self, Round};

/// The oracle.
#[component]
pub(super) fn OracleCard(
    /// What is known of it.
    #[prop(into)]
    oracle: Signal<OracleView>,
) -> impl IntoView {
    let prices = Memo::new(move |_| oracle.with(|oracle| oracle.prices.clone()));
    let trust = Memo::new(move |_| oracle.with(|oracle| oracle.trust));
    let reporters = Memo::new(move |_| oracle.with(|oracle| oracle.reporters.clone()));
    let boundaries = Memo::new(move |_| oracle.with(|oracle| oracle.boundaries.clone()));
    let age = move || {
        oracle.with(|oracle| {
            let age = match (oracle.at, oracle.age) {
                (Some(at), Some(age)) => format!(
                    "The newest price was accepted {}, {} before this page was made.",
                    format::moment(at),
                    format::duration(age)
                ),
                (Some(at), None) => format!("The newest price was accepted {}.", format::moment(at)),
                (None, _) => "No price was accepted yet.".to_owned(),
            };
            let limits = match (oracle.sale_max_age, oracle.max_age) {
                (Some(sale), Some(most)) => format!(
                    " Nothing is sold at one older than {}; from {} on there is no price at all.",
                    format::duration(sale),
                    format::duration(most)
                ),
                _ => " How old it may be was not read.".to_owned(),
            };
            format!("{age}{limits}")
        })
    };
    view! {
        <Card title="Prices" note=|| "The oracle's" testid="protocol-oracle">
            {move || match prices.get() {
                Figure::Known { value } => view! { <Prices prices=value /> }.into_any(),
                Figure::Unknown { why } => not_known(&why),
            }}
            <p class="protocol-explained">{age}" "{move || view! { <DoubtMark trust=trust.get() /> }}</p>
            <h3 class="protocol-name">"Who reports"</h3>
            {move || match reporters.get() {
                Figure::Known { value } if value.is_empty() => {
                    view! { <EmptyState title="Nobody reports" text="Without reporters there is no new price." /> }.into_any()
                }
                Figure::Known { value } => view! { <Reporters reporters=value /> }.into_any(),
                Figure::Unknown { why } => not_known(&why),
            }}
            <Disclosure summary="Prices of the daily closes, 08:00 UTC" testid="protocol-boundaries">
                {move || {
                    let boundaries = boundaries.get();
                    if boundaries.is_empty() {
                        view! { <p class="protocol-explained">"None is known yet."</p> }.into_any()
                    } else {
                        view! { <Boundaries boundaries=boundaries /> }.into_any()
                    }
                }}
            </Disclosure>
        </Card>
    }
}

#[component]
fn Prices(
    /// Of now.
    prices: PricesView,
) -> impl IntoView {
    let PricesView { btc, stx, btc_average, stx_average, volatility_ask, volatility_bid } = prices;
    view! {
        <dl class="protocol-figures">
            <div>
                <dt>"1 BTC"</dt>
                <dd><UsdText value=btc testid="protocol-btc" /></dd>
                <dd class="protocol-quiet">"half an hour's average "<UsdText value=btc_average testid="protocol-btc-average" /></dd>
            </div>
            <div>
                <dt>"1 STX"</dt>
                <dd><UsdText value=stx testid="protocol-stx" /></dd>
                <dd class="protocol-quiet">"half an hour's average "<UsdText value=stx_average testid="protocol-stx-average" /></dd>
            </div>
            <div>
                <dt>"How much BTC moves in a year"</dt>
                <dd><PercentText ratio=volatility_ask round=Round::Nearest testid="protocol-volatility" /></dd>
                <dd class="protocol-quiet">"policies are bought back at "<PercentText ratio=volatility_bid round=Round::Nearest /></dd>
            </div>
        </dl>
    }
}

#[component]
fn Reporters(
    /// Who.
    reporters: Vec<ReporterView>,
) -> impl IntoView {
    view! {
        <div class="protocol-scroll" tabindex="0" role="region" aria-label="Who reports prices">
            <table class="wide-table">
                <thead>
                    <tr>
                        <th scope="col">"Reporter"</th>
                        <th scope="col">"May report"</th>
                        <th scope="col" class="wide-number">"Last for BTC"</th>
                        <th scope="col" class="wide-number">"Last for STX"</th>
                        <th scope="col">"Observed"</th>
                        <th scope="col" class="wide-number">"Reports"</th>
                        <th scope="col" class="wide-number">"Far off"</th>
                        <th scope="col" class="wide-number">"Disputed"</th>
                    </tr>
                </thead>
                <tbody>
                    {reporters.into_iter().map(|one| {
                        let may = match (one.active, one.suspended) {
                            (true, false) => "yes",
                            (true, true) => "stopped by a guardian",
                            (false, _) => "no",
                        };
                        let price = |price: Option<bithedge_protocol::UsdE8>| match price {
                            Some(price) => view! { <UsdText value=price /> }.into_any(),
                            None => view! { <span class="protocol-quiet">"nothing yet"</span> }.into_any(),
                        };
                        view! {
                            <tr data-testid="reporter" data-may=may>
                                <th scope="row"><AddressText address=one.reporter /></th>
                                <td>{may}</td>
                                <td class="wide-number">{price(one.btc)}</td>
                                <td class="wide-number">{price(one.stx)}</td>
                                <td>{one.at.map_or_else(|| "never".to_owned(), format::moment)}</td>
                                <td class="wide-number">{format::grouped(one.reports.into())}</td>
                                <td class="wide-number">{format::grouped(one.outliers.into())}</td>
                                <td class="wide-number">{format::grouped(one.disputes.into())}</td>
                            </tr>
                        }
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

const fn how(kind: BoundaryKind) -> &'static str {
    match kind {
        BoundaryKind::Average => "average of the half-hour before",
        BoundaryKind::FirstInWindow => "first price within six hours after",
        BoundaryKind::FirstLater => "first price later than that",
        BoundaryKind::Governance => "said by governance",
    }
}

#[component]
fn Boundaries(
    /// Newest first.
    boundaries: Vec<BoundaryView>,
) -> impl IntoView {
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Prices of the daily closes">
            <table class="figures">
                <thead>
                    <tr>
                        <th scope="col">"Daily close"</th>
                        <th scope="col">"1 BTC"</th>
                        <th scope="col">"1 STX"</th>
                        <th scope="col">"How it came about"</th>
                    </tr>
                </thead>
                <tbody>
                    {boundaries.into_iter().map(|one| view! {
                        <tr data-testid="boundary" data-at=one.at.get().to_string()>
                            <th scope="row">{format::day(one.at)}</th>
                            <td><UsdText value=one.btc /></td>
                            <td><UsdText value=one.stx /></td>
                            <td>{how(one.kind)}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}
