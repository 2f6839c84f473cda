//! What the core really says, whole and spoiled in every field: read, or refused, just as `serde_json` does.

use std::fmt::Debug;

use bithedge_ipc::{
    ActivityLine, ActivityPage, ActivityPlace, AsOf, AsOfBlock, Backing, BooksView, BucketRef, ChainSnapshot,
    ChainStatus, Connection, Destination, Event, Fault, Figure, Money, Network, NetworkKind, NetworkUse,
    NetworkView, Notice, Notification, NotificationKind, PageAnswer, PolicyPage, PolicyState, PolicyView,
    PolicyWorth, Step, Tip, Trust, Wish,
};
use bithedge_protocol::pool::Shares;
use bithedge_protocol::{
    Asset, BlockHeight, BurnHeight, MicroStx, Ppm, Sats, Seconds, TokenAmount, TokenChange, UnixSeconds,
    UsdE8,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::from_text;

const AT: UnixSeconds = UnixSeconds::new(1_767_571_200);
const MOST: TokenAmount = TokenAmount::new(u128::MAX);

fn agrees<T: DeserializeOwned + PartialEq + Debug>(text: &str) {
    let (ours, theirs) = (from_text::<T>(text), serde_json::from_str::<T>(text));
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{text}: {ours:?}, {theirs:?}");
    assert!(ours.ok() == theirs.ok(), "{text}");
}

/// The paths of all values in a value.
fn paths(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| paths(value, &format!("{at}/{key}"), all))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| paths(value, &format!("{at}/{place}"), all));
        }
        _ => {}
    }
}

/// Reads it whole, and then with each value dropped, said twice, of another type, or with an unknown one beside it. How many of the
/// spoiled ones were refused.
fn spoiled<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> usize {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&from_text::<T>(&text).unwrap(), value);
    let whole: Value = serde_json::from_str(&text).unwrap();
    let mut all = Vec::new();
    paths(&whole, "", &mut all);
    let mut refused = 0;
    let mut check = |text: &str| {
        agrees::<T>(text);
        refused += usize::from(from_text::<T>(text).is_err());
    };
    for path in &all {
        let there = whole.pointer(path).unwrap();
        let others = [
            json!(null),
            json!(true),
            json!(7),
            json!(-7),
            json!(1.5),
            json!("7"),
            json!([7]),
            json!({}),
            json!({"x": 7}),
        ];
        for other in others.into_iter().filter(|other| other != there) {
            // The one difference: a struct is never a list, since nothing writes one so.
            if there.is_object() && other.is_array() {
                continue;
            }
            let mut changed = whole.clone();
            *changed.pointer_mut(path).unwrap() = other;
            check(&changed.to_string());
        }
        let Some((parent, key)) = path.rsplit_once('/') else { continue };
        let mut changed = whole.clone();
        let Some(fields) = changed.pointer_mut(parent).and_then(Value::as_object_mut) else { continue };
        let one = fields.remove(key).unwrap();
        check(&changed.to_string());
        // Twice, and with one beside it that nobody knows.
        for (key, more) in [(key, one.clone()), ("nobody_knows_this", json!(1))] {
            const MARK: &str = "\u{1}this is where it goes\u{1}";
            let mut marked = whole.clone();
            *marked.pointer_mut(path).unwrap() = json!(MARK);
            let twice = format!("{one},{}:{more}", json!(key));
            check(&marked.to_string().replace(&json!(MARK).to_string(), &twice));
        }
    }
    refused
}

fn as_of() -> AsOf {
    let block = AsOfBlock { height: BlockHeight::new(9), time: AT };
    AsOf { books: Some(block), chain: None, now: AT, doubt: Some("The node stands still.".to_owned()) }
}

fn policy() -> PolicyView {
    PolicyView {
        id: 9,
        of_another: None,
        asset: Asset::Sbtc,
        tier: 2,
        tier_name: Some("balanced".to_owned()),
        size: Sats::new(1),
        strike: UsdE8::MAX,
        floor: UsdE8::new(2),
        expiry: AT,
        remaining: Seconds::new(3),
        sold_at: AT,
        spot_at_sale: UsdE8::new(4),
        volatility: Ppm::new(5),
        lock: MOST,
        backing: Backing::Pool,
        state: PolicyState::InTheMoney,
        premium: MOST,
        fee: MOST,
        bounty: MOST,
        cost: None,
        cost_usd: None,
        worth: Figure::Known { value: PolicyWorth { buy_back: MOST, usd: UsdE8::MAX, activation: MOST } },
        due: Some(MOST),
        paid: None,
        end_price: None,
        ended_at: None,
        activate: Step::Not { why: "no".to_owned(), code: Some("1940902".to_owned()) },
        sell_back: Step::Later { from: AT, why: "soon".to_owned() },
        claim: Step::Now { pays: MOST, usd: None, promised: Some(MOST) },
        result: Figure::Known { value: TokenChange::new(i128::MIN) },
        trust: Trust::Doubtful,
    }
}

