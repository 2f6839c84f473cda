//! Reading a state off the chain, at one block.

use std::future::Future;
use std::sync::Arc;

use bithedge_protocol::{BlockHeight, MicroStx};
use bithedge_stacks::{Address, ClientError, NodeClient, Principal, Value};
use bithedge_suite::generated::parameters;
use bithedge_suite::{ContractFunction, Deployment, Mismatch, state as conversions};
use tokio::task::JoinSet;

use super::state::{Reading, State, Tip, Unknown};

/// How often a state is begun again because the chain moved while it was read.
const MOST_STARTS: usize = 5;
/// How often a check may ask for more at one tip. The longest asks five times.
const MOST_ROUNDS: usize = 12;

/// Whoever can read the suite: a node, or the VM of a test.
pub trait SuiteReader {
    /// The newest block.
    fn tip(&self) -> impl Future<Output = Result<Tip, ReadError>> + Send;

    /// What these are, in order; `None` for a map entry that is not there.
    fn read(
        &self,
        readings: Vec<Reading>,
    ) -> impl Future<Output = Result<Vec<Option<Value>>, ReadError>> + Send;
}

/// Why a state could not be read. No money is affected: nothing was sent. Trying again is right, or another node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The node or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The suite at this address is another one than this program knows.
    #[error("the suite answered something else than it should: {0}")]
    Mismatch(#[from] Mismatch),
    /// What was read makes no sense.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The chain moved each time.
    #[error("the chain moved on {MOST_STARTS} times while it was read: try again")]
    Restless,
    /// A check never had enough.
    #[error("more was asked for than a check can need; the first is {0}")]
    Endless(Reading),
    /// A reader that answers fewer or more than it was asked.
    #[error("{asked} readings were asked for and {answered} answered")]
    Incomplete {
        /// How many.
        asked: usize,
        /// How many.
        answered: usize,
    },
    /// Something else that a reader says.
    #[error("the state could not be read: {0}")]
    Other(String),
}

/// Reads whatever `question` turns out to need, all at one block, and gives its answer with the state it was found in.
///
/// # Errors
/// [`ReadError`].
pub async fn at_one_tip<R: SuiteReader, T>(
    reader: &R,
    deployment: &Deployment,
    account: Address,
    fee: MicroStx,
    question: impl Fn(&State) -> Result<T, Unknown>,
) -> Result<(T, State), ReadError> {
    for _ in 0..MOST_STARTS {
        let tip = reader.tip().await?;
        let mut state = State::new(deployment.clone(), account, fee, tip);
        let answer = fill(reader, &mut state, &question).await;
        // Readings of two blocks need not fit each other: what does not is the suite's only if the tip has stayed.
        if let Err(error) = &answer
            && !matches!(error, ReadError::Unknown(Unknown::Mismatch { .. }))
        {
            return answer.map(|answer| (answer, state));
        }
        let now = reader.tip().await?;
        if now == *state.tip() {
            return answer.map(|answer| (answer, state));
        }
    }
    Err(ReadError::Restless)
}

async fn fill<R: SuiteReader, T>(
    reader: &R,
    state: &mut State,
    question: impl Fn(&State) -> Result<T, Unknown>,
) -> Result<T, ReadError> {
    for round in 0.. {
        let missing = match question(state) {
            Ok(answer) => return Ok(answer),
            Err(Unknown::Unread(missing)) => missing,
            Err(unknown) => return Err(unknown.into()),
        };
        if round >= MOST_ROUNDS
            && let Some(first) = missing.first()
        {
            return Err(ReadError::Endless(first.clone()));
        }
        let values = reader.read(missing.clone()).await?;
        let (asked, answered) = (missing.len(), values.len());
        if asked != answered {
            return Err(ReadError::Incomplete { asked, answered });
        }
        for (reading, value) in missing.into_iter().zip(values) {
            state.add(reading, value);
        }
    }
    Err(ReadError::Restless)
}

/// A node, asked for several things at a time. One node: a client with several endpoints would mix what they know.
#[derive(Debug, Clone)]
pub struct NodeReader {
    client: Arc<NodeClient>,
    deployment: Deployment,
}

impl NodeReader {
    /// The suite of a deployment, read through a node.
    #[must_use]
    pub const fn new(client: Arc<NodeClient>, deployment: Deployment) -> Self {
        Self { client, deployment }
    }

    /// What a read-only function answers now.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn ask<F: ContractFunction>(&self, function: F) -> Result<F::Answer, ReadError> {
        let call = function.into_call(&self.deployment);
        let sender = Principal::Standard(self.deployment.deployer());
        let value = self.client.call_read_only(&call.contract, &call.function, &sender, &call.args).await?;
        Ok(F::decode(&value)?)
    }
}

impl SuiteReader for NodeReader {
    async fn tip(&self) -> Result<Tip, ReadError> {
        let before = self.client.info().await?;
        // The time that contracts see, from a contract: the API's list of blocks may lag behind its node.
        let health = self.ask(parameters::GetSystemHealth {}).await?;
        Ok(Tip {
            height: BlockHeight::new(before.stacks_tip_height),
            hash: before.stacks_tip.to_string(),
            time: conversions::moment(health.at)?,
        })
    }

    async fn read(&self, readings: Vec<Reading>) -> Result<Vec<Option<Value>>, ReadError> {
        let mut tasks = JoinSet::new();
        let mut values = vec![None; readings.len()];
        for (place, reading) in readings.into_iter().enumerate() {
            let (client, deployer) = (Arc::clone(&self.client), self.deployment.deployer());
            tasks.spawn(async move { (place, one(&client, deployer, reading).await) });
        }
        while let Some(done) = tasks.join_next().await {
            let (place, value) = done.map_err(|error| ReadError::Other(error.to_string()))?;
            if let Some(slot) = values.get_mut(place) {
                *slot = value?;
            }
        }
        Ok(values)
    }
}

async fn one(client: &NodeClient, sender: Address, reading: Reading) -> Result<Option<Value>, ClientError> {
    match reading {
        Reading::Entry { contract, map, key } => client.map_entry(&contract, &map, &key).await,
        Reading::Variable { contract, name } => client.data_var(&contract, &name).await.map(Some),
        Reading::Call(call) => {
            let sender = Principal::Standard(sender);
            client.call_read_only(&call.contract, &call.function, &sender, &call.args).await.map(Some)
        }
    }
}
