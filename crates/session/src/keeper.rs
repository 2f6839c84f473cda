//! The keeper: what a person lets it do, and what it did.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};

use bithedge_engine::intents::Finding;
use bithedge_engine::keeper::{
    Caps, Deed, DutyKind, FromBooks, Keeper, KeeperError, KeeperPace, NoPrice, NoPrices, Parts, Policy,
    PriceSource, StandingOrder, Wait, When,
};
use bithedge_engine::words::Notices as _;
use bithedge_ipc::{Fault, KeeperDuty, KeeperInput, KeeperLine, KeeperView, Notice, NotificationKind};
use bithedge_keys::{Moment, Seal, Sealed, Wallet, WalletError};
use bithedge_prices::{Exchange, MedianOfMarkets, Rules, Stamped};
use bithedge_protocol::{MicroStx, Seconds, UnixSeconds};
use bithedge_stacks::Address;
use bithedge_suite::SuiteNetwork;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use crate::core::Core;
use crate::network::{Alarms, Running, chain_name};
use crate::storage::{self, Found};
use crate::{notices, telling};

/// What it is allowed is in this file, in the folder of its chain.
pub(crate) const FILE_NAME: &str = "keeper.json";
/// So many lines of what it did are shown.
const MOST_LINES: usize = 50;
/// A standing order is given for an hour to a year.
const LASTS: std::ops::RangeInclusive<u64> = 3_600..=365 * 86_400;
/// The tiers whose buckets are looked after.
const TIERS: [u8; 3] = [1, 2, 3];
/// The format that is written, and the newest that is read. In the first one orders had no seal.
const FORMAT: u64 = 2;
/// The numbers of questions about the keeper begin here, far above those of transactions.
pub(crate) const FIRST_ORDER: u64 = 1 << 48;

/// The keeper of a network in use.
#[derive(Default)]
pub(crate) struct Keeping {
    on: Option<On>,
    /// Whether there is an order in the file that only the keys, once they are unlocked, can tell to be the person's.
    waits: bool,
    /// Whether it ended by itself in this run, and is not to be begun again but by a person.
    has_failed: bool,
    log: VecDeque<KeeperLine>,
}

struct On {
    account: Address,
    input: KeeperInput,
    until: UnixSeconds,
    task: JoinHandle<()>,
}

impl Drop for On {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Keeping {
    /// It does nothing any more in this run; what was allowed stays allowed.
    pub(crate) fn end(&mut self) {
        self.on = None;
        self.waits = false;
    }

