//! Values as Clarity source.

use std::fmt::{self, Write as _};

use super::Value;

pub(super) fn write(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Int(number) => write!(f, "{number}"),
        Value::UInt(number) => write!(f, "u{number}"),
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Buffer(bytes) => write!(f, "0x{}", hex::encode(bytes)),
        Value::StringAscii(text) => quote(text, "\"", f),
        Value::StringUtf8(text) => quote(text, "u\"", f),
        Value::Principal(principal) => write!(f, "'{principal}"),
        Value::Optional(None) => f.write_str("none"),
        Value::Optional(Some(inner)) => write!(f, "(some {inner})"),
        Value::Response(Ok(inner)) => write!(f, "(ok {inner})"),
        Value::Response(Err(inner)) => write!(f, "(err {inner})"),
        Value::List(values) => {
            f.write_str("(list")?;
            for value in values {
                write!(f, " {value}")?;
            }
            f.write_str(")")
        }
        Value::Tuple(fields) => {
            f.write_str("(tuple")?;
            for (name, value) in fields {
                write!(f, " ({name} {value})")?;
            }
            f.write_str(")")
        }
    }
}

/// The text in quotes, with the escapes that Clarity's lexer knows. A form feed, which a `string-ascii` may hold and no
/// escape stands for, stays as it is: the lexer takes it.
fn quote(text: &str, open: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(open)?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            '\x0c' if open == "\"" => f.write_char(character)?,
            character if character.is_ascii_graphic() || character == ' ' => f.write_char(character)?,
            character => write!(f, "\\u{{{:X}}}", u32::from(character))?,
        }
    }
    f.write_char('"')
}
