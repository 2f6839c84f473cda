//! Settings: how the window looks, and what it is connected to.

use bithedge_ipc::Theme;
use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

use crate::components::CopyButton;
use crate::format;
use crate::state::{ChainState, PreferencesState};

/// The settings page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    view! {
        <Appearance />
        <NodeCard />
    }
}

#[component]
fn Appearance() -> impl IntoView {
    let preferences = expect_context::<PreferencesState>();
    let choices = [
        (Theme::System, "system", "System", "Follows your desktop"),
        (Theme::Light, "light", "Light", "Dark text on light"),
        (Theme::Dark, "dark", "Dark", "Light text on dark"),
    ];
    view! {
        <section class="card" aria-labelledby="appearance-heading">
            <div class="card-header">
                <h2 class="card-title" id="appearance-heading">"Appearance"</h2>
                <p class="card-note">"Applies at once"</p>
            </div>
            <div class="choices" role="radiogroup" aria-labelledby="appearance-heading">
            {choices
                .into_iter()
                .map(|(theme, value, title, description)| view! {
                    <label class="choice">
                        <input
                            type="radio"
                            name="theme"
                            value=value
                            data-testid=format!("theme-{value}")
                            prop:checked=move || preferences.theme() == theme
                            on:change=move |_| preferences.choose(theme)
                        />
                        <span class=format!("choice-sample choice-sample-{value}") aria-hidden="true"></span>
                        <span class="choice-title">{title}</span>
                        <span class="choice-description">{description}</span>
                    </label>
                })
                .collect_view()}
            </div>
        </section>
    }
}

#[component]
fn NodeCard() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let now = expect_context::<ReadSignal<UnixSeconds>>();
    let is_behind = chain.is_behind();
    let read_at = chain.status(|status| status.read_at);
    let endpoint = chain.status(|status| status.endpoint.clone());
    let network = chain.status(|status| status.network);
    let chain_id = chain.status(|status| status.chain_id);
    let hash = chain.status(|status| status.tip.as_ref().map(|tip| tip.hash.clone()));
    view! {
        <section class="card" class:is-stale=move || is_behind.get() aria-labelledby="node-heading">
            <div class="card-header">
                <h2 class="card-title" id="node-heading">"Node"</h2>
                <p class="card-note">
                    {move || match (is_behind.get(), read_at.get()) {
                        (true, Some(read_at)) => format!("Last read {}", format::ago(now.get(), read_at)),
                        _ => "Where everything shown comes from".to_owned(),
                    }}
                </p>
            </div>
            <dl class="facts">
                <dt>"Address"</dt>
                <dd data-testid="endpoint">{move || copyable(endpoint.get(), "the address of the node")}</dd>
                <dt>"Network"</dt>
                <dd>{move || network.get().map_or("Not known yet", format::network)}</dd>
                <dt>"Chain id"</dt>
                <dd>
                    {move || chain_id.get().map_or_else(|| "Not known yet".to_owned(), |chain_id| chain_id.to_string())}
                </dd>
                <dt>"Newest block"</dt>
                <dd>{move || copyable(hash.get(), "the hash of the newest block")}</dd>
            </dl>
            <p class="card-footer">
                "To use another node, set "<code>"BITHEDGE_NODE_URL"</code>
                " to its address before you start BitHedge. Without it, BitHedge starts a devnet of its own."
            </p>
        </section>
    }
}

fn copyable(text: Option<String>, what: &'static str) -> AnyView {
    match text {
        None => "Not known yet".into_any(),
        Some(text) => view! {
            <span class="facts-code" title=text.clone()>{text.clone()}</span>
            <CopyButton text=text what=what.to_owned() />
        }
        .into_any(),
    }
}
