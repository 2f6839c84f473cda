//! What a chart says to somebody who does not see it.

use bithedge_charts::*;
use bithedge_protocol::{Asset, Ppm, PpmChange};

use super::samples::{self, usd};

const FRAME: Frame<'_> = Frame { id: "chart", width: 640, theme: Theme::Light };

#[test]
fn the_payoff_says_what_is_kept_and_from_where_on() {
    let chart = payoff(&samples::policy(), &FRAME);
    assert_eq!(
        chart.summary,
        "Between 45,000 USD and 90,000 USD the policy keeps 0.5 BTC at 43,840 USD after its cost of 1,160 USD. \
         It pays for itself between 2,320 USD and 87,680 USD. Below the floor the payout stays at its cap in sBTC, so the value falls \
         with the price again."
    );
    let row = |name: &str| chart.table.rows.iter().find(|row| row[0] == name).unwrap()[1..].to_vec();
    assert_eq!(row("Strike"), ["90,000 USD", "45,000 USD", "43,840 USD"]);
    assert_eq!(row("Floor"), ["45,000 USD", "22,500 USD", "43,840 USD"]);
    // As much either way, but for the satoshi that a payout is rounded down by.
    assert_eq!(row("Break-even"), ["87,680 USD", "43,840 USD", "43,839.9993856 USD"]);
    assert_eq!(row("Price now"), ["95,250 USD", "47,625 USD", "46,465 USD"]);
    // 0.7 of the floor: K·S/F of the size, less the cost.
    assert_eq!(row("Left end"), ["31,500 USD", "15,750 USD", "30,340 USD"]);
}

#[test]
fn what_is_read_off_a_payoff_says_that_the_cost_is_taken_off() {
    let chart = payoff(&samples::policy(), &FRAME);
    let first = chart.readings.first().unwrap();
    assert_eq!(first.text, "BTC at 31,500 USD: 30,340 USD with protection, less its cost; 15,750 USD alone");
}

#[test]
fn a_policy_that_pays_in_stx_keeps_its_cap_in_usd() {
    let chart = payoff(&Payoff { backing: Asset::Stx, ..samples::policy() }, &FRAME);
    let left = chart.table.rows.iter().find(|row| row[0] == "Left end").unwrap();
    // Half a BTC at 31,500 USD, and half of K − F, less the cost.
    assert_eq!(left[1..], ["31,500 USD", "15,750 USD", "37,090 USD"]);
    assert!(chart.summary.contains("cap in USD"));
}

#[test]
fn a_policy_that_costs_more_than_it_can_pay_says_so() {
    let chart = payoff(&Payoff { cost: usd(22_501), ..samples::policy() }, &FRAME);
    assert!(chart.summary.contains("It costs more than it can pay above the floor."), "{}", chart.summary);
    assert!(!chart.svg.contains("Break-even"));
}

#[test]
fn a_yield_history_counts_every_loss() {
    let chart = yield_history(&samples::closes(), &FRAME);
    assert_eq!(
        chart.summary,
        "+2.7 % from 5 Dec 2025 to 14 Aug 2026, losses included, not annualised. The worst drawdown was −8.3 % on \
         17 Apr 2026. 5 of 36 epochs lost."
    );
    assert_eq!(chart.table.rows.len(), 37);
    assert_eq!(chart.table.rows.iter().filter(|row| row[3] == "yes").count(), 5);
}

#[test]
fn a_share_that_lost_everything_stays_at_nothing() {
    let close = |day, ppm| YieldClose { at: samples::day(day), since_first: PpmChange::new(ppm) };
    let closes = vec![close(0, 0), close(7, 50_000), close(14, -1_000_000), close(21, -1_000_000)];
    let chart = yield_history(&YieldHistory { name: "Aggressive, STX".to_owned(), closes }, &FRAME);
    assert!(chart.summary.starts_with("−100 % from"), "{}", chart.summary);
    assert!(
        chart.summary.contains("The worst drawdown was −100 %")
            && chart.summary.contains("1 of 3 epochs lost.")
    );
}

#[test]
fn premiums_say_what_was_chosen_and_what_cannot_be_bought() {
    let chart = premium_by_strike(&samples::strikes(), &FRAME);
    assert_eq!(chart.stops.len(), chart.table.rows.len());
    assert!(!chart.stops.is_empty());
    assert_eq!(
        chart.summary,
        "The premium goes from 0.00041 sBTC at a strike of 70,000 USD to 0.00668 sBTC at 105,000 USD. Chosen: \
         90,000 USD for 0.00243 sBTC. 2 of 8 cannot be bought now."
    );
    assert_eq!(chart.table.rows[4], ["90,000 USD", "0.00243 sBTC", "yes", "yes"]);
    let chart = premium_by_duration(&samples::durations(), &FRAME);
    assert!(chart.summary.contains("Chosen: until 2 Jan 2026 for 1,320 USD. 1 of 8 cannot be bought now."));
}

