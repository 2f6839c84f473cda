//! From freshly deployed contracts to a suite that is open for business.
//!
//! The calls below are made by the deployer, in this order, while governance still takes the deployer's word. Each can be
//! made twice: the second time it is refused or changes nothing, but that the treasury keeps another version of the same row of its
//! table. [`hand_over`] then ends the deployer's power. Until the last call of
//! [`Setup::calls`] the contracts refuse to sell policies and to take capital.
//!
//! The figures are the protocol's starting values; `docs/protocol.md` tells the most important ones.

mod effect;

use bithedge_stacks::{ClarityName, ContractId, Principal, Value};

pub use effect::{Difference, Effect, Place, Standing};

use crate::generated::Contract;

/// A call that sets the suite up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupCall {
    /// The contract's name.
    pub contract: &'static str,
    /// The public function.
    pub function: &'static str,
    /// Its arguments, in order.
    pub arguments: Vec<Value>,
}

/// A risk tier's starting terms. Strikes in parts per million of spot, rates and ratios in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierTerms {
    /// Its number, from 1.
    pub tier: u128,
    /// Its name.
    pub name: &'static str,
    /// The lowest strike.
    pub min_strike: u128,
    /// The strike at which the next tier begins.
    pub max_strike: u128,
    /// The largest part of spot that a strike step may be.
    pub grid: u128,
    /// What is added to the volatility that a price is made with.
    pub markup: u128,
    /// How much of its assets may back policies.
    pub utilisation_limit: u128,
    /// The longest term sold, in seconds.
    pub max_duration: u128,
}

/// The tiers that the suite starts with.
pub const TIERS: [TierTerms; 3] = [
    TierTerms {
        tier: 1,
        name: "conservative",
        min_strike: 500_000,
        max_strike: 800_000,
        grid: 50_000,
        markup: 200_000,
        utilisation_limit: 900_000,
        max_duration: 120 * DAY,
    },
    TierTerms {
        tier: 2,
        name: "balanced",
        min_strike: 800_000,
        max_strike: 925_000,
        grid: 40_000,
        markup: 200_000,
        utilisation_limit: 900_000,
        max_duration: 90 * DAY,
    },
    TierTerms {
        tier: 3,
        name: "aggressive",
        min_strike: 925_000,
        max_strike: 1_050_000,
        grid: 40_000,
        markup: 200_000,
        utilisation_limit: 900_000,
        max_duration: 60 * DAY,
    },
];

const DAY: u128 = 86_400;

/// Names, start value, smallest and largest value of the parameters.
const PARAMETERS: [(&str, u128, u128, u128); 15] = [
    ("min-size", 10_000, 1_000, 100_000_000),
    ("max-size", 10_000_000_000, 100_000_000, 1_000_000_000_000),
    ("min-term", DAY, DAY, 7 * DAY),
    ("min-lock-rate", 30_000, 1_000, 500_000),
    ("bid-spread", 100_000, 10_000, 500_000),
    ("surcharge-kink", 500_000, 100_000, 950_000),
    ("surcharge-slope", 1_000_000, 0, 10_000_000),
    ("activation-delay", 3_600, 600, DAY - 1),
    ("cancel-cutoff", 3_600, 3_600, DAY - 1),
    ("sale-max-age", 300, 30, 900),
    ("health-use-good", 500_000, 0, 1_000_000),
    ("health-use-bad", 950_000, 0, 1_000_000),
    ("health-fund-good", 50_000, 0, 1_000_000),
    ("health-fund-bad", 5_000, 0, 1_000_000),
    ("anomaly-deviation", 2_000_000, 100_000, 100_000_000),
];

/// What the health score is made of: the gauges, and between which two parameters they go from good to bad. The tiers that
/// most capital is in, and the fund.
const INDICATORS: [(&str, &str, &str); 6] = [
    ("utilisation-1-sBTC", "health-use-good", "health-use-bad"),
    ("utilisation-2-sBTC", "health-use-good", "health-use-bad"),
    ("utilisation-1-STX", "health-use-good", "health-use-bad"),
    ("utilisation-2-STX", "health-use-good", "health-use-bad"),
    ("fund-sBTC", "health-fund-good", "health-fund-bad"),
    ("fund-STX", "health-fund-good", "health-fund-bad"),
];

