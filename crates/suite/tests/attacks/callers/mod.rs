//! Every privileged function against every wrong caller: people without the role, the deployer after the hand-over, a
//! stranger's contract, a contract of the suite with another role, versions that retire and versions that are dead.

mod arguments;
mod table;

use std::collections::BTreeSet;

use bithedge_stacks::{Address, Value};
use bithedge_suite::Contract;
use bithedge_suite_world::*;

use crate::bootstrap::{before_hand_over, does, project, refused, text};
use crate::governance::{Action, carry_out, propose};
use arguments::{argument, public_functions};
use table::{NOT_APPROVED, Person, TABLE, Who};

/// How a contract stands in the upgrade manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Unknown,
    Dead,
    Retiring,
    Current,
}

/// A privileged function with arguments that would do.
struct Privilege {
    contract: &'static str,
    function: &'static str,
    who: Who,
    args: Vec<Value>,
}

impl Privilege {
    fn name(&self) -> String {
        format!("{}.{}", self.contract, self.function)
    }

    /// The code with which a person is refused; none if the function is for that person.
    fn code_for_person(&self, person: Person) -> Option<u128> {
        match self.who {
            Who::Anyone | Who::Owner => None,
            Who::Governed => Some(NOT_APPROVED),
            Who::Holder(_, holders) if holders.contains(&person) => None,
            Who::Holder(code, _) => Some(code),
            // A guardian may trip a breaker, which is a contract's right too.
            Who::Suite(..) if self.function == "trip-breaker" && person == Person::Guardian => None,
            Who::Suite(code, ..) => Some(code),
        }
    }

    /// The code with which a contract is refused that stands so under a name.
    fn code_for_contract(&self, name: &str, standing: Standing) -> Option<u128> {
        match self.who {
            Who::Anyone | Who::Owner => None,
            Who::Governed => Some(NOT_APPROVED),
            Who::Holder(code, _) => Some(code),
            Who::Suite(code, names, retiring) => {
                let role = names.is_empty() || names.contains(&name);
                let least = if retiring { Standing::Retiring } else { Standing::Current };
                let serves = matches!(standing, Standing::Retiring | Standing::Current);
                let enough = serves && (standing == Standing::Current || least == Standing::Retiring);
                if role && enough { None } else { Some(code) }
            }
        }
    }
}

fn privileges(w: &mut World, expiry: u64) -> Vec<Privilege> {
    let interfaces = w.vm.interfaces().unwrap();
    let (mut found, mut privileges) = (BTreeSet::new(), Vec::new());
    for contract in Contract::ALL {
        let id = w.vm.contract(contract.name()).unwrap().to_string();
        for (function, parameters) in public_functions(&interfaces[&id]) {
            found.insert((contract.name().to_owned(), function.clone()));
            let row = TABLE.iter().find(|row| row.0 == contract.name() && row.1 == function);
            let (contract, function, who) =
                *row.unwrap_or_else(|| panic!("{}.{function} is not classified", contract.name()));
            if matches!(who, Who::Anyone | Who::Owner) {
                continue;
            }
            let args = parameters
                .iter()
                .map(|(name, kind)| argument(w, contract, function, name, kind, expiry))
                .collect();
            privileges.push(Privilege { contract, function, who, args });
        }
    }
    let classified: BTreeSet<(String, String)> =
        TABLE.iter().map(|row| (row.0.to_owned(), row.1.to_owned())).collect();
    assert_eq!(classified, found, "the table and the contracts' public functions");
    assert_eq!(classified.len(), TABLE.len(), "nothing is classified twice");
    privileges
}

/// The source of a contract that makes each privileged call as itself: `pass-0`, `pass-1` and so on.
fn passing(w: &World, privileges: &[Privilege]) -> String {
    let mut source = String::from("(define-read-only (get-name) \"in between\")\n");
    for (index, one) in privileges.iter().enumerate() {
        let args: Vec<String> = one.args.iter().map(Value::to_source).collect();
        let target = w.vm.contract(one.contract).unwrap();
        source.push_str(&format!(
            "(define-public (pass-{index}) (contract-call? '{target} {} {}))\n",
            one.function,
            args.join(" ")
        ));
    }
    source
}

/// The deployer lets an upgrade wait, has it tested, and activates it when it is due.
fn upgrade(w: &mut World, name: &str, address: &str, version: &str) {
    let deployer = w.deployer;
    let hash = w.vm.evaluate(deployer, &format!("(unwrap-panic (contract-hash? '{address}))")).unwrap();
    let hash = hash.value().unwrap().clone();
    let id = Value::Principal(address.parse().unwrap());
    does(w, deployer, "upgrade-manager", "propose-upgrade", &[text(name), id, text(version), hash]);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 7 * DAY).unwrap();
    let report = [text(name), Value::Bool(true), Value::buffer([1; 32])];
    does(w, deployer, "upgrade-manager", "verify-upgrade", &report);
    does(w, deployer, "upgrade-manager", "activate-upgrade", &[text(name)]);
}

