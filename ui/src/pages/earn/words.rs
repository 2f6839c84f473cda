//! What is said of tiers and buckets.

use bithedge_ipc::{BucketHealth, BucketRef, IfNothingPaidOut, TierView};
use bithedge_protocol::risk::Standing;
use bithedge_protocol::{Ppm, UsdE8};

use crate::format;

const WHOLE: u128 = 1_000_000;

/// How risky a tier is, from the strikes that it covers: what has to happen before it pays out. The distance is that from the price of
/// each sale: whoever comes later stands for sales at prices that may have been higher.
pub(super) fn risk(max_strike: Ppm) -> String {
    match WHOLE.checked_sub(max_strike.base_units()) {
        Some(gap) if gap > 0 => format!(
            "Pays out only if BTC falls by more than {} from its price when a policy was sold. Policies sold before you came can be closer \
             to paying, or pay already.",
            format::percent_down(Ppm::new(gap))
        ),
        _ => "Covers prices around today's, so it pays out in almost every fall of BTC.".to_owned(),
    }
}

/// The strikes that a tier covers, of the price of BTC: `80.0 % to under 92.5 %`.
pub(super) fn strikes(tier: &TierView) -> String {
    format!("{} to under {}", format::percent(tier.min_strike), format::percent(tier.max_strike))
}

/// A standing: a word, the tone, and what it means for whoever is in.
pub(crate) const fn standing(standing: Standing) -> (&'static str, &'static str, &'static str) {
    match standing {
        Standing::Healthy => {
            ("Healthy", "good", "It has more than everything that it has promised calls for.")
        }
        Standing::Warning => (
            "Warning",
            "attention",
            "It still has what its promises call for, but less than a new sale would want. Nothing is lost by that alone; exits may \
             be paid later than usual.",
        ),
        Standing::MarginCall => (
            "Margin call",
            "danger",
            "Its promises call for more than it has. Sales and exits stand still. If it stays so until policies end, providers lose \
             their capital first, then the insurance fund pays.",
        ),
        Standing::Liquidating => (
            "Taken over",
            "danger",
            "It has so little that what it promised is taken over. Providers lose their capital first.",
        ),
    }
}

/// The standing's name for tests and style.
pub(crate) const fn standing_code(standing: Standing) -> &'static str {
    match standing {
        Standing::Healthy => "healthy",
        Standing::Warning => "warning",
        Standing::MarginCall => "margin-call",
        Standing::Liquidating => "liquidating",
    }
}

/// How far away the next worse standing is, in the health's own figures.
pub(super) fn health_figures(health: &BucketHealth) -> String {
    let asset = health.bucket.asset;
    match health.ratio {
        None => "Nothing is promised, so nothing is needed.".to_owned(),
        Some(ratio) => format!(
            "It has {}, which is {} of the {} that its promises call for. It warns below {}; below {} sales and exits stop.",
            asset.show(health.assets),
            format::percent_down(ratio),
            asset.show(health.needed),
            format::percent(health.warning_below),
            format::percent(health.margin_call_below),
        ),
    }
}

/// Premiums over capital, with the words without which that figure is never shown.
pub(super) fn if_nothing_paid_out(figure: &IfNothingPaidOut, bucket: BucketRef) -> String {
    let days = figure.to.since(figure.from).unwrap_or_default();
    format!(
        "Premiums of the last {} came to {} of the capital ({}): what would have been earned if nothing had been paid out.",
        format::duration(days),
        format::percent_down(figure.of_capital),
        bucket.asset.show(figure.premiums),
    )
}

/// What a return is counted over.
pub(super) fn since(tier: &TierView) -> String {
    let since = match tier.since {
        Some(since) => format!("Since {}, losses included", format::day(since)),
        None => "No close yet".to_owned(),
    };
    match tier.ended.as_slice() {
        [] => since,
        [once] => format!("{since}. Before that, all shares became worthless on {}", format::day(*once)),
        [.., last] => format!(
            "{since}. Before that, all shares became worthless {} times, last on {}",
            tier.ended.len(),
            format::day(*last)
        ),
    }
}

