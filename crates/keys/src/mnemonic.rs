//! BIP-39 mnemonics: made, read, shown, and verified by re-entry. English, 12 or 24 words.

use bip39::Language;
use bithedge_stacks::Seed;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::random::{self, Randomness, RandomnessError};

/// The longest text that is looked at, in bytes: 24 words of 8 letters with room for odd spaces and encodings.
const MAX_TEXT_BYTES: usize = 4096;

/// The longest English word, in letters.
const MAX_WORD_LETTERS: usize = 8;

/// How many words a mnemonic has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WordCount {
    /// 12 words, 128 bits.
    Twelve,
    /// 24 words, 256 bits.
    TwentyFour,
}

impl WordCount {
    /// The number.
    pub const fn words(self) -> usize {
        match self {
            Self::Twelve => 12,
            Self::TwentyFour => 24,
        }
    }

    /// The bytes of randomness behind them.
    pub(crate) const fn entropy_bytes(self) -> usize {
        match self {
            Self::Twelve => 16,
            Self::TwentyFour => 32,
        }
    }
}

/// Why what was typed is no mnemonic. Says where, never what. Nothing was changed; correct the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MnemonicError {
    /// A word is not in the English list: most likely misspelt.
    #[error("word number {position} is not in the list of English words")]
    UnknownWord {
        /// Which word, counted from 1.
        position: usize,
    },
    /// Neither 12 nor 24 words.
    #[error("there are {found} words; a mnemonic has 12 or 24")]
    WordCount {
        /// How many there are.
        found: usize,
    },
    /// All words are in the list, but they are no mnemonic: one is another than it was, or two are exchanged.
    #[error("the words do not fit together: one of them is wrong, or their order is")]
    Checksum,
    /// Far longer than 24 words.
    #[error("the text is too long to be a mnemonic")]
    TooLong,
}

/// Why a re-entry does not confirm a mnemonic. Says where, never what. Nothing was changed; look at what was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReentryError {
    /// A word is not the one that was shown.
    #[error("word number {position} is not the one that was shown")]
    WrongWord {
        /// Which word, counted from 1.
        position: usize,
    },
    /// Too many or too few words.
    #[error("{found} words were entered; {expected} were asked for")]
    WordCount {
        /// How many were entered.
        found: usize,
        /// How many were asked for.
        expected: usize,
    },
}

/// A mnemonic: whoever knows the words owns the accounts. Overwritten when dropped. No `Debug`, no `Clone`, not
/// serialisable; the words leave it through [`words`](Self::words) alone.
pub struct Mnemonic(Box<bip39::Mnemonic>);

impl Mnemonic {
    /// A new one.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn generate(count: WordCount, source: &dyn Randomness) -> Result<Self, RandomnessError> {
        let mut entropy = Zeroizing::new([0; 32]);
        source.fill(entropy.as_mut_slice())?;
        let used = entropy.get(..count.entropy_bytes()).unwrap_or_default();
        // It fails for other lengths only.
        Self::from_entropy(used).ok_or(RandomnessError)
    }

    /// Reads what a person typed or pasted: any white space between the words, any letter case, any Unicode spelling.
    ///
    /// # Errors
    /// Says which word is unknown, or what else is wrong.
    pub fn parse(typed: &str) -> Result<Self, MnemonicError> {
        if typed.len() > MAX_TEXT_BYTES {
            return Err(MnemonicError::TooLong);
        }
        let typed = spelled_as_in_the_list(typed);
        let mut phrase = Zeroizing::new(String::with_capacity(24 * (MAX_WORD_LETTERS + 1)));
        let mut found = 0;
        for (index, word) in typed.split_whitespace().enumerate() {
            if Language::English.find_word(word).is_none() {
                return Err(MnemonicError::UnknownWord { position: index + 1 });
            }
            found = index + 1;
            if found <= 24 {
                phrase.push_str(word);
                phrase.push(' ');
            }
        }
        if found != 12 && found != 24 {
            return Err(MnemonicError::WordCount { found });
        }
        let mnemonic = bip39::Mnemonic::parse_in_normalized(Language::English, phrase.trim_end())
            .map_err(|_| MnemonicError::Checksum)?;
        Ok(Self(Box::new(mnemonic)))
    }

    /// From the randomness behind it: 16 or 32 bytes.
    pub(crate) fn from_entropy(entropy: &[u8]) -> Option<Self> {
        if !matches!(entropy.len(), 16 | 32) {
            return None;
        }
        let mnemonic = bip39::Mnemonic::from_entropy_in(Language::English, entropy).ok()?;
        Some(Self(Box::new(mnemonic)))
    }

    /// The randomness behind it, in the first 16 or 32 bytes.
    pub(crate) fn entropy(&self) -> (Zeroizing<[u8; 33]>, WordCount) {
        let (entropy, _) = self.0.to_entropy_array();
        (Zeroizing::new(entropy), self.word_count())
    }

    /// How many words it has.
    pub fn word_count(&self) -> WordCount {
        if self.0.word_count() == 12 { WordCount::Twelve } else { WordCount::TwentyFour }
    }

    /// **The words**, to be shown to their owner and to nobody else. They point into the word list, so that nothing is
    /// copied; whoever copies them has to overwrite the copy.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.words()
    }

    /// What the accounts are derived from. No BIP-39 passphrase: other Stacks wallets have none, and a forgotten one
    /// would be another, empty wallet.
    pub(crate) fn seed(&self) -> Option<Box<Seed>> {
        let mut phrase = Zeroizing::new(String::with_capacity(24 * (MAX_WORD_LETTERS + 1)));
        for word in self.words() {
            phrase.push_str(word);
            phrase.push(' ');
        }
        Seed::from_mnemonic(phrase.trim_end(), "").ok().map(Box::new)
    }

    /// Compares all words with what was typed again, as tolerantly as [`parse`](Self::parse) reads.
    ///
    /// # Errors
    /// The first word that differs, or the number of words.
    pub fn verify_all(&self, typed: &str) -> Result<(), ReentryError> {
        let expected = self.word_count().words();
        let typed = spelled_as_in_the_list(typed.get(..MAX_TEXT_BYTES).unwrap_or(typed));
        let found = typed.split_whitespace().count();
        if found != expected {
            return Err(ReentryError::WordCount { found, expected });
        }
        let mut pairs = self.words().zip(typed.split_whitespace()).zip(1..);
        match pairs.find(|((word, typed), _)| word != typed) {
            Some((_, position)) => Err(ReentryError::WrongWord { position }),
            None => Ok(()),
        }
    }
}

