//! What only a person may decide beside transactions and the keeper's order: which networks are used, and that an alarm was looked at.
//!
//! Whoever published the suite's contracts on a network chose who reports its prices and who has its votes. So a network of the person's own
//! that is no devnet of this computer is asked about before it gets into the list, and before anything is asked of its nodes. What was said
//! yes to is sealed with the person's keys: a list that something else wrote is found out when they are unlocked, and asked about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use bithedge_engine::networks::{NetworkProfile, ProfileId, ProfileInput};
use bithedge_engine::present;
use bithedge_engine::transactions::{AlarmDigest, TransactionId};
use bithedge_engine::words::Notices as _;
use bithedge_ipc::{Ask, AskedNetwork, Fault, NetworkView, Notice, Proposed, SavedNetwork, WalletKind};
use bithedge_keys::{Moment, Seal, Sealed, Wallet, WalletError, WalletState};
use bithedge_protocol::{Seconds, UnixSeconds};
use bithedge_suite::SuiteNetwork;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::core::{Core, State};
use crate::network::{self, Running};
use crate::notices;
use crate::questions::{Asked, Until};
use crate::storage::{self, Found};
use crate::{decisions, keeper};

/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u64,
    /// The seals of what was approved, by its digest.
    approved: BTreeMap<String, String>,
}

/// Whether a person approved a network with the keys that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    /// Yes, or nobody has to be asked.
    Given,
    /// It may be looked at; only the keys tell whether it may be signed for.
    NotKnown,
    /// No.
    Missing,
}

/// What a yes does that signs nothing.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Keeps a network, in the place of another or as a new one.
    KeepNetwork { replaces: Option<ProfileId>, input: ProfileInput },
    /// Acknowledges exactly these statements about a transaction.
    Acknowledge { transaction: TransactionId, alarms: BTreeSet<AlarmDigest> },
}

/// Where a question takes place, as its window shows it.
pub(crate) fn place_of(running: &Running) -> AskedNetwork {
    AskedNetwork {
        name: running.view.name.clone(),
        kind: running.view.kind,
        node: running.url.clone(),
        deployer: running.view.deployer.clone(),
    }
}

/// The same of a network that is not open.
pub(crate) fn place_of_view(view: &NetworkView) -> AskedNetwork {
    AskedNetwork {
        name: view.name.clone(),
        kind: view.kind,
        node: view.endpoints.join(", "),
        deployer: view.deployer.clone(),
    }
}

/// How long a question stands on this network, by its clock.
pub(crate) fn time_to_answer(running: &Running) -> Seconds {
    Seconds::new(network::settings(running.view.kind).approval_timeout.as_secs())
}

/// When a question that is asked now is withdrawn.
pub(crate) fn expires(running: &Running) -> UnixSeconds {
    let now = running.engine.clock().now();
    now.checked_add(time_to_answer(running)).unwrap_or(now)
}

/// Whether a person has to be asked before it is used: there is money on it that is worth something, or others who learn addresses.
fn has_to_be_asked(profile: &NetworkProfile) -> bool {
    matches!(profile.id(), ProfileId::Own(_)) && profile.kind() != SuiteNetwork::Devnet
}

