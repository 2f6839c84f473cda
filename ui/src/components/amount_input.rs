//! A field for an amount: what was typed is read exactly or refused in a sentence, never rounded or guessed.

use bithedge_protocol::{MicroStx, Sats, UsdE8};
use leptos::prelude::*;

use super::unique_id;

/// What is typed into the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AmountUnit {
    /// BTC that are protected, in satoshis.
    Btc,
    /// sBTC, in satoshis.
    Sbtc,
    /// STX, in micro-STX.
    Stx,
    /// US dollars, in 10^-8 USD.
    Usd,
}

impl AmountUnit {
    /// The unit of a token.
    pub(crate) const fn of(asset: bithedge_protocol::Asset) -> Self {
        match asset {
            bithedge_protocol::Asset::Sbtc => Self::Sbtc,
            bithedge_protocol::Asset::Stx => Self::Stx,
        }
    }

    /// What stands behind the figure.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Btc => "BTC",
            Self::Sbtc => Sats::SYMBOL,
            Self::Stx => MicroStx::SYMBOL,
            Self::Usd => UsdE8::SYMBOL,
        }
    }

    /// Base units as they would be typed, the shortest exact form: `1250.75`. Without commas, which could be read in two ways.
    pub(crate) fn typed(self, base_units: u128) -> String {
        self.grouped(base_units).replace(',', "")
    }

    fn grouped(self, base_units: u128) -> String {
        match self {
            Self::Btc | Self::Sbtc => Sats::new(base_units).parts(),
            Self::Stx => MicroStx::new(base_units).parts(),
            Self::Usd => UsdE8::new(base_units).parts(),
        }
        .to_string()
    }

    fn named(self, base_units: u128) -> String {
        format!("{} {}", self.grouped(base_units), self.symbol())
    }
}

/// Between what an amount has to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bounds {
    least: Option<u128>,
    most: Option<u128>,
    /// What the most is: `you have`, `the largest policy is`.
    most_is: &'static str,
}

/// Reads what was typed: base units, `None` of an empty field, or what is wrong with it in a sentence.
fn read(text: &str, unit: AmountUnit, bounds: &Bounds) -> Result<Option<u128>, String> {
    let cleaned = cleaned(text, unit);
    if cleaned.is_empty() {
        return Ok(None);
    }
    check_separators(&cleaned, unit)?;
    let cleaned = cleaned.replace(GAP, ",");
    let read = match unit {
        AmountUnit::Btc | AmountUnit::Sbtc => cleaned.parse::<Sats>().map(Sats::base_units),
        AmountUnit::Stx => cleaned.parse::<MicroStx>().map(MicroStx::base_units),
        AmountUnit::Usd => cleaned.parse::<UsdE8>().map(UsdE8::base_units),
    };
    let amount = read.map_err(|error| match error {
        bithedge_protocol::ParseDecimalError::TooPrecise { given, allowed } => format!(
            "{} has {allowed} decimal places, and this has {given}. Nothing is rounded for you: take some away.",
            unit.symbol()
        ),
        bithedge_protocol::ParseDecimalError::NotANumber { found } if found == '-' || found == '\u{2212}' => {
            "An amount cannot be below zero.".to_owned()
        }
        bithedge_protocol::ParseDecimalError::NotANumber { found: '.' } if cleaned.starts_with('.') && cleaned.len() > 1 => {
            format!("Write a zero before the point: 0{cleaned}.")
        }
        bithedge_protocol::ParseDecimalError::NotANumber { found: ',' } => {
            "Behind the point there are digits alone, without spaces or commas.".to_owned()
        }
        bithedge_protocol::ParseDecimalError::MisplacedComma => {
            "Commas and spaces may only separate groups of three digits; the decimal sign is a point."
                .to_owned()
        }
        other => sentence(&other.to_string()),
    })?;
    if amount == 0 {
        return Err("Enter more than zero.".to_owned());
    }
    if let Some(most) = bounds.most.filter(|most| amount > *most) {
        return Err(format!("That is too much: {} {}.", bounds.most_is, unit.named(most)));
    }
    if let Some(least) = bounds.least.filter(|least| amount < *least) {
        return Err(format!("The smallest amount is {}.", unit.named(least)));
    }
    Ok(Some(amount))
}

