//! Invariant 4: nobody profits from going in and out at unchanged prices, and no split beats doing it at once.
//!
//! `BITHEDGE_ROUND_TRIPS` says how many round trips and splits are tried.

use bithedge_suite_world::BTC;

use crate::model::number::PPM;
use crate::model::{DAY, Order, Place, Terms, Token, User, boundary_before, is_listed, strike_step};
use crate::play::Play;
use crate::sequences::count;

/// Tried in a normal run.
const ROUND_TRIPS: u64 = 30;
/// Operations of a round trip.
const OPERATIONS: u32 = 30;
/// Who trades; the others only provide, so that nothing can be earned from them.
const TRADER: User = 3;

#[test]
fn no_round_trip_at_unchanged_prices_earns_anything() {
    let mut play = Play::new();
    let (mut lost, mut traded) = (0, 0);
    for seed in 1..=count("BITHEDGE_ROUND_TRIPS", ROUND_TRIPS) {
        play.restart(seed);
        let place = opened(&mut play);
        let before = Token::ALL.map(|token| play.model.wallet(TRADER, token));
        for _ in 0..OPERATIONS {
            trade(&mut play, place);
        }
        traded += play.model.policies.len();
        leave(&mut play, place);
        let after = Token::ALL.map(|token| play.model.wallet(TRADER, token));
        let story = || format!("seed {seed}: {before:?} became {after:?}\n  {}", play.log.join("\n  "));
        assert!(after[0] <= before[0] && after[1] <= before[1], "{}", story());
        lost += u64::from(after != before);
    }
    println!(
        "{lost} round trips cost something; {traded} policies were bought; done and refused: {:?}",
        play.counts
    );
    assert!(lost > 0 && traded > 0, "the round trips do nothing");
}

/// A bucket with other providers' capital, or with none.
fn opened(play: &mut Play) -> Place {
    let place = play.any_place();
    if play.random.u32(..4) > 0 {
        let amount = Play::whole(place.token) * play.random.u128(1..12);
        play.commit(0, place, amount);
    }
    play.next_boundary(3);
    play.catch_up(true);
    place
}

fn trade(play: &mut Play, place: Place) {
    let shares = play.model.bucket(place).providers[TRADER].shares;
    match play.random.u32(..100) {
        0..20 => {
            let amount = play.random.u128(Play::whole(place.token) / 500..4 * Play::whole(place.token));
            play.commit(TRADER, place, amount);
        }
        20..38 if shares > 0 => {
            let asked = if play.random.bool() { shares } else { play.random.u128(1..=shares) };
            play.request_withdrawal(TRADER, place, asked);
        }
        38..62 => {
            let most = if place.token == Token::Sbtc { 2 * BTC } else { BTC };
            let size = play.random.u128(Terms::MIN_SIZE..most);
            let order = order(play, place, size);
            play.buy(TRADER, &order);
        }
        62..72 => {
            if let Some(id) = own_policy(play) {
                play.sell_back(TRADER, id);
            }
        }
        72..75 => {
            if let Some(id) = own_policy(play) {
                play.activate(TRADER, id);
            }
        }
        75..78 => play.cancel_deposit(TRADER, place),
        78..81 => play.cancel_withdrawal(TRADER, place),
        81..84 => play.claim_yield(TRADER, place),
        84..87 => play.claim_withdrawal(TRADER, TRADER, place),
        _ => {
            play.next_boundary(3);
            play.catch_up_as_keeper();
        }
    }
}

fn own_policy(play: &mut Play) -> Option<usize> {
    let own: Vec<usize> = (1..=play.model.policies.len())
        .filter(|id| play.model.policies[id - 1].is_active && play.model.policies[id - 1].owner == TRADER)
        .collect();
    play.random.choice(own)
}

/// A put that the bucket's tier sells, for up to five weeks.
fn order(play: &mut Play, place: Place, size: u128) -> Order {
    let tier = &play.model.terms.tiers[&place.tier];
    let spot = play.w.btc_price;
    let (low, high) = (tier.min_strike * spot / PPM, tier.max_strike * spot / PPM);
    let step = strike_step(spot, tier.grid);
    let strikes = (high - 1) / step - low.div_ceil(step);
    let strike = (low.div_ceil(step) + play.random.u128(0..=strikes)) * step;
    let now = play.now();
    let fridays = (1..6)
        .map(|week| (boundary_before(now + DAY) - 115_200) / (7 * DAY) * 7 * DAY + 115_200 + week * 7 * DAY);
    let fridays: Vec<u64> = fridays.filter(|friday| is_listed(*friday, now)).collect();
    let expiry = play.random.choice(fridays).unwrap();
    Order { place, strike, expiry, size, max_cost: u128::MAX >> 32 }
}

/// The trader ends everything at the same prices.
fn leave(play: &mut Play, place: Place) {
    while let Some(next) = play.model.policies.iter().filter(|one| one.is_booked).map(|one| one.expiry).min()
    {
        let now = play.now();
        play.quiet_until((next - DAY + 1).max(now));
        play.next_boundary(3);
        play.catch_up_as_keeper();
    }
    play.next_boundary(3);
    play.catch_up_as_keeper();
    let shares = play.model.bucket(place).providers[TRADER].shares;
    if shares > 0 {
        play.request_withdrawal(TRADER, place, shares);
    }
    for _ in 0..2 {
        play.next_boundary(3);
        play.catch_up_as_keeper();
    }
    let provider = &play.model.bucket(place).providers[TRADER];
    assert_eq!((provider.shares, provider.queued.floor()), (0, 0), "{provider:?}");
    if provider.is_owed() {
        play.claim_withdrawal(TRADER, TRADER, place);
    }
    play.compare_all();
}

