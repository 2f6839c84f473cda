//! What is told without asking: what becomes of transactions, and what a person should know.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bithedge_engine::networks::ChainIdentity;
use bithedge_engine::notifications::{Observed, Settings, TransactionNews, Watcher};
use bithedge_engine::transactions::{Note, Status, TransactionUpdate};
use bithedge_engine::{present, words};
use bithedge_ipc::{Destination, Event, NetworkKind, Notice, Notification, NotificationKind};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::Address;
use tokio::sync::broadcast::error::RecvError;

use crate::core::Core;
use crate::network::Running;
use crate::repeated::Repeated;

/// Each observation reads the chain: not more often than that, however fast blocks come.
const BETWEEN: Duration = Duration::from_secs(1);
/// What an observation could not be made for is tried again after so long.
const RETRY: Duration = Duration::from_secs(10);
/// So many accounts are observed at a time; the others' turn comes right after.
const MOST_ACCOUNTS: usize = 10;
/// So many of what was told are listed.
pub(crate) const LISTED: usize = 200;

/// What became of a transaction of an account.
pub(crate) struct News {
    pub(crate) account: Address,
    pub(crate) news: TransactionNews,
    /// When the block was made that holds it, if one does.
    mined_at: Option<UnixSeconds>,
    /// Whether it was put off already, for the books to take that block in.
    is_put_off: bool,
}

/// What was told on one chain.
pub(crate) fn watcher(folder: &Path, chain: &ChainIdentity, kind: NetworkKind) -> Watcher {
    if let Err(error) = std::fs::create_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "what was told cannot be written down");
    }
    let settings = match kind {
        NetworkKind::Devnet => Settings::for_a_devnet(),
        NetworkKind::Testnet | NetworkKind::Mainnet => Settings::default(),
    };
    Watcher::open(&folder.join("told.json"), settings, chain)
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
        running.look_at_alarms();
        core.drop_answered();
        core.changed();
        core.emit(Event::PagesChanged {});
    }
}

fn news_of(running: &Running, update: &TransactionUpdate) -> Option<News> {
    let transactions = running.engine.transactions();
    let entry = transactions.entry(update.id).ok().flatten();
    let is_done =
        matches!(update.status, Status::Confirmed { .. }) && !matches!(update.note, Some(Note::Alarm));
    let title = entry.map_or_else(|| "a transaction".to_owned(), |entry| words::title(&entry, is_done));
    let is_ours = |txid: &bithedge_stacks::Txid| {
        let signed = transactions.history(None, 500).unwrap_or_default();
        signed.iter().any(|entry| entry.txid == *txid)
    };
    let mined_at = update.status.block().map(|block| UnixSeconds::new(block.time));
    let news = TransactionNews::of(update, &title, is_ours)?;
    Some(News { account: update.account, news, mined_at, is_put_off: false })
}

/// Looks for what people should know, once for every block that the books took in and for every news of a transaction.
pub(crate) async fn observe(core: &Arc<Core>, running: &Arc<Running>) {
    let undelivered = running.watcher.lock().await.undelivered();
    // What was told to another wallet on this chain, or of an address that is not watched any more, is nobody's concern here.
    let accounts = own_accounts(core);
    for told in undelivered.into_iter().filter(|told| concerns(told, &accounts)) {
        core.emit(Event::Notification(told));
    }
    let mut turns = Turns::default();
    let mut failures = Repeated::default();
    loop {
        running.noticing.notified().await;
        turns.begin();
        loop {
            let (accounts, is_last) = turns.next(&all_accounts(core), &pressing(core, running));
            let is_whole = observe_these(core, running, accounts, &mut failures).await;
            if !is_whole {
                tokio::time::sleep(RETRY).await;
                running.noticing.notify_one();
            }
            tokio::time::sleep(BETWEEN).await;
            if is_last {
                break;
            }
        }
    }
}

/// The accounts of the wallet in use.
fn all_accounts(core: &Core) -> Vec<Address> {
    core.state().accounts().into_iter().map(|(_, address)| address).collect()
}

fn own_accounts(core: &Core) -> BTreeSet<String> {
    all_accounts(core).iter().map(Address::to_string).collect()
}

/// Whether it is about one of these accounts, or about all.
fn concerns(told: &Notification, accounts: &BTreeSet<String>) -> bool {
    told.account.as_ref().is_none_or(|account| accounts.contains(account))
}

