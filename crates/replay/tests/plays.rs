//! Short replays: every figure that the application computes is the contracts' in every step, and the books add up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use bithedge_protocol::{Asset, Sats, UsdE8};
use bithedge_replay::play::{Play, Terms};
use bithedge_replay::prices::{Date, History, Step, random_walk};

fn contracts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../contracts/Clarinet.toml")
}

fn play(history: &History, asset: Asset, seed: u64) -> Play {
    let terms = Terms {
        contracts: contracts(),
        asset,
        seed,
        capital: Sats::new(20_000_000_000),
        volatility: (700_000, 700_000),
    };
    let first = history.days.first().unwrap();
    let step = Step { at: first.date.start(), btc: first.open, stx: first.stx_open };
    let mut play = Play::start(&terms, step, |_| {}).unwrap();
    for day in &history.days {
        play.day(day).unwrap_or_else(|error| panic!("{}: {error}", day.date));
    }
    play
}

fn walk(days: u32, seed: u64) -> History {
    random_walk(seed, days, Date::new(2021, 1, 4).unwrap(), UsdE8::new(3_000_000_000_000)).unwrap()
}

#[test]
fn sbtc_buckets_keep_every_figure_for_two_months() {
    let started = std::time::Instant::now();
    let mut play = play(&walk(60, 7), Asset::Sbtc, 1);
    for (what, count) in play.equalities().counts() {
        println!("{count:>8} {what}");
    }
    println!("{:#?}", play.ledger().buckets);
    println!("{} calls in {:?}", play.chain().calls(), started.elapsed());
    assert!(play.equalities().total() > 500);
}

#[test]
fn stx_buckets_keep_every_figure_for_two_months() {
    let play = play(&walk(60, 8), Asset::Stx, 2);
    for (what, count) in play.equalities().counts() {
        println!("{count:>8} {what}");
    }
    println!("{:#?}", play.ledger().buckets);
}
