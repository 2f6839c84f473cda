//! What is new, told once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bithedge_ipc::{Destination, Notice, Notification, NotificationKind, Trust};
use bithedge_protocol::{Ppm, Seconds, TokenAmount, UnixSeconds};

use super::file::{self, Chain, NotificationError};
use super::memory::{AccountMemory, Kept, Memory, Place, Seen, ToldOutcome, ToldTransaction};
use super::observation::{
    Deposit, DepositCancelled, Observation, ObservedBucket, ObservedClose, TransactionNews,
    TransactionOutcome,
};
use super::words::{self, Draft};
use super::{several, states};
use crate::networks::ChainIdentity;

/// Requests are taken back until so long before a boundary (docs/protocol.md, "Epochs").
const CUTOFF: Seconds = Seconds::new(3_600);
/// How many epochs with deposits are remembered as told, of each bucket.
const TAKEN: usize = 64;

/// When something is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long before its expiry a policy's end is told, each once.
    pub before_expiry: Vec<Seconds>,
    /// How far above the strike the price must have been, as a part of the strike, before "in the money" is told again.
    pub strike_band: Ppm,
    /// How far above a threshold a bucket's ratio must be, as a part of it, before an improvement is told.
    pub health_band: Ppm,
    /// How long a stale price, a breaker or a difference must have been over before the next one is told.
    pub quiet: Seconds,
    /// How many of one kind are told one by one at a time; more are told as one.
    pub most_of_a_kind: usize,
    /// For how long, by this computer's clock, prices must have been too old before that is told. Where time is moved by hand, they are
    /// old in every step of it until the reports at its end.
    pub patience_with_prices: Duration,
}

impl Default for Settings {
    /// A day and an hour before expiry; 2 % above the strike; 1 % above the threshold; an hour; three of a kind.
    fn default() -> Self {
        Self {
            before_expiry: vec![Seconds::new(86_400), Seconds::new(3_600)],
            strike_band: Ppm::new(20_000),
            health_band: Ppm::new(10_000),
            quiet: Seconds::new(3_600),
            most_of_a_kind: 3,
            patience_with_prices: Duration::ZERO,
        }
    }
}

impl Settings {
    /// For a devnet, whose clock is moved by hand: prices that are too old are told only after half a minute of it.
    #[must_use]
    pub fn for_a_devnet() -> Self {
        Self { patience_with_prices: Duration::from_secs(30), ..Self::default() }
    }
}

/// What an observation came to.
#[derive(Debug)]
pub struct Observed {
    /// What is to be shown now.
    pub notifications: Vec<Notification>,
    /// Why what was told could not be written down, if so: it may be told again after a restart.
    pub unsaved: Option<NotificationError>,
}

/// Compares observations with what was told.
#[derive(Debug)]
pub struct Watcher {
    path: PathBuf,
    chain: Chain,
    settings: Settings,
    memory: Memory,
    /// Since when prices have been too old, by this computer's clock.
    old_since: Option<Instant>,
}

impl Watcher {
    /// Goes on from what the file says was told of this chain. Without it, or with one that is damaged or about another chain, it
    /// begins anew: the first observation then tells only what still needs somebody to act.
    #[must_use]
    pub fn open(path: &Path, settings: Settings, chain: &ChainIdentity) -> Self {
        let chain = Chain::from(chain);
        let memory = file::read(path, &chain).unwrap_or_default();
        Self { path: path.to_path_buf(), chain, settings, memory, old_since: None }
    }

    /// What is new. It is written down before it is given back, so that it is not told again; until
    /// [`delivered`](Self::delivered) it stays in [`undelivered`](Self::undelivered), so that it is not lost either.
    pub fn observe(&mut self, seen: &Observation) -> Observed {
        self.observe_at(seen, Instant::now())
    }

    /// As [`Self::observe`], of a moment of this computer's clock.
    pub fn observe_at(&mut self, seen: &Observation, now: Instant) -> Observed {
        let before = self.memory.essence();
        let is_first_of_all = self.memory.next == 0;
        if is_first_of_all {
            // Numbers of an earlier memory, if there was one, were smaller.
            self.memory.next = seen.at.get().saturating_mul(1_000).max(1);
        }
        let mut drafts = Vec::new();
        let Memory { shared, price, .. } = &mut self.memory;
        self.old_since = states::are_prices_old(*price, seen).then(|| self.old_since.unwrap_or(now));
        let has_lasted =
            |since: Instant| now.saturating_duration_since(since) >= self.settings.patience_with_prices;
        let tells_of_age = self.old_since.is_some_and(has_lasted);
        states::shared(shared, price, seen, &self.settings, tells_of_age, &mut drafts);
        for news in &seen.transactions {
            let first = drafts.len();
            transaction(&mut self.memory, news, &mut drafts);
            // What is done is found where it led; whatever else there is to know of it stands in the activity.
            let led_to = seen.led_to.get(&news.key).filter(|_| news.outcome == TransactionOutcome::Confirmed);
            for draft in drafts.iter_mut().skip(first) {
                draft.destination = led_to.copied().unwrap_or(draft.destination);
            }
        }
        if is_first_of_all {
            drafts.retain(|draft: &Draft| draft.needs_action);
        }
        // Books of another moment than the chain's say of an account what was, as if it were new, and lack what is.
        if seen.is_current {
            drafts.extend(self.own(seen));
        } else {
            let account = self.memory.accounts.entry(seen.account.clone()).or_default();
            account.seen = seen.at;
            states::doubted(&mut account.states, seen, &self.settings, &mut drafts);
        }
        let notifications = self.number(seen, summarised(drafts, self.settings.most_of_a_kind));
        self.memory.prune();
        let is_changed = self.memory.essence() != before;
        Observed { notifications, unsaved: if is_changed { self.save().err() } else { None } }
    }

