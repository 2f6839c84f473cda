//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::Arg::{Long, Value};
use lexopt::ValueExt as _;

use crate::scenarios::{MEASUREMENTS, SCENARIOS};

/// Where the programs under test are, and what to run. `cargo xtask e2e` fills it in.
#[derive(Debug)]
pub(crate) struct Options {
    /// The application.
    pub(crate) app: PathBuf,
    /// The practice network as its own program.
    pub(crate) devnet: PathBuf,
    pub(crate) tauri_driver: PathBuf,
    /// `axe.min.js` of axe-core.
    pub(crate) axe: PathBuf,
    /// Gets pictures, logs and figures of each scenario.
    pub(crate) output: PathBuf,
    /// The window that the application is compared with, where it is compared.
    pub(crate) empty_window: Option<PathBuf>,
    /// How many scenarios run at a time.
    pub(crate) jobs: NonZeroUsize,
    chosen: Vec<&'static str>,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self> {
        Self::parse(lexopt::Parser::from_env()).with_context(|| {
            format!(
                "Usage: bithedge-e2e --app FILE --devnet FILE --tauri-driver FILE --axe FILE --output FOLDER \
                 [--empty-window FILE] [--jobs N] [SCENARIO]...\nScenarios: {}\nMeasurements: {}\n\
                 `cargo xtask e2e [SCENARIO]...` and `cargo xtask bench window` find the files",
                SCENARIOS.join(", "),
                MEASUREMENTS.join(", ")
            )
        })
    }

    fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        let (mut app, mut devnet, mut tauri_driver, mut axe, mut output) = (None, None, None, None, None);
        let mut empty_window = None;
        let mut jobs = NonZeroUsize::MIN;
        let mut chosen = Vec::new();
        while let Some(argument) = arguments.next()? {
            let place = match argument {
                Long("app") => &mut app,
                Long("devnet") => &mut devnet,
                Long("tauri-driver") => &mut tauri_driver,
                Long("axe") => &mut axe,
                Long("output") => &mut output,
                Long("empty-window") => &mut empty_window,
                Long("jobs") => {
                    jobs = arguments.value()?.parse().context("--jobs is a number from 1 on")?;
                    continue;
                }
                Value(name) => {
                    let name = name.string()?;
                    match SCENARIOS.iter().chain(&MEASUREMENTS).find(|scenario| **scenario == name) {
                        Some(scenario) => chosen.push(*scenario),
                        None => bail!("there is no scenario `{name}`"),
                    }
                    continue;
                }
                other => return Err(other.unexpected().into()),
            };
            *place = Some(PathBuf::from(arguments.value()?));
        }
        Ok(Self {
            app: app.context("--app is missing")?,
            devnet: devnet.context("--devnet is missing")?,
            tauri_driver: tauri_driver.context("--tauri-driver is missing")?,
            axe: axe.context("--axe is missing")?,
            output: output.context("--output is missing")?,
            empty_window,
            jobs,
            chosen,
        })
    }

    /// Those named, or all scenarios. Measurements run where they are named.
    pub(crate) fn scenarios(&self) -> &[&'static str] {
        if self.chosen.is_empty() { &SCENARIOS } else { &self.chosen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 11] =
        ["bithedge-e2e", "--app", "a", "--devnet", "d", "--tauri-driver", "t", "--axe", "x", "--output", "o"];

    fn parse(arguments: &[&str]) -> Result<Options> {
        Options::parse(lexopt::Parser::from_iter(arguments))
    }

    #[test]
    fn without_names_all_scenarios_run_one_after_another() {
        let options = parse(&FILES).unwrap();
        assert_eq!(options.scenarios(), SCENARIOS);
        assert_eq!(options.jobs.get(), 1);
        let named = [&FILES[..], &["--jobs", "2", "node-dies", "memory"]].concat();
        let options = parse(&named).unwrap();
        assert_eq!(options.scenarios(), ["node-dies", "memory"]);
        assert_eq!(options.jobs.get(), 2);
    }

    #[test]
    fn unknown_names_and_missing_files_are_errors() {
        for wrong in [&["nothing"][..], &["--jobs", "0"], &["--jobs"], &["--empty-window"]] {
            assert!(parse(&[&FILES[..], wrong].concat()).is_err(), "{wrong:?}");
        }
        assert!(parse(&FILES[..9]).unwrap_err().to_string().contains("--output"));
    }
}
