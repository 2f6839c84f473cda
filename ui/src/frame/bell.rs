//! What was told.

use leptos::prelude::*;

use crate::api;
use crate::components::{Each, Icon, IconName, Menu};
use crate::format;
use crate::route::{Route, go};
use crate::state::{NotificationsState, SessionState};

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
                <Each each=move || told.get() key=|one| one.id let:one>
                    <li class="told-item" data-testid=format!("notification-{}", one.id)>
                        <Told account=one.account.clone() happened=one.happened route=Route::from(one.destination) />
                        <span>{one.means}</span>
                        {(!one.remedy.is_empty()).then(|| view! { <span>{one.remedy}</span> })}
                        <span class="told-time">
                            {format::moment(one.at)}
                            {one.doubtful.then_some(" · doubtful")}
                        </span>
                    </li>
                </Each>
            </ul>
        </Menu>
    }
}

/// What happened, with the account that it happened to if that is another than the one in use: its pages are seen as that account.
#[component]
fn Told(
    /// The account's address; `None` if it concerns all.
    account: Option<String>,
    /// What happened.
    happened: String,
    /// Where to go for that.
    route: Route,
) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let notifications = expect_context::<NotificationsState>();
    let (named, chosen) = (account.clone(), account);
    let whose = Memo::new(move |_| session.other_account(named.as_deref()));
    let open = move |event: leptos::ev::MouseEvent| {
        let other = chosen.as_deref().filter(|_| whose.get_untracked().is_some());
        // One that is none of the person's any more cannot be chosen: the page then says whose it is.
        let Some(id) = other.and_then(|address| session.account_id(address)) else { return };
        event.prevent_default();
        leptos::task::spawn_local(async move {
            match api::choose_account(id).await {
                Ok(()) => go(route),
                Err(error) => notifications.warn(error.message()),
            }
        });
    };
    view! {
        <a href=route.href() on:click=open>
            {move || whose.get().map(|whose| view! { <span class="told-whose">{format!("{whose}: ")}</span> })}
            {happened}
        </a>
    }
}