/// Those that come first, whoever's turn it is: the account in use, and accounts whose transactions came to something.
fn pressing(core: &Core, running: &Running) -> Vec<Address> {
    let in_use = core.state().account().map(|account| account.address);
    let news: Vec<Address> = running.news().iter().map(|news| news.account).collect();
    in_use.into_iter().chain(news).collect()
}

/// Whose turn it is to be observed. Each account has one in every round, however many there are.
#[derive(Default)]
struct Turns {
    /// Those that have not been observed in this round; `None` before its first turn.
    waiting: Option<VecDeque<Address>>,
}

impl Turns {
    /// A new round.
    fn begin(&mut self) {
        self.waiting = None;
    }

    /// The next ones of all accounts, and whether the round is over with them.
    fn next(&mut self, all: &[Address], pressing: &[Address]) -> (Vec<Address>, bool) {
        let waiting = self.waiting.get_or_insert_with(|| all.iter().copied().collect());
        // The list may have changed since the round began.
        waiting.retain(|account| all.contains(account));
        let mut turn: Vec<Address> = Vec::new();
        for account in pressing.iter().filter(|account| all.contains(account)) {
            if turn.len() < MOST_ACCOUNTS && !turn.contains(account) {
                turn.push(*account);
            }
        }
        waiting.retain(|account| !turn.contains(account));
        // One at least of the others, however many press.
        let others = MOST_ACCOUNTS.saturating_sub(turn.len()).max(1).min(waiting.len());
        turn.extend(waiting.drain(..others));
        (turn, waiting.is_empty())
    }
}

/// Whether everything could be looked at that there was to look at.
async fn observe_these(
    core: &Core,
    running: &Running,
    accounts: Vec<Address>,
    failures: &mut Repeated,
) -> bool {
    let all = all_accounts(core);
    // What other wallets' transactions on this chain came to is not this one's concern.
    running.news().retain(|news| all.contains(&news.account));
    let mut is_whole = true;
    for account in accounts {
        let mut seen = match running.engine.observe(account).await {
            Ok(seen) => seen,
            Err(error) => {
                if let Some(times) = failures.take(&error.to_string()) {
                    tracing::info!(%error, times, "nothing could be noticed");
                }
                is_whole = false;
                continue;
            }
        };
        failures.over();
        seen.transactions = taken(running, account, seen.books_at);
        let told = running.watcher.lock().await.observe(&seen);
        emit(core, told);
    }
    is_whole
}

fn emit(core: &Core, told: Observed) {
    let Observed { notifications, unsaved, .. } = told;
    if let Some(error) = unsaved {
        tracing::warn!(%error, "what was told is not written down");
    }
    for notification in notifications {
        core.emit(Event::Notification(notification));
    }
}

/// Tells something of the keeper, which otherwise stands only on a page that nobody may be looking at.
pub(crate) async fn keeper(
    core: &Core,
    running: &Running,
    account: Address,
    kind: NotificationKind,
    notice: Notice,
) {
    let at = running.engine.clock().now();
    let account = Some(account.to_string());
    let told = running.watcher.lock().await.tell(account, kind, at, notice, Destination::Keeper);
    emit(core, told);
}

/// Tells that the network is not used any more.
pub(crate) async fn network_stopped(core: &Core, running: &Running, notice: Notice) {
    let at = running.engine.clock().now();
    let mut watcher = running.watcher.lock().await;
    let told = watcher.tell(None, NotificationKind::NetworkStopped, at, notice, Destination::Connection);
    // It is told now or never: after the next start it would be news of yesterday.
    let ids: Vec<u64> = told.notifications.iter().map(|told| told.id).collect();
    if let Err(error) = watcher.delivered(&ids) {
        tracing::warn!(%error, "what was told is not written down");
    }
    drop(watcher);
    emit(core, told);
}

/// What became of an account's transactions, to be told now. What books of `books_at` do not have yet is put off once, so that it can be told
/// where it led; they tell when they take a block in.
fn taken(running: &Running, account: Address, books_at: UnixSeconds) -> Vec<TransactionNews> {
    let mut waiting = running.news();
    let (now, later) = due(std::mem::take(&mut *waiting), account, books_at);
    *waiting = later;
    now
}

