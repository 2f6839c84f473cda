//! What somebody has committed, and what the pool is.

use bithedge_protocol::pool::{Availability, BoundaryPrice, Shares};
use bithedge_protocol::risk::{ExitStep, Exposure, Shock, Standing, StressOutcome};
use bithedge_protocol::{Asset, Ppm, PpmChange, Sats, Seconds, TokenAmount, TokenChange, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::{AsOf, BucketRef, Figure, RewardView, Trust};

/// What shares were worth at a bucket's last close: `nav / shares` base units for each, the exact pair of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharePrice {
    /// The value, with the contract's virtual unit in it.
    pub nav: TokenAmount,
    /// The shares that it stands for, with the contract's virtual shares in it.
    pub shares: Shares,
    /// The boundary of the close; `None` of a bucket that was never closed.
    pub at: Option<UnixSeconds>,
}

/// A deposit or an exit that waits for a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The epoch whose close takes it.
    pub epoch: u64,
    /// The deposit.
    pub deposit: TokenAmount,
    /// The shares asked to leave.
    pub exit: Shares,
    /// The earliest boundary at which that can be.
    pub due: UnixSeconds,
}

/// When shares that leave will be paid, if prices stay and nobody else acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitOutlook {
    /// The shares.
    pub shares: Shares,
    /// How much of them is paid by when. The part is the same for everybody in the same place of the queue; the amount is this
    /// provider's, after the exit fee, and an estimate.
    pub steps: Vec<ExitStep>,
    /// When all of it is paid; `None` if that cannot be foreseen.
    pub paid_by: Option<UnixSeconds>,
}

/// How a bucket, and everybody in it, stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketHealth {
    /// The bucket.
    pub bucket: BucketRef,
    /// What its tier is called on the chain, if that is known.
    pub tier_name: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Assets over what its promises call for; `None` if they call for nothing.
    pub ratio: Option<Ppm>,
    /// Its assets.
    pub assets: TokenAmount,
    /// What its promises call for.
    pub needed: TokenAmount,
    /// The ratio below which it warns.
    pub warning_below: Ppm,
    /// The ratio below which it is short: sales and exits stop.
    pub margin_call_below: Ppm,
    /// The price of STX that it was computed with.
    pub stx: UsdE8,
    /// When that price was accepted.
    pub priced_at: UnixSeconds,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// A provider's position in one bucket. Amounts are in the bucket's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionView {
    /// The bucket.
    pub bucket: BucketRef,
    /// The tier's name; `None` if it is not known.
    pub tier_name: Option<String>,
    /// Shares that stay.
    pub shares: Shares,
    /// What a share was worth at the last close.
    pub share_price: SharePrice,
    /// What shares that stay and those in the queue are worth at the last close: the contract's `value`.
    pub value: TokenAmount,
    /// That in USD at the newest prices; unknown if the oracle would not give such old ones any more.
    pub value_usd: Figure<UsdE8>,
    /// What still bears risk: also the shares that wait to join the queue.
    pub at_risk: TokenAmount,
    /// The part of the bucket's locks in the value.
    pub locked: TokenAmount,
    /// The rest of the value. It is not there to be taken at once: it leaves through the exit queue.
    pub unlocked: TokenAmount,
    /// Shares in the exit queue.
    pub queued: Shares,
    /// What waits for a close.
    pub waiting: Vec<Waiting>,
    /// When what is in the queue, and what joins it at the next close, will be paid; `None` if nothing leaves.
    pub exit: Option<Figure<ExitOutlook>>,
    /// When what joins the queue at the close after that will be paid; `None` if nothing does.
    pub next_exit: Option<Figure<ExitOutlook>>,
    /// What can be claimed now: paid exits and returned deposits.
    pub claimable: TokenAmount,
    /// Of that, returned deposits.
    pub returned: TokenAmount,
    /// What was paid in for what is still in; `None` if it cannot be counted.
    pub basis: Option<TokenAmount>,
    /// What exits have brought, less what was paid in for it: negative after losses.
    pub realised: TokenChange,
    /// What is at risk, less what was paid in for it.
    pub unrealised: TokenChange,
    /// How far a share of now is below its highest close. Shares that became worthless before do not count in it: what they cost
    /// is in `realised`.
    pub drawdown: Figure<PpmChange>,
    /// How the bucket stands.
    pub health: Figure<BucketHealth>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// All of a provider's positions in one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapitalTotal {
    /// The token.
    pub asset: Asset,
    /// What is in buckets at their last closes; `None` if it cannot be counted.
    pub at_risk: Option<TokenAmount>,
    /// That in USD at the newest prices; unknown if the oracle would not give such old ones any more.
    pub at_risk_usd: Figure<UsdE8>,
    /// Deposits that wait to become shares.
    pub waiting: Option<TokenAmount>,
    /// What can be claimed now.
    pub claimable: Option<TokenAmount>,
    /// Realised so far, losses in it.
    pub realised: TokenChange,
    /// Not realised yet.
    pub unrealised: TokenChange,
}

