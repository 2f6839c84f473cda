//! Each reason for which a node refuses a transaction, provoked and answered in a node's words.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bithedge_stacks::transaction::{AnchorMode, Memo};
use bithedge_stacks::{
    ChainId, ContractId, ContractName, MicroStx, Network, Payload, Principal, Transaction,
    TransactionBuilder, Value,
};
use serde_json::{Value as Json, json};
use support::{FEE, Net, address, call, deploy, name, principal, probe, sign};

fn transfer(to: &str, amount: u64) -> TransactionBuilder {
    TransactionBuilder::transfer(
        Network::TESTNET,
        to.parse::<Principal>().unwrap(),
        MicroStx::new(amount),
        Memo::EMPTY,
    )
}

/// Sends it and checks that it is refused for this reason, in a node's format, without a trace.
async fn refused(net: &Net, tx: &Transaction, reason: &str) -> Json {
    let waiting = net.get("/extended/v1/tx/mempool").await["total"].clone();
    let (status, body) = net.send(tx).await;
    assert_eq!(status, 400, "{reason}: {body}");
    assert_eq!(body["error"], "transaction rejected", "{body}");
    assert_eq!(body["reason"], reason, "{body}");
    assert_eq!(body["txid"], tx.txid().to_string().trim_start_matches("0x"), "{body}");
    assert_eq!(net.get("/extended/v1/tx/mempool").await["total"], waiting, "{reason} leaves no trace");
    body["reason_data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_is_answered_as_a_node_does() {
    let net = Net::start().await;
    net.deploy_probe().await;
    let to = address(2);
    // Account 1 has used its nonce 0.
    assert_eq!(net.settle(&sign(1, 0, FEE, transfer(to, 5))).await["tx_status"], "success");

    let data = refused(&net, &sign(1, 0, FEE, transfer(to, 5)), "BadNonce").await;
    assert_eq!(data, json!({ "expected": 1, "actual": 0, "principal": address(1), "is_origin": true }));
    let data = refused(&net, &sign(1, 28, FEE, transfer(to, 5)), "TooMuchChaining").await;
    assert_eq!(data["expected"], 27);
    assert_eq!(data["actual"], 28);

    let cheap = sign(1, 1, 1, transfer(to, 5));
    let data = refused(&net, &cheap, "FeeTooLow").await;
    assert_eq!(data, json!({ "expected": cheap.encode().len(), "actual": 1 }));
    let exact = cheap.encode().len() as u64;
    let data = refused(&net, &sign(1, 1, exact - 1, transfer(to, 5)), "FeeTooLow").await;
    assert_eq!(data["expected"], exact);

    let balance = net.stx(address(1)).await;
    let data =
        refused(&net, &sign(1, 1, FEE, transfer(to, u64::try_from(balance).unwrap())), "NotEnoughFunds")
            .await;
    assert_eq!(data["expected"], format!("0x{:032x}", balance + u128::from(FEE)));
    assert_eq!(data["actual"], format!("0x{balance:032x}"));
    let too_dear = u64::try_from(balance + 1).unwrap();
    refused(&net, &sign(1, 1, too_dear, call("count", vec![])), "NotEnoughFunds").await;

    let data =
        refused(&net, &sign(1, 1, FEE, transfer(address(1), 5)), "TransferRecipientCannotEqualSender").await;
    assert_eq!(data["recipient"], address(1));
    refused(&net, &sign(1, 1, FEE, transfer(to, 0)), "TransferAmountMustBePositive").await;
    let mainnet = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";
    refused(&net, &sign(1, 1, FEE, transfer(mainnet, 5)), "BadAddressVersionByte").await;

    let contract =
        |issuer: &str, name: &str| ContractId::new(issuer.parse().unwrap(), ContractName::new(name).unwrap());
    let calling = |id, function| TransactionBuilder::call(Network::TESTNET, id, name(function), vec![]);
    refused(&net, &sign(1, 1, FEE, calling(contract(mainnet, "some"), "count")), "BadAddressVersionByte")
        .await;
    refused(&net, &sign(1, 1, FEE, calling(contract(address(0), "none"), "count")), "NoSuchContract").await;
    for absent in ["no-such", "get-note", "read-once"] {
        refused(&net, &sign(1, 1, FEE, calling(probe(), absent)), "NoSuchPublicFunction").await;
    }
    let wrong: [(&str, Vec<Value>); 6] = [
        ("set-note", vec![]),
        ("set-note", vec![Value::Int(1)]),
        ("set-note", vec![Value::UInt(1), Value::UInt(2)]),
        ("send-coins", vec![Value::UInt(1), Value::Bool(true)]),
        ("ask", vec![principal(address(1))]),
        ("ask", vec![principal("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token")]),
    ];
    for (function, args) in wrong {
        let data = refused(&net, &sign(1, 1, FEE, call(function, args)), "BadFunctionArgument").await;
        assert!(data["message"].as_str().is_some_and(|message| !message.is_empty()), "{data}");
    }
    let data = refused(&net, &sign(0, 1, FEE, deploy("probe", "(+ 1 1)")), "ContractAlreadyExists").await;
    assert_eq!(data["contract_identifier"], probe().to_string());

    // Another network's transactions.
    let other = transfer(to, 5);
    let mut tx = sign(1, 1, FEE, other);
    tx.chain_id = ChainId(0x8000_0001);
    refused(&net, &tx, "SignatureValidation").await;
    let foreign = Network { chain_id: ChainId(0x8000_0001), ..Network::TESTNET };
    let builder = TransactionBuilder::transfer(
        foreign,
        to.parse::<Principal>().unwrap(),
        MicroStx::new(5),
        Memo::EMPTY,
    );
    let data = refused(&net, &sign(1, 1, FEE, builder), "SignatureValidation").await;
    assert!(
        data["message"].as_str().unwrap().contains("chain ID"),
        "validly signed for another chain: {data}"
    );
    let mainnet_builder = TransactionBuilder::transfer(
        Network::MAINNET,
        mainnet.parse::<Principal>().unwrap(),
        MicroStx::new(5),
        Memo::EMPTY,
    );
    refused(&net, &sign(1, 1, FEE, mainnet_builder), "BadTransactionVersion").await;

    // A signature over something else.
    let mut bytes = sign(1, 1, FEE, transfer(to, 5)).encode();
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    let altered = Transaction::decode(&bytes).unwrap();
    refused(&net, &altered, "SignatureValidation").await;

    // The nonce is taken by one that pays as much; more replaces it.
    let first = sign(1, 1, FEE, transfer(to, 5));
    assert_eq!(net.send(&first).await.0, 200);
    refused(&net, &sign(1, 1, FEE, transfer(to, 6)), "ConflictingNonceInMempool").await;
    assert_eq!(net.send(&first).await.0, 200, "the same transaction again is no conflict");
    let better = sign(1, 1, FEE + 1, transfer(to, 7));
    assert_eq!(net.send(&better).await.0, 200);
    let replaced = net.get(&format!("/extended/v1/tx/{}", first.txid())).await;
    assert_eq!(replaced["tx_status"], "dropped_replace_by_fee");
    net.mine(1).await;
    assert_eq!(net.get(&format!("/extended/v1/tx/{}", better.txid())).await["tx_status"], "success");
    refused(&net, &first, "BadNonce").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_transaction_are_refused() {
    let net = Net::start().await;
    let good = sign(1, 0, FEE, transfer(address(2), 5)).encode();
    for cut in [1, 5, 30, good.len() - 1] {
        let (status, body) = net.send_bytes(good[..cut].to_vec()).await;
        assert_eq!(status, 400);
        assert_eq!(body["reason"], "Deserialization", "{body}");
    }
    assert_eq!(net.send_bytes(vec![]).await.0, 400);
    assert_eq!(net.send_bytes(vec![0; 6 << 20]).await.0, 400, "an oversized body");
    let (status, _) = net.try_post("/v2/transactions", json!({ "tx": "zz" })).await;
    assert_eq!(status, 400);
    let (status, body) = net.try_post("/v2/transactions", json!({ "tx": hex::encode(&good) })).await;
    assert_eq!(status, 200, "bytes in hexadecimal are taken too: {body}");

    // Coinbases come from miners only; one and its short form for tests of miners, both validly signed.
    let mut coinbase = vec![4];
    coinbase.extend([0; 32]);
    let payload = Payload::decode(&coinbase).unwrap();
    let builder = TransactionBuilder::new(Network::TESTNET, payload).anchor_mode(AnchorMode::OnChainOnly);
    refused(&net, &sign(2, 0, FEE, builder), "NoCoinbaseViaMempool").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_get_a_nodes_answers_and_change_nothing() {
    let net = Net::start().await;
    net.deploy_probe().await;
    let before = net.get("/devnet/status").await;
    let me = address(1);
    let gets = [
        ("/v2/nothing", 404),
        ("/", 404),
        ("/v2/accounts/not-an-address?proof=0", 404),
        ("/v2/contracts/interface/ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM/none", 404),
        ("/v2/contracts/source/ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM/none", 404),
        ("/v2/contracts/source/xx/none", 404),
        ("/v2/data_var/ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM/probe/none", 404),
        ("/extended/v1/tx/0x12", 400),
        ("/extended/v1/tx/zz", 400),
        (
            concat!("/extended/v1/tx/", "00000000000000000000000000000000000000000000000000000000000000aa"),
            404,
        ),
        ("/extended/v2/blocks/99999999", 404),
        ("/extended/v2/blocks/none", 404),
        ("/extended/v1/address/nobody/balances", 400),
        ("/extended/v1/contract/nothing", 404),
        ("/v2/transactions", 404),
    ];
    for (path, expected) in gets {
        let response = net.http.get(format!("{}{path}", net.url)).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{path}");
    }
    let read = format!("/v2/contracts/call-read/{}/probe/get-note", address(0));
    let posts = [
        (read.as_str(), json!({}), 400),
        (&read, json!({ "sender": "x", "arguments": [] }), 400),
        (&read, json!({ "sender": me, "arguments": ["0xzz"] }), 400),
        (&read, json!({ "sender": me, "arguments": ["0x0100"] }), 400),
        ("/v2/contracts/call-read/xx/probe/get-note", json!({ "sender": me, "arguments": [] }), 404),
        (
            "/v2/map_entry/ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM/probe/none",
            json!("0x0100000000000000000000000000000001"),
            404,
        ),
        ("/v2/map_entry/ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM/probe/notes", json!(5), 400),
        ("/v2/fees/transaction", json!({ "transaction_payload": "zz" }), 400),
        ("/devnet/mine", json!({ "blocks": 0 }), 400),
        ("/devnet/mine", json!({ "blocks": -1 }), 400),
        ("/devnet/mine", json!({ "block": 1 }), 400),
        ("/devnet/time", json!({ "seconds": 999_999_999_999_u64 }), 409),
        ("/devnet/reorg", json!({ "depth": 900 }), 409),
        ("/devnet/restore", json!({ "name": "none" }), 409),
        ("/devnet/snapshot", json!({ "name": "../x" }), 409),
        ("/devnet/faucet/stx", json!({ "address": me, "amount": 0 }), 400),
        ("/devnet/faucet/stx", json!({ "address": me, "amount": -5 }), 400),
        (
            "/devnet/faucet/stx",
            json!({ "address": "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7", "amount": 5 }),
            400,
        ),
        (
            "/devnet/faucet/sbtc",
            json!({ "address": me, "amount": "340282366920938463463374607431768211456" }),
            400,
        ),
        ("/devnet/faults", json!({ "latency": 5 }), 400),
    ];
    for (path, body, expected) in posts {
        let (status, answer) = net.try_post(path, body.clone()).await;
        assert_eq!(status, expected, "{path} {body}: {answer}");
    }
    // A read that the contract refuses is an answer, not an error of the request.
    for (function, args, cause) in [
        ("none", vec![], "UndefinedFunction"),
        ("get-coins", vec![Value::UInt(1)], "TypeValueError"),
        ("get-coins", vec![], "IncorrectArgumentCount"),
        ("set-note", vec![Value::UInt(1)], "NotReadOnly"),
        ("read-often", vec![], "CostBalanceExceeded"),
    ] {
        let answer = net.read(function, &args).await;
        assert_eq!(answer["okay"], false, "{function}: {answer}");
        assert!(answer["cause"].as_str().unwrap().contains(cause), "{function}: {answer}");
    }
    assert_eq!(net.get("/devnet/status").await, before);
}
