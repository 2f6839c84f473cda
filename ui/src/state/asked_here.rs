//! Whether the page itself says that a question waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;

/// How many parts of the page say that a question waits in its own window. In a context of the main window.
#[derive(Clone, Copy)]
pub(crate) struct AskedHere {
    count: RwSignal<u32>,
}

impl AskedHere {
    pub(crate) fn new() -> Self {
        Self { count: RwSignal::new(0) }
    }

    /// Counts a part of the page for as long as it says so; no more once it is gone.
    pub(crate) fn count(self, says: Signal<bool>) {
        let counts = Arc::new(AtomicBool::new(false));
        let gone = Arc::clone(&counts);
        Effect::new(move |_| {
            let says = says.get();
            self.change(counts.swap(says, Ordering::Relaxed), says);
        });
        on_cleanup(move || self.change(gone.swap(false, Ordering::Relaxed), false));
    }

    fn change(self, before: bool, now: bool) {
        let _ = match (before, now) {
            (false, true) => self.count.try_update(|count| *count = count.saturating_add(1)),
            (true, false) => self.count.try_update(|count| *count = count.saturating_sub(1)),
            _ => None,
        };
    }

    /// Whether any does.
    pub(crate) fn is_said(self) -> bool {
        self.count.get() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_counts_once_and_only_while_it_says_so() {
        let owner = Owner::new();
        owner.set();
        let asked = AskedHere::new();
        let said = || asked.count.get_untracked() > 0;
        asked.change(false, true);
        asked.change(true, true);
        assert!(said());
        asked.change(false, true);
        asked.change(true, false);
        assert!(said(), "the other one still says so");
        asked.change(true, false);
        asked.change(false, false);
        assert!(!said());
    }
}
