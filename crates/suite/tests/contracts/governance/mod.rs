mod powers;
mod proposals;

use crate::support::project;
use crate::system::{action, deployed, read, u};
use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};

pub(super) const NO_ACTIONS: u128 = 1_140_001;
pub(super) const DUPLICATE_ACTION: u128 = 1_140_002;
pub(super) const UNKNOWN_ROLE: u128 = 1_140_003;
pub(super) const INVALID_SETTING: u128 = 1_140_004;
pub(super) const INVALID_WEIGHT: u128 = 1_140_005;
pub(super) const INVALID_SUPPORT: u128 = 1_140_006;
pub(super) const INVALID_PERMISSIONS: u128 = 1_140_007;
pub(super) const EMPTY_TITLE: u128 = 1_140_008;
pub(super) const NOT_APPROVED: u128 = 1_140_301;
pub(super) const MAY_NOT_PROPOSE: u128 = 1_140_302;
pub(super) const MAY_NOT_VOTE: u128 = 1_140_303;
pub(super) const MAY_NOT_CANCEL: u128 = 1_140_304;
pub(super) const NOT_EMERGENCY_ACTION: u128 = 1_140_305;
pub(super) const NOT_DEPLOYER: u128 = 1_140_306;
pub(super) const UNKNOWN_PROPOSAL: u128 = 1_140_401;
pub(super) const TIMELOCKED: u128 = 1_140_901;
pub(super) const APPROVAL_EXPIRED: u128 = 1_140_902;
pub(super) const PROPOSAL_CANCELLED: u128 = 1_140_903;
pub(super) const NOT_VOTING: u128 = 1_140_904;
pub(super) const ALREADY_VOTED: u128 = 1_140_905;
pub(super) const NOT_SUCCEEDED: u128 = 1_140_906;
pub(super) const ACTION_PENDING: u128 = 1_140_907;
pub(super) const CLOSED: u128 = 1_140_908;
pub(super) const NO_WEIGHT: u128 = 1_140_909;
pub(super) const ROLE_NOT_HELD: u128 = 1_140_910;
pub(super) const CUSTODY: u128 = 1_140_911;

/// A contract that governance rules: it does one thing, and says so.
pub(super) const FAKE_TARGET: &str = "
(define-data-var value uint u0)
(define-public (set-value (new uint))
  (begin
    (try! (contract-call? .governance consume-action \"set-value\"
      (sha256 (unwrap-panic (to-consensus-buff? {new: new}))) contract-caller))
    ;; u13 stands for an action that fails when it is executed.
    (asserts! (not (is-eq new u13)) (err u1))
    (var-set value new)
    (ok true)))
";

pub(super) fn start() -> Session {
    Session::start(project(&["governance"]).with("fake-target", FAKE_TARGET).unwrap(), Options::default())
        .unwrap()
}

pub(super) fn set_value(new: u128) -> Value {
    action(deployed("fake-target"), "set-value", &[("new", u(new))])
}

pub(super) fn status(session: &mut Session, id: &Value) -> String {
    read(session, "governance", "get-status", std::slice::from_ref(id)).as_ascii().unwrap().to_owned()
}

pub(super) fn now(session: &mut Session) -> u128 {
    u128::from(session.now().unwrap())
}
