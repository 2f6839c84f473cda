//! What the keeper does and leaves, on a node over the real contracts: once, within its order, whatever happens around it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bithedge_engine::intents::{BucketId, Upkeep, prepare};
use bithedge_engine::keeper::{
    BY_KEEPER, Deed, Duty, DutyKind, Keeper, KeeperError, KeeperPace, NoPrices, Policy, StandingOrder, Wait,
    When,
};
use bithedge_engine::transactions::{Prepared, SignerError, Status};
use bithedge_protocol::{Asset, MicroStx as Balance, UnixSeconds};
use bithedge_stacks::MicroStx;
use bithedge_suite::Deployment;
use bithedge_suite_world::{BALANCED, BTC, World, u};

use crate::hand::{Hand, KEEPER, Lists, Service, address, keeper, order, sent, service};
use crate::net::Net;

/// One case: its own journal, on a world that is set back.
pub(crate) struct Case {
    pub(crate) net: Net,
    folder: tempfile::TempDir,
    pub(crate) hand: Hand,
    pub(crate) service: Arc<Service>,
}

impl Case {
    fn new(net: &Net) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let hand = Hand::default();
        let service = service(net, &hand, folder.path());
        Self { net: net.clone(), folder, hand, service }
    }

    /// The program ends and starts again.
    pub(crate) fn restart(self) -> Self {
        let Self { net, folder, hand, service: old } = self;
        assert_eq!(Arc::strong_count(&old), 1);
        drop(old);
        let service = service(&net, &hand, folder.path());
        Self { net, folder, hand, service }
    }

    pub(crate) fn keeper(
        &self,
        policy: Policy,
        order: StandingOrder,
    ) -> Keeper<Net, Net, Hand, NoPrices, Lists> {
        keeper(&self.net, &self.service, NoPrices, policy, order)
    }

    pub(crate) async fn mines(&self) {
        self.net.mine();
        self.service.poll().await.unwrap();
    }

    pub(crate) fn handed(&self) -> Vec<(u64, u64)> {
        self.net.state().handed.iter().map(|one| (one.origin_nonce(), one.fee().micro())).collect()
    }
}

/// Only closes.
pub(crate) fn closing(when: When) -> Policy {
    Policy { duties: [(DutyKind::CloseEpoch, when)].into(), ..Policy::earning() }
}

pub(crate) fn waits(deeds: &[Deed]) -> Vec<&Wait> {
    deeds.iter().filter_map(|deed| if let Deed::Waits(wait) = deed { Some(wait) } else { None }).collect()
}

/// The balanced bucket of sBTC has a deposit, and its epoch is due; so are those of the five others, which pay nothing.
fn begin() -> Net {
    let net = Net::new();
    net.world(|world| {
        assert_eq!(world.keeper, address(KEEPER));
        let (irene, sbtc) = (world.irene, world.sbtc.clone());
        world.commit(irene, BALANCED, &sbtc, 10 * BTC);
        world.next_boundary();
        world.vm.snapshot_as("before each case").unwrap();
    });
    net
}

