//! Every kind and mode of post-condition, provoked both ways: what it allows stands, what it does not is undone, and
//! the fee and the nonce are used up either way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bithedge_stacks::transaction::{AssetInfo, FungibleCode, NonFungibleCode, PostConditionPrincipal};
use bithedge_stacks::{MicroStx, PostCondition, PostConditionMode, TransactionBuilder, Value};
use support::{FEE, Net, address, call, key, name, principal, probe};

const ME: usize = 1;
const OTHER: usize = 2;

fn stx(principal: PostConditionPrincipal, code: FungibleCode, amount: u64) -> PostCondition {
    PostCondition::Stx { principal, code, amount: MicroStx::new(amount) }
}

fn coins(code: FungibleCode, amount: u64) -> PostCondition {
    let asset = AssetInfo { contract: probe(), asset: name("coin") };
    PostCondition::Fungible { principal: PostConditionPrincipal::Origin, asset, code, amount }
}

fn ticket(id: u128, code: NonFungibleCode) -> PostCondition {
    let asset = AssetInfo { contract: probe(), asset: name("ticket") };
    PostCondition::NonFungible {
        principal: PostConditionPrincipal::Origin,
        asset,
        value: Value::UInt(id),
        code,
    }
}

/// What a transaction's effects can be seen by.
async fn state(net: &Net) -> Vec<String> {
    let mut seen = Vec::new();
    for who in [address(ME), address(OTHER), &probe().to_string()] {
        seen.push(format!("{who} {}", net.value("get-coins", &[principal(who)]).await));
        seen.push(format!("{who} {}", net.stx(who).await));
    }
    for id in 1..=40 {
        seen.push(format!("{id} {}", net.value("get-owner", &[Value::UInt(id)]).await));
    }
    seen
}

struct Case {
    what: &'static str,
    mode: PostConditionMode,
    conditions: Vec<PostCondition>,
    call: TransactionBuilder,
    passes: bool,
}

fn fungible_cases() -> Vec<Case> {
    let send_coins = || call("send-coins", vec![Value::UInt(10), principal(address(OTHER))]);
    let send_stx = || call("send-stx", vec![Value::UInt(10), principal(address(OTHER))]);
    let burn_stx = || call("burn-stx", vec![Value::UInt(10)]);
    let burn_coins = || call("burn-coins", vec![Value::UInt(10)]);
    let mut cases = Vec::new();
    // Each code just inside and just outside.
    for (code, inside, outside) in [
        (FungibleCode::Eq, 10, 11),
        (FungibleCode::Gt, 9, 10),
        (FungibleCode::Ge, 10, 11),
        (FungibleCode::Lt, 11, 10),
        (FungibleCode::Le, 10, 9),
    ] {
        for (amount, passes) in [(inside, true), (outside, false)] {
            // In allow mode too, a condition that is stated must hold.
            for mode in [PostConditionMode::Deny, PostConditionMode::Allow, PostConditionMode::Originator] {
                let own = stx(PostConditionPrincipal::Origin, code, amount);
                cases.push(Case {
                    what: "STX sent",
                    mode,
                    conditions: vec![own.clone()],
                    call: send_stx(),
                    passes,
                });
                let conditions = vec![coins(code, amount)];
                cases.push(Case { what: "token sent", mode, conditions, call: send_coins(), passes });
                if mode == PostConditionMode::Deny {
                    cases.push(Case {
                        what: "STX burnt",
                        mode,
                        conditions: vec![own],
                        call: burn_stx(),
                        passes,
                    });
                    let conditions = vec![coins(code, amount)];
                    cases.push(Case { what: "token burnt", mode, conditions, call: burn_coins(), passes });
                }
            }
        }
    }
    for (what, call) in [("STX", send_stx()), ("token", send_coins()), ("burnt STX", burn_stx())] {
        for mode in PostConditionMode::ALL {
            let passes = *mode == PostConditionMode::Allow;
            cases.push(Case { what, mode: *mode, conditions: vec![], call: call.clone(), passes });
        }
    }
    // A condition on one asset does not cover another.
    let conditions = vec![coins(FungibleCode::Ge, 0)];
    cases.push(Case {
        what: "wrong asset",
        mode: PostConditionMode::Deny,
        conditions,
        call: send_stx(),
        passes: false,
    });
    // Minting moves nothing that anybody had.
    let mint = call("mint-coins", vec![Value::UInt(3)]);
    cases.push(Case {
        what: "mint",
        mode: PostConditionMode::Deny,
        conditions: vec![],
        call: mint,
        passes: true,
    });
    cases
}

