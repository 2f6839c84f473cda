//! What a report says.

use bithedge_protocol::{Asset, PpmChange, TokenAmount};

use super::Played;
use super::document::{Block, Document};
use super::figures::{BucketFigures, CoverFigures, fraction};
use super::pictures;
use crate::ledger::CoverFlows;
use crate::people::Cover;
use crate::play::Equalities;
use crate::{Outcome, ReplayError, TIERS};

pub(super) const fn tier_name(tier: u8) -> &'static str {
    match tier {
        1 => "Conservative",
        2 => "Balanced",
        _ => "Aggressive",
    }
}

/// What has to stand beside every figure in STX whose prices no market has seen.
pub(super) fn simulated(played: &Played, asset: Asset) -> &'static str {
    if asset == Asset::Stx && played.stx_is_simulated { " (simulated)" } else { "" }
}

pub(super) fn bucket_name(played: &Played, asset: Asset, tier: u8) -> String {
    format!("{}, {}{}", tier_name(tier), asset.symbol(), simulated(played, asset))
}

/// `+12.3 %`, with a minus sign that is one.
fn signed(fraction: f64) -> String {
    let size = percent(fraction.abs());
    if size == "0.0 %" {
        size
    } else if fraction < 0.0 {
        format!("\u{2212}{size}")
    } else {
        format!("+{size}")
    }
}

/// `1,234.5 %` of what is not negative.
fn percent(fraction: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a figure to read, 0 or more")]
    let tenths = (fraction * 1e3).round() as u128;
    format!("{}.{} %", grouped(tenths / 10), tenths % 10)
}

/// Whole tokens, to three digits after the point.
fn tokens(asset: Asset, amount: TokenAmount) -> String {
    let (whole, decimals) = match asset {
        Asset::Sbtc => (100_000_000, 100_000),
        Asset::Stx => (1_000_000, 1_000),
    };
    let base = amount.base_units();
    format!("{}.{:03}", grouped(base / whole), base % whole / decimals)
}

fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn texts<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// The whole report.
pub(super) fn document(played: &Played, outcomes: &[Outcome]) -> Result<Document, ReplayError> {
    let mut buckets = Vec::new();
    for outcome in outcomes {
        for tier in TIERS {
            buckets.push(BucketFigures::of(outcome, tier)?);
        }
    }
    let mut blocks = vec![Block::Text(what(played, outcomes))];
    if !played.trials.is_empty() {
        let trials: Vec<String> = played.trials.iter().map(ToString::to_string).collect();
        let text = format!("**Not the suite's own starting values**, but with: {}.", trials.join(", "));
        blocks.push(Block::Text(text));
    }
    blocks.push(Block::Heading("What providers earned and lost".to_owned()));
    blocks.push(Block::Text(
        "Of a stay from the first close to the last, in the bucket's own token: in at the NAV for deposits, out at the NAV for exits less \
         the exit fee, every loss in it, no wait for the exit. A year is compounded over the whole period. Drawdowns and the worst four weeks are \
         those of a share between closes. In USD the token's own price is in it, which stands beside it. All of it holds for as much cover as the \
         habits below buy, at any price: the mean utilisation says how much that is. Past prices: nobody is promised them again."
            .to_owned(),
    ));
    blocks.push(providers(played, &buckets));
    if buckets.iter().all(|bucket| bucket.yearly.is_some()) {
        blocks.push(pictures::compared(&buckets));
    }
    for outcome in outcomes {
        blocks.push(pictures::returns(played, outcome)?);
    }
    if buckets.iter().all(|bucket| bucket.years.is_some()) {
        blocks.push(Block::Text(
            "In the bucket's own token, and in USD with the token's own price in it. Stays begin at every close and overlap: those that lost \
             are a few bad times, seen from many days."
                .to_owned(),
        ));
        blocks.push(stays(played, &buckets));
        blocks.push(Block::Text(
            "What a share returned by calendar year; the first and the last are parts of one.".to_owned(),
        ));
        blocks.push(calendar(played, &buckets));
    }
    blocks.push(Block::Text(
        "What each kind of provider put in and took out, until the last had left. When prices ended, everything that ran was settled \
         at the last price and everybody left. Who comes \
         again and again pays in many times what is ever in at once. A deposit is refused when the bucket has all that it takes, or when it \
         is dust."
            .to_owned(),
    ));
    blocks.push(capital(played, outcomes));
    blocks.push(Block::Heading("What buyers paid and received".to_owned()));
    blocks.push(Block::Text(
        "Cost (premium, fee and bounty) and payments as parts of what a policy protected, all in USD at the time; the mean of the policies, \
         so that each counts alike. A year of cover is told of those who keep their policies to the end and buy the next. What came back is \
         everything that policies paid, sales back too, of what they cost. In USD each policy counts alike; in the token it is the sum of what was \
         paid, of the sum of what was taken, as those who provide see it: a put pays when BTC has fallen, so that what it pays is more in BTC than \
         in USD. Insurance that returns more than it costs is not sold for long, insurance that returns little is dear."
            .to_owned(),
    ));
    for outcome in outcomes {
        blocks.push(covers(played, outcome));
    }
    blocks.push(Block::Heading("Whether every promise was kept".to_owned()));
    blocks.push(Block::Text(
        "In base units: satoshis and micro-STX. Due is what settled expiries owed their owners; it was drawn from the bucket, then from \
         the insurance fund; what was missing is recorded as owed. Each claim was paid its promise to the unit, or the same part of it \
         as every other of a short series. Claims round down, policy by policy, so that they can be a few units less than their series was \
         due."
            .to_owned(),
    ));
    blocks.push(promises(played, outcomes));
    blocks.push(business(played, outcomes));
    blocks.push(Block::Heading("Whether every figure and unit is accounted for".to_owned()));
    blocks.push(reconciliation(outcomes));
    blocks.push(equalities(outcomes));
    blocks.push(Block::Heading("Bucket by bucket".to_owned()));
    blocks.push(Block::Text(
        "A bucket of STX needs more than all that backs sales when STX has lost against BTC: its collateral is worth less than the ratio \
         asks for. It sells nothing then, and nobody leaves."
            .to_owned(),
    ));
    for outcome in outcomes {
        for tier in TIERS {
            blocks.push(pictures::history(played, outcome, tier)?);
            blocks.push(pictures::used(played, outcome, tier));
        }
    }
    Ok(Document { title: format!("Replay: {}", played.name), blocks })
}

