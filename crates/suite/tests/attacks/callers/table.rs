//! Who may call what: every public function of the suite.

/// Who a function is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    /// Everybody: what it pays goes to whom it belongs to, what it takes comes from the caller.
    Anyone,
    /// Everybody for what is their own, and only directly: no contract may act for a person.
    Owner,
    /// Whoever carries out a vote. Others are refused as [`NOT_APPROVED`].
    Governed,
    /// Those of the test's people who hold a role or an office; others are refused with the code.
    Holder(u128, &'static [Person]),
    /// Contracts that are registered under one of these names (under any, if there is none), in service or, where the flag
    /// says so, retiring; others are refused with the code.
    Suite(u128, &'static [&'static str], bool),
}

/// People of the test with something that others lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// The only voter; nothing else since the hand-over.
    Deployer,
    /// The keeper is.
    Guardian,
    /// One of the three.
    Reporter,
    /// Has a position and no role.
    Provider,
    /// Has nothing.
    Stranger,
}

/// What is carried out without a vote is refused with this code of governance's.
pub(crate) const NOT_APPROVED: u128 = 1_140_301;

use Person::{Deployer, Guardian, Reporter};
use Who::{Anyone, Governed, Holder, Owner, Suite};

const GUARDED: Who = Holder(NOT_APPROVED, &[Guardian]);
const UPGRADE_OPERATOR: Who = Holder(1_240_301, &[]);
const ANALYTICS: Who = Suite(2_340_301, &[], true);
const PARAMETERS: Who = Suite(1_340_301, &[], false);
const POOL: &[&str] = &["liquidity-pool"];
const REGISTRY: &[&str] = &["policy-registry"];
const VAULT_NEW: Who = Suite(1_540_301, POOL, false);
const VAULT_OLD: Who = Suite(1_540_301, POOL, true);
const POOL_OLD: Who = Suite(1_840_301, REGISTRY, true);

