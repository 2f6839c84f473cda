//! The tiers side by side, and what the account has in them.

use bithedge_ipc::{BucketRef, CapitalPage, PageQuery, PositionView, TierView, TiersPage, Trust};
use bithedge_protocol::{Asset, TokenAmount};
use leptos::prelude::*;

use super::alarm::StandingAlarm;
use super::rewards::RewardsCard;
use super::words;
use crate::components::{
    AmountText, AsOfLine, ButtonKind, Card, ChangeText, Choice, DoubtMark, Each, EmptyState, LinkButton,
    Loaded, PartProblem, PercentChangeText, PercentText, Segmented, SkeletonCard, UsdText, figure,
};
use crate::format::{self, Round};
use crate::pages::home::Line;
use crate::route::{Route, asset_slug};
use crate::state::PageState;

/// The tiers side by side.
#[component]
pub(super) fn Tiers() -> impl IntoView {
    let page = PageState::<TiersPage>::new(|| PageQuery::Tiers {});
    let capital = PageState::<CapitalPage>::new(|| PageQuery::Capital {});
    let content = move |data: Signal<TiersPage>| content(data, capital);
    view! { <Loaded state=page skeleton=skeleton children=content /> }
}

fn skeleton() -> impl IntoView {
    view! {
        <p class="as-of" aria-hidden="true"><span class="skeleton skeleton-long"></span></p>
        <SkeletonCard lines=2 />
        <div class="tiers">
            <SkeletonCard lines=10 />
            <SkeletonCard lines=10 />
            <SkeletonCard lines=10 />
        </div>
    }
}

fn content(data: Signal<TiersPage>, capital: PageState<CapitalPage>) -> impl IntoView {
    let asset = RwSignal::new(Asset::Sbtc);
    let shown = Memo::new(move |_| {
        let asset = asset.get();
        data.with(|page| {
            let of = page.tiers.iter().filter(|tier| tier.bucket.asset == asset);
            of.map(|tier| tier.bucket).collect::<Vec<BucketRef>>()
        })
    });
    let trust = Memo::new(move |_| data.with(|page| page.trust));
    view! {
        <AsOfLine as_of=Memo::new(move |_| data.with(|page| page.as_of.clone())) />
        <Positions capital=capital />
        <RewardsCard data=capital.data() />
        <div class="earn-head">
            <div class="earn-intro">
                <p>
                    "You commit sBTC or STX to a tier. It stands behind other people's policies, earns what they pay, and pays them when BTC \
                     falls. Your part can grow and shrink; it is not a deposit at a fixed rate."
                </p>
            </div>
            <Segmented
                label="Token that you commit"
                choices=vec![Choice::new(Asset::Sbtc, "sBTC", "sbtc"), Choice::new(Asset::Stx, "STX", "stx")]
                value=asset
                on_change=move |chosen| asset.set(chosen)
                testid="earn-asset"
            />
        </div>
        {move || (trust.get() == Trust::Doubtful).then(|| view! {
            <p class="card-note" data-testid="tiers-doubtful">
                <DoubtMark trust=Trust::Doubtful />" These may not be all tiers, or not all of their history."
            </p>
        })}
        {move || shown.with(Vec::is_empty).then(|| view! {
            <Card title="Tiers">
                <EmptyState
                    title="No tier takes this token yet"
                    text="Nothing is known of a bucket for it on the network in use."
                    testid="tiers-empty"
                />
            </Card>
        })}
        <div class="tiers" data-testid="tiers">
            <Each each=move || shown.get() key=|bucket| *bucket let:bucket>
                <TierCard data=data bucket=bucket />
            </Each>
        </div>
    }
}

#[component]
fn TierCard(data: Signal<TiersPage>, bucket: BucketRef) -> impl IntoView {
    let tier =
        Memo::new(move |_| data.with(|page| page.tiers.iter().find(|tier| tier.bucket == bucket).cloned()));
    let slug = format!("{}-{}", bucket.tier, asset_slug(bucket.asset));
    let tone = Memo::new(move |_| {
        tier.with(|tier| {
            let health = tier.as_ref().and_then(|tier| tier.health.known().map(|health| health.standing));
            health.map(|standing| words::standing(standing).1)
        })
    });
    let of = move |show: fn(&TierView) -> AnyView| tier.with(|tier| tier.as_ref().map(show));
    view! {
        <section class="card tier" data-testid=format!("tier-{slug}") data-tone=move || tone.get() aria-labelledby=format!("tier-name-{slug}")>
            <div class="tier-head">
                <h2 class="tier-name" id=format!("tier-name-{slug}")>
                    {move || tier.with(|tier| tier.as_ref().map(|tier| format::capitalised(&tier.name)))}
                </h2>
                {move || of(badge)}
            </div>
            <p class="tier-risk">{move || tier.with(|tier| tier.as_ref().map(|tier| words::risk(tier.max_strike)))}</p>
            {move || of(returned)}
            <dl class="lines">{move || of(lines)}</dl>
            {move || of(premiums)}
            <div class="tier-foot">
                <LinkButton kind=ButtonKind::Primary route=Route::Bucket(bucket) testid=format!("tier-open-{slug}")>
                    "Look closer or commit"
                </LinkButton>
            </div>
        </section>
    }
}

