//! What is told without asking: what becomes of transactions, and what a person should know.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bithedge_engine::networks::ChainIdentity;
use bithedge_engine::notifications::{Observed, Settings, TransactionNews, Watcher};
use bithedge_engine::present;
use bithedge_engine::transactions::TransactionUpdate;
use bithedge_ipc::{Event, Notification};
use bithedge_stacks::Address;
use tokio::sync::broadcast::error::RecvError;

use crate::core::Core;
use crate::network::Running;

/// Each observation reads the chain: not more often than that, however fast blocks come.
const BETWEEN: Duration = Duration::from_secs(1);
/// What an observation could not be made for is tried again after so long.
const RETRY: Duration = Duration::from_secs(10);
/// So many accounts are observed.
const MOST_ACCOUNTS: usize = 10;
/// So many of what was told are listed.
pub(crate) const LISTED: usize = 200;

/// What became of a transaction of an account.
pub(crate) struct News {
    pub(crate) account: Address,
    pub(crate) news: TransactionNews,
}

/// What was told on one chain.
pub(crate) fn watcher(folder: &Path, chain: &ChainIdentity) -> Watcher {
    if let Err(error) = std::fs::create_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "what was told cannot be written down");
    }
    Watcher::open(&folder.join("told.json"), Settings::default(), chain)
}

/// Tells what happens to transactions, and keeps what is news of it for the next observation.
pub(crate) async fn transactions(core: &Core, running: &Running) {
    let mut updates = running.engine.transactions().updates();
    loop {
        match updates.recv().await {
            Ok(update) => {
                core.emit(Event::Transaction(Box::new(present::update(&update))));
                if let Some(news) = news_of(running, &update) {
                    running.news().push(news);
                    running.noticing.notify_one();
                }
            }
            Err(RecvError::Lagged(missed)) => tracing::info!(missed, "updates of transactions were missed"),
            // The engine was closed; whoever looks at the chain says why.
            Err(RecvError::Closed) => std::future::pending().await,
        }
        core.drop_answered();
        core.changed();
        core.emit(Event::PagesChanged {});
    }
}

fn news_of(running: &Running, update: &TransactionUpdate) -> Option<News> {
    let transactions = running.engine.transactions();
    let entry = transactions.entry(update.id).ok().flatten();
    let title = entry.and_then(|entry| entry.approved.words.first().cloned()).unwrap_or_default();
    let is_ours = |txid: &bithedge_stacks::Txid| {
        let signed = transactions.history(None, 500).unwrap_or_default();
        signed.iter().any(|entry| entry.txid == *txid)
    };
    TransactionNews::of(update, &title, is_ours).map(|news| News { account: update.account, news })
}

/// Looks for what people should know, once for every block that the books took in and for every news of a transaction.
pub(crate) async fn observe(core: &Arc<Core>, running: &Arc<Running>) {
    for told in running.watcher.lock().await.undelivered() {
        core.emit(Event::Notification(told));
    }
    loop {
        running.noticing.notified().await;
        let is_whole = observe_all(core, running).await;
        if !is_whole {
            tokio::time::sleep(RETRY).await;
            running.noticing.notify_one();
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Whether everything could be looked at that there was to look at.
async fn observe_all(core: &Core, running: &Running) -> bool {
    let accounts: Vec<Address> =
        core.state().accounts().into_iter().map(|(_, address)| address).take(MOST_ACCOUNTS).collect();
    // What other wallets' transactions on this chain came to is not this one's concern.
    running.news().retain(|news| accounts.contains(&news.account));
    let mut is_whole = true;
    for account in accounts {
        let mut seen = match running.engine.observe(account).await {
            Ok(seen) => seen,
            Err(error) => {
                tracing::info!(%error, "nothing could be noticed");
                is_whole = false;
                continue;
            }
        };
        seen.transactions = taken(running, account);
        let Observed { notifications, unsaved, .. } = running.watcher.lock().await.observe(&seen);
        if let Some(error) = unsaved {
            tracing::warn!(%error, "what was told is not written down");
        }
        for notification in notifications {
            core.emit(Event::Notification(notification));
        }
    }
    is_whole
}

/// What became of an account's transactions, to be told now.
fn taken(running: &Running, account: Address) -> Vec<TransactionNews> {
    let mut waiting = running.news();
    let (own, others): (Vec<News>, Vec<News>) =
        std::mem::take(&mut *waiting).into_iter().partition(|news| news.account == account);
    *waiting = others;
    own.into_iter().map(|news| news.news).collect()
}

/// What was told to the accounts in use, newest first.
pub(crate) async fn listed(core: &Core, running: &Running) -> Vec<Notification> {
    let own: BTreeSet<String> =
        core.state().accounts().into_iter().map(|(_, address)| address.to_string()).collect();
    let is_own = |told: &Notification| told.account.as_ref().is_none_or(|account| own.contains(account));
    running.watcher.lock().await.recent(LISTED).into_iter().filter(is_own).collect()
}
