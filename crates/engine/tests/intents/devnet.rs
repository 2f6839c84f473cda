//! Post-conditions on a real devnet, which enforces them as a node does: each call succeeds with its own, and each of them is needed
//! and as tight as can be.

use bithedge_engine::intents::{
    Ballot, BucketId, Capital, Decision, Governing, Intent, Prices, Protection, Recipient, Reserves, Upkeep,
};
use bithedge_protocol::pool::{Order, Shares};
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::Contract;
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{parameters, policy_registry, treasury};

use crate::chain::{Chain, Tried};

const BTC: u128 = 100_000_000;
const USD: u128 = 100_000_000;
const STX: u128 = 1_000_000;
const DAY: u64 = 86_400;

/// Places in the devnet's list of accounts.
const DEPLOYER: usize = 0;
const PETER: usize = 1;
const IRENE: usize = 2;
const IVAN: usize = 3;
const KEEPER: usize = 4;
const REPORTER: usize = 6;

const fn bucket(asset: Asset) -> BucketId {
    BucketId { tier: 2, asset }
}

fn order(asset: Asset, strike: u128, expiry: u64, size: u128) -> Order {
    Order {
        asset,
        tier: 2,
        strike: UsdE8::new(strike),
        expiry: UnixSeconds::new(expiry),
        size: Sats::new(size),
    }
}

