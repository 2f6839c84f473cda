//! The whole suite in the real Clarity VM, set up, with prices, and people who use it: for tests, measurements and replays.
//! Never part of the product: a world that does not do what it should panics.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]
#![allow(clippy::new_without_default, reason = "a world is started, at some cost")]

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::setup::{Setup, SetupCall, hand_over};
use bithedge_vm::{Options, Outcome, Project, Session};

/// Monday 2026-01-05 00:00 UTC.
pub const START: u64 = 1_767_571_200;
/// Seconds.
pub const DAY: u64 = 86_400;
/// Satoshis.
pub const BTC: u128 = 100_000_000;
/// USD e8.
pub const USD: u128 = 100_000_000;
/// Micro-STX.
pub const STX: u128 = 1_000_000;
/// The kind of a put.
pub const PUT: u128 = 1;

/// Number of the tier with the lowest strikes.
pub const CONSERVATIVE: u128 = 1;
/// Number of the tier in the middle.
pub const BALANCED: u128 = 2;
/// Number of the tier with the highest strikes.
pub const AGGRESSIVE: u128 = 3;

const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";

/// A suite and its people. Each person of the fields starts with 1,000 sBTC and 100 million STX.
pub struct World {
    /// The VM.
    pub vm: Session,
    /// Deployed the contracts and is governance's only voter.
    pub deployer: Address,
    /// Buys.
    pub peter: Address,
    /// Provides.
    pub irene: Address,
    /// Provides too.
    pub ivan: Address,
    /// Does what time demands, and is the guardian.
    pub keeper: Address,
    /// Has no role.
    pub stranger: Address,
    /// Report prices, with the same weight.
    pub reporters: [Address; 3],
    /// How many of them do.
    reporting: usize,
    /// The sBTC token's principal.
    pub sbtc: Value,
    /// The STX face's principal.
    pub stx: Value,
    /// What is reported next, USD e8.
    pub btc_price: u128,
    /// What is reported next, USD e8.
    pub stx_price: u128,
}

/// An unsigned integer.
pub const fn u(value: u128) -> Value {
    Value::UInt(value)
}

/// A principal.
pub fn who(address: Address) -> Value {
    Value::Principal(Principal::Standard(address))
}

/// A number out of a tuple.
pub fn num(value: &Value, field: &str) -> u128 {
    value.field(field).unwrap().as_uint().unwrap()
}

impl World {
    /// Set up, handed over to governance, with prices of the last hours: 100,000 USD and 1 USD.
    pub fn new() -> Self {
        Self::with(Options { genesis_time: START, ..Options::default() }, 100_000 * USD, USD)
    }

    /// A world with the VM's options and starting prices, USD e8.
    pub fn with(options: Options, btc_price: u128, stx_price: u128) -> Self {
        Self::of(Project::load("contracts/Clarinet.toml").unwrap(), options, btc_price, stx_price)
    }

    /// A world of a changed project.
    pub fn of(project: Project, options: Options, btc_price: u128, stx_price: u128) -> Self {
        let mut world = Self::deployed(project, options, btc_price, stx_price, 3);
        let calls = world.setup().calls().unwrap();
        world.set_up(calls);
        world
    }

    /// A world with one reporter, whose word is enough: three times as quick where prices are not what is tested. Its
    /// calls of the set-up are changed first.
    pub fn with_one_reporter(
        options: Options,
        btc_price: u128,
        stx_price: u128,
        change: impl FnOnce(&mut Vec<SetupCall>),
    ) -> Self {
        let project = Project::load("contracts/Clarinet.toml").unwrap();
        let mut world = Self::deployed(project, options, btc_price, stx_price, 1);
        let mut calls = world.setup().calls().unwrap();
        change(&mut calls);
        world.set_up(calls);
        world
    }

    fn deployed(
        project: Project,
        options: Options,
        btc_price: u128,
        stx_price: u128,
        reporting: usize,
    ) -> Self {
        let mut vm = Session::start(project, options).unwrap();
        let account = |vm: &Session, label: &str| vm.account(label).unwrap();
        let deployer = vm.deployer().unwrap();
        let reporters = [account(&vm, "wallet_6"), account(&vm, "wallet_7"), account(&vm, "wallet_8")];
        let [peter, irene, ivan, keeper, stranger] =
            ["wallet_1", "wallet_2", "wallet_3", "wallet_4", "wallet_5"].map(|label| account(&vm, label));
        for holder in [peter, irene, ivan, keeper, stranger] {
            vm.mint_sbtc(holder, 1_000 * 100_000_000).unwrap();
        }
        let stx = Value::from(vm.contract("stx-token").unwrap());
        Self {
            vm,
            deployer,
            peter,
            irene,
            ivan,
            keeper,
            stranger,
            reporters,
            reporting,
            sbtc: Value::Principal(SBTC.parse().unwrap()),
            stx,
            btc_price,
            stx_price,
        }
    }

