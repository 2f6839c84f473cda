//! What is due beside reports, out of one look.

use std::collections::BTreeSet;

use bithedge_protocol::MicroStx as Balance;

use super::{Keeper, Parts};
use crate::intents::{ReadError, State, SuiteReader, Tip, Unknown, at_one_tip};
use crate::keeper::deed::KeeperError;
use crate::keeper::due::{Scope, due_and_odd, pots};
use crate::keeper::duty::{Duty, DutyKind};
use crate::keeper::lists::EndedPolicies;
use crate::keeper::reports::{PriceSource, fresh_prices};
use crate::keeper::wait::Wait;
use crate::transactions::{Chain, Signer};

/// So many ended policies are looked at in a step; the next step goes on with the next ones.
const MOST_POLICIES: usize = 25;

impl<R, C, S, P, L> Keeper<R, C, S, P, L>
where
    R: SuiteReader + Send + Sync,
    C: Chain,
    S: Signer,
    P: PriceSource,
    L: EndedPolicies,
{
    /// What else is due; and the first thing that could not be understood.
    pub(super) async fn look(&mut self, tip: &Tip) -> Result<(Vec<Duty>, Option<KeeperError>), KeeperError> {
        let kinds: Vec<DutyKind> = DutyKind::ALL.into_iter().filter(|kind| self.is_on(*kind)).collect();
        let of_policies = [DutyKind::ClaimSettlement, DutyKind::EndPolicies];
        let ended = if of_policies.iter().any(|kind| kinds.contains(kind)) {
            match self.parts.ended.ended(tip.time).await {
                Ok(ended) => some_of(&ended, MOST_POLICIES, &mut self.cursor, &mut self.looked),
                Err(error) => {
                    self.turn.waits.push(Wait::NoList(error.to_string()));
                    Vec::new()
                }
            }
        } else {
            Vec::new()
        };
        if self.parts.ended.is_part() {
            self.turn.waits.push(Wait::PartOfList);
        }
        let Parts { reader, deployment, tiers, .. } = &self.parts;
        let scope = Scope { tiers, kinds: &kinds, ended: &ended };
        let question = |state: &State| {
            let prices = match fresh_prices(state) {
                Err(unread @ Unknown::Unread(_)) => return Err(unread),
                prices => prices.ok().flatten(),
            };
            let (duties, odd) = due_and_odd(state, &scope)?;
            Ok((prices, duties, odd, pots(state, &scope)?))
        };
        let ((prices, duties, odd, pots), _) =
            at_one_tip(reader, deployment, self.order.account, Balance::ZERO, question).await?;
        (self.prices, self.pots) = (prices, pots);
        Ok((duties, odd.map(|odd| KeeperError::Read(ReadError::Unknown(odd)))))
    }
}

/// Some of the ended policies, which are in ascending order: first those that are new on the list, then the next ones in turn, so that none
/// is never looked at.
fn some_of(ended: &[u128], most: usize, cursor: &mut u128, looked: &mut BTreeSet<u128>) -> Vec<u128> {
    let listed: BTreeSet<u128> = ended.iter().copied().collect();
    looked.retain(|id| listed.contains(id));
    let mut found: Vec<u128> = ended.iter().filter(|id| !looked.contains(id)).take(most).copied().collect();
    let (before, after): (Vec<u128>, Vec<u128>) = ended.iter().partition(|id| **id <= *cursor);
    let is_found = |id: &u128| !found.contains(id);
    let turn: Vec<u128> =
        after.into_iter().chain(before).filter(is_found).take(most.saturating_sub(found.len())).collect();
    if let Some(last) = turn.last() {
        *cursor = *last;
    }
    found.extend(turn);
    looked.extend(found.iter().copied());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ended_policy_has_its_turn() {
        let (mut cursor, mut looked) = (0, BTreeSet::new());
        let mut some = |ended: &[u128], most| some_of(ended, most, &mut cursor, &mut looked);
        assert_eq!(some(&[], 2), []);
        let ended = [3, 5, 8, 9, 11];
        assert_eq!(some(&ended, 2), [3, 5]);
        assert_eq!(some(&ended, 2), [8, 9]);
        assert_eq!(some(&ended, 2), [11, 3]);
        assert_eq!(some(&ended, 2), [5, 8]);
        // What is new is first, however many wait for nothing.
        assert_eq!(some(&[3, 5, 8, 9, 11, 12], 2), [12, 9]);
        assert_eq!(some(&[1, 3, 5, 8, 9, 11, 12], 2), [1, 11]);
        // Some were ended meanwhile.
        assert_eq!(some(&[1, 12], 9), [12, 1]);
        assert_eq!(some(&[1, 12], 9), [12, 1]);
    }
}