fn what(played: &Played, outcomes: &[Outcome]) -> String {
    let [first, low, high, last] = played.btc.map(grouped);
    let calls: u64 = outcomes.iter().map(|outcome| outcome.calls).sum();
    let filled = match played.filled {
        0 => String::new(),
        1 => " (one of them was missing and repeats the day before)".to_owned(),
        many => format!(" ({many} of them were missing and repeat the day before)"),
    };
    format!(
        "{} days of BTC prices{filled}, from {first} USD to {last} USD, the lowest close {low}, the highest {high}, played \
         through the contracts of this repository in the Clarity VM: {} calls. Prices of STX: **{}**. Providers could bring {} \
         to each bucket at the start, by its worth, and buyers with fixed habits used it (docs/decisions/0014). The oracle began \
         with a volatility of {}. Seed {}.",
        grouped(played.days as u128),
        grouped(calls.into()),
        played.stx,
        played.capital,
        played.volatility,
        played.seed,
    )
}

fn providers(played: &Played, buckets: &[BucketFigures]) -> Block {
    let head = [
        "Bucket",
        "A year",
        "Whole period",
        "Worst drawdown",
        "Worst four weeks",
        "Whole period in USD",
        "The token alone",
        "Worst drawdown in USD",
        "The token alone",
        "Mean utilisation",
        "Paid to policies, of premiums",
    ];
    let rows = buckets.iter().map(|bucket| {
        vec![
            bucket_name(played, bucket.asset, bucket.tier),
            bucket.yearly.map_or_else(|| "under a year".to_owned(), signed),
            signed(bucket.whole),
            signed(bucket.drawdown),
            signed(bucket.worst_month),
            signed(bucket.whole_usd),
            signed(bucket.token_usd),
            signed(bucket.drawdown_usd),
            signed(bucket.token_drawdown_usd),
            percent(bucket.utilisation),
            percent(bucket.paid_out),
        ]
    });
    Block::Table { head: texts(head), rows: rows.collect() }
}

