//! Values written as in Clarity, and decisions of governance taken through their whole life.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::{DAY, World, u};
use bithedge_vm::Session;

use crate::table::Table;

/// Any 32 bytes.
pub(crate) const HASH: &str = "0x0707070707070707070707070707070707070707070707070707070707070707";

/// What governance decides.
pub(crate) struct Decision {
    /// The contract, or `@label` for an account that asks as a contract would.
    pub(crate) contract: &'static str,
    /// The function.
    pub(crate) function: &'static str,
    /// Arguments by name, in the function's order, as Clarity: `.name` is a contract of the deployer's, `@label` an account,
    /// `#sbtc` the network's sBTC.
    args: Vec<(&'static str, String)>,
}

impl Decision {
    /// A decision with arguments by name.
    pub(crate) fn new(contract: &'static str, function: &'static str, args: &[(&'static str, &str)]) -> Self {
        let args = args.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        Self { contract, function, args }
    }
}

const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";

/// The value that the text means.
pub(crate) fn value(vm: &mut Session, text: &str) -> Value {
    let code = expanded(vm, text);
    let deployer = vm.deployer().unwrap();
    match vm.evaluate(deployer, &code).unwrap().value() {
        Ok(value) => value.clone(),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The values that the texts mean.
pub(crate) fn values(vm: &mut Session, texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| value(vm, text)).collect()
}

fn expanded(vm: &Session, text: &str) -> String {
    let deployer = vm.deployer().unwrap();
    let mut code = String::new();
    let mut quoted = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let name = |skip: usize| {
            let tail = &rest[skip..];
            let end =
                tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(tail.len());
            &tail[..end]
        };
        if first == '"' {
            quoted = !quoted;
        }
        let starts_word = code.chars().last().is_none_or(|last| " ({".contains(last));
        let taken = match first {
            '.' if !quoted && starts_word => {
                code.push_str(&format!("'{deployer}.{}", name(1)));
                1 + name(1).len()
            }
            '@' if !quoted => {
                code.push_str(&format!("'{}", vm.account(name(1)).unwrap()));
                1 + name(1).len()
            }
            '#' if !quoted => {
                code.push_str(&format!("'{SBTC}"));
                1 + name(1).len()
            }
            other => {
                code.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    code
}

/// The account of a label.
pub(crate) fn account(vm: &Session, label: &str) -> Address {
    vm.account(label).unwrap()
}

/// Measures a call with arguments written as in Clarity.
pub(crate) fn call(
    table: &mut Table,
    vm: &mut Session,
    case: &str,
    label: &str,
    contract: &str,
    function: &str,
    texts: &[&str],
) -> Value {
    let args = values(vm, texts);
    let sender = account(vm, label);
    table.measure(vm, case, sender, contract, function, &args)
}

/// What governance knows arguments by.
fn hash(vm: &mut Session, decision: &Decision) -> Value {
    let fields: Vec<String> = decision
        .args
        .iter()
        .map(|(name, text)| {
            let name = if decision.function == "set-indicators" { "indicators" } else { name };
            format!("{name}: {text}")
        })
        .collect();
    // The argument of `set-bounds` is the tuple itself.
    let encoded = match (decision.function, decision.args.as_slice()) {
        ("set-bounds", [(_, only)]) => only.clone(),
        _ => format!("{{ {} }}", fields.join(", ")),
    };
    value(vm, &format!("(sha256 (unwrap-panic (to-consensus-buff? {encoded})))"))
}

/// Takes decisions through proposals of up to ten, as the only voter: they can be carried out afterwards.
pub(crate) fn decide(table: &mut Table, w: &mut World, decisions: &[Decision]) {
    let mut actions: Vec<Value> = Vec::new();
    for decision in decisions {
        let Decision { contract, function, .. } = *decision;
        let target = if contract.starts_with('@') { contract.to_owned() } else { format!(".{contract}") };
        let target = value(&mut w.vm, &target);
        let args = hash(&mut w.vm, decision);
        let fields = [("target", target), ("function", Value::ascii(function).unwrap()), ("args", args)];
        actions.push(Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value))));
    }
    w.vm.advance_stacks(1).unwrap();
    let (proposer, keeper) = (w.deployer, w.keeper);
    let mut ids = Vec::new();
    for some in actions.chunks(10) {
        let args = [
            Value::ascii("t".repeat(80)).unwrap(),
            Value::buffer([7; 32]),
            Value::ascii("u".repeat(128)).unwrap(),
            Value::list(some.iter().cloned()),
            Value::Bool(false),
        ];
        let case = format!("{} actions, longest texts", some.len());
        ids.push(table.measure(&mut w.vm, &case, proposer, "governance", "propose", &args));
    }
    wait(w, DAY);
    for id in &ids {
        let args = [id.clone(), u(1)];
        table.measure(&mut w.vm, "normal proposal", proposer, "governance", "vote", &args);
    }
    wait(w, 5 * DAY);
    for (id, some) in ids.iter().zip(actions.chunks(10)) {
        let case = format!("{} actions", some.len());
        table.measure(&mut w.vm, &case, keeper, "governance", "queue", std::slice::from_ref(id));
    }
    wait(w, 2 * DAY);
}

/// Carries out a decision, as anybody may.
pub(crate) fn carry_out(table: &mut Table, w: &mut World, decision: &Decision) -> Value {
    let args: Vec<Value> = decision.args.iter().map(|(_, text)| value(&mut w.vm, text)).collect();
    let sender = w.stranger;
    table.measure(&mut w.vm, "decided by governance", sender, decision.contract, decision.function, &args)
}

/// Lets time pass.
pub(crate) fn wait(w: &mut World, seconds: u64) {
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + seconds).unwrap();
}
