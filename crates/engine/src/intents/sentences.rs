//! What an intent means, as figures; and in English.

use std::fmt;

use bithedge_protocol::pool::{Order, Shares};
use bithedge_protocol::{Asset, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

/// How an amount is bound by the transaction's conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At most so much.
    AtMost,
    /// Exactly so much.
    Exactly,
    /// At least so much.
    AtLeast,
}

/// Whose money a contract keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purse {
    /// The providers' and the policies': the vault.
    Vault,
    /// The treasury's.
    Treasury,
    /// The insurance fund's.
    Fund,
}

impl Purse {
    /// Its contract.
    #[must_use]
    pub const fn contract(self) -> bithedge_suite::Contract {
        match self {
            Self::Vault => bithedge_suite::Contract::LiquidityPoolVault,
            Self::Treasury => bithedge_suite::Contract::Treasury,
            Self::Fund => bithedge_suite::Contract::InsuranceFund,
        }
    }
}

impl fmt::Display for Purse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Vault => "the pool's vault",
            Self::Treasury => "the treasury",
            Self::Fund => "the insurance fund",
        })
    }
}

/// One thing that somebody should know before approving. Not text, so that a front can show it its own way; the English of
/// [`Sentence::in_english`] is one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sentence {
    /// What is done, where nothing needs a figure: the action in a few words.
    Does(&'static str),
    /// A policy is bought.
    Buys(Order),
    /// It is sold in two parts, as two policies: the asked tier's part and the rest.
    MayBeSplit,
    /// So much leaves the account.
    Leaves {
        /// How it is bound.
        bound: Bound,
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
    },
    /// Nothing leaves the account but the transaction's fee.
    NothingLeaves,
    /// So much arrives.
    Arrives {
        /// How it is bound.
        bound: Bound,
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
        /// Out of what.
        from: Purse,
        /// In whose account, if it is not the signer's.
        at: Option<Principal>,
    },
    /// One contract of the suite pays another.
    Shifts {
        /// How it is bound.
        bound: Bound,
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
        /// Out of what.
        from: Purse,
        /// Into what.
        to: Purse,
    },
    /// One sBTC counts as one BTC.
    SbtcCountsAsBtc,
    /// Below this price the payout grows no more.
    PayoutStopsAt(UsdE8),
    /// A policy backed by STX may be paid in part, the same part for every holder.
    StxMayBePaidInPart,
    /// It can be exercised only after this long, and is otherwise paid at its expiry without being asked for.
    CanBeActivatedAfter(Seconds),
    /// The policy ends with this; nothing more is paid for it.
    PolicyEnds,
    /// The price is the one at the time of the block, against the caller.
    PriceOfTheBlock,
    /// Nothing is paid: it ran out of the money.
    EndsWorthless,
    /// Nothing less than promised is reserved; this part of what is due is paid, the rest is recorded as owed.
    PaidInPart {
        /// What is due.
        due: TokenAmount,
        /// What is paid.
        paid: TokenAmount,
        /// Of what.
        asset: Asset,
    },
    /// Capital is committed to a bucket.
    CommitsTo {
        /// The tier's number.
        tier: u8,
        /// The token.
        asset: Asset,
        /// What becomes shares.
        net: TokenAmount,
        /// What the keeper of the close is paid.
        bounty: TokenAmount,
    },
    /// Takes part in the close that is due then.
    TakesPartAt {
        /// The earliest time of the close.
        due: UnixSeconds,
        /// Whether it is the one after the next.
        is_next: bool,
    },
    /// Capital can be lost: it stands behind policies.
    CapitalAtRisk,
    /// A deposit may come back instead of becoming shares, when the bucket is in a bad state at its close.
    DepositMayBeReturned,
    /// So many shares leave or are taken back.
    Shares {
        /// How many.
        count: Shares,
        /// What they are worth at the last close.
        worth: TokenAmount,
        /// Of what.
        asset: Asset,
    },
    /// What is queued bears risk until a close pays it, which may take several closes.
    AtRiskUntilPaid,
    /// What was paid in stays in the bucket.
    BasisStays,
    /// The money has to be claimed with a second transaction.
    ClaimAfterwards,
    /// Only what no outcome can take away is paid: assets less locks.
    GuaranteedValueOnly,
    /// A keeper's bounty is credited.
    EarnsBounty {
        /// About how much.
        amount: TokenAmount,
        /// Of what.
        asset: Asset,
    },
    /// Prices are reported.
    Reports {
        /// USD of a bitcoin.
        btc: UsdE8,
        /// USD of an STX.
        stx: UsdE8,
    },
    /// A gift: there is no claim to it.
    CannotBeTakenBack,
    /// A decision of governance.
    Decides {
        /// The contract.
        contract: &'static str,
        /// The function.
        function: &'static str,
    },
    /// A vote is final.
    VoteIsFinal,
}

