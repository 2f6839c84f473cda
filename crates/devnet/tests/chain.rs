//! The chain as clients see it: execution, receipts, reads, time, balances.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bithedge_stacks::transaction::{ClarityVersion, Memo};
use bithedge_stacks::{ContractName, MicroStx, Network, Principal, TransactionBuilder, Value};
use serde_json::{Value as Json, json};
use support::{FEE, Net, address, call, deploy, principal, probe, sign};

fn field(value: &Value, name: &str) -> u128 {
    value.field(name).unwrap().as_uint().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_end_in_success_error_or_stop_and_only_success_has_effects() {
    let net = Net::start().await;
    net.deploy_probe().await;
    let events_before = net.get(&format!("/extended/v1/contract/{}/events", probe())).await["total"].clone();
    let before = net.stx(address(1)).await;

    let receipt = net.settle(&sign(1, 0, FEE, call("set-note", vec![Value::UInt(5)]))).await;
    assert_eq!(receipt["tx_status"], "success");
    assert_eq!(
        receipt["tx_result"],
        json!({ "hex": "0x070100000000000000000000000000000005", "repr": "(ok u5)" })
    );
    assert_eq!(receipt["fee_rate"], FEE.to_string());
    assert_eq!(receipt["contract_call"]["function_name"], "set-note");
    assert_eq!(receipt["contract_call"]["function_args"][0]["repr"], "u5");
    let log = &receipt["events"][0]["contract_log"];
    assert_eq!(log["contract_id"], probe().to_string());
    let printed = Value::decode_hex(log["value"]["hex"].as_str().unwrap()).unwrap();
    assert_eq!(field(&printed, "value"), 5);
    let block = net.get(&format!("/extended/v2/blocks/{}", receipt["block_height"])).await;
    assert_eq!(block["hash"], receipt["block_hash"]);
    assert_eq!(block["tx_count"], 1);

    let receipt = net.settle(&sign(1, 1, FEE, call("refuse", vec![Value::UInt(6)]))).await;
    assert_eq!(receipt["tx_status"], "abort_by_response");
    assert_eq!(receipt["tx_result"]["repr"], "(err u7)");
    assert_eq!(receipt["event_count"], 0);
    let receipt = net.settle(&sign(1, 2, FEE, call("stop", vec![Value::UInt(6)]))).await;
    assert_eq!(receipt["tx_status"], "abort_by_response");
    assert_eq!(receipt["tx_result"]["repr"], "(err none)");
    assert!(receipt["vm_error"].as_str().unwrap().contains("DivisionByZero"), "{receipt}");

    assert_eq!(net.value("get-note", &[]).await, Value::UInt(5));
    assert_eq!(net.nonce(address(1)).await, 3);
    assert_eq!(net.stx(address(1)).await, before - 3 * u128::from(FEE), "each pays its fee");
    let events = net.get(&format!("/extended/v1/contract/{}/events", probe())).await;
    assert_eq!(events["total"].as_u64().unwrap(), events_before.as_u64().unwrap() + 1);

    // The same state through the node's other windows.
    let path = |kind: &str, name: &str| format!("/v2/{kind}/{}/probe/{name}", address(0));
    assert_eq!(net.get(&path("data_var", "note")).await["data"], Value::UInt(5).encode_hex());
    let entry = net.post(&path("map_entry", "notes"), json!(Value::UInt(5).encode_hex())).await;
    let entry = Value::decode_hex(entry["data"].as_str().unwrap()).unwrap();
    let entry = entry.as_optional().unwrap().expect("there is a note");
    assert_eq!(entry.field("text").unwrap(), &Value::utf8("note \u{2713}"));
    assert_eq!(entry.field("by").unwrap(), &principal(address(1)));
    let absent = net.post(&path("map_entry", "notes"), json!(Value::UInt(6).encode_hex())).await;
    assert_eq!(absent["data"], "0x09");
    let interface = net.get(&format!("/v2/contracts/interface/{}/probe", address(0))).await;
    assert_eq!(interface["clarity_version"], "Clarity6");
    let source = net.get(&format!("/v2/contracts/source/{}/probe?proof=0", address(0))).await;
    assert_eq!(source["source"], include_str!("contracts/probe.clar"));
    assert!(source.get("marf_proof").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_clarity_value_reaches_the_contract_unchanged() {
    let net = Net::start().await;
    let source = "(define-public (same (a { i: int, u: uint, t: bool, b: (buff 40), s: (string-ascii 40), w: (string-utf8 40),
        p: principal, c: principal, o: (optional (list 3 int)), r: (response uint (string-ascii 5)) })) (ok a))";
    net.settle(&sign(0, 0, FEE, deploy("mirror", source))).await;
    let name = |text: &str| support::name(text);
    let value = |ok: bool| {
        Value::tuple([
            (name("i"), Value::Int(i128::MIN)),
            (name("u"), Value::UInt(u128::MAX)),
            (name("t"), Value::Bool(ok)),
            (name("b"), Value::buffer([0, 255, 34, 92])),
            (name("s"), Value::ascii("quote \" slash \\ tab").unwrap()),
            (name("w"), Value::utf8("ünï \" \\ \u{1F600} \u{0}")),
            (name("p"), principal(address(3))),
            (name("c"), Value::Principal(probe().into())),
            (
                name("o"),
                if ok {
                    Value::some(Value::list([Value::Int(-1), Value::Int(2)]))
                } else {
                    Value::Optional(None)
                },
            ),
            (name("r"), if ok { Value::ok(Value::UInt(1)) } else { Value::err(Value::ascii("no").unwrap()) }),
        ])
    };
    for (nonce, ok) in [(0, true), (1, false)] {
        let mirror = bithedge_stacks::ContractId::new(
            address(0).parse().unwrap(),
            ContractName::new("mirror").unwrap(),
        );
        let builder = TransactionBuilder::call(Network::TESTNET, mirror, name("same"), vec![value(ok)]);
        let receipt = net.settle(&sign(1, nonce, FEE, builder)).await;
        assert_eq!(receipt["tx_status"], "success", "{receipt}");
        assert_eq!(receipt["tx_result"]["hex"], Value::ok(value(ok)).encode_hex());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_open_a_block_and_broken_ones_cost_their_fee() {
    let net = Net::start().await;
    for (nonce, builder) in [
        deploy("one", "(define-read-only (at) stacks-block-height) (print \"here\")"),
        deploy("two", "(define-constant A 1"),
        deploy("three", "(define-data-var at uint stacks-block-height) (try! (stx-transfer? u5 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5))"),
        TransactionBuilder::deploy(Network::TESTNET, ContractName::new("old").unwrap(), "(define-read-only (h) block-height)", Some(ClarityVersion::CLARITY_2)),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(net.send(&sign(0, nonce as u64, FEE, builder)).await.0, 200);
    }
    let height = net.get("/v2/info").await["stacks_tip_height"].as_u64().unwrap();
    let mined = net.mine(6).await;
    assert_eq!(mined["included"], 4);
    assert_eq!(mined["stacks_height"].as_u64().unwrap(), height + 6);
    let list = net.get("/extended/v1/tx").await;
    let by_name = |name: &str| -> Json {
        let id = format!("{}.{name}", address(0));
        let found =
            list["results"].as_array().unwrap().iter().find(|tx| tx["smart_contract"]["contract_id"] == id);
        found.unwrap_or_else(|| panic!("{name} in {list}")).clone()
    };
    assert_eq!(by_name("one")["tx_status"], "success");
    assert_eq!(by_name("one")["event_count"], 1);
    let broken = by_name("two");
    assert_eq!(broken["tx_status"], "abort_by_response");
    assert!(!broken["vm_error"].as_str().unwrap().is_empty());
    assert_eq!(by_name("old")["tx_status"], "success");
    assert_eq!(net.nonce(address(0)).await, 4);
    let contract = net.get(&format!("/extended/v1/contract/{}.old", address(0))).await;
    assert_eq!(contract["clarity_version"], 2);
    // A contract sees the height of the block that it is deployed in.
    let three = by_name("three");
    assert_eq!(three["tx_status"], "success", "{three}");
    let at = net.get(&format!("/v2/data_var/{}/three/at", address(0))).await;
    assert_eq!(at["data"], Value::UInt(u128::from(three["block_height"].as_u64().unwrap())).encode_hex());
}

#[tokio::test(flavor = "multi_thread")]
async fn time_passes_as_asked_and_contracts_see_it() {
    let net = Net::start().await;
    net.deploy_probe().await;
    let mut last = field(&net.value("get-clock", &[]).await, "time");
    for seconds in [0u64, 9, 10, 60, 599, 600, 601, 3_600, 86_400, 90 * 86_400] {
        let tip = net.post("/devnet/time", json!({ "seconds": seconds })).await;
        let clock = net.value("get-clock", &[]).await;
        let now = field(&clock, "time");
        assert_eq!(u128::from(tip["time"].as_u64().unwrap()), now);
        assert_eq!(u128::from(tip["stacks_height"].as_u64().unwrap()), field(&clock, "height"));
        assert_eq!(u128::from(tip["burn_height"].as_u64().unwrap()), field(&clock, "burn"));
        assert!(
            now - last <= u128::from(seconds) && u128::from(seconds) - (now - last) < 10,
            "{seconds}: {last} {now}"
        );
        last = now;
        // Blocks of every kind follow each other without gaps, and times rise.
        let blocks = net.get("/extended/v2/blocks?limit=5").await;
        let blocks = blocks["results"].as_array().unwrap();
        for pair in blocks.windows(2) {
            assert_eq!(pair[0]["parent_block_hash"], pair[1]["hash"]);
            assert!(pair[0]["block_time"].as_u64() > pair[1]["block_time"].as_u64());
        }
    }
    // What a transaction sees is the block that it is in.
    let receipt = net.settle(&sign(1, 0, FEE, call("count", vec![]))).await;
    let clock = net.value("get-clock", &[]).await;
    assert_eq!(u128::from(receipt["block_time"].as_u64().unwrap()), field(&clock, "time"));
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_from_events_equal_the_contracts_own() {
    let net = Net::start().await;
    net.deploy_probe().await;
    let sbtc = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4";
    net.post("/devnet/faucet/sbtc", json!({ "address": address(1), "amount": 250 })).await;
    net.post("/devnet/faucet/stx", json!({ "address": address(4), "amount": "777" })).await;
    let burn = [
        ("mint-coins", vec![Value::UInt(50)]),
        ("burn-coins", vec![Value::UInt(8)]),
        ("mint-ticket", vec![Value::UInt(4)]),
    ];
    for (nonce, (function, args)) in burn.into_iter().enumerate() {
        net.settle(&sign(1, nonce as u64, FEE, call(function, args))).await;
    }
    net.settle(&sign(1, 3, FEE, call("send-coins", vec![Value::UInt(2), principal(address(4))]))).await;
    for who in [address(1), address(4), address(0)] {
        let balances = net.get(&format!("/extended/v1/address/{who}/balances")).await;
        assert_eq!(balances["stx"]["balance"], net.stx(who).await.to_string());
        let body = json!({ "sender": who, "arguments": [principal(who).encode_hex()] });
        let answer = net.post(&format!("/v2/contracts/call-read/{sbtc}/sbtc-token/get-balance"), body).await;
        let own = Value::decode_hex(answer["result"].as_str().unwrap()).unwrap();
        let own = own.as_response().unwrap().unwrap().as_uint().unwrap();
        let shown = &balances["fungible_tokens"][format!("{sbtc}.sbtc-token::sbtc-token")]["balance"];
        assert_eq!(shown.as_str().unwrap_or("0"), own.to_string(), "{who}");
        let coins = net.value("get-coins", &[principal(who)]).await.as_uint().unwrap();
        let shown = &balances["fungible_tokens"][format!("{}::coin", probe())]["balance"];
        assert_eq!(shown.as_str().unwrap_or("0"), coins.to_string(), "{who}");
        // All that came in less all that went out is what is there.
        let stx = &balances["stx"];
        let number = |name: &str| stx[name].as_str().unwrap().parse::<u128>().unwrap();
        assert_eq!(
            number("total_received") - number("total_sent") - number("total_fees_sent"),
            number("balance")
        );
    }
    let tickets = net.get(&format!("/extended/v1/address/{}/balances", address(1))).await;
    assert_eq!(tickets["non_fungible_tokens"][format!("{}::ticket", probe())]["count"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonces_and_the_mempool_are_told() {
    let net = Net::start().await;
    let to: Principal = address(2).parse().unwrap();
    let transfer =
        || TransactionBuilder::transfer(Network::TESTNET, to.clone(), MicroStx::new(5), Memo::EMPTY);
    let nonces = format!("/extended/v1/address/{}/nonces", address(1));
    assert_eq!(net.get(&nonces).await["last_executed_tx_nonce"], Json::Null);
    for nonce in [0, 2, 3] {
        assert_eq!(net.send(&sign(1, nonce, FEE, transfer())).await.0, 200);
    }
    let told = net.get(&nonces).await;
    assert_eq!(told["possible_next_nonce"], 4);
    assert_eq!(told["detected_missing_nonces"], json!([]), "none, as nothing was executed");
    let mined = net.mine(2).await;
    let told = net.get(&nonces).await;
    assert_eq!(told["detected_missing_nonces"], json!([1]));
    assert_eq!(told["detected_mempool_nonces"], json!([2]), "the last one is not among them");
    assert_eq!(told["last_mempool_tx_nonce"], 3);
    assert_eq!(mined["included"], 1, "2 and 3 wait for 1");
    assert_eq!(net.get(&format!("/extended/v1/address/{}/mempool", address(1))).await["total"], 2);
    for (of, count) in [(1, 2), (2, 0)] {
        let path = format!("/extended/v1/tx/mempool?sender_address={}", address(of));
        assert_eq!(net.get(&path).await["total"], count);
    }
    assert_eq!(net.send(&sign(1, 1, FEE, transfer())).await.0, 200);
    assert_eq!(net.mine(1).await["included"], 3, "one block takes an account's whole chain");
    assert_eq!(net.get(&nonces).await["last_executed_tx_nonce"], 3);
    // One whose sender is poor by the time its turn comes keeps waiting, and so do those behind it.
    assert_eq!(net.stx(address(2)).await, 100_000_000_000_000 + 4 * 5);
    let balance = u64::try_from(net.stx(address(3)).await).unwrap();
    let all = TransactionBuilder::transfer(
        Network::TESTNET,
        to.clone(),
        MicroStx::new(balance - 2 * FEE),
        Memo::EMPTY,
    );
    assert_eq!(net.send(&sign(3, 1, FEE, transfer())).await.0, 200);
    assert_eq!(net.send(&sign(3, 2, FEE, transfer())).await.0, 200);
    assert_eq!(net.send(&sign(3, 0, FEE, all)).await.0, 200);
    assert_eq!(net.mine(3).await["included"], 1);
    assert_eq!(net.stx(address(3)).await, u128::from(FEE), "nothing was taken for what waits");
    net.post("/devnet/faucet/stx", json!({ "address": address(3), "amount": 3 * FEE })).await;
    net.mine(1).await;
    assert_eq!(net.nonce(address(3)).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_cannot_pay_keep_nobody_out_of_a_block() {
    let net = Net::start().await;
    let to: Principal = address(9).parse().unwrap();
    let transfer = |amount| {
        TransactionBuilder::transfer(Network::TESTNET, to.clone(), MicroStx::new(amount), Memo::EMPTY)
    };
    // Nine accounts queue 25 transfers each and give everything away before them: more than a block takes.
    for poor in (0..9).filter(|n| *n != 8) {
        let all = u64::try_from(net.stx(address(poor)).await).unwrap();
        for nonce in 1..=25 {
            assert_eq!(net.send(&sign(poor, nonce, FEE, transfer(5))).await.0, 200);
        }
        assert_eq!(net.send(&sign(poor, 0, FEE, transfer(all - FEE))).await.0, 200);
    }
    assert_eq!(net.mine(1).await["included"], 8);
    let waiting = net.get("/extended/v1/tx/mempool").await["total"].as_u64().unwrap();
    assert_eq!(waiting, 200);
    let innocent = sign(8, 0, FEE, transfer(5));
    assert_eq!(net.settle(&innocent).await["tx_status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_mined_also_when_bitcoin_blocks_are_asked_for() {
    let net = Net::start().await;
    assert_eq!(net.send(&sign(0, 0, FEE, deploy("one", "(define-data-var x uint u1)"))).await.0, 200);
    let mined = net.post("/devnet/mine", json!({ "blocks": 3, "burn": true })).await;
    assert_eq!(mined["included"], 1, "{mined}");
    assert_eq!(mined["burn_height"], 4, "{mined}");
    assert_eq!(net.nonce(address(0)).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fee_estimates_clear_the_floor_and_do_not_overflow() {
    let net = Net::start().await;
    let tx = sign(1, 0, FEE, call("set-note", vec![Value::UInt(1)]));
    let payload = hex::encode(tx.payload.encode());
    let answer = net.post("/v2/fees/transaction", json!({ "transaction_payload": payload })).await;
    let fees: Vec<u64> = answer["estimations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|estimate| estimate["fee"].as_u64().unwrap())
        .collect();
    assert!(fees[0] >= tx.encode().len() as u64 && fees.is_sorted(), "{fees:?}");
    for length in [u64::MAX, 3 << 20] {
        let body = json!({ "transaction_payload": payload, "estimated_len": length });
        assert_eq!(net.try_post("/v2/fees/transaction", body).await.0, 400);
    }
}