/// Asks for some words by their position, to make sure that somebody has written all of them down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordCheck {
    positions: Vec<usize>,
}

impl WordCheck {
    /// Asks for `asked` different words of that many, in random order; for all of them if it has no more.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new(count: WordCount, asked: usize, source: &dyn Randomness) -> Result<Self, RandomnessError> {
        let mut left: Vec<usize> = (1..=count.words()).collect();
        let mut positions = Vec::new();
        while positions.len() < asked && !left.is_empty() {
            positions.push(left.swap_remove(random::below(source, left.len())?));
        }
        Ok(Self { positions })
    }

    /// The positions asked for, counted from 1, in the order in which the answers are expected.
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// Compares the answers, in the order of [`positions`](Self::positions).
    ///
    /// # Errors
    /// The first answer that is wrong, or the number of answers.
    pub fn verify(&self, mnemonic: &Mnemonic, answers: &[&str]) -> Result<(), ReentryError> {
        if answers.len() != self.positions.len() {
            return Err(ReentryError::WordCount { found: answers.len(), expected: self.positions.len() });
        }
        for (&position, answer) in self.positions.iter().zip(answers) {
            let answer = spelled_as_in_the_list(answer.get(..MAX_TEXT_BYTES).unwrap_or(answer));
            if mnemonic.words().nth(position.saturating_sub(1)) != Some(answer.trim()) {
                return Err(ReentryError::WrongWord { position });
            }
        }
        Ok(())
    }
}

/// The words that begin so, for completing what is being typed; none for nothing typed.
pub fn suggestions(prefix: &str) -> &'static [&'static str] {
    let prefix = spelled_as_in_the_list(prefix.get(..MAX_TEXT_BYTES).unwrap_or(prefix));
    let prefix = prefix.trim();
    if prefix.is_empty() {
        return &[];
    }
    // The English list is sorted.
    let words = Language::English.word_list();
    let first = words.partition_point(|word| *word < prefix);
    let rest = words.get(first..).unwrap_or_default();
    let count = rest.iter().take_while(|word| word.starts_with(prefix)).count();
    rest.get(..count).unwrap_or_default()
}