    fn tell(&mut self, at: UnixSeconds, (words, is_problem): (String, bool)) {
        // The same again, as of a node that is away, says nothing new.
        if self.log.front().is_some_and(|last| last.words == words) {
            return;
        }
        self.log.push_front(KeeperLine { at, words, is_problem });
        self.log.truncate(MOST_LINES);
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u64,
    /// What was allowed on this chain, by the account.
    orders: BTreeMap<String, KeptOrder>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptOrder {
    order: KeeperInput,
    until: UnixSeconds,
    /// What the person approved.
    digest: String,
    /// The seal of the digest, by the keys that were unlocked when the person approved it: anybody can compute a digest, and write a file.
    /// `None` in a file of before there were seals.
    #[serde(default)]
    seal: Option<String>,
}

/// Which chain an order is for. On another one the contracts may have the same address, and the order does not hold.
#[derive(Serialize)]
pub(crate) struct Place {
    network: String,
    chain: String,
    deployer: String,
}

impl Place {
    pub(crate) fn of(running: &Running) -> Self {
        let deployment = running.engine.deployment();
        Self {
            network: deployment.network().to_string(),
            chain: chain_name(running.engine.identity()),
            deployer: deployment.deployer().to_string(),
        }
    }
}

/// What is found out about an order that was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provenance {
    /// The person approved it with these keys, for this chain.
    Approved,
    /// The keys are locked: nobody can tell.
    NotKnown,
    /// These keys did not seal it.
    Foreign,
}

impl KeptOrder {
    /// Whether the person approved this very order, for this account on this chain.
    fn provenance(&self, wallet: &Wallet, account: Address, place: &Place, now: Moment) -> Provenance {
        let digest = digest(account, &self.order, self.until, place);
        let seal = self.seal.as_ref().and_then(|seal| seal.parse::<Seal>().ok());
        let Some(seal) = seal.filter(|_| digest == self.digest) else { return Provenance::Foreign };
        match wallet.has_sealed(Sealed::KeeperOrder, digest.as_bytes(), seal, now) {
            Ok(true) => Provenance::Approved,
            Ok(false) => Provenance::Foreign,
            Err(_) => Provenance::NotKnown,
        }
    }
}

/// A standing order that is asked about.
pub(crate) struct Asked {
    pub(crate) order: StandingOrder,
    pub(crate) input: KeeperInput,
    pub(crate) digest: String,
    pub(crate) sentences: Vec<String>,
}

/// What a person has to answer before the keeper may sign alone.
pub(crate) fn asked(
    account: Address,
    mut input: KeeperInput,
    now: UnixSeconds,
    place: &Place,
    locks_after: Seconds,
) -> Result<Asked, Notice> {
    input.duties.sort_unstable();
    input.duties.dedup();
    let unfit = |happened: &str, remedy: &str| {
        Err(notices::notice(Fault::InputUnfit, happened, notices::NOTHING_SENT, remedy, &""))
    };
    if input.duties.is_empty() {
        return unfit("Nothing was chosen for the keeper to do.", "Choose at least one duty.");
    }
    if !LASTS.contains(&input.lasts.get()) {
        return unfit("The keeper works for an hour to a year.", "Choose a time between the two.");
    }
    if input.a_call == MicroStx::ZERO || input.a_day < input.a_call {
        return unfit(
            "With these limits the keeper could pay for nothing.",
            "Allow something for a call, and at least as much for a day.",
        );
    }
    let until = now.checked_add(input.lasts);
    let (Some(until), Some(order)) = (until, until.and_then(|until| order(account, &input, until))) else {
        return unfit("The keeper's limits are too large to count with.", "Choose smaller ones.");
    };
    let digest = digest(account, &input, until, place);
    let sentences = sentences(&input, until, locks_after);
    Ok(Asked { order, input, digest, sentences })
}

/// What the answer names: SHA-256 of the chain, the account, the end and the order, written as JSON with its fields in this order.
fn digest(account: Address, input: &KeeperInput, until: UnixSeconds, place: &Place) -> String {
    #[derive(Serialize)]
    struct Canonical<'a> {
        place: &'a Place,
        account: String,
        until: UnixSeconds,
        order: &'a KeeperInput,
    }
    let canonical = Canonical { place, account: account.to_string(), until, order: input };
    let bytes = serde_json::to_vec(&canonical).unwrap_or_default();
    hex::encode(Sha256::digest(bytes))
}

fn order(account: Address, input: &KeeperInput, until: UnixSeconds) -> Option<StandingOrder> {
    let micro =
        |amount: MicroStx| u64::try_from(amount.base_units()).ok().map(bithedge_stacks::MicroStx::new);
    let (reports, others) = shares(input);
    let caps =
        Caps { a_call: micro(input.a_call)?, a_day: micro(others)?, a_day_for_reports: micro(reports)? };
    Some(StandingOrder { account, kinds: kinds(input), caps, until })
}

/// The day's fees, for reports and for everything else: both together are what was allowed.
fn shares(input: &KeeperInput) -> (MicroStx, MicroStx) {
    let all = input.a_day;
    let reports = input.duties.contains(&KeeperDuty::ReportPrices);
    match (reports, input.duties.len()) {
        (false, _) => (MicroStx::ZERO, all),
        (true, 1) => (all, MicroStx::ZERO),
        (true, _) => {
            let half = all.base_units() / 2;
            (MicroStx::new(half), MicroStx::new(all.base_units() - half))
        }
    }
}

const fn kinds_of(duty: KeeperDuty) -> &'static [DutyKind] {
    match duty {
        KeeperDuty::ServePool => &[
            DutyKind::RecordBoundary,
            DutyKind::SettleExpiry,
            DutyKind::CloseEpoch,
            DutyKind::EndPolicies,
            DutyKind::CheckOracle,
        ],
        KeeperDuty::ClaimForOthers => &[DutyKind::ClaimSettlement],
        KeeperDuty::CollectRewards => &[DutyKind::ClaimBounties, DutyKind::ClaimAllocation],
        KeeperDuty::ReportPrices => &[DutyKind::ReportPrices],
    }
}

