//! Words for values: how the page says what the core knows.

use bithedge_ipc::{BucketRef, Connection, Network, NetworkKind};
use bithedge_protocol::{Ppm, PpmChange, Seconds, UnixSeconds, UsdE8};

/// The beginning and the end of an address, enough to recognise it by.
pub(crate) fn short_address(address: &str) -> String {
    const HEAD: usize = 6;
    const TAIL: usize = 6;
    let length = address.chars().count();
    if length <= HEAD + TAIL + 1 {
        return address.to_owned();
    }
    let head: String = address.chars().take(HEAD).collect();
    let tail: String = address.chars().skip(length - TAIL).collect();
    format!("{head}…{tail}")
}

/// A name with a capital letter at its beginning, as in a heading: `Balanced`.
pub(crate) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A bucket: its tier's name on the chain and its token, `Balanced, STX`; `Tier 2, STX` where the name is not known.
pub(crate) fn bucket(tier_name: Option<&str>, bucket: BucketRef) -> String {
    let tier = tier_name.map_or_else(|| format!("Tier {}", bucket.tier), capitalised);
    format!("{tier}, {}", bucket.asset)
}

/// How long ago a moment was, by this computer's clock: `12 s ago`, `just now`.
pub(crate) fn ago(now: UnixSeconds, moment: UnixSeconds) -> String {
    match now.since(moment) {
        // A second's difference is the two clocks' rounding.
        Some(age) if age.get() > 1 => format!("{age} ago"),
        _ => "just now".to_owned(),
    }
}

/// What a user calls the network.
pub(crate) const fn network(network: Network) -> &'static str {
    match network {
        Network::Devnet => "Devnet",
        Network::Testnet => "Testnet",
        Network::Mainnet => "Mainnet",
        Network::Other => "Unknown network",
    }
}

/// One sentence on what the network's money is worth.
pub(crate) const fn network_money(network: Network) -> &'static str {
    match network {
        Network::Devnet => "Local chain, play money",
        Network::Testnet => "Public test chain, play money",
        Network::Mainnet => "Public chain, real money",
        Network::Other => "Not a known Stacks network",
    }
}

/// What a user calls a kind of chain.
pub(crate) const fn network_kind(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::Devnet => "Devnet",
        NetworkKind::Testnet => "Testnet",
        NetworkKind::Mainnet => "Mainnet",
    }
}

/// A value in USD to the cent, rounded to the nearest: `60,250.00 USD`. What is not zero is never shown as zero. The exact value belongs
/// beside it (`data-value`).
pub(crate) fn usd(value: UsdE8) -> String {
    const HALF_A_CENT: u128 = 500_000;
    match value.base_units() {
        1..HALF_A_CENT => "below 0.01 USD".to_owned(),
        units => format!("{} USD", decimals(units, 8, 2)),
    }
}

/// A price in whole USD, or to the cent below a hundred: `60,250 USD`, `0.35 USD`.
pub(crate) fn price(value: UsdE8) -> String {
    const HUNDRED: u128 = 100 * 100_000_000;
    if value.base_units() >= HUNDRED {
        format!("{} USD", decimals(value.base_units(), 8, 0))
    } else {
        usd(value)
    }
}

/// Where a ratio goes that has more digits than are shown. Whoever shows one decides: what covers or earns goes down, what costs or can
/// be lost goes up, so that no figure looks better than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Down: cover, earnings, distances.
    Down,
    /// Up: costs, fees, losses.
    Up,
    /// To the nearest: what is neither good nor bad.
    Nearest,
}

/// A ratio to a tenth of a per cent: `12.5 %`. Smaller ones get two digits more, and what is not zero is never shown as zero.
pub(crate) fn percent_to(ratio: Ppm, round: Round) -> String {
    let units = ratio.base_units();
    if units == 0 {
        return "0 %".to_owned();
    }
    let shown: u32 = if units < 10_000 { 2 } else { 1 };
    let cut = 10_u128.pow(4 - shown);
    let steps = match round {
        Round::Down => units / cut,
        Round::Up => units.div_ceil(cut),
        Round::Nearest => units.saturating_add(cut / 2) / cut,
    };
    if steps == 0 {
        return "below 0.01 %".to_owned();
    }
    format!("{} %", decimals(steps, shown, shown))
}

/// A ratio to the nearest tenth of a per cent.
pub(crate) fn percent(ratio: Ppm) -> String {
    percent_to(ratio, Round::Nearest)
}

/// A ratio that covers or earns: never shown larger than it is.
pub(crate) fn percent_down(ratio: Ppm) -> String {
    percent_to(ratio, Round::Down)
}

/// A ratio that costs or can be lost: never shown smaller than it is.
pub(crate) fn percent_up(ratio: Ppm) -> String {
    percent_to(ratio, Round::Up)
}

