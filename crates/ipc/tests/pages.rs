//! The wire form of pages: every digit survives the crossing, quantities are strings, and what is not known says why.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_ipc::{
    ActivityLine, ActivityPage, ActivityPlace, AsOf, AsOfBlock, Attention, AttentionKind, Backing,
    BucketHealth, BucketRef, CapitalPage, CapitalTotal, Destination, ExitOutlook, Figure, GatesView,
    GovernancePage, HomePage, IfNothingPaidOut, Money, Notification, NotificationKind, PoliciesPage,
    PolicyState, PolicyView, PolicyWorth, PositionView, ProposalAction, ProposalState, ProposalView,
    ProtectionSummary, ProtectionTotal, RewardView, RewardsPage, SharePrice, Step, TierView, TiersPage,
    Trust, Waiting,
};
use bithedge_protocol::pool::Shares;
use bithedge_protocol::risk::{ExitStep, Standing};
use bithedge_protocol::{
    Asset, BlockHeight, MicroStx, Ppm, PpmChange, Sats, Seconds, TokenAmount, TokenChange, UnixSeconds, UsdE8,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

const MOST: TokenAmount = TokenAmount::new(u128::MAX);
const AT: UnixSeconds = UnixSeconds::new(1_767_571_200);
const BUCKET: BucketRef = BucketRef { tier: 2, asset: Asset::Stx };

fn crosses<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(page: &T) -> serde_json::Value {
    let text = serde_json::to_string(page).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), page);
    serde_json::from_str(&text).unwrap()
}

fn known<T>(value: T) -> Figure<T> {
    Figure::Known { value }
}

fn unknown<T>() -> Figure<T> {
    Figure::Unknown { why: "nobody asked".into() }
}

fn as_of() -> AsOf {
    AsOf {
        books: Some(AsOfBlock { height: BlockHeight::new(7), time: AT }),
        chain: None,
        now: AT,
        doubt: Some("The node stands still.".to_owned()),
    }
}

fn summary() -> ProtectionSummary {
    ProtectionSummary {
        active: 1,
        protected: Some(Sats::MAX),
        protected_usd: unknown(),
        weighted_strike: Some(UsdE8::new(1)),
        next_expiry: None,
        totals: vec![ProtectionTotal {
            asset: Asset::Sbtc,
            policies: 2,
            active: 1,
            protected: Some(Sats::MAX),
            cost: None,
            fees: MOST,
            received: MOST,
            worth: known(MOST),
            claimable: unknown(),
            trust: Trust::Doubtful,
        }],
        trust: Trust::Sound,
    }
}

fn policy() -> PolicyView {
    PolicyView {
        id: 9,
        of_another: Some("ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".into()),
        asset: Asset::Sbtc,
        tier: 2,
        tier_name: Some("balanced".into()),
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
        worth: known(PolicyWorth { buy_back: MOST, usd: UsdE8::MAX, activation: MOST }),
        due: Some(MOST),
        paid: None,
        end_price: None,
        ended_at: None,
        activate: Step::Not { why: "no".into(), code: Some("1940902".into()) },
        sell_back: Step::Unknown { why: "who knows".into() },
        claim: Step::Now { pays: MOST, usd: None, promised: Some(MOST) },
        result: known(TokenChange::new(i128::MIN)),
        trust: Trust::Doubtful,
    }
}

fn health() -> BucketHealth {
    BucketHealth {
        bucket: BUCKET,
        tier_name: None,
        standing: Standing::MarginCall,
        ratio: Some(Ppm::MAX),
        assets: MOST,
        needed: MOST,
        warning_below: Ppm::new(1),
        margin_call_below: Ppm::new(2),
        stx: UsdE8::MAX,
        priced_at: AT,
        trust: Trust::Sound,
    }
}

#[test]
fn policies_cross() {
    let later =
        PolicyView { activate: Step::Later { from: AT, why: "soon".into() }, result: unknown(), ..policy() };
    let page = PoliciesPage {
        as_of: as_of(),
        summary: summary(),
        policies: vec![policy(), later],
        more: true,
        trust: Trust::Sound,
    };
    let value = crosses(&page);
    let first = &value["policies"][0];
    assert_eq!(first["worth"]["known"]["value"]["buy_back"], json!(u128::MAX.to_string()));
    assert_eq!(first["result"]["known"]["value"], json!(i128::MIN.to_string()));
    assert_eq!((&first["trust"], &first["cost"]), (&json!("doubtful"), &json!(null)));
    assert_eq!(first["activate"], json!({ "not": { "why": "no", "code": "1940902" } }));
    assert_eq!(value["policies"][1]["activate"]["later"]["from"], json!("1767571200"));
    assert_eq!(value["summary"]["protected_usd"], json!({ "unknown": { "why": "nobody asked" } }));
    assert_eq!(value["as_of"]["chain"], json!(null));
}

