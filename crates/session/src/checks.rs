//! Checks of networks that somebody asks for, not more often than a node can be asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bithedge_engine::Clock;
use bithedge_engine::networks::{Checker, NetworkProfile, ProfileId};
use bithedge_engine::present;
use bithedge_ipc::NetworkVerdict;

/// What was found out so shortly ago is not asked again: a page could ask without an end.
const STANDS_FOR: Duration = Duration::from_secs(5);

/// What was found out last of each network.
#[derive(Default)]
pub(crate) struct Checks(BTreeMap<ProfileId, Found>);

struct Found {
    /// Of exactly this.
    profile: NetworkProfile,
    at: Instant,
    verdicts: Vec<NetworkVerdict>,
}

impl Checks {
    /// What a network's nodes say of it, now or a moment ago.
    pub(crate) async fn check(
        &mut self,
        profile: NetworkProfile,
        clock: Arc<dyn Clock>,
    ) -> Vec<NetworkVerdict> {
        if let Some(verdicts) = self.recent(&profile, Instant::now()) {
            return verdicts;
        }
        let verdicts = Checker::new(profile.clone(), clock).check().await;
        let verdicts: Vec<NetworkVerdict> = verdicts.iter().map(present::verdict).collect();
        self.note(profile, Instant::now(), verdicts.clone());
        verdicts
    }

    fn note(&mut self, profile: NetworkProfile, at: Instant, verdicts: Vec<NetworkVerdict>) {
        self.0.insert(profile.id(), Found { profile, at, verdicts });
    }

    fn recent(&self, profile: &NetworkProfile, now: Instant) -> Option<Vec<NetworkVerdict>> {
        let found = self.0.get(&profile.id())?;
        let is_recent = now.saturating_duration_since(found.at) < STANDS_FOR;
        (is_recent && found.profile == *profile).then(|| found.verdicts.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bithedge_engine::networks::ProfileInput;
    use bithedge_suite::SuiteNetwork;

    use super::*;

    #[tokio::test]
    async fn what_was_just_found_out_of_the_very_same_network_stands_for_a_moment() {
        let profile = |node: &str| {
            let input = ProfileInput {
                name: "Mine".to_owned(),
                kind: SuiteNetwork::Testnet,
                endpoints: vec![node.to_owned()],
                deployer: None,
                sbtc: None,
            };
            NetworkProfile::own(1, &input).unwrap()
        };
        let (one, other) = (profile("https://one.example"), profile("https://other.example"));
        let now = Instant::now();
        let mut checks = Checks::default();
        assert_eq!(checks.recent(&one, now), None);
        checks.note(one.clone(), now, Vec::new());
        assert_eq!(checks.recent(&one, now + STANDS_FOR / 2), Some(Vec::new()));
        assert_eq!(checks.recent(&one, now + STANDS_FOR), None);
        assert_eq!(checks.recent(&other, now), None, "it goes to another node");
        // A check is never without a verdict: no node was asked for this one.
        let clock = Arc::new(bithedge_engine::SystemClock);
        assert_eq!(checks.check(one, clock).await, Vec::new());
    }
}
