//! Amounts in tables.

use bithedge_protocol::DecimalParts;
use leptos::prelude::*;

use super::Skeleton;

/// An amount at full precision, its point aligned with those above and below, its fraction quieter.
#[component]
pub(crate) fn AmountCell(
    /// Base units and the parts to show; `None` while unknown, which is never shown as zero.
    #[prop(into)]
    amount: Signal<Option<(u128, DecimalParts)>>,
    /// The test hook.
    testid: &'static str,
    /// The unit's symbol.
    symbol: &'static str,
) -> impl IntoView {
    let base_units =
        move || amount.with(|amount| amount.as_ref().map(|(base_units, _)| base_units.to_string()));
    view! {
        <span class="amount" data-testid=testid data-amount=base_units>
            {move || match amount.get() {
                None => view! { <Skeleton width="long" /> }.into_any(),
                Some((_, parts)) => view! {
                    <span class="amount-whole">{parts.whole}</span>
                    <span class="amount-fraction">{format!(".{}", parts.fraction)}</span>
                    <span class="amount-symbol">{symbol}</span>
                }
                .into_any(),
            }}
        </span>
    }
}
