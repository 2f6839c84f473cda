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
    expected: Expected,
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

impl Effect {
    /// Whether what was found at the place is what the call leaves there. `None`: there is no such entry.
    #[must_use]
    pub fn holds(&self, found: Option<&Value>) -> bool {
        let Some(found) = found else { return false };
        if self.expected == Expected::Ok {
            return matches!(found, Value::Response(Ok(_)));
        }
        let found = match found {
            Value::Optional(Some(inner)) => inner,
            Value::Optional(None) => return false,
            other => other,
        };
        match &self.expected {
            Expected::Value(value) => found == value,
            Expected::Fields(fields) => {
                fields.iter().all(|(name, value)| found.field(name).is_ok_and(|found| found == value))
            }
            Expected::Positive(name) => {
                found.field(name).and_then(Value::as_uint).is_ok_and(|number| number > 0)
            }
            Expected::Ok => false,
        }
    }
}

impl SetupCall {
    /// Where the call's effect can be read.
    ///
    /// # Errors
    /// [`SetupError::NoEffect`] for a call that [`super::Setup::calls`] and [`super::hand_over`] do not make.
    pub fn effect(&self) -> Result<Effect, SetupError> {
        let (place, expected) = self.trace().ok_or(SetupError::NoEffect {
            contract: self.contract,
            function: self.function,
            arguments: self.arguments.len(),
        })?;
        Ok(Effect { contract: self.contract, place, expected })
    }

    fn trace(&self) -> Option<(Place, Expected)> {
        let answer = |function: &'static str, arguments: &[&Value]| Place::Answer {
            function,
            arguments: arguments.iter().map(|one| (*one).clone()).collect(),
        };
        let fields = |fields: &[(&'static str, &Value)]| {
            Expected::Fields(fields.iter().map(|(name, value)| (*name, (*value).clone())).collect())
        };
        let value = |value: &Value| Expected::Value(value.clone());
        let yes = || Expected::Value(Value::Bool(true));
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
            ("governance", "mark-custody", [target]) => {
                (Place::Entry { map: "custody-contracts", key: target.clone() }, yes())
            }
            // A tuple's key, which has no other place to be read.
            ("governance", "set-emergency-action", [target, function, allowed]) => {
                let key = super::tuple([("target", target.clone()), ("function", function.clone())]).ok()?;
                (Place::Entry { map: "emergency-actions", key }, value(allowed))
            }
            ("analytics", "set-indicators", [indicators]) => {
                (answer("get-indicators", &[]), value(indicators))
            }
            ("governance", "set-voting-weight", [who, weight]) => {
                (answer("get-weight", &[&some(who)]), value(weight))
            }
            ("governance", "assign-role", [who, role]) => (answer("has-role", &[who, role]), yes()),
            ("governance", "complete-bootstrap", []) => {
                (answer("is-bootstrapping", &[]), Expected::Value(Value::Bool(false)))
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
            ("parameters", "complete-setup", []) => (answer("get-policy-config", &[]), Expected::Ok),
            ("oracle", "add-reporter", [reporter, weight]) => (
                answer("get-reporter", &[reporter]),
                fields(&[("weight", weight), ("active", &Value::Bool(true))]),
            ),
            ("oracle", "set-bounds", [bounds]) => (answer("get-bounds", &[]), value(bounds)),
            // The first price moves what was seeded.
            ("oracle", "seed-volatility", [_, _]) => {
                (answer("get-volatility", &[]), Expected::Positive("short"))
            }
            ("liquidity-pool-vault", "set-token", [token, accepted]) => {
                (answer("get-token", &[token]), fields(&[("accepted", accepted)]))
            }
            ("liquidity-pool-vault", "set-sbtc-token-principal", [token]) => {
                (answer("get-sbtc-token-principal", &[]), value(token))
            }
            ("liquidity-pool-vault", "set-backend-principal", [backend]) => {
                (answer("get-backend-principal", &[]), value(backend))
            }
            // Whole entries, which a default answer cannot be taken for.
            ("insurance-fund", "set-fund-rules", [token, rules]) => {
                (Place::Entry { map: "settings", key: token.clone() }, value(rules))
            }
            ("treasury", "set-token", [token, accepted, reserve]) => {
                (answer("get-token", &[token]), fields(&[("accepted", accepted), ("reserve", reserve)]))
            }
            ("treasury", "set-allocation", [id, share, recipient, active, description]) => (
                answer("get-allocation", &[id]),
                fields(&[
                    ("share", share),
                    ("recipient", recipient),
                    ("active", active),
                    ("description", description),
                ]),
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
