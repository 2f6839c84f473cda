//! How hard a passphrase is to guess, roughly and on the safe side: it is a hint, and the core has the last word.

use std::collections::BTreeSet;

/// How hard it is to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Fewer characters than the core takes.
    TooShort,
    /// It would be found soon by somebody who has the key file.
    Weak,
    /// It would take a while.
    Fair,
    /// It would take very long.
    Good,
}

impl Strength {
    /// For the test hook and the style sheet.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too-short",
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Good => "good",
        }
    }

    /// What is said of it.
    pub(super) fn words(self, shortest: u32) -> String {
        match self {
            Self::TooShort => format!("Too short: it needs at least {shortest} characters."),
            Self::Weak => {
                "Weak: easy to guess for a program. Add words that have nothing to do with each other."
                    .to_owned()
            }
            Self::Fair => "Fair: it takes a program a while. One or two more words make it good.".to_owned(),
            Self::Good => {
                "Good: hard to guess, if you made it up at random and use it nowhere else.".to_owned()
            }
        }
    }
}

/// Of a word that somebody chose freely, in bits: one of about two thousand.
const BITS_OF_A_WORD: u32 = 11;
/// Of a letter in something that is no word.
const BITS_OF_A_LETTER: u32 = 3;
/// Longer words are not in a list of words.
const LONGEST_WORD: u32 = 15;
/// More words than this change nothing.
const MOST_WORDS: usize = 64;
/// Of a character that follows the one before it, as in `aaaa` or `1234`.
const BITS_OF_A_STEP: u32 = 1;
/// Below it a passphrase is weak: at about a second for a guess, as the key file costs, three words take one computer centuries, and a
/// thousand computers months.
const FAIR_BITS: u32 = 33;
/// From here on it is good: four words.
const GOOD_BITS: u32 = 44;

/// What everybody tries first. Compared without letter case and with digits and marks at the end left out.
const COMMON: [&str; 16] = [
    "password",
    "passwort",
    "passphrase",
    "bithedge",
    "bitcoin",
    "satoshi",
    "stacks",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "asdfghjkl",
    "letmein",
    "welcome",
    "iloveyou",
    "changeme",
    "administrator",
];

/// How hard `passphrase` is to guess, if the shortest that is taken has `shortest` characters.
pub(super) fn strength(passphrase: &str, shortest: u32) -> Strength {
    let characters = u32::try_from(passphrase.chars().count()).unwrap_or(u32::MAX);
    if characters < shortest {
        return Strength::TooShort;
    }
    match bits(passphrase) {
        bits if bits < FAIR_BITS => Strength::Weak,
        bits if bits < GOOD_BITS => Strength::Fair,
        _ => Strength::Good,
    }
}

/// The smaller of two estimates: as characters, and as words out of a dictionary.
fn bits(passphrase: &str) -> u32 {
    let is_end = |character: char| !character.is_alphabetic();
    let root = passphrase.trim_matches(is_end);
    if COMMON.iter().any(|common| root.chars().flat_map(char::to_lowercase).eq(common.chars())) {
        return 0;
    }
    let as_characters = character_bits(passphrase);
    let words = || {
        passphrase
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(MOST_WORDS)
    };
    if !words().all(|word| word.chars().all(char::is_alphabetic)) {
        return as_characters;
    }
    let of_word = |(index, word): (usize, &str)| {
        let letters = u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
        if words().take(index).any(|before| before == word) {
            BITS_OF_A_STEP
        } else if letters <= LONGEST_WORD {
            BITS_OF_A_WORD.min(letters.saturating_mul(BITS_OF_A_LETTER))
        } else {
            // No word of a dictionary: letters at random.
            letters.saturating_mul(BITS_OF_A_LETTER)
        }
    };
    words().enumerate().map(of_word).fold(0, u32::saturating_add).min(as_characters)
}

/// Bits if every character were chosen out of the kinds that occur, less what repetitions and runs give away.
fn character_bits(passphrase: &str) -> u32 {
    let size_of = |character: char| match character {
        'a'..='z' => (0, 26),
        'A'..='Z' => (1, 26),
        '0'..='9' => (2, 10),
        _ => (3, 20),
    };
    let kinds: BTreeSet<(u8, u32)> = passphrase.chars().map(size_of).collect();
    let alphabet: u32 = kinds.into_iter().map(|(_, size)| size).sum();
    // People do not choose evenly: a bit less for each.
    let of_one = alphabet.max(2).ilog2().saturating_sub(1).max(1);
    let mut before: Option<u32> = None;
    let mut total: u32 = 0;
    for character in passphrase.chars() {
        let code = u32::from(character);
        let is_step = before.is_some_and(|before| before.abs_diff(code) <= 1);
        total = total.saturating_add(if is_step { BITS_OF_A_STEP } else { of_one });
        before = Some(code);
    }
    // Few different characters are quickly tried, however often they come.
    let mut different: Vec<char> = passphrase.chars().collect();
    different.sort_unstable();
    different.dedup();
    let most = u32::try_from(different.len()).unwrap_or(u32::MAX).saturating_mul(of_one.saturating_add(2));
    total.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_for_the_core_is_said_to_be() {
        for (passphrase, expected) in [("", true), ("1234567", true), ("éééé", true), ("Tr0ub4d&", false)]
        {
            assert_eq!(strength(passphrase, 8) == Strength::TooShort, expected, "{passphrase}");
        }
        assert_eq!(strength("Tr0ub4d&", 9), Strength::TooShort);
    }

    #[test]
    fn what_everybody_uses_is_weak_however_long() {
        for passphrase in [
            "password",
            "Password123!",
            "12345678901234567890",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "BitHedge2024",
            "abababababababababab",
            "correct correct correct correct",
        ] {
            assert_eq!(strength(passphrase, 8), Strength::Weak, "{passphrase}");
        }
    }

    #[test]
    fn more_words_are_better() {
        let steps = ["orbit lantern", "orbit lantern cactus", "orbit lantern cactus velvet"];
        let found = steps.map(|passphrase| strength(passphrase, 8));
        assert_eq!(found, [Strength::Weak, Strength::Fair, Strength::Good]);
        assert_eq!(strength("administration", 8), Strength::Weak);
        assert_eq!(strength("vX9#qLm2$Tz7wR", 8), Strength::Good);
    }

    #[test]
    fn any_text_is_judged() {
        for passphrase in ["\u{1f512}".repeat(300), "é".repeat(9), " ".repeat(40), "x".repeat(100_000)] {
            assert_eq!(strength(&passphrase, 8), Strength::Weak);
        }
    }
}
