//! A page's data on its way to the page.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use super::{Banner, ErrorState, NoticeText, Tone};
use crate::state::{PageData, PageState, is_on_its_way};

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
    let shown: StoredValue<Option<RwSignal<T>>> = StoredValue::new(None);
    let is_there = RwSignal::new(false);
    let owner = Owner::current();
    let take = move || match (data.get(), shown.get_value()) {
        (Some(latest), Some(shown)) => shown.set(latest),
        (Some(latest), None) => {
            // It has to live as long as this component and not only as long as this run of the effect.
            let made = match &owner {
                Some(owner) => owner.with(|| RwSignal::new(latest)),
                None => RwSignal::new(latest),
            };
            shown.set_value(Some(made));
            is_there.set(true);
        }
        (None, Some(_)) => {
            shown.set_value(None);
            is_there.set(false);
        }
        (None, None) => {}
    };
    let parts = Parts {
        take: Box::new(take),
        problem: state.problem(),
        is_there: is_there.read_only(),
        retry: Callback::new(move |()| state.retry()),
        skeleton,
        content: ViewFn::from(move || {
            shown.try_get_value().flatten().map(|data| children(data.into()).into_any())
        }),
    };
    parts.view()
}

/// What is the same for pages of all kinds, and compiled once for all of them.
struct Parts {
    /// Takes in what the data has become.
    take: Box<dyn FnMut()>,
    problem: ReadSignal<Option<Notice>>,
    /// Whether there is data to make the content of.
    is_there: ReadSignal<bool>,
    retry: Callback<()>,
    skeleton: ViewFn,
    content: ViewFn,
}

impl Parts {
    fn view(self) -> AnyView {
        let Self { mut take, problem, is_there, retry, skeleton, content } = self;
        Effect::new(move |_| take());
        let is_coming = is_on_its_way(problem, retry);
        let is_coming = Memo::new(move |_| is_coming.get());
        let has_failed = Memo::new(move |_| problem.with(Option::is_some) && !is_coming.get());
        view! {
            {move || match (problem.get(), is_there.get()) {
                (None, _) => None,
                (Some(_), false) if is_coming.get() => None,
                (Some(notice), false) => Some(view! { <ErrorState notice=notice on_retry=retry /> }.into_any()),
                (Some(notice), true) => Some(
                    view! {
                        <Banner tone=Tone::Warning title="This page could not be read again just now">
                            <NoticeText notice=notice />
                        </Banner>
                    }
                    .into_any(),
                ),
            }}
            {move || (is_coming.get() && !is_there.get()).then(|| view! {
                <p class="as-of" role="status" data-testid="page-coming">"Reading the chain… This page comes by itself."</p>
            })}
            {move || {
                if is_there.get() {
                    content.run()
                } else if has_failed.get() {
                    ().into_any()
                } else {
                    view! { <div class="skeletons" aria-busy="true">{skeleton.run()}</div> }.into_any()
                }
            }}
        }
        .into_any()
    }
}