fn kinds(input: &KeeperInput) -> Vec<DutyKind> {
    input.duties.iter().flat_map(|duty| kinds_of(*duty)).copied().collect()
}

fn policy(input: &KeeperInput) -> Policy {
    let when = if input.only_if_paid { When::Paid } else { When::Always };
    let none = Policy { duties: BTreeMap::new(), ..Policy::earning() };
    kinds(input).into_iter().fold(none, |policy, kind| {
        // A report brings nothing: whoever chose it has it made.
        let when = if kind == DutyKind::ReportPrices { When::Always } else { when };
        policy.with(kind, when)
    })
}

fn sentences(input: &KeeperInput, until: UnixSeconds, locks_after: Seconds) -> Vec<String> {
    let mut told =
        vec!["Until then the keeper signs these calls by itself, without asking you each time:".to_owned()];
    told.extend(input.duties.iter().map(|duty| {
        match duty {
            KeeperDuty::ServePool => {
                "It does what time demands of the pool: settles expiries, closes epochs, records prices that were left out, ends \
                 policies that ran out, and checks that the oracle lives."
            }
            KeeperDuty::ClaimForOthers => "It has settled policies paid to their owners.",
            KeeperDuty::CollectRewards => {
                "It has this account's own bounties and allocations paid, when they are worth the fee."
            }
            KeeperDuty::ReportPrices => {
                "It reports the market's prices to the oracle, if this account is one of its reporters."
            }
        }
        .to_owned()
    }));
    if input.only_if_paid {
        told.push(
            "It does only what brings at least one and a half times its fee; reports of prices bring nothing, and are made all the same \
             if they were chosen."
                .to_owned(),
        );
    }
    let (reports, others) = shares(input);
    told.push(format!(
        "It pays at most {} for one call, and at most {} in any 24 hours.",
        input.a_call, input.a_day
    ));
    if reports > MicroStx::ZERO && others > MicroStx::ZERO {
        told.push(format!("Of that, at most {reports} for reports and {others} for everything else."));
    }
    told.push(
        "Nothing but these fees can leave the account: every transaction that would move more is refused, whatever prepared it."
            .to_owned(),
    );
    told.push(format!("It ends by itself on {}, and you can stop it at any time.", until.in_words()));
    told.push(format!(
        "It signs only while your keys are unlocked. They lock themselves after {locks_after} without anybody there; then it waits, and \
         says so on the desktop."
    ));
    told
}

/// The keys have to be at hand when a standing order is given.
pub(crate) fn locked() -> Notice {
    bithedge_engine::transactions::SignerError::Locked.notice()
}

impl Running {
    pub(crate) fn keeping(&self) -> MutexGuard<'_, Keeping> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keeper_file(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }

    /// What the window is told of the keeper.
    pub(crate) fn keeper_view(&self) -> KeeperView {
        let keeping = self.keeping();
        let Some(on) = &keeping.on else {
            return if keeping.waits { KeeperView::Waiting } else { KeeperView::Off };
        };
        match self.alarms() {
            Alarms::Unknown => return KeeperView::Stopped { alarms: Vec::new(), notice: alarms_unknown() },
            Alarms::Open(alarms) if !alarms.is_empty() => {
                return KeeperView::Stopped { alarms, notice: stopped() };
            }
            Alarms::Open(_) => {}
        }
        KeeperView::On {
            account: on.account.to_string(),
            order: on.input.clone(),
            until: on.until,
            log: keeping.log.iter().cloned().collect(),
        }
    }

