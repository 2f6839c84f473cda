//! What the window costs: how it follows the hand, how soon it is there, and what it holds of the memory.

mod first_paint;
mod memory;
mod slider;

pub(super) use first_paint::is_there_soon;
pub(super) use memory::stays_the_same;
pub(super) use slider::follows_the_hand;

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::Stage;

/// What a figure has to be.
#[derive(Clone, Copy, Debug)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Goal::AtMost(limit) => value <= limit,
            Goal::AtLeast(limit) => value >= limit,
        }
    }

    fn words(self) -> String {
        match self {
            Goal::AtMost(limit) => format!("<= {limit}"),
            Goal::AtLeast(limit) => format!(">= {limit}"),
        }
    }
}

/// What was measured: lines of a table.
#[derive(Default)]
struct Figures(Vec<Figure>);

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
}

impl Figures {
    fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.0.push(Figure { name: name.into(), value, unit, goal: None });
    }

    fn hold(&mut self, name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) {
        self.0.push(Figure { name: name.into(), value, unit, goal: Some(goal) });
    }

    /// Those that miss their goal.
    fn missed(&self) -> impl Iterator<Item = &Figure> {
        self.0.iter().filter(|figure| figure.goal.is_some_and(|goal| !goal.is_met(figure.value)))
    }

    /// Tells them, keeps them beside the scenario's pictures, a line of JSON for each, and fails if one misses its goal.
    fn tell(&self, stage: &Stage<'_>) -> Result<()> {
        let mut lines = String::new();
        for figure in &self.0 {
            let goal = figure.goal.map(Goal::words).unwrap_or_default();
            let Figure { name, value, unit, .. } = figure;
            stage.note(format!("{name:<58} {value:>10.2} {unit:<14} {goal}"));
            writeln!(lines, "{}", json!({ "name": name, "value": value, "unit": unit, "goal": goal }))?;
        }
        std::fs::write(stage.output("figures.jsonl"), lines)?;
        let missed: Vec<String> = self
            .missed()
            .map(|figure| format!("{}: {:.2} {}", figure.name, figure.value, figure.unit))
            .collect();
        ensure!(missed.is_empty(), "missed: {}", missed.join("; "));
        Ok(())
    }
}

/// Numbers in their order; there is one at least.
struct Samples(Vec<f64>);

impl Samples {
    fn new(mut samples: Vec<f64>) -> Result<Self> {
        ensure!(!samples.is_empty(), "nothing was measured");
        ensure!(samples.iter().all(|sample| sample.is_finite()), "a sample is no number");
        samples.sort_by(f64::total_cmp);
        Ok(Self(samples))
    }

    /// The numbers in a field of what a page's script returned.
    fn of(value: &Value, field: &str) -> Result<Self> {
        let samples: Vec<f64> =
            serde_json::from_value(value[field].clone()).with_context(|| format!("no {field}"))?;
        Self::new(samples).with_context(|| field.to_owned())
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest sample that this many per cent of all are not above.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.percentile(50)
    }

    #[allow(clippy::cast_precision_loss, reason = "there are some hundreds")]
    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let samples = Samples::new((1..=20).rev().map(f64::from).collect()).unwrap();
        assert_eq!([5, 50, 95, 100].map(|percent| samples.percentile(percent)), [1.0, 10.0, 19.0, 20.0]);
        assert_eq!(samples.mean(), 10.5);
        assert!(Samples::new(Vec::new()).is_err());
        assert!(Samples::new(vec![f64::NAN]).is_err());
        assert!(Samples::of(&json!({ "works": [] }), "works").is_err());
        assert!(Samples::of(&json!({}), "works").is_err());
    }

    #[test]
    fn a_goal_that_is_missed_is_named() {
        let mut figures = Figures::default();
        figures.add("a", 9.0, "ms");
        figures.hold("b", 8.0, "ms", Goal::AtMost(8.0));
        figures.hold("c", 49.9, "a second", Goal::AtLeast(50.0));
        figures.hold("d", f64::NAN, "ms", Goal::AtMost(8.0));
        let missed: Vec<_> = figures.missed().map(|figure| figure.name.as_str()).collect();
        assert_eq!(missed, ["c", "d"]);
    }
}
