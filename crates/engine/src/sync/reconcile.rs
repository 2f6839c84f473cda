//! What the books say, what the contracts say, and what tokens there are: side by side, at one block.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use bithedge_ledger::{BlockHeader, LedgerError, Snapshot, TokenTotals, Trust};
use bithedge_protocol::{AmountError, TokenAmount};
use bithedge_stacks::client::BlockId;
use bithedge_stacks::{ClarityName, ClientError, ContractId, NodeClient, Principal};
use bithedge_suite::generated::{Contract, insurance_fund, liquidity_pool, liquidity_pool_vault, treasury};
use bithedge_suite::{ContractFunction, Deployment, Mismatch};

use super::books::{Books, BooksError};
use super::feed::FeedError;

/// How often it is begun again because the chain moved on.
const MOST_STARTS: usize = 5;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// All that the pool accounts for: buckets, deposits and exits that wait, claims, bounties.
    Pool,
    /// Collateral locked in the pool's buckets.
    PoolLocked,
    /// All that the vault accounts for, and the tokens that it holds.
    Vault,
    /// What of that the vault's own books say is locked.
    VaultLocked,
    /// All that the treasury accounts for, and the tokens that it holds.
    Treasury,
    /// All that the insurance fund accounts for, and the tokens that it holds.
    InsuranceFund,
    /// Tokens of the vault that nobody accounts for: anybody can send a contract tokens. No alarm.
    VaultSurplus,
    /// Tokens of the treasury that nobody accounts for. No alarm.
    TreasurySurplus,
    /// Tokens of the insurance fund that nobody accounts for. No alarm.
    InsuranceFundSurplus,
}

/// One line of the table: a figure of one token, from each place that knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationRow {
    /// The token.
    pub token: Principal,
    /// What is compared.
    pub what: Comparison,
    /// What the books say, in the token's base units; `None` if they cannot say.
    pub ledger: Option<TokenAmount>,
    /// What the contract's own counters say; `None` where it has none, or they cannot be added up.
    pub contract: Option<TokenAmount>,
    /// How many tokens the contract holds; `None` where that is another row's question.
    pub balance: Option<TokenAmount>,
    /// By how much the books and the contract's counters differ; `None` if one of them is not known. Anything but zero is wrong:
    /// the books, most likely.
    pub difference: Option<TokenAmount>,
    /// What the contract's counters promise beyond the tokens that it holds. Anything but zero means that not everybody can be
    /// paid.
    pub shortfall: Option<TokenAmount>,
    /// Whether the books themselves rely on what they say here.
    pub trust: Trust,
}

impl ReconciliationRow {
    /// Whether everything that is known here fits, and enough is known to say so.
    #[must_use]
    pub fn fits(&self) -> bool {
        let zero = |amount: Option<TokenAmount>| amount == Some(TokenAmount::ZERO);
        match self.what {
            Comparison::VaultSurplus | Comparison::TreasurySurplus | Comparison::InsuranceFundSurplus => true,
            Comparison::Vault | Comparison::Treasury | Comparison::InsuranceFund => {
                zero(self.difference) && zero(self.shortfall)
            }
            Comparison::Pool | Comparison::PoolLocked | Comparison::VaultLocked => zero(self.difference),
        }
    }
}

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// The block that all figures are of.
    pub at: BlockHeader,
    /// By token, then by what is compared.
    pub rows: Vec<ReconciliationRow>,
}

impl Reconciliation {
    /// Whether every row fits, and the books rely on all they say in them.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.rows.iter().all(|row| row.fits() && row.trust == Trust::Sound)
    }
}

/// Why there is no table. No money is affected: nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconciliationError {
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The node or the way to it.
    #[error("the contracts could not be asked, so nothing was compared: {0}")]
    Client(#[from] ClientError),
    /// The API behind which the chain is.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The suite at this address is another one than this program knows.
    #[error("the suite answered something else than it should, so nothing was compared: {0}")]
    Mismatch(#[from] Mismatch),
    /// A contract's name that is none.
    #[error("the token {0} is no contract, so its balances cannot be asked for")]
    NoToken(Principal),
    /// Books and chain were not at the same block, each time.
    #[error(
        "the books and the chain were at different blocks each time, so nothing was compared: try again when the books are \
         up to date"
    )]
    Apart,
}

