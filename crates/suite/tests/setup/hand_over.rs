//! Who may set the suite up, and until when.

use bithedge_suite::setup::hand_over;

use crate::bare::{Bare, documented};

const NOT_APPROVED: u128 = 1_140_301;
const NOT_DEPLOYER: u128 = 1_140_306;
const NO_WEIGHT: u128 = 1_140_909;

#[test]
fn only_the_deployer_sets_up_and_nobody_after_the_hand_over() {
    let mut bare = Bare::new();
    let calls = bare.setup.calls().unwrap();

    // Nobody comes before the deployer.
    let untouched = bare.vm.fingerprint().unwrap();
    for call in &calls {
        let outcome = bare.make(bare.stranger, call);
        let code = documented(&outcome);
        // `complete-setup` looks first whether everything is there.
        let expected = if call.function == "complete-setup" { 1_340_401 } else { NOT_APPROVED };
        assert_eq!(code, expected, "{} {}", call.contract, call.function);
        assert!(!bare.has(&call.effect().unwrap()), "{} {}", call.contract, call.function);
    }
    assert_eq!(documented(&bare.make(bare.stranger, &hand_over())), NOT_DEPLOYER);
    // Power is given away only to somebody.
    assert_eq!(documented(&bare.make(bare.deployer, &hand_over())), NO_WEIGHT);
    assert_eq!(bare.vm.fingerprint().unwrap(), untouched);

    bare.set_up();
    assert!(!bare.has(&hand_over().effect().unwrap()));
    assert_eq!(documented(&bare.make(bare.stranger, &hand_over())), NOT_DEPLOYER);
    bare.make(bare.deployer, &hand_over()).ok().unwrap();
    assert!(bare.has(&hand_over().effect().unwrap()));

    // From here on the deployer is nobody: neither with what was said before nor with anything else.
    let handed_over = bare.vm.fingerprint().unwrap();
    let mut other = bare.setup.clone();
    other.volatility = (700_000, 700_000);
    other.min_weight = 1;
    other.reporters = vec![(other.voters[0].0.clone(), 5)];
    other.guardians = vec![other.voters[0].0.clone()];
    other.voters = vec![(bithedge_stacks::Principal::Standard(bare.deployer), 1_000)];
    for call in calls.iter().chain(&other.calls().unwrap()) {
        let outcome = bare.make(bare.deployer, call);
        assert_eq!(documented(&outcome), NOT_APPROVED, "{} {}", call.contract, call.function);
    }
    // Handing over again says that nothing changed.
    let again = bare.make(bare.deployer, &hand_over());
    assert_eq!(again.ok().unwrap(), &bithedge_stacks::Value::Bool(false));
    assert_eq!(bare.vm.fingerprint().unwrap(), handed_over);
}
