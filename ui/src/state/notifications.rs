//! What was told, and what is told in passing.

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
    /// The newest number that has been looked at.
    seen: RwSignal<u64>,
    toasts: RwSignal<Vec<Toast>>,
}

impl NotificationsState {
    pub(crate) fn new() -> Self {
        Self { told: RwSignal::new(Vec::new()), seen: RwSignal::new(0), toasts: RwSignal::new(Vec::new()) }
    }

    /// Takes one in, once, however often it is told.
    pub(crate) fn accept(self, notification: Notification) {
        let is_known = self.told.with_untracked(|told| told.iter().any(|one| one.id == notification.id));
        if is_known {
            return;
        }
        self.say(notification.happened.clone());
        self.told.update(|told| {
            told.push(notification);
            told.sort_by_key(|one| core::cmp::Reverse(one.id));
        });
    }

    /// Takes in what was told before the window opened: that has been seen.
    pub(crate) fn accept_all(self, mut told: Vec<Notification>) {
        told.sort_by_key(|one| core::cmp::Reverse(one.id));
        self.seen.set(told.first().map_or(0, |newest| newest.id));
        self.told.set(told);
    }

    /// All, newest first.
    pub(crate) fn told(self) -> ReadSignal<Vec<Notification>> {
        self.told.read_only()
    }

    /// How many have not been looked at.
    pub(crate) fn unseen(self) -> Memo<usize> {
        Memo::new(move |_| {
            let seen = self.seen.get();
            self.told.with(|told| told.iter().filter(|one| one.id > seen).count())
        })
    }

    /// All have been looked at.
    pub(crate) fn look(self) {
        let newest = self.told.with_untracked(|told| told.first().map_or(0, |newest| newest.id));
        self.seen.set(newest);
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
        let id = self.toasts.with_untracked(|toasts| toasts.last().map_or(1, |last| last.id + 1));
        self.toasts.update(|toasts| {
            // The same words twice would only stand twice.
            toasts.retain(|toast| toast.text != text);
            toasts.push(Toast { id, text, is_problem });
            if toasts.len() > 4 {
                toasts.remove(0);
            }
        });
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