/// A relative change with its sign: `+2.4 %`, `\u{2212}12.5 %`, `0 %`. Rounded down: a gain is never shown larger than it is, and a
/// loss never smaller.
pub(crate) fn percent_change(change: PpmChange) -> String {
    let size = change.magnitude();
    match change.base_units() {
        0 => "0 %".to_owned(),
        ..0 => format!("\u{2212}{}", percent_up(size)),
        1..100 => "up by less than 0.01 %".to_owned(),
        _ => format!("+{}", percent_down(size)),
    }
}

/// A sign, as it is printed; nothing for zero.
pub(crate) const fn sign(value: i128) -> &'static str {
    match value {
        0 => "",
        1.. => "+",
        _ => "\u{2212}",
    }
}

/// A number of base units with `shown` of its `places` decimal places, rounded to the nearest, halves up; grouped.
pub(crate) fn decimals(base_units: u128, places: u32, shown: u32) -> String {
    let cut = 10_u128.saturating_pow(places.saturating_sub(shown));
    let half = cut / 2;
    let rounded = base_units.saturating_add(half) / cut;
    let scale = 10_u128.saturating_pow(shown);
    let whole = grouped(rounded / scale);
    if shown == 0 {
        return whole;
    }
    let width = usize::try_from(shown).unwrap_or_default();
    format!("{whole}.{:0>width$}", rounded % scale)
}

/// A whole number with commas between groups of three digits.
pub(crate) fn grouped(value: u128) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A day: `27 Nov 2026`.
pub(crate) fn day(moment: UnixSeconds) -> String {
    moment.day_in_words()
}

/// A day of the past that is written `2020-03-12`: `12 Mar 2020`. What is written otherwise is left as it is.
pub(crate) fn past_day(date: &str) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = date.splitn(3, '-').map(str::parse::<usize>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) = (parts.next(), parts.next(), parts.next()) else {
        return date.to_owned();
    };
    let month = month.checked_sub(1).and_then(|month| MONTHS.get(month.checked_mul(3)?..)?.get(..3));
    month.map_or_else(|| date.to_owned(), |month| format!("{day} {month} {year}"))
}

/// A moment: `Fri 27 Nov 2026, 08:00 UTC`.
pub(crate) fn moment(moment: UnixSeconds) -> String {
    moment.in_words()
}

/// The same moment by a clock that is so many minutes ahead of UTC: `Fri 27 Nov 2026, 09:00`; `None` if it is none.
pub(crate) fn moment_ahead(moment: UnixSeconds, minutes: i64) -> Option<String> {
    let seconds = i64::try_from(moment.get()).ok()?.checked_add(minutes.checked_mul(60)?)?;
    let there = UnixSeconds::new(u64::try_from(seconds).ok()?);
    (minutes != 0).then(|| there.in_words().trim_end_matches(" UTC").to_owned())
}

