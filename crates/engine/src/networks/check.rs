//! Asking one node whether it is what its network's profile says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bithedge_stacks::client::{Block, BlockId, ClientConfig, ClientError, NodeClient, NodeInfo};
use bithedge_suite::Contract;

use super::endpoint::Endpoint;
use super::identity::{ChainChange, ChainIdentity};
use super::profile::NetworkProfile;
use super::suite::SuiteLook;
use super::verdict::{ContractState, Limit, NodeFacts, Problem, Verdict};
use crate::clock::Clock;

/// The longest text of a node's that is kept, in characters.
const MAX_TEXT: usize = 200;

/// The longest answer that is read: several times the longest source.
const MAX_BODY: usize = 1024 * 1024;

/// How far an index may be behind its node without anything being wrong: a block is indexed a moment after it is made.
const USUAL_LAG: u64 = 2;

/// Stacks chains count their blocks from here. A node that has not indexed this block is not used: another block in its place
/// would make one chain look like two.
const FIRST_HEIGHT: u64 = 1;

/// How long a check may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimits {
    /// For one answer.
    pub request: Duration,
    /// For all of it: about fifty answers.
    pub whole: Duration,
    /// How often something is asked before it counts as not answered.
    pub attempts: usize,
    /// The longest pause before asking again, also if a node that gives so many answers a minute asks for a longer one.
    pub pause: Duration,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(10),
            whole: Duration::from_secs(120),
            attempts: 4,
            pause: Duration::from_secs(20),
        }
    }
}

/// Checks the nodes of a network before use, and looks whether the chain is still the same.
///
/// Sources on a chain do not change: those that were found right are not read again from the same node for the same chain.
/// Everything else is asked each time.
pub struct Checker {
    profile: NetworkProfile,
    clock: Arc<dyn Clock>,
    limits: CheckLimits,
    known: Mutex<BTreeMap<Endpoint, Known>>,
    /// One for each node, so that its connections are used again.
    clients: Mutex<BTreeMap<Endpoint, Arc<NodeClient>>>,
}

/// What was found at a node the last time that it was usable.
#[derive(Debug, Clone)]
struct Known {
    identity: ChainIdentity,
    contracts: Vec<(Contract, ContractState)>,
    limits: Vec<Limit>,
}

