//! What the window gets: the same figures, in types that cross.

use bithedge_engine::networks::{CheckLimits, Checker, Endpoint, NetworkProfile};
use bithedge_engine::notifications::{TransactionNews, TransactionOutcome};
use bithedge_engine::present::{self, Scenery};
use bithedge_engine::transactions::{
    Alarm, AlarmDigest, Approval, Approved, Asset, AssetAmount, Digest, DropReason, Entry, Failure, InBlock,
    Note, Purpose, Raised, Receipt, Statement, Status, TransactionId, TransactionUpdate,
};
use bithedge_ipc as ipc;
use bithedge_protocol::{MicroStx, TokenAmount, UnixSeconds};
use bithedge_stacks::address::Address;
use bithedge_stacks::clarity::Value;
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::network::Network;
use bithedge_stacks::render::Line;
use bithedge_stacks::transaction::{AssetInfo, Txid};
use bithedge_stacks::units::MicroStx as Fee;
use bithedge_suite::Deployment;
use bithedge_suite::generated::errors::ENTRIES;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checks::At;
use crate::node::{FakeNode, Served};

/// Across to the window and back.
fn crosses<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value);
}

fn account() -> Address {
    "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap()
}

fn sbtc(amount: u128) -> AssetAmount {
    AssetAmount { asset: Asset::Fungible(Deployment::devnet().sbtc_asset().unwrap()), amount }
}

fn fake(amount: u128) -> AssetAmount {
    let contract = format!("{}.sbtc-token", account()).parse().unwrap();
    AssetAmount {
        asset: Asset::Fungible(AssetInfo { contract, asset: "sbtc-token".parse().unwrap() }),
        amount,
    }
}

fn stx(amount: u128) -> AssetAmount {
    AssetAmount { asset: Asset::Stx, amount }
}

fn scenery() -> Scenery {
    Scenery::of(&Deployment::devnet())
}

fn question(leaves: Vec<AssetAmount>) -> Approval {
    Approval {
        id: TransactionId(u64::MAX),
        digest: Digest([0xab; 32]),
        purpose: Purpose::Replaces { earlier: TransactionId(2) },
        account: account(),
        network: Network::TESTNET,
        nonce: 7,
        waits_for: vec![5, 6],
        fee: Fee::new(20_000),
        intent: "purchase-protection".to_owned(),
        words: vec!["Buys protection.".to_owned()],
        lines: vec![Line { label: "Fee".to_owned(), text: "0.02 STX".to_owned() }],
        leaves,
        arrives: vec![stx(1)],
        expires: UnixSeconds::new(1_700_000_600),
    }
}

#[test]
fn a_question_is_shown_with_every_figure() {
    let shown = present::approval(&question(vec![sbtc(1_500_000)]), &scenery());
    crosses(&shown);
    assert_eq!((shown.id, shown.nonce, shown.waits_for.as_slice()), (u64::MAX, 7, &[5, 6][..]));
    assert_eq!(shown.digest, "ab".repeat(32));
    assert_eq!(shown.purpose, ipc::TransactionPurpose::Replaces { earlier: 2 });
    assert_eq!((shown.network, shown.chain_id), (ipc::Network::Devnet, ipc::ChainId(0x8000_0000)));
    assert_eq!(shown.fee, MicroStx::new(20_000));
    assert_eq!(shown.account, account().to_string());
    let moved = ipc::Moved { asset: ipc::MovedAsset::Sbtc, amount: TokenAmount::new(1_500_000) };
    assert_eq!(shown.leaves, [moved]);
    assert_eq!(shown.at_most, "At most 0.015 sBTC leaves the account, and the network's fee of 0.02 STX.");
    assert_eq!(shown.lines[0].text, "0.02 STX");
    let said = |leaves| present::approval(&question(leaves), &scenery()).at_most;
    assert_eq!(said(Vec::new()), "Nothing leaves the account but the network's fee of 0.02 STX.");
    assert_eq!(
        said(vec![stx(5_000_000), sbtc(100_000_000)]),
        "At most 5 STX and 1 sBTC leave the account, and the network's fee of 0.02 STX."
    );
    // A token that only has the name is never shown as sBTC.
    let shown = present::approval(&question(vec![fake(7)]), &scenery());
    assert!(
        matches!(&shown.leaves[0].asset, ipc::MovedAsset::OtherFungible { token } if token.contains("::"))
    );
    assert!(shown.at_most.contains("7 of the smallest units of"), "{}", shown.at_most);
}

