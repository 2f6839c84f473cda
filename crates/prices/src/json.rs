//! JSON read by hand, so that every way of being wrong has its name: objects stay objects, numbers stay text, nothing is
//! there twice.

use core::fmt;
use core::marker::PhantomData;

use bithedge_protocol::{UnixSeconds, UsdE8};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::refusal::excerpt;
use crate::{FieldProblem, Refusal, parse_usd};

/// A part of an answer, and how it is called in messages.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    name: &'static str,
    json: &'a str,
}

impl<'a> Value<'a> {
    /// A whole answer. What is inside is checked to be JSON, once, here.
    pub(crate) fn document(body: &'a [u8]) -> Result<Self, Refusal> {
        let not_json = |reason: String| Refusal::NotJson { reason: excerpt(&reason) };
        let raw: &RawValue = serde_json::from_slice(body).map_err(|error| not_json(error.to_string()))?;
        Ok(Self { name: "the answer", json: raw.get() })
    }

    fn problem(self, problem: FieldProblem) -> Refusal {
        Refusal::Field { field: self.name, problem }
    }

    /// Its members.
    pub(crate) fn object(self) -> Result<Object<'a>, Refusal> {
        let members: Members<'a> =
            serde_json::from_str(self.json).map_err(|_| self.problem(FieldProblem::NotAnObject))?;
        Ok(Object { name: self.name, members: members.0 })
    }

    /// Its elements, each called as the array is.
    pub(crate) fn array(self) -> Result<Vec<Self>, Refusal> {
        let elements: Elements<'a> =
            serde_json::from_str(self.json).map_err(|_| self.problem(FieldProblem::NotAnArray))?;
        Ok(elements.0.into_iter().map(|raw| Self { name: self.name, json: raw.get() }).collect())
    }

    /// The element of an array with this number, under a name of its own.
    pub(crate) fn element(self, index: usize, name: &'static str) -> Result<Self, Refusal> {
        let element = self.array()?.get(index).copied().ok_or(self.problem(FieldProblem::NotAnArray))?;
        Ok(Self { name, ..element })
    }

    /// The only element of an array.
    pub(crate) fn only_element(self) -> Result<Self, Refusal> {
        match self.array()?.as_slice() {
            [only] => Ok(*only),
            _ => Err(self.problem(FieldProblem::NotAnArray)),
        }
    }

    /// A string without escapes: prices, times and names have none.
    pub(crate) fn text(self) -> Result<&'a str, Refusal> {
        self.json
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|text| !text.contains('\\'))
            .ok_or(self.problem(FieldProblem::NotText))
    }

    /// Somebody's words, or the JSON itself if they are no string.
    pub(crate) fn words(self) -> String {
        excerpt(&serde_json::from_str::<String>(self.json).unwrap_or_else(|_| self.json.to_owned()))
    }

    fn number(self) -> Result<&'a str, Refusal> {
        let is_number = self.json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if is_number { Ok(self.json) } else { Err(self.problem(FieldProblem::NotANumber)) }
    }

    fn price(self, text: &str) -> Result<UsdE8, Refusal> {
        parse_usd(text).map_err(|error| self.problem(FieldProblem::Price(error)))
    }

    /// A price that is documented as a string.
    pub(crate) fn price_text(self) -> Result<UsdE8, Refusal> {
        self.price(self.text()?)
    }

    /// A price that is documented as a number.
    pub(crate) fn price_number(self) -> Result<UsdE8, Refusal> {
        self.price(self.number()?)
    }

    fn whole(self, text: &str) -> Result<u64, Refusal> {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse().ok()).flatten().ok_or(self.problem(FieldProblem::NotATime))
    }

    /// Seconds since 1970, as a string.
    pub(crate) fn seconds_text(self) -> Result<UnixSeconds, Refusal> {
        Ok(UnixSeconds::new(self.whole(self.text()?)?))
    }

    /// Seconds since 1970, as a number.
    pub(crate) fn seconds_number(self) -> Result<UnixSeconds, Refusal> {
        Ok(UnixSeconds::new(self.whole(self.number()?)?))
    }

    /// Milliseconds since 1970, as a string.
    pub(crate) fn millis_text(self) -> Result<UnixSeconds, Refusal> {
        Ok(UnixSeconds::new(self.whole(self.text()?)? / 1000))
    }

    /// `2020-03-20T00:22:57.833Z`.
    pub(crate) fn rfc3339(self) -> Result<UnixSeconds, Refusal> {
        let time = OffsetDateTime::parse(self.text()?, &Rfc3339)
            .ok()
            .and_then(|time| u64::try_from(time.unix_timestamp()).ok())
            .ok_or(self.problem(FieldProblem::NotATime))?;
        Ok(UnixSeconds::new(time))
    }
}

/// A JSON object, its members in their order, doubles included.
pub(crate) struct Object<'a> {
    name: &'static str,
    members: Vec<(String, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// The member of this name.
    pub(crate) fn field(&self, name: &'static str) -> Result<Value<'a>, Refusal> {
        let mut found = self.members.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some((_, raw)), None) => Ok(Value { name, json: raw.get() }),
            (None, _) => Err(Refusal::Field { field: name, problem: FieldProblem::Missing }),
            (Some(_), Some(_)) => Err(Refusal::Field { field: name, problem: FieldProblem::Twice }),
        }
    }

    /// The only member, which has to have this name: it says what the answer is about.
    pub(crate) fn about(&self, expected: &'static str) -> Result<Value<'a>, Refusal> {
        match self.members.as_slice() {
            [(key, raw)] if key == expected => Ok(Value { name: expected, json: raw.get() }),
            [(key, _)] => Err(wrong_pair(expected, key)),
            [] => Err(Refusal::Field { field: expected, problem: FieldProblem::Missing }),
            _ => Err(Refusal::Field { field: self.name, problem: FieldProblem::Twice }),
        }
    }

    /// The names of all members, in their order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.members.iter().map(|(key, _)| key.as_str()).collect()
    }
}

/// The refusal of an answer about something else.
pub(crate) fn wrong_pair(expected: &str, found: &str) -> Refusal {
    Refusal::WrongPair { expected: expected.to_owned(), found: excerpt(found) }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit<'de>(PhantomData<&'de ()>);

        impl<'de> Visitor<'de> for Visit<'de> {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visit(PhantomData))
    }
}

struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit<'de>(PhantomData<&'de ()>);

        impl<'de> Visitor<'de> for Visit<'de> {
            type Value = Elements<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }

        deserializer.deserialize_seq(Visit(PhantomData))
    }
}