#[test]
fn the_keeper_keeps_to_its_rules() {
    let net = begin();
    macro_rules! cases {
        ($($case:path),+ $(,)?) => {{
            let mut failed = Vec::new();
            $(
                net.world(|world| world.vm.restore_from("before each case").unwrap());
                net.forget();
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
                let case = Case::new(&net);
                if catch_unwind(AssertUnwindSafe(|| runtime.block_on($case(case)))).is_err() {
                    failed.push(stringify!($case));
                }
            )+
            assert!(failed.is_empty(), "{failed:?}");
        }};
    }
    cases!(
        everything_due_is_done_once,
        only_what_pays,
        a_call_may_cost_so_much,
        the_days_fees_outlast_a_restart,
        under_way_over_a_restart,
        locked_keys_are_waited_for,
        without_a_key_it_says_so,
        somebody_else_comes_first,
        somebody_else_is_mined_first,
        crate::lying::a_lying_node_costs_little,
        what_was_dropped_keeps_its_nonce,
        what_waits_too_long_is_replaced,
        a_reorganisation_repeats_nothing,
        a_dead_node_is_outlived,
        an_open_question_comes_first,
        the_order_ends,
        an_account_without_money,
        crate::reporting::reports_of_a_reporter,
        crate::order::what_the_order_covers,
        crate::hardships::reports_go_out_when_nothing_else_can_be_read,
        crate::hardships::an_odd_bucket_stops_no_other,
        crate::hardships::what_became_pointless_makes_room,
        crate::hardships::a_full_queue_may_still_be_outbid,
        crate::hardships::without_an_api_it_goes_on,
        crate::hardships::reports_are_tried_again_soon,
        crate::hardships::a_wild_hour_leaves_heartbeats,
        crate::alarms::an_alarm_stops_it_until_it_is_acknowledged,
        crate::alarms::what_was_found_is_not_for_the_keeper_to_judge,
        crate::spared::a_crash_leaves_heartbeats,
        crate::spared::a_report_passes_what_became_pointless,
        crate::spared::a_reporter_comes_back_soon,
        crate::spared::waits_are_told_beside_errors,
        crate::spared::reports_are_a_service,
        crate::hardships::a_pot_pays_once,
        crate::hardships::less_than_the_cap_is_enough,
        crate::hardships::an_index_ahead_of_its_node,
        crate::hardships::a_slow_clock_is_told,
    );
}

async fn everything_due_is_done_once(case: Case) {
    let mut keeper = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = keeper.step().await.unwrap();
    assert_eq!(sent(&deeds), [DutyKind::CloseEpoch; 6]);
    for _ in 0..3 {
        assert_eq!(keeper.step().await.unwrap(), []);
    }
    // New blocks without them change nothing either.
    case.net.world(|world| world.vm.advance_stacks(1).unwrap());
    assert_eq!(keeper.step().await.unwrap(), []);
    case.mines().await;
    case.net.world(|world| world.vm.advance_stacks(1).unwrap());
    assert_eq!(keeper.step().await.unwrap(), []);
    assert_eq!(case.net.state().chain(), vec![("close-epoch".to_owned(), true); 6]);
    assert_eq!(case.handed().len(), 6);
    let entry = case.service.history(None, 1).unwrap().remove(0);
    assert_eq!(entry.approved.leaves, []);
    assert_eq!(entry.approved.words.first().unwrap(), BY_KEEPER);
    // And again when the next one is due.
    case.net.world(|world| world.next_boundary());
    assert_eq!(sent(&keeper.step().await.unwrap()), [DutyKind::CloseEpoch; 6]);
}

async fn only_what_pays(case: Case) {
    let mut one = case.keeper(closing(When::Paid), order(KEEPER));
    let deeds = one.step().await.unwrap();
    let [Deed::Sent { duty, fee, brings, .. }] = deeds.as_slice() else { panic!("{deeds:?}") };
    assert_eq!(*duty, Duty::CloseEpoch(BucketId { tier: 2, asset: Asset::Sbtc }));
    assert_eq!((fee.micro(), brings[0].0, brings[0].1.base_units()), (3_000, Asset::Sbtc, 50));
    case.mines().await;
    // The bounty is claimed for its 50 satoshis, which are worth 50,000 micro-STX here.
    let mut one = case.keeper(Policy::earning(), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::ClaimBounties]);
    case.mines().await;
    assert_eq!(case.net.state().chain().last().unwrap(), &("claim-credit".to_owned(), true));
    // The next one pays as much, if the fee is not above two thirds of it.
    case.net.world(|world| {
        let (ivan, sbtc) = (world.ivan, world.sbtc.clone());
        world.commit(ivan, BALANCED, &sbtc, BTC);
        world.next_boundary();
    });
    case.net.state().estimate = 33_334;
    let mut one = case.keeper(Policy::earning(), order(KEEPER));
    assert_eq!(one.step().await.unwrap(), []);
    case.net.state().estimate = 33_333;
    let mut one = case.keeper(Policy::earning(), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch]);
}

async fn a_call_may_cost_so_much(case: Case) {
    let mut order = order(KEEPER);
    order.caps.a_call = MicroStx::new(2_999);
    let mut keeper = case.keeper(closing(When::Always), order);
    let deeds = keeper.step().await.unwrap();
    assert!(matches!(waits(&deeds).first(), Some(Wait::Fee(_))), "{deeds:?}");
    assert_eq!(case.handed(), []);
    assert_eq!(*case.hand.signed.lock().unwrap(), 0);
    assert_eq!(case.service.questions(), []);
}

