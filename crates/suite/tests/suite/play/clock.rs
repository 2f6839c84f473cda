//! Time and prices.

use bithedge_suite_world::{USD, u};

use super::Play;
use crate::model::{Answer, DAY, boundary_before};

impl Play {
    /// One report of the current prices, which is accepted.
    pub(crate) fn report(&mut self) {
        // A reporter has one word a second.
        if self.now() == self.reported {
            self.w.vm.advance_stacks(1).unwrap();
        }
        self.reported = self.now();
        self.w.report();
    }

    /// Time passes without a price.
    pub(crate) fn quiet_until(&mut self, time: u64) {
        self.log.push(format!("quiet until {time}"));
        self.w.vm.advance_to(time).unwrap();
    }

    /// On past the next boundary, with so many reports in the half hour before it, and one after it.
    pub(crate) fn next_boundary(&mut self, reports: u64) {
        let next = boundary_before(self.now()) + DAY;
        self.log.push(format!("boundary {next} after {reports} reports"));
        for before in (1..=reports).rev() {
            let at = next - before * 600;
            if self.now() < at {
                self.w.vm.advance_to(at).unwrap();
                self.report();
            }
        }
        self.w.vm.advance_to(next).unwrap();
        self.report();
    }

    /// Both prices walk to where they should be, 8 % at most every ten minutes.
    pub(crate) fn walk(&mut self, btc: u128, stx: u128) {
        self.log.push(format!("walk to {btc} and {stx}"));
        let step = |from: u128, to: u128| to.clamp(from * 92 / 100 + 1, from * 108 / 100);
        while (self.w.btc_price, self.w.stx_price) != (btc, stx) {
            self.w.btc_price = step(self.w.btc_price, btc);
            self.w.stx_price = step(self.w.stx_price, stx);
            self.w.vm.advance_burn(1).unwrap();
            self.report();
        }
    }

    /// Prices move; not beyond what the tiers' grids are made for.
    pub(crate) fn some_move(&mut self, crash: bool) {
        let (low, high) = if crash { (50, 85) } else { (75, 130) };
        let btc = (self.w.btc_price * self.random.u128(low..high) / 100).clamp(8_000 * USD, 800_000 * USD);
        let (low, high) = if crash { (20, 60) } else { (75, 130) };
        let stx = (self.w.stx_price * self.random.u128(low..high) / 100).clamp(USD / 50, 20 * USD);
        self.walk(btc, stx);
    }

    /// A price far off, which the oracle does not believe, and which trips its breaker.
    pub(crate) fn jump(&mut self) {
        self.w.vm.advance_burn(1).unwrap();
        let now = self.now();
        self.report();
        self.w.vm.advance_stacks(1).unwrap();
        let at = self.now();
        self.reported = at;
        let arguments = [self.w.btc_price * 70 / 100, self.w.stx_price, at.into()].map(u);
        self.log.push(format!("{now} jump"));
        let outcome = self.w.call(self.w.reporters[0], "oracle", "report-prices", &arguments);
        assert!(!outcome.ok().unwrap().field("accepted").unwrap().as_bool().unwrap());
        if self.model.tripped.get("oracle").is_none_or(|until| *until <= at) {
            self.model.trip("oracle", 3_600, at);
        }
    }

    /// The oracle is silent for some days; people act, then prices come back.
    pub(crate) fn silence(&mut self) {
        let to = self.now() + self.random.u64(DAY / 2..6 * DAY);
        self.quiet_until(to);
        if self.random.bool() {
            let now = self.now();
            let expected: Answer<bool> = Ok(true);
            let caller = self.any_user();
            let outcome = self.act("liveness", (caller, "oracle", "check-liveness"), &[], &expected);
            assert!(outcome.ok().unwrap().as_bool().unwrap());
            if self.model.tripped.get("oracle").is_none_or(|until| *until <= now) {
                self.model.trip("oracle", 3_600, now);
            }
        }
        for _ in 0..3 {
            match self.random.u32(..3) {
                0 => self.some_dead_exit(),
                1 => self.some_capital(),
                _ => self.some_end(true),
            }
        }
        self.report();
    }
}
