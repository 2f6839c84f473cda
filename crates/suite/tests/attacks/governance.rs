//! Votes: what is approved is done once, with the arguments that were voted on, by the contract that was named.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::*;
use bithedge_vm::Outcome;
use sha2::{Digest as _, Sha256};

use crate::bootstrap::{does, refused, text};

const NOT_APPROVED: u128 = 1_140_301;
const TIMELOCKED: u128 = 1_140_901;
const APPROVAL_EXPIRED: u128 = 1_140_902;
const PROPOSAL_CANCELLED: u128 = 1_140_903;

/// A governed call: what a vote approves.
pub(crate) struct Action {
    contract: &'static str,
    function: &'static str,
    args: Vec<(&'static str, Value)>,
}

impl Action {
    /// The call of a function whose parameters have these names, in order.
    pub(crate) fn new(
        contract: &'static str,
        function: &'static str,
        args: &[(&'static str, Value)],
    ) -> Self {
        Self { contract, function, args: args.to_vec() }
    }

    /// As a proposal names it.
    fn value(&self, w: &World) -> Value {
        let fields = self.args.iter().map(|(name, value)| ((*name).parse().unwrap(), value.clone()));
        let hash = Sha256::digest(Value::tuple(fields).encode()).to_vec();
        let target = Value::from(w.vm.contract(self.contract).unwrap());
        let fields = [("target", target), ("function", text(self.function)), ("args", Value::buffer(hash))];
        Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value)))
    }

    fn values(&self) -> Vec<Value> {
        self.args.iter().map(|(_, value)| value.clone()).collect()
    }

    /// Carries it out.
    pub(crate) fn call(&self, w: &mut World, sender: Address) -> Outcome {
        w.call(sender, self.contract, self.function, &self.values())
    }
}

/// The only voter opens a proposal; its number.
pub(crate) fn propose(w: &mut World, actions: &[Action]) -> Value {
    let list = Value::list(actions.iter().map(|action| action.value(w)));
    let args = [
        text("A change"),
        Value::buffer([7; 32]),
        text("https://example.org/proposals/1"),
        list,
        Value::Bool(false),
    ];
    does(w, w.deployer, "governance", "propose", &args)
}

/// A proposal's vote until its timelock runs.
fn vote_and_queue(w: &mut World, id: &Value) {
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + DAY).unwrap();
    does(w, w.deployer, "governance", "vote", &[id.clone(), u(1)]);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 5 * DAY).unwrap();
    does(w, w.stranger, "governance", "queue", std::slice::from_ref(id));
}

/// Takes actions through a vote, until they can be carried out.
pub(crate) fn carry_out(w: &mut World, actions: &[Action]) -> Value {
    let id = propose(w, actions);
    vote_and_queue(w, &id);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 2 * DAY).unwrap();
    id
}

fn set_parameter(name: &str, value: u128) -> Action {
    Action::new("parameters", "set-parameter", &[("name", text(name)), ("value", u(value))])
}

#[test]
fn what_is_approved_is_done_once_with_the_arguments_voted_on_and_by_nobody_else() {
    let mut w = World::new();
    let stranger = w.stranger;
    for key in ["min-size", "cancel-cutoff", "activation-delay"] {
        w.vm.watch_entry("parameters", "parameters", text(key)).unwrap();
    }
    let approved = set_parameter("min-size", 20_000);
    let no = |w: &mut World, action: &Action, code: u128| {
        refused(w, stranger, action.contract, action.function, &action.values(), code);
    };
    // Before the vote, during it, and while its timelock runs.
    no(&mut w, &approved, NOT_APPROVED);
    let id = propose(&mut w, &[set_parameter("min-size", 20_000), set_parameter("cancel-cutoff", 7_200)]);
    no(&mut w, &approved, NOT_APPROVED);
    vote_and_queue(&mut w, &id);
    no(&mut w, &approved, TIMELOCKED);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 2 * DAY).unwrap();
    w.vm.snapshot().unwrap();

    // Other arguments, another name, another function with arguments of the same encoding, another contract.
    for other in [
        set_parameter("min-size", 20_001),
        set_parameter("min-size", 19_999),
        set_parameter("max-size", 200_000_000),
        set_parameter("cancel-cutoff", 20_000),
        set_parameter("activation-delay", 7_200),
        Action::new("governance", "set-setting", &[("name", text("quorum")), ("value", u(20_000))]),
    ] {
        no(&mut w, &other, NOT_APPROVED);
    }
    // Nobody takes the approval out of the contract's hands: it is consumed for the target that asks.
    let hash = approved.value(&w).field("args").unwrap().clone();
    let consume = [text("set-parameter"), hash, who(w.deployer)];
    refused(&mut w, stranger, "governance", "consume-action", &consume, NOT_APPROVED);
    let parameters = Value::from(w.vm.contract("parameters").unwrap());
    let posing = [consume[0].clone(), consume[1].clone(), parameters];
    refused(&mut w, stranger, "governance", "consume-action", &posing, NOT_APPROVED);

    // Once, by anybody; not again, also not by the voter; the other action stays approved.
    approved.call(&mut w, stranger).ok().unwrap();
    for sender in [stranger, w.deployer] {
        refused(&mut w, sender, "parameters", "set-parameter", &approved.values(), NOT_APPROVED);
    }
    let second = set_parameter("cancel-cutoff", 7_200);
    second.call(&mut w, stranger).ok().unwrap();
    no(&mut w, &second, NOT_APPROVED);

    // An approval whose grace has passed, and one that was cancelled, are worth nothing.
    w.vm.restore().unwrap();
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 14 * DAY).unwrap();
    no(&mut w, &approved, APPROVAL_EXPIRED);
    w.vm.restore().unwrap();
    let guardian = w.keeper;
    does(&mut w, guardian, "governance", "cancel-proposal", &[id]);
    no(&mut w, &approved, PROPOSAL_CANCELLED);
}
