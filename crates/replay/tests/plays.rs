//! Short replays: every figure that the application computes is the contracts' in every step, and the books add up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bithedge_protocol::{Asset, Sats, UsdE8};
use bithedge_replay::prices::{Date, History, random_walk};
use bithedge_replay::report::{self, Played};
use bithedge_replay::{Outcome, Run, Trial};

fn run(history: History, seed: u64) -> Run {
    Run {
        contracts: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../contracts/Clarinet.toml"),
        history,
        seed,
        capital: Sats::new(20_000_000_000),
        volatility: (700_000, 700_000),
        trials: Vec::new(),
        aside: None,
    }
}

fn walk(days: u32, seed: u64) -> History {
    random_walk(seed, days, Date::new(2021, 1, 4).unwrap(), UsdE8::new(3_000_000_000_000)).unwrap()
}

fn played(run: &Run, asset: Asset) -> Outcome {
    run.play(asset, &AtomicBool::new(false), |_| {}).unwrap_or_else(|error| panic!("{error}")).unwrap()
}

/// What a replay has to have compared, or it has shown nothing.
fn compared(outcome: &Outcome) {
    for figure in
        ["NAV at a close", "what a purchase costs", "every figure of a sale", "all tokens", "a wallet"]
    {
        let found = outcome.equalities.counts().find(|(what, count)| *what == figure && *count > 0);
        assert!(found.is_some(), "{figure} was never compared");
    }
    for (tier, flows) in &outcome.ledger.buckets {
        assert!(flows.policies > 0, "tier {tier} sold nothing");
        let ended: u64 = outcome.ledger.covers[tier].values().map(|cover| cover.policies).sum();
        assert_eq!(ended, flows.policies, "tier {tier}: every policy came to an end");
    }
    // Everybody has left: what remains are exit fees that nobody was there to get, prepaid bounties, and rounding.
    let (bounty, rounding) = if outcome.asset == Asset::Sbtc { (50, 10_000) } else { (50_000, 1_000_000) };
    let flows = outcome.ledger.buckets.values();
    let most: u128 =
        flows.map(|flows| flows.exit_fees.base_units() + u128::from(flows.policies + 50) * bounty).sum();
    assert!(outcome.left.base_units() <= most + rounding, "{:?} of {most}", outcome.left);
}

fn scenario(name: &str) -> History {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/scenarios").join(name);
    History::read(std::fs::File::open(path).unwrap(), None, None, 1).unwrap()
}

#[test]
fn sbtc_keeps_every_promise_through_march_2020() {
    let outcome = played(&run(scenario("crash-2020-03.csv"), 1), Asset::Sbtc);
    compared(&outcome);
    for flows in outcome.ledger.buckets.values() {
        assert_eq!((flows.owed.base_units(), flows.covered.base_units()), (0, 0));
        assert_eq!(flows.claims_due, flows.claims_paid);
        assert!(flows.claims_paid.base_units() > 0 && flows.activated.base_units() > 0);
    }
}

/// Five calm weeks, in which buckets fill up, and two in which BTC loses half and STX nearly everything.
fn collapse() -> History {
    let mut text = "date,close_usd,stx_usd\n".to_owned();
    let (mut date, mut btc, mut stx) = (Date::new(2021, 1, 4).unwrap(), 900_000_u64, 10_000_u64);
    for day in 0..49 {
        if day >= 35 {
            (btc, stx) = (btc * 95 / 100, stx * 80 / 100);
        } else {
            btc = if day % 2 == 0 { 905_000 } else { 895_000 };
        }
        text.push_str(&format!(
            "{date},{}.{:02},{}.{:04}\n",
            btc / 100,
            btc % 100,
            stx / 10_000,
            stx % 10_000
        ));
        date = date.next().unwrap();
    }
    History::read(text.as_bytes(), None, None, 1).unwrap()
}

#[test]
fn stx_that_collapses_with_btc_is_paid_covered_or_recorded() {
    let outcome = played(&run(collapse(), 1), Asset::Stx);
    compared(&outcome);
    let (mut owed, mut covered) = (0, 0);
    for flows in outcome.ledger.buckets.values() {
        assert_eq!(flows.due.base_units(), flows.reserved.base_units() + flows.owed.base_units());
        assert!(flows.claims_paid <= flows.reserved);
        owed += flows.owed.base_units();
        covered += flows.covered.base_units();
    }
    assert!(owed > 0 && covered > 0, "no bucket ran short: it shows nothing");
}

