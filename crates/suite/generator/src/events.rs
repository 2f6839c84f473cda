//! The schema of what contracts print.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::names::{literal, pascal, plain, snake};
use crate::suite::SuiteContract;
use crate::{EVENTS, find};

/// An event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The contract that prints it.
    pub contract: String,
    /// Its name, the field `event`.
    pub name: String,
    /// When it is printed, in a sentence.
    pub when: String,
    /// The other fields with their types, in order.
    pub fields: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema {
    event: Vec<Event>,
}

/// The schema.
///
/// # Errors
/// The file cannot be read, or has another form.
pub fn read(root: &Path) -> Result<Vec<Event>> {
    let text = std::fs::read_to_string(root.join(EVENTS)).context(EVENTS)?;
    parse(&text)
}

/// The schema in a text.
///
/// # Errors
/// The text has another form.
pub fn parse(text: &str) -> Result<Vec<Event>> {
    Ok(toml::from_str::<Schema>(text).context(EVENTS)?.event)
}

/// Where the schema and the sources differ.
#[must_use]
pub fn complaints(contracts: &[SuiteContract], events: &[Event]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut declared: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for event in events {
        let fields = event.fields.keys().map(String::as_str).collect();
        let known = declared.entry(&event.contract).or_default();
        if known.insert(&event.name, fields).is_some() {
            complaints.push(format!("{EVENTS} has {} of {} twice", event.name, event.contract));
        }
        if find(contracts, &event.contract).is_none() {
            complaints.push(format!("{EVENTS} has an event of {}, which is no contract", event.contract));
        }
        for (field, kind) in &event.fields {
            let rust = kind.as_str().context("not a text").and_then(rust_type);
            if let Err(error) = rust {
                complaints
                    .push(format!("{EVENTS}: {field} of {} of {}: {error}", event.name, event.contract));
            }
        }
    }
    for contract in contracts {
        let known = declared.remove(contract.name.as_str()).unwrap_or_default();
        complaints.extend(print_complaints(contract, &known));
    }
    complaints
}

fn print_complaints(contract: &SuiteContract, known: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut printed = BTreeSet::new();
    let mut names_computed = false;
    for print in &contract.source.prints {
        let place = format!("{}, line {}", contract.name, print.line);
        let Some(event) = &print.event else {
            complaints.push(format!("{place}: it cannot be seen which event is printed"));
            continue;
        };
        let Some(name) = &event.name else {
            names_computed = true;
            continue;
        };
        printed.insert(name.as_str());
        let Some(fields) = known.get(name.as_str()) else {
            complaints.push(format!("{place}: {EVENTS} lacks the event {name}"));
            continue;
        };
        let there: BTreeSet<&str> = event.fields.iter().map(String::as_str).collect();
        let unknown: Vec<_> = there.difference(fields).copied().collect();
        if !unknown.is_empty() {
            complaints.push(format!("{place}: {EVENTS} lacks the fields {} of {name}", unknown.join(", ")));
        }
        let missing: Vec<_> = fields.difference(&there).copied().collect();
        if event.is_whole && !missing.is_empty() {
            complaints.push(format!("{place}: {name} has no fields {}", missing.join(", ")));
        }
    }
    for name in known.keys().filter(|name| !printed.contains(*name)) {
        // A name that is passed on to a print stands in the source as a text.
        let is_passed_on = names_computed && contract.source.texts.iter().any(|text| text == name);
        if !is_passed_on {
            complaints.push(format!("{} never prints the event {name}", contract.name));
        }
    }
    complaints
}

/// A type of the schema in Rust.
///
/// # Errors
/// There is no such type.
pub fn rust_type(kind: &str) -> Result<String> {
    if let Some(inner) = kind.strip_prefix("optional ") {
        return Ok(format!("Option<{}>", rust_type(inner)?));
    }
    let number = |text: &str| text.parse::<u32>().with_context(|| format!("{text:?} is no length"));
    if let Some((length, inner)) = kind.strip_prefix("list-").and_then(|rest| rest.split_once(' ')) {
        return Ok(format!("List<{}, {}>", rust_type(inner)?, number(length)?));
    }
    if let Some(length) = kind.strip_prefix("ascii-") {
        return Ok(format!("Ascii<{}>", number(length)?));
    }
    if let Some(length) = kind.strip_prefix("utf8-") {
        return Ok(format!("Utf8<{}>", number(length)?));
    }
    if let Some(length) = kind.strip_prefix("buff-") {
        return Ok(format!("Buffer<{}>", number(length)?));
    }
    Ok(match kind {
        "uint" => "u128",
        "int" => "i128",
        "sats" => "Sats",
        "micro-stx" => "MicroStx",
        "amount" => "TokenAmount",
        "usd-e8" => "UsdE8",
        "ppm" => "Ppm",
        "seconds" => "Seconds",
        "time" => "UnixSeconds",
        "height" => "BlockHeight",
        "principal" => "Principal",
        "bool" => "bool",
        other => bail!("there is no type {other:?}"),
    }
    .to_owned())
}

