//! All calls of the set-up, made a second time.

use bithedge_stacks::Value;
use bithedge_suite::setup::{Effect, Place, SetupCall};

use crate::bare::{Bare, documented};

/// What is at the place of a call's effect. The treasury keeps a history of its table, so that a row that is set again is
/// another version of the same row: its number is left out.
fn read(bare: &mut Bare, call: &SetupCall) -> Option<Value> {
    let effect = call.effect().unwrap();
    let found = read_whole(bare, &effect);
    match found {
        Some(Value::Tuple(fields)) if call.function == "set-allocation" => {
            Some(Value::tuple(fields.into_iter().filter(|(name, _)| name.as_str() != "version")))
        }
        found => found,
    }
}

fn read_whole(bare: &mut Bare, effect: &Effect) -> Option<Value> {
    match &effect.place {
        Place::Answer { function, arguments } => {
            Some(bare.vm.read(effect.contract, function, arguments).unwrap().value().unwrap().clone())
        }
        Place::Entry { map, key } => bare.vm.entry(effect.contract, map, key).unwrap(),
    }
}

#[test]
fn a_second_set_up_is_refused_or_changes_nothing() {
    let mut bare = Bare::new();
    bare.set_up();
    let calls = bare.setup.calls().unwrap();
    let first: Vec<Option<Value>> = calls.iter().map(|call| read(&mut bare, call)).collect();
    let variables = bare.vm.all_variables().unwrap();
    let mut refused = 0;
    for (call, before) in calls.iter().zip(&first) {
        let outcome = bare.make(bare.deployer, call);
        if outcome.ok().is_err() {
            documented(&outcome);
            refused += 1;
        }
        assert_eq!(&read(&mut bare, call), before, "{} {}", call.contract, call.function);
    }
    // The buckets' and the books' maps are behind the places, the rest is in variables.
    assert_eq!(bare.vm.all_variables().unwrap(), variables);
    let all: Vec<Option<Value>> = calls.iter().map(|call| read(&mut bare, call)).collect();
    assert_eq!(all, first);
    // Reporters are there, and volatility is seeded.
    assert_eq!(refused, bare.setup.reporters.len() + 1);
}
