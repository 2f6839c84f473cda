//! What a transaction starts from: an exact payload, what may move because of it, and the words that describe it.

use std::fmt;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{AssetInfo, Payload, PostCondition};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::receipt::asset_info;

/// A kind of thing that has owners.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// STX, counted in micro-STX.
    Stx,
    /// A fungible token, counted in its smallest unit.
    Fungible(AssetInfo),
    /// A kind of non-fungible token, counted in pieces.
    NonFungible(AssetInfo),
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stx => f.write_str("micro-STX"),
            Self::Fungible(asset) | Self::NonFungible(asset) => asset.fmt(f),
        }
    }
}

impl Asset {
    const STX: &str = "stx";
    const FUNGIBLE: &str = "ft:";
    const NON_FUNGIBLE: &str = "nft:";
}

/// `stx`, `ft:contract::asset` or `nft:contract::asset`.
impl Serialize for Asset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Stx => serializer.serialize_str(Self::STX),
            Self::Fungible(asset) => serializer.collect_str(&format_args!("{}{asset}", Self::FUNGIBLE)),
            Self::NonFungible(asset) => {
                serializer.collect_str(&format_args!("{}{asset}", Self::NON_FUNGIBLE))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let token = |kind| text.strip_prefix(kind).and_then(asset_info);
        if text == Self::STX {
            return Ok(Self::Stx);
        }
        token(Self::FUNGIBLE)
            .map(Self::Fungible)
            .or_else(|| token(Self::NON_FUNGIBLE).map(Self::NonFungible))
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no asset")))
    }
}

/// So much of an asset, in the unit that [`Asset`] names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AssetAmount {
    /// Of what.
    pub asset: Asset,
    /// How much. A decimal text in JSON.
    #[serde(with = "decimal")]
    pub amount: u128,
}

impl fmt::Display for AssetAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.asset)
    }
}

/// An intent that became an exact call: all that is missing are nonce, fee, approval and signature.
///
/// It is always sent in deny mode: what no post-condition names cannot move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Who acts, signs, and pays the fee: an account with one key (P2PKH).
    pub account: Address,
    /// The chain it is for. Signed with the transaction, so that it is valid on no other.
    pub network: Network,
    /// What it does.
    pub payload: Payload,
    /// What must hold about transfers, or else all of it is undone but the fee.
    pub post_conditions: Vec<PostCondition>,
    /// A short name of the intent that does not change with the language, such as `purchase-protection`. For the journal
    /// and for filters.
    pub intent: String,
    /// What it means, one sentence each, in the order to read them. The lines that are decoded from the bytes themselves
    /// are added to these, not replaced by them.
    pub words: Vec<String>,
    /// At most so much of each asset leaves the account, without the fee. It must not be less than what the payload and
    /// the post-conditions let out: such a transaction is not presented. An asset that is not named does not leave.
    pub leaves: Vec<AssetAmount>,
    /// At least so much of each asset reaches the account if the transaction succeeds. The receipt is held against it.
    pub arrives: Vec<AssetAmount>,
    /// The latest moment, by this computer's clock, at which it may be approved, signed, and handed out for the first time.
    /// What somebody else may have got already cannot be taken back: unless the call itself names a deadline to the
    /// contract, it stays executable at the terms that were approved until its nonce is used.
    pub valid_until: Option<UnixSeconds>,
}

mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
