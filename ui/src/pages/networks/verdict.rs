//! What was found out about a node: whether it is used, why not, and the contracts there, one by one.

use bithedge_ipc::{ContractCheck, ContractCheckView, NetworkVerdict, NodeView};
use leptos::prelude::*;

use super::words::{contract_code, contract_words, contracts_in_short};
use crate::components::{Disclosure, NoticeBanner, Tone};
use crate::format;

/// What one node is good for.
#[component]
pub(crate) fn VerdictView(
    /// What was found.
    verdict: NetworkVerdict,
) -> impl IntoView {
    let NetworkVerdict {
        endpoint,
        checked_at,
        is_usable,
        may_pass,
        has_api,
        identity,
        node,
        contracts,
        problems,
        limits,
        ..
    } = verdict;
    let state = if is_usable { "usable" } else { "unusable" };
    let summary = contracts_in_short(&contracts);
    view! {
        <div class="verdict" data-testid="verdict" data-state=state>
            <p class="verdict-head">
                <span class="verdict-state" data-state=state>{if is_usable { "Can be used" } else { "Cannot be used" }}</span>
                <code class="verdict-endpoint">{endpoint}</code>
                <span class="verdict-time">{format!("asked {}", format::moment(checked_at))}</span>
            </p>
            {problems
                .into_iter()
                .map(|notice| view! { <NoticeBanner notice=notice testid="verdict-problem" /> })
                .collect_view()}
            {limits
                .into_iter()
                .map(|notice| view! { <NoticeBanner notice=notice tone=Tone::Warning testid="verdict-limit" /> })
                .collect_view()}
            {(!is_usable && may_pass).then(|| view! {
                <p class="verdict-note">"This may pass by itself: asking again later can help."</p>
            })}
            <dl class="facts">
                {node.map(node_facts)}
                {identity.map(|identity| view! {
                    <dt>"Chain"</dt>
                    <dd>
                        {identity.chain_id.to_string()}
                        {identity.first_block.map(|first| view! { <span class="facts-code" title=first.clone()>{format!("begun with {first}")}</span> })}
                    </dd>
                })}
                <dt>"History"</dt>
                <dd>{if has_api { "There is a Stacks API, so it can be read" } else { "There is no Stacks API, so there is none" }}</dd>
                <dt>"Contracts"</dt>
                <dd data-testid="contracts-summary">{summary}</dd>
            </dl>
            {(!contracts.is_empty()).then(|| view! {
                <Disclosure summary="Contract by contract" testid="contracts">
                    <ContractTable contracts=contracts />
                </Disclosure>
            })}
        </div>
    }
}

fn node_facts(node: NodeView) -> impl IntoView {
    let synced = match node.is_synced {
        Some(true) => "has caught up",
        Some(false) => "has not caught up yet",
        None => "does not say whether it has caught up",
    };
    view! {
        <dt>"Node"</dt>
        <dd>{node.version}</dd>
        <dt>"Newest block"</dt>
        <dd>{format!("{}, of Bitcoin {}; the node {synced}", node.height, node.burn_height)}</dd>
    }
}

#[component]
fn ContractTable(
    /// Each contract and what is in its place.
    contracts: Vec<ContractCheckView>,
) -> impl IntoView {
    view! {
        <table class="contract-table">
            <thead>
                <tr>
                    <th scope="col">"Contract"</th>
                    <th scope="col">"What is on the chain"</th>
                </tr>
            </thead>
            <tbody>
                {contracts
                    .into_iter()
                    .map(|ContractCheckView { name, check }| {
                        let (code, words, contract) = (contract_code(&check), contract_words(&check), name.clone());
                        view! {
                            <tr data-testid="contract" data-contract=contract data-state=code>
                                <th scope="row"><code>{name}</code></th>
                                <td>{words} {difference(check)}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}

/// The first line that differs, as it should be and as it is.
fn difference(check: ContractCheck) -> Option<impl IntoView> {
    let ContractCheck::OtherSource { line, bundled, found, bundled_lines, found_lines } = check else {
        return None;
    };
    let shown = |text: Option<String>| {
        text.map_or_else(
            || "(the source ends before this line)".to_owned(),
            |text| {
                if text.trim().is_empty() { "(an empty line)".to_owned() } else { text }
            },
        )
    };
    Some(view! {
        <dl class="difference">
            <dt>{format!("Line {line} should be")}</dt>
            <dd><code>{shown(bundled)}</code></dd>
            <dt>"It is"</dt>
            <dd><code>{shown(found)}</code></dd>
            <dt>"Lines in all"</dt>
            <dd>{format!("{bundled_lines} expected, {found_lines} found")}</dd>
        </dl>
    })
}
