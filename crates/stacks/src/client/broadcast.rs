//! Sending transactions.

use serde::Deserialize;
use serde_json::Value as Json;

use super::NodeClient;
use super::error::{ClientError, Failure, Rejection, RejectionReason};
use super::record::TransactionStatus;
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
    /// It is safe to call this again with the same transaction, whatever the error was. If it arrived before, the answer is
    /// its id: a refusal that the transaction itself may be the cause of, such as a used nonce, is only reported after the
    /// API said that it does not have the transaction. Without an API that is [`ClientError::Uncertain`].
    pub async fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ClientError> {
        let bytes = transaction.encode();
        let txid = Txid::of(&bytes);
        let request = Request::post_bytes(format!("transaction {txid}"), ["v2", "transactions"], bytes);
        // Whether some endpoint may have taken it, although no answer said so.
        let mut may_have_arrived = false;
        // Whether some endpoint said something else than yes.
        let mut answered = false;
        // Whether some endpoint was handed the bytes and said that it did nothing with them, which need not be so.
        let mut was_handed_out = false;
        let mut turns = self.transport.turns();
        let mut turn = turns.start();
        let mut kept: Option<ClientError> = None;
        loop {
            let mut retry_after = None;
            let error = match self.transport.send_once(turn, &request).await {
                Ok(reply) => {
                    let (status, for_others) = (reply.status, reply.is_for_others());
                    match interpret(reply, txid) {
                        Ok(txid) => return Ok(txid),
                        // It went to somebody who is not a node, or to a node that took it for another one.
                        Err(error @ ClientError::Malformed { .. }) => {
                            may_have_arrived = true;
                            error
                        }
                        Err(ClientError::Rejected(rejection)) => {
                            let doubtful = may_have_arrived || could_be_itself(&rejection.reason);
                            return if doubtful && !is_in_the_bytes(&rejection.reason) {
                                let doubtful = may_have_arrived
                                    || (was_handed_out && could_be_itself(&rejection.reason));
                                self.look_up(txid, doubtful, ClientError::Rejected(rejection)).await
                            } else {
                                Err(ClientError::Rejected(rejection))
                            };
                        }
                        Err(error) if for_others => {
                            // Whoever did not want to wait any more may have passed it on.
                            may_have_arrived |= status == 408;
                            answered = true;
                            was_handed_out = true;
                            turns.exclude(turn);
                            error
                        }
                        // A reason that cannot be read may be any.
                        Err(error) => return self.look_up(txid, may_have_arrived, error).await,
                    }
                }
                Err(failed) => {
                    may_have_arrived |= failed.failure.may_have_arrived();
                    was_handed_out |= !matches!(failed.failure, Failure::Connect(_));
                    retry_after = failed.retry_after;
                    let (endpoint, attempts) = (self.transport.shown(turn), turn.attempt);
                    ClientError::Unreachable { endpoint, attempts, failure: failed.failure }
                }
            };
            tracing::debug!(%error, %txid, attempt = turn.attempt, "broadcast failed");
            // An endpoint that cannot be reached may be the one that would have taken it.
            let error = match kept.take() {
                Some(before @ (ClientError::Unreachable { .. } | ClientError::Malformed { .. }))
                    if !matches!(error, ClientError::Unreachable { .. } | ClientError::Malformed { .. }) =>
                {
                    before
                }
                _ => error,
            };
            turn = match turns.next() {
                Some(next) => next,
                None if may_have_arrived && answered => return self.look_up(txid, true, error).await,
                None if may_have_arrived => {
                    return Err(ClientError::Uncertain { txid, reason: error.to_string() });
                }
                // Nobody got it only if nobody was even connected to.
                None if was_handed_out && matches!(error, ClientError::Unreachable { .. }) => {
                    return Err(ClientError::Uncertain { txid, reason: error.to_string() });
                }
                None => return Err(error),
            };
            kept = Some(error);
            self.transport.pause(turn, retry_after).await;
        }
    }

    /// After a lost answer, or if the reason may be the very transaction having arrived, a refusal is believed only if the
    /// transaction is not known.
    async fn look_up(
        &self,
        txid: Txid,
        answer_lost: bool,
        refusal: ClientError,
    ) -> Result<Txid, ClientError> {
        let found = match self.transaction(txid).await {
            Ok(record) => match record.status {
                TransactionStatus::Pending => return Ok(txid),
                TransactionStatus::Included(inclusion) if inclusion.canonical => return Ok(txid),
                TransactionStatus::Included(_) => Ok("in a block that is not part of the chain".to_owned()),
                TransactionStatus::Dropped(status) => Ok(status),
            },
            Err(error) => Err(error),
        };
        match (refusal, found) {
            (refusal @ ClientError::Rejected(_), Err(ClientError::NotFound { .. })) if !answer_lost => {
                Err(refusal)
            }
            (ClientError::Rejected(rejection), Ok(status)) if !answer_lost => {
                Err(ClientError::Rejected(Box::new(Rejection { status: Some(status), ..*rejection })))
            }
            // It says nothing about the chain.
            (error @ (ClientError::Http { .. } | ClientError::NotFound { .. }), _) if !answer_lost => {
                Err(error)
            }
            (refusal, found) => {
                let lost = if answer_lost { "an answer may have got lost; " } else { "" };
                let found = match found {
                    Ok(status) => format!("it is {status}"),
                    Err(error) => error.to_string(),
                };
                let reason = format!("{lost}the last one is: {refusal}; and looking it up: {found}");
                Err(ClientError::Uncertain { txid, reason })
            }
        }
    }
}

/// Whether a node may give this reason for a transaction that it, or the chain, already has.
const fn could_be_itself(reason: &RejectionReason) -> bool {
    matches!(
        reason,
        RejectionReason::BadNonce { .. }
            | RejectionReason::ConflictingNonceInMempool
            | RejectionReason::ContractAlreadyExists
            | RejectionReason::TooMuchChaining { .. }
            // The transaction may have spent what is now missing.
            | RejectionReason::NotEnoughFunds { .. }
            // The node may have had it for too long.
            | RejectionReason::TemporarilyBlacklisted
            | RejectionReason::ServerFailure { .. }
            | RejectionReason::Other { .. }
    )
}

/// Whether the reason is in the transaction's bytes, so that no node can have taken them.
const fn is_in_the_bytes(reason: &RejectionReason) -> bool {
    matches!(
        reason,
        RejectionReason::TransferAmountMustBePositive
            | RejectionReason::TransferRecipientCannotEqualSender
            | RejectionReason::Deserialization(_)
            | RejectionReason::SignatureValidation(_)
            | RejectionReason::BadTransactionVersion
    )
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
            Err(ClientError::Rejected(Box::new(Rejection { txid, reason, status: None })))
        }
        _ => Err(reply.refused("transaction endpoint")),
    }
}