    /// What is new of an account.
    fn own(&mut self, seen: &Observation) -> Vec<Draft> {
        let account = self.memory.accounts.entry(seen.account.clone()).or_default();
        let is_first = !std::mem::replace(&mut account.is_begun, true);
        account.seen = seen.at;
        let mut own = Vec::new();
        states::own(&mut account.states, seen, &self.settings, &mut own);
        for bucket in &seen.buckets {
            capital(account, bucket, seen.books_at, is_first, &mut own);
        }
        if seen.buckets_trust == Trust::Sound {
            account.buckets.retain(|known, _| seen.buckets.iter().any(|bucket| bucket.bucket == *known));
        }
        if is_first {
            own.retain(|draft| draft.needs_action);
        }
        own
    }

    /// Tells something that is no observation of the chain, as that the keeper waits: numbered, written down and kept like the others.
    /// Whether it is new is for the caller to know.
    pub fn tell(
        &mut self,
        account: Option<String>,
        kind: NotificationKind,
        at: UnixSeconds,
        notice: Notice,
        destination: Destination,
    ) -> Observed {
        let Notice { happened, means, remedy, .. } = notice;
        // Before the first observation there are no numbers yet, and none may be begun: it tells otherwise than those after it.
        let is_numbered = self.memory.next > 0;
        let before_all = at.get().saturating_mul(1_000).saturating_sub(1);
        let id = if is_numbered { self.memory.next } else { before_all };
        let told =
            Notification { id, account, kind, at, happened, means, remedy, destination, doubtful: false };
        if is_numbered {
            self.memory.next = self.memory.next.saturating_add(1);
            self.memory.recent.push(Kept { notification: told.clone(), delivered: false });
            self.memory.prune();
        }
        Observed { notifications: vec![told], unsaved: if is_numbered { self.save().err() } else { None } }
    }

    fn number(&mut self, seen: &Observation, drafts: Vec<Draft>) -> Vec<Notification> {
        let mut told = Vec::new();
        for draft in drafts {
            let notification = Notification {
                id: self.memory.next,
                account: draft.is_own.then(|| seen.account.clone()),
                kind: draft.kind,
                at: seen.at,
                happened: draft.happened,
                means: draft.means,
                remedy: draft.remedy,
                destination: draft.destination,
                doubtful: draft.trust == Trust::Doubtful,
            };
            self.memory.next = self.memory.next.saturating_add(1);
            self.memory.recent.push(Kept { notification: notification.clone(), delivered: false });
            told.push(notification);
        }
        told
    }

    /// What was told and not shown as far as is known, oldest first: after a restart, to be shown under the same numbers.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Notification> {
        let kept = self.memory.recent.iter().filter(|kept| !kept.delivered);
        kept.map(|kept| kept.notification.clone()).collect()
    }

    /// The newest notifications, newest first.
    #[must_use]
    pub fn recent(&self, count: usize) -> Vec<Notification> {
        self.memory.recent.iter().rev().take(count).map(|kept| kept.notification.clone()).collect()
    }

    /// These were shown.
    ///
    /// # Errors
    /// [`NotificationError`]: they may be shown again after a restart.
    pub fn delivered(&mut self, ids: &[u64]) -> Result<(), NotificationError> {
        let mut is_changed = false;
        for kept in &mut self.memory.recent {
            if !kept.delivered && ids.contains(&kept.notification.id) {
                kept.delivered = true;
                is_changed = true;
            }
        }
        if is_changed { self.save() } else { Ok(()) }
    }

    fn save(&self) -> Result<(), NotificationError> {
        file::write(&self.path, &self.chain, &self.memory)
    }
}

/// Not more than some of a kind: what is more is told as one.
fn summarised(drafts: Vec<Draft>, most: usize) -> Vec<Draft> {
    let mut by_kind: BTreeMap<NotificationKind, Vec<Draft>> = BTreeMap::new();
    for draft in drafts {
        by_kind.entry(draft.kind).or_default().push(draft);
    }
    let mut told = Vec::new();
    for (kind, of_kind) in by_kind {
        if of_kind.len() > most.max(1) && several::is_summed(kind) {
            told.extend(several::several(&of_kind));
        } else {
            told.extend(of_kind);
        }
    }
    told
}