/// A provider's whole capital (seed 3, `getProviderPortfolio`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapitalPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// By bucket, of those that it has ever been in.
    pub positions: Vec<PositionView>,
    /// By token.
    pub totals: Vec<CapitalTotal>,
    /// What the account earned otherwise and has not claimed, by token.
    pub rewards: Vec<RewardView>,
    /// Whether these are all that there are.
    pub trust: Trust,
}

/// Premiums over the capital that stood for them: what would have been earned *if nothing had been paid out*. It is not a
/// yield, and never shown without those words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IfNothingPaidOut {
    /// From when on.
    pub from: UnixSeconds,
    /// Until when.
    pub to: UnixSeconds,
    /// The premiums of the policies that were sold in that time.
    pub premiums: TokenAmount,
    /// The mean of the assets after the closes of that time.
    pub capital: TokenAmount,
    /// The one over the other, for that time and no longer.
    pub of_capital: Ppm,
}

/// A bucket as whoever compares tiers sees it (seed 3, `getTierStats`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierView {
    /// The bucket.
    pub bucket: BucketRef,
    /// The tier's name.
    pub name: String,
    /// The lowest strike, of spot.
    pub min_strike: Ppm,
    /// The first strike that is the next tier's, of spot.
    pub max_strike: Ppm,
    /// The longest term.
    pub longest_term: Seconds,
    /// Its assets.
    pub capital: TokenAmount,
    /// Assets and deposits that it takes at most.
    pub capacity: TokenAmount,
    /// The largest commitment that it takes now: less than `capacity` by its assets and by every deposit that waits, and with what the
    /// commitment prepays for the close, which is no deposit. Nothing if it is full.
    pub room: TokenAmount,
    /// Collateral locked.
    pub locked: TokenAmount,
    /// What is needed of what may back sales; unknown without a price of STX.
    pub utilisation: Figure<Ppm>,
    /// Collateral that new sales may take.
    pub free: Figure<TokenAmount>,
    /// The exit fee at today's utilisation.
    pub exit_fee: Figure<Ppm>,
    /// The smallest deposit; `None` if it is not known.
    pub min_deposit: Option<TokenAmount>,
    /// The epoch that is open.
    pub epoch: u64,
    /// When it can be closed at the earliest.
    pub due: UnixSeconds,
    /// Providers in it.
    pub providers: u64,
    /// Policies sold and not ended.
    pub policies: u64,
    /// All premiums so far.
    pub premiums: TokenAmount,
    /// All payouts so far.
    pub payouts: TokenAmount,
    /// What a share of now has returned in the token, losses in it; not for a year, but since `since`. What became of shares
    /// before it, `ended` says, which belongs beside it.
    pub returned: Figure<PpmChange>,
    /// The first close of the shares of now; `None` before it.
    pub since: Option<UnixSeconds>,
    /// The closes at which all shares that there were became worthless.
    pub ended: Vec<UnixSeconds>,
    /// The deepest fall of a share from a close before it, of all time: minus 100 % if any ever became worthless.
    pub worst_drawdown: Figure<PpmChange>,
    /// Premiums over capital of the last thirty days; `None` without a close in them.
    pub if_nothing_paid_out: Option<IfNothingPaidOut>,
    /// How it stands.
    pub health: Figure<BucketHealth>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// The tiers side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TiersPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// By tier and token.
    pub tiers: Vec<TierView>,
    /// Whether these are all that there are.
    pub trust: Trust,
}