fn entry(status: Status) -> Entry {
    Entry {
        id: TransactionId(3),
        txid: Txid([1; 32]),
        account: account(),
        nonce: 7,
        fee: Fee::new(20_000),
        bytes: None,
        approved: Approved {
            purpose: Purpose::Call,
            intent: "commit-capital".to_owned(),
            words: vec!["Commits capital.".to_owned()],
            leaves: vec![stx(5)],
            arrives: Vec::new(),
            valid_until: None,
        },
        signed_at: UnixSeconds::new(1_700_000_000),
        may_be_out: true,
        status,
        is_settled: false,
        receipt: None,
        alarms: Vec::new(),
    }
}

#[test]
fn a_transaction_is_shown_with_what_it_did() {
    use ipc::TransactionStage as Stage;
    let block = InBlock { height: 9, hash: BlockHash([2; 32]), time: 1_700_000_100 };
    let done = Entry {
        receipt: Some(Receipt {
            fee: Fee::new(20_000),
            left: vec![stx(u128::MAX)],
            arrived: vec![sbtc(3)],
            is_complete: false,
            alarms: vec![Alarm::TooMuchLeft { left: sbtc(6_000_000), at_most: 5 }],
        }),
        is_settled: true,
        ..entry(Status::Confirmed { block })
    };
    let shown = present::transaction(&done, &scenery());
    crosses(&shown);
    assert_eq!(shown.status.stage, Stage::Confirmed);
    assert!(shown.is_settled && !shown.can_be_replaced);
    let receipt = shown.receipt.unwrap();
    assert_eq!(receipt.left[0].amount, TokenAmount::new(u128::MAX));
    assert!(!receipt.is_complete, "a lower bound stays one");
    let [alarm] = receipt.alarms.as_slice() else { panic!("{:?}", receipt.alarms) };
    assert!(alarm.happened.starts_with("0.06 sBTC left the account"), "{}", alarm.happened);
    assert_eq!(shown.status.block.unwrap().height.get(), 9);

    let code = ENTRIES[3].code;
    let failure = Failure::Contract { result: Value::err(Value::UInt(code)), vm_error: None };
    let failed = present::transaction(&entry(Status::Failed { block, failure: failure.clone() }), &scenery());
    crosses(&failed);
    assert_eq!(failed.status.contract_code, Some(code.to_string()));
    assert_eq!(failed.receipt, None, "what is not known is not nothing");
    // What cancels is made to fail, and that is no failure.
    let cancels = Purpose::Cancels { earlier: TransactionId(2) };
    let cancelled = present::status(&Status::Failed { block, failure: Failure::PostCondition }, cancels);
    assert_eq!(cancelled.stage, Stage::Failed);
    assert!(cancelled.words.happened.contains("as it was meant to"), "{}", cancelled.words.happened);

    let stages = [
        (Status::Presented, Stage::Presented, false),
        (Status::Approved, Stage::Approved, false),
        (Status::Signed, Stage::Signed, true),
        (Status::Broadcast, Stage::Broadcast, true),
        (Status::Pending { included: Some(block) }, Stage::Pending, true),
        (Status::Dropped { reason: DropReason::Lost }, Stage::Dropped, true),
        (Status::Dropped { reason: DropReason::OutOfDate }, Stage::Dropped, true),
        (Status::Dropped { reason: DropReason::NonceUsed }, Stage::Dropped, false),
        (Status::Replaced { by: Txid([4; 32]) }, Stage::Replaced, true),
        (Status::Expired, Stage::Expired, false),
    ];
    for (status, stage, can_be_replaced) in stages {
        // The same at a higher fee is out of date as well.
        let is_out_of_date = status == Status::Dropped { reason: DropReason::OutOfDate };
        let shown = present::transaction(&entry(status), &scenery());
        crosses(&shown);
        assert_eq!((shown.status.stage, shown.can_be_replaced), (stage, can_be_replaced));
        assert_eq!(shown.fee_can_be_raised, can_be_replaced && !is_out_of_date);
        assert_eq!(shown.status.replaced_by.is_some(), stage == Stage::Replaced);
    }
}

