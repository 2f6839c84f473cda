//! What an intent means, as figures; and in English.

use std::fmt;

use bithedge_protocol::pool::{Order, Shares};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Principal, Value};

use crate::words::capitalised;

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
    /// What the asked tier cannot take when the transaction is executed is sold by the next one.
    MayOverflow {
        /// The tier that is asked.
        tier: u8,
        /// The one after it.
        next: u8,
        /// Whether the asked tier may keep a part of it, so that there are two policies.
        splits: bool,
    },
    /// As the tiers stand now, so much is sold out of this one.
    SoldOutOf {
        /// How much.
        size: Sats,
        /// The tier's number.
        tier: u8,
    },
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
    /// At this price and below the payout is this many sBTC and no more, so that it is worth fewer dollars as bitcoin falls.
    SbtcPayoutStopsAt {
        /// The floor; the highest, if tiers could sell it at different ones.
        floor: UsdE8,
        /// The payout at that floor.
        most: TokenAmount,
        /// Whether another floor can come of it: then it is at least so much.
        may_differ: bool,
    },
    /// Below this price the payout, counted in dollars, grows no more.
    StxPayoutStopsAt {
        /// The floor; the highest, if tiers could sell it at different ones.
        floor: UsdE8,
        /// Whether another floor can come of it.
        may_differ: bool,
    },
    /// A policy backed by STX may be paid in part, the same part for every holder of its series.
    StxMayBePaidInPart,
    /// It can be exercised only after this long. What is due at its expiry is set aside by whoever settles it; that it is paid out takes
    /// somebody, who can be anybody.
    CanBeActivatedAfter(Seconds),
    /// The policy ends with this; nothing more is paid for it.
    PolicyEnds,
    /// The price is the one at the time of the block, against the caller: the higher of newest and average.
    PriceOfTheBlock,
    /// Bitcoin has fallen faster than its average, and the average is what counts.
    AverageIsHigher {
        /// The newest price.
        newest: UsdE8,
        /// The average of the last half-hour.
        average: UsdE8,
    },
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
    /// Capital in this token can be lost: it stands behind policies.
    CapitalAtRisk(Asset),
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
    /// Shares are given up for what a dead bucket guarantees.
    GivesUpShares {
        /// How many.
        count: Shares,
        /// What they bring, as the bucket stands now.
        paid: TokenAmount,
        /// What they were worth at the last close.
        worth: TokenAmount,
        /// Of what.
        asset: Asset,
    },
    /// A part of what an exit is worth stays in the bucket.
    ExitFee {
        /// The part at today's use of the bucket.
        rate: Ppm,
        /// That of what the shares were worth at the last close.
        fee: TokenAmount,
        /// Of what.
        asset: Asset,
    },
    /// What is queued bears risk until a close pays it, which may take several closes.
    AtRiskUntilPaid,
    /// What was paid in stays in the bucket.
    BasisStays,
    /// The money has to be claimed with a second transaction.
    ClaimAfterwards,
    /// What closes filled and what was returned is paid out: so much as the bucket stands now.
    PaysSetAside {
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
        /// Whose it is, if not the signer's.
        of: Option<Principal>,
    },
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
        /// What it is called with, by the contract's names and in its units.
        arguments: Vec<(String, Value)>,
    },
    /// A decision that pays when it is carried out.
    WouldPay {
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
        /// Out of what.
        from: Purse,
        /// To whom.
        to: Principal,
    },
    /// A vote is final.
    VoteIsFinal,
}

impl Sentence {
    /// The numbers of the tiers that it names.
    pub(crate) const fn tiers(&self) -> [Option<u8>; 2] {
        match self {
            Self::Buys(Order { tier, .. }) | Self::SoldOutOf { tier, .. } | Self::CommitsTo { tier, .. } => {
                [Some(*tier), None]
            }
            Self::MayOverflow { tier, next, .. } => [Some(*tier), Some(*next)],
            _ => [None, None],
        }
    }

