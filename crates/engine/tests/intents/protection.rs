//! Policies: every refusal that a buyer or an owner can meet.

use bithedge_engine::intents::{Protection, Recipient, Sentence};
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Principal, Value};
use bithedge_suite::ContractError;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::bench::{Bench, text, truth, with};

/// More than anything costs.
pub(crate) const ANY: TokenAmount = TokenAmount::new(1_000_000_000_000_000);

pub(crate) fn order(asset: Asset, tier: u8, strike: u128, expiry: u64, size: u128) -> Order {
    Order { asset, tier, strike: UsdE8::new(strike), expiry: UnixSeconds::new(expiry), size: Sats::new(size) }
}

pub(crate) fn buy(order: Order) -> Protection {
    Protection::Buy { order, max_cost: ANY, valid_until: UnixSeconds::new(u64::MAX) }
}

/// One bitcoin at 90,000 USD out of the balanced sBTC bucket, in three weeks or so.
fn usual(b: &mut Bench) -> Order {
    let expiry = b.w.expiry(21);
    order(Asset::Sbtc, 2, 90_000 * USD, expiry, BTC)
}

fn unsold(b: &mut Bench, order: Order, error: ContractError) {
    let peter = b.w.peter;
    b.refuses(peter, buy(order), error);
}

/// Peter's policy 1: the usual one.
pub(crate) fn bought(b: &mut Bench) -> Order {
    let order = usual(b);
    let peter = b.w.peter;
    b.does(peter, buy(order));
    order
}

pub(crate) fn activate(policy: u128, asset: Asset, least: u128) -> Protection {
    Protection::Activate { policy, asset, min_payout: TokenAmount::new(least) }
}

pub(crate) fn sell_back(policy: u128, asset: Asset, least: u128) -> Protection {
    Protection::SellBack { policy, asset, min_refund: TokenAmount::new(least) }
}

pub(crate) fn claim(policy: u128, asset: Asset, to: Recipient) -> Protection {
    Protection::Claim { policy, asset, to }
}

pub(crate) fn sizes_and_dates(b: &mut Bench) {
    let usual = usual(b);
    unsold(b, Order { size: Sats::new(9_999), ..usual }, e::POLICY_REGISTRY_SIZE);
    unsold(b, Order { size: Sats::new(10_000_000_001), ..usual }, e::POLICY_REGISTRY_SIZE);
    let later = UnixSeconds::new(usual.expiry.get() + 1);
    unsold(b, Order { expiry: later, ..usual }, e::POLICY_REGISTRY_EXPIRY_NOT_LISTED);
    let mut far = b.w.expiry(90);
    while b.w.read("policy-registry", "is-listed", &[u(far.into())]) != Value::Bool(true) {
        far += 7 * DAY;
    }
    unsold(b, Order { expiry: UnixSeconds::new(far), ..usual }, e::LIQUIDITY_POOL_TERM_TOO_LONG);
}

pub(crate) fn less_than_a_day_to_go(b: &mut Bench) {
    let expiry = b.w.expiry(1);
    b.w.vm.advance_to(expiry - DAY + 600).unwrap();
    b.w.report();
    unsold(b, order(Asset::Sbtc, 2, 90_000 * USD, expiry, BTC), e::POLICY_REGISTRY_TOO_LATE);
}

pub(crate) fn old_prices(b: &mut Bench) {
    let usual = usual(b);
    b.wait(600);
    unsold(b, usual, e::POLICY_REGISTRY_PRICE_TOO_OLD);
    b.wait(2_000);
    unsold(b, usual, e::ORACLE_STALE_PRICE);
    let peter = b.w.peter;
    // The size is looked at before the price.
    b.refuses(peter, buy(Order { size: Sats::new(1), ..usual }), e::POLICY_REGISTRY_SIZE);
}

