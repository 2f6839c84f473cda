//! What each table holds. Amounts are base units of the row's token, prices and values in USD 10^-8, ratios parts per
//! million, times seconds since 1970, as in the contracts' own maps, whose names and fields these rows keep where they can.

use bithedge_stacks::Principal;

use crate::row::{Column, Listed, Record, rows};

impl<T: Column> Column for Option<T> {
    fn to_sql(&self) -> rusqlite::types::Value {
        self.as_ref().map_or(rusqlite::types::Value::Null, Column::to_sql)
    }

    fn from_sql(value: &rusqlite::types::Value) -> Option<Self> {
        if *value == rusqlite::types::Value::Null { Some(None) } else { T::from_sql(value).map(Some) }
    }
}

/// A series in a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BookSeries {
    pub(crate) strike: u128,
    pub(crate) floor: u128,
    pub(crate) ratio: u128,
    pub(crate) size: u128,
    pub(crate) locked: u128,
    pub(crate) required: u128,
}

impl Record for BookSeries {
    const WIDTH: usize = 6;

    fn numbers(&self) -> Vec<u128> {
        vec![self.strike, self.floor, self.ratio, self.size, self.locked, self.required]
    }

    fn of(numbers: &[u128]) -> Option<Self> {
        let [strike, floor, ratio, size, locked, required] = *numbers else { return None };
        Some(Self { strike, floor, ratio, size, locked, required })
    }
}

/// A provider's request that waits for a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PendingRequest {
    pub(crate) epoch: u64,
    pub(crate) deposit: u128,
    pub(crate) exit: u128,
    pub(crate) basis: u128,
    pub(crate) generation: u64,
}

impl Record for PendingRequest {
    const WIDTH: usize = 5;

    fn numbers(&self) -> Vec<u128> {
        vec![self.epoch.into(), self.deposit, self.exit, self.basis, self.generation.into()]
    }

    fn of(numbers: &[u128]) -> Option<Self> {
        let [epoch, deposit, exit, basis, generation] = *numbers else { return None };
        Some(Self {
            epoch: epoch.try_into().ok()?,
            deposit,
            exit,
            basis,
            generation: generation.try_into().ok()?,
        })
    }
}

// What only grows: rows go when the block that brought them is rolled back.
rows! {
    /// A block that was applied.
    BlockRow in "blocks" (height: u64) {
        hash: [u8; 32],
        parent: [u8; 32],
        time: u64,
    }
    /// A transaction of the suite.
    TransactionRow in "transactions" (height: u64, tx: u32) {
        txid: [u8; 32],
        sender: Principal,
        fee: u128,
        /// 0 success, 1 aborted by its response, 2 by a post-condition.
        outcome: u8,
        /// As the chain serialises it.
        result: Vec<u8>,
        contract: Option<Principal>,
        function: Option<String>,
        /// A list of byte strings, each with its length before it.
        arguments: Vec<u8>,
    }
    /// What a contract of the suite printed, also what could not be understood.
    EventRow in "events" (height: u64, tx: u32, event: u32) {
        contract: String,
        name: String,
        /// As the chain serialises it.
        body: Vec<u8>,
    }
    /// Whom an event, or a refused transaction (event 0, name empty), concerned.
    ActivityRow in "activity" (who: Principal, height: u64, tx: u32, event: u32) {
        refused: bool,
    }
    /// A price that the oracle accepted.
    PriceRow in "prices" (height: u64, tx: u32, event: u32) {
        at: u64,
        btc: u128,
        stx: u128,
    }
    /// A fee that the treasury took.
    FeeRow in "fees" (height: u64, tx: u32, event: u32) {
        at: u64,
        operation: String,
        token: Principal,
        user: Principal,
        base: u128,
        rate: u128,
        discount: u128,
        fee: u128,
        volume: u128,
    }
    /// An event that could not be understood, or that contradicts what is known.
    AnomalyRow in "anomalies" (height: u64, tx: u32, event: u32) {
        why: String,
        /// What is doubtful from now on, one subject a line.
        subjects: String,
    }
    /// How a bucket stood at a price or a close.
    HealthRow in "health" (height: u64, tx: u32, event: u32, tier: u8, token: Principal) {
        at: u64,
        ratio: Option<u128>,
        standing: u8,
        assets: u128,
        needed: u128,
        stx: u128,
    }
}

