//! Random sequences of operations by several users over all tiers, tokens, prices and weeks, held against the model after
//! every operation.
//!
//! `BITHEDGE_SEQUENCES` says how many are played, `BITHEDGE_FIRST_SEED` where they start. `BITHEDGE_SEQUENCES_DONE` names a
//! file of seeds that were played, one a line: they are left out, and those that pass are added. A seed that fails is told
//! with what it did, and added to `regressions.txt`, whose seeds are played in every run. `cargo xtask sequences` plays as
//! many as one likes, and goes on where it stopped.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use crate::model::{DAY, Token};
use crate::play::Play;

/// Sequences in a normal run, and operations in each.
const SEQUENCES: u64 = 500;
const OPERATIONS: u32 = 60;

/// So many seeds that fail tell what is wrong.
const MOST_FAILURES: usize = 3;

/// A session is started afresh when it has grown to so much memory.
const MEMORY_BYTES: u64 = 1 << 30;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// How many are to be played. Recording what is executed makes them slow, and a few execute what all do.
pub(crate) fn count(name: &str, usual: u64) -> u64 {
    let is_recorded = std::env::var_os("BITHEDGE_COVERAGE_DIR").is_some();
    setting(name).unwrap_or(if is_recorded { 5 } else { usual })
}

fn regressions() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/regressions.txt")
}

/// The numbers in a file, one a line; what begins with `#` is said to the reader.
fn seeds_in(path: &PathBuf) -> BTreeSet<u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.trim().parse().ok()).collect()
}

fn add_seed(path: &PathBuf, seed: u64) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{seed}").unwrap();
}

#[test]
fn even_seeds_keep_the_books_and_every_promise() {
    play_seeds(0);
}

#[test]
fn odd_seeds_keep_the_books_and_every_promise() {
    play_seeds(1);
}

/// Two tests, so that two cores play.
fn play_seeds(remainder: u64) {
    let done = std::env::var_os("BITHEDGE_SEQUENCES_DONE").map(PathBuf::from);
    let played = done.as_ref().map(seeds_in).unwrap_or_default();
    let first = setting("BITHEDGE_FIRST_SEED").unwrap_or(1);
    let count = count("BITHEDGE_SEQUENCES", SEQUENCES);
    let mut seeds = seeds_in(&regressions());
    seeds.extend((first..first + count).filter(|seed| !played.contains(seed)));
    seeds.retain(|seed| seed % 2 == remainder);

    let mut play = Play::new();
    let started = Instant::now();
    let (mut failed, mut count) = (Vec::new(), 0_u32);
    for seed in seeds {
        // A process that died answers with an error.
        if play.w.vm.memory_bytes().map_or(true, |bytes| bytes > MEMORY_BYTES) {
            play.renew();
        }
        count += 1;
        if count.is_multiple_of(25) {
            println!("{count} sequences in {:.0} s, now seed {seed}", started.elapsed().as_secs_f64());
        }
        if catch_unwind(AssertUnwindSafe(|| sequence(&mut play, seed))).is_ok() {
            if let Some(path) = &done {
                add_seed(path, seed);
            }
        } else {
            println!("seed {seed} failed after:\n  {}", play.log.join("\n  "));
            if !seeds_in(&regressions()).contains(&seed) {
                add_seed(&regressions(), seed);
            }
            failed.push(seed);
            if failed.len() >= MOST_FAILURES {
                break;
            }
        }
    }
    tell(&play, count, started);
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}

fn tell(play: &Play, count: u32, started: Instant) {
    let seconds = started.elapsed().as_secs_f64() / f64::from(count.max(1));
    println!("{count} sequences, {seconds:.2} s each; done and refused: {:?}", play.counts);
    println!("refused: {:?}", play.refusals);
    let [covered, owed] = play.shortfalls;
    println!("dust of a queue at most {}, most covered {covered}, most owed {owed}", play.largest_dust);
}

/// One sequence.
fn sequence(play: &mut Play, seed: u64) {
    play.restart(seed);
    play.is_bear = play.random.u32(..3) == 0;
    for place in play.model.terms.places() {
        let provider = play.random.usize(..3);
        let most = if play.is_bear { 5 } else { 20 };
        let amount = Play::whole(place.token) * play.random.u128(2..most);
        play.commit(provider, place, amount);
    }
    if play.random.bool() {
        play.contribute(2, Token::Stx, Play::whole(Token::Stx) / 2);
    }
    play.next_boundary(3);
    play.catch_up(true);
    for operation in 0..OPERATIONS {
        step(play);
        if operation == OPERATIONS / 2 {
            play.compare_all();
        }
    }
    wind_up(play);
}

fn step(play: &mut Play) {
    match play.random.u32(..100) {
        0..29 => play.some_purchase(),
        29..51 => play.some_capital(),
        51..56 => play.some_end(true),
        56..60 => play.some_end(false),
        60..62 => play.best_activation(),
        62..67 => {
            let crash = play.is_bear || play.random.u32(..4) == 0;
            play.some_move(crash);
        }
        67..79 => play.some_keeping(),
        79..82 => play.last_hour(),
        82..85 => play.silence(),
        85 => play.jump(),
        // A boundary that nobody closes at.
        86 => play.next_boundary(3),
        _ => {
            let reports = play.random.u64(0..=3);
            play.next_boundary(reports);
            play.catch_up(false);
        }
    }
}

/// Everybody ends what they have: nothing is left but what nobody owns.
fn wind_up(play: &mut Play) {
    play.report();
    play.catch_up(true);
    // On to the next expiry, or to the last at once: then nobody reports, settles or closes for weeks.
    loop {
        let booked = play.model.policies.iter().filter(|one| one.is_booked).map(|one| one.expiry);
        let next = if play.random.bool() { booked.min() } else { booked.max() };
        let Some(next) = next else { break };
        let now = play.now();
        // A missing boundary takes the price of the first one recorded within fifty days after it.
        let eve = (next - DAY + 1).min(now + 40 * DAY);
        if eve > now {
            play.quiet_until(eve);
        }
        play.next_boundary(3);
        play.catch_up(true);
    }
    let users = play.users.len();
    for place in play.model.terms.places() {
        assert_eq!(play.model.locked(place), 0);
        for user in 0..users {
            let shares = play.model.bucket(place).providers[user].shares;
            if shares > 0 {
                play.request_withdrawal(user, place, shares);
            }
        }
    }
    for _ in 0..2 {
        play.next_boundary(3);
        play.catch_up(true);
    }
    play.compare_all();
    for place in play.model.terms.places() {
        for user in 0..users {
            if play.model.bucket(place).providers[user].is_owed() {
                play.claim_withdrawal(user, user, place);
            }
        }
        let bucket = play.model.bucket(place);
        let healthy = bucket.last.is_some_and(|last| last.nav_exit > 1);
        assert!(bucket.queued == 0 || !healthy, "{place:?}: {bucket:?}");
        assert_eq!(bucket.reserved(), 0, "{place:?}");
        assert_eq!(bucket.refunds, 0, "{place:?}");
    }
    play.compare_all();
}
