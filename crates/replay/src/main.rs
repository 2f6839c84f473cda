//! `cargo xtask replay`: plays a history of prices through the contracts and writes down what came of it.

#![allow(clippy::print_stderr, reason = "a developer's program, read in a terminal")]

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bithedge_protocol::{Asset, Sats, UsdE8};
use bithedge_replay::prices::{Date, History, StxSource};
use bithedge_replay::report::{self, Played};
use bithedge_replay::{Outcome, Run, Trial};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lexopt::Arg::Long;
use lexopt::ValueExt as _;

const USAGE: &str = "\
Usage: cargo xtask replay --prices FILE.csv [--from DATE] [--to DATE] [--seed N] ...

  --prices FILE     daily prices with the columns date and close_usd, and if there are low_usd and stx_usd
  --from, --to      the days to play, both included; without them all
  --seed N          what decides over everything left to chance (1)
  --capital BTC     what providers bring to each bucket at the start, by its worth in BTC (200)
  --out FOLDER      where the report goes (target/replay/report)
  --set NAME=VALUE  another starting value than the suite's: 3.markup=300000 of a tier, min-lock-rate=40000 of a parameter
  --asset NAME      sbtc or stx alone
  --without-trend   the same days with prices that end where they began
  --figures FILE    writes the report of figures that a replay of the same prices left, without playing them again
  --fresh           from the first day, whatever was put aside";

/// The program that runs the VM.
const WORKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker");

struct Arguments {
    prices: PathBuf,
    from: Option<Date>,
    to: Option<Date>,
    seed: u64,
    capital: Sats,
    out: PathBuf,
    trials: Vec<Trial>,
    assets: Vec<Asset>,
    without_trend: bool,
    figures: Option<PathBuf>,
    fresh: bool,
}