fn notice() -> Notice {
    Notice {
        fault: Fault::CoreSilent,
        happened: "a \"quoted\" word".to_owned(),
        means: "b".to_owned(),
        remedy: "c".to_owned(),
        detail: String::new(),
    }
}

#[test]
fn a_policy_s_page_is_read_or_refused_as_serde_json_does() {
    let page = PolicyPage { as_of: as_of(), policy: Some(policy()), trust: Trust::Sound };
    let refused = spoiled(&PageAnswer::Policy(Box::new(page)));
    assert!(refused > 200, "only {refused} were refused");
}

#[test]
fn activity_is_read_or_refused_as_serde_json_does() {
    let place = ActivityPlace { height: BlockHeight::new(7), transaction: 1, event: 0 };
    let line = ActivityLine {
        place,
        time: AT,
        txid: "0xaa".to_owned(),
        what: "policy-registry/policy-created".to_owned(),
        words: "Bought.".to_owned(),
        policy: Some(3),
        bucket: Some(BucketRef { tier: 2, asset: Asset::Stx }),
        tier_name: Some("balanced".to_owned()),
        paid: Some(Money { asset: Asset::Stx, amount: MOST }),
        received: None,
        fee: Some(MicroStx::new(5)),
        refused: None,
    };
    let page = ActivityPage { as_of: as_of(), lines: vec![line], next: Some(place), trust: Trust::Doubtful };
    let refused = spoiled(&PageAnswer::Activity(Box::new(page)));
    assert!(refused > 80, "only {refused} were refused");
}

#[test]
fn events_are_read_or_refused_as_serde_json_does() {
    let tip =
        Tip { height: BlockHeight::new(7), hash: "ab".to_owned(), burn_height: BurnHeight::new(8), time: AT };
    let status = ChainStatus {
        endpoint: Some("http://localhost".to_owned()),
        network: Some(Network::Devnet),
        chain_id: None,
        tip: Some(tip),
        read_at: None,
        reorg: None,
        connection: Connection::Stale { since: AT, notice: notice() },
    };
    let refused = spoiled(&Event::Chain(ChainSnapshot { revision: 1 << 48, status, balances: Vec::new() }));
    assert!(refused > 40, "only {refused} were refused");
    let told = Notification {
        id: 1_767_571_200_000,
        account: Some("ST1".to_owned()),
        kind: NotificationKind::Claimable,
        at: AT,
        happened: "a".to_owned(),
        means: "b".to_owned(),
        remedy: "c".to_owned(),
        destination: Destination::Policy { policy: 3 },
        doubtful: false,
    };
    let refused = spoiled(&Event::Notification(told));
    assert!(refused > 40, "only {refused} were refused");
}

#[test]
fn wishes_and_networks_are_read_or_refused_as_serde_json_does() {
    let buy = Wish::Buy {
        asset: Asset::Sbtc,
        tier: 2,
        strike: UsdE8::new(1),
        expiry: AT,
        size: Sats::new(2),
        max_cost: MOST,
        valid_until: AT,
    };
    let leave = Wish::LeaveDeadBucket { tier: 1, asset: Asset::Stx, shares: Shares::new(u128::MAX) };
    for wish in [buy, leave, Wish::CheckOracle {}, Wish::EndPolicies { policies: vec![1, 2] }] {
        let refused = spoiled(&wish);
        assert!(refused > 5, "only {refused} were refused");
    }
    let network = NetworkView {
        id: "devnet".to_owned(),
        name: "Devnet".to_owned(),
        kind: NetworkKind::Devnet,
        endpoints: vec!["http://localhost".to_owned()],
        is_own: false,
        deployer: None,
        sbtc: None,
    };
    let books =
        BooksView { height: None, tip: Some(BlockHeight::new(3)), is_current: true, problem: Some(notice()) };
    let refused = spoiled(&NetworkUse::Ready { network, books });
    assert!(refused > 40, "only {refused} were refused");
}
