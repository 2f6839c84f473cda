//! All networks: what each means, which is in use, choosing, checking, and keeping one's own.

use bithedge_ipc::{NetworkVerdict, NetworkView, Notice};
use leptos::prelude::*;

use super::form::NetworkForm;
use super::verdict::VerdictView;
use super::words::{meaning, money, obstacle, refusal};
use crate::api;
use crate::components::{
    AddressText, Button, ButtonKind, ConfirmButton, ErrorState, NoticeBanner, SkeletonCard,
};
use crate::state::SessionState;

/// The list as it was last read.
#[derive(Clone, Copy)]
struct Networks {
    list: RwSignal<Option<Vec<NetworkView>>>,
    problem: RwSignal<Option<Notice>>,
}

impl Networks {
    fn read(self) {
        leptos::task::spawn_local(async move {
            match api::networks().await {
                Ok(list) => {
                    let _ = self.problem.try_set(None);
                    let _ = self.list.try_set(Some(list));
                }
                Err(error) => {
                    let _ = self.problem.try_set(Some(error.notice()));
                }
            }
        });
    }
}

/// What is being typed: nothing, a new network, or another one in the place of this.
#[derive(Clone, PartialEq)]
enum Editing {
    Nothing,
    New,
    Present(String),
}

/// All networks.
#[component]
pub(crate) fn NetworkList() -> impl IntoView {
    let networks = Networks { list: RwSignal::new(None), problem: RwSignal::new(None) };
    // A question that is over may have kept a network, also one that was asked about before this page was opened.
    let question = expect_context::<SessionState>().question();
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody has read hears of nothing.
        question.get();
        networks.read();
    });
    let editing = RwSignal::new(Editing::Nothing);
    let ids = Memo::new(move |_| {
        networks.list.with(|list| {
            list.as_ref().map(|list| list.iter().map(|network| network.id.clone()).collect::<Vec<_>>())
        })
    });
    let saved = Callback::new(move |()| {
        editing.set(Editing::Nothing);
        networks.read();
    });
    let put_away = Callback::new(move |()| editing.set(Editing::Nothing));
    view! {
        <div class="networks" data-testid="networks">
            {move || match (ids.get(), networks.problem.get()) {
                (None, Some(notice)) => view! {
                    <ErrorState notice=notice on_retry=move |()| networks.read() />
                }
                .into_any(),
                (None, None) => view! { <SkeletonCard /> }.into_any(),
                (Some(ids), problem) => view! {
                    {problem.map(|notice| view! { <NoticeBanner notice=notice /> })}
                    {ids
                        .into_iter()
                        .map(|id| view! { <NetworkRow id=id networks=networks editing=editing saved=saved /> })
                        .collect_view()}
                }
                .into_any(),
            }}
            {move || match editing.get() {
                Editing::New => view! { <NetworkForm replaces=None saved=saved put_away=put_away /> }.into_any(),
                Editing::Nothing | Editing::Present(_) => view! {
                    <div class="actions">
                        <Button testid="add-network" on_press=move |()| editing.set(Editing::New)>"Enter a network of your own"</Button>
                    </div>
                }
                .into_any(),
            }}
        </div>
    }
}

