//! What a report says.

use bithedge_protocol::{Asset, TokenAmount};

use super::Played;
use super::document::{Block, Document};
use super::figures::{BucketFigures, CoverFigures};
use super::pictures;
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

pub(super) fn bucket_name(asset: Asset, tier: u8) -> String {
    format!("{}, {}", tier_name(tier), asset.symbol())
}

/// `+12.3 %`, with a minus sign that is one.
fn signed(fraction: f64) -> String {
    let size = format!("{:.1} %", fraction.abs() * 100.0);
    if size == "0.0 %" {
        size
    } else if fraction < 0.0 {
        format!("\u{2212}{size}")
    } else {
        format!("+{size}")
    }
}

fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
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
        "Of one share that was held from the first close to the last, in the bucket's own token, net of everything and with \
         every loss in it. A year is compounded over the whole period. The worst four weeks lie between any two closes up to \
         28 days apart. Past prices; nobody is promised them again."
            .to_owned(),
    ));
    blocks.push(providers(&buckets));
    if buckets.iter().all(|bucket| bucket.yearly.is_some()) {
        blocks.push(pictures::compared(&buckets));
    }
    for outcome in outcomes {
        blocks.push(pictures::returns(outcome)?);
    }
    if buckets.iter().all(|bucket| bucket.years.is_some()) {
        blocks.push(stays(&buckets));
    }
    blocks.push(Block::Heading("What buyers paid and received".to_owned()));
    blocks.push(Block::Text(
        "In USD, at the prices of each purchase and each payment. A year of cover is what was paid (premium, fee and bounty) \
         over the value protected and the time it was protected for. What came back is everything that policies paid, of \
         what they cost: insurance that returns more than it costs is not sold for long, insurance that returns little is dear."
            .to_owned(),
    ));
    for outcome in outcomes {
        blocks.push(covers(outcome));
    }
    blocks.push(Block::Heading("Whether every promise was kept".to_owned()));
    blocks.push(promises(outcomes));
    blocks.push(Block::Text(
        "Due is what settled expiries owed their owners; it was drawn from the bucket, then from the insurance fund; what was \
         missing is recorded as owed. Claims round down, policy by policy, so that they can be a few units less than what \
         their series was due."
            .to_owned(),
    ));
    blocks.push(Block::Heading("Whether every figure and unit is accounted for".to_owned()));
    blocks.push(equalities(outcomes));
    blocks.push(Block::Heading("Bucket by bucket".to_owned()));
    for outcome in outcomes {
        for tier in TIERS {
            blocks.push(pictures::history(outcome, tier)?);
            blocks.push(pictures::used(outcome, tier));
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
         through the contracts of this repository in the Clarity VM: {} calls. Prices of STX: **{}**. Providers brought {} \
         to each bucket at the start, by its worth; buyers with fixed habits used it (docs/decisions/0014). Seed {}.",
        grouped(played.days as u128),
        grouped(calls.into()),
        played.stx,
        played.capital,
        played.seed,
    )
}

fn providers(buckets: &[BucketFigures]) -> Block {
    let head = [
        "Bucket",
        "A year",
        "Whole period",
        "Whole period in USD",
        "Worst drawdown",
        "Worst four weeks",
        "Mean utilisation",
        "Paid to policies, of premiums",
    ];
    let rows = buckets.iter().map(|bucket| {
        vec![
            bucket_name(bucket.asset, bucket.tier),
            bucket.yearly.map_or_else(|| "under a year".to_owned(), signed),
            signed(bucket.whole),
            signed(bucket.whole_usd),
            signed(bucket.drawdown),
            signed(bucket.worst_month),
            percent(bucket.utilisation),
            percent(bucket.paid_out),
        ]
    });
    Block::Table { head: texts(head), rows: rows.collect() }
}

fn stays(buckets: &[BucketFigures]) -> Block {
    let head = ["Any stay of a year", "Worst", "In the middle", "Best", "Stays that lost"];
    let rows = buckets.iter().map(|bucket| {
        let mut row = vec![bucket_name(bucket.asset, bucket.tier)];
        match bucket.years {
            Some([worst, middle, best, lost]) => {
                row.extend([signed(worst), signed(middle), signed(best), percent(lost)]);
            }
            None => row.extend(texts(["under a year", "", "", ""])),
        }
        row
    });
    Block::Table { head: texts(head), rows: rows.collect() }
}

fn covers(outcome: &Outcome) -> Block {
    let head = [
        &format!("{}: tier and habit", outcome.asset.symbol()),
        "Policies",
        "That paid",
        "A year of cover",
        "Came back, of cost",
    ];
    let row = |name: String, figures: &CoverFigures| {
        vec![
            name,
            grouped(figures.flows.policies.into()),
            percent(figures.paying),
            percent(figures.yearly_cost),
            percent(figures.returned),
        ]
    };
    let mut rows = Vec::new();
    for tier in TIERS {
        let Some(habits) = outcome.ledger.covers.get(&tier) else { continue };
        let all = CoverFigures::together(habits.values().copied());
        rows.push(row(format!("{}: everybody", tier_name(tier)), &all));
        for cover in Cover::ALL {
            if let Some(flows) = habits.get(&cover) {
                rows.push(row(format!("{}: {}", tier_name(tier), cover.name()), &CoverFigures::of(*flows)));
            }
        }
    }
    Block::Table { head: texts(head.map(|text| text)), rows }
}

fn promises(outcomes: &[Outcome]) -> Block {
    let head = [
        "Bucket",
        "Due at expiry",
        "From the bucket and the fund",
        "Of that from the fund",
        "Recorded as owed",
        "Claims due",
        "Claims paid",
        "Activations and sales back",
        "Closes that paid no exits",
    ];
    let mut rows = Vec::new();
    for outcome in outcomes {
        for tier in TIERS {
            let flows = outcome.ledger.buckets.get(&tier).copied().unwrap_or_default();
            let early = flows.activated.base_units().saturating_add(flows.sold_back.base_units());
            let amounts = [
                flows.due,
                flows.reserved,
                flows.covered,
                flows.owed,
                flows.claims_due,
                flows.claims_paid,
                TokenAmount::new(early),
            ];
            let mut row = vec![bucket_name(outcome.asset, tier)];
            row.extend(amounts.map(|amount| tokens(outcome.asset, amount)));
            row.push(flows.unhealthy_closes.to_string());
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
    rows.push(vec!["all together".to_owned(), grouped(all.total().into())]);
    rows.push(vec!["differences, and units unaccounted for".to_owned(), "0".to_owned()]);
    Block::Table { head: texts(["The application's figure is the contract's", "Compared"]), rows }
}
