//! What a vote changes stays changed, and is no reason not to start again.

use bithedge_practice::key;
use bithedge_stacks::{Principal, Value};
use bithedge_suite::Contract;
use bithedge_suite::ToClarity as _;
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{liquidity_pool, oracle, parameters};
use bithedge_suite::setup::{TIERS, tier_value};

use crate::net::{BALANCED, Net, USD};
use crate::vote::{Ballot, Motion, ascii, with};

/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;

#[tokio::test(flavor = "multi_thread")]
async fn a_network_whose_set_up_votes_have_changed_starts_again() {
    let net = Net::start(START, 100_000 * USD, USD).await;
    let reporter = net.address(8);
    let terms = with(&tier_value(&TIERS[1]).unwrap(), [("markup", Value::UInt(250_000))]);
    let bounds = net.network.chain().read(oracle::GetBounds {}).await.unwrap().to_clarity();
    let motions = [
        Motion::new(
            Contract::Parameters,
            "set-parameter",
            [("name", ascii("bid-spread")), ("value", Value::UInt(120_000))],
        ),
        Motion::new(
            Contract::Parameters,
            "set-flag",
            [("name", ascii("sell-back")), ("enabled", Value::Bool(false))],
        ),
        Motion::new(Contract::LiquidityPool, "set-tier", [("tier", Value::UInt(BALANCED)), ("terms", terms)]),
        Motion::new(Contract::Oracle, "remove-reporter", [("reporter", Value::Principal(reporter.clone()))]),
        Motion::of_tuple(Contract::Oracle, "set-bounds", with(&bounds, [("max-age", Value::UInt(600))])),
    ];
    let deployer = key(0).unwrap();
    let chain = net.network.chain().clone();
    let url = net.network.url();
    let ballot = Ballot { url: &url, client: &chain.client, suite: &chain.suite, voter: &deployer };
    ballot.carry(&motions).await;
    let nonce = chain.client.account(&Principal::from(chain.suite.deployer())).await.unwrap().nonce;

    assert_eq!(net.network.changed(), []);

    let net = net.restart().await;
    // The set-up's values are not sent again.
    let chain = net.network.chain();
    let account = chain.client.account(&Principal::from(chain.suite.deployer())).await.unwrap();
    assert_eq!(account.nonce, nonce);
    let name = Ascii::new("bid-spread").unwrap();
    assert_eq!(net.read(parameters::GetParameter { name }).await.unwrap(), 120_000);
    let flag = net.read(parameters::GetFlag { name: Ascii::new("sell-back").unwrap() }).await;
    assert!(!flag.unwrap().enabled);
    assert_eq!(net.read(liquidity_pool::GetTier { tier: BALANCED }).await.unwrap().markup, 250_000);
    assert!(net.read(oracle::GetReporter { who: reporter }).await.is_none());
    let told: Vec<String> = net.network.changed().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert!(
        told.contains(
            &"parameters get-parameter-details \"bid-spread\": value is u120000, the set-up's is u100000"
                .to_owned()
        )
    );
}
