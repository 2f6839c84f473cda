//! Providers' positions, as the contract `liquidity-pool` keeps them: brought up to date when something happens to them, by
//! the closes that were recorded since.

use bithedge_stacks::Principal;

use super::{Step, contradiction, known, minus, part, plus};
use crate::row::Listed;
use crate::tables::{BucketRow, EpochRow, ExitGenerationRow, PendingRequest, PositionRow};

const PPM: u128 = 1_000_000;
/// The exit index at the start of a generation of tickets.
pub(crate) const ONE: u128 = 1_000_000_000_000;
/// How many generations of tickets a claim walks at most.
const WALK: usize = 4;

/// A place in the history of a bucket's exit queue.
#[derive(Clone, Copy)]
pub(crate) struct QueuePlace {
    pub(crate) index: u128,
    pub(crate) sum: u128,
    pub(crate) generation: u64,
}

/// What positions are computed from: rows of the block in hand, or of a snapshot.
pub(crate) trait Records {
    fn epoch(&mut self, tier: u8, token: &Principal, epoch: u64) -> Step<Option<EpochRow>>;
    fn exit_generation(
        &mut self,
        tier: u8,
        token: &Principal,
        generation: u64,
    ) -> Step<Option<ExitGenerationRow>>;
}

impl Records for crate::work::Work<'_> {
    fn epoch(&mut self, tier: u8, token: &Principal, epoch: u64) -> Step<Option<EpochRow>> {
        Ok(self.get::<EpochRow>(&(tier, token.clone(), epoch))?)
    }

    fn exit_generation(
        &mut self,
        tier: u8,
        token: &Principal,
        generation: u64,
    ) -> Step<Option<ExitGenerationRow>> {
        Ok(self.get::<ExitGenerationRow>(&(tier, token.clone(), generation))?)
    }
}

/// A provider who has nothing yet.
pub(crate) fn nothing(bucket: &BucketRow, provider: &Principal) -> PositionRow {
    PositionRow {
        tier: bucket.tier,
        token: bucket.token.clone(),
        provider: provider.clone(),
        shares: 0,
        generation: bucket.generation,
        basis: 0,
        pending: Listed(Vec::new()),
        ticket_shares: 0,
        ticket_index: ONE,
        ticket_sum: 0,
        ticket_generation: 0,
        ticket_basis: 0,
        claimable: 0,
        returned: 0,
        proceeds: 0,
        basis_returned: 0,
    }
}

/// A position as it stands after all closes so far: the contract's `load`.
pub(crate) fn up_to_date(
    records: &mut impl Records,
    bucket: &BucketRow,
    stored: PositionRow,
) -> Step<PositionRow> {
    let pending = stored.pending.0.clone();
    let mut position = PositionRow { pending: Listed(Vec::new()), ..stored };
    for request in pending {
        carry_out(records, bucket, &mut position, request)?;
    }
    let place =
        QueuePlace { index: bucket.exit_index, sum: bucket.exit_sum, generation: bucket.exit_generation };
    let mut position = advance(records, place, position)?.0;
    if position.generation != bucket.generation {
        position.basis_returned = plus("a basis", position.basis_returned, position.basis)?;
        (position.generation, position.shares, position.basis) = (bucket.generation, 0, 0);
    }
    Ok(position)
}

