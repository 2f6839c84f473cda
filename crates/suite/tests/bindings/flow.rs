//! A year of the suite's life in typed calls: whatever is printed on the way is an event of the schema.

use std::collections::BTreeSet;

use bithedge_protocol::{Sats, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, ContractId};
use bithedge_suite::generated::events::SuiteEvent;
use bithedge_suite::generated::{
    errors, governance, insurance_fund, liquidity_pool, oracle, policy_registry, treasury,
};
use bithedge_suite::setup::{Setup, hand_over};
use bithedge_suite::{ContractFunction, Deployment};
use bithedge_vm::{Event, Options, Outcome, Project, Session};

const DAY: u64 = 86_400;
const BTC: u128 = 100_000_000;
const USD: u128 = 100_000_000;
const BALANCED: u128 = 2;
const PUT: u128 = 1;

struct Suite {
    vm: Session,
    deployment: Deployment,
    sbtc: ContractId,
    reporters: [Address; 3],
    btc: u128,
    events: Vec<SuiteEvent>,
}

impl Suite {
    /// Set up and handed over, with eight rounds of prices.
    fn new() -> Self {
        let project = Project::load("contracts/Clarinet.toml").unwrap();
        let options = Options { genesis_time: 1_767_571_200, ..Options::default() };
        let vm = Session::start(project, options).unwrap();
        let deployment = Deployment::devnet();
        let reporters = ["wallet_6", "wallet_7", "wallet_8"].map(|label| vm.account(label).unwrap());
        let sbtc = deployment.sbtc().unwrap().clone();
        let mut suite = Self { vm, deployment, sbtc, reporters, btc: 100_000 * USD, events: Vec::new() };
        let deployer = suite.deployment.deployer();
        let setup = Setup {
            deployer,
            sbtc: suite.sbtc.clone(),
            reporters: reporters.iter().map(|one| ((*one).into(), 1)).collect(),
            min_weight: 2,
            voters: vec![(deployer.into(), 100)],
            guardians: vec![suite.account("wallet_4").into()],
            volatility: (600_000, 600_000),
        };
        for call in setup.calls().unwrap().into_iter().chain([hand_over()]) {
            let outcome = suite.vm.call(deployer, call.contract, call.function, &call.arguments).unwrap();
            outcome.ok().unwrap();
            suite.note(&outcome);
        }
        for _ in 0..8 {
            suite.report();
        }
        suite
    }

    fn account(&self, label: &str) -> Address {
        self.vm.account(label).unwrap()
    }

    /// Reads every print of the suite's contracts; one that cannot be read fails the test.
    fn note(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            let Event::Print { contract, value } = event else { continue };
            if let Some(contract) = self.deployment.which(contract) {
                let event = SuiteEvent::decode(contract.name(), value);
                self.events.push(event.unwrap_or_else(|error| panic!("{error}: {value}")));
            }
        }
    }

    fn call<F: ContractFunction>(&mut self, sender: Address, request: F) -> F::Answer {
        let call = request.into_call(&self.deployment);
        let contract = call.contract.to_string();
        let outcome = self.vm.call(sender, &contract, call.function.as_str(), &call.args).unwrap();
        self.note(&outcome);
        F::decode(outcome.value().unwrap()).unwrap()
    }

    fn read<F: ContractFunction>(&mut self, request: F) -> F::Answer {
        let call = request.into_call(&self.deployment);
        let outcome = self.vm.read(&call.contract.to_string(), call.function.as_str(), &call.args).unwrap();
        F::decode(outcome.value().unwrap()).unwrap()
    }

    fn report(&mut self) {
        self.vm.advance_burn(1).unwrap();
        let observed_at = self.vm.now().unwrap().into();
        for reporter in self.reporters {
            let request = oracle::ReportPrices { btc: self.btc, stx: USD, observed_at };
            self.call(reporter, request).unwrap();
        }
    }

    fn move_price(&mut self, btc: u128) {
        self.btc = btc;
        for _ in 0..5 {
            self.report();
        }
    }

    /// On past the next 08:00 UTC, with prices up to it.
    fn next_boundary(&mut self) {
        let now = self.vm.now().unwrap();
        let next = (now - 28_800) / DAY * DAY + DAY + 28_800;
        for before in [3_600, 3_000, 2_400, 1_800, 1_200, 600] {
            if self.vm.now().unwrap() < next - before {
                self.vm.advance_to(next - before).unwrap();
                self.report();
            }
        }
        self.vm.advance_to(next).unwrap();
        self.report();
    }

    fn close(&mut self) {
        let keeper = self.account("wallet_4");
        let token = self.sbtc.clone().into();
        self.call(keeper, liquidity_pool::CloseEpoch { tier: BALANCED, token }).unwrap();
    }

    fn buy(&mut self, buyer: Address, strike: u128, expiry: u64) -> u128 {
        let request = policy_registry::PurchaseProtection {
            token: self.sbtc.clone(),
            tier: BALANCED,
            kind: PUT,
            strike,
            expiry: expiry.into(),
            size: BTC,
            max_cost: BTC,
        };
        self.call(buyer, request).unwrap().policy
    }
}