/// The file of the events.
///
/// # Errors
/// A type is unknown.
pub fn module(events: &[Event]) -> Result<String> {
    let mut text = String::from(
        "// Generated by `cargo xtask bindings`. Do not edit.\n\n\
         //! What the contracts print, from `contracts/events.toml`.\n\n\
         #[allow(unused_imports, reason = \"not every unit needs to occur\")]\n\
         use bithedge_protocol::{BlockHeight, MicroStx, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};\n\
         #[allow(unused_imports, reason = \"not every type needs to occur\")]\n\
         use super::prelude::*;\nuse crate::event::events;\n\nevents! {\n",
    );
    for event in events {
        let name = format!("{}{}", pascal(&event.contract), pascal(&event.name));
        text.push_str(&format!(
            "    /// `{}` of `{}`. {}\n    {name} = {} {} {{\n",
            event.name,
            event.contract,
            plain(&event.when),
            literal(&event.contract),
            literal(&event.name)
        ));
        for (field, kind) in &event.fields {
            let kind = kind.as_str().context("a field's type is a text")?;
            text.push_str(&format!(
                "        /// `{field}`: {kind}.\n        {}({}): {},\n",
                snake(field),
                literal(field),
                rust_type(kind)?
            ));
        }
        text.push_str("    }\n");
    }
    text.push_str("}\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn contract(source: &str) -> Vec<SuiteContract> {
        vec![SuiteContract { name: "oracle".to_owned(), source: Source::parse(source).unwrap() }]
    }

    fn schema(fields: &str) -> Vec<Event> {
        parse(&format!(
            "[[event]]\ncontract = \"oracle\"\nname = \"seen\"\nwhen = \"Then.\"\nfields = {{ {fields} }}\n"
        ))
        .unwrap()
    }

    #[test]
    fn what_agrees_is_not_complained_about() {
        let events = schema("price = \"usd-e8\", by = \"optional principal\"");
        for source in [
            "(print {event: \"seen\", price: u1, by: none})",
            "(print (merge entry {event: \"seen\", by: none}))",
            "(note \"seen\") (print {event: event, price: u1})",
        ] {
            assert!(complaints(&contract(source), &events).is_empty(), "{source}");
        }
    }

    #[test]
    fn every_difference_is_named() {
        let events = schema("price = \"usd-e8\"");
        for (source, expected) in [
            ("(print {event: \"other\", price: u1})", "lacks the event other"),
            ("(print {event: \"other\", price: u1})", "never prints the event seen"),
            ("(print {event: \"seen\"})", "seen has no fields price"),
            ("(print {event: \"seen\", price: u1, more: u2})", "lacks the fields more of seen"),
            ("(print (merge entry {event: \"seen\", more: u2}))", "lacks the fields more of seen"),
            ("(print entry)", "it cannot be seen which event"),
            ("(print {event: event, price: u1})", "never prints the event seen"),
        ] {
            let found = complaints(&contract(source), &events).join("; ");
            assert!(found.contains(expected), "{source}: {found}");
        }
        let twice: Vec<Event> = events.iter().chain(&events).cloned().collect();
        let source = contract("(print {event: \"seen\", price: u1})");
        assert!(complaints(&source, &twice).join("").contains("twice"));
        assert!(complaints(&[], &events).join("").contains("no contract"));
        assert!(complaints(&source, &schema("price = \"dollars\"")).join("").contains("no type"));
    }

    #[test]
    fn types_nest() {
        assert_eq!(rust_type("optional list-3 ascii-12").unwrap(), "Option<List<Ascii<12>, 3>>");
        assert_eq!(rust_type("list-2 buff-32").unwrap(), "List<Buffer<32>, 2>");
        assert!(rust_type("ascii-").is_err());
        assert!(rust_type("list-3").is_err());
    }
}
