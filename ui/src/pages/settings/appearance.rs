//! How the window looks, and what the desktop is told.

use bithedge_ipc::{Notice, Theme};
use leptos::prelude::*;

use crate::api;
use crate::components::{Card, NoticeBanner, Toggle};
use crate::state::PreferencesState;

/// What concerns the application itself.
#[component]
pub(super) fn General() -> impl IntoView {
    view! {
        <Appearance />
        <Telling />
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
        <Card title="Appearance" note=|| "Applies at once">
            <div class="choices" role="radiogroup" aria-label="Colours">
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
        </Card>
    }
}

/// Whether the desktop is told.
#[component]
fn Telling() -> impl IntoView {
    let preferences = expect_context::<PreferencesState>();
    let chosen = preferences.chosen();
    let problem = RwSignal::new(None::<Notice>);
    let switch = move |on: bool| {
        problem.set(None);
        leptos::task::spawn_local(async move {
            match api::set_notifies(on).await {
                Ok(kept) => preferences.accept(kept),
                Err(error) => {
                    // What is shown is what holds.
                    preferences.accept(chosen.get_untracked());
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    view! {
        <Card title="Notifications">
            <Toggle
                label="Tell me on the desktop"
                value=Signal::derive(move || chosen.with(|chosen| chosen.notifies))
                on_change=switch
                hint=Signal::stored(
                    "When a policy ends soon, can be paid or was paid, when your capital's health changes, when a transaction is confirmed or fails. \
                     In the window all of it is told anyway."
                        .to_owned(),
                )
                testid="notifies"
            />
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="notifies-problem" /> })}
        </Card>
    }
}
