//! Entering a network of one's own.

use bithedge_ipc::{NetworkInput, NetworkKind, NetworkView, Notice, SavedNetwork};
use leptos::prelude::*;

use super::words::money;
use crate::api::{self, Answer};
use crate::components::{Banner, Button, ButtonKind, Choice, NoticeBanner, Segmented, TextInput, Tone};
use crate::state::{AskedHere, SessionState};

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

/// What became of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Saving {
    /// It is being typed.
    Typing,
    /// The core is at it.
    Busy,
    /// It is asked whether it may be used.
    Asking {
        /// The question's number.
        question: u64,
        /// As it would be in the list.
        network: Box<NetworkView>,
        /// Whether the question has been seen open: before, its absence means nothing.
        seen: bool,
    },
    /// The question is over, and the list does not have it.
    Refused,
}

impl Saving {
    /// After the session told which question is open.
    const fn after(&self, open: Option<u64>) -> Told {
        match (self, open) {
            (Self::Asking { question, seen: false, .. }, Some(open)) if open == *question => Told::Open,
            (Self::Asking { question, .. }, Some(open)) if open == *question => Told::Nothing,
            (Self::Asking { seen: true, .. }, _) => Told::Over,
            _ => Told::Nothing,
        }
    }
}

/// What became of a network whose question is over, by the list of all: what comes next, whether it is kept, and what went wrong. Without
/// the list nobody knows, and it is not called refused.
fn outcome(list: Answer<Vec<NetworkView>>, network: &NetworkView) -> (Saving, bool, Option<Notice>) {
    match list {
        Ok(list) if list.contains(network) => (Saving::Typing, true, None),
        Ok(_) => (Saving::Refused, false, None),
        Err(error) => (Saving::Typing, false, Some(error.notice())),
    }
}

/// What the open question means for what is being saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// It is asked just now.
    Open,
    /// It was answered, or put away.
    Over,
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
    let saving = RwSignal::new(Saving::Typing);
    let busy =
        Signal::derive(move || saving.with(|saving| matches!(saving, Saving::Busy | Saving::Asking { .. })));
    // The form says itself that its question waits.
    if let Some(asked_here) = use_context::<AskedHere>() {
        asked_here.count(busy);
    }
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
        saving.set(Saving::Busy);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::save_network(id.get_value(), input).await;
            let (now, is_kept, wrong) = match answer {
                Ok(SavedNetwork::Asked { question, network }) => {
                    (Saving::Asking { question, network, seen: false }, false, None)
                }
                Ok(SavedNetwork::Kept(_)) => (Saving::Typing, true, None),
                Err(error) => (Saving::Typing, false, Some(error.notice())),
            };
            if saving.try_set(now).is_some() {
                return;
            }
            problem.set(wrong);
            if is_kept {
                saved.run(());
            }
        });
    };
    let open = expect_context::<SessionState>().question();
    Effect::new(move |_| match saving.with(|saving| saving.after(open.get())) {
        Told::Nothing => {}
        Told::Open => saving.update(|saving| {
            if let Saving::Asking { seen, .. } = saving {
                *seen = true;
            }
        }),
        Told::Over => {
            let Saving::Asking { network, .. } = saving.get_untracked() else { return };
            saving.set(Saving::Busy);
            leptos::task::spawn_local(async move {
                let (now, is_kept, wrong) = outcome(api::networks().await, &network);
                if saving.try_set(now).is_some() {
                    return;
                }
                problem.set(wrong);
                if is_kept {
                    saved.run(());
                }
            });
        }
    });
    let show = move |()| {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::show_question().await {
                let _ = problem.try_set(Some(error.notice()));
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
            <div role="status" data-testid="network-asked">
                {move || match saving.get() {
                    Saving::Typing | Saving::Busy => ().into_any(),
                    Saving::Asking { .. } => view! {
                        <Banner tone=Tone::Info title="Waiting for your answer in the other window">
                            <p>"Nothing is asked of this network's nodes, and it is not kept, before you say yes there."</p>
                            <div class="actions"><Button testid="show-question" on_press=show>"Show it"</Button></div>
                        </Banner>
                    }
                    .into_any(),
                    Saving::Refused => view! {
                        <Banner tone=Tone::Info title="It was not kept">
                            <p>"You said no, or closed the window. What you typed is still here."</p>
                        </Banner>
                    }
                    .into_any(),
                }}
            </div>
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

    fn own() -> NetworkView {
        NetworkView {
            id: "own-1".to_owned(),
            name: "Mine".to_owned(),
            kind: NetworkKind::Testnet,
            endpoints: Vec::new(),
            is_own: true,
            deployer: None,
            sbtc: None,
        }
    }

    #[test]
    fn what_could_not_be_looked_up_was_not_refused() {
        let network = own();
        let failed = Err(api::ApiError::Bridge("gone".to_owned()));
        let (now, is_kept, wrong) = outcome(failed, &network);
        assert_eq!((now, is_kept), (Saving::Typing, false));
        assert!(wrong.is_some());
        assert_eq!(outcome(Ok(Vec::new()), &network), (Saving::Refused, false, None));
        assert_eq!(outcome(Ok(vec![network.clone()]), &network), (Saving::Typing, true, None));
    }

    #[test]
    fn what_is_asked_about_waits_for_its_question_to_be_seen_and_over() {
        let network = own();
        let asking = |seen| Saving::Asking { question: 7, network: Box::new(network.clone()), seen };
        let unseen = asking(false);
        // The session may tell of it later than the answer came.
        assert_eq!((unseen.after(None), unseen.after(Some(6))), (Told::Nothing, Told::Nothing));
        assert_eq!(unseen.after(Some(7)), Told::Open);
        let seen = asking(true);
        assert_eq!(seen.after(Some(7)), Told::Nothing);
        assert_eq!((seen.after(None), seen.after(Some(8))), (Told::Over, Told::Over));
        assert_eq!(Saving::Typing.after(None), Told::Nothing);
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
