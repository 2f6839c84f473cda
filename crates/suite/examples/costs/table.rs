//! What was measured, against a block's limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bithedge_stacks::{Address, Value};
use bithedge_vm::{Costs, Session};

/// A mainnet block's limits in the epoch that the contracts are written for.
const LIMITS: Costs = Costs {
    runtime: 5_000_000_000,
    read_count: 30_000,
    read_length: 200_000_000,
    write_count: 15_000,
    write_length: 15_000_000,
};

/// What no call may pass, in millionths of a block: contract, function, and the largest share.
const GOALS: [(&str, &str, u64); 6] = [
    ("policy-registry", "purchase-protection", 10_000),
    ("liquidity-pool", "commit-capital", 5_000),
    ("liquidity-pool", "request-withdrawal", 5_000),
    ("liquidity-pool", "claim-withdrawal", 5_000),
    ("policy-registry", "claim-settlement", 5_000),
    ("liquidity-pool", "close-epoch", 30_000),
];

/// A case of a function whose share is no part of a goal: it has more than the goal speaks of.
pub(crate) const BEYOND: &str = "beyond the goal: ";

/// Functions that cannot be measured, and why.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "policy-registry",
    "move-backing",
    "moves policies that a peer stands behind, which the market will bring; until then none can exist",
)];

/// One measured call.
struct Row {
    case: String,
    costs: Costs,
}

/// All measured calls, by contract and function.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<(String, String), Vec<Row>>,
}

/// The dimensions of a cost: name, amount, the block's limit.
fn dimensions(costs: &Costs) -> [(&'static str, u64, u64); 5] {
    [
        ("runtime", costs.runtime, LIMITS.runtime),
        ("reads", costs.read_count, LIMITS.read_count),
        ("bytes read", costs.read_length, LIMITS.read_length),
        ("writes", costs.write_count, LIMITS.write_count),
        ("bytes written", costs.write_length, LIMITS.write_length),
    ]
}

/// Millionths of a block that a call takes up, rounded up, and of what.
fn share(costs: &Costs) -> (u64, &'static str) {
    let shares = dimensions(costs)
        .map(|(name, amount, limit)| ((u128::from(amount) * 1_000_000).div_ceil(u128::from(limit)), name));
    let (most, name) = shares.into_iter().max_by_key(|(share, _)| *share).unwrap();
    (u64::try_from(most).unwrap(), name)
}

fn per_cent(millionths: u64) -> String {
    format!("{}.{:04} %", millionths / 10_000, millionths % 10_000)
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Table {
    /// Calls in a block of its own, wants `(ok …)`, and keeps what it consumed. Of calls of the same case the largest share
    /// is kept. Returns what is in `(ok …)`.
    pub(crate) fn measure(
        &mut self,
        vm: &mut Session,
        case: &str,
        sender: Address,
        contract: &str,
        function: &str,
        args: &[Value],
    ) -> Value {
        let (value, costs) = measured(vm, sender, contract, function, args);
        let rows = self.rows.entry((contract.to_owned(), function.to_owned())).or_default();
        match rows.iter_mut().find(|row| row.case == case) {
            Some(row) if share(&row.costs) >= share(&costs) => {}
            Some(row) => row.costs = costs,
            None => rows.push(Row { case: case.to_owned(), costs }),
        }
        value
    }

    /// Public functions of these interfaces that were not measured and are no exception, and exceptions that are none.
    pub(crate) fn missing(&self, vm: &mut Session) -> Vec<String> {
        let mut wanted = BTreeSet::new();
        let project: BTreeSet<String> = vm
            .project()
            .contracts()
            .iter()
            .filter(|c| c.path.is_some())
            .map(|c| c.name.to_string())
            .collect();
        for (contract, interface) in vm.interfaces().unwrap() {
            let name = contract.split_once('.').unwrap().1.to_owned();
            if !project.contains(&name) {
                continue;
            }
            for function in interface["functions"].as_array().unwrap() {
                if function["access"] == "public" {
                    wanted.insert((name.clone(), function["name"].as_str().unwrap().to_owned()));
                }
            }
        }
        let measured: BTreeSet<_> = self.rows.keys().cloned().collect();
        let excused: BTreeSet<_> = EXCEPTIONS.map(|(c, f, _)| (c.to_owned(), f.to_owned())).into();
        let missing = wanted.difference(&measured).filter(|key| !excused.contains(key));
        let superfluous = excused.iter().filter(|key| !wanted.contains(key) || measured.contains(key));
        missing
            .map(|(c, f)| format!("{c} {f} was not measured"))
            .chain(superfluous.map(|(c, f)| format!("{c} {f} is excused for nothing")))
            .collect()
    }

    /// Calls that pass their goal.
    pub(crate) fn misses(&self) -> Vec<String> {
        let mut misses = Vec::new();
        for (contract, function, goal) in GOALS {
            let rows = self.rows.get(&(contract.to_owned(), function.to_owned()));
            for row in rows.into_iter().flatten().filter(|row| !row.case.starts_with(BEYOND)) {
                let (most, what) = share(&row.costs);
                if most > goal {
                    misses.push(format!(
                        "{contract} {function}, {}: {} of a block's {what}, and the goal is {}",
                        row.case,
                        per_cent(most),
                        per_cent(goal)
                    ));
                }
            }
        }
        misses
    }

    /// The goals, and what comes nearest to each.
    pub(crate) fn goals_markdown(&self) -> String {
        let mut text =
            "| function | goal | largest | of | case |\n| --- | ---: | ---: | --- | --- |\n".to_owned();
        for (contract, function, goal) in GOALS {
            let rows = self.rows.get(&(contract.to_owned(), function.to_owned()));
            let rows = rows.into_iter().flatten().filter(|row| !row.case.starts_with(BEYOND));
            if let Some((row, (most, what))) =
                rows.map(|row| (row, share(&row.costs))).max_by_key(|(_, share)| *share)
            {
                let _ = writeln!(
                    text,
                    "| `{contract}` `{function}` | {} | {} | {what} | {} |",
                    per_cent(goal),
                    per_cent(most),
                    row.case
                );
            }
        }
        text
    }

    /// The whole table, one section a contract.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for ((contract, function), rows) in &self.rows {
            if contract != section {
                let _ = writeln!(
                    text,
                    "\n### `{contract}`\n\n| function | case | runtime | reads | bytes read | writes | bytes written | share | of |\n\
                     | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
                );
                section = contract;
            }
            for row in rows {
                let (most, what) = share(&row.costs);
                let amounts = dimensions(&row.costs).map(|(name, amount, _)| {
                    if name == what { format!("**{}**", grouped(amount)) } else { grouped(amount) }
                });
                let case = row.case.trim_start_matches(BEYOND);
                let _ = writeln!(
                    text,
                    "| `{function}` | {case} | {} | {} | {what} |",
                    amounts.join(" | "),
                    per_cent(most)
                );
            }
        }
        text.push_str("\nNot measured:\n\n");
        for (contract, function, reason) in EXCEPTIONS {
            let _ = writeln!(text, "* `{contract}` `{function}`: {reason}.");
        }
        text
    }
}

/// Calls in a block of its own and wants `(ok …)`; what is in it, and what it consumed.
pub(crate) fn measured(
    vm: &mut Session,
    sender: Address,
    contract: &str,
    function: &str,
    args: &[Value],
) -> (Value, Costs) {
    let outcome = vm.call_with_costs(sender, contract, function, args).unwrap();
    let value = match outcome.ok() {
        Ok(value) => value.clone(),
        Err(error) => panic!("{contract} {function}: {error}"),
    };
    (value, outcome.costs.unwrap())
}
