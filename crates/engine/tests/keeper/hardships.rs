//! What must go on when something else does not: a node that answers half, a queue that stands, clocks and indexes that disagree.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_engine::intents::Reading;
use bithedge_engine::keeper::{Deed, DutyKind, Keeper, Policy, StandingOrder, When};
use bithedge_prices::Coins;
use bithedge_protocol::{UnixSeconds, UsdE8};
use bithedge_stacks::{MicroStx, Value};
use bithedge_suite_world::{BALANCED, BTC, USD, num, u};

use crate::hand::{Hand, KEEPER, Lists, address, keeper, order, sent};
use crate::life::{Case, closes, closing, stranger_closes, waits};
use crate::net::{Fault, Net};
use crate::reporting::Said;

/// Place of a reporter in the devnet's list of accounts.
pub(crate) const REPORTER: usize = 6;

pub(crate) type Markets = Arc<Mutex<Option<Coins>>>;

pub(crate) fn coins(btc: u128) -> Coins {
    Coins { btc: UsdE8::new(btc * USD), stx: UsdE8::new(USD) }
}

pub(crate) fn reporter(
    case: &Case,
    markets: &Markets,
    policy: Policy,
    order: StandingOrder,
) -> Keeper<Net, Net, Hand, Said, Lists> {
    let policy = policy.with(DutyKind::ReportPrices, When::Always);
    keeper(&case.net, &case.service, Said(Arc::clone(markets)), policy, order)
}

pub(crate) fn nothing() -> Policy {
    Policy { duties: [].into(), ..Policy::earning() }
}

pub(crate) fn is_bucket(reading: &Reading) -> bool {
    matches!(reading, Reading::Entry { map, .. } if map.as_str() == "buckets")
}

pub(crate) fn is_one_bucket(reading: &Reading) -> bool {
    let is_first = |key: &Value| key.field("tier").is_ok_and(|tier| *tier == u(1));
    matches!(reading, Reading::Entry { map, key, .. } if map.as_str() == "buckets" && is_first(key))
}

/// Whether it was told that it waits for something, by the name of that.
pub(crate) fn says(deeds: &[Deed], name: &str) -> bool {
    waits(deeds).iter().any(|wait| format!("{wait:?}").starts_with(name))
}

pub(crate) fn passes(case: &Case, blocks: u32) {
    case.net.world(|world| world.vm.advance_stacks(blocks).unwrap());
}

pub(crate) async fn reports_go_out_when_nothing_else_can_be_read(case: Case) {
    passes(&case, 30);
    case.net.state().fault = Some(Fault::Silent(is_bucket));
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let mut one = reporter(&case, &markets, closing(When::Always), order(REPORTER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::ReportPrices]);
    case.mines().await;
    tokio::time::advance(Duration::from_secs(400)).await;
    passes(&case, 2);
    assert!(one.step().await.is_err(), "it is told as well");
    // The other way round: without a price to report everything else goes on.
    case.net.state().fault = Some(Fault::Silent(
        |reading| matches!(reading, Reading::Entry { map, .. } if map.as_str() == "reporters"),
    ));
    tokio::time::advance(Duration::from_secs(400)).await;
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch; 6]);
}

pub(crate) async fn an_odd_bucket_stops_no_other(case: Case) {
    case.net.state().fault = Some(Fault::Odd(is_one_bucket));
    let mut one = case.keeper(closing(When::Always), order(KEEPER));
    // Tier 1 has two of six.
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch; 4]);
    case.mines().await;
    assert!(one.step().await.is_err(), "it is told as well");
}

pub(crate) async fn what_became_pointless_makes_room(case: Case) {
    let markets: Markets = Arc::new(Mutex::new(None));
    passes(&case, 30);
    let mut one = reporter(&case, &markets, closing(When::Paid), order(REPORTER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch]);
    assert!(stranger_closes(&case));
    // Nobody mines it for twenty minutes, and it is not due any more.
    passes(&case, 130);
    *markets.lock().unwrap() = Some(coins(100_000));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::ReportPrices]);
    assert_eq!(case.handed(), [(0, 3_000), (0, 3_750)], "it takes the place of what holds everything up");
    case.mines().await;
    assert_eq!(case.net.state().chain(), [("report-prices".to_owned(), true)]);
}