#[test]
fn what_has_to_be_looked_at_is_shown_with_its_name() {
    let block = InBlock { height: 9, hash: BlockHash([2; 32]), time: 1_700_000_100 };
    let alarm = Alarm::TooMuchLeft { left: sbtc(6_000_000), at_most: 5 };
    let raised = |seed: u8, statement, acknowledged_at| Raised {
        digest: AlarmDigest([seed; 32]),
        statement,
        seen_at: UnixSeconds::new(1_700_000_200),
        acknowledged_at,
    };
    let differs = Statement::Differs { alarm, block };
    let shown = Entry {
        alarms: vec![
            raised(1, differs.clone(), None),
            raised(2, differs, Some(UnixSeconds::new(1_700_000_300))),
        ],
        ..entry(Status::Confirmed { block })
    };
    let open = shown.open_alarms();
    let view = present::transaction(&shown, &scenery());
    crosses(&view);
    let [one] = view.open_alarms.as_slice() else { panic!("{:?}", view.open_alarms) };
    assert_eq!(one.digest, "01".repeat(32));
    // It is not called done, as what only was approved is.
    let title = |entry: &Entry| present::transaction(entry, &scenery()).title;
    assert_eq!(view.title, title(&entry(Status::Signed)));
    assert_ne!(view.title, title(&entry(Status::Confirmed { block })));
    assert!(!one.is_still_told && one.block.as_ref().unwrap().height.get() == 9, "{one:?}");
    assert!(one.words.happened.starts_with("0.06 sBTC left the account"), "{one:?}");
    let Some(ipc::KeeperView::Stopped { alarms, notice }) = present::stopped_keeper(&open) else {
        panic!("it goes on")
    };
    crosses(&notice);
    assert_eq!(alarms, [3]);
    assert!(notice.happened.contains("transaction 3"), "{notice:?}");
    // What was only found stops drafts of its account, not the keeper of everybody.
    let mut found = Entry { alarms: vec![raised(4, Statement::Unknown, None)], ..entry(Status::Signed) };
    found.approved.purpose = Purpose::Recovered;
    let open = found.open_alarms();
    let view = present::transaction(&found, &scenery());
    crosses(&view);
    assert!(view.open_alarms[0].is_still_told && view.open_alarms[0].block.is_none());
    assert_eq!(present::stopped_keeper(&open), None);
}

#[test]
fn what_happens_is_shown_as_it_happens() {
    let block = InBlock { height: 9, hash: BlockHash([2; 32]), time: 1_700_000_100 };
    for (note, kind) in [
        (Note::Reorganised { from: block }, ipc::TransactionNoteKind::Reorganised),
        (Note::Resent, ipc::TransactionNoteKind::Resent),
        (Note::Contradiction { what: "x".to_owned() }, ipc::TransactionNoteKind::Contradiction),
        (Note::Settled, ipc::TransactionNoteKind::Settled),
        (Note::Alarm, ipc::TransactionNoteKind::Alarm),
    ] {
        let update = TransactionUpdate {
            id: TransactionId(3),
            txid: None,
            purpose: Purpose::Call,
            account: account(),
            nonce: 7,
            status: Status::Presented,
            note: Some(note),
        };
        let shown = present::update(&update);
        crosses(&shown);
        assert_eq!(shown.note.unwrap().kind, kind);
        assert_eq!((shown.txid, shown.status.block), (None, None));
    }
}

