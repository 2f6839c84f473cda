//! What is told in passing.

use leptos::prelude::*;

use super::{Each, Icon, IconName};
use crate::state::NotificationsState;

/// Passing messages in the corner, and the live region that speaks them.
#[component]
pub(crate) fn Toaster() -> impl IntoView {
    let notifications = expect_context::<NotificationsState>();
    let toasts = notifications.toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <Each each=move || toasts.get() key=|toast| toast.id let:toast>
                <div class="toast" class:is-problem=toast.is_problem data-testid="toast">
                    <Icon name=if toast.is_problem { IconName::Warning } else { IconName::Info } />
                    <span>{toast.text}</span>
                    <button
                        class="icon-button icon-button-small"
                        type="button"
                        aria-label="Put this message away"
                        on:click=move |_| notifications.put_away(toast.id)
                    >
                        <Icon name=IconName::Close />
                    </button>
                </div>
            </Each>
        </div>
    }
}