/// A duration in words, its two largest units: `3 days 4 hours`, `1 hour`, `45 seconds`.
pub(crate) fn duration(duration: Seconds) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = duration.get();
    let mut parts = Vec::new();
    for (size, name) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        } else if !parts.is_empty() {
            // `3 days 5 minutes` would say more than it knows.
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

/// How long something still lasts, never longer than it does: whole days, below two of them whole hours.
pub(crate) fn time_left(left: Seconds) -> String {
    let counted = |count: u64, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    match left.get() {
        0..3_600 => "less than an hour".to_owned(),
        seconds @ 3_600..172_800 => counted(seconds / 3_600, "hour"),
        seconds => counted(seconds / 86_400, "day"),
    }
}

/// The connection's state: the machine's word, the user's word.
pub(crate) const fn connection(connection: &Connection) -> (&'static str, &'static str) {
    match connection {
        Connection::Starting => ("starting", "Starting"),
        Connection::Live => ("live", "Live"),
        Connection::Stale { .. } => ("stale", "Stale"),
        Connection::Unreachable { .. } => ("unreachable", "Unreachable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_address_keeps_both_ends_and_short_text_stays_whole() {
        assert_eq!(short_address("ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"), "ST1SJ3…Q8YPD5");
        assert_eq!(short_address("ST000000000"), "ST000000000");
        assert_eq!(short_address(""), "");
    }

    #[test]
    fn figures_are_rounded_for_the_eye_only_and_never_to_nothing() {
        assert_eq!(usd(UsdE8::new(6_025_000_000_000)), "60,250.00 USD");
        assert_eq!(usd(UsdE8::new(0)), "0.00 USD");
        assert_eq!(usd(UsdE8::new(1)), "below 0.01 USD");
        assert_eq!(usd(UsdE8::new(499_999)), "below 0.01 USD");
        assert_eq!(usd(UsdE8::new(500_000)), "0.01 USD");
        assert_eq!(price(UsdE8::new(6_025_049_000_000)), "60,250 USD");
        assert_eq!(price(UsdE8::new(35_000_000)), "0.35 USD");
        let shown =
            [0, 1, 49, 50, 2_500, 9_999, 10_000, 125_000, 1_000_000, 12_345_678].map(Ppm::new).map(percent);
        let expected = [
            "0 %",
            "below 0.01 %",
            "below 0.01 %",
            "0.01 %",
            "0.25 %",
            "1.00 %",
            "1.0 %",
            "12.5 %",
            "100.0 %",
            "1,234.6 %",
        ];
        assert_eq!(shown, expected);
        assert_eq!(percent_change(PpmChange::new(-125_000)), "\u{2212}12.5 %");
        assert_eq!(percent_change(PpmChange::new(24_000)), "+2.4 %");
        assert_eq!(percent_change(PpmChange::new(0)), "0 %");
        assert_eq!(percent_change(PpmChange::new(1)), "up by less than 0.01 %");
        assert_eq!(percent_change(PpmChange::new(-1)), "\u{2212}0.01 %");
        assert_eq!(percent_change(PpmChange::new(24_999)), "+2.4 %");
        assert_eq!(percent_change(PpmChange::new(-24_001)), "\u{2212}2.5 %");
        assert_eq!(percent_change(PpmChange::new(i128::MIN)).chars().next(), Some('\u{2212}'));
        assert_eq!(decimals(u128::MAX, 8, 2), "3,402,823,669,209,384,634,633,746,074,317.68");
    }

    #[test]
    fn no_ratio_looks_better_than_it_is() {
        let of = |units| {
            let ratio = Ppm::new(units);
            (percent_down(ratio), percent_up(ratio))
        };
        for (units, down, up) in [
            (0, "0 %", "0 %"),
            (1, "below 0.01 %", "0.01 %"),
            (99, "below 0.01 %", "0.01 %"),
            (100, "0.01 %", "0.01 %"),
            (9_901, "0.99 %", "1.00 %"),
            (10_000, "1.0 %", "1.0 %"),
            (10_001, "1.0 %", "1.1 %"),
            // Short by a millionth: not covered.
            (999_999, "99.9 %", "100.0 %"),
            (1_000_000, "100.0 %", "100.0 %"),
        ] {
            assert_eq!(of(units), (down.to_owned(), up.to_owned()), "{units}");
        }
        // The largest there is can be shown.
        assert!(percent_up(Ppm::MAX).ends_with(" %") && percent_down(Ppm::MAX).ends_with(" %"));
    }

    #[test]
    fn moments_and_durations_are_said_in_words() {
        assert_eq!(moment(UnixSeconds::new(115_200)), "Fri 2 Jan 1970, 08:00 UTC");
        assert_eq!(moment(UnixSeconds::new(1_795_766_400)), "Fri 27 Nov 2026, 08:00 UTC");
        let words = [0, 1, 59, 60, 61, 3_600, 3_660, 90_000, 86_700, 86_400 * 3 + 3_600 * 4 + 59];
        let expected = [
            "0 seconds",
            "1 second",
            "59 seconds",
            "1 minute",
            "1 minute 1 second",
            "1 hour",
            "1 hour 1 minute",
            "1 day 1 hour",
            "1 day",
            "3 days 4 hours",
        ];
        assert_eq!(words.map(Seconds::new).map(duration), expected);
    }

    #[test]
    fn a_bucket_is_told_by_its_tier_s_name() {
        let stx = BucketRef { tier: 2, asset: bithedge_protocol::Asset::Stx };
        assert_eq!(bucket(Some("balanced"), stx), "Balanced, STX");
        assert_eq!(bucket(None, stx), "Tier 2, STX");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn a_day_of_the_past_is_written_as_every_other_day() {
        for (date, words) in [
            ("2020-03-12", "12 Mar 2020"),
            ("2021-12-05", "5 Dec 2021"),
            ("2020-13-12", "2020-13-12"),
            ("2020-00-12", "2020-00-12"),
            ("the first day", "the first day"),
        ] {
            assert_eq!(past_day(date), words);
        }
    }

    #[test]
    fn a_moment_is_told_by_the_clock_on_the_wall_as_well() {
        let at = UnixSeconds::new(1_795_766_400);
        assert_eq!(moment_ahead(at, 60), Some("Fri 27 Nov 2026, 09:00".to_owned()));
        assert_eq!(moment_ahead(at, -600), Some("Thu 26 Nov 2026, 22:00".to_owned()));
        assert_eq!(moment_ahead(at, 0), None);
        assert_eq!(moment_ahead(UnixSeconds::new(0), -60), None);
    }

    #[test]
    fn what_is_left_is_never_said_to_be_longer() {
        for (seconds, words) in [
            (0, "less than an hour"),
            (3_599, "less than an hour"),
            (3_600, "1 hour"),
            (86_400, "24 hours"),
            (2 * 86_400 - 1, "47 hours"),
            (2 * 86_400, "2 days"),
            (4 * 86_400 + 3_600, "4 days"),
            (5 * 86_400 - 1, "4 days"),
        ] {
            assert_eq!(time_left(Seconds::new(seconds)), words, "{seconds}");
        }
    }

    #[test]
    fn ages_survive_clocks_that_disagree() {
        let at = UnixSeconds::new;
        assert_eq!(ago(at(100), at(88)), "12 s ago");
        assert_eq!(ago(at(100), at(99)), "just now");
        assert_eq!(ago(at(100), at(500)), "just now");
    }
}
