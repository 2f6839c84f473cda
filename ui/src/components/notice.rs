//! Messages above the content.

use leptos::prelude::*;

use super::{Icon, IconName};

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Info,
    Warning,
    Danger,
}

/// A message with a bold first line and what follows from it.
#[component]
pub(crate) fn Banner(
    /// How grave.
    tone: Tone,
    /// What happened.
    #[prop(into)]
    title: String,
    /// The rest.
    children: Children,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Info => ("banner banner-info", IconName::Info),
        Tone::Warning => ("banner banner-warning", IconName::Warning),
        Tone::Danger => ("banner banner-danger", IconName::Warning),
    };
    let label = title.clone();
    view! {
        <section class=class aria-label=label>
            <Icon name=icon />
            <div class="banner-body">
                <p class="banner-title">{title}</p>
                {children()}
            </div>
        </section>
    }
}