pub(crate) fn tiers_and_strikes(b: &mut Bench) {
    let usual = usual(b);
    unsold(b, Order { tier: 7, ..usual }, e::LIQUIDITY_POOL_UNKNOWN_TIER);
    unsold(b, Order { strike: UsdE8::new(86_250 * USD), ..usual }, e::LIQUIDITY_POOL_STRIKE_OFF_GRID);
    unsold(b, Order { strike: UsdE8::new(95_000 * USD), ..usual }, e::LIQUIDITY_POOL_STRIKE_OUTSIDE_TIER);
    let terms = b.w.read("liquidity-pool", "get-tier", &[u(BALANCED)]);
    let terms = terms.as_optional().unwrap().unwrap().clone();
    b.rules("liquidity-pool", "set-tier", &[u(4), terms]);
    unsold(b, Order { tier: 4, ..usual }, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
}

pub(crate) fn no_room(b: &mut Bench) {
    let usual = usual(b);
    // Isolated or not, the next tier has no capital here.
    unsold(b, Order { size: Sats::new(20 * BTC), ..usual }, e::LIQUIDITY_POOL_CAPACITY);
    unsold(b, Order { asset: Asset::Stx, size: Sats::new(50 * BTC), ..usual }, e::LIQUIDITY_POOL_CAPACITY);
}

pub(crate) fn a_close_is_due(b: &mut Bench) {
    let usual = usual(b);
    b.w.next_boundary();
    unsold(b, usual, e::LIQUIDITY_POOL_CLOSE_DUE);
}

pub(crate) fn a_token_out_of_use(b: &mut Bench) {
    let usual = usual(b);
    let sbtc = b.w.sbtc.clone();
    b.rules("treasury", "set-token", &[sbtc.clone(), truth(false), u(0)]);
    unsold(b, usual, e::TREASURY_TOKEN_NOT_ACCEPTED);
    b.rules("liquidity-pool-vault", "set-token", &[sbtc.clone(), truth(false)]);
    unsold(b, usual, e::LIQUIDITY_POOL_VAULT_TOKEN_NOT_ACCEPTED);
    set_token(b, &sbtc, [("active", truth(false))]);
    unsold(b, usual, e::LIQUIDITY_POOL_TOKEN_INACTIVE);
}

/// Changes a collateral token.
pub(crate) fn set_token<const N: usize>(b: &mut Bench, token: &Value, changes: [(&str, Value); N]) {
    let old = b.w.read("liquidity-pool", "get-collateral-token", std::slice::from_ref(token));
    let new = with(old.as_optional().unwrap().unwrap(), changes);
    let field = |name: &str| new.field(name).unwrap().clone();
    let names = [
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
    let args: Vec<Value> = std::iter::once(token.clone()).chain(names.map(field)).collect();
    b.rules("liquidity-pool", "add-collateral-token", &args);
}

pub(crate) fn too_little_money(b: &mut Bench) {
    let usual = usual(b);
    // The deployer has no sBTC at all.
    let deployer = b.w.deployer;
    b.refuses(deployer, buy(usual), ContractError::new(1));
    let peter = b.w.peter;
    let quote = b.w.quote(&b.w.sbtc.clone(), BALANCED, 90_000 * USD, usual.expiry.get(), BTC);
    let total = num(quote.as_response().unwrap().unwrap(), "total");
    let short = Protection::Buy {
        order: usual,
        max_cost: TokenAmount::new(total - 1),
        valid_until: UnixSeconds::new(u64::MAX),
    };
    b.refuses(peter, short, e::POLICY_REGISTRY_COST_ABOVE_LIMIT);
    let enough = Protection::Buy {
        order: usual,
        max_cost: TokenAmount::new(total),
        valid_until: UnixSeconds::new(u64::MAX),
    };
    b.does(peter, enough);
}

/// One satoshi less than the whole is refused by the token, whichever of the two transfers it lacks for.
pub(crate) fn the_last_satoshi(b: &mut Bench) {
    let usual = usual(b);
    let (peter, stranger) = (b.w.peter, b.w.stranger);
    let quote = b.w.quote(&b.w.sbtc.clone(), BALANCED, 90_000 * USD, usual.expiry.get(), BTC);
    let quote = quote.as_response().unwrap().unwrap().clone();
    let (total, fee) = (num(&quote, "total"), num(&quote, "fee"));
    for keeps in [total, total - 1, total - fee, total - fee - 1] {
        b.w.vm.snapshot_as("wallet").unwrap();
        let gives = b.w.sats(peter) - keeps;
        let sbtc = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
        let args = [u(gives), who(peter), who(stranger), Value::Optional(None)];
        b.by(peter, sbtc, "transfer", &args);
        let expected = (keeps < total).then_some(1);
        assert_eq!(b.tries(peter, buy(usual)), expected, "{keeps} of {total}");
        b.w.vm.restore_from("wallet").unwrap();
    }
}

pub(crate) fn stopped(b: &mut Bench) {
    let usual = usual(b);
    let keeper = b.w.keeper;
    b.w.vm.snapshot_as("open").unwrap();
    b.by(keeper, "parameters", "trip-breaker", &[text("sales"), text("test")]);
    unsold(b, usual, e::PARAMETERS_BREAKER_TRIPPED);
    b.rules("parameters", "set-flag", &[text("sales"), truth(false)]);
    unsold(b, usual, e::PARAMETERS_FLAG_OFF);
    b.w.vm.restore_from("open").unwrap();
    let rule = |capacity, cooldown| {
        [text("purchase"), text("sales"), Value::list([text("all")]), u(capacity), u(capacity), u(cooldown)]
    };
    b.rules("parameters", "set-action-rule", &rule(BTC - 1, 0));
    unsold(b, usual, e::PARAMETERS_RATE_LIMITED);
    b.rules("parameters", "set-action-rule", &rule(10 * BTC, 600));
    let peter = b.w.peter;
    b.does(peter, buy(Order { size: Sats::new(BTC / 10), ..usual }));
    unsold(b, usual, e::PARAMETERS_COOLING_DOWN);
}

/// A registry or a pool that is no longer the current one sells nothing, but lets go of what it has.
pub(crate) fn retired_contracts(b: &mut Bench) {
    let usual = bought(b);
    let own = |b: &Bench, name: &str| Value::from(b.w.vm.contract(name).unwrap());
    let (registry, pool) = (own(b, "policy-registry"), own(b, "liquidity-pool"));
    b.w.vm.snapshot_as("current").unwrap();
    b.rules("upgrade-manager", "retire-version", &[text("policy-registry"), registry.clone()]);
    unsold(b, usual, e::PARAMETERS_NOT_AUTHORISED);
    let peter = b.w.peter;
    b.does(peter, sell_back(1, Asset::Sbtc, 1));
    b.w.vm.restore_from("current").unwrap();
    b.rules("upgrade-manager", "retire-version", &[text("liquidity-pool"), pool]);
    unsold(b, usual, e::LIQUIDITY_POOL_VAULT_NOT_BACKEND);
    b.does(peter, sell_back(1, Asset::Sbtc, 1));
    b.w.vm.restore_from("current").unwrap();
    b.rules("upgrade-manager", "retire-version", &[text("treasury"), own(b, "treasury")]);
    b.does(peter, buy(usual));
    b.w.vm.restore_from("current").unwrap();
    b.rules("upgrade-manager", "retire-version", &[text("policy-registry"), registry.clone()]);
    b.wait(91 * DAY);
    b.rules("upgrade-manager", "kill-version", &[text("policy-registry"), registry]);
    b.w.report();
    b.refuses(peter, claim(1, Asset::Sbtc, Recipient::Ours), e::LIQUIDITY_POOL_UNAUTHORISED);
}

pub(crate) fn the_33rd_series(b: &mut Bench) {
    let terms = b.w.read("liquidity-pool", "get-tier", &[u(BALANCED)]);
    let terms = with(terms.as_optional().unwrap().unwrap(), [("grid", u(1_000))]);
    b.rules("liquidity-pool", "set-tier", &[u(BALANCED), terms]);
    let usual = usual(b);
    let (peter, step) = (b.w.peter, 100 * USD);
    for n in 0..32 {
        let strike = UsdE8::new(85_000 * USD + n * step);
        b.does(peter, buy(Order { strike, size: Sats::new(BTC / 100), ..usual }));
    }
    let strike = UsdE8::new(85_000 * USD + 32 * step);
    unsold(b, Order { strike, size: Sats::new(BTC / 100), ..usual }, e::LIQUIDITY_POOL_BOOK_FULL);
    b.does(peter, buy(Order { strike: UsdE8::new(85_000 * USD), size: Sats::new(BTC / 100), ..usual }));
}

pub(crate) fn somebody_elses_policy(b: &mut Bench) {
    bought(b);
    let (peter, stranger) = (b.w.peter, b.w.stranger);
    for (policy, asset, account, error) in [
        (9, Asset::Sbtc, peter, e::POLICY_REGISTRY_UNKNOWN_POLICY),
        (1, Asset::Stx, peter, e::POLICY_REGISTRY_TOKEN),
        (1, Asset::Sbtc, stranger, e::POLICY_REGISTRY_NOT_OWNER),
    ] {
        b.refuses(account, activate(policy, asset, 1), error);
        b.refuses(account, sell_back(policy, asset, 1), error);
    }
    b.refuses(peter, claim(9, Asset::Sbtc, Recipient::Ours), e::POLICY_REGISTRY_UNKNOWN_POLICY);
    b.refuses(peter, claim(1, Asset::Stx, Recipient::Ours), e::POLICY_REGISTRY_TOKEN);
    b.refuses(peter, claim(1, Asset::Sbtc, Recipient::Ours), e::POLICY_REGISTRY_NOT_EXPIRED);
}

pub(crate) fn activations(b: &mut Bench) {
    bought(b);
    let peter = b.w.peter;
    b.refuses(peter, activate(1, Asset::Sbtc, 1), e::POLICY_REGISTRY_TOO_EARLY);
    b.wait(3_600);
    b.refuses(peter, activate(1, Asset::Sbtc, 1), e::ORACLE_STALE_PRICE);
    b.w.report();
    b.refuses(peter, activate(1, Asset::Sbtc, 1), e::POLICY_REGISTRY_NOT_IN_THE_MONEY);
    b.w.walk_to(80_000 * USD);
    b.w.move_price(80_000 * USD);
    let due = BTC * 10 / 80;
    b.refuses(peter, activate(1, Asset::Sbtc, due + 1), e::POLICY_REGISTRY_BELOW_LIMIT);
    b.does(peter, activate(1, Asset::Sbtc, due));
    b.refuses(peter, activate(1, Asset::Sbtc, due), e::POLICY_REGISTRY_NOT_ACTIVE);
    b.refuses(peter, sell_back(1, Asset::Sbtc, 1), e::POLICY_REGISTRY_NOT_ACTIVE);
    b.refuses(peter, claim(1, Asset::Sbtc, Recipient::Ours), e::POLICY_REGISTRY_NOT_ACTIVE);
}

pub(crate) fn sales_back(b: &mut Bench) {
    let order = bought(b);
    let (peter, keeper) = (b.w.peter, b.w.keeper);
    let value = b.w.read("policy-registry", "get-policy-value", &[u(1)]);
    let refund = num(value.as_response().unwrap().unwrap(), "refund");
    b.refuses(peter, sell_back(1, Asset::Sbtc, refund + 1), e::POLICY_REGISTRY_BELOW_LIMIT);
    b.w.vm.snapshot_as("sold").unwrap();
    b.does(peter, sell_back(1, Asset::Sbtc, refund));
    b.w.vm.restore_from("sold").unwrap();
    b.by(keeper, "parameters", "trip-breaker", &[text("all"), text("test")]);
    b.refuses(peter, sell_back(1, Asset::Sbtc, 1), e::PARAMETERS_BREAKER_TRIPPED);
    b.rules("parameters", "set-flag", &[text("sell-back"), truth(false)]);
    b.refuses(peter, sell_back(1, Asset::Sbtc, 1), e::PARAMETERS_FLAG_OFF);
    b.w.vm.advance_to(order.expiry.get() - 3_600).unwrap();
    b.w.report();
    b.refuses(peter, sell_back(1, Asset::Sbtc, 1), e::POLICY_REGISTRY_TOO_LATE);
    b.w.vm.advance_to(order.expiry.get()).unwrap();
    b.w.report();
    b.refuses(peter, activate(1, Asset::Sbtc, 1), e::POLICY_REGISTRY_EXPIRED);
}

pub(crate) fn claims(b: &mut Bench) {
    let expiry = b.w.expiry(2);
    let (peter, stranger) = (b.w.peter, b.w.stranger);
    b.does(peter, buy(order(Asset::Sbtc, 2, 90_000 * USD, expiry, BTC)));
    b.does(peter, buy(order(Asset::Sbtc, 2, 80_000 * USD, expiry, BTC)));
    b.does(stranger, buy(order(Asset::Stx, 2, 90_000 * USD, expiry, BTC)));
    b.w.walk_to(85_000 * USD);
    b.w.run_to(expiry);
    b.refuses(peter, claim(1, Asset::Sbtc, Recipient::Ours), e::LIQUIDITY_POOL_NOT_SETTLED);
    for token in [b.w.sbtc.clone(), b.w.stx.clone()] {
        let keeper = b.w.keeper;
        b.by(keeper, "policy-registry", "settle-expiry", &[u(BALANCED), token, u(expiry.into())]);
    }
    // Paid to somebody else: a plan only on purpose.
    let by_mistake = b.plan(stranger, &claim(1, Asset::Sbtc, Recipient::Ours).into()).unwrap_err();
    let expected = bithedge_engine::intents::Refusal::OtherRecipient {
        actual: Principal::Standard(peter),
        expected: stranger,
    };
    assert_eq!(by_mistake, expected);
    let plan = b.plan(stranger, &claim(1, Asset::Sbtc, Recipient::Somebody(peter)).into()).unwrap();
    assert!(plan.arrives.is_empty() && plan.conditions.len() == 1);
    b.does(stranger, claim(1, Asset::Sbtc, Recipient::Somebody(peter)));
    let worthless = b.plan(peter, &claim(2, Asset::Sbtc, Recipient::Ours).into()).unwrap();
    assert!(worthless.conditions.is_empty() && worthless.arrives.is_empty());
    b.does(peter, claim(2, Asset::Sbtc, Recipient::Ours));
    let before = b.w.vm.balances(&stranger.into()).unwrap().stx.micro();
    let plan = b.plan(stranger, &claim(3, Asset::Stx, Recipient::Ours).into()).unwrap();
    b.does(stranger, claim(3, Asset::Stx, Recipient::Ours));
    let paid = b.w.vm.balances(&stranger.into()).unwrap().stx.micro() - before;
    assert_eq!(plan.arrives, [(Asset::Stx, TokenAmount::new(paid.into()))]);
}

/// The STX that a contract sent.
fn sent(outcome: &bithedge_vm::Outcome, from: &Principal) -> u64 {
    let of = |event: &bithedge_vm::Event| match event {
        bithedge_vm::Event::StxTransfer { sender, amount, .. } if sender == from => amount.micro(),
        _ => 0,
    };
    outcome.events.iter().map(of).sum()
}

fn sentences(b: &mut Bench, intent: Protection) -> Vec<Sentence> {
    let (peter, intent) = (b.w.peter, intent.into());
    let predicted = b.predict(peter, &intent);
    assert_eq!(predicted, None, "{intent:?}");
    b.plan(peter, &intent).unwrap().sentences
}

/// Below its floor a policy in sBTC pays so many sBTC, at whatever price.
pub(crate) fn the_worst_case(b: &mut Bench) {
    let usual = usual(b);
    let (peter, stx) = (b.w.peter, Order { asset: Asset::Stx, ..usual });
    let says = sentences(b, buy(stx));
    let grows = |one: &Sentence| matches!(one, Sentence::StxPayoutStopsAt { may_differ: false, .. });
    assert!(says.iter().any(grows), "{says:?}");
    let says = sentences(b, buy(usual));
    let told = says.iter().find_map(|one| match one {
        Sentence::SbtcPayoutStopsAt { floor, most, may_differ: false } => Some((*floor, *most)),
        _ => None,
    });
    let (floor, most) = told.unwrap();
    assert!(!says.iter().any(|one| matches!(one, Sentence::MayOverflow { .. })), "{says:?}");
    b.does(peter, buy(usual));
    b.w.walk_to(floor.base_units() * 3 / 4);
    b.w.move_price(floor.base_units() * 3 / 4);
    let before = b.w.sats(peter);
    b.does(peter, activate(1, Asset::Sbtc, most.base_units()));
    assert_eq!(b.w.sats(peter) - before, most.base_units());
}

/// A fall of the last minutes: the average counts, and it is said.
pub(crate) fn a_fast_fall(b: &mut Bench) {
    bought(b);
    b.w.walk_to(88_000 * USD);
    b.w.move_price(88_000 * USD);
    let average = |says: &[Sentence]| {
        says.iter()
            .any(|one| matches!(one, Sentence::AverageIsHigher { newest, average } if newest < average))
    };
    for intent in [activate(1, Asset::Sbtc, 1), sell_back(1, Asset::Sbtc, 1)] {
        let says = sentences(b, intent);
        assert!(says.contains(&Sentence::PriceOfTheBlock) && !average(&says), "{says:?}");
    }
    b.w.btc_price = 82_000 * USD;
    b.wait(120);
    b.w.report();
    b.wait(120);
    for intent in [activate(1, Asset::Sbtc, 1), sell_back(1, Asset::Sbtc, 1)] {
        let says = sentences(b, intent);
        assert!(average(&says), "{says:?}");
    }
}

/// Tiers that pass on what they cannot take: which one sells it, and the highest floor of those that could.
pub(crate) fn an_overflowing_tier(b: &mut Bench) {
    const NEXT: u128 = BALANCED + 1;
    let (irene, sbtc) = (b.w.irene, b.w.sbtc.clone());
    b.w.commit(irene, NEXT, &sbtc, 30 * BTC);
    // A bucket that was never closed takes its first deposits at its second close.
    for _ in 0..2 {
        b.w.next_boundary();
        for tier in [BALANCED, NEXT] {
            b.w.close(tier, &sbtc).ok().unwrap();
        }
    }
    let set = |b: &mut Bench, tier: u128, overflow: &str, floor: u128| {
        let terms = b.w.read("liquidity-pool", "get-tier", &[u(tier)]);
        let changes = [("overflow", text(overflow)), ("isolated", truth(false)), ("floor-ratio", u(floor))];
        let terms = with(terms.as_optional().unwrap().unwrap(), changes);
        b.rules("liquidity-pool", "set-tier", &[u(tier), terms]);
    };
    set(b, BALANCED, "proportional", 500_000);
    set(b, NEXT, "reject", 800_000);
    let usual = usual(b);
    let may = |splits| Sentence::MayOverflow { tier: 2, next: 3, splits };
    let stops = |most: u128| Sentence::SbtcPayoutStopsAt {
        floor: UsdE8::new(72_000 * USD),
        most: TokenAmount::new(most),
        may_differ: true,
    };
    let is_part = |one: &&Sentence| matches!(one, Sentence::SoldOutOf { .. });
    // It fits; another buyer may come first.
    let says = sentences(b, buy(usual));
    assert!(says.contains(&may(true)) && says.contains(&stops(BTC / 4)), "{says:?}");
    assert_eq!(says.iter().filter(is_part).count(), 0, "{says:?}");
    // It does not fit whole.
    let large = Order { size: Sats::new(12 * BTC), ..usual };
    let says = sentences(b, buy(large));
    assert!(says.contains(&may(true)), "{says:?}");
    let parts: Vec<_> = says.iter().filter(is_part).collect();
    let [Sentence::SoldOutOf { size: some, tier: 2 }, Sentence::SoldOutOf { size: rest, tier: 3 }] =
        parts.as_slice()
    else {
        panic!("{says:?}")
    };
    assert_eq!(some.base_units() + rest.base_units(), 12 * BTC);
    set(b, BALANCED, "next-tier", 500_000);
    let says = sentences(b, buy(large));
    let whole = Sentence::SoldOutOf { size: large.size, tier: 3 };
    assert!(says.contains(&may(false)) && says.contains(&whole), "{says:?}");
    assert!(says.contains(&stops(3 * BTC)), "{says:?}");
    let peter = b.w.peter;
    b.does(peter, buy(large));
    // A tier that keeps to itself says nothing of it.
    set(b, BALANCED, "reject", 500_000);
    let says = sentences(b, buy(usual));
    assert!(!says.iter().any(|one| matches!(one, Sentence::MayOverflow { .. })), "{says:?}");
}

/// STX falls so far that a policy of several cannot be paid before its expiry, and only in part after it.
pub(crate) fn a_short_bucket(b: &mut Bench) {
    let expiry = b.w.expiry(9);
    let (peter, stranger) = (b.w.peter, b.w.stranger);
    for _ in 0..4 {
        b.does(peter, buy(order(Asset::Stx, 2, 90_000 * USD, expiry, 3 * BTC)));
    }
    b.does(stranger, buy(order(Asset::Stx, 2, 85_000 * USD, expiry, 3 * BTC)));
    b.wait(3_600);
    while b.w.stx_price > USD / 5 {
        b.w.stx_price = (b.w.stx_price * 92 / 100).max(USD / 5);
        b.w.btc_price = (b.w.btc_price * 96 / 100).max(50_000 * USD);
        b.w.vm.advance_burn(1).unwrap();
        b.w.report();
    }
    b.w.move_price(50_000 * USD);
    b.refuses(peter, activate(1, Asset::Stx, 1), e::LIQUIDITY_POOL_SERIES_SHORT);
    b.w.run_to(expiry);
    let bucket = bithedge_engine::intents::BucketId { tier: 2, asset: Asset::Stx };
    let settle = bithedge_engine::intents::Upkeep::SettleExpiry { bucket, expiry: UnixSeconds::new(expiry) };
    // The fund gives what it can; whoever adds to it after a settlement was planned does not undo the settlement.
    let (stx, keeper) = (b.w.stx.clone(), b.w.keeper);
    let gives = |b: &mut Bench, amount| {
        b.by(stranger, "insurance-fund", "contribute-to-fund", &[u(amount), stx.clone()]);
    };
    let fund = Principal::Contract(b.w.vm.contract("insurance-fund").unwrap());
    for (before, between) in [(0, 1_000 * STX), (50_000 * STX, 4)] {
        if before > 0 {
            gives(b, before);
        }
        let plan = b.plan(keeper, &settle.clone().into()).unwrap();
        assert_eq!(plan.conditions.len(), 1, "{plan:?}");
        b.w.vm.snapshot_as("planned").unwrap();
        let planned = b.holds_later(keeper, &plan);
        b.w.vm.restore_from("planned").unwrap();
        gives(b, between);
        let later = b.holds_later(keeper, &plan);
        assert!(sent(&later, &fund) > sent(&planned, &fund), "{planned:?}");
        b.w.vm.restore_from("planned").unwrap();
    }
    b.does(keeper, settle);
    let before = b.w.vm.balances(&stranger.into()).unwrap().stx.micro();
    let plan = b.plan(stranger, &claim(5, Asset::Stx, Recipient::Ours).into()).unwrap();
    let part = |one: &bithedge_engine::intents::Sentence| {
        matches!(one, bithedge_engine::intents::Sentence::PaidInPart { .. })
    };
    assert!(plan.sentences.iter().any(part), "{:?}", plan.sentences);
    b.does(stranger, claim(5, Asset::Stx, Recipient::Ours));
    let paid = b.w.vm.balances(&stranger.into()).unwrap().stx.micro() - before;
    assert_eq!(plan.arrives, [(Asset::Stx, TokenAmount::new(paid.into()))]);
}
