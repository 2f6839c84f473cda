//! How every bucket stands: assets over what its promises call for.

use bithedge_ipc::{BucketHealth, Figure};
use leptos::prelude::*;

use crate::components::{AmountText, Card, DoubtMark, EmptyState, PercentText, not_known};
use crate::format::{self, Round};
use crate::pages::earn::{standing_code, standing_words};
use crate::route::{Route, asset_slug};

/// All buckets, one a line.
#[component]
pub(super) fn HealthCard(
    /// How each stands.
    #[prop(into)]
    health: Signal<Vec<Figure<BucketHealth>>>,
) -> impl IntoView {
    view! {
        <Card title="What promises call for" note=|| "By tier and token" testid="protocol-health">
            <p class="protocol-explained">
                "A bucket is one tier with one token. Its assets stand against the most that its live policies may come to call for, at the \
                 prices of now."
            </p>
            {move || {
                let health = health.get();
                if health.is_empty() {
                    return view! { <EmptyState title="There is no bucket yet" text="Buckets open when the suite is set up." /> }.into_any();
                }
                view! {
                    <div class="protocol-scroll" tabindex="0" role="region" aria-label="How every bucket stands">
                        <table class="wide-table">
                            <thead>
                                <tr>
                                    <th scope="col">"Bucket"</th>
                                    <th scope="col" class="wide-number">"Assets"</th>
                                    <th scope="col" class="wide-number">"Called for"</th>
                                    <th scope="col" class="wide-number">"Covered"</th>
                                    <th scope="col">"Stands"</th>
                                </tr>
                            </thead>
                            <tbody>{health.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </Card>
    }
}

fn row(health: Figure<BucketHealth>) -> AnyView {
    let health = match health {
        Figure::Known { value } => value,
        Figure::Unknown { why } => {
            return view! { <tr><td colspan="5">{not_known(&why)}</td></tr> }.into_any();
        }
    };
    let BucketHealth {
        bucket,
        tier_name,
        standing,
        ratio,
        assets,
        needed,
        warning_below,
        margin_call_below,
        priced_at,
        trust,
        ..
    } = health;
    let ((said, _, means), word) = (standing_words(standing), standing_code(standing));
    let limits = format!(
        "{means} It warns below {} and stands still below {}. Prices of {}.",
        format::percent(warning_below),
        format::percent(margin_call_below),
        format::moment(priced_at)
    );
    view! {
        <tr data-testid=format!("health-{}-{}", bucket.tier, asset_slug(bucket.asset)) data-standing=word>
            <th scope="row">
                <a class="link" href=Route::Bucket(bucket).href()>{format::bucket(tier_name.as_deref(), bucket)}</a>
            </th>
            <td class="wide-number"><AmountText asset=bucket.asset amount=assets /></td>
            <td class="wide-number"><AmountText asset=bucket.asset amount=needed /></td>
            <td class="wide-number">
                {match ratio {
                    Some(ratio) => view! { <PercentText ratio=ratio round=Round::Down /> }.into_any(),
                    None => view! { <span class="protocol-quiet">"nothing called for"</span> }.into_any(),
                }}
            </td>
            <td><span class="standing" data-standing=word title=limits>{said}</span>" "<DoubtMark trust=trust /></td>
        </tr>
    }
    .into_any()
}