/// What guardians may decide on the fast track: to let go of a breaker before its time, and to take a reporter out. Not the
/// flags: what stops sales for longer than a breaker is for a vote.
const EMERGENCY_ACTIONS: [(&str, &str); 2] =
    [("parameters", "release-breaker"), ("oracle", "remove-reporter")];

/// Breakers with their threshold (0: none) and seconds until they release themselves.
const BREAKERS: [(&str, u128, u128); 4] =
    [("all", 0, DAY), ("sales", 0, DAY), ("deposits", 0, DAY), ("oracle", 200_000, 3_600)];

/// An action, its flag, breakers, capacity, refill a day and seconds between two.
type ActionRule = (&'static str, &'static str, &'static [&'static str], u128, u128, u128);

/// Actions with their flag, breakers, and per user: capacity, what is refilled a day, seconds between two.
const ACTIONS: [ActionRule; 3] = [
    ("purchase", "sales", &["all", "sales", "oracle"], 20_000_000_000, 20_000_000_000, 0),
    ("deposit", "deposits", &["all", "deposits", "oracle"], 0, 0, 0),
    ("sell-back", "sell-back", &["all"], 20_000_000_000, 20_000_000_000, 0),
];

/// The contracts that the upgrade manager knows by name, and whether they keep money or can move it: then an upgrade takes the
/// long delay and no emergency shortens it.
const CONTRACTS: [(&str, bool); 9] = [
    ("parameters", false),
    ("analytics", false),
    ("oracle", false),
    ("liquidity-pool-vault", true),
    ("insurance-fund", true),
    ("fee-schedule", false),
    ("treasury", true),
    ("liquidity-pool", true),
    ("policy-registry", true),
];

/// The contracts that the set-up enters into the upgrade manager's registry, each under its own name.
pub fn registered_contracts() -> impl Iterator<Item = Contract> {
    CONTRACTS.into_iter().filter_map(|(name, _)| Contract::by_name(name))
}

/// Largest capital of a bucket: 1,000 BTC, 100 million STX.
const CAPACITY_SATS: u128 = 100_000_000_000;
const CAPACITY_MICRO_STX: u128 = 100_000_000_000_000;

/// What a deployment decides for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Where the suite's contracts are: the deployer.
    pub deployer: bithedge_stacks::Address,
    /// The network's sBTC token.
    pub sbtc: ContractId,
    /// Who reports prices, with weights.
    pub reporters: Vec<(Principal, u128)>,
    /// The weight of fresh reports that a price needs.
    pub min_weight: u128,
    /// Who votes, with weights.
    pub voters: Vec<(Principal, u128)>,
    /// Who may stop new risk at once.
    pub guardians: Vec<Principal>,
    /// Volatilities to start from, short and long average, in parts per million a year.
    pub volatility: (u128, u128),
}

