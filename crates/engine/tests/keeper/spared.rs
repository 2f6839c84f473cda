//! What must not be spared, nor held up, when it matters: reports in a crash, and the words for why something is not done.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_engine::keeper::{Deed, DutyKind, KeeperPace, Policy, When};
use bithedge_stacks::MicroStx;

use crate::hand::{KEEPER, keeper, order, sent};
use crate::hardships::{Markets, REPORTER, coins, is_one_bucket, nothing, passes, reporter, says};
use crate::life::{Case, closes, closing, stranger_closes, waits};
use crate::net::Fault;
use crate::reporting::Said;

/// A fall beyond the oracle's bound after a wild morning: what is left of the budget is for saying so again and again.
pub(crate) async fn a_crash_leaves_heartbeats(case: Case) {
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let mut ten = order(REPORTER);
    ten.caps.a_day_for_reports = MicroStx::new(60_000);
    let mut one = reporter(&case, &markets, nothing(), ten);
    passes(&case, 120);
    for place in 0..22 {
        *markets.lock().unwrap() = Some(coins(100_000 + 2_000 * (place % 2)));
        let _ = one.step().await.unwrap();
        case.mines().await;
        passes(&case, 2);
    }
    let spent: u64 = case.handed().iter().map(|(_, fee)| fee).sum();
    assert!(spent >= 30_000, "half the budget: {spent}");
    // It falls by 15 %, and goes on falling.
    let (mut gaps, mut last) = (Vec::new(), None);
    let began = case.net.now();
    for place in 0.. {
        let now = case.net.now();
        if now > began + 1_500 {
            break;
        }
        *markets.lock().unwrap() = Some(coins(85_000 - 700 * (place / 6)));
        let deeds = one.step().await.unwrap();
        if !sent(&deeds).is_empty() {
            gaps.push(now - last.unwrap_or(began));
            last = Some(now);
        }
        case.mines().await;
        passes(&case, 1);
    }
    println!("reports in a crash after half of the budget, apart by: {gaps:?}");
    assert!(gaps.len() >= 6 && gaps.iter().all(|gap| *gap <= 200), "{gaps:?}");
}

/// The report is under way already, behind what became pointless and nobody mines.
pub(crate) async fn a_report_passes_what_became_pointless(case: Case) {
    let markets: Markets = Arc::new(Mutex::new(None));
    passes(&case, 30);
    let mut one = reporter(&case, &markets, closing(When::Paid), order(REPORTER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch]);
    assert!(stranger_closes(&case));
    *markets.lock().unwrap() = Some(coins(100_000));
    passes(&case, 1);
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::ReportPrices]);
    assert_eq!(case.handed(), [(0, 3_000), (1, 3_000)]);
    // Nobody mines either for twenty minutes.
    passes(&case, 130);
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::ReportPrices]);
    assert_eq!(case.handed().last(), Some(&(0, 3_750)), "it takes the place of what holds everything up");
    case.mines().await;
    assert_eq!(case.net.state().chain().first(), Some(&("report-prices".to_owned(), true)));
}

/// A reporter whose node is away asks again within two minutes, however long that lasts.
pub(crate) async fn a_reporter_comes_back_soon(case: Case) {
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let one = reporter(&case, &markets, nothing(), order(REPORTER));
    case.net.state().is_dead = true;
    let began = tokio::time::Instant::now();
    let failures = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&failures);
    let running = one.run(KeeperPace::STANDARD, move |deed| {
        assert!(deed.is_err());
        told.lock().unwrap().push(began.elapsed().as_secs());
    });
    let _ = tokio::time::timeout(Duration::from_secs(700), running).await;
    let times = failures.lock().unwrap().clone();
    assert_eq!(times, [0, 30, 90, 210, 330, 450, 570, 690]);
    // When the network is closed, it is over.
    case.net.state().is_dead = false;
    let one = case.keeper(closing(When::Always), order(KEEPER));
    case.service.close();
    let ended = tokio::time::timeout(Duration::from_secs(60), one.run(KeeperPace::STANDARD, |_| ())).await;
    assert!(ended.is_ok(), "it goes on for ever");
}

/// A bucket that cannot be understood ends every look with an error; why nothing else is done is told all the same, and once.
pub(crate) async fn waits_are_told_beside_errors(case: Case) {
    case.net.state().fault = Some(Fault::Odd(is_one_bucket));
    case.net.state().balance = 1_000;
    let mut one = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = one.step().await.unwrap();
    assert!(says(&deeds, "TooPoor") && deeds.len() == 1, "{deeds:?}");
    passes(&case, 1);
    assert!(one.step().await.is_err(), "the error is told as well, and nothing twice");
    case.net.state().fault = None;
    for _ in 0..4 {
        passes(&case, 1);
        tokio::time::advance(Duration::from_secs(45)).await;
        assert_eq!(one.step().await.unwrap(), [], "it lasts");
    }
    // What another wallet has in its nonce's place is told too.
    case.net.state().balance = 1_000_000_000;
    let mut twin = case.keeper(closing(When::Paid), order(KEEPER));
    let question = case.service.draft(closes(&case).await).await.unwrap();
    let deeds = twin.step().await.unwrap();
    assert!(matches!(deeds.as_slice(), [Deed::Waits(_)]) && waits(&deeds).len() == 1, "{deeds:?}");
    drop(question);
}

pub(crate) async fn reports_are_a_service(case: Case) {
    passes(&case, 30);
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let paid = Policy { duties: [(DutyKind::ReportPrices, When::Paid)].into(), ..Policy::earning() };
    let mut one = keeper(&case.net, &case.service, Said(markets), paid, order(REPORTER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::ReportPrices]);
}
