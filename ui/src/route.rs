//! Which page is open, kept in the address's fragment so that going back works.

use bithedge_ipc::{BucketRef, Destination};
use bithedge_protocol::Asset;
use leptos::prelude::*;

/// A page with what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    /// The first page.
    Home,
    /// Buying protection.
    Protect,
    /// The list of policies.
    Policies,
    /// One policy, by its number.
    Policy(u64),
    /// The tiers side by side.
    Earn,
    /// One bucket.
    Bucket(BucketRef),
    /// The protocol's own figures.
    Protocol,
    /// What was signed here, or what happened on the chain.
    Activity(ActivityTab),
    /// The devnet on this computer.
    Devnet,
    /// What can be set.
    Settings(SettingsTab),
    /// The doors of the beginning, for whoever has a wallet already and wants another.
    Begin,
}

/// A part of the activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum ActivityTab {
    /// What was signed here.
    #[default]
    Signed,
    /// What happened to the account on the chain.
    Chain,
}

/// A part of the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum SettingsTab {
    /// How the window looks and what it tells.
    #[default]
    General,
    /// Accounts and watched addresses.
    Accounts,
    /// Keys: passphrase, words, locking.
    Wallet,
    /// Networks and their contracts.
    Networks,
    /// What may be signed alone.
    Keeper,
    /// Version, folder, diagnostics.
    About,
}

impl SettingsTab {
    /// All, in the order of the page.
    pub(crate) const ALL: [Self; 6] =
        [Self::General, Self::Accounts, Self::Wallet, Self::Networks, Self::Keeper, Self::About];

    /// Its name in the address; the first has none.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::General => "",
            Self::Accounts => "accounts",
            Self::Wallet => "wallet",
            Self::Networks => "networks",
            Self::Keeper => "keeper",
            Self::About => "about",
        }
    }

    /// What the user calls it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Accounts => "Accounts",
            Self::Wallet => "Wallet",
            Self::Networks => "Networks",
            Self::Keeper => "Keeper",
            Self::About => "About",
        }
    }
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Section {
    Home,
    Protect,
    Policies,
    Earn,
    Protocol,
    Activity,
    Devnet,
    Settings,
}

impl Section {
    /// Every entry, in the order of the navigation.
    pub(crate) const ALL: [Self; 8] = [
        Self::Home,
        Self::Protect,
        Self::Policies,
        Self::Earn,
        Self::Protocol,
        Self::Activity,
        Self::Devnet,
        Self::Settings,
    ];

    /// What the user calls it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Protect => "Protect",
            Self::Policies => "My policies",
            Self::Earn => "Earn",
            Self::Protocol => "Protocol",
            Self::Activity => "Activity",
            Self::Devnet => "Devnet",
            Self::Settings => "Settings",
        }
    }

    /// Its short name in addresses and test hooks.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Protect => "protect",
            Self::Policies => "policies",
            Self::Earn => "earn",
            Self::Protocol => "protocol",
            Self::Activity => "activity",
            Self::Devnet => "devnet",
            Self::Settings => "settings",
        }
    }

    /// Its first page.
    pub(crate) const fn route(self) -> Route {
        match self {
            Self::Home => Route::Home,
            Self::Protect => Route::Protect,
            Self::Policies => Route::Policies,
            Self::Earn => Route::Earn,
            Self::Protocol => Route::Protocol,
            Self::Activity => Route::Activity(ActivityTab::Signed),
            Self::Devnet => Route::Devnet,
            Self::Settings => Route::Settings(SettingsTab::General),
        }
    }
}

impl Route {
    /// The entry of the navigation that it belongs to.
    pub(crate) const fn section(self) -> Section {
        match self {
            Self::Home => Section::Home,
            Self::Protect => Section::Protect,
            Self::Policies | Self::Policy(_) => Section::Policies,
            Self::Earn | Self::Bucket(_) => Section::Earn,
            Self::Protocol => Section::Protocol,
            Self::Activity(_) => Section::Activity,
            Self::Devnet => Section::Devnet,
            Self::Settings(_) | Self::Begin => Section::Settings,
        }
    }

    /// The heading of the page.
    pub(crate) fn title(self) -> String {
        match self {
            Self::Policy(policy) => format!("Policy {policy}"),
            Self::Begin => "Another wallet".to_owned(),
            other => other.section().title().to_owned(),
        }
    }