/// A suite in which `old-pool` and `old-registry` have been in service and retire, `marketplace` is in service under a
/// name that is neither, and `between` is nothing; with a policy, an open proposal, a waiting upgrade and a use of the
/// fund, so that no call fails for want of an object.
fn set_the_stage() -> (World, Vec<Privilege>) {
    let mut w = before_hand_over(project());
    let deployer = w.deployer;
    // The expiry of the policy that is sold below: the first at least two days away when the stage stands.
    let expiry = {
        let least = w.vm.now().unwrap() + 30 * DAY;
        115_200 + (least - 115_200).div_ceil(604_800) * 604_800
    };
    let privileges = privileges(&mut w, expiry);
    let source = passing(&w, &privileges);
    for name in ["old-pool", "old-registry", "marketplace"] {
        assert!(w.vm.deploy(deployer, name, &source).unwrap().value().is_ok(), "{name}");
    }
    let stranger = w.stranger;
    assert!(w.vm.deploy(stranger, "between", &source).unwrap().value().is_ok());
    let marketplace = Value::from(w.vm.contract("marketplace").unwrap());
    let register = [text("p2p-marketplace"), marketplace, text("1"), Value::Bool(true), Value::Bool(false)];
    does(&mut w, deployer, "upgrade-manager", "register-contract", &register);
    does(&mut w, deployer, "governance", "assign-role", &[who(deployer), text("operator")]);
    for (name, old, real) in [
        ("liquidity-pool", "old-pool", "liquidity-pool"),
        ("policy-registry", "old-registry", "policy-registry"),
    ] {
        let [old, real] = [old, real].map(|one| w.vm.contract(one).unwrap().to_string());
        upgrade(&mut w, name, &old, "0.9");
        if name == "liquidity-pool" {
            let cover = privileges.iter().position(|one| one.function == "cover-shortfall").unwrap();
            does(&mut w, stranger, &old, &format!("pass-{cover}"), &[]);
        }
        upgrade(&mut w, name, &real, "1.0.0");
    }
    does(&mut w, deployer, "governance", "revoke-role", &[who(deployer), text("operator")]);
    let waiting = Value::Principal(format!("{stranger}.between").parse().unwrap());
    let propose_upgrade = [text("analytics"), waiting, text("2"), Value::buffer([1; 32])];
    does(&mut w, deployer, "upgrade-manager", "propose-upgrade", &propose_upgrade);
    w.open();
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    // The first close is weeks late, so that the deposit waits for the second.
    for _ in 0..2 {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    let flag = [("name", text("none")), ("enabled", Value::Bool(true))];
    propose(&mut w, &[Action::new("parameters", "set-flag", &flag)]);
    // Until it is voted on.
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + DAY).unwrap();
    watch(&mut w, expiry);
    (w, privileges)
}

/// What the privileged functions could change and the fingerprint does not hold by itself.
fn watch(w: &mut World, expiry: u64) {
    let tuple = |fields: &[(&str, Value)]| {
        Value::tuple(fields.iter().map(|(name, value)| ((*name).parse().unwrap(), value.clone())))
    };
    let sbtc = w.sbtc.clone();
    let pool = Value::from(w.vm.contract("liquidity-pool").unwrap());
    let bucket = tuple(&[("tier", u(BALANCED)), ("token", sbtc.clone())]);
    let book = tuple(&[("tier", u(BALANCED)), ("token", sbtc.clone()), ("expiry", u(expiry.into()))]);
    let guardian = tuple(&[("who", who(w.keeper)), ("role", text("guardian"))]);
    for (contract, map, key) in [
        ("liquidity-pool", "buckets", bucket),
        ("liquidity-pool", "books", book),
        ("liquidity-pool", "tiers", u(1)),
        ("liquidity-pool", "collateral-tokens", sbtc.clone()),
        ("liquidity-pool-vault", "tokens", sbtc.clone()),
        ("liquidity-pool-vault", "accounts", tuple(&[("backend", pool), ("token", sbtc.clone())])),
        ("policy-registry", "policies", u(1)),
        ("insurance-fund", "settings", sbtc.clone()),
        ("insurance-fund", "funds", sbtc.clone()),
        ("insurance-fund", "activations", u(1)),
        ("treasury", "tokens", sbtc),
        ("fee-schedule", "fee-rates", text("purchase")),
        ("fee-schedule", "volumes", who(w.stranger)),
        ("parameters", "parameters", text("min-size")),
        ("parameters", "circuit-breakers", text("all")),
        ("parameters", "actions", text("sell-back")),
        ("oracle", "reporters", who(w.reporters[1])),
        ("oracle", "reporters", who(w.stranger)),
        ("governance", "roles", guardian),
        ("governance", "settings", text("quorum")),
        ("governance", "tallies", u(1)),
        ("upgrade-manager", "contract-registry", text("analytics")),
        ("upgrade-manager", "upgrade-proposals", text("analytics")),
    ] {
        w.vm.watch_entry(contract, map, key).unwrap();
    }
}

