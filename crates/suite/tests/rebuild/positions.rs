//! What a provider has in a bucket, from events alone (docs/protocol.md, "Epochs").

const ONE: u128 = 1_000_000_000_000;
const PPM: u128 = 1_000_000;

/// A place in the history of a bucket's exit queue.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) index: u128,
    pub(crate) sum: u128,
    pub(crate) generation: u128,
}

impl Place {
    pub(crate) const START: Self = Self { index: ONE, sum: 0, generation: 0 };
}

#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) deposit: u128,
    pub(crate) exit: u128,
    pub(crate) basis: u128,
}

#[derive(Clone)]
pub(crate) struct Position {
    pub(crate) shares: u128,
    pub(crate) basis: u128,
    /// For the open epoch and the one after it.
    pub(crate) now: Request,
    pub(crate) next: Request,
    pub(crate) ticket: u128,
    pub(crate) ticket_basis: u128,
    admitted: Place,
    pub(crate) claimable: u128,
    pub(crate) returned: u128,
    pub(crate) proceeds: u128,
    pub(crate) basis_returned: u128,
}

impl Default for Position {
    fn default() -> Self {
        Self {
            shares: 0,
            basis: 0,
            now: Request::default(),
            next: Request::default(),
            ticket: 0,
            ticket_basis: 0,
            admitted: Place::START,
            claimable: 0,
            returned: 0,
            proceeds: 0,
            basis_returned: 0,
        }
    }
}

impl Position {
    /// Brings the ticket to a place; `ends` are the places where earlier generations ended.
    pub(crate) fn advance(&mut self, to: Place, ends: &[Place]) {
        while self.ticket > 0 {
            let same = self.admitted.generation == to.generation;
            let end = if same { to } else { ends[usize::try_from(self.admitted.generation).unwrap()] };
            let left = self.ticket * end.index / self.admitted.index;
            let paid = self.ticket * (end.sum - self.admitted.sum) / self.admitted.index / PPM;
            let basis = self.ticket_basis * left / self.ticket;
            self.claimable += paid;
            self.proceeds += paid;
            self.basis_returned += self.ticket_basis - basis;
            (self.ticket, self.ticket_basis) = (left, basis);
            self.admitted = Place { index: ONE, sum: 0, generation: self.admitted.generation + 1 };
            if same {
                break;
            }
        }
        self.admitted = to;
    }

    /// The close of the open epoch: its requests are carried out at the place where the queue stood before it.
    pub(crate) fn carry_out(&mut self, close: &Close, before: Place, ends: &[Place]) {
        let request = std::mem::replace(&mut self.now, std::mem::take(&mut self.next));
        if request.deposit + request.exit > 0 {
            self.advance(before, ends);
        }
        if close.reset {
            self.void();
            // Exits of shares that are worth nothing are dropped with their cost.
            self.basis_returned += request.basis + self.now.basis;
            (self.now.exit, self.now.basis) = (0, 0);
        } else {
            self.ticket += request.exit;
            self.ticket_basis += request.basis;
        }
        if close.returned {
            self.returned += request.deposit;
        } else {
            self.shares += request.deposit * close.pair_shares / close.pair_nav;
            self.basis += request.deposit;
        }
    }

    fn void(&mut self) {
        self.basis_returned += self.basis;
        (self.shares, self.basis) = (0, 0);
    }
}

/// What a close did to all requests alike.
pub(crate) struct Close {
    pub(crate) reset: bool,
    pub(crate) returned: bool,
    pub(crate) pair_shares: u128,
    pub(crate) pair_nav: u128,
}
