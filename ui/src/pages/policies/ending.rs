//! How a policy can end: activated, sold back, or claimed after its end. What each pays, or why not.

use bithedge_ipc::{PolicyState, PolicyView, Step, Wish};
use bithedge_protocol::{Asset, TokenAmount};
use leptos::prelude::*;

use super::words;
use crate::components::{AmountText, Button, ButtonKind, Card, Countdown, Each, ProposalStatus, UsdText};
use crate::format;
use crate::state::{Proposal, obstacle};

/// A way to end a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Activate,
    SellBack,
    Claim,
}

impl Way {
    const fn title(self) -> &'static str {
        match self {
            Self::Activate => "Activate",
            Self::SellBack => "Sell back",
            Self::Claim => "Claim",
        }
    }

    /// What the card and the button are called.
    const fn name(self, is_own: bool) -> &'static str {
        match self {
            Self::Claim if !is_own => "Have it paid to its owner",
            _ => self.title(),
        }
    }

    const fn about(self, is_own: bool) -> &'static str {
        match self {
            Self::Claim if !is_own => {
                "Pays the owner, not you, what was set aside for this policy when its end was settled. Anybody may do that; whoever does pays \
                 the network's fee."
            }
            Self::Activate => {
                "Ends the policy now and pays what BTC is below your protected price. The time that is left is given up."
            }
            Self::SellBack => {
                "Ends the policy now and pays what the pool gives for the rest of it: what it would pay now and the time that is left, less \
                 the pool's spread."
            }
            Self::Claim => {
                "Pays what was set aside for this policy when its end was settled. It does not run out."
            }
        }
    }

    /// Which price counts, where it is that of now.
    const fn price(self) -> Option<&'static str> {
        match self {
            Self::Activate | Self::SellBack => Some(
                "The higher of the newest price and the average of the last half-hour counts, so after a fast fall it pays more later.",
            ),
            Self::Claim => None,
        }
    }

    const fn testid(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::SellBack => "sell-back",
            Self::Claim => "claim",
        }
    }

    const fn step(self, policy: &PolicyView) -> &Step {
        match self {
            Self::Activate => &policy.activate,
            Self::SellBack => &policy.sell_back,
            Self::Claim => &policy.claim,
        }
    }

    /// The least that is asked for; what was set aside does not move, so nothing less is accepted there.
    fn least(self, pays: TokenAmount) -> Option<TokenAmount> {
        match self {
            Self::Activate | Self::SellBack => words::least_accepted(pays),
            Self::Claim => Some(pays),
        }
    }

    /// The wish; `None` if there is nothing to be had.
    fn wish(self, view: &PolicyView) -> Option<Wish> {
        let pays = self.step(view).pays().filter(|pays| *pays > TokenAmount::ZERO)?;
        let (policy, asset) = (view.id, view.asset);
        Some(match self {
            Self::Activate => Wish::Activate { policy, asset, min_payout: self.least(pays)? },
            Self::SellBack => Wish::SellBack { policy, asset, min_refund: self.least(pays)? },
            Self::Claim => Wish::Claim { policy, asset, owner: view.of_another.clone() },
        })
    }

    /// The ways that somebody has. Before its end a policy is its owner's alone to end.
    const fn of_policy(policy: &PolicyView) -> &'static [Self] {
        match policy.state {
            PolicyState::Active if policy.of_another.is_some() => &[],
            state => Self::of(state),
        }
    }

    /// The ways that are worth showing in a state.
    const fn of(state: PolicyState) -> &'static [Self] {
        match state {
            PolicyState::Active => &[Self::Activate, Self::SellBack],
            PolicyState::AwaitingPrice | PolicyState::InTheMoney => &[Self::Claim],
            // One that ran out of the money has nothing to be claimed.
            PolicyState::Expired | PolicyState::Activated | PolicyState::Settled | PolicyState::SoldBack => {
                &[]
            }
        }
    }
}