/// What there is of one token (seed 3, `getPoolStats`), by the events of pool, vault, treasury and fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolView {
    /// The token.
    pub asset: Asset,
    /// The vault's own book: all that it keeps.
    pub vault: TokenAmount,
    /// Of that, locked.
    pub locked: TokenAmount,
    /// Assets of all buckets.
    pub assets: TokenAmount,
    /// Assets that are not locked.
    pub available: TokenAmount,
    /// Deposits that wait for a close.
    pub waiting_deposits: TokenAmount,
    /// Deposits that wait to be taken back.
    pub refunds: TokenAmount,
    /// Filled exits that wait to be claimed.
    pub filled_exits: TokenAmount,
    /// Reserved for settled policies.
    pub claims: TokenAmount,
    /// Prepaid bounties.
    pub bounties: TokenAmount,
    /// Bounties that keepers earned and did not claim.
    pub credits: TokenAmount,
    /// Whether the parts are what the vault's books say.
    pub adds_up: bool,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// What could be sold of one series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRoom {
    /// The strike.
    pub strike: UsdE8,
    /// The expiry.
    pub expiry: UnixSeconds,
    /// About the largest policy that this account could buy now, by the bucket's capital and by the account's own limit.
    pub largest: Sats,
    /// Why nothing is sold, if nothing is.
    pub refused: Option<String>,
}

/// What a bucket could still do (seed 3, `getTierAvailability`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// The bucket.
    pub bucket: BucketRef,
    /// Its free capital, at the newest price of STX.
    pub availability: Figure<Availability>,
    /// By series, those that are listed for it now.
    pub series: Figure<Vec<SeriesRoom>>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// A share's history at one close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YieldPoint {
    /// The close's boundary.
    pub at: UnixSeconds,
    /// At this close all shares that there were became worthless: the return and drawdown of this point are their loss, and the
    /// points after it are of the shares that began here.
    pub ended: bool,
    /// What a share has returned since the first point, in the token: losses are in it. It begins again where all shares before became
    /// worthless, or where nobody held any.
    pub returned: PpmChange,
    /// The same in USD: the token's own price is in it.
    pub returned_usd: PpmChange,
    /// How far it is below its highest close so far.
    pub drawdown: PpmChange,
    /// The bucket's assets after the close.
    pub assets: TokenAmount,
    /// Of that, locked.
    pub locked: TokenAmount,
}

/// What a share of a bucket was worth over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YieldHistory {
    /// The bucket.
    pub bucket: BucketRef,
    /// Oldest first. The first is the last close before the range, if there is one: what the first close in it changed is in it.
    pub points: Figure<Vec<YieldPoint>>,
    /// The worst return of any week in it.
    pub worst_week: Figure<PpmChange>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// A bucket after a shock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StressCell {
    /// The shock.
    pub shock: Shock,
    /// What would be left.
    pub outcome: StressOutcome,
}

/// Which prices a bucket's risk was computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// The prices.
    pub price: BoundaryPrice,
    /// Whether they are those of the newest boundary, because there are none of now.
    pub is_boundary: bool,
}

/// What a bucket's providers stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskView {
    /// The bucket.
    pub bucket: BucketRef,
    /// The prices; unknown if there are none.
    pub marking: Figure<Marking>,
    /// What it is exposed to; the expiry ladder is in it.
    pub exposure: Figure<Exposure>,
    /// What would be left after shocks, a row for each change of volatility (sBTC) or of STX against BTC (STX).
    pub stress: Figure<Vec<Vec<StressCell>>>,
    /// How it stands.
    pub health: Figure<BucketHealth>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}
