//! Earn: the tiers side by side, and a bucket in depth.

mod act;
mod alarm;
mod bucket;
mod charts;
mod commit;
mod leave;
mod pictures;
mod position;
mod rewards;
mod tiers;
mod timing;
mod words;

use bithedge_ipc::BucketRef;
use leptos::prelude::*;

use bucket::BucketDetail;
use tiers::Tiers;
pub(crate) use words::{standing as standing_words, standing_code};

/// The tiers, or one bucket.
#[component]
pub(crate) fn EarnPage(
    /// The bucket that is shown; `None`: the tiers.
    bucket: Option<BucketRef>,
) -> impl IntoView {
    match bucket {
        Some(bucket) => view! { <BucketDetail bucket=bucket /> }.into_any(),
        None => view! { <Tiers /> }.into_any(),
    }
}
