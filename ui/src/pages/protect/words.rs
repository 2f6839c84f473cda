//! Sentences of the page of protection.

use bithedge_ipc::{Moved, MovedAsset, TransactionView};
use bithedge_protocol::pool::{Market, Order, SaleRefusal, SaleRules};
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

/// The price that is protected, and how far it is from today's; where nothing can be chosen yet, the listed one that the slider's place means.
pub(super) fn protected_price(market: &Market, chosen: Option<UsdE8>, percent: i64) -> String {
    let strike = chosen.or_else(|| plan::nearest_listed(market, percent));
    strike.map_or_else(String::new, |strike| {
        format!("{}, {}", format::price(strike), beside_today(market.pricing.btc, strike))
    })
}

/// Why the button to buy cannot be pressed where there is no offer.
pub(super) const fn nothing_to_buy(has_amount: bool) -> &'static str {
    if has_amount {
        "This is not on offer; above stands why."
    } else {
        "Enter an amount that can be bought first."
    }
}

/// Why nothing has a price where no amount was entered, or none that can be used: the field does not tell which.
pub(super) fn no_amount(rules: &SaleRules) -> String {
    format!(
        "Enter how much BTC to protect: from {} to {}. If what you entered cannot be used, the line under it says why.",
        btc(rules.min_size),
        btc(rules.max_size)
    )
}

/// What a purchase that is done took beside the network's fee: by its receipt, or, as long as there is none, at most by what was approved.
/// `None` if neither tells it in tokens that are known.
pub(super) fn paid(purchase: &TransactionView) -> Option<String> {
    let (how, moved) = match &purchase.receipt {
        Some(receipt) if receipt.is_complete => ("", &receipt.left),
        Some(receipt) => ("at least ", &receipt.left),
        None => ("at most ", &purchase.leaves),
    };
    let shown = |one: &Moved| match one.asset {
        MovedAsset::Sbtc => Some(Asset::Sbtc.show(one.amount)),
        MovedAsset::Stx => Some(Asset::Stx.show(one.amount)),
        MovedAsset::OtherFungible { .. } | MovedAsset::NonFungible { .. } => None,
    };
    let amounts = moved.iter().map(shown).collect::<Option<Vec<_>>>()?.join(" and ");
    (!amounts.is_empty()).then(|| format!("You paid {how}{amounts}, and the network's fee."))
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
            "If it ends below, the policy pays the difference to {strike} for {}, in {asset}. Anybody can have that paid out to you and may earn a small bounty; if nobody does, BitHedge tells you, and you claim it.",
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

#[cfg(test)]
mod tests {
    use bithedge_ipc::{ReceiptView, TransactionPurpose, TransactionStage, TransactionStatus, Words};
    use bithedge_protocol::{MicroStx, UnixSeconds};

    use super::*;

    #[test]
    fn what_was_paid_is_what_the_receipt_says() {
        let of = |asset, amount| Moved { asset, amount: TokenAmount::new(amount) };
        let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
        let status = TransactionStatus {
            stage: TransactionStage::Confirmed,
            block: None,
            replaced_by: None,
            contract_code: None,
            words,
        };
        let mut purchase = TransactionView {
            id: 1,
            txid: String::new(),
            account: String::new(),
            nonce: 1,
            fee: MicroStx::ZERO,
            purpose: TransactionPurpose::Call,
            intent: "purchase-protection".to_owned(),
            title: String::new(),
            commits_to: None,
            sentences: Vec::new(),
            leaves: vec![of(MovedAsset::Sbtc, 555_043)],
            arrives: Vec::new(),
            signed_at: UnixSeconds::new(0),
            status,
            is_settled: false,
            can_be_replaced: false,
            fee_can_be_raised: false,
            receipt: None,
            open_alarms: Vec::new(),
        };
        let told = paid(&purchase).unwrap();
        assert_eq!(told, "You paid at most 0.00555043 sBTC, and the network's fee.");
        let mut receipt = ReceiptView {
            fee: MicroStx::new(774),
            left: vec![of(MovedAsset::Sbtc, 549_539)],
            arrived: Vec::new(),
            is_complete: true,
            alarms: Vec::new(),
        };
        purchase.receipt = Some(receipt.clone());
        assert_eq!(paid(&purchase).unwrap(), "You paid 0.00549539 sBTC, and the network's fee.");
        receipt.is_complete = false;
        purchase.receipt = Some(receipt.clone());
        assert!(paid(&purchase).unwrap().starts_with("You paid at least 0.00549539 sBTC"));
        // Nothing is claimed of what it does not tell.
        receipt.left.clear();
        purchase.receipt = Some(receipt.clone());
        assert_eq!(paid(&purchase), None);
        receipt.left = vec![of(MovedAsset::NonFungible { token: "x".to_owned() }, 1)];
        purchase.receipt = Some(receipt);
        assert_eq!(paid(&purchase), None);
    }
}
