//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::Arg::{Long, Value};
use lexopt::ValueExt as _;

use crate::scenarios::SCENARIOS;

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
    /// Gets one picture and the logs of each scenario.
    pub(crate) output: PathBuf,
    chosen: Vec<&'static str>,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self> {
        Self::parse(lexopt::Parser::from_env()).with_context(|| {
            format!(
                "Usage: bithedge-e2e --app FILE --devnet FILE --tauri-driver FILE --axe FILE --output FOLDER \
                 [SCENARIO]...\nScenarios: {}\n`cargo xtask e2e [SCENARIO]...` finds the files",
                crate::scenario_names()
            )
        })
    }

    fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        let (mut app, mut devnet, mut tauri_driver, mut axe, mut output) = (None, None, None, None, None);
        let mut chosen = Vec::new();
        while let Some(argument) = arguments.next()? {
            let place = match argument {
                Long("app") => &mut app,
                Long("devnet") => &mut devnet,
                Long("tauri-driver") => &mut tauri_driver,
                Long("axe") => &mut axe,
                Long("output") => &mut output,
                Value(name) => {
                    let name = name.string()?;
                    match SCENARIOS.iter().find(|scenario| **scenario == name) {
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
            chosen,
        })
    }

    /// Those named, or all.
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
    fn without_names_all_scenarios_run() {
        assert_eq!(parse(&FILES).unwrap().scenarios(), SCENARIOS);
        let named = [&FILES[..], &["node-dies"]].concat();
        assert_eq!(parse(&named).unwrap().scenarios(), ["node-dies"]);
    }

    #[test]
    fn unknown_names_and_missing_files_are_errors() {
        assert!(parse(&[&FILES[..], &["nothing"]].concat()).is_err());
        assert!(parse(&FILES[..9]).unwrap_err().to_string().contains("--output"));
    }
}
