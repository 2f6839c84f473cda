//! What is committed is what the contracts say.

use bithedge_suite::generated::errors::ENTRIES;
use bithedge_suite::{Category, Contract, SuiteEvent};
use bithedge_suite_generator as generator;

#[test]
fn the_committed_bindings_are_those_of_the_contracts() {
    let root = generator::root();
    let wanted = generator::generate(&root).unwrap();
    let differences = generator::differences(&wanted, &generator::committed(&root).unwrap());
    assert!(differences.is_empty(), "{}\nRun `{}`.", differences.join("\n"), generator::COMMAND);
}

/// The same as the generator asks, without waiting for the VM.
#[test]
fn every_print_has_its_entry_in_the_schema_and_every_entry_its_print() {
    let root = generator::root();
    let contracts = generator::suite::load(&root).unwrap();
    let events = generator::events::read(&root).unwrap();
    let complaints = generator::events::complaints(&contracts, &events);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));

    let names: Vec<(&str, &str)> =
        events.iter().map(|event| (event.contract.as_str(), event.name.as_str())).collect();
    assert_eq!(SuiteEvent::NAMES, names, "run `{}`", generator::COMMAND);
    // So that a source that is read as empty is noticed.
    let silent = ["sip-010-trait", "price-source-trait", "stx-token", "option-math"];
    for contract in Contract::ALL.map(Contract::name) {
        let has_events = names.iter().any(|(name, _)| *name == contract);
        assert_eq!(has_events, !silent.contains(&contract), "{contract}");
    }
}

#[test]
fn the_error_catalogue_has_the_contracts_errors_and_no_others() {
    let root = generator::root();
    let contracts = generator::suite::load(&root).unwrap();
    let errors = generator::errors::read(&root).unwrap();
    let complaints = generator::errors::complaints(&contracts, &errors);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));

    let constants: usize = contracts.iter().map(|contract| contract.source.errors.len()).sum();
    assert_eq!((ENTRIES.len(), errors.len()), (constants, constants), "run `{}`", generator::COMMAND);
}

#[test]
fn a_code_is_made_of_its_contract_and_its_category() {
    for entry in ENTRIES {
        let number = generator::suite::number(entry.contract.name()).unwrap();
        assert_eq!(entry.code / 100_000, u128::from(number), "{}", entry.name);
        assert_eq!(entry.code / 100 % 1_000, u128::from(entry.category.number()), "{}", entry.name);
        assert!(entry.sentence.ends_with('.'), "{}: {}", entry.name, entry.sentence);
    }
    assert!(ENTRIES.is_sorted_by(|one, next| one.code < next.code));
    assert!(Category::ALL.is_sorted_by_key(|category| category.number()));
}

#[test]
fn the_contracts_are_those_of_the_project_in_its_order() {
    let contracts = generator::suite::load(&generator::root()).unwrap();
    let names: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
    assert_eq!(Contract::ALL.map(Contract::name).to_vec(), names);
}
