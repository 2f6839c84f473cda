//! Sending transactions.

use serde::Deserialize;
use serde_json::Value as Json;

use super::NodeClient;
use super::error::{ClientError, Rejection, RejectionReason};
use super::transport::{Reply, Request};
use crate::transaction::{Transaction, Txid};

#[derive(Deserialize)]
struct Refusal {
    txid: Option<Txid>,
    error: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    reason_data: Json,
}

impl NodeClient {
    /// Hands a signed transaction to the network. The answer is its id.
    ///
    /// That a node took it does not mean that it will be mined: nodes drop what they find problematic without a word. Only
    /// [`NodeClient::transaction`] tells.
    ///
    /// It is safe to call this again with the same transaction, whatever the error was.
    pub async fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ClientError> {
        let bytes = transaction.encode();
        let txid = Txid::of(&bytes);
        let request = Request::post_bytes(format!("transaction {txid}"), ["v2", "transactions"], bytes);
        let attempts = self.transport.attempts();
        // Whether some endpoint may have taken it, although no answer said so.
        let mut may_have_arrived = false;
        let mut attempt = 0;
        loop {
            let (endpoint, result) = self.transport.send_once(attempt, &request).await;
            attempt += 1;
            let failed = match result {
                Ok(reply) => match interpret(reply, txid) {
                    Err(ClientError::Rejected(rejection))
                        if may_have_arrived && could_be_itself(&rejection) =>
                    {
                        return self.look_up(txid, &rejection).await;
                    }
                    // Malformed: it went to somebody who is not a node, or to a node that took it for another one.
                    Err(error @ ClientError::Malformed { .. }) => {
                        if attempt >= attempts {
                            return Err(uncertain(txid, &error));
                        }
                        may_have_arrived = true;
                        self.transport.pause(attempt, None).await;
                        continue;
                    }
                    answer => return answer,
                },
                Err(failed) => failed,
            };
            may_have_arrived |= failed.failure.may_have_arrived();
            tracing::debug!(failure = %failed.failure, %txid, attempt, "broadcast failed");
            if attempt >= attempts {
                let error = ClientError::Unreachable { endpoint, attempts: attempt, failure: failed.failure };
                return Err(if may_have_arrived { uncertain(txid, &error) } else { error });
            }
            self.transport.pause(attempt, failed.retry_after).await;
        }
    }

    /// After a lost answer, a refusal may be due to the very transaction having arrived.
    async fn look_up(&self, txid: Txid, rejection: &Rejection) -> Result<Txid, ClientError> {
        match self.transaction(txid).await {
            Ok(_) => Ok(txid),
            Err(error) => {
                let reason = format!("an answer got lost, then: {rejection}; and looking it up: {error}");
                Err(ClientError::Uncertain { txid, reason })
            }
        }
    }
}

/// Whether a node gives this reason for a transaction that it, or the chain, already has.
const fn could_be_itself(rejection: &Rejection) -> bool {
    matches!(
        rejection.reason,
        RejectionReason::BadNonce { .. }
            | RejectionReason::ConflictingNonceInMempool
            | RejectionReason::ContractAlreadyExists
            // The transaction may have spent what is now missing.
            | RejectionReason::NotEnoughFunds { .. }
            | RejectionReason::Other { .. }
    )
}

fn uncertain(txid: Txid, error: &ClientError) -> ClientError {
    ClientError::Uncertain { txid, reason: error.to_string() }
}

fn interpret(reply: Reply, txid: Txid) -> Result<Txid, ClientError> {
    let malformed = |endpoint: String, reason: String| ClientError::Malformed {
        endpoint,
        what: format!("transaction {txid}"),
        reason,
    };
    if reply.is_success() {
        return match serde_json::from_slice::<Txid>(&reply.body) {
            Ok(answered) if answered == txid => Ok(txid),
            Ok(answered) => {
                Err(malformed(reply.endpoint, format!("it took {answered}, which is another transaction")))
            }
            Err(error) => Err(malformed(reply.endpoint, error.to_string())),
        };
    }
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else {
        return Err(reply.refused("transaction endpoint"));
    };
    if refusal.txid.is_some_and(|answered| answered != txid) {
        return Err(malformed(reply.endpoint, "it refused another transaction".to_owned()));
    }
    match (refusal.reason, refusal.error) {
        (Some(reason), Some(_)) => {
            let reason = RejectionReason::from_json(&reason, refusal.reason_data);
            Err(ClientError::Rejected(Box::new(Rejection { txid, reason })))
        }
        _ => Err(reply.refused("transaction endpoint")),
    }
}
