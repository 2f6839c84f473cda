//! Sentences of the page of protection.

use bithedge_protocol::pool::{Market, Order, SaleRefusal};
use bithedge_protocol::{Asset, Sats, TokenAmount, UsdE8};

use super::plan::{self, MostPaid};
use crate::format;

/// An amount of BTC that is protected.
pub(super) fn btc(size: Sats) -> String {
    format!("{} BTC", size.parts())
}

/// How far a strike is from today's price: `10.2 % below today's price`.
pub(super) fn beside_today(spot: UsdE8, strike: UsdE8) -> String {
    let Some(change) = plan::distance(spot, strike) else { return String::new() };
    let size = format::percent(change.magnitude());
    match change.base_units() {
        0 => "today's price".to_owned(),
        1.. => format!("{size} above today's price"),
        _ => format!("{size} below today's price"),
    }
}

/// Why an order is not sold, and what to do.
pub(super) fn refusal(refusal: SaleRefusal, market: &Market, order: &Order) -> String {
    let rules = &market.rules;
    match refusal {
        SaleRefusal::Size => {
            format!("Policies protect between {} and {}.", btc(rules.min_size), btc(rules.max_size))
        }
        SaleRefusal::ExpiryNotListed => "This end date is no longer on offer. Choose another one.".to_owned(),
        SaleRefusal::TooLate => format!(
            "Sales for this end date have closed: they end {} before it. Choose a later one.",
            format::duration(rules.min_term)
        ),
        SaleRefusal::PriceTooOld => format!(
            "The newest price is older than the {} that a sale allows. A fresh one usually comes within minutes; nothing can be bought until then.",
            format::duration(rules.sale_max_age)
        ),
        SaleRefusal::UnknownTier | SaleRefusal::UnknownToken | SaleRefusal::UnknownBucket => {
            format!("Nobody has committed {} to this tier.", order.asset)
        }
        SaleRefusal::StrikeOffGrid | SaleRefusal::StrikeOutsideTier => {
            "This protected price is not on offer at today's price. Move the slider a little.".to_owned()
        }
        SaleRefusal::TermTooLong => match market.tier(order.tier) {
            Some(terms) => format!(
                "This tier protects for at most {}. Choose a nearer end date.",
                format::duration(terms.max_duration)
            ),
            None => "This is longer than the tier protects. Choose a nearer end date.".to_owned(),
        },
        SaleRefusal::TokenInactive => format!("Policies in {} are not sold at the moment.", order.asset),
        SaleRefusal::CloseDue => {
            "This tier waits for its daily close (08:00 UTC) and sells again once it has been closed, usually within minutes."
                .to_owned()
        }
        SaleRefusal::Capacity { fitting } if fitting >= rules.min_size => format!(
            "There is not enough free capital for so much. About {} would fit.",
            btc(fitting)
        ),
        SaleRefusal::Capacity { .. }
            if market.bucket(order.tier, order.asset).is_some_and(|bucket| bucket.assets == TokenAmount::ZERO) =>
        {
            format!("Nobody has committed {} to this tier yet.", order.asset)
        }
        SaleRefusal::Capacity { .. } => "All of this tier's capital stands behind other policies.".to_owned(),
        SaleRefusal::Pool(_) => "The figures are too large to count with. Choose a smaller amount.".to_owned(),
        _ => "The pool would not sell this. Choose something else.".to_owned(),
    }
}

/// Where protection ends.
pub(super) fn below_floor(floor: UsdE8, most: Option<MostPaid>) -> String {
    let floor = format::price(floor);
    match most {
        Some(MostPaid::Sbtc(most)) => format!(
            "Below {floor} the payout stays at {most}, the most that this policy ever pays. Since that is paid in sBTC, it is then worth less in USD the further BTC falls."
        ),
        Some(MostPaid::Usd(most)) => format!(
            "Below {floor} the payout stays at {} worth of STX, the most that this policy ever pays: below that, losses are yours.",
            format::usd(most)
        ),
        None => format!("Below {floor} the payout does not grow any more."),
    }
}

/// What happens at the end, and before.
pub(super) fn at_the_end(market: &Market, order: &Order) -> Vec<String> {
    let rules = &market.rules;
    let (end, strike, asset) = (format::moment(order.expiry), format::price(order.strike), order.asset);
    let mut sentences = vec![
        format!(
            "If BTC ends above {strike} on {end}, the policy pays nothing. Its price is then what the protection has cost you."
        ),
        format!(
            "If it ends below, the policy pays the difference to {strike} for {}, in {asset}. BitHedge tells you, and you claim it with one click.",
            btc(order.size)
        ),
        format!(
            "You need not wait: from {} after the purchase you can activate it while BTC is below {strike}, and until {} before the end you can sell it back to the pool.",
            format::duration(rules.activation_delay),
            format::duration(rules.cancel_cutoff)
        ),
    ];
    if order.asset == Asset::Stx {
        sentences.push(
            "What stands behind it is STX. If STX falls very far at the same time, the tier can be short, and pays only a part of what it promised."
                .to_owned(),
        );
    }
    sentences
}
