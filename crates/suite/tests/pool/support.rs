//! What the cases share: worlds, refusals, fakes.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bithedge_stacks::{Address, Value};
use bithedge_suite::ContractError;
use bithedge_suite_world::*;
use bithedge_vm::{Options, Outcome};

/// More than any cost.
pub(crate) const ANY_COST: u128 = 1_000_000_000_000_000;
/// The largest unsigned integer.
pub(crate) const MAX: u128 = u128::MAX;

/// What holds, and how it is shown.
pub(crate) type Case = (&'static str, fn(&mut World));

/// Lists cases under the names of their functions.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => { &[$((stringify!($case), $case as fn(&mut bithedge_suite_world::World))),+] };
}
pub(crate) use cases;

thread_local! {
    static PROVOKED: RefCell<BTreeSet<u128>> = const { RefCell::new(BTreeSet::new()) };
}

/// The codes that were provoked in this thread.
pub(crate) fn provoked() -> BTreeSet<u128> {
    PROVOKED.with_borrow(Clone::clone)
}

/// Runs each case from the same state, all of them, and fails with the names of those that failed.
pub(crate) fn hold(w: &mut World, cases: &[Case]) {
    watch_state(w);
    w.vm.snapshot_as("before each case").unwrap();
    let prices = (w.btc_price, w.stx_price);
    let mut failed = Vec::new();
    for (name, case) in cases {
        w.vm.restore_from("before each case").unwrap();
        (w.btc_price, w.stx_price) = prices;
        if catch_unwind(AssertUnwindSafe(|| case(w))).is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "{} of {} do not hold: {failed:?}", failed.len(), cases.len());
}

/// The suite set up like [`World::new`], but still in the deployer's hand: what is governed can be called by the deployer.
pub(crate) fn before_the_hand_over() -> World {
    before_the_hand_over_at(START)
}

/// The same with another time of the first block.
pub(crate) fn before_the_hand_over_at(genesis_time: u64) -> World {
    let mut w = deployed(genesis_time);
    for call in w.setup().calls().unwrap() {
        w.call(w.deployer, call.contract, call.function, &call.arguments).ok().unwrap();
    }
    for _ in 0..8 {
        w.vm.advance_burn(1).unwrap();
        w.report();
    }
    w
}

/// Deployed, with people and tokens, and not set up at all. One reporter's word will be enough.
pub(crate) fn deployed(genesis_time: u64) -> World {
    let options = Options { genesis_time, ..Options::default() };
    let mut w = World::with_one_reporter(options, 100_000 * USD, USD, |_| {});
    w.vm.reset().unwrap();
    for holder in [w.peter, w.irene, w.ivan, w.keeper, w.stranger] {
        w.vm.mint_sbtc(holder, 1_000 * 100_000_000).unwrap();
    }
    w
}

/// Everything of the pool and the vault that a call could change, for the fingerprint; books are added by
/// [`watch_expiry`].
pub(crate) fn watch_state(w: &mut World) {
    let pool = Value::from(w.vm.contract("liquidity-pool").unwrap());
    let people = [w.peter, w.irene, w.ivan, w.keeper, w.stranger];
    for token in [w.sbtc.clone(), w.stx.clone()] {
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            let bucket = tuple([("tier", u(tier)), ("token", token.clone())]);
            w.vm.watch_entry("liquidity-pool", "buckets", bucket).unwrap();
        }
        for person in people {
            let position = [("tier", u(BALANCED)), ("token", token.clone()), ("provider", who(person))];
            w.vm.watch_entry("liquidity-pool", "positions", tuple(position)).unwrap();
        }
        for person in [w.keeper, w.stranger] {
            let credit = tuple([("who", who(person)), ("token", token.clone())]);
            w.vm.watch_entry("liquidity-pool", "credits", credit).unwrap();
        }
        w.vm.watch_entry("liquidity-pool", "credit-totals", token.clone()).unwrap();
        w.vm.watch_entry("liquidity-pool", "collateral-tokens", token.clone()).unwrap();
        w.vm.watch_entry("liquidity-pool-vault", "tokens", token.clone()).unwrap();
        let account = tuple([("backend", pool.clone()), ("token", token)]);
        w.vm.watch_entry("liquidity-pool-vault", "accounts", account).unwrap();
    }
    for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
        w.vm.watch_entry("liquidity-pool", "tiers", u(tier)).unwrap();
    }
    for id in 1..=3 {
        w.vm.watch_entry("policy-registry", "policies", u(id)).unwrap();
    }
}

