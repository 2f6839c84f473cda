//! The user's choices, and the theme that follows from them.

use bithedge_ipc::{Preferences, Theme};
use leptos::prelude::*;

use crate::api;

/// The preferences in force.
#[derive(Clone, Copy)]
pub(crate) struct PreferencesState {
    theme: RwSignal<Theme>,
    problem: RwSignal<Option<String>>,
}

impl PreferencesState {
    pub(crate) fn new() -> Self {
        let state = Self { theme: RwSignal::new(Theme::System), problem: RwSignal::new(None) };
        Effect::new(move |_| apply(state.theme.get()));
        state
    }

    /// Takes in what the core says.
    pub(crate) fn accept(self, preferences: Preferences) {
        self.theme.set(preferences.theme);
    }

    /// The chosen theme.
    pub(crate) fn theme(self) -> Theme {
        self.theme.get()
    }

    /// Why the last choice could not be kept, if so.
    pub(crate) fn problem(self) -> Option<String> {
        self.problem.get()
    }

    /// Chooses the theme that is not on screen now.
    pub(crate) fn toggle(self) {
        let is_dark = match self.theme.get_untracked() {
            Theme::Light => false,
            Theme::Dark => true,
            Theme::System => window()
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
                .is_some_and(|query| query.matches()),
        };
        self.choose(if is_dark { Theme::Light } else { Theme::Dark });
    }

    /// Chooses a theme: at once here, and kept by the core.
    pub(crate) fn choose(self, theme: Theme) {
        self.theme.set(theme);
        self.problem.set(None);
        leptos::task::spawn_local(async move {
            match api::set_theme(theme).await {
                Ok(preferences) => self.accept(preferences),
                Err(error) => self.problem.set(Some(error.message())),
            }
        });
    }
}

/// Puts the theme on the page, where the style sheet finds it.
fn apply(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    let outcome = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light => root.set_attribute("data-theme", "light"),
        Theme::Dark => root.set_attribute("data-theme", "dark"),
    };
    if let Err(error) = outcome {
        leptos::logging::error!("the theme was not applied: {error:?}");
    }
}