pub(crate) async fn a_full_queue_may_still_be_outbid(case: Case) {
    let mut one = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()).len(), 1);
    for _ in 0..14 {
        let question = case.service.draft(closes(&case).await).await.unwrap();
        let (id, digest) = (question.approval().id, question.approval().digest);
        case.service.approve(id, digest).await.unwrap();
    }
    // Five more are due for whoever serves, and find no room.
    let mut serving = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = serving.step().await.unwrap();
    assert!(says(&deeds, "QueueFull"), "{deeds:?}");
    assert_eq!(case.handed().len(), 15);
    // The lowest is outbid all the same, once it stands for long; nothing above it is.
    case.net.state().ahead = 1_300;
    passes(&case, 1);
    assert_eq!(sent(&one.step().await.unwrap()).len(), 1);
    assert_eq!(case.handed().last(), Some(&(0, 3_750)));
    passes(&case, 1);
    assert_eq!(sent(&one.step().await.unwrap()), []);
}

pub(crate) async fn without_an_api_it_goes_on(case: Case) {
    case.net.state().is_bare = true;
    for _ in 0..15 {
        let question = case.service.draft(closes(&case).await).await.unwrap();
        let (id, digest) = (question.approval().id, question.approval().digest);
        case.service.approve(id, digest).await.unwrap();
    }
    case.mines().await;
    assert_eq!(case.net.state().executed(address(KEEPER)), 15);
    assert!(case.service.unsettled().iter().all(|entry| entry.status.is_under_way()));
    let mut one = case.keeper(closing(When::Always), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch; 5]);
    // And two days later what was mined then uses up no budget.
    case.mines().await;
    for _ in 0..2 {
        case.net.world(|world| world.next_boundary());
    }
    let mut limited = order(KEEPER);
    limited.caps.a_day = MicroStx::new(18_000);
    let mut one = case.keeper(closing(When::Always), limited);
    let mut count = sent(&one.step().await.unwrap()).len();
    tokio::time::advance(Duration::from_secs(1_300)).await;
    passes(&case, 1);
    count += sent(&one.step().await.unwrap()).len();
    assert_eq!(count, 6);
}

pub(crate) async fn reports_are_tried_again_soon(case: Case) {
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let mut low = order(REPORTER);
    low.caps.a_call = MicroStx::new(2_999);
    passes(&case, 30);
    let mut one = reporter(&case, &markets, nothing(), low);
    let ten_seconds = async || {
        passes(&case, 1);
        tokio::time::advance(Duration::from_secs(10)).await;
    };
    for _ in 0..100 {
        assert_eq!(sent(&one.step().await.unwrap()), []);
        ten_seconds().await;
    }
    case.net.state().estimate = 2_900;
    let mut waited = 0;
    while sent(&one.step().await.unwrap()).is_empty() {
        waited += 10;
        assert!(waited <= 130, "{waited}");
        ten_seconds().await;
    }
}

pub(crate) async fn a_wild_hour_leaves_heartbeats(case: Case) {
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let mut ten = order(REPORTER);
    ten.caps.a_day_for_reports = MicroStx::new(30_000);
    let mut one = reporter(&case, &markets, nothing(), ten);
    passes(&case, 120);
    for place in 0..12 {
        *markets.lock().unwrap() = Some(coins(100_000 + 2_000 * (place % 2)));
        let _ = one.step().await.unwrap();
        case.mines().await;
        passes(&case, 3);
    }
    let wild = case.handed().len();
    assert!((4..=8).contains(&wild), "{wild}");
    // The rest of the day is for time.
    for _ in 0..30 {
        let _ = one.step().await.unwrap();
        case.mines().await;
    }
    assert!(case.handed().len() > wild);
}

