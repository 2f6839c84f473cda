//! How soon after its start the window can be used, beside an empty one: seen from outside, by looking at the screen.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::{Figures, Goal, Samples};
use crate::application::{Application, Theme, window};
use crate::desktop::Area;
use crate::scenarios::{FIRST_VALUES, Stage};
use crate::sight::Sight;

/// Ours over the empty window's, from the start of the process.
const SLOWER: Goal = Goal::AtMost(1.5);
/// Starts of each, one after the other.
const STARTS: u32 = 9;
const START: Duration = Duration::from_secs(20);

pub(crate) async fn is_there_soon(stage: &Stage<'_>) -> Result<()> {
    let empty = stage.options.empty_window.as_deref().context("--empty-window is missing")?;
    // The first thing that somebody new presses; in the empty window there is only its heading.
    let ours =
        Started::learn(stage, &stage.options.app, "begin-practice").await.context("the application")?;
    let theirs = Started::learn(stage, empty, "heading").await.context("the empty window")?;
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        our_times.push(ours.time(stage).await.context("the application")?);
        their_times.push(theirs.time(stage).await.context("the empty window")?);
    }

    let mut figures = Figures::default();
    let (our, their) = (Times::of(&our_times)?, Times::of(&their_times)?);
    figures.hold(
        "start to usable, over the empty window's",
        our.usable.median() / their.usable.median(),
        "times",
        SLOWER,
    );
    for (name, times) in [("application", &our), ("empty window", &their)] {
        figures.add(
            format!("{name}: from its start until it can be used, median"),
            times.usable.median(),
            "ms",
        );
        figures.add("  fastest", times.usable.percentile(0), "ms");
        figures.add("  slowest", times.usable.percentile(100), "ms");
        figures.add("  until its window is on the screen, median", times.shown.median(), "ms");
    }
    for (name, started) in [("application", &ours), ("empty window", &theirs)] {
        if let Some(paint) = started.first_contentful_paint {
            figures.add(format!("{name}: from navigation to the first contentful paint"), paint, "ms");
        }
    }
    figures.tell(stage)
}

/// A program, and what it looks like when it can be used.
struct Started<'a> {
    program: &'a Path,
    control: Sight,
    area: Area,
    /// What the engine says of the page by itself, in milliseconds; one start's.
    first_contentful_paint: Option<f64>,
}

impl<'a> Started<'a> {
    /// Opens it once, as somebody new, and looks at the control.
    async fn learn(stage: &Stage<'_>, program: &'a Path, control: &str) -> Result<Self> {
        let application = stage.window(program).await?;
        application.switch_to(window::MAIN).await?;
        application.wait_for(control, FIRST_VALUES).await?;
        application.settle().await?;
        let area = on_the_screen(&application, control).await?;
        let control = stage.desktop.watch(area)?.look()?;
        let paint = application.evaluate(FIRST_CONTENTFUL_PAINT, Vec::new()).await?;
        application.quit().await?;
        Ok(Self { program, control, area, first_contentful_paint: paint.as_f64() })
    }

    /// Starts it, again as for somebody new, with nobody who drives it, and ends it.
    async fn time(&self, stage: &Stage<'_>) -> Result<Start> {
        let watch = stage.desktop.watch(self.area)?;
        let before = watch.look()?;
        let launch = stage.launch(self.program, None, Theme::Light, stage.new_folder()?)?;
        let started = Instant::now();
        let process = launch.start(stage.desktop)?;
        let expected = self.control.clone();
        let seen = tokio::task::spawn_blocking(move || watch.until(&before, &expected, START)).await?;
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) => {
                let picture = stage.desktop.picture(None, &stage.output("missed.png")).await?;
                return Err(error.context(format!("see {}", picture.display())));
            }
        };
        process.stop().await?;
        Ok(Start { shown: seen.changed - started, usable: seen.there - started })
    }
}

/// How long a start took.
struct Start {
    shown: Duration,
    usable: Duration,
}

/// Many starts, in milliseconds.
struct Times {
    shown: Samples,
    usable: Samples,
}

impl Times {
    fn of(starts: &[Start]) -> Result<Self> {
        let samples = |of: fn(&Start) -> Duration| {
            Samples::new(starts.iter().map(|start| of(start).as_secs_f64() * 1_000.0).collect())
        };
        Ok(Self { shown: samples(|start| start.shown)?, usable: samples(|start| start.usable)? })
    }
}

async fn on_the_screen(application: &Application, hook: &str) -> Result<Area> {
    let (page, place) = (application.area().await?, application.place(hook).await?);
    Ok(Area { x: page.x + place.x, y: page.y + place.y, ..place })
}

/// Null where the engine does not tell.
const FIRST_CONTENTFUL_PAINT: &str =
    "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null";
