//! The treasury and the fee schedule: fees and discounts, distribution, governed payments, swaps, and tokens that fight back.

use crate::custody::Custody;

mod fees;
mod money;

const INVALID_AMOUNT: u128 = 1_640_001;
const INVALID_SETTING: u128 = 1_640_002;
const INVALID_SWAP: u128 = 1_640_003;
const INSUFFICIENT: u128 = 1_640_201;
const NOT_SUITE: u128 = 1_640_301;
const NOT_PAYER: u128 = 1_640_302;
const TRANSFER_FAILED: u128 = 1_640_303;
const UNKNOWN_OPERATION: u128 = 2_940_401;
const FEE_INVALID_AMOUNT: u128 = 2_940_001;
const FEE_INVALID_SETTING: u128 = 2_940_002;
const FEE_NOT_SUITE: u128 = 2_940_301;
const NOT_ACCEPTED: u128 = 1_640_402;
const UNKNOWN_SWAP: u128 = 1_640_403;
const NOTHING_DUE: u128 = 1_640_901;
const ALREADY_COMPENSATED: u128 = 1_640_902;
const SWAP_EXPIRED: u128 = 1_640_903;
const TOO_MANY: u128 = 1_642_301;
const NOT_APPROVED: u128 = 1_140_301;
const MAX: &str = "u340282366920938463463374607431768211455";
const DAY: u64 = 86_400;

fn ready() -> Custody {
    let mut custody = Custody::ready();
    custody.watch(&["#sbtc", ".stx-token", ".fake-token"], &["@wallet_1", "@wallet_2", ".insurance-fund"]);
    custody
}

/// To the first second of the next 30-day period.
fn next_period(c: &mut Custody) {
    let now = c.session.now().unwrap();
    c.session.advance_to((now / (30 * DAY) + 1) * 30 * DAY).unwrap();
}

fn parts(c: &mut Custody, token: &str) -> [u128; 5] {
    let value = c.read(&format!("treasury get-treasury-balances {token}"));
    let read = |name: &str| value.field(name).unwrap().as_uint().unwrap();
    let [undistributed, allocated, reserved, available, total] =
        ["undistributed", "allocated", "reserved", "available", "total"].map(read);
    assert_eq!(undistributed + allocated + reserved + available, total, "the parts add up");
    [undistributed, allocated, reserved, available, total]
}

/// Fees of `amount` in the treasury, by a fee of 20 % on five times as much.
fn collect(c: &mut Custody, token: &str, amount: u128) {
    c.ok("deployer", "fee-schedule set-fee-rate \"test\" u200000");
    c.ok("wallet_1", &format!("fake-registry fee \"test\" u{} u0 @wallet_1 {token}", amount * 5));
}