/// The right caller gets past the check, whatever comes after it.
fn not_refused(
    w: &mut World,
    sender: Address,
    contract: &str,
    function: &str,
    args: &[Value],
    code: u128,
    what: &str,
) {
    w.vm.snapshot_as("right").unwrap();
    let outcome = w.vm.call(sender, contract, function, args).unwrap();
    assert_ne!(outcome.err_code().ok(), Some(code), "{what}");
    w.vm.restore_from("right").unwrap();
}

#[test]
fn every_privileged_function_refuses_every_wrong_caller_and_changes_nothing() {
    let (mut w, privileges) = set_the_stage();
    let mut refusals = 0;
    let people = [
        (Person::Stranger, w.stranger),
        (Person::Provider, w.irene),
        (Person::Deployer, w.deployer),
        (Person::Guardian, w.keeper),
        (Person::Reporter, w.reporters[0]),
    ];
    for one in &privileges {
        for (person, sender) in people {
            if let Some(code) = one.code_for_person(person) {
                refused(&mut w, sender, one.contract, one.function, &one.args, code);
                refusals += 1;
            } else if let Some(code) = one.code_for_person(Person::Stranger) {
                let what = format!("{} by the {person:?}", one.name());
                not_refused(&mut w, sender, one.contract, one.function, &one.args, code, &what);
            }
        }
    }
    let [old_pool, old_registry, marketplace] =
        ["old-pool", "old-registry", "marketplace"].map(|name| w.vm.contract(name).unwrap().to_string());
    let between = format!("{}.between", w.stranger);
    let contracts = [
        (between.as_str(), "", Standing::Unknown),
        (old_pool.as_str(), "liquidity-pool", Standing::Retiring),
        (old_registry.as_str(), "policy-registry", Standing::Retiring),
        (marketplace.as_str(), "p2p-marketplace", Standing::Current),
    ];
    let stranger = w.stranger;
    for (contract, name, standing) in contracts {
        refusals += through(&mut w, stranger, &privileges, contract, name, standing);
    }
    // Whoever holds a right and calls a stranger's contract does not lend it.
    for (_, phished) in &people[1..] {
        refusals += through(&mut w, *phished, &privileges, &between, "", Standing::Unknown);
    }

    // Ninety days later governance kills the old versions.
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 91 * DAY).unwrap();
    let kills: Vec<Action> = [("liquidity-pool", "old-pool"), ("policy-registry", "old-registry")]
        .map(|(name, old)| {
            let address = Value::from(w.vm.contract(old).unwrap());
            Action::new("upgrade-manager", "kill-version", &[("name", text(name)), ("address", address)])
        })
        .into();
    carry_out(&mut w, &kills);
    for kill in &kills {
        kill.call(&mut w, stranger).ok().unwrap();
    }
    for (contract, name, _) in &contracts[1..3] {
        for (index, one) in privileges.iter().enumerate() {
            if matches!(one.who, Who::Suite(..)) {
                let code = one.code_for_contract(name, Standing::Dead).unwrap();
                refused(&mut w, stranger, contract, &format!("pass-{index}"), &[], code);
                refusals += 1;
            }
        }
    }
    println!("{refusals} refusals");
    assert!(refusals > 1_000, "{refusals}");
}

/// Makes every privileged call through a contract; how many were refused.
fn through(
    w: &mut World,
    sender: Address,
    privileges: &[Privilege],
    contract: &str,
    name: &str,
    standing: Standing,
) -> u32 {
    let mut refusals = 0;
    for (index, one) in privileges.iter().enumerate() {
        let pass = format!("pass-{index}");
        if let Some(code) = one.code_for_contract(name, standing) {
            refused(w, sender, contract, &pass, &[], code);
            refusals += 1;
        } else {
            let code = one.code_for_contract("", Standing::Unknown).unwrap();
            let what = format!("{} by {name}, {standing:?}", one.name());
            not_refused(w, sender, contract, &pass, &[], code, &what);
        }
    }
    refusals
}