async fn the_days_fees_outlast_a_restart(case: Case) {
    let mut limited = order(KEEPER);
    limited.caps.a_day = MicroStx::new(7_000);
    let mut one = case.keeper(closing(When::Always), limited.clone());
    let deeds = one.step().await.unwrap();
    assert_eq!(sent(&deeds).len(), 2);
    assert!(matches!(waits(&deeds).first(), Some(Wait::Budget { reports: false, .. })), "{deeds:?}");
    // Told once.
    case.net.world(|world| world.vm.advance_stacks(1).unwrap());
    tokio::time::advance(Duration::from_secs(3_600)).await;
    assert_eq!(one.step().await.unwrap(), []);
    case.mines().await;
    drop(one);
    let case = case.restart();
    let mut one = case.keeper(closing(When::Always), limited.clone());
    assert_eq!(sent(&one.step().await.unwrap()), []);
    assert_eq!(case.handed().len(), 2);
    // A clock that was set back, before what was signed, does not open it.
    case.net.state().behind = 100_000;
    let mut one = case.keeper(closing(When::Always), limited.clone());
    assert_eq!(sent(&one.step().await.unwrap()), []);
    assert_eq!(case.handed().len(), 2);
    case.net.state().behind = 0;
    // A day later the first two count no more.
    case.net.state().ahead = 86_500;
    let mut one = case.keeper(closing(When::Always), limited);
    assert_eq!(sent(&one.step().await.unwrap()).len(), 2);
    let spent: u64 = case.handed().iter().map(|(_, fee)| fee).sum();
    assert_eq!(spent, 12_000);
}

async fn under_way_over_a_restart(case: Case) {
    let mut one = case.keeper(closing(When::Always), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()).len(), 6);
    drop(one);
    let case = case.restart();
    let mut one = case.keeper(closing(When::Always), order(KEEPER));
    assert_eq!(one.step().await.unwrap(), []);
    case.mines().await;
    assert_eq!(one.step().await.unwrap(), []);
    assert_eq!(case.net.state().chain().len(), 6);
    let nonces: Vec<u64> = case.handed().iter().map(|(nonce, _)| *nonce).collect();
    assert_eq!(nonces, [0, 1, 2, 3, 4, 5]);
}

async fn locked_keys_are_waited_for(case: Case) {
    *case.hand.error.lock().unwrap() = Some(SignerError::Locked);
    let mut keeper = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = keeper.step().await.unwrap();
    assert_eq!(deeds, [Deed::Waits(Wait::Locked)]);
    assert_eq!(case.service.questions(), [], "nobody else is left with its question");
    for _ in 0..5 {
        assert_eq!(keeper.step().await.unwrap(), [], "said once");
        tokio::time::advance(Duration::from_secs(20)).await;
    }
    *case.hand.error.lock().unwrap() = None;
    tokio::time::advance(Duration::from_secs(40)).await;
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 6);
    // Locked again is said again.
    case.mines().await;
    *case.hand.error.lock().unwrap() = Some(SignerError::Locked);
    case.net.world(|world| world.next_boundary());
    assert_eq!(keeper.step().await.unwrap(), [Deed::Waits(Wait::Locked)]);
}

async fn without_a_key_it_says_so(case: Case) {
    *case.hand.error.lock().unwrap() = Some(SignerError::WatchOnly(address(KEEPER)));
    let mut keeper = case.keeper(closing(When::Always), order(KEEPER));
    assert!(matches!(keeper.step().await, Err(KeeperError::NoKey(who)) if who == address(KEEPER)));
    assert_eq!(case.handed(), []);
}

pub(crate) fn stranger_closes(case: &Case) -> bool {
    case.net.world(|world| {
        let (stranger, sbtc) = (world.stranger, world.sbtc.clone());
        world.pool(stranger, "close-epoch", &[u(BALANCED), sbtc]).ok().is_ok()
    })
}