/// Where the contracts' own figures come from: a node, or a test.
pub trait Audited {
    /// The newest block; all other answers are of it, as long as it stays the newest.
    fn tip(&self) -> impl Future<Output = Result<BlockHeader, ReconciliationError>> + Send;

    /// What the pool accounts for in buckets of these tiers and in bounties, and what of it is locked; `None` if no
    /// number can hold it.
    fn pool(
        &self,
        token: &Principal,
        tiers: &[u8],
    ) -> impl Future<Output = Result<Option<(TokenAmount, TokenAmount)>, ReconciliationError>> + Send;

    /// What the vault accounts for, and what of it is locked.
    fn vault(
        &self,
        token: &Principal,
    ) -> impl Future<Output = Result<(TokenAmount, TokenAmount), ReconciliationError>> + Send;

    /// What the treasury accounts for.
    fn treasury(
        &self,
        token: &Principal,
    ) -> impl Future<Output = Result<TokenAmount, ReconciliationError>> + Send;

    /// What the insurance fund accounts for.
    fn insurance_fund(
        &self,
        token: &Principal,
    ) -> impl Future<Output = Result<TokenAmount, ReconciliationError>> + Send;

    /// How many tokens a contract of the suite holds.
    fn balance(
        &self,
        holder: Contract,
        token: &Principal,
    ) -> impl Future<Output = Result<TokenAmount, ReconciliationError>> + Send;
}

/// What the books say, at one moment.
struct Said {
    at: Option<BlockHeader>,
    totals: Vec<TokenTotals>,
    buckets: Vec<(u8, Principal)>,
    /// Whether all buckets are known.
    trust: Trust,
}

fn said(books: &Snapshot<'_>) -> Result<Said, LedgerError> {
    let buckets = books.buckets()?;
    Ok(Said {
        at: books.tip().copied(),
        totals: books.totals()?,
        buckets: buckets.rows.into_iter().map(|bucket| (bucket.bucket.tier, bucket.token)).collect(),
        trust: books.trust_of_buckets(),
    })
}

