//! What the window asks for, as an intent.

use bithedge_ipc as ipc;
use bithedge_ipc::Wish;
use bithedge_protocol::Asset;
use bithedge_protocol::pool::Order;
use bithedge_stacks::address::{Address, Principal};
use bithedge_suite::bounded::Ascii;

use crate::intents::{
    Ballot, BucketId, Capital, Governing, Intent, Prices, Protection, Recipient, Reserves, Upkeep,
};

/// Why a wish is none that could be an intent. Nothing was asked of the chain. What was typed is not repeated: it may be words in
/// the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WishError {
    /// The text is no address of an account, or not in its usual spelling.
    #[error("the {0} is not a Stacks address in its usual spelling")]
    Address(&'static str),
    /// The text is neither an address nor a contract, or not in its usual spelling.
    #[error("the {0} is neither a Stacks address nor a contract in its usual spelling")]
    Principal(&'static str),
    /// The text is empty, too long, or has characters that a contract does not take.
    #[error("the {what} has to have 1 to {most} plain characters")]
    Text {
        /// Which text.
        what: &'static str,
        /// The most characters.
        most: usize,
    },
    /// The text is no SHA-256.
    #[error("the hash of the reasons has to have 64 hexadecimal digits")]
    Hash,
    /// A number that no policy or proposal has.
    #[error("the {0} is zero")]
    Nothing(&'static str),
}

/// A wish as an intent, without a figure changed. `account` is who acts: where the wish names nobody, it is paid.
///
/// # Errors
/// [`WishError`]. Amounts of zero, or beyond what fits, are [`Intent::refuse`]'s.
pub fn intent(wish: &Wish, account: Address) -> Result<Intent, WishError> {
    let bucket = |tier: u8, asset: Asset| BucketId { tier, asset };
    let policy = |number: u64| number_of("policy's number", number);
    let proposal = |number: u64| number_of("proposal's number", number);
    Ok(match wish {
        Wish::Buy { asset, tier, strike, expiry, size, max_cost, valid_until } => Protection::Buy {
            order: Order { asset: *asset, tier: *tier, strike: *strike, expiry: *expiry, size: *size },
            max_cost: *max_cost,
            valid_until: *valid_until,
        }
        .into(),
        Wish::Activate { policy: number, asset, min_payout } => {
            Protection::Activate { policy: policy(*number)?, asset: *asset, min_payout: *min_payout }.into()
        }
        Wish::SellBack { policy: number, asset, min_refund } => {
            Protection::SellBack { policy: policy(*number)?, asset: *asset, min_refund: *min_refund }.into()
        }
        Wish::Claim { policy: number, asset, owner } => {
            let to = recipient("owner", owner.as_deref())?;
            Protection::Claim { policy: policy(*number)?, asset: *asset, to }.into()
        }
        Wish::Commit { tier, asset, amount } => {
            Capital::Commit { bucket: bucket(*tier, *asset), amount: *amount }.into()
        }
        Wish::CancelDeposit { tier, asset } => Capital::CancelDeposit(bucket(*tier, *asset)).into(),
        Wish::RequestWithdrawal { tier, asset, shares } => {
            Capital::RequestWithdrawal { bucket: bucket(*tier, *asset), shares: *shares }.into()
        }
        Wish::CancelWithdrawal { tier, asset } => Capital::CancelWithdrawal(bucket(*tier, *asset)).into(),
        Wish::ClaimWithdrawal { tier, asset, provider } => {
            let to = recipient("provider", provider.as_deref())?;
            Capital::ClaimWithdrawal { bucket: bucket(*tier, *asset), to }.into()
        }
        Wish::ClaimYield { tier, asset } => Capital::ClaimYield(bucket(*tier, *asset)).into(),
        Wish::LeaveDeadBucket { tier, asset, shares } => {
            Capital::LeaveDeadBucket { bucket: bucket(*tier, *asset), shares: *shares }.into()
        }
        Wish::CloseEpoch { tier, asset } => Upkeep::CloseEpoch(bucket(*tier, *asset)).into(),
        Wish::SettleExpiry { tier, asset, expiry } => {
            Upkeep::SettleExpiry { bucket: bucket(*tier, *asset), expiry: *expiry }.into()
        }
        Wish::EndPolicies { policies } => {
            let numbers = policies.iter().map(|number| policy(*number)).collect::<Result<_, _>>()?;
            Upkeep::EndPolicies(numbers).into()
        }
        Wish::ClaimBounties { asset, keeper } => {
            let to = recipient("keeper", keeper.as_deref())?;
            Upkeep::ClaimBounties { asset: *asset, to }.into()
        }
        Wish::RecordBoundary { at } => Upkeep::RecordBoundary(*at).into(),
        Wish::CheckOracle {} => Upkeep::CheckOracle.into(),
        Wish::RecordHealth {} => Upkeep::RecordHealth.into(),
        Wish::Contribute { asset, amount } => Reserves::Contribute { asset: *asset, amount: *amount }.into(),
        Wish::Distribute { asset } => Reserves::Distribute(*asset).into(),
        Wish::ClaimAllocation { asset, recipient } => {
            let to = match recipient.as_deref() {
                None => Principal::from(account),
                Some(text) => principal("recipient", text)?,
            };
            Reserves::ClaimAllocation { asset: *asset, to }.into()
        }
        Wish::Vote { proposal: number, ballot } => {
            let ballot = match ballot {
                ipc::Ballot::Against => Ballot::Against,
                ipc::Ballot::For => Ballot::For,
                ipc::Ballot::Abstain => Ballot::Abstain,
            };
            Governing::Vote { proposal: proposal(*number)?, ballot }.into()
        }
        Wish::QueueProposal { proposal: number } => Governing::Queue(proposal(*number)?).into(),
        Wish::CancelProposal { proposal: number } => Governing::Cancel(proposal(*number)?).into(),
        Wish::RenounceRole { role } => Governing::RenounceRole(text("role", role)?).into(),
        Wish::TripBreaker { breaker, reason } => {
            Governing::TripBreaker { breaker: text("breaker", breaker)?, reason: text("reason", reason)? }
                .into()
        }
        Wish::ReleaseBreaker { breaker } => Governing::ReleaseBreaker(text("breaker", breaker)?).into(),
        Wish::FreezeFundWithdrawals {} => Governing::FreezeFundWithdrawals.into(),
        Wish::DisputeReport { reporter, reason_hash } => {
            let reporter = principal("reporter", reporter)?;
            Prices::Dispute { reporter, reason: hash(reason_hash)? }.into()
        }
        Wish::SuspendReporter { reporter } => Prices::Suspend(principal("reporter", reporter)?).into(),
    })
}

fn number_of(what: &'static str, number: u64) -> Result<u128, WishError> {
    if number == 0 { Err(WishError::Nothing(what)) } else { Ok(number.into()) }
}

/// Nobody named is the account itself: whoever else the chain would pay, the intent refuses it.
fn recipient(what: &'static str, named: Option<&str>) -> Result<Recipient, WishError> {
    let Some(named) = named else { return Ok(Recipient::Ours) };
    // An address has a checksum, and one spelling: anything else may have been changed on its way.
    let address = named.parse::<Address>().ok().filter(|address| address.to_string() == named);
    address.map(Recipient::Somebody).ok_or(WishError::Address(what))
}

fn principal(what: &'static str, named: &str) -> Result<Principal, WishError> {
    let principal = named.parse::<Principal>().ok().filter(|principal| principal.to_string() == named);
    principal.ok_or(WishError::Principal(what))
}

fn text<const N: usize>(what: &'static str, typed: &str) -> Result<Ascii<N>, WishError> {
    let unfit = WishError::Text { what, most: N };
    // A line break is a character of Clarity's; on a page it makes a text look like something else.
    if typed.is_empty() || typed.chars().any(char::is_control) {
        return Err(unfit);
    }
    Ascii::new(typed).map_err(|_| unfit)
}

fn hash(typed: &str) -> Result<[u8; 32], WishError> {
    let mut bytes = [0; 32];
    if typed.len() != 64 {
        return Err(WishError::Hash);
    }
    for (byte, digits) in bytes.iter_mut().zip(typed.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| WishError::Hash)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(WishError::Hash);
        }
        *byte = u8::from_str_radix(digits, 16).map_err(|_| WishError::Hash)?;
    }
    Ok(bytes)
}
