//! The present, once a second.

use std::time::Duration;

use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;

/// This computer's time, moving on every second for as long as the owner lives.
pub(crate) fn now_signal() -> ReadSignal<UnixSeconds> {
    let (now, set_now) = signal(read());
    if let Ok(handle) = set_interval_with_handle(move || set_now.set(read()), Duration::from_secs(1)) {
        on_cleanup(move || handle.clear());
    }
    now
}

fn read() -> UnixSeconds {
    let seconds = (js_sys::Date::now() / 1000.0).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float converts saturating, and a clock before 1970 reads as 1970"
    )]
    UnixSeconds::new(seconds as u64)
}
