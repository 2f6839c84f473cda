//! The catalogue of what contracts refuse with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::names::{literal, pascal};
use crate::suite::{SuiteContract, number};
use crate::{ERRORS, find};

/// The categories: the middle of a code, and the name in `Category`.
const CATEGORIES: [(u128, &str); 11] = [
    (400, "InvalidInput"),
    (402, "InsufficientFunds"),
    (403, "Unauthorised"),
    (404, "NotFound"),
    (409, "WrongState"),
    (412, "Unhealthy"),
    (423, "Capacity"),
    (429, "RateLimited"),
    (500, "Arithmetic"),
    (503, "Paused"),
    (504, "StalePrice"),
];

/// A row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The contract under whose heading it stands.
    pub contract: String,
    /// The code.
    pub code: u128,
    /// The constant's name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// What the user is told.
    pub sentence: String,
}

/// The catalogue.
///
/// # Errors
/// The file cannot be read, or has another form.
pub fn read(root: &Path) -> Result<Vec<Entry>> {
    parse(&std::fs::read_to_string(root.join(ERRORS)).context(ERRORS)?)
}

/// The catalogue in a text: under each heading ``## `contract` `` a table of code, name, meaning and sentence.
///
/// # Errors
/// A row has another form.
pub fn parse(text: &str) -> Result<Vec<Entry>> {
    let mut contract = None;
    let mut entries = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("## ") {
            contract = heading.split('`').nth(1).map(str::to_owned);
        }
        if !line.starts_with("| u") {
            continue;
        }
        let place = format!("{ERRORS}, line {}", at + 1);
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [code, name, meaning, sentence] = cells[..] else { bail!("{place}: a row has four cells") };
        let code = code.strip_prefix('u').and_then(|digits| digits.parse().ok());
        let contract = contract.clone().with_context(|| format!("{place}: under which contract?"))?;
        ensure!(!meaning.is_empty() && !sentence.is_empty(), "{place}: a cell is empty");
        entries.push(Entry {
            contract,
            code: code.with_context(|| format!("{place}: no code"))?,
            name: name.trim_matches('`').to_owned(),
            meaning: meaning.to_owned(),
            sentence: sentence.to_owned(),
        });
    }
    Ok(entries)
}

/// Where the catalogue and the sources differ, and codes that are not made as they should be.
#[must_use]
pub fn complaints(contracts: &[SuiteContract], entries: &[Entry]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    let mut listed: BTreeMap<&str, BTreeSet<(u128, &str)>> = BTreeMap::new();
    for entry in entries {
        if !seen.insert(entry.code) {
            complaints.push(format!("{ERRORS} has u{} twice", entry.code));
        }
        if find(contracts, &entry.contract).is_none() {
            complaints
                .push(format!("{ERRORS} has u{} of {}, which is no contract", entry.code, entry.contract));
        }
        listed.entry(&entry.contract).or_default().insert((entry.code, &entry.name));
    }
    for contract in contracts {
        let listed = listed.remove(contract.name.as_str()).unwrap_or_default();
        let mut defined = BTreeSet::new();
        for (name, code) in &contract.source.errors {
            if let Err(problem) = check_code(&contract.name, *code) {
                complaints.push(format!("{}: {name} is u{code}: {problem}", contract.name));
            }
            if !defined.insert((*code, name.as_str())) {
                complaints.push(format!("{}: {name} is defined twice", contract.name));
            }
        }
        let codes: BTreeSet<u128> = defined.iter().map(|(code, _)| *code).collect();
        if codes.len() < defined.len() {
            complaints.push(format!("{}: two errors have the same code", contract.name));
        }
        let missing = defined.difference(&listed);
        complaints.extend(
            missing.map(|(code, name)| format!("{ERRORS} lacks u{code} {name} of {}", contract.name)),
        );
        let unknown = listed.difference(&defined);
        complaints.extend(unknown.map(|(code, name)| format!("{} has no {name} u{code}", contract.name)));
        // A constant that looks like an error and is none would be missed above.
        let odd = contract.source.definitions.iter().filter(|definition| {
            let is_error = contract.source.errors.iter().any(|(name, _)| *name == definition.name);
            definition.name.starts_with("ERR_") && !is_error
        });
        complaints.extend(odd.map(|one| format!("{}: {} is not (err u…)", contract.name, one.name)));
    }
    complaints
}

