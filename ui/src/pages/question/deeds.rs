//! Where what is asked takes place, and the questions that sign nothing: a network, and what a transaction did without approval.

use bithedge_ipc::{AlarmView, AskedNetwork, Network, NetworkKind, NetworkView, Words};
use leptos::prelude::*;

use crate::components::{AddressText, Banner, CopyButton, MomentText, Tone};
use crate::format;

/// The network, its node and whose contracts they are, in sight of whatever is asked: everybody can publish the contracts.
#[component]
pub(super) fn PlaceLine(place: AskedNetwork) -> impl IntoView {
    let AskedNetwork { name, node, deployer, .. } = place;
    view! {
        <p class="question-place" data-testid="question-place">
            <span>"On "<strong data-testid="question-network-name">{name}</strong></span>
            <span>"Node "<code data-testid="question-node">{node}</code></span>
            <span data-testid="question-deployer">
                {match deployer {
                    Some(deployer) => view! { "Contracts of "<AddressText address=deployer /> }.into_any(),
                    None => "Nobody's contracts are known there".into_any(),
                }}
            </span>
        </p>
    }
}

/// A network of the person's own.
#[component]
pub(super) fn NetworkQuestion(
    network: NetworkView,
    before: Option<NetworkView>,
    sentences: Vec<String>,
) -> impl IntoView {
    let NetworkView { name, endpoints, deployer, sbtc, .. } = network;
    let was = |differs: bool, was: String| {
        differs.then(
            || view! { <span class="aside" data-testid="question-was">{format!("until now {was}")}</span> },
        )
    };
    let name_was = before.as_ref().and_then(|before| was(before.name != name, before.name.clone()));
    let nodes_were =
        before.as_ref().and_then(|before| was(before.endpoints != endpoints, before.endpoints.join(", ")));
    let of_nobody = || "nobody's".to_owned();
    let deployer_was = before.as_ref().and_then(|before| {
        was(before.deployer != deployer, before.deployer.clone().unwrap_or_else(of_nobody))
    });
    let sbtc_was = before.and_then(|before| was(before.sbtc != sbtc, before.sbtc.unwrap_or_else(of_nobody)));
    view! {
        <div class="question-words" data-testid="question-sentences">
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
        </div>
        <dl class="facts question-facts">
            <dt>"Name"</dt>
            <dd data-testid="question-network-name">{name}{name_was}</dd>
            <dt>{if endpoints.len() == 1 { "Node" } else { "Nodes, the first one preferred" }}</dt>
            <dd data-testid="question-node">
                {endpoints.into_iter().map(|node| view! { <code class="question-whole">{node}</code> }).collect_view()}
                {nodes_were}
            </dd>
            <dt>"Contracts published by"</dt>
            <dd data-testid="question-deployer">
                {match deployer {
                    Some(deployer) => view! {
                        <code class="question-whole">{deployer.clone()}</code>
                        <CopyButton text=deployer what="the address".to_owned() />
                    }
                    .into_any(),
                    None => "Nobody is named".into_any(),
                }}
                {deployer_was}
            </dd>
            {sbtc.map(|sbtc| view! {
                <dt>"Token that stands for bitcoin"</dt>
                <dd data-testid="question-sbtc"><code class="question-whole">{sbtc}</code>{sbtc_was}</dd>
            })}
        </dl>
    }
}

/// What a transaction did without approval.
#[component]
pub(super) fn Acknowledgement(
    transaction: u64,
    txid: String,
    account: String,
    label: String,
    approved: Vec<String>,
    alarms: Vec<AlarmView>,
    sentences: Vec<String>,
) -> impl IntoView {
    view! {
        <div class="question-words" data-testid="question-sentences">
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
        </div>
        {alarms.into_iter().map(|alarm| {
            let AlarmView { words: Words { happened, means, remedy }, digest, seen_at, is_still_told, .. } = alarm;
            view! {
                <Banner tone=Tone::Danger title=happened testid="question-alarm">
                    <p>{means}</p>
                    <p class="banner-remedy">{remedy}</p>
                    <p class="card-note">
                        "First seen "<MomentText at=seen_at />
                        {(!is_still_told).then_some(". The node does not say so any more.")}
                    </p>
                    <p class="card-note">"Its digest: "<code class="question-whole">{digest}</code></p>
                </Banner>
            }
        }).collect_view()}
        <dl class="facts question-facts">
            <dt>"What you had approved"</dt>
            <dd data-testid="question-approved">
                {approved.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            </dd>
            <dt>"Transaction"</dt>
            <dd>{transaction.to_string()}<code class="question-whole">{txid}</code></dd>
            <dt>"Account"</dt>
            <dd data-testid="question-account"><span>{label}</span><AddressText address=account /></dd>
        </dl>
    }
}

/// What kind of chain it is, for a question that has no transaction to say it.
#[component]
pub(super) fn KindLine(kind: NetworkKind) -> impl IntoView {
    let (class, network) = match kind {
        NetworkKind::Mainnet => ("question-network is-real", Network::Mainnet),
        NetworkKind::Testnet => ("question-network", Network::Testnet),
        NetworkKind::Devnet => ("question-network", Network::Devnet),
    };
    view! {
        <p class=class data-testid="question-network" data-network=format::network(network).to_lowercase()>
            <strong>{format::network(network)}</strong>" "{format::network_money(network)}
        </p>
    }
}
