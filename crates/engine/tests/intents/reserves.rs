//! The treasury and the insurance fund.

use bithedge_engine::intents::Reserves;
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::bench::{Bench, text, truth, with};
use crate::protection::{buy, order};

fn contribute(asset: Asset, amount: u128) -> Reserves {
    Reserves::Contribute { asset, amount: TokenAmount::new(amount) }
}

fn recover(activation: u128, asset: Asset, amount: u128) -> Reserves {
    Reserves::Recover { activation, asset, amount: TokenAmount::new(amount) }
}

pub(crate) fn allocation(asset: Asset, to: impl Into<Principal>) -> Reserves {
    Reserves::ClaimAllocation { asset, to: to.into() }
}

/// sBTC from one address to another.
fn send_sbtc(b: &mut Bench, from: Address, to: Value, amount: u128) {
    let sbtc = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
    b.by(from, sbtc, "transfer", &[u(amount), who(from), to, Value::Optional(None)]);
}

pub(crate) fn fees(b: &mut Bench) {
    let (peter, ivan, stranger) = (b.w.peter, b.w.ivan, b.w.stranger);
    let fund = Principal::Contract(b.w.vm.contract("insurance-fund").unwrap());
    let own = Principal::Contract(b.w.vm.contract("treasury").unwrap());
    b.refuses(stranger, Reserves::Distribute(Asset::Sbtc), e::TREASURY_NOTHING_DUE);
    b.refuses(stranger, allocation(Asset::Sbtc, ivan), e::TREASURY_NOTHING_DUE);
    b.refuses(stranger, Reserves::BookTreasurySurplus(Asset::Sbtc), e::TREASURY_NOTHING_DUE);
    let row = [text("ivan"), u(200_000), who(ivan), truth(true), text("a part")];
    b.rules("treasury", "set-allocation", &row);
    let expiry = b.w.expiry(21);
    b.does(peter, buy(order(Asset::Sbtc, 2, 90_000 * USD, expiry, 3 * BTC)));
    let before = b.w.vm.balances(&fund).unwrap().sats;
    let plan = b.plan(stranger, &Reserves::Distribute(Asset::Sbtc).into()).unwrap();
    b.does(stranger, Reserves::Distribute(Asset::Sbtc));
    let arrived = b.w.vm.balances(&fund).unwrap().sats - before;
    assert!(arrived > 0 && plan.conditions.len() == 1);
    let condition = format!("{:?}", plan.conditions);
    assert!(condition.contains(&format!("amount: {arrived}")), "{condition}");
    b.refuses(stranger, Reserves::Distribute(Asset::Sbtc), e::TREASURY_NOTHING_DUE);
    let (plan, held) = (b.plan(ivan, &allocation(Asset::Sbtc, ivan).into()).unwrap(), b.w.sats(ivan));
    b.does(stranger, allocation(Asset::Sbtc, ivan));
    assert_eq!(plan.arrives, [(Asset::Sbtc, TokenAmount::new(b.w.sats(ivan) - held))]);
    send_sbtc(b, peter, Value::Principal(own), 1_000);
    b.does(stranger, Reserves::BookTreasurySurplus(Asset::Sbtc));
    send_sbtc(b, peter, Value::Principal(fund), 1_000);
    b.does(stranger, Reserves::BookFundSurplus(Asset::Sbtc));
}

/// The fund does not take a token when its part falls due, so that the part waits as a credit.
pub(crate) fn a_fund_that_takes_nothing(b: &mut Bench) {
    let (peter, stranger) = (b.w.peter, b.w.stranger);
    let sbtc = b.w.sbtc.clone();
    let fund = Principal::Contract(b.w.vm.contract("insurance-fund").unwrap());
    let rules = b.w.read("insurance-fund", "get-settings", std::slice::from_ref(&sbtc));
    let rules = with(&rules, [("accepted", truth(false))]);
    b.rules("insurance-fund", "set-fund-rules", &[sbtc.clone(), rules.clone()]);
    b.refuses(stranger, contribute(Asset::Sbtc, 1), e::INSURANCE_FUND_TOKEN_NOT_ACCEPTED);
    b.refuses(stranger, Reserves::BookFundSurplus(Asset::Sbtc), e::INSURANCE_FUND_TOKEN_NOT_ACCEPTED);
    b.refuses(stranger, Reserves::ReportFundHealth(Asset::Sbtc), e::INSURANCE_FUND_TOKEN_NOT_ACCEPTED);
    let expiry = b.w.expiry(21);
    b.does(peter, buy(order(Asset::Sbtc, 2, 90_000 * USD, expiry, 3 * BTC)));
    let plan = b.plan(stranger, &Reserves::Distribute(Asset::Sbtc).into()).unwrap();
    assert!(plan.conditions.is_empty());
    b.does(stranger, Reserves::Distribute(Asset::Sbtc));
    b.refuses(stranger, allocation(Asset::Sbtc, fund.clone()), e::INSURANCE_FUND_TOKEN_NOT_ACCEPTED);
    let rules = with(&rules, [("accepted", truth(true))]);
    b.rules("insurance-fund", "set-fund-rules", &[sbtc, rules]);
    b.does(stranger, allocation(Asset::Sbtc, fund));
}

