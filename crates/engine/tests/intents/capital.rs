//! Capital: every refusal that a provider can meet.

use bithedge_engine::intents::{BucketId, Capital, Recipient, Refusal, Sentence, State};
use bithedge_protocol::pool::Shares;
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::bench::{Bench, text, truth};
use crate::protection::{buy, order, set_token};

pub(crate) const SBTC: BucketId = BucketId { tier: 2, asset: Asset::Sbtc };
pub(crate) const STX_BUCKET: BucketId = BucketId { tier: 2, asset: Asset::Stx };
const NOWHERE: BucketId = BucketId { tier: 7, asset: Asset::Sbtc };

pub(crate) fn commit(bucket: BucketId, amount: u128) -> Capital {
    Capital::Commit { bucket, amount: TokenAmount::new(amount) }
}

pub(crate) fn withdraw(bucket: BucketId, shares: u128) -> Capital {
    Capital::RequestWithdrawal { bucket, shares: Shares::new(shares) }
}

pub(crate) fn leave_dead(bucket: BucketId, shares: u128) -> Capital {
    Capital::LeaveDeadBucket { bucket, shares: Shares::new(shares) }
}

pub(crate) fn claim(bucket: BucketId) -> Capital {
    Capital::ClaimWithdrawal { bucket, to: Recipient::Ours }
}

fn shares(b: &mut Bench, account: bithedge_stacks::Address) -> u128 {
    let sbtc = b.w.sbtc.clone();
    num(&b.w.position(BALANCED, &sbtc, account), "shares")
}