impl Sentence {
    /// In English, one sentence.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::Does(what) => (*what).to_owned(),
            Self::Buys(order) => format!(
                "Protects {} BTC at a price of {} until {}, out of tier {}, paid for and \
                 paid out in {}.",
                order.size.parts(),
                order.strike,
                order.expiry,
                order.tier,
                order.asset
            ),
            Self::MayBeSplit => {
                "If the tier cannot take all of it, it is sold as two policies, the rest at the \
                 next tier's terms."
                    .to_owned()
            }
            Self::Leaves { bound, asset, amount } => {
                format!(
                    "{} {} leaves this account, besides the network's fee.",
                    bound_word(*bound),
                    asset.show(*amount)
                )
            }
            Self::NothingLeaves => "Nothing leaves this account but the network's fee.".to_owned(),
            Self::Arrives { bound, asset, amount, from, at } => {
                let at = at.as_ref().map_or_else(
                    || "in this account".to_owned(),
                    |who| format!("at {who}, which is not this account"),
                );
                format!("{} {} arrives {at}, out of {from}.", bound_word(*bound), asset.show(*amount))
            }
            Self::Shifts { bound, asset, amount, from, to } => {
                format!(
                    "{} {} goes from {from} to {to}; none of it is this account's.",
                    bound_word(*bound),
                    asset.show(*amount)
                )
            }
            Self::SbtcCountsAsBtc => {
                "It is paid in sBTC, which is taken to be worth one bitcoin each: should sBTC \
                 lose that, so does the payout."
                    .to_owned()
            }
            Self::PayoutStopsAt(floor) => {
                format!("Below {floor} the payout grows no more: what bitcoin loses further is not covered.")
            }
            Self::StxMayBePaidInPart => {
                "It is backed by STX. Should STX fall so far that lock, free assets and insurance \
                 fund do not suffice, every holder is paid the same part, and the rest is \
                 recorded as owed."
                    .to_owned()
            }
            Self::CanBeActivatedAfter(delay) => format!(
                "It can be activated {} minutes after the purchase at the earliest; in the money \
                 at its expiry it is settled without being asked for, and can be claimed without \
                 a deadline.",
                delay.get() / 60
            ),
            Self::PolicyEnds => "The policy ends with this, and nothing more is paid for it.".to_owned(),
            Self::PriceOfTheBlock => {
                "The amount follows from the prices in the block that takes the transaction; the \
                 transaction fails, and costs only its fee, if it would be less than the least \
                 amount above."
                    .to_owned()
            }
            Self::EndsWorthless => {
                "The policy ran out of the money: it ends, and nothing is paid for it.".to_owned()
            }
            Self::PaidInPart { due, paid, asset } => format!(
                "{} of the {} due is paid, the same part as to every holder; the rest is recorded \
                 as owed, and is not paid by this.",
                asset.show(*paid),
                asset.show(*due)
            ),
            Self::CommitsTo { tier, asset, net, bounty } => format!(
                "{} becomes capital of tier {tier} in {asset}; {} is taken off for the keeper who \
                 makes the daily close.",
                asset.show(*net),
                asset.show(*bounty)
            ),
            Self::TakesPartAt { due, is_next } => format!(
                "It takes part in the daily close that is due {}{due}.",
                if *is_next { "after the one of " } else { "from " }
            ),
            Self::CapitalAtRisk => {
                "This capital stands behind policies: it can be lost in part or in full when bitcoin \
             falls."
                    .to_owned()
            }
            Self::DepositMayBeReturned => {
                "If the bucket is in a bad state at its close, the deposit is not taken, and can \
                 be claimed back."
                    .to_owned()
            }
            Self::Shares { count, worth, asset } => {
                format!("{} shares, worth {} at the last close.", count.count(), asset.show(*worth))
            }
            Self::AtRiskUntilPaid => {
                "What is queued bears gains and losses until a close pays it; that may take \
                 several closes, since locked capital cannot leave."
                    .to_owned()
            }
            Self::BasisStays => "What was paid in stays in the bucket.".to_owned(),
            Self::ClaimAfterwards => {
                "The money is then ready to be claimed with a second transaction.".to_owned()
            }
            Self::GuaranteedValueOnly => {
                "Paid is only what no outcome can take away: the bucket's assets less all locks. \
                 What the locks turn out to be worth stays with those who stay."
                    .to_owned()
            }
            Self::EarnsBounty { amount, asset } => {
                format!(
                    "About {} is credited to this account as a bounty, and can be claimed.",
                    asset.show(*amount)
                )
            }
            Self::Reports { btc, stx } => format!("Reports {btc} for a bitcoin and {stx} for an STX."),
            Self::CannotBeTakenBack => "It cannot be taken back.".to_owned(),
            Self::Decides { contract, function } => format!("Decides {function} of {contract}."),
            Self::VoteIsFinal => "A vote cannot be changed.".to_owned(),
        }
    }
}

