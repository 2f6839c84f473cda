//! The director moves a practice network: a crash of the past, time that passes, time that runs faster, and what is refused.

use std::time::{Duration, Instant};

use bithedge_practice::director::{Deed, Directed, DirectorError, Remote, Scenario, TroubleKind};
use bithedge_practice::market::Quote;
use bithedge_protocol::{Seconds, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::generated::oracle;

use crate::net::{AGGRESSIVE, BALANCED, BTC, DAY, IRENE, Net, PETER, USD};

/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;
const SETTLED: u128 = 3;
/// The boundary's price is an average.
const AVERAGE: u128 = 1;

/// Waits until nothing is done any more.
async fn finished(net: &Net, most: Duration) -> Directed {
    let mut state = net.network.director().watch();
    let ended = state.wait_for(|state| state.play.is_none() && state.doing.is_none());
    tokio::time::timeout(most, ended).await.unwrap().unwrap().clone()
}

async fn age(net: &Net) -> u64 {
    let latest = net.read(oracle::GetLatest {}).await;
    net.now().await - u64::try_from(latest.at).unwrap()
}

fn boundary_before(time: u64) -> u64 {
    (time - 28_800) / DAY * DAY + 28_800
}

async fn quote(net: &Net) -> Quote {
    net.market().state().quote
}

#[tokio::test(flavor = "multi_thread")]
async fn march_2020_is_played_from_the_prices_of_now_and_a_policy_is_paid() {
    let net = Net::start(START, 100_000 * USD, 2 * USD).await;
    let director = net.network.director().clone();
    for account in [PETER, IRENE] {
        let gift = serde_json::json!({ "address": net.address(account), "amount": (50 * BTC).to_string() });
        net.post("/devnet/faucet/sbtc", gift).await;
    }
    for tier in [BALANCED, AGGRESSIVE] {
        net.commit(tier, 20 * BTC).await;
    }
    let pass = |seconds| Deed::Pass { seconds: Seconds::new(seconds) };
    director.carry_out(pass(DAY)).await.unwrap();
    let state = finished(&net, Duration::from_secs(120)).await;
    assert_eq!(state.problem, None);

    // Peter is protected to the second Friday. The scenario's first day ends at least twelve hours from now.
    let expiry = net.expiry(11).await;
    let (policy, _) = net.buy(AGGRESSIVE, 95_000 * USD, expiry, BTC / 2).await.unwrap();
    let start = quote(&net).await;
    let began = net.now().await;
    let first = boundary_before(began) + DAY;
    let first = if first < began + DAY / 2 { first + DAY } else { first };
    let clock = Instant::now();
    let play = Deed::Play { scenario: "crash-2020-03".to_owned(), a_day: Seconds::new(0) };
    let state = director.carry_out(play.clone()).await.unwrap();
    assert_eq!(state.play.as_ref().map(|play| (play.day, play.days)), Some((1, 21)));
    // One thing at a time.
    for deed in [play, pass(60), Deed::SetPrices { btc: None, stx: None }, Deed::Wander { on: true }] {
        assert!(matches!(director.carry_out(deed).await, Err(DirectorError::Busy { .. })));
    }
    // It stands still while it is paused, and goes on.
    director.carry_out(Deed::Pause { on: true }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let paused = director.state();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(director.state().time, paused.time);
    assert!(paused.play.unwrap().paused);
    director.carry_out(Deed::Pause { on: false }).await.unwrap();

    let state = finished(&net, Duration::from_secs(400)).await;
    assert_eq!(state.problem, None);
    let scenario = Scenario::named("crash-2020-03").unwrap();
    println!("{} days of March 2020 took {:.1} s", scenario.days.len(), clock.elapsed().as_secs_f64());
    for (place, _) in scenario.days.iter().enumerate() {
        let at = first + u64::try_from(place).unwrap() * DAY;
        let recorded = net.read(oracle::GetBoundary { at: at.into() }).await.unwrap();
        let close = scenario.targets(place, start).unwrap().close;
        let expected = (close.btc.base_units(), close.stx.base_units(), AVERAGE);
        assert_eq!((recorded.btc, recorded.stx, recorded.method), expected, "day {place}");
    }
    // The scale is that of the prices of before.
    let last = scenario.days.last().unwrap().close.btc.base_units();
    assert_eq!(
        quote(&net).await.btc.base_units(),
        start.btc.base_units() * last / scenario.first.btc.base_units()
    );
    let ended = net.policy(policy).await;
    let price = net.boundary_price(expiry).await;
    assert!(price < 95_000 * USD, "{price}");
    let promise = (BTC / 2 * (95_000 * USD - price) / price).min(BTC / 2);
    assert_eq!((ended.status, ended.paid), (SETTLED, promise));
    // Every bucket was closed at every boundary.
    for tier in [BALANCED, AGGRESSIVE] {
        let bucket = net.bucket(tier).await;
        assert_eq!(bucket.boundary, u128::from(boundary_before(net.now().await)));
        assert!(bucket.epoch >= 22, "{}", bucket.epoch);
    }
    assert!(age(&net).await <= 120);
    let held = net.holdings().await.of("liquidity-pool-vault").sbtc.base_units();
    net.check_books(held).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_at_once_runs_faster_and_lets_days_and_months_pass() {
    let net = Net::start(START, 100_000 * USD, 2 * USD).await;
    let director = net.network.director().clone();
    let remote = Remote::new(&net.network.url());
    let pass = |seconds| Deed::Pass { seconds: Seconds::new(seconds) };

    // What makes no sense is refused and changes nothing.
    let price = |btc| Deed::SetPrices { btc: Some(UsdE8::new(btc)), stx: None };
    let bad = [
        price(0),
        price(100_000_000_000_000_000),
        pass(0),
        pass(367 * DAY),
        Deed::SetSpeed { speed: 0 },
        Deed::SetSpeed { speed: 3_601 },
        Deed::Pause { on: true },
        Deed::Play { scenario: "crash".to_owned(), a_day: Seconds::new(1) },
        Deed::Play { scenario: "crash-2020-03".to_owned(), a_day: Seconds::new(3_601) },
    ];
    let before = director.state();
    for deed in bad {
        let trouble = remote.carry_out(&deed).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Input, "{deed:?}: {trouble:?}");
    }
    assert_eq!(director.state().revision, before.revision);

    // A price by hand is the oracle's with the answer, also far away, and the way from outside is the same.
    let state = remote.carry_out(&price(70_000 * USD)).await.unwrap();
    assert_eq!((state.btc, state.stx), (UsdE8::new(70_000 * USD), UsdE8::new(2 * USD)));
    assert_eq!(net.read(oracle::GetPrice {}).await.unwrap().btc, 70_000 * USD);
    assert!(age(&net).await <= 20);

    // Stopped in the middle: it is over with the answer, the prices stay where they are, and somebody else can begin.
    director.carry_out(Deed::Wander { on: true }).await.unwrap();
    director
        .carry_out(Deed::Play { scenario: "crash-2021-05".to_owned(), a_day: Seconds::new(2) })
        .await
        .unwrap();
    let mut watch = director.watch();
    watch.wait_for(|state| state.play.as_ref().is_some_and(|play| play.day == 2)).await.unwrap();
    let clock = Instant::now();
    let state = director.carry_out(Deed::Stop {}).await.unwrap();
    println!("stopped after {:.2} s", clock.elapsed().as_secs_f64());
    assert_eq!((state.play, state.doing, state.problem), (None, None, None));
    assert!(state.wanders, "as it was before");
    assert!(age(&net).await <= 120);
    director.carry_out(Deed::Wander { on: false }).await.unwrap();

    // Time runs faster, with prices at every moment, and stands again.
    let (from, clock) = (net.now().await, Instant::now());
    director.carry_out(Deed::SetSpeed { speed: 600 }).await.unwrap();
    let mut oldest = 0;
    while clock.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        oldest = oldest.max(age(&net).await);
    }
    director.carry_out(Deed::SetSpeed { speed: 1 }).await.unwrap();
    let (gone, seconds) = (net.now().await - from, clock.elapsed().as_secs_f64());
    println!(
        "at speed 600 {gone} s of the chain passed in {seconds:.1} s; the oldest price was {oldest} s old"
    );
    // A busy computer may do less, never more but for the blocks of reports and closes.
    assert!(gone >= 1_000 && gone as f64 <= seconds * 600.0 + 1_200.0, "{gone} in {seconds}");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let now = net.now().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(net.now().await, now);

    // Three days: each boundary has its average, and every bucket is closed at it.
    let (from, epoch) = (net.now().await, net.bucket(BALANCED).await.epoch);
    director.carry_out(pass(3 * DAY)).await.unwrap();
    let state = finished(&net, Duration::from_secs(120)).await;
    assert_eq!(state.problem, None);
    assert!((from + 3 * DAY..from + 3 * DAY + 60).contains(&net.now().await));
    for day in 1..=3 {
        let at = boundary_before(from) + day * DAY;
        let recorded = net.read(oracle::GetBoundary { at: at.into() }).await.unwrap();
        assert_eq!(recorded.method, AVERAGE, "day {day}");
    }
    assert_eq!(net.bucket(BALANCED).await.epoch, epoch + 3);
    assert!(age(&net).await <= 120);

    // Three months with something that waits: capital is committed, and then nothing is due any more.
    net.commit(BALANCED, BTC).await;
    let (from, clock) = (net.now().await, Instant::now());
    director.carry_out(pass(90 * DAY)).await.unwrap();
    let state = finished(&net, Duration::from_secs(120)).await;
    assert_eq!(state.problem, None);
    println!("ninety days took {:.1} s", clock.elapsed().as_secs_f64());
    let bucket = net.bucket(BALANCED).await;
    assert!(bucket.shares > 0);
    let last = boundary_before(net.now().await);
    assert_eq!(bucket.boundary, u128::from(last));
    let at = Principal::Contract(net.sbtc());
    assert!(
        net.read(oracle::GetBoundary { at: (boundary_before(from) + DAY).into() }).await.is_some(),
        "{at}"
    );
    assert!(age(&net).await <= 120);

    // A chain that stands still on purpose: it says so, and goes on afterwards.
    net.post("/devnet/faults", serde_json::json!({ "stale_tip": true })).await;
    assert!(matches!(director.carry_out(price(60_000 * USD)).await, Err(DirectorError::StandsStill(_))));
    director.carry_out(pass(3_600)).await.unwrap();
    let state = finished(&net, Duration::from_secs(60)).await;
    assert_eq!(state.problem.unwrap().kind, TroubleKind::Failed);
    net.post("/devnet/faults", serde_json::json!({})).await;
    director.carry_out(pass(3_600)).await.unwrap();
    assert_eq!(finished(&net, Duration::from_secs(60)).await.problem, None);

    // A node that loses answers: it gets there all the same.
    net.post("/devnet/faults", serde_json::json!({ "drop_ppm": 100_000, "server_error_ppm": 100_000 })).await;
    director.carry_out(pass(DAY)).await.unwrap();
    assert_eq!(finished(&net, Duration::from_secs(200)).await.problem, None);
    net.post("/devnet/faults", serde_json::json!({})).await;
    assert!(age(&net).await <= 120);
    assert_eq!(net.market().state().quote.btc.base_units(), 60_000 * USD);
}