    /// In English, one sentence. `tier_name` knows what the tiers are called on the chain; one without a name is told by its number.
    #[must_use]
    pub fn in_english(&self, tier_name: impl Fn(u8) -> Option<String>) -> String {
        let the_tier = |tier: u8| match tier_name(tier) {
            Some(name) => format!("the {} tier", capitalised(&name)),
            None => format!("tier {tier}"),
        };
        match self {
            Self::Does(what) => (*what).to_owned(),
            Self::Buys(order) => format!(
                "Protects {} BTC at a price of {} until {}, out of {}, paid for and paid out in {}.",
                order.size.parts(),
                order.strike,
                order.expiry.in_words(),
                the_tier(order.tier),
                order.asset
            ),
            Self::MayOverflow { tier, next, splits } => {
                let what = if *splits { "the rest as a second policy, or all of it," } else { "all of it" };
                format!(
                    "If {} cannot take all of it when the transaction is executed, {} sells {what} at its own \
                     terms.",
                    the_tier(*tier),
                    the_tier(*next)
                )
            }
            Self::SoldOutOf { size, tier } => {
                let tier = the_tier(*tier);
                format!("As the tiers stand now, {} BTC of it is sold out of {tier}.", size.parts())
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
            Self::SbtcPayoutStopsAt { floor, most, may_differ } => format!(
                "At {floor} and below it {} {} and no more, which is worth fewer dollars the further \
                 bitcoin falls: what is lost further is not covered.",
                if *may_differ { "may pay" } else { "pays" },
                Asset::Sbtc.show(*most)
            ),
            Self::StxPayoutStopsAt { floor, may_differ } => format!(
                "Below {floor} the payout, counted in dollars, {} no more: what bitcoin loses further is not \
                 covered.",
                if *may_differ { "may grow" } else { "grows" }
            ),
            Self::StxMayBePaidInPart => {
                "It is backed by STX. Should STX fall so far that what is locked for it, the free capital and the \
                 insurance fund are not enough, every holder of the same series (expiry and strike) is paid the same \
                 part, and the rest is recorded as owed."
                    .to_owned()
            }
            Self::CanBeActivatedAfter(delay) => format!(
                "It can be activated {} minutes after the purchase at the earliest. If BTC is below the protected \
                 price when it ends, what it pays is set aside for you. Anybody can have it paid out to you and may earn \
                 a small bounty; if nobody does, you can claim it, without a deadline.",
                delay.get() / 60
            ),
            Self::PolicyEnds => "The policy ends with this, and nothing more is paid for it.".to_owned(),
            Self::PriceOfTheBlock => {
                "It is paid at the prices of the block that takes the transaction: the higher of the newest \
                 price and the average of the last half-hour, for bitcoin and STX alike, so that after a fast \
                 fall waiting may pay more. If it came to less than the least amount above, the transaction \
                 fails and costs only its fee."
                    .to_owned()
            }
            Self::AverageIsHigher { newest, average } => format!(
                "Bitcoin's newest price is {newest}, but its average of the last half-hour is {average}, and \
                 that counts now."
            ),
            Self::EndsWorthless => {
                "BTC was not below the protected price when it ended: nothing is paid for it.".to_owned()
            }
            Self::PaidInPart { due, paid, asset } => format!(
                "{} of the {} due is paid, the same part as to every holder of the same series (expiry and \
                 strike); the rest is recorded as owed, and is not paid by this.",
                asset.show(*paid),
                asset.show(*due)
            ),
            Self::CommitsTo { tier, asset, net, bounty } => format!(
                "{} becomes capital of {} in {asset}; {} is taken off for whoever makes the daily close.",
                asset.show(*net),
                the_tier(*tier),
                asset.show(*bounty)
            ),
            Self::TakesPartAt { due, is_next } => format!(
                "It takes part in the daily close that is due {}{}.",
                if *is_next { "after the one of " } else { "from " },
                due.in_words()
            ),
            Self::CapitalAtRisk(Asset::Sbtc) => {
                "This capital stands behind policies: it can be lost in part or in full when bitcoin falls."
                    .to_owned()
            }
            Self::CapitalAtRisk(Asset::Stx) => {
                "This capital stands behind policies: it can be lost in part or in full when bitcoin falls, \
                 and more of it the further STX falls, since what is owed is owed in dollars."
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
            Self::GivesUpShares { count, paid, worth, asset } => format!(
                "Gives up {} shares for {}, as the bucket stands now; at the last close they were worth {}.",
                count.count(),
                asset.show(*paid),
                asset.show(*worth)
            ),
            Self::ExitFee { rate, fee, asset } => format!(
                "The close keeps an exit fee for those who stay: {rate} at today's use of the bucket, which \
                 is {} of that worth; what it is then is decided by the close.",
                asset.show(*fee)
            ),
            Self::AtRiskUntilPaid => {
                "What is queued bears gains and losses until a close pays it; that may take \
                 several closes, since locked capital cannot leave."
                    .to_owned()
            }
            Self::BasisStays => "What was paid in stays in the bucket.".to_owned(),
            Self::ClaimAfterwards => {
                "The money is then ready to be claimed with a second transaction.".to_owned()
            }
            Self::PaysSetAside { asset, amount, of } => {
                let of = of.as_ref().map_or_else(|| "you".to_owned(), ToString::to_string);
                format!("Pays out the {} that is set aside for {of}.", asset.show(*amount))
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
            Self::Decides { contract, function, arguments } => {
                let told: Vec<String> =
                    arguments.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let told = told.join(", ").replace(char::is_control, " ");
                let colon = if told.is_empty() { "" } else { ": " };
                format!("Decides {function} of {contract}{colon}{told}.")
            }
            Self::WouldPay { asset, amount, from, to } => {
                format!("Carried out, it pays {} out of {from} to {to}.", asset.show(*amount))
            }
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
        let floor = UsdE8::new(4_250_000_000_000);
        let to: Principal = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap();
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
            Sentence::MayOverflow { tier: 1, next: 2, splits: true },
            Sentence::Leaves { bound: Bound::AtMost, asset, amount },
            Sentence::NothingLeaves,
            Sentence::Arrives { bound, asset, amount, from, at: None },
            Sentence::Shifts { bound: Bound::Exactly, asset, amount, from, to: Purse::Fund },
            Sentence::SbtcCountsAsBtc,
            Sentence::SbtcPayoutStopsAt { floor, most: amount, may_differ: false },
            Sentence::SbtcPayoutStopsAt { floor, most: amount, may_differ: true },
            Sentence::StxPayoutStopsAt { floor, may_differ: false },
            Sentence::StxPayoutStopsAt { floor, may_differ: true },
            Sentence::SoldOutOf { size: order.size, tier: 3 },
            Sentence::MayOverflow { tier: 1, next: 2, splits: false },
            Sentence::AverageIsHigher { newest: floor, average: UsdE8::new(4_500_000_000_000) },
            Sentence::GivesUpShares { count: Shares::new(7), paid: amount, worth: amount, asset },
            Sentence::ExitFee { rate: bithedge_protocol::Ppm::new(5_000), fee: amount, asset },
            Sentence::CapitalAtRisk(Asset::Stx),
            Sentence::WouldPay { asset, amount, from: Purse::Treasury, to: to.clone() },
            Sentence::StxMayBePaidInPart,
            Sentence::CanBeActivatedAfter(Seconds::new(3_600)),
            Sentence::PolicyEnds,
            Sentence::PriceOfTheBlock,
            Sentence::EndsWorthless,
            Sentence::PaidInPart { due: amount, paid: amount, asset },
            Sentence::CommitsTo { tier: 2, asset, net: amount, bounty: amount },
            Sentence::TakesPartAt { due: UnixSeconds::new(1_768_550_400), is_next: true },
            Sentence::CapitalAtRisk(Asset::Sbtc),
            Sentence::DepositMayBeReturned,
            Sentence::Shares { count: Shares::new(7), worth: amount, asset },
            Sentence::AtRiskUntilPaid,
            Sentence::BasisStays,
            Sentence::ClaimAfterwards,
            Sentence::PaysSetAside { asset, amount, of: None },
            Sentence::PaysSetAside { asset, amount, of: Some(to.clone()) },
            Sentence::GuaranteedValueOnly,
            Sentence::EarnsBounty { amount, asset },
            Sentence::Reports { btc: UsdE8::new(1), stx: UsdE8::new(2) },
            Sentence::CannotBeTakenBack,
            Sentence::Decides { contract: "oracle", function: "set-bounds", arguments: Vec::new() },
            Sentence::Decides {
                contract: "treasury",
                function: "execute-payment",
                arguments: vec![
                    ("amount".to_owned(), Value::UInt(5)),
                    ("reason".to_owned(), Value::StringAscii("a\nb\u{c}c".to_owned())),
                ],
            },
            Sentence::VoteIsFinal,
        ];
        let name = |tier| (tier == 2).then(|| "balanced".to_owned());
        let told = |sentence: &Sentence| sentence.in_english(name);
        let says = |words: &str| assert!(all.iter().any(|one| told(one).contains(words)), "{words}");
        for sentence in &all {
            let text = told(sentence);
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text}");
        }
        assert_eq!(
            told(&all[1]),
            "Protects 0.5 BTC at a price of 85,000 USD until Fri 16 Jan 2026, 08:00 UTC, out of the Balanced \
             tier, paid for and paid out in sBTC."
        );
        // A tier without a name has its number still.
        says("If tier 1 cannot take all of it when the transaction is executed, the Balanced tier sells");
        says("0.015 sBTC becomes capital of the Balanced tier in sBTC");
        says("is due after the one of Fri 16 Jan 2026, 08:00 UTC.");
        assert_eq!(told(&all[3]), "At most 0.015 sBTC leaves this account, besides the network's fee.");
        says("Pays out the 0.015 sBTC that is set aside for you.");
        says("Pays out the 0.015 sBTC that is set aside for ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5.");
        // Neither that it is paid nor that it has to be claimed is promised: both happen.
        says("if nobody does, you can claim it, without a deadline.");
        // Below its floor an sBTC payout is a number of sBTC, which falls with bitcoin.
        says("At 42,500 USD and below it pays 0.015 sBTC and no more, which is worth fewer dollars");
        says("Below 42,500 USD the payout, counted in dollars, grows no more");
        // Series are short by different parts.
        for one in [Sentence::StxMayBePaidInPart, Sentence::PaidInPart { due: amount, paid: amount, asset }] {
            assert!(told(&one).contains("every holder of the same series (expiry and strike)"));
        }
        assert!(told(&Sentence::CapitalAtRisk(Asset::Stx)).contains("the further STX falls"));
        assert!(told(&Sentence::PriceOfTheBlock).contains("the higher of the newest price and the average"));
        says("amount u5, reason \"a\\nb c\".");
        says("pays 0.015 sBTC out of the treasury to ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5.");
        says("0.5 % at today's use of the bucket, which is 0.015 sBTC of that worth");
    }
}