/// Compatibility-decomposed and in lower case, without marks that nobody sees.
fn spelled_as_in_the_list(typed: &str) -> Zeroizing<String> {
    let spelled = || {
        typed
            .nfkd()
            .flat_map(char::to_lowercase)
            // Zero-width characters come along when text is copied out of web pages.
            .filter(|letter| !matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
    };
    // Room for all of it at once: a string that grows leaves its shorter self behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(spelled().map(char::len_utf8).sum()));
    text.extend(spelled());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandomness;

    const ABOUT: &str =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    const DEPLOYER: &str = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow \
                            spring wrist shed math olympic multiply hip blue scout claw";

    fn words(mnemonic: &Mnemonic) -> String {
        mnemonic.words().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_typed_is_read_however_it_is_spaced_and_encoded() {
        let full_width: String = ABOUT
            .chars()
            .map(|c| if c == ' ' { '\u{3000}' } else { char::from_u32(c as u32 + 0xfee0).unwrap() })
            .collect();
        for typed in [
            ABOUT.to_owned(),
            format!("  \r\n{}\t", ABOUT.replace(' ', " \n\t")),
            ABOUT.to_uppercase(),
            ABOUT.replace(' ', "\u{a0}"),
            ABOUT.replace(' ', "\u{200b} \u{feff}"),
            full_width,
        ] {
            assert_eq!(words(&Mnemonic::parse(&typed).ok().unwrap()), ABOUT, "{typed:?}");
        }
        assert_eq!(words(&Mnemonic::parse(DEPLOYER).ok().unwrap()), DEPLOYER);
    }

    #[test]
    fn errors_say_where_and_not_what() {
        let error = |typed: &str| Mnemonic::parse(typed).err();
        assert_eq!(
            error(&ABOUT.replace("about", "abuot")),
            Some(MnemonicError::UnknownWord { position: 12 })
        );
        assert_eq!(error("abandon mistyped"), Some(MnemonicError::UnknownWord { position: 2 }));
        assert_eq!(error(""), Some(MnemonicError::WordCount { found: 0 }));
        for found in [1, 11, 13, 15, 18, 21, 23, 25, 100] {
            let typed = vec!["abandon"; found].join(" ");
            assert_eq!(error(&typed), Some(MnemonicError::WordCount { found }));
        }
        assert_eq!(error(&["abandon"; 12].join(" ")), Some(MnemonicError::Checksum));
        assert_eq!(error(&ABOUT.replacen("abandon", "ability", 1)), Some(MnemonicError::Checksum));
        assert_eq!(error(&"a".repeat(5000)), Some(MnemonicError::TooLong));
    }

    #[test]
    fn generated_ones_are_different_and_read_back() {
        for count in [WordCount::Twelve, WordCount::TwentyFour] {
            let [one, other] = [0; 2].map(|_| Mnemonic::generate(count, &OsRandomness).unwrap());
            assert_eq!(one.words().count(), count.words());
            assert_ne!(words(&one), words(&other));
            assert_eq!(words(&Mnemonic::parse(&words(&one)).ok().unwrap()), words(&one));
            let (entropy, found) = one.entropy();
            assert_eq!(found, count);
            let again = Mnemonic::from_entropy(&entropy[..count.entropy_bytes()]).unwrap();
            assert_eq!(words(&again), words(&one));
        }
        assert!(Mnemonic::from_entropy(&[0; 20]).is_none());
    }

    #[test]
    fn re_entry_of_all_words_names_the_first_that_differs() {
        let mnemonic = Mnemonic::parse(DEPLOYER).ok().unwrap();
        assert_eq!(mnemonic.verify_all(&DEPLOYER.to_uppercase()), Ok(()));
        let wrong = DEPLOYER.replace("green", "blue");
        assert_eq!(mnemonic.verify_all(&wrong), Err(ReentryError::WrongWord { position: 13 }));
        assert_eq!(mnemonic.verify_all(ABOUT), Err(ReentryError::WordCount { found: 12, expected: 24 }));
    }

    #[test]
    fn a_check_asks_for_different_words_and_takes_only_the_right_ones() {
        let mnemonic = Mnemonic::parse(DEPLOYER).ok().unwrap();
        let all: Vec<&str> = DEPLOYER.split_whitespace().collect();
        let mut asked = [false; 24];
        for _ in 0..200 {
            let check = WordCheck::new(WordCount::TwentyFour, 4, &OsRandomness).unwrap();
            let mut positions = check.positions().to_vec();
            let answers: Vec<&str> = positions.iter().map(|&position| all[position - 1]).collect();
            assert_eq!(check.verify(&mnemonic, &answers), Ok(()));
            for (index, &position) in positions.iter().enumerate() {
                let mut wrong = answers.clone();
                wrong[index] = "zoo";
                assert_eq!(check.verify(&mnemonic, &wrong), Err(ReentryError::WrongWord { position }));
                asked[position - 1] = true;
            }
            assert_eq!(
                check.verify(&mnemonic, &answers[1..]),
                Err(ReentryError::WordCount { found: 3, expected: 4 })
            );
            positions.sort_unstable();
            positions.dedup();
            assert_eq!(positions.len(), 4);
        }
        // 800 questions: the chance that a position is never asked for is below 10⁻¹³.
        assert_eq!(asked, [true; 24]);
        assert_eq!(WordCheck::new(WordCount::Twelve, 99, &OsRandomness).unwrap().positions().len(), 12);
    }

    #[test]
    fn suggestions_are_the_words_that_begin_so() {
        assert_eq!(suggestions("aban"), ["abandon"]);
        assert_eq!(suggestions(" ZO"), ["zone", "zoo"]);
        assert_eq!(suggestions(""), [""; 0]);
        assert_eq!(suggestions("qq"), [""; 0]);
    }
}
