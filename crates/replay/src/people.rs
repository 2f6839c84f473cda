//! Who uses the suite in a replay, and how. Habits are rules that look at nothing but what their owner could see.

use bithedge_protocol::{Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, AddressVersion, Hash160};

/// Seconds.
pub(crate) const DAY: u64 = 86_400;

/// How somebody buys cover out of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Cover {
    /// Four weeks from every Friday at the middle of the tier's strikes, kept to the end.
    FourWeeks,
    /// One week from every Friday at the tier's highest strike, kept to the end.
    OneWeek,
    /// The longest term of the tier from every fourth Friday, at its lowest strike, kept to the end.
    Longest,
    /// Two weeks at the highest strike, four hours after the low of a day that has fallen by 8 % or more until then; sold back after
    /// five days.
    AfterTheFall,
    /// Four weeks from every second Friday; activated at the low of the first day on which BTC is 5 % below the strike there.
    Activated,
    /// Any listed strike and expiry on one day in ten; sold back after three to twenty days.
    SoldBack,
}

impl Cover {
    /// All habits.
    pub const ALL: [Self; 6] =
        [Self::FourWeeks, Self::OneWeek, Self::Longest, Self::AfterTheFall, Self::Activated, Self::SoldBack];

    /// What it is called in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FourWeeks => "four weeks, middle strike, every Friday",
            Self::OneWeek => "one week, highest strike, every Friday",
            Self::Longest => "longest term, lowest strike, every fourth Friday",
            Self::AfterTheFall => "two weeks, highest strike, after a fall of 8 %, sold back",
            Self::Activated => "four weeks, middle strike, activated early",
            Self::SoldBack => "any strike and term, sold back",
        }
    }

    /// Whether its policies run to their expiry.
    #[must_use]
    pub const fn is_kept(self) -> bool {
        matches!(self, Self::FourWeeks | Self::OneWeek | Self::Longest)
    }

    /// The part of the bucket's backing that one purchase asks for, ppm: meant to add up to some 60 % once all run.
    pub(crate) const fn share(self) -> Ppm {
        Ppm::new(match self {
            Self::FourWeeks => 90_000,
            Self::OneWeek => 60_000,
            Self::Longest => 50_000,
            Self::AfterTheFall => 50_000,
            Self::Activated => 30_000,
            Self::SoldBack => 20_000,
        })
    }
}

/// How somebody provides capital to one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Capital {
    /// In on the first day, out on the last.
    Stays,
    /// Leaves with each year, comes back on the 1 April after it.
    Seasonal,
    /// Comes after four weeks in which a share gained 1.5 %, leaves after two in which it lost 3 %.
    Chases,
    /// In on the first day; takes out what was earned every thirty days.
    TakesYield,
    /// A small deposit or a part of an exit on one day in ten.
    Dribbles,
}

impl Capital {
    /// All habits.
    pub const ALL: [Self; 5] = [Self::Stays, Self::Seasonal, Self::Chases, Self::TakesYield, Self::Dribbles];

    /// What it is called in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stays => "stays throughout",
            Self::Seasonal => "leaves for each first quarter",
            Self::Chases => "enters after gains, leaves after losses",
            Self::TakesYield => "takes the gains out monthly",
            Self::Dribbles => "small deposits and exits",
        }
    }

    /// The part of the bucket's starting capital that it brings, ppm.
    pub(crate) const fn share(self) -> Ppm {
        Ppm::new(match self {
            Self::Stays => 500_000,
            Self::Seasonal => 200_000,
            Self::Chases => 150_000,
            Self::TakesYield => 100_000,
            Self::Dribbles => 50_000,
        })
    }
}

/// A policy that somebody holds.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Held {
    pub(crate) id: u128,
    /// Which of the buyers.
    pub(crate) owner: usize,
    pub(crate) cover: Cover,
    pub(crate) tier: u8,
    pub(crate) strike: UsdE8,
    pub(crate) floor: UsdE8,
    pub(crate) size: Sats,
    pub(crate) lock: TokenAmount,
    pub(crate) expiry: UnixSeconds,
    pub(crate) bought: UnixSeconds,
    /// When it is sold back, if it is.
    pub(crate) sell_at: Option<UnixSeconds>,
    /// What it cost, base units.
    pub(crate) cost: TokenAmount,
    /// That as a part of what it protects, both in USD at the purchase.
    pub(crate) cost_share: Ppm,
    /// What it protects, in USD at the purchase.
    pub(crate) protects: UsdE8,
}

/// Somebody who buys out of one bucket.
#[derive(Clone, Debug)]
pub(crate) struct Buyer {
    pub(crate) cover: Cover,
    pub(crate) tier: u8,
    pub(crate) address: Address,
}

/// Somebody who provides to one bucket.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) capital: Capital,
    pub(crate) tier: u8,
    pub(crate) address: Address,
    /// Whether capital is in, or on its way in.
    pub(crate) is_in: bool,
    pub(crate) acted: UnixSeconds,
}

/// An address for a role: nobody has a key to it.
pub(crate) fn address(role: u8, tier: u8, number: u8) -> Address {
    let mut hash = [0; 20];
    hash[0] = 0xB1;
    hash[1] = role;
    hash[2] = tier;
    hash[3] = number;
    Address::new(AddressVersion::TESTNET_SINGLE_SIG, Hash160(hash))
}

/// Whether a boundary is one of an expiry: a Friday 08:00 UTC.
pub(crate) fn is_expiry_day(boundary: UnixSeconds) -> bool {
    bithedge_protocol::series::expiry_week(boundary).is_some()
}

/// How long each habit wants cover for.
pub(crate) const fn term(cover: Cover, longest: Seconds) -> Seconds {
    match cover {
        Cover::FourWeeks | Cover::Activated => Seconds::new(28 * DAY),
        Cover::OneWeek => Seconds::new(7 * DAY),
        Cover::AfterTheFall => Seconds::new(14 * DAY),
        Cover::Longest | Cover::SoldBack => longest,
    }
}
