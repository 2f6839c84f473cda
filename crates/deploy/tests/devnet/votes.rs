//! A suite in service whose set-up votes have changed.

use std::path::Path;
use std::process::Command;

use bithedge_deploy::apply::InService;
use bithedge_stacks::{Principal, Value};
use bithedge_suite::setup::{SetupCall, TIERS, tier_value};
use bithedge_suite::{Contract, Deployment};

use crate::vote::{Ballot, Motion, ascii, with};
use crate::{Place, key};

/// A call of the set-up, by its function and first arguments.
fn call(calls: &[SetupCall], contract: &str, function: &str, first: &[Value]) -> SetupCall {
    let is_meant = |call: &&SetupCall| {
        call.contract == contract && call.function == function && call.arguments.starts_with(first)
    };
    calls.iter().find(is_meant).unwrap().clone()
}

fn own(suite: &Deployment, contract: Contract) -> Value {
    Value::from(suite.contract(contract).clone())
}

/// What is changed, and what has to be said of it.
fn motions(place: &Place) -> Vec<(Motion, &'static str)> {
    let suite = &place.deployment;
    let calls = place.setup.calls().unwrap();
    let (no, stx) = (Value::Bool(false), own(suite, Contract::StxToken));
    let reporter = Value::Principal(place.setup.reporters[2].0.clone());
    let guardian = Value::Principal(place.setup.guardians[0].clone());
    let terms = with(&tier_value(&TIERS[1]).unwrap(), [("markup", Value::UInt(250_000))]);
    let bounds = call(&calls, "oracle", "set-bounds", &[]).arguments.remove(0);
    let bounds = with(&bounds, [("max-age", Value::UInt(600))]);
    let fund = call(&calls, "insurance-fund", "set-fund-rules", std::slice::from_ref(&stx));
    let rules = with(&fund.arguments[1], [("event-limit", Value::UInt(400_000))]);
    let row = call(&calls, "treasury", "set-allocation", &[]).arguments;
    let (spread, flag) = (ascii("bid-spread"), ascii("sell-back"));
    vec![
        (
            Motion::new(
                Contract::Parameters,
                "set-parameter",
                [("name", spread), ("value", Value::UInt(120_000))],
            ),
            r#"parameters get-parameter-details "bid-spread": value is u120000, the set-up's is u100000"#,
        ),
        (
            Motion::new(Contract::Parameters, "set-flag", [("name", flag), ("enabled", no.clone())]),
            r#"parameters get-flag "sell-back": enabled is false, the set-up's is true"#,
        ),
        (
            Motion::of_tuple(Contract::Oracle, "set-bounds", bounds),
            "oracle get-bounds: max-age is u600, the set-up's is u900",
        ),
        (
            Motion::new(Contract::LiquidityPool, "set-tier", [("tier", Value::UInt(2)), ("terms", terms)]),
            "liquidity-pool get-tier u2: markup is u250000, the set-up's is u200000",
        ),
        (
            Motion::new(Contract::Oracle, "remove-reporter", [("reporter", reporter)]),
            "oracle get-reporter 'ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP: is not there, \
             the set-up's is (tuple (active true) (weight u1))",
        ),
        (
            Motion::new(
                Contract::Governance,
                "revoke-role",
                [("who", guardian), ("role", ascii("guardian"))],
            ),
            "governance has-role 'ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND \"guardian\": is false, \
             the set-up's is true",
        ),
        (
            Motion::new(
                Contract::Governance,
                "set-emergency-action",
                [
                    ("target", own(suite, Contract::Oracle)),
                    ("function", ascii("remove-reporter")),
                    ("allowed", no.clone()),
                ],
            ),
            "governance emergency-actions \
             (tuple (function \"remove-reporter\") (target 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.oracle)): is false, the set-up's is true",
        ),
        (
            Motion::new(
                Contract::LiquidityPoolVault,
                "set-token",
                [("token", stx.clone()), ("accepted", no.clone())],
            ),
            "liquidity-pool-vault tokens 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.stx-token: \
             accepted is false, the set-up's is true",
        ),
        (
            Motion::new(Contract::InsuranceFund, "set-fund-rules", [("token", stx), ("rules", rules)]),
            "insurance-fund settings 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.stx-token: \
             event-limit is u400000, the set-up's is u500000",
        ),
        (
            Motion::new(
                Contract::Treasury,
                "set-allocation",
                [
                    ("id", row[0].clone()),
                    ("share", Value::UInt(250_000)),
                    ("recipient", row[2].clone()),
                    ("active", no),
                    ("description", row[4].clone()),
                ],
            ),
            "treasury get-allocation \"insurance-fund\": share is u250000, the set-up's is u500000\n  \
             treasury get-allocation \"insurance-fund\": active is false, the set-up's is true",
        ),
    ]
}

fn verify(url: &str) -> (bool, String) {
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let output = Command::new(env!("CARGO_BIN_EXE_bithedge-deploy"))
        .args(["--network", "devnet", "--verify", "--node", url, "--contracts"])
        .arg(contracts)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

pub(crate) async fn what_votes_change_is_told_and_left_alone(place: &Place) {
    let url = place.devnet.url();
    let (motions, said): (Vec<Motion>, Vec<&str>) = motions(place).into_iter().unzip();
    let key = key(0);
    let suite = &place.deployment;
    Ballot { url: &url, client: &place.client, suite, voter: &key }.carry(&motions).await;

    let state = place.job().state().await.unwrap();
    let told = state.to_string();
    assert!(state.is_ready(), "{told}");
    assert_eq!((state.calls.len(), state.changed.len()), (0, 11), "{told}");
    assert!(told.starts_with("in service; 11 values differ from the set-up, changed by votes since:\n"));
    for line in said {
        assert!(told.contains(line), "{line}\nis missing in\n{told}");
    }
    let (fine, shown) = tokio::task::spawn_blocking(move || verify(&url)).await.unwrap();
    assert!(fine && shown.ends_with(&format!("{told}\n")), "{shown}");

    // Nothing of it is sent again.
    let deployer = Principal::Standard(suite.deployer());
    let before = place.client.account(&deployer).await.unwrap();
    let done = place.job().apply(&key, place.blocks.clone(), |_| ()).await.unwrap();
    assert_eq!(done, InService { transactions: 0, changed: state.changed });
    assert_eq!(place.client.account(&deployer).await.unwrap(), before);
}
