//! What is asked: who, what, how much at most, and what the bytes say.

use bithedge_ipc::{ApprovalView, Effect, Moved, MovedAsset, Network, TransactionPurpose};
use bithedge_protocol::{Asset, MicroStx, UnixSeconds};
use leptos::prelude::*;

use super::effect::EffectPicture;
use crate::components::{AddressText, Disclosure, MomentText, ShortAmount};
use crate::format;

/// The intents' names of what is said something of: a purchase, whose price is good for a time, and a claim of what lies still.
pub(super) const PURCHASE: &str = "purchase-protection";
const CLAIM: &str = "claim-withdrawal";

/// A transaction.
#[component]
pub(super) fn Transaction(
    approval: ApprovalView,
    effect: Effect,
    earlier: Vec<String>,
    label: String,
) -> impl IntoView {
    let ApprovalView {
        purpose,
        account,
        network,
        chain_id,
        nonce,
        waits_for,
        fee,
        intent,
        sentences,
        lines,
        leaves,
        arrives,
        at_most,
        ..
    } = approval;
    let was_other = !earlier.is_empty() && earlier != sentences;
    let purpose = purpose_words(purpose, was_other);
    view! {
        <p class=network_class(network) data-testid="question-network" data-network=format::network(network).to_lowercase()>
            <strong>{format::network(network)}</strong>" "{format::network_money(network)}
        </p>
        {purpose.map(|words| view! { <p class="question-purpose" data-testid="question-purpose">{words}</p> })}
        {was_other.then(|| view! {
            <div class="question-earlier" data-testid="question-earlier">
                <p class="card-note">"The transaction whose place it takes says:"</p>
                <blockquote>{earlier.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}</blockquote>
                <p class="card-note">"This one says:"</p>
            </div>
        })}
        <div class="question-words" data-testid="question-sentences">
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
        </div>
        <EffectPicture effect=effect at_risk=intent != CLAIM />
        <dl class="facts question-facts">
            <dt>"At most leaves your account"</dt>
            <dd data-testid="question-leaves">{moved(leaves, "Nothing but the fee")}</dd>
            <dt>"At least arrives"</dt>
            <dd data-testid="question-arrives">{moved(arrives, "Nothing at once")}</dd>
            <dt>"Network fee"</dt>
            <dd><ShortAmount asset=Asset::Stx amount=fee.into() testid="question-fee" /></dd>
            <dt>"Account"</dt>
            <dd data-testid="question-account"><span>{label}</span><AddressText address=account /></dd>
        </dl>
        <p class="card-note" data-testid="question-at-most">{at_most}" The fee is taken even if the transaction fails."</p>
        {(!waits_for.is_empty()).then(|| {
            let nonces: Vec<String> = waits_for.iter().map(u64::to_string).collect();
            view! {
                <p class="question-purpose">
                    {format!(
                        "It waits for transactions that are not there: this account's number{} {}. Until something is done with each of them, it is not carried out.",
                        if nonces.len() == 1 { "" } else { "s" },
                        nonces.join(", ")
                    )}
                </p>
            }
        })}
        <Disclosure summary="What the bytes say" testid="question-lines">
            <dl class="facts facts-technical">
                {lines.into_iter().map(|line| view! { <dt>{line.label}</dt><dd>{line.text}</dd> }).collect_view()}
                <dt>"Nonce"</dt><dd>{nonce.to_string()}</dd>
                <dt>"Chain id"</dt><dd>{chain_id.to_string()}</dd>
            </dl>
        </Disclosure>
    }
}

/// What the keeper may do alone.
#[component]
pub(super) fn StandingOrder(
    account: String,
    a_call: MicroStx,
    a_day: MicroStx,
    until: UnixSeconds,
    sentences: Vec<String>,
    label: String,
) -> impl IntoView {
    view! {
        <div class="question-words" data-testid="question-sentences">
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
        </div>
        <dl class="facts question-facts">
            <dt>"At most for one call's fee"</dt>
            <dd><ShortAmount asset=Asset::Stx amount=a_call.into() testid="question-a-call" /></dd>
            <dt>"At most for fees in 24 hours"</dt>
            <dd><ShortAmount asset=Asset::Stx amount=a_day.into() testid="question-a-day" /></dd>
            <dt>"Until"</dt>
            <dd><MomentText at=until testid="question-until" here=true /></dd>
            <dt>"Account"</dt>
            <dd data-testid="question-account"><span>{label}</span><AddressText address=account /></dd>
        </dl>
        <p class="card-note">"Nothing but these fees can leave your account this way. You can end it at any time under Settings."</p>
    }
}

const fn network_class(network: Network) -> &'static str {
    match network {
        Network::Mainnet | Network::Other => "question-network is-real",
        Network::Devnet | Network::Testnet => "question-network",
    }
}

/// What it is to another transaction. "The same" is said only of what says the same of itself.
fn purpose_words(purpose: TransactionPurpose, was_other: bool) -> Option<String> {
    const ONE: &str = "Only one of the two is carried out.";
    match (purpose, was_other) {
        (TransactionPurpose::Call | TransactionPurpose::Recovered, _) => None,
        (TransactionPurpose::Replaces { earlier }, false) => {
            Some(format!("It takes the place of transaction {earlier}, to do the same. {ONE}"))
        }
        (TransactionPurpose::Replaces { earlier }, true) => {
            Some(format!("It takes the place of transaction {earlier}, with other terms. {ONE}"))
        }
        (TransactionPurpose::Cancels { earlier }, _) => {
            Some(format!("It takes the place of transaction {earlier}, so that nothing happens. {ONE}"))
        }
    }
}

fn moved(all: Vec<Moved>, none: &'static str) -> AnyView {
    if all.is_empty() {
        return view! { <span>{none}</span> }.into_any();
    }
    let one = |Moved { asset, amount }: Moved| {
        match asset {
        MovedAsset::Stx => view! { <ShortAmount asset=Asset::Stx amount=amount /> }.into_any(),
        MovedAsset::Sbtc => view! { <ShortAmount asset=Asset::Sbtc amount=amount /> }.into_any(),
        MovedAsset::OtherFungible { token } => view! {
            <span data-amount=amount.base_units().to_string()>
                {format!("{} of the smallest unit of {token}", format::grouped(amount.base_units()))}
            </span>
        }
        .into_any(),
        MovedAsset::NonFungible { token } => view! {
            <span data-amount=amount.base_units().to_string()>{format!("{} pieces of {token}", amount.base_units())}</span>
        }
        .into_any(),
    }
    };
    view! { <span class="moved">{all.into_iter().map(one).collect_view()}</span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_only_of_the_same() {
        let replaces = TransactionPurpose::Replaces { earlier: 5 };
        assert!(purpose_words(replaces, false).unwrap().contains("to do the same"));
        let other = purpose_words(replaces, true).unwrap();
        assert!(other.contains("transaction 5") && !other.contains("the same"), "{other}");
        for was_other in [true, false] {
            assert_eq!(purpose_words(TransactionPurpose::Call, was_other), None);
        }
    }
}
