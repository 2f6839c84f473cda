//! What the window holds of the memory: beside an empty one, and after an hour's use.

use anyhow::{Context as _, Result, ensure};

use super::{Figures, Goal, Samples, slider};
use crate::application::{Application, Theme, window};
use crate::devnet::Chain;
use crate::processes::{Bytes, Share};
use crate::scenarios::pages::{self, PAGES};
use crate::scenarios::{FIRST_VALUES, Stage, onboarding};

/// What the application may hold: so many times what the empty window holds, and so much more.
const TIMES: f64 = 1.3;
const MORE: Bytes = Bytes::from_kibibytes(40_000_000 / 1_024);

/// An hour of somebody who never pauses: a page every 20 seconds, with a block for each of them, and the slider dragged every two
/// and a half minutes. 24 rounds through all eight pages.
const ROUNDS: usize = 24;
/// Movements of the mouse for each of those drags.
const DRAG: i64 = 60;
/// Caches fill in the beginning.
const WARM: usize = ROUNDS / 4;
/// What may be gained from the middle of the hour to its end, in parts of what is held: a collection of garbage that came late.
/// A page that leaked its elements would gain several times as much.
const GAIN: Goal = Goal::AtMost(5.0);

pub(crate) async fn stays_the_same(stage: &Stage<'_>) -> Result<()> {
    let program = stage.options.empty_window.as_deref().context("--empty-window is missing")?;
    let empty = stage.window(program).await?;
    empty.switch_to(window::MAIN).await?;
    empty.wait_for("heading", FIRST_VALUES).await?;
    let empty_shares = settled(&empty).await?;
    empty.quit().await?;

    let devnet = stage.lively_devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Light).await?;
    onboarding::practise(&application).await?;
    pages::open(&application, "home").await?;
    let shares = settled(&application).await?;
    let mut held: Vec<Bytes> = Vec::new();
    for _ in 0..ROUNDS {
        round(&application, devnet.chain()).await?;
        // Of what is shared, a part comes and goes with other programs.
        held.push(application.shares()?.iter().map(|share| share.own).sum());
    }
    let after = settled(&application).await?;
    stage.picture(&application).await?;
    application.quit().await?;
    devnet.stop().await?;

    let mut figures = Figures::default();
    let (ours, theirs) = (total(&shares), total(&empty_shares));
    let limit = (theirs.megabytes() * TIMES + MORE.megabytes()).floor();
    figures.hold("memory at rest, application", ours.megabytes(), "MB", Goal::AtMost(limit));
    each(&mut figures, &shares);
    figures.add("memory at rest, empty window", theirs.megabytes(), "MB");
    each(&mut figures, &empty_shares);
    let grown = Growth::of(&held)?;
    figures.add("its own memory in an hour's use: at its middle", grown.middle, "MB");
    figures.add("  at its end", grown.end, "MB");
    figures.hold("  gained in that half hour", grown.percent(), "%", GAIN);
    figures.add("  the most at any time", grown.most, "MB");
    figures.add("  after it, at rest", total(&after).megabytes(), "MB");
    each(&mut figures, &after);
    stage.note(format!(
        "after each round: {}",
        held.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    ));
    figures.tell(stage)
}

/// Through all pages, a block with each, and a drag of the slider.
async fn round(application: &Application, chain: &Chain) -> Result<()> {
    for page in PAGES {
        pages::open(application, page).await?;
        chain.mine(1).await?;
        if page == "protect" {
            application.wait_for("total", FIRST_VALUES).await?;
            slider::drag(application, DRAG).await?;
        }
    }
    pages::open(application, "home").await
}

/// What is held when nothing has to be done any more: the least of some looks.
async fn settled(application: &Application) -> Result<Vec<Share>> {
    const LOOKS: u32 = 10;
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);
    let mut least: Option<Vec<Share>> = None;
    for _ in 0..LOOKS {
        tokio::time::sleep(PAUSE).await;
        let shares = application.shares()?;
        if least.as_deref().is_none_or(|least| total(&shares) < total(least)) {
            least = Some(shares);
        }
    }
    let shares = least.context("nobody looked")?;
    ensure!(shares.len() >= 3, "a window is three processes or more: {shares:?}");
    ensure!(shares.iter().all(|share| share.name != "node"), "the devnet was counted: {shares:?}");
    Ok(shares)
}

fn total(shares: &[Share]) -> Bytes {
    shares.iter().map(|share| share.held).sum()
}

fn each(figures: &mut Figures, shares: &[Share]) {
    for Share { name, held, .. } in shares {
        figures.add(format!("  {name}"), held.megabytes(), "MB");
    }
}

/// What is held in the course of an hour, in MB.
#[derive(Debug)]
struct Growth {
    /// In the quarter before the middle.
    middle: f64,
    /// In the last quarter.
    end: f64,
    most: f64,
}

impl Growth {
    fn of(held: &[Bytes]) -> Result<Self> {
        let quarter = |from: usize| {
            let looks = held.get(from..from + WARM).context("the hour is not over")?;
            Samples::new(looks.iter().map(|held| held.megabytes()).collect())
        };
        Ok(Self {
            middle: quarter(WARM)?.median(),
            end: quarter(ROUNDS - WARM)?.median(),
            most: held.iter().map(|held| held.megabytes()).fold(0.0, f64::max),
        })
    }

    /// What was gained, in per cent.
    fn percent(&self) -> f64 {
        (self.end / self.middle - 1.0) * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(held: impl Fn(u64) -> u64) -> f64 {
        let rounds = u64::try_from(ROUNDS).unwrap();
        let held: Vec<Bytes> = (0..rounds).map(|round| Bytes::from_kibibytes(held(round))).collect();
        Growth::of(&held).unwrap().percent()
    }

    #[test]
    fn a_leak_is_told_from_caches_that_fill() {
        assert!(GAIN.is_met(hour(|_| 200_000)));
        // Full after some rounds; garbage comes and goes.
        assert!(GAIN.is_met(hour(|round| 180_000 + 5_000 * round.min(5) + round % 3 * 4_000)));
        // A thousandth of a gigabyte a round.
        assert!(!GAIN.is_met(hour(|round| 200_000 + 1_000 * round)));
        assert!(Growth::of(&[Bytes::from_kibibytes(1)]).is_err());
    }
}