const fn bound_word(bound: Bound) -> &'static str {
    match bound {
        Bound::AtMost => "At most",
        Bound::Exactly => "Exactly",
        Bound::AtLeast => "At least",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_one() {
        let (asset, amount) = (Asset::Sbtc, TokenAmount::new(1_500_000));
        let (bound, from) = (Bound::AtLeast, Purse::Vault);
        let order = Order {
            asset,
            tier: 2,
            strike: UsdE8::new(8_500_000_000_000),
            expiry: UnixSeconds::new(1_768_550_400),
            size: bithedge_protocol::Sats::new(50_000_000),
        };
        let all = [
            Sentence::Does("Does it."),
            Sentence::Buys(order),
            Sentence::MayBeSplit,
            Sentence::Leaves { bound: Bound::AtMost, asset, amount },
            Sentence::NothingLeaves,
            Sentence::Arrives { bound, asset, amount, from, at: None },
            Sentence::Shifts { bound: Bound::Exactly, asset, amount, from, to: Purse::Fund },
            Sentence::SbtcCountsAsBtc,
            Sentence::PayoutStopsAt(UsdE8::new(4_250_000_000_000)),
            Sentence::StxMayBePaidInPart,
            Sentence::CanBeActivatedAfter(Seconds::new(3_600)),
            Sentence::PolicyEnds,
            Sentence::PriceOfTheBlock,
            Sentence::EndsWorthless,
            Sentence::PaidInPart { due: amount, paid: amount, asset },
            Sentence::CommitsTo { tier: 2, asset, net: amount, bounty: amount },
            Sentence::TakesPartAt { due: UnixSeconds::new(1_768_550_400), is_next: true },
            Sentence::CapitalAtRisk,
            Sentence::DepositMayBeReturned,
            Sentence::Shares { count: Shares::new(7), worth: amount, asset },
            Sentence::AtRiskUntilPaid,
            Sentence::BasisStays,
            Sentence::ClaimAfterwards,
            Sentence::GuaranteedValueOnly,
            Sentence::EarnsBounty { amount, asset },
            Sentence::Reports { btc: UsdE8::new(1), stx: UsdE8::new(2) },
            Sentence::CannotBeTakenBack,
            Sentence::Decides { contract: "oracle", function: "set-bounds" },
            Sentence::VoteIsFinal,
        ];
        for sentence in &all {
            let text = sentence.in_english();
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text}");
        }
        let told = |sentence: &Sentence| sentence.in_english();
        assert_eq!(
            told(&all[1]),
            "Protects 0.5 BTC at a price of 85,000 USD until 2026-01-16 08:00:00 UTC, out of tier 2, \
             paid for and paid out in sBTC."
        );
        assert_eq!(told(&all[3]), "At most 0.015 sBTC leaves this account, besides the network's fee.");
    }
}
