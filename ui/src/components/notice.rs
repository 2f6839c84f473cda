//! Messages above the content.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use super::{Icon, IconName};

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something worth knowing.
    Info,
    /// Something went well.
    Good,
    /// Something may be wrong.
    Warning,
    /// Something is wrong.
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
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
    /// The rest.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Info => ("banner banner-info", IconName::Info),
        Tone::Good => ("banner banner-good", IconName::Check),
        Tone::Warning => ("banner banner-warning", IconName::Warning),
        Tone::Danger => ("banner banner-danger", IconName::Warning),
    };
    let label = title.clone();
    view! {
        <section class=class aria-label=label data-testid=testid>
            <Icon name=icon />
            <div class="banner-body">
                <p class="banner-title">{title}</p>
                {children.map(|children| children())}
            </div>
        </section>
    }
}

/// A notice as a message of its own.
#[component]
pub(crate) fn NoticeBanner(
    /// What happened, what it means, what to do.
    notice: Notice,
    /// How grave.
    #[prop(default = Tone::Danger)]
    tone: Tone,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    let title = notice.happened.clone();
    let testid = testid.unwrap_or_else(|| "notice".to_owned());
    view! {
        <div role="alert">
            <Banner tone=tone title=title testid=testid><NoticeText notice=notice /></Banner>
        </div>
    }
}

/// What a notice says after its first sentence.
#[component]
pub(crate) fn NoticeText(
    /// What happened, what it means, what to do.
    notice: Notice,
) -> impl IntoView {
    let Notice { means, remedy, detail, .. } = notice;
    view! {
        <p>{means}</p>
        <p class="banner-remedy">{remedy}</p>
        {(!detail.is_empty()).then(|| view! {
            <details class="banner-detail">
                <summary>"Technical cause"</summary>
                <p>{detail}</p>
            </details>
        })}
    }
}
