//! How wide text is, without a font and without a page: the advance widths of the widest face in the window's list.
//!
//! Measured text is the same natively and in WebAssembly. Other faces of the list are narrower, so what fits by this
//! table fits in all of them.

/// How heavy a text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Above the baseline, in parts of the size: what capitals, digits and ascenders need.
pub(crate) const ASCENT: f64 = 0.76;
/// Below the baseline, in parts of the size.
pub(crate) const DESCENT: f64 = 0.24;
/// From the baseline to the middle of digits and capitals.
pub(crate) const MIDDLE: f64 = 0.36;
/// From one baseline to the next.
pub(crate) const LEADING: f64 = 1.35;

/// Advance widths of the characters from space to tilde in thousandths of the size: DejaVu Sans.
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637,
    637, 637, 637, 637, 637, 337, 337, 838, 838, 838, 531, 1000, 685, 687, 699, 771, 632, 576, 775, 752, 295,
    295, 656, 558, 863, 749, 788, 604, 788, 695, 635, 611, 732, 685, 989, 686, 611, 686, 391, 337, 391, 838,
    500, 500, 613, 635, 550, 635, 616, 353, 635, 634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521,
    393, 634, 592, 818, 592, 592, 525, 637, 337, 637, 838,
];
/// The same of DejaVu Sans Bold.
const BOLD: [u16; 95] = [
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696,
    696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 581, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373,
    373, 775, 638, 996, 837, 851, 733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838,
    500, 500, 675, 716, 593, 716, 679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596,
    479, 712, 652, 924, 646, 652, 583, 712, 366, 712, 838,
];
/// Letters outside the table, in thousandths: wider than almost all that are not ideographs.
const OTHER: u16 = 1_050;
/// Ideographs and pictures.
const FULL: u16 = 1_400;

/// The width of `text` at `size`, in the unit of `size`.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    text.chars().map(|character| f64::from(advance(character, weight))).sum::<f64>() * size / 1_000.0
}

fn advance(character: char, weight: Weight) -> u16 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let from_space =
        u32::from(character).checked_sub(u32::from(' ')).and_then(|index| usize::try_from(index).ok());
    match from_space.and_then(|index| table.get(index)) {
        Some(advance) => *advance,
        None => match character {
            '\u{a0}' => 349,
            '·' | '’' | '‘' => 380,
            '–' => 500,
            '−' | '±' | '×' | '≈' | '≤' | '≥' | '→' | '←' | '↑' | '↓' => 838,
            '…' | '—' => 1_000,
            '\u{2e80}'.. => FULL,
            _ => OTHER,
        },
    }
}

/// `text` in lines no wider than `limit`, broken at spaces; a word that is wider alone is cut.
pub(crate) fn wrapped(text: &str, limit: f64, size: f64, weight: Weight) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = elided(word, limit, size, weight);
        match lines.last_mut() {
            Some(line) if width(line, size, weight) + width(&format!(" {word}"), size, weight) <= limit => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// `text`, its end replaced by an ellipsis if it is wider than `limit`.
pub(crate) fn elided(text: &str, limit: f64, size: f64, weight: Weight) -> String {
    if width(text, size, weight) <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = width("…", size, weight);
    for character in text.chars() {
        used += f64::from(advance(character, weight)) * size / 1_000.0;
        if used > limit {
            break;
        }
        kept.push(character);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// `text` as XML can hold it: control characters and the two code points that no document may contain become spaces.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|one| if one.is_control() || matches!(one, '\u{fffe}' | '\u{ffff}') { ' ' } else { one })
        .collect()
}

/// `text` with the characters that XML reserves written as references.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up_and_bold_is_wider() {
        let of = |text| width(text, 10.0, Weight::Regular);
        assert!((of("0") - 6.37).abs() < 1e-9);
        assert!((of("0123") - 4.0 * of("7")).abs() < 1e-9, "digits are all as wide as each other");
        assert!(width("Strike", 10.0, Weight::Bold) > of("Strike"));
        assert!(of("保護") > of("ab"));
    }

    #[test]
    fn wrapping_keeps_every_word_and_the_limit() {
        let text = "Nothing has been closed in this bucket yet";
        let lines = wrapped(text, 80.0, 12.0, Weight::Regular);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| width(line, 12.0, Weight::Regular) <= 80.0));
        assert!(wrapped("", 80.0, 12.0, Weight::Regular).is_empty());
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        assert_eq!(elided("conservative", 500.0, 12.0, Weight::Regular), "conservative");
        let short = elided("conservative", 50.0, 12.0, Weight::Regular);
        assert!(short.ends_with('…') && short.len() > "…".len());
        assert!(width(&short, 12.0, Weight::Regular) <= 50.0);
    }

    #[test]
    fn reserved_and_forbidden_characters_are_replaced() {
        assert_eq!(escaped("a<b & \"c\"\u{0}\u{7}\u{ffff}>"), "a&lt;b &amp; &quot;c&quot;   &gt;");
    }
}
