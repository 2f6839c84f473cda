//! Where it can be read that a call of the set-up has had its effect, so that a deployment that broke off goes on where it
//! was, and one that is complete can be shown to be.

use bithedge_stacks::Value;

use super::{SetupCall, SetupError};

/// What has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// What a read-only function answers.
    Answer {
        /// The function.
        function: &'static str,
        /// Its arguments, in order.
        arguments: Vec<Value>,
    },
    /// A map's entry: the value itself, without the `some` around it.
    Entry {
        /// The map.
        map: &'static str,
        /// The key.
        key: Value,
    },
}

/// A trace that a call of the set-up leaves on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The contract's name.
    pub contract: &'static str,
    /// What has to be read there.
    pub place: Place,
    trace: Trace,
}

/// What a look at the place of an [`Effect`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// What the call leaves there.
    Same,
    /// Something else that those who govern may have made of it: the differences, at least one.
    Different(Vec<Difference>),
    /// Nothing, or what nobody can have made of it: the call was not made.
    Missing,
}

/// A value that is another one than the set-up's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field of the tuple at the place; `None`: the whole of it.
    pub field: Option<String>,
    /// The set-up's value.
    pub setup: Value,
    /// The chain's value; `None`: it has been taken away.
    pub chain: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Trace {
    expected: Expected,
    unset: Unset,
    later: Later,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expected {
    /// This value, or `some` of it.
    Value(Value),
    /// A tuple, or `some` tuple, with these fields among others.
    Fields(Vec<(&'static str, Value)>),
    /// A tuple whose field is above zero.
    Positive(&'static str),
    /// An `ok` response.
    Ok,
}

/// How the place looks before anybody has written there, beside `none` and no entry, which it always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unset {
    /// Not otherwise.
    None,
    /// As an empty list.
    EmptyList,
    /// As a tuple whose field is zero.
    Zero(&'static str),
}

/// What those who govern can do with what the call left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Later {
    /// Nothing.
    Stays,
    /// Give it another value.
    Changes,
    /// That, and take it away.
    Leaves,
}

impl Trace {
    const fn new(expected: Expected, later: Later) -> Self {
        Self { expected, unset: Unset::None, later }
    }

    fn unset(self, unset: Unset) -> Self {
        Self { unset, ..self }
    }
}

impl Effect {
    /// Whether what was found at the place is what the call leaves there. `None`: there is no such entry.
    #[must_use]
    pub fn holds(&self, found: Option<&Value>) -> bool {
        self.standing(found) == Standing::Same
    }

    /// What was found at the place, against what the call leaves there. `None`: there is no such entry.
    #[must_use]
    pub fn standing(&self, found: Option<&Value>) -> Standing {
        let Trace { expected, unset, later } = &self.trace;
        let found = match found {
            Some(Value::Optional(inner)) => inner.as_deref(),
            other => other,
        };
        let Some(found) = found.filter(|found| !unset.is(found)) else {
            return match (later, expected.whole()) {
                (Later::Leaves, Some(setup)) => {
                    Standing::Different(vec![Difference { field: None, setup, chain: None }])
                }
                _ => Standing::Missing,
            };
        };
        let differences = match expected {
            Expected::Value(setup) => differences(setup, found),
            Expected::Fields(fields) => {
                fields.iter().filter_map(|(name, setup)| field_difference(name, setup, found)).collect()
            }
            Expected::Positive(name) if is_positive(found, name) => Vec::new(),
            Expected::Ok if matches!(found, Value::Response(Ok(_))) => Vec::new(),
            Expected::Positive(_) | Expected::Ok => return Standing::Missing,
        };
        if differences.is_empty() {
            Standing::Same
        } else if *later == Later::Stays {
            Standing::Missing
        } else {
            Standing::Different(differences)
        }
    }
}

impl Expected {
    /// All that the call leaves, as far as it is told.
    fn whole(&self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Fields(fields) => {
                super::tuple_of(fields.iter().map(|(name, value)| (*name, value.clone()))).ok()
            }
            Self::Positive(_) | Self::Ok => None,
        }
    }
}

impl Unset {
    fn is(self, found: &Value) -> bool {
        match self {
            Self::None => false,
            Self::EmptyList => found.as_list().is_ok_and(<[Value]>::is_empty),
            Self::Zero(name) => found.field(name).and_then(Value::as_uint).is_ok_and(|number| number == 0),
        }
    }
}

fn is_positive(found: &Value, name: &str) -> bool {
    found.field(name).and_then(Value::as_uint).is_ok_and(|number| number > 0)
}

/// Field by field where both are tuples.
fn differences(setup: &Value, found: &Value) -> Vec<Difference> {
    match (setup, found) {
        (Value::Tuple(fields), Value::Tuple(_)) => {
            fields.iter().filter_map(|(name, setup)| field_difference(name.as_str(), setup, found)).collect()
        }
        _ if setup == found => Vec::new(),
        _ => vec![Difference { field: None, setup: setup.clone(), chain: Some(found.clone()) }],
    }
}

fn field_difference(name: &str, setup: &Value, found: &Value) -> Option<Difference> {
    let chain = found.field(name).ok();
    (chain != Some(setup)).then(|| Difference {
        field: Some(name.to_owned()),
        setup: setup.clone(),
        chain: chain.cloned(),
    })
}

impl SetupCall {
    /// Where the call's effect can be read.
    ///
    /// # Errors
    /// [`SetupError::NoEffect`] for a call that [`super::Setup::calls`] and [`super::hand_over`] do not make.
    pub fn effect(&self) -> Result<Effect, SetupError> {
        let (place, trace) = self.trace().ok_or(SetupError::NoEffect {
            contract: self.contract,
            function: self.function,
            arguments: self.arguments.len(),
        })?;
        Ok(Effect { contract: self.contract, place, trace })
    }

    fn trace(&self) -> Option<(Place, Trace)> {
        let answer = |function: &'static str, arguments: &[&Value]| Place::Answer {
            function,
            arguments: arguments.iter().map(|one| (*one).clone()).collect(),
        };
        let entry = |map: &'static str, key: &Value| Place::Entry { map, key: key.clone() };
        let fields = |fields: &[(&'static str, &Value)]| {
            let fields = fields.iter().map(|(name, value)| (*name, (*value).clone())).collect();
            Trace::new(Expected::Fields(fields), Later::Changes)
        };
        let value = |value: &Value| Trace::new(Expected::Value(value.clone()), Later::Changes);
        let fixed = |value: &Value| Trace::new(Expected::Value(value.clone()), Later::Stays);
        let yes = Value::Bool(true);
        let some = |inner: &Value| Value::Optional(Some(Box::new(inner.clone())));
        Some(match (self.contract, self.function, self.arguments.as_slice()) {
            ("upgrade-manager", "register-contract", [name, address, version, upgradeable, custody]) => (
                answer("get-contract", &[name]),
                fields(&[
                    ("contract-address", address),
                    ("current-version", version),
                    ("upgradeable", upgradeable),
                    ("custody", custody),
                ]),
            ),
            ("governance", "mark-custody", [target]) => (entry("custody-contracts", target), fixed(&yes)),
            // A tuple's key, which has no other place to be read.
            ("governance", "set-emergency-action", [target, function, allowed]) => {
                let key = super::tuple([("target", target.clone()), ("function", function.clone())]).ok()?;
                (entry("emergency-actions", &key), value(allowed))
            }
            // There is always at least one, once there are any.
            ("analytics", "set-indicators", [indicators]) => {
                (answer("get-indicators", &[]), value(indicators).unset(Unset::EmptyList))
            }
            // Nobody with weight or a role is the same as somebody whose weight or role was taken away.
            ("governance", "set-voting-weight", [who, weight]) => {
                (answer("get-weight", &[&some(who)]), value(weight))
            }
            ("governance", "assign-role", [who, role]) => (answer("has-role", &[who, role]), value(&yes)),
            ("governance", "complete-bootstrap", []) => {
                (answer("is-bootstrapping", &[]), fixed(&Value::Bool(false)))
            }
            ("parameters", "define-parameter", [name, start, min, max]) => (
                answer("get-parameter-details", &[name]),
                fields(&[("value", start), ("min", min), ("max", max)]),
            ),
            ("parameters", "set-flag", [name, enabled]) => {
                (answer("get-flag", &[name]), fields(&[("enabled", enabled)]))
            }
            ("parameters", "set-breaker", [id, threshold, release]) => (
                answer("get-breaker", &[id]),
                fields(&[("activation-threshold", threshold), ("auto-release", release)]),
            ),
            ("parameters", "set-action-rule", [action, flag, breakers, capacity, refill, cooldown]) => (
                answer("get-action-rule", &[action]),
                fields(&[
                    ("flag", flag),
                    ("breakers", breakers),
                    ("capacity", capacity),
                    ("refill-per-day", refill),
                    ("cooldown", cooldown),
                ]),
            ),
            ("parameters", "complete-setup", []) => {
                (answer("get-policy-config", &[]), Trace::new(Expected::Ok, Later::Stays))
            }
            ("oracle", "add-reporter", [reporter, weight]) => {
                let trace = fields(&[("weight", weight), ("active", &yes)]);
                (answer("get-reporter", &[reporter]), Trace { later: Later::Leaves, ..trace })
            }
            ("oracle", "set-bounds", [bounds]) => (answer("get-bounds", &[]), value(bounds)),
            // The first price moves what was seeded.
            ("oracle", "seed-volatility", [_, _]) => {
                (answer("get-volatility", &[]), Trace::new(Expected::Positive("short"), Later::Stays))
            }
            // Whole entries, which a default answer cannot be taken for.
            ("liquidity-pool-vault", "set-token", [token, accepted]) => {
                (entry("tokens", token), fields(&[("accepted", accepted)]))
            }
            ("treasury", "set-token", [token, accepted, reserve]) => {
                (entry("tokens", token), fields(&[("accepted", accepted), ("reserve", reserve)]))
            }
            ("insurance-fund", "set-fund-rules", [token, rules]) => (entry("settings", token), value(rules)),
            // It is said once.
            ("liquidity-pool-vault", "set-sbtc-token-principal", [token]) => {
                (answer("get-sbtc-token-principal", &[]), fixed(token))
            }
            ("liquidity-pool-vault", "set-backend-principal", [backend]) => {
                (answer("get-backend-principal", &[]), value(backend))
            }
            ("treasury", "set-allocation", [id, share, recipient, active, description]) => (
                answer("get-allocation", &[id]),
                fields(&[
                    ("share", share),
                    ("recipient", recipient),
                    ("active", active),
                    ("description", description),
                ])
                .unset(Unset::Zero("version")),
            ),
            (
                "liquidity-pool",
                "add-collateral-token",
                [token, symbol, decimals, asset, ratio, threshold, feed, deposit, premium, bounty, active],
            ) => (
                answer("get-collateral-token", &[token]),
                fields(&[
                    ("symbol", symbol),
                    ("decimals", decimals),
                    ("asset", asset),
                    ("collateralization-ratio", ratio),
                    ("liquidation-threshold", threshold),
                    ("price-feed", feed),
                    ("min-deposit", deposit),
                    ("min-premium", premium),
                    ("bounty", bounty),
                    ("active", active),
                ]),
            ),
            ("liquidity-pool", "set-tier", [tier, terms]) => (answer("get-tier", &[tier]), value(terms)),
            ("liquidity-pool", "open-bucket", [tier, token, capacity]) => {
                (answer("get-bucket", &[tier, token]), fields(&[("capacity", capacity)]))
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ascii, tuple, u};
    use super::*;

    fn effect(contract: &'static str, function: &'static str, arguments: Vec<Value>) -> Effect {
        SetupCall { contract, function, arguments }.effect().unwrap()
    }

    fn name(text: &str) -> Value {
        ascii(text).unwrap()
    }

    fn standing(effect: &Effect, found: impl Into<Value>) -> Standing {
        effect.standing(Some(&found.into()))
    }

    fn difference(field: Option<&str>, setup: Value, chain: Option<Value>) -> Difference {
        Difference { field: field.map(str::to_owned), setup, chain }
    }

    #[test]
    fn what_is_there_is_told_from_what_is_not() {
        let spread = effect("parameters", "define-parameter", vec![name("x"), u(5), u(1), u(9)]);
        let entry = |value, min| {
            let fields = [("value", u(value)), ("min", u(min)), ("max", u(9)), ("version", u(3))];
            Value::some(tuple(fields).unwrap())
        };
        assert_eq!(standing(&spread, entry(5, 1)), Standing::Same);
        assert_eq!(spread.standing(None), Standing::Missing);
        assert_eq!(standing(&spread, Value::NONE), Standing::Missing);
        let expected =
            [difference(Some("value"), u(5), Some(u(6))), difference(Some("min"), u(1), Some(u(2)))];
        assert_eq!(standing(&spread, entry(6, 2)), Standing::Different(expected.to_vec()));
    }

    #[test]
    fn what_may_be_taken_away_is_different_without_it() {
        let who = Value::Principal("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap());
        let reporter = effect("oracle", "add-reporter", vec![who.clone(), u(2)]);
        let setup = tuple([("weight", u(2)), ("active", Value::Bool(true))]).unwrap();
        let taken = Standing::Different(vec![difference(None, setup, None)]);
        assert_eq!(standing(&reporter, Value::NONE), taken);
        let role = effect("governance", "assign-role", vec![who.clone(), name("guardian")]);
        let revoked = difference(None, Value::Bool(true), Some(Value::Bool(false)));
        assert_eq!(standing(&role, Value::Bool(false)), Standing::Different(vec![revoked]));
        let weight = effect("governance", "set-voting-weight", vec![who, u(7)]);
        let none = difference(None, u(7), Some(u(0)));
        assert_eq!(standing(&weight, u(0)), Standing::Different(vec![none]));
    }

    #[test]
    fn a_default_answer_is_no_change() {
        let arguments = vec![name("fund"), u(500_000), u(0), Value::Bool(true), name("")];
        let row = effect("treasury", "set-allocation", arguments);
        let found = |version, share| {
            let fields = [
                ("version", u(version)),
                ("share", u(share)),
                ("recipient", u(0)),
                ("active", Value::Bool(true)),
                ("description", name("")),
            ];
            tuple(fields).unwrap()
        };
        assert_eq!(standing(&row, found(0, 500_000)), Standing::Missing);
        assert_eq!(standing(&row, found(1, 500_000)), Standing::Same);
        let halved = difference(Some("share"), u(500_000), Some(u(250_000)));
        assert_eq!(standing(&row, found(2, 250_000)), Standing::Different(vec![halved]));

        let one = Value::List(vec![u(1)]);
        let indicators = effect("analytics", "set-indicators", vec![one.clone()]);
        assert_eq!(standing(&indicators, Value::List(Vec::new())), Standing::Missing);
        let changed = difference(None, one, Some(Value::List(vec![u(2)])));
        assert_eq!(standing(&indicators, Value::List(vec![u(2)])), Standing::Different(vec![changed]));
    }

    #[test]
    fn what_nobody_can_change_was_not_set_up_if_it_is_another() {
        let (ours, theirs) = (u(1), u(2));
        let sbtc = effect("liquidity-pool-vault", "set-sbtc-token-principal", vec![ours.clone()]);
        assert_eq!(standing(&sbtc, Value::some(ours)), Standing::Same);
        assert_eq!(standing(&sbtc, Value::some(theirs)), Standing::Missing);
        let hand_over = super::super::hand_over().effect().unwrap();
        assert_eq!(standing(&hand_over, Value::Bool(true)), Standing::Missing);
        let opened = effect("parameters", "complete-setup", Vec::new());
        assert_eq!(standing(&opened, Value::err(u(1_340_902))), Standing::Missing);
        assert_eq!(standing(&opened, Value::ok(u(1))), Standing::Same);
        let seed = effect("oracle", "seed-volatility", vec![u(600_000), u(600_000)]);
        assert_eq!(standing(&seed, tuple([("short", u(0))]).unwrap()), Standing::Missing);
        assert_eq!(standing(&seed, tuple([("short", u(1))]).unwrap()), Standing::Same);
    }
}
