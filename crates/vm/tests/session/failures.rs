use std::process::Command;

use bithedge_stacks::Value;
use bithedge_vm::{Options, Project, Session, SessionError, StartError, VmError};

use crate::session;

#[test]
fn a_process_that_dies_is_an_error_and_stays_one() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let process = session.process_id().unwrap();
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(killed.success());
    let error = session.call(alice, "ledger", "who", &[]).unwrap_err();
    assert!(matches!(&error, SessionError::Vm { source: VmError::Lost(_), .. }), "{error}");
    let error = session.call(alice, "ledger", "who", &[]).unwrap_err();
    assert!(matches!(&error, SessionError::Broken), "{error}");
    assert!(session.process_id().is_none());
}

#[test]
fn a_contract_that_does_not_compile_is_named() {
    let project =
        Project::empty().with("bad", "(define-public (f) (ok (+ u1 true)))\n(define-read-only (g) u1)");
    let error = Session::start(project.unwrap(), Options::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("bad") && text.contains("uint"), "{text}");
}

#[test]
fn a_contract_that_is_deployed_later_may_fail_too() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let height = session.tip().unwrap().stacks_height;
    let failed =
        session.deploy(alice, "bad", "(define-public (f) (ok (+ u1 true)))\n(define-read-only (g) u1)");
    let failed = failed.unwrap();
    assert!(failed.failure().unwrap().message.contains("uint"), "{failed:?}");
    let good = session.deploy(alice, "good", "(define-read-only (f) u1)\n(define-read-only (g) u2)").unwrap();
    good.value().unwrap();
    assert_eq!(session.tip().unwrap().stacks_height, height + 2);
    let read = session.read(&format!("{alice}.good"), "g", &[]).unwrap();
    assert_eq!(read.value().unwrap(), &Value::UInt(2));
}

#[test]
fn a_missing_worker_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { worker_dir: Some(folder.path().to_owned()), ..Options::default() };
    let error = Session::start(Project::empty(), options).unwrap_err();
    assert!(matches!(error, SessionError::Start(StartError::WorkerMissing { .. })), "{error}");
}

#[test]
fn names_are_checked_before_they_reach_the_vm() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    assert!(matches!(session.call(alice, "no name", "f", &[]), Err(SessionError::Contract(..))));
    assert!(matches!(session.call(alice, "ledger", "f) (g", &[]), Err(SessionError::Absent { .. })));
    assert!(matches!(session.account("nobody"), Err(SessionError::Account(_))));
    // And the session is still good.
    session.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap();
}
