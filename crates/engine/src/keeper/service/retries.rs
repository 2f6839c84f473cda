//! When something that did not go is tried again.

use std::time::Duration;

use bithedge_suite::ContractCall;
use tokio::time::Instant;

use super::Keeper;
use super::answer::STUCK_REPORT_SECONDS;
use crate::intents::SuiteReader;
use crate::keeper::duty::{DutyKind, is_same};
use crate::keeper::lists::EndedPolicies;
use crate::keeper::past::LONGEST_WAIT;
use crate::keeper::reports::PriceSource;
use crate::transactions::{Chain, Signer};

/// At most after so long, and after so many times the first wait.
const LONGEST_RETRY: Duration = Duration::from_secs(1_800);
const LONGEST_RETRIES: u32 = 60;

/// Something that is not tried again before a moment.
pub(super) struct Retry {
    pub(super) kind: DutyKind,
    pub(super) call: ContractCall,
    next: Instant,
    wait: Duration,
}

impl<R, C, S, P, L> Keeper<R, C, S, P, L>
where
    R: SuiteReader + Send + Sync,
    C: Chain,
    S: Signer,
    P: PriceSource,
    L: EndedPolicies,
{
    /// After how many seconds something counts as stuck.
    pub(super) fn stuck_after(&self, kind: DutyKind) -> u64 {
        let stuck_after = self.policy.stuck_after.get();
        if kind == DutyKind::ReportPrices { stuck_after.min(STUCK_REPORT_SECONDS) } else { stuck_after }
    }

    /// The longest pause before something is tried again: a report must not be silent for longer than a boundary allows.
    pub(super) fn longest_retry(&self, kind: DutyKind) -> Duration {
        let boundary = Duration::from_secs(self.policy.report.boundary_heartbeat.get());
        let longest = LONGEST_RETRY.min(self.first_retry.saturating_mul(LONGEST_RETRIES));
        if kind == DutyKind::ReportPrices { longest.min(boundary) } else { longest }
    }

    /// The longest pause after failures of a kind, in seconds.
    pub(super) fn longest_wait(&self, kind: DutyKind) -> u64 {
        let boundary = self.policy.report.boundary_heartbeat.get();
        if kind == DutyKind::ReportPrices { LONGEST_WAIT.min(boundary) } else { LONGEST_WAIT }
    }

    /// Whether this was tried a moment ago and did not go.
    pub(super) fn rests(&self, kind: DutyKind, call: &ContractCall) -> bool {
        let now = Instant::now();
        self.retries
            .iter()
            .any(|retry| now < retry.next && retry.kind == kind && is_same(kind, &retry.call, call))
    }

    pub(super) fn retry_later(&mut self, kind: DutyKind, call: ContractCall) {
        let (now, longest) = (Instant::now(), self.longest_retry(kind));
        // What was not tried again for long is forgotten.
        self.retries.retain(|retry| now < retry.next + LONGEST_RETRY);
        let known =
            self.retries.iter_mut().find(|retry| retry.kind == kind && is_same(kind, &retry.call, &call));
        match known {
            Some(retry) => {
                retry.wait = retry.wait.saturating_mul(2).min(longest);
                retry.next = now + retry.wait;
                retry.call = call;
            }
            None => {
                let wait = self.first_retry.min(longest);
                self.retries.push(Retry { kind, call, next: now + wait, wait });
            }
        }
    }
}