/// Compares, for each token that the books know and each of `tokens`, what they say with what the contracts say and hold, all
/// at one block.
///
/// # Errors
/// [`ReconciliationError`]. Figures that differ are no error, but what the table is for.
pub async fn reconcile<A: Audited>(
    books: &Books,
    chain: &A,
    tokens: &[Principal],
) -> Result<Reconciliation, ReconciliationError> {
    for _ in 0..MOST_STARTS {
        let before = chain.tip().await?;
        let said = books.read(said).await?;
        if said.at.is_none_or(|at| at.hash != before.hash) {
            // The books are a block behind, most likely: they need a moment.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            continue;
        }
        let mut all: BTreeSet<Principal> = said.totals.iter().map(|totals| totals.token.clone()).collect();
        all.extend(tokens.iter().cloned());
        let mut rows = Vec::new();
        let mut outcome = Ok(());
        for token in all {
            match rows_of(chain, &said, &token).await {
                Ok(more) => rows.extend(more),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        if chain.tip().await?.hash == before.hash {
            outcome?;
            return Ok(Reconciliation { at: before, rows });
        }
    }
    Err(ReconciliationError::Apart)
}

/// What the treasury accounts for, by the books.
fn treasury_of(totals: &TokenTotals) -> Result<TokenAmount, AmountError> {
    let parts = totals.treasury;
    parts.undistributed.checked_add(parts.allocated)?.checked_add(parts.holdings)
}

async fn rows_of<A: Audited>(
    chain: &A,
    said: &Said,
    token: &Principal,
) -> Result<Vec<ReconciliationRow>, ReconciliationError> {
    let totals = said.totals.iter().find(|totals| totals.token == *token);
    // A token that the books never heard of: they say that there is nothing of it.
    let figure =
        |of: &dyn Fn(&TokenTotals) -> Option<TokenAmount>| totals.map_or(Some(TokenAmount::ZERO), of);
    let trust = match totals {
        Some(totals) if totals.trust == Trust::Doubtful => Trust::Doubtful,
        _ => said.trust,
    };
    let tiers: Vec<u8> = said.buckets.iter().filter(|(_, of)| of == token).map(|(tier, _)| *tier).collect();
    let pool = chain.pool(token, &tiers).await?;
    let (vault, vault_locked) = chain.vault(token).await?;
    let treasury = chain.treasury(token).await?;
    let fund = chain.insurance_fund(token).await?;

    let row =
        |what, ledger: Option<TokenAmount>, contract: Option<TokenAmount>, balance: Option<TokenAmount>| {
            let difference = ledger.zip(contract).and_then(|(one, other)| distance(one, other));
            let shortfall = contract.zip(balance).map(|(promised, held)| beyond(promised, held));
            ReconciliationRow {
                token: token.clone(),
                what,
                ledger,
                contract,
                balance,
                difference,
                shortfall,
                trust,
            }
        };
    let mut rows = vec![
        row(Comparison::Pool, figure(&|totals| totals.pool().ok()), pool.map(|(sum, _)| sum), None),
        row(
            Comparison::PoolLocked,
            figure(&|totals| Some(totals.locked)),
            pool.map(|(_, locked)| locked),
            None,
        ),
        row(Comparison::VaultLocked, figure(&|totals| Some(totals.vault_locked)), Some(vault_locked), None),
    ];
    let holders = [
        (
            Contract::LiquidityPoolVault,
            (Comparison::Vault, Comparison::VaultSurplus),
            figure(&|totals| Some(totals.vault_balance)),
            vault,
        ),
        (
            Contract::Treasury,
            (Comparison::Treasury, Comparison::TreasurySurplus),
            figure(&|totals| treasury_of(totals).ok()),
            treasury,
        ),
        (
            Contract::InsuranceFund,
            (Comparison::InsuranceFund, Comparison::InsuranceFundSurplus),
            figure(&|totals| Some(totals.fund.size)),
            fund,
        ),
    ];
    for (holder, (what, surplus), ledger, contract) in holders {
        let held = chain.balance(holder, token).await?;
        rows.push(row(what, ledger, Some(contract), Some(held)));
        rows.push(ReconciliationRow {
            token: token.clone(),
            what: surplus,
            ledger: None,
            contract: None,
            balance: Some(beyond(held, contract)),
            difference: None,
            shortfall: None,
            trust: Trust::Sound,
        });
    }
    rows.sort_by_key(|row| row.what);
    Ok(rows)
}

fn distance(one: TokenAmount, other: TokenAmount) -> Option<TokenAmount> {
    one.checked_sub(other).or_else(|_| other.checked_sub(one)).ok()
}

/// What one is more than the other, if it is.
fn beyond(one: TokenAmount, other: TokenAmount) -> TokenAmount {
    one.checked_sub(other).unwrap_or(TokenAmount::ZERO)
}

/// The contracts, asked through a node. One node: a client with several endpoints would mix what they know.
#[derive(Debug, Clone)]
pub struct NodeAuditor {
    client: Arc<NodeClient>,
    deployment: Deployment,
}

impl NodeAuditor {
    /// The suite of a deployment, asked through a node with the Stacks API beside it.
    #[must_use]
    pub const fn new(client: Arc<NodeClient>, deployment: Deployment) -> Self {
        Self { client, deployment }
    }

    /// The tokens that the deployment itself knows: its face of STX, and sBTC where that is known.
    #[must_use]
    pub fn tokens(&self) -> Vec<Principal> {
        let stx = Principal::Contract(self.deployment.stx().clone());
        let sbtc = self.deployment.sbtc().ok().cloned().map(Principal::Contract);
        [Some(stx), sbtc].into_iter().flatten().collect()
    }

    fn nobody(&self) -> Principal {
        Principal::Standard(self.deployment.deployer())
    }

    async fn ask<F: ContractFunction>(&self, function: F) -> Result<F::Answer, ReconciliationError> {
        let call = function.into_call(&self.deployment);
        let value =
            self.client.call_read_only(&call.contract, &call.function, &self.nobody(), &call.args).await?;
        Ok(F::decode(&value)?)
    }
}

const fn amount(base_units: u128) -> TokenAmount {
    TokenAmount::new(base_units)
}

impl Audited for NodeAuditor {
    async fn tip(&self) -> Result<BlockHeader, ReconciliationError> {
        for _ in 0..MOST_STARTS {
            let info = self.client.info().await?;
            let block = self.client.block(BlockId::Latest).await?;
            // What the node answers is of its own newest block: the index has to know the same one.
            if block.height == info.stacks_tip_height && block.hash == info.stacks_tip {
                return Ok(super::api::header_of(&block)?);
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        Err(ReconciliationError::Apart)
    }

    async fn pool(
        &self,
        token: &Principal,
        tiers: &[u8],
    ) -> Result<Option<(TokenAmount, TokenAmount)>, ReconciliationError> {
        let mut sum = Some(self.ask(liquidity_pool::GetCreditTotal { token: token.clone() }).await?);
        let mut locked = Some(0_u128);
        for tier in tiers {
            let bucket =
                self.ask(liquidity_pool::GetBucket { tier: (*tier).into(), token: token.clone() }).await?;
            let Some(bucket) = bucket else { return Ok(None) };
            let parts = [
                bucket.assets,
                bucket.deposits_now,
                bucket.deposits_next,
                bucket.refunds,
                bucket.filled,
                bucket.claims,
                bucket.pot,
            ];
            sum = parts.into_iter().try_fold(sum.unwrap_or_default(), u128::checked_add);
            locked = locked.and_then(|locked| locked.checked_add(bucket.locked));
            if sum.is_none() {
                return Ok(None);
            }
        }
        Ok(sum.zip(locked).map(|(sum, locked)| (amount(sum), amount(locked))))
    }

    async fn vault(&self, token: &Principal) -> Result<(TokenAmount, TokenAmount), ReconciliationError> {
        let entry = self.ask(liquidity_pool_vault::GetToken { token: token.clone() }).await?;
        Ok((amount(entry.balance), amount(entry.locked)))
    }

    async fn treasury(&self, token: &Principal) -> Result<TokenAmount, ReconciliationError> {
        Ok(amount(self.ask(treasury::GetTreasuryBalances { token: token.clone() }).await?.total))
    }

    async fn insurance_fund(&self, token: &Principal) -> Result<TokenAmount, ReconciliationError> {
        Ok(amount(self.ask(insurance_fund::GetFundSize { token: token.clone() }).await?))
    }

    async fn balance(&self, holder: Contract, token: &Principal) -> Result<TokenAmount, ReconciliationError> {
        let holder = Principal::Contract(self.deployment.contract(holder).clone());
        let Principal::Contract(token) = token else {
            return Err(ReconciliationError::NoToken(token.clone()));
        };
        if token == self.deployment.stx() {
            let account = self.client.account(&holder).await?;
            return Ok(amount(
                u128::from(account.balance.micro()).saturating_add(account.locked.micro().into()),
            ));
        }
        sip010_balance(&self.client, &self.nobody(), token, holder).await
    }
}

/// A token's own word for what somebody has.
async fn sip010_balance(
    client: &NodeClient,
    sender: &Principal,
    token: &ContractId,
    holder: Principal,
) -> Result<TokenAmount, ReconciliationError> {
    let unusable = |reason: String| ClientError::Malformed {
        endpoint: token.to_string(),
        what: format!("balance of {holder}"),
        reason,
    };
    let function: ClarityName =
        "get-balance".parse().map_err(|_| unusable("the function has no name".to_owned()))?;
    let arguments = [bithedge_stacks::Value::Principal(holder.clone())];
    let value = client.call_read_only(token, &function, sender, &arguments).await?;
    let balance = value.as_response().ok().and_then(Result::ok).and_then(|value| value.as_uint().ok());
    let balance = balance.ok_or_else(|| unusable(format!("{} is no balance", value.type_name())))?;
    Ok(amount(balance))
}