/// In every moment between two looks at the tip somebody else closes: nothing is signed that would be refused by then.
async fn somebody_else_comes_first(case: Case) {
    let mut overtaken = 0;
    for later in 1..=7 {
        case.net.world(|world| world.vm.restore_from("before each case").unwrap());
        case.net.forget();
        let at = case.net.state().tips + later;
        let rival = Box::new(|world: &mut World| {
            let (stranger, sbtc) = (world.stranger, world.sbtc.clone());
            world.pool(stranger, "close-epoch", &[u(BALANCED), sbtc]).ok().unwrap();
        });
        case.net.state().rival = Some((at, rival));
        let mut keeper = case.keeper(closing(When::Paid), order(KEEPER));
        let deeds = keeper.step().await.unwrap();
        let came = case.net.state().rival.is_none();
        if came {
            assert_eq!(*case.hand.signed.lock().unwrap(), 0, "the rival came at look {later}: {deeds:?}");
            overtaken += deeds.iter().filter(|deed| matches!(deed, Deed::Overtaken { .. })).count();
        } else {
            // It looked so often and signed.
            assert_eq!(sent(&deeds), [DutyKind::CloseEpoch]);
            assert!(later >= 6, "{later}");
            break;
        }
    }
    assert!(overtaken >= 1);
}

async fn somebody_else_is_mined_first(case: Case) {
    let mut keeper = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 1);
    assert!(stranger_closes(&case));
    case.mines().await;
    let deeds = keeper.step().await.unwrap();
    let [Deed::Failed { kind: DutyKind::CloseEpoch, fee, .. }] = deeds.as_slice() else {
        panic!("{deeds:?}")
    };
    assert_eq!(fee.micro(), 3_000);
    for _ in 0..3 {
        case.mines().await;
        assert_eq!(keeper.step().await.unwrap(), [], "told once, and nothing more to do");
    }
    assert_eq!(case.net.state().chain(), [("close-epoch".to_owned(), false)]);
}

async fn what_was_dropped_keeps_its_nonce(case: Case) {
    let mut keeper = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 1);
    case.net.state().drop_as("dropped_too_expensive");
    for _ in 0..3 {
        case.mines().await;
    }
    let entry = case.service.unsettled().remove(0);
    assert!(matches!(entry.status, Status::Dropped { .. }), "{:?}", entry.status);
    let deeds = keeper.step().await.unwrap();
    assert_eq!(sent(&deeds), [DutyKind::CloseEpoch]);
    let handed = case.handed();
    let [first, .., last] = handed.as_slice() else { panic!("{handed:?}") };
    assert_eq!(first.0, last.0, "at most one of the two can be mined");
    assert!(last.1 > first.1, "{handed:?}");
    case.mines().await;
    assert_eq!(case.net.state().chain(), [("close-epoch".to_owned(), true)]);
}

async fn what_waits_too_long_is_replaced(case: Case) {
    let mut keeper = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 1);
    case.net.state().ahead = 1_100;
    case.net.world(|world| world.vm.advance_stacks(1).unwrap());
    assert_eq!(keeper.step().await.unwrap(), [], "not yet");
    case.net.state().ahead = 1_300;
    case.net.world(|world| world.vm.advance_stacks(1).unwrap());
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 1);
    assert_eq!(case.handed(), [(0, 3_000), (0, 3_750)]);
    assert_eq!(case.net.state().waiting(), 1);
    case.mines().await;
    assert_eq!(case.net.state().chain(), [("close-epoch".to_owned(), true)]);
    // Both fees are never paid: the dearer one counts.
    let mut limited = order(KEEPER);
    limited.caps.a_day = MicroStx::new(3_750 + 2_999);
    case.net.world(|world| world.next_boundary());
    case.net.state().ahead = 0;
    let mut keeper = case.keeper(closing(When::Always), limited);
    let deeds = keeper.step().await.unwrap();
    // Most of a day has passed since: the clock stands a little less than 24 hours after the first.
    assert_eq!(sent(&deeds), [], "{deeds:?}");
    assert!(matches!(waits(&deeds).first(), Some(Wait::Budget { .. })), "{deeds:?}");
}

