//! Random lives of many transactions, with everything going wrong in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use bithedge_engine::transactions::{
    Approval, Digest, DraftError, Entry, Prepared, Purpose, Question, SignerError, Status, TransactionId,
    Transactions,
};
use bithedge_stacks::address::Address;
use bithedge_stacks::client::Outcome;
use bithedge_stacks::transaction::{Payload, Txid};
use proptest::prelude::*;

use crate::fake::{FakeChain, Fault};
use crate::hand::{
    FakeClock, FakeSigner, NETWORK, Service, address, digest_of, elsewhere, prepared, settings,
};
use crate::stores::{Disk, Fallible, folder, journal};

#[derive(Debug, Clone)]
enum Step {
    Draft {
        account: usize,
        function: &'static str,
        is_valid_for: Option<i64>,
    },
    Approve(usize),
    Refuse(usize),
    Replace(usize),
    Cancel(usize),
    /// The same wish in its own place, at new terms.
    RepeatWith(usize),
    /// The same wish drafted anew, after it was told as dropped.
    RepeatAnew(usize),
    /// Some node has kept what was handed out once, and brings it back.
    Return(usize),
    Poll,
    Mine(usize),
    Reorganise {
        depth: usize,
        drop: bool,
    },
    Elsewhere {
        account: usize,
        ahead: u64,
        fee: u64,
    },
    Sending(Fault),
    Asking(Fault),
    Unindexed(usize),
    Behind(usize),
    HasApi(bool),
    LoseAll,
    /// What waits is lost for long enough to be given up.
    GiveUp,
    DiskFull(bool),
    Locked(bool),
    OtherChain(bool),
    Wait(u64),
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let sending = prop_oneof![
        Just(Fault::NotDelivered),
        Just(Fault::AnswerLost),
        Just(Fault::TakenThenHang),
        Just(Fault::Hang),
        Just(Fault::BothLost),
        Just(Fault::Forgotten),
        Just(Fault::ServerFailure),
    ];
    let function = prop_oneof![4 => Just("go"), 1 => Just("fail"), 1 => Just("overspend")];
    prop_oneof![
        12 => (0..2usize, function, proptest::option::weighted(0.5, 1..1_000i64))
            .prop_map(|(account, function, is_valid_for)| Step::Draft { account, function, is_valid_for }),
        20 => (0..4usize).prop_map(Step::Approve),
        2 => (0..4usize).prop_map(Step::Refuse),
        4 => (0..8usize).prop_map(Step::Replace),
        2 => (0..8usize).prop_map(Step::Cancel),
        3 => (0..8usize).prop_map(Step::RepeatWith),
        4 => (0..8usize).prop_map(Step::RepeatAnew),
        3 => (0..20usize).prop_map(Step::Return),
        10 => Just(Step::Poll),
        6 => (1..4usize).prop_map(Step::Mine),
        3 => (1..4usize, any::<bool>()).prop_map(|(depth, drop)| Step::Reorganise { depth, drop }),
        3 => (0..2usize, 0..3u64, 300..2_000u64)
            .prop_map(|(account, ahead, fee)| Step::Elsewhere { account, ahead, fee }),
        6 => sending.prop_map(Step::Sending),
        2 => prop_oneof![Just(Fault::Unavailable), Just(Fault::Hang)].prop_map(Step::Asking),
        1 => (0..3usize).prop_map(Step::Unindexed),
        1 => (0..3usize).prop_map(Step::Behind),
        2 => prop::bool::weighted(0.8).prop_map(Step::HasApi),
        1 => Just(Step::LoseAll),
        3 => Just(Step::GiveUp),
        // Rather off than on, or little else would happen.
        3 => prop::bool::weighted(0.2).prop_map(Step::DiskFull),
        3 => prop::bool::weighted(0.2).prop_map(Step::Locked),
        3 => prop::bool::weighted(0.2).prop_map(Step::OtherChain),
        3 => (1..900u64).prop_map(Step::Wait),
        4 => Just(Step::Crash),
    ]
}

