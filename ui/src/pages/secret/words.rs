//! What a person types or pastes as the words of a wallet, made ready for the core, which alone judges it.

/// The words in a text: in lower case, without numbers before them and marks around them.
///
/// A word that holds something else in its middle stays as it is, so that it can be named as wrong.
pub(super) fn words_in(typed: &str) -> impl Iterator<Item = String> + '_ {
    let separates = |character: char| character.is_whitespace() || matches!(character, ',' | ';' | '|');
    typed.split(separates).filter_map(|piece| {
        let word = piece.trim_matches(|character: char| !character.is_alphabetic());
        (!word.is_empty()).then(|| word.to_lowercase())
    })
}

/// How many words there are, as a hint while somebody types.
pub(super) fn count_words(typed: &str) -> usize {
    words_in(typed).count()
}

/// What to say of so many words.
pub(super) fn count_in_words(count: usize) -> String {
    match count {
        0 => "Type or paste the 12 or 24 words, in their order.".to_owned(),
        1 => "1 word of 12 or 24 so far.".to_owned(),
        12 | 24 => format!("{count} words: complete, if these are all of yours."),
        2..=11 => format!("{count} words of 12 or 24 so far."),
        13..=23 => format!("{count} words: a wallet has 12 or 24."),
        _ => format!("{count} words: too many. A wallet has 12 or 24."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(typed: &str) -> Vec<String> {
        words_in(typed).collect()
    }

    #[test]
    fn lists_of_every_kind_become_words() {
        let expected = ["abandon", "ability", "able"];
        for typed in [
            "abandon ability able",
            "  Abandon\tABILITY \n able ",
            "1. abandon 2. ability 3. able",
            "1.abandon\n2.ability\n3.able",
            "1) abandon, 2) ability, 3) able",
            "abandon, ability; able.",
            "\"abandon\" | \"ability\" | \"able\"",
            "(1) abandon\u{a0}(2) ability\u{2003}(3) able",
        ] {
            assert_eq!(cleaned(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn what_is_wrong_inside_a_word_stays_to_be_named() {
        assert_eq!(cleaned("aban2don able"), ["aban2don", "able"]);
        assert_eq!(cleaned("12 24 . -"), Vec::<String>::new());
    }

    #[test]
    fn the_count_is_said_for_every_number() {
        assert!(count_in_words(count_words("")).contains("12 or 24"));
        for count in [12, 24] {
            assert!(count_in_words(count).contains("complete"));
        }
        for count in [1, 2, 11, 13, 23, 25, 400] {
            assert!(!count_in_words(count).contains("complete"), "{count}");
        }
    }
}