/// The contract's `advance-ticket`: whether the place was reached, over at most four generations.
fn advance(
    records: &mut impl Records,
    place: QueuePlace,
    mut position: PositionRow,
) -> Step<(PositionRow, bool)> {
    if position.ticket_shares == 0 {
        position.basis_returned = plus("a basis", position.basis_returned, position.ticket_basis)?;
        position.ticket_basis = 0;
        (position.ticket_index, position.ticket_sum, position.ticket_generation) =
            (place.index, place.sum, place.generation);
        return Ok((position, true));
    }
    for _ in 0..WALK {
        let same = position.ticket_generation == place.generation;
        let end = if same {
            place
        } else {
            let found =
                records.exit_generation(position.tier, &position.token, position.ticket_generation)?;
            let end = known("the end of a generation of exits", found)?;
            QueuePlace { index: end.exit_index, sum: end.exit_sum, generation: end.generation }
        };
        let shares = position.ticket_shares;
        let left = part(shares, end.index, position.ticket_index)?;
        let paid = part(shares, end.sum.saturating_sub(position.ticket_sum), position.ticket_index)? / PPM;
        let basis = part(position.ticket_basis, left, shares)?;
        position.claimable = plus("what can be claimed", position.claimable, paid)?;
        position.proceeds = plus("the proceeds", position.proceeds, paid)?;
        let gone = minus("a ticket's basis", position.ticket_basis, basis)?;
        position.basis_returned = plus("a basis", position.basis_returned, gone)?;
        (position.ticket_shares, position.ticket_basis) = (left, basis);
        if same || left == 0 {
            (position.ticket_index, position.ticket_sum, position.ticket_generation) =
                (place.index, place.sum, place.generation);
            return Ok((position, true));
        }
        (position.ticket_index, position.ticket_sum) = (ONE, 0);
        position.ticket_generation = position.ticket_generation.saturating_add(1);
    }
    Ok((position, false))
}

/// Carries out a request whose epoch has closed; keeps it when it has not: the contract's `carry-out`.
fn carry_out(
    records: &mut impl Records,
    bucket: &BucketRow,
    position: &mut PositionRow,
    request: PendingRequest,
) -> Step {
    let closed = records.epoch(bucket.tier, &bucket.token, request.epoch)?;
    let moved = match &closed {
        Some(record) => {
            let place = QueuePlace {
                index: record.exit_index,
                sum: record.exit_sum,
                generation: record.exit_generation,
            };
            let (moved, reached) = advance(records, place, position.clone())?;
            reached.then_some(moved)
        }
        None => None,
    };
    let (Some(record), Some(mut now)) = (closed, moved) else {
        return wait(bucket, position, request);
    };
    let lives = now.generation == record.generation;
    let leaves = request.generation == record.generation;
    let taken = !record.returned;
    if !leaves {
        now.basis_returned = plus("a basis", now.basis_returned, request.basis)?;
    }
    if !lives {
        now.basis_returned = plus("a basis", now.basis_returned, now.basis)?;
        (now.shares, now.basis) = (0, 0);
    }
    now.generation = record.generation;
    if taken {
        let minted = part(request.deposit, record.shares, record.nav_deposit)?;
        now.shares = plus("a provider's shares", now.shares, minted)?;
        now.basis = plus("a basis", now.basis, request.deposit)?;
    } else {
        now.returned = plus("what came back", now.returned, request.deposit)?;
    }
    if leaves {
        now.ticket_shares = plus("a ticket", now.ticket_shares, request.exit)?;
        now.ticket_basis = plus("a ticket's basis", now.ticket_basis, request.basis)?;
    }
    *position = now;
    Ok(())
}

/// Shares of a generation that has ended are worth nothing, also on their way out.
fn wait(bucket: &BucketRow, position: &mut PositionRow, mut request: PendingRequest) -> Step {
    if request.generation != bucket.generation {
        position.basis_returned = plus("a basis", position.basis_returned, request.basis)?;
        (request.exit, request.basis, request.generation) = (0, 0, bucket.generation);
    }
    position.pending.0.push(request);
    Ok(())
}

/// Adds a request to those waiting; only the last can be for the same epoch.
pub(crate) fn add_request(position: &mut PositionRow, request: PendingRequest) -> Step {
    let is_full = position.pending.0.len() >= 2;
    match position.pending.0.last_mut() {
        Some(last) if last.epoch == request.epoch => {
            last.deposit = plus("a deposit", last.deposit, request.deposit)?;
            last.exit = plus("an exit", last.exit, request.exit)?;
            last.basis = plus("a basis", last.basis, request.basis)?;
        }
        _ if is_full => return contradiction("a provider has three requests"),
        _ => position.pending.0.push(request),
    }
    Ok(())
}
