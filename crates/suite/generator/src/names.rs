//! Clarity's names as Rust's, and comments as documentation.

/// `policy-registry` as `policy_registry`; a keyword gets an underscore.
#[must_use]
pub fn snake(name: &str) -> String {
    let name: String = words(name).join("_");
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// `policy-registry` as `PolicyRegistry`.
#[must_use]
pub fn pascal(name: &str) -> String {
    words(name)
        .iter()
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
        })
        .collect()
}

/// The parts between hyphens, without marks such as `?` and `!`.
fn words(name: &str) -> Vec<String> {
    name.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Keywords of Rust that Clarity takes as names.
const KEYWORDS: [&str; 50] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while",
];

/// Lines of a comment as documentation, with what Markdown or rustdoc would take for markup written as text.
#[must_use]
pub fn documentation(lines: &[String]) -> String {
    lines.iter().map(|line| format!("/// {}\n", plain(line))).map(|line| line.replace(" \n", "\n")).collect()
}

/// A line in which only pairs of backticks are markup.
#[must_use]
pub fn plain(line: &str) -> String {
    let is_paired = line.matches('`').count().is_multiple_of(2);
    let mut text = String::new();
    let mut is_code = false;
    for (place, character) in line.chars().enumerate() {
        match character {
            '`' if is_paired => is_code = !is_code,
            '`' | '[' | ']' | '<' | '>' | '*' | '_' | '\\' | '#' if !is_code => text.push('\\'),
            '-' | '+' if place == 0 => text.push('\\'),
            _ => {}
        }
        text.push(character);
    }
    // A line that starts with a number and a point would be a list.
    match text.split_once(". ") {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{number}\\. {rest}")
        }
        _ => text,
    }
}

/// A text as a string literal.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_changed_as_rust_has_them() {
        assert_eq!(snake("get-policies-by-owner"), "get_policies_by_owner");
        assert_eq!(pascal("get-policies-by-owner"), "GetPoliciesByOwner");
        assert_eq!((snake("is-ok?"), pascal("is-ok?")), ("is_ok".to_owned(), "IsOk".to_owned()));
        assert_eq!(snake("type"), "type_");
    }

    #[test]
    fn comments_stay_text() {
        assert_eq!(plain("a [link] <tag> `code<T>`"), "a \\[link\\] \\<tag\\> `code<T>`");
        assert_eq!(plain("- no list"), "\\- no list");
        assert_eq!(plain("12. no list"), "12\\. no list");
        assert_eq!(plain("a ` alone"), "a \\` alone");
        assert_eq!(documentation(&["One.".to_owned(), String::new()]), "/// One.\n///\n");
    }
}
