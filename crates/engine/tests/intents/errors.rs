//! Each error that an intent's call can meet: the dry run gives the very code that the chain gives.

use std::collections::BTreeSet;

use bithedge_suite::Contract;
use bithedge_suite::generated::errors::ENTRIES;
use bithedge_suite_world::*;
use bithedge_vm::Options;

use crate::bench::{Bench, cases};
use crate::protection::{buy, order};
use crate::{capital, governance, protection, reserves, upkeep};

/// Codes that no call of an intent can meet, and why.
fn unmet(code: u128) -> Option<&'static str> {
    Some(match code {
        1040001..=1040003 => "bounds of figures that prices, sizes and terms are held to before",
        1140003 | 1140004 | 1140005 | 1140007 | 1140911 => "of the values that a vote has decided on",
        1140006 => "a ballot is for, against or abstention by its type",
        1140306 | 1140909 => "of the hand-over, which the deployment does",
        1240001..=1240910 => "of upgrades, which the deployment does",
        1340001..=1340004 | 1340401 | 1340402 | 1340901 | 1340904 => {
            "of the values that a vote has decided on"
        }
        1340404 => "the actions are set up, and nothing takes one away",
        1440004 | 1440006 | 1440008 | 1440901 | 1440903 | 1440905 | 1442301 => {
            "of the values that a vote has decided on"
        }
        1440005 | 1440403 => "of read-only functions",
        1440902 => "a suite without a first volatility has no deployment that is in service",
        1440907 => "only while a source is asked, from within it",
        1540001..=1540203 | 1540302 | 1540303 | 1540901 => {
            "of what only the pool asks of the vault, which keeps its own rules"
        }
        1540902 | 1540903 => "of the values that a vote has decided on",
        1640001 | 1640002 | 1642301 => "of the values that a vote has decided on",
        1640301..=1640303 => "of callers that are no accounts, and of tokens that refuse",
        1740002 => "of the values that a vote has decided on",
        1740301 | 1740302 | 1740303 | 1740403 | 1740901 => {
            "of callers that are no accounts, and of policies taken over, which there are none of yet"
        }
        1840002 => "an intent sells puts by its type",
        1840006 => "of the values that a vote has decided on",
        1840302 | 1940302 => "of contracts in between; an intent is called by the account itself",
        1840401 => "both tokens are in the table, and nothing takes one away",
        1840404 => "of a registry that is wrong about its own policies",
        1940002 => "an intent sells puts by its type",
        1940303 | 1940908 => "of policies of peers, which there are none of yet",
        2340001 | 2340002 | 2340301 | 2340402 => {
            "of read-only functions, and of the values that a vote has decided on"
        }
        2640001 | 2640002 | 2640301 => "of transfers that no intent makes",
        2740001..=2740003 | 2740401 => "of what a feed answers, which nobody knows before it is asked",
        2840001..=2840006 | 2840401 => "of what a feed answers, and of the values that a vote has decided on",
        2940001 | 2940002 | 2940301 | 2940401 => {
            "of the schedule's callers and of the values that a vote has decided on"
        }
        _ => return None,
    })
}

#[test]
fn the_dry_run_gives_the_code_that_the_chain_gives() {
    let mut bench = Bench::silent();
    bench.hold(cases![upkeep::before_any_price]);
    let mut bench = bench.priced().provided();
    bench.hold(cases![
        protection::sizes_and_dates,
        protection::less_than_a_day_to_go,
        protection::old_prices,
        protection::tiers_and_strikes,
        protection::no_room,
        protection::a_close_is_due,
        protection::a_token_out_of_use,
        protection::too_little_money,
        protection::the_last_satoshi,
        protection::stopped,
        protection::retired_contracts,
        protection::the_33rd_series,
        protection::somebody_elses_policy,
        protection::activations,
        protection::sales_back,
        protection::claims,
        protection::the_worst_case,
        protection::a_fast_fall,
        protection::an_overflowing_tier,
        protection::a_short_bucket,
        capital::deposits,
        capital::deposits_stopped,
        capital::taking_back,
        capital::leaving,
        capital::yields,
        capital::exit_fees,
        capital::dead_buckets,
        capital::a_pool_that_only_runs_off,
        upkeep::closes,
        upkeep::boundaries,
        upkeep::an_oracle_out_of_service,
        upkeep::reports,
        upkeep::sources,
        upkeep::feeds,
        upkeep::a_pyth_feed_that_nobody_named,
        upkeep::anybody_may_close,
        reserves::fees,
        reserves::a_fund_that_takes_nothing,
        reserves::contributions,
        reserves::recoveries,
        reserves::swaps,
        governance::proposals,
        governance::votes,
        governance::two_proposals,
        governance::guardians,
        governance::payments,
    ]);
    not_open_for_business(&mut bench);

    println!(
        "{} codes, {} calls let through and {} refused by both; {} readings in {} rounds at most",
        bench.codes.len(),
        bench.done,
        bench.refused,
        bench.readings,
        bench.rounds
    );
    let documented: BTreeSet<u128> = ENTRIES.iter().map(|entry| entry.code).collect();
    let left: Vec<_> = ENTRIES
        .iter()
        .filter(|entry| !bench.codes.contains(&entry.code) && unmet(entry.code).is_none())
        .map(|entry| (entry.code, entry.name))
        .collect();
    assert!(left.is_empty(), "neither met nor explained: {left:?}");
    let both: Vec<_> = bench.codes.iter().filter(|code| unmet(**code).is_some()).collect();
    assert!(both.is_empty(), "met, though it is said that they cannot be: {both:?}");
    let explained = documented.iter().filter(|code| unmet(**code).is_some()).count();
    println!("{} documented, {explained} of them cannot be met by an intent", documented.len());
    assert_eq!(Contract::ALL.len(), 17, "a new contract: has it functions that an intent should make?");
}

/// A suite whose set-up was not completed.
fn not_open_for_business(met: &mut Bench) {
    let options = Options { genesis_time: START, ..Options::default() };
    let w = World::with_one_reporter(options, 100_000 * USD, USD, |calls| {
        calls.retain(|call| call.function != "complete-setup");
    });
    let mut b = Bench::of(w);
    let (peter, irene, expiry) = (b.w.peter, b.w.irene, b.w.expiry(21));
    let error = bithedge_suite::generated::errors::PARAMETERS_NOT_INITIALISED;
    let usual = order(bithedge_protocol::Asset::Sbtc, 2, 90_000 * USD, expiry, BTC);
    b.refuses(peter, buy(usual), error);
    b.refuses(irene, capital::commit(capital::SBTC, BTC), error);
    met.codes.extend(&b.codes);
    met.refused += b.refused;
}
