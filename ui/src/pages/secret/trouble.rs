//! Problems in the window of secrets: what happened, what it means for the money, what to do.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use crate::components::{NoticeBanner, Tone};

/// A problem, spoken as soon as it appears; nothing while there is none.
#[component]
pub(super) fn Trouble(
    /// The problem.
    #[prop(into)]
    notice: Signal<Option<Notice>>,
) -> impl IntoView {
    view! {
        {move || notice.get().map(|notice| view! { <NoticeBanner notice=notice testid="secret-trouble" /> })}
    }
}

/// What has to be said beside a success.
#[component]
pub(super) fn NoticeList(
    /// In the order in which they are told.
    notices: Vec<Notice>,
) -> impl IntoView {
    notices
        .into_iter()
        .map(|notice| view! { <NoticeBanner notice=notice tone=Tone::Warning testid="secret-remark" /> })
        .collect_view()
}
