//! The contracts' sources, a part of the program: what is deployed, and what a chain's contracts are held against.

use crate::generated::Contract;

/// A contract of the suite with its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundledContract {
    /// Its name.
    pub name: &'static str,
    /// Where its source stands, below the folder of `Clarinet.toml`.
    pub path: &'static str,
    /// The version of Clarity that it is written in.
    pub clarity_version: u8,
    /// The epoch from which it can be deployed.
    pub epoch: &'static str,
    /// Its source.
    pub source: &'static str,
}

/// Where a source on a chain is another one than the bundled one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDifference {
    /// The number of the first line that differs, from 1.
    pub line: usize,
    /// That line in the bundled source; `None` behind its end.
    pub bundled: Option<&'static str>,
    /// That line on the chain; `None` behind its end. Whoever deployed it wrote it: it may be long and hold anything.
    pub found: Option<String>,
    /// How many lines the bundled source has.
    pub bundled_lines: usize,
    /// How many lines the chain's source has.
    pub found_lines: usize,
}

impl BundledContract {
    /// How a source differs from this one; `None` if it is the same, byte for byte.
    #[must_use]
    pub fn difference(&self, found: &str) -> Option<SourceDifference> {
        if self.source == found {
            return None;
        }
        // Not `lines`: a carriage return, or a line break at the end, is a difference like any other.
        let (mut ours, mut theirs) = (self.source.split('\n'), found.split('\n'));
        let mut line = 1;
        loop {
            let (bundled, found_line) = (ours.next(), theirs.next());
            // Different texts have a different line; where both end, only the numbers are left to be told.
            if bundled != found_line || bundled.is_none() {
                return Some(SourceDifference {
                    line,
                    bundled,
                    found: found_line.map(str::to_owned),
                    bundled_lines: self.source.lines().count(),
                    found_lines: found.lines().count(),
                });
            }
            line += 1;
        }
    }
}

/// All of them, in the order of deployment.
pub const CONTRACTS: &[BundledContract] = include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

/// The contract with a name.
#[must_use]
pub fn contract(name: &str) -> Option<&'static BundledContract> {
    CONTRACTS.iter().find(|contract| contract.name == name)
}

impl Contract {
    /// Its source and what belongs to it. `None` only if the bindings are not made from the contracts that were built in,
    /// which a test excludes.
    #[must_use]
    pub fn bundled(self) -> Option<&'static BundledContract> {
        contract(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_of_the_bindings_has_its_source_in_the_order_of_deployment() {
        let names: Vec<&str> = CONTRACTS.iter().map(|contract| contract.name).collect();
        let known: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
        assert_eq!(names, known);
        for contract in Contract::ALL {
            let bundled = contract.bundled().unwrap();
            assert_eq!(bundled.name, contract.name());
            assert!(bundled.source.len() > 100, "{}", bundled.name);
            assert_eq!(bundled.difference(bundled.source), None);
        }
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        let difference = |ours: &'static str, theirs: &str| {
            let contract =
                BundledContract { name: "a", path: "a.clar", clarity_version: 4, epoch: "3.3", source: ours };
            contract.difference(theirs).map(|found| (found.line, found.bundled, found.found))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n"), Some((2, Some("b"), text("c"))));
        assert_eq!(difference("a\nb\n", "a\n"), Some((2, Some("b"), text(""))));
        assert_eq!(difference("a\n", "a\nb\n"), Some((2, Some(""), text("b"))));
        assert_eq!(difference("a\n", "a"), Some((2, Some(""), None)));
        assert_eq!(difference("a\nb\n", "a\r\nb\n"), Some((1, Some("a"), text("a\r"))));
        assert_eq!(difference("a\n", ""), Some((1, Some("a"), text(""))));
    }
}
