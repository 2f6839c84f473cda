//! A suite in the VM, asked by the dry run first and by a real call then.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bithedge_engine::intents::{Finding, Intent, Plan, Reading, Refusal, State, Tip, Unknown};
use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds};
use bithedge_stacks::transaction::PostConditionPrincipal;
use bithedge_stacks::{Address, PostCondition, Value};
use bithedge_suite::Deployment;
use bithedge_suite_world::*;
use bithedge_vm::{Event, Options, Outcome, Project};

use crate::calls::call;

/// What is shown, and how.
pub(crate) type Case = (&'static str, fn(&mut Bench));

/// Lists cases under the names of their functions.
macro_rules! cases {
    ($($case:path),+ $(,)?) => { &[$((stringify!($case), $case as fn(&mut crate::bench::Bench))),+] };
}
pub(crate) use cases;

/// A world and what was found out in it.
pub(crate) struct Bench {
    pub(crate) w: World,
    pub(crate) suite: Deployment,
    /// Codes that dry run and chain both gave.
    pub(crate) codes: BTreeSet<u128>,
    /// Calls that both let through.
    pub(crate) done: u64,
    /// Calls that both refused.
    pub(crate) refused: u64,
    /// The most readings that one intent needed, and the most rounds.
    pub(crate) readings: usize,
    pub(crate) rounds: usize,
    /// How often each function was tried, done and refused.
    pub(crate) counts: BTreeMap<String, [u64; 2]>,
}

impl Bench {
    pub(crate) fn of(w: World) -> Self {
        Self {
            w,
            suite: Deployment::devnet(),
            codes: BTreeSet::new(),
            done: 0,
            refused: 0,
            readings: 0,
            rounds: 0,
            counts: BTreeMap::new(),
        }
    }

    /// The whole suite, set up, with what governs it still in the deployer's hand and no price yet.
    pub(crate) fn silent() -> Self {
        let project = Project::load("contracts/Clarinet.toml").unwrap();
        let options = Options { genesis_time: START, ..Options::default() };
        Self::of(World::before_hand_over(project, options, 100_000 * USD, USD))
    }

    /// The same with the prices of some hours.
    pub(crate) fn priced(mut self) -> Self {
        for _ in 0..8 {
            self.w.vm.advance_burn(1).unwrap();
            self.w.report();
        }
        self
    }

    /// The same with Irene's capital in the balanced buckets: 10 BTC and 2 million STX.
    pub(crate) fn provided(mut self) -> Self {
        let (sbtc, stx) = (self.w.sbtc.clone(), self.w.stx.clone());
        let irene = self.w.irene;
        self.w.commit(irene, BALANCED, &sbtc, 10 * BTC);
        self.w.commit(irene, BALANCED, &stx, 2_000_000 * STX);
        self.w.next_boundary();
        self.w.close(BALANCED, &sbtc).ok().unwrap();
        self.w.close(BALANCED, &stx).ok().unwrap();
        self
    }

    /// Runs each case from the same state and fails with the names of those that failed.
    pub(crate) fn hold(&mut self, cases: &[Case]) {
        self.w.vm.snapshot_as("before each case").unwrap();
        let prices = (self.w.btc_price, self.w.stx_price);
        let mut failed = Vec::new();
        for (name, case) in cases {
            self.w.vm.restore_from("before each case").unwrap();
            (self.w.btc_price, self.w.stx_price) = prices;
            if catch_unwind(AssertUnwindSafe(|| case(self))).is_err() {
                failed.push(*name);
            }
        }
        assert!(failed.is_empty(), "{} of {} do not hold: {failed:?}", failed.len(), cases.len());
    }

    pub(crate) fn now(&mut self) -> u64 {
        self.w.vm.now().unwrap()
    }

    /// Puts a question to a state that grows until it answers.
    pub(crate) fn ask<T>(
        &mut self,
        account: Address,
        question: impl Fn(&State) -> Result<T, Unknown>,
    ) -> (T, State) {
        let tip = self.w.vm.tip().unwrap();
        let tip = Tip {
            height: BlockHeight::new(tip.stacks_height),
            hash: String::new(),
            time: UnixSeconds::new(self.w.vm.now().unwrap()),
        };
        let mut state = State::new(self.suite.clone(), account, MicroStx::ZERO, tip);
        for round in 0..12 {
            match question(&state) {
                Ok(answer) => {
                    self.readings = self.readings.max(state.readings());
                    self.rounds = self.rounds.max(round);
                    return (answer, state);
                }
                Err(Unknown::Unread(missing)) => {
                    for reading in missing {
                        let value = self.read(&reading);
                        state.add(reading, value);
                    }
                }
                Err(unknown) => panic!("{unknown}"),
            }
        }
        panic!("it never had enough");
    }

    fn read(&mut self, reading: &Reading) -> Option<Value> {
        let vm = &mut self.w.vm;
        match reading {
            Reading::Entry { contract, map, key } => {
                vm.entry(&contract.to_string(), map.as_str(), key).unwrap()
            }
            Reading::Variable { contract, name } => {
                Some(vm.variable(&contract.to_string(), name.as_str()).unwrap())
            }
            Reading::Call(call) => {
                let answer = vm.read(&call.contract.to_string(), call.function.as_str(), &call.args).unwrap();
                Some(answer.value().unwrap().clone())
            }
        }
    }

    /// What the dry run says.
    pub(crate) fn predict(&mut self, account: Address, intent: &Intent) -> Option<u128> {
        let (findings, _) = self.ask(account, |state| intent.check(state));
        match findings.as_slice() {
            [] => None,
            [Finding::Refused(error)] => Some(error.code()),
            other => panic!("{intent:?}: {other:?}"),
        }
    }

    /// The plan of an intent, or why there is none.
    pub(crate) fn plan(&mut self, account: Address, intent: &Intent) -> Result<Plan, Refusal> {
        let question = |state: &State| match intent.plan(state) {
            Err(Refusal::Unknown(unknown)) => Err(unknown),
            plan => Ok(plan),
        };
        self.ask(account, question).0
    }

    /// The dry run, then the call itself: both give the same code, or none.
    pub(crate) fn tries(&mut self, account: Address, intent: impl Into<Intent>) -> Option<u128> {
        let intent = intent.into();
        let predicted = self.predict(account, &intent);
        let call = call(&self.suite, account, &intent);
        let plan = self.plan(account, &intent);
        match &plan {
            Ok(plan) => assert_eq!(plan.call, call, "{intent:?}"),
            // What makes no sense, or cannot be paid for, is refused before; the chain's word is compared all the same.
            Err(refusal) => assert!(predicted.is_some() || is_before(refusal), "{intent:?}: {refusal}"),
        }
        let before = self.now();
        let outcome = self.w.vm.call(account, &call.contract.to_string(), call.function.as_str(), &call.args);
        let outcome = outcome.unwrap();
        let actual = match outcome.value().unwrap() {
            Value::Response(Ok(_)) => None,
            _ => Some(outcome.err_code().unwrap()),
        };
        assert_eq!(predicted, actual, "{intent:?} by {account} at {before}: dry run and chain");
        if let (None, Ok(plan)) = (actual, &plan) {
            holds(account, plan, &outcome);
        }
        let count = self.counts.entry(call.function.to_string()).or_default();
        match actual {
            None => {
                self.done += 1;
                count[0] += 1;
            }
            Some(code) => {
                self.refused += 1;
                count[1] += 1;
                self.codes.insert(code);
            }
        }
        actual
    }

    /// Both let it through.
    pub(crate) fn does(&mut self, account: Address, intent: impl Into<Intent>) {
        assert_eq!(self.tries(account, intent), None);
    }

    /// Both refuse it with this.
    pub(crate) fn refuses(
        &mut self,
        account: Address,
        intent: impl Into<Intent>,
        error: bithedge_suite::ContractError,
    ) {
        let intent = intent.into();
        let shown = format!("{intent:?}");
        assert_eq!(self.tries(account, intent), Some(error.code()), "{shown}");
    }

    /// A plan of before, carried out now: its conditions hold, whatever others did in between. Gives back what happened.
    pub(crate) fn holds_later(&mut self, account: Address, plan: &Plan) -> Outcome {
        let (contract, call) = (plan.call.contract.to_string(), &plan.call);
        let outcome = self.w.vm.call(account, &contract, call.function.as_str(), &call.args).unwrap();
        assert!(matches!(outcome.value().unwrap(), Value::Response(Ok(_))), "{outcome:?}");
        holds(account, plan, &outcome);
        outcome
    }

    /// A call of the deployer's, who governs still.
    pub(crate) fn rules(&mut self, contract: &str, function: &str, arguments: &[Value]) {
        let deployer = self.w.deployer;
        self.w.call(deployer, contract, function, arguments).ok().unwrap();
    }

    /// Anybody's call that must succeed, of something that no intent does.
    pub(crate) fn by(&mut self, account: Address, contract: &str, function: &str, arguments: &[Value]) {
        self.w.call(account, contract, function, arguments).ok().unwrap();
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        let now = self.now();
        self.w.vm.advance_to(now + seconds).unwrap();
    }
}

/// Whether a call that was made keeps its plan's conditions, in deny mode: the VM of the tests does not ask.
fn holds(account: Address, plan: &Plan, outcome: &Outcome) {
    let mut moved: BTreeMap<(String, Option<String>), u128> = BTreeMap::new();
    for event in &outcome.events {
        match event {
            Event::StxTransfer { sender, amount, .. } => {
                *moved.entry((sender.to_string(), None)).or_default() += u128::from(amount.micro());
            }
            Event::FtTransfer { asset, sender, amount, .. } => {
                *moved.entry((sender.to_string(), Some(asset.to_string()))).or_default() += *amount;
            }
            Event::Print { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    for condition in &plan.conditions {
        let who = match condition.principal() {
            PostConditionPrincipal::Standard(address) => address.to_string(),
            PostConditionPrincipal::Contract(contract) => contract.to_string(),
            PostConditionPrincipal::Origin => account.to_string(),
        };
        let (key, code, amount) = match condition {
            PostCondition::Stx { code, amount, .. } => ((who, None), code, amount.micro()),
            PostCondition::Fungible { asset, code, amount, .. } => {
                ((who, Some(asset.to_string())), code, *amount)
            }
            other => panic!("{other:?}"),
        };
        let sent = moved.remove(&key).unwrap_or(0);
        assert!(code.holds(sent, amount), "{}: {key:?} sent {sent}, {condition:?}", plan.call.function);
    }
    assert!(moved.is_empty(), "{}: no condition names {moved:?}", plan.call.function);
}

fn is_before(refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::Unknown(_))
}

/// A text as a value.
pub(crate) fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

/// A truth value.
pub(crate) const fn truth(value: bool) -> Value {
    Value::Bool(value)
}

/// A tuple with some of its fields changed.
pub(crate) fn with<const N: usize>(old: &Value, changes: [(&str, Value); N]) -> Value {
    let mut fields = old.as_tuple().unwrap().clone();
    for (name, value) in changes {
        assert!(fields.insert(name.parse().unwrap(), value).is_some(), "no field {name}");
    }
    Value::tuple(fields)
}