/// Figures of what was done at once and in parts.
#[derive(Default)]
struct Tried {
    sales: u32,
    refunds: u32,
    shares: u32,
    exits: u32,
}

#[test]
fn no_split_beats_doing_it_at_once() {
    let mut play = Play::new();
    let mut tried = Tried::default();
    for seed in 1..=count("BITHEDGE_ROUND_TRIPS", ROUND_TRIPS) {
        play.restart(1_000_000 + seed);
        let place = play.any_place();
        play.commit(0, place, Play::whole(place.token) * 6);
        play.next_boundary(3);
        play.catch_up(true);
        // Some of it is used already.
        for _ in 0..play.random.u32(..4) {
            let size = play.random.u128(BTC / 100..BTC);
            let order = order(&mut play, place, size);
            play.buy(1, &order);
        }
        split_sale(&mut play, place, &mut tried);
        split_capital(&mut play, place, &mut tried);
    }
    let Tried { sales, refunds, shares, exits } = tried;
    println!("split: {sales} sales, {refunds} sales back, {shares} deposits, {exits} exits");
    assert!([sales, refunds, shares, exits].iter().all(|count| *count > 0), "nothing was split");
}

/// Sizes that add up.
fn parts(play: &mut Play, whole: u128, least: u128) -> Vec<u128> {
    let mut left = whole;
    let mut parts = Vec::new();
    for _ in 0..play.random.u32(1..6) {
        if left < 2 * least {
            break;
        }
        let part = play.random.u128(least..=left - least);
        parts.push(part);
        left -= part;
    }
    parts.push(left);
    parts
}

/// Runs something and undoes it.
fn try_out<T>(play: &mut Play, run: impl FnOnce(&mut Play) -> T) -> T {
    let model = play.model.clone();
    play.w.vm.snapshot_as("split").unwrap();
    let found = run(play);
    play.w.vm.restore_from("split").unwrap();
    play.model = model;
    found
}

/// What the trader pays for an order in parts, and what comes back when all is sold back at once; none if one is refused.
fn buy_and_sell(play: &mut Play, order: &Order, sizes: &[u128]) -> Option<(u128, u128)> {
    let token = order.place.token;
    let bounty = play.model.terms.collateral[&token].bounty;
    let before = play.model.wallet(TRADER, token);
    let mut cost = 0;
    for size in sizes {
        let policies = play.model.policies.len();
        if !play.buy(TRADER, &Order { size: *size, ..*order }) {
            return None;
        }
        let sold = u128::try_from(play.model.policies.len() - policies).unwrap();
        // Bounties apart, which every policy pays once.
        cost = before - play.model.wallet(TRADER, token) - bounty * sold;
    }
    let paid = play.model.wallet(TRADER, token);
    while let Some(id) = own_policy(play) {
        play.sell_back(TRADER, id);
    }
    Some((cost, play.model.wallet(TRADER, token) - paid))
}

fn split_sale(play: &mut Play, place: Place, tried: &mut Tried) {
    for _ in 0..3 {
        let size = play.random.u128(4 * Terms::MIN_SIZE..3 * BTC);
        let order = order(play, place, size);
        let sizes = parts(play, size, Terms::MIN_SIZE);
        let whole = try_out(play, |play| buy_and_sell(play, &order, &[size]));
        let split = try_out(play, |play| buy_and_sell(play, &order, &sizes));
        if let (Some(whole), Some(split)) = (whole, split) {
            assert!(split.0 >= whole.0, "{order:?} in {sizes:?} costs {}, at once {}", split.0, whole.0);
            assert!(split.1 <= whole.1, "{order:?} in {sizes:?} brings {}, at once {}", split.1, whole.1);
            tried.sales += 1;
            tried.refunds += 1;
        }
    }
}

fn split_capital(play: &mut Play, place: Place, tried: &mut Tried) {
    let least = play.model.terms.collateral[&place.token].min_deposit;
    let amount = play.random.u128(4 * least..2 * Play::whole(place.token));
    let sizes = parts(play, amount, least);
    let deposit = |play: &mut Play, sizes: &[u128]| {
        for size in sizes {
            play.commit(TRADER, place, *size);
        }
        play.next_boundary(3);
        play.catch_up_as_keeper();
        play.model.bucket(place).providers[TRADER].shares
    };
    let split = try_out(play, |play| deposit(play, &sizes));
    let whole = deposit(play, &[amount]);
    assert!(split <= whole, "{amount} in {sizes:?} became {split} shares, at once {whole}");
    tried.shares += 1;

    let sizes = parts(play, whole, 1);
    let exit = |play: &mut Play, sizes: &[u128]| {
        for size in sizes {
            play.request_withdrawal(TRADER, place, *size);
        }
        for _ in 0..2 {
            play.next_boundary(3);
            play.catch_up_as_keeper();
        }
        let before = play.model.wallet(TRADER, place.token);
        play.claim_withdrawal(TRADER, TRADER, place);
        play.model.wallet(TRADER, place.token) - before
    };
    let at_once = try_out(play, |play| exit(play, &[whole]));
    let in_parts = try_out(play, |play| exit(play, &sizes));
    assert!(in_parts <= at_once, "{whole} shares in {sizes:?} bring {in_parts}, at once {at_once}");
    tried.exits += 1;
}