async fn a_reorganisation_repeats_nothing(case: Case) {
    let mut keeper = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 1);
    case.net.world(|world| world.vm.snapshot_as("before the block").unwrap());
    case.mines().await;
    assert!(matches!(case.service.unsettled()[0].status, Status::Confirmed { .. }));
    case.net.world(|world| world.vm.restore_from("before the block").unwrap());
    case.net.state().reorganise();
    // The state calls for it again, and the journal still says that it is done.
    assert_eq!(keeper.step().await.unwrap(), []);
    // It is missed twice before that is believed.
    case.service.poll().await.unwrap();
    assert_eq!(keeper.step().await.unwrap(), []);
    case.service.poll().await.unwrap();
    assert!(case.service.unsettled()[0].status.is_under_way());
    assert_eq!(keeper.step().await.unwrap(), []);
    case.mines().await;
    assert_eq!(keeper.step().await.unwrap(), []);
    assert_eq!(case.net.state().chain(), [("close-epoch".to_owned(), true)]);
    assert_eq!(case.net.state().executed(address(KEEPER)), 1);
    assert!(case.handed().iter().all(|one| *one == (0, 3_000)), "{:?}", case.handed());
}

async fn a_dead_node_is_outlived(case: Case) {
    let mut keeper = case.keeper(closing(When::Always), order(KEEPER));
    case.net.state().is_dead = true;
    for _ in 0..3 {
        assert!(matches!(keeper.step().await, Err(KeeperError::Read(_))));
    }
    case.net.state().is_dead = false;
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 6);
    // In the loop it is asked more and more slowly.
    case.net.state().is_dead = true;
    let began = tokio::time::Instant::now();
    let failures = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&failures);
    let pace = KeeperPace::STANDARD;
    let running = keeper.run(pace, move |deed| {
        assert!(deed.is_err());
        told.lock().unwrap().push(began.elapsed().as_secs());
    });
    let _ = tokio::time::timeout(Duration::from_secs(1_500), running).await;
    let times = failures.lock().unwrap().clone();
    assert_eq!(times, [0, 30, 90, 210, 450, 750, 1_050, 1_350]);
}

async fn an_open_question_comes_first(case: Case) {
    let prepared = closes(&case).await;
    let question = case.service.draft(prepared).await.unwrap();
    let mut keeper = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = keeper.step().await.unwrap();
    assert!(matches!(waits(&deeds).as_slice(), [Wait::Question(_)]), "{deeds:?}");
    assert_eq!(case.handed(), []);
    drop(question);
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 6);
    let nonces: Vec<u64> = case.handed().iter().map(|(nonce, _)| *nonce).collect();
    assert_eq!(nonces, [0, 1, 2, 3, 4, 5]);
}

async fn the_order_ends(case: Case) {
    let mut ending = order(KEEPER);
    ending.until = UnixSeconds::new(case.net.now());
    let mut keeper = case.keeper(closing(When::Always), ending.clone());
    assert_eq!(keeper.step().await.unwrap(), [Deed::Waits(Wait::OrderEnded(ending.until))]);
    assert_eq!(keeper.step().await.unwrap(), []);
    // What it does not name is not done.
    let mut narrow = order(KEEPER);
    narrow.kinds = vec![DutyKind::SettleExpiry];
    let mut keeper = case.keeper(closing(When::Always), narrow);
    assert_eq!(keeper.step().await.unwrap(), []);
    assert_eq!(case.handed(), []);
}

async fn an_account_without_money(case: Case) {
    case.net.state().balance = 2_000;
    let mut keeper = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = keeper.step().await.unwrap();
    assert!(matches!(waits(&deeds).as_slice(), [Wait::TooPoor(_)]), "{deeds:?}");
    assert_eq!(case.handed(), []);
    case.net.state().balance = 1_000_000_000;
    assert_eq!(sent(&keeper.step().await.unwrap()).len(), 6);
}

/// The close of the balanced bucket, as somebody would ask for it.
pub(crate) async fn closes(case: &Case) -> Prepared {
    let bucket = BucketId { tier: 2, asset: Asset::Sbtc };
    let (suite, now) = (Deployment::devnet(), UnixSeconds::new(case.net.now()));
    let intent = Upkeep::CloseEpoch(bucket).into();
    let drafted =
        prepare(&case.net, &suite, address(KEEPER), Balance::new(100_000), now, &intent).await.unwrap();
    drafted.plan.unwrap().into_prepared(&drafted.state).unwrap()
}