/// What is approved and sealed: everything that was typed, in its usual spelling.
fn canonical(profile: &NetworkProfile) -> Vec<u8> {
    // Text and lists always are JSON.
    serde_json::to_vec(&profile.input()).unwrap_or_default()
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl State {
    /// Whether the person's own keys are there and locked, whichever wallet is in use. What only they can vouch for has to wait for them:
    /// the practice wallet's are open to everybody.
    pub(crate) fn own_keys_are_locked(&self) -> bool {
        self.own.as_ref().is_ok_and(|own| own.state() == WalletState::Locked)
    }
}

impl Core {
    fn approved_file(&self) -> PathBuf {
        self.setup.data_folder.join("networks-approved.json")
    }

    fn approved(&self) -> Result<BTreeMap<String, String>, Notice> {
        let path = self.approved_file();
        match storage::read::<Kept>(&path, FORMAT) {
            Found::Value(kept) => Ok(kept.approved),
            Found::Nothing => Ok(BTreeMap::new()),
            Found::Damaged { why, .. } => {
                tracing::warn!(why, "which networks were approved is not known, so it is asked again");
                Ok(BTreeMap::new())
            }
            Found::Unreadable { why } => Err(notices::notice(
                Fault::FileUnusable,
                "Which networks you approved could not be read.",
                notices::NOTHING_SENT,
                "Try again. If it stays so, look at the file named below.",
                &format!("{}: {why}", path.display()),
            )),
            Found::Newer { format } => Err(notices::notice(
                Fault::FileNewer,
                "A later version of BitHedge wrote down which networks you approved.",
                notices::NOTHING_SENT,
                "Use that version, or a network that is built in.",
                &format!("{} has format {format}", path.display()),
            )),
        }
    }

    /// Whether a person approved this network.
    pub(crate) fn approval_of(&self, profile: &NetworkProfile) -> Approval {
        if !has_to_be_asked(profile) {
            return Approval::Given;
        }
        let own = match &self.state().own {
            Ok(own) => Arc::clone(own),
            // Nothing can be signed.
            Err(_) => return Approval::NotKnown,
        };
        let approved = self.approved().unwrap_or_else(|notice| {
            tracing::warn!(detail = notice.detail, "{}", notice.happened);
            BTreeMap::new()
        });
        sealed(&own, profile, &approved)
    }

    /// The network in use may be signed for.
    ///
    /// # Errors
    /// Nobody approved it with these keys, or they are locked.
    pub(crate) fn may_sign_on(&self, running: &Running) -> Result<(), Notice> {
        let profile = network::profile(running.profile, &self.state().profiles, Some(&running.url))?;
        match self.approval_of(&profile) {
            Approval::Given => Ok(()),
            Approval::NotKnown => Err(keeper::locked()),
            Approval::Missing => Err(not_approved(profile.name())),
        }
    }

    /// Before anything is asked of a network's nodes: if no person approved it, one is asked, and it is not used.
    pub(crate) fn ask_before_use(&self, profile: &NetworkProfile) -> Result<(), Notice> {
        if self.approval_of(profile) != Approval::Missing {
            return Ok(());
        }
        match self.ask_about(profile, None, true) {
            Ok(_) => {}
            // It can only be asked elsewhere.
            Err(notice) if notice.fault == Fault::WalletLocked => return Err(notice),
            // About one that is not used nobody is asked later.
            Err(notice) if self.network_in_use() != Some(profile.id()) => return Err(notice),
            Err(notice) => {
                tracing::info!(detail = notice.detail, "{}", notice.happened);
                self.state().to_ask = Some(profile.id());
            }
        }
        Err(not_approved(profile.name()))
    }

    /// Asks about the network in use, if that was not possible because of another question and is now.
    pub(crate) fn ask_what_waits(&self) {
        let id = {
            let mut state = self.state();
            if state.is_asking || state.question.is_some() {
                return;
            }
            let Some(id) = state.to_ask.take() else { return };
            id
        };
        // Nobody is asked about a network that was left meanwhile.
        if self.network_in_use() != Some(id) {
            return;
        }
        let profile = network::profile(id, &self.state().profiles, None);
        match profile.and_then(|profile| self.ask_before_use(&profile)) {
            // What stood against it does not any more, or cannot be known while the keys are locked.
            Ok(()) => self.retry(),
            Err(notice) => tracing::info!("asked once more: {}", notice.happened),
        }
    }

    /// Keeps a network of the person's own, or asks whether it may be used.
    pub(crate) async fn save_network(
        self: &Arc<Self>,
        replaces: Option<ProfileId>,
        input: ProfileInput,
    ) -> Result<SavedNetwork, Notice> {
        let (profile, before) = {
            let state = self.state();
            let profiles = state.profiles.as_ref().map_err(Clone::clone)?;
            let profile = profiles.check(replaces, &input).map_err(|error| error.notice())?;
            (profile, profiles.all().iter().find(|known| Some(known.id()) == replaces).cloned())
        };
        let is_same = before.as_ref() == Some(&profile) && self.approval_of(&profile) != Approval::Missing;
        if is_same {
            return Ok(SavedNetwork::Kept(Box::new(self.network_view(profile.id())?)));
        }
        // What it was approved as is not taken away without a person either.
        if has_to_be_asked(&profile) || before.as_ref().is_some_and(has_to_be_asked) {
            let Proposed { question } = self.ask_about(&profile, before.as_ref(), false)?;
            return Ok(SavedNetwork::Asked { question, network: Box::new(present::network(&profile)) });
        }
        let id = self.keep_network(replaces, &input).await?;
        Ok(SavedNetwork::Kept(Box::new(self.network_view(id)?)))
    }

    fn ask_about(
        &self,
        profile: &NetworkProfile,
        before: Option<&NetworkProfile>,
        is_listed: bool,
    ) -> Result<Proposed, Notice> {
        {
            let state = self.state();
            if state.kind == Some(WalletKind::Practice) && state.own_keys_are_locked() {
                return Err(notices::own_keys_first());
            }
        }
        let _asking = self.begin_asking()?;
        let view = present::network(profile);
        let digest = digest(&canonical(profile));
        let is_in_list = is_listed || before.is_some();
        let deed = Deed::KeepNetwork { replaces: is_in_list.then(|| profile.id()), input: profile.input() };
        let before = before.map(present::network);
        let ask = Ask::Network {
            sentences: sentences(&view, before.as_ref(), is_listed),
            network: Box::new(view),
            before: before.map(Box::new),
            digest: digest.clone(),
        };
        let until = Until::Here(Instant::now() + decisions::TO_ANSWER);
        let asked = Asked::Deed { deed, ask: Box::new(ask), digest, until };
        self.ask_for_deed(asked, String::new(), None)
    }

    /// Makes a question of looking at what a transaction did without approval.
    pub(crate) fn propose_acknowledgement(&self, transaction: u64) -> Result<Proposed, Notice> {
        let running = self.state().running().cloned().ok_or_else(notices::not_ready)?;
        let _asking = self.begin_asking()?;
        let id = TransactionId(transaction);
        let entry = running.engine.transactions().entry(id).map_err(|error| error.notice())?;
        let entry = entry.ok_or_else(notices::no_such_alarm)?;
        let alarms: BTreeSet<AlarmDigest> = entry.open_alarms().iter().map(|open| open.digest).collect();
        if alarms.is_empty() {
            return Err(notices::no_such_alarm());
        }
        let view = present::transaction(&entry, &running.scenery);
        let digest = alarms_digest(id, &alarms);
        let label = {
            let accounts = self.state().accounts();
            let of = accounts.iter().find(|(_, address)| *address == entry.account);
            of.map(|(account, _)| account.label().to_owned()).unwrap_or_default()
        };
        let expires = expires(&running);
        let ask = Ask::Acknowledge {
            transaction,
            txid: view.txid,
            account: view.account,
            approved: view.sentences,
            alarms: view.open_alarms,
            digest: digest.clone(),
            sentences: acknowledging(),
            expires,
        };
        let deed = Deed::Acknowledge { transaction: id, alarms };
        let asked = Asked::Deed { deed, ask: Box::new(ask), digest, until: Until::OnTheNetwork(expires) };
        self.ask_for_deed(asked, label, Some(running))
    }

    /// Does what was said yes to.
    pub(crate) async fn carry_out_deed(
        self: &Arc<Self>,
        running: Option<&Arc<Running>>,
        deed: Deed,
    ) -> Result<(), Notice> {
        match deed {
            Deed::KeepNetwork { replaces, input } => {
                self.seal_network(replaces, &input)?;
                self.keep_network(replaces, &input).await.map(|_| ())
            }
            // What stopped the keeper lets it go on: that is given with the keys at hand, as its order was.
            Deed::Acknowledge { .. } if self.state().is_locked() => Err(keeper::locked()),
            Deed::Acknowledge { transaction, alarms } => {
                let running = running.ok_or_else(notices::not_ready)?;
                let acknowledged = running.engine.acknowledge(transaction, &alarms);
                running.look_at_alarms();
                acknowledged.map_err(|error| error.notice())
            }
        }
    }

    /// Writes down that these keys approved it. Without keys there is nothing to seal with, and it is asked again once there are some.
    fn seal_network(&self, replaces: Option<ProfileId>, input: &ProfileInput) -> Result<(), Notice> {
        let (own, profile, known) = {
            let state = self.state();
            let profiles = state.profiles.as_ref().map_err(Clone::clone)?;
            let profile = profiles.check(replaces, input).map_err(|error| error.notice())?;
            let known: BTreeSet<String> = profiles.all().iter().map(|one| digest(&canonical(one))).collect();
            let Ok(own) = &state.own else { return Ok(()) };
            if own.state() == WalletState::Absent {
                return Ok(());
            }
            (Arc::clone(own), profile, known)
        };
        let text = canonical(&profile);
        let seal = match own.seal_text(Sealed::Network, &text, Moment::now()) {
            Ok(seal) => seal,
            Err(WalletError::Locked) => return Err(keeper::locked()),
            Err(error) => return Err(error.notice()),
        };
        let mut approved = self.approved()?;
        approved.retain(|digest, _| known.contains(digest));
        approved.insert(digest(&text), seal.to_string());
        let path = self.approved_file();
        storage::write(&path, &Kept { format: FORMAT, approved })
            .map_err(|error| notices::not_written(&path, &error))
    }

    /// Keeps a network. If it is the one in use, it is opened anew.
    async fn keep_network(
        self: &Arc<Self>,
        replaces: Option<ProfileId>,
        input: &ProfileInput,
    ) -> Result<ProfileId, Notice> {
        let _switching = self.switching.lock().await;
        let id = {
            let mut state = self.state();
            let profiles = state.profiles.as_mut().map_err(|notice| notice.clone())?;
            match replaces {
                None => profiles.add(input).map_err(|error| error.notice())?,
                Some(id) => {
                    profiles.replace(id, input).map_err(|error| error.notice())?;
                    id
                }
            }
        };
        if self.network_in_use() == Some(id) {
            self.leave_network().await;
            self.enter_network(id)?;
        }
        Ok(id)
    }
}

fn sealed(own: &Wallet, profile: &NetworkProfile, approved: &BTreeMap<String, String>) -> Approval {
    let text = canonical(profile);
    let seal = approved.get(&digest(&text)).and_then(|seal| seal.parse::<Seal>().ok());
    let Some(seal) = seal else {
        // A watched address has nothing to sign with, and whoever had no keys had nothing to seal with.
        return if own.state() == WalletState::Absent { Approval::NotKnown } else { Approval::Missing };
    };
    match own.has_sealed(Sealed::Network, &text, seal, Moment::now()) {
        Ok(true) => Approval::Given,
        Ok(false) => Approval::Missing,
        Err(_) => Approval::NotKnown,
    }
}

/// What the answer names: SHA-256 over the transaction's number and the digests of what is open about it, a line each.
fn alarms_digest(transaction: TransactionId, alarms: &BTreeSet<AlarmDigest>) -> String {
    let lines =
        alarms.iter().fold(format!("{}\n", transaction.0), |lines, alarm| format!("{lines}{alarm}\n"));
    digest(lines.as_bytes())
}

fn not_approved(name: &str) -> Notice {
    notices::notice(
        Fault::NotApproved,
        format!("The network “{name}” stands in your list, but you have not approved it with these keys."),
        "Nothing is asked of its nodes, and nothing is signed there. Your money is where it was.",
        "Read the question in its own window; if another one is open, answer that first, and if none is, try again. If you know this network, \
         say yes; if not, say no, and forget it under Settings.",
        &"",
    )
}

fn sentences(network: &NetworkView, before: Option<&NetworkView>, is_listed: bool) -> Vec<String> {
    let mut told = Vec::new();
    if is_listed {
        told.push(
            "It stands in your list, but these keys have not approved it: it was entered before, without them, or something else than you \
             wrote it there. If you do not know it, say no and forget it."
                .to_owned(),
        );
    }
    if let Some(before) = before {
        told.push(format!(
            "It takes the place of “{}” in your list. What you have on the chain is not touched.",
            before.name
        ));
    }
    told.push(match &network.deployer {
        Some(_) => "Whoever published BitHedge's contracts under this address chose who reports the prices there and who has the votes. \
                    They can use that to take what you put in, and BitHedge cannot see it: it only sees that the contracts are the ones it \
                    was made with. Say yes only if you have this address from somebody you trust, and compare all of it."
            .to_owned(),
        None => "Nobody is named who published BitHedge's contracts there. Nothing can be bought or committed on it as long as that is so."
            .to_owned(),
    });
    if before.is_some_and(|before| before.deployer.is_some() && before.deployer != network.deployer) {
        told.push(
            "Until now it went by contracts under another address. What you have in those stays there, and is not shown any more."
                .to_owned(),
        );
    }
    told.push(
        "Its nodes learn your addresses. One that lies can show you wrong prices and balances, but cannot make you pay more than you approve."
            .to_owned(),
    );
    told.push(decisions::WAITS.to_owned());
    told
}

fn acknowledging() -> Vec<String> {
    [
        "What is said below was found in a transaction of yours, and you had not approved it. Look at it at leisure, also with another node.",
        "If you say yes, it no longer stops the keeper, nor new transactions of the account. The receipt goes on showing it.",
        "If you cannot explain it, say no: somebody else may have your keys, or the node may tell falsehoods. Sign nothing more until you know.",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[cfg(test)]
mod tests;
