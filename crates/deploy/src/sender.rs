//! Sending transactions of one account and waiting until they have had their effect.

use std::time::Duration;

use bithedge_stacks::client::{Inclusion, Outcome, TransactionStatus};
use bithedge_stacks::transaction::BuildError;
use bithedge_stacks::{
    Address, ClientError, MicroStx, Network, NodeClient, Payload, PostCondition, Principal, SecretKey,
    Transaction, TransactionBuilder, Txid,
};
use bithedge_suite::ContractError;

/// How many transactions wait at a time; a node takes 25 of an account.
pub const MOST_WAITING: usize = 20;

/// How far a block moves a devnet's clock.
const BLOCK_TIME: Duration = Duration::from_secs(10);
/// How long a transaction waits on a devnet that makes blocks on request, by its clock.
const MOST_BLOCKS_TIME: Duration = Duration::from_secs(1_000);

/// Where the next block comes from.
#[derive(Debug, Clone)]
pub enum Blocks {
    /// The network makes them; it is asked so often, for so long.
    Awaited {
        /// Between two questions.
        every: Duration,
        /// Until it is given up.
        patience: Duration,
    },
    /// A devnet makes one when it is asked at this address.
    OnRequest(String),
}

/// What a transaction may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    /// Exactly this.
    Fixed(MicroStx),
    /// What the node thinks is right to be mined soon, unless that is more.
    Estimated {
        /// The most.
        most: MicroStx,
    },
}

/// Why a transaction had no effect, or none that is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The network or its node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The transaction cannot be made.
    #[error("{what} cannot be signed: {source}")]
    Build {
        /// What it is for.
        what: String,
        /// Why not.
        source: BuildError,
    },
    /// The node thinks that more is needed than may be spent.
    #[error(
        "{what} would cost {estimate}, and {most} are the most that may be spent on it: try later, or allow more"
    )]
    FeeTooHigh {
        /// What it is for.
        what: String,
        /// What the node says.
        estimate: MicroStx,
        /// The most.
        most: MicroStx,
    },
    /// The contract said no.
    #[error("{what} was refused: {}", refusal(*error))]
    Refused {
        /// What it is for.
        what: String,
        /// Why.
        error: ContractError,
    },
    /// The virtual machine or a post-condition stopped it.
    #[error("{what} failed in {txid}: {reason}")]
    Failed {
        /// What it is for.
        what: String,
        /// The transaction.
        txid: Txid,
        /// What the node says.
        reason: String,
    },
    /// It left the mempool without being mined.
    #[error("{what} was dropped ({reason}); nothing happened: start again")]
    Dropped {
        /// What it is for.
        what: String,
        /// The API's word.
        reason: String,
    },
    /// It still waits.
    #[error("{what} still waits after {} s as {txid}: start again later, it goes on from there", patience.as_secs())]
    Waiting {
        /// What it is for.
        what: String,
        /// The transaction.
        txid: Txid,
        /// How long was waited.
        patience: Duration,
    },
    /// The devnet made no block.
    #[error("the devnet made no block: {0}")]
    NoBlock(String),
}

fn refusal(error: ContractError) -> String {
    match error.entry() {
        Some(entry) => format!("u{} {}: {}", entry.code, entry.name, entry.meaning),
        None => format!("u{}", error.code()),
    }
}

/// Something to be sent.
#[derive(Debug, Clone)]
pub struct Order {
    /// What it is for, in a few words.
    pub what: String,
    /// What it does.
    pub payload: Payload,
    /// What must hold of its transfers; everything else is denied.
    pub conditions: Vec<PostCondition>,
    /// What it may cost.
    pub fee: Fee,
}

/// One account that sends.
#[allow(missing_debug_implementations, reason = "it holds a secret")]
pub struct Sender<'a> {
    client: &'a NodeClient,
    http: reqwest::Client,
    network: Network,
    key: &'a SecretKey,
    address: Address,
    blocks: Blocks,
}

impl<'a> Sender<'a> {
    /// The usual account of a key.
    #[must_use]
    pub fn new(client: &'a NodeClient, network: Network, key: &'a SecretKey, blocks: Blocks) -> Self {
        let address = key.address(network.version);
        // No proxy stands between a devnet and who asks it for blocks. Without TLS nothing in the builder can fail.
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { client, http, network, key, address, blocks }
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Waits until nothing of this account waits any more, so that its next nonce is certain.
    ///
    /// # Errors
    /// [`SendError::Client`], [`SendError::NoBlock`], [`SendError::Waiting`].
    pub async fn settle(&self) -> Result<(), SendError> {
        let principal = Principal::Standard(self.address);
        let mut waited = Duration::ZERO;
        loop {
            let waiting = self.client.mempool(Some(&principal), 1, 0).await?;
            let Some(first) = waiting.results.first() else { return Ok(()) };
            self.pause(&mut waited, "an earlier transaction", first.txid).await?;
        }
    }

    /// Sends in this order, a bounded number at a time, and waits until each has had its effect. The first that has none ends
    /// it: what was sent before it stands, what was sent after it may stand.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(
        &self,
        orders: &[Order],
        mut done: impl FnMut(&Order, &Inclusion),
    ) -> Result<(), SendError> {
        for group in orders.chunks(MOST_WAITING) {
            let mut nonce = self.client.account(&Principal::Standard(self.address)).await?.nonce;
            let mut sent = Vec::new();
            for order in group {
                let transaction = self.sign(order, nonce).await?;
                sent.push(self.client.broadcast(&transaction).await?);
                nonce += 1;
            }
            let mut waited = Duration::ZERO;
            for (order, txid) in group.iter().zip(sent) {
                let inclusion = self.confirmed(order, txid, &mut waited).await?;
                done(order, &inclusion);
            }
        }
        Ok(())
    }