/// A bucket's book and settlement of an expiry belong to the fingerprint from now on.
pub(crate) fn watch_expiry(w: &mut World, tier: u128, token: &Value, expiry: u64) {
    let key = [("tier", u(tier)), ("token", token.clone()), ("expiry", u(expiry.into()))];
    for map in ["books", "settlements"] {
        w.vm.watch_entry("liquidity-pool", map, tuple(key.clone())).unwrap();
    }
}

/// A tuple.
pub(crate) fn tuple<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value)))
}

/// A text.
pub(crate) fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

/// Shows that a call is refused with this error and changes nothing: no asset, no data variable, no watched entry.
pub(crate) fn refused(
    w: &mut World,
    sender: Address,
    contract: &str,
    function: &str,
    arguments: &[Value],
    error: ContractError,
) {
    let before = w.vm.fingerprint().unwrap();
    let outcome = w.vm.call(sender, contract, function, arguments).unwrap();
    let code = outcome.err_code();
    assert_eq!(code, Ok(error.code()), "{contract} {function}, wanted {:?}", error.entry().unwrap().name);
    assert_eq!(
        w.vm.fingerprint().unwrap(),
        before,
        "{contract} {function} was refused and changed something"
    );
    PROVOKED.with_borrow_mut(|codes| codes.insert(error.code()));
}

/// [`refused`], by the pool.
pub(crate) fn pool_refuses(
    w: &mut World,
    sender: Address,
    function: &str,
    arguments: &[Value],
    error: ContractError,
) {
    refused(w, sender, "liquidity-pool", function, arguments, error);
}

/// [`refused`], by the registry.
pub(crate) fn registry_refuses(
    w: &mut World,
    sender: Address,
    function: &str,
    arguments: &[Value],
    error: ContractError,
) {
    refused(w, sender, "policy-registry", function, arguments, error);
}

/// The arguments of a purchase of a put at any cost.
pub(crate) fn order(token: &Value, tier: u128, strike: u128, expiry: u64, size: u128) -> [Value; 7] {
    [token.clone(), u(tier), u(PUT), u(strike), u(expiry.into()), u(size), u(ANY_COST)]
}

/// Peter's purchase is refused.
pub(crate) fn sale_refused(w: &mut World, order: &[Value; 7], error: ContractError) {
    registry_refuses(w, w.peter, "purchase-protection", order, error);
}

/// Somebody buys at any cost; the answer.
pub(crate) fn buy_as(w: &mut World, buyer: Address, order: &[Value; 7]) -> Outcome {
    w.registry(buyer, "purchase-protection", order)
}

/// Somebody's capital is in a bucket, after its close.
pub(crate) fn provide(w: &mut World, provider: Address, tier: u128, token: &Value, amount: u128) {
    w.commit(provider, tier, token, amount);
    w.next_boundary();
    w.close(tier, token).ok().unwrap();
}

/// Irene's 10 BTC in the balanced sBTC bucket and 1,000,000 STX in the balanced STX bucket, closed on Monday 08:00 UTC.
pub(crate) fn with_capital(mut w: World) -> World {
    let (sbtc, stx) = (w.sbtc.clone(), w.stx.clone());
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    provide_both(&mut w, &sbtc, &stx);
    w
}

fn provide_both(w: &mut World, sbtc: &Value, stx: &Value) {
    provide(w, w.irene, BALANCED, stx, 1_000_000 * STX);
    w.close(BALANCED, sbtc).ok().unwrap();
}

/// The shares that somebody holds outside the queue.
pub(crate) fn shares_of(w: &mut World, tier: u128, token: &Value, owner: Address) -> u128 {
    num(&w.position(tier, token, owner), "shares")
}

/// Both prices walk to a target, 8 % at most at a time, until the averages have become them.
pub(crate) fn crash(w: &mut World, btc: u128, stx: u128) {
    while (w.btc_price, w.stx_price) != (btc, stx) {
        let step = |now: u128, target: u128| target.clamp(now * 92 / 100, now * 108 / 100);
        (w.btc_price, w.stx_price) = (step(w.btc_price, btc), step(w.stx_price, stx));
        w.vm.advance_burn(1).unwrap();
        w.report();
    }
    w.move_price(btc);
}

