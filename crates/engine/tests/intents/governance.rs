//! Governance: who may what, when; and what a decision moves.

use bithedge_engine::intents::{Ballot, Decision, Governing, Purse, Sentence};
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::{Address, ContractId, Principal, Value};
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{errors as e, governance, insurance_fund, oracle, parameters, treasury};
use bithedge_suite_world::*;

use crate::bench::{Bench, text};

fn ascii<const N: usize>(text: &str) -> Ascii<N> {
    Ascii::new(text).unwrap()
}

pub(crate) fn spread(value: u128) -> Decision {
    parameters::SetParameter { name: ascii("bid-spread"), value }.into()
}

pub(crate) fn propose(decisions: Vec<Decision>, emergency: bool) -> Governing {
    Governing::Propose {
        title: ascii("A change"),
        description: [7; 32],
        uri: ascii("https://example.org"),
        decisions,
        emergency,
    }
}

fn vote(proposal: u128, ballot: Ballot) -> Governing {
    Governing::Vote { proposal, ballot }
}

pub(crate) fn execute(decision: Decision) -> Governing {
    Governing::Execute(Box::new(decision))
}

/// Proposes, votes and queues; the first `id` to be. The deployer has all the weight.
pub(crate) fn pass(b: &mut Bench, id: u128, decisions: Vec<Decision>) {
    let deployer = b.w.deployer;
    b.does(deployer, propose(decisions, false));
    b.wait(DAY);
    b.does(deployer, vote(id, Ballot::For));
    b.wait(5 * DAY);
    b.does(deployer, Governing::Queue(id));
}

pub(crate) fn proposals(b: &mut Bench) {
    let (deployer, ivan, keeper) = (b.w.deployer, b.w.ivan, b.w.keeper);
    let empty = Governing::Propose {
        title: ascii(""),
        description: [0; 32],
        uri: ascii(""),
        decisions: vec![spread(1)],
        emergency: false,
    };
    b.refuses(deployer, empty, e::GOVERNANCE_EMPTY_TITLE);
    b.refuses(deployer, propose(vec![], false), e::GOVERNANCE_NO_ACTIONS);
    b.refuses(deployer, propose(vec![spread(1), spread(1)], false), e::GOVERNANCE_DUPLICATE_ACTION);
    b.refuses(ivan, propose(vec![spread(1)], false), e::GOVERNANCE_MAY_NOT_PROPOSE);
    b.refuses(ivan, propose(vec![spread(1)], true), e::GOVERNANCE_MAY_NOT_PROPOSE);
    b.refuses(keeper, propose(vec![spread(1)], true), e::GOVERNANCE_NOT_EMERGENCY_ACTION);
    let release: Decision = parameters::ReleaseBreaker { id: ascii("sales") }.into();
    b.does(keeper, propose(vec![release], true));
    // By permission, without weight.
    b.rules("governance", "assign-role", &[who(ivan), text("proposer")]);
    b.does(ivan, propose(vec![spread(1)], false));
    b.refuses(ivan, Governing::RenounceRole(ascii("guardian")), e::GOVERNANCE_ROLE_NOT_HELD);
    b.does(ivan, Governing::RenounceRole(ascii("proposer")));
    b.refuses(ivan, propose(vec![spread(1)], false), e::GOVERNANCE_MAY_NOT_PROPOSE);
    // By a part of all weight: just not enough, and just enough.
    b.rules("governance", "set-voting-weight", &[who(deployer), u(9_901)]);
    b.rules("governance", "set-voting-weight", &[who(ivan), u(99)]);
    b.w.vm.advance_stacks(2).unwrap();
    b.refuses(ivan, propose(vec![spread(1)], false), e::GOVERNANCE_MAY_NOT_PROPOSE);
    b.rules("governance", "set-voting-weight", &[who(ivan), u(101)]);
    b.w.vm.advance_stacks(2).unwrap();
    b.does(ivan, propose(vec![spread(1)], false));
}

