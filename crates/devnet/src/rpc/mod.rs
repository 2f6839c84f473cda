//! The HTTP side: a Stacks node's RPC, the part of the Stacks API that clients use, and the devnet's own controls.

mod control;
mod extended;
pub(crate) mod faults;
mod history;
mod node;
mod reply;
mod show;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, watch};

use crate::Visitors;
use crate::node::Node;
use faults::Faults;

/// Whoever works with the devnet when it is closed has so long to be done.
pub(crate) const TO_LET_GO: Duration = Duration::from_secs(5);
/// Bytes of the largest body that is read: a transaction of 2 MiB in hexadecimal, and the JSON around it.
const BODY_LIMIT: usize = 5 << 20;

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    /// `None` once it was closed.
    node: Arc<Mutex<Option<Node>>>,
    /// Whether it is to be closed.
    closing: Arc<watch::Sender<bool>>,
    pub(crate) faults: Faults,
}

impl Shared {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node: Arc::new(Mutex::new(Some(node))),
            closing: Arc::new(watch::Sender::new(false)),
            faults: Faults::default(),
        }
    }

    /// The devnet's state; everybody waits for their turn, in order. Who still asks while it is closed gets no answer, as of a node that is
    /// gone.
    pub(crate) async fn node(&self) -> MappedMutexGuard<'_, Node> {
        if let Some(node) = self.revived().await {
            return node;
        }
        std::future::pending().await
    }

    /// `None` if it is closed, or about to be: a VM that has ended is not begun anew then, which takes a while.
    pub(crate) async fn revived(&self) -> Option<MappedMutexGuard<'_, Node>> {
        let mut closing = self.closing.subscribe();
        let mut node = MutexGuard::try_map(self.node.lock().await, Option::as_mut).ok()?;
        tokio::select! {
            biased;
            () = node.revive() => Some(node),
            _ = closing.wait_for(|closing| *closing) => None,
        }
    }

    /// It is about to be closed: who asks is still answered, as long as the VM lives.
    pub(crate) fn begin_to_close(&self) {
        self.closing.send_replace(true);
    }

    /// Ends it in good order, as soon as nobody works with it. Connections may still be open: they keep nothing of it.
    pub(crate) async fn close(&self) -> std::io::Result<()> {
        self.begin_to_close();
        let Ok(mut node) = tokio::time::timeout(TO_LET_GO, self.node.lock()).await else {
            // Who still waits in a handler keeps a part of this for ever: so it is taken out as soon as whoever works with it is done.
            let later = self.clone();
            tokio::spawn(async move {
                let node = later.node.lock().await.take();
                if let Some(node) = node
                    && let Err(error) = node.close().await
                {
                    tracing::error!(%error, "the devnet's journal was not flushed");
                }
            });
            return Err(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                "somebody still works with the devnet, so its data is let go later",
            ));
        };
        match node.take() {
            Some(node) => node.close().await,
            None => Ok(()),
        }
    }
}

/// All routes, with `more` beside them.
pub(crate) fn router(shared: Shared, more: Router, visitors: Visitors) -> Router {
    let chain = Router::new()
        .route("/v2/info", get(node::info))
        .route("/v2/pox", get(node::pox))
        .route("/v2/accounts/{principal}", get(node::account))
        .route("/v2/contracts/call-read/{address}/{contract}/{function}", post(node::call_read))
        .route("/v2/contracts/interface/{address}/{contract}", get(node::interface))
        .route("/v2/contracts/source/{address}/{contract}", get(node::source))
        .route("/v2/data_var/{address}/{contract}/{name}", get(node::data_var))
        .route("/v2/map_entry/{address}/{contract}/{map}", post(node::map_entry))
        .route("/v2/fees/transfer", get(node::transfer_fee))
        .route("/v2/fees/transaction", post(node::transaction_fee))
        .route("/v2/transactions", post(node::broadcast))
        .route("/extended", get(extended::status))
        .route("/extended/v1/status", get(extended::status))
        .route("/extended/v1/tx", get(extended::transactions))
        .route("/extended/v1/tx/mempool", get(extended::mempool))
        .route("/extended/v1/tx/multiple", get(history::transactions))
        .route("/extended/v1/tx/{txid}", get(extended::transaction))
        .route("/extended/v1/tx/{txid}/raw", get(extended::raw_transaction))
        .route("/extended/v1/contract/{contract}", get(extended::contract))
        .route("/extended/v1/contract/{contract}/events", get(extended::contract_events))
        .route("/extended/v2/smart-contracts/{contract}/logs", get(history::logs))
        .route("/extended/v1/address/{principal}/balances", get(extended::balances))
        .route("/extended/v1/address/{principal}/stx", get(extended::stx))
        .route("/extended/v1/address/{principal}/transactions", get(extended::address_transactions))
        .route("/extended/v1/address/{principal}/mempool", get(extended::address_mempool))
        .route("/extended/v1/address/{principal}/nonces", get(extended::nonces))
        .route("/extended/v1/faucets/stx", post(control::api_faucet_stx))
        .route("/extended/v1/faucets/sbtc", post(control::api_faucet_sbtc))
        .route("/extended/v2/blocks", get(extended::blocks))
        .route("/extended/v2/blocks/{block}", get(extended::block))
        .route("/extended/v2/blocks/{block}/transactions", get(extended::block_transactions))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(axum::middleware::from_fn_with_state(shared.clone(), faults::inject));
    let control = Router::new()
        .route("/devnet/status", get(control::status))
        .route("/devnet/mine", post(control::mine))
        .route("/devnet/time", post(control::time))
        .route("/devnet/faucet/stx", post(control::faucet_stx))
        .route("/devnet/faucet/sbtc", post(control::faucet_sbtc))
        .route(
            "/devnet/faults",
            get(control::get_faults).post(control::set_faults).delete(control::clear_faults),
        )
        .route("/devnet/reorg", post(control::reorg))
        .route("/devnet/snapshot", post(control::snapshot))
        .route("/devnet/restore", post(control::restore));
    let all = chain
        .merge(control)
        .merge(more.with_state(()))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(axum::middleware::from_fn(finish));
    match visitors {
        Visitors::Everybody => all.layer(tower_http::cors::CorsLayer::permissive()),
        Visitors::NoPages => all.layer(axum::middleware::from_fn(without_pages)),
    }
    .with_state(shared)
}

/// Refuses what a page in a browser asks. That no other page may read the answer would not be enough: what it asks to be done would be done.
/// A browser names the page's origin, or says what kind of request it is; and a page whose own name leads here (DNS rebinding) is
/// asked for by that name.
async fn without_pages(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_of_page = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if is_of_page || !matches!(name, "127.0.0.1" | "localhost") {
        return (StatusCode::FORBIDDEN, "this devnet answers no page in a browser").into_response();
    }
    next.run(request).await
}

/// Carries every request to its end, also when the client goes away: a server drops the work of a request whose
/// connection closes, and half a conversation with the VM or half a journal entry must not be what is left of it.
async fn finish(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a request panicked");
            (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
        }
    }
}

async fn unknown() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "No such file or directory")
}
