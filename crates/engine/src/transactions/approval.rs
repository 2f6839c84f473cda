//! What a person is asked, drawn from the very bytes that would be signed.

use std::collections::BTreeMap;
use std::fmt;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::{Address, Hash160};
use bithedge_stacks::network::Network;
use bithedge_stacks::render::Line;
use bithedge_stacks::transaction::{
    Authorization, BuildError, FungibleCode, KeyEncoding, Memo, NonFungibleCode, PartialError, Payload,
    PostCondition, PostConditionMode, PostConditionPrincipal, Signature, SingleSigCondition,
    SingleSigHashMode, SpendingCondition, Transaction, TransactionBuilder, Txid, UnsignedTransaction,
    VerifyError,
};
use bithedge_stacks::units::MicroStx;

use super::prepared::{Asset, AssetAmount, Prepared};
use super::status::{Purpose, TransactionId};

/// What identifies an approval: the hash (SHA-512/256) of the unsigned transaction's bytes. Whoever approves names it, so
/// that nothing else can be approved by mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of the bytes of an unsigned transaction.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Txid::of(bytes).0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Txid(self.0).fmt(f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A question to whoever owns the account: shall this be signed?
///
/// Everything but `intent`, `words` and `arrives` comes from the bytes, decoded again after they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Which transaction.
    pub id: TransactionId,
    /// What has to be named to approve it.
    pub digest: Digest,
    /// What it is to another transaction.
    pub purpose: Purpose,
    /// Who would sign and pay.
    pub account: Address,
    /// The chain.
    pub network: Network,
    /// The account's nonce that it would use.
    pub nonce: u64,
    /// Nonces before it that nobody has: until something is done with each of them, this waits, and then it is executed
    /// whenever that is. Only for what takes an earlier transaction's place.
    pub waits_for: Vec<u64>,
    /// The fee, which is taken even if the transaction fails.
    pub fee: MicroStx,
    /// The intent's name.
    pub intent: String,
    /// What the intent says of itself.
    pub words: Vec<String>,
    /// The transaction, line by line: contract, function, arguments, chain, nonce, fee, every post-condition, the mode.
    pub lines: Vec<Line>,
    /// At most so much leaves the account, beside the fee. Nothing else can leave.
    pub leaves: Vec<AssetAmount>,
    /// At least so much arrives, if it succeeds. The receipt will be held against it.
    pub arrives: Vec<AssetAmount>,
    /// When the question is withdrawn if there is no answer.
    pub expires: UnixSeconds,
}

