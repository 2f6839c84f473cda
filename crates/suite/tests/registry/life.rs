//! A policy's life in the registry: status, real status, history, and the indices by owner, provider, expiry and status.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::*;
use bithedge_vm::Outcome;

use crate::support::{Order, policy, principal, provide};

const ACTIVE: usize = 1;
const ACTIVATED: usize = 2;
const SETTLED: usize = 3;
const EXPIRED: usize = 4;
const CANCELLED: usize = 5;
/// Real status: run out, and its expiry has no price yet.
const WAITING: u128 = 6;
/// Real status: in the money, and to be claimed.
const TO_CLAIM: u128 = 7;

/// What the indices should say, in their order.
struct Model {
    owners: Vec<(Address, Vec<u128>)>,
    expiries: Vec<(u64, Vec<u128>)>,
    provided: Vec<u128>,
    /// By status; a policy that leaves has its place taken by the last.
    statuses: [Vec<u128>; 6],
}

impl Model {
    fn new(owners: &[Address], expiries: &[u64]) -> Self {
        Self {
            owners: owners.iter().map(|owner| (*owner, Vec::new())).collect(),
            expiries: expiries.iter().map(|expiry| (*expiry, Vec::new())).collect(),
            provided: Vec::new(),
            statuses: Default::default(),
        }
    }

    fn sold(&mut self, owner: Address, expiry: u64, id: u128) {
        self.owners.iter_mut().find(|one| one.0 == owner).unwrap().1.push(id);
        self.expiries.iter_mut().find(|one| one.0 == expiry).unwrap().1.push(id);
        self.provided.push(id);
        self.statuses[ACTIVE].push(id);
    }

    fn ended(&mut self, id: u128, status: usize) {
        let place = self.statuses[ACTIVE].iter().position(|one| *one == id).unwrap();
        self.statuses[ACTIVE].swap_remove(place);
        self.statuses[status].push(id);
    }

    /// The registry says the same, page by page and from the middle.
    fn check(&self, w: &mut World) {
        let pool = principal(w, "liquidity-pool");
        for (owner, ids) in &self.owners {
            check_index(w, "owner", &who(*owner), ids);
        }
        check_index(w, "provider", &pool, &self.provided);
        for (expiry, ids) in &self.expiries {
            check_index(w, "expiry", &u((*expiry).into()), ids);
        }
        for status in [ACTIVE, ACTIVATED, SETTLED, EXPIRED, CANCELLED] {
            check_index(w, "status", &u(status as u128), &self.statuses[status]);
            for id in &self.statuses[status] {
                assert_eq!(num(&policy(w, *id), "status"), status as u128, "policy {id}");
            }
        }
        for status in [0, WAITING, TO_CLAIM] {
            check_index(w, "status", &u(status), &[]);
        }
    }
}

fn check_index(w: &mut World, index: &str, key: &Value, ids: &[u128]) {
    let count = w.read("policy-registry", &format!("get-{index}-count"), std::slice::from_ref(key));
    assert_eq!(count.as_uint().unwrap(), ids.len() as u128, "{index}");
    for from in [0, 3, 20, ids.len(), ids.len() + 5] {
        let page =
            w.read("policy-registry", &format!("get-policies-by-{index}"), &[key.clone(), u(from as u128)]);
        let page: Vec<u128> = page.as_list().unwrap().iter().map(|id| id.as_uint().unwrap()).collect();
        let expected: Vec<u128> = ids.iter().skip(from).take(20).copied().collect();
        assert_eq!(page, expected, "{index} from {from}");
    }
}

fn effective(w: &mut World, id: u128) -> u128 {
    w.read("policy-registry", "get-effective-status", &[u(id)])
        .as_response()
        .unwrap()
        .unwrap()
        .as_uint()
        .unwrap()
}

/// Entry `at` of a policy's history: what, how much, at which price, by whom; at the block that is now.
fn check_history(w: &mut World, id: u128, at: u128, what: &str, figures: (u128, u128), by: &Value) {
    let entry = w.read("policy-registry", "get-policy-event", &[u(id), u(at)]);
    let entry = entry.as_optional().unwrap().unwrap_or_else(|| panic!("{what} of {id}")).clone();
    assert_eq!(entry.field("event").unwrap().as_ascii().unwrap(), what);
    assert_eq!((num(&entry, "amount"), num(&entry, "price")), figures, "{what} of {id}");
    assert_eq!(entry.field("by").unwrap(), by, "{what} of {id}");
    assert_eq!(num(&entry, "time"), w.vm.now().unwrap().into());
    let held = policy(w, id);
    assert_eq!(num(&held, "events"), at + 1);
    if at > 0 {
        assert_eq!((num(&held, "paid"), num(&held, "closed-at")), (figures.0, num(&entry, "time")));
    }
    let next = w.read("policy-registry", "get-policy-event", &[u(id), u(at + 1)]);
    assert!(next.as_optional().unwrap().is_none(), "{id} has a later entry");
}

