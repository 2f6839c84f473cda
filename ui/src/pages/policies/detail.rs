//! One policy: what it does, what it would pay now, and how it can end.

use bithedge_ipc::{PageQuery, PolicyPage as Data, PolicyState, PolicyView, ProtocolPage, Trust};
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use super::ending::Endings;
use super::facts::FactsCard;
use super::picture::PictureCard;
use super::words;
use crate::components::{
    AddressText, AmountText, AsOfLine, Banner, ButtonKind, Card, ChangeText, Countdown, DoubtMark,
    EmptyState, LinkButton, Loaded, PartProblem, SkeletonCard, Stat, Tone, UsdText, figure, known_or,
};
use crate::format;
use crate::route::Route;
use crate::state::{PageState, SessionState};

/// One policy, by its number.
#[component]
pub(super) fn PolicyDetail(
    /// Its number.
    policy: u64,
) -> impl IntoView {
    let page = PageState::<Data>::new(move || PageQuery::Policy { policy });
    let protocol = PageState::<ProtocolPage>::new(|| PageQuery::Protocol {});
    let content = move |data: Signal<Data>| content(policy, data, protocol);
    view! {
        <a class="back-link" href=Route::Policies.href() data-testid="policy-back">"All my policies"</a>
        <Loaded state=page skeleton=skeleton children=content />
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <p class="as-of" aria-hidden="true"><span class="skeleton skeleton-long"></span></p>
        <SkeletonCard lines=4 />
        <SkeletonCard lines=8 />
        <SkeletonCard lines=5 />
    }
}

fn content(id: u64, data: Signal<Data>, protocol: PageState<ProtocolPage>) -> impl IntoView {
    let policy = Memo::new(move |_| data.with(|data| data.policy.clone()));
    let trust = Memo::new(move |_| data.with(|data| data.trust));
    let is_there = Memo::new(move |_| policy.with(Option::is_some));
    view! {
        <AsOfLine as_of=Memo::new(move |_| data.with(|data| data.as_of.clone())) />
        {move || if is_there.get() {
            // It is there: a reader that finds none in between shows nothing.
            let known = Signal::derive(move || policy.get());
            let owner = Memo::new(move |_| policy.with(|policy| policy.as_ref()?.of_another.clone()));
            view! {
                {move || owner.get().map(|owner| view! { <OfAnother owner=owner /> })}
                <PartProblem
                    problem=protocol.problem()
                    is_there=Signal::derive(move || protocol.data().with(Option::is_some))
                    retry=Callback::new(move |()| protocol.retry())
                    what="Today's prices"
                    testid="policy-prices-problem"
                />
                <LeadCard policy=known />
                <Endings id=id policy=known />
                <PictureCard policy=known protocol=protocol />
                <FactsCard policy=known />
            }
            .into_any()
        } else {
            view! {
                <Card title=format!("Policy {id}")>
                    <EmptyState
                        title=if trust.get() == Trust::Doubtful { "This policy is not known here" } else { "There is no such policy" }
                        text=if trust.get() == Trust::Doubtful {
                            "What is known here is in doubt, so this does not mean that it does not exist. What the chain itself says \
                             is what counts."
                        } else {
                            "No policy has this number on the network in use. It may be one of another network."
                        }
                        testid="policy-absent"
                    >
                        <LinkButton route=Route::Policies testid="policy-absent-back">"All my policies"</LinkButton>
                    </EmptyState>
                </Card>
            }
            .into_any()
        }}
    }
}

/// That it is somebody else's, said before anything of it.
#[component]
fn OfAnother(
    /// Whose, an address.
    owner: String,
) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let own = owner.clone();
    let name = Memo::new(move |_| session.label_of(&own));
    view! {
        <Banner tone=Tone::Info title="This policy belongs to another account" testid="policy-of-another">
            <p>
                {move || match name.get() {
                    Some(name) => format!("It belongs to your account {name}: choose that account above to act on it. "),
                    None => "It belongs to somebody else. What every policy holds is public, so it can be looked at here. ".to_owned(),
                }}
                "Whatever it pays goes to "<AddressText address=owner />"."
            </p>
        </Banner>
    }
}

