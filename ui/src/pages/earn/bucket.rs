//! One bucket: how it stands, what the account has in it, what can be done.

use bithedge_ipc::{
    BucketPage, BucketRef, CapitalPage, MarketView, PageQuery, PositionView, TierView, TiersPage, Trust,
};
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use super::alarm::StandingAlarm;
use super::commit::CommitCard;
use super::pictures::Pictures;
use super::position::PositionCard;
use super::words;
use crate::components::{
    AmountText, AsOfLine, Card, DoubtMark, EmptyState, LinkButton, Loaded, PartProblem, PercentChangeText,
    PercentText, SkeletonCard, Stat, figure,
};
use crate::format::{self, Round};
use crate::route::Route;
use crate::state::{OnItsWay, PageState, coming};

/// What is known of an account's position in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    /// It is on its way.
    Awaited,
    /// It could not be read.
    Failed,
    /// None was found, by books that are in doubt: that is not "nothing".
    Doubtful,
    /// It was never in it.
    Nothing,
    /// It has or had a position.
    Position,
}

impl Holding {
    fn of(page: Option<&CapitalPage>, has_failed: bool, bucket: BucketRef) -> Self {
        let Some(page) = page else { return if has_failed { Self::Failed } else { Self::Awaited } };
        if page.positions.iter().any(|position| position.bucket == bucket) {
            return Self::Position;
        }
        match page.trust {
            Trust::Sound => Self::Nothing,
            Trust::Doubtful => Self::Doubtful,
        }
    }
}

/// What the parts of the page are made of.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    /// Which bucket.
    pub(super) bucket: BucketRef,
    /// It among the tiers.
    pub(super) tier: Memo<Option<TierView>>,
    /// What the account has in it; `None` if nothing ever, or not known, which [`holding`](Self::holding) tells apart.
    pub(super) position: Memo<Option<PositionView>>,
    /// Whether what the account has in it is known.
    pub(super) holding: Memo<Holding>,
    /// What the account committed to it that is not in the position yet.
    pub(super) coming: Memo<Option<OnItsWay>>,
    /// The tiers' page, for its moment.
    pub(super) page: Signal<TiersPage>,
    /// What it stands for.
    pub(super) depth: ReadSignal<Option<BucketPage>>,
    /// Fees and terms.
    pub(super) market: ReadSignal<Option<MarketView>>,
}

impl Parts {
    /// The bucket's name.
    pub(super) fn name(self) -> Signal<String> {
        Signal::derive(move || {
            self.tier.with(|tier| {
                tier.as_ref().map(|tier| format::bucket(Some(&tier.name), self.bucket)).unwrap_or_default()
            })
        })
    }
}

/// One bucket.
#[component]
pub(super) fn BucketDetail(bucket: BucketRef) -> impl IntoView {
    let page = PageState::<TiersPage>::new(|| PageQuery::Tiers {});
    let capital = PageState::<CapitalPage>::new(|| PageQuery::Capital {});
    let depth = PageState::<BucketPage>::new(move || PageQuery::Bucket { bucket });
    let market = PageState::<MarketView>::new(|| PageQuery::Market {});
    let content = move |data: Signal<TiersPage>| {
        let tier = Memo::new(move |_| {
            data.with(|page| page.tiers.iter().find(|tier| tier.bucket == bucket).cloned())
        });
        let (capital, failure) = (capital.data(), capital.problem());
        let holding = Memo::new(move |_| {
            capital.with(|page| Holding::of(page.as_ref(), failure.with(Option::is_some), bucket))
        });
        let position = Memo::new(move |_| {
            capital.with(|page| {
                page.as_ref()?.positions.iter().find(|position| position.bucket == bucket).cloned()
            })
        });
        let books = Memo::new(move |_| {
            capital.with(|page| page.as_ref()?.as_of.books.as_ref().map(|block| block.height))
        });
        let coming = coming(move |one| one.commits_to == Some(bucket), books.into());
        let (depth, market) = (depth.data(), market.data());
        content(Parts { bucket, tier, position, holding, coming, page: data, depth, market })
    };
    view! {
        <a class="back-link" href=Route::Earn.href() data-testid="bucket-back">"All tiers"</a>
        <PartProblem
            problem=capital.problem()
            is_there=Signal::derive(move || capital.data().with(Option::is_some))
            retry=Callback::new(move |()| capital.retry())
            what="What you have in this bucket"
            testid="bucket-capital-problem"
        />
        <PartProblem
            problem=depth.problem()
            is_there=Signal::derive(move || depth.data().with(Option::is_some))
            retry=Callback::new(move |()| depth.retry())
            what="The history and the risk of this bucket"
            testid="bucket-depth-problem"
        />
        <PartProblem
            problem=market.problem()
            is_there=Signal::derive(move || market.data().with(Option::is_some))
            retry=Callback::new(move |()| market.retry())
            what="Fees and terms"
            testid="bucket-market-problem"
        />
        <Loaded state=page skeleton=skeleton children=content />
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <p class="as-of" aria-hidden="true"><span class="skeleton skeleton-long"></span></p>
        <SkeletonCard lines=4 />
        <div class="bucket-columns">
            <SkeletonCard lines=9 />
            <SkeletonCard lines=9 />
        </div>
    }
}

