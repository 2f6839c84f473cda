//! What a person has to look at first: it stops the keeper of every account, over restarts, until it is acknowledged.

use std::collections::BTreeSet;

use bithedge_engine::keeper::{Deed, DutyKind, Wait, When};
use bithedge_engine::transactions::TransactionId;

use crate::hand::{Hand, KEEPER, address, order, sent, service};
use crate::life::{Case, closes, closing, waits};

/// Place of another account in the devnet's list.
const OTHER: usize = 6;

fn passes(case: &Case) {
    case.net.world(|world| world.vm.advance_stacks(1).unwrap());
}

/// The alarms that it was told of.
fn told(deeds: &[Deed]) -> Option<Vec<u64>> {
    waits(deeds).into_iter().find_map(|wait| match wait {
        Wait::Alarm(ids) => Some(ids.iter().map(|id| id.0).collect()),
        _ => None,
    })
}

fn acknowledge(case: &Case, id: u64) {
    let id = TransactionId(id);
    let open = case.service.open_alarms().unwrap();
    let digests: BTreeSet<_> =
        open.iter().filter(|alarm| alarm.transaction == id).map(|alarm| alarm.digest).collect();
    case.service.acknowledge(id, &digests).unwrap();
}

async fn closes_by_hand(case: &Case) {
    let question = case.service.draft(closes(case).await).await.unwrap();
    case.service.approve(question.approval().id, question.approval().digest).await.unwrap();
}

pub(crate) async fn an_alarm_stops_it_until_it_is_acknowledged(case: Case) {
    case.net.state().fee_lie = 5;
    let mut one = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()).len(), 1);
    case.mines().await;
    passes(&case);
    let first = case.service.open_alarms().unwrap()[0].transaction.0;
    let mut serving = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = serving.step().await.unwrap();
    assert_eq!((told(&deeds), sent(&deeds)), (Some(vec![first]), Vec::new()));
    // The account is not the reason, so another one's keeper stands as well.
    let mut other = case.keeper(closing(When::Always), order(OTHER));
    let deeds = other.step().await.unwrap();
    assert_eq!((told(&deeds), sent(&deeds)), (Some(vec![first]), Vec::new()));
    // The node takes it back: nobody has understood it because of that, whenever the program was started.
    case.net.state().fee_lie = 0;
    case.service.poll().await.unwrap();
    passes(&case);
    assert_eq!(serving.step().await.unwrap(), [], "told once, and still so");
    drop((one, serving, other));
    let case = case.restart();
    let mut serving = case.keeper(closing(When::Always), order(KEEPER));
    let deeds = serving.step().await.unwrap();
    assert_eq!((told(&deeds), sent(&deeds)), (Some(vec![first]), Vec::new()));
    // A second one is told although the first one was; and acknowledging the first leaves it.
    case.net.state().fee_lie = 7;
    closes_by_hand(&case).await;
    case.mines().await;
    passes(&case);
    let second = case.service.open_alarms().unwrap().last().unwrap().transaction.0;
    case.net.state().fee_lie = 0;
    let open: Vec<u64> =
        case.service.open_alarms().unwrap().iter().map(|alarm| alarm.transaction.0).collect();
    let mut all: Vec<u64> = open.clone();
    all.dedup();
    assert!(all == [first, second], "{open:?}");
    let deeds = serving.step().await.unwrap();
    assert_eq!(told(&deeds), Some(vec![first, second]));
    acknowledge(&case, first);
    assert_eq!(serving.step().await.unwrap(), [], "the second one is open, and was told");
    assert_eq!(case.handed().len(), 2);
    acknowledge(&case, second);
    let deeds = serving.step().await.unwrap();
    assert_eq!((told(&deeds), sent(&deeds).len()), (None, 5), "it goes on by itself: {deeds:?}");
    // After a restart it is still acknowledged.
    drop(serving);
    let case = case.restart();
    let mut serving = case.keeper(closing(When::Always), order(KEEPER));
    passes(&case);
    assert_eq!(told(&serving.step().await.unwrap()), None);
}

pub(crate) async fn what_was_found_is_not_for_the_keeper_to_judge(case: Case) {
    let mut one = case.keeper(closing(When::Paid), order(KEEPER));
    assert_eq!(sent(&one.step().await.unwrap()), [DutyKind::CloseEpoch]);
    // The journal is lost; what is waiting is found.
    let folder = tempfile::tempdir().unwrap();
    let fresh = service(&case.net, &Hand::default(), folder.path());
    fresh.recover(address(KEEPER)).await.unwrap();
    let mut serving = crate::hand::keeper(
        &case.net,
        &fresh,
        bithedge_engine::keeper::NoPrices,
        closing(When::Always),
        order(KEEPER),
    );
    for is_new in [true, false, false] {
        let deeds = serving.step().await.unwrap();
        let expected = if is_new { vec![Deed::Waits(Wait::FoundWaiting(1))] } else { Vec::new() };
        assert_eq!(deeds, expected);
        passes(&case);
        tokio::time::advance(std::time::Duration::from_secs(120)).await;
    }
    assert_eq!(case.handed().len(), 1);
    let [found] = fresh.open_alarms().unwrap().try_into().unwrap();
    fresh.acknowledge(found.transaction, &BTreeSet::from([found.digest])).unwrap();
    passes(&case);
    // Its call is not known to the new journal, so the close that waits already is not told from one that does not.
    assert_eq!(sent(&serving.step().await.unwrap()), [DutyKind::CloseEpoch; 6]);
}
