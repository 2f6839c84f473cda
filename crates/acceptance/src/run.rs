//! A run: everything is started, the story is played, everything is compared.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use bithedge_practice::market::Quote;
use tokio::sync::Mutex;

use crate::days;
use crate::faults::{Controls, DEEPEST_REORGANISATION, Faults};
use crate::kills::{Kills, RunningDevnet, kill_now_and_then};
use crate::link::{Core, CoreSetup};
use crate::process::{self, DevnetProcess};
use crate::protocol::{Ask, Person};
use crate::secrets::Secrets;
use crate::story::Story;
use crate::verify::{self, Checked};
use crate::world::World;

/// The public mnemonic of the devnet's `wallet_6`, whom its oracle knows as a reporter.
const REPORTER: usize = 6;
/// Long enough to be none that stands in a log by chance.
const PASSPHRASE: &str = "only for the acceptance run: tapioca 7 magnets";
/// The close before the first day, 2020-03-05; the suite is in service five hours after the genesis.
const FIRST: &str = "2020-03-05";
/// 2020-03-05 04:00 UTC.
const GENESIS: u64 = 1_583_380_800;

#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) devnet: PathBuf,
    pub(crate) worker: PathBuf,
    pub(crate) scenario: PathBuf,
    pub(crate) kills: u64,
    pub(crate) faults: u64,
    pub(crate) seed: Option<u64>,
    pub(crate) folder: Option<PathBuf>,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let by_the_clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seed = options.seed.unwrap_or_else(by_the_clock);
    let kept = options.folder.clone();
    let temporary = tempfile::tempdir()?;
    let root = kept.unwrap_or_else(|| temporary.path().to_path_buf());
    println!("seed {seed}");
    let (mut done, mut round) = (0, 0);
    // One story is over before that many kills: then it is told again.
    loop {
        round += 1;
        let folder = root.join(format!("round-{round}"));
        ensure!(!folder.exists(), "{} is there already", folder.display());
        std::fs::create_dir_all(&folder)?;
        let random = fastrand::Rng::with_seed(seed.wrapping_add(round));
        let left = options.kills.saturating_sub(done);
        done += one(&options, folder, left, random)
            .await
            .with_context(|| format!("seed {seed}, round {round}"))?;
        if done >= options.kills {
            return Ok(());
        }
    }
}

/// One story, with up to so many kills. Returns how many there were.
async fn one(options: &Options, folder: PathBuf, kills: u64, mut random: fastrand::Rng) -> Result<u64> {
    let started = Instant::now();
    let (before_days, days) = days::read(&options.scenario, FIRST)?;
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs)?;
    let words = bithedge_practice::words(REPORTER).context("no such practice account")?;
    let devnet = DevnetProcess {
        program: options.devnet.clone(),
        worker: options.worker.clone(),
        folder: folder.join("devnet"),
        log: logs.join("devnet"),
        port: DevnetProcess::free_port()?,
        genesis: GENESIS,
        btc: process::decimal(before_days.close),
        stx: process::decimal(before_days.stx),
    };
    let running: RunningDevnet = Arc::new(Mutex::new(Some(devnet.start().await?)));
    let quote = Quote { btc: before_days.close, stx: before_days.stx };
    // The worst faults let nothing through, and have to end first.
    let world = World::open(&devnet.url(), quote).await?.patient(Duration::from_secs(2 * options.faults));
    let core = Arc::new(Core::new(CoreSetup {
        program: std::env::current_exe()?,
        folder: folder.join("core"),
        log: logs.join("core"),
        node: devnet.url(),
        markets: world.markets().to_owned(),
        // Who expects reorganisations waits for more: what counts as done is deeper than any of them reaches.
        confirmations: if options.faults > 0 { DEEPEST_REORGANISATION + 1 } else { 1 },
        words: words.to_owned(),
        passphrase: PASSPHRASE.to_owned(),
    }));
    let mut story = Story::new(world, Arc::clone(&core));
    if options.faults > 0 {
        story = story.hopeful(Duration::from_secs(15), 3);
    }
    story.begin().await?;
    let before = story.holdings().await?;

    let counted = Kills::default();
    let mut faults = Faults::default();
    {
        let mut when = random.fork();
        let killing = kill_now_and_then(kills, &counted, &core, &devnet, &running, &mut when);
        let controls = Controls::of(&devnet.url())?;
        let mut chance = random.fork();
        let misbehaving = async {
            if options.faults > 0 {
                controls.misbehave(options.faults, &mut chance, &mut faults).await?;
            }
            Ok::<(), anyhow::Error>(())
        };
        // As a window does, which shows how far the books are: whoever was killed is started again by the next question.
        let showing = async {
            loop {
                if let Err(error) = core.ask(&Ask::Books).await {
                    tracing::debug!(%error, "the core");
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        };
        let playing = story.play(&days);
        // Whoever kills stops when the story is over; the story is told to its end; faults are had to their end.
        tokio::pin!(killing, misbehaving, playing, showing);
        let (mut is_killing, mut is_misbehaving, mut is_playing) = (true, true, true);
        while is_playing || is_misbehaving {
            tokio::select! {
                ended = &mut playing, if is_playing => { ended?; is_playing = false; }
                ended = &mut misbehaving, if is_misbehaving => { ended?; is_misbehaving = false; }
                ended = &mut killing, if is_killing => { ended?; is_killing = false; }
                () = &mut showing => {}
            }
        }
    }
    // A kill may just have taken the devnet away.
    {
        let mut slot = running.lock().await;
        if slot.is_none() {
            *slot = Some(devnet.start().await?);
        }
    }
    let checked = verify::everything(&mut story, &before).await?;
    let after = checked.after.clone();
    core.end().await?;
    if let Some(mut child) = running.lock().await.take() {
        process::kill(&mut child).await?;
    }
    std::fs::write(folder.join("transcript"), story.transcript().join("\n"))?;
    let found = Secrets::of(words, PASSPHRASE, 5)?.look(&folder)?;
    ensure!(found.leaks.is_empty(), "secrets were written: {:?}", found.leaks);
    tell(&story, &checked, &counted, &faults, &after.since(&before).to_string());
    println!(
        "no secret in {} files of {} bytes; {:.0} s, the core started {} times",
        found.files,
        found.bytes,
        started.elapsed().as_secs_f64(),
        core.starts()
    );
    Ok(counted.all())
}

fn tell(story: &Story, checked: &Checked, kills: &Kills, faults: &Faults, table: &str) {
    println!("\n{}", story.transcript().join("\n"));
    println!("\n{table}");
    for row in &checked.reconciled {
        println!("{row}");
    }
    println!("\n{}", checked.remains.join("\n"));
    let failed: usize = Person::ALL.into_iter().map(|person| story.failed_of(person)).sum();
    println!(
        "{} transactions of {} wishes, each carried out once at most, all of them known; {failed} were refused on the chain and made again",
        checked.transactions, checked.wishes
    );
    println!(
        "the ledger at block {} is {}, and so is one that was made anew; 0 events did not fit",
        checked.height, checked.fingerprint
    );
    println!("kill -9: {} times the core, {} times the devnet", kills.core(), kills.devnet());
    if !faults.kinds.is_empty() {
        println!(
            "faults: {}; then {} changes at random; {} reorganisations",
            faults.kinds.join(", "),
            faults.changes,
            faults.reorganisations
        );
    }
}
