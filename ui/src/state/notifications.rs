//! What was told, and what is told in passing.

use std::collections::BTreeSet;
use std::time::Duration;

use bithedge_ipc::Notification;
use leptos::prelude::*;

/// How long a passing message is shown.
const SHOWN: Duration = Duration::from_secs(8);

/// A passing message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Grows.
    pub(crate) id: u64,
    /// What is said.
    pub(crate) text: String,
    /// Whether something went wrong: then it stays until it is put away.
    pub(crate) is_problem: bool,
}

/// What was told, newest first, and passing messages.
#[derive(Clone, Copy)]
pub(crate) struct NotificationsState {
    told: RwSignal<Vec<Notification>>,
    /// The numbers of those that came while the window was open, and have not been looked at.
    unseen: RwSignal<BTreeSet<u64>>,
    toasts: RwSignal<Vec<Toast>>,
    /// How many passing messages there have been: a message's number is never another one's, whose time may still run.
    said: StoredValue<u64>,
}

/// How many passing messages are on show at most.
const TOASTS: usize = 4;

impl NotificationsState {
    pub(crate) fn new() -> Self {
        Self {
            told: RwSignal::new(Vec::new()),
            unseen: RwSignal::new(BTreeSet::new()),
            toasts: RwSignal::new(Vec::new()),
            said: StoredValue::new(0),
        }
    }

    /// Takes one in, once, however often it is told. `whose` is what the account is called that it concerns, if that is not the one in
    /// use.
    pub(crate) fn accept(self, notification: Notification, whose: Option<&str>) {
        let (id, happened) = (notification.id, notification.happened.clone());
        if self.told.try_update(|told| insert(told, notification)) != Some(true) {
            return;
        }
        self.unseen.update(|unseen| {
            unseen.insert(id);
        });
        self.say(match whose {
            Some(whose) => format!("{whose}: {happened}"),
            None => happened,
        });
    }

    /// Takes in what was told before the window opened: that has been seen. What was told meanwhile stays.
    pub(crate) fn accept_all(self, all: Vec<Notification>) {
        self.told.update(|told| {
            for one in all {
                insert(told, one);
            }
        });
    }

    /// Forgets all: another network's news is nothing here, and its numbers are counted otherwise.
    pub(crate) fn start_over(self) {
        self.told.set(Vec::new());
        self.unseen.set(BTreeSet::new());
        self.toasts.set(Vec::new());
    }

    /// All, newest first.
    pub(crate) fn told(self) -> ReadSignal<Vec<Notification>> {
        self.told.read_only()
    }

    /// How many have not been looked at.
    pub(crate) fn unseen(self) -> Memo<usize> {
        Memo::new(move |_| self.unseen.with(BTreeSet::len))
    }

    /// All have been looked at.
    pub(crate) fn look(self) {
        self.unseen.set(BTreeSet::new());
    }

    /// Says something in passing.
    pub(crate) fn say(self, text: impl Into<String>) {
        let id = self.push(text.into(), false);
        set_timeout(move || self.put_away(id), SHOWN);
    }

    /// Says that something went wrong; it stays until it is put away.
    pub(crate) fn warn(self, text: impl Into<String>) {
        self.push(text.into(), true);
    }

    fn push(self, text: String, is_problem: bool) -> u64 {
        let id = self.said.with_value(|said| said.wrapping_add(1));
        self.said.set_value(id);
        self.toasts.update(|toasts| show(toasts, Toast { id, text, is_problem }));
        id
    }

    /// Puts a passing message away.
    pub(crate) fn put_away(self, id: u64) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    }

    /// The passing messages that are on show.
    pub(crate) fn toasts(self) -> ReadSignal<Vec<Toast>> {
        self.toasts.read_only()
    }
}

/// Puts one in its place, the newest first; whether it was not there.
fn insert(told: &mut Vec<Notification>, notification: Notification) -> bool {
    let place = told.partition_point(|one| one.id > notification.id);
    let is_new = told.get(place).is_none_or(|there| there.id != notification.id);
    if is_new {
        told.insert(place, notification);
    }
    is_new
}

/// Puts a passing message with the others. Where there are too many, one that would pass by itself goes before a problem does.
fn show(toasts: &mut Vec<Toast>, toast: Toast) {
    // The same words twice would only stand twice.
    toasts.retain(|shown| shown.text != toast.text);
    toasts.push(toast);
    if toasts.len() > TOASTS {
        let passing = toasts.iter().position(|toast| !toast.is_problem);
        toasts.remove(passing.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{Destination, NotificationKind};
    use bithedge_protocol::UnixSeconds;

    use super::*;

    fn told(id: u64) -> Notification {
        Notification {
            id,
            account: None,
            kind: NotificationKind::Claimable,
            at: UnixSeconds::new(0),
            happened: format!("happened {id}"),
            means: String::new(),
            remedy: String::new(),
            destination: Destination::Policies,
            doubtful: false,
        }
    }

    #[test]
    fn another_network_s_news_neither_stays_nor_hides_what_is_new_here() {
        let owner = Owner::new();
        owner.set();
        let state = NotificationsState::new();
        // A devnet that was moved months ahead.
        state.accept_all(vec![told(1_900_000_000_000)]);
        state.start_over();
        state.accept_all(vec![told(7)]);
        assert_eq!(state.unseen.with_untracked(BTreeSet::len), 0);
        state.unseen.update(|unseen| {
            unseen.insert(8);
        });
        state.told.update(|all| {
            insert(all, told(8));
        });
        let ids = state.told.with_untracked(|told| told.iter().map(|one| one.id).collect::<Vec<_>>());
        assert_eq!((ids, state.unseen.with_untracked(BTreeSet::len)), (vec![8, 7], 1));
        state.look();
        assert_eq!(state.unseen.with_untracked(BTreeSet::len), 0);
    }

    #[test]
    fn an_answer_adds_to_what_was_told_meanwhile_and_nothing_is_told_twice() {
        let mut all = Vec::new();
        assert!(insert(&mut all, told(3)));
        assert!(insert(&mut all, told(1)));
        assert!(insert(&mut all, told(2)));
        assert!(!insert(&mut all, told(2)));
        assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[test]
    fn a_problem_stays_until_it_is_put_away() {
        let toast = |id, is_problem| Toast { id, text: format!("toast {id}"), is_problem };
        let mut toasts = Vec::new();
        show(&mut toasts, toast(1, true));
        for id in 2..9 {
            show(&mut toasts, toast(id, false));
        }
        assert_eq!(toasts.iter().map(|toast| toast.id).collect::<Vec<_>>(), [1, 6, 7, 8]);
        for id in 9..14 {
            show(&mut toasts, toast(id, true));
        }
        assert!(toasts.len() == TOASTS && toasts.iter().all(|toast| toast.is_problem));
    }

    #[test]
    fn a_message_s_number_is_never_another_one_s() {
        let owner = Owner::new();
        owner.set();
        let state = NotificationsState::new();
        let first = state.push("one".to_owned(), true);
        state.put_away(first);
        let second = state.push("two".to_owned(), true);
        assert_ne!(first, second);
        // The first one's time runs out.
        state.put_away(first);
        assert_eq!(state.toasts.with_untracked(Vec::len), 1);
    }
}