fn contract_cases() -> Vec<Case> {
    let pay_out = || call("pay-out", vec![Value::UInt(5), principal(address(OTHER))]);
    let swap = || call("swap", vec![Value::UInt(7), Value::UInt(3)]);
    let contract = PostConditionPrincipal::Contract(probe());
    let own = stx(PostConditionPrincipal::Origin, FungibleCode::Eq, 7);
    let standard = PostConditionPrincipal::Standard(address(ME).parse().unwrap());
    let theirs = |code, amount| stx(contract.clone(), code, amount);
    let mut cases = Vec::new();
    let mut add =
        |what, mode, conditions, call, passes| cases.push(Case { what, mode, conditions, call, passes });
    use PostConditionMode::{Allow, Deny, Originator};
    add("contract pays, unnamed", Deny, vec![], pay_out(), false);
    add("contract pays, unnamed", Originator, vec![], pay_out(), true);
    add("contract pays, unnamed", Allow, vec![], pay_out(), true);
    add("contract pays, named", Deny, vec![theirs(FungibleCode::Eq, 5)], pay_out(), true);
    add("contract pays too much", Deny, vec![theirs(FungibleCode::Lt, 5)], pay_out(), false);
    add("contract pays too much", Originator, vec![theirs(FungibleCode::Lt, 5)], pay_out(), false);
    add("both pay, own named", Deny, vec![own.clone()], swap(), false);
    add("both pay, own named", Originator, vec![own.clone()], swap(), true);
    add("both pay, contract named", Originator, vec![theirs(FungibleCode::Eq, 3)], swap(), false);
    add("both pay, both named", Deny, vec![own, theirs(FungibleCode::Eq, 3)], swap(), true);
    let by_address = stx(standard, FungibleCode::Le, 7);
    add("the origin by its address", Originator, vec![by_address], swap(), true);
    cases
}

fn ticket_cases() -> Vec<Case> {
    let send = |id| call("send-ticket", vec![Value::UInt(id), principal(address(OTHER))]);
    let mut cases = Vec::new();
    let mut add = |what, mode, conditions, id: u128, passes| {
        cases.push(Case { what, mode, conditions, call: send(id), passes });
    };
    use NonFungibleCode::{DoesNotSend, MaySend, Sends};
    use PostConditionMode::{Allow, Deny, Originator};
    add("sends", Deny, vec![ticket(1, Sends)], 1, true);
    add("sends another", Deny, vec![ticket(1, Sends)], 2, false);
    add("must not send, does", Allow, vec![ticket(3, DoesNotSend)], 3, false);
    add("must not send, sends another", Allow, vec![ticket(3, DoesNotSend)], 4, true);
    add("must not send names only what stays", Deny, vec![ticket(3, DoesNotSend)], 5, false);
    add("may send, does", Deny, vec![ticket(6, MaySend)], 6, true);
    add("may send, sends another", Deny, vec![ticket(6, MaySend)], 7, false);
    add("may send, sends another", Allow, vec![ticket(6, MaySend)], 8, true);
    add("unnamed", Deny, vec![], 9, false);
    add("unnamed", Originator, vec![], 10, false);
    add("unnamed", Allow, vec![], 11, true);
    add("sends", Originator, vec![ticket(12, Sends)], 12, true);
    cases
}

async fn run(net: &Net, cases: Vec<Case>) {
    let count = cases.len();
    let mut passed = 0;
    for Case { what, mode, conditions, call, passes } in cases {
        let what = format!("{what}, {mode:?}, {conditions:?}");
        let before = state(net).await;
        let (stx_before, nonce) = (net.stx(address(ME)).await, net.nonce(address(ME)).await);
        let builder = call.post_conditions(conditions).post_condition_mode(mode);
        let tx = builder.nonce(nonce).fee(MicroStx::new(FEE)).sign(&key(ME)).unwrap();
        let receipt = net.settle(&tx).await;
        assert_eq!(net.nonce(address(ME)).await, nonce + 1, "{what}: the nonce is used up");
        let mut after = state(net).await;
        if passes {
            assert_eq!(receipt["tx_status"], "success", "{what}: {receipt}");
            assert_ne!(after, before, "{what}: it has effects");
            passed += 1;
        } else {
            assert_eq!(receipt["tx_status"], "abort_by_post_condition", "{what}: {receipt}");
            assert_eq!(receipt["events"].as_array().unwrap().len(), 0, "{what}: no events");
            assert!(receipt["vm_error"].as_str().unwrap().len() > 10, "{what}: it says why: {receipt}");
            assert_eq!(
                net.stx(address(ME)).await,
                stx_before - u128::from(FEE),
                "{what}: only the fee is gone"
            );
            // Apart from the fee nothing has changed.
            after[1].clone_from(&before[1]);
            assert_eq!(after, before, "{what}: effects are undone");
        }
    }
    assert!(passed > 0 && passed < count, "both ways: {passed} of {count} pass");
}