    /// What it is set up with.
    pub fn setup(&self) -> Setup {
        let standard = Principal::Standard;
        Setup {
            deployer: self.deployer,
            sbtc: SBTC.parse().unwrap(),
            reporters: self.reporting().iter().map(|one| (standard(*one), 1)).collect(),
            min_weight: if self.reporting == 1 { 1 } else { 2 },
            voters: vec![(standard(self.deployer), 100)],
            guardians: vec![standard(self.keeper)],
            volatility: (600_000, 600_000),
        }
    }

    fn reporting(&self) -> &[Address] {
        self.reporters.get(..self.reporting).unwrap()
    }

    /// A world that is set up but still ruled by the deployer, so that a test can add to it; [`World::open`] ends that.
    pub fn before_hand_over(project: Project, options: Options, btc_price: u128, stx_price: u128) -> Self {
        let mut world = Self::deployed(project, options, btc_price, stx_price, 3);
        let calls = world.setup().calls().unwrap();
        world.make(calls);
        world
    }

    fn set_up(&mut self, calls: Vec<SetupCall>) {
        self.make(calls);
        self.open();
    }

    fn make(&mut self, calls: Vec<SetupCall>) {
        for call in calls {
            let outcome = self.vm.call(self.deployer, call.contract, call.function, &call.arguments).unwrap();
            assert!(outcome.ok().is_ok(), "{} {}: {outcome:?}", call.contract, call.function);
        }
    }

    /// Ends the deployer's power; then the prices of some hours are reported.
    pub fn open(&mut self) {
        let last = hand_over();
        self.vm.call(self.deployer, last.contract, last.function, &[]).unwrap().ok().unwrap();
        for _ in 0..8 {
            self.vm.advance_burn(1).unwrap();
            self.report();
        }
    }

    /// All reporters report the current prices now.
    pub fn report(&mut self) {
        let now = u128::from(self.vm.now().unwrap());
        for reporter in self.reporting().to_vec() {
            let arguments = [u(self.btc_price), u(self.stx_price), u(now)];
            let outcome = self.vm.call(reporter, "oracle", "report-prices", &arguments).unwrap();
            assert!(outcome.ok().is_ok(), "{outcome:?}");
        }
    }

    /// A new price, reported until the half-hour average has become it.
    pub fn move_price(&mut self, btc: u128) {
        self.btc_price = btc;
        for _ in 0..5 {
            self.vm.advance_burn(1).unwrap();
            self.report();
        }
    }

    /// On to a time, with reports in the last hour before it and one at or after it.
    pub fn run_to(&mut self, time: u64) {
        for before in [3_600, 3_000, 2_400, 1_800, 1_200, 600] {
            if self.vm.now().unwrap() < time - before {
                self.vm.advance_to(time - before).unwrap();
                self.report();
            }
        }
        self.vm.advance_to(time).unwrap();
        self.report();
    }

    /// On past the next 08:00 UTC boundary.
    pub fn next_boundary(&mut self) -> u64 {
        let now = self.vm.now().unwrap();
        let next = (now - 28_800) / DAY * DAY + DAY + 28_800;
        self.run_to(next);
        next
    }

    /// A call that must not stop the VM; it may be refused.
    pub fn call(&mut self, sender: Address, contract: &str, function: &str, arguments: &[Value]) -> Outcome {
        let outcome = self.vm.call(sender, contract, function, arguments).unwrap();
        assert!(outcome.value().is_ok(), "{contract} {function}: {outcome:?}");
        outcome
    }

    /// A call of the pool.
    pub fn pool(&mut self, sender: Address, function: &str, arguments: &[Value]) -> Outcome {
        self.call(sender, "liquidity-pool", function, arguments)
    }

    /// A call of the registry.
    pub fn registry(&mut self, sender: Address, function: &str, arguments: &[Value]) -> Outcome {
        self.call(sender, "policy-registry", function, arguments)
    }

    /// What a read-only function answers.
    pub fn read(&mut self, contract: &str, function: &str, arguments: &[Value]) -> Value {
        self.vm.read(contract, function, arguments).unwrap().value().unwrap().clone()
    }

