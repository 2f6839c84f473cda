//! Every decision is approved by the hash that its contract makes: voted on, it is carried out, and not by any other arguments.

use bithedge_engine::intents::{Decision, Governing};
use bithedge_stacks::{Address, ContractId, Principal};
use bithedge_suite::ContractFunction;
use bithedge_suite::FromClarity as _;
use bithedge_suite::bounded::{Ascii, List};
use bithedge_suite::generated::{
    analytics, dia_adapter, errors as e, fee_schedule, governance, insurance_fund, liquidity_pool,
    liquidity_pool_vault, oracle, parameters, pyth_adapter, treasury, upgrade_manager,
};

use crate::bench::Bench;
use crate::governance::{execute, propose};

fn ascii<const N: usize>(text: &str) -> Ascii<N> {
    Ascii::new(text).unwrap()
}

fn answer<F: ContractFunction>(b: &mut Bench, function: F) -> F::Answer {
    let call = function.into_call(&b.suite);
    F::decode(&b.w.read(call.contract.name.as_str(), call.function.as_str(), &call.args)).unwrap()
}

/// One of each, with values that change as little as possible.
fn all(b: &mut Bench) -> Vec<Decision> {
    let someone = Principal::Standard(b.w.stranger);
    let contract = |b: &Bench, name: &str| b.w.vm.contract(name).unwrap();
    let sbtc: ContractId = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse().unwrap();
    let token = Principal::Contract(sbtc.clone());
    let own = |b: &Bench, name: &str| Principal::Contract(contract(b, name));
    let collateral = answer(b, liquidity_pool::GetCollateralToken { token: token.clone() }).unwrap();
    let tier = answer(b, liquidity_pool::GetTier { tier: 2 }).unwrap();
    let bounds = answer(b, oracle::GetBounds {});
    let rules = answer(b, insurance_fund::GetSettings { token: token.clone() });
    let indicators = b.w.read("analytics", "get-indicators", &[]);
    let indicators = List::from_clarity(&indicators).unwrap();
    let governance_target = own(b, "governance");
    vec![
        governance::AssignRole { who: someone.clone(), role: ascii("operator") }.into(),
        governance::RevokeRole { who: someone.clone(), role: ascii("operator") }.into(),
        governance::TransferRole { role: ascii("guardian"), from: someone.clone(), to: someone.clone() }
            .into(),
        governance::SetRolePermissions { role: ascii("operator"), permissions: 0 }.into(),
        governance::SetVotingWeight { who: someone.clone(), weight: 0 }.into(),
        governance::SetSetting { name: ascii("quorum"), value: 200_000 }.into(),
        governance::SetEmergencyAction { target: governance_target, function: ascii("x"), allowed: false }
            .into(),
        governance::MarkCustody { target: own(b, "treasury") }.into(),
        parameters::DefineParameter { name: ascii("bid-spread"), value: 1, min: 0, max: 2 }.into(),
        parameters::SetParameter { name: ascii("bid-spread"), value: 100_000 }.into(),
        parameters::SetParameterBounds { name: ascii("bid-spread"), min: 10_000, max: 500_000 }.into(),
        parameters::SetFlag { name: ascii("sales"), enabled: true }.into(),
        parameters::SetBreaker { id: ascii("sales"), activation_threshold: 0, auto_release: 86_400 }.into(),
        parameters::ReleaseBreaker { id: ascii("sales") }.into(),
        parameters::SetActionRule {
            action: ascii("deposit"),
            flag: ascii("deposits"),
            breakers: List::new(vec![ascii("all")]).unwrap(),
            capacity: 0,
            refill_per_day: 0,
            cooldown: 0,
        }
        .into(),
        parameters::CompleteSetup {}.into(),
        analytics::SetIndicators { new: indicators }.into(),
        oracle::RecordBoundaryPrice { at: 28_800, btc: 1, stx: 1 }.into(),
        oracle::AddReporter { reporter: someone.clone(), weight: 1 }.into(),
        oracle::SetReporter { reporter: someone.clone(), weight: 1, active: true }.into(),
        oracle::RemoveReporter { reporter: someone.clone() }.into(),
        oracle::SetBounds { new: bounds }.into(),
        oracle::SeedVolatility { short: 600_000, long: 600_000 }.into(),
        dia_adapter::SetFeed { feed: own(b, "oracle") }.into(),
        pyth_adapter::SetFeed { feed: own(b, "oracle") }.into(),
        pyth_adapter::SetMaxConfidence { limit: 10_000 }.into(),
        liquidity_pool_vault::SetToken { token: token.clone(), accepted: true }.into(),
        liquidity_pool_vault::SetSbtcTokenPrincipal { token: token.clone() }.into(),
        liquidity_pool_vault::SetBackendPrincipal { backend: own(b, "liquidity-pool") }.into(),
        insurance_fund::SetWithdrawalsFrozen { frozen: false }.into(),
        insurance_fund::SetFundRules { token: token.clone(), rules }.into(),
        insurance_fund::WithdrawSurplus { token: sbtc.clone(), amount: 1, recipient: someone.clone() }.into(),
        insurance_fund::WriteOff { id: 1 }.into(),
        fee_schedule::SetFeeRate { operation: ascii("purchase"), rate: 50_000 }.into(),
        fee_schedule::SetDiscountTiers { tiers: List::default() }.into(),
        treasury::SetToken { token: token.clone(), accepted: true, reserve: 0 }.into(),
        treasury::SetAllocation {
            id: ascii("row"),
            share: 1,
            recipient: someone.clone(),
            active: false,
            description: ascii("a row"),
        }
        .into(),
        treasury::ExecutePayment {
            token: sbtc.clone(),
            amount: 1,
            recipient: someone.clone(),
            reason: ascii("x"),
        }
        .into(),
        treasury::PayCompensation { dispute: 1, token: sbtc.clone(), amount: 1, recipient: someone.clone() }
            .into(),
        treasury::ApproveSwap {
            sell: token.clone(),
            amount: 1,
            buy: own(b, "stx-token"),
            price: 1,
            expires_at: 1,
        }
        .into(),
        treasury::CancelSwap { id: 1 }.into(),
        liquidity_pool::AddCollateralToken {
            token: token.clone(),
            symbol: collateral.symbol,
            decimals: collateral.decimals,
            asset: collateral.asset,
            collateralization_ratio: collateral.collateralization_ratio,
            liquidation_threshold: collateral.liquidation_threshold,
            price_feed: collateral.price_feed,
            min_deposit: collateral.min_deposit,
            min_premium: collateral.min_premium,
            bounty: collateral.bounty,
            active: collateral.active,
        }
        .into(),
        liquidity_pool::SetTier { tier: 2, terms: tier }.into(),
        liquidity_pool::OpenBucket { tier: 2, token: token.clone(), capacity: 1_000_000_000_000 }.into(),
        upgrade_manager::RegisterContract {
            name: ascii("oracle"),
            address: own(b, "oracle"),
            version: ascii("9"),
            upgradeable: true,
            custody: false,
        }
        .into(),
        upgrade_manager::DescribeContract {
            name: ascii("oracle"),
            metadata: ascii("x"),
            custody: false,
            fallback: None,
            dependencies: List::default(),
        }
        .into(),
        upgrade_manager::ProposeUpgrade {
            name: ascii("oracle"),
            address: own(b, "dia-adapter"),
            version: ascii("2"),
            hash: [0; 32].into(),
        }
        .into(),
        upgrade_manager::CancelUpgrade { name: ascii("oracle") }.into(),
        upgrade_manager::RetireVersion { name: ascii("analytics"), address: own(b, "oracle") }.into(),
        upgrade_manager::KillVersion { name: ascii("oracle"), address: own(b, "oracle") }.into(),
        upgrade_manager::SetDelays { normal: 86_400, custody: 604_800, kill: 7_776_000 }.into(),
        upgrade_manager::CompleteMigration { id: 1 }.into(),
        upgrade_manager::RollbackMigration { id: 1 }.into(),
    ]
}

