//! The passphrase that a person types.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The fewest characters that a new passphrase has.
pub const MIN_PASSPHRASE_CHARACTERS: usize = 8;

/// The most bytes that a passphrase may have in UTF-8, as typed; far above what anybody types.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;

/// Why a text is no passphrase, or none that protects. Never says what was typed. Nothing was changed; choose another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// Too few characters for protecting something new. An existing file opens with the passphrase that it has.
    #[error("a passphrase needs at least {MIN_PASSPHRASE_CHARACTERS} characters, this one has {characters}")]
    TooShort {
        /// How many there are, after normalisation.
        characters: usize,
    },
    /// More than [`MAX_PASSPHRASE_BYTES`].
    #[error("a passphrase has at most {MAX_PASSPHRASE_BYTES} bytes")]
    TooLong,
    /// A line break, a tabulator or the like: pasted by accident, and hard to type again.
    #[error("a passphrase holds no line breaks, tabulators or other control characters")]
    ControlCharacter,
}

/// A passphrase in the one spelling that counts: Unicode's NFKC. The same text opens the file whether a keyboard sends
/// `é` as one character or as two, and in full-width letters too. Letter case and spaces count.
///
/// Overwritten when dropped. No `Debug`, no `Clone`, not serialisable.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// What somebody typed, of any length that is not absurd: an old file may have a shorter passphrase than a new one
    /// may get.
    ///
    /// # Errors
    /// [`PassphraseError::TooLong`], [`PassphraseError::ControlCharacter`].
    pub fn new(typed: &str) -> Result<Self, PassphraseError> {
        if typed.len() > MAX_PASSPHRASE_BYTES {
            return Err(PassphraseError::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(PassphraseError::ControlCharacter);
        }
        // Room for all of it at once: a string that grows leaves its shorter self behind in memory.
        let length = typed.nfkc().map(char::len_utf8).sum();
        let mut normalized = Zeroizing::new(String::with_capacity(length));
        normalized.extend(typed.nfkc());
        Ok(Self(normalized))
    }

    /// Whether it may protect something new: at least [`MIN_PASSPHRASE_CHARACTERS`] characters.
    ///
    /// # Errors
    /// [`PassphraseError::TooShort`].
    pub fn check_strength(&self) -> Result<(), PassphraseError> {
        let characters = self.0.chars().count();
        if characters < MIN_PASSPHRASE_CHARACTERS {
            return Err(PassphraseError::TooShort { characters });
        }
        Ok(())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_passphrase_however_it_is_encoded() {
        let same = |a: &str, b: &str| {
            Passphrase::new(a).unwrap().as_bytes() == Passphrase::new(b).unwrap().as_bytes()
        };
        assert!(same("caf\u{e9} au lait", "cafe\u{301} au lait"));
        assert!(same("\u{212b}ngstr\u{f6}m", "\u{c5}ngstro\u{308}m"));
        assert!(same("ｐａｓｓｗｏｒｄ１", "password1"));
        assert!(same("\u{fb01}ne\u{a0}words", "fine words"));
        assert!(!same("Password", "password"));
        assert!(!same("password", "password "));
        assert!(!same("cafe au lait", "caf\u{e9} au lait"));
    }

    #[test]
    fn length_is_counted_in_characters_after_normalisation() {
        let seven = Passphrase::new("e\u{301}".repeat(7).as_str()).unwrap();
        assert_eq!(seven.check_strength(), Err(PassphraseError::TooShort { characters: 7 }));
        assert_eq!(Passphrase::new("éééééééé").unwrap().check_strength(), Ok(()));
        assert_eq!(
            Passphrase::new("").unwrap().check_strength(),
            Err(PassphraseError::TooShort { characters: 0 })
        );
    }

    #[test]
    fn absurd_texts_are_refused() {
        assert_eq!(Passphrase::new(&"x".repeat(1025)).err(), Some(PassphraseError::TooLong));
        assert!(Passphrase::new(&"x".repeat(1024)).is_ok());
        for bad in ["pass\nword", "password\n", "\tpassword", "pass\0word", "pass\u{85}word"] {
            assert_eq!(Passphrase::new(bad).err(), Some(PassphraseError::ControlCharacter), "{bad:?}");
        }
    }

    #[test]
    fn normalising_never_grows_the_buffer() {
        // The longest expansion there is: one character of 3 bytes becomes 33.
        let text = "\u{fdfa}".repeat(300);
        let passphrase = Passphrase::new(&text).unwrap();
        assert_eq!(passphrase.0.capacity(), passphrase.0.len());
    }
}