fn badge(tier: &TierView) -> AnyView {
    match tier.health.known() {
        Some(health) => {
            let (word, tone, _) = words::standing(health.standing);
            let code = words::standing_code(health.standing);
            view! { <span class="state-badge" data-tone=tone data-standing=code>{word}</span> }.into_any()
        }
        None => view! { <span class="state-badge">"Health not known"</span> }.into_any(),
    }
}

fn slug_of(tier: &TierView) -> String {
    format!("{}-{}", tier.bucket.tier, asset_slug(tier.bucket.asset))
}

/// What a share has returned, losses included.
fn returned(tier: &TierView) -> AnyView {
    let slug = slug_of(tier);
    view! {
        <div class="tier-return">
            <span class="tier-small">"Return so far, in the token"</span>
            <span class="tier-return-figure">
                {figure(&tier.returned, tier.trust, |change| view! {
                    <PercentChangeText change=*change testid=format!("tier-returned-{slug}") />
                })}
            </span>
            <span class="tier-return-note" data-testid=format!("tier-since-{slug}")>
                {format!("{}. Not a year's rate, and no promise.", words::since(tier))}
            </span>
        </div>
    }
    .into_any()
}

fn lines(tier: &TierView) -> AnyView {
    let slug = slug_of(tier);
    let id = |name: &str| format!("tier-{name}-{slug}");
    let (asset, trust) = (tier.bucket.asset, tier.trust);
    let TierView { capital, capacity, longest_term, providers, policies, .. } = *tier;
    let strikes = words::strikes(tier);
    let fall = figure(&tier.worst_drawdown, trust, |fall| {
        view! {
            <PercentChangeText change=*fall testid=id("drawdown") />
        }
    });
    let used = figure(&tier.utilisation, trust, |ratio| {
        let ratio = *ratio;
        view! {
            <PercentText ratio=ratio round=Round::Nearest testid=id("utilisation") />
            <span class="gauge" aria-hidden="true">
                <span class="gauge-fill" style:width=format!("{}%", (ratio.base_units() / 10_000).min(100))></span>
            </span>
        }
    });
    let fee = figure(
        &tier.exit_fee,
        trust,
        |fee| view! { <PercentText ratio=*fee round=Round::Up testid=id("exit-fee") /> },
    );
    let capital =
        view! { <AmountText asset=asset amount=capital testid=id("capital") /><DoubtMark trust=trust /> };
    let about = format!(
        "{providers} {}, {policies} {}; it takes {} at most",
        if providers == 1 { "provider" } else { "providers" },
        if policies == 1 { "policy" } else { "policies" },
        asset.show(capacity)
    );
    view! {
        <Line label="Deepest fall so far" note=|| "Of a share, from a close before it">{fall}</Line>
        <Line label="Protects" note=|| "Of the BTC price when a policy is sold">{strikes}</Line>
        <Line label="Longest policy">{format::duration(longest_term)}</Line>
        <Line label="In use" note=|| "How much of what may back policies does so (utilisation)">{used}</Line>
        <Line label="Capital" note=move || about.clone()>{capital}</Line>
        <Line label="Exit fee now" note=|| "Stays with those who stay; rises with use">{fee}</Line>
    }
    .into_any()
}

/// Premiums over capital, with its words.
fn premiums(tier: &TierView) -> AnyView {
    let slug = slug_of(tier);
    let words = match &tier.if_nothing_paid_out {
        Some(figure) => words::if_nothing_paid_out(figure, tier.bucket),
        None => "What premiums came to is not known yet: there was no close in the last 30 days.".to_owned(),
    };
    view! { <p class="tier-small" data-testid=format!("tier-premiums-{slug}")>{words}</p> }.into_any()
}