#[test]
fn what_has_expired_is_not_on_offer() {
    let mut data = samples::durations();
    data.now = samples::day(91);
    let chart = premium_by_duration(&data, &FRAME);
    assert_eq!(chart.table.rows.len(), 1);
    assert!(chart.summary.starts_with("One expiry is listed, 3 Apr 2026"), "{}", chart.summary);
}

#[test]
fn a_gauge_names_the_status_and_the_next_one() {
    let at = |ratio| health_gauge(&HealthGauge { ratio, ..samples::account() }, &FRAME).summary;
    let ppm = |ppm| Some(Ppm::new(ppm));
    assert_eq!(
        at(ppm(1_824_000)),
        "Warning: collateral is 182.4 % of what is needed. Margin call begins below 165 %."
    );
    assert_eq!(
        at(ppm(2_000_000)),
        "Healthy: collateral is 200 % of what is needed. Warning begins below 200 %."
    );
    assert_eq!(at(ppm(1_299_999)), "Taken over: collateral is 129.9 % of what is needed.");
    assert_eq!(at(None), "Healthy: no collateral is needed now.");
}

#[test]
fn lines_are_read_where_they_have_figures() {
    let chart = time_series(&samples::tiers(), &FRAME);
    assert_eq!(chart.readings.len(), 48, "one for each week, of all three");
    assert_eq!(chart.readings[0].text, "5 Dec 2025: Conservative +0.2 %; Balanced +0.4 %; Aggressive +0.6 %");
    let mut series = samples::tiers();
    series.lines[1].points.remove(0);
    let chart = time_series(&series, &FRAME);
    assert_eq!(chart.readings[0].text, "5 Dec 2025: Conservative +0.2 %; Aggressive +0.6 %");
    assert_eq!(chart.readings.len(), 48);
}

#[test]
fn a_line_without_figures_is_named() {
    let mut series = samples::tiers();
    series.lines[1].points.clear();
    let chart = time_series(&series, &FRAME);
    assert!(chart.summary.ends_with("Without figures: Balanced."), "{}", chart.summary);
    assert!(!chart.svg.contains(">Balanced<") && chart.svg.contains(">Aggressive<"));
}

#[test]
fn a_stress_test_names_both_ends_and_the_ladder_its_sum() {
    assert_eq!(
        stress_map(&samples::stressed(), &FRAME).summary,
        "The change of the bucket's worth is −69.1 % (BTC −50 %, volatility +100 %) at worst and +3.4 % (BTC +20 %, \
         volatility −25 %) at best."
    );
    let stx = stress_map(&samples::stressed_stx(), &FRAME);
    assert_eq!(
        stx.summary,
        "The change of the bucket's worth is −100 % (BTC −50 %, STX against BTC −60 %) at worst and +3.5 % (BTC +20 %, \
         STX against BTC +20 %) at best."
    );
    assert_eq!(stx.table.columns[0], "STX against BTC change");
    assert_eq!(
        expiry_ladder(&samples::ladder(), &FRAME).summary,
        "15.63 sBTC are locked for 8 expiries until 3 Apr 2026; at worst 13.7 sBTC are paid. The most, 5.25 sBTC, ends \
         on 2 Jan 2026."
    );
}

#[test]
fn reports_name_ends_and_extremes() {
    let series = time_series(&samples::tiers(), &FRAME);
    assert!(
        series
            .summary
            .starts_with("Return since the start from 5 Dec 2025 to 30 Oct 2026. At the end: Conservative ")
    );
    assert_eq!(
        bars(&samples::by_tier(), &FRAME).summary,
        "Return, losses included: from −3.8 % (Balanced, STX) to +16.9 % (Aggressive, sBTC)."
    );
    assert_eq!(
        price_history(&samples::prices(), &FRAME).summary,
        "BTC was at 96,195 USD on 17 Jan 2026; since 5 Dec 2025 it was between 81,440 USD and 96,195 USD. Of 4 policies, \
         1 is in force, 1 paid, 2 ended without a payout."
    );
    assert_eq!(
        utilisation(&samples::used(), &FRAME).summary,
        "60 % are used on 1 Jan 2026; sales stop at 90 %. The most since 5 Dec 2025 were 88 % on 23 Dec 2025."
    );
}
