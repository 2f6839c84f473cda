//! What was told.

use leptos::prelude::*;

use crate::components::{Icon, IconName, Menu};
use crate::format;
use crate::route::Route;
use crate::state::NotificationsState;

/// The bell, with how many have not been looked at, and the list under it.
#[component]
pub(super) fn Bell() -> impl IntoView {
    let notifications = expect_context::<NotificationsState>();
    let told = notifications.told();
    let unseen = notifications.unseen();
    let label = Signal::derive(move || match unseen.get() {
        0 => "Notifications".to_owned(),
        1 => "Notifications: 1 new".to_owned(),
        count => format!("Notifications: {count} new"),
    });
    let face = move || {
        view! {
            <Icon name=IconName::Bell />
            {move || match unseen.get() {
                0 => None,
                count => Some(view! { <span class="badge" data-testid="bell-count">{count.min(99)}</span> }),
            }}
        }
    };
    view! {
        <Menu label=label class="icon-button" face=face testid="bell" on_open=Callback::new(move |()| notifications.look())>
            {move || told.with(Vec::is_empty).then(|| view! {
                <p class="empty-text">"Nothing yet. What happens to your policies, your capital and your transactions is told here."</p>
            })}
            <ul class="told">
                <For each=move || told.get() key=|one| one.id let:one>
                    <li class="told-item" data-testid=format!("notification-{}", one.id)>
                        <a href=Route::from(one.destination).href()>{one.happened}</a>
                        <span>{one.means}</span>
                        {(!one.remedy.is_empty()).then(|| view! { <span>{one.remedy}</span> })}
                        <span class="told-time">
                            {format::moment(one.at)}
                            {one.doubtful.then_some(" · doubtful")}
                        </span>
                    </li>
                </For>
            </ul>
        </Menu>
    }
}