pub(crate) fn votes(b: &mut Bench) {
    let (deployer, ivan, keeper, stranger) = (b.w.deployer, b.w.ivan, b.w.keeper, b.w.stranger);
    b.refuses(deployer, vote(1, Ballot::For), e::GOVERNANCE_UNKNOWN_PROPOSAL);
    b.refuses(deployer, Governing::Queue(1), e::GOVERNANCE_UNKNOWN_PROPOSAL);
    b.refuses(deployer, Governing::Cancel(1), e::GOVERNANCE_UNKNOWN_PROPOSAL);
    b.does(deployer, propose(vec![spread(120_000)], false));
    b.refuses(deployer, vote(1, Ballot::For), e::GOVERNANCE_NOT_VOTING);
    b.wait(DAY);
    b.refuses(ivan, vote(1, Ballot::Against), e::GOVERNANCE_MAY_NOT_VOTE);
    b.does(deployer, vote(1, Ballot::For));
    b.refuses(deployer, vote(1, Ballot::Abstain), e::GOVERNANCE_ALREADY_VOTED);
    b.refuses(deployer, Governing::Queue(1), e::GOVERNANCE_NOT_SUCCEEDED);
    b.refuses(ivan, Governing::Cancel(1), e::GOVERNANCE_MAY_NOT_CANCEL);
    b.wait(5 * DAY);
    b.refuses(ivan, execute(spread(120_000)), e::GOVERNANCE_NOT_APPROVED);
    b.does(stranger, Governing::Queue(1));
    b.refuses(stranger, Governing::Queue(1), e::GOVERNANCE_NOT_SUCCEEDED);
    b.refuses(ivan, execute(spread(120_000)), e::GOVERNANCE_TIMELOCKED);
    b.refuses(ivan, execute(spread(120_001)), e::GOVERNANCE_NOT_APPROVED);
    b.w.vm.snapshot_as("queued").unwrap();
    b.does(keeper, Governing::Cancel(1));
    b.refuses(keeper, Governing::Cancel(1), e::GOVERNANCE_CLOSED);
    b.refuses(ivan, execute(spread(120_000)), e::GOVERNANCE_PROPOSAL_CANCELLED);
    b.w.vm.restore_from("queued").unwrap();
    b.wait(2 * DAY);
    b.w.vm.snapshot_as("due").unwrap();
    b.does(ivan, execute(spread(120_000)));
    b.refuses(ivan, execute(spread(120_000)), e::GOVERNANCE_NOT_APPROVED);
    b.refuses(deployer, Governing::Cancel(1), e::GOVERNANCE_CLOSED);
    b.w.vm.restore_from("due").unwrap();
    b.wait(15 * DAY);
    b.refuses(ivan, execute(spread(120_000)), e::GOVERNANCE_APPROVAL_EXPIRED);
}

/// The same action in two proposals; the removal of a role, which guardians cannot cancel.
pub(crate) fn two_proposals(b: &mut Bench) {
    let (deployer, keeper) = (b.w.deployer, b.w.keeper);
    let revoke: Decision =
        governance::RevokeRole { who: Principal::Standard(keeper), role: ascii("guardian") }.into();
    b.does(deployer, propose(vec![spread(120_000)], false));
    b.does(deployer, propose(vec![spread(120_000)], false));
    b.does(deployer, propose(vec![revoke], false));
    b.refuses(keeper, Governing::Cancel(3), e::GOVERNANCE_MAY_NOT_CANCEL);
    b.wait(DAY);
    for id in [1, 2] {
        b.does(deployer, vote(id, Ballot::For));
    }
    b.does(deployer, vote(3, Ballot::Against));
    b.wait(5 * DAY);
    b.does(deployer, Governing::Queue(1));
    b.refuses(deployer, Governing::Queue(2), e::GOVERNANCE_ACTION_PENDING);
    b.refuses(deployer, Governing::Queue(3), e::GOVERNANCE_NOT_SUCCEEDED);
    b.refuses(deployer, Governing::Cancel(3), e::GOVERNANCE_CLOSED);
    b.does(deployer, Governing::Cancel(1));
    b.does(deployer, Governing::Queue(2));
}

pub(crate) fn guardians(b: &mut Bench) {
    let (keeper, ivan, deployer) = (b.w.keeper, b.w.ivan, b.w.deployer);
    let trip = |id| Governing::TripBreaker { breaker: ascii(id), reason: ascii("test") };
    let release = |id| Governing::ReleaseBreaker(ascii(id));
    b.refuses(ivan, trip("sales"), e::PARAMETERS_NOT_AUTHORISED);
    b.refuses(keeper, trip("nothing"), e::PARAMETERS_UNKNOWN_BREAKER);
    b.refuses(keeper, release("nothing"), e::PARAMETERS_UNKNOWN_BREAKER);
    b.does(keeper, trip("sales"));
    b.refuses(ivan, release("sales"), e::GOVERNANCE_NOT_APPROVED);
    b.does(keeper, release("sales"));
    b.refuses(keeper, release("sales"), e::PARAMETERS_NOT_TRIPPED);
    b.refuses(deployer, release("all"), e::PARAMETERS_NOT_TRIPPED);
    b.refuses(keeper, release("all"), e::GOVERNANCE_NOT_APPROVED);
    b.refuses(ivan, Governing::FreezeFundWithdrawals, e::GOVERNANCE_NOT_APPROVED);
    b.does(keeper, Governing::FreezeFundWithdrawals);
    b.refuses(ivan, Governing::FreezeFundWithdrawals, e::GOVERNANCE_NOT_APPROVED);
    // The fast track: two guardians of three.
    b.rules("governance", "assign-role", &[who(ivan), text("guardian")]);
    b.w.vm.advance_stacks(2).unwrap();
    let [reporter, ..] = b.w.reporters;
    let remove: Decision = oracle::RemoveReporter { reporter: Principal::Standard(reporter) }.into();
    b.does(keeper, propose(vec![remove.clone()], true));
    b.refuses(deployer, vote(1, Ballot::For), e::GOVERNANCE_MAY_NOT_VOTE);
    b.does(keeper, vote(1, Ballot::For));
    b.does(ivan, vote(1, Ballot::For));
    b.wait(6 * 3_600);
    b.does(ivan, Governing::Queue(1));
    b.wait(3_600);
    b.does(ivan, execute(remove));
}

