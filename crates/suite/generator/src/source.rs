//! A Clarity source, taken apart as far as documents need it: what is defined, the comments above it, error constants,
//! and what is printed. The VM knows the rest, and knows it better.

use anyhow::{Result, bail, ensure};

/// A source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// What is defined, in order.
    pub definitions: Vec<Definition>,
    /// Error constants, in order: name and code.
    pub errors: Vec<(String, u128)>,
    /// Prints, in order.
    pub prints: Vec<Print>,
    /// All texts in quotes, without the quotes.
    pub texts: Vec<String>,
}

/// A definition at the top level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// `define-public`, `define-map`, ….
    pub keyword: String,
    /// Its name.
    pub name: String,
    /// The lines of the comment directly above it, without the semicolons.
    pub comment: Vec<String>,
}

/// A `(print …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// On which line.
    pub line: usize,
    /// What is printed, as far as it can be seen; `None` if no tuple with a field `event` stands there.
    pub event: Option<PrintedEvent>,
}

/// A tuple with a field `event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedEvent {
    /// The name; `None` if the field is not a text but computed.
    pub name: Option<String>,
    /// The names of the other fields that stand there.
    pub fields: Vec<String>,
    /// Whether these are all: nothing is merged in.
    pub is_whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Open(char),
    Close(char),
    /// In quotes, with the quotes.
    Text(&'a str),
    /// Anything else between white space, `,` and brackets. A field's name keeps its `:`.
    Word(&'a str),
}

#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    token: Token<'a>,
    /// From 0.
    line: usize,
}

impl Source {
    /// Takes a source apart.
    ///
    /// # Errors
    /// A text or bracket is not closed.
    pub fn parse(text: &str) -> Result<Self> {
        let tokens = tokens(text)?;
        let lines: Vec<&str> = text.lines().collect();
        let mut source = Self::default();
        let mut depth = 0_usize;
        for (at, Place { token, line }) in tokens.iter().enumerate() {
            let rest = &tokens[at..];
            match token {
                Token::Open(_) => {
                    let words = words(rest);
                    match words[..] {
                        [keyword, name, ..] if depth == 0 && keyword.starts_with("define-") => {
                            source.definitions.push(Definition {
                                keyword: keyword.to_owned(),
                                name: name.to_owned(),
                                comment: comment_above(&lines, *line),
                            });
                            source.errors.extend(error_constant(keyword, name, rest));
                        }
                        ["print", ..] => {
                            source.prints.push(Print { line: line + 1, event: printed_event(form(rest)?) });
                        }
                        _ => {}
                    }
                    depth += 1;
                }
                Token::Close(_) => depth = depth.saturating_sub(1),
                Token::Text(quoted) => source.texts.push(quoted.trim_matches('"').to_owned()),
                Token::Word(_) => {}
            }
        }
        ensure!(depth == 0, "{depth} brackets are not closed");
        Ok(source)
    }

    /// The comment over a definition.
    #[must_use]
    pub fn comment(&self, name: &str) -> &[String] {
        self.definitions
            .iter()
            .find(|definition| definition.name == name)
            .map_or(&[], |definition| definition.comment.as_slice())
    }

    /// The place of a definition in the source, for putting interfaces in its order.
    #[must_use]
    pub fn place(&self, keyword: &str, name: &str) -> usize {
        self.definitions
            .iter()
            .position(|definition| definition.keyword == keyword && definition.name == name)
            .unwrap_or(usize::MAX)
    }
}

fn tokens(text: &str) -> Result<Vec<Place<'_>>> {
    let mut tokens = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(|character: char| character.is_whitespace() || character == ',');
            let Some(first) = rest.chars().next() else { break };
            if rest.starts_with(";;") {
                break;
            }
            let (token, length) = match first {
                '(' | '{' => (Token::Open(first), 1),
                ')' | '}' => (Token::Close(first), 1),
                '"' => {
                    let Some(length) = closing_quote(rest) else {
                        bail!("line {}: a text without end", line + 1)
                    };
                    (Token::Text(&rest[..length]), length)
                }
                _ => {
                    let ends = |character: char| character.is_whitespace() || "(){}\",".contains(character);
                    // A `u` before a quote is a text of Unicode; as a word and a text it does no harm here.
                    let length = rest.find(ends).unwrap_or(rest.len());
                    (Token::Word(&rest[..length]), length)
                }
            };
            tokens.push(Place { token, line });
            rest = &rest[length..];
        }
    }
    Ok(tokens)
}

/// Where the text ends that begins here, its closing quote included.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().skip(1).find_map(|(place, character)| {
        let is_end = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end.then_some(place + 1)
    })
}