/// Refusals that come before governance is asked, since the function reads its old value first.
const BEFORE: [u128; 1] = [e::UPGRADE_MANAGER_NO_UPGRADE.code()];

#[test]
fn every_decision_is_approved_by_the_hash_that_its_contract_makes() {
    let mut b = Bench::silent().priced();
    let decisions = all(&mut b);
    let names: std::collections::BTreeSet<(&str, &str)> =
        decisions.iter().map(|one| (one.contract().name(), one.function())).collect();
    assert_eq!(names.len(), decisions.len(), "one of each");
    let (deployer, stranger): (Address, Address) = (b.w.deployer, b.w.stranger);
    let not_approved = e::GOVERNANCE_NOT_APPROVED.code();

    // Nobody has voted: none of them is carried out.
    let carry = |b: &mut Bench, decision: &Decision| {
        let call = decision.call(&b.suite);
        let outcome = b.w.call(stranger, call.contract.name.as_str(), call.function.as_str(), &call.args);
        outcome.err_code().ok()
    };
    b.w.vm.snapshot_as("unapproved").unwrap();
    for decision in &decisions {
        let code = carry(&mut b, decision);
        assert!(
            code.is_some_and(|code| code == not_approved || is_earlier(decision, code)),
            "{decision:?}: {code:?}"
        );
        b.w.vm.restore_from("unapproved").unwrap();
    }

    for (place, group) in decisions.chunks(10).enumerate() {
        b.does(deployer, propose(group.to_vec(), false));
        b.wait(86_400);
        let proposal = u128::try_from(place).unwrap() + 1;
        b.does(deployer, Governing::Vote { proposal, ballot: bithedge_engine::intents::Ballot::For });
        b.wait(5 * 86_400);
        b.does(deployer, Governing::Queue(proposal));
        b.wait(2 * 86_400);
        b.w.vm.snapshot_as("approved").unwrap();
        let mut reached = 0;
        for decision in group {
            // The twin and the plan know that it is approved.
            let predicted = b.predict(stranger, &execute(decision.clone()).into());
            assert_ne!(predicted, Some(not_approved), "{decision:?}");
            let code = carry(&mut b, decision);
            assert_ne!(code, Some(not_approved), "{decision:?}: voted on, and not known to its contract");
            reached += 1;
            b.w.vm.restore_from("approved").unwrap();
        }
        assert_eq!(reached, group.len());
    }
    println!("{} decisions", decisions.len());
}

/// Functions that look for what they change before they ask governance.
fn is_earlier(decision: &Decision, code: u128) -> bool {
    BEFORE.contains(&code) && matches!(decision, Decision::CancelUpgrade(_))
        || (code == e::INSURANCE_FUND_UNKNOWN_ACTIVATION.code() && matches!(decision, Decision::WriteOff(_)))
}
