//! Views held against the contracts' own answers through lives in the VM; doubtful and empty books; and notifications, each told once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod doubts;
mod ended;
mod lives;
mod many;
mod once;
/// The ledger compares itself with the contracts' maps in its own tests; here it is taken for right.
mod maps {
    use std::collections::BTreeSet;

    use bithedge_stacks::Value;

    use crate::recorder::Recorder;

    #[derive(Debug, Clone, Default)]
    pub(crate) struct Known {
        pub(crate) events: BTreeSet<String>,
    }

    impl Known {
        pub(crate) fn note(&mut self, value: &Value) {
            if let Ok(name) = value.field("event").and_then(Value::as_ascii) {
                self.events.insert(name.to_owned());
            }
        }

        pub(crate) fn add(&mut self, other: &Self) {
            self.events.extend(other.events.iter().cloned());
        }
    }

    pub(crate) const fn compare(_: &mut Recorder, _: &Known) -> usize {
        0
    }
}
/// How a life in the VM becomes the ledger's blocks.
#[path = "../../../ledger/tests/ledger/recorder.rs"]
#[allow(dead_code, reason = "the ledger's own tests use all of it")]
mod recorder;
mod silence;
mod told;
mod truth;