fn content(parts: Parts) -> impl IntoView {
    let Parts { tier, position, page, .. } = parts;
    let is_there = Memo::new(move |_| tier.with(Option::is_some));
    let health = Memo::new(move |_| tier.with(|tier| tier.as_ref().map(|tier| tier.health.clone())));
    let is_in = Memo::new(move |_| {
        position
            .with(|position| position.as_ref().is_some_and(|position| position.at_risk > TokenAmount::ZERO))
    });
    view! {
        <AsOfLine as_of=Memo::new(move |_| page.with(|page| page.as_of.clone())) />
        {move || if is_there.get() {
            view! {
                <StandingAlarm name=parts.name() health=health is_in=is_in />
                <LeadCard parts=parts />
                <div class="bucket-columns">
                    <CommitCard parts=parts />
                    <PositionCard parts=parts />
                </div>
                <Pictures parts=parts />
            }
            .into_any()
        } else {
            absent(page).into_any()
        }}
    }
}

fn absent(page: Signal<TiersPage>) -> impl IntoView {
    let is_doubtful = page.with(|page| page.trust == Trust::Doubtful);
    view! {
        <Card title="Bucket">
            <EmptyState
                title=if is_doubtful { "This bucket is not known here" } else { "There is no such bucket" }
                text=if is_doubtful {
                    "What is known here is in doubt, so this does not mean that it does not exist."
                } else {
                    "No tier of the network in use takes this token under this number."
                }
                testid="bucket-absent"
            >
                <LinkButton route=Route::Earn testid="bucket-absent-back">"All tiers"</LinkButton>
            </EmptyState>
        </Card>
    }
}

/// What the bucket is, and how it did.
#[component]
fn LeadCard(parts: Parts) -> impl IntoView {
    let tier = parts.tier;
    let of = move |show: fn(&TierView) -> AnyView| tier.with(|tier| tier.as_ref().map(show));
    let badge = move || {
        of(|tier| match tier.health.known() {
            Some(health) => {
                let (word, tone, _) = words::standing(health.standing);
                let code = words::standing_code(health.standing);
                view! { <span class="state-badge" data-tone=tone data-testid="bucket-standing" data-standing=code>{word}</span> }.into_any()
            }
            None => view! { <span class="state-badge">"Health not known"</span> }.into_any(),
        })
    };
    view! {
        <Card title=parts.name().get_untracked() note=badge testid="bucket">
            <p class="policy-story">
                {move || tier.with(|tier| tier.as_ref().map(|tier| format!(
                    "{} It protects prices of {} of the BTC price at the sale, for {} at most.",
                    words::risk(tier.max_strike),
                    words::strikes(tier),
                    format::duration(tier.longest_term)
                )))}
            </p>
            <dl class="policy-lead">
                <Stat label="Return so far" note=move || tier.with(|tier| tier.as_ref().map(words::since))>
                    {move || of(|tier| figure(&tier.returned, tier.trust, |change| view! {
                        <PercentChangeText change=*change testid="bucket-returned" />
                    }))}
                </Stat>
                <Stat label="Deepest fall so far" note=|| "Of a share, from a close before it">
                    {move || of(|tier| figure(&tier.worst_drawdown, tier.trust, |fall| view! {
                        <PercentChangeText change=*fall testid="bucket-drawdown" />
                    }))}
                </Stat>
                <Stat label="In use" note=|| "Of what may back policies (utilisation)">
                    {move || of(|tier| figure(&tier.utilisation, tier.trust, |ratio| view! {
                        <PercentText ratio=*ratio round=Round::Nearest testid="bucket-utilisation" />
                    }))}
                </Stat>
                <Stat label="Capital" note=move || tier.with(|tier| tier.as_ref().map(|tier| {
                    format!("It takes {} at most", tier.bucket.asset.show(tier.capacity))
                }))>
                    {move || of(|tier| {
                        let (asset, capital, trust) = (tier.bucket.asset, tier.capital, tier.trust);
                        view! { <AmountText asset=asset amount=capital testid="bucket-capital" /><DoubtMark trust=trust /> }.into_any()
                    })}
                </Stat>
            </dl>
            <p class="tier-small" data-testid="bucket-premiums">
                {move || tier.with(|tier| tier.as_ref().and_then(|tier| {
                    tier.if_nothing_paid_out.as_ref().map(|figure| words::if_nothing_paid_out(figure, tier.bucket))
                }))}
            </p>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::AsOf;
    use bithedge_protocol::{Asset, UnixSeconds};

    use super::*;

    #[test]
    fn what_is_not_known_is_never_nothing() {
        let bucket = BucketRef { tier: 2, asset: Asset::Sbtc };
        let as_of = AsOf { books: None, chain: None, now: UnixSeconds::new(0), doubt: None };
        let page = |trust| CapitalPage {
            as_of: as_of.clone(),
            positions: Vec::new(),
            totals: Vec::new(),
            rewards: Vec::new(),
            trust,
        };
        assert_eq!(Holding::of(None, false, bucket), Holding::Awaited);
        assert_eq!(Holding::of(None, true, bucket), Holding::Failed);
        assert_eq!(Holding::of(Some(&page(Trust::Doubtful)), false, bucket), Holding::Doubtful);
        assert_eq!(Holding::of(Some(&page(Trust::Doubtful)), true, bucket), Holding::Doubtful);
        assert_eq!(Holding::of(Some(&page(Trust::Sound)), false, bucket), Holding::Nothing);
    }
}
