//! The slider of the page Protect follows the hand: real movements of the mouse, while quotes and blocks go on.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Figures, Goal, Samples};
use crate::application::{Application, Theme, selector};
use crate::scenarios::{FIRST_VALUES, Stage, onboarding, pages};

const SLIDER: &str = "level";

/// All that the page's code and layout need for one picture, in milliseconds.
const WORK: Goal = Goal::AtMost(8.0);
const FRAMES_A_SECOND: Goal = Goal::AtLeast(50.0);
/// Fewer movements would be a slower hand than a person's.
const FEWEST_MOVES_A_SECOND: f64 = 20.0;

/// Between two movements of the mouse, as of one that tells its place 125 times a second; the driver waits for the page as well.
const PAUSE: Duration = Duration::from_millis(8);
/// Movements from one end of the slider to the other.
const ACROSS: i64 = 60;
/// Ten times from end to end, so that the drag takes longer than five seconds.
const MOVES: i64 = 10 * ACROSS;

/// What else the machine does can only make it slower: a drag that meets the goals shows that it can.
const ATTEMPTS: u32 = 3;

pub(crate) async fn follows_the_hand(stage: &Stage<'_>) -> Result<()> {
    let mut figures = Figures::default();
    if let Some(window) = &stage.options.empty_window {
        let empty = stage.window(window).await?;
        let frames = still(&empty).await?;
        figures.add("pictures a second, empty window", rate(&frames)?, "a second");
        empty.quit().await?;
    }
    let devnet = stage.lively_devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    pages::open(&application, "protect").await?;
    application.wait_for("total", FIRST_VALUES).await?;
    let slider = vec![selector(SLIDER).into()];
    application
        .evaluate("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", slider)
        .await?;
    application.settle().await?;
    figures.add("pictures a second, Protect, at rest", rate(&still(&application).await?)?, "a second");
    application.evaluate(OBSERVE, vec![selector(SLIDER).into()]).await?;

    let mut drag = Drag::measure(&application).await?;
    for _ in 1..ATTEMPTS {
        if drag.is_smooth() {
            break;
        }
        stage.note(format!(
            "once more, after {:.1} pictures a second and {:.1} ms",
            drag.rate,
            drag.works.percentile(95)
        ));
        drag = Drag::measure(&application).await?;
    }
    stage.picture(&application).await?;
    drag.tell(&mut figures);
    application.quit().await?;
    devnet.stop().await?;
    figures.tell(stage)
}

/// Moves the slider's thumb to and fro with the mouse.
pub(super) async fn drag(application: &Application, moves: i64) -> Result<()> {
    let place = application.place(SLIDER).await?;
    let (left, width, middle) =
        (i64::from(place.x), i64::from(place.width), i64::from(place.y) + i64::from(place.height) / 2);
    let at = |step: i64| {
        let phase = step % (2 * ACROSS);
        (left + 2 + (width - 4) * phase.min(2 * ACROSS - phase) / ACROSS, middle)
    };
    application.drag(at(0), (1..=moves).map(at), PAUSE).await
}

/// The times of the pictures while nothing moves, in milliseconds.
async fn still(application: &Application) -> Result<Value> {
    let script = "const done = arguments[arguments.length - 1];
        const frames = [];
        const next = () => {
            frames.push(performance.now());
            if (frames.at(-1) - frames[0] < 3000) requestAnimationFrame(next); else done({frames});
        };
        requestAnimationFrame(next);";
    application.evaluate_async(script).await
}

/// Pictures a second.
#[allow(clippy::cast_precision_loss, reason = "there are some hundreds")]
fn rate(record: &Value) -> Result<f64> {
    let times = Samples::of(record, "frames")?;
    let took = times.percentile(100) - times.percentile(0);
    ensure!(times.count() > 10 && took > 0.0, "there were only {} pictures", times.count());
    Ok((times.count() - 1) as f64 / took * 1_000.0)
}

/// What one drag took.
struct Drag {
    /// Pictures a second.
    rate: f64,
    moves_a_second: f64,
    /// Of the pictures for which something had to be done: handlers, redraw and layout, in milliseconds.
    works: Samples,
    /// From a movement until the picture after it was painted, in milliseconds.
    latencies: Samples,
    /// All work over the number of movements, in milliseconds.
    work_a_move: f64,
    /// How many values the slider passed.
    values: u64,
}