/// The first two words after an opening bracket.
fn words<'a>(tokens: &[Place<'a>]) -> Vec<&'a str> {
    let mut words: Vec<&str> = Vec::new();
    for place in tokens.iter().skip(1) {
        match place.token {
            Token::Word(word) => words.push(word),
            // The name of a function stands in the bracket with its arguments.
            Token::Open('(') if words.len() == 1 && words[0].starts_with("define-") => {}
            _ => break,
        }
        if words.len() == 2 {
            break;
        }
    }
    words
}

/// The tokens up to the bracket that closes the first one, both included.
fn form<'a, 'b>(tokens: &'b [Place<'a>]) -> Result<&'b [Place<'a>]> {
    let mut depth = 0_usize;
    for (at, place) in tokens.iter().enumerate() {
        match place.token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(&tokens[..=at]);
        }
    }
    bail!("a bracket is not closed")
}

/// `(define-constant ERR_… (err u…))`.
fn error_constant(keyword: &str, name: &str, tokens: &[Place<'_>]) -> Option<(String, u128)> {
    if keyword != "define-constant" {
        return None;
    }
    match tokens.get(3..6)? {
        [
            Place { token: Token::Open('('), .. },
            Place { token: Token::Word("err"), .. },
            Place { token: Token::Word(code), .. },
        ] => Some((name.to_owned(), code.strip_prefix('u')?.parse().ok()?)),
        _ => None,
    }
}

/// The tuple with the field `event` in a print.
fn printed_event(print: &[Place<'_>]) -> Option<PrintedEvent> {
    let braces = print.iter().enumerate().filter(|(_, place)| place.token == Token::Open('{'));
    for (at, _) in braces {
        let tuple = form(&print[at..]).ok()?;
        let mut fields: Vec<String> = Vec::new();
        let mut name = None;
        let mut depth = 0_usize;
        let mut is_event = false;
        for (at, place) in tuple.iter().enumerate() {
            match place.token {
                Token::Open(_) => depth += 1,
                Token::Close(_) => depth -= 1,
                Token::Word(word) if depth == 1 && word.ends_with(':') => {
                    let field = word.trim_end_matches(':');
                    if field == "event" {
                        is_event = true;
                        if let Some(Place { token: Token::Text(text), .. }) = tuple.get(at + 1) {
                            name = Some(text.trim_matches('"').to_owned());
                        }
                    } else {
                        fields.push(field.to_owned());
                    }
                }
                _ => {}
            }
        }
        if is_event {
            // `(print {…})`, and nothing around the tuple.
            return Some(PrintedEvent { name, fields, is_whole: at == 2 });
        }
    }
    None
}

/// The comment lines directly above a line.
fn comment_above(lines: &[&str], line: usize) -> Vec<String> {
    let above = lines.iter().take(line).rev();
    let comment = above.map_while(|line| line.trim_start().strip_prefix(";;")).map(str::trim);
    let mut comment: Vec<String> =
        comment.take_while(|text| !text.starts_with("---")).map(str::to_owned).collect();
    comment.reverse();
    comment
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#";; a contract: it does (nothing
;; --- ERRORS ---
(define-constant ERR_LATE (err u1140901))
(define-constant NAME "a ; \" (text")

;; Does it.
;; And says so.
(define-public (do-it (amount uint))
  (begin
    (print {event: "done", amount: amount, pair: {a: u1, b: u2}, list: (list 1 2)}) ;; (print {event: "no"})
    (print (merge entry {event: "kept", by: tx-sender}))
    (print {event: name, value: u1})
    (print entry)
    (ok (map-get? things {event: u1}))))
(define-map things {event: uint} uint)
"#;

    #[test]
    fn definitions_have_their_comments() {
        let source = Source::parse(SOURCE).unwrap();
        let names: Vec<_> =
            source.definitions.iter().map(|one| (one.keyword.as_str(), one.name.as_str())).collect();
        assert_eq!(
            names,
            [
                ("define-constant", "ERR_LATE"),
                ("define-constant", "NAME"),
                ("define-public", "do-it"),
                ("define-map", "things")
            ]
        );
        assert_eq!(source.comment("do-it"), ["Does it.", "And says so."]);
        assert!(source.comment("ERR_LATE").is_empty(), "a banner is no comment");
        assert_eq!(source.errors, [("ERR_LATE".to_owned(), 1_140_901)]);
    }

    #[test]
    fn prints_show_their_events() {
        let prints = Source::parse(SOURCE).unwrap().prints;
        let event = |name: Option<&str>, fields: &[&str], is_whole| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            Some(PrintedEvent { name: name.map(str::to_owned), fields, is_whole })
        };
        let found: Vec<_> = prints.into_iter().map(|print| print.event).collect();
        assert_eq!(
            found,
            [
                event(Some("done"), &["amount", "pair", "list"], true),
                event(Some("kept"), &["by"], false),
                event(None, &["value"], true),
                None,
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        assert!(Source::parse("(define-data-var a uint u1").is_err());
        assert!(Source::parse("(print \"a)").is_err());
    }
}