#[test]
fn capital_crosses() {
    let step = ExitStep { at: AT, paid: Ppm::new(1_000_000), amount: MOST };
    let position = PositionView {
        bucket: BUCKET,
        tier_name: None,
        shares: Shares::new(u128::MAX),
        share_price: SharePrice { nav: MOST, shares: Shares::new(1), at: None },
        value: MOST,
        value_usd: known(UsdE8::MAX),
        at_risk: MOST,
        locked: MOST,
        unlocked: MOST,
        queued: Shares::new(2),
        waiting: vec![Waiting { epoch: 3, deposit: MOST, exit: Shares::new(4), due: AT }],
        exit: Some(known(ExitOutlook { shares: Shares::new(5), steps: vec![step], paid_by: Some(AT) })),
        next_exit: None,
        claimable: MOST,
        returned: MOST,
        basis: Some(MOST),
        realised: TokenChange::new(-1),
        unrealised: TokenChange::new(1),
        drawdown: known(PpmChange::new(-1)),
        health: known(health()),
        trust: Trust::Sound,
    };
    let total = CapitalTotal {
        asset: Asset::Stx,
        at_risk: Some(MOST),
        at_risk_usd: unknown(),
        waiting: None,
        claimable: Some(MOST),
        realised: TokenChange::new(-5),
        unrealised: TokenChange::ZERO,
    };
    let page = CapitalPage {
        as_of: as_of(),
        positions: vec![position],
        totals: vec![total],
        rewards: vec![RewardView {
            asset: Asset::Sbtc,
            bounties: MOST,
            allocations: TokenAmount::ZERO,
            usd: unknown(),
            trust: Trust::Sound,
        }],
        trust: Trust::Doubtful,
    };
    let value = crosses(&page);
    assert_eq!(value["positions"][0]["realised"], json!("-1"));
    assert_eq!(value["positions"][0]["health"]["known"]["value"]["standing"], json!("margin-call"));
    let tier = TierView {
        bucket: BUCKET,
        name: "balanced".into(),
        min_strike: Ppm::new(1),
        max_strike: Ppm::new(2),
        longest_term: Seconds::new(3),
        capital: MOST,
        capacity: MOST,
        room: MOST,
        locked: MOST,
        utilisation: known(Ppm::MAX),
        free: known(MOST),
        exit_fee: unknown(),
        min_deposit: None,
        epoch: 1,
        due: AT,
        providers: 2,
        policies: 3,
        premiums: MOST,
        payouts: MOST,
        returned: known(PpmChange::new(i128::MIN)),
        since: Some(AT),
        ended: vec![AT],
        worst_drawdown: known(PpmChange::ZERO),
        if_nothing_paid_out: Some(IfNothingPaidOut {
            from: AT,
            to: AT,
            premiums: MOST,
            capital: MOST,
            of_capital: Ppm::MAX,
        }),
        health: unknown(),
        trust: Trust::Sound,
    };
    crosses(&TiersPage { as_of: as_of(), tiers: vec![tier], trust: Trust::Sound });
}

#[test]
fn home_and_notifications_cross() {
    let attention = Attention {
        kind: AttentionKind::EndsInTheMoney,
        happened: "a".into(),
        means: "b".into(),
        remedy: "c".into(),
        destination: Destination::Policy { policy: 3 },
        count: 2,
        until: Some(AT),
        amount: Some(Money { asset: Asset::Stx, amount: MOST }),
        doubtful: true,
    };
    let page = HomePage {
        as_of: as_of(),
        protection: summary(),
        capital: Vec::new(),
        attention: vec![attention],
        trust: Trust::Doubtful,
    };
    let value = crosses(&page);
    assert_eq!(value["attention"][0]["destination"], json!({ "policy": { "policy": 3 } }));
    let notification = Notification {
        id: 1_767_571_200_000,
        account: None,
        kind: NotificationKind::ExitFilled,
        at: AT,
        happened: "a".into(),
        means: "b".into(),
        remedy: "c".into(),
        destination: Destination::Bucket { bucket: BUCKET },
        doubtful: true,
    };
    let value = crosses(&notification);
    assert_eq!(value["kind"], json!("exit_filled"));
    assert_eq!(value["destination"]["bucket"]["bucket"], json!({ "tier": 2, "asset": "stx" }));
}

#[test]
fn activity_and_governance_cross() {
    let place = ActivityPlace { height: BlockHeight::new(u64::MAX), transaction: 1, event: 2 };
    let line = ActivityLine {
        place,
        time: AT,
        txid: "0x00".into(),
        what: "policy-registry/policy-created".into(),
        words: "bought".into(),
        policy: Some(1),
        bucket: Some(BUCKET),
        tier_name: Some("balanced".into()),
        paid: Some(Money { asset: Asset::Stx, amount: MOST }),
        received: None,
        fee: Some(MicroStx::MAX),
        refused: None,
    };
    let page = ActivityPage { as_of: as_of(), lines: vec![line], next: Some(place), trust: Trust::Sound };
    let value = crosses(&page);
    assert_eq!(value["next"]["height"], json!(u64::MAX.to_string()));
    let proposal = ProposalView {
        id: 1,
        title: "t".into(),
        uri: String::new(),
        description_hash: "00".into(),
        proposer: "ST".into(),
        emergency: true,
        actions: vec![ProposalAction { target: "a".into(), function: "b".into(), arguments: "c".into() }],
        carried_out: 0,
        state: ProposalState::Queued,
        starts: AT,
        ends: AT,
        timelock: Seconds::new(1),
        eta: Some(AT),
        votes_for: u128::MAX.to_string(),
        against: "0".into(),
        abstained: "0".into(),
        total: "1".into(),
        quorum: None,
        threshold: Ppm::new(1),
        mine: Some(2),
    };
    crosses(&GovernancePage { as_of: as_of(), proposals: vec![proposal], count: 1 });
    let reward = RewardView {
        asset: Asset::Stx,
        bounties: MOST,
        allocations: MOST,
        usd: unknown(),
        trust: Trust::Doubtful,
    };
    crosses(&RewardsPage { as_of: as_of(), rewards: vec![reward] });
    crosses(&GatesView { flags: Vec::new(), breakers: Vec::new() });
}
