//! Every question that the application can ask without a transaction fits into what a stock node's read-only call may
//! read, also when books and lists are full.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use bithedge_stacks::Value;

mod cases;
mod full;

use cases::cases;
use full::Full;

/// A stock node's limits of a read-only call.
const READS: u64 = 100;
const BYTES: u64 = 200_000;
const RUNTIME: u64 = 1_000_000_000;

#[test]
fn every_read_only_function_fits_a_nodes_limits_when_everything_is_full() {
    let mut full = Full::new();
    let cases = cases(&mut full);
    every_function_has_a_case(&mut full, &cases);
    let mut measured = Vec::new();
    for case in &cases {
        let name = format!("{} {}", case.contract, case.function);
        let read = full.w.vm.read(case.contract, case.function, &case.arguments).unwrap();
        match (case.refused, read.value().unwrap()) {
            (Some(code), _) => assert_eq!(read.err_code().unwrap(), code, "{name}"),
            (None, Value::Response(Err(code))) => panic!("{name}: {code}"),
            (None, _) => {}
        }
        measured.push((read.costs.unwrap(), name));
    }
    // Otherwise the largest would be missing: an order over two buckets.
    let quotes = cases.iter().filter(|case| case.function == "get-quote");
    let parts: Vec<usize> = quotes
        .map(|case| {
            let read = full.w.vm.read(case.contract, case.function, &case.arguments).unwrap();
            read.ok().unwrap().field("parts").unwrap().as_list().unwrap().len()
        })
        .collect();
    assert_eq!(parts, [1, 2, 1, 2]);

    println!("{} calls; limits: {READS} reads, {BYTES} bytes, runtime {RUNTIME}", measured.len());
    measured.sort_by_key(|(costs, _)| std::cmp::Reverse((costs.read_length, costs.read_count)));
    for (costs, name) in measured.iter().take(20) {
        println!(
            "{:>4} reads {:>8} bytes {:>10} runtime  {name}",
            costs.read_count, costs.read_length, costs.runtime
        );
    }
    measured.sort_by_key(|(costs, _)| std::cmp::Reverse(costs.read_count));
    println!("most reads:");
    for (costs, name) in measured.iter().take(10) {
        println!(
            "{:>4} reads {:>8} bytes {:>10} runtime  {name}",
            costs.read_count, costs.read_length, costs.runtime
        );
    }
    let too_much: Vec<_> = measured
        .iter()
        .filter(|(costs, _)| {
            costs.read_count > READS
                || costs.read_length > BYTES
                || costs.runtime > RUNTIME
                || costs.write_count > 0
        })
        .collect();
    assert!(too_much.is_empty(), "{too_much:#?}");
    sources_count_as_read(&measured);
}

/// A function that has no case, or a case of no function, is an error in this test.
fn every_function_has_a_case(full: &mut Full, cases: &[cases::Case]) {
    let mut wanted = BTreeSet::new();
    let deployer = full.w.deployer.to_string();
    for (id, interface) in full.w.vm.interfaces().unwrap() {
        let Some(contract) = id.strip_prefix(&format!("{deployer}.")) else { continue };
        for function in interface["functions"].as_array().unwrap() {
            if function["access"] == "read_only" {
                wanted.insert((contract.to_owned(), function["name"].as_str().unwrap().to_owned()));
            }
        }
    }
    let called: BTreeSet<_> =
        cases.iter().map(|case| (case.contract.to_owned(), case.function.to_owned())).collect();
    assert!(wanted.len() > 100, "the interfaces name {} functions", wanted.len());
    let differences: Vec<_> = called.symmetric_difference(&wanted).collect();
    assert!(differences.is_empty(), "without a case, or without a function: {differences:?}");
}

/// Whether the VM counts the sources of the called contracts, as a node does: without them the figures would mean nothing.
fn sources_count_as_read(measured: &[(bithedge_vm::Costs, String)]) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let called = ["policy-registry", "parameters", "oracle", "option-math", "liquidity-pool", "fee-schedule"];
    let sources: u64 =
        called.iter().map(|name| std::fs::metadata(root.join(format!("{name}.clar"))).unwrap().len()).sum();
    let quotes = measured.iter().filter(|(_, name)| name == "policy-registry get-quote");
    assert_eq!(quotes.clone().count(), 4);
    assert!(quotes.clone().all(|(costs, _)| costs.read_length > sources), "{sources} bytes of source");
}
