//! The list of policies.

use bithedge_ipc::{Figure, PageQuery, PoliciesPage as Data, PolicyState, PolicyView, Trust};
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use super::words;
use crate::components::{
    AmountText, AsOfLine, Button, ButtonKind, Card, ChangeText, Choice, Countdown, DoubtMark, Each,
    EmptyState, LinkButton, Loaded, Segmented, SkeletonCard, UsdText, figure,
};
use crate::route::Route;
use crate::state::{PageState, coming};

/// Which policies are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Filter {
    #[default]
    All,
    Open,
    Ended,
}

impl Filter {
    const fn takes(self, state: PolicyState) -> bool {
        match self {
            Self::All => true,
            Self::Open => words::is_open(state),
            Self::Ended => !words::is_open(state),
        }
    }

    fn choices() -> Vec<Choice<Self>> {
        vec![
            Choice::new(Self::All, "All", "all"),
            Choice::new(Self::Open, "In force or to be paid", "open"),
            Choice::new(Self::Ended, "Ended", "ended"),
        ]
    }
}

/// Everything that was bought.
#[component]
pub(super) fn PolicyList() -> impl IntoView {
    let page = PageState::<Data>::new(|| PageQuery::Policies { before: None });
    view! { <Loaded state=page skeleton=skeleton children=content /> }
}

fn skeleton() -> impl IntoView {
    view! {
        <p class="as-of" aria-hidden="true"><span class="skeleton skeleton-long"></span></p>
        <SkeletonCard lines=8 />
    }
}

fn content(data: Signal<Data>) -> impl IntoView {
    let filter = RwSignal::new(Filter::default());
    let has_any = Memo::new(move |_| data.with(|data| !data.policies.is_empty()));
    let trust = Memo::new(move |_| data.with(|data| data.trust));
    let books = Memo::new(move |_| data.with(|data| data.as_of.books.as_ref().map(|block| block.height)));
    let coming = coming(|one| one.intent == "purchase-protection", books.into());
    view! {
        <AsOfLine as_of=Memo::new(move |_| data.with(|data| data.as_of.clone())) />
        <Card
            title="Your policies"
            note=move || data.with(summary)
            testid="policies"
        >
            <div class="policies-tools">
                <Segmented
                    label="Which policies"
                    hide_label=true
                    choices=Filter::choices()
                    value=filter
                    on_change=move |chosen| filter.set(chosen)
                    testid="policies-filter"
                />
                <LinkButton kind=ButtonKind::Primary route=Route::Protect testid="policies-protect">"Buy protection"</LinkButton>
            </div>
            {move || (trust.get() == Trust::Doubtful).then(|| view! {
                <p class="card-note" data-testid="policies-doubtful">
                    <DoubtMark trust=Trust::Doubtful />" These may not be all of your policies. What the chain itself says is what counts."
                </p>
            })}
            {move || coming.get().map(|coming| view! {
                <p class="card-note" role="status" data-testid="policies-coming">{coming.words()}</p>
            })}
            {move || (!has_any.get() && coming.with(Option::is_none)).then(|| view! {
                <EmptyState
                    title="No policies yet"
                    text="A policy pays you what BTC falls below a price that you choose, until a day that you choose. Once you have \
                          bought one, it is here."
                    testid="policies-empty"
                />
            })}
            <Batch data=data filter=filter is_first=true />
        </Card>
    }
}

/// A page of the list, and those before it once they are asked for. Each goes on changing with the chain.
#[component]
fn Batch(data: Signal<Data>, filter: RwSignal<Filter>, #[prop(optional)] is_first: bool) -> impl IntoView {
    let opened = RwSignal::new(false);
    let all = Memo::new(move |_| data.with(|data| data.policies.clone()));
    let shown = Memo::new(move |_| {
        let filter = filter.get();
        all.with(|all| all.iter().filter(|one| filter.takes(one.state)).map(|one| one.id).collect::<Vec<_>>())
    });
    let is_none = Memo::new(move |_| all.with(|all| !all.is_empty()) && shown.with(Vec::is_empty));
    let more = Memo::new(move |_| data.with(|data| data.more));
    let last = Memo::new(move |_| all.with(|all| all.last().map(|policy| policy.id)));
    view! {
        {move || is_none.get().then(|| view! {
            <p class="policies-none" data-testid="policies-none">
                {if is_first { "None of the newest policies is of this kind." } else { "None of these is of this kind." }}
            </p>
        })}
        <ul class="policies-list" aria-label=if is_first { "Policies" } else { "Older policies" }>
            <Each each=move || shown.get() key=|id| *id let:id>
                <Row all=all id=id />
            </Each>
        </ul>
        {move || match (more.get(), opened.get()) {
            (false, _) => ().into_any(),
            (true, false) => view! {
                <div class="policies-more">
                    <Button testid="policies-older" on_press=move |()| opened.set(true)>"Load older ones"</Button>
                </div>
            }
            .into_any(),
            (true, true) => view! { <Older before=last filter=filter /> }.into_any(),
        }}
    }
}

