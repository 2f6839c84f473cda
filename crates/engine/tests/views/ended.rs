//! A bucket whose shares became worthless, and who came after it.

use bithedge_engine::views;
use bithedge_ipc::{PositionView, Trust};
use bithedge_ledger::TimeRange;
use bithedge_protocol::{Asset, PpmChange, UnixSeconds};
use bithedge_stacks::Address;
use bithedge_suite_world::*;

use crate::truth::{Truth, principal};

const TOTAL_LOSS: PpmChange = PpmChange::new(-1_000_000);

fn position(t: &mut Truth, provider: Address) -> PositionView {
    let prices = t.prices(provider);
    let now = UnixSeconds::new(t.r.w.vm.now().unwrap());
    let page = t.with_books(Some(&prices), now, |books| views::capital(books, &principal(provider)).unwrap());
    assert_eq!(page.trust, Trust::Sound);
    let tier = u8::try_from(AGGRESSIVE).unwrap();
    let mut positions = page.positions.into_iter();
    positions.find(|one| one.bucket.tier == tier && one.bucket.asset == Asset::Stx).unwrap()
}

#[test]
fn who_comes_after_a_bucket_ended_has_not_lost_what_others_lost() {
    let mut t = Truth::new();
    let stx = t.r.w.stx.clone();
    let (peter, irene, ivan, keeper) = (t.r.w.peter, t.r.w.irene, t.r.w.ivan, t.r.w.keeper);
    t.r.commit(irene, AGGRESSIVE, &stx, 500_000 * STX);
    t.r.next_boundary();
    t.r.close_all();
    let expiry = t.r.w.expiry(2);
    t.r.buy(peter, &stx, AGGRESSIVE, 95_000 * USD, expiry, 2 * BTC).ok().unwrap();
    t.r.buy(peter, &stx, AGGRESSIVE, 97_500 * USD, expiry, BTC).ok().unwrap();
    for (btc, price) in
        [(92, 80), (85, 60), (78, 48), (70, 38), (63, 30), (57, 24), (52, 19), (48, 15), (44, 12), (40, 10)]
    {
        t.r.w.stx_price = price * USD / 100;
        t.r.move_price(btc * 1_000 * USD);
    }
    t.r.next_boundary();
    t.r.days_until(expiry);
    t.r.registry(keeper, "settle-expiry", &[u(AGGRESSIVE), stx.clone(), u(expiry.into())]).ok().unwrap();
    for policy in [1, 2] {
        t.r.registry(keeper, "claim-settlement", &[u(policy), stx.clone()]).ok().unwrap();
    }
    t.r.close_all();
    t.r.commit(ivan, AGGRESSIVE, &stx, 300_000 * STX);
    t.r.next_boundary();
    t.r.close_all();
    t.r.next_boundary();
    t.r.close_all();
    t.compare("after the end");
    assert_eq!(num(&t.r.w.bucket(AGGRESSIVE, &stx), "generation"), 1);

    // Who came after: nothing lost. Who was there before: all of it, in what was realised.
    let mine = position(&mut t, ivan);
    assert!(mine.shares.count() > 0);
    assert_eq!(mine.drawdown.known(), Some(&PpmChange::ZERO));
    assert!(position(&mut t, irene).realised.is_negative());

    let now = UnixSeconds::new(t.r.w.vm.now().unwrap());
    let bucket = mine.bucket;
    let (tiers, whole) = t.with_books(None, now, |books| {
        (views::tiers(books).unwrap(), views::yields(books, bucket, TimeRange::ALL).unwrap().unwrap())
    });
    // The tier's loss is told and does not go away; what came after it is told beside it.
    let tier = tiers.tiers.iter().find(|one| one.bucket == bucket).unwrap();
    assert_eq!(tier.worst_drawdown.known(), Some(&TOTAL_LOSS));
    assert_eq!(tier.ended.len(), 1);
    assert!(tier.since > Some(tier.ended[0]));
    assert_eq!(tier.returned.known(), Some(&PpmChange::ZERO));
    let points = whole.points.known().unwrap();
    let end = points.iter().position(|point| point.ended).unwrap();
    assert_eq!(points[end].at, tier.ended[0]);
    assert_eq!((points[end].returned, points[end].returned_usd), (TOTAL_LOSS, TOTAL_LOSS));
    assert_eq!(points[end].drawdown, TOTAL_LOSS);
    assert!(end + 1 < points.len());
    for point in &points[end + 1..] {
        assert_eq!((point.ended, point.returned, point.drawdown), (false, PpmChange::ZERO, PpmChange::ZERO));
    }
    assert_eq!(whole.worst_week.known(), Some(&TOTAL_LOSS));
    // A range that begins at that very close has the loss in it too.
    let range = TimeRange { from: tier.ended[0], ..TimeRange::ALL };
    let part = t.with_books(None, now, |books| views::yields(books, bucket, range).unwrap().unwrap());
    let points = part.points.known().unwrap();
    assert_eq!((points[0].ended, points[1].ended, points[1].returned), (false, true, TOTAL_LOSS));
    assert_eq!(part.worst_week.known(), Some(&TOTAL_LOSS));
}