pub(crate) async fn a_pot_pays_once(case: Case) {
    let (pot, policies) = case.net.world(|world| {
        let (sbtc, stranger) = (world.sbtc.clone(), world.stranger);
        assert!(world.pool(stranger, "close-epoch", &[u(BALANCED), sbtc.clone()]).ok().is_ok());
        let expiry = world.expiry(2);
        for _ in 0..7 {
            world.vm.advance_stacks(1).unwrap();
            world.report();
            world.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC / 100).ok().unwrap();
        }
        while world.vm.now().unwrap() + 86_400 < expiry {
            world.next_boundary();
        }
        world.vm.advance_burn(1).unwrap();
        world.move_price(84_000 * USD);
        world.run_to(expiry);
        let settle = [u(BALANCED), sbtc.clone(), u(expiry.into())];
        world.call(stranger, "policy-registry", "settle-expiry", &settle).ok().unwrap();
        world.pool(stranger, "close-epoch", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
        world.vm.advance_stacks(1).unwrap();
        world.report();
        (num(&world.bucket(BALANCED, &sbtc), "pot"), 7)
    });
    let paid = pot / 50;
    assert!(paid >= 1 && paid < policies, "{pot}");
    let claiming = Policy { duties: [(DutyKind::ClaimSettlement, When::Paid)].into(), ..Policy::earning() };
    let mut one = case.keeper(claiming, order(KEEPER));
    for _ in 0..3 {
        let _ = one.step().await.unwrap();
        passes(&case, 1);
    }
    assert_eq!(case.handed().len() as u128, paid, "no more than the pot pays for");
    case.mines().await;
    assert!(case.net.state().chain().iter().all(|(_, is_done)| *is_done));
}

pub(crate) async fn less_than_the_cap_is_enough(case: Case) {
    case.net.state().balance = 50_000;
    let mut generous = order(KEEPER);
    // More than the account has in the VM.
    generous.caps.a_call = MicroStx::new(u64::MAX / 2);
    let mut one = case.keeper(closing(When::Always), generous);
    assert_eq!(sent(&one.step().await.unwrap()).len(), 6, "the fee is 3,000");
}

pub(crate) async fn an_index_ahead_of_its_node(case: Case) {
    let mut one = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()).len(), 1);
    // It is mined, and the node that is read does not have the block yet.
    case.net.state().api_ahead = 1;
    case.net.state().ahead = 1_300;
    for _ in 0..3 {
        passes(&case, 1);
        assert_eq!(sent(&one.step().await.unwrap()), []);
        tokio::time::advance(Duration::from_secs(300)).await;
    }
    assert_eq!(case.handed(), [(0, 3_000)], "signed once");
    // Nothing of it ever comes to light: then it was another one's nonce.
    tokio::time::advance(Duration::from_secs(1_300)).await;
    passes(&case, 1);
    assert_eq!(sent(&one.step().await.unwrap()).len(), 1);
}

pub(crate) async fn a_slow_clock_is_told(case: Case) {
    passes(&case, 30);
    case.net.state().behind = 100;
    let markets: Markets = Arc::new(Mutex::new(Some(coins(100_000))));
    let mut one = reporter(&case, &markets, nothing(), order(REPORTER));
    let deeds = one.step().await.unwrap();
    assert!(says(&deeds, "ClockBehind") && sent(&deeds).is_empty(), "{deeds:?}");
    // An order that is over is over, whatever this clock says.
    let mut over = order(KEEPER);
    over.until = UnixSeconds::new(case.net.now() - 10);
    let mut one = case.keeper(closing(When::Always), over);
    let deeds = one.step().await.unwrap();
    assert!(says(&deeds, "OrderEnded") && sent(&deeds).is_empty(), "{deeds:?}");
    // What stuck is not known by a clock that stands before what was signed; nothing is signed twice by it.
    case.net.state().behind = 0;
    let mut one = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()).len(), 1);
    case.net.state().behind = 3_000;
    passes(&case, 1);
    assert_eq!(sent(&one.step().await.unwrap()), []);
}
