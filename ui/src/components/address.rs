//! Addresses: recognisable at a glance, whole when needed.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::{Icon, IconName};
use crate::format::short_address;

/// An address, shortened where room is short. Assistive technology always gets all of it.
#[component]
pub(crate) fn AddressText(address: String) -> impl IntoView {
    let short = short_address(&address);
    let title = address.clone();
    view! {
        <span class="address" title=title>
            <span class="address-short" aria-hidden="true">{short}</span>
            <span class="address-full">{address}</span>
        </span>
    }
}

/// How the last copying went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copying {
    Idle,
    Done,
    Failed,
}

/// Puts a text on the clipboard and says whether that worked.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    text: String,
    /// What it is, for the button's name: `Copy the address of Peter`.
    what: String,
) -> impl IntoView {
    let (copying, set_copying) = signal(Copying::Idle);
    let label = move || match copying.get() {
        Copying::Idle => format!("Copy {what}"),
        Copying::Done => "Copied".to_owned(),
        Copying::Failed => "The clipboard is not available".to_owned(),
    };
    let title = label.clone();
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            let outcome = JsFuture::from(promise).await;
            set_copying.set(if outcome.is_ok() { Copying::Done } else { Copying::Failed });
            set_timeout(move || set_copying.set(Copying::Idle), Duration::from_secs(2));
        });
    };
    view! {
        <button class="icon-button icon-button-small" type="button" aria-label=label title=title on:click=copy>
            {move || match copying.get() {
                Copying::Idle => view! { <Icon name=IconName::Copy /> },
                Copying::Done => view! { <Icon name=IconName::Check /> },
                Copying::Failed => view! { <Icon name=IconName::Warning /> },
            }}
        </button>
    }
}
