//! What the main window asks for.

use bithedge_engine::intents::Unknown;
use bithedge_engine::intents::quote;
use bithedge_engine::intents::quote::QuoteError;
use bithedge_engine::transactions::{Settings, TransactionId};
use bithedge_engine::views;
use bithedge_engine::words::Notices as _;
use bithedge_engine::{Pace, present};
use bithedge_ipc::{
    AccountBalance, AsOf, AsOfBlock, ConfirmedOffer, Fault, MarketView, Network, NetworkKind, Notice,
    PageAnswer, PageQuery, TransactionsPage,
};
use bithedge_ledger::TimeRange;
use bithedge_protocol::pool::Order;
use bithedge_protocol::{MicroStx, Ppm, UnixSeconds};
use bithedge_stacks::{Address, Principal};

use crate::core::Core;
use crate::network::Running;
use crate::notices;

/// Policies of a page.
const POLICIES: u32 = 50;
/// Lines of a page.
const LINES: u32 = 100;
/// Transactions of a page.
const TRANSACTIONS: usize = 50;
/// So many are looked through for a page of one account.
const LOOKED_THROUGH: u32 = 200;
/// How much more than quoted may be paid, when the price has moved on by the block.
const SLACK: Ppm = Ppm::new(10_000);

impl Core {
    /// A page of the account in use.
    pub(crate) async fn page(&self, query: PageQuery) -> Result<PageAnswer, Notice> {
        let (running, account) = self.acting()?;
        let account = account.address;
        let who = Principal::Standard(account);
        let engine = &running.engine;
        let failed = |error: bithedge_engine::PageError| error.notice();
        Ok(match query {
            PageQuery::Home {} => {
                let page = engine.page(account, move |books, _| views::home(books, &who)).await;
                PageAnswer::Home(Box::new(page.map_err(failed)?))
            }
            PageQuery::Market {} => PageAnswer::Market(Box::new(self.market(&running, account).await?)),
            PageQuery::Policies { before } => {
                let page = engine
                    .page(account, move |books, _| views::policies(books, &who, before, POLICIES))
                    .await;
                PageAnswer::Policies(Box::new(page.map_err(failed)?))
            }
            PageQuery::Policy { policy } => {
                let page =
                    engine.page(account, move |books, _| views::policy_page(books, policy, &who)).await;
                PageAnswer::Policy(Box::new(page.map_err(failed)?))
            }
            PageQuery::Capital {} => {
                let page = engine.page(account, move |books, _| views::capital(books, &who)).await;
                PageAnswer::Capital(Box::new(page.map_err(failed)?))
            }
            PageQuery::Tiers {} => {
                let page = engine.page(account, |books, _| views::tiers(books)).await;
                PageAnswer::Tiers(Box::new(page.map_err(failed)?))
            }
            PageQuery::Bucket { bucket } => {
                let page = engine
                    .page(account, move |books, _| views::bucket_page(books, bucket, TimeRange::ALL))
                    .await;
                PageAnswer::Bucket(Box::new(page.map_err(failed)?))
            }
            PageQuery::Protocol {} => {
                let page = engine.page(account, views::protocol).await;
                PageAnswer::Protocol(Box::new(page.map_err(failed)?))
            }
            PageQuery::Activity { before } => {
                let page =
                    engine.page(account, move |books, _| views::activity(books, &who, before, LINES)).await;
                PageAnswer::Activity(Box::new(page.map_err(failed)?))
            }
            PageQuery::Transactions { before } => {
                PageAnswer::Transactions(Box::new(transactions(&running, account, before)?))
            }
        })
    }