/// The page before a policy.
#[component]
fn Older(before: Memo<Option<u64>>, filter: RwSignal<Filter>) -> impl IntoView {
    let page = PageState::<Data>::new(move || PageQuery::Policies { before: before.get() });
    let content = move |data: Signal<Data>| view! { <Batch data=data filter=filter /> }.into_any();
    view! { <Loaded state=page skeleton=|| view! { <SkeletonCard lines=4 /> } children=content /> }
}

fn summary(data: &Data) -> String {
    let all: u64 = data.summary.totals.iter().map(|total| total.policies).sum();
    match (all, data.summary.active) {
        (0, _) => String::new(),
        (all, active) => format!("{active} in force, {all} bought in all"),
    }
}

#[component]
fn Row(all: Memo<Vec<PolicyView>>, id: u64) -> impl IntoView {
    let policy = Memo::new(move |_| all.with(|all| all.iter().find(|one| one.id == id).cloned()));
    let state = move || policy.with(|policy| policy.as_ref().map(|policy| policy.state));
    view! {
        <li>
            <a
                class="policy-row"
                href=Route::Policy(id).href()
                data-testid=format!("policy-row-{id}")
                data-state=move || state().map(words::state_code)
            >
                <span class="policy-head">
                    <span class="policy-name">{format!("Policy {id}")}</span>
                    {move || state().map(|state| {
                        let (label, tone) = words::state(state);
                        view! { <span class="state-badge" data-tone=tone>{label}</span> }
                    })}
                </span>
                {move || policy.with(|policy| policy.as_ref().map(cells))}
            </a>
        </li>
    }
}

fn cells(policy: &PolicyView) -> impl IntoView + use<> {
    let PolicyView { id, asset, size, strike, expiry, state, trust, ended_at, .. } = *policy;
    let is_active = state == PolicyState::Active;
    let worth = policy.worth.clone();
    let (paid, claim) = (policy.paid, policy.claim.pays().filter(|pays| *pays > TokenAmount::ZERO));
    let result = policy.result.clone();
    let end = if is_active {
        view! { <Countdown until=expiry testid=format!("policy-ends-{id}") /> }.into_any()
    } else {
        crate::format::day(ended_at.unwrap_or(expiry)).into_any()
    };
    view! {
        <Cell label="Protects">
            <span data-testid=format!("policy-size-{id}") data-amount=size.base_units().to_string()>{words::btc(size)}</span>
            <span class="policy-cell-label">"at "<UsdText value=strike price=true testid=format!("policy-strike-{id}") /></span>
        </Cell>
        <Cell label=if is_active { "Ends" } else { "Ended" }>{end}</Cell>
        {if is_active {
            view! {
                <Cell label="Worth now">
                    {figure(&worth, trust, |worth| view! {
                        <AmountText asset=asset amount=worth.buy_back testid=format!("policy-worth-{id}") />
                    })}
                </Cell>
            }
            .into_any()
        } else {
            let (label, paid) = match (paid, claim, state) {
                (Some(value), ..) => ("Paid out", Figure::Known { value }),
                (None, Some(value), _) => ("To be claimed", Figure::Known { value }),
                // It ran out of the money, and nobody has taken it off the list yet.
                (None, None, PolicyState::Expired) => ("Paid out", Figure::Known { value: TokenAmount::ZERO }),
                (None, None, _) => {
                    ("Will pay", Figure::Unknown { why: "It is fixed when its end is settled.".to_owned() })
                }
            };
            view! {
                <Cell label=label>
                    {figure(&paid, trust, |paid| view! {
                        <AmountText asset=asset amount=*paid testid=format!("policy-paid-{id}") />
                    })}
                </Cell>
            }
            .into_any()
        }}
        <Cell label="Result">
            {figure(&result, trust, |change| view! {
                <ChangeText asset=asset change=*change testid=format!("policy-result-{id}") />
            })}
        </Cell>
    }
}

#[component]
fn Cell(label: &'static str, children: Children) -> impl IntoView {
    view! {
        <span class="policy-cell">
            <span class="policy-cell-label">{label}</span>
            <span class="policy-cell-value">{children()}</span>
        </span>
    }
}