/// Contract, function, whom it is for.
pub(crate) const TABLE: &[(&str, &str, Who)] = &[
    // As with native STX: tx-sender's own, also through a contract; the sender's post-conditions are its guard.
    ("stx-token", "transfer", Anyone),
    ("governance", "consume-action", Governed),
    ("governance", "propose", Holder(1_140_302, &[Deployer])),
    ("governance", "vote", Holder(1_140_303, &[Deployer])),
    ("governance", "queue", Anyone),
    ("governance", "cancel-proposal", Holder(1_140_304, &[Deployer, Guardian])),
    ("governance", "assign-role", Governed),
    ("governance", "revoke-role", Governed),
    ("governance", "transfer-role", Governed),
    ("governance", "renounce-role", Holder(1_140_910, &[Guardian])),
    ("governance", "set-role-permissions", Governed),
    ("governance", "set-voting-weight", Governed),
    ("governance", "set-setting", Governed),
    ("governance", "set-emergency-action", Governed),
    ("governance", "mark-custody", Governed),
    ("governance", "complete-bootstrap", Holder(1_140_306, &[Deployer])),
    ("upgrade-manager", "register-contract", Governed),
    ("upgrade-manager", "describe-contract", Governed),
    ("upgrade-manager", "propose-upgrade", Governed),
    ("upgrade-manager", "verify-upgrade", UPGRADE_OPERATOR),
    ("upgrade-manager", "activate-upgrade", Anyone),
    ("upgrade-manager", "confirm-upgrade", UPGRADE_OPERATOR),
    ("upgrade-manager", "cancel-upgrade", GUARDED),
    ("upgrade-manager", "retire-version", Governed),
    ("upgrade-manager", "kill-version", Governed),
    ("upgrade-manager", "set-delays", Governed),
    ("upgrade-manager", "start-migration", UPGRADE_OPERATOR),
    ("upgrade-manager", "record-migration-progress", UPGRADE_OPERATOR),
    ("upgrade-manager", "validate-migration", UPGRADE_OPERATOR),
    ("upgrade-manager", "complete-migration", Governed),
    ("upgrade-manager", "rollback-migration", GUARDED),
    ("parameters", "authorise-sale", Suite(1_340_301, REGISTRY, false)),
    ("parameters", "check-action", Suite(1_340_301, &[], true)),
    ("parameters", "define-parameter", Governed),
    ("parameters", "set-parameter", Governed),
    ("parameters", "set-parameter-bounds", Governed),
    ("parameters", "set-flag", Governed),
    ("parameters", "set-breaker", Governed),
    ("parameters", "trip-breaker", PARAMETERS),
    ("parameters", "report-level", PARAMETERS),
    ("parameters", "release-breaker", Governed),
    ("parameters", "set-action-rule", Governed),
    ("parameters", "complete-setup", Governed),
    ("analytics", "record", ANALYTICS),
    ("analytics", "record-all", ANALYTICS),
    ("analytics", "set-gauge", ANALYTICS),
    ("analytics", "set-indicators", Governed),
    ("analytics", "set-benchmark", Holder(2_340_301, &[])),
    ("analytics", "record-health", Anyone),
    ("oracle", "report-prices", Holder(1_440_301, &[Reporter])),
    ("oracle", "report-from-source", Anyone),
    ("oracle", "record-boundary", Anyone),
    ("oracle", "record-boundary-price", Governed),
    ("oracle", "check-liveness", Anyone),
    ("oracle", "dispute-report", Holder(1_440_304, &[Reporter, Guardian])),
    ("oracle", "suspend-reporter", Holder(1_440_303, &[Guardian])),
    ("oracle", "add-reporter", Governed),
    ("oracle", "set-reporter", Governed),
    ("oracle", "remove-reporter", Governed),
    ("oracle", "set-bounds", Governed),
    ("oracle", "seed-volatility", Governed),
    ("dia-adapter", "refresh", Anyone),
    ("dia-adapter", "set-feed", Governed),
    ("pyth-adapter", "refresh", Anyone),
    ("pyth-adapter", "set-feed", Governed),
    ("pyth-adapter", "set-max-confidence", Governed),
    ("liquidity-pool-vault", "deposit-funds", VAULT_NEW),
    ("liquidity-pool-vault", "credit-funds", VAULT_OLD),
    ("liquidity-pool-vault", "withdraw-funds", VAULT_OLD),
    ("liquidity-pool-vault", "lock-collateral-aggregate", VAULT_NEW),
    ("liquidity-pool-vault", "release-collateral-aggregate", VAULT_OLD),
    ("liquidity-pool-vault", "settle-policy", VAULT_OLD),
    ("liquidity-pool-vault", "set-token", Governed),
    ("liquidity-pool-vault", "set-sbtc-token-principal", Governed),
    ("liquidity-pool-vault", "set-backend-principal", Governed),
    ("insurance-fund", "contribute-to-fund", Owner),
    ("insurance-fund", "book-surplus", Anyone),
    ("insurance-fund", "cover-shortfall", Suite(1_740_301, POOL, true)),
    ("insurance-fund", "take-over-policy", Suite(1_740_301, REGISTRY, true)),
    // Nobody but the registry that handed it over knows a policy: to others it is unknown.
    ("insurance-fund", "settle-taken-policy", Holder(1_740_403, &[])),
    ("insurance-fund", "record-recovery", Owner),
    ("insurance-fund", "report-health", Anyone),
    ("insurance-fund", "set-withdrawals-frozen", GUARDED),
    ("insurance-fund", "set-fund-rules", Governed),
    ("insurance-fund", "withdraw-surplus", Governed),
    ("insurance-fund", "write-off", Governed),
    ("fee-schedule", "note-fee", Suite(2_940_301, &["treasury"], true)),
    ("fee-schedule", "net-volume", Suite(2_940_301, REGISTRY, true)),
    ("fee-schedule", "set-fee-rate", Governed),
    ("fee-schedule", "set-discount-tiers", Governed),
    ("treasury", "process-fee", Suite(1_640_301, &["policy-registry", "liquidity-pool"], false)),
    ("treasury", "distribute", Anyone),
    ("treasury", "claim-allocation", Anyone),
    ("treasury", "book-surplus", Anyone),
    ("treasury", "fill-swap", Owner),
    ("treasury", "set-token", Governed),
    ("treasury", "set-allocation", Governed),
    ("treasury", "execute-payment", Governed),
    ("treasury", "pay-compensation", Governed),
    ("treasury", "approve-swap", Governed),
    ("treasury", "cancel-swap", Governed),
    ("liquidity-pool", "commit-capital", Owner),
    ("liquidity-pool", "cancel-deposit", Owner),
    ("liquidity-pool", "request-withdrawal", Owner),
    ("liquidity-pool", "claim-yield", Owner),
    ("liquidity-pool", "cancel-withdrawal", Owner),
    ("liquidity-pool", "claim-withdrawal", Anyone),
    ("liquidity-pool", "exit-dead-bucket", Owner),
    ("liquidity-pool", "claim-credit", Anyone),
    ("liquidity-pool", "close-epoch", Anyone),
    ("liquidity-pool", "settle-expiry", POOL_OLD),
    ("liquidity-pool", "underwrite", Suite(1_840_301, REGISTRY, false)),
    ("liquidity-pool", "buy-back", POOL_OLD),
    ("liquidity-pool", "settle-early", POOL_OLD),
    ("liquidity-pool", "pay-claim", POOL_OLD),
    ("liquidity-pool", "add-collateral-token", Governed),
    ("liquidity-pool", "set-tier", Governed),
    ("liquidity-pool", "open-bucket", Governed),
    ("policy-registry", "purchase-protection", Owner),
    ("policy-registry", "activate-protection", Owner),
    ("policy-registry", "cancel-protection", Owner),
    ("policy-registry", "settle-expiry", Anyone),
    ("policy-registry", "claim-settlement", Anyone),
    ("policy-registry", "expire-policies", Anyone),
    ("policy-registry", "move-backing", Suite(1_940_303, &["liquidation-engine"], true)),
];