impl Setup {
    /// The calls that set the suite up, in order.
    ///
    /// # Errors
    /// [`SetupError`] if a name is no Clarity name; the names above are.
    pub fn calls(&self) -> Result<Vec<SetupCall>, SetupError> {
        let mut calls = Calls(Vec::new());
        let own = |name: &str| self.own(name);
        for (name, custody) in CONTRACTS {
            calls.add(
                "upgrade-manager",
                "register-contract",
                vec![ascii(name)?, own(name)?, ascii("1.0.0")?, Value::Bool(true), Value::Bool(custody)],
            );
            if custody {
                calls.add("governance", "mark-custody", vec![own(name)?]);
            }
        }
        for (name, value, min, max) in PARAMETERS {
            calls.add("parameters", "define-parameter", vec![ascii(name)?, u(value), u(min), u(max)]);
        }
        for flag in ["sales", "deposits", "sell-back"] {
            calls.add("parameters", "set-flag", vec![ascii(flag)?, Value::Bool(true)]);
        }
        for (id, threshold, release) in BREAKERS {
            calls.add("parameters", "set-breaker", vec![ascii(id)?, u(threshold), u(release)]);
        }
        for (action, flag, breakers, capacity, refill, cooldown) in ACTIONS {
            let breakers = breakers.iter().map(|id| ascii(id)).collect::<Result<Vec<_>, _>>()?;
            let arguments = vec![
                ascii(action)?,
                ascii(flag)?,
                Value::List(breakers),
                u(capacity),
                u(refill),
                u(cooldown),
            ];
            calls.add("parameters", "set-action-rule", arguments);
        }
        let indicators = INDICATORS.map(|(metric, good, bad)| {
            let [metric, good, bad] = [ascii(metric)?, ascii(good)?, ascii(bad)?];
            tuple([("metric", metric), ("good", good), ("bad", bad), ("weight", u(1))])
        });
        let indicators = indicators.into_iter().collect::<Result<Vec<_>, SetupError>>()?;
        calls.add("analytics", "set-indicators", vec![Value::List(indicators)]);
        self.prices(&mut calls)?;
        self.money(&mut calls)?;
        self.pool(&mut calls)?;
        for (voter, weight) in &self.voters {
            calls.add("governance", "set-voting-weight", vec![Value::Principal(voter.clone()), u(*weight)]);
        }
        for guardian in &self.guardians {
            calls.add(
                "governance",
                "assign-role",
                vec![Value::Principal(guardian.clone()), ascii("guardian")?],
            );
        }
        for (contract, function) in EMERGENCY_ACTIONS {
            let arguments = vec![own(contract)?, ascii(function)?, Value::Bool(true)];
            calls.add("governance", "set-emergency-action", arguments);
        }
        calls.add("parameters", "complete-setup", Vec::new());
        Ok(calls.0)
    }

    fn prices(&self, calls: &mut Calls) -> Result<(), SetupError> {
        for (reporter, weight) in &self.reporters {
            calls.add("oracle", "add-reporter", vec![Value::Principal(reporter.clone()), u(*weight)]);
        }
        let bounds: [(&str, u128); 13] = [
            ("max-age", 900),
            ("report-max-age", 900),
            ("min-weight", self.min_weight),
            ("outlier-bound", 50_000),
            ("deviation-base", 100_000),
            ("deviation-per-hour", 50_000),
            ("deviation-cap", 500_000),
            ("override-share", 666_666),
            ("agree-bound", 10_000),
            ("boundary-window", 21_600),
            ("silence-limit", 3_600),
            ("vol-floor", 200_000),
            ("vol-cap", 2_500_000),
        ];
        let bounds = bounds.map(|(name, value)| (name, u(value)));
        calls.add("oracle", "set-bounds", vec![tuple(bounds)?]);
        let (short, long) = self.volatility;
        calls.add("oracle", "seed-volatility", vec![u(short), u(long)]);
        Ok(())
    }

    fn money(&self, calls: &mut Calls) -> Result<(), SetupError> {
        let tokens = [(self.sbtc_value(), "sBTC"), (self.own("stx-token")?, "STX")];
        for (token, symbol) in &tokens {
            calls.add("liquidity-pool-vault", "set-token", vec![token.clone(), Value::Bool(true)]);
            let rules = [
                ("accepted", Value::Bool(true)),
                ("min-size", u(0)),
                ("target-ratio", u(50_000)),
                ("event-limit", u(500_000)),
                ("period-limit", u(750_000)),
                ("base-rate", u(300_000)),
                ("max-rate", u(600_000)),
                ("gauge", ascii(&format!("fund-{symbol}"))?),
            ];
            calls.add("insurance-fund", "set-fund-rules", vec![token.clone(), tuple(rules)?]);
            calls.add("treasury", "set-token", vec![token.clone(), Value::Bool(true), u(0)]);
        }
        calls.add("liquidity-pool-vault", "set-sbtc-token-principal", vec![self.sbtc_value()]);
        calls.add("liquidity-pool-vault", "set-backend-principal", vec![self.own("liquidity-pool")?]);
        calls.add(
            "treasury",
            "set-allocation",
            vec![
                ascii("insurance-fund")?,
                u(500_000),
                self.own("insurance-fund")?,
                Value::Bool(true),
                ascii("Backstop for STX-backed policies")?,
            ],
        );
        Ok(())
    }

