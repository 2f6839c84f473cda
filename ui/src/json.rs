//! What the core says, from JSON to the types of `bithedge_ipc`.
//!
//! The text is read once into a [`Said`], and every type from that. serde makes code for every type and every way of reading it:
//! from JSON's text a struct can be made of an object or of a list, from a [`Said`] of an object alone, which is how it is
//! written, and most of the text's grammar is compiled once instead of with every type. That is a seventh of the page's wasm.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

type Error = serde_json::Error;

/// Reads a value.
///
/// # Errors
/// It is not JSON, or not of that type.
pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(read(text)?)
}

fn read(text: &str) -> Result<Said<'_>, Error> {
    serde_json::from_str(text)
}

/// A value of JSON. Text without escapes stays where it is, so that a secret has no second copy here.
#[derive(Debug)]
enum Said<'t> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Cow<'t, str>),
    List(Vec<Said<'t>>),
    Object(Vec<(Cow<'t, str>, Said<'t>)>),
}

impl Said<'_> {
    #[cold]
    fn is_not(&self, expected: &str) -> Error {
        let kind = match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Unsigned(_) | Self::Signed(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        };
        Error::custom(format_args!("{kind} where {expected} was expected"))
    }
}

impl<'de> Deserialize<'de> for Said<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Said<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Said<'de>, E> {
                Ok(Said::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Said<'de>, E> {
                Ok(Said::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Said<'de>, E> {
                Ok(Said::Unsigned(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Said<'de>, E> {
                Ok(Said::Signed(value))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Said<'de>, E> {
                Ok(Said::Float(value))
            }

            fn visit_str<E>(self, text: &str) -> Result<Said<'de>, E> {
                Ok(Said::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Said<'de>, E> {
                Ok(Said::Text(Cow::Borrowed(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Said<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Said::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Said<'de>, A::Error> {
                let mut object = Vec::new();
                // Keys are texts in JSON. One that came as something else would otherwise end the object in silence.
                while let Some(key) = entries.next_key()? {
                    let Said::Text(key) = key else {
                        return Err(serde::de::Error::custom("a key that is no text"));
                    };
                    object.push((key, entries.next_value()?));
                }
                Ok(Said::Object(object))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

struct Items<'de>(std::vec::IntoIter<Said<'de>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de> {
    rest: std::vec::IntoIter<(Cow<'de, str>, Said<'de>)>,
    value: Option<Said<'de>>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Said::Text(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.value.take().unwrap_or(Said::Null))
    }
}

/// An enum's variant: its name, and what lies in it.
struct Variant<'de> {
    name: Cow<'de, str>,
    content: Said<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Said<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Said<'de>), Error> {
        Ok((seed.deserialize(Said::Text(self.name))?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Said<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if let Self::Null = self { Ok(()) } else { Err(self.is_not("nothing")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
}

/// Methods that read a number in whatever form it has.
macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Self::Unsigned(value) => visitor.visit_u64(value),
                Self::Signed(value) => visitor.visit_i64(value),
                Self::Float(value) => visitor.visit_f64(value),
                other => Err(other.is_not("a number")),
            }
        }
    )*};
}

/// Methods that do as another one does.
macro_rules! same {
    ($($method:ident($($argument:ty),*) = $other:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $argument,)* visitor: V) -> Result<V::Value, Error> {
            self.$other(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Said<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Unsigned(value) => visitor.visit_u64(value),
            Self::Signed(value) => visitor.visit_i64(value),
            Self::Float(value) => visitor.visit_f64(value),
            Self::Text(_) => self.deserialize_str(visitor),
            Self::List(_) => self.deserialize_seq(visitor),
            Self::Object(_) => self.deserialize_map(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Self::Bool(value) = self { visitor.visit_bool(value) } else { Err(self.is_not("a boolean")) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            other => Err(other.is_not("a text")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Self::Null = self { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Self::Null = self { visitor.visit_unit() } else { Err(self.is_not("null")) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::List(list) = self else { return Err(self.is_not("a list")) };
        let mut items = Items(list.into_iter());
        let value = visitor.visit_seq(&mut items)?;
        match items.0.next() {
            None => Ok(value),
            Some(_) => Err(Error::custom("a list is longer than was expected")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::Object(object) = self else { return Err(self.is_not("an object")) };
        visitor.visit_map(Entries { rest: object.into_iter(), value: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = match self {
            Self::Text(name) => Variant { name, content: Self::Null },
            Self::Object(object) => only(object)?,
            other => return Err(other.is_not("one of several")),
        };
        visitor.visit_enum(variant)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    same! {
        deserialize_char() = deserialize_str;
        deserialize_string() = deserialize_str;
        deserialize_identifier() = deserialize_str;
        deserialize_bytes() = deserialize_any;
        deserialize_byte_buf() = deserialize_any;
        deserialize_unit_struct(&'static str) = deserialize_unit;
        deserialize_tuple(usize) = deserialize_seq;
        deserialize_tuple_struct(&'static str, usize) = deserialize_seq;
        deserialize_struct(&'static str, &'static [&'static str]) = deserialize_map;
    }
}

/// The variant that an object of one entry is.
fn only<'t>(object: Vec<(Cow<'t, str>, Said<'t>)>) -> Result<Variant<'t>, Error> {
    let mut entries = object.into_iter();
    match (entries.next(), entries.next()) {
        (Some((name, content)), None) => Ok(Variant { name, content }),
        _ => Err(Error::custom("an object that names not one of several")),
    }
}

#[cfg(test)]
mod crossing;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use bithedge_ipc::secret::{SecretView, SecretWords};
    use bithedge_ipc::{
        ChainSnapshot, ContractCheck, Effect, Event, Figure, KeeperView, NetworkUse, Notice, PageAnswer,
        QuestionView, SessionView, Wish,
    };
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Nothing;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(u64);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pair(i64, bool);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Unit,
        New(String),
        Tuple(u8, u8),
        Struct { a: Option<u32> },
        Empty {},
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Plain,
        Holds { figure: Figure<Vec<Shape>> },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        nothing: Nothing,
        unit: (),
        wrapped: Wrapped,
        pair: Pair,
        shapes: Vec<Shape>,
        array: [u8; 2],
        float: f64,
        whole_float: f64,
        large: u64,
        below: i64,
        letter: char,
        text: String,
        some: Option<Box<str>>,
        none: Option<u8>,
        map: BTreeMap<String, Tagged>,
        #[serde(default)]
        missing: Option<u8>,
    }

    fn all() -> All {
        All {
            nothing: Nothing,
            unit: (),
            wrapped: Wrapped(1),
            pair: Pair(-1, true),
            shapes: vec![
                Shape::Unit,
                Shape::New("n".into()),
                Shape::Tuple(1, 2),
                Shape::Struct { a: Some(3) },
                Shape::Empty {},
            ],
            array: [4, 5],
            float: 0.25,
            whole_float: 2.0,
            large: u64::MAX,
            below: i64::MIN,
            letter: 'ß',
            text: "with \"escapes\"\n\u{1f4a1}".into(),
            some: Some("s".into()),
            none: None,
            map: BTreeMap::from([
                ("plain".to_owned(), Tagged::Plain),
                (
                    "esc\taped".to_owned(),
                    Tagged::Holds { figure: Figure::Known { value: vec![Shape::Unit] } },
                ),
            ]),
            missing: None,
        }
    }

    #[test]
    fn every_shape_is_read_as_it_was_written() {
        let value = all();
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(from_text::<All>(&text).unwrap(), value);
        // As the browser engine writes it, without a decimal point.
        assert_eq!(from_text::<f64>("2").unwrap().to_bits(), 2.0_f64.to_bits());
        assert_eq!(
            from_text::<All>(&text.replace(r#""text":"#, r#""newer":{"a":[1]},"text":"#)).unwrap(),
            value
        );
    }

    /// What `serde_json` does with it, this does too.
    fn agrees<T: DeserializeOwned + PartialEq + Debug>(text: &str) -> bool {
        let (ours, theirs) = (from_text::<T>(text), serde_json::from_str::<T>(text));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{text}: {ours:?}, {theirs:?}");
        ours.ok() == theirs.ok()
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for text in [
            "",
            "nul",
            "1 2",
            "[1,2]",
            "{}",
            "null",
            "true",
            "-1",
            "1.5",
            "18446744073709551616",
            "\"1\"",
            "300",
            "[-1,true]",
            "[-1]",
            "[-1,true,0]",
            "[-1,null]",
            "\"Unit\"",
            "\"None\"",
            "{\"Unit\":null}",
            "{\"Unit\":1}",
            "{\"New\":\"a\"}",
            "{\"New\":1}",
            "\"New\"",
            "{\"Tuple\":[1,2]}",
            "{\"Tuple\":[1]}",
            "{\"Tuple\":[1,2,3]}",
            "{\"Struct\":{}}",
            "{\"Struct\":{\"a\":-1}}",
            "{\"Struct\":{},\"New\":\"a\"}",
            "{\"Struct\":{\"a\":1,\"a\":1}}",
            "{\"kind\":\"Plain\"}",
            "{\"kind\":\"None\"}",
            "{\"kind\":\"Holds\"}",
        ] {
            assert!(agrees::<u8>(text) && agrees::<i64>(text) && agrees::<bool>(text) && agrees::<()>(text));
            assert!(agrees::<String>(text) && agrees::<Vec<u8>>(text) && agrees::<Option<u8>>(text));
            assert!(agrees::<Pair>(text) && agrees::<[i64; 2]>(text) && agrees::<Shape>(text), "{text}");
            assert!(agrees::<Tagged>(text) && agrees::<Wrapped>(text) && agrees::<Nothing>(text), "{text}");
        }
        // The one difference: a struct is never a list, since nothing writes one so.
        assert!(from_text::<Notice>(r#"["core_silent","","","",""]"#).is_err());
    }

    #[test]
    fn what_the_core_says_is_read() {
        let notice =
            json!({"fault": "core_silent", "happened": "a", "means": "b", "remedy": "c", "detail": ""});
        let text = json!({"stopped": {"alarms": ["7"], "notice": notice}}).to_string();
        agrees::<KeeperView>(&text);
        for text in [r#""none""#, r#"{"pages_changed":{}}"#, r#"{"unknown":{}}"#, "{}", "null"] {
            agrees::<Event>(text);
            agrees::<Effect>(text);
            agrees::<NetworkUse>(text);
            agrees::<KeeperView>(text);
            agrees::<PageAnswer>(text);
            agrees::<Wish>(text);
            agrees::<ContractCheck>(text);
            agrees::<Option<QuestionView>>(text);
            agrees::<SessionView>(text);
            agrees::<ChainSnapshot>(text);
        }
        assert!(matches!(from_text::<Event>(r#"{"pages_changed":{}}"#).unwrap(), Event::PagesChanged {}));
        let _: (Option<SecretView>, Option<SecretWords>) =
            (from_text("null").unwrap(), from_text("null").unwrap());
    }
}
