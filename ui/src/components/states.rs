//! What stands where there is nothing, or where something failed.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use super::{Button, Icon, IconName, NoticeText};

/// Nothing yet, and what could be done.
#[component]
pub(crate) fn EmptyState(
    /// What is not there.
    #[prop(into)]
    title: String,
    /// What it would be, or what to do.
    #[prop(into)]
    text: String,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
    /// Where to go for it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty-state" data-testid=testid>
            <p class="empty-title">{title}</p>
            <p class="empty-text">{text}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}

/// Something could not be read: what happened, what it means for the money, what to do.
#[component]
pub(crate) fn ErrorState(
    /// What happened.
    notice: Notice,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let title = notice.happened.clone();
    view! {
        <section class="card error-state" role="alert" data-testid="error-state">
            <h2 class="card-title"><Icon name=IconName::Warning />{title}</h2>
            <NoticeText notice=notice />
            <div class="actions">
                <Button icon=IconName::Refresh testid="error-retry" on_press=on_retry>"Try again"</Button>
            </div>
        </section>
    }
}
