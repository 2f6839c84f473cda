//! What BitHedge does, in three sentences and one picture.

use bithedge_charts::{Payoff, payoff};
use bithedge_protocol::{Asset, Sats, UsdE8};
use leptos::prelude::*;

use crate::components::ChartView;

/// One BTC.
const SIZE: Sats = Sats::new(100_000_000);

/// So many whole USD.
const fn usd(whole: u128) -> UsdE8 {
    UsdE8::new(whole * 100_000_000)
}

/// The example of the picture: it is one, and is said to be.
const EXAMPLE: Payoff = Payoff {
    size: SIZE,
    strike: usd(95_000),
    floor: usd(47_500),
    spot: usd(100_000),
    cost: usd(3_000),
    backing: Asset::Sbtc,
};

/// What it is all about.
#[component]
pub(super) fn Welcome() -> impl IntoView {
    view! {
        <section class="welcome">
            <div class="welcome-words">
                <h1 class="onboarding-title" tabindex="-1">"Protection for bitcoin"</h1>
                <p class="welcome-text">
                    <strong>"Peter holds bitcoin."</strong>
                    " He pays once and chooses a price and a day: if bitcoin falls below that price by then, he is paid the difference, down to a floor \
                     that he knows beforehand; if it does not, he has lost what he paid and nothing else."
                </p>
                <p class="welcome-text">
                    <strong>"Irene holds STX or sBTC."</strong>
                    " Her money stands behind such promises together with that of others: she earns what people like Peter pay, and she loses when \
                     bitcoin falls far."
                </p>
                <p class="welcome-text">
                    <strong>"Nobody stands between them."</strong>
                    " The money lies in public contracts on the Stacks chain, and only you can sign for what is yours."
                </p>
            </div>
            <div class="welcome-picture">
                <ChartView data=Signal::stored(EXAMPLE) draw=payoff show_summary=false testid="example-payoff" />
                <p class="welcome-caption">
                    "An example, not an offer: 1 BTC bought at 100,000 USD and protected at 95,000 USD for 3,000 USD. “Strike” is the protected price."
                </p>
            </div>
        </section>
    }
}
