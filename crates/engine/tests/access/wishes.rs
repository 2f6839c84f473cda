//! What the window asks for becomes exactly that, or nothing.

use bithedge_engine::intents::{
    Ballot, BucketId, Capital, Governing, Intent, Prices, Protection, Recipient, Refusal, Reserves, Upkeep,
};
use bithedge_engine::present::{WishError, intent};
use bithedge_ipc::Wish;
use bithedge_protocol::pool::{Order, Shares};
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::address::{Address, Principal};
use bithedge_suite::Deployment;
use bithedge_suite::bounded::Ascii;
use serde_json::{Value as Json, json};

const PETER: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";
const IRENE: &str = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG";
const MAX: &str = "340282366920938463463374607431768211455";
/// Fields with a text in them, which is looked at later.
const TEXTS: [&str; 9] =
    ["owner", "provider", "keeper", "recipient", "role", "breaker", "reason", "reporter", "reason_hash"];
const OVER: &str = "340282366920938463463374607431768211456";

fn peter() -> Address {
    PETER.parse().unwrap()
}

fn read(json: &Json) -> Option<Wish> {
    serde_json::from_str(&json.to_string()).ok()
}

fn exact(json: &Json) -> Intent {
    let wish = read(json).unwrap_or_else(|| panic!("{json}"));
    let again: Wish = serde_json::from_str(&serde_json::to_string(&wish).unwrap()).unwrap();
    assert_eq!(again, wish, "written and read again");
    intent(&wish, peter()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// What the window sends, and what it has to become.
fn all() -> Vec<(Json, Intent)> {
    let bucket = BucketId { tier: 2, asset: Asset::Stx };
    let irene: Address = IRENE.parse().unwrap();
    let order = Order {
        asset: Asset::Sbtc,
        tier: 2,
        strike: UsdE8::new(9_000_000_000_001),
        expiry: UnixSeconds::new(1_700_000_000),
        size: Sats::new(12_345_678),
    };
    vec![
        (
            json!({"wish": "buy", "asset": "sbtc", "tier": 2, "strike": "9000000000001", "expiry": "1700000000",
                   "size": "12345678", "max_cost": MAX, "valid_until": "1699999999"}),
            Protection::Buy {
                order,
                max_cost: TokenAmount::new(u128::MAX),
                valid_until: UnixSeconds::new(1_699_999_999),
            }
            .into(),
        ),
        (
            json!({"wish": "activate", "policy": 7, "asset": "stx", "min_payout": "1"}),
            Protection::Activate { policy: 7, asset: Asset::Stx, min_payout: TokenAmount::new(1) }.into(),
        ),
        (
            json!({"wish": "sell_back", "policy": u64::MAX, "asset": "sbtc", "min_refund": "2"}),
            Protection::SellBack {
                policy: u64::MAX.into(),
                asset: Asset::Sbtc,
                min_refund: TokenAmount::new(2),
            }
            .into(),
        ),
        (
            json!({"wish": "claim", "policy": 7, "asset": "stx", "owner": null}),
            Protection::Claim { policy: 7, asset: Asset::Stx, to: Recipient::Ours }.into(),
        ),
        (
            json!({"wish": "claim", "policy": 7, "asset": "stx", "owner": IRENE}),
            Protection::Claim { policy: 7, asset: Asset::Stx, to: Recipient::Somebody(irene) }.into(),
        ),
        (
            json!({"wish": "commit", "tier": 2, "asset": "stx", "amount": "5000000"}),
            Capital::Commit { bucket, amount: TokenAmount::new(5_000_000) }.into(),
        ),
        (json!({"wish": "cancel_deposit", "tier": 2, "asset": "stx"}), Capital::CancelDeposit(bucket).into()),
        (
            json!({"wish": "request_withdrawal", "tier": 2, "asset": "stx", "shares": "77"}),
            Capital::RequestWithdrawal { bucket, shares: Shares::new(77) }.into(),
        ),
        (
            json!({"wish": "cancel_withdrawal", "tier": 2, "asset": "stx"}),
            Capital::CancelWithdrawal(bucket).into(),
        ),
        (
            json!({"wish": "claim_withdrawal", "tier": 2, "asset": "stx", "provider": IRENE}),
            Capital::ClaimWithdrawal { bucket, to: Recipient::Somebody(irene) }.into(),
        ),
        (json!({"wish": "claim_yield", "tier": 2, "asset": "stx"}), Capital::ClaimYield(bucket).into()),
        (
            json!({"wish": "leave_dead_bucket", "tier": 2, "asset": "stx", "shares": "78"}),
            Capital::LeaveDeadBucket { bucket, shares: Shares::new(78) }.into(),
        ),
        (json!({"wish": "close_epoch", "tier": 2, "asset": "stx"}), Upkeep::CloseEpoch(bucket).into()),
        (
            json!({"wish": "settle_expiry", "tier": 2, "asset": "stx", "expiry": "1700000000"}),
            Upkeep::SettleExpiry { bucket, expiry: UnixSeconds::new(1_700_000_000) }.into(),
        ),
        (json!({"wish": "end_policies", "policies": [3, 1, 2]}), Upkeep::EndPolicies(vec![3, 1, 2]).into()),
        (
            json!({"wish": "claim_bounties", "asset": "sbtc", "keeper": null}),
            Upkeep::ClaimBounties { asset: Asset::Sbtc, to: Recipient::Ours }.into(),
        ),
        (
            json!({"wish": "record_boundary", "at": "1700000000"}),
            Upkeep::RecordBoundary(UnixSeconds::new(1_700_000_000)).into(),
        ),
        (json!({"wish": "check_oracle"}), Upkeep::CheckOracle.into()),
        (json!({"wish": "record_health"}), Upkeep::RecordHealth.into()),
        (
            json!({"wish": "contribute", "asset": "sbtc", "amount": "9"}),
            Reserves::Contribute { asset: Asset::Sbtc, amount: TokenAmount::new(9) }.into(),
        ),
        (json!({"wish": "distribute", "asset": "sbtc"}), Reserves::Distribute(Asset::Sbtc).into()),
        (
            json!({"wish": "claim_allocation", "asset": "stx", "recipient": null}),
            Reserves::ClaimAllocation { asset: Asset::Stx, to: Principal::from(peter()) }.into(),
        ),
        (
            json!({"wish": "claim_allocation", "asset": "stx", "recipient": format!("{IRENE}.fund")}),
            Reserves::ClaimAllocation { asset: Asset::Stx, to: format!("{IRENE}.fund").parse().unwrap() }
                .into(),
        ),
        (
            json!({"wish": "vote", "proposal": 4, "ballot": "abstain"}),
            Governing::Vote { proposal: 4, ballot: Ballot::Abstain }.into(),
        ),
        (
            json!({"wish": "vote", "proposal": 4, "ballot": "against"}),
            Governing::Vote { proposal: 4, ballot: Ballot::Against }.into(),
        ),
        (
            json!({"wish": "vote", "proposal": 4, "ballot": "for"}),
            Governing::Vote { proposal: 4, ballot: Ballot::For }.into(),
        ),
        (json!({"wish": "queue_proposal", "proposal": 4}), Governing::Queue(4).into()),
        (json!({"wish": "cancel_proposal", "proposal": 4}), Governing::Cancel(4).into()),
        (
            json!({"wish": "renounce_role", "role": "guardian"}),
            Governing::RenounceRole(Ascii::new("guardian").unwrap()).into(),
        ),
        (
            json!({"wish": "trip_breaker", "breaker": "oracle", "reason": "The feed is wrong."}),
            Governing::TripBreaker {
                breaker: Ascii::new("oracle").unwrap(),
                reason: Ascii::new("The feed is wrong.").unwrap(),
            }
            .into(),
        ),
        (
            json!({"wish": "release_breaker", "breaker": "oracle"}),
            Governing::ReleaseBreaker(Ascii::new("oracle").unwrap()).into(),
        ),
        (json!({"wish": "freeze_fund_withdrawals"}), Governing::FreezeFundWithdrawals.into()),
        (
            json!({"wish": "dispute_report", "reporter": IRENE, "reason_hash": format!("0f{}", "Ab".repeat(31))}),
            Prices::Dispute { reporter: irene.into(), reason: hash() }.into(),
        ),
        (
            json!({"wish": "suspend_reporter", "reporter": format!("{IRENE}.feed")}),
            Prices::Suspend(format!("{IRENE}.feed").parse().unwrap()).into(),
        ),
    ]
}

fn hash() -> [u8; 32] {
    let mut hash = [0xab; 32];
    hash[0] = 0x0f;
    hash
}

#[test]
fn every_wish_becomes_exactly_its_intent() {
    let mut kinds = std::collections::BTreeSet::new();
    for (json, expected) in all() {
        assert_eq!(exact(&json), expected, "{json}");
        kinds.insert(json["wish"].as_str().unwrap().to_owned());
    }
    let source = include_str!("../../../ipc/src/wish.rs");
    let body = source.split_once("pub enum Wish {\n").unwrap().1.split_once("\n}").unwrap().0;
    let variants = body
        .lines()
        .filter(|line| line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase())
        .count();
    assert_eq!(kinds.len(), variants, "not every wish was tried");
}

#[test]
fn unknown_missing_and_twisted_fields_are_refused() {
    for (json, _) in all() {
        let fields: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
        let mut more = json.clone();
        more["max_fee"] = "1".into();
        assert!(read(&more).is_none(), "{more}");
        for field in &fields {
            // A field that names nobody may be left out: that means the same.
            let may_lack = json[field].is_null()
                || ["owner", "provider", "keeper", "recipient"].contains(&field.as_str());
            let mut less = json.clone();
            less.as_object_mut().unwrap().remove(field);
            assert!(may_lack || read(&less).is_none(), "{less}");
            for odd in [
                json!([]),
                json!({}),
                json!(true),
                json!(-1),
                json!(1.5),
                json!("-1"),
                json!("0x10"),
                json!(" 7"),
            ] {
                let is_text = TEXTS.contains(&field.as_str()) && odd.is_string();
                // An empty list is one; the intent refuses it.
                let is_list = field == "policies" && odd.is_array();
                if is_text || is_list {
                    continue;
                }
                let mut twisted = json.clone();
                twisted[field.as_str()] = odd;
                assert!(read(&twisted).is_none(), "{twisted}");
            }
        }
    }
    for odd in [json!({"wish": "everything"}), json!({}), json!(null), json!([]), json!("check_oracle")] {
        assert!(read(&odd).is_none(), "{odd}");
    }
}

#[test]
fn amounts_are_decimal_digits_below_2_to_the_128() {
    let commit = |amount: Json| json!({"wish": "commit", "tier": 2, "asset": "stx", "amount": amount});
    assert!(read(&commit(MAX.into())).is_some());
    for odd in [
        json!(OVER),
        json!("-1"),
        json!("+1"),
        json!("01"),
        json!("1e3"),
        json!("1.0"),
        json!(""),
        json!("١"),
        json!(1),
        json!(null),
        json!(format!("{MAX}0")),
    ] {
        assert!(read(&commit(odd.clone())).is_none(), "{odd}");
    }
    for odd in [json!(256), json!(-1), json!("2"), json!(2.0)] {
        let wish = json!({"wish": "cancel_deposit", "tier": odd, "asset": "stx"});
        assert!(read(&wish).is_none(), "{wish}");
    }
    for odd in [json!("btc"), json!("STX"), json!(""), json!(1)] {
        assert!(read(&json!({"wish": "distribute", "asset": odd})).is_none(), "{odd}");
    }
    // A number that JavaScript could not hold arrives with every digit, or not at all.
    let many = json!({"wish": "vote", "proposal": u64::MAX, "ballot": "for"});
    assert_eq!(exact(&many), Governing::Vote { proposal: u64::MAX.into(), ballot: Ballot::For }.into());
    let text = many.to_string().replace(&u64::MAX.to_string(), "18446744073709551616");
    assert!(serde_json::from_str::<Wish>(&text).is_err());
}

#[test]
fn nothing_is_asked_for_nothing() {
    let (deployment, now) = (Deployment::devnet(), UnixSeconds::new(1));
    for (json, _) in all() {
        for field in ["size", "strike", "max_cost", "min_payout", "min_refund", "amount", "shares"] {
            if json.get(field).is_some() {
                let mut none = json.clone();
                none[field] = "0".into();
                let refused = exact(&none).refuse(&deployment, peter(), now);
                assert!(matches!(refused, Err(Refusal::Zero(_))), "{none}: {refused:?}");
            }
        }
        for field in ["policy", "proposal"] {
            if json.get(field).is_some() {
                let mut none = json.clone();
                none[field] = 0.into();
                let wish = read(&none).unwrap();
                assert!(matches!(intent(&wish, peter()), Err(WishError::Nothing(_))), "{none}");
            }
        }
    }
    let no_policies = exact(&json!({"wish": "end_policies", "policies": []}));
    assert!(matches!(no_policies.refuse(&deployment, peter(), now), Err(Refusal::Count { .. })));
    assert!(read(&json!({"wish": "end_policies", "policies": [1, -1]})).is_none());
    let too_much = exact(&json!({"wish": "commit", "tier": 2, "asset": "stx", "amount": MAX}));
    assert!(matches!(too_much.refuse(&deployment, peter(), now), Err(Refusal::TooLarge { .. })));
}

#[test]
fn nobody_is_named_by_another_spelling() {
    let wrong = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AH";
    for named in
        ["", " ", wrong, &IRENE.to_lowercase(), &format!(" {IRENE}"), &format!("{IRENE}.fund"), "peter"]
    {
        let wish = Wish::Claim { policy: 1, asset: Asset::Stx, owner: Some((*named).to_owned()) };
        assert_eq!(intent(&wish, peter()), Err(WishError::Address("owner")), "{named:?}");
    }
    for named in ["", wrong, &IRENE.to_lowercase(), &format!("{IRENE}."), &format!("{IRENE}.a b")] {
        let wish = Wish::SuspendReporter { reporter: (*named).to_owned() };
        assert_eq!(intent(&wish, peter()), Err(WishError::Principal("reporter")), "{named:?}");
    }
    for text in ["", &"x".repeat(17), "gu\u{e4}rdian", "a\nb"] {
        let wish = Wish::RenounceRole { role: (*text).to_owned() };
        assert_eq!(intent(&wish, peter()), Err(WishError::Text { what: "role", most: 16 }), "{text:?}");
    }
    for text in
        ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)]
    {
        let wish = Wish::DisputeReport { reporter: IRENE.to_owned(), reason_hash: (*text).to_owned() };
        assert_eq!(intent(&wish, peter()), Err(WishError::Hash), "{text:?}");
    }
    // An address of the other kind of network is one, and refused by the intent.
    let elsewhere = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";
    let wish = Wish::Claim { policy: 1, asset: Asset::Stx, owner: Some(elsewhere.to_owned()) };
    let refused = intent(&wish, peter()).unwrap().refuse(&Deployment::devnet(), peter(), UnixSeconds::new(1));
    assert!(matches!(refused, Err(Refusal::OtherNetwork { .. })), "{refused:?}");
}