fn expire(w: &mut World, ids: &[u128]) -> u128 {
    let list = Value::list(ids.iter().map(|id| u(*id)));
    w.registry(w.stranger, "expire-policies", &[list]).ok().unwrap().as_uint().unwrap()
}

fn end(w: &mut World, owner: Address, function: &str, id: u128) -> u128 {
    let sbtc = w.sbtc.clone();
    w.registry(owner, function, &[u(id), sbtc, u(0)]).ok().unwrap().as_uint().unwrap()
}

fn events(outcome: &Outcome, name: &str) -> usize {
    outcome.prints().filter(|(_, value)| value.field("event").unwrap().as_ascii().unwrap() == name).count()
}

#[test]
fn indices_history_and_status_follow_policies_from_sale_to_end() {
    let mut w = World::new();
    provide(&mut w);
    let (soon, later) = (w.expiry(2), w.expiry(9));
    let owners = [w.peter, w.irene, w.stranger];
    let mut model = Model::new(&owners, &[soon, later]);
    model.check(&mut w);

    // Twenty-six policies of three owners: strikes 90,000 and 85,000, two expiries; more than a page.
    for at in 0..26_u128 {
        let owner = owners[usize::try_from(at % 3).unwrap()];
        let expiry = if at % 5 == 4 { later } else { soon };
        let strike = if at % 2 == 0 { 90_000 * USD } else { 85_000 * USD };
        let order = Order { strike, size: BTC / 10 + at, ..Order::usual(&w, expiry) };
        let bought = w.registry(owner, "purchase-protection", &order.args());
        let id = num(bought.ok().unwrap(), "policy");
        assert_eq!(id, at + 1, "ids count from one");
        model.sold(owner, expiry, id);
        let premium = num(&policy(&mut w, id), "premium");
        check_history(&mut w, id, 0, "created", (premium, 100_000 * USD), &who(owner));
        assert_eq!(effective(&mut w, id), 1);
    }
    model.check(&mut w);
    check_expiries(&mut w, &[(soon, 21), (later, 5)]);

    // The first, the last and one in the middle are sold back; the places of those that move are right for their turn.
    for id in [1, 26, 13, 25, 2] {
        let owner = owners[usize::try_from((id - 1) % 3).unwrap()];
        let refund = end(&mut w, owner, "cancel-protection", id);
        model.ended(id, CANCELLED);
        check_history(&mut w, id, 1, "cancelled", (refund, 100_000 * USD), &who(owner));
        model.check(&mut w);
    }
    // Two are activated.
    w.move_price(93_000 * USD);
    w.move_price(86_000 * USD);
    for id in [3, 21] {
        let owner = owners[usize::try_from((id - 1) % 3).unwrap()];
        let paid = end(&mut w, owner, "activate-protection", id);
        assert_eq!(paid, (BTC / 10 + id - 1) * 4_000 / 86_000);
        model.ended(id, ACTIVATED);
        check_history(&mut w, id, 1, "activated", (paid, 86_000 * USD), &who(owner));
    }
    model.check(&mut w);
    at_expiry(&mut w, &mut model, soon);
    w.check_books();
}

fn check_expiries(w: &mut World, sold: &[(u64, u128)]) {
    let now = w.vm.now().unwrap();
    let ahead = w.read("policy-registry", "get-expiries-from", &[u(now.into())]);
    let ahead = ahead.as_list().unwrap();
    assert_eq!(ahead.len(), 20);
    for (at, one) in ahead.iter().enumerate() {
        let expiry = num(one, "expiry");
        assert_eq!(expiry, 115_200 + ((u128::from(now) - 115_200).div_ceil(604_800) + at as u128) * 604_800);
        let known = sold.iter().find(|(known, _)| u128::from(*known) == expiry);
        assert_eq!(num(one, "policies"), known.map_or(0, |known| known.1));
    }
    // Before all Fridays, and farther away than anybody looks.
    let first = w.read("policy-registry", "get-expiries-from", &[u(0)]);
    assert_eq!(num(&first.as_list().unwrap()[0], "expiry"), 115_200);
    let far = w.read("policy-registry", "get-expiries-from", &[u(u128::MAX)]);
    assert_eq!(far.as_list().unwrap().len(), 20);
}

