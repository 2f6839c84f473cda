//! Transactions, networks and wishes: their wire form is pinned as the rest is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_ipc::{
    Ballot, ChainId, ContractCheck, Fault, Moved, MovedAsset, NetworkInput, NetworkKind, ReceiptView,
    TransactionBlock, TransactionPurpose, TransactionStage, TransactionStatus, Wish, Words,
};
use bithedge_protocol::pool::Shares;
use bithedge_protocol::{Asset, BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Across and back; what it looks like on the way.
fn crossing<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Json {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_wish_has_decimal_strings_for_amounts() {
    let wish = Wish::RequestWithdrawal { tier: 2, asset: Asset::Sbtc, shares: Shares::new(u128::MAX) };
    assert_eq!(
        crossing(&wish),
        json!({"wish": "request_withdrawal", "tier": 2, "asset": "sbtc",
               "shares": "340282366920938463463374607431768211455"})
    );
    assert_eq!(crossing(&Wish::CheckOracle {}), json!({"wish": "check_oracle"}));
    let vote = Wish::Vote { proposal: 7, ballot: Ballot::Abstain };
    assert_eq!(crossing(&vote), json!({"wish": "vote", "proposal": 7, "ballot": "abstain"}));
}

#[test]
fn a_transaction_crosses_with_what_is_not_known_left_open() {
    let words = Words { happened: "a".into(), means: "b".into(), remedy: String::new() };
    let status = TransactionStatus {
        stage: TransactionStage::Pending,
        block: Some(TransactionBlock {
            height: BlockHeight::new(9),
            hash: "ab".repeat(32),
            time: UnixSeconds::new(1),
        }),
        replaced_by: None,
        contract_code: None,
        words: words.clone(),
    };
    let json = crossing(&status);
    assert_eq!((&json["stage"], &json["block"]["height"]), (&json!("pending"), &json!("9")));
    assert_eq!((&json["replaced_by"], &json["contract_code"]), (&Json::Null, &Json::Null));
    let receipt = ReceiptView {
        fee: MicroStx::new(1),
        left: vec![Moved { asset: MovedAsset::Sbtc, amount: TokenAmount::new(u128::MAX) }],
        arrived: vec![Moved {
            asset: MovedAsset::OtherFungible { token: "a.b::c".into() },
            amount: TokenAmount::ZERO,
        }],
        is_complete: false,
        alarms: vec![words],
    };
    let json = crossing(&receipt);
    assert_eq!(json["left"][0]["asset"], json!("sbtc"));
    assert_eq!(json["left"][0]["amount"], "340282366920938463463374607431768211455");
    assert_eq!(json["arrived"][0]["asset"]["other_fungible"]["token"], "a.b::c");
    let purpose = TransactionPurpose::Cancels { earlier: 4 };
    assert_eq!(crossing(&purpose), json!({"cancels": {"earlier": 4}}));
}

#[test]
fn networks_cross_and_more_than_is_known_is_refused() {
    let input = NetworkInput {
        name: "Mine".into(),
        kind: NetworkKind::Testnet,
        endpoints: vec!["https://node.example".into()],
        deployer: None,
        sbtc: None,
    };
    let mut json = crossing(&input);
    assert_eq!(json["kind"], "testnet");
    json["password"] = "x".into();
    assert!(serde_json::from_value::<NetworkInput>(json).is_err());
    let check = ContractCheck::OtherSource {
        line: 3,
        bundled: Some("a".into()),
        found: None,
        bundled_lines: 9,
        found_lines: 2,
    };
    let json = crossing(&check);
    assert_eq!((&json["other_source"]["line"], &json["other_source"]["found"]), (&json!(3), &Json::Null));
    assert_eq!(crossing(&Fault::ApprovalBroken), json!("approval_broken"));
    assert_eq!(crossing(&ChainId(1)), json!(1));
}