/// What it is, how it stands, what it has brought.
#[component]
fn LeadCard(policy: Signal<Option<PolicyView>>) -> impl IntoView {
    let badge = move || {
        policy.with(|policy| {
            policy.as_ref().map(|policy| {
                let (label, tone) = words::state(policy.state);
                let code = words::state_code(policy.state);
                view! { <span class="state-badge" data-tone=tone data-testid="policy-state" data-state=code>{label}</span> }
            })
        })
    };
    let with = move |show: fn(&PolicyView) -> AnyView| policy.with(|policy| policy.as_ref().map(show));
    let protects = Memo::new(move |_| {
        policy.with(|policy| policy.as_ref().is_none_or(|policy| policy.state == PolicyState::Active))
    });
    view! {
        <Card title="What it does" note=badge testid="policy">
            <p class="policy-story" data-testid="policy-story">{move || policy.with(|policy| policy.as_ref().map(words::story))}</p>
            <dl class="policy-lead">
                <Stat label="Protects" note=move || policy.with(|policy| {
                    policy.as_ref().map(|policy| format!("From {} on", format::day(policy.sold_at)))
                })>
                    {move || with(|policy| {
                        let size = policy.size;
                        view! {
                            <span data-testid="policy-size" data-amount=size.base_units().to_string()>{words::btc(size)}</span>
                            <DoubtMark trust=policy.trust />
                        }
                        .into_any()
                    })}
                </Stat>
                <Stat label="Protected price" note=move || policy.with(|policy| {
                    policy.as_ref().map(|policy| format!("BTC was at {} then", format::price(policy.spot_at_sale)))
                })>
                    {move || with(|policy| {
                        view! { <UsdText value=policy.strike price=true testid="policy-strike" /> }.into_any()
                    })}
                </Stat>
                <Stat
                    label=Signal::derive(move || if protects.get() { "Ends" } else { "Ended" })
                    note=move || policy.with(|policy| policy.as_ref().map(words::end))
                >
                    {move || with(|policy| match policy.state {
                        PolicyState::Active => {
                            view! { <Countdown until=policy.expiry testid="policy-countdown" /> }.into_any()
                        }
                        _ => view! { <span>{format::day(policy.ended_at.unwrap_or(policy.expiry))}</span> }.into_any(),
                    })}
                </Stat>
                <Stat label=Signal::derive(move || if protects.get() { "Result so far" } else { "Result" }) note=move || policy.with(|policy| policy.as_ref().map(|policy| {
                    if policy.state == PolicyState::Active {
                        "What it could be sold back for, less what it cost"
                    } else {
                        "What it paid or will pay, less what it cost"
                    }
                }))>
                    {move || with(|policy| {
                        let asset = policy.asset;
                        figure(&policy.result, policy.trust, |change| view! {
                            <ChangeText asset=asset change=*change testid="policy-result" />
                        })
                    })}
                </Stat>
            </dl>
            {move || with(ended)}
        </Card>
    }
}

/// What a policy that has ended was due and paid; and where to go on.
fn ended(policy: &PolicyView) -> AnyView {
    let asset = policy.asset;
    if words::is_open(policy.state) {
        return ().into_any();
    }
    let why = "The books do not say.";
    // One that ran out of the money may still be on the registry's list, without an end in it.
    let paid = policy.paid.or((policy.state == PolicyState::Expired).then_some(TokenAmount::ZERO));
    let short = policy.due.zip(policy.paid).filter(|(due, paid)| paid < due);
    view! {
        <dl class="lines">
            {policy.end_price.map(|price| view! {
                <div class="line">
                    <dt>"BTC price at its end"</dt>
                    <dd><UsdText value=price price=true testid="policy-end-price" /></dd>
                </div>
            })}
            <div class="line">
                <dt>{if policy.of_another.is_some() { "Paid out to its owner" } else { "Paid out to you" }}</dt>
                <dd>
                    {known_or(paid, why, |paid| view! { <AmountText asset=asset amount=paid testid="policy-paid" /> })}
                    <DoubtMark trust=policy.trust />
                </dd>
                {short.map(|(due, _)| view! {
                    <dd class="line-note" data-testid="policy-short">
                        {format!(
                            "{} was due. The bucket and the insurance fund had less, and everybody of this series got the same part.",
                            asset.show(due)
                        )}
                    </dd>
                })}
            </div>
        </dl>
        {policy.of_another.is_none().then(|| view! {
            <div class="actions">
                <LinkButton kind=ButtonKind::Primary route=Route::Protect testid="policy-protect-again">"Protect again"</LinkButton>
            </div>
        })}
    }
    .into_any()
}
