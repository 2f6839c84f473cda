//! A life, and after each step of it the views beside what the contracts answer for the same block.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bithedge_engine::intents::{Finding, Intent, Protection, Reading, Recipient, State, Tip, Unknown};
use bithedge_engine::notifications::{Observation, Settings, Watcher};
use bithedge_engine::sync::WallClock;
use bithedge_engine::views::{self, Books, Facts, Prices};
use bithedge_ipc::{
    AttentionKind, BucketRef, Figure, Notification, NotificationKind, PolicyState, PolicyView, Step, Trust,
    YieldPoint,
};
use bithedge_ledger::{PolicyFilter, TimeRange};
use bithedge_protocol::{Asset, BlockHeight, MicroStx, PpmChange, Sats, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::{ContractError, Deployment};
use bithedge_suite_world::*;
use bithedge_vm::Session;

use crate::recorder::Recorder;
use crate::told::chain;

mod market;

/// Blocks are made on demand.
pub(crate) const CLOCK: WallClock = WallClock { now: UnixSeconds::new(0), max_tip_age: None };

/// The life, and who is told what of it.
pub(crate) struct Truth {
    pub(crate) r: Recorder,
    suite: Deployment,
    folder: tempfile::TempDir,
    /// Figures that were compared.
    pub(crate) compared: usize,
    /// States and steps that came up.
    pub(crate) states: BTreeSet<String>,
    /// What Peter and Irene were told, in order.
    pub(crate) told: Vec<Notification>,
}

/// Puts a question to a state that grows until it answers.
pub(crate) fn ask<T>(
    vm: &mut Session,
    suite: &Deployment,
    account: Address,
    question: impl Fn(&State) -> Result<T, Unknown>,
) -> T {
    let tip = vm.tip().unwrap();
    let tip = Tip {
        height: BlockHeight::new(tip.stacks_height),
        hash: String::new(),
        time: UnixSeconds::new(vm.now().unwrap()),
    };
    let mut state = State::new(suite.clone(), account, MicroStx::ZERO, tip);
    for _ in 0..12 {
        match question(&state) {
            Ok(answer) => return answer,
            Err(Unknown::Unread(missing)) => {
                for reading in missing {
                    let value = read(vm, &reading);
                    state.add(reading, value);
                }
            }
            Err(unknown) => panic!("{unknown}"),
        }
    }
    panic!("it never had enough");
}

fn read(vm: &mut Session, reading: &Reading) -> Option<Value> {
    match reading {
        Reading::Entry { contract, map, key } => vm.entry(&contract.to_string(), map.as_str(), key).unwrap(),
        Reading::Variable { contract, name } => {
            Some(vm.variable(&contract.to_string(), name.as_str()).unwrap())
        }
        Reading::Call(call) => {
            let answer = vm.read(&call.contract.to_string(), call.function.as_str(), &call.args).unwrap();
            Some(answer.value().unwrap().clone())
        }
    }
}

pub(crate) fn principal(address: Address) -> Principal {
    Principal::Standard(address)
}

fn some(value: &Value) -> Option<Value> {
    value.as_optional().unwrap().cloned()
}

impl Truth {
    pub(crate) fn new() -> Self {
        Self {
            r: Recorder::new(),
            suite: Deployment::devnet(),
            folder: tempfile::tempdir().unwrap(),
            compared: 0,
            states: BTreeSet::new(),
            told: Vec::new(),
        }
    }

    fn memory(&self) -> PathBuf {
        self.folder.path().join("told.json")
    }

    #[allow(clippy::needless_pass_by_value, reason = "both are made where it is called")]
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, mine: T, theirs: T, what: impl Fn() -> String) {
        assert_eq!(mine, theirs, "{}: the view and the contract", what());
        self.compared += 1;
    }

    pub(crate) fn token(&self, asset: Asset) -> Value {
        match asset {
            Asset::Sbtc => self.r.w.sbtc.clone(),
            Asset::Stx => self.r.w.stx.clone(),
        }
    }

    /// Everything that the views say now, beside the contracts' own answers.
    pub(crate) fn compare(&mut self, step: &str) {
        self.r.seal();
        let now = UnixSeconds::new(self.r.w.vm.now().unwrap());
        let (peter, irene, ivan, stranger) =
            (self.r.w.peter, self.r.w.irene, self.r.w.ivan, self.r.w.stranger);
        for owner in [peter, stranger] {
            self.compare_policies(step, owner, now);
        }
        for provider in [irene, ivan, stranger] {
            self.compare_capital(step, provider, now);
        }
        self.compare_pool(step, now);
        self.compare_rooms(step, now);
        for account in [peter, irene] {
            self.watch(account, now);
        }
    }

    /// The prices of an account, read off the chain.
    pub(crate) fn prices(&mut self, account: Address) -> Prices {
        let filter = PolicyFilter { owner: Some(principal(account)), ..PolicyFilter::default() };
        let sizes: Vec<Sats> = {
            let snapshot = self.r.ledger.snapshot().unwrap();
            snapshot.policies(&filter, 1_000).unwrap().rows.iter().map(|one| one.size).collect()
        };
        ask(&mut self.r.w.vm, &self.suite, account, |state| Prices::of(state, &sizes))
    }

    pub(crate) fn facts(&mut self, account: Address) -> Facts {
        ask(&mut self.r.w.vm, &self.suite, account, Facts::of)
    }

    pub(crate) fn with_books<T>(
        &mut self,
        prices: Option<&Prices>,
        now: UnixSeconds,
        question: impl FnOnce(&Books<'_, '_>) -> T,
    ) -> T {
        let snapshot = self.r.ledger.snapshot().unwrap();
        let books = Books::open(&snapshot, prices, now).unwrap();
        question(&books)
    }

    fn compare_policies(&mut self, step: &str, owner: Address, now: UnixSeconds) {
        let prices = self.prices(owner);
        let page = self.with_books(Some(&prices), now, |books| {
            views::policies(books, &principal(owner), None, 100).unwrap()
        });
        assert_eq!((page.trust, page.summary.trust), (Trust::Sound, Trust::Sound));
        let count = self.r.w.read("policy-registry", "get-owner-count", &[who(owner)]).as_uint().unwrap();
        self.same(page.policies.len() as u128, count, || format!("{step}: policies of {owner}"));
        let mut protected = 0;
        for view in &page.policies {
            protected += if view.state == PolicyState::Active { view.size.base_units() } else { 0 };
            self.compare_policy(step, owner, view);
        }
        self.same(page.summary.protected.map(Sats::base_units), Some(protected), || {
            format!("{step}: protected")
        });
    }

    fn compare_policy(&mut self, step: &str, owner: Address, view: &PolicyView) {
        assert_eq!(view.of_another, None, "{step}: policy {}", view.id);
        let id = [u(view.id.into())];
        let status = self.r.w.read("policy-registry", "get-effective-status", &id);
        let status = status.as_response().unwrap().unwrap().as_uint().unwrap();
        let mine = match view.state {
            PolicyState::Active => 1,
            PolicyState::Activated => 2,
            PolicyState::Settled => 3,
            PolicyState::Expired => 4,
            PolicyState::SoldBack => 5,
            PolicyState::AwaitingPrice => 6,
            PolicyState::InTheMoney => 7,
        };
        self.states.insert(format!("{:?}", view.state));
        self.same(mine, status, || format!("{step}: status of policy {}", view.id));
        let record = some(&self.r.w.read("policy-registry", "get-policy", &id)).unwrap();
        let cost = num(&record, "premium") + num(&record, "fee") + view.bounty.base_units();
        self.same(view.cost.map(TokenAmount::base_units), Some(cost), || {
            format!("{step}: cost of {}", view.id)
        });
        self.same(view.lock.base_units(), num(&record, "lock"), || format!("{step}: lock of {}", view.id));
        // What it is worth, or the contract's reason that it has no worth.
        let value = self.r.w.read("policy-registry", "get-policy-value", &id);
        match (&view.worth, value.as_response().unwrap()) {
            (Figure::Known { value: mine }, Ok(theirs)) => {
                let what = || format!("{step}: worth of policy {}", view.id);
                self.same(mine.buy_back.base_units(), num(theirs, "refund"), what);
                self.same(mine.usd.base_units(), num(theirs, "usd"), what);
                self.same(mine.activation.base_units(), num(theirs, "payout"), what);
            }
            (Figure::Unknown { why }, Err(code)) => {
                let code = bithedge_suite::ContractError::new(code.as_uint().unwrap());
                // Which of two reasons comes first does not matter.
                let is_over = view.state != PolicyState::Active;
                assert!(is_over || *why == code.to_string(), "{step}: {why} and {code}");
                self.compared += 1;
            }
            (mine, theirs) => panic!("{step}: worth of policy {}: {mine:?} and {theirs:?}", view.id),
        }
        let policy = u128::from(view.id);
        let (asset, none) = (view.asset, TokenAmount::ZERO);
        let intents = [
            (Protection::Activate { policy, asset, min_payout: none }, &view.activate, "activate-protection"),
            (Protection::SellBack { policy, asset, min_refund: none }, &view.sell_back, "cancel-protection"),
            (Protection::Claim { policy, asset, to: Recipient::Ours }, &view.claim, "claim-settlement"),
        ];
        for (intent, mine, function) in intents {
            self.compare_step(step, owner, view, &Intent::from(intent), mine, function);
        }
    }

    /// What can be done, and what it pays: the dry run's code, and what the call itself pays in this very block.
    fn compare_step(
        &mut self,
        step: &str,
        owner: Address,
        view: &PolicyView,
        intent: &Intent,
        mine: &Step,
        function: &str,
    ) {
        let what = || format!("{step}: {function} of policy {}", view.id);
        let findings = ask(&mut self.r.w.vm, &self.suite, owner, |state| intent.check(state));
        match (mine, findings.as_slice()) {
            (Step::Now { pays, promised, .. }, []) => {
                self.states.insert(format!("{function}: now"));
                if promised.is_some() {
                    self.states.insert(format!("{function}: in part"));
                }
                self.r.w.vm.snapshot_as("before a step").unwrap();
                let token = self.token(view.asset);
                let holds = |r: &mut Recorder| {
                    let all = r.w.vm.balances(&principal(owner)).unwrap();
                    if view.asset == Asset::Sbtc { all.sats } else { u128::from(all.stx.micro()) }
                };
                let before = holds(&mut self.r);
                let mut arguments = vec![u(view.id.into()), token];
                if function != "claim-settlement" {
                    arguments.push(u(0));
                }
                self.r.w.registry(owner, function, &arguments).ok().unwrap();
                let got = holds(&mut self.r) - before;
                self.r.w.vm.restore_from("before a step").unwrap();
                self.same(pays.base_units(), got, what);
            }
            (Step::Not { code, why }, [Finding::Refused(error)]) => {
                self.states.insert(format!("{function}: {}", error.code()));
                self.same(code.clone(), Some(error.code().to_string()), what);
                self.same(why.clone(), error.to_string(), what);
            }
            (Step::Later { why, .. }, [Finding::Refused(error)]) => {
                self.states.insert(format!("{function}: later"));
                self.same(why.clone(), error.to_string(), what);
            }
            (mine, theirs) => panic!("{}: {mine:?} and {theirs:?}", what()),
        }
    }

    fn compare_capital(&mut self, step: &str, provider: Address, now: UnixSeconds) {
        let prices = self.prices(provider);
        let page =
            self.with_books(Some(&prices), now, |books| views::capital(books, &principal(provider)).unwrap());
        assert_eq!(page.trust, Trust::Sound);
        for mine in &page.positions {
            let what = || format!("{step}: {provider} in {:?}", mine.bucket);
            let token = self.token(mine.bucket.asset);
            let theirs = self.r.w.position(mine.bucket.tier.into(), &token, provider);
            self.same(mine.shares.count(), num(&theirs, "shares"), what);
            self.same(mine.queued.count(), num(theirs.field("ticket").unwrap(), "shares"), what);
            self.same(mine.value.base_units(), num(&theirs, "value"), what);
            self.same(mine.locked.base_units(), num(&theirs, "locked"), what);
            self.same(mine.unlocked.base_units(), num(&theirs, "available"), what);
            let claimable = num(&theirs, "claimable") + num(&theirs, "returned");
            self.same(mine.claimable.base_units(), claimable, what);
            self.same(mine.returned.base_units(), num(&theirs, "returned"), what);
            let pending = theirs.field("pending").unwrap().as_list().unwrap();
            let sum = |field: &str| pending.iter().map(|one| num(one, field)).sum::<u128>();
            let waiting: u128 = mine.waiting.iter().map(|one| one.deposit.base_units()).sum();
            self.same(waiting, sum("deposit"), what);
            let leaving: u128 = mine.waiting.iter().map(|one| one.exit.count()).sum();
            self.same(leaving, sum("exit"), what);
            let realised = i128::try_from(num(&theirs, "proceeds")).unwrap()
                - i128::try_from(num(&theirs, "basis-returned")).unwrap();
            self.same(mine.realised.base_units(), realised, what);
            let basis = num(&theirs, "basis") + sum("basis") + num(theirs.field("ticket").unwrap(), "basis");
            self.same(mine.basis.map(TokenAmount::base_units), Some(basis), what);
            // Who leaves is told when, and who does not is told nothing.
            let leaves_soon = mine.queued.count() > 0
                || mine.waiting.iter().any(|one| one.exit.count() > 0 && one.due <= self.due(mine.bucket));
            assert_eq!(mine.exit.is_some(), leaves_soon, "{}", what());
            if let Some(exit) = &mine.exit {
                let outlook = exit.known().unwrap();
                assert!(outlook.paid_by.is_none_or(|by| by >= now), "{}", what());
                self.states.insert("exit outlook".to_owned());
            }
        }
    }

    fn due(&mut self, bucket: BucketRef) -> UnixSeconds {
        let token = self.token(bucket.asset);
        let due = num(&self.r.w.bucket(bucket.tier.into(), &token), "due");
        UnixSeconds::new(u64::try_from(due).unwrap())
    }

    fn compare_pool(&mut self, step: &str, now: UnixSeconds) {
        let peter = self.r.w.peter;
        let (prices, facts) = (self.prices(peter), self.facts(peter));
        let page = self.with_books(Some(&prices), now, |books| views::protocol(books, Some(&facts)).unwrap());
        assert_eq!(page.trust, Trust::Sound);
        let pool = Value::from(self.r.w.vm.contract("liquidity-pool").unwrap());
        for mine in &page.pools {
            let token = self.token(mine.asset);
            let what = || format!("{step}: the pool's {}", mine.asset);
            assert!(mine.adds_up, "{}", what());
            let account =
                self.r.w.read("liquidity-pool-vault", "get-account", &[pool.clone(), token.clone()]);
            self.same(mine.vault.base_units(), num(&account, "balance"), what);
            self.same(mine.locked.base_units(), num(&account, "locked"), what);
        }
        for mine in &page.funds {
            let token = self.token(mine.asset);
            let theirs = self.r.w.read("insurance-fund", "get-fund-status", &[token]);
            let what = || format!("{step}: the fund's {}", mine.asset);
            self.same(mine.size.base_units(), num(&theirs, "size"), what);
            self.same(mine.target.map(TokenAmount::base_units), Some(num(&theirs, "target")), what);
        }
        let theirs = self.r.w.read("oracle", "get-pricing", &[]);
        match (&page.oracle.prices, theirs.as_response().unwrap()) {
            (Figure::Known { value: mine }, Ok(theirs)) => {
                self.same(mine.btc.base_units(), num(theirs, "btc"), || format!("{step}: BTC"));
                self.same(mine.stx_average.base_units(), num(theirs, "stx-twap"), || format!("{step}: STX"));
                self.same(mine.volatility_ask.base_units(), num(theirs, "vol-ask"), || step.to_owned());
            }
            (Figure::Unknown { why }, Err(code)) => {
                let code = bithedge_suite::ContractError::new(code.as_uint().unwrap());
                self.same(why.clone(), code.to_string(), || format!("{step}: no price"));
                self.states.insert("no price".to_owned());
            }
            (mine, theirs) => panic!("{step}: {mine:?} and {theirs:?}"),
        }
        let health = self.r.w.read("parameters", "get-system-health", &[]);
        let tripped = health.field("breakers-tripped").unwrap().as_list().unwrap();
        let gates = page.gates.known().unwrap();
        for (mine, theirs) in gates.breakers.iter().zip(tripped) {
            self.same(Value::Bool(mine.tripped), theirs.clone(), || format!("{step}: breaker {}", mine.name));
        }
        assert_eq!(gates.breakers.len(), tripped.len());
        assert_eq!(page.oracle.reporters.known().unwrap().len(), 3);
    }

    /// A range that begins at the last close has the loss of that close in it, and one after it has nothing.
    fn compare_ranges(&mut self, prices: &Prices, now: UnixSeconds, bucket: BucketRef, all: &[YieldPoint]) {
        let [.., before, last] = all else { return };
        let of = |truth: &mut Self, from: UnixSeconds| {
            let range = TimeRange { from, ..TimeRange::ALL };
            truth.with_books(Some(prices), now, |books| views::yields(books, bucket, range).unwrap().unwrap())
        };
        let newest = of(self, last.at);
        let points = newest.points.known().unwrap();
        assert_eq!([points[0].at, points[1].at], [before.at, last.at]);
        assert_eq!(points.len(), 2);
        // The older of two closes is the highest so far.
        let lost = points[1].returned.min(PpmChange::ZERO);
        assert_eq!((points[1].drawdown, newest.worst_week.known()), (lost, Some(&lost)));
        let later = of(self, UnixSeconds::new(last.at.get() + 1));
        assert_eq!(later.points.known().map(Vec::len), Some(0));
    }

    /// Whether the chain lets an account buy so much now, whatever the pool has.
    fn may_buy(&mut self, account: Address, size: Sats) -> Result<(), ContractError> {
        let arguments = [Value::ascii("purchase").unwrap(), who(account), u(size.base_units())];
        let answer = self.r.w.read("parameters", "is-action-open", &arguments);
        let code = answer.as_response().unwrap().err().map(|code| code.as_uint().unwrap());
        code.map_or(Ok(()), |code| Err(ContractError::new(code)))
    }

    /// Dollars are those of prices that the oracle would still give: without having read any, or with old ones, there are none.
    pub(crate) fn dollars(&mut self) {
        let (peter, irene) = (self.r.w.peter, self.r.w.irene);
        let now = UnixSeconds::new(self.r.w.vm.now().unwrap());
        let prices = self.prices(irene);
        let limit = UnixSeconds::new(prices.newest.unwrap().0.get() + prices.max_age.get());
        let cases = [
            (Some(&prices), now, true),
            (Some(&prices), limit, true),
            (Some(&prices), UnixSeconds::new(limit.get() + 1), false),
            (None, now, false),
        ];
        for (prices, at, has_dollars) in cases {
            self.with_books(prices, at, |books| {
                let capital = views::capital(books, &principal(irene)).unwrap();
                let position = capital.positions.iter().find(|one| one.value > TokenAmount::ZERO).unwrap();
                let total = capital.totals.iter().find(|one| one.asset == position.bucket.asset).unwrap();
                let (summary, _) = views::protection(books, &principal(peter)).unwrap();
                assert!(summary.active > 0);
                for figure in [&position.value_usd, &total.at_risk_usd, &summary.protected_usd] {
                    assert_eq!(figure.known().is_some(), has_dollars, "{figure:?} at {at:?}");
                }
                // And the first page says why.
                let home = views::home(books, &principal(irene)).unwrap();
                let told = home.attention.iter().any(|one| one.kind == AttentionKind::PriceStale);
                assert_eq!(told, !has_dollars);
            });
        }
    }

    /// What somebody can do with a policy that is another's: what the contracts answer to that.
    pub(crate) fn compare_as(&mut self, step: &str, id: u64, somebody: Address) {
        let prices = self.prices(somebody);
        let now = UnixSeconds::new(self.r.w.vm.now().unwrap());
        let view = self.with_books(Some(&prices), now, |books| {
            // One policy, as its owner and as somebody else sees it: the same but for whose it is said to be.
            let page = views::policy_page(books, id, &principal(somebody)).unwrap();
            let view = page.policy.unwrap();
            let owner = view.of_another.clone().unwrap();
            assert_ne!(owner, somebody.to_string());
            let own = views::policy(books, id, &owner.parse().unwrap()).unwrap().unwrap();
            assert_eq!(own.of_another, None);
            assert_eq!(PolicyView { of_another: Some(owner), ..own }.claim, view.claim);
            view
        });
        let (policy, asset, none) = (u128::from(id), view.asset, TokenAmount::ZERO);
        let activate = Intent::from(Protection::Activate { policy, asset, min_payout: none });
        self.compare_step(step, somebody, &view, &activate, &view.activate, "activate-protection");
        let back = Intent::from(Protection::SellBack { policy, asset, min_refund: none });
        self.compare_step(step, somebody, &view, &back, &view.sell_back, "cancel-protection");
    }

    /// What an account is told: by a watcher that is begun anew each time.
    fn watch(&mut self, account: Address, now: UnixSeconds) {
        let (prices, facts) = (self.prices(account), self.facts(account));
        let seen = self.with_books(Some(&prices), now, |books| {
            Observation::of(books, &principal(account), Some(&facts)).unwrap()
        });
        let mut watcher = Watcher::open(&self.memory(), Settings::default(), &chain());
        let observed = watcher.observe(&seen);
        assert!(observed.unsaved.is_none());
        // The same again is no news.
        assert_eq!(watcher.observe(&seen).notifications, []);
        assert_eq!(watcher.undelivered(), observed.notifications);
        let ids: Vec<u64> = observed.notifications.iter().map(|one| one.id).collect();
        watcher.delivered(&ids).unwrap();
        self.told.extend(observed.notifications);
    }

    /// How often something of a kind was told.
    pub(crate) fn told(&self, kind: NotificationKind) -> usize {
        self.told.iter().filter(|one| one.kind == kind).count()
    }
}
