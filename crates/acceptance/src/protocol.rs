//! What the story and the application's core say to each other: a line of JSON each way. It stands for the window: the story asks
//! what a person would ask, and sees what a person would see.

use bithedge_ipc::PolicyState;
use bithedge_protocol::Asset;
use bithedge_protocol::risk::Standing;
use serde::{Deserialize, Serialize};

/// Whose account it is. All are of one wallet, as with any user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Person {
    /// Keeps, and reports prices: the account that the devnet's oracle knows as a reporter.
    Keeper,
    /// Buys protection.
    Peter,
    /// Provides capital.
    Irene,
}

impl Person {
    pub(crate) const ALL: [Self; 3] = [Self::Keeper, Self::Peter, Self::Irene];

    /// Place among the wallet's accounts.
    pub(crate) const fn index(self) -> u32 {
        match self {
            Self::Keeper => 0,
            Self::Peter => 1,
            Self::Irene => 2,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Keeper => "keeper",
            Self::Peter => "Peter",
            Self::Irene => "Irene",
        }
    }
}

/// A token, as it crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Token {
    Sbtc,
    Stx,
}

impl From<Token> for Asset {
    fn from(token: Token) -> Self {
        match token {
            Token::Sbtc => Self::Sbtc,
            Token::Stx => Self::Stx,
        }
    }
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Quotes, and buys the cheapest that protects at least that much for at least that long.
    Buy { sats: u64, level_ppm: u32, days: u32, token: Token, tier: u8 },
    /// Exercises a policy for what it pays now.
    Activate { policy: u64 },
    /// Sells a policy back for what the pool gives now.
    SellBack { policy: u64 },
    /// Commits capital, in base units.
    Commit { tier: u8, token: Token, amount: u64 },
    /// Takes back a deposit that waits.
    CancelDeposit { tier: u8, token: Token },
    /// Puts all shares in the exit queue.
    RequestAll { tier: u8, token: Token },
    /// Queues what is worth more than was paid in.
    ClaimYield { tier: u8, token: Token },
    /// Has paid what closes have filled.
    ClaimWithdrawal { tier: u8, token: Token },
}

/// What is asked of the core.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Makes the wallet, or unlocks it, and goes on with everything.
    Open { words: String, passphrase: String },
    /// The accounts, in the order of [`Person::ALL`].
    Addresses,
    /// A question to approve; with the number of what was given up, if it is that once more.
    Propose { person: Person, deed: Deed, repeats: Option<u64> },
    /// The answer yes.
    Approve { transaction: u64, digest: String },
    /// Signed transactions of a person, oldest first.
    Transactions { person: Person },
    /// A person's policies.
    Policies { person: Person },
    /// A person's capital.
    Capital { person: Person },
    /// How far the ledger is.
    Books,
    /// What was told to people since the core started.
    Told,
    /// Ledger, contracts and balances beside each other.
    Reconcile,
    /// The ledger beside one that is made anew from the chain's beginning.
    Rebuild,
    /// What is left with the pool, in parts.
    Remains,
}

/// What the core answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Answer {
    Opened {
        addresses: Vec<String>,
    },
    Question {
        transaction: u64,
        digest: String,
        words: Vec<String>,
        leaves: Vec<String>,
    },
    Approved {
        txid: String,
    },
    Transactions {
        rows: Vec<Row>,
    },
    Policies {
        rows: Vec<PolicyRow>,
    },
    Capital {
        rows: Vec<CapitalRow>,
    },
    Books {
        height: Option<u64>,
        is_current: bool,
        anomalies: u64,
    },
    Told {
        words: Vec<String>,
    },
    Reconciled {
        rows: Vec<String>,
        differs: bool,
    },
    Rebuilt {
        height: u64,
        here: String,
        anew: String,
    },
    Remains {
        lines: Vec<String>,
    },
    /// In words; with the contract's code, if a contract would refuse, and the number of what stands in the way.
    Refused {
        why: String,
        code: Option<u64>,
        unresolved: Option<u64>,
    },
}

/// A signed transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: u64,
    /// The transaction whose place it takes, if it does.
    pub(crate) earlier: Option<u64>,
    pub(crate) intent: String,
    pub(crate) txid: String,
    pub(crate) nonce: u64,
    pub(crate) fee: u64,
    pub(crate) state: RowState,
    /// What the receipt found that was not approved.
    pub(crate) alarms: usize,
}

/// Where it is, as far as the story has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowState {
    UnderWay,
    Confirmed,
    Failed(String),
    /// No node has it, and its nonce is free.
    GivenUp(String),
    Replaced,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyRow {
    pub(crate) id: u64,
    pub(crate) state: PolicyState,
    /// What its owner was paid at its end.
    pub(crate) paid: Option<u64>,
    pub(crate) is_sound: bool,
}

/// What somebody has in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CapitalRow {
    pub(crate) tier: u8,
    pub(crate) token: Token,
    pub(crate) shares: u64,
    pub(crate) waiting: u64,
    pub(crate) queued: u64,
    pub(crate) claimable: u64,
    /// How the bucket stands; `None` if that is not known.
    pub(crate) standing: Option<Standing>,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line<T> {
    pub(crate) number: u64,
    pub(crate) body: T,
}