#[test]
fn stx_buckets_keep_every_figure_through_a_random_walk() {
    let outcome = played(&run(walk(25, 8), 2), Asset::Stx);
    compared(&outcome);
    is_reported(&outcome);
}

/// A report of it has every bucket and habit in it, its pictures are documents, and nothing in it is no number.
fn is_reported(outcome: &Outcome) {
    let folder = tempfile::tempdir().unwrap();
    let played = Played {
        name: "2021-01-04 to 2021-02-07".to_owned(),
        days: 35,
        filled: 1,
        stx: "simulated, seed 8".to_owned(),
        stx_is_simulated: true,
        volatility: "70 %, that of the closes before the first day".to_owned(),
        seed: 2,
        capital: "200 sBTC".to_owned(),
        btc: [30_000, 25_000, 40_000, 35_000],
        trials: vec!["3.markup=300000".parse().unwrap()],
    };
    report::write(folder.path(), &played, std::slice::from_ref(outcome)).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (markdown, html) = (read("README.md"), read("report.html"));
    for text in [&markdown, &html] {
        for words in
            ["Conservative, STX", "Balanced, STX", "Aggressive, STX", "simulated, seed 8", "3.markup=300000"]
        {
            assert!(text.contains(words), "{words}");
        }
        assert!(!text.contains("NaN") && !text.contains("inf %"));
        // Less than a year: nothing is called a year's return.
        assert!(text.contains("under a year"));
    }
    let pictures = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let pictures: Vec<_> =
        pictures.filter(|path| path.extension().is_some_and(|extension| extension == "svg")).collect();
    assert_eq!(pictures.len(), 2 * 7);
    for picture in pictures {
        let text = std::fs::read_to_string(&picture).unwrap();
        roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", picture.display()));
        if !picture.to_string_lossy().contains("-dark") {
            assert!(html.contains(&text), "{}", picture.display());
            assert!(markdown.contains(&*picture.file_name().unwrap().to_string_lossy()));
        }
    }
    let again = tempfile::tempdir().unwrap();
    report::write(again.path(), &played, std::slice::from_ref(outcome)).unwrap();
    assert_eq!(std::fs::read(again.path().join("report.html")).unwrap(), html.into_bytes());
}

#[test]
fn a_replay_that_was_stopped_ends_like_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let whole = run(walk(9, 9), 3);
    let stopped = Run { aside: Some(folder.path().to_owned()), ..whole.clone() };
    let stop = AtomicBool::new(false);
    let mut days = 0;
    let first = stopped.play(Asset::Sbtc, &stop, |done| {
        days = done;
        stop.store(done == 5, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(first.unwrap().is_none());
    assert_eq!(days, 5);
    let mut told = Vec::new();
    let rest = stopped.play(Asset::Sbtc, &AtomicBool::new(false), |done| told.push(done)).unwrap().unwrap();
    assert_eq!(told.first(), Some(&5));
    assert_eq!(rest, played(&whole, Asset::Sbtc));
}

#[test]
fn a_trial_changes_what_it_names_and_nothing_that_does_not_exist() {
    let dearer = Run { trials: vec!["3.markup=1000000".parse().unwrap()], ..run(walk(6, 4), 5) };
    let usual = Run { trials: Vec::new(), ..dearer.clone() };
    let premiums = |run: &Run| {
        let outcome = played(run, Asset::Sbtc);
        [1, 3].map(|tier| outcome.ledger.buckets[&tier].premiums.base_units())
    };
    let ([low, high], [low_before, high_before]) = (premiums(&dearer), premiums(&usual));
    assert_eq!(low, low_before);
    assert!(high > high_before * 3 / 2, "{high} and {high_before}");
    let wrong = Run { trials: vec!["3.nothing=1".parse().unwrap()], ..usual };
    assert!(wrong.play(Asset::Sbtc, &AtomicBool::new(false), |_| {}).is_err());
    for text in ["", "3.markup", "markup=", "x.markup=1", "markup=-1"] {
        assert!(text.parse::<Trial>().is_err(), "{text}");
    }
}
