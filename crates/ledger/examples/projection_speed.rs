//! How fast blocks become tables, and tables answers: `projection_speed [EVENTS …]`. Without arguments 100,000 events;
//! `projection_speed 1000000` shows whether memory stays flat. Prints a line of JSON for each figure, as `cargo xtask bench` reads them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

#[path = "../tests/ledger/stream/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod stream;

use std::time::{Duration, Instant};

use bithedge_ledger::{Applied, ChainBlock, Ledger, PolicyFilter};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::Principal;

use stream::{Stream, identity, person};

fn main() {
    let wanted: Vec<u64> = std::env::args().skip(1).map(|one| one.parse().unwrap()).collect();
    let wanted = if wanted.is_empty() { vec![100_000] } else { wanted };
    for events in wanted {
        project(events, 64);
    }
    // As they come, each in a transaction of its own.
    project(100_000, 1);
    portfolio();
}

fn figure(name: &str, value: impl std::fmt::Display, unit: &str) {
    let goal = match name {
        "portfolio/10000/median" | "portfolio/10000/p99" => "<= 5000",
        name if name.ends_with("/by_64/speed") => ">= 20000",
        _ => "",
    };
    println!(r#"{{"name":"{name}","value":{value},"unit":"{unit}","goal":"{goal}"}}"#);
}

/// Of this process, in KiB.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of this process so far, in hundredths of a second.
fn processor() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn project(events: u64, at_once: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = Stream::new(11, 500, 500);
    let mut taken = Duration::ZERO;
    let mut busy = 0;
    let mut blocks = 0_u64;
    let mut log = 0;
    let mut at_a_tenth = 0;
    while stream.events < events {
        // A few blocks at a time, so that making them costs no memory and no time that is measured.
        let batch: Vec<ChainBlock> = (0..64).map(|_| stream.next(8)).collect();
        let (start, before) = (Instant::now(), processor());
        for blocks in batch.chunks(at_once) {
            let applied = ledger.apply_all(blocks).unwrap();
            assert!(applied.iter().all(|one| *one == Applied::New { anomalies: 0 }));
        }
        taken += start.elapsed();
        busy += processor() - before;
        blocks += 64;
        log = log.max(std::fs::metadata(folder.path().join("ledger-wal")).map_or(0, |file| file.len()));
        if at_a_tenth == 0 && stream.events > events / 10 {
            at_a_tenth = memory("VmRSS");
        }
    }
    let events = stream.events;
    let name = |what: &str| format!("projection/{events}/by_{at_once}/{what}");
    figure(&name("speed"), (events as f64 / taken.as_secs_f64()).round(), "events/s");
    figure(&name("speed_by_processor_time"), events * 100 / busy.max(1), "events/s");
    figure(&name("block"), taken.as_micros() / u128::from(blocks), "us");
    figure(&name("memory_at_a_tenth"), at_a_tenth, "KiB");
    figure(&name("memory_at_the_end"), memory("VmRSS"), "KiB");
    figure(&name("largest_log"), log / 1_024, "KiB");
    ledger.checkpoint().unwrap();
    figure(&name("file"), std::fs::metadata(&path).unwrap().len() / 1_024, "KiB");
    let size: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT sum(length(images)) FROM undo", [], |row| row.get(0))
        .unwrap();
    figure(&name("undo"), size / 1_024, "KiB");
    drop(ledger);
    let start = Instant::now();
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    figure(&name("open"), start.elapsed().as_millis(), "ms");
    let start = Instant::now();
    ledger.check().unwrap();
    figure(&name("check"), start.elapsed().as_millis(), "ms");
    let tip = ledger.tip().unwrap().unwrap().height.get();
    let start = Instant::now();
    let count = ledger.roll_back_to(BlockHeight::new(tip - 1_000)).unwrap();
    figure(&name("rollback_of_1000_blocks"), start.elapsed().as_millis(), "ms");
    assert_eq!(count, 1_000);
}

fn portfolio() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = Stream::new(12, 40, 40);
    for _ in 0..400 {
        ledger.apply(&stream.next(8)).unwrap();
    }
    let me = Principal::Standard(person(7));
    let mine = PolicyFilter { owner: Some(me.clone()), ..PolicyFilter::default() };
    while ledger.snapshot().unwrap().policies(&mine, 20_000).unwrap().rows.len() < 10_000 {
        for _ in 0..20 {
            ledger.apply(&stream.sales(7, 50)).unwrap();
        }
    }
    let mut reader = ledger.reader().unwrap();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            let snapshot = reader.snapshot().unwrap();
            let portfolio = snapshot.portfolio(&me, 50).unwrap();
            let held = snapshot.provider_everywhere(&me).unwrap().rows;
            let taken = start.elapsed();
            assert_eq!(portfolio.active.len(), 50);
            assert!(!held.is_empty());
            taken
        })
        .collect();
    times.sort_unstable();
    figure("portfolio/10000/median", times[100].as_micros(), "us");
    figure("portfolio/10000/p99", times[197].as_micros(), "us");
    let snapshot = reader.snapshot().unwrap();
    let start = Instant::now();
    let all = snapshot.policies(&mine, 20_000).unwrap().rows;
    figure("portfolio/10000/every_policy", start.elapsed().as_micros(), "us");
    assert!(all.len() >= 10_000);
    let start = Instant::now();
    snapshot.statistics(UnixSeconds::new(0)).unwrap();
    figure("portfolio/10000/statistics", start.elapsed().as_micros(), "us");
    let start = Instant::now();
    assert_eq!(snapshot.activity(&me, None, 50).unwrap().len(), 50);
    figure("portfolio/10000/activity_page", start.elapsed().as_micros(), "us");
}