/// A network of the list.
#[component]
fn NetworkRow(
    id: String,
    networks: Networks,
    editing: RwSignal<Editing>,
    saved: Callback<()>,
) -> impl IntoView {
    let name = id.clone();
    let network = Memo::new(move |_| {
        networks.list.with(|list| list.as_ref()?.iter().find(|network| network.id == name).cloned())
    });
    let session = expect_context::<SessionState>();
    let in_use = session.part(|view| view.network.network().map(|network| network.id.clone()));
    let is_ready = session.part(|view| view.network.is_ready());
    let own_id = id.clone();
    let is_used = Memo::new(move |_| in_use.get().flatten().is_some_and(|used| used == own_id));
    let own_id = id.clone();
    let is_edited = Memo::new(move |_| editing.with(|editing| *editing == Editing::Present(own_id.clone())));
    let put_away = Callback::new(move |()| editing.set(Editing::Nothing));
    view! {
        <section
            class="network"
            data-testid="network"
            data-network=id
            data-used=move || if is_used.get() { "true" } else { "false" }
        >
            {move || network.get().map(|network| {
                let kind = money(network.kind);
                if is_edited.get() {
                    return view! { <NetworkForm replaces=Some(network) saved=saved put_away=put_away /> }.into_any();
                }
                view! {
                    <div class="network-head">
                        <h3 class="network-name">{network.name.clone()}</h3>
                        <span class="money-mark" data-money=kind.code()>{kind.words()}</span>
                        {move || is_used.get().then(|| view! {
                            <span class="network-used">
                                {move || if is_ready.get().unwrap_or_default() { "In use" } else { "Chosen" }}
                            </span>
                        })}
                    </div>
                    <p class="network-text">{meaning(&network)}</p>
                    {(!network.endpoints.is_empty()).then(|| view! {
                        <p class="network-nodes">
                            {if network.endpoints.len() == 1 { "Node: " } else { "Nodes: " }}
                            <code>{network.endpoints.join(", ")}</code>
                        </p>
                    })}
                    {network.deployer.clone().filter(|_| network.is_own).map(|deployer| view! {
                        <p class="network-nodes">"Contracts of "<AddressText address=deployer /></p>
                    })}
                    <NetworkActions network=network networks=networks editing=editing is_used=is_used />
                }
                .into_any()
            })}
        </section>
    }
}

#[component]
fn NetworkActions(
    network: NetworkView,
    networks: Networks,
    editing: RwSignal<Editing>,
    is_used: Memo<bool>,
) -> impl IntoView {
    let choosing = RwSignal::new(false);
    let checking = RwSignal::new(false);
    let removing = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let verdicts = RwSignal::new(None::<Vec<NetworkVerdict>>);
    let is_own = network.is_own;
    let why_not = obstacle(&network);
    let name = network.name;
    let id = StoredValue::new(network.id);
    let refused = Memo::new(move |_| verdicts.with(|found| found.as_deref().and_then(refusal)));
    let choose = move |()| {
        choosing.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::choose_network(id.get_value()).await;
            let _ = choosing.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    let check = move |()| {
        checking.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::check_network(id.get_value()).await;
            let _ = checking.try_set(false);
            match answer {
                Ok(found) => {
                    let _ = verdicts.try_set(Some(found));
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    let remove = move |()| {
        removing.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::remove_network(id.get_value()).await;
            let _ = removing.try_set(false);
            match answer {
                Ok(()) => networks.read(),
                Err(error) => {
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    let testid = move |what: &str| format!("{what}-network-{}", id.get_value());
    view! {
        {why_not.map(|why| view! { <p class="network-obstacle" data-testid=testid("obstacle")>{why}</p> })}
        <div class="actions">
            {move || (!is_used.get() && why_not.is_none()).then(|| view! {
                <Button
                    kind=ButtonKind::Primary
                    testid=testid("use")
                    busy=choosing
                    blocked=refused
                    on_press=choose
                >
                    {format!("Use {name}")}
                </Button>
            })}
            <Button testid=testid("check") busy=checking on_press=check>
                {move || if checking.get() { "Checking…" } else { "Check it" }}
            </Button>
            {is_own.then(|| view! {
                <Button
                    kind=ButtonKind::Quiet
                    testid=testid("edit")
                    on_press=move |()| editing.set(Editing::Present(id.get_value()))
                >
                    "Change it"
                </Button>
                <ConfirmButton
                    kind=ButtonKind::Quiet
                    label="Forget it"
                    question="Forget this network? What is on its chain is not touched, and you can enter it again."
                    confirm="Forget it"
                    testid=testid("remove")
                    busy=removing
                    blocked=Signal::derive(move || is_used.get().then(|| "It is in use: choose another network first.".to_owned()))
                    on_confirm=remove
                />
            })}
        </div>
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="network-problem" /> })}
        <div class="network-found" role="status">
            {move || verdicts.get().map(|verdicts| {
                if verdicts.is_empty() {
                    return view! { <p class="network-text">"There is no node to ask yet: a devnet is checked when it is used."</p> }.into_any();
                }
                verdicts.into_iter().map(|verdict| view! { <VerdictView verdict=verdict /> }).collect_view().into_any()
            })}
        </div>
    }
}
