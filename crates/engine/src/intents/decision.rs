//! What governance decides: one call of a governed function, with the hash that a vote approves.

use bithedge_stacks::{ClarityName, Principal, Value};
use bithedge_suite::generated::governance::types::Action;
use bithedge_suite::generated::{
    analytics, dia_adapter, fee_schedule, governance, insurance_fund, liquidity_pool, liquidity_pool_vault,
    oracle, parameters, pyth_adapter, treasury, upgrade_manager,
};
use bithedge_suite::{Contract, ContractCall, ContractFunction as _, Deployment};
use sha2::{Digest as _, Sha256};

use super::state::ascii;

/// How the contract makes the bytes whose hash is approved.
enum Approved {
    /// The arguments by their names, as a tuple.
    Named(&'static [&'static str]),
    /// The only argument, which is a tuple itself.
    Itself,
    /// No bytes at all.
    Nothing,
}

macro_rules! decisions {
    ($($(#[$doc:meta])* $name:ident($module:ident::$function:ident) $approved:expr;)*) => {
        /// A call of a function that asks governance. Each carries exactly the arguments that were approved.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Decision {
            $($(#[$doc])* $name($module::$function),)*
        }

        $(impl From<$module::$function> for Decision {
            fn from(call: $module::$function) -> Self {
                Self::$name(call)
            }
        })*

        impl Decision {
            /// The contract that is called.
            #[must_use]
            pub const fn contract(&self) -> Contract {
                match self {
                    $(Self::$name(_) => <$module::$function as bithedge_suite::ContractFunction>::CONTRACT,)*
                }
            }

            /// The function that is called.
            #[must_use]
            pub const fn function(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => <$module::$function as bithedge_suite::ContractFunction>::FUNCTION,)*
                }
            }

            /// The call that carries it out.
            #[must_use]
            pub fn call(&self, deployment: &Deployment) -> ContractCall {
                match self {
                    $(Self::$name(call) => call.clone().into_call(deployment),)*
                }
            }

            const fn approved(&self) -> Approved {
                match self {
                    $(Self::$name(_) => $approved,)*
                }
            }
        }

        #[cfg(test)]
        const NAMES: &[(&str, Approved)] = &[$((stringify!($name), $approved)),*];
    };
}

use Approved::{Itself, Named, Nothing};

decisions! {
    /// Gives a role.
    AssignRole(governance::AssignRole) Named(&["who", "role"]);
    /// Takes a role.
    RevokeRole(governance::RevokeRole) Named(&["who", "role"]);
    /// Moves a role.
    TransferRole(governance::TransferRole) Named(&["role", "from", "to"]);
    /// What a role may do.
    SetRolePermissions(governance::SetRolePermissions) Named(&["role", "permissions"]);
    /// Somebody's voting weight.
    SetVotingWeight(governance::SetVotingWeight) Named(&["who", "weight"]);
    /// A rule of voting.
    SetSetting(governance::SetSetting) Named(&["name", "value"]);
    /// The list of the fast track.
    SetEmergencyAction(governance::SetEmergencyAction) Named(&["target", "function", "allowed"]);
    /// Marks a contract that holds assets.
    MarkCustody(governance::MarkCustody) Named(&["target"]);
    /// A new parameter.
    DefineParameter(parameters::DefineParameter) Named(&["name", "value", "min", "max"]);
    /// A parameter.
    SetParameter(parameters::SetParameter) Named(&["name", "value"]);
    /// A parameter's bounds.
    SetParameterBounds(parameters::SetParameterBounds) Named(&["name", "min", "max"]);
    /// A feature.
    SetFlag(parameters::SetFlag) Named(&["name", "enabled"]);
    /// A breaker's rules.
    SetBreaker(parameters::SetBreaker) Named(&["id", "activation-threshold", "auto-release"]);
    /// Releases a breaker.
    ReleaseBreaker(parameters::ReleaseBreaker) Named(&["id"]);
    /// An action's limits.
    SetActionRule(parameters::SetActionRule)
        Named(&["action", "flag", "breakers", "capacity", "refill-per-day", "cooldown"]);
    /// Opens the suite for business.
    CompleteSetup(parameters::CompleteSetup) Nothing;
    /// What the health score is made of.
    SetIndicators(analytics::SetIndicators) Named(&["indicators"]);
    /// A boundary's price.
    RecordBoundaryPrice(oracle::RecordBoundaryPrice) Named(&["at", "btc", "stx"]);
    /// A new reporter.
    AddReporter(oracle::AddReporter) Named(&["reporter", "weight"]);
    /// A reporter's weight.
    SetReporter(oracle::SetReporter) Named(&["reporter", "weight", "active"]);
    /// Takes a reporter out.
    RemoveReporter(oracle::RemoveReporter) Named(&["reporter"]);
    /// The oracle's limits.
    SetBounds(oracle::SetBounds) Itself;
    /// The first volatilities.
    SeedVolatility(oracle::SeedVolatility) Named(&["short", "long"]);
    /// The feed of DIA.
    SetDiaFeed(dia_adapter::SetFeed) Named(&["feed"]);
    /// The feed of Pyth.
    SetPythFeed(pyth_adapter::SetFeed) Named(&["feed"]);
    /// The widest confidence interval.
    SetMaxConfidence(pyth_adapter::SetMaxConfidence) Named(&["limit"]);
    /// Which tokens the vault takes.
    SetVaultToken(liquidity_pool_vault::SetToken) Named(&["token", "accepted"]);
    /// Which token is sBTC.
    SetSbtcTokenPrincipal(liquidity_pool_vault::SetSbtcTokenPrincipal) Named(&["token"]);
    /// Which pool is in service.
    SetBackendPrincipal(liquidity_pool_vault::SetBackendPrincipal) Named(&["backend"]);
    /// Whether the fund pays out surplus.
    SetWithdrawalsFrozen(insurance_fund::SetWithdrawalsFrozen) Named(&["frozen"]);
    /// The fund's rules.
    SetFundRules(insurance_fund::SetFundRules) Named(&["token", "rules"]);
    /// Takes surplus out of the fund.
    WithdrawSurplus(insurance_fund::WithdrawSurplus) Named(&["token", "amount", "recipient"]);
    /// Gives up on a recovery.
    WriteOff(insurance_fund::WriteOff) Named(&["id"]);
    /// A fee rate.
    SetFeeRate(fee_schedule::SetFeeRate) Named(&["operation", "rate"]);
    /// The discounts.
    SetDiscountTiers(fee_schedule::SetDiscountTiers) Named(&["tiers"]);
    /// Which tokens the treasury takes.
    SetTreasuryToken(treasury::SetToken) Named(&["token", "accepted", "reserve"]);
    /// A row of the treasury's table.
    SetAllocation(treasury::SetAllocation) Named(&["id", "share", "recipient", "active", "description"]);
    /// A payment of the treasury.
    ExecutePayment(treasury::ExecutePayment) Named(&["token", "amount", "recipient", "reason"]);
    /// Compensates the winner of a dispute.
    PayCompensation(treasury::PayCompensation) Named(&["dispute", "token", "amount", "recipient"]);
    /// Offers a swap.
    ApproveSwap(treasury::ApproveSwap) Named(&["sell", "amount", "buy", "price", "expires-at"]);
    /// Withdraws a swap.
    CancelSwap(treasury::CancelSwap) Named(&["id"]);
    /// A collateral token.
    AddCollateralToken(liquidity_pool::AddCollateralToken) Named(&[
        "token", "symbol", "decimals", "asset", "collateralization-ratio", "liquidation-threshold", "price-feed",
        "min-deposit", "min-premium", "bounty", "active",
    ]);
    /// A tier's terms.
    SetTier(liquidity_pool::SetTier) Named(&["tier", "terms"]);
    /// A bucket.
    OpenBucket(liquidity_pool::OpenBucket) Named(&["tier", "token", "capacity"]);
    /// Enters a new name.
    RegisterContract(upgrade_manager::RegisterContract)
        Named(&["name", "address", "version", "upgradeable", "custody"]);
    /// Describes a name.
    DescribeContract(upgrade_manager::DescribeContract)
        Named(&["name", "metadata", "custody", "fallback", "dependencies"]);
    /// Lets an upgrade wait for its delay.
    ProposeUpgrade(upgrade_manager::ProposeUpgrade) Named(&["name", "address", "version", "hash"]);
    /// Drops a waiting upgrade.
    CancelUpgrade(upgrade_manager::CancelUpgrade) Named(&["name"]);
    /// Makes a current contract retiring.
    RetireVersion(upgrade_manager::RetireVersion) Named(&["name", "address"]);
    /// Makes a retiring contract dead.
    KillVersion(upgrade_manager::KillVersion) Named(&["name", "address"]);
    /// The delays of upgrades.
    SetDelays(upgrade_manager::SetDelays) Named(&["normal", "custody", "kill"]);
    /// Closes a validated move.
    CompleteMigration(upgrade_manager::CompleteMigration) Named(&["id"]);
    /// Gives up a move.
    RollbackMigration(upgrade_manager::RollbackMigration) Named(&["id"]);
}

impl Decision {
    /// What a proposal lists and an approval is for: target, function, and the SHA-256 of the arguments' consensus encoding.
    #[must_use]
    pub fn action(&self, deployment: &Deployment) -> Action {
        let call = self.call(deployment);
        let bytes = match self.approved() {
            Named(names) => {
                let fields = names.iter().zip(call.args).map(|(name, value)| (field(name), value));
                Value::tuple(fields).encode()
            }
            Itself => call.args.first().map(Value::encode).unwrap_or_default(),
            Nothing => Vec::new(),
        };
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        Action {
            args: hash.into(),
            function: ascii(self.function()),
            target: Principal::Contract(call.contract),
        }
    }
}

impl Decision {
    /// What it is called with, by the contract's names.
    #[must_use]
    pub fn arguments(&self, deployment: &Deployment) -> Vec<(String, Value)> {
        let args = self.call(deployment).args;
        match self.approved() {
            Named(names) => names.iter().map(|name| (*name).to_owned()).zip(args).collect(),
            Itself => args.into_iter().map(|value| ("all".to_owned(), value)).collect(),
            Nothing => Vec::new(),
        }
    }
}

#[allow(clippy::expect_used, reason = "names that stand in the table above; a test makes each of them")]
fn field(name: &'static str) -> ClarityName {
    ClarityName::new(name).expect("a Clarity name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_a_name() {
        for (decision, approved) in NAMES {
            if let Named(names) = approved {
                assert!(!names.is_empty(), "{decision}");
                for name in *names {
                    assert_eq!(field(name).as_str(), *name);
                }
            }
        }
        assert!(NAMES.len() > 40);
    }

    #[test]
    fn two_values_of_one_parameter_are_two_actions() {
        let suite = Deployment::devnet();
        let action = |value| {
            Decision::from(parameters::SetParameter { name: ascii("bid-spread"), value }).action(&suite)
        };
        assert_eq!(action(1), action(1));
        assert_ne!(action(1), action(2));
    }
}
