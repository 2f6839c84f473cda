//! What every public function of the suite consumes, as a share of a mainnet block, measured in the VM. `cargo xtask costs`
//! runs it; `--crowd N` sets how many policies and providers stand behind the calls that must not depend on them, and
//! `--write FILE` writes the document, `--part NAME` measures a part alone, to try it out.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is its purpose")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement fails by panicking"
)]
#![allow(clippy::string_slice, clippy::too_many_arguments, reason = "a measuring program")]

mod books;
mod crowd;
mod decisions;
mod institutions;
mod script;
mod suite_only;
mod table;

use std::process::ExitCode;

use crowd::Population;
use table::Table;

/// Policies and providers in the document.
const CROWD: u32 = 10_000;

fn main() -> ExitCode {
    let mut crowd = CROWD;
    let mut document = None;
    let mut part = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--crowd", Some(number)) => crowd = number.parse().unwrap(),
            ("--write", Some(path)) => document = Some(path),
            ("--part", Some(name)) => part = Some(name),
            _ => panic!("--crowd N, --write FILE, --part everyday|within|crowd"),
        }
    }
    let takes = |name: &str| part.as_deref().is_none_or(|part| part == name);

    let mut table = Table::default();
    let mut wrong = Vec::new();
    if takes("within") {
        eprintln!("calls within the suite");
        suite_only::of_the_registry(&mut table);
        suite_only::of_the_pool(&mut table);
    }
    if takes("everyday") {
        eprintln!("setting up and governing");
        let mut w = institutions::set_up(&mut table);
        institutions::govern(&mut table, &mut w);
        institutions::prices(&mut table, &mut w);
        eprintln!("filling books");
        books::live(&mut table, &mut w);
        institutions::fees(&mut table, &mut w);
        wrong.extend(table.missing(&mut w.vm));
    }
    wrong.extend(table.misses());
    let populations = if takes("crowd") {
        eprintln!("1 and {crowd} policies and providers");
        let [few, many] = [1, crowd].map(Population::measure);
        wrong.extend(
            crowd::differences(&few, &many).iter().map(|call| format!("{call} depends on the crowd")),
        );
        crowd::markdown(&few, &many)
    } else {
        String::new()
    };

    let text = text(&table, crowd, &populations);
    println!("{text}");
    if let Some(path) = document {
        std::fs::write(path, text).unwrap();
    }
    for line in &wrong {
        eprintln!("{line}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text(table: &Table, crowd: u32, populations: &str) -> String {
    format!(
        "{HEAD}\n## Goals\n\n{}\n## One, and {} policies and providers\n\n{CROWD_HEAD}\n{}\n## Every public function\n\n{TABLE_HEAD}\n{}",
        table.goals_markdown(),
        table::grouped(crowd.into()),
        populations,
        table.markdown(),
    )
}

const HEAD: &str = "\
# What calls cost

Written by `cargo xtask costs`, from calls of the contracts in the Clarity VM. It fails if a goal is missed, if a public
function is missing, or if a call that must not depend on the number of others does.

A share is of a mainnet block's limits: runtime 5,000,000,000, reads 30,000 and 200,000,000 bytes, writes 15,000 and 15,000,000
bytes. A block holds as many calls as the largest share allows. The figures are deterministic, and contain what the called
contracts charge, whose whole source counts as read at each call.

The VM of `@stacks/clarinet-sdk-wasm` is compiled from the nodes' own crate `clarity`. In epoch 4.0 it charges by `costs-5`, as
nodes do; `costs-4` is the table of epochs 3.3 and 3.4. Two differences: the SDK's tracer looks up a trait argument once
more at each call through it, so runtime is a little overstated here; and its own block limit allows half of mainnet's reads.
";

const CROWD_HEAD: &str = "\
Everybody of the crowd provided capital and bought a policy through the contracts. Two figures where they differ.
";

const TABLE_HEAD: &str = "\
The largest share of each call is bold. Of calls of the same case the most expensive is shown. Functions that only contracts of the
suite may call are measured alone, called by an account that is registered in that contract's place; what they cost is part of
what the calls of users cost.
";
