//! A page's data on its way to the page.

use leptos::prelude::*;

use super::{Banner, ErrorState, NoticeText, Tone};
use crate::state::{PageData, PageState};

/// Shows the skeleton until there is data, then what `children` make of it, once: the data goes on changing in the signal that they
/// are given, so that nothing loses the focus. What could not be asked again is said above what was known before.
#[component]
pub(crate) fn Loaded<T, F, V>(
    /// The data.
    state: PageState<T>,
    /// What stands there until the first answer, of the same size.
    #[prop(into)]
    skeleton: ViewFn,
    /// What is made of the data.
    children: F,
) -> impl IntoView
where
    T: PageData,
    F: Fn(Signal<T>) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let data = state.data();
    let problem = state.problem();
    let content: RwSignal<Option<RwSignal<T>>> = RwSignal::new(None);
    let owner = Owner::current();
    Effect::new(move |_| {
        let latest = data.get();
        match (latest, content.get_untracked()) {
            (Some(latest), Some(shown)) => shown.set(latest),
            (Some(latest), None) => {
                // It has to live as long as this component and not only as long as this run of the effect.
                let made = match &owner {
                    Some(owner) => owner.with(|| RwSignal::new(latest)),
                    None => RwSignal::new(latest),
                };
                content.set(Some(made));
            }
            (None, _) => content.set(None),
        }
    });
    view! {
        {move || match (problem.get(), content.with(Option::is_some)) {
            (None, _) => None,
            (Some(notice), false) => Some(
                view! { <ErrorState notice=notice on_retry=move |()| state.retry() /> }.into_any(),
            ),
            (Some(notice), true) => Some(
                view! {
                    <Banner tone=Tone::Warning title="This page could not be read again just now">
                        <NoticeText notice=notice />
                    </Banner>
                }
                .into_any(),
            ),
        }}
        {move || match content.get() {
            Some(data) => children(data.into()).into_any(),
            None if problem.with(Option::is_some) => ().into_any(),
            None => view! { <div class="skeletons" aria-busy="true">{skeleton.run()}</div> }.into_any(),
        }}
    }
}
