//! Watching an address.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use crate::api;
use crate::components::{Button, NoticeBanner, TextInput};

/// What is wrong with something that should be an address, in a sentence; `None` if it may be one. The core has the last word.
fn address_problem(typed: &str) -> Option<&'static str> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some("Enter an address.");
    }
    if typed.contains('.') {
        return Some("This names a contract. Enter the address of an account: the part before the point.");
    }
    if typed.starts_with("bc1") || typed.starts_with("tb1") || typed.starts_with("0x") {
        return Some("This is an address of another chain. A Stacks address begins with SP, SM, ST or SN.");
    }
    let is_stacks = typed
        .get(..2)
        .is_some_and(|start| matches!(start.to_ascii_uppercase().as_str(), "SP" | "SM" | "ST" | "SN"));
    if !is_stacks {
        return Some("A Stacks address begins with SP, SM, ST or SN.");
    }
    if typed.len() < 30 {
        return Some("The address is not complete: it has about 40 characters.");
    }
    None
}

/// Two fields and a button.
#[component]
pub(crate) fn WatchForm(
    /// Told when an address is watched.
    added: Callback<()>,
) -> impl IntoView {
    let address = RwSignal::new(String::new());
    let label = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let wrong = Memo::new(move |_| {
        tried.get().then(|| address.with(|address| address_problem(address).map(str::to_owned))).flatten()
    });
    let watch = move |()| {
        tried.set(true);
        if wrong.get_untracked().is_some()
            || address.with_untracked(|address| address_problem(address).is_some())
        {
            return;
        }
        busy.set(true);
        problem.set(None);
        let typed = address.with_untracked(|address| address.trim().to_owned());
        let name = label.with_untracked(|label| label.trim().to_owned());
        let name = if name.is_empty() { "Watched".to_owned() } else { name };
        leptos::task::spawn_local(async move {
            let answer = api::watch_address(typed, name).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    tried.set(false);
                    address.set(String::new());
                    label.set(String::new());
                    added.run(());
                }
                Err(error) => problem.set(Some(error.notice())),
            }
        });
    };
    view! {
        <div class="watch-form">
            <TextInput label="Address" value=address problem=wrong longest=60 testid="watch-address" />
            <TextInput
                label="Name (only you see it)"
                value=label
                longest=40
                hint=Signal::stored("For example: my savings".to_owned())
                testid="watch-label"
            />
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="watch-problem" /> })}
            <div class="actions">
                <Button busy=busy testid="watch" on_press=watch>"Watch it"</Button>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::address_problem;

    #[test]
    fn an_address_of_the_chain_is_let_through() {
        for typed in
            ["ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5", "  sp2j6zy48gv1ez5v2v5rb9mp66sw86pykknrv9ej7 "]
        {
            assert_eq!(address_problem(typed), None, "{typed}");
        }
    }

    #[test]
    fn anything_else_is_said_to_be_what_it_is() {
        for (typed, part) in [
            ("", "Enter"),
            ("ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5.vault", "contract"),
            ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "another chain"),
            ("0x52908400098527886E0F7030069857D2E4169EE7", "another chain"),
            ("ST1SJ3", "complete"),
            ("hello", "begins with"),
            ("é", "begins with"),
        ] {
            let said = address_problem(typed).unwrap_or_default();
            assert!(said.contains(part), "{typed}: {said}");
        }
    }
}