    /// A bucket, which must be open.
    pub fn bucket(&mut self, tier: u128, token: &Value) -> Value {
        self.read("liquidity-pool", "get-bucket", &[u(tier), token.clone()])
            .as_optional()
            .unwrap()
            .unwrap()
            .clone()
    }

    /// Commits capital, which must succeed; the epoch.
    pub fn commit(&mut self, sender: Address, tier: u128, token: &Value, amount: u128) -> u128 {
        self.pool(sender, "commit-capital", &[u(tier), token.clone(), u(amount)])
            .ok()
            .unwrap()
            .as_uint()
            .unwrap()
    }

    /// The keeper closes an epoch.
    pub fn close(&mut self, tier: u128, token: &Value) -> Outcome {
        self.pool(self.keeper, "close-epoch", &[u(tier), token.clone()])
    }

    /// The first Friday 08:00 UTC at least so many days from now.
    pub fn expiry(&mut self, days: u64) -> u64 {
        let least = self.vm.now().unwrap() + days * DAY;
        let weeks = (least - 115_200).div_ceil(604_800);
        115_200 + weeks * 604_800
    }

    /// What Peter would pay for a put.
    pub fn quote(&mut self, token: &Value, tier: u128, strike: u128, expiry: u64, size: u128) -> Value {
        let arguments =
            [token.clone(), u(tier), u(PUT), u(strike), u(expiry.into()), u(size), who(self.peter)];
        self.read("policy-registry", "get-quote", &arguments)
    }

    /// Peter buys a put at any cost.
    pub fn buy(&mut self, token: &Value, tier: u128, strike: u128, expiry: u64, size: u128) -> Outcome {
        let arguments =
            [token.clone(), u(tier), u(PUT), u(strike), u(expiry.into()), u(size), u(1_000_000_000_000_000)];
        self.registry(self.peter, "purchase-protection", &arguments)
    }

    /// Somebody's sBTC.
    pub fn sats(&mut self, owner: Address) -> u128 {
        self.vm.balances(&owner.into()).unwrap().sats
    }

    /// A provider's position.
    pub fn position(&mut self, tier: u128, token: &Value, owner: Address) -> Value {
        let found = self.read("liquidity-pool", "get-provider", &[u(tier), token.clone(), who(owner)]);
        found.as_response().unwrap().unwrap().clone()
    }

    /// The price walks to a target, 8 % at most every quarter of an hour.
    pub fn walk_to(&mut self, target: u128) {
        while self.btc_price != target {
            let (low, high) = (self.btc_price * 92 / 100, self.btc_price * 108 / 100);
            self.btc_price = target.clamp(low, high);
            self.vm.advance_burn(1).unwrap();
            self.report();
        }
    }

    /// Invariants 1 and 2 of `docs/protocol.md`: the parts of all buckets and the credits are the vault's book of the
    /// pool, which is no more than the tokens there, and no bucket has locked more than it has.
    pub fn check_books(&mut self) {
        let pool = Value::from(self.vm.contract("liquidity-pool").unwrap());
        let vault = Principal::Contract(self.vm.contract("liquidity-pool-vault").unwrap());
        let held = self.vm.balances(&vault).unwrap();
        for (token, tokens) in
            [(self.sbtc.clone(), held.sats), (self.stx.clone(), u128::from(held.stx.micro()))]
        {
            let mut sum = self
                .read("liquidity-pool", "get-credit-total", std::slice::from_ref(&token))
                .as_uint()
                .unwrap();
            let mut locks = 0;
            for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
                let bucket = self.bucket(tier, &token);
                for part in ["assets", "deposits-now", "deposits-next", "refunds", "filled", "claims", "pot"]
                {
                    sum += num(&bucket, part);
                }
                assert!(num(&bucket, "locked") <= num(&bucket, "assets"), "{bucket:?}");
                locks += num(&bucket, "locked");
                let mut booked = 0;
                for expiry in bucket.field("live").unwrap().as_list().unwrap() {
                    let book =
                        self.read("liquidity-pool", "get-series", &[u(tier), token.clone(), expiry.clone()]);
                    booked += num(&book, "locked");
                    let series = book.field("series").unwrap().as_list().unwrap();
                    assert_eq!(num(&book, "locked"), series.iter().map(|one| num(one, "locked")).sum());
                }
                assert_eq!(num(&bucket, "locked"), booked);
            }
            let account = self.read("liquidity-pool-vault", "get-account", &[pool.clone(), token]);
            assert_eq!(num(&account, "balance"), sum);
            assert_eq!(num(&account, "locked"), locks);
            assert!(tokens >= sum);
        }
    }
}