pub(crate) fn deposits(b: &mut Bench) {
    let (ivan, deployer) = (b.w.ivan, b.w.deployer);
    b.refuses(ivan, commit(SBTC, 0), e::LIQUIDITY_POOL_AMOUNT);
    b.refuses(ivan, commit(SBTC, 99_999), e::LIQUIDITY_POOL_AMOUNT);
    b.refuses(ivan, commit(NOWHERE, BTC), e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
    b.refuses(ivan, commit(SBTC, 1_000_000_000_000_001), e::LIQUIDITY_POOL_DEPOSIT_CAPACITY);
    b.refuses(deployer, commit(SBTC, BTC), bithedge_suite::ContractError::new(1));
    let stx = b.w.stx.clone();
    b.rules("liquidity-pool", "open-bucket", &[u(BALANCED), stx, u(500_000_000 * STX)]);
    b.refuses(ivan, commit(STX_BUCKET, 100_000_001 * STX), e::STX_TOKEN_INSUFFICIENT_BALANCE);
    b.does(ivan, commit(SBTC, 100_000));
    b.does(ivan, commit(SBTC, 100_000));
    is_told_by_its_name(b, ivan);
    let sbtc = b.w.sbtc.clone();
    let bucket = b.w.bucket(BALANCED, &sbtc);
    let sum = num(&bucket, "assets") + num(&bucket, "deposits-now");
    b.rules("liquidity-pool", "open-bucket", &[u(BALANCED), sbtc, u(sum + 100_000)]);
    let bounty = 50;
    b.refuses(ivan, commit(SBTC, 100_001 + bounty), e::LIQUIDITY_POOL_DEPOSIT_CAPACITY);
    b.does(ivan, commit(SBTC, 100_000 + bounty));
}

/// What is signed names the tier as the chain does, not by its number, and says first where the capital goes.
fn is_told_by_its_name(b: &mut Bench, who: bithedge_stacks::Address) {
    let intent = bithedge_engine::intents::Intent::from(commit(SBTC, 100_000));
    let question = |state: &State| match intent.plan(state) {
        Err(Refusal::Unknown(unknown)) => Err(unknown),
        plan => Ok(plan),
    };
    let (plan, state) = b.ask(who, question);
    let words = plan.unwrap().into_prepared(&state).unwrap().words;
    assert!(words[0].contains("becomes capital of the Balanced tier in sBTC"), "{words:#?}");
    assert!(!words.iter().any(|one| one.contains("tier 2")), "{words:#?}");
}

pub(crate) fn deposits_stopped(b: &mut Bench) {
    let (ivan, keeper, sbtc) = (b.w.ivan, b.w.keeper, b.w.sbtc.clone());
    b.w.vm.snapshot_as("open").unwrap();
    b.by(keeper, "parameters", "trip-breaker", &[text("deposits"), text("test")]);
    b.refuses(ivan, commit(SBTC, BTC), e::PARAMETERS_BREAKER_TRIPPED);
    b.rules("parameters", "set-flag", &[text("deposits"), truth(false)]);
    b.refuses(ivan, commit(SBTC, BTC), e::PARAMETERS_FLAG_OFF);
    b.w.vm.restore_from("open").unwrap();
    b.rules("liquidity-pool-vault", "set-token", &[sbtc.clone(), truth(false)]);
    b.refuses(ivan, commit(SBTC, BTC), e::LIQUIDITY_POOL_VAULT_TOKEN_NOT_ACCEPTED);
    set_token(b, &sbtc, [("active", truth(false))]);
    b.refuses(ivan, commit(SBTC, BTC), e::LIQUIDITY_POOL_TOKEN_INACTIVE);
}

pub(crate) fn taking_back(b: &mut Bench) {
    let (ivan, irene, sbtc) = (b.w.ivan, b.w.irene, b.w.sbtc.clone());
    b.refuses(ivan, Capital::CancelDeposit(NOWHERE), e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
    b.refuses(ivan, Capital::CancelDeposit(SBTC), e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
    b.refuses(irene, Capital::CancelWithdrawal(SBTC), e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
    b.does(ivan, commit(SBTC, BTC));
    b.does(ivan, Capital::CancelDeposit(SBTC));
    b.refuses(ivan, Capital::CancelDeposit(SBTC), e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
    b.does(ivan, claim(SBTC));
    b.does(ivan, commit(SBTC, BTC));
    b.does(irene, withdraw(SBTC, 1_000_000));
    b.does(irene, Capital::CancelWithdrawal(SBTC));
    b.does(irene, withdraw(SBTC, 1_000_000));
    let due = u64::try_from(num(&b.w.bucket(BALANCED, &sbtc), "due")).unwrap();
    // The last moment, and the one after it.
    b.w.vm.advance_to(due - 3_600).unwrap();
    b.w.vm.snapshot_as("last moment").unwrap();
    if b.now() + 3_600 <= due {
        b.does(ivan, Capital::CancelDeposit(SBTC));
        b.does(irene, Capital::CancelWithdrawal(SBTC));
    }
    b.w.vm.restore_from("last moment").unwrap();
    b.w.vm.advance_to(due - 3_590).unwrap();
    b.refuses(ivan, Capital::CancelDeposit(SBTC), e::LIQUIDITY_POOL_REQUESTS_CLOSED);
    b.refuses(irene, Capital::CancelWithdrawal(SBTC), e::LIQUIDITY_POOL_REQUESTS_CLOSED);
    // What is asked for now belongs to the close after it, and can be taken back.
    b.does(ivan, commit(SBTC, BTC));
    b.does(irene, withdraw(SBTC, 1_000_000));
    b.does(ivan, Capital::CancelDeposit(SBTC));
    b.does(irene, Capital::CancelWithdrawal(SBTC));
}

pub(crate) fn leaving(b: &mut Bench) {
    let (irene, ivan) = (b.w.irene, b.w.ivan);
    let held = shares(b, irene);
    b.refuses(irene, withdraw(SBTC, 0), e::LIQUIDITY_POOL_AMOUNT);
    b.refuses(irene, withdraw(SBTC, held + 1), e::LIQUIDITY_POOL_INSUFFICIENT_SHARES);
    b.refuses(ivan, withdraw(SBTC, 1), e::LIQUIDITY_POOL_INSUFFICIENT_SHARES);
    b.refuses(irene, withdraw(NOWHERE, 1), e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
    b.refuses(irene, Capital::ClaimYield(SBTC), e::LIQUIDITY_POOL_NO_YIELD);
    b.refuses(
        irene,
        Capital::ClaimYield(BucketId { tier: 3, asset: Asset::Sbtc }),
        e::LIQUIDITY_POOL_NO_YIELD,
    );
    b.refuses(irene, claim(SBTC), e::LIQUIDITY_POOL_NOTHING_TO_CLAIM);
    b.does(irene, withdraw(SBTC, held));
    b.w.next_boundary();
    let sbtc = b.w.sbtc.clone();
    b.w.close(BALANCED, &sbtc).ok().unwrap();
    let before = b.w.sats(irene);
    let plan = b.plan(irene, &claim(SBTC).into()).unwrap();
    b.does(irene, claim(SBTC));
    let paid = TokenAmount::new(b.w.sats(irene) - before);
    assert_eq!(plan.arrives, [(Asset::Sbtc, paid)]);
    // The first thing that is said is what it pays, and to whom.
    assert_eq!(plan.sentences[0], Sentence::PaysSetAside { asset: Asset::Sbtc, amount: paid, of: None });
    assert!(!plan.sentences.contains(&Sentence::CapitalAtRisk(Asset::Sbtc)));
    b.refuses(irene, claim(SBTC), e::LIQUIDITY_POOL_NOTHING_TO_CLAIM);
}

pub(crate) fn yields(b: &mut Bench) {
    let (peter, irene, expiry) = (b.w.peter, b.w.irene, b.w.expiry(2));
    b.does(peter, buy(order(Asset::Sbtc, 2, 92_500 * USD - 2_500 * USD, expiry, 5 * BTC)));
    let sbtc = b.w.sbtc.clone();
    b.w.run_to(expiry);
    let keeper = b.w.keeper;
    b.by(keeper, "policy-registry", "settle-expiry", &[u(BALANCED), sbtc.clone(), u(expiry.into())]);
    b.w.close(BALANCED, &sbtc).ok().unwrap();
    b.does(irene, Capital::ClaimYield(SBTC));
    b.refuses(irene, Capital::ClaimYield(SBTC), e::LIQUIDITY_POOL_NO_YIELD);
}

pub(crate) fn dead_buckets(b: &mut Bench) {
    let (irene, ivan) = (b.w.irene, b.w.ivan);
    b.refuses(irene, leave_dead(SBTC, 1_000), e::LIQUIDITY_POOL_CLOSES_RUNNING);
    b.refuses(irene, leave_dead(STX_BUCKET, 1_000), e::LIQUIDITY_POOL_NOT_SBTC);
    b.refuses(irene, leave_dead(NOWHERE, 1_000), e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
    b.does(ivan, commit(SBTC, BTC));
    let (peter, expiry) = (b.w.peter, b.w.expiry(21));
    b.does(peter, buy(order(Asset::Sbtc, 2, 90_000 * USD, expiry, 5 * BTC)));
    b.wait(4 * DAY);
    b.does(ivan, Capital::CancelDeposit(SBTC));
    let held = shares(b, irene);
    // What the locks hold is given up, and the figures show it; for nothing at all nobody gives up shares.
    let plan = b.plan(irene, &leave_dead(SBTC, held).into()).unwrap();
    let told = plan.sentences.iter().find_map(|one| match one {
        Sentence::GivesUpShares { paid, worth, .. } => Some((*paid, *worth)),
        _ => None,
    });
    let (paid, worth) = told.unwrap();
    assert!(worth.base_units() * 2 > paid.base_units() * 3, "{paid:?} of {worth:?}");
    let nothing = b.plan(irene, &leave_dead(SBTC, 1_000).into()).unwrap_err();
    assert!(matches!(nothing, Refusal::Nothing { .. }), "{nothing:?}");
    b.refuses(irene, leave_dead(SBTC, 0), e::LIQUIDITY_POOL_AMOUNT);
    b.refuses(irene, leave_dead(SBTC, held + 1), e::LIQUIDITY_POOL_INSUFFICIENT_SHARES);
    b.does(irene, leave_dead(SBTC, held));
    let plan = b.plan(irene, &claim(SBTC).into()).unwrap();
    let before = b.w.sats(irene);
    b.does(irene, claim(SBTC));
    assert_eq!(plan.arrives, [(Asset::Sbtc, TokenAmount::new(b.w.sats(irene) - before))]);
    assert_eq!(plan.arrives, [(Asset::Sbtc, paid)]);
}

/// What a close keeps of an exit is said, by the rule that the close goes by.
pub(crate) fn exit_fees(b: &mut Bench) {
    let (irene, peter, sbtc) = (b.w.irene, b.w.peter, b.w.sbtc.clone());
    let held = shares(b, irene);
    let told = |b: &mut Bench, bucket| {
        let plan = b.plan(irene, &withdraw(bucket, held / 10).into()).unwrap();
        let worth = plan.sentences.iter().find_map(|one| match one {
            Sentence::Shares { worth, .. } => Some(*worth),
            _ => None,
        });
        let fee = plan.sentences.iter().find_map(|one| match one {
            Sentence::ExitFee { rate, fee, .. } => Some((*rate, *fee)),
            _ => None,
        });
        let (rate, fee) = fee.unwrap();
        (worth.unwrap().base_units(), rate.base_units(), fee.base_units())
    };
    // Nothing but a rounding changes before the close: it keeps that.
    b.w.vm.snapshot_as("unused").unwrap();
    let (worth, rate, fee) = told(b, SBTC);
    assert!(rate > 0 && fee > 0);
    b.does(irene, withdraw(SBTC, held / 10));
    b.w.next_boundary();
    b.w.close(BALANCED, &sbtc).ok().unwrap();
    let before = b.w.sats(irene);
    b.does(irene, claim(SBTC));
    assert!((b.w.sats(irene) - before).abs_diff(worth - fee) <= 1, "{worth} less {fee}");
    b.w.vm.restore_from("unused").unwrap();
    // It grows with the bucket's use, of STX by the dollars that are promised.
    let expiry = b.w.expiry(21);
    for (bucket, token) in [(SBTC, sbtc), (STX_BUCKET, b.w.stx.clone())] {
        let (_, unused, _) = told(b, bucket);
        b.does(peter, buy(order(bucket.asset, 2, 90_000 * USD, expiry, 5 * BTC)));
        let (_, used, _) = told(b, bucket);
        let (found, terms) = (b.w.bucket(BALANCED, &token), b.w.read("liquidity-pool", "get-tier", &[u(2)]));
        let terms = terms.as_optional().unwrap().unwrap().clone();
        let needed = match bucket.asset {
            Asset::Sbtc => num(&found, "locked"),
            // An STX costs a dollar.
            Asset::Stx => num(&found, "locked").max((num(&found, "required") * 1_000_000).div_ceil(USD)),
        };
        let part = needed * 1_000_000 / num(&found, "assets");
        assert_eq!(used, num(&terms, "exit-fee") + num(&terms, "exit-fee-slope") * part / 1_000_000);
        assert!(used > unused, "{bucket:?}");
    }
}

pub(crate) fn a_pool_that_only_runs_off(b: &mut Bench) {
    let (irene, ivan) = (b.w.irene, b.w.ivan);
    b.does(ivan, commit(SBTC, BTC));
    b.does(ivan, Capital::CancelDeposit(SBTC));
    let pool = bithedge_stacks::Value::from(b.w.vm.contract("liquidity-pool").unwrap());
    b.rules("upgrade-manager", "retire-version", &[text("liquidity-pool"), pool.clone()]);
    b.refuses(irene, commit(SBTC, BTC), e::LIQUIDITY_POOL_VAULT_NOT_BACKEND);
    b.w.vm.snapshot_as("retiring").unwrap();
    b.does(ivan, claim(SBTC));
    b.w.vm.restore_from("retiring").unwrap();
    b.wait(91 * DAY);
    b.rules("upgrade-manager", "kill-version", &[text("liquidity-pool"), pool]);
    b.refuses(ivan, claim(SBTC), e::LIQUIDITY_POOL_VAULT_NOT_BACKEND);
    b.w.report();
    b.refuses(irene, commit(SBTC, BTC), e::PARAMETERS_NOT_AUTHORISED);
}