/// A transaction's news: each outcome once, and again after the chain took it back.
fn transaction(memory: &mut Memory, news: &TransactionNews, drafts: &mut Vec<Draft>) {
    let before = memory.transactions.get(&news.key).copied();
    let told_before = before.and_then(|before| before.outcome);
    let alarmed = before.is_some_and(|before| before.alarmed);
    let (outcome, alarm) = match news.outcome {
        TransactionOutcome::Confirmed => (Some(ToldOutcome::Confirmed), alarmed),
        TransactionOutcome::Cancelled { .. } => (Some(ToldOutcome::Cancelled), alarmed),
        TransactionOutcome::Failed { .. } => (Some(ToldOutcome::Failed), alarmed),
        TransactionOutcome::Open { .. } => (Some(ToldOutcome::Open), alarmed),
        // Only what was told as done can be told as undone.
        TransactionOutcome::Reverted | TransactionOutcome::Displaced { was_done: true }
            if told_before.is_none() =>
        {
            return;
        }
        // A number that was never signed may be given again, so nothing is remembered under it.
        TransactionOutcome::Unanswered => {
            drafts.push(words::transaction(news));
            return;
        }
        TransactionOutcome::Displaced { .. } => (Some(ToldOutcome::Displaced), alarmed),
        TransactionOutcome::Reverted => (Some(ToldOutcome::Reverted), alarmed),
        TransactionOutcome::Alarm => (told_before, true),
    };
    if outcome == told_before && alarm == alarmed {
        return;
    }
    memory.order = memory.order.saturating_add(1);
    let told = ToldTransaction { outcome, alarmed: alarm, order: memory.order };
    memory.transactions.insert(news.key.clone(), told);
    drafts.push(words::transaction(news));
}

/// What closes did with a provider's exits and deposits.
fn capital(
    account: &mut AccountMemory,
    bucket: &ObservedBucket,
    books_at: UnixSeconds,
    is_first: bool,
    drafts: &mut Vec<Draft>,
) {
    // What exits have paid in all says nothing of what is new, if nobody knows what they had paid before.
    let is_first = is_first || !account.buckets.contains_key(&bucket.bucket);
    let place = account.buckets.entry(bucket.bucket).or_default();
    // What exits have paid only grows, unless the chain takes a close back: then what it paid is told again when it is paid again.
    let more = bucket.proceeds.saturating_sub(place.proceeds);
    place.proceeds = bucket.proceeds;
    if is_first {
        if bucket.claimable > TokenAmount::ZERO {
            drafts.push(words::waits_to_be_claimed(bucket));
        }
    } else if more > TokenAmount::ZERO {
        drafts.push(words::exit_filled(bucket, more));
    }
    deposits(place, bucket, books_at, drafts);
}

/// Deposits whose epoch was closed: what of them was not taken back before became shares, or came back.
fn deposits(place: &mut Place, bucket: &ObservedBucket, books_at: UnixSeconds, drafts: &mut Vec<Draft>) {
    // A close that the chain took back: its epoch is open again.
    place.taken.retain(|epoch| *epoch < bucket.epoch);
    let epochs: BTreeSet<u64> =
        place.waiting.keys().copied().chain(bucket.deposits.iter().map(|one| one.epoch)).collect();
    for epoch in epochs.into_iter().filter(|epoch| *epoch < bucket.epoch) {
        if place.taken.contains(&epoch) {
            continue;
        }
        let Some(close) = bucket.closes.iter().find(|close| close.epoch == epoch) else { continue };
        place.taken.push(epoch);
        let amount = taken(place.waiting.get(&epoch), bucket, close);
        if amount > TokenAmount::ZERO {
            drafts.push(words::deposit(bucket, amount, close.returned));
        }
    }
    place.taken.sort_unstable();
    let surplus = place.taken.len().saturating_sub(TAKEN);
    place.taken.drain(..surplus);
    place.waiting = bucket
        .waiting
        .iter()
        .map(|(epoch, amount)| (*epoch, Seen { amount: *amount, at: books_at }))
        .collect();
}

/// What of a provider's deposits a close took or gave back: what waited when it was last seen, and what came after, less what was
/// taken back in time.
fn taken(seen: Option<&Seen>, bucket: &ObservedBucket, close: &ObservedClose) -> TokenAmount {
    // A cancellation after that is one of deposits for a later close.
    let until = close.boundary.get().saturating_sub(CUTOFF.get());
    let in_time = |cancel: &&DepositCancelled| cancel.at.get() <= until;
    let was_left = |seen: &&Seen| !bucket.cancelled.iter().filter(in_time).any(|cancel| cancel.at > seen.at);
    let stays = |deposit: &&Deposit| {
        !bucket.cancelled.iter().filter(in_time).any(|cancel| cancel.place > deposit.place)
    };
    let waited = seen.filter(was_left).map_or(TokenAmount::ZERO, |seen| seen.amount);
    let is_later = |deposit: &&Deposit| seen.is_none_or(|seen| deposit.at > seen.at);
    let later = bucket.deposits.iter().filter(|deposit| deposit.epoch == close.epoch).filter(is_later);
    later.filter(stays).fold(waited, |sum, deposit| sum.checked_add(deposit.amount).unwrap_or(sum))
}