/// Why something prepared is not presented. Nothing was signed, and the fault is in what prepared it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// It cannot be written as a transaction that a node would read.
    #[error("the transaction cannot be built: {0}")]
    Build(#[from] BuildError),
    /// What was written does not read back.
    #[error("the transaction cannot be read back: {0}")]
    ReadBack(#[from] PartialError),
    /// What was written reads back as something else.
    #[error("the transaction reads back with another {0} than was meant")]
    Differs(&'static str),
    /// The account is of another network, or not of one key.
    #[error("the account {account} does not sign with one key on this network")]
    Account {
        /// The account.
        account: Address,
    },
    /// A kind of transaction that is never signed here.
    #[error("this kind of transaction is never signed: {0}")]
    Kind(&'static str),
    /// A post-condition that sets no upper limit to what leaves the account.
    #[error("nothing limits how much of {asset} leaves the account")]
    Unbounded {
        /// Of which asset.
        asset: Asset,
    },
    /// The words promise less than the bytes allow.
    #[error("up to {allowed} of {asset} could leave the account, but the words say {said}")]
    MoreThanSaid {
        /// Of which asset.
        asset: Asset,
        /// What the words say.
        said: u128,
        /// What the bytes allow.
        allowed: u128,
    },
    /// A transfer of STX cannot be made to fail, so it cannot be cancelled this way.
    #[error("a transfer cannot be cancelled, only replaced")]
    NotCancellable,
}

/// The bytes to be signed: what was prepared, with a nonce and a fee.
pub(crate) fn build(prepared: &Prepared, nonce: u64, fee: MicroStx) -> Result<Vec<u8>, ReviewError> {
    let Prepared { account, network, .. } = prepared;
    if account.version != network.version.single_sig() {
        return Err(ReviewError::Account { account: *account });
    }
    let condition = SpendingCondition::SingleSig(SingleSigCondition {
        hash_mode: SingleSigHashMode::P2pkh,
        signer: account.hash,
        nonce: 0,
        fee: MicroStx::ZERO,
        key_encoding: KeyEncoding::Compressed,
        signature: Signature::EMPTY,
    });
    let unsigned = TransactionBuilder::new(*network, prepared.payload.clone())
        .post_conditions(prepared.post_conditions.iter().cloned())
        .nonce(nonce)
        .fee(fee)
        .unsigned(condition)?;
    Ok(unsigned.encode())
}

/// What the bytes say.
pub(super) struct Review {
    pub(super) unsigned: UnsignedTransaction,
    pub(super) lines: Vec<Line>,
    /// What may leave the account beside the fee.
    pub(super) leaves: Vec<AssetAmount>,
}

/// Reads the bytes again and holds them against what was meant.
pub(super) fn review(
    bytes: &[u8],
    prepared: &Prepared,
    nonce: u64,
    fee: MicroStx,
) -> Result<Review, ReviewError> {
    let unsigned = UnsignedTransaction::decode(bytes)?;
    let read = unsigned.transaction();
    let same = [
        ("account", read.origin_address() == prepared.account && read.sponsor_address().is_none()),
        ("network", read.network() == prepared.network),
        ("nonce", read.origin_nonce() == nonce),
        ("fee", read.fee() == fee),
        ("payload", read.payload == prepared.payload),
        ("set of post-conditions", read.post_conditions == prepared.post_conditions),
        ("post-condition mode", read.post_condition_mode == PostConditionMode::Deny),
        ("length", read.encode() == bytes),
    ];
    if let Some((what, _)) = same.into_iter().find(|(_, is_same)| !is_same) {
        return Err(ReviewError::Differs(what));
    }
    let leaves = at_most_leaves(read)?;
    for AssetAmount { asset, amount } in &leaves {
        let said = prepared
            .leaves
            .iter()
            .filter(|said| said.asset == *asset)
            .map(|said| said.amount)
            .max()
            .unwrap_or_default();
        if said < *amount {
            return Err(ReviewError::MoreThanSaid { asset: asset.clone(), said, allowed: *amount });
        }
    }
    let lines = read.render().lines;
    Ok(Review { unsigned, lines, leaves })
}

/// The most that can leave the origin's account, without the fee: in deny mode that is what the post-conditions about it
/// allow, each asset's tightest one.
pub(super) fn at_most_leaves(transaction: &Transaction) -> Result<Vec<AssetAmount>, ReviewError> {
    match &transaction.payload {
        // Nodes refuse post-conditions on transfers; the amount is the limit.
        Payload::TokenTransfer { amount, .. } if transaction.post_conditions.is_empty() => {
            return Ok(vec![AssetAmount { asset: Asset::Stx, amount: u128::from(amount.micro()) }]);
        }
        Payload::TokenTransfer { .. } => return Err(ReviewError::Kind("a transfer with post-conditions")),
        Payload::ContractCall { .. } | Payload::SmartContract { .. } => {}
        _ => return Err(ReviewError::Kind("only miners make it")),
    }
    let account = transaction.origin_address();
    let mut limits: BTreeMap<Asset, Option<u128>> = BTreeMap::new();
    for condition in &transaction.post_conditions {
        if never_holds(condition) {
            return Ok(Vec::new());
        }
        let is_own = match condition.principal() {
            PostConditionPrincipal::Origin => true,
            PostConditionPrincipal::Standard(address) => *address == account,
            PostConditionPrincipal::Contract(_) => false,
        };
        if !is_own {
            continue;
        }
        match condition {
            PostCondition::Stx { code, amount, .. } => {
                tighten(&mut limits, Asset::Stx, most(*code, amount.micro()));
            }
            PostCondition::Fungible { asset, code, amount, .. } => {
                tighten(&mut limits, Asset::Fungible(asset.clone()), most(*code, *amount));
            }
            PostCondition::NonFungible { asset, code, .. } => {
                if !matches!(code, NonFungibleCode::DoesNotSend) {
                    let pieces = limits.entry(Asset::NonFungible(asset.clone())).or_insert(Some(0));
                    *pieces = pieces.and_then(|pieces| pieces.checked_add(1));
                }
            }
            PostCondition::Staking { .. } | PostCondition::Pox { .. } => {
                return Err(ReviewError::Kind("it is about stacking"));
            }
        }
    }
    limits
        .into_iter()
        .filter(|(_, limit)| *limit != Some(0))
        .map(|(asset, limit)| match limit {
            Some(amount) => Ok(AssetAmount { asset, amount }),
            None => Err(ReviewError::Unbounded { asset }),
        })
        .collect()
}

fn tighten(limits: &mut BTreeMap<Asset, Option<u128>>, asset: Asset, limit: Option<u128>) {
    let known = limits.entry(asset).or_insert(None);
    *known = match (*known, limit) {
        (Some(known), Some(limit)) => Some(known.min(limit)),
        (known, limit) => known.or(limit),
    };
}

/// The most that may be sent under a condition.
fn most(code: FungibleCode, amount: u64) -> Option<u128> {
    let amount = u128::from(amount);
    match code {
        FungibleCode::Eq | FungibleCode::Le => Some(amount),
        FungibleCode::Lt => Some(amount.saturating_sub(1)),
        FungibleCode::Gt | FungibleCode::Ge => None,
    }
}

/// Whether no transfer of STX whatever could meet it, so that the transaction can only be undone.
fn never_holds(condition: &PostCondition) -> bool {
    matches!(
        condition,
        PostCondition::Stx { code: FungibleCode::Gt, amount, .. } if amount.micro() == u64::MAX
    )
}

/// The same call with a condition that cannot hold: that the account sends more STX than the chain can count. Every node
/// undoes it whatever the contract does, so nothing moves but the fee, and the nonce is used up. (A transfer to oneself,
/// which other chains cancel with, is refused by Stacks nodes: `TransferRecipientCannotEqualSender`.)
///
/// # Errors
/// [`ReviewError::NotCancellable`] for a transfer of STX: nodes take no post-conditions on it.
pub fn cancellation(earlier: &Prepared) -> Result<Prepared, ReviewError> {
    if matches!(earlier.payload, Payload::TokenTransfer { .. }) {
        return Err(ReviewError::NotCancellable);
    }
    let mut post_conditions = earlier.post_conditions.clone();
    post_conditions.push(PostCondition::Stx {
        principal: PostConditionPrincipal::Origin,
        code: FungibleCode::Gt,
        amount: MicroStx::new(u64::MAX),
    });
    Ok(Prepared {
        post_conditions,
        words: vec![
            "This takes the place of the earlier transaction and is made to fail, so that the earlier one cannot \
             happen any more. If the earlier one is mined first, this one has no effect."
                .to_owned(),
            "Nothing leaves the account but the fee.".to_owned(),
        ],
        leaves: Vec::new(),
        arrives: Vec::new(),
        // It is right at any time.
        valid_until: None,
        ..earlier.clone()
    })
}

/// The intent of a transfer that only uses up a nonce.
pub(super) const USE_UP_NONCE: &str = "use-up-nonce";

/// What a cancellation says where the same call does not do.
pub(super) const CANCELLING: &str = "This takes the place of the earlier transaction, so that it cannot happen any more. \
     If the earlier one is mined first, this one has no effect.";

/// A transfer of one micro-STX to the address whose key nobody has: it uses up a nonce at the least cost, and miners take it
/// whatever became of contracts.
pub(super) fn burning(account: Address, network: Network, why: &str) -> Prepared {
    let nobody = Address { version: network.version.single_sig(), hash: Hash160([0; 20]) };
    let least = MicroStx::new(1);
    Prepared {
        account,
        network,
        payload: Payload::TokenTransfer { recipient: nobody.into(), amount: least, memo: Memo::EMPTY },
        post_conditions: Vec::new(),
        intent: USE_UP_NONCE.to_owned(),
        words: vec![why.to_owned(), "One micro-STX is given up, beside the fee.".to_owned()],
        leaves: vec![AssetAmount { asset: Asset::Stx, amount: least.micro().into() }],
        arrives: Vec::new(),
        valid_until: None,
    }
}

/// Why a signature was thrown away. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureMismatch {
    /// Something else was signed than what was approved.
    #[error("what was signed is not what was approved")]
    OtherBytes,
    /// The signature is not the account's.
    #[error("the signature is not valid: {0}")]
    Invalid(#[from] VerifyError),
}

/// Whether a signed transaction is the approved bytes, and nothing but a valid signature added.
pub(super) fn check_signed(approved: &[u8], signed: &Transaction) -> Result<(), SignatureMismatch> {
    let mut cleared = signed.clone();
    let Authorization::Standard(SpendingCondition::SingleSig(condition)) = &mut cleared.auth else {
        return Err(SignatureMismatch::OtherBytes);
    };
    condition.signature = Signature::EMPTY;
    if cleared.encode() != approved {
        return Err(SignatureMismatch::OtherBytes);
    }
    Ok(signed.verify()?)
}
