//! A part of a page that has data of its own: what is said where it could not be read.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use super::{Banner, Button, NoticeText, Tone};
use crate::state::is_on_its_way;

/// That a part of a page could not be read, and a button that tries again; nothing while it could. Without it the part would only be
/// missing, which reads like "nothing".
#[component]
pub(crate) fn PartProblem(
    /// Why.
    problem: ReadSignal<Option<Notice>>,
    /// Whether something that was read before stands there.
    #[prop(into)]
    is_there: Signal<bool>,
    /// Asks again.
    retry: Callback<()>,
    /// What it is, at the beginning of a sentence: `Your capital`.
    what: &'static str,
    /// The test hook.
    testid: &'static str,
) -> impl IntoView {
    let is_coming = is_on_its_way(problem, retry);
    view! {
        {move || problem.get().filter(|_| is_there.get() || !is_coming.get()).map(|notice| {
            let again = if is_there.get() { " again just now" } else { "" };
            view! {
                <div role="status">
                    <Banner tone=Tone::Warning title=format!("{what} could not be read{again}") testid=testid>
                        <NoticeText notice=notice />
                        <div class="actions">
                            <Button testid=format!("{testid}-retry") on_press=move |()| retry.run(())>"Try again"</Button>
                        </div>
                    </Banner>
                </div>
            }
        })}
    }
}
