//! What the pool keeps, recomputed here from its parts.

use bithedge_ipc::PoolView;
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use crate::components::{AmountText, Card, DoubtMark, EmptyState};

/// A part of what the vault keeps: what it is, and how much.
type Part = (&'static str, TokenAmount);

/// The parts that together are the vault's book.
fn parts(pool: &PoolView) -> [Part; 7] {
    [
        ("Working capital of all buckets", pool.assets),
        ("Deposits that wait for a daily close", pool.waiting_deposits),
        ("Deposits to be taken back", pool.refunds),
        ("Withdrawals to be claimed", pool.filled_exits),
        ("Set aside for settled policies", pool.claims),
        ("Bounties paid in advance", pool.bounties),
        ("Bounties earned and not claimed", pool.credits),
    ]
}

/// The sum of all parts; `None` if there is no such amount.
fn sum(pool: &PoolView) -> Option<TokenAmount> {
    parts(pool)
        .iter()
        .try_fold(0_u128, |sum, (_, part)| sum.checked_add(part.base_units()))
        .map(TokenAmount::new)
}

/// What the pool keeps of each token, and whether its parts are what it keeps.
#[component]
pub(super) fn PoolsCard(
    /// By token.
    #[prop(into)]
    pools: Signal<Vec<PoolView>>,
) -> impl IntoView {
    view! {
        <Card title="What the pool keeps" note=|| "Added up again on this computer" testid="protocol-pools">
            <p class="protocol-explained">
                "The vault holds everybody's capital. Its own book must be the sum of what each part is for: if a single unit were missing, \
                 it would show here."
            </p>
            {move || pools.with(Vec::is_empty).then(|| view! {
                <EmptyState title="Nothing is known of the pool yet" text="It shows up here once the history of this network was read." />
            })}
            <div class="protocol-columns">
                {move || pools.get().into_iter().map(|pool| view! { <Pool pool=pool /> }).collect_view()}
            </div>
        </Card>
    }
}

#[component]
fn Pool(
    /// The token's.
    pool: PoolView,
) -> impl IntoView {
    let asset = pool.asset;
    let total = sum(&pool);
    // Both say the same, or something is wrong.
    let adds_up = pool.adds_up && total == Some(pool.vault);
    let slug = crate::route::asset_slug(asset);
    view! {
        <section class="protocol-part" data-testid=format!("pool-{slug}") data-adds-up=adds_up.to_string()>
            <h3 class="protocol-name">{asset.symbol()}" "<DoubtMark trust=pool.trust /></h3>
            <dl class="ledger">
                {parts(&pool).into_iter().map(|(name, amount)| view! {
                    <div class="ledger-line">
                        <dt>{name}</dt>
                        <dd><AmountText asset=asset amount=amount /></dd>
                    </div>
                }).collect_view()}
                <div class="ledger-line ledger-sum">
                    <dt>"Together"</dt>
                    <dd>
                        {match total {
                            Some(total) => view! { <AmountText asset=asset amount=total testid=format!("pool-{slug}-sum") /> }.into_any(),
                            None => "not known".into_any(),
                        }}
                    </dd>
                </div>
                <div class="ledger-line ledger-sum">
                    <dt>"The vault's own book"</dt>
                    <dd><AmountText asset=asset amount=pool.vault testid=format!("pool-{slug}-vault") /></dd>
                </div>
            </dl>
            <p class="verdict-line" data-good=adds_up.to_string()>
                {if adds_up { "It adds up, to the last unit." } else { "It does not add up. Do not rely on these figures, and do not commit anything." }}
            </p>
            <dl class="ledger">
                <div class="ledger-line">
                    <dt>"Working capital, locked for policies"</dt>
                    <dd><AmountText asset=asset amount=pool.locked testid=format!("pool-{slug}-locked") /></dd>
                </div>
                <div class="ledger-line">
                    <dt>"Working capital, not locked"</dt>
                    <dd><AmountText asset=asset amount=pool.available testid=format!("pool-{slug}-available") /></dd>
                </div>
            </dl>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::Trust;
    use bithedge_protocol::Asset;

    use super::*;

    #[test]
    fn every_part_counts_once() {
        let amount = TokenAmount::new;
        let pool = PoolView {
            asset: Asset::Sbtc,
            vault: amount(127),
            locked: amount(1_000),
            assets: amount(1),
            available: amount(2_000),
            waiting_deposits: amount(2),
            refunds: amount(4),
            filled_exits: amount(8),
            claims: amount(16),
            bounties: amount(32),
            credits: amount(64),
            adds_up: true,
            trust: Trust::Sound,
        };
        assert_eq!(sum(&pool), Some(pool.vault));
        assert_eq!(sum(&PoolView { credits: TokenAmount::new(u128::MAX), ..pool }), None);
    }
}