    /// Its address: `#/policies/17`.
    pub(crate) fn href(self) -> String {
        let section = self.section().slug();
        match self {
            Self::Policy(policy) => format!("#/{section}/{policy}"),
            Self::Bucket(BucketRef { tier, asset }) => format!("#/{section}/{tier}-{}", asset_slug(asset)),
            Self::Activity(ActivityTab::Chain) => format!("#/{section}/chain"),
            Self::Settings(tab) if tab != SettingsTab::General => format!("#/{section}/{}", tab.slug()),
            Self::Begin => "#/begin".to_owned(),
            _ => format!("#/{section}"),
        }
    }

    /// The page that a fragment such as `#/policies/17` names; home for any other.
    pub(crate) fn from_fragment(fragment: &str) -> Self {
        let path = fragment.trim_start_matches(['#', '/']);
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        if path == "begin" {
            return Self::Begin;
        }
        let Some(section) = Section::ALL.into_iter().find(|section| section.slug() == first) else {
            return Self::Home;
        };
        match (section, rest) {
            (Section::Policies, Some(number)) => number.parse().map_or(Self::Policies, Self::Policy),
            (Section::Earn, Some(bucket)) => bucket_of(bucket).map_or(Self::Earn, Self::Bucket),
            (Section::Activity, Some("chain")) => Self::Activity(ActivityTab::Chain),
            (Section::Settings, Some(slug)) => {
                let tab = SettingsTab::ALL.into_iter().find(|tab| tab.slug() == slug);
                Self::Settings(tab.unwrap_or_default())
            }
            (section, None) => section.route(),
            _ => Self::Home,
        }
    }
}

impl From<Destination> for Route {
    fn from(destination: Destination) -> Self {
        match destination {
            Destination::Policy { policy } => Self::Policy(policy),
            Destination::Policies => Self::Policies,
            Destination::Bucket { bucket } => Self::Bucket(bucket),
            Destination::Capital => Self::Earn,
            // What was earned otherwise stands below what capital earned.
            Destination::Rewards => Self::Earn,
            Destination::Protocol => Self::Protocol,
            Destination::Activity => Self::Activity(ActivityTab::Signed),
            Destination::Connection => Self::Settings(SettingsTab::Networks),
            Destination::Keeper => Self::Settings(SettingsTab::Keeper),
        }
    }
}

/// A token in addresses and test hooks.
pub(crate) const fn asset_slug(asset: Asset) -> &'static str {
    match asset {
        Asset::Sbtc => "sbtc",
        Asset::Stx => "stx",
    }
}

fn bucket_of(text: &str) -> Option<BucketRef> {
    let (tier, asset) = text.split_once('-')?;
    let asset = Asset::ALL.into_iter().find(|one| asset_slug(*one) == asset)?;
    Some(BucketRef { tier: tier.parse().ok()?, asset })
}

/// The page that the address names now.
pub(crate) fn route_now() -> Route {
    Route::from_fragment(&window().location().hash().unwrap_or_default())
}

/// Opens a page, as a link to it would.
pub(crate) fn go(route: Route) {
    if let Err(error) = window().location().set_hash(&route.href()) {
        leptos::logging::error!("{} was not opened: {error:?}", route.href());
    }
}

/// The open page, following the address.
pub(crate) fn current_route() -> ReadSignal<Route> {
    let (route, set_route) = signal(route_now());
    let listener = window_event_listener_untyped("hashchange", move |_| set_route.set(route_now()));
    on_cleanup(move || listener.remove());
    route
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_by_its_own_address() {
        let bucket = BucketRef { tier: 2, asset: Asset::Sbtc };
        let mut routes: Vec<Route> = Section::ALL.map(Section::route).to_vec();
        routes.extend(SettingsTab::ALL.map(Route::Settings));
        routes.extend([
            Route::Policy(17),
            Route::Bucket(bucket),
            Route::Activity(ActivityTab::Chain),
            Route::Begin,
        ]);
        for route in routes {
            assert_eq!(Route::from_fragment(&route.href()), route, "{}", route.href());
        }
        assert_eq!(Route::Bucket(bucket).href(), "#/earn/2-sbtc");
    }

    #[test]
    fn an_unknown_address_leads_to_the_nearest_page() {
        for fragment in ["", "#", "#/", "#/nowhere", "#/home/../settings", "#/devnet/x"] {
            assert_eq!(Route::from_fragment(fragment), Route::Home, "{fragment}");
        }
        for fragment in ["#/policies/", "#/policies/x", "#/policies/-1", "#/policies/99999999999999999999999"]
        {
            assert_eq!(Route::from_fragment(fragment), Route::Policies, "{fragment}");
        }
        for fragment in ["#/earn/2", "#/earn/2-doge", "#/earn/300-stx"] {
            assert_eq!(Route::from_fragment(fragment), Route::Earn, "{fragment}");
        }
    }
}