// What a ledger is about and how far it got: one row each, written as it is.
rows! {
    /// Which chain and deployment, and in which schema.
    IdentityRow in "identity" (id: u8) {
        schema: u32,
        chain: u32,
        genesis: [u8; 32],
        deployer: Principal,
    }
    /// The newest block that is known to be ours, also if it holds nothing of the suite.
    TipRow in "tip" (id: u8) {
        height: u64,
        hash: [u8; 32],
        parent: [u8; 32],
        time: u64,
    }
}

// What changes: earlier rows come back when a block is rolled back.
rows! {
    /// A figure that cannot be relied on any more.
    DoubtRow in "doubts" (subject: String) {
        height: u64,
    }
    /// The newest price, and the highest number of a policy so far.
    MarketRow in "market" (id: u8) {
        at: u64,
        btc: u128,
        stx: u128,
        policies: u64,
    }
    CollateralRow in "collateral_tokens" (token: Principal) {
        symbol: String,
        decimals: u128,
        asset: u128,
        collateralization_ratio: u128,
        liquidation_threshold: u128,
        price_feed: Principal,
        min_deposit: u128,
        min_premium: u128,
        bounty: u128,
        active: bool,
    }
    TierRow in "tiers" (tier: u8) {
        name: String,
        min_strike: u128,
        max_strike: u128,
        grid: u128,
        floor_ratio: u128,
        markup: u128,
        skew: u128,
        max_duration: u64,
        utilisation_limit: u128,
        buffer: u128,
        exit_fee: u128,
        exit_fee_slope: u128,
        isolated: bool,
        overflow: String,
    }
    BucketRow in "buckets" (tier: u8, token: Principal) {
        capacity: u128,
        assets: u128,
        fresh: u128,
        locked: u128,
        required: u128,
        shares: u128,
        generation: u64,
        queued: u128,
        exit_index: u128,
        exit_sum: u128,
        exit_generation: u64,
        epoch: u64,
        boundary: u64,
        due: u64,
        next_request: u64,
        deposits_now: u128,
        deposits_next: u128,
        exits_now: u128,
        exits_next: u128,
        refunds: u128,
        filled: u128,
        claims: u128,
        pot: u128,
        policies: u64,
        premiums: u128,
        payouts: u128,
        live: Listed<u64>,
    }
    BookRow in "books" (tier: u8, token: Principal, expiry: u64) {
        series: Listed<BookSeries>,
        locked: u128,
        required: u128,
        policies: u64,
    }
    /// What the pool sold for a policy, until it released or paid it.
    SoldRow in "sold" (policy: u64) {
        tier: u8,
        token: Principal,
        expiry: u64,
        strike: u128,
        size: u128,
        lock: u128,
        required: u128,
        floor: u128,
        premium: u128,
        bounty: u128,
    }
    SettlementRow in "settlements" (tier: u8, token: Principal, expiry: u64) {
        spot: u128,
        stx: u128,
        due: u128,
        reserved: u128,
        covered: u128,
        owed: u128,
        at: u64,
    }
    ClaimRow in "claims" (tier: u8, token: Principal, expiry: u64, strike: u128) {
        spot: u128,
        stx: u128,
        floor: u128,
        due: u128,
        reserved: u128,
        size_left: u128,
        reserve_left: u128,
    }
    EpochRow in "epochs" (tier: u8, token: Principal, epoch: u64) {
        boundary: u64,
        spot: u128,
        stx: u128,
        nav_deposit: u128,
        nav_exit: u128,
        shares: u128,
        generation: u64,
        returned: bool,
        exit_index: u128,
        exit_sum: u128,
        exit_generation: u64,
        exited: u128,
        paid: u128,
        deposited: u128,
        assets: u128,
        locked: u128,
        fee: u128,
        minted: u128,
    }
    ExitGenerationRow in "exit_generations" (tier: u8, token: Principal, generation: u64) {
        exit_index: u128,
        exit_sum: u128,
    }
    PositionRow in "positions" (tier: u8, token: Principal, provider: Principal) {
        shares: u128,
        generation: u64,
        basis: u128,
        pending: Listed<PendingRequest>,
        ticket_shares: u128,
        ticket_index: u128,
        ticket_sum: u128,
        ticket_generation: u64,
        ticket_basis: u128,
        claimable: u128,
        returned: u128,
        proceeds: u128,
        basis_returned: u128,
    }
    CreditRow in "credits" (who: Principal, token: Principal) {
        amount: u128,
    }
    CreditTotalRow in "credit_totals" (token: Principal) {
        amount: u128,
    }
    PolicyRow in "policies" (id: u64) {
        owner: Principal,
        kind: u8,
        strike: u128,
        expiry: u64,
        size: u128,
        tier: u8,
        token: Principal,
        floor: u128,
        lock: u128,
        required: u128,
        premium: u128,
        usd: u128,
        fee: u128,
        created_at: u64,
        status: u8,
        backing: u8,
        provider: Principal,
        paid: u128,
        closed_at: u64,
        events: u64,
        /// Not in the contract's map: from the events of its sale and its end.
        bounty: u128,
        volatility: u128,
        surcharge: u128,
        spot: u128,
        end_price: u128,
        due: u128,
    }
    /// All of an owner's policies in a token: what a portfolio shows at once, however many there are.
    OwnerRow in "owners" (owner: Principal, token: Principal) {
        policies: u64,
        active: u64,
        /// Of the active ones, satoshis.
        protected: u128,
        premiums: u128,
        fees: u128,
        bounties: u128,
        payouts: u128,
    }
    BoundaryRow in "boundaries" (at: u64) {
        btc: u128,
        stx: u128,
        vol_ask: u128,
        vol_low: u128,
        short: u128,
        long: u128,
        method: u8,
        recorded_at: u64,
    }
    TreasuryRow in "treasury_tokens" (token: Principal) {
        accepted: bool,
        undistributed: u128,
        allocated: u128,
        holdings: u128,
        reserve: u128,
        fees_usd: u128,
    }
    FeeTotalRow in "fee_totals" (operation: String, token: Principal) {
        collected: u128,
        forgone: u128,
        count: u64,
        discounted: u64,
    }
    AllocationRow in "allocations" (id: String) {
        share: u128,
        recipient: Principal,
        active: bool,
        version: u64,
    }
    TreasuryCreditRow in "treasury_credits" (recipient: Principal, token: Principal) {
        amount: u128,
    }
    FundRow in "funds" (token: Principal) {
        size: u128,
        reserved: u128,
        period: u64,
        used: u128,
        contributed: u128,
        covered: u128,
        settled: u128,
        recovered: u128,
        withdrawn: u128,
    }
    CoverRow in "covers" (token: Principal, reference: u64) {
        asked: u128,
        paid: u128,
    }
    TakenPolicyRow in "taken_policies" (registry: Principal, policy: u64) {
        token: Principal,
        lock: u128,
        settled: bool,
        paid: u128,
    }
    VaultAccountRow in "vault_accounts" (backend: Principal, token: Principal) {
        balance: u128,
        locked: u128,
    }
    VaultTokenRow in "vault_tokens" (token: Principal) {
        accepted: bool,
        balance: u128,
        locked: u128,
    }
    BucketHealthRow in "bucket_health" (tier: u8, token: Principal) {
        ratio: Option<u128>,
        standing: u8,
    }
}