/// Refuses what different people read as different amounts: a comma may be meant as the decimal sign.
fn check_separators(cleaned: &str, unit: AmountUnit) -> Result<(), String> {
    if cleaned.contains(GAP) && cleaned.contains(',') {
        return Err(
            "Between groups of digits use either spaces or commas, not both; the decimal sign is a point."
                .to_owned(),
        );
    }
    // With a second comma, or with a point, there is only one way to read it.
    let Some((whole, decimals)) = cleaned.split_once(',') else { return Ok(()) };
    if decimals.chars().chain(whole.chars()).any(|character| !character.is_ascii_digit()) {
        return Ok(());
    }
    let could_be_group = decimals.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    if !could_be_group {
        let whole = if whole.is_empty() { "0" } else { whole };
        return Err(format!("The decimal sign is a point. Did you mean {whole}.{decimals}?"));
    }
    match unit {
        AmountUnit::Btc | AmountUnit::Sbtc | AmountUnit::Stx => Err(format!(
            "A comma can be read in two ways here. Write {whole}{decimals} or {whole}.{decimals}, whichever you mean."
        )),
        // A price has no three decimal places, and thousands of dollars are written so everywhere in this window.
        AmountUnit::Usd => Ok(()),
    }
}

/// Stands for what people put between groups of digits, beside commas.
const GAP: char = ' ';

/// Without what people paste along: the unit before or behind. Spaces or marks between groups of digits become one [`GAP`], which then
/// has to stand where a comma may: `1 5` is not read as 15.
fn cleaned(text: &str, unit: AmountUnit) -> String {
    let text = text.trim_matches(is_gap);
    let signs: &[&str] = match unit {
        AmountUnit::Btc | AmountUnit::Sbtc => &["sbtc", "btc", "\u{20bf}"],
        AmountUnit::Stx => &["stx"],
        AmountUnit::Usd => &["usd", "us$", "$"],
    };
    let lower = text.to_lowercase();
    let bare = signs.iter().find_map(|sign| lower.strip_suffix(sign).or_else(|| lower.strip_prefix(sign)));
    let bare = bare.unwrap_or(text).trim_matches(is_gap);
    // Several in a row are one gap; one beside a comma or a point is none of its own.
    let mut cleaned = String::with_capacity(bare.len());
    let mut is_after_gap = false;
    for character in bare.chars() {
        if is_gap(character) {
            is_after_gap = true;
            continue;
        }
        if is_after_gap && character.is_ascii_digit() && cleaned.ends_with(|last: char| last.is_ascii_digit())
        {
            cleaned.push(GAP);
        }
        is_after_gap = false;
        cleaned.push(character);
    }
    cleaned
}

