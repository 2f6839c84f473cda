//! The calls of intents spelled by hand: arguments by position, as the contracts declare them.

use bithedge_engine::intents::{
    BucketId, Capital, Governing, Intent, Prices, Protection, Recipient, Reserves, Upkeep,
};
use bithedge_protocol::Asset;
use bithedge_stacks::{Address, ContractId, Principal, Value};
use bithedge_suite::{ContractCall, Deployment, ToClarity as _};

fn u(value: impl Into<u128>) -> Value {
    Value::UInt(value.into())
}

fn token(suite: &Deployment, asset: Asset) -> Value {
    Value::from(match asset {
        Asset::Sbtc => "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse::<ContractId>().unwrap(),
        Asset::Stx => format!("{}.stx-token", suite.deployer()).parse::<ContractId>().unwrap(),
    })
}

fn who(recipient: Recipient, account: Address) -> Value {
    Value::Principal(Principal::Standard(match recipient {
        Recipient::Ours => account,
        Recipient::Somebody(address) => address,
    }))
}

/// The call of an intent.
pub(crate) fn call(suite: &Deployment, account: Address, intent: &Intent) -> ContractCall {
    let (contract, function, args) = match intent {
        Intent::Protection(intent) => protection(suite, intent),
        Intent::Capital(intent) => capital(suite, account, intent),
        Intent::Upkeep(intent) => upkeep(suite, account, intent),
        Intent::Prices(intent) => prices(intent),
        Intent::Reserves(intent) => reserves(suite, intent),
        Intent::Governing(Governing::Execute(decision)) => return decision.call(suite),
        Intent::Governing(intent) => governing(suite, intent),
    };
    ContractCall {
        contract: format!("{}.{contract}", suite.deployer()).parse().unwrap(),
        function: function.parse().unwrap(),
        args,
    }
}

type Parts = (&'static str, &'static str, Vec<Value>);

fn protection(suite: &Deployment, intent: &Protection) -> Parts {
    const REGISTRY: &str = "policy-registry";
    match intent {
        Protection::Buy { order, max_cost, .. } => (
            REGISTRY,
            "purchase-protection",
            vec![
                token(suite, order.asset),
                u(order.tier),
                u(1_u8),
                u(order.strike.base_units()),
                u(order.expiry.get()),
                u(order.size.base_units()),
                u(max_cost.base_units()),
            ],
        ),
        Protection::Activate { policy, asset, min_payout } => (
            REGISTRY,
            "activate-protection",
            vec![u(*policy), token(suite, *asset), u(min_payout.base_units())],
        ),
        Protection::SellBack { policy, asset, min_refund } => (
            REGISTRY,
            "cancel-protection",
            vec![u(*policy), token(suite, *asset), u(min_refund.base_units())],
        ),
        Protection::Claim { policy, asset, .. } => {
            (REGISTRY, "claim-settlement", vec![u(*policy), token(suite, *asset)])
        }
    }
}

fn capital(suite: &Deployment, account: Address, intent: &Capital) -> Parts {
    let place = |bucket: &BucketId| vec![u(bucket.tier), token(suite, bucket.asset)];
    let and = |bucket: &BucketId, value| {
        let mut args = place(bucket);
        args.push(value);
        args
    };
    let (function, args) = match intent {
        Capital::Commit { bucket, amount } => ("commit-capital", and(bucket, u(amount.base_units()))),
        Capital::CancelDeposit(bucket) => ("cancel-deposit", place(bucket)),
        Capital::RequestWithdrawal { bucket, shares } => {
            ("request-withdrawal", and(bucket, u(shares.count())))
        }
        Capital::ClaimYield(bucket) => ("claim-yield", place(bucket)),
        Capital::CancelWithdrawal(bucket) => ("cancel-withdrawal", place(bucket)),
        Capital::ClaimWithdrawal { bucket, to } => ("claim-withdrawal", and(bucket, who(*to, account))),
        Capital::LeaveDeadBucket { bucket, shares } => ("exit-dead-bucket", and(bucket, u(shares.count()))),
    };
    ("liquidity-pool", function, args)
}

