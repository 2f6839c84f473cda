//! Whether the contracts on the chain are those that this application was made with.

use bithedge_ipc::{NetworkVerdict, Notice};
use leptos::prelude::*;

use crate::api;
use crate::components::{Button, Card, NoticeBanner};
use crate::pages::networks::VerdictView;
use crate::state::SessionState;

/// Compares them, when asked to.
#[component]
pub(super) fn ContractsCard() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let network = session.part(|view| view.network.network().map(|network| network.id.clone()));
    let network = Memo::new(move |_| network.get().flatten());
    let busy = RwSignal::new(false);
    let verdicts: RwSignal<Vec<NetworkVerdict>> = RwSignal::new(Vec::new());
    let problem: RwSignal<Option<Notice>> = RwSignal::new(None);
    // What was found on another network says nothing about this one.
    Effect::new(move |before: Option<Option<String>>| {
        let now = network.get();
        if before.is_some_and(|before| before != now) {
            verdicts.set(Vec::new());
            problem.set(None);
        }
        now
    });
    let check = move |()| {
        let Some(id) = network.get_untracked() else { return };
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::check_network(id.clone()).await;
            let _ = busy.try_set(false);
            if network.try_get_untracked().flatten() != Some(id) {
                return;
            }
            match answer {
                Ok(found) => {
                    let _ = verdicts.try_set(found);
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    view! {
        <Card title="Contracts" note=|| "Compared with their source" testid="protocol-contracts">
            <p class="protocol-explained">
                "Before a network is used, every contract on it is compared with the source that this application was made with. Compare them \
                 again whenever you like."
            </p>
            <Button
                busy=busy
                blocked=Signal::derive(move || network.with(Option::is_none).then(|| "No network is in use.".to_owned()))
                testid="protocol-check"
                on_press=check
            >
                "Compare now"
            </Button>
            <div role="status">
                {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="protocol-check-problem" /> })}
                {move || verdicts.get().into_iter().map(|verdict| view! { <VerdictView verdict=verdict /> }).collect_view()}
            </div>
        </Card>
    }
}
