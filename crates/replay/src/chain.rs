//! The suite in the VM, in typed calls and reads.

use bithedge_protocol::{UnixSeconds, UsdE8};
use bithedge_stacks::{Address, ContractId, Principal, Value};
use bithedge_suite::generated::oracle;
use bithedge_suite::setup::{Setup, SetupCall, hand_over};
use bithedge_suite::{
    ContractError, ContractFunction, DataMap, DataVariable, Deployment, FromClarity, Mismatch, SuiteEvent,
};
use bithedge_vm::{Event, Options, Outcome, Project, Session};

use crate::ReplayError;

/// The suite, set up and handed over to governance.
#[derive(Debug)]
pub struct Chain {
    vm: Session,
    suite: Deployment,
    sbtc: ContractId,
    stx: ContractId,
    /// Reports prices; its word is enough.
    reporter: Address,
    /// The last report's time: a reporter has one word a second.
    reported: u64,
    calls: u64,
}

/// What a call changed.
#[derive(Debug)]
pub struct Receipt<A> {
    /// The answer.
    pub answer: A,
    /// What the suite's contracts printed.
    pub events: Vec<SuiteEvent>,
}

impl Chain {
    /// Deploys and sets up at a time, with the volatilities that the oracle starts from (short and long, ppm a year). `change`
    /// sees the calls of the set-up first.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn start(
        contracts: &std::path::Path,
        genesis: UnixSeconds,
        volatility: (u128, u128),
        change: impl FnOnce(&mut Vec<SetupCall>),
    ) -> Result<Self, ReplayError> {
        let options = Options { genesis_time: genesis.get(), ..Options::default() };
        let vm = Session::start(Project::load(contracts)?, options)?;
        let suite = Deployment::devnet();
        let deployer = vm.deployer()?;
        let reporter = vm.account("wallet_6")?;
        let sbtc = suite.sbtc()?.clone();
        let stx = vm.contract("stx-token")?;
        let setup = Setup {
            deployer,
            sbtc: sbtc.clone(),
            reporters: vec![(reporter.into(), 1)],
            min_weight: 1,
            voters: vec![(deployer.into(), 100)],
            guardians: vec![vm.account("wallet_4")?.into()],
            volatility,
        };
        let mut calls = setup.calls()?;
        change(&mut calls);
        calls.push(hand_over());
        let mut chain = Self { vm, suite, sbtc, stx, reporter, reported: 0, calls: 0 };
        for call in calls {
            let outcome = chain.vm.call(deployer, call.contract, call.function, &call.arguments)?;
            chain.calls += 1;
            if outcome.ok().is_err() {
                let what = format!("{} {}", call.contract, call.function);
                return Err(ReplayError::Stopped { what, message: format!("{:?}", outcome.result) });
            }
        }
        Ok(chain)
    }

    /// The sBTC token.
    #[must_use]
    pub const fn sbtc(&self) -> &ContractId {
        &self.sbtc
    }

    /// The STX face.
    #[must_use]
    pub const fn stx(&self) -> &ContractId {
        &self.stx
    }

    /// The suite's addresses.
    #[must_use]
    pub const fn suite(&self) -> &Deployment {
        &self.suite
    }

    /// The VM.
    pub const fn vm(&mut self) -> &mut Session {
        &mut self.vm
    }

    /// How many calls were made.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// What the chain's driver remembers: when it last reported, and how many calls it made.
    pub(crate) const fn counters(&self) -> (u64, u64) {
        (self.reported, self.calls)
    }

    /// Sets what [`Chain::counters`] told.
    pub(crate) const fn set_counters(&mut self, (reported, calls): (u64, u64)) {
        (self.reported, self.calls) = (reported, calls);
    }

    /// The newest block's time.
    ///
    /// # Errors
    /// [`ReplayError::Vm`].
    pub fn now(&mut self) -> Result<UnixSeconds, ReplayError> {
        Ok(UnixSeconds::new(self.vm.now()?))
    }

    /// On to a time, if it is not past.
    ///
    /// # Errors
    /// [`ReplayError::Vm`].
    pub fn advance_to(&mut self, time: UnixSeconds) -> Result<(), ReplayError> {
        if self.vm.now()? < time.get() {
            self.vm.advance_to(time.get())?;
        }
        Ok(())
    }

    /// Reports prices now; the oracle must accept them.
    ///
    /// # Errors
    /// [`ReplayError::Refused`]; [`ReplayError::NotAccepted`] if they are further from the last than the oracle's bound.
    pub fn report(&mut self, btc: UsdE8, stx: UsdE8) -> Result<(), ReplayError> {
        if self.vm.now()? == self.reported {
            self.vm.advance_stacks(1)?;
        }
        self.reported = self.vm.now()?;
        let report = oracle::ReportPrices {
            btc: btc.base_units(),
            stx: stx.base_units(),
            observed_at: self.reported.into(),
        };
        let verdict = self.done(self.reporter, report)?.answer;
        if verdict.accepted {
            return Ok(());
        }
        Err(ReplayError::NotAccepted { btc, stx, at: self.now()?.to_string() })
    }

    fn decoded<T>(&self, what: &str, found: Result<T, Mismatch>) -> Result<T, ReplayError> {
        found.map_err(|mismatch| ReplayError::Answer { what: what.to_owned(), mismatch })
    }

    fn send<F: ContractFunction>(
        &mut self,
        sender: Address,
        request: F,
    ) -> Result<(String, Outcome), ReplayError> {
        let call = request.into_call(&self.suite);
        let (contract, function) = (call.contract.to_string(), call.function.as_str());
        let what = format!("{} {function}", call.contract.name);
        self.calls += 1;
        let outcome = self.vm.call(sender, &contract, function, &call.args)?;
        Ok((what, outcome))
    }

    /// Calls a public function, which may refuse.
    ///
    /// # Errors
    /// [`ReplayError::Stopped`], [`ReplayError::Answer`].
    pub fn call<F: ContractFunction>(
        &mut self,
        sender: Address,
        request: F,
    ) -> Result<Receipt<F::Answer>, ReplayError> {
        let (what, outcome) = self.send(sender, request)?;
        let value = match &outcome.result {
            Ok(value) => value,
            Err(failure) => return Err(ReplayError::Stopped { what, message: failure.to_string() }),
        };
        let answer = self.decoded(&what, F::decode(value))?;
        let mut events = Vec::new();
        for event in &outcome.events {
            let Event::Print { contract, value } = event else { continue };
            if let Some(contract) = self.suite.which(contract) {
                let event = SuiteEvent::decode(contract.name(), value);
                events.push(event.map_err(|error| ReplayError::Stopped {
                    what: what.clone(),
                    message: error.to_string(),
                })?);
            }
        }
        Ok(Receipt { answer, events })
    }

    /// Calls a public function that must succeed.
    ///
    /// # Errors
    /// [`ReplayError::Refused`] if it does not; [`ReplayError::Stopped`], [`ReplayError::Answer`].
    pub fn done<F, T>(&mut self, sender: Address, request: F) -> Result<Receipt<T>, ReplayError>
    where
        F: ContractFunction<Answer = Result<T, ContractError>>,
        Result<T, ContractError>: FromClarity,
    {
        let receipt = self.call(sender, request)?;
        let what = format!("{} {}", F::CONTRACT.name(), F::FUNCTION);
        match receipt.answer {
            Ok(answer) => Ok(Receipt { answer, events: receipt.events }),
            Err(error) => Err(ReplayError::Refused { what, at: self.now()?.to_string(), error }),
        }
    }

    /// Asks a read-only function.
    ///
    /// # Errors
    /// [`ReplayError::Stopped`], [`ReplayError::Answer`].
    pub fn read<F: ContractFunction>(&mut self, request: F) -> Result<F::Answer, ReplayError> {
        let call = request.into_call(&self.suite);
        let what = format!("{} {}", call.contract.name, call.function.as_str());
        let outcome = self.vm.read(&call.contract.to_string(), call.function.as_str(), &call.args)?;
        match outcome.value() {
            Ok(value) => self.decoded(&what, F::decode(value)),
            Err(failure) => Err(ReplayError::Stopped { what, message: failure.to_string() }),
        }
    }

    /// A map's entry, which costs far less than a read-only function.
    ///
    /// # Errors
    /// [`ReplayError::Vm`], [`ReplayError::Answer`].
    pub fn entry<M: DataMap>(&mut self, key: &M::Key) -> Result<Option<M::Entry>, ReplayError> {
        let contract = self.suite.contract(M::CONTRACT).to_string();
        let found = self.vm.entry(&contract, M::MAP, &M::key(key))?;
        let what = format!("{} {}", M::CONTRACT.name(), M::MAP);
        found.map(|value| self.decoded(&what, M::decode(&value))).transpose()
    }

    /// A data variable.
    ///
    /// # Errors
    /// [`ReplayError::Vm`], [`ReplayError::Answer`].
    pub fn variable<V: DataVariable>(&mut self) -> Result<V::Value, ReplayError> {
        let contract = self.suite.contract(V::CONTRACT).to_string();
        let value: Value = self.vm.variable(&contract, V::VARIABLE)?;
        let what = format!("{} {}", V::CONTRACT.name(), V::VARIABLE);
        self.decoded(&what, V::decode(&value))
    }

    /// What somebody has: satoshis of sBTC, micro-STX.
    ///
    /// # Errors
    /// [`ReplayError::Vm`].
    pub fn balances(&mut self, owner: &Principal) -> Result<(u128, u128), ReplayError> {
        let found = self.vm.balances(owner)?;
        Ok((found.sats, found.stx.micro().into()))
    }
}