/// Settles an expiry as the keeper; what was reserved.
pub(crate) fn settle(w: &mut World, tier: u128, token: &Value, expiry: u64) -> u128 {
    w.registry(w.keeper, "settle-expiry", &[u(tier), token.clone(), u(expiry.into())])
        .ok()
        .unwrap()
        .as_uint()
        .unwrap()
}

/// On to an expiry, day by day, with the closes of one bucket before it.
pub(crate) fn run_to_expiry(w: &mut World, tier: u128, token: &Value, expiry: u64) {
    loop {
        let boundary = w.next_boundary();
        if boundary >= expiry {
            return;
        }
        w.close(tier, token).ok().unwrap();
    }
}

/// A contract of the stranger's that passes every call on to the pool, as a phisher or a self-made registry would.
pub(crate) fn go_between(deployer: Address) -> String {
    let pool = format!("'{deployer}.liquidity-pool");
    let policy = "{id: uint, tier: uint, strike: uint, expiry: uint, size: uint, lock: uint, required: uint, \
        floor: uint, owner: principal}";
    let pricing = "{btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-bid: uint}";
    let asked = "{btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-ask: uint}";
    let rules = "{min-size: uint, min-lock-rate: uint, kink: uint, slope: uint}";
    format!(
        "(use-trait ft '{deployer}.sip-010-trait.sip-010-trait)
(define-public (commit-capital (tier uint) (token <ft>) (amount uint))
  (contract-call? {pool} commit-capital tier token amount))
(define-public (cancel-deposit (tier uint) (token principal)) (contract-call? {pool} cancel-deposit tier token))
(define-public (request-withdrawal (tier uint) (token principal) (shares uint))
  (contract-call? {pool} request-withdrawal tier token shares))
(define-public (claim-yield (tier uint) (token principal)) (contract-call? {pool} claim-yield tier token))
(define-public (cancel-withdrawal (tier uint) (token principal))
  (contract-call? {pool} cancel-withdrawal tier token))
(define-public (exit-dead-bucket (tier uint) (token principal) (shares uint))
  (contract-call? {pool} exit-dead-bucket tier token shares))
(define-public (settle-expiry (tier uint) (token <ft>) (expiry uint) (keeper principal))
  (contract-call? {pool} settle-expiry tier token expiry keeper))
(define-public (underwrite (token <ft>) (tier uint) (kind uint) (strike uint) (expiry uint) (size uint) (first uint)
    (pricing {asked}) (rules {rules}))
  (contract-call? {pool} underwrite token tier kind strike expiry size first pricing rules))
(define-public (buy-back (token <ft>) (policy {policy}) (pricing {pricing}) (spread uint))
  (contract-call? {pool} buy-back token policy pricing spread))
(define-public (settle-early (token <ft>) (policy {policy}) (spot uint) (stx uint))
  (contract-call? {pool} settle-early token policy spot stx))
(define-public (pay-claim (token <ft>) (id uint) (tier uint) (strike uint) (expiry uint) (size uint)
    (owner principal) (keeper principal))
  (contract-call? {pool} pay-claim token id tier strike expiry size owner keeper))
"
    )
}

/// A well-behaved token that the suite does not know.
pub(crate) const OTHER_TOKEN: &str = "
(define-fungible-token other)
(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender sender) (err u4))
    (ft-transfer? other amount sender recipient)))