/// What decisions pay, carried out by somebody who governs nothing.
pub(crate) fn payments(b: &mut Bench) {
    let (ivan, peter, stranger) = (b.w.ivan, b.w.peter, b.w.stranger);
    let token: ContractId = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse().unwrap();
    let to = |address: Address| Principal::Standard(address);
    let pay = |amount: u128| -> Decision {
        let (token, reason) = (token.clone(), ascii("work"));
        treasury::ExecutePayment { token, amount, recipient: to(ivan), reason }.into()
    };
    let compensate = |dispute: u128| -> Decision {
        let token = token.clone();
        treasury::PayCompensation { dispute, token, amount: 500, recipient: to(ivan) }.into()
    };
    let fund = Principal::Contract(b.w.vm.contract("insurance-fund").unwrap());
    let give: Decision = treasury::ExecutePayment {
        token: token.clone(),
        amount: 700,
        recipient: fund.clone(),
        reason: ascii("cover"),
    }
    .into();
    let surplus = |amount: u128| -> Decision {
        insurance_fund::WithdrawSurplus { token: token.clone(), amount, recipient: to(ivan) }.into()
    };
    let decisions = vec![
        pay(1_000),
        pay(1_000_000_000),
        compensate(1),
        give.clone(),
        surplus(400),
        surplus(0),
        surplus(1_000_000_000_000),
    ];
    // A proposal carries a hash of what it pays: the figures are said.
    let deployer = b.w.deployer;
    let plan = b.plan(deployer, &propose(decisions.clone(), false).into()).unwrap();
    for (amount, from, to) in [
        (1_000, Purse::Treasury, to(ivan)),
        (700, Purse::Treasury, fund.clone()),
        (400, Purse::Fund, to(ivan)),
    ] {
        let pays = Sentence::WouldPay { asset: Asset::Sbtc, amount: TokenAmount::new(amount), from, to };
        assert!(plan.sentences.contains(&pays), "{pays:?}");
    }
    let words: Vec<String> = plan.sentences.iter().map(|one| one.in_english(|_| None)).collect();
    let told = format!(
        "Decides execute-payment of treasury: token '{token}, amount u1000, recipient '{ivan}, reason \"work\"."
    );
    assert!(words.contains(&told), "{words:#?}");
    pass(b, 1, decisions);
    b.wait(2 * DAY);
    b.refuses(stranger, execute(pay(1_000)), e::TREASURY_INSUFFICIENT_AVAILABLE);
    let own = Value::from(b.w.vm.contract("treasury").unwrap());
    b.by(peter, &token.to_string(), "transfer", &[u(10_000), who(peter), own, Value::Optional(None)]);
    let sbtc = b.w.sbtc.clone();
    b.by(peter, "treasury", "book-surplus", std::slice::from_ref(&sbtc));
    b.refuses(stranger, execute(pay(1_000_000_000)), e::TREASURY_INSUFFICIENT_AVAILABLE);
    let held = b.w.sats(ivan);
    let plan = b.plan(ivan, &execute(pay(1_000)).into()).unwrap();
    assert_eq!(plan.arrives, [(Asset::Sbtc, TokenAmount::new(1_000))]);
    b.does(stranger, execute(pay(1_000)));
    b.does(stranger, execute(compensate(1)));
    assert_eq!(b.w.sats(ivan) - held, 1_500);
    let before = b.w.vm.balances(&fund).unwrap().sats;
    b.does(stranger, execute(give));
    assert_eq!(b.w.vm.balances(&fund).unwrap().sats - before, 700);

    b.refuses(stranger, execute(surplus(0)), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.refuses(stranger, execute(surplus(1_000_000_000_000)), e::INSURANCE_FUND_INSUFFICIENT_FUND);
    b.refuses(stranger, execute(surplus(400)), e::INSURANCE_FUND_BELOW_TARGET);
    let keeper = b.w.keeper;
    b.w.vm.snapshot_as("thawed").unwrap();
    b.does(keeper, Governing::FreezeFundWithdrawals);
    b.refuses(stranger, execute(surplus(400)), e::INSURANCE_FUND_WITHDRAWALS_FROZEN);
    b.w.vm.restore_from("thawed").unwrap();
    let rules = b.w.read("insurance-fund", "get-settings", std::slice::from_ref(&sbtc));
    let rules = crate::bench::with(&rules, [("min-size", u(0)), ("target-ratio", u(0))]);
    b.rules("insurance-fund", "set-fund-rules", &[sbtc, rules]);
    b.does(stranger, execute(surplus(400)));
    // The dispute was compensated.
    pass(b, 2, vec![compensate(1)]);
    b.wait(2 * DAY);
    b.refuses(stranger, execute(compensate(1)), e::TREASURY_ALREADY_COMPENSATED);
}