fn at_expiry(w: &mut World, model: &mut Model, soon: u64) {
    let sbtc = w.sbtc.clone();
    while w.vm.now().unwrap() < soon - DAY {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    // The price ends at 87,000: strikes of 90,000 are in the money, those of 85,000 are not.
    w.move_price(87_000 * USD);
    w.run_to(soon - 10);
    let ids = [5, 4, 10];
    assert_eq!(ids.map(|id| effective(w, id)), [1, 1, 1]);
    assert_eq!(expire(w, &[4, 6]), 0, "before the expiry nothing expires");
    w.vm.advance_to(soon).unwrap();
    assert_eq!(ids.map(|id| effective(w, id)), [1, WAITING, 1], "policies 5 and 10 end a week later");
    assert_eq!(expire(w, &[4]), 0, "without a price nothing expires");
    w.report();
    assert_eq!([4, 7, 5].map(|id| effective(w, id)), [4, TO_CLAIM, 1]);
    model.check(w);

    // Twice the same, unknown ones, live ones, ended ones, ones in the money: only 4 and 6 end, once each.
    let outcome = w.registry(
        w.stranger,
        "expire-policies",
        &[Value::list([4, 4, 0, 99, u128::MAX, 5, 1, 3, 7, 6, 4, 6].map(u))],
    );
    assert_eq!(outcome.ok().unwrap(), &u(2));
    assert_eq!(events(&outcome, "policy-expired"), 2);
    for id in [4, 6] {
        model.ended(id, EXPIRED);
        check_history(w, id, 1, "expired", (0, 87_000 * USD), &who(w.stranger));
    }
    model.check(w);
    assert_eq!(expire(w, &[]), 0);
    assert_eq!(expire(w, &[4, 6]), 0, "what has expired does not expire again");

    w.registry(w.keeper, "settle-expiry", &[u(BALANCED), sbtc.clone(), u(soon.into())]).ok().unwrap();
    // One in the money by the keeper, one by its owner, one out of the money.
    let keeper = w.keeper;
    for (id, by) in [(7, keeper), (9, w.stranger), (8, keeper)] {
        let due = if id % 2 == 1 { (BTC / 10 + id - 1) * 3_000 / 87_000 } else { 0 };
        a_claim_says_settled_with_a_payout_and_expired_without(w, id, by, due);
        model.ended(id, if due > 0 { SETTLED } else { EXPIRED });
    }
    model.check(w);
    // Everything else of this expiry ends; what was sold for the next one stays.
    for id in model.statuses[ACTIVE].clone() {
        if model.expiries[0].1.contains(&id) {
            let paid = w.registry(keeper, "claim-settlement", &[u(id), sbtc.clone()]);
            let due = paid.ok().unwrap().as_uint().unwrap();
            model.ended(id, if due > 0 { SETTLED } else { EXPIRED });
        }
    }
    model.check(w);
    assert_eq!(model.statuses[ACTIVE].len(), 4, "of five that end a week later one was sold back");
}

/// Somebody claims a policy whose expiry ended at 87,000 USD: the registry prints one event, and it is the one of this
/// outcome, as its answer, the policy's history and its status are.
fn a_claim_says_settled_with_a_payout_and_expired_without(w: &mut World, id: u128, by: Address, due: u128) {
    let sbtc = w.sbtc.clone();
    let owner = policy(w, id).field("owner").unwrap().clone();
    let claimed = w.registry(by, "claim-settlement", &[u(id), sbtc]);
    assert_eq!(claimed.ok().unwrap(), &u(due), "policy {id}");
    let own: Vec<Value> = claimed
        .prints()
        .filter(|(contract, _)| contract.to_string().ends_with(".policy-registry"))
        .map(|(_, value)| value.clone())
        .collect();
    let (event, history, status) =
        if due > 0 { ("policy-settled", "settled", SETTLED) } else { ("policy-expired", "expired", EXPIRED) };
    let mut fields = vec![
        ("event", Value::ascii(event).unwrap()),
        ("policy", u(id)),
        ("owner", owner),
        ("price", u(87_000 * USD)),
        ("by", who(by)),
    ];
    if due > 0 {
        fields.extend([("due", u(due)), ("paid", u(due))]);
    }
    let expected = Value::tuple(fields.into_iter().map(|(name, value)| (name.parse().unwrap(), value)));
    assert_eq!(own, [expected], "policy {id}");
    check_history(w, id, 1, history, (due, 87_000 * USD), &who(by));
    assert_eq!(num(&policy(w, id), "status"), status as u128, "policy {id}");
}