impl Drag {
    async fn measure(application: &Application) -> Result<Self> {
        application.evaluate("window.e2eDrag.clear()", Vec::new()).await?;
        drag(application, MOVES).await?;
        let record = application.evaluate("return window.e2eDrag.report()", Vec::new()).await?;
        Self::of(&record).with_context(|| format!("the drag told {record}"))
    }

    #[allow(clippy::cast_precision_loss, reason = "there are some hundreds")]
    fn of(record: &Value) -> Result<Self> {
        let moves = Samples::of(record, "moves")?;
        let seconds = (moves.percentile(100) - moves.percentile(0)) / 1_000.0;
        ensure!(seconds >= 5.0, "the slider was moved for {seconds:.1} s only");
        let works = Samples::of(record, "works")?;
        let work: f64 = works.mean() * works.count() as f64;
        let drag = Self {
            rate: rate(record)?,
            moves_a_second: moves.count() as f64 / seconds,
            work_a_move: work / moves.count() as f64,
            works,
            latencies: Samples::of(record, "latencies")?,
            values: record["values"].as_u64().context("no number of values")?,
        };
        ensure!(
            drag.moves_a_second >= FEWEST_MOVES_A_SECOND,
            "only {:.0} moves a second",
            drag.moves_a_second
        );
        ensure!(drag.values >= 20, "the slider passed {} values only", drag.values);
        Ok(drag)
    }

    fn is_smooth(&self) -> bool {
        WORK.is_met(self.works.percentile(95)) && FRAMES_A_SECOND.is_met(self.rate)
    }

    fn tell(&self, figures: &mut Figures) {
        figures.hold(
            "slider: handlers, redraw and layout of a picture, p95",
            self.works.percentile(95),
            "ms",
            WORK,
        );
        figures.add("  the same, median", self.works.median(), "ms");
        figures.add("  the most", self.works.percentile(100), "ms");
        figures.add("  all of it over the movements, mean", self.work_a_move, "ms");
        figures.hold("slider: pictures a second", self.rate, "a second", FRAMES_A_SECOND);
        figures.add("slider: movements a second", self.moves_a_second, "a second");
        figures.add("slider: from a movement to the next picture, p95", self.latencies.percentile(95), "ms");
        figures.add("  the same, median", self.latencies.median(), "ms");
    }
}

/// Notes what the page does from the first to the last movement of a slider: when pictures begin, and how long handlers, redraw
/// and layout take for each.
///
/// Its own step in a picture is asked for before and after all others, so that everything that the page does for a picture lies
/// between the two. WebKit's clock for pages goes in whole milliseconds, so that single durations are right to one of them.
const OBSERVE: &str = "
    const slider = document.querySelector(arguments[0]);
    const ask = window.requestAnimationFrame.bind(window);
    const now = () => performance.now();
    const layOut = () => slider.getBoundingClientRect().width + document.documentElement.offsetHeight;
    const painted = new MessageChannel();
    let moves, frames, works, latencies, values, handled, waiting, began, last;
    let first = 0, isBusy = false, willBeBusy = false;
    const clear = () => {
        moves = []; frames = []; works = []; latencies = []; values = new Set(); handled = 0; waiting = []; began = 0;
    };
    clear();
    window.addEventListener('input', event => {
        if (event.target !== slider) return;
        began = now();
        moves.push(began);
        waiting.push(began);
        values.add(slider.value);
    }, true);
    window.addEventListener('input', event => {
        if (event.target !== slider) return;
        layOut();
        handled += now() - began;
    });
    painted.port2.onmessage = event => {
        const at = now();
        latencies.push(...event.data.map(move => at - move));
    };
    const finish = () => {
        layOut();
        if (moves.length && (isBusy || handled)) works.push(handled + now() - first);
        handled = 0;
        if (waiting.length) painted.port1.postMessage(waiting.splice(0));
    };
    const start = () => {
        first = now();
        if (moves.length) frames.push(first);
        isBusy = willBeBusy;
        willBeBusy = false;
        ask(start);
        last = ask(finish);
    };
    ask(start);
    last = ask(finish);
    window.requestAnimationFrame = callback => {
        const id = ask(callback);
        willBeBusy = true;
        // What ends the picture is asked for anew, so that it stays behind all others.
        cancelAnimationFrame(last);
        last = ask(finish);
        return id;
    };
    window.e2eDrag = {
        clear,
        report: () => {
            const end = moves.at(-1);
            return {moves, frames: frames.filter(frame => frame <= end), works, latencies, values: values.size};
        },
    };";
