//! A bucket's charts.

use bithedge_charts::{Chart, Frame};
use bithedge_ipc::{BucketHealth, Figure, RiskView, StressCell, YieldPoint};
use bithedge_protocol::Asset;
use bithedge_protocol::risk::Exposure;
use leptos::prelude::*;

use super::bucket::Parts;
use super::charts;
use crate::components::{Card, ChartView, DoubtMark, PercentChangeText, PercentText, figure, not_known};
use crate::format::{self, Round};

/// Something drawn of a bucket that has a name.
#[derive(Clone, Debug, PartialEq)]
struct Named<T> {
    name: String,
    asset: Asset,
    of: T,
}

fn draw_yields(data: &Named<Vec<YieldPoint>>, frame: &Frame<'_>) -> Chart {
    charts::yields(&data.name, &data.of, frame)
}

fn draw_locked(data: &Named<Vec<YieldPoint>>, frame: &Frame<'_>) -> Chart {
    charts::locked(&data.name, data.asset, &data.of, frame)
}

fn draw_ladder(data: &Named<Exposure>, frame: &Frame<'_>) -> Chart {
    charts::ladder(&data.name, data.asset, &data.of, frame)
}

fn draw_stress(data: &Named<Vec<Vec<StressCell>>>, frame: &Frame<'_>) -> Chart {
    charts::stress(&data.name, data.asset, &data.of, frame)
}

fn draw_health(data: &Named<BucketHealth>, frame: &Frame<'_>) -> Chart {
    charts::health(&data.of, frame)
}

/// A card with a chart of a figure; why there is none, if it is not known; a place of its size while it is awaited.
#[component]
fn Picture<T: Clone + PartialEq + Send + Sync + 'static>(
    /// The heading.
    title: &'static str,
    /// What the chart says, in a sentence.
    #[prop(into)]
    about: ViewFn,
    /// The figure; `None` while it is awaited.
    data: Memo<Option<Figure<Named<T>>>>,
    /// How it is drawn.
    draw: fn(&Named<T>, &Frame<'_>) -> Chart,
    /// The test hook.
    testid: &'static str,
) -> impl IntoView {
    let known = Memo::new(move |_| data.with(|data| data.as_ref().and_then(|data| data.known().cloned())));
    let is_known = Memo::new(move |_| known.with(Option::is_some));
    let why = Memo::new(move |_| {
        data.with(|data| match data {
            Some(Figure::Unknown { why }) => Some(why.clone()),
            _ => None,
        })
    });
    view! {
        <Card title=title testid=testid>
            <p class="policy-story card-note">{move || about.run()}</p>
            {move || if is_known.get() && let Some(first) = known.get_untracked() {
                // It goes on changing without being made anew.
                let shown = Memo::new(move |_| known.get().unwrap_or_else(|| first.clone()));
                view! { <ChartView data=shown draw=draw testid=format!("{testid}-chart") /> }.into_any()
            } else {
                match why.get() {
                    Some(why) => not_known(&why),
                    None => view! { <div class="chart-place" aria-hidden="true"></div> }.into_any(),
                }
            }}
        </Card>
    }
}

/// The charts of a bucket, one below the other.
#[component]
pub(super) fn Pictures(parts: Parts) -> impl IntoView {
    let Parts { bucket, depth, tier, .. } = parts;
    let asset = bucket.asset;
    let name = parts.name();
    let named = move || name.get();
    let points = Memo::new(move |_| {
        depth.with(|page| {
            page.as_ref().map(|page| page.yields.points.clone().map(|of| Named { name: named(), asset, of }))
        })
    });
    let risk = move |part: fn(&RiskView) -> &Figure<Exposure>| {
        depth.with(|page| {
            page.as_ref().map(|page| match &page.risk {
                Some(risk) => part(risk).clone().map(|of| Named { name: named(), asset, of }),
                None => Figure::Unknown { why: "The books have no such bucket.".to_owned() },
            })
        })
    };
    let exposure = Memo::new(move |_| risk(|risk| &risk.exposure));
    let stress = Memo::new(move |_| {
        depth.with(|page| {
            page.as_ref().map(|page| match &page.risk {
                Some(risk) => risk.stress.clone().map(|of| Named { name: named(), asset, of }),
                None => Figure::Unknown { why: "The books have no such bucket.".to_owned() },
            })
        })
    });
    let health = Memo::new(move |_| {
        tier.with(|tier| {
            tier.as_ref().map(|tier| tier.health.clone().map(|of| Named { name: named(), asset, of }))
        })
    });
    let ends = Memo::new(move |_| {
        points.with(|points| {
            let known = points.as_ref().and_then(Figure::known);
            known.map(|known| charts::ends(&known.of)).unwrap_or_default()
        })
    });
    let marking = move || {
        depth.with(|page| {
            let risk = page.as_ref()?.risk.as_ref()?;
            risk.marking.known().map(|marking| {
                let of = if marking.is_boundary {
                    "of the last daily close, because there are none of now"
                } else {
                    "of now"
                };
                format!("At the prices {of}: BTC at {}. ", format::price(marking.price.btc))
            })
        })
    };
    view! {
        <div class="bucket-charts">
            <Picture
                title="Return and falls"
                about=move || view! {
                    "What one share has gained and lost since the first close, fees and losses included; nothing is smoothed or left out. "
                    {move || depth.with(|page| page.as_ref().map(|page| view! {
                        "Its worst week: "
                        {figure(&page.yields.worst_week, page.yields.trust, |week| view! {
                            <PercentChangeText change=*week testid="bucket-worst-week" />
                        })}
                        ". "
                        <DoubtMark trust=page.yields.trust />
                    }))}
                    {move || ends.get().into_iter().map(|at| format!(
                        "On {} all shares that there were became worthless; the chart is of those after them. ",
                        format::day(at)
                    )).collect::<String>()}
                }
                data=points
                draw=draw_yields
                testid="bucket-yield"
            />
            <Picture
                title="How much was in use"
                about=|| "The capital after each daily close, and what policies locked of it. What is locked cannot leave before they end."
                data=points
                draw=draw_locked
                testid="bucket-locked"
            />
            <Picture
                title="What ends when"
                about=move || view! {
                    {marking}
                    "For each day on which policies end: the collateral that is locked for them, and the most that they can call for. "
                    {move || exposure.with(|exposure| exposure.as_ref().and_then(Figure::known).and_then(|known| {
                        known.of.most_of_assets.map(|part| view! {
                            "All of them together can call for "<PercentText ratio=part round=Round::Up testid="bucket-most" />" of its capital."
                        })
                    }))}
                }
                data=exposure
                draw=draw_ladder
                testid="bucket-ladder"
            />
            <Picture
                title="Stress test"
                about=move || view! {
                    {marking}
                    {match asset {
                        Asset::Sbtc => {
                            "What would become of its worth, in sBTC, if BTC and its swings (volatility) changed at once."
                        }
                        Asset::Stx => {
                            "What would become of its worth, in STX, if BTC changed and STX fell or rose against BTC on top of that."
                        }
                    }}
                }
                data=stress
                draw=draw_stress
                testid="bucket-stress"
            />
            <Picture
                title="Health"
                about=move || tier.with(|tier| tier.as_ref().and_then(|tier| {
                    tier.health.known().map(super::words::health_figures)
                }))
                data=health
                draw=draw_health
                testid="bucket-health"
            />
        </div>
    }
}
