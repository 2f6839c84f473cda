//! Crashes of the past, and a year at random, played from the prices of now.

use bithedge_ipc::{DevnetDeed, PlayView, ScenarioView};
use bithedge_protocol::Seconds;
use leptos::prelude::*;

use super::deeds::{BlockedLine, DeedButton, Deeds};
use super::part;
use super::sparkline::Sparkline;
use crate::components::{Card, Choice, Each, Segmented, UsdText};
use crate::format;
use crate::state::DevnetState;

/// How long a day of a scenario takes here: seconds, and what that is called.
const PACES: [(u64, &str); 4] =
    [(0, "As fast as it goes"), (3, "3 seconds"), (15, "15 seconds"), (60, "A minute")];

/// What can be played, and how far what is played has come.
#[component]
pub(super) fn ScenariosCard() -> impl IntoView {
    let scenarios = part(|view| view.scenarios.clone());
    let pace = RwSignal::new(3_u64);
    let choices = PACES.map(|(seconds, label)| Choice::new(seconds, label, seconds.to_string())).to_vec();
    view! {
        <Card title="Scenarios" note=|| "Real crashes, from today's prices" testid="devnet-scenarios">
            <div class="devnet-stack">
            <p class="devnet-explained">
                "A scenario moves prices by the same parts as they once moved, day by day, starting from the prices of now. Every day \
                 ends with its daily close at 08:00 UTC, and policies that end on the way are settled and paid. Pause it before you buy \
                 or sell something: an offer holds for a few minutes of the chain's time."
            </p>
            <BlockedLine />
            <Segmented
                label="A day takes"
                choices=choices
                value=pace
                on_change=move |seconds| pace.set(seconds)
                testid="devnet-pace"
            />
            <ul class="scenarios">
                <Each
                    each=move || scenarios.get().unwrap_or_default()
                    key=|scenario| scenario.id.clone()
                    let:scenario
                >
                    <ScenarioCard scenario=scenario pace=pace />
                </Each>
            </ul>
            </div>
        </Card>
    }
}

#[component]
fn ScenarioCard(
    /// Which.
    scenario: ScenarioView,
    /// How many seconds a day takes.
    pace: RwSignal<u64>,
) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let ScenarioView { id, name, about, days, deepest, path } = scenario;
    let falls = format!("At its deepest BTC stands at {} of where it began.", format::percent(deepest));
    let testid = format!("play-{id}");
    let own = format!("scenario-{id}");
    let play_label = format!("Play {name}");
    let label = format!("How the price of BTC moves in {name}. {falls}");
    view! {
        <li class="scenario" data-testid=own data-deepest=deepest.base_units().to_string()>
            <h3 class="scenario-name">{name}</h3>
            <Sparkline path=path label=label />
            <p class="scenario-about">{about}</p>
            <p class="scenario-facts">{format!("{days} days. {falls}")}</p>
            <DeedButton
                blocked=deeds.blocked()
                label=play_label
                testid=testid
                on_press=move |()| deeds.carry_out(DevnetDeed::Play {
                    scenario: id.clone(),
                    a_day: Seconds::new(pace.get_untracked()),
                })
            >
                "Play"
            </DeedButton>
        </li>
    }
}

/// What a scenario is called; its identifier where it is none of those that there are.
fn name_of(id: &str, scenarios: Option<&[ScenarioView]>) -> String {
    let found = scenarios.into_iter().flatten().find(|scenario| scenario.id == id);
    found.map_or_else(|| id.to_owned(), |scenario| scenario.name.clone())
}

/// What is said of something that was played to its end.
fn ended_words(name: &str, play: &PlayView) -> String {
    format!("Finished: {name}, {} days.", play.days)
}

/// How far what is played has come, and the buttons that stop it; once it is over, that it is, until something else is done.
#[component]
pub(super) fn PlayBanner() -> impl IntoView {
    let ended = expect_context::<DevnetState>().ended();
    let scenarios = part(|view| view.scenarios.clone());
    let play = part(|view| view.play.clone());
    let play = Memo::new(move |_| play.get().flatten());
    let is_playing = Memo::new(move |_| play.with(Option::is_some));
    let finished = move || {
        let words = ended.with(|ended| {
            let ended = ended.as_ref()?;
            let name = scenarios.with(|all| name_of(&ended.scenario, all.as_deref()));
            Some(ended_words(&name, ended))
        })?;
        Some(view! { <p class="play play-words" data-testid="devnet-play-ended">{words}</p> })
    };
    view! {
        {move || is_playing.get().then(|| view! { <Progress play=play scenarios=scenarios /> })}
        <div class="play-ended" role="status">{finished}</div>
    }
}

#[component]
fn Progress(
    /// What is played.
    play: Memo<Option<PlayView>>,
    /// What there is.
    scenarios: Memo<Option<Vec<ScenarioView>>>,
) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let btc = part(|view| view.btc);
    let words = move || {
        let play = play.get()?;
        let name = scenarios.with(|all| name_of(&play.scenario, all.as_deref()));
        let date = play.date.map(|date| format!(", as on {}", format::past_day(&date))).unwrap_or_default();
        let state = if play.paused { "Paused" } else { "Playing" };
        Some(format!("{state}: {name}, day {} of {}{date}", play.day, play.days))
    };
    let day = move || play.with(|play| play.as_ref().map_or(0, |play| play.day));
    let days = move || play.with(|play| play.as_ref().map_or(1, |play| play.days));
    let paused = Memo::new(move |_| play.with(|play| play.as_ref().is_some_and(|play| play.paused)));
    view! {
        <div class="play play-under-way" data-testid="devnet-play" data-day=move || day().to_string() data-paused=move || paused.get().to_string()>
            <p class="play-words play-line">
                <span role="status">{words}</span>
                {move || btc.get().map(|price| view! {
                    <span>"1 BTC "<UsdText value=price testid="devnet-play-btc" /></span>
                })}
            </p>
            <progress class="play-progress" max=move || days().to_string() value=move || day().to_string() aria-label="Days played"></progress>
            <div class="actions">
                <DeedButton
                    testid="devnet-pause"
                    on_press=move |()| deeds.carry_out(DevnetDeed::Pause { on: !paused.get_untracked() })
                >
                    {move || if paused.get() { "Go on" } else { "Pause" }}
                </DeedButton>
                <DeedButton testid="devnet-stop" on_press=move |()| deeds.carry_out(DevnetDeed::Stop {})>
                    "Stop"
                </DeedButton>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_played_has_a_name_even_if_nobody_knows_it() {
        let play = PlayView { scenario: "crash".to_owned(), day: 20, days: 21, date: None, paused: false };
        assert_eq!(name_of(&play.scenario, None), "crash");
        assert_eq!(name_of(&play.scenario, Some(&[])), "crash");
        assert_eq!(ended_words("A crash", &play), "Finished: A crash, 21 days.");
    }
}