    fn kept(&self) -> Kept {
        match storage::read::<Kept>(&self.keeper_file(), FORMAT) {
            Found::Value(kept) => kept,
            Found::Nothing => Kept { format: FORMAT, orders: BTreeMap::new() },
            Found::Damaged { why, .. } | Found::Unreadable { why } => {
                tracing::warn!(%why, "what the keeper was allowed is not known, so it is off");
                Kept { format: FORMAT, orders: BTreeMap::new() }
            }
            Found::Newer { format } => {
                tracing::warn!(
                    format,
                    "what the keeper was allowed was written by a later version, so it is off"
                );
                Kept { format: FORMAT, orders: BTreeMap::new() }
            }
        }
    }

    fn keep(&self, orders: BTreeMap<String, KeptOrder>) -> Result<(), Notice> {
        write_down(&self.keeper_file(), orders)
    }
}

/// Replaces what the file says, unless it is not known what that is.
fn write_down(path: &Path, orders: BTreeMap<String, KeptOrder>) -> Result<(), Notice> {
    match storage::read::<Kept>(path, FORMAT) {
        Found::Newer { format } => return Err(notices::later_version(path, format)),
        Found::Unreadable { why } => return Err(notices::not_read(path, &std::io::Error::other(why))),
        Found::Nothing | Found::Value(_) | Found::Damaged { .. } => {}
    }
    storage::write(path, &Kept { format: FORMAT, orders }).map_err(|error| notices::not_written(path, &error))
}

/// Takes every order out of the file. Where there is no room to write, there is mostly room to remove.
fn strike_out(path: &Path) -> Result<(), Notice> {
    write_down(path, BTreeMap::new()).or_else(|notice| {
        let is_ours = matches!(storage::read::<Kept>(path, FORMAT), Found::Value(_) | Found::Nothing);
        match is_ours.then(|| std::fs::remove_file(path)) {
            Some(Ok(())) => Ok(()),
            _ => Err(notice),
        }
    })
}

fn alarms_unknown() -> Notice {
    notices::notice(
        Fault::FileUnusable,
        "The list of your transactions cannot be read just now, so nobody knows whether something moved that was not approved.",
        "The keeper signs nothing as long as that is so. What was sent goes on by itself.",
        "Check the disk. If it stays so, close BitHedge and open it again.",
        &"",
    )
}

fn stopped() -> Notice {
    notices::notice(
        Fault::ApprovalBroken,
        "What a transaction moved is not what was approved, so the keeper has stopped.",
        "The keeper signs nothing until you have looked at it. What is on the chain is as the chain says.",
        "Look at the transaction in the activity, also with another node. When you understand it, acknowledge it there.",
        &"",
    )
}

fn not_yours() -> Notice {
    notices::notice(
        Fault::NotApproved,
        "What the keeper is said to be allowed stands in a file that your keys did not seal, so the keeper is off.",
        "It signs nothing. A version of before wrote the file, it comes from another wallet or another chain, or somebody changed it.",
        "If you want the keeper, allow it again under Settings. If you never did, somebody else writes into the data folder: find out who.",
        &"keeper.json",
    )
}

/// Writes down what was allowed, and begins.
pub(crate) fn begin(
    core: &Arc<Core>,
    running: &Arc<Running>,
    order: StandingOrder,
    input: KeeperInput,
) -> Result<(), Notice> {
    let digest = digest(order.account, &input, order.until, &Place::of(running));
    let wallet = core.state().wallet().cloned().ok_or_else(notices::no_wallet)?;
    let seal = match wallet.seal_text(Sealed::KeeperOrder, digest.as_bytes(), Moment::now()) {
        Ok(seal) => Some(seal.to_string()),
        Err(WalletError::Locked) => return Err(locked()),
        Err(error) => return Err(error.notice()),
    };
    let _alone = core.changing_keeper();
    // One keeper at a time: another account's is over.
    let kept = KeptOrder { order: input.clone(), until: order.until, digest, seal };
    running.keep(BTreeMap::from([(order.account.to_string(), kept)]))?;
    core.state().revoked.remove(&running.keeper_file());
    start(core, running, order, input, "The keeper has begun, and looks for what is due.".to_owned());
    Ok(())
}