#[test]
fn what_may_still_be_carried_out_is_not_shown_as_over() {
    let by = Txid([4; 32]);
    let open = present::transaction(&entry(Status::Replaced { by }), &scenery());
    assert!(open.can_be_replaced && open.status.words.means.contains("still may be"), "{:?}", open.status);
    let over = Entry { is_settled: true, ..entry(Status::Replaced { by }) };
    let over = present::transaction(&over, &scenery());
    assert!(!over.can_be_replaced && over.status.words.means.contains("never"), "{:?}", over.status);
    // An event says what the transaction is to another one: what cancels is made to fail, and that is no failure.
    let block = InBlock { height: 9, hash: BlockHash([2; 32]), time: 1_700_000_100 };
    let update = |purpose, status, note| TransactionUpdate {
        id: TransactionId(3),
        txid: Some(Txid([1; 32])),
        purpose,
        account: account(),
        nonce: 7,
        status,
        note,
    };
    let cancels = Purpose::Cancels { earlier: TransactionId(2) };
    let failed = || Status::Failed { block, failure: Failure::PostCondition };
    let shown = present::update(&update(cancels, failed(), None));
    assert!(shown.status.words.happened.contains("as it was meant to"), "{:?}", shown.status.words);

    use TransactionOutcome as Outcome;
    let told = |purpose, status, note| {
        TransactionNews::of(&update(purpose, status, note), "it", |_| false).map(|news| news.outcome)
    };
    assert_eq!(told(cancels, failed(), None), Some(Outcome::Cancelled { earlier: 2 }));
    assert!(matches!(told(Purpose::Call, failed(), None), Some(Outcome::Failed { .. })));
    let dropped = Status::Dropped { reason: DropReason::OutOfDate };
    assert!(matches!(told(Purpose::Call, dropped, None), Some(Outcome::Open { .. })));
    // Where it is after a reorganisation is in the status.
    let moved = || Some(Note::Reorganised { from: block });
    let waits = Status::Pending { included: None };
    assert_eq!(told(Purpose::Call, waits, moved()), Some(Outcome::Reverted));
    assert_eq!(told(Purpose::Call, Status::Confirmed { block }, moved()), Some(Outcome::Confirmed));
    assert_eq!(
        told(Purpose::Call, Status::Replaced { by }, moved()),
        Some(Outcome::Displaced { was_done: true })
    );
}

#[tokio::test]
async fn a_verdict_is_shown_with_its_reasons() {
    let mut served = Served::right();
    served.sources.insert("oracle".to_owned(), "(define-constant A u1)".to_owned());
    served.sources.remove("treasury");
    served.synced = None;
    let node = FakeNode::start(served).await;
    let endpoint = Endpoint::parse(&node.url).unwrap();
    let profile = NetworkProfile::devnet(endpoint.clone()).unwrap();
    let network = present::network(&profile);
    crosses(&network);
    assert!(!network.is_own && network.deployer.is_some() && network.sbtc.is_some());
    let unknown = present::network(&NetworkProfile::mainnet().unwrap());
    assert_eq!((unknown.kind, unknown.deployer), (ipc::NetworkKind::Mainnet, None));
    let checker = Checker::with_limits(profile, At(5), CheckLimits::default());
    let shown = present::verdict(&checker.check_node(&endpoint).await);
    crosses(&shown);
    assert!(!shown.is_usable && !shown.may_pass && shown.has_api);
    assert_eq!((shown.problems.len(), shown.limits.len()), (2, 1));
    assert!(shown.problems.iter().all(|notice| notice.fault == ipc::Fault::SuiteDiffers));
    let differs = shown.contracts.iter().find(|contract| contract.name == "oracle").unwrap();
    let ipc::ContractCheck::OtherSource { line: 1, found_lines: 1, bundled_lines, .. } = differs.check else {
        panic!("{differs:?}")
    };
    assert!(bundled_lines > 100);
    assert!(
        shown
            .problems
            .iter()
            .any(|notice| notice.happened.contains("oracle") && notice.happened.contains("line 1"))
    );
}

#[test]
fn what_a_person_leaves_empty_says_nothing() {
    let typed: ipc::NetworkInput = serde_json::from_str(
        r#"{"name":"Mine","kind":"testnet","endpoints":["https://node.example"],"deployer":" ","sbtc":""}"#,
    )
    .unwrap();
    crosses(&typed);
    let input = present::network_input(typed);
    assert_eq!((input.deployer.as_deref(), input.sbtc.as_deref()), (None, None));
    assert!(NetworkProfile::own(1, &input).unwrap().deployment().is_err());
    let odd = r#"{"name":"Mine","kind":"testnet","endpoints":[],"deployer":null,"sbtc":null,"key":"x"}"#;
    assert!(serde_json::from_str::<ipc::NetworkInput>(odd).is_err());
}
