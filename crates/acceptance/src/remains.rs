//! What is left with the pool when everybody has left, to the unit, and why it stayed.

use anyhow::{Context as _, Result, ensure};
use bithedge_ledger::{BucketKey, LedgerError, Snapshot, TimeRange, TokenTotals};
use bithedge_protocol::TokenAmount;

/// What the books say of all tokens at one moment.
pub(crate) struct Held {
    totals: Vec<TokenTotals>,
    buckets: Vec<Assets>,
}

/// A bucket's assets.
struct Assets {
    key: BucketKey,
    assets: TokenAmount,
    last_exit: Option<LastExit>,
}

/// The close at which the last shares of a bucket left.
struct LastExit {
    /// NAV, with the virtual unit.
    nav: TokenAmount,
    paid: TokenAmount,
    fee: TokenAmount,
}

impl Held {
    pub(crate) fn read(books: &Snapshot<'_>) -> Result<Self, LedgerError> {
        let mut buckets = Vec::new();
        for record in books.buckets()?.rows {
            let key = BucketKey { tier: record.bucket.tier, token: record.token };
            let mut last_exit = None;
            if record.bucket.shares.count() == 0 {
                let epochs = books.epochs(&key, TimeRange::ALL)?;
                last_exit = epochs
                    .into_iter()
                    .rev()
                    .find(|epoch| epoch.exited.count() > 0)
                    .map(|epoch| LastExit { nav: epoch.point.pair.nav, paid: epoch.paid, fee: epoch.fee });
            }
            buckets.push(Assets { key, assets: record.bucket.assets, last_exit });
        }
        Ok(Self { totals: books.totals()?, buckets })
    }

    /// A line for every part that is there.
    ///
    /// # Errors
    /// If the parts do not add up: those of a token to what the pool accounts for, and the assets of a bucket without shares to
    /// the last exit's fee and what the virtual shares had.
    pub(crate) fn lines(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for totals in &self.totals {
            let name = totals.token.to_string();
            let token = name.rsplit('.').next().unwrap_or_default();
            let mut line = |what: &str, amount: u128| {
                if amount > 0 {
                    lines.push(format!("{:<52} {amount:>18}", format!("{what}, {token}")));
                }
            };
            let mut sum = 0;
            for bucket in self.buckets.iter().filter(|bucket| bucket.key.token == totals.token) {
                let (tier, assets) = (bucket.key.tier, bucket.assets.base_units());
                sum += assets;
                let Some(LastExit { nav, paid, fee }) = &bucket.last_exit else {
                    line(&format!("assets of tier {tier}, which has shares or never had"), assets);
                    continue;
                };
                let (nav, paid, fee) = (nav.base_units(), paid.base_units(), fee.base_units());
                // The virtual unit is in the NAV, and is nobody's.
                let of_virtual_shares =
                    nav.checked_sub(1 + paid + fee).context("more left than there was at the last exit")?;
                ensure!(
                    assets == fee + of_virtual_shares,
                    "tier {tier} of {token} holds {assets}: not the last exit's fee {fee} and {of_virtual_shares}"
                );
                line(&format!("exit fee of who left tier {tier} last"), fee);
                line(&format!("value of tier {tier}'s virtual shares"), of_virtual_shares);
            }
            for (what, amount) in [
                ("deposits that wait", totals.pending_deposits),
                ("deposits to be taken back", totals.refunds),
                ("filled exits, rounded off", totals.filled_exits),
                ("reserved for claims", totals.claims),
                ("prepaid bounties that nobody earned", totals.pots),
                ("bounties that were not drawn", totals.credits),
            ] {
                line(what, amount.base_units());
                sum += amount.base_units();
            }
            let all = totals.pool()?.base_units();
            ensure!(sum == all, "the parts of {token} are {sum}, and the pool accounts for {all}");
            lines.push(format!("{:<52} {all:>18}", format!("all that the pool has, {token}")));
        }
        Ok(lines)
    }
}
