//! From the newest page to older ones and back.

use bithedge_ipc::Notice;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::components::{Button, ButtonKind};

/// Where each page that was opened begins: at the newest, before anything was opened.
#[derive(Clone, Copy)]
pub(super) struct Pages<P: Copy + Send + Sync + 'static> {
    opened: RwSignal<Vec<P>>,
    /// Whether another page was asked for and has not come yet.
    turning: RwSignal<bool>,
}

/// The element that a page's list begins with, which has the focus once it was turned to.
pub(super) const TOP: &str = "activity-top";

impl<P: Copy + Send + Sync + 'static> Pages<P> {
    pub(super) fn new() -> Self {
        Self { opened: RwSignal::new(Vec::new()), turning: RwSignal::new(false) }
    }

    fn turn(self, change: impl FnOnce(&mut Vec<P>)) {
        self.turning.set(true);
        self.opened.update(change);
    }

    /// Follows the page's data. Once one that was turned to is there, whoever turned to it is at its top: what they pressed may be gone,
    /// and with it the focus.
    pub(super) fn follow(self, data: impl Fn() + 'static) {
        Effect::new(move |_| {
            data();
            if self.turning.get_untracked() {
                self.turning.set(false);
                // The list is made of the data first.
                request_animation_frame(|| {
                    let top = document().get_element_by_id(TOP);
                    if let Some(top) = top.and_then(|top| top.dyn_into::<web_sys::HtmlElement>().ok()) {
                        let _ = top.focus();
                    }
                });
            }
        });
    }

    /// Follows the reason for which a page did not come.
    pub(super) fn follow_problem(self, problem: ReadSignal<Option<Notice>>) {
        Effect::new(move |_| {
            if problem.with(Option::is_some) {
                self.turning.set(false);
            }
        });
    }

    /// What the open page is asked for with: those before this; `None`: the newest.
    pub(super) fn before(self) -> Option<P> {
        self.opened.with(|opened| opened.last().copied())
    }
}

/// The buttons under a page.
#[component]
pub(super) fn Pager<P: Copy + Send + Sync + 'static>(
    /// The pages.
    pages: Pages<P>,
    /// What the next older one is asked for with; `None` if there is none.
    #[prop(into)]
    older: Signal<Option<P>>,
    /// The beginning of the test hooks.
    testid: &'static str,
) -> impl IntoView {
    let is_newest = Memo::new(move |_| pages.opened.with(Vec::is_empty));
    let has_older = Memo::new(move |_| older.with(Option::is_some));
    view! {
        {move || (!is_newest.get() || has_older.get()).then(|| view! {
            <nav class="pager" aria-label="Older and newer">
                {move || (!is_newest.get()).then(|| view! {
                    <Button
                        kind=ButtonKind::Quiet
                        testid=format!("{testid}-newer")
                        busy=pages.turning
                        on_press=move |()| pages.turn(|opened| { opened.pop(); })
                    >
                        "Newer"
                    </Button>
                })}
                {move || has_older.get().then(|| view! {
                    <Button
                        testid=format!("{testid}-older")
                        busy=pages.turning
                        on_press=move |()| if let Some(place) = older.get_untracked() {
                            pages.turn(|opened| opened.push(place));
                        }
                    >
                        "Older"
                    </Button>
                })}
            </nav>
        })}
    }
}
