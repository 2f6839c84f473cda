//! The devnet on this computer, as the core last told it.

use bithedge_ipc::{DevnetView, PlayView};
use leptos::prelude::*;

/// The devnet's latest view.
#[derive(Clone, Copy)]
pub(crate) struct DevnetState {
    view: RwSignal<Option<DevnetView>>,
    /// What was played to its end, as it was seen last, until something else is done.
    ended: RwSignal<Option<PlayView>>,
    /// Whether what is played was told to stop.
    stops: StoredValue<bool>,
}

impl DevnetState {
    pub(crate) fn new() -> Self {
        Self { view: RwSignal::new(None), ended: RwSignal::new(None), stops: StoredValue::new(false) }
    }

    /// Takes a view in.
    pub(crate) fn accept(self, view: Option<DevnetView>) {
        let played =
            self.view.with_untracked(|before| before.as_ref().and_then(|before| before.play.clone()));
        match &view {
            Some(now) if now.play.is_none() => {
                // Answers and events overtake each other: only what was seen near its end has come to it.
                let played = played.filter(|play| play.day.saturating_add(1) >= play.days);
                if played.is_some() && now.problem.is_none() && !self.stops.get_value() {
                    self.ended.set(played);
                }
            }
            // Another network, or something is played again.
            _ => self.forget_ended(),
        }
        self.view.set(view);
    }

    /// Something is done to it now: what was played before is told of no more. `stops`: it is told to stop what it plays.
    pub(crate) fn begin(self, stops: bool) {
        self.stops.set_value(stops);
        self.forget_ended();
    }

    fn forget_ended(self) {
        if self.ended.with_untracked(Option::is_some) {
            self.ended.set(None);
        }
    }

    /// The view; `None` while it is not in use, or not known.
    pub(crate) fn view(self) -> ReadSignal<Option<DevnetView>> {
        self.view.read_only()
    }

    /// What was played to its end; `None` once something else was done, and of what was stopped or failed.
    pub(crate) fn ended(self) -> ReadSignal<Option<PlayView>> {
        self.ended.read_only()
    }

    /// Whether days go by in it now, by a scenario or because they were told to.
    pub(crate) fn is_moving(self) -> Memo<bool> {
        Memo::new(move |_| {
            self.view.with(|view| {
                view.as_ref().is_some_and(|view| {
                    view.doing.is_some() || view.play.as_ref().is_some_and(|play| !play.paused)
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{DevnetFaults, Fault, Notice};
    use bithedge_protocol::{BlockHeight, UnixSeconds, UsdE8};

    use super::*;

    fn view(day: Option<u32>) -> DevnetView {
        DevnetView {
            height: BlockHeight::new(7),
            time: UnixSeconds::new(8),
            btc: UsdE8::new(9),
            stx: UsdE8::new(10),
            wanders: false,
            speed: 1,
            play: day.map(|day| PlayView {
                scenario: "crash".to_owned(),
                day,
                days: 21,
                date: None,
                paused: false,
            }),
            faults: DevnetFaults::default(),
            scenarios: Vec::new(),
            doing: None,
            problem: None,
        }
    }

    fn state() -> (Owner, DevnetState) {
        let owner = Owner::new();
        owner.set();
        (owner, DevnetState::new())
    }

    fn ended(state: DevnetState) -> Option<u32> {
        state.ended().with_untracked(|ended| ended.as_ref().map(|play| play.day))
    }

    #[test]
    fn what_was_played_to_its_end_is_told_until_something_else_is_done() {
        let (_owner, state) = state();
        state.begin(false);
        state.accept(Some(view(Some(20))));
        assert_eq!(ended(state), None);
        state.accept(Some(view(None)));
        assert_eq!(ended(state), Some(20));
        state.accept(Some(view(None)));
        assert_eq!(ended(state), Some(20), "a later view says nothing against it");
        state.begin(false);
        assert_eq!(ended(state), None);
        state.accept(Some(view(Some(20))));
        state.accept(Some(view(None)));
        state.accept(Some(view(Some(1))));
        assert_eq!(ended(state), None, "something is played again");
        state.accept(Some(view(None)));
        state.accept(None);
        assert_eq!(ended(state), None, "another network");
    }

    #[test]
    fn what_was_stopped_or_failed_was_not_played_to_its_end() {
        let (_owner, state) = state();
        state.accept(Some(view(Some(20))));
        state.begin(true);
        state.accept(Some(view(None)));
        assert_eq!(ended(state), None);
        let notice = Notice {
            fault: Fault::DevnetFailed,
            happened: String::new(),
            means: String::new(),
            remedy: String::new(),
            detail: String::new(),
        };
        state.begin(false);
        state.accept(Some(view(Some(20))));
        state.accept(Some(DevnetView { problem: Some(notice), ..view(None) }));
        assert_eq!(ended(state), None);
        state.accept(Some(view(Some(5))));
        state.accept(Some(view(None)));
        assert_eq!(ended(state), None, "an older view came late");
    }
}