/// The ways to end a policy as cards side by side, and what there is to say of them together.
#[component]
pub(super) fn Endings(id: u64, policy: Signal<Option<PolicyView>>) -> impl IntoView {
    let proposal = Proposal::new();
    let ways =
        Memo::new(move |_| policy.with(|policy| policy.as_ref().map_or(&[][..], Way::of_policy).to_vec()));
    let said =
        Memo::new(move |_| policy.with(|policy| policy.as_ref().map(words::comparison).unwrap_or_default()));
    view! {
        <div class="policy-ending">
            <ProposalStatus proposal=proposal what="The end of this policy" />
            <div class="policy-steps" data-testid=format!("policy-steps-{id}")>
                <Each each=move || ways.get() key=|way| way.testid() let:way>
                    <WayCard way=way policy=policy proposal=proposal />
                </Each>
            </div>
        </div>
        {move || (!said.with(Vec::is_empty)).then(|| view! {
            <Card title="Now, or wait?" testid="policy-comparison">
                <div class="said">
                    {move || said.get().into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                </div>
            </Card>
        })}
    }
}

#[component]
fn WayCard(way: Way, policy: Signal<Option<PolicyView>>, proposal: Proposal) -> impl IntoView {
    let (standing, is_asked) = (obstacle(), proposal.is_busy());
    // What is under way is no reason against itself.
    let blocked = Signal::derive(move || if is_asked.get() { None } else { standing.get() });
    let is_own = Memo::new(move |_| {
        policy.with(|policy| policy.as_ref().is_none_or(|policy| policy.of_another.is_none()))
    });
    let view = Memo::new(move |_| {
        policy.with(|policy| policy.as_ref().map(|policy| (policy.asset, way.step(policy).clone())))
    });
    let is_now = Memo::new(move |_| {
        policy.with(|policy| policy.as_ref().is_some_and(|policy| way.wish(policy).is_some()))
    });
    let press = move |()| {
        if let Some(wish) =
            policy.with_untracked(|policy| policy.as_ref().and_then(|policy| way.wish(policy)))
        {
            proposal.propose(wish);
        }
    };
    let kind = if way == Way::Claim { ButtonKind::Primary } else { ButtonKind::Secondary };
    view! {
        <section class="card step" aria-label=move || way.name(is_own.get()) data-testid=format!("step-{}", way.testid())>
            <h2 class="step-title">{move || way.name(is_own.get())}</h2>
            <p class="step-about">{move || way.about(is_own.get())}</p>
            {way.price().map(|price| view! { <p class="step-about" data-testid=format!("{}-price", way.testid())>{price}</p> })}
            {move || view.get().map(|(asset, step)| step_view(way, asset, &step))}
            {move || is_now.get().then(|| view! {
                <div class="step-foot">
                    <Button
                        kind=kind
                        busy=proposal.is_busy()
                        blocked=blocked
                        testid=format!("{}-button", way.testid())
                        on_press=press
                    >
                        {move || format!("{}: look at it first", way.name(is_own.get()))}
                    </Button>
                    <p class="step-note">"You see exactly what would be signed, and decide then."</p>
                </div>
            })}
        </section>
    }
}

fn step_view(way: Way, asset: Asset, step: &Step) -> AnyView {
    let id = way.testid();
    match step {
        Step::Now { pays, .. } if *pays == TokenAmount::ZERO => view! {
            <p class="step-why" data-testid=format!("{id}-nothing")>"It would pay nothing now."</p>
        }
        .into_any(),
        Step::Now { pays, usd, promised } => {
            let least = way.least(*pays).filter(|least| least < pays);
            let short = promised.map(|promised| {
                format!(
                    "{} was promised. The bucket and the insurance fund have less; everybody of this series gets the same part.",
                    asset.show(promised)
                )
            });
            view! {
                <div class="step-pays">
                    <p class="step-amount"><AmountText asset=asset amount=*pays testid=format!("{id}-pays") /></p>
                    {match usd {
                        Some(usd) => view! { <p class="step-note">"About "<UsdText value=*usd testid=format!("{id}-usd") />" now"</p> }.into_any(),
                        None => view! { <p class="step-note">"What that is in USD is not known now"</p> }.into_any(),
                    }}
                    {least.map(|least| view! {
                        <p class="step-note" data-testid=format!("{id}-least") data-amount=least.base_units().to_string()>
                            {format!(
                                "Prices move until it is carried out. It happens only if it pays {} or more ({} % less than now).",
                                asset.show(least),
                                words::ACCEPTED_BELOW
                            )}
                        </p>
                    })}
                    {short.map(|short| view! { <p class="step-why" data-testid=format!("{id}-short")>{short}</p> })}
                </div>
            }
            .into_any()
        }
        Step::Later { from, why } => {
            let from = *from;
            view! {
                <p class="step-why" data-testid=format!("{id}-later") data-value=from.get().to_string()>
                    {format!("Possible from {} on (", format::moment(from))}<Countdown until=from />{"). ".to_owned()}{why.clone()}
                </p>
            }
            .into_any()
        }
        Step::Not { why, code } => view! {
            <p class="step-why" data-testid=format!("{id}-not") data-code=code.clone()>{why.clone()}</p>
        }
        .into_any(),
        Step::Unknown { why } => view! {
            <p class="step-why" data-testid=format!("{id}-unknown")>{format!("Whether this is possible is not known. {why}")}</p>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_claimed_whole_and_the_rest_may_move_a_little() {
        let pays = TokenAmount::new(1_000);
        assert_eq!(Way::Claim.least(pays), Some(pays));
        assert_eq!(Way::Activate.least(pays), Some(TokenAmount::new(970)));
        assert_eq!(Way::SellBack.least(pays), Some(TokenAmount::new(970)));
    }

    #[test]
    fn a_policy_that_has_ended_offers_nothing_but_its_claim() {
        assert_eq!(Way::of(PolicyState::Active), [Way::Activate, Way::SellBack]);
        for state in [PolicyState::AwaitingPrice, PolicyState::InTheMoney] {
            assert_eq!(Way::of(state), [Way::Claim]);
        }
        for state in
            [PolicyState::Expired, PolicyState::Settled, PolicyState::Activated, PolicyState::SoldBack]
        {
            assert!(Way::of(state).is_empty(), "{state:?}");
        }
    }
}