/// What the test knows, whatever the service remembers.
struct Life {
    folder: tempfile::TempDir,
    disk: Disk,
    chain: FakeChain,
    signer: FakeSigner,
    clock: FakeClock,
    service: Option<Service>,
    questions: Vec<Question>,
    next_tag: u128,
    /// Every question that was answered with yes, successfully or not.
    approved: BTreeSet<[u8; 32]>,
    /// Every transaction that approving gave the id of.
    signed: BTreeMap<TransactionId, Txid>,
    /// What other wallets sent.
    elsewhere: BTreeSet<Txid>,
    checked: usize,
}

impl Life {
    fn new() -> Self {
        let mut life = Self {
            folder: folder(),
            disk: Disk::default(),
            chain: FakeChain::new(),
            signer: FakeSigner::default(),
            clock: FakeClock::new(),
            service: None,
            questions: Vec::new(),
            next_tag: 0,
            approved: BTreeSet::new(),
            signed: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            checked: 0,
        };
        life.reopen();
        life
    }

    /// As after kill -9: nothing in memory is left, and nothing was told to anybody.
    fn reopen(&mut self) {
        self.service = None;
        self.questions.clear();
        let store = Fallible { journal: journal(&self.folder), disk: self.disk.clone() };
        let (chain, signer) = (self.chain.clone(), self.signer.clone());
        let service = Transactions::open(store, NETWORK, chain, signer, self.clock.clone(), settings());
        self.service = Some(service.unwrap());
    }

    fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    /// Lets something run; if it hangs, that is the moment of a crash.
    async fn run<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(Duration::from_secs(5), doing).await.ok()
    }

    async fn step(&mut self, step: Step) {
        let mut has_hung = false;
        match step {
            Step::Draft { account, function, is_valid_for } => {
                self.next_tag += 1;
                let mut prepared = prepared(account, function, self.next_tag);
                prepared.valid_until = is_valid_for.map(|seconds| {
                    let now = bithedge_engine::Clock::now(&self.clock).get();
                    bithedge_protocol::UnixSeconds::new(now.saturating_add_signed(seconds))
                });
                let asked = self.run(self.service().draft(prepared)).await;
                has_hung = asked.is_none();
                self.take(asked);
            }
            Step::Replace(which) | Step::Cancel(which) => {
                let known = self.service().unsettled();
                let Some(entry) = known.get(which % known.len().max(1)) else { return };
                let service = self.service();
                let asked = match step {
                    Step::Replace(_) => self.run(service.replace(entry.id)).await,
                    _ => self.run(service.cancel(entry.id)).await,
                };
                has_hung = asked.is_none();
                self.take(asked);
            }
            Step::RepeatWith(which) | Step::RepeatAnew(which) => {
                let Some((earlier, again)) = self.again(which, matches!(step, Step::RepeatAnew(_))) else {
                    return;
                };
                let service = self.service();
                let asked = match step {
                    Step::RepeatWith(_) => self.run(service.replace_with(earlier, again)).await,
                    _ => self.run(service.draft(again)).await,
                };
                has_hung = asked.is_none();
                self.take(asked);
            }
            Step::Return(which) => {
                let mut state = self.chain.state();
                if let Some(kept) = state.handed.get(which % state.handed.len().max(1)).cloned() {
                    let _ = state.take(&kept);
                }
            }
            Step::Approve(which) => {
                if self.questions.is_empty() {
                    return;
                }
                let which = which % self.questions.len();
                let (id, digest) = {
                    let approval = self.questions[which].approval();
                    (approval.id, approval.digest)
                };
                self.approved.insert(digest.0);
                let answered = self.run(self.service().approve(id, digest)).await;
                has_hung = answered.is_none();
                match answered {
                    Some(Ok(txid)) => {
                        self.signed.insert(id, txid);
                        let again = self.run(self.service().approve(id, digest)).await;
                        assert!(matches!(again, Some(Err(_))), "an approval holds once");
                        self.questions.remove(which);
                    }
                    Some(Err(bithedge_engine::transactions::ApproveError::TermsChanged(question))) => {
                        self.questions.remove(which);
                        self.take(Some(Ok(*question)));
                    }
                    _ => {}
                }
            }
            Step::Refuse(which) => {
                if !self.questions.is_empty() {
                    // Dropping it is the answer.
                    self.questions.remove(which % self.questions.len());
                }
            }
            Step::Poll => has_hung = self.run(self.service().poll()).await.is_none(),
            Step::Mine(blocks) => self.chain.state().mine(blocks),
            Step::Reorganise { depth, drop } => self.chain.state().reorganise(depth, drop),
            Step::Elsewhere { account, ahead, fee } => {
                let mut state = self.chain.state();
                let nonce = state.nonce(address(account)) + ahead;
                self.next_tag += 1;
                let transaction = elsewhere(account, nonce, fee, self.next_tag);
                let _ = state.take(&transaction);
                self.elsewhere.insert(transaction.txid());
            }
            Step::Sending(fault) => self.chain.state().sending.push_back(fault),
            Step::Asking(fault) => self.chain.state().asking.push_back(fault),
            Step::Unindexed(blocks) => self.chain.state().unindexed = blocks,
            Step::Behind(blocks) => self.chain.state().behind = blocks,
            Step::HasApi(has_api) => self.chain.state().has_api = has_api,
            Step::GiveUp => {
                self.chain.state().lose_all();
                tokio::time::advance(Duration::from_secs(1_000)).await;
                for _ in 0..2 {
                    has_hung |= self.run(self.service().poll()).await.is_none();
                }
            }
            Step::LoseAll => self.chain.state().lose_all(),
            Step::DiskFull(is_full) => self.disk.is_full.store(is_full, Ordering::SeqCst),
            Step::Locked(is_locked) => {
                self.signer.0.lock().unwrap().error = is_locked.then_some(SignerError::Locked);
            }
            Step::OtherChain(is_other) => {
                self.chain.state().chain_id.0 = NETWORK.chain_id.0 + u32::from(is_other);
            }
            Step::Wait(seconds) => tokio::time::advance(Duration::from_secs(seconds)).await,
            Step::Crash => self.reopen(),
        }
        if has_hung {
            self.reopen();
        }
        self.check();
    }

    /// A wish that was signed once, prepared again. If it is to be drafted anew, it is one that was told as over, is not
    /// under way in its own place, and had its nonce used by nothing else so far: with a reorganisation even that could
    /// come back.
    fn again(&self, which: usize, is_anew: bool) -> Option<(TransactionId, Prepared)> {
        let known = self.service().unsettled();
        let chain = self.chain.state().chain();
        let wish = |entry: &Entry| match entry.transaction()?.payload {
            Payload::ContractCall { function, args, .. } => Some((function, args[0].as_uint().ok()?)),
            _ => None,
        };
        let is_open = |entry: &&Entry| {
            let same = |other: &Entry| (other.account, other.nonce) == (entry.account, entry.nonce);
            let goes_on = known.iter().any(|other| {
                wish(other) == wish(entry)
                    && other.status.is_under_way()
                    && matches!(other.approved.purpose, Purpose::Replaces { .. })
            });
            let is_used = known.iter().any(|other| same(other) && other.status.is_mined())
                || chain.iter().any(|(mined, _)| {
                    (mined.origin_address(), mined.origin_nonce()) == (entry.account, entry.nonce)
                        && mined.txid() != entry.txid
                });
            matches!(entry.status, Status::Dropped { .. }) && !goes_on && !is_used
        };
        let known: Vec<&Entry> = known.iter().filter(|entry| !is_anew || is_open(entry)).collect();
        let entry = known.get(which % known.len().max(1))?;
        let (function, tag) = wish(entry)?;
        let account = (0..2).find(|account| address(*account) == entry.account)?;
        Some((entry.id, prepared(account, function.as_str(), tag)))
    }

    fn take(&mut self, asked: Option<Result<Question, DraftError>>) {
        let Some(Ok(question)) = asked else { return };
        self.check_nonce(question.approval());
        self.questions.push(question);
    }

    /// A nonce is given again only where the earlier transaction is given up, or on purpose.
    fn check_nonce(&self, approval: &Approval) {
        let same = |account: Address, nonce: u64| account == approval.account && nonce == approval.nonce;
        for other in &self.questions {
            let other = other.approval();
            let is_open = self.service().questions().iter().any(|open| open.id == other.id);
            assert!(!is_open || !same(other.account, other.nonce), "one nonce, two questions: {other:?}");
        }
        for entry in self.service().unsettled() {
            if same(entry.account, entry.nonce) && approval.purpose.earlier().is_none() {
                let is_over = entry.status.is_resting() && !entry.status.is_mined();
                assert!(is_over, "the nonce is in use: {entry:?}, {approval:?}");
            }
        }
    }

    fn check(&mut self) {
        let state = self.chain.state();
        for transaction in &state.handed[self.checked..] {
            let Digest(digest) = digest_of(transaction);
            assert!(self.approved.contains(&digest), "sent and never approved: {transaction:?}");
        }
        self.checked = state.handed.len();
        // What was once sent is in the journal, and so is what was approved.
        let mut known = BTreeMap::new();
        for entry in self.service().history(None, u32::MAX).unwrap() {
            known.insert(entry.txid, entry);
        }
        for transaction in &state.handed {
            assert!(known.contains_key(&transaction.txid()), "sent and forgotten: {transaction:?}");
        }
        for (id, txid) in &self.signed {
            assert_eq!(known.get(txid).map(|entry| entry.id), Some(*id), "signed and forgotten");
        }
        // No wish is mined twice, also if it was repeated, and none of ours is in the chain that was not handed out.
        let mut tags = BTreeSet::new();
        for (transaction, _) in state.chain() {
            if let Payload::ContractCall { args, .. } = &transaction.payload {
                assert!(tags.insert(args[0].as_uint().unwrap()), "twice: {transaction:?}");
            }
            assert!(
                known.contains_key(&transaction.txid()) || self.elsewhere.contains(&transaction.txid()),
                "{transaction:?}"
            );
        }
    }

    /// When nothing goes wrong any more, everything comes to its end, and what is said of it is true.
    async fn finish(&mut self) {
        {
            let mut state = self.chain.state();
            state.sending.clear();
            state.asking.clear();
            state.unindexed = 0;
            state.behind = 0;
            state.has_api = true;
            state.chain_id = NETWORK.chain_id;
        }
        self.disk.is_full.store(false, Ordering::SeqCst);
        self.signer.0.lock().unwrap().error = None;
        self.questions.clear();
        self.reopen();
        for round in 0.. {
            self.run(self.service().poll()).await.unwrap().unwrap();
            self.chain.state().mine(1);
            tokio::time::advance(Duration::from_secs(400)).await;
            self.check();
            let under_way = self.service().unsettled();
            let is_over = |status: &Status| matches!(status, Status::Dropped { .. });
            if under_way.iter().all(|entry| is_over(&entry.status)) {
                break;
            }
            for account in [0, 1] {
                while let Some(_gap) = self.service().gaps(&address(account)).await.unwrap().first() {
                    self.next_tag += 1;
                    let asked = match self.service().draft(prepared(account, "go", self.next_tag)).await {
                        Err(DraftError::Unresolved(earlier)) => match self.service().cancel(earlier).await {
                            Err(_) => self.service().close_gap(address(account)).await,
                            asked => asked,
                        },
                        asked => asked,
                    };
                    // It may take another look at the chain.
                    let Ok(question) = asked else { break };
                    let (id, digest) = (question.approval().id, question.approval().digest);
                    self.approved.insert(digest.0);
                    self.service().approve(id, digest).await.unwrap();
                }
            }
            assert!(round < 100, "never comes to its end: {under_way:#?}");
        }
        let state = self.chain.state();
        let chain: BTreeMap<Txid, Outcome> =
            state.chain().into_iter().map(|(transaction, outcome)| (transaction.txid(), outcome)).collect();
        for entry in self.service().history(None, u32::MAX).unwrap() {
            let outcome = chain.get(&entry.txid);
            match &entry.status {
                Status::Confirmed { .. } => assert_eq!(outcome, Some(&Outcome::Success), "{entry:?}"),
                Status::Failed { .. } => {
                    assert!(outcome.is_some_and(|outcome| *outcome != Outcome::Success), "{entry:?}");
                }
                Status::Replaced { by } => assert!(outcome.is_none() && chain.contains_key(by), "{entry:?}"),
                Status::Dropped { .. } | Status::Expired => {
                    assert!(outcome.is_none() && !state.waits(entry.txid), "{entry:?}");
                }
                other => panic!("{other:?} is no end"),
            }
            if let Some(receipt) = &entry.receipt {
                assert!(receipt.alarms.is_empty(), "{receipt:?}");
            }
            assert_eq!(entry.receipt.is_some(), entry.status.is_mined());
        }
    }
}