async fn prepared() -> Net {
    let net = Net::start().await;
    net.deploy_probe().await;
    let mut builders = vec![call("mint-coins", vec![Value::UInt(1_000_000)])];
    builders.extend((1..=20).map(|id| call("mint-ticket", vec![Value::UInt(id)])));
    builders.push(call("send-stx", vec![Value::UInt(1_000_000), Value::Principal(probe().into())]));
    for (nonce, builder) in (0..).zip(builders) {
        let (status, body) = net.send(&support::sign(ME, nonce, FEE, builder)).await;
        assert_eq!(status, 200, "{body}");
    }
    let mined = net.mine(1).await;
    assert_eq!(mined["included"], 22, "{mined}");
    net
}

#[tokio::test(flavor = "multi_thread")]
async fn fungible_conditions_hold_or_undo() {
    run(&prepared().await, fungible_cases()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_on_contracts_hold_or_undo() {
    run(&prepared().await, contract_cases()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn non_fungible_conditions_hold_or_undo() {
    run(&prepared().await, ticket_cases()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_looked_at_after_an_error_response_too() {
    let mut net = prepared().await;
    let refuse = || call("refuse", vec![Value::UInt(1)]);
    let own = |code, amount| stx(PostConditionPrincipal::Origin, code, amount);
    let mut receipts = Vec::new();
    for (condition, expected) in [
        (own(FungibleCode::Eq, 5), "abort_by_post_condition"),
        (own(FungibleCode::Le, 5), "abort_by_response"),
        (ticket(1, NonFungibleCode::Sends), "abort_by_post_condition"),
        (ticket(1, NonFungibleCode::DoesNotSend), "abort_by_response"),
    ] {
        let nonce = net.nonce(address(ME)).await;
        let builder = refuse().post_condition(condition.clone()).post_condition_mode(PostConditionMode::Deny);
        let tx = builder.nonce(nonce).fee(MicroStx::new(FEE)).sign(&key(ME)).unwrap();
        let receipt = net.settle(&tx).await;
        assert_eq!(receipt["tx_status"], expected, "{condition:?}: {receipt}");
        assert_eq!(receipt["tx_result"]["repr"], "(err u7)");
        receipts.push(receipt);
    }
    net.restart().await;
    for before in receipts {
        assert_eq!(net.get(&format!("/extended/v1/tx/{}", before["tx_id"].as_str().unwrap())).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_in_the_middle_of_a_block_leaves_the_others_as_they_were() {
    let mut net = prepared().await;
    let mut expected = net.value("get-coins", &[principal(address(OTHER))]).await.as_uint().unwrap();
    let first = net.nonce(address(ME)).await;
    // More than the VM does between two copies of its state, with aborts strewn in.
    for at in 0..150u64 {
        let aborts = at % 7 == 3;
        let builder = call("send-coins", vec![Value::UInt(u128::from(at) + 1), principal(address(OTHER))])
            .post_condition(coins(FungibleCode::Eq, if aborts { 0 } else { at + 1 }))
            .post_condition_mode(PostConditionMode::Deny);
        if !aborts {
            expected += u128::from(at) + 1;
        }
        let tx = builder.nonce(first + at).fee(MicroStx::new(FEE)).sign(&key(ME)).unwrap();
        let (status, body) = net.send(&tx).await;
        assert_eq!(status, 200, "{body}");
        if at % 25 == 24 {
            net.mine(1).await;
        }
    }
    let seen = net.value("get-coins", &[principal(address(OTHER))]).await.as_uint().unwrap();
    assert_eq!(seen, expected);
    let before = state(&net).await;
    net.restart().await;
    assert_eq!(state(&net).await, before, "a restart leaves the aborted ones out as well");
}