fn buy(order: Order, most: u128) -> Intent {
    let valid_until = UnixSeconds::new(u64::MAX);
    Protection::Buy { order, max_cost: TokenAmount::new(most), valid_until }.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_needed_and_tight() {
    let mut c = Chain::start().await;
    provide(&mut c).await;
    println!("provided at {}", c.now().await);
    trade(&mut c).await;
    println!("traded at {}", c.now().await);
    expire(&mut c).await;
    println!("expired at {}", c.now().await);
    reserves(&mut c).await;
    decide(&mut c).await;
    allocate(&mut c).await;
    let Tried { intents, functions, conditions, tightened, without } = &c.tried;
    println!(
        "{intents} intents of {} functions succeeded with their own conditions; {conditions} conditions: {without} transactions \
         undone without one, {tightened} with one unit less room",
        functions.len()
    );
    println!("{functions:?}");
}

async fn provide(c: &mut Chain) {
    for (account, asset, amount) in
        [(IRENE, Asset::Sbtc, 5 * BTC), (IRENE, Asset::Stx, 2_000_000 * STX), (IVAN, Asset::Sbtc, BTC)]
    {
        let amount = TokenAmount::new(amount);
        c.is_exact(account, Capital::Commit { bucket: bucket(asset), amount }).await;
    }
    c.moves_nothing(IVAN, Capital::CancelDeposit(bucket(Asset::Sbtc))).await;
    let mine = Capital::ClaimWithdrawal { bucket: bucket(Asset::Sbtc), to: Recipient::Ours };
    c.is_exact(IVAN, mine).await;
    c.next_boundary().await;
    for asset in Asset::ALL {
        c.moves_nothing(KEEPER, Upkeep::CloseEpoch(bucket(asset))).await;
        c.is_exact(KEEPER, Upkeep::ClaimBounties { asset, to: Recipient::Ours }).await;
    }
    let shares = Shares::new(1_000_000_000);
    for asset in Asset::ALL {
        let bucket = bucket(asset);
        c.moves_nothing(IRENE, Capital::RequestWithdrawal { bucket, shares }).await;
        c.moves_nothing(IRENE, Capital::CancelWithdrawal(bucket)).await;
        c.moves_nothing(IRENE, Capital::RequestWithdrawal { bucket, shares }).await;
    }
    c.next_boundary().await;
    for asset in Asset::ALL {
        let bucket = bucket(asset);
        c.moves_nothing(KEEPER, Upkeep::CloseEpoch(bucket)).await;
        // Somebody else has it paid.
        let to = Recipient::Somebody(c.address(IRENE));
        c.is_exact(KEEPER, Capital::ClaimWithdrawal { bucket, to }).await;
    }
}

async fn trade(c: &mut Chain) {
    let expiry = c.expiry(2).await;
    for asset in Asset::ALL {
        c.report().await;
        let order = order(asset, 90_000 * USD, expiry, BTC);
        c.is_tight(PETER, buy(order, 1_000_000_000_000), &|cost| buy(order, cost)).await;
        for _ in 0..3 {
            c.buys(PETER, buy(order, 1_000_000_000_000)).await;
        }
    }
    c.report().await;
    for (policy, asset) in [(1, Asset::Sbtc), (5, Asset::Stx)] {
        let sell = |least| Protection::SellBack { policy, asset, min_refund: TokenAmount::new(least) }.into();
        c.is_tight(PETER, sell(1), &sell).await;
    }
    c.walk(85_000 * USD, USD).await;
    for (policy, asset) in [(2, Asset::Sbtc), (6, Asset::Stx)] {
        let activate =
            |least| Protection::Activate { policy, asset, min_payout: TokenAmount::new(least) }.into();
        c.is_tight(PETER, activate(1), &activate).await;
    }
    assert_eq!(c.policies().await, 8);
}

/// Both buckets' expiry; STX has fallen so far that the fund has to help.
async fn expire(c: &mut Chain) {
    let policy = c.read(policy_registry::GetPolicy { id: 3 }).await.unwrap();
    let expiry = u64::try_from(policy.expiry).unwrap();
    let give = |asset, amount| Reserves::Contribute { asset, amount: TokenAmount::new(amount) };
    c.is_exact(IVAN, give(Asset::Stx, 400_000 * STX)).await;
    c.is_exact(IVAN, give(Asset::Sbtc, BTC)).await;
    // What the bucket has beyond its locks leaves first, or it would pay before the fund does.
    c.walk(50_000 * USD, USD / 50).await;
    c.run_to(expiry).await;
    let expiry = UnixSeconds::new(expiry);
    let settle = |asset| Upkeep::SettleExpiry { bucket: bucket(asset), expiry };
    c.moves_nothing(KEEPER, settle(Asset::Sbtc)).await;
    c.is_bounded(KEEPER, settle(Asset::Stx)).await;
    for (policy, asset) in [(3, Asset::Sbtc), (7, Asset::Stx)] {
        c.is_exact(PETER, Protection::Claim { policy, asset, to: Recipient::Ours }).await;
    }
    for (policy, asset) in [(4, Asset::Sbtc), (8, Asset::Stx)] {
        let to = Recipient::Somebody(c.address(PETER));
        c.is_exact(KEEPER, Protection::Claim { policy, asset, to }).await;
    }
    c.moves_nothing(KEEPER, Upkeep::EndPolicies(vec![1, 2, 3])).await;
    for asset in Asset::ALL {
        c.moves_nothing(KEEPER, Upkeep::CloseEpoch(bucket(asset))).await;
    }
    let recover = Reserves::Recover { activation: 1, asset: Asset::Stx, amount: TokenAmount::new(1_000) };
    c.is_exact(IVAN, recover).await;
}

async fn reserves(c: &mut Chain) {
    for asset in Asset::ALL {
        c.is_exact(IVAN, Reserves::Distribute(asset)).await;
        c.moves_nothing(IVAN, Reserves::ReportFundHealth(asset)).await;
    }
    c.moves_nothing(IVAN, Upkeep::CheckOracle).await;
    c.moves_nothing(IVAN, Upkeep::RecordHealth).await;
    let (now, quote) = (c.now().await, c.network.market().state().quote);
    let observed_at = UnixSeconds::new(now);
    c.moves_nothing(REPORTER, Prices::Report { btc: quote.btc, stx: quote.stx, observed_at }).await;
    let reporter = Principal::Standard(c.address(REPORTER));
    c.moves_nothing(KEEPER, Prices::Dispute { reporter: reporter.clone(), reason: [1; 32] }).await;
    // A bucket that nobody closes for three days.
    c.snapshot("dead").await;
    let time = c.now().await + 4 * DAY;
    c.travel_to(time).await;
    let shares = Shares::new(1_000_000_000);
    c.moves_nothing(IRENE, Capital::LeaveDeadBucket { bucket: bucket(Asset::Sbtc), shares }).await;
    c.is_exact(IRENE, Capital::ClaimWithdrawal { bucket: bucket(Asset::Sbtc), to: Recipient::Ours }).await;
    c.report().await;
    let missed = (c.now().await - 28_800) / DAY * DAY + 28_800 - DAY;
    c.moves_nothing(KEEPER, Upkeep::RecordBoundary(UnixSeconds::new(missed))).await;
    c.restore("dead").await;
    c.moves_nothing(KEEPER, Prices::Suspend(reporter)).await;
    c.moves_nothing(KEEPER, Governing::FreezeFundWithdrawals).await;
    let sales = || Ascii::new("sales").unwrap();
    let reason = Ascii::new("test").unwrap();
    c.moves_nothing(KEEPER, Governing::TripBreaker { breaker: sales(), reason }).await;
    c.moves_nothing(KEEPER, Governing::ReleaseBreaker(sales())).await;
    c.moves_nothing(KEEPER, Governing::RenounceRole(Ascii::new("guardian").unwrap())).await;
}

/// A vote on payments, and a swap that it offers.
async fn decide(c: &mut Chain) {
    let sbtc = c.network.chain().suite.sbtc().unwrap().clone();
    let held = c.read(treasury::GetTreasuryBalances { token: c.sbtc() }).await.available;
    assert!(held > 300, "the treasury keeps a part of the fees: {held}");
    let to = Principal::Standard(c.address(IVAN));
    let fund = Principal::Contract(c.network.chain().suite.contract(Contract::InsuranceFund).clone());
    let pay = |amount, recipient: &Principal| -> Decision {
        let reason = Ascii::new("work").unwrap();
        treasury::ExecutePayment { token: sbtc.clone(), amount, recipient: recipient.clone(), reason }.into()
    };
    let compensate: Decision =
        treasury::PayCompensation { dispute: 1, token: sbtc.clone(), amount: 50, recipient: to.clone() }
            .into();
    // At most seven days after its approval, which is eight after the proposal.
    let expires_at = u128::from(c.now().await) + u128::from(14 * DAY);
    let swap: Decision =
        treasury::ApproveSwap { sell: c.sbtc(), amount: 60, buy: c.stx(), price: 700, expires_at }.into();
    let row: Decision = treasury::SetAllocation {
        id: Ascii::new("ivan").unwrap(),
        share: 100_000,
        recipient: to.clone(),
        active: true,
        description: Ascii::new("a part").unwrap(),
    }
    .into();
    let spread: Decision =
        parameters::SetParameter { name: Ascii::new("bid-spread").unwrap(), value: 120_000 }.into();
    let decisions =
        vec![pay(100, &to), pay(70, &fund), compensate.clone(), swap.clone(), row.clone(), spread.clone()];
    let propose = |decisions: Vec<Decision>| Governing::Propose {
        title: Ascii::new("Payments").unwrap(),
        description: [1; 32],
        uri: Ascii::new("").unwrap(),
        decisions,
        emergency: false,
    };
    c.moves_nothing(DEPLOYER, propose(decisions)).await;
    c.moves_nothing(DEPLOYER, propose(vec![spread.clone()])).await;
    c.moves_nothing(DEPLOYER, Governing::Cancel(2)).await;
    let pass = async |c: &Chain, seconds: u64| {
        let time = c.now().await + seconds + 60;
        c.travel_to(time).await;
    };
    pass(c, DAY).await;
    c.moves_nothing(DEPLOYER, Governing::Vote { proposal: 1, ballot: Ballot::For }).await;
    pass(c, 5 * DAY).await;
    c.moves_nothing(IVAN, Governing::Queue(1)).await;
    pass(c, 2 * DAY).await;
    let execute = |decision: &Decision| Governing::Execute(Box::new(decision.clone()));
    c.is_exact(IVAN, execute(&pay(100, &to))).await;
    c.is_exact(PETER, execute(&pay(70, &fund))).await;
    c.is_exact(PETER, execute(&compensate)).await;
    c.moves_nothing(PETER, execute(&row)).await;
    c.moves_nothing(PETER, execute(&spread)).await;
    // The swap is approved, and filled exactly.
    c.moves_nothing(PETER, execute(&swap)).await;
    let fill = Reserves::FillSwap {
        swap: 1,
        gives: Asset::Sbtc,
        amount: TokenAmount::new(60),
        takes: Asset::Stx,
        price: TokenAmount::new(700),
    };
    c.is_exact(PETER, fill).await;
}

/// New fees, of which a row of the treasury's table gets a part.
async fn allocate(c: &mut Chain) {
    c.next_boundary().await;
    for asset in Asset::ALL {
        c.moves_nothing(KEEPER, Upkeep::CloseEpoch(bucket(asset))).await;
    }
    let expiry = c.expiry(9).await;
    let order = order(Asset::Sbtc, 45_000 * USD, expiry, BTC / 10);
    c.buys(PETER, buy(order, 1_000_000_000_000)).await;
    c.is_exact(IVAN, Reserves::Distribute(Asset::Sbtc)).await;
    let to = Principal::Standard(c.address(IVAN));
    c.is_exact(PETER, Reserves::ClaimAllocation { asset: Asset::Sbtc, to }).await;
}