    fn pool(&self, calls: &mut Calls) -> Result<(), SetupError> {
        let oracle = self.own("oracle")?;
        let stx = self.own("stx-token")?;
        let (million, two) = (1_000_000, 2_000_000);
        let sbtc_terms = [8, 1, million, million].map(u);
        let stx_terms = [6, 2, two, 1_500_000].map(u);
        let limits = [[100_000, 100, 50], [100_000_000, 100_000, 50_000]];
        for ((token, symbol, terms), limits) in
            [(self.sbtc_value(), "sBTC", sbtc_terms), (stx.clone(), "STX", stx_terms)].into_iter().zip(limits)
        {
            let mut arguments = vec![token, ascii(symbol)?];
            arguments.extend(terms);
            arguments.push(oracle.clone());
            arguments.extend(limits.map(u));
            arguments.push(Value::Bool(true));
            calls.add("liquidity-pool", "add-collateral-token", arguments);
        }
        for tier in TIERS {
            calls.add("liquidity-pool", "set-tier", vec![u(tier.tier), tier_value(&tier)?]);
            for (token, capacity) in [(self.sbtc_value(), CAPACITY_SATS), (stx.clone(), CAPACITY_MICRO_STX)] {
                calls.add("liquidity-pool", "open-bucket", vec![u(tier.tier), token, u(capacity)]);
            }
        }
        Ok(())
    }

    fn own(&self, name: &str) -> Result<Value, SetupError> {
        let name = name.parse().map_err(|_| SetupError::Name(name.to_owned()))?;
        Ok(Value::Principal(Principal::Contract(ContractId::new(self.deployer, name))))
    }

    fn sbtc_value(&self) -> Value {
        Value::Principal(Principal::Contract(self.sbtc.clone()))
    }
}

/// The call that ends the deployer's power; from then on only votes change the suite.
#[must_use]
pub const fn hand_over() -> SetupCall {
    SetupCall { contract: "governance", function: "complete-bootstrap", arguments: Vec::new() }
}

/// A tier's terms as `set-tier` takes them.
///
/// # Errors
/// [`SetupError::Name`] if a field is no Clarity name; the fields here are.
pub fn tier_value(tier: &TierTerms) -> Result<Value, SetupError> {
    tuple([
        ("name", ascii(tier.name)?),
        ("min-strike", u(tier.min_strike)),
        ("max-strike", u(tier.max_strike)),
        ("grid", u(tier.grid)),
        ("floor-ratio", u(500_000)),
        ("markup", u(tier.markup)),
        ("skew", u(300_000)),
        ("max-duration", u(tier.max_duration)),
        ("utilisation-limit", u(tier.utilisation_limit)),
        ("buffer", u(20_000)),
        ("exit-fee", u(1_000)),
        ("exit-fee-slope", u(4_000)),
        ("isolated", Value::Bool(true)),
        ("overflow", ascii("reject")?),
    ])
}

/// A name or text of the set-up that Clarity cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No Clarity or contract name.
    #[error("{0:?} is no name in Clarity")]
    Name(String),
    /// A call of which it is not known what it leaves on the chain.
    #[error(
        "it is not known where the effect of {contract} {function} with {arguments} arguments is to be read"
    )]
    NoEffect {
        /// The contract's name.
        contract: &'static str,
        /// The function.
        function: &'static str,
        /// How many arguments the call has.
        arguments: usize,
    },
}

struct Calls(Vec<SetupCall>);

impl Calls {
    fn add(&mut self, contract: &'static str, function: &'static str, arguments: Vec<Value>) {
        self.0.push(SetupCall { contract, function, arguments });
    }
}

const fn u(value: u128) -> Value {
    Value::UInt(value)
}

fn ascii(text: &str) -> Result<Value, SetupError> {
    Value::ascii(text).map_err(|_| SetupError::Name(text.to_owned()))
}

fn tuple<const N: usize>(fields: [(&str, Value); N]) -> Result<Value, SetupError> {
    tuple_of(fields.into_iter())
}

fn tuple_of<'a>(fields: impl Iterator<Item = (&'a str, Value)>) -> Result<Value, SetupError> {
    let fields = fields
        .map(|(name, value)| {
            let name: ClarityName = name.parse().map_err(|_| SetupError::Name(name.to_owned()))?;
            Ok((name, value))
        })
        .collect::<Result<Vec<_>, SetupError>>()?;
    Ok(Value::tuple(fields))
}
