//! Version, where everything is kept, and what helps to find a defect.

use bithedge_ipc::{Notice, SavedFile};
use leptos::prelude::*;

use crate::api;
use crate::components::{Banner, Button, Card, CopyButton, Disclosure, NoticeBanner, Skeleton, Tone};

/// Version, folder, diagnostics.
#[component]
pub(super) fn About() -> impl IntoView {
    view! {
        <Version />
        <Folder />
        <Diagnostics />
    }
}

#[component]
fn Version() -> impl IntoView {
    view! {
        <Card title="BitHedge" testid="about">
            <dl class="facts">
                <dt>"Version"</dt>
                <dd data-testid="version">{env!("CARGO_PKG_VERSION")}</dd>
                <dt>"Licence"</dt>
                <dd>"MIT or Apache-2.0, as you like"</dd>
                <dt>"Comes with"</dt>
                <dd>"Libraries under licences that allow it: MIT, Apache-2.0, BSD, ISC, Zlib, Unicode, MPL-2.0"</dd>
            </dl>
            <Disclosure summary="What you should know">
                <p class="settings-text">
                    "BitHedge comes without any warranty. It shows and signs what is in public contracts; nobody behind it holds your keys or your money, and \
                     nobody can bring back what was signed. Nothing that it says is advice."
                </p>
                <p class="settings-text">
                    "The practice network runs the Clarity VM of “@stacks/clarinet-sdk” (GPL-3.0) as a program of its own beside BitHedge."
                </p>
            </Disclosure>
        </Card>
    }
}

#[component]
fn Folder() -> impl IntoView {
    let folder = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<Notice>);
    leptos::task::spawn_local(async move {
        match api::data_folder().await {
            Ok(path) => {
                let _ = folder.try_set(Some(path));
            }
            Err(error) => {
                let _ = problem.try_set(Some(error.notice()));
            }
        }
    });
    view! {
        <Card title="Where everything is kept" testid="data-folder-card">
            <p class="folder-line" data-testid="data-folder">
                {move || match folder.get() {
                    None => view! { <Skeleton width="long" /> }.into_any(),
                    Some(path) => view! {
                        <code class="folder-path">{path.clone()}</code>
                        <CopyButton text=path what="the path of the folder".to_owned() />
                    }
                    .into_any(),
                }}
            </p>
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="data-folder-problem" /> })}
            <p class="settings-text">
                "The key file, the list of accounts, what was signed, and what was read from the chain. Without the folder your money is still there: the \
                 words of your wallet open it anywhere, and the rest is read from the chain again."
            </p>
        </Card>
    }
}

/// How saving went.
#[derive(Clone)]
enum Saving {
    Not,
    Saved(SavedFile),
    Failed(Notice),
}

#[component]
fn Diagnostics() -> impl IntoView {
    let busy = RwSignal::new(false);
    let saving = RwSignal::new(Saving::Not);
    let save = move |()| {
        busy.set(true);
        saving.set(Saving::Not);
        leptos::task::spawn_local(async move {
            let answer = api::save_diagnostics().await;
            let _ = busy.try_set(false);
            let outcome = match answer {
                Ok(Some(file)) => Saving::Saved(file),
                Ok(None) => Saving::Not,
                Err(error) => Saving::Failed(error.notice()),
            };
            let _ = saving.try_set(outcome);
        });
    };
    view! {
        <Card title="Diagnostics" testid="diagnostics-card">
            <p class="settings-text">
                "If something does not work as it should, a folder with these things helps whoever looks for the reason. It is written where you say and sent to \
                 nobody; look through it before you give it to somebody."
            </p>
            <ul class="settings-list">
                <li>
                    "In it: version and system, your settings, the network in use and what was found when it was checked, how far the books are,                      which kinds of transactions are under way, and the ends of the logs."
                </li>
                <li>"Left out: words, passphrases, keys and the key file."</li>
                <li>"Left out as well: addresses and names of your accounts, transactions, amounts, and your own networks. Something else stands in their place."</li>
            </ul>
            <div class="actions">
                <Button busy=busy testid="save-diagnostics" on_press=save>"Save diagnostics"</Button>
            </div>
            <div role="status">
                {move || match saving.get() {
                    Saving::Not => ().into_any(),
                    Saving::Saved(SavedFile { path, about }) => view! {
                        <Banner tone=Tone::Good title="The folder was written" testid="diagnostics-saved">
                            <p><code>{path.clone()}</code>" "<CopyButton text=path what="the path of the folder".to_owned() /></p>
                            <p>{about}</p>
                        </Banner>
                    }
                    .into_any(),
                    Saving::Failed(notice) => view! { <NoticeBanner notice=notice testid="diagnostics-problem" /> }.into_any(),
                }}
            </div>
        </Card>
    }
}