/// What can go wrong with a commitment, with the worst case. `most_of_assets` is what the policies of now can call for at most, as a
/// part of the bucket's assets; `closest` is the highest price below which one of them pays.
pub(super) fn what_can_go_wrong(most_of_assets: Option<Ppm>, closest: Option<UsdE8>) -> String {
    let worst = match most_of_assets {
        Some(part) => format!(
            "The policies sold now can call for {} of what is in the bucket; more may be sold after you came, so in the worst case \
             all of it is lost.",
            format::percent_up(part)
        ),
        None => {
            "In the worst case policies call for everything in the bucket, and all of it is lost.".to_owned()
        }
    };
    let closest = closest.map(|strike| {
        format!(
            " You stand at once for those that are sold: the closest pays below {}.",
            format::price(strike)
        )
    });
    format!(
        "If BTC falls far enough, policies are paid out of your capital, and it shrinks.{} {worst} Leaving takes a daily close or several.",
        closest.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::{Asset, TokenAmount, UnixSeconds};

    use super::*;

    #[test]
    fn the_risk_of_a_tier_is_what_has_to_happen_first() {
        assert!(risk(Ppm::new(800_000)).contains("more than 20.0 %"), "{}", risk(Ppm::new(800_000)));
        assert!(risk(Ppm::new(925_000)).contains("more than 7.5 %"), "{}", risk(Ppm::new(925_000)));
        // What stands already is sold at other prices.
        assert!(risk(Ppm::new(800_000)).contains("before you came"), "{}", risk(Ppm::new(800_000)));
        for at_the_money in [1_000_000, 1_050_000] {
            assert!(risk(Ppm::new(at_the_money)).contains("almost every fall"));
        }
    }

    #[test]
    fn premiums_are_never_a_yield() {
        let figure = IfNothingPaidOut {
            from: UnixSeconds::new(0),
            to: UnixSeconds::new(30 * 86_400),
            premiums: TokenAmount::new(1_000_000),
            capital: TokenAmount::new(100_000_000),
            of_capital: Ppm::new(10_000),
        };
        let words = if_nothing_paid_out(&figure, BucketRef { tier: 1, asset: Asset::Sbtc });
        assert!(words.contains("if nothing had been paid out"), "{words}");
        assert!(
            words.contains("1.0 %") && words.contains("0.01 sBTC") && words.contains("30 days"),
            "{words}"
        );
    }

    #[test]
    fn a_bucket_that_is_short_is_never_shown_as_covered() {
        let health = BucketHealth {
            bucket: BucketRef { tier: 2, asset: Asset::Stx },
            tier_name: None,
            standing: Standing::MarginCall,
            ratio: Some(Ppm::new(999_999)),
            assets: TokenAmount::new(999_999_000_000),
            needed: TokenAmount::new(1_000_000_000_000),
            warning_below: Ppm::new(1_020_000),
            margin_call_below: Ppm::new(1_000_000),
            stx: bithedge_protocol::UsdE8::new(11_000_000),
            priced_at: UnixSeconds::new(0),
            trust: bithedge_ipc::Trust::Sound,
        };
        let words = health_figures(&health);
        assert!(words.contains("which is 99.9 % of the 1,000,000 STX"), "{words}");
        assert!(words.contains("warns below 102.0 %; below 100.0 %"), "{words}");
        let idle = BucketHealth { ratio: None, ..health };
        assert_eq!(health_figures(&idle), "Nothing is promised, so nothing is needed.");
    }

    #[test]
    fn the_worst_case_is_always_said() {
        for part in [None, Some(Ppm::new(400_000))] {
            for closest in [None, Some(UsdE8::new(58_000 * 100_000_000))] {
                let words = what_can_go_wrong(part, closest);
                assert!(words.contains("all of it is lost"), "{words}");
                assert_eq!(words.contains("below 58,000 USD"), closest.is_some(), "{words}");
            }
        }
        assert!(what_can_go_wrong(Some(Ppm::new(400_000)), None).contains("40.0 %"));
        // What can be called for is never shown smaller than it is.
        assert!(what_can_go_wrong(Some(Ppm::new(400_001)), None).contains("40.1 %"));
    }
}
