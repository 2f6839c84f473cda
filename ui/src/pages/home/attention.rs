//! What needs attention.

use bithedge_ipc::{Attention, AttentionKind, Destination, Trust};
use leptos::prelude::*;

use crate::components::{AmountText, Countdown, DoubtMark, Each, LinkButton};
use crate::route::Route;

/// The tone of a reason, and its name for tests.
const fn of(kind: AttentionKind) -> (&'static str, &'static str) {
    match kind {
        AttentionKind::NotCurrent => ("attention", "not-current"),
        AttentionKind::Doubtful => ("attention", "doubtful"),
        AttentionKind::PriceStale => ("attention", "price-stale"),
        AttentionKind::MarginCall => ("danger", "margin-call"),
        AttentionKind::EndsInTheMoney => ("attention", "ends-in-the-money"),
        AttentionKind::Claim => ("good", "claim"),
        AttentionKind::Activate => ("good", "activate"),
        AttentionKind::HealthWarning => ("attention", "health-warning"),
        AttentionKind::Withdraw => ("good", "withdraw"),
        AttentionKind::Reward => ("good", "reward"),
        AttentionKind::EndsSoon => ("info", "ends-soon"),
        _ => ("info", "other"),
    }
}

/// The words of the button that leads there.
const fn leads_to(destination: Destination) -> &'static str {
    match destination {
        Destination::Policy { .. } => "Open the policy",
        Destination::Policies => "Open my policies",
        Destination::Bucket { .. } => "Open the bucket",
        Destination::Capital => "Open my capital",
        Destination::Rewards => "Open rewards",
        Destination::Protocol => "Open Protocol",
        Destination::Activity => "Open Activity",
        Destination::Connection => "Open networks",
        Destination::Keeper => "Open the keeper",
    }
}

/// What needs attention, the most pressing first; that nothing does, if so.
#[component]
pub(super) fn NeedsCard(
    /// What does.
    attention: Memo<Vec<Attention>>,
    /// Whether there may be more: then that nothing is there does not mean that nothing needs anybody.
    is_unsure: Memo<bool>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| attention.with(Vec::is_empty));
    let keys = Memo::new(move |_| {
        attention.with(|all| all.iter().map(|one| (one.kind, one.destination)).collect::<Vec<_>>())
    });
    view! {
        <section class="card" aria-labelledby="needs-heading" data-testid="home-attention">
            <div class="card-header">
                <h2 class="card-title" id="needs-heading">"Needs attention"</h2>
                <p class="card-note" role="status">
                    {move || attention.with(|all| match all.len() {
                        0 if is_unsure.get() => "Not known until it has caught up".to_owned(),
                        0 => "Nothing needs you now".to_owned(),
                        1 => "1 thing".to_owned(),
                        count => format!("{count} things"),
                    })}
                </p>
            </div>
            {move || is_empty.get().then(|| view! {
                <p class="card-note" data-testid="home-attention-empty">
                    "Claims, policies that end soon, and anything that is wrong would be here."
                </p>
            })}
            <ul class="needs">
                <Each each=move || keys.get() key=|key| *key let:key>
                    <Need attention=attention kind=key.0 destination=key.1 />
                </Each>
            </ul>
        </section>
    }
}

#[component]
fn Need(attention: Memo<Vec<Attention>>, kind: AttentionKind, destination: Destination) -> impl IntoView {
    let (tone, name) = of(kind);
    let one = Memo::new(move |_| {
        attention
            .with(|all| all.iter().find(|one| one.kind == kind && one.destination == destination).cloned())
    });
    view! {
        <li class="need" data-tone=tone data-testid=format!("need-{name}")>
            <div class="need-words">
                {move || one.get().map(|Attention { happened, means, remedy, count, doubtful, .. }| view! {
                    <p class="need-title">
                        {happened}
                        {(count > 1).then(|| format!(" ({count})"))}
                        <DoubtMark trust=if doubtful { Trust::Doubtful } else { Trust::Sound } />
                    </p>
                    <p>{means}</p>
                    <p>{remedy}</p>
                })}
            </div>
            <div class="need-side">
                {move || one.get().map(|Attention { amount, until, .. }| view! {
                    {amount.map(|money| view! {
                        <span class="need-amount">
                            <AmountText asset=money.asset amount=money.amount testid=format!("need-{name}-amount") />
                        </span>
                    })}
                    {until.map(|until| view! { <span class="need-until">"Ends "<Countdown until=until /></span> })}
                })}
                <LinkButton route=Route::from(destination) testid=format!("need-{name}-open")>{leads_to(destination)}</LinkButton>
            </div>
        </li>
    }
}