/// Goes on with what a person allowed on this chain to an account of the wallet in use, if its keys say so. While they are locked it is
/// looked at again once they are not. What they did not seal is thrown away, and that is said.
pub(crate) fn resume(core: &Arc<Core>, running: &Arc<Running>) {
    let _alone = core.changing_keeper();
    // What was ended is over, also if it still stands in the file.
    let is_settled = {
        let keeping = running.keeping();
        keeping.on.is_some() || keeping.has_failed
    };
    if is_settled || core.state().revoked.contains(&running.keeper_file()) {
        return;
    }
    let (accounts, wallet) = {
        let state = core.state();
        (state.accounts(), state.wallet().cloned())
    };
    let now = running.engine.clock().now();
    let ours = running.kept().orders.into_iter().find_map(|(address, kept)| {
        let account = accounts.iter().map(|(_, account)| *account).find(|one| one.to_string() == address)?;
        (kept.until > now).then_some((account, kept))
    });
    let provenance = match (&ours, wallet) {
        (Some((account, kept)), Some(wallet)) => {
            kept.provenance(&wallet, *account, &Place::of(running), Moment::now())
        }
        _ => return running.keeping().waits = false,
    };
    let Some((account, kept)) = ours else { return };
    running.keeping().waits = provenance == Provenance::NotKnown;
    match (provenance, order(account, &kept.order, kept.until)) {
        // Whether the network itself was approved is found out beside this; before it is, nothing is signed there.
        (Provenance::Approved, Some(_)) if core.may_sign_on(running).is_err() => {
            running.keeping().waits = true;
        }
        (Provenance::Approved, Some(order)) => {
            let goes_on =
                format!("The keeper goes on with what you approved, until {}.", kept.until.in_words());
            start(core, running, order, kept.order, goes_on);
        }
        (Provenance::NotKnown, _) => {}
        (Provenance::Approved, None) | (Provenance::Foreign, _) => {
            tracing::warn!(%account, "what the keeper was allowed was not sealed by these keys");
            if let Err(notice) = running.keep(BTreeMap::new()) {
                tracing::warn!(detail = notice.detail, "{}", notice.happened);
            }
            core.state().notices.push(not_yours());
        }
    }
    core.changed();
}

fn start(core: &Arc<Core>, running: &Arc<Running>, order: StandingOrder, input: KeeperInput, begins: String) {
    let (Ok(reader), Ok(books)) = (running.engine.reader().cloned(), running.engine.books().cloned()) else {
        return tracing::info!("the network is stopped, so the keeper does not begin");
    };
    let reports = input.duties.contains(&KeeperDuty::ReportPrices);
    let parts = Parts {
        transactions: Arc::clone(running.engine.transactions()),
        reader,
        deployment: running.engine.deployment().clone(),
        prices: if reports { Markets::public() } else { Markets::None(NoPrices) },
        ended: FromBooks::new(books),
        clock: Arc::clone(running.engine.clock()),
        tiers: TIERS.to_vec(),
    };
    let pace = match running.engine.deployment().network() {
        SuiteNetwork::Devnet => {
            KeeperPace { look: std::time::Duration::from_secs(2), ..KeeperPace::STANDARD }
        }
        SuiteNetwork::Testnet | SuiteNetwork::Mainnet => KeeperPace::STANDARD,
    };
    let (account, until) = (order.account, order.until);
    let keeper = Keeper::new(parts, policy(&input), order);
    let (weak_core, weak) = (Arc::downgrade(core), Arc::downgrade(running));
    let told = move |told: Result<Deed, KeeperError>| {
        let (Some(core), Some(running)) = (weak_core.upgrade(), weak.upgrade()) else { return };
        if let Ok(Deed::Waits(wait @ (Wait::Locked | Wait::TooPoor(_)))) = &told {
            announce(&core, &running, account, NotificationKind::KeeperWaits, waits(wait));
        }
        let line = line(told);
        tracing::info!(words = line.0, "the keeper");
        let now = running.engine.clock().now();
        running.keeping().tell(now, line);
        core.changed();
    };
    let task = tokio::spawn(async move { keeper.run(pace, told).await });
    let mut keeping = running.keeping();
    keeping.on = None;
    keeping.on = Some(On { account, input, until, task });
    keeping.waits = false;
    keeping.has_failed = false;
    keeping.tell(running.engine.clock().now(), (begins, false));
}

