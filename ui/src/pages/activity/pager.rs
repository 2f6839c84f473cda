//! From the newest page to older ones and back.

use leptos::prelude::*;

use crate::components::{Button, ButtonKind};

/// Where each page that was opened begins: at the newest, before anything was opened.
#[derive(Clone, Copy)]
pub(super) struct Pages<P: Copy + Send + Sync + 'static> {
    opened: RwSignal<Vec<P>>,
}

impl<P: Copy + Send + Sync + 'static> Pages<P> {
    pub(super) fn new() -> Self {
        Self { opened: RwSignal::new(Vec::new()) }
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
                        on_press=move |()| pages.opened.update(|opened| { opened.pop(); })
                    >
                        "Newer"
                    </Button>
                })}
                {move || has_older.get().then(|| view! {
                    <Button
                        testid=format!("{testid}-older")
                        on_press=move |()| if let Some(place) = older.get_untracked() {
                            pages.opened.update(|opened| opened.push(place));
                        }
                    >
                        "Older"
                    </Button>
                })}
            </nav>
        })}
    }
}
