//! How many tests passed and failed, from what the test runners print.

use std::fmt;
use std::iter::Sum;

/// A number of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Counts {
    /// From `cargo nextest run` or `cargo test`. `None` if the run ended before the first test.
    pub(super) fn of_tests(lines: &[String]) -> Option<Self> {
        Self::total(lines, |line| {
            // nextest: `     Summary [   0.015s] 3 tests run: 2 passed, 1 failed, 4 skipped`
            // cargo:   `test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; …`
            if line.contains(" tests run: ")
                || line.contains(" test run: ")
                || line.starts_with("test result: ")
            {
                let failed = ["failed", "timed out", "exec failed"].map(|outcome| before(line, outcome));
                let failed = failed.into_iter().flatten().sum();
                return Some(Self { passed: before(line, "passed").unwrap_or(0), failed });
            }
            None
        })
    }

    /// From `bithedge-e2e`, which ends with `2 passed, 1 failed`.
    pub(super) fn of_scenarios(lines: &[String]) -> Option<Self> {
        Self::total(lines, |line| {
            let (passed, failed) = line.split_once(" passed, ")?;
            Some(Self { passed: passed.parse().ok()?, failed: failed.strip_suffix(" failed")?.parse().ok()? })
        })
    }

    fn total(lines: &[String], count: impl Fn(&str) -> Option<Self>) -> Option<Self> {
        let mut counted = lines.iter().filter_map(|line| count(&without_colour(line))).peekable();
        counted.peek()?;
        Some(counted.sum())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |total, next| Self {
            passed: total.passed + next.passed,
            failed: total.failed + next.failed,
        })
    }
}

/// The number that stands before ` outcome`.
fn before(line: &str, outcome: &str) -> Option<u64> {
    let end = line.match_indices(outcome).find_map(|(position, _)| line[..position].strip_suffix(' '))?;
    end.rsplit([' ', '(']).next()?.parse().ok()
}

/// Removes the escape sequences that set colours (`ESC [ … m`).
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((text, sequence)) = rest.split_once("\u{1b}[") {
        plain.push_str(text);
        rest = sequence.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn nextest_with_failures_and_timeouts_in_colour() {
        let output = "   PASS a\n\u{1b}[1m     Summary\u{1b}[0m [   1.0s] 5 tests run: \u{1b}[32m2 passed\u{1b}[0m \
                      (1 slow), 1 failed, 2 timed out, 4 skipped";
        assert_eq!(Counts::of_tests(&lines(output)), Some(Counts { passed: 2, failed: 3 }));
    }

    #[test]
    fn cargo_test_adds_its_binaries() {
        let output = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
                      test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Counts::of_tests(&lines(output)), Some(Counts { passed: 4, failed: 2 }));
    }

    #[test]
    fn a_build_that_fails_counts_nothing() {
        assert_eq!(Counts::of_tests(&lines("error: could not compile")), None);
    }

    #[test]
    fn scenarios_end_with_their_total() {
        let output = "pass  first_window\n7 passed, 1 failed";
        assert_eq!(Counts::of_scenarios(&lines(output)), Some(Counts { passed: 7, failed: 1 }));
    }
}
