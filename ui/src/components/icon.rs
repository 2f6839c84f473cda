//! Pictograms, drawn on a grid of 24 with one stroke width, in the colour of the text beside them.

use leptos::prelude::*;

/// The pictograms there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconName {
    Activity,
    Bell,
    Check,
    ChevronDown,
    Close,
    Contrast,
    Copy,
    Devnet,
    Earn,
    Home,
    Info,
    Lock,
    Policies,
    Protect,
    Protocol,
    Refresh,
    Settings,
    Unlock,
    Warning,
}

impl IconName {
    /// The data of the drawn path.
    const fn path(self) -> &'static str {
        match self {
            Self::Activity => "M3.5 12.5h4l2.5-7l4 13l2.5-6h4",
            Self::Bell => "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5zM10 18.5a2 2 0 0 0 4 0",
            Self::ChevronDown => "M6.5 9.5L12 15l5.5-5.5",
            Self::Close => "M6.5 6.5l11 11M17.5 6.5l-11 11",
            Self::Devnet => "M4.5 5h15v10.5h-15zM9 19.5h6M12 15.5v4M8 8.5l2 2l-2 2M12.5 12.5h3",
            Self::Earn => "M4.5 19.5h15M7 16v-4M12 16V8M17 16V4.5",
            Self::Lock => "M6 11h12v8.5H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Self::Policies => "M6 3.5h8.5L18.5 8v12.5H6zM14 3.5V8.5h4.5M9 12.5h6M9 16h6",
            Self::Protect => "M12 3.5l7 2.5v5.5c0 4.3-2.9 7.3-7 9c-4.1-1.7-7-4.7-7-9V6z",
            Self::Protocol => "M12 3.5l8 4.2l-8 4.2l-8-4.2zM4 12l8 4.2l8-4.2M4 16.2l8 4.2l8-4.2",
            Self::Unlock => "M6 11h12v8.5H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Contrast => "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17z",
            Self::Copy => "M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9",
            Self::Home => "M4 11.2L12 4.5l8 6.7M6 9.7V19.5h12V9.7M10 19.5v-5.5h4v5.5",
            Self::Info => "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17zM12 11v5.5M12 7.6v.1",
            Self::Refresh => "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15",
            Self::Settings => {
                "M4 7h8.5M17.5 7H20M4 17h2.5M11.5 17H20M15 4.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5z\
                 M9 14.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5z"
            }
            Self::Warning => "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
        }
    }

    /// The data of a path that is filled, for the pictogram that has one.
    const fn filled_path(self) -> Option<&'static str> {
        match self {
            Self::Contrast => Some("M12 7.5a4.5 4.5 0 0 1 0 9z"),
            _ => None,
        }
    }
}

/// A pictogram. Always beside a text or in a labelled control, so it is hidden from assistive technology.
#[component]
pub(crate) fn Icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=name.path() />
            {name.filled_path().map(|path| view! { <path class="icon-filled" d=path /> })}
        </svg>
    }
}

/// The mark of BitHedge: a shield that holds the pay-off of protected bitcoin, flat at the floor and rising above it.
/// The same drawing as `assets/icon.svg`.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path
                class="logo-shield"
                d="M16 2.5L27.5 6.4V15.4C27.5 22.4 22.6 27.2 16 29.5C9.4 27.2 4.5 22.4 4.5 15.4V6.4Z"
            />
            <path class="logo-payoff" d="M9.7 19.3H15L22.3 11.3" />
        </svg>
    }
}