/// Ends the keeper, and what it was allowed.
pub(crate) fn stop(core: &Core, running: &Running) -> Result<(), Notice> {
    let alone = core.changing_keeper();
    stop_alone(core, running, &alone)
}

/// The same, where nobody else changes a keeper meanwhile.
fn stop_alone(core: &Core, running: &Running, _alone: &MutexGuard<'_, ()>) -> Result<(), Notice> {
    running.keeping().end();
    let file = running.keeper_file();
    // From here on it does not hold, whatever the file says.
    core.state().revoked.insert(file.clone());
    let struck_out = strike_out(&file);
    if struck_out.is_ok() {
        core.state().revoked.remove(&file);
    }
    core.changed();
    struck_out.map_err(notices::keeper_comes_back)
}

/// Tries again to write down which orders are over.
pub(crate) fn strike_out_revoked(core: &Core) {
    let files: Vec<PathBuf> = core.state().revoked.iter().cloned().collect();
    for file in files {
        let _alone = core.changing_keeper();
        // A person may have allowed something anew meanwhile: that stays.
        let is_over = core.state().revoked.contains(&file);
        if is_over && strike_out(&file).is_ok() {
            tracing::info!(file = %file.display(), "that the keeper was stopped is written down now");
            core.state().revoked.remove(&file);
        }
    }
}

/// Ends a keeper whose time is over, and notices one that has ended by itself. Both are told.
pub(crate) fn end_in_time(core: &Arc<Core>, running: &Arc<Running>) {
    // Before it looks: what is allowed anew meanwhile is not what has ended.
    let alone = core.changing_keeper();
    let now = running.engine.clock().now();
    let on = running.keeping().on.as_ref().map(|on| (on.account, on.until <= now, on.task.is_finished()));
    match on {
        Some((account, true, _)) => {
            if let Err(notice) = stop_alone(core, running, &alone) {
                tracing::warn!(detail = notice.detail, "{}", notice.happened);
                core.state().notices.push(notice);
            }
            announce(core, running, account, NotificationKind::KeeperEnded, time_is_over());
        }
        Some((account, false, true)) => {
            let notice = ended_by_itself();
            tracing::error!("the keeper has ended by itself");
            {
                let mut keeping = running.keeping();
                keeping.end();
                // It would mostly end again at once: a person is to look first.
                keeping.has_failed = true;
                keeping.tell(now, (notice.happened.clone(), true));
            }
            announce(core, running, account, NotificationKind::KeeperEnded, notice);
            core.changed();
        }
        _ => {}
    }
}

/// Tells the desktop: who lets the keeper work mostly does not look at its page.
fn announce(
    core: &Arc<Core>,
    running: &Arc<Running>,
    account: Address,
    kind: NotificationKind,
    notice: Notice,
) {
    let (core, running) = (Arc::clone(core), Arc::clone(running));
    tokio::spawn(async move { telling::keeper(&core, &running, account, kind, notice).await });
}

fn waits(wait: &Wait) -> Notice {
    let (happened, remedy) = match wait {
        Wait::Locked => ("The keeper waits, because the keys are locked.", "Unlock them, and it goes on."),
        _ => (
            "The keeper waits, because the account cannot pay its fees.",
            "Send STX to the account, or stop the keeper.",
        ),
    };
    let means = "It signs nothing so long. What it was to do is left undone, or others do it; your own policies can be claimed later.";
    notices::notice(Fault::WalletLocked, happened, means, remedy, wait)
}

fn time_is_over() -> Notice {
    notices::notice(
        Fault::TooLate,
        "The keeper's time is over, and it is off.",
        "It signs nothing any more. Nothing is lost.",
        "If you want it to go on, allow it again under Settings.",
        &"",
    )
}

fn ended_by_itself() -> Notice {
    notices::notice(
        Fault::CoreSilent,
        "The keeper has ended unexpectedly, and is off.",
        "It signs nothing any more. What it signed before is written down, and goes on by itself.",
        "Look at the activity. Then close BitHedge and open it again, or allow the keeper again under Settings.",
        &"",
    )
}

