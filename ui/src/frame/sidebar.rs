//! The navigation.

use bithedge_ipc::NetworkKind;
use leptos::prelude::*;

use crate::components::{Each, Icon, IconName, Logo};
use crate::route::{Route, Section};
use crate::state::SessionState;

/// The navigation; the devnet's page is there only while the devnet of this computer is in use.
#[component]
pub(super) fn Sidebar(route: ReadSignal<Route>) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let kind = session.network_kind();
    let is_practice = session.is_practice();
    let shown = move || {
        let on_devnet = kind.get() == Some(NetworkKind::Devnet);
        let all = Section::ALL.into_iter();
        all.filter(move |section| *section != Section::Devnet || on_devnet).collect::<Vec<_>>()
    };
    view! {
        <nav class="sidebar" aria-label="Main">
            <div class="brand">
                <Logo />
                <span class="brand-name">"BitHedge"</span>
            </div>
            <div class="nav">
                <Each each=shown key=|section| *section let:section>
                    <a
                        class="nav-link"
                        href=section.route().href()
                        data-testid=format!("nav-{}", section.slug())
                        aria-current=move || (route.get().section() == section).then_some("page")
                    >
                        <Icon name=icon(section) />
                        <span>{section.title()}</span>
                    </a>
                </Each>
            </div>
            <p class="sidebar-note" data-testid="money-note">
                {move || match (is_practice.get(), kind.get()) {
                    (true, _) => "Practice: play money on this computer",
                    (_, Some(NetworkKind::Devnet)) => "Devnet: play money on this computer",
                    (_, Some(NetworkKind::Testnet)) => "Testnet: play money",
                    (_, Some(NetworkKind::Mainnet)) => "Mainnet: real money",
                    (_, None) => "",
                }}
            </p>
        </nav>
    }
}

const fn icon(section: Section) -> IconName {
    match section {
        Section::Home => IconName::Home,
        Section::Protect => IconName::Protect,
        Section::Policies => IconName::Policies,
        Section::Earn => IconName::Earn,
        Section::Protocol => IconName::Protocol,
        Section::Activity => IconName::Activity,
        Section::Devnet => IconName::Devnet,
        Section::Settings => IconName::Settings,
    }
}
