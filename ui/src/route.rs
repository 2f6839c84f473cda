//! Which page is open, kept in the address's fragment so that going back works.

use leptos::prelude::*;

/// The pages of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Home,
    Settings,
}

impl Page {
    /// Every page, in the order of the navigation.
    pub(crate) const ALL: [Self; 2] = [Self::Home, Self::Settings];

    /// What the user calls it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Settings => "Settings",
        }
    }

    /// Its short name in addresses and test hooks.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Settings => "settings",
        }
    }

    /// The page that a fragment such as `#/settings` names; home for any other.
    pub(crate) fn from_fragment(fragment: &str) -> Self {
        let slug = fragment.trim_start_matches(['#', '/']);
        Self::ALL.into_iter().find(|page| page.slug() == slug).unwrap_or(Self::Home)
    }
}

/// The open page, following the address.
pub(crate) fn current_page() -> ReadSignal<Page> {
    let read = || Page::from_fragment(&window().location().hash().unwrap_or_default());
    let (page, set_page) = signal(read());
    let listener = window_event_listener_untyped("hashchange", move |_| set_page.set(read()));
    on_cleanup(move || listener.remove());
    page
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn every_page_is_found_by_its_own_address() {
        for page in Page::ALL {
            assert_eq!(Page::from_fragment(&format!("#/{}", page.slug())), page);
        }
    }

    #[test]
    fn an_unknown_address_leads_home() {
        for fragment in ["", "#", "#/", "#/nowhere", "#/home/../settings"] {
            assert_eq!(Page::from_fragment(fragment), Page::Home, "{fragment}");
        }
    }
}