    async fn sign(&self, order: &Order, nonce: u64) -> Result<Transaction, SendError> {
        let sign = |fee| {
            TransactionBuilder::new(self.network, order.payload.clone())
                .nonce(nonce)
                .fee(fee)
                .post_conditions(order.conditions.clone())
                .sign(self.key)
                .map_err(|source| SendError::Build { what: order.what.clone(), source })
        };
        let most = match order.fee {
            Fee::Fixed(fee) => return sign(fee),
            Fee::Estimated { most } => most,
        };
        let draft = sign(most)?;
        let estimate = match self.client.estimate_fee(&draft).await {
            Ok(estimate) => estimate.middle,
            // A node without an estimator, or one that has seen nothing alike, says so with an error: the floor, doubled.
            Err(ClientError::Http { .. } | ClientError::NotFound { .. } | ClientError::Malformed { .. }) => {
                let bytes = u64::try_from(draft.encode().len()).unwrap_or(u64::MAX);
                let rate = self.client.transfer_fee_rate().await?.micro();
                MicroStx::new(rate.saturating_mul(bytes).saturating_mul(2))
            }
            Err(error) => return Err(error.into()),
        };
        if estimate > most {
            return Err(SendError::FeeTooHigh { what: order.what.clone(), estimate, most });
        }
        sign(estimate)
    }

    async fn confirmed(
        &self,
        order: &Order,
        txid: Txid,
        waited: &mut Duration,
    ) -> Result<Inclusion, SendError> {
        let what = || order.what.clone();
        loop {
            match self.client.transaction(txid).await {
                Ok(record) => match record.status {
                    TransactionStatus::Included(inclusion) if inclusion.canonical => {
                        return judge(order, txid, *inclusion);
                    }
                    TransactionStatus::Included(_) | TransactionStatus::Pending => {}
                    TransactionStatus::Dropped(reason) => {
                        return Err(SendError::Dropped { what: what(), reason });
                    }
                },
                // The API may be a moment behind its node.
                Err(ClientError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.pause(waited, &order.what, txid).await?;
        }
    }

    async fn pause(&self, waited: &mut Duration, what: &str, txid: Txid) -> Result<(), SendError> {
        match &self.blocks {
            Blocks::Awaited { every, patience } => {
                if *waited >= *patience {
                    return Err(SendError::Waiting { what: what.to_owned(), txid, patience: *patience });
                }
                tokio::time::sleep(*every).await;
                *waited += *every;
            }
            Blocks::OnRequest(url) => {
                // What so many blocks have not taken waits for something else, such as an earlier nonce.
                if *waited >= MOST_BLOCKS_TIME {
                    let what = what.to_owned();
                    return Err(SendError::Waiting { what, txid, patience: MOST_BLOCKS_TIME });
                }
                *waited += BLOCK_TIME;
                let answer = self.http.post(format!("{url}/devnet/mine")).body("{}").send().await;
                let answer = answer.map_err(|error| SendError::NoBlock(error.to_string()))?;
                if !answer.status().is_success() {
                    let text = answer.text().await.unwrap_or_default();
                    return Err(SendError::NoBlock(text));
                }
            }
        }
        Ok(())
    }
}

fn judge(order: &Order, txid: Txid, inclusion: Inclusion) -> Result<Inclusion, SendError> {
    let what = order.what.clone();
    match inclusion.outcome {
        Outcome::Success => Ok(inclusion),
        Outcome::AbortedByResponse => match inclusion.result.as_response() {
            Ok(Err(code)) if code.as_uint().is_ok() => Err(SendError::Refused {
                what,
                error: ContractError::new(code.as_uint().unwrap_or_default()),
            }),
            _ => {
                let reason = inclusion.vm_error.unwrap_or_else(|| inclusion.result.to_source());
                Err(SendError::Failed { what, txid, reason })
            }
        },
        Outcome::AbortedByPostCondition => {
            let reason = inclusion.vm_error.unwrap_or_else(|| "a post-condition".to_owned());
            Err(SendError::Failed { what, txid, reason })
        }
    }
}