fn stays(played: &Played, buckets: &[BucketFigures]) -> Block {
    let head = [
        "Any stay of a year",
        "Worst",
        "In the middle",
        "Best",
        "Stays that lost",
        "Worst in USD",
        "Stays that lost in USD",
    ];
    let rows = buckets.iter().filter_map(|bucket| {
        let [worst, middle, best, lost] = bucket.years?;
        let [worst_usd, .., lost_usd] = bucket.years_usd?;
        let name = bucket_name(played, bucket.asset, bucket.tier);
        let token = [signed(worst), signed(middle), signed(best), percent(lost)];
        Some([name].into_iter().chain(token).chain([signed(worst_usd), percent(lost_usd)]).collect())
    });
    Block::Table { head: texts(head), rows: rows.collect() }
}

fn calendar(played: &Played, buckets: &[BucketFigures]) -> Block {
    let mut years: Vec<u32> =
        buckets.iter().flat_map(|bucket| bucket.calendar.iter().map(|(year, _)| *year)).collect();
    years.sort_unstable();
    years.dedup();
    let mut head = texts(["Bucket"]);
    head.extend(years.iter().map(ToString::to_string));
    let rows = buckets.iter().map(|bucket| {
        let mut row = vec![bucket_name(played, bucket.asset, bucket.tier)];
        row.extend(years.iter().map(|year| {
            let found = bucket.calendar.iter().find(|(one, _)| one == year);
            found.map_or_else(String::new, |(_, change)| signed(*change))
        }));
        row
    });
    Block::Table { head, rows: rows.collect() }
}

fn capital(played: &Played, outcomes: &[Outcome]) -> Block {
    let head = [
        "Bucket and provider",
        "Paid in",
        "Taken out",
        "Earned, of all deposits together",
        "Deposits refused",
    ];
    let mut rows = Vec::new();
    for outcome in outcomes {
        for (tier, kinds) in &outcome.ledger.capital {
            for (kind, flows) in kinds {
                let (paid, taken) = (flows.paid_in.base_units(), flows.taken_out.base_units());
                let earned = PpmChange::relative(paid, taken);
                rows.push(vec![
                    format!("{}: {}", bucket_name(played, outcome.asset, *tier), kind.name()),
                    tokens(outcome.asset, flows.paid_in),
                    tokens(outcome.asset, flows.taken_out),
                    earned.map_or_else(String::new, |earned| signed(fraction(earned))),
                    grouped(flows.refused.into()),
                ]);
            }
        }
    }
    Block::Table { head: texts(head), rows }
}

fn covers(played: &Played, outcome: &Outcome) -> Block {
    let first = format!("{}{}: tier and habit", outcome.asset.symbol(), simulated(played, outcome.asset));
    let head = [
        &first,
        "Policies",
        "Paid at the end or activated",
        "Sold back",
        "Days held",
        "Cost of a policy",
        "A year of cover",
        "Came back, of cost, in USD",
        "In the token",
        "Orders refused",
    ];
    let row = |name: String, figures: &CoverFigures, kept: bool| {
        let CoverFlows { policies, paid_out, sold_back, refused, .. } = figures.flows;
        vec![
            name,
            grouped(policies.into()),
            grouped(paid_out.into()),
            grouped(sold_back.into()),
            format!("{:.1}", figures.days),
            percent(figures.cost),
            if kept { percent(figures.yearly_cost) } else { "\u{2013}".to_owned() },
            percent(figures.returned),
            percent(figures.returned_in_token),
            grouped(refused.into()),
        ]
    };
    let mut rows = Vec::new();
    for tier in TIERS {
        let Some(habits) = outcome.ledger.covers.get(&tier) else { continue };
        let all = CoverFigures::together(habits.values().copied());
        rows.push(row(format!("{}: everybody", tier_name(tier)), &all, false));
        for cover in Cover::ALL {
            if let Some(flows) = habits.get(&cover) {
                let name = format!("{}: {}", tier_name(tier), cover.name());
                rows.push(row(name, &CoverFigures::of(*flows), cover.is_kept()));
            }
        }
    }
    Block::Table { head: texts(head), rows }
}