#[test]
fn a_life_in_typed_calls() {
    let mut suite = Suite::new();
    let [peter, irene, keeper] = ["wallet_1", "wallet_2", "wallet_4"].map(|label| suite.account(label));
    for holder in [peter, irene] {
        suite.vm.mint_sbtc(holder, 100 * 100_000_000).unwrap();
    }
    let sbtc = suite.sbtc.clone();
    let token = || sbtc.clone();

    // A deposit, one that is taken back, and the close that makes shares of the first.
    let commit = liquidity_pool::CommitCapital { tier: BALANCED, token: token(), amount: 10 * BTC };
    suite.call(irene, commit.clone()).unwrap();
    suite.call(irene, liquidity_pool::CancelDeposit { tier: BALANCED, token: token().into() }).unwrap();
    suite.call(irene, commit).unwrap();
    suite.next_boundary();
    suite.close();
    let position =
        liquidity_pool::GetProvider { tier: BALANCED, token: token().into(), provider: irene.into() };
    let shares = suite.read(position).unwrap().shares;
    assert!(shares > 0);

    // A quote is what the purchase costs; three policies.
    let now = suite.vm.now().unwrap();
    let expiry = 115_200 + (now + 3 * DAY - 115_200).div_ceil(7 * DAY) * 7 * DAY;
    let quote = policy_registry::GetQuote {
        token: token().into(),
        tier: BALANCED,
        kind: PUT,
        strike: 90_000 * USD,
        expiry: expiry.into(),
        size: BTC,
        buyer: peter.into(),
    };
    let quote = suite.read(quote).unwrap();
    let first = suite.buy(peter, 90_000 * USD, expiry);
    let created = suite.events.iter().find_map(|event| match event {
        SuiteEvent::PolicyRegistryPolicyCreated(created) => Some(created.clone()),
        _ => None,
    });
    let created = created.unwrap();
    assert_eq!(created.policy, first);
    assert_eq!((created.strike, created.size), (UsdE8::new(90_000 * USD), Sats::new(BTC)));
    assert_eq!((created.expiry, created.owner), (UnixSeconds::new(expiry), peter.into()));
    let cost =
        [created.premium, created.fee, created.bounty].map(|part| part.base_units()).iter().sum::<u128>();
    assert_eq!(cost, quote.total);
    let second = suite.buy(peter, 90_000 * USD, expiry);
    let third = suite.buy(peter, 87_500 * USD, expiry);
    let policy = suite.read(policy_registry::GetPolicy { id: third }).unwrap();
    assert_eq!((policy.strike, policy.owner), (87_500 * USD, peter.into()));
    assert_eq!(suite.read(policy_registry::GetPolicy { id: 99 }), None);

    // One is sold back, one activated, one claimed after its expiry.
    let cancel = policy_registry::CancelProtection { id: first, token: token(), min_refund: 0 };
    suite.call(peter, cancel.clone()).unwrap();
    assert_eq!(suite.call(peter, cancel), Err(errors::POLICY_REGISTRY_NOT_ACTIVE));
    suite.move_price(93_000 * USD);
    suite.move_price(87_000 * USD);
    let activate = policy_registry::ActivateProtection { id: second, token: token(), min_payout: 0 };
    let paid = suite.call(peter, activate).unwrap();
    assert_eq!(paid, BTC * 3_000 / 87_000);
    while suite.vm.now().unwrap() < expiry {
        suite.next_boundary();
        if suite.vm.now().unwrap() < expiry {
            suite.close();
        }
    }
    let settle = policy_registry::SettleExpiry { tier: BALANCED, token: token(), expiry: expiry.into() };
    suite.call(keeper, settle.clone()).unwrap();
    assert_eq!(suite.call(keeper, settle), Err(errors::LIQUIDITY_POOL_NOTHING_TO_SETTLE));
    suite.call(keeper, policy_registry::ClaimSettlement { id: third, token: token() }).unwrap();
    suite.close();

    // The provider leaves; the keeper is paid; fees are shared out; somebody votes.
    let withdraw =
        |shares| liquidity_pool::RequestWithdrawal { tier: BALANCED, token: token().into(), shares };
    suite.call(irene, withdraw(shares / 2)).unwrap();
    suite.call(irene, liquidity_pool::CancelWithdrawal { tier: BALANCED, token: token().into() }).unwrap();
    suite.call(irene, withdraw(shares / 2)).unwrap();
    suite.next_boundary();
    suite.close();
    let claim = liquidity_pool::ClaimWithdrawal { tier: BALANCED, token: token(), provider: irene.into() };
    suite.call(irene, claim).unwrap();
    suite.call(keeper, liquidity_pool::ClaimCredit { token: token(), who: keeper.into() }).unwrap();
    suite.call(keeper, treasury::Distribute { token: token() }).unwrap();
    suite.call(peter, insurance_fund::ContributeToFund { amount: 1_000, token: token() }).unwrap();
    suite.call(keeper, insurance_fund::ReportHealth { token: token().into() }).unwrap();
    let deployer = suite.deployment.deployer();
    let action = governance::types::Action {
        target: suite.deployment.contract(bithedge_suite::Contract::FeeSchedule).clone().into(),
        function: "set-fee-rate".try_into().unwrap(),
        args: [3; 32].into(),
    };
    let propose = governance::Propose {
        title: "A fee".try_into().unwrap(),
        description_hash: [0; 32].into(),
        uri: "".try_into().unwrap(),
        actions: vec![action].try_into().unwrap(),
        emergency: false,
    };
    suite.call(deployer, propose).unwrap();

    // Enough has been seen for the test to mean something.
    let seen: BTreeSet<(&str, &str)> = suite.events.iter().map(SuiteEvent::name).collect();
    for expected in [
        ("governance", "proposal-created"),
        ("insurance-fund", "contribution-made"),
        ("liquidity-pool", "claim-paid"),
        ("liquidity-pool", "collateral-released"),
        ("liquidity-pool", "epoch-closed"),
        ("liquidity-pool", "expiry-settled"),
        ("liquidity-pool", "withdrawal-paid"),
        ("liquidity-pool-vault", "settlement-paid"),
        ("oracle", "boundary-recorded"),
        ("parameters", "limit-used"),
        ("parameters", "setup-completed"),
        ("policy-registry", "policy-activated"),
        ("policy-registry", "policy-cancelled"),
        ("policy-registry", "policy-settled"),
        ("treasury", "fee-processed"),
        ("treasury", "fees-distributed"),
        ("fee-schedule", "volume-netted"),
        ("upgrade-manager", "contract-registered"),
    ] {
        assert!(seen.contains(&expected), "{expected:?} is not among {seen:?}");
    }
}
