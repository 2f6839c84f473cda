//! `cargo xtask bench window`: what the application's window costs, as users get it, beside an empty window.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use super::{Measurement, figure, print, rows};
use crate::command;
use crate::setup::{self, Purpose};
use crate::{build, e2e, workspace};

/// The measurements of the crate `e2e`, in the order of the table, and what each is about.
const MEASUREMENTS: [(&str, &str); 3] = [
    ("slider", "The slider of Protect, dragged with the mouse"),
    ("first-paint", "From the start of the process until something can be pressed"),
    ("memory", "Memory"),
];

/// What the application's program may weigh, in millions of bytes.
const MOST_MEGABYTES: f64 = 25.0;

/// Builds, measures and prints. With `--write` the figures go to `docs/performance.md`; names of measurements take these alone.
///
/// # Errors
/// If a figure misses its goal, after all were printed.
pub(super) fn run(arguments: &[OsString]) -> Result<()> {
    let request = Request::of(arguments)?;
    setup::all(Purpose::Test)?;
    build::released_windows()?;
    let mut measurements = request.measurements();
    // What is left of another run is none of this one's.
    for (name, _) in &measurements {
        fs::remove_file(figures(name)?).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
    }
    let names: Vec<&str> = measurements.iter().map(|(name, _)| *name).collect();
    let measured = command::run(&mut e2e::measuring(&names)?);

    let size = program_size(&workspace::desktop_program("bithedge")?)?;
    let is_small = size.value <= MOST_MEGABYTES;
    let mut chapters = vec![("The program", vec![size])];
    // One that measured nothing has said why.
    measurements.retain(|(name, _)| figures(name).is_ok_and(|file| file.is_file()));
    for (name, about) in measurements {
        chapters.push((about, rows(&fs::read_to_string(figures(name)?)?)?));
    }
    for (about, measurements) in &chapters {
        println!("\n{about}");
        print(measurements);
    }
    if request.write {
        ensure!(chapters.len() > MEASUREMENTS.len(), "--write wants all measurements");
        let file = workspace::root().join("docs/performance.md");
        fs::write(&file, document(&chapters)).with_context(|| format!("cannot write {}", file.display()))?;
    }
    ensure!(is_small, "the program is larger than {MOST_MEGABYTES} MB");
    measured
}

/// Where a measurement leaves what it measured.
fn figures(measurement: &str) -> Result<PathBuf> {
    Ok(e2e::pictures()?.join(format!("{measurement}-figures.jsonl")))
}

/// What was asked for.
struct Request {
    write: bool,
    names: Vec<String>,
}

impl Request {
    fn of(arguments: &[OsString]) -> Result<Self> {
        let mut request = Self { write: false, names: Vec::new() };
        for argument in arguments {
            match argument.to_str() {
                Some("--write") => request.write = true,
                Some(name) if MEASUREMENTS.iter().any(|(known, _)| *known == name) => {
                    request.names.push(name.to_owned());
                }
                _ => bail!("there is no measurement `{}`", argument.display()),
            }
        }
        Ok(request)
    }

    /// Those named, or all.
    fn measurements(&self) -> Vec<(&'static str, &'static str)> {
        let is_meant = |name: &str| self.names.is_empty() || self.names.iter().any(|named| named == name);
        MEASUREMENTS.into_iter().filter(|(name, _)| is_meant(name)).collect()
    }
}

/// The program as it is installed: cargo's profile `desktop` strips it.
#[allow(clippy::cast_precision_loss, reason = "no program has 2^53 bytes")]
fn program_size(program: &Path) -> Result<Measurement> {
    let bytes = fs::metadata(program).with_context(|| format!("there is no {}", program.display()))?.len();
    Ok(Measurement {
        name: "program, stripped".to_owned(),
        value: bytes as f64 / 1e6,
        unit: "MB".to_owned(),
        goal: format!("<= {MOST_MEGABYTES}"),
    })
}

fn document(chapters: &[(&str, Vec<Measurement>)]) -> String {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "{HEAD}\nMeasured on {} with {processors} processors and no graphics card.\n",
        std::env::consts::ARCH
    );
    for (about, measurements) in chapters {
        // Writing into a text cannot fail.
        let _ =
            write!(text, "\n## {about}\n\n| measured | value | unit | goal |\n| --- | ---: | --- | --- |\n");
        for Measurement { name, value, unit, goal } in measurements {
            let name = name.strip_prefix("  ").map_or_else(|| name.clone(), |part| format!("– {part}"));
            let goal = goal.replace("<=", "≤").replace(">=", "≥");
            let _ = writeln!(text, "| {name} | {} | {unit} | {goal} |", figure(*value));
        }
    }
    text
}

/// What stands above the figures.
const HEAD: &str = "# What the window costs

Made by `cargo xtask bench window --write`: the build that users get (cargo's profile `desktop`), in a real window on a virtual screen, driven from outside by `crates/e2e`. The
empty window is a Tauri window of the same versions with a Leptos page that holds a heading (`crates/e2e/empty-window`). The scenarios are
not in `cargo xtask test`: they need a machine that does nothing else.

**Slider.** The mouse moves the slider of Protect to and fro for some ten seconds, 57 times a second or so, on a practice network whose prices move and
which makes a block every three seconds. What is counted for a picture is all that the page does for it: the handlers of the movements, the
computation of offers, the redraw of everything that depends on them, and layout. Pictures for which nothing had to be done are left out.
Of up to three drags the first that meets the goals counts, because what else the machine does can only make one slower.

**Start.** Both programs are started in turn, each as for somebody new, with nobody who drives them, and somebody looks at the screen every four
milliseconds until the first button (in the empty window the heading) looks as it does when it can be pressed.

**Memory.** The proportional share (PSS) of the shell and of all the engine's processes; the devnet runs apart. At rest: the least of ten looks, a second
apart. An hour's use is that of somebody who never pauses: 24 rounds through all eight pages, a block with each page, and a drag of the slider
in each round; it is done as fast as the window follows. It is held against the memory that is the window's own alone, which other programs
do not change. What is gained is the median of the last six rounds over that of the six before the
middle.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_a_table_for_each_chapter() {
        let size =
            Measurement { name: "  size".into(), value: 20.125, unit: "MB".into(), goal: "<= 25".into() };
        let text = document(&[("The program", vec![size])]);
        assert!(text.contains("\n## The program\n\n| measured |"), "{text}");
        assert!(text.contains("\n| – size | 20.12 | MB | ≤ 25 |\n"), "{text}");
    }

    #[test]
    fn only_measurements_that_exist_are_taken() {
        let names = |arguments: &[&str]| {
            let request = Request::of(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
            request
                .map(|request| request.measurements().into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["--write"]).unwrap(), ["slider", "first-paint", "memory"]);
        assert_eq!(names(&["memory"]).unwrap(), ["memory"]);
        assert!(names(&["nothing"]).is_err());
    }
}
