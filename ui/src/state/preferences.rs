//! The user's choices, and the theme that follows from them.

use bithedge_ipc::{Preferences, Theme};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::api;

/// The preferences in force.
#[derive(Clone, Copy)]
pub(crate) struct PreferencesState {
    theme: RwSignal<Theme>,
    chosen: RwSignal<Preferences>,
    /// Whether the desktop is dark.
    desktop_is_dark: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

impl PreferencesState {
    pub(crate) fn new() -> Self {
        let state = Self {
            theme: RwSignal::new(Theme::System),
            chosen: RwSignal::new(Preferences::default()),
            desktop_is_dark: RwSignal::new(false),
            problem: RwSignal::new(None),
        };
        follow_desktop(state.desktop_is_dark);
        Effect::new(move |_| apply(state.theme.get()));
        state
    }

    /// Takes in what the core says.
    pub(crate) fn accept(self, preferences: Preferences) {
        // What is as it was wakes nobody: every chart would be drawn again.
        if self.theme.get_untracked() != preferences.theme {
            self.theme.set(preferences.theme);
        }
        if self.chosen.with_untracked(|chosen| *chosen != preferences) {
            self.chosen.set(preferences);
        }
    }

    /// All choices, as the core last told them.
    pub(crate) fn chosen(self) -> ReadSignal<Preferences> {
        self.chosen.read_only()
    }

    /// Whether what is on screen is dark.
    pub(crate) fn is_dark(self) -> bool {
        match self.theme.get() {
            Theme::Light => false,
            Theme::Dark => true,
            Theme::System => self.desktop_is_dark.get(),
        }
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
        let is_dark = untrack(|| self.is_dark());
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

/// Keeps up with the desktop's choice.
fn follow_desktop(is_dark: RwSignal<bool>) {
    let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") else { return };
    is_dark.set(query.matches());
    let watched = query.clone();
    let changed = Closure::<dyn Fn()>::new(move || {
        let _ = is_dark.try_set(watched.matches());
    });
    query.set_onchange(Some(changed.as_ref().unchecked_ref()));
    // It is called for as long as the window lives.
    changed.forget();
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