    async fn market(&self, running: &Running, account: Address) -> Result<MarketView, Notice> {
        // Answers that are no answer yet ask for more readings; every other one ends the reading.
        let asked = |state: &bithedge_engine::intents::State| match quote::market_of(state) {
            Err(QuoteError::Unknown(unknown)) => Err::<_, Unknown>(unknown),
            other => Ok(other),
        };
        let (market, state) =
            running.engine.read_at_one_tip(account, asked).await.map_err(|error| error.notice())?;
        let market = market.map_err(|error| error.notice())?;
        let tip = state.tip();
        let chain = AsOfBlock { height: tip.height, time: tip.time };
        let snapshot = self.chain.borrow().clone();
        let address = account.to_string();
        let is_it = |balance: &AccountBalance| balance.address == address;
        let balance = snapshot.balances.into_iter().find(is_it);
        let ceiling = Settings::default().fees.call_ceiling.micro();
        Ok(MarketView {
            as_of: AsOf {
                books: None,
                chain: Some(chain),
                now: tip.time,
                doubt: stands_still(running, tip.time),
            },
            market,
            stx: balance.as_ref().and_then(|balance| balance.stx),
            sbtc: balance.as_ref().and_then(|balance| balance.sbtc),
            call_fee: MicroStx::new(ceiling.into()),
        })
    }

    /// What the chain says of an order, and the wish that buys it.
    pub(crate) async fn confirm_order(&self, order: Order) -> Result<ConfirmedOffer, Notice> {
        let (running, account) = self.acting()?;
        let engine = &running.engine;
        let confirmed =
            engine.confirm_order(account.address, &order).await.map_err(|error| error.notice())?;
        let intent = confirmed.buy(SLACK, engine.clock().now());
        let bithedge_engine::intents::Intent::Protection(bithedge_engine::intents::Protection::Buy {
            order,
            max_cost,
            valid_until,
        }) = intent
        else {
            return Err(notices::defect(&"a confirmed quote buys nothing"));
        };
        let differs = confirmed.differs.as_ref().map(|mine| {
            notices::notice(
                Fault::SuiteDiffers,
                "BitHedge computed another price than the contracts answer.",
                "What you would pay is what the contracts answer, and never more than you approve. One of the two is wrong.",
                "Do not buy before you know why: report it, with the technical cause below.",
                &format!("computed here: {mine:?}"),
            )
        });
        Ok(ConfirmedOffer { order, quote: confirmed.quote, max_cost, valid_until, differs })
    }

    /// The account's whole activity as a table, and its number of lines.
    pub(crate) async fn activity_csv(&self) -> Result<(String, usize), Notice> {
        let (running, account) = self.acting()?;
        let who = Principal::Standard(account.address);
        let mut lines = Vec::new();
        let mut before = None;
        loop {
            let who = who.clone();
            let page = running
                .engine
                .page(account.address, move |books, _| views::activity(books, &who, before, 1_000))
                .await
                .map_err(|error| error.notice())?;
            lines.extend(page.lines);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        Ok((views::csv(&lines), lines.len()))
    }
}

/// Why what was read at a block says nothing of now, if so: on a public chain blocks come by themselves.
fn stands_still(running: &Running, newest: UnixSeconds) -> Option<String> {
    let network = match running.view.kind {
        NetworkKind::Devnet => Network::Devnet,
        NetworkKind::Testnet => Network::Testnet,
        NetworkKind::Mainnet => Network::Mainnet,
    };
    let limit = Pace::of(network).max_tip_age?;
    let age = running.engine.clock().now().since(newest)?;
    (age > limit).then(|| {
        format!("The newest block is of {}, so these prices are not those of now.", newest.in_words())
    })
}

/// What was signed here for an account, newest first.
fn transactions(
    running: &Running,
    account: Address,
    before: Option<u64>,
) -> Result<TransactionsPage, Notice> {
    let journal = running.engine.transactions();
    let mut found = Vec::new();
    let mut before = before.map(TransactionId);
    loop {
        let page = journal.history(before, LOOKED_THROUGH).map_err(|error| error.notice())?;
        let is_last = u32::try_from(page.len()).unwrap_or(u32::MAX) < LOOKED_THROUGH;
        before = page.last().map(|entry| entry.id);
        found.extend(page.into_iter().filter(|entry| entry.account == account));
        if is_last || found.len() > TRANSACTIONS {
            break;
        }
    }
    let more = found.len() > TRANSACTIONS;
    found.truncate(TRANSACTIONS);
    let transactions = found.iter().map(|entry| present::transaction(entry, &running.scenery)).collect();
    Ok(TransactionsPage { transactions, more })
}