fn upkeep(suite: &Deployment, account: Address, intent: &Upkeep) -> Parts {
    match intent {
        Upkeep::CloseEpoch(bucket) => {
            ("liquidity-pool", "close-epoch", vec![u(bucket.tier), token(suite, bucket.asset)])
        }
        Upkeep::SettleExpiry { bucket, expiry } => (
            "policy-registry",
            "settle-expiry",
            vec![u(bucket.tier), token(suite, bucket.asset), u(expiry.get())],
        ),
        Upkeep::EndPolicies(ids) => {
            ("policy-registry", "expire-policies", vec![Value::list(ids.iter().map(|id| u(*id)))])
        }
        Upkeep::ClaimBounties { asset, to } => {
            ("liquidity-pool", "claim-credit", vec![token(suite, *asset), who(*to, account)])
        }
        Upkeep::RecordBoundary(at) => ("oracle", "record-boundary", vec![u(at.get())]),
        Upkeep::CheckOracle => ("oracle", "check-liveness", vec![]),
        Upkeep::RecordHealth => ("analytics", "record-health", vec![]),
    }
}

fn prices(intent: &Prices) -> Parts {
    match intent {
        Prices::Report { btc, stx, observed_at } => {
            ("oracle", "report-prices", vec![u(btc.base_units()), u(stx.base_units()), u(observed_at.get())])
        }
        Prices::ReportFrom(source) => ("oracle", "report-from-source", vec![Value::from(source.clone())]),
        Prices::RefreshDia(feed) => ("dia-adapter", "refresh", vec![Value::from(feed.clone())]),
        Prices::RefreshPyth(feed) => ("pyth-adapter", "refresh", vec![Value::from(feed.clone())]),
        Prices::Dispute { reporter, reason } => (
            "oracle",
            "dispute-report",
            vec![Value::Principal(reporter.clone()), Value::buffer(reason.to_vec())],
        ),
        Prices::Suspend(reporter) => ("oracle", "suspend-reporter", vec![Value::Principal(reporter.clone())]),
    }
}

fn reserves(suite: &Deployment, intent: &Reserves) -> Parts {
    match intent {
        Reserves::Distribute(asset) => ("treasury", "distribute", vec![token(suite, *asset)]),
        Reserves::ClaimAllocation { asset, to } => {
            ("treasury", "claim-allocation", vec![token(suite, *asset), Value::Principal(to.clone())])
        }
        Reserves::BookTreasurySurplus(asset) => ("treasury", "book-surplus", vec![token(suite, *asset)]),
        Reserves::FillSwap { swap, gives, takes, .. } => {
            ("treasury", "fill-swap", vec![u(*swap), token(suite, *gives), token(suite, *takes)])
        }
        Reserves::Contribute { asset, amount } => {
            ("insurance-fund", "contribute-to-fund", vec![u(amount.base_units()), token(suite, *asset)])
        }
        Reserves::Recover { activation, asset, amount } => (
            "insurance-fund",
            "record-recovery",
            vec![u(*activation), u(amount.base_units()), token(suite, *asset)],
        ),
        Reserves::BookFundSurplus(asset) => ("insurance-fund", "book-surplus", vec![token(suite, *asset)]),
        Reserves::ReportFundHealth(asset) => ("insurance-fund", "report-health", vec![token(suite, *asset)]),
    }
}

fn governing(suite: &Deployment, intent: &Governing) -> Parts {
    const GOVERNANCE: &str = "governance";
    match intent {
        Governing::Propose { title, description, uri, decisions, emergency } => (
            GOVERNANCE,
            "propose",
            vec![
                title.to_clarity(),
                Value::buffer(description.to_vec()),
                uri.to_clarity(),
                Value::list(decisions.iter().map(|decision| decision.action(suite).to_clarity())),
                Value::Bool(*emergency),
            ],
        ),
        Governing::Vote { proposal, ballot } => (GOVERNANCE, "vote", vec![u(*proposal), u(ballot.code())]),
        Governing::Queue(id) => (GOVERNANCE, "queue", vec![u(*id)]),
        Governing::Cancel(id) => (GOVERNANCE, "cancel-proposal", vec![u(*id)]),
        Governing::Execute(_) => unreachable!("a decision is its own call"),
        Governing::RenounceRole(role) => (GOVERNANCE, "renounce-role", vec![role.to_clarity()]),
        Governing::TripBreaker { breaker, reason } => {
            ("parameters", "trip-breaker", vec![breaker.to_clarity(), reason.to_clarity()])
        }
        Governing::ReleaseBreaker(breaker) => ("parameters", "release-breaker", vec![breaker.to_clarity()]),
        Governing::FreezeFundWithdrawals => {
            ("insurance-fund", "set-withdrawals-frozen", vec![Value::Bool(true)])
        }
    }
}
