-- Version 1. Amounts are 16 bytes, the highest first; principals as the chain serialises them; `checksum` is over all other
-- columns. Tables of the first group only grow, those of the second change and come back by `undo`.

-- Which chain and deployment, and the schema: one row. A migration writes its own number into it.
CREATE TABLE identity (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 0), schema INTEGER NOT NULL, chain INTEGER NOT NULL,
    genesis BLOB NOT NULL, deployer BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;

-- The newest block that is known to be ours, also if it holds nothing of the suite: at most one row.
CREATE TABLE tip (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 0), height INTEGER NOT NULL, hash BLOB NOT NULL, parent BLOB NOT NULL,
    time INTEGER NOT NULL, checksum INTEGER NOT NULL
) STRICT;

-- What rows were before a block, to put them back.
CREATE TABLE undo (height INTEGER NOT NULL PRIMARY KEY, images BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;

CREATE TABLE blocks (
    height INTEGER NOT NULL, hash BLOB NOT NULL, parent BLOB NOT NULL, time INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (height)
) STRICT, WITHOUT ROWID;

CREATE TABLE transactions (
    height INTEGER NOT NULL, tx INTEGER NOT NULL, txid BLOB NOT NULL, sender BLOB NOT NULL, fee BLOB NOT NULL,
    outcome INTEGER NOT NULL, result BLOB NOT NULL, contract BLOB, function TEXT, arguments BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (height, tx)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    height INTEGER NOT NULL, tx INTEGER NOT NULL, event INTEGER NOT NULL, contract TEXT NOT NULL,
    name TEXT NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (height, tx, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE activity (
    who BLOB NOT NULL, height INTEGER NOT NULL, tx INTEGER NOT NULL, event INTEGER NOT NULL,
    refused INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (who, height, tx, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE prices (
    height INTEGER NOT NULL, tx INTEGER NOT NULL, event INTEGER NOT NULL, at INTEGER NOT NULL,
    btc BLOB NOT NULL, stx BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (height, tx, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE fees (
    height INTEGER NOT NULL, tx INTEGER NOT NULL, event INTEGER NOT NULL, at INTEGER NOT NULL,
    operation TEXT NOT NULL, token BLOB NOT NULL, user BLOB NOT NULL, base BLOB NOT NULL, rate BLOB NOT NULL,
    discount BLOB NOT NULL, fee BLOB NOT NULL, volume BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (height, tx, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE anomalies (
    height INTEGER NOT NULL, tx INTEGER NOT NULL, event INTEGER NOT NULL, why TEXT NOT NULL,
    subjects TEXT NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (height, tx, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE health (
    height INTEGER NOT NULL, tx INTEGER NOT NULL, event INTEGER NOT NULL, tier INTEGER NOT NULL,
    token BLOB NOT NULL, at INTEGER NOT NULL, ratio BLOB, standing INTEGER NOT NULL, assets BLOB NOT NULL,
    needed BLOB NOT NULL, stx BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (height, tx, event, tier, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE doubts (
    subject TEXT NOT NULL, height INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE market (
    id INTEGER NOT NULL, at INTEGER NOT NULL, btc BLOB NOT NULL, stx BLOB NOT NULL, policies INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE collateral_tokens (
    token BLOB NOT NULL, symbol TEXT NOT NULL, decimals BLOB NOT NULL, asset BLOB NOT NULL,
    collateralization_ratio BLOB NOT NULL, liquidation_threshold BLOB NOT NULL, price_feed BLOB NOT NULL,
    min_deposit BLOB NOT NULL, min_premium BLOB NOT NULL, bounty BLOB NOT NULL, active INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (token)
) STRICT, WITHOUT ROWID;

CREATE TABLE tiers (
    tier INTEGER NOT NULL, name TEXT NOT NULL, min_strike BLOB NOT NULL, max_strike BLOB NOT NULL,
    grid BLOB NOT NULL, floor_ratio BLOB NOT NULL, markup BLOB NOT NULL, skew BLOB NOT NULL,
    max_duration INTEGER NOT NULL, utilisation_limit BLOB NOT NULL, buffer BLOB NOT NULL,
    exit_fee BLOB NOT NULL, exit_fee_slope BLOB NOT NULL, isolated INTEGER NOT NULL, overflow TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (tier)
) STRICT, WITHOUT ROWID;

CREATE TABLE buckets (
    tier INTEGER NOT NULL, token BLOB NOT NULL, capacity BLOB NOT NULL, assets BLOB NOT NULL,
    fresh BLOB NOT NULL, locked BLOB NOT NULL, required BLOB NOT NULL, shares BLOB NOT NULL,
    generation INTEGER NOT NULL, queued BLOB NOT NULL, exit_index BLOB NOT NULL, exit_sum BLOB NOT NULL,
    exit_generation INTEGER NOT NULL, epoch INTEGER NOT NULL, boundary INTEGER NOT NULL, due INTEGER NOT NULL,
    next_request INTEGER NOT NULL, deposits_now BLOB NOT NULL, deposits_next BLOB NOT NULL,
    exits_now BLOB NOT NULL, exits_next BLOB NOT NULL, refunds BLOB NOT NULL, filled BLOB NOT NULL,
    claims BLOB NOT NULL, pot BLOB NOT NULL, policies INTEGER NOT NULL, premiums BLOB NOT NULL,
    payouts BLOB NOT NULL, live BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE books (
    tier INTEGER NOT NULL, token BLOB NOT NULL, expiry INTEGER NOT NULL, series BLOB NOT NULL,
    locked BLOB NOT NULL, required BLOB NOT NULL, policies INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token, expiry)
) STRICT, WITHOUT ROWID;

CREATE TABLE sold (
    policy INTEGER NOT NULL, tier INTEGER NOT NULL, token BLOB NOT NULL, expiry INTEGER NOT NULL,
    strike BLOB NOT NULL, size BLOB NOT NULL, lock BLOB NOT NULL, required BLOB NOT NULL, floor BLOB NOT NULL,
    premium BLOB NOT NULL, bounty BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (policy)
) STRICT, WITHOUT ROWID;

CREATE TABLE settlements (
    tier INTEGER NOT NULL, token BLOB NOT NULL, expiry INTEGER NOT NULL, spot BLOB NOT NULL,
    stx BLOB NOT NULL, due BLOB NOT NULL, reserved BLOB NOT NULL, covered BLOB NOT NULL, owed BLOB NOT NULL,
    at INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token, expiry)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    tier INTEGER NOT NULL, token BLOB NOT NULL, expiry INTEGER NOT NULL, strike BLOB NOT NULL,
    spot BLOB NOT NULL, stx BLOB NOT NULL, floor BLOB NOT NULL, due BLOB NOT NULL, reserved BLOB NOT NULL,
    size_left BLOB NOT NULL, reserve_left BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token, expiry, strike)
) STRICT, WITHOUT ROWID;

CREATE TABLE epochs (
    tier INTEGER NOT NULL, token BLOB NOT NULL, epoch INTEGER NOT NULL, boundary INTEGER NOT NULL,
    spot BLOB NOT NULL, stx BLOB NOT NULL, nav_deposit BLOB NOT NULL, nav_exit BLOB NOT NULL,
    shares BLOB NOT NULL, generation INTEGER NOT NULL, returned INTEGER NOT NULL, exit_index BLOB NOT NULL,
    exit_sum BLOB NOT NULL, exit_generation INTEGER NOT NULL, exited BLOB NOT NULL, paid BLOB NOT NULL,
    deposited BLOB NOT NULL, assets BLOB NOT NULL, locked BLOB NOT NULL, fee BLOB NOT NULL,
    minted BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE exit_generations (
    tier INTEGER NOT NULL, token BLOB NOT NULL, generation INTEGER NOT NULL, exit_index BLOB NOT NULL,
    exit_sum BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
    tier INTEGER NOT NULL, token BLOB NOT NULL, provider BLOB NOT NULL, shares BLOB NOT NULL,
    generation INTEGER NOT NULL, basis BLOB NOT NULL, pending BLOB NOT NULL, ticket_shares BLOB NOT NULL,
    ticket_index BLOB NOT NULL, ticket_sum BLOB NOT NULL, ticket_generation INTEGER NOT NULL,
    ticket_basis BLOB NOT NULL, claimable BLOB NOT NULL, returned BLOB NOT NULL, proceeds BLOB NOT NULL,
    basis_returned BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE credits (
    who BLOB NOT NULL, token BLOB NOT NULL, amount BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (who, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE credit_totals (
    token BLOB NOT NULL, amount BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (token)
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    id INTEGER NOT NULL, owner BLOB NOT NULL, kind INTEGER NOT NULL, strike BLOB NOT NULL,
    expiry INTEGER NOT NULL, size BLOB NOT NULL, tier INTEGER NOT NULL, token BLOB NOT NULL,
    floor BLOB NOT NULL, lock BLOB NOT NULL, required BLOB NOT NULL, premium BLOB NOT NULL, usd BLOB NOT NULL,
    fee BLOB NOT NULL, created_at INTEGER NOT NULL, status INTEGER NOT NULL, backing INTEGER NOT NULL,
    provider BLOB NOT NULL, paid BLOB NOT NULL, closed_at INTEGER NOT NULL, events INTEGER NOT NULL,
    bounty BLOB NOT NULL, volatility BLOB NOT NULL, surcharge BLOB NOT NULL, spot BLOB NOT NULL,
    end_price BLOB NOT NULL, due BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE owners (
    owner BLOB NOT NULL, token BLOB NOT NULL, policies INTEGER NOT NULL, active INTEGER NOT NULL,
    protected BLOB NOT NULL, premiums BLOB NOT NULL, fees BLOB NOT NULL, bounties BLOB NOT NULL,
    payouts BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (owner, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE boundaries (
    at INTEGER NOT NULL, btc BLOB NOT NULL, stx BLOB NOT NULL, vol_ask BLOB NOT NULL, vol_low BLOB NOT NULL,
    short BLOB NOT NULL, long BLOB NOT NULL, method INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (at)
) STRICT, WITHOUT ROWID;

CREATE TABLE treasury_tokens (
    token BLOB NOT NULL, accepted INTEGER NOT NULL, undistributed BLOB NOT NULL, allocated BLOB NOT NULL,
    holdings BLOB NOT NULL, reserve BLOB NOT NULL, fees_usd BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (token)
) STRICT, WITHOUT ROWID;

CREATE TABLE fee_totals (
    operation TEXT NOT NULL, token BLOB NOT NULL, collected BLOB NOT NULL, forgone BLOB NOT NULL,
    count INTEGER NOT NULL, discounted INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (operation, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE allocations (
    id TEXT NOT NULL, share BLOB NOT NULL, recipient BLOB NOT NULL, active INTEGER NOT NULL,
    version INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE treasury_credits (
    recipient BLOB NOT NULL, token BLOB NOT NULL, amount BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (recipient, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE funds (
    token BLOB NOT NULL, size BLOB NOT NULL, reserved BLOB NOT NULL, period INTEGER NOT NULL,
    used BLOB NOT NULL, contributed BLOB NOT NULL, covered BLOB NOT NULL, settled BLOB NOT NULL,
    recovered BLOB NOT NULL, withdrawn BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (token)
) STRICT, WITHOUT ROWID;

CREATE TABLE covers (
    token BLOB NOT NULL, reference INTEGER NOT NULL, asked BLOB NOT NULL, paid BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (token, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE taken_policies (
    registry BLOB NOT NULL, policy INTEGER NOT NULL, token BLOB NOT NULL, lock BLOB NOT NULL,
    settled INTEGER NOT NULL, paid BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (registry, policy)
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_accounts (
    backend BLOB NOT NULL, token BLOB NOT NULL, balance BLOB NOT NULL, locked BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (backend, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_tokens (
    token BLOB NOT NULL, accepted INTEGER NOT NULL, balance BLOB NOT NULL, locked BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (token)
) STRICT, WITHOUT ROWID;

CREATE TABLE bucket_health (
    tier INTEGER NOT NULL, token BLOB NOT NULL, ratio BLOB, standing INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (tier, token)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX transactions_by_id ON transactions (txid);
CREATE INDEX activity_by_height ON activity (height);
CREATE INDEX policies_by_owner ON policies (owner, id);
CREATE INDEX policies_by_owner_and_status ON policies (owner, status, id);
CREATE INDEX policies_by_expiry ON policies (expiry, id);
CREATE INDEX positions_by_provider ON positions (provider);
CREATE INDEX prices_by_time ON prices (at);
CREATE INDEX fees_by_time ON fees (at);
CREATE INDEX health_by_bucket ON health (tier, token, at);