fn live(steps: Vec<Step>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut life = Life::new();
        for step in steps {
            life.step(step).await;
        }
        life.finish().await;
    });
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_happens_twice(steps in prop::collection::vec(step(), 1..120)) {
        live(steps);
    }
}

/// Lives that went wrong once, step by step: seeds would mean something else as soon as there is another kind of step.
mod regressions {
    use super::{Fault, Step, live};

    /// Two are given up and the second is wanted again: with the first one's nonce it would be mined beside the old one.
    #[test]
    fn the_second_of_two_that_were_given_up_is_repeated() {
        let draft = || Step::Draft { account: 0, function: "go", is_valid_for: Some(60) };
        live(vec![
            draft(),
            draft(),
            Step::Approve(0),
            Step::Approve(0),
            Step::GiveUp,
            Step::RepeatAnew(1),
            Step::Approve(0),
            Step::Return(1),
            Step::Mine(1),
            Step::Poll,
        ]);
    }

    /// What was given up is mined while its repeat is asked about: another nonce for the repeat would be a second time.
    #[test]
    fn what_is_repeated_turns_up_before_the_answer() {
        live(vec![
            Step::Draft { account: 0, function: "go", is_valid_for: Some(60) },
            Step::Approve(0),
            Step::GiveUp,
            Step::RepeatAnew(0),
            Step::Return(0),
            Step::Mine(1),
            Step::Approve(0),
            Step::RepeatAnew(0),
            Step::Approve(0),
            Step::Mine(1),
            Step::Poll,
        ]);
    }

    /// One of three with the same nonce was mined and given up again, then another wallet took the nonce: what had been
    /// mined was still taken for what replaced the others.
    #[test]
    fn what_was_mined_and_given_up_replaces_nothing() {
        let draft = || Step::Draft { account: 0, function: "go", is_valid_for: None };
        live(vec![
            Step::Sending(Fault::NotDelivered),
            Step::Sending(Fault::NotDelivered),
            Step::Sending(Fault::AnswerLost),
            Step::Sending(Fault::NotDelivered),
            draft(),
            Step::Approve(0),
            Step::Replace(0),
            Step::Approve(0),
            Step::Approve(0),
            Step::Replace(0),
            Step::Approve(0),
            draft(),
            Step::Replace(0),
            Step::Approve(1),
            Step::Mine(1),
            Step::Poll,
            Step::Reorganise { depth: 1, drop: true },
            Step::Mine(9),
            Step::Elsewhere { account: 0, ahead: 0, fee: 300 },
            Step::Mine(1),
        ]);
    }
}