fn main() -> ExitCode {
    match replay() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nreplay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Arguments>> {
    let mut prices = None;
    let mut found = Arguments {
        prices: PathBuf::new(),
        from: None,
        to: None,
        seed: 1,
        capital: Sats::new(20_000_000_000),
        out: PathBuf::from("target/replay/report"),
        trials: Vec::new(),
        assets: Asset::ALL.to_vec(),
        without_trend: false,
        figures: None,
        fresh: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("prices") => prices = Some(PathBuf::from(parser.value()?)),
            Long("from") => found.from = Some(parser.value()?.parse()?),
            Long("to") => found.to = Some(parser.value()?.parse()?),
            Long("seed") => found.seed = parser.value()?.parse()?,
            Long("capital") => found.capital = parser.value()?.parse()?,
            Long("out") => found.out = PathBuf::from(parser.value()?),
            Long("set") => found.trials.push(parser.value()?.parse()?),
            Long("asset") => {
                found.assets = match parser.value()?.to_string_lossy().as_ref() {
                    "sbtc" => vec![Asset::Sbtc],
                    "stx" => vec![Asset::Stx],
                    other => bail!("{other} is neither sbtc nor stx"),
                }
            }
            Long("without-trend") => found.without_trend = true,
            Long("figures") => found.figures = Some(PathBuf::from(parser.value()?)),
            Long("fresh") => found.fresh = true,
            Long("help") => {
                eprintln!("{USAGE}");
                return Ok(None);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(prices) = prices else { bail!("which prices?\n\n{USAGE}") };
    Ok(Some(Arguments { prices, ..found }))
}

fn replay() -> Result<()> {
    let Some(arguments) = arguments()? else { return Ok(()) };
    let file = File::open(&arguments.prices)
        .with_context(|| format!("cannot read {}", arguments.prices.display()))?;
    let history = History::read(file, arguments.from, arguments.to, arguments.seed)
        .and_then(|history| if arguments.without_trend { history.without_trend() } else { Ok(history) })
        .with_context(|| format!("{} cannot be replayed", arguments.prices.display()))?;
    let contracts = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/Clarinet.toml"));
    let aside = Path::new("target/replay").join(fingerprint(&arguments, &contracts)?);
    if arguments.fresh {
        Run::forget(&aside);
    }
    let volatility = history.volatility_before.unwrap_or(History::USUAL_VOLATILITY).base_units();
    let run = Run {
        contracts,
        seed: arguments.seed,
        capital: arguments.capital,
        volatility: (volatility, volatility),
        trials: arguments.trials.clone(),
        aside: Some(aside.clone()),
        history,
    };
    if let Some(figures) = &arguments.figures {
        let kept = fs::read(figures).with_context(|| format!("cannot read {}", figures.display()))?;
        let outcomes: Vec<Outcome> = serde_json::from_slice(&kept)
            .with_context(|| format!("{} is not what a replay left", figures.display()))?;
        return Ok(report::write(&arguments.out, &played(&arguments, &run), &outcomes)?);
    }
    eprintln!("{}: {} days, STX {}", run.history.name, run.history.days.len(), run.history.stx);
    let started = Instant::now();
    let Some(outcomes) = play(&run, &arguments.assets)? else {
        eprintln!("put aside; the same command goes on from there");
        return Ok(());
    };
    report::write(&arguments.out, &played(&arguments, &run), &outcomes)?;
    let figures = aside.with_extension("json");
    fs::create_dir_all("target/replay").context("cannot make target/replay")?;
    fs::write(&figures, serde_json::to_vec(&outcomes)?)
        .with_context(|| format!("cannot write {}", figures.display()))?;
    eprintln!(
        "{} in {:.1} min; every figure in {}",
        arguments.out.join("report.html").display(),
        started.elapsed().as_secs_f64() / 60.0,
        figures.display()
    );
    Run::forget(&aside);
    Ok(())
}

fn played(arguments: &Arguments, run: &Run) -> Played {
    let days = &run.history.days;
    let whole = |price: UsdE8| price.base_units() / 100_000_000;
    let closes = || days.iter().map(|day| whole(day.close));
    Played {
        name: run.history.name.clone(),
        days: days.len(),
        filled: run.history.filled.len(),
        stx: run.history.stx.to_string(),
        stx_is_simulated: run.history.stx != StxSource::Given,
        volatility: match run.history.volatility_before {
            Some(volatility) => format!("{volatility}, that of the closes before the first day"),
            None => {
                format!("{}, the usual, for want of prices before the first day", History::USUAL_VOLATILITY)
            }
        },
        seed: run.seed,
        capital: arguments.capital.to_string(),
        btc: [
            days.first().map_or(0, |day| whole(day.open)),
            closes().min().unwrap_or_default(),
            closes().max().unwrap_or_default(),
            days.last().map_or(0, |day| whole(day.close)),
        ],
        trials: run.trials.clone(),
    }
}

/// Plays all assets at the same time. A signal puts them aside: then there is no outcome.
fn play(run: &Run, assets: &[Asset]) -> Result<Option<Vec<Outcome>>> {
    let bars = MultiProgress::new();
    let style = ProgressStyle::with_template("{prefix:>5} {bar:40} {pos}/{len} days, {eta} left")?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot listen for signals")?;
    }
    let days = u64::try_from(run.history.days.len())?;
    let outcomes = std::thread::scope(|scope| {
        let threads: Vec<_> = assets
            .iter()
            .map(|asset| {
                let bar =
                    bars.add(ProgressBar::new(days).with_style(style.clone()).with_prefix(asset.symbol()));
                let (stop, quiet) = (&stop, !std::io::stderr().is_terminal());
                scope.spawn(move || {
                    let mut told = Instant::now();
                    run.play(*asset, stop, |done| {
                        bar.set_position(u64::try_from(done).unwrap_or(days));
                        if quiet && told.elapsed() > Duration::from_secs(60) {
                            told = Instant::now();
                            eprintln!("{asset}: {done} of {days} days");
                        }
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    let mut all = Vec::new();
    for outcome in outcomes {
        let Ok(outcome) = outcome else { bail!("a replay stopped in a way that it must not") };
        let Some(outcome) = outcome? else { return Ok(None) };
        all.push(outcome);
    }
    Ok(Some(all))
}

/// What a replay is named by while it is put aside: everything that decides over it, this program too.
fn fingerprint(arguments: &Arguments, contracts: &Path) -> Result<String> {
    let mut hash = DefaultHasher::new();
    hash.write(&fs::read(std::env::current_exe()?)?);
    hash.write(&fs::read(&arguments.prices)?);
    let folder = contracts.parent().context("the contracts are in no folder")?;
    for sources in [folder, &folder.join("adapters"), &folder.join("traits"), Path::new(WORKER)] {
        let mut files: Vec<PathBuf> = fs::read_dir(sources)?.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files.iter().filter(|path| path.is_file()) {
            hash.write(&fs::read(file)?);
        }
    }
    let Arguments { from, to, seed, capital, trials, without_trend, .. } = arguments;
    hash.write(format!("{from:?} {to:?} {seed} {capital} {trials:?} {without_trend}").as_bytes());
    Ok(format!("{:016x}", hash.finish()))
}