/// What the account has in buckets, the alarming first.
#[component]
fn Positions(capital: PageState<CapitalPage>) -> impl IntoView {
    let data = capital.data();
    let buckets = Memo::new(move |_| {
        data.with(|page| {
            let all = page.as_ref().map(|page| page.positions.iter()).into_iter().flatten();
            all.filter(|position| is_something(position)).map(|position| position.bucket).collect::<Vec<_>>()
        })
    });
    let trust = Memo::new(move |_| data.with(|page| page.as_ref().map(|page| page.trust)));
    let is_in_doubt = Memo::new(move |_| trust.get() == Some(Trust::Doubtful) && buckets.with(Vec::is_empty));
    view! {
        <PartProblem
            problem=capital.problem()
            is_there=Signal::derive(move || data.with(Option::is_some))
            retry=Callback::new(move |()| capital.retry())
            what="Your capital"
            testid="positions-problem"
        />
        {move || is_in_doubt.get().then(|| view! {
            <p class="card-note" data-testid="positions-doubtful">
                <DoubtMark trust=Trust::Doubtful />" No capital of yours is known here, which does not mean that there is none."
            </p>
        })}
        <Each each=move || buckets.get() key=|bucket| *bucket let:bucket>
            <PositionAlarm data=data bucket=bucket />
        </Each>
        {move || (!buckets.with(Vec::is_empty)).then(|| view! {
            <Card
                title="Your capital"
                note=move || trust.get().map(|trust| view! { <DoubtMark trust=trust /> })
                testid="positions"
            >
                <ul class="positions">
                    <Each each=move || buckets.get() key=|bucket| *bucket let:bucket>
                        <PositionRow data=data bucket=bucket />
                    </Each>
                </ul>
            </Card>
        })}
    }
}

/// Whether there is, or waits, something of the account's in a bucket.
fn is_something(position: &PositionView) -> bool {
    position.at_risk > TokenAmount::ZERO
        || position.claimable > TokenAmount::ZERO
        || position.queued.count() > 0
        || !position.waiting.is_empty()
}

fn found(page: Option<&CapitalPage>, bucket: BucketRef) -> Option<PositionView> {
    page?.positions.iter().find(|position| position.bucket == bucket).cloned()
}

fn named(position: &PositionView) -> String {
    format::bucket(position.tier_name.as_deref(), position.bucket)
}

#[component]
fn PositionAlarm(data: ReadSignal<Option<CapitalPage>>, bucket: BucketRef) -> impl IntoView {
    let position = Memo::new(move |_| data.with(|page| found(page.as_ref(), bucket)));
    let health = Memo::new(move |_| {
        position.with(|position| {
            let is_in = position.as_ref().filter(|position| position.at_risk > TokenAmount::ZERO);
            is_in.map(|position| position.health.clone())
        })
    });
    let name =
        Signal::derive(move || position.with(|position| position.as_ref().map(named).unwrap_or_default()));
    view! { <StandingAlarm name=name health=health is_in=Signal::derive(|| true) leads=true /> }
}

#[component]
fn PositionRow(data: ReadSignal<Option<CapitalPage>>, bucket: BucketRef) -> impl IntoView {
    let position = Memo::new(move |_| data.with(|page| found(page.as_ref(), bucket)));
    let slug = format!("{}-{}", bucket.tier, asset_slug(bucket.asset));
    view! {
        <li>
            <a class="position-row" href=Route::Bucket(bucket).href() data-testid=format!("position-row-{slug}")>
                {move || position.with(|position| position.as_ref().map(cells))}
            </a>
        </li>
    }
}

fn cells(position: &PositionView) -> impl IntoView + use<> {
    let bucket = position.bucket;
    let asset = bucket.asset;
    let slug = format!("{}-{}", bucket.tier, asset_slug(asset));
    let name = named(position);
    let PositionView { at_risk, unrealised, claimable, trust, .. } = *position;
    let value_usd = position.value_usd.clone();
    view! {
        <span class="policy-head">
            <span class="policy-name">{name}</span>
            <DoubtMark trust=trust />
        </span>
        <span class="policy-cell">
            <span class="policy-cell-label">"At risk"</span>
            <span class="policy-cell-value"><AmountText asset=asset amount=at_risk testid=format!("position-at-risk-{slug}") /></span>
            <span class="policy-cell-label">{match value_usd.known() {
                Some(value) => view! { <UsdText value=*value /> }.into_any(),
                None => view! { "In USD not known" }.into_any(),
            }}</span>
        </span>
        <span class="policy-cell">
            <span class="policy-cell-label">"Result still in"</span>
            <span class="policy-cell-value"><ChangeText asset=asset change=unrealised testid=format!("position-unrealised-{slug}") /></span>
        </span>
        <span class="policy-cell">
            <span class="policy-cell-label">"To be claimed"</span>
            <span class="policy-cell-value"><AmountText asset=asset amount=claimable testid=format!("position-claimable-{slug}") /></span>
        </span>
    }
}
