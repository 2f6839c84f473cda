//! Why an operation is refused: the codes of `docs/errors.md`.

/// An error's code.
pub(crate) type Refusal = u128;

/// A breaker that the action asks is tripped.
pub(crate) const PAUSED: Refusal = 1_350_301;
/// Only a vote could do it: no guardian tripped the breaker.
pub(crate) const NOT_APPROVED: Refusal = 1_140_301;
/// The breaker is not tripped.
pub(crate) const NOT_TRIPPED: Refusal = 1_340_903;
/// The oracle's last price is too old.
pub(crate) const STALE_PRICE: Refusal = 1_450_401;
/// The user has too little for the vault to take.
pub(crate) const CANNOT_PAY: Refusal = 1_540_303;
/// The user has too little for the treasury to take.
pub(crate) const CANNOT_PAY_FEE: Refusal = 1_640_303;
/// No fees wait.
pub(crate) const NOTHING_TO_DISTRIBUTE: Refusal = 1_640_901;
/// An amount that is zero, too small or too large.
pub(crate) const AMOUNT: Refusal = 1_840_001;
/// The strike is no multiple of the step.
pub(crate) const STRIKE_OFF_GRID: Refusal = 1_840_003;
/// The strike belongs to another tier.
pub(crate) const STRIKE_OUTSIDE_TIER: Refusal = 1_840_004;
/// Longer than the tier sells.
pub(crate) const TERM_TOO_LONG: Refusal = 1_840_005;
/// Only sBTC leaves a dead bucket.
pub(crate) const NOT_SBTC: Refusal = 1_840_007;
/// More shares than there are.
pub(crate) const INSUFFICIENT_SHARES: Refusal = 1_840_201;
/// Nothing was sold for the expiry, or it is settled.
pub(crate) const NOTHING_TO_SETTLE: Refusal = 1_840_405;
/// Nothing waits for its owner.
pub(crate) const NOTHING_TO_CLAIM: Refusal = 1_840_406;
/// Nothing waits for a close.
pub(crate) const NOTHING_TO_CANCEL: Refusal = 1_840_407;
/// The bucket's close comes first.
pub(crate) const CLOSE_DUE: Refusal = 1_840_901;
/// It is too early for a close.
pub(crate) const CLOSE_NOT_DUE: Refusal = 1_840_902;
/// An expiry waits to be settled.
pub(crate) const SETTLE_FIRST: Refusal = 1_840_903;
/// The pool: the expiry is still to come.
pub(crate) const EXPIRY_TO_COME: Refusal = 1_840_904;
/// Less than an hour is left before the request's boundary.
pub(crate) const REQUESTS_CLOSED: Refusal = 1_840_905;
/// No value above what was paid in.
pub(crate) const NO_YIELD: Refusal = 1_840_906;
/// The expiry is over but not settled.
pub(crate) const NOT_SETTLED: Refusal = 1_840_908;
/// There was a close within three days.
pub(crate) const CLOSES_RUNNING: Refusal = 1_840_909;
/// An activation that needs what is others' lock.
pub(crate) const SERIES_SHORT: Refusal = 1_841_201;
/// The bucket cannot take the order.
pub(crate) const CAPACITY: Refusal = 1_842_301;
/// The bucket cannot take the deposit.
pub(crate) const DEPOSIT_CAPACITY: Refusal = 1_842_302;
/// The boundary has no price yet.
pub(crate) const NO_BOUNDARY_PRICE: Refusal = 1_850_401;
/// The size is outside the limits.
pub(crate) const SIZE: Refusal = 1_940_001;
/// Nothing is sold for this expiry.
pub(crate) const EXPIRY_NOT_LISTED: Refusal = 1_940_003;
/// More than the buyer wants to pay.
pub(crate) const COST_ABOVE_LIMIT: Refusal = 1_940_201;
/// The policy is somebody else's.
pub(crate) const NOT_OWNER: Refusal = 1_940_301;
/// The policy has ended.
pub(crate) const NOT_ACTIVE: Refusal = 1_940_901;
/// The policy ran out.
pub(crate) const EXPIRED: Refusal = 1_940_902;
/// The activation delay is not over.
pub(crate) const TOO_EARLY: Refusal = 1_940_903;
/// Too close to the expiry.
pub(crate) const TOO_LATE: Refusal = 1_940_904;
/// Nothing is sold at a price as old as the oracle's last.
pub(crate) const PRICE_TOO_OLD: Refusal = 1_950_401;
/// The price is not below the strike.
pub(crate) const NOT_IN_THE_MONEY: Refusal = 1_940_905;
/// The registry: the expiry is still to come.
pub(crate) const NOT_EXPIRED: Refusal = 1_940_906;
