//! The contracts as they are right after their deployment.

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::setup::{Effect, Place, Setup, SetupCall};
use bithedge_suite::{Category, ContractError};
use bithedge_vm::{Options, Outcome, Project, Session};

const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;

/// Contracts and people.
pub(crate) struct Bare {
    pub(crate) vm: Session,
    pub(crate) deployer: Address,
    pub(crate) user: Address,
    pub(crate) stranger: Address,
    pub(crate) reporters: [Address; 3],
    pub(crate) setup: Setup,
    pub(crate) sbtc: Value,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let project = Project::load("contracts/Clarinet.toml").unwrap();
        let options = Options { genesis_time: START, ..Options::default() };
        let mut vm = Session::start(project, options).unwrap();
        let deployer = vm.deployer().unwrap();
        let [user, stranger, guardian, first, second, third] =
            ["wallet_1", "wallet_5", "wallet_4", "wallet_6", "wallet_7", "wallet_8"]
                .map(|label| vm.account(label).unwrap());
        vm.mint_sbtc(user, 100_000_000_000).unwrap();
        let standard = Principal::Standard;
        let reporters = [first, second, third];
        let setup = Setup {
            deployer,
            sbtc: SBTC.parse().unwrap(),
            reporters: reporters.map(|one| (standard(one), 1)).to_vec(),
            // Not what the contract starts with.
            min_weight: 3,
            voters: vec![(standard(stranger), 70), (standard(guardian), 30)],
            guardians: vec![standard(guardian)],
            volatility: (600_000, 550_000),
        };
        Self { vm, deployer, user, stranger, reporters, setup, sbtc: Value::Principal(SBTC.parse().unwrap()) }
    }

    /// A call of the set-up by somebody.
    pub(crate) fn make(&mut self, by: Address, call: &SetupCall) -> Outcome {
        self.vm.call(by, call.contract, call.function, &call.arguments).unwrap()
    }

    /// All calls by the deployer, which must succeed.
    pub(crate) fn set_up(&mut self) {
        for call in self.setup.calls().unwrap() {
            let outcome = self.make(self.deployer, &call);
            assert!(outcome.ok().is_ok(), "{} {}: {outcome:?}", call.contract, call.function);
        }
    }

    /// Whether an effect is on the chain.
    pub(crate) fn has(&mut self, effect: &Effect) -> bool {
        match &effect.place {
            Place::Answer { function, arguments } => {
                let outcome = self.vm.read(effect.contract, function, arguments).unwrap();
                effect.holds(Some(outcome.value().unwrap()))
            }
            Place::Entry { map, key } => {
                effect.holds(self.vm.entry(effect.contract, map, key).unwrap().as_ref())
            }
        }
    }

    /// The reporters say 100,000 USD and 1 USD, as far as they are let.
    pub(crate) fn report(&mut self) {
        let now = Value::UInt(self.vm.now().unwrap().into());
        let arguments = [Value::UInt(10_000_000_000_000), Value::UInt(100_000_000), now];
        for reporter in self.reporters {
            let outcome = self.vm.call(reporter, "oracle", "report-prices", &arguments).unwrap();
            if outcome.ok().is_err() {
                documented(&outcome);
            }
        }
    }
}

/// The code of a refusal that docs/errors.md knows.
pub(crate) fn documented(outcome: &Outcome) -> u128 {
    let code = outcome.err_code().unwrap_or_else(|_| panic!("no refusal: {outcome:?}"));
    known(code)
}

/// The code, if docs/errors.md knows it.
pub(crate) fn known(code: u128) -> u128 {
    let entry = ContractError::new(code).entry();
    let entry = entry.unwrap_or_else(|| panic!("u{code} is not in the catalogue"));
    assert_ne!(entry.category, Category::Arithmetic, "u{code}");
    code
}