/// Two digits for the contract, three for the category, two to tell apart.
fn check_code(contract: &str, code: u128) -> Result<&'static str> {
    let contract_number = number(contract).context("the contract has no number")?;
    let in_code = code / 100_000;
    ensure!(in_code == u128::from(contract_number), "the contract's number is {contract_number}");
    ensure!(!code.is_multiple_of(100), "the first is 01");
    category(code)
}

fn category(code: u128) -> Result<&'static str> {
    let middle = code / 100 % 1_000;
    let known = CATEGORIES.iter().find(|(number, _)| *number == middle);
    known.map(|(_, name)| *name).with_context(|| format!("there is no category {middle}"))
}

/// The file of the errors.
///
/// # Errors
/// A code has no category.
pub fn module(entries: &[Entry]) -> Result<String> {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by_key(|entry| entry.code);
    let mut text = String::from(
        "// Generated by `cargo xtask bindings`. Do not edit.\n\n\
         //! Why contracts refuse, from `docs/errors.md`. One constant for each code.\n\n\
         use super::Contract;\nuse crate::error::{Category, ContractError, ErrorEntry};\n\n",
    );
    for entry in &entries {
        text.push_str(&format!(
            "/// {}\npub const {}: ContractError = ContractError::new({});\n",
            crate::names::plain(&entry.sentence),
            constant(entry),
            entry.code
        ));
    }
    text.push_str("\n/// All, by code.\npub static ENTRIES: &[ErrorEntry] = &[\n");
    for entry in &entries {
        text.push_str(&format!(
            "ErrorEntry {{ code: {}, name: {}, contract: Contract::{}, category: Category::{}, meaning: {}, sentence: {} }},\n",
            entry.code,
            literal(&entry.name),
            pascal(&entry.contract),
            category(entry.code)?,
            literal(&entry.meaning),
            literal(&entry.sentence)
        ));
    }
    text.push_str("];\n");
    Ok(text)
}

/// `ERR_STALE_PRICE` of `oracle` as `ORACLE_STALE_PRICE`.
fn constant(entry: &Entry) -> String {
    let contract = entry.contract.to_uppercase().replace('-', "_");
    format!("{contract}_{}", entry.name.trim_start_matches("ERR_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    const ROW: &str = "## `oracle`\n| code | name | meaning | for the user |\n|---|---|---|---|\n\
                       | u1450401 | `ERR_STALE_PRICE` | too old | Nothing happened. |\n";

    fn oracle(source: &str) -> Vec<SuiteContract> {
        vec![SuiteContract { name: "oracle".to_owned(), source: Source::parse(source).unwrap() }]
    }

    #[test]
    fn a_row_is_an_entry() {
        let entries = parse(ROW).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].code, entries[0].name.as_str()), (1_450_401, "ERR_STALE_PRICE"));
        assert_eq!(constant(&entries[0]), "ORACLE_STALE_PRICE");
        assert!(complaints(&oracle("(define-constant ERR_STALE_PRICE (err u1450401))"), &entries).is_empty());
    }

    #[test]
    fn every_difference_is_named() {
        let entries = parse(ROW).unwrap();
        for (source, expected) in [
            ("", "oracle has no ERR_STALE_PRICE u1450401"),
            ("(define-constant ERR_OLD (err u1450401))", "lacks u1450401 ERR_OLD"),
            ("(define-constant ERR_STALE_PRICE (err u1450402))", "lacks u1450402 ERR_STALE_PRICE"),
            ("(define-constant ERR_STALE_PRICE u1450401)", "ERR_STALE_PRICE is not (err u…)"),
            ("(define-constant ERR_A (err u1350401))", "the contract's number is 14"),
            ("(define-constant ERR_A (err u1440801))", "no category 408"),
            ("(define-constant ERR_A (err u1440000))", "the first is 01"),
            ("(define-constant ERR_A (err u1440001)) (define-constant ERR_B (err u1440001))", "same code"),
        ] {
            let found = complaints(&oracle(source), &entries).join("; ");
            assert!(found.contains(expected), "{source}: {found}");
        }
        let twice: Vec<Entry> = entries.iter().chain(&entries).cloned().collect();
        assert!(complaints(&oracle(""), &twice).join("").contains("twice"));
    }

    #[test]
    fn a_row_that_lacks_something_is_refused() {
        for bad in [
            "## `oracle`\n| u1450401 | `ERR_A` | too old |",
            "## `oracle`\n| u14x | `ERR_A` | too old | Nothing. |",
            "## `oracle`\n| u1450401 | `ERR_A` |  | Nothing. |",
            "| u1450401 | `ERR_A` | too old | Nothing. |",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
