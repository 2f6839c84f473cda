//! What a mined transaction did to the account, held against what was approved.

use std::collections::BTreeMap;

use bithedge_stacks::address::{Address, Principal};
use bithedge_stacks::client::{AssetMovement, Event, EventKind, Inclusion, Outcome};
use bithedge_stacks::transaction::AssetInfo;
use bithedge_stacks::units::MicroStx;
use serde::{Deserialize, Serialize};

use super::prepared::{Asset, AssetAmount};

/// What was approved, as far as it can be held against what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The account.
    pub account: Address,
    /// The fee.
    pub fee: MicroStx,
    /// At most so much leaves.
    pub leaves: Vec<AssetAmount>,
    /// At least so much arrives, if it succeeds.
    pub arrives: Vec<AssetAmount>,
}

/// What happened to the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The fee that was taken.
    pub fee: MicroStx,
    /// What left the account, beside the fee: the sum of everything that it sent or burnt, whatever came back.
    pub left: Vec<AssetAmount>,
    /// What reached the account.
    pub arrived: Vec<AssetAmount>,
    /// Whether all of the transaction's events were there to be counted. If not, `left` and `arrived` are lower bounds.
    pub is_complete: bool,
    /// What is not as approved. It should be empty; if it is not, either the node reports falsehoods or something is
    /// very wrong, and nothing more should be signed until that is understood.
    pub alarms: Vec<Alarm>,
}

/// A difference between what was approved and what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alarm", rename_all = "snake_case")]
pub enum Alarm {
    /// More left than was approved.
    TooMuchLeft {
        /// What left.
        left: AssetAmount,
        /// What was approved.
        #[serde(with = "number")]
        at_most: u128,
    },
    /// Less arrived than was approved.
    TooLittleArrived {
        /// What arrived.
        arrived: AssetAmount,
        /// What was approved.
        #[serde(with = "number")]
        at_least: u128,
    },
    /// Another fee was taken.
    OtherFee {
        /// The fee in the signed transaction.
        approved: MicroStx,
        /// What is said to have been taken.
        taken: MicroStx,
    },
    /// Something moved although the transaction failed.
    MovedDespiteFailure {
        /// What.
        moved: AssetAmount,
    },
    /// An event that says of an asset what cannot be.
    UnreadableEvent {
        /// Its number.
        index: u64,
    },
}

type Amounts = BTreeMap<Asset, u128>;

impl Receipt {
    /// For a mined transaction: `fee` is what its record says was taken.
    #[must_use]
    pub fn of(inclusion: &Inclusion, fee: MicroStx, terms: &Terms) -> Self {
        let mut alarms = Vec::new();
        let (mut left, mut arrived) = (Amounts::new(), Amounts::new());
        for event in &inclusion.events {
            if !count(event, &Principal::from(terms.account), &mut left, &mut arrived) {
                alarms.push(Alarm::UnreadableEvent { index: event.index });
            }
        }
        let is_complete = inclusion.events.len() as u64 == inclusion.event_count;
        if fee != terms.fee {
            alarms.push(Alarm::OtherFee { approved: terms.fee, taken: fee });
        }
        let (left, arrived) = (amounts(left), amounts(arrived));
        let succeeded = inclusion.outcome == Outcome::Success;
        if succeeded {
            for moved in &left {
                let at_most = largest(&terms.leaves, &moved.asset);
                if moved.amount > at_most {
                    alarms.push(Alarm::TooMuchLeft { left: moved.clone(), at_most });
                }
            }
            // What is missing may be among the events that were not told.
            for wanted in terms.arrives.iter().filter(|_| is_complete) {
                let amount = largest(&arrived, &wanted.asset);
                if amount < wanted.amount {
                    let arrived = AssetAmount { asset: wanted.asset.clone(), amount };
                    alarms.push(Alarm::TooLittleArrived { arrived, at_least: wanted.amount });
                }
            }
        } else {
            let moved = left.iter().chain(&arrived).cloned();
            alarms.extend(moved.map(|moved| Alarm::MovedDespiteFailure { moved }));
        }
        Self { fee, left, arrived, is_complete, alarms }
    }
}