fn promises(played: &Played, outcomes: &[Outcome]) -> Block {
    let head = [
        "Bucket",
        "Due at expiry",
        "Paid from the bucket and the fund",
        "Of that from the fund",
        "Recorded as owed",
        "Due, less paid and owed",
        "Claims due",
        "Claims paid",
        "Claims due, less paid and owed",
    ];
    let mut rows = Vec::new();
    for outcome in outcomes {
        for tier in TIERS {
            let flows = outcome.ledger.buckets.get(&tier).copied().unwrap_or_default();
            let [due, reserved, covered, owed, claims_due, claims_paid] =
                [flows.due, flows.reserved, flows.covered, flows.owed, flows.claims_due, flows.claims_paid]
                    .map(TokenAmount::base_units);
            let mut row = vec![bucket_name(played, outcome.asset, tier)];
            row.extend([due, reserved, covered, owed].map(grouped));
            row.push(difference(due, reserved + owed));
            row.extend([claims_due, claims_paid].map(grouped));
            row.push(if owed == 0 {
                difference(claims_due, claims_paid)
            } else {
                "a part of each".to_owned()
            });
            rows.push(row);
        }
    }
    Block::Table { head: texts(head), rows }
}

fn difference(a: u128, b: u128) -> String {
    if a >= b { grouped(a - b) } else { format!("\u{2212}{}", grouped(b - a)) }
}

fn business(played: &Played, outcomes: &[Outcome]) -> Block {
    let head = [
        "Bucket",
        "Policies",
        "Premiums",
        "Fees",
        "Activated",
        "Sold back",
        "Exit fees, kept by those who stay",
        "Closes with somebody waiting to leave",
        "Closes not healthy",
        "Activations put off",
    ];
    let mut rows = Vec::new();
    for outcome in outcomes {
        for tier in TIERS {
            let flows = outcome.ledger.buckets.get(&tier).copied().unwrap_or_default();
            let mut row = vec![bucket_name(played, outcome.asset, tier), grouped(flows.policies.into())];
            let amounts = [flows.premiums, flows.fees, flows.activated, flows.sold_back, flows.exit_fees];
            row.extend(amounts.map(|amount| tokens(outcome.asset, amount)));
            row.extend(
                [flows.waiting_closes, flows.unhealthy_closes, flows.put_off]
                    .map(|count| grouped(count.into())),
            );
            rows.push(row);
        }
    }
    Block::Table { head: texts(head), rows }
}

fn equalities(outcomes: &[Outcome]) -> Block {
    let mut all = Equalities::default();
    for outcome in outcomes {
        all.merge(&outcome.equalities);
    }
    let mut rows: Vec<Vec<String>> =
        all.counts().map(|(what, count)| vec![what.to_owned(), grouped(count.into())]).collect();
    rows.push(vec![
        "all together; the first difference would have ended the replay".to_owned(),
        grouped(all.total().into()),
    ]);
    Block::Table {
        head: texts(["The application's figure is the contract's, and the books are the tokens", "Times"]),
        rows,
    }
}

/// Where every unit that was given to people at the start is at the end.
fn reconciliation(outcomes: &[Outcome]) -> Block {
    let mut head = texts(["In base units, when everybody had left"]);
    head.extend(outcomes.iter().map(|outcome| match outcome.asset {
        Asset::Sbtc => "sBTC, satoshis".to_owned(),
        Asset::Stx => "STX, micro-STX".to_owned(),
    }));
    let people =
        |outcome: &Outcome| outcome.ledger.wallets.values().map(|wallet| wallet.base_units()).sum::<u128>();
    let held = |outcome: &Outcome| {
        people(outcome)
            + outcome.left.base_units()
            + outcome.fund.base_units()
            + outcome.treasury.base_units()
    };
    type Figure<'a> = (&'a str, &'a dyn Fn(&Outcome) -> String);
    let figures: [Figure<'_>; 8] = [
        ("given to people at the start", &|outcome| grouped(outcome.ledger.given.base_units())),
        ("with people: providers, buyers, keepers", &|outcome| grouped(people(outcome))),
        ("in the insurance fund", &|outcome| grouped(outcome.fund.base_units())),
        ("in the treasury", &|outcome| grouped(outcome.treasury.base_units())),
        ("in the vault: exit fees of the last to leave, prepaid bounties, rounding", &|outcome| {
            grouped(outcome.left.base_units())
        }),
        ("unaccounted for: given, less all of these", &|outcome| {
            difference(outcome.ledger.given.base_units(), held(outcome))
        }),
        ("of what people have: keepers' bounties", &|outcome| grouped(outcome.ledger.bounties.base_units())),
        ("policies that ran when prices ended, settled at the last", &|outcome| {
            grouped(outcome.running.into())
        }),
    ];
    let rows = figures.iter().map(|(what, figure)| {
        let mut row = texts([*what]);
        row.extend(outcomes.iter().map(figure));
        row
    });
    Block::Table { head, rows: rows.collect() }
}
