//! Reports of an authorised reporter, and their budget.

use std::sync::{Arc, Mutex};

use bithedge_engine::keeper::{Deed, DutyKind, NoPrice, Policy, PriceSource, Wait, When};
use bithedge_prices::{Coins, Stamped};
use bithedge_protocol::{UnixSeconds, UsdE8};
use bithedge_stacks::MicroStx;
use bithedge_suite_world::{USD, num};

use crate::hand::{KEEPER, keeper, order, sent};
use crate::life::{Case, waits};
use crate::net::principal;

/// Says what it was told, or nothing.
pub(crate) struct Said(pub(crate) Arc<Mutex<Option<Coins>>>);

impl PriceSource for Said {
    async fn prices(&self, now: UnixSeconds) -> Result<Stamped, NoPrice> {
        let prices = *self.0.lock().unwrap();
        prices
            .map(|prices| Stamped { prices, at: now })
            .ok_or_else(|| NoPrice("the markets are closed".to_owned()))
    }
}

pub(crate) async fn reports_of_a_reporter(case: Case) {
    const REPORTER: usize = 6;
    let reporting =
        || Policy { duties: [(DutyKind::ReportPrices, When::Always)].into(), ..Policy::earning() };
    let coins = |btc: u128| Coins { btc: UsdE8::new(btc * USD), stx: UsdE8::new(USD) };
    let said = Arc::new(Mutex::new(None));
    let keep =
        |account| keeper(&case.net, &case.service, Said(Arc::clone(&said)), reporting(), order(account));

    let mut stranger = keep(KEEPER);
    assert_eq!(stranger.step().await.unwrap(), [Deed::Waits(Wait::NotReporter)]);
    case.net.world(|world| world.vm.advance_stacks(30).unwrap());
    let mut reporter = keep(REPORTER);
    case.net.state().ahead = 500;
    *said.lock().unwrap() = Some(coins(100_000));
    let deeds = reporter.step().await.unwrap();
    assert!(matches!(waits(&deeds).as_slice(), [Wait::ChainStands(_)]), "{deeds:?}");
    case.net.state().ahead = 0;
    *said.lock().unwrap() = None;
    let deeds = reporter.step().await.unwrap();
    assert!(matches!(waits(&deeds).as_slice(), [Wait::NoPrice(_)]), "{deeds:?}");
    assert_eq!(reporter.step().await.unwrap(), [], "said once, and no old price is taken for a new one");
    // A clock that is ahead of the chain's does not make a report from the future.
    case.net.state().ahead = 20;
    *said.lock().unwrap() = Some(coins(100_000));
    let deeds = reporter.step().await.unwrap();
    assert_eq!(sent(&deeds), [DutyKind::ReportPrices]);
    *said.lock().unwrap() = Some(coins(103_000));
    assert_eq!(reporter.step().await.unwrap(), [], "one report at a time");
    case.mines().await;
    let reported = |case: &Case| {
        case.net.world(|world| {
            let who = principal(world.reporters[0]);
            let entry = world.read("oracle", "get-reporter", &[who]);
            num(entry.as_optional().unwrap().unwrap(), "btc")
        })
    };
    assert_eq!(reported(&case), 100_000 * USD);
    // It has moved by three per cent: at once, when the last one is a quarter of a minute old.
    case.net.world(|world| world.vm.advance_stacks(2).unwrap());
    assert_eq!(sent(&reporter.step().await.unwrap()), [DutyKind::ReportPrices]);
    case.mines().await;
    assert_eq!(reported(&case), 103_000 * USD);
    // Nothing has happened: four minutes.
    let last = case.net.now();
    while sent(&reporter.step().await.unwrap()).is_empty() {
        case.net.world(|world| world.vm.advance_stacks(1).unwrap());
        assert!(case.net.now() < last + 400);
    }
    assert!((200..=260).contains(&(case.net.now() - last)), "{}", case.net.now() - last);
    // Upkeep's budget is another one.
    let mut poor = order(REPORTER);
    poor.caps.a_day_for_reports = MicroStx::new(9_000);
    case.mines().await;
    case.net.world(|world| world.vm.advance_stacks(40).unwrap());
    let mut reporter = keeper(&case.net, &case.service, Said(Arc::clone(&said)), reporting(), poor);
    let deeds = reporter.step().await.unwrap();
    assert!(matches!(waits(&deeds).as_slice(), [Wait::Budget { reports: true, .. }]), "{deeds:?}");
    assert_eq!(case.net.state().chain(), vec![("report-prices".to_owned(), true); 3]);
}