fn amounts(amounts: Amounts) -> Vec<AssetAmount> {
    amounts
        .into_iter()
        .filter(|(_, amount)| *amount != 0)
        .map(|(asset, amount)| AssetAmount { asset, amount })
        .collect()
}

fn largest(amounts: &[AssetAmount], asset: &Asset) -> u128 {
    amounts.iter().filter(|known| known.asset == *asset).map(|known| known.amount).max().unwrap_or_default()
}

/// Adds what an event moved for the account; `false` if it cannot be read.
fn count(event: &Event, account: &Principal, left: &mut Amounts, arrived: &mut Amounts) -> bool {
    let (asset, amount, movement) = match &event.kind {
        EventKind::Stx { movement, amount } => (Some(Asset::Stx), u128::from(amount.micro()), movement),
        EventKind::Fungible { asset_id, movement, amount } => {
            (asset_info(asset_id).map(Asset::Fungible), *amount, movement)
        }
        EventKind::NonFungible { asset_id, movement, .. } => {
            (asset_info(asset_id).map(Asset::NonFungible), 1, movement)
        }
        EventKind::Print { .. } | EventKind::StxLock { .. } => return true,
    };
    let (sender, recipient) = match movement {
        AssetMovement::Transfer { sender, recipient } => (Some(sender), Some(recipient)),
        AssetMovement::Mint { recipient } => (None, Some(recipient)),
        AssetMovement::Burn { sender } => (Some(sender), None),
    };
    let Some(asset) = asset else {
        // Of no concern, if it is others'.
        return sender != Some(account) && recipient != Some(account);
    };
    let add = |sums: &mut Amounts| {
        let sum = sums.entry(asset.clone()).or_default();
        // Sums beyond 2^128 cannot be: saturated, they still exceed every limit.
        *sum = sum.saturating_add(amount);
    };
    if sender == Some(account) {
        add(left);
    }
    if recipient == Some(account) {
        add(arrived);
    }
    true
}

/// From `contract::asset`.
pub(super) fn asset_info(text: &str) -> Option<AssetInfo> {
    let (contract, asset) = text.split_once("::")?;
    Some(AssetInfo { contract: contract.parse().ok()?, asset: asset.parse().ok()? })
}

/// A decimal text: serde cannot read a 128-bit number back inside of a tagged enum, and the journal has to be readable. A number, as it
/// was written before, is read as well.
mod number {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        deserializer.deserialize_any(Amount)
    }

    struct Amount;

    impl de::Visitor<'_> for Amount {
        type Value = u128;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("an amount")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u128, E> {
            text.parse().map_err(E::custom)
        }

        fn visit_u64<E: de::Error>(self, amount: u64) -> Result<u128, E> {
            Ok(amount.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alarm_reads_back() {
        let some = |amount| AssetAmount { asset: Asset::Stx, amount };
        let alarms = [
            Alarm::TooMuchLeft { left: some(u128::MAX), at_most: u128::MAX },
            Alarm::TooLittleArrived { arrived: some(0), at_least: 50 },
            Alarm::OtherFee { approved: MicroStx::new(1), taken: MicroStx::new(2) },
            Alarm::MovedDespiteFailure { moved: some(1) },
            Alarm::UnreadableEvent { index: 7 },
        ];
        for alarm in alarms {
            let text = serde_json::to_string(&alarm).unwrap();
            assert_eq!(serde_json::from_str::<Alarm>(&text).unwrap(), alarm, "{text}");
        }
        let before = r#"{"alarm":"too_little_arrived","arrived":{"asset":"stx","amount":"3"},"at_least":50}"#;
        let read: Alarm = serde_json::from_str(before).unwrap();
        assert_eq!(read, Alarm::TooLittleArrived { arrived: some(3), at_least: 50 });
    }
}
