//! What the account earned beside its capital: bounties for services, and allocations of fees.

use bithedge_ipc::{CapitalPage, RewardView, Wish};
use bithedge_protocol::{Asset, TokenAmount};
use leptos::prelude::*;

use super::act::Act;
use crate::components::{Card, DoubtMark};

/// One of the two kinds, and its amount in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bounties,
    Allocations,
}

impl Kind {
    fn of(self, reward: &RewardView) -> TokenAmount {
        match self {
            Self::Bounties => reward.bounties,
            Self::Allocations => reward.allocations,
        }
    }

    const fn wish(self, asset: Asset) -> Wish {
        match self {
            Self::Bounties => Wish::ClaimBounties { asset, keeper: None },
            Self::Allocations => Wish::ClaimAllocation { asset, recipient: None },
        }
    }

    const fn title(self, asset: Asset) -> &'static str {
        match (self, asset) {
            (Self::Bounties, Asset::Sbtc) => "Bounties in sBTC",
            (Self::Bounties, Asset::Stx) => "Bounties in STX",
            (Self::Allocations, Asset::Sbtc) => "Allocations in sBTC",
            (Self::Allocations, Asset::Stx) => "Allocations in STX",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Bounties => "Earned by making closes, settling policies and paying their owners.",
            Self::Allocations => "Allotted to you from the protocol's fees.",
        }
    }

    const fn testid(self, asset: Asset) -> &'static str {
        match (self, asset) {
            (Self::Bounties, Asset::Sbtc) => "claim-bounties-sbtc",
            (Self::Bounties, Asset::Stx) => "claim-bounties-stx",
            (Self::Allocations, Asset::Sbtc) => "claim-allocation-sbtc",
            (Self::Allocations, Asset::Stx) => "claim-allocation-stx",
        }
    }
}

/// What waits of a kind in a token; nothing while it is not known.
fn waits(page: Option<&CapitalPage>, kind: Kind, asset: Asset) -> TokenAmount {
    let reward = page.and_then(|page| page.rewards.iter().find(|reward| reward.asset == asset));
    reward.map_or(TokenAmount::ZERO, |reward| kind.of(reward))
}

/// What waits to be claimed; nothing while nothing ever did.
#[component]
pub(super) fn RewardsCard(data: ReadSignal<Option<CapitalPage>>) -> impl IntoView {
    let all = [Kind::Bounties, Kind::Allocations]
        .into_iter()
        .flat_map(|kind| Asset::ALL.into_iter().map(move |asset| (kind, asset)))
        .collect::<Vec<_>>();
    let looked_at = all.clone();
    // It stays once it was there: what became of a claim is told in it.
    let is_shown = Memo::new(move |before: Option<&bool>| {
        let has_some = data.with(|page| {
            looked_at.iter().any(|(kind, asset)| waits(page.as_ref(), *kind, *asset) > TokenAmount::ZERO)
        });
        has_some || before.copied().unwrap_or_default()
    });
    let trust = Memo::new(move |_| {
        data.with(|page| page.as_ref().and_then(|page| page.rewards.first().map(|reward| reward.trust)))
    });
    move || {
        let all = all.clone();
        is_shown.get().then(|| {
            view! {
                <Card
                    title="Rewards"
                    note=move || trust.get().map(|trust| view! { <DoubtMark trust=trust /> })
                    testid="rewards"
                >
                    <div class="bucket-form">
                        {all.into_iter().map(|(kind, asset)| view! { <Reward data=data kind=kind asset=asset /> }).collect_view()}
                    </div>
                </Card>
            }
        })
    }
}

#[component]
fn Reward(data: ReadSignal<Option<CapitalPage>>, kind: Kind, asset: Asset) -> impl IntoView {
    let amount = Memo::new(move |_| data.with(|page| waits(page.as_ref(), kind, asset)));
    view! {
        <Act
            title=kind.title(asset)
            what="The claim"
            button=Signal::derive(move || format!("Claim {}", asset.show(amount.get())))
            when=Signal::derive(move || amount.get() > TokenAmount::ZERO)
            wish=move |()| Some(kind.wish(asset))
            testid=kind.testid(asset)
        >
            <p>{kind.about()}" It is set aside for you and does not run out: claim it when it is worth the network's fee."</p>
        </Act>
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{AsOf, Figure, Trust};
    use bithedge_protocol::UnixSeconds;

    use super::*;

    #[test]
    fn each_kind_in_each_token_is_asked_for_by_its_own_wish() {
        let reward = |asset, bounties, allocations| RewardView {
            asset,
            bounties: TokenAmount::new(bounties),
            allocations: TokenAmount::new(allocations),
            usd: Figure::Unknown { why: "No price.".to_owned() },
            trust: Trust::Sound,
        };
        let page = CapitalPage {
            as_of: AsOf { books: None, chain: None, now: UnixSeconds::new(0), doubt: None },
            positions: Vec::new(),
            totals: Vec::new(),
            rewards: vec![reward(Asset::Stx, 1, 2), reward(Asset::Sbtc, 3, 0)],
            trust: Trust::Sound,
        };
        let of = |kind, asset| waits(Some(&page), kind, asset).base_units();
        assert_eq!((of(Kind::Bounties, Asset::Stx), of(Kind::Allocations, Asset::Stx)), (1, 2));
        assert_eq!((of(Kind::Bounties, Asset::Sbtc), of(Kind::Allocations, Asset::Sbtc)), (3, 0));
        assert_eq!(waits(None, Kind::Bounties, Asset::Stx), TokenAmount::ZERO);
        assert_eq!(Kind::Bounties.wish(Asset::Stx), Wish::ClaimBounties { asset: Asset::Stx, keeper: None });
        let allocation = Wish::ClaimAllocation { asset: Asset::Sbtc, recipient: None };
        assert_eq!(Kind::Allocations.wish(Asset::Sbtc), allocation);
    }
}
