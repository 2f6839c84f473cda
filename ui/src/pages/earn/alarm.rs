//! That a bucket is short, said so that nobody can miss it.

use bithedge_ipc::{BucketHealth, Figure};
use bithedge_protocol::risk::Standing;
use leptos::prelude::*;

use super::words;
use crate::components::{Icon, IconName, LinkButton};
use crate::route::{Route, asset_slug};

/// A standing that somebody who is in the bucket, or wants to be, has to know of; nothing of a healthy one.
#[component]
pub(super) fn StandingAlarm(
    /// The bucket's name.
    #[prop(into)]
    name: Signal<String>,
    /// How it stands.
    health: Memo<Option<Figure<BucketHealth>>>,
    /// Whether somebody's own capital is in it.
    #[prop(into)]
    is_in: Signal<bool>,
    /// Whether a button leads to the bucket.
    #[prop(optional)]
    leads: bool,
) -> impl IntoView {
    let alarming = Memo::new(move |_| {
        let found = health.get().and_then(|health| health.known().cloned());
        found.filter(|health| health.standing != Standing::Healthy)
    });
    // Its words are said aloud when it becomes another standing, not with every new price.
    let standing = Memo::new(move |_| {
        alarming.with(|health| health.as_ref().map(|health| (health.bucket, health.standing)))
    });
    view! {
        {move || standing.get().map(|(bucket, standing)| {
            let (word, _, means) = words::standing(standing);
            let code = words::standing_code(standing);
            let slug = format!("{}-{}", bucket.tier, asset_slug(bucket.asset));
            let yours = move || if is_in.get() { " Your capital is in it." } else { "" };
            view! {
                <section class="margin-call" data-standing=code data-testid=format!("standing-alarm-{slug}")>
                    <div class="margin-call-words" role="alert">
                        <h2 class="margin-call-title">
                            <Icon name=IconName::Warning />
                            <span>{move || format!("{word}: {}", name.get())}</span>
                        </h2>
                        <p>{means}{yours}</p>
                    </div>
                    <p>{move || alarming.with(|health| health.as_ref().map(words::health_figures))}</p>
                    <p>
                        {match standing {
                            Standing::Healthy | Standing::Warning => {
                                "You do not have to do anything. Its stress test shows what further falls would do."
                            }
                            Standing::MarginCall | Standing::Liquidating => {
                                "Nobody can be made to add anything. It ends when prices recover, when policies end, or when somebody adds \
                                 capital, which then bears the same risk."
                            }
                        }}
                    </p>
                    {leads.then(|| view! {
                        <div class="actions">
                            <LinkButton route=Route::Bucket(bucket) testid=format!("standing-alarm-open-{slug}")>"Open the bucket"</LinkButton>
                        </div>
                    })}
                </section>
            }
        })}
    }
}