pub(crate) fn contributions(b: &mut Bench) {
    let (peter, deployer) = (b.w.peter, b.w.deployer);
    b.refuses(peter, contribute(Asset::Sbtc, 0), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.refuses(peter, contribute(Asset::Sbtc, u128::MAX), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.refuses(deployer, contribute(Asset::Sbtc, 1), bithedge_suite::ContractError::new(1));
    b.refuses(peter, contribute(Asset::Stx, 200_000_000 * STX), e::STX_TOKEN_INSUFFICIENT_BALANCE);
    b.does(peter, contribute(Asset::Sbtc, BTC));
    b.does(peter, contribute(Asset::Stx, STX));
    b.refuses(peter, Reserves::BookFundSurplus(Asset::Sbtc), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.does(peter, Reserves::ReportFundHealth(Asset::Sbtc));
    b.refuses(peter, recover(1, Asset::Sbtc, 1), e::INSURANCE_FUND_UNKNOWN_ACTIVATION);
}

/// The fund paid for a short expiry; what comes back of it is paid in.
pub(crate) fn recoveries(b: &mut Bench) {
    let (peter, keeper, expiry) = (b.w.peter, b.w.keeper, b.w.expiry(2));
    b.does(peter, contribute(Asset::Stx, 1_000_000 * STX));
    for _ in 0..4 {
        b.does(peter, buy(order(Asset::Stx, 2, 90_000 * USD, expiry, 3 * BTC)));
    }
    while b.w.stx_price > USD / 5 {
        b.w.stx_price = (b.w.stx_price * 92 / 100).max(USD / 5);
        b.w.btc_price = (b.w.btc_price * 96 / 100).max(50_000 * USD);
        b.w.vm.advance_burn(1).unwrap();
        b.w.report();
    }
    b.w.run_to(expiry);
    let stx = b.w.stx.clone();
    b.by(keeper, "policy-registry", "settle-expiry", &[u(BALANCED), stx, u(expiry.into())]);
    let paid = b.w.read("insurance-fund", "get-activation", &[u(1)]);
    let paid = num(paid.as_optional().unwrap().unwrap(), "paid");
    assert!(paid > 0);
    b.refuses(peter, recover(1, Asset::Sbtc, 1), e::INSURANCE_FUND_WRONG_TOKEN);
    b.refuses(peter, recover(1, Asset::Stx, 0), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.refuses(peter, recover(1, Asset::Stx, paid + 1), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.does(peter, recover(1, Asset::Stx, paid - 1));
    b.refuses(peter, recover(1, Asset::Stx, 2), e::INSURANCE_FUND_INVALID_AMOUNT);
    b.rules("insurance-fund", "write-off", &[u(1)]);
    b.refuses(peter, recover(1, Asset::Stx, 1), e::INSURANCE_FUND_WRITTEN_OFF);
}

pub(crate) fn swaps(b: &mut Bench) {
    let (peter, deployer) = (b.w.peter, b.w.deployer);
    let (sbtc, stx) = (b.w.sbtc.clone(), b.w.stx.clone());
    let own = Value::from(b.w.vm.contract("treasury").unwrap());
    let fill = |swap, gives, takes| Reserves::FillSwap {
        swap,
        gives,
        amount: TokenAmount::new(BTC),
        takes,
        price: TokenAmount::new(90_000 * STX),
    };
    let good = || fill(1, Asset::Sbtc, Asset::Stx);
    b.refuses(peter, good(), e::TREASURY_UNKNOWN_SWAP);
    let until = b.now() + DAY;
    let terms = [sbtc.clone(), u(BTC), stx.clone(), u(90_000 * STX), u(until.into())];
    b.rules("treasury", "approve-swap", &terms);
    b.refuses(peter, good(), e::TREASURY_INSUFFICIENT_AVAILABLE);
    send_sbtc(b, peter, own, BTC);
    b.does(peter, Reserves::BookTreasurySurplus(Asset::Sbtc));
    b.refuses(peter, fill(1, Asset::Stx, Asset::Sbtc), e::TREASURY_INVALID_SWAP);
    // Other terms than were shown.
    let other = Reserves::FillSwap {
        swap: 1,
        gives: Asset::Sbtc,
        amount: TokenAmount::new(BTC),
        takes: Asset::Stx,
        price: TokenAmount::new(1),
    };
    assert!(b.plan(peter, &other.into()).is_err());
    b.rules("treasury", "set-token", &[sbtc.clone(), truth(true), u(1)]);
    b.refuses(peter, good(), e::TREASURY_INSUFFICIENT_AVAILABLE);
    b.rules("treasury", "set-token", &[sbtc.clone(), truth(true), u(0)]);
    b.w.vm.snapshot_as("offer").unwrap();
    b.does(peter, good());
    b.refuses(peter, good(), e::TREASURY_UNKNOWN_SWAP);
    b.w.vm.restore_from("offer").unwrap();
    let terms = [sbtc, u(1), stx, u(200_000_000 * STX), u(until.into())];
    b.rules("treasury", "approve-swap", &terms);
    b.refuses(deployer, fill(2, Asset::Sbtc, Asset::Stx), e::STX_TOKEN_INSUFFICIENT_BALANCE);
    b.wait(DAY);
    b.refuses(peter, good(), e::TREASURY_SWAP_EXPIRED);
}