fn due(waiting: Vec<News>, account: Address, books_at: UnixSeconds) -> (Vec<TransactionNews>, Vec<News>) {
    let (mut now, mut later) = (Vec::new(), Vec::new());
    for mut news in waiting {
        let is_ahead = news.mined_at.is_some_and(|at| at > books_at);
        if news.account == account && (news.is_put_off || !is_ahead) {
            now.push(news.news);
        } else {
            news.is_put_off |= news.account == account;
            later.push(news);
        }
    }
    (now, later)
}

/// What was told to the accounts in use, newest first.
pub(crate) async fn listed(core: &Core, running: &Running) -> Vec<Notification> {
    let own = own_accounts(core);
    let told = running.watcher.lock().await.recent(LISTED);
    told.into_iter().filter(|told| concerns(told, &own)).collect()
}

#[cfg(test)]
mod tests {
    use bithedge_engine::notifications::TransactionOutcome;

    use super::*;

    fn news(key: &str, account: Address, mined_at: u64) -> News {
        let outcome = TransactionOutcome::Confirmed;
        let news = TransactionNews { key: key.to_owned(), title: "it".to_owned(), outcome };
        News { account, news, mined_at: Some(UnixSeconds::new(mined_at)), is_put_off: false }
    }

    fn addresses(count: u8) -> Vec<Address> {
        let version = bithedge_stacks::AddressVersion::TESTNET_SINGLE_SIG;
        let account = |number: u8| Address::new(version, bithedge_stacks::Hash160([number; 20]));
        (0..count).map(account).collect()
    }

    #[test]
    fn every_account_has_its_turn_and_the_pressing_ones_have_it_at_once() {
        let all = addresses(34);
        let pressing = [all[30], all[33], all[30]];
        let mut turns = Turns::default();
        turns.begin();
        let mut seen = BTreeSet::new();
        let mut rounds = 0;
        loop {
            let (turn, is_last) = turns.next(&all, &pressing);
            assert!(turn.len() <= MOST_ACCOUNTS && turn[..2] == [all[30], all[33]], "{turn:?}");
            seen.extend(turn.iter().map(Address::to_string));
            rounds += 1;
            if is_last {
                break;
            }
        }
        assert_eq!((seen.len(), rounds), (all.len(), 4));
        // However many press, the others come on.
        turns.begin();
        let (turn, is_last) = turns.next(&all, &all[..20]);
        assert!((turn.len(), is_last) == (MOST_ACCOUNTS + 1, false) && turn.contains(&all[10]), "{turn:?}");
        // Accounts that are gone are not looked at.
        let (turn, is_last) = turns.next(&all[32..], &[]);
        assert_eq!((turn, is_last), (all[32..].to_vec(), true));
    }

    #[test]
    fn what_concerns_another_wallet_is_not_told() {
        let own: BTreeSet<String> = addresses(2).iter().map(Address::to_string).collect();
        let told = |account: Option<&Address>| Notification {
            id: 1,
            account: account.map(Address::to_string),
            kind: NotificationKind::Claimable,
            at: UnixSeconds::new(1),
            happened: String::new(),
            means: String::new(),
            remedy: String::new(),
            destination: Destination::Policies,
            doubtful: false,
        };
        let all = addresses(3);
        assert!(concerns(&told(None), &own) && concerns(&told(Some(&all[1])), &own));
        assert!(!concerns(&told(Some(&all[2])), &own));
    }

    #[test]
    fn what_the_books_do_not_have_yet_is_put_off_once() {
        let [own, other] = ["ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM", "ST000000000000000000002AMW42H"]
            .map(|text| text.parse::<Address>().unwrap());
        let keys = |news: &[TransactionNews]| news.iter().map(|one| one.key.clone()).collect::<Vec<_>>();
        let waiting = vec![news("old", own, 10), news("new", own, 11), news("other", other, 11)];
        let (now, later) = due(waiting, own, UnixSeconds::new(10));
        assert_eq!(keys(&now), ["old"]);
        // Books that never come as far keep nobody waiting for ever.
        let (now, later) = due(later, own, UnixSeconds::new(10));
        assert_eq!(keys(&now), ["new"]);
        // Somebody else's turn has not been used up by it.
        let (now, later) = due(later, other, UnixSeconds::new(10));
        assert_eq!((now.len(), later.len()), (0, 1));
        assert_eq!(keys(&due(later, other, UnixSeconds::new(11)).0), ["other"]);
    }
}