(define-public (mint (amount uint) (recipient principal)) (ft-mint? other amount recipient))
(define-read-only (get-name) (ok \"Other\"))
(define-read-only (get-symbol) (ok \"OTHER\"))
(define-read-only (get-decimals) (ok u8))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance other who)))
(define-read-only (get-total-supply) (ok (ft-get-supply other)))
(define-read-only (get-token-uri) (ok none))
";

/// Deploys the other token as the stranger; its principal.
pub(crate) fn other_token(w: &mut World) -> Value {
    w.vm.deploy(w.stranger, "other-token", OTHER_TOKEN).unwrap().value().unwrap();
    Value::Principal(format!("{}.other-token", w.stranger).parse().unwrap())
}

/// Deploys the contract in between as the stranger; its identifier.
pub(crate) fn deploy_go_between(w: &mut World) -> String {
    let source = go_between(w.deployer);
    w.vm.deploy(w.stranger, "go-between", &source).unwrap().value().unwrap();
    format!("{}.go-between", w.stranger)
}

/// A policy as the registry passes it to the pool.
pub(crate) fn policy(tier: u128, strike: u128, expiry: u64, size: u128, lock: u128, owner: Address) -> Value {
    tuple([
        ("id", u(1)),
        ("tier", u(tier)),
        ("strike", u(strike)),
        ("expiry", u(expiry.into())),
        ("size", u(size)),
        ("lock", u(lock)),
        ("required", u(0)),
        ("floor", u(strike / 2)),
        ("owner", who(owner)),
    ])
}

/// Prices and a volatility as the registry passes them: `vol-bid` or `vol-ask`.
pub(crate) fn pricing(w: &World, volatility: &str) -> Value {
    let (btc, stx) = (u(w.btc_price), u(w.stx_price));
    tuple([
        ("btc", btc.clone()),
        ("stx", stx.clone()),
        ("btc-twap", btc),
        ("stx-twap", stx),
        (volatility, u(600_000)),
    ])
}

/// The rules of a sale as the registry passes them.
pub(crate) fn rules() -> Value {
    tuple([
        ("min-size", u(10_000)),
        ("min-lock-rate", u(30_000)),
        ("kink", u(500_000)),
        ("slope", u(1_000_000)),
    ])
}

/// Makes the contract at `address` the current one of `name`, by the way of every upgrade, in a world that the deployer
/// still rules. The former one is retiring afterwards.
pub(crate) fn upgrade(w: &mut World, name: &str, address: &str) {
    let principal = Value::Principal(address.parse().unwrap());
    let hash = w.vm.evaluate(w.deployer, &format!("(contract-hash? '{address})")).unwrap();
    let hash = hash.ok().unwrap().clone();
    let manager = "upgrade-manager";
    w.call(w.deployer, "governance", "assign-role", &[who(w.deployer), text("operator")]).ok().unwrap();
    w.call(w.deployer, manager, "propose-upgrade", &[text(name), principal, text("2.0.0"), hash])
        .ok()
        .unwrap();
    let report = Value::buffer(vec![0; 32]);
    w.call(w.deployer, manager, "verify-upgrade", &[text(name), Value::Bool(true), report]).ok().unwrap();
    let due = w.vm.now().unwrap() + 7 * DAY;
    w.vm.advance_to(due).unwrap();
    w.call(w.stranger, manager, "activate-upgrade", &[text(name)]).ok().unwrap();
}

/// What the deployer may do before the hand-over, which must succeed.
pub(crate) fn rule(w: &mut World, contract: &str, function: &str, arguments: &[Value]) {
    w.call(w.deployer, contract, function, arguments).ok().unwrap();
}

/// A tier's terms with some fields changed.
pub(crate) fn terms<const N: usize>(w: &mut World, tier: u128, changes: [(&str, Value); N]) -> Value {
    let old = w.read("liquidity-pool", "get-tier", &[u(tier)]).as_optional().unwrap().unwrap().clone();
    let mut fields = old.as_tuple().unwrap().clone();
    for (name, value) in changes {
        assert!(fields.insert(name.parse().unwrap(), value).is_some(), "no field {name}");
    }
    Value::tuple(fields)
}

/// The deployer changes some of a tier's terms.
pub(crate) fn set_tier<const N: usize>(w: &mut World, tier: u128, changes: [(&str, Value); N]) {
    let terms = terms(w, tier, changes);
    rule(w, "liquidity-pool", "set-tier", &[u(tier), terms]);
}

/// The arguments of `add-collateral-token` for a known token, with some fields changed.
pub(crate) fn token_terms<const N: usize>(
    w: &mut World,
    token: &Value,
    changes: [(&str, Value); N],
) -> Vec<Value> {
    const ORDER: [&str; 10] = [
        "symbol",
        "decimals",
        "asset",
        "collateralization-ratio",
        "liquidation-threshold",
        "price-feed",
        "min-deposit",
        "min-premium",
        "bounty",
        "active",
    ];
    let old = w.read("liquidity-pool", "get-collateral-token", std::slice::from_ref(token));
    let mut fields = old.as_optional().unwrap().unwrap().as_tuple().unwrap().clone();
    for (name, value) in changes {
        assert!(fields.insert(name.parse().unwrap(), value).is_some(), "no field {name}");
    }
    let mut arguments = vec![token.clone()];
    arguments.extend(ORDER.map(|name| fields[&name.parse().unwrap()].clone()));
    arguments
}

/// The deployer changes some of a token's terms.
pub(crate) fn set_token<const N: usize>(w: &mut World, token: &Value, changes: [(&str, Value); N]) {
    let arguments = token_terms(w, token, changes);
    rule(w, "liquidity-pool", "add-collateral-token", &arguments);
}