/// What people put between groups of digits, beside commas.
fn is_gap(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\'' | '_' | '\u{feff}')
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// A field for an amount with a label, a unit, what is wrong in a sentence, and "Max" where there is a most.
#[component]
pub(crate) fn AmountInput(
    /// What it is for.
    #[prop(into)]
    label: String,
    /// What is typed.
    #[prop(into)]
    unit: Signal<AmountUnit>,
    /// The amount in base units; `None` while there is none that can be used. Setting it fills the field.
    value: RwSignal<Option<u128>>,
    /// The smallest amount.
    #[prop(into, optional)]
    least: Signal<Option<u128>>,
    /// The largest amount.
    #[prop(into, optional)]
    most: Signal<Option<u128>>,
    /// What the largest is, before its figure: `you have`.
    #[prop(default = "you have")]
    most_is: &'static str,
    /// Whether a button fills in the largest amount.
    #[prop(optional)]
    max_button: bool,
    /// A quiet line under the field while nothing is wrong.
    #[prop(into, optional)]
    hint: Signal<String>,
    /// Set to what is wrong with what is typed, for whoever cannot go on because of it.
    #[prop(optional)]
    wrong: Option<RwSignal<Option<String>>>,
    /// The test hook; the sentence under the field has it with `-problem`, the button with `-max`.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    let id = unique_id("amount");
    let below = format!("{id}-below");
    let text = RwSignal::new(
        value.get_untracked().map(|amount| unit.get_untracked().typed(amount)).unwrap_or_default(),
    );
    let outcome = Memo::new(move |_| {
        let bounds = Bounds { least: least.get(), most: most.get(), most_is };
        text.with(|text| read(text, unit.get(), &bounds))
    });
    // From the field to the value.
    Effect::new(move |_| {
        let amount = outcome.with(|outcome| outcome.as_ref().ok().copied().flatten());
        if value.get_untracked() != amount {
            value.set(amount);
        }
    });
    // And from the value, if somebody else set it, to the field.
    Effect::new(move |_| {
        let Some(amount) = value.get() else { return };
        let bounds = Bounds::default();
        let shown = text.with_untracked(|text| read(text, unit.get_untracked(), &bounds));
        if shown != Ok(Some(amount)) {
            text.set(unit.get_untracked().typed(amount));
        }
    });
    let problem = Memo::new(move |_| outcome.with(|outcome| outcome.as_ref().err().cloned()));
    if let Some(wrong) = wrong {
        Effect::new(move |_| wrong.set(problem.get()));
    }
    let max = format!("{testid}-max");
    let max_label = format!("Max: {label}, as much as possible");
    let problem_id = format!("{testid}-problem");
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>{label}</label>
            <div class="field-box" class:is-wrong=move || problem.with(Option::is_some)>
                <input
                    class="field-input field-amount"
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    spellcheck="false"
                    id=id
                    data-testid=testid
                    data-amount=move || outcome.with(|outcome| outcome.as_ref().ok().copied().flatten().map(|amount| amount.to_string()))
                    aria-describedby=below.clone()
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <span class="field-unit" aria-hidden="true">{move || unit.get().symbol()}</span>
                {max_button.then(|| view! {
                    <button
                        class="field-button"
                        type="button"
                        data-testid=max
                        aria-label=max_label
                        aria-disabled=move || most.get().is_none().then_some("true")
                        on:click=move |_| if let Some(most) = most.get_untracked() {
                            text.set(unit.get_untracked().typed(most));
                        }
                    >
                        "Max"
                    </button>
                })}
            </div>
            <p
                class="field-below"
                class:is-wrong=move || problem.with(Option::is_some)
                id=below
                data-testid=problem_id
            >
                // Only what is wrong is said aloud: a hint may change with every price.
                <span role="status">{move || problem.get()}</span>
                {move || problem.with(Option::is_none).then(|| hint.get())}
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, unit: AmountUnit) -> Result<Option<u128>, String> {
        read(text, unit, &Bounds::default())
    }

    #[test]
    fn what_people_type_and_paste_is_read_exactly() {
        for (text, unit, expected) in [
            ("0.5", AmountUnit::Btc, 50_000_000),
            (" 1,250.75 ", AmountUnit::Stx, 1_250_750_000),
            ("1\u{a0}250.75 STX", AmountUnit::Stx, 1_250_750_000),
            ("\u{20bf}0.00000001", AmountUnit::Btc, 1),
            ("0.1 BTC", AmountUnit::Sbtc, 10_000_000),
            ("2sBTC", AmountUnit::Sbtc, 200_000_000),
            ("$60,250.5", AmountUnit::Usd, 6_025_050_000_000),
            ("1'000", AmountUnit::Usd, 100_000_000_000),
            ("1, 250 . 75", AmountUnit::Stx, 1_250_750_000),
            ("0.1\n", AmountUnit::Btc, 10_000_000),
            ("1 250", AmountUnit::Stx, 1_250_000_000),
            ("1,250,000", AmountUnit::Stx, 1_250_000_000_000),
            ("60,000", AmountUnit::Usd, 6_000_000_000_000),
        ] {
            assert_eq!(plain(text, unit), Ok(Some(expected)), "{text}");
        }
        assert_eq!(plain("", AmountUnit::Btc), Ok(None));
        assert_eq!(plain("  ", AmountUnit::Btc), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_said_in_a_sentence() {
        for (text, words) in [
            ("0,5", "The decimal sign is a point. Did you mean 0.5?"),
            (
                "0.123456789",
                "BTC has 8 decimal places, and this has 9. Nothing is rounded for you: take some away.",
            ),
            ("-1", "An amount cannot be below zero."),
            ("0", "Enter more than zero."),
            ("0.0", "Enter more than zero."),
            ("1.", "A digit is missing at the end."),
            (".5", "Write a zero before the point: 0.5."),
            (
                "12,34,5",
                "Commas and spaces may only separate groups of three digits; the decimal sign is a point.",
            ),
            (
                "1 5",
                "Commas and spaces may only separate groups of three digits; the decimal sign is a point.",
            ),
            ("0.1 5", "Behind the point there are digits alone, without spaces or commas."),
            ("1.000,5", "Behind the point there are digits alone, without spaces or commas."),
        ] {
            assert_eq!(plain(text, AmountUnit::Btc), Err(words.to_owned()), "{text}");
        }
        for text in ["one", "1e5", "0x10", "1.2.3", "\u{ff11}", &"9".repeat(60)] {
            assert!(plain(text, AmountUnit::Btc).is_err(), "{text}");
        }
    }

    #[test]
    fn a_comma_that_could_be_the_decimal_sign_is_never_read_as_a_group() {
        let tokens = [AmountUnit::Btc, AmountUnit::Sbtc, AmountUnit::Stx];
        for unit in tokens.into_iter().chain([AmountUnit::Usd]) {
            for (text, meant) in [
                ("0,125", "0.125"),
                ("0,500", "0.500"),
                ("00,125", "00.125"),
                (",125", "0.125"),
                ("1250,500", "1250.500"),
            ] {
                let words = format!("The decimal sign is a point. Did you mean {meant}?");
                assert_eq!(plain(text, unit), Err(words), "{text} {unit:?}");
            }
            // Not 125 and not 1,250,500.
            for text in ["0 125", "0'125", "1 250,500", "0,000,125"] {
                assert!(plain(text, unit).is_err(), "{text} {unit:?}");
            }
        }
        for unit in tokens {
            for text in ["1,250", "1, 250", "12,500", "125,000"] {
                assert!(plain(text, unit).is_err_and(|words| words.contains("two ways")), "{text} {unit:?}");
            }
        }
    }

    #[test]
    fn what_the_field_fills_in_is_read_back() {
        for unit in [AmountUnit::Btc, AmountUnit::Sbtc, AmountUnit::Stx, AmountUnit::Usd] {
            for amount in [1, 100_000_000, 125_000_000_000, 1_234_567_890_123_456, u128::MAX] {
                assert_eq!(plain(&unit.typed(amount), unit), Ok(Some(amount)), "{amount} {unit:?}");
            }
        }
        assert_eq!(AmountUnit::Stx.typed(1_250_750_000), "1250.75");
    }

    #[test]
    fn bounds_are_said_with_their_figures() {
        let bounds = Bounds { least: Some(1_000_000), most: Some(250_000_000), most_is: "you have" };
        assert_eq!(read("2.5", AmountUnit::Sbtc, &bounds), Ok(Some(250_000_000)));
        assert_eq!(
            read("2.50000001", AmountUnit::Sbtc, &bounds),
            Err("That is too much: you have 2.5 sBTC.".to_owned())
        );
        assert_eq!(
            read("0.00999999", AmountUnit::Sbtc, &bounds),
            Err("The smallest amount is 0.01 sBTC.".to_owned())
        );
    }
}
