//! Two lives in the VM with a crash in each; after every step each figure of every view is the contracts' own.

use bithedge_engine::views::{self, Proposals};
use bithedge_ipc::{AttentionKind, NotificationKind, ProposalState};
use bithedge_protocol::{Asset, TokenAmount, UnixSeconds};
use bithedge_stacks::Value;
use bithedge_suite::Deployment;
use bithedge_suite_world::*;

use crate::truth::{CLOCK, Truth, ask, principal};

fn strike(t: &mut Truth, of_spot: u128) -> u128 {
    let spot = t.r.w.btc_price;
    let step = t.r.w.read("liquidity-pool", "strike-step", &[u(spot), u(40_000)]).as_uint().unwrap();
    spot * of_spot / 100 / step * step
}

/// Committed, bought, crashed, activated, sold back, settled, claimed; exits over two closes.
#[test]
fn a_life_in_sbtc_with_a_crash() {
    let mut t = Truth::new();
    let sbtc = t.r.w.sbtc.clone();
    let (peter, irene, ivan, keeper, stranger) =
        (t.r.w.peter, t.r.w.irene, t.r.w.ivan, t.r.w.keeper, t.r.w.stranger);
    t.compare("before anything");
    t.r.commit(irene, BALANCED, &sbtc, 4 * BTC);
    t.r.commit(ivan, AGGRESSIVE, &sbtc, 10 * BTC);
    t.r.commit(ivan, BALANCED, &sbtc, BTC / 10);
    t.r.pool(ivan, "cancel-deposit", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    t.compare("deposits wait");
    assert_eq!(t.told(NotificationKind::DepositTaken), 0);
    t.r.next_boundary();
    t.r.close_all();
    t.compare("the first close");
    assert_eq!(t.told(NotificationKind::DepositTaken), 1);

    let expiry = t.r.w.expiry(10);
    let low = strike(&mut t, 90);
    t.compare_offers(BTC / 2);
    t.r.buy(peter, &sbtc, BALANCED, low, expiry, BTC).ok().unwrap();
    t.r.buy(peter, &sbtc, BALANCED, low, expiry, BTC / 10).ok().unwrap();
    let high = strike(&mut t, 95);
    t.r.buy(stranger, &sbtc, AGGRESSIVE, high, expiry, BTC).ok().unwrap();
    t.compare("bought");
    // Out of order and against the rules: refused, and told in the activity.
    t.r.registry(peter, "cancel-protection", &[u(1), sbtc.clone(), u(1_000 * BTC)]).err_code().unwrap();
    t.r.registry(peter, "cancel-protection", &[u(2), sbtc.clone(), u(0)]).ok().unwrap();
    t.compare("one sold back");

    let shares = num(&t.r.w.position(BALANCED, &sbtc, irene), "shares");
    t.r.pool(irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    t.compare("Irene asks to leave");
    t.r.next_boundary();
    t.r.close_all();
    t.compare("a part of it is paid");
    assert!(t.told(NotificationKind::ExitFilled) >= 1, "{:#?}", t.told);
    t.r.pool(keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(irene)]).ok().unwrap();
    t.compare("claimed");

    for price in [96_000, 90_000, 84_000] {
        t.r.move_price(price * USD);
        t.compare("falling");
    }
    assert_eq!(t.told(NotificationKind::InTheMoney), 1, "{:#?}", t.told);
    t.compare_as("somebody else's", 3, peter);
    t.dollars();
    t.r.registry(stranger, "activate-protection", &[u(3), sbtc.clone(), u(0)]).ok().unwrap();
    t.compare("activated");
    t.r.days_until(expiry - DAY);
    t.compare("a day before");
    t.r.run_to(expiry - 3_000);
    t.compare("less than an hour before");
    assert_eq!(t.told(NotificationKind::ExpiryNear), 2, "{:#?}", t.told);
    // The price of the expiry is not there before somebody reports it.
    t.r.w.vm.advance_to(expiry).unwrap();
    t.compare("without a price");
    t.r.run_to(expiry);
    t.compare("with a price");
    t.r.registry(keeper, "settle-expiry", &[u(BALANCED), sbtc.clone(), u(expiry.into())]).ok().unwrap();
    t.compare("settled");
    assert_eq!(t.told(NotificationKind::Claimable), 1);
    let prices = t.prices(peter);
    let now = UnixSeconds::new(t.r.w.vm.now().unwrap());
    let home = t.with_books(Some(&prices), now, |books| views::home(books, &principal(peter)).unwrap());
    let claim = home.attention.iter().find(|one| one.kind == AttentionKind::Claim).unwrap();
    assert!(claim.amount.unwrap().amount > TokenAmount::ZERO && !claim.doubtful);
    assert!(!claim.means.contains("not enough"), "{claim:?}");
    let before = t.r.w.sats(peter);
    t.r.registry(keeper, "claim-settlement", &[u(1), sbtc.clone()]).ok().unwrap();
    assert_eq!(t.r.w.sats(peter) - before, claim.amount.unwrap().amount.base_units());
    t.r.close_all();
    t.compare("claimed by the keeper");

    // The oracle falls silent.
    let now = t.r.w.vm.now().unwrap();
    t.r.w.vm.advance_to(now + 8 * 3_600).unwrap();
    t.compare("silence");
    assert!(t.states.contains("rooms: an old price"), "{:?}", t.states);
    // Before, for the time without the price of the expiry, and now.
    assert_eq!(t.told(NotificationKind::PriceStale), 2, "{:#?}", t.told);
    t.r.report();
    t.compare("a price again");

    // A guardian stops sales back.
    let reason = [Value::ascii("all").unwrap(), Value::ascii("a drill").unwrap()];
    t.r.call(keeper, "parameters", "trip-breaker", &reason).ok().unwrap();
    t.compare("everything is stopped");
    assert_eq!(t.told(NotificationKind::BreakerTripped), 1);
    t.compare_offers(BTC / 2);
    // The protocol's stop, in what is offered and in what could be sold.
    for stopped in ["rooms: ", "offers: "] {
        assert!(t.states.iter().any(|state| state.starts_with(stopped)), "{stopped}: {:?}", t.states);
    }

    for state in ["Active", "SoldBack", "Activated", "AwaitingPrice", "InTheMoney", "Settled"] {
        assert!(t.states.contains(state), "{state}: {:?}", t.states);
    }
    for step in ["activate-protection: now", "cancel-protection: now", "claim-settlement: now", "no price"] {
        assert!(t.states.contains(step), "{step}: {:?}", t.states);
    }
    assert!(t.compared > 1_500, "{}", t.compared);
    activity(&mut t, peter);
    governance(&mut t);
}

/// What Peter did adds up with what he has.
fn activity(t: &mut Truth, peter: bithedge_stacks::Address) {
    let now = UnixSeconds::new(t.r.w.vm.now().unwrap());
    let sats = t.r.w.sats(peter);
    t.with_books(None, now, |books| {
        let whole = views::activity(books, &principal(peter), None, 100).unwrap();
        assert!(whole.next.is_none());
        let sum = |money: Option<bithedge_ipc::Money>| money.map_or(0, |money| money.amount.base_units());
        let paid: u128 = whole.lines.iter().map(|line| sum(line.paid)).sum();
        let received: u128 = whole.lines.iter().map(|line| sum(line.received)).sum();
        assert_eq!(1_000 * BTC - paid + received, sats);
        let refused = whole.lines.iter().filter(|line| line.refused.is_some()).count();
        assert_eq!(refused, 1);
        // Page by page it is the same, each fee once.
        let (mut lines, mut from) = (Vec::new(), None);
        loop {
            let page = views::activity(books, &principal(peter), from, 1).unwrap();
            lines.extend(page.lines);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(lines, whole.lines);
        let fees = lines.iter().filter(|line| line.fee.is_some()).count();
        // Three of his own calls had an effect, one had none; the keeper's claim was the keeper's fee.
        assert_eq!(fees, 4, "{lines:#?}");
        let table = views::csv(&whole.lines);
        assert_eq!(table.lines().count(), whole.lines.len() + 1);
    });
}

/// A proposal is read as the contract has it.
fn governance(t: &mut Truth) {
    let deployer = t.r.w.deployer;
    let target = Value::from(t.r.w.vm.contract("parameters").unwrap());
    let action = Value::tuple([
        ("target".parse().unwrap(), target),
        ("function".parse().unwrap(), Value::ascii("set-flag").unwrap()),
        ("args".parse().unwrap(), Value::buffer([7; 32])),
    ]);
    let arguments = [
        Value::ascii("a trial").unwrap(),
        Value::buffer([1; 32]),
        Value::ascii("").unwrap(),
        Value::list([action]),
        Value::Bool(false),
    ];
    t.r.call(deployer, "governance", "propose", &arguments).ok().unwrap();
    let suite = Deployment::devnet();
    let page = views::proposals(
        &ask(&mut t.r.w.vm, &suite, deployer, |state| Proposals::of(state, None, 10)),
        CLOCK,
    );
    assert_eq!((page.count, page.proposals.len()), (1, 1));
    assert_eq!(page.proposals[0].state, ProposalState::Pending);
    assert_eq!(page.proposals[0].mine, None);
    let starts = page.proposals[0].starts.get();
    t.r.w.vm.advance_to(starts + 60).unwrap();
    t.r.call(deployer, "governance", "vote", &[u(1), u(1)]).ok().unwrap();
    let page = views::proposals(
        &ask(&mut t.r.w.vm, &suite, deployer, |state| Proposals::of(state, None, 10)),
        CLOCK,
    );
    let proposal = &page.proposals[0];
    assert_eq!((proposal.state, proposal.mine), (ProposalState::Active, Some(1)));
    assert_eq!((proposal.votes_for.as_str(), proposal.total.as_str()), ("100", "100"));
    assert_eq!(proposal.actions[0].arguments, "07".repeat(32));
    let none = views::proposals(
        &ask(&mut t.r.w.vm, &suite, deployer, |state| Proposals::of(state, Some(1), 10)),
        CLOCK,
    );
    assert_eq!(none.proposals, []);
}

/// An STX bucket in which STX falls with BTC: it warns, is short, pays its policies in part, and recovers.
#[test]
fn a_life_in_stx_with_a_crash() {
    let mut t = Truth::new();
    let stx = t.r.w.stx.clone();
    let (peter, irene, keeper) = (t.r.w.peter, t.r.w.irene, t.r.w.keeper);
    t.r.commit(irene, BALANCED, &stx, 500_000 * STX);
    t.compare("deposit");
    t.r.next_boundary();
    t.r.close_all();
    let expiry = t.r.w.expiry(7);
    let strike = strike(&mut t, 90);
    t.r.buy(peter, &stx, BALANCED, strike, expiry, 2 * BTC).ok().unwrap();
    t.r.buy(peter, &stx, BALANCED, strike, expiry, 2 * BTC).ok().unwrap();
    t.compare("bought");
    for (btc, price) in
        [(96_000, 90), (90_000, 80), (82_000, 65), (74_000, 50), (66_000, 38), (60_000, 28), (60_000, 20)]
    {
        t.r.w.stx_price = price * USD / 100;
        t.r.move_price(btc * USD);
        t.compare("falling");
    }
    assert!(t.told(NotificationKind::HealthChanged) >= 1, "{:#?}", t.told);
    assert_eq!(t.told(NotificationKind::InTheMoney), 2, "{:#?}", t.told);
    t.r.days_until(expiry);
    t.compare("expired");
    t.r.registry(keeper, "settle-expiry", &[u(BALANCED), stx.clone(), u(expiry.into())]).ok().unwrap();
    t.compare("settled");
    assert_eq!(t.told(NotificationKind::Claimable), 2);
    assert!(t.states.contains("claim-settlement: in part"), "{:?}", t.states);
    let prices = t.prices(peter);
    let now = UnixSeconds::new(t.r.w.vm.now().unwrap());
    let home = t.with_books(Some(&prices), now, |books| views::home(books, &principal(peter)).unwrap());
    let claim = home.attention.iter().find(|one| one.kind == AttentionKind::Claim).unwrap();
    assert_eq!(claim.amount.unwrap().asset, Asset::Stx);
    assert!(
        claim.means.contains("2 of 2 can be paid only in part: ") && claim.means.contains("not enough"),
        "{claim:?}"
    );
    t.r.registry(peter, "claim-settlement", &[u(1), stx.clone()]).ok().unwrap();
    t.compare("claimed");
    // Short of what its others need, the bucket refuses to pay before the expiry.
    assert!(t.states.contains("activate-protection: 1841201"), "{:?}", t.states);
    assert!(t.compared > 600, "{}", t.compared);
}
