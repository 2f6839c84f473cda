//! Entering a network of one's own.

use bithedge_ipc::{NetworkInput, NetworkKind, NetworkView, Notice};
use leptos::prelude::*;

use super::words::money;
use crate::api;
use crate::components::{Button, ButtonKind, Choice, NoticeBanner, Segmented, TextInput};

/// So many nodes are taken.
const MOST_NODES: usize = 4;
/// So many characters a name has at most.
const LONGEST_NAME: u32 = 40;

/// What is wrong with what was typed, field by field; the core judges what is sent once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Problems {
    name: Option<String>,
    nodes: Option<String>,
    deployer: Option<String>,
    sbtc: Option<String>,
}

impl Problems {
    fn of(input: &NetworkInput) -> Self {
        Self {
            name: input.name.is_empty().then(|| "Give it a name.".to_owned()),
            nodes: nodes_problem(input),
            deployer: input.deployer.as_deref().and_then(|deployer| deployer_problem(input.kind, deployer)),
            sbtc: sbtc_problem(input),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn nodes_problem(input: &NetworkInput) -> Option<String> {
    if input.endpoints.is_empty() {
        return Some("Enter the address of a node.".to_owned());
    }
    if input.endpoints.len() > MOST_NODES {
        return Some(format!("At most {MOST_NODES} nodes are taken."));
    }
    for (index, node) in input.endpoints.iter().enumerate() {
        let Some((scheme, host)) = node.split_once("://") else {
            return Some(format!(
                "“{node}” has to begin with https://, or with http:// for a node on this computer."
            ));
        };
        let host = host.trim_end_matches('/');
        if !matches!(scheme, "http" | "https") {
            return Some(format!("“{node}” has to begin with https://."));
        }
        if host.is_empty() || host.contains(['/', '?', '#', '@']) {
            return Some(format!(
                "“{node}” may have a host and a port, and nothing else. Access keys would be kept unprotected."
            ));
        }
        let is_local = ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local));
        if scheme == "http" && !is_local {
            return Some(format!(
                "“{node}” has to begin with https://: on the way, anybody could change what the node answers."
            ));
        }
        if input.kind == NetworkKind::Devnet && !is_local {
            return Some("A devnet has to be on this computer, such as http://127.0.0.1:20443.".to_owned());
        }
        if input.endpoints.iter().take(index).any(|before| before == node) {
            return Some(format!("“{node}” is there twice."));
        }
    }
    None
}

fn deployer_problem(kind: NetworkKind, deployer: &str) -> Option<String> {
    let starts = match kind {
        NetworkKind::Mainnet => ["SP", "SM"],
        NetworkKind::Devnet | NetworkKind::Testnet => ["ST", "SN"],
    };
    if deployer.contains('.') {
        return Some("Enter the address alone, without a contract's name behind it.".to_owned());
    }
    let fits = starts.iter().any(|start| deployer.starts_with(start));
    (!fits).then(|| {
        format!(
            "An address of this kind of network begins with {} or {}, in capital letters.",
            starts[0], starts[1]
        )
    })
}

fn sbtc_problem(input: &NetworkInput) -> Option<String> {
    match (input.kind, input.deployer.is_some(), input.sbtc.as_deref()) {
        (NetworkKind::Testnet, true, None) => Some(
            "On a testnet the token has to be named: address and contract, with a point between.".to_owned(),
        ),
        (NetworkKind::Testnet, false, Some(_)) => {
            Some("The token is of use only together with the address above.".to_owned())
        }
        (NetworkKind::Testnet, true, Some(token)) if !token.contains('.') => {
            Some("Enter address and contract, with a point between.".to_owned())
        }
        _ => None,
    }
}

/// What was typed, as it is sent.
fn input_of(name: &str, kind: NetworkKind, nodes: &str, deployer: &str, sbtc: &str) -> NetworkInput {
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let separates = |character: char| character.is_whitespace() || matches!(character, ',' | ';');
    NetworkInput {
        name: name.trim().to_owned(),
        kind,
        endpoints: nodes.split(separates).filter(|node| !node.is_empty()).map(str::to_owned).collect(),
        deployer: filled(deployer),
        // The tokens of the others are known.
        sbtc: if kind == NetworkKind::Testnet { filled(sbtc) } else { None },
    }
}

/// The form.
#[component]
pub(super) fn NetworkForm(
    /// The network that it takes the place of; `None`: a new one.
    replaces: Option<NetworkView>,
    /// Told when it is kept.
    saved: Callback<()>,
    /// Told when nothing is to be kept.
    put_away: Callback<()>,
) -> impl IntoView {
    let present = replaces.as_ref();
    let is_new = present.is_none();
    let name = RwSignal::new(present.map(|network| network.name.clone()).unwrap_or_default());
    let kind = RwSignal::new(present.map_or(NetworkKind::Testnet, |network| network.kind));
    let nodes = RwSignal::new(present.map(|network| network.endpoints.join(" ")).unwrap_or_default());
    let deployer = RwSignal::new(present.and_then(|network| network.deployer.clone()).unwrap_or_default());
    let sbtc = RwSignal::new(
        present
            .filter(|network| network.kind == NetworkKind::Testnet)
            .and_then(|network| network.sbtc.clone())
            .unwrap_or_default(),
    );
    let id = StoredValue::new(replaces.map(|network| network.id));
    let tried = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let input =
        Memo::new(move |_| input_of(&name.get(), kind.get(), &nodes.get(), &deployer.get(), &sbtc.get()));
    let problems =
        Memo::new(move |_| if tried.get() { input.with(Problems::of) } else { Problems::default() });
    let save = move |()| {
        tried.set(true);
        let input = input.get_untracked();
        if !Problems::of(&input).is_empty() {
            return;
        }
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::save_network(id.get_value(), input).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(_) => saved.run(()),
                Err(error) => problem.set(Some(error.notice())),
            }
        });
    };
    let kinds = vec![
        Choice::new(NetworkKind::Testnet, "Testnet", "testnet"),
        Choice::new(NetworkKind::Mainnet, "Mainnet", "mainnet"),
        Choice::new(NetworkKind::Devnet, "Devnet", "devnet"),
    ];
    view! {
        <section class="network network-form" data-testid="network-form" aria-label=if is_new { "A new network" } else { "Change a network" }>
            <h3 class="network-name">{if is_new { "A network of your own" } else { "Change this network" }}</h3>
            <TextInput
                label="Name"
                value=name
                problem=Signal::derive(move || problems.with(|problems| problems.name.clone()))
                longest=LONGEST_NAME
                testid="network-name-input"
            />
            <Segmented
                label="Kind of chain"
                choices=Signal::stored(kinds)
                value=kind
                on_change=move |chosen| kind.set(chosen)
                testid="network-kind"
            />
            <p class="network-text">{move || money(kind.get()).words()}</p>
            <TextInput
                label="Nodes"
                value=nodes
                problem=Signal::derive(move || problems.with(|problems| problems.nodes.clone()))
                hint=Signal::stored("Addresses such as https://api.hiro.so, the preferred one first, with spaces between".to_owned())
                longest=1300
                testid="network-nodes"
            />
            <TextInput
                label="Who put BitHedge's contracts there"
                value=deployer
                problem=Signal::derive(move || problems.with(|problems| problems.deployer.clone()))
                hint=Signal::stored("An address. Without it the network can be kept, but not used".to_owned())
                longest=60
                testid="network-deployer"
            />
            {move || (kind.get() == NetworkKind::Testnet).then(|| view! {
                <TextInput
                    label="The token that stands for bitcoin (sBTC)"
                    value=sbtc
                    problem=Signal::derive(move || problems.with(|problems| problems.sbtc.clone()))
                    hint=Signal::stored("Address and contract, such as ST….sbtc-token".to_owned())
                    longest=200
                    testid="network-sbtc"
                />
            })}
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="network-form-problem" /> })}
            <div class="actions">
                <Button kind=ButtonKind::Primary busy=busy testid="save-network" on_press=save>"Keep it"</Button>
                <Button kind=ButtonKind::Quiet testid="leave-network" on_press=move |()| put_away.run(())>"Leave it"</Button>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYER: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";

    fn testnet(nodes: &str) -> NetworkInput {
        input_of(" Mine ", NetworkKind::Testnet, nodes, DEPLOYER, "ST1.sbtc-token")
    }

    #[test]
    fn what_is_complete_has_no_problems() {
        let input = testnet(" https://one.example  https://two.example:3999, http://127.0.0.1:20443/ ");
        assert_eq!(input.name, "Mine");
        assert_eq!(input.endpoints.len(), 3);
        assert_eq!(Problems::of(&input), Problems::default());
        let mainnet = input_of("Real", NetworkKind::Mainnet, "https://one.example", "SP1", "ST1.token");
        assert_eq!((mainnet.sbtc.clone(), Problems::of(&mainnet)), (None, Problems::default()));
        // It can be kept, and says that it cannot be used.
        let bare = input_of("Bare", NetworkKind::Testnet, "https://one.example", "", "");
        assert_eq!(Problems::of(&bare), Problems::default());
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        assert!(Problems::of(&input_of("", NetworkKind::Mainnet, "https://a.b", "", "")).name.is_some());
        for nodes in [
            "",
            "one.example",
            "ftp://one.example",
            "http://one.example",
            "https://key@one.example",
            "https://one.example/key",
            "https://one.example https://one.example",
            "https://a.b https://c.d https://e.f https://g.h https://i.j",
        ] {
            assert!(Problems::of(&testnet(nodes)).nodes.is_some(), "{nodes}");
        }
        let away = input_of("Dev", NetworkKind::Devnet, "https://one.example", "", "");
        assert!(Problems::of(&away).nodes.is_some());
        for deployer in ["SP1", "st1", "ST1.vault", "hello"] {
            let input = input_of("Mine", NetworkKind::Testnet, "https://a.b", deployer, "ST1.token");
            assert!(Problems::of(&input).deployer.is_some(), "{deployer}");
        }
        for (deployer, sbtc) in [(DEPLOYER, ""), (DEPLOYER, "ST1"), ("", "ST1.token")] {
            let input = input_of("Mine", NetworkKind::Testnet, "https://a.b", deployer, sbtc);
            assert!(Problems::of(&input).sbtc.is_some(), "{deployer} {sbtc}");
        }
    }
}