/// What reports are made of.
enum Markets {
    None(NoPrices),
    Public(MedianOfMarkets),
}

impl Markets {
    fn public() -> Self {
        let made = bithedge_prices::Http::public().map_err(|error| error.to_string()).and_then(|http| {
            MedianOfMarkets::new(Exchange::all_public(&http), Rules::STANDARD)
                .map_err(|error| error.to_string())
        });
        match made {
            Ok(markets) => Self::Public(markets),
            Err(error) => {
                tracing::error!(error, "no market can be asked");
                Self::None(NoPrices)
            }
        }
    }
}

impl PriceSource for Markets {
    async fn prices(&self, now: UnixSeconds) -> Result<Stamped, NoPrice> {
        match self {
            Self::None(none) => none.prices(now).await,
            Self::Public(markets) => PriceSource::prices(markets, now).await,
        }
    }
}

/// What the keeper did, in a sentence, and whether it is a failure.
fn line(told: Result<Deed, KeeperError>) -> (String, bool) {
    let fee = |fee: bithedge_stacks::MicroStx| MicroStx::new(fee.micro().into());
    match told {
        Ok(Deed::Sent { duty, fee: paid, .. }) => {
            (format!("{} The fee is {}.", done(duty.kind()), fee(paid)), false)
        }
        Ok(Deed::Overtaken { duty, because }) => {
            let why = because.first().map(Finding::to_string).unwrap_or_default();
            (format!("{} is not needed any more, and nothing was signed: {why}", name(duty.kind())), false)
        }
        Ok(Deed::Refused { duty, because }) => (format!("{}: {because}.", name(duty.kind())), true),
        Ok(Deed::Failed { kind, fee: paid, .. }) => (
            format!(
                "{} had no effect, mostly because somebody else was first. The fee of {} is lost, nothing else.",
                name(kind),
                fee(paid)
            ),
            true,
        ),
        Ok(Deed::Waits(wait)) => {
            let is_problem =
                matches!(wait, Wait::Locked | Wait::Alarm(_) | Wait::TooPoor(_) | Wait::NotReporter);
            (wait.to_string(), is_problem)
        }
        Ok(other) => (format!("{other:?}"), true),
        Err(error) => (error.notice().happened, true),
    }
}

const fn done(kind: DutyKind) -> &'static str {
    match kind {
        DutyKind::ReportPrices => "Reported the market's prices to the oracle.",
        DutyKind::RecordBoundary => "Recorded the price of a daily boundary that was left out.",
        DutyKind::SettleExpiry => "Settled what a bucket sold for an expiry.",
        DutyKind::CloseEpoch => "Made the daily close of a bucket.",
        DutyKind::ClaimSettlement => "Had a settled policy paid to its owner.",
        DutyKind::ClaimBounties => "Had this account's bounties paid.",
        DutyKind::EndPolicies => "Ended policies that ran out without a payout.",
        DutyKind::CheckOracle => "Tripped the breaker of an oracle that was silent.",
        DutyKind::Distribute => "Split the treasury's fees by its table.",
        DutyKind::ClaimAllocation => "Had this account's part of the treasury's fees paid.",
        DutyKind::RecordHealth => "Kept the day's health score.",
    }
}

const fn name(kind: DutyKind) -> &'static str {
    match kind {
        DutyKind::ReportPrices => "A report of prices",
        DutyKind::RecordBoundary => "Recording a boundary's price",
        DutyKind::SettleExpiry => "Settling an expiry",
        DutyKind::CloseEpoch => "A daily close",
        DutyKind::ClaimSettlement => "Having a policy paid",
        DutyKind::ClaimBounties => "Having bounties paid",
        DutyKind::EndPolicies => "Ending policies",
        DutyKind::CheckOracle => "Checking the oracle",
        DutyKind::Distribute => "Splitting the treasury's fees",
        DutyKind::ClaimAllocation => "Having an allocation paid",
        DutyKind::RecordHealth => "Keeping the health score",
    }
}

#[cfg(test)]
mod tests;