impl Checker {
    /// For a network. Nothing is asked yet.
    #[must_use]
    pub fn new(profile: NetworkProfile, clock: impl Clock) -> Self {
        Self::with_limits(profile, clock, CheckLimits::default())
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_limits(profile: NetworkProfile, clock: impl Clock, limits: CheckLimits) -> Self {
        Self { profile, clock: Arc::new(clock), limits, known: Mutex::default(), clients: Mutex::default() }
    }

    /// The network.
    #[must_use]
    pub const fn profile(&self) -> &NetworkProfile {
        &self.profile
    }

    /// Asks the nodes in their order until one can be used. The last verdict is the one that counts; those before say why their
    /// nodes are not used. Never empty.
    pub async fn check(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for endpoint in self.profile.endpoints() {
            let verdict = self.check_node(endpoint).await;
            let is_usable = verdict.is_usable();
            verdicts.push(verdict);
            if is_usable {
                break;
            }
        }
        verdicts
    }

    /// Asks one node everything.
    pub async fn check_node(&self, endpoint: &Endpoint) -> Verdict {
        let mut verdict = Verdict {
            profile: self.profile.id(),
            name: self.profile.name().to_owned(),
            kind: self.profile.kind(),
            endpoint: endpoint.clone(),
            checked_at: self.clock.now(),
            identity: None,
            node: None,
            contracts: Vec::new(),
            problems: Vec::new(),
            limits: Vec::new(),
        };
        let looked = tokio::time::timeout(self.limits.whole, self.look(endpoint, &mut verdict)).await;
        if looked.is_err() {
            verdict.problems.push(Problem::TooSlow { seconds: self.limits.whole.as_secs() });
        }
        verdict.checked_at = self.clock.now();
        let known = verdict.identity.filter(|_| verdict.is_usable()).map(|identity| Known {
            identity,
            contracts: verdict.contracts.clone(),
            limits: verdict
                .limits
                .iter()
                .filter(|limit| **limit == Limit::VersionsUnknown)
                .cloned()
                .collect(),
        });
        let mut all = self.known();
        match known {
            Some(known) => all.insert(endpoint.clone(), known),
            // What was right is not relied on after something was wrong.
            None => all.remove(endpoint),
        };
        drop(all);
        verdict
    }

    /// Whether a node still serves the chain that was checked: two questions. To be asked often; whatever it does not
    /// confirm, nothing may be sent to and nothing believed from until [`check_node`](Self::check_node) was asked again.
    ///
    /// # Errors
    /// [`ChainChange`].
    pub async fn confirm(&self, endpoint: &Endpoint) -> Result<ChainIdentity, ChainChange> {
        let checked = self.known().get(endpoint).map(|known| known.identity).ok_or(ChainChange::Unchecked)?;
        let client = self.client(endpoint)?;
        let info = client.info().await?;
        let found = info.network_id;
        if found != checked.chain_id {
            self.known().remove(endpoint);
            return Err(ChainChange::OtherChain { expected: checked.chain_id, found });
        }
        if let Some(expected) = checked.first_block {
            let first = first_block(&client).await?;
            if first.index_block_hash != expected {
                self.known().remove(endpoint);
                return Err(ChainChange::OtherBeginning { expected, found: first.index_block_hash });
            }
        }
        Ok(checked)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Endpoint, Known>> {
        // Nothing in here panics halfway through a change.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, endpoint: &Endpoint) -> Result<Arc<NodeClient>, ClientError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(endpoint) {
            return Ok(Arc::clone(client));
        }
        let config = ClientConfig {
            connect_timeout: self.limits.request.min(Duration::from_secs(5)),
            request_timeout: self.limits.request,
            attempts: self.limits.attempts,
            max_backoff: self.limits.pause,
            max_body_bytes: MAX_BODY,
            // That it went back is for this check to say, not for the client to pass over.
            max_tip_lag: u64::MAX,
            ..ClientConfig::default()
        };
        let client = NodeClient::with_config([endpoint.as_str()], config).map_err(|error| {
            let (endpoint, what) = (endpoint.to_string(), "its address".to_owned());
            ClientError::Malformed { endpoint, what, reason: error.to_string() }
        })?;
        let client = Arc::new(client);
        clients.insert(endpoint.clone(), Arc::clone(&client));
        Ok(client)
    }

    async fn look(&self, endpoint: &Endpoint, verdict: &mut Verdict) {
        let client = match self.client(endpoint) {
            Ok(client) => client,
            Err(error) => return verdict.problems.push(problem(&error)),
        };
        let info = match client.info().await {
            Ok(info) => info,
            Err(error) => return verdict.problems.push(problem(&error)),
        };
        node_facts(&info, verdict);
        let (expected, found) = (self.profile.network().chain_id, info.network_id);
        if expected != found {
            // Nothing that another chain says of contracts means anything.
            return verdict.problems.push(Problem::OtherChain { expected, found });
        }
        if info.is_fully_synced == Some(false) {
            verdict.problems.push(Problem::NotSynced { height: info.stacks_tip_height });
        }
        let has_api = match api(&client, &info, verdict).await {
            Ok(has_api) => has_api,
            Err(error) => return verdict.problems.push(problem(&error)),
        };
        let first_block = if has_api {
            match first_block(&client).await {
                Ok(block) => Some(block.index_block_hash),
                Err(error) => return verdict.problems.push(problem(&error)),
            }
        } else {
            None
        };
        let identity = ChainIdentity { chain_id: found, first_block };
        let Ok(deployment) = self.profile.deployment() else {
            verdict.identity = Some(identity);
            return verdict.problems.push(Problem::NotDeployed);
        };
        let look = SuiteLook { client: &client, deployment, has_api };
        let known = self.known().get(endpoint).filter(|known| known.identity == identity).cloned();
        match known.filter(|_| first_block.is_some()) {
            Some(known) => {
                verdict.contracts = known.contracts;
                verdict.limits.extend(known.limits);
            }
            None => look.sources(verdict).await,
        }
        // What answers in the place of another contract says nothing about the suite.
        if verdict.problems.is_empty() {
            look.parts(verdict).await;
        }
        if first_block.is_none() {
            verdict.problems.push(Problem::NoBeginning);
        }
        verdict.identity = Some(identity);
    }
}

fn node_facts(info: &NodeInfo, verdict: &mut Verdict) {
    verdict.node = Some(NodeFacts {
        version: shown(&info.server_version),
        height: info.stacks_tip_height,
        burn_height: info.burn_block_height,
        is_synced: info.is_fully_synced,
    });
    if info.is_fully_synced.is_none() {
        verdict.limits.push(Limit::SyncUnknown);
    }
}

/// Whether there is a Stacks API; a failure of one that is there is an error.
async fn api(client: &NodeClient, info: &NodeInfo, verdict: &mut Verdict) -> Result<bool, ClientError> {
    match client.api_status().await {
        Ok(status) => {
            let index = status.chain_tip.map_or(0, |tip| tip.block_height);
            if index.saturating_add(USUAL_LAG) < info.stacks_tip_height {
                verdict.limits.push(Limit::IndexBehind { node: info.stacks_tip_height, index });
            }
            Ok(true)
        }
        // A plain node knows no such path.
        Err(ClientError::NotFound { .. } | ClientError::Unsupported { .. }) => {
            verdict.limits.push(Limit::NoApi);
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The first block of the chain.
async fn first_block(client: &NodeClient) -> Result<Block, ClientError> {
    client.block(BlockId::Height(FIRST_HEIGHT)).await
}

/// What a client's error means for the use of a node.
pub(super) fn problem(error: &ClientError) -> Problem {
    let reason = shown(&error.to_string());
    match error {
        ClientError::Unreachable { .. } => Problem::NoAnswer { reason },
        _ => Problem::BadAnswer { reason },
    }
}

/// A text from outside, so that it can be shown: not longer than a few lines, and without what could make it look like
/// something else.
pub(super) fn shown(text: &str) -> String {
    let is_odd = |character: char| {
        character.is_control()
            || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
    };
    let mut shown: String = text
        .chars()
        .take(MAX_TEXT)
        .map(|character| if is_odd(character) { '\u{FFFD}' } else { character })
        .collect();
    if text.chars().nth(MAX_TEXT).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_is_short_and_harmless() {
        assert_eq!(shown("stacks-node 3.2"), "stacks-node 3.2");
        assert_eq!(shown("a\u{202E}b\nc\u{1b}[31m"), "a\u{FFFD}b\u{FFFD}c\u{FFFD}[31m");
        assert_eq!(shown(&"x".repeat(100_000)).chars().count(), MAX_TEXT + 1);
    }
}
