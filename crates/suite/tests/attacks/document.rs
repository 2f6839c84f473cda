//! Every row of the table "Holes that are closed" in `docs/protocol.md` has its test here.

use crate::{capital, prices, recipients, shortfalls, trading};

/// The attack as the document names it, and the test that shows it closed.
const HOLES: [(&str, fn()); 13] = [
    (
        "deposit and close in one transaction at a stale price",
        capital::a_deposit_and_a_close_in_one_transaction_get_no_share_at_the_stale_price,
    ),
    (
        "deposit after a crash, while volatility is known to fall",
        capital::a_deposit_after_a_crash_does_not_profit_from_the_fall_of_volatility,
    ),
    (
        "buy before a known volatility sample, sell back after it",
        trading::buying_before_a_known_volatility_sample_and_selling_back_after_it_loses,
    ),
    ("split a trade to pay less surcharge", trading::splitting_a_trade_is_no_cheaper),
    ("lock a tier's capital for a few satoshis", trading::capital_is_not_locked_for_satoshis),
    (
        "buy when the settlement average is half known",
        trading::nothing_is_sold_while_the_settlement_average_is_known_in_part,
    ),
    ("buy at a price that the market has left", trading::nothing_is_sold_at_a_price_that_the_market_has_left),
    (
        "first depositor inflates the share price",
        capital::the_first_depositor_cannot_inflate_the_price_of_a_share,
    ),
    ("leave before a known loss is booked", capital::nobody_leaves_before_a_known_loss_is_booked),
    (
        "activate first and leave the shortfall to others",
        shortfalls::activating_first_in_a_short_bucket_brings_no_more_than_waiting,
    ),
    (
        "deal with oneself against the insurance fund",
        shortfalls::nobody_deals_with_himself_against_the_insurance_fund,
    ),
    (
        "silence, then no price inside the bound",
        prices::after_a_silence_any_price_that_reporters_agree_on_is_taken_and_no_other,
    ),
    ("a recipient that refuses blocks a queue", recipients::a_recipient_that_refuses_blocks_nobody),
];

#[test]
fn every_hole_that_the_document_calls_closed_has_its_test() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, table) = document.split_once("## Holes that are closed").unwrap();
    let table = table.split_once("\n## ").map_or(table, |(table, _)| table);
    let rows: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |").map(|(attack, _)| attack))
        .filter(|attack| !attack.starts_with("---") && *attack != "attack")
        .collect();
    let tested: Vec<&str> = HOLES.iter().map(|(attack, _)| *attack).collect();
    assert_eq!(rows, tested);
}
