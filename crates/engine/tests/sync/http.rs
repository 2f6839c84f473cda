//! The feed over a real HTTP server that keeps to the real API's limits.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bithedge_engine::SystemClock;
use bithedge_engine::sync::{ApiFeed, Feed, Settings, SyncState, Syncer};
use bithedge_ledger::{
    BlockHeader, Call, ChainBlock, Fingerprint, Identity, Ledger, Print, SuiteTransaction, TransactionOutcome,
};
use bithedge_protocol::{BlockHeight, MicroStx};
use bithedge_stacks::client::ClientConfig;
use bithedge_stacks::{ContractId, NodeClient, Txid, Value};
use bithedge_suite::Deployment;

use crate::chain::Chain;
use crate::server::{Api, Served};
use crate::stream;

/// Blocks with everything in them: what is the suite's and what is not.
pub(crate) type Blocks = Vec<(BlockHeader, Vec<SuiteTransaction>)>;

fn foreign() -> ContractId {
    "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG.market".parse().unwrap()
}

fn stranger(number: u64, call: Option<Call>, prints: Vec<Print>) -> SuiteTransaction {
    let mut txid = [0xee; 32];
    txid[..8].copy_from_slice(&number.to_be_bytes());
    SuiteTransaction {
        txid: Txid(txid),
        index: 0,
        sender: stream::person(9),
        fee: MicroStx::new(180),
        outcome: TransactionOutcome::Success,
        result: Value::ok(true),
        call,
        prints,
    }
}

/// A chain with what other people do in between, and with calls of the suite through another's contract.
pub(crate) fn mixed(chain: &Chain, indirect: bool) -> Blocks {
    let mut number = 0;
    let call = || Some(Call { contract: foreign(), function: "trade".to_owned(), arguments: Vec::new() });
    let mut blocks: Blocks = Vec::new();
    for block in &chain.blocks {
        let mut all = Vec::new();
        // Nothing of anybody's where the suite is not deployed yet.
        if block.header.height.get() > 2 {
            number += 3;
            let noise = Print { contract: foreign(), index: 0, value: Value::UInt(1) };
            all.push(stranger(number, None, Vec::new()));
            all.push(stranger(number + 1, call(), vec![noise]));
            all.push(stranger(number + 2, call(), Vec::new()));
        }
        for (at, transaction) in block.transactions.iter().enumerate() {
            let mut transaction = transaction.clone();
            if indirect && at == 0 && !transaction.prints.is_empty() {
                // Somebody's contract calls the suite, and prints more than a page before.
                transaction.call = call();
                let noise =
                    (0..130).map(|_| Print { contract: foreign(), index: 0, value: Value::Bool(true) });
                let own = std::mem::take(&mut transaction.prints);
                transaction.prints = if number % 2 == 0 { noise.chain(own).collect() } else { own };
            }
            all.push(transaction);
        }
        for (transaction, index) in all.iter_mut().zip(0..) {
            transaction.index = index;
            for (print, index) in transaction.prints.iter_mut().zip(0..) {
                print.index = index;
            }
        }
        blocks.push((block.header, all));
    }
    blocks
}

/// What of it the ledger wants.
pub(crate) fn content(blocks: &Blocks, above: u64, to: u64) -> Vec<ChainBlock> {
    let is_ours = |contract: &ContractId| contract.issuer == stream::deployer();
    let concerns = |one: &&SuiteTransaction| {
        let is_call = one.call.as_ref().is_some_and(|call| is_ours(&call.contract));
        match one.outcome {
            TransactionOutcome::Success => one.prints.iter().any(|print| is_ours(&print.contract)),
            _ => is_call,
        }
    };
    blocks
        .iter()
        .filter(|(header, _)| header.height.get() > above && header.height.get() <= to)
        .map(|(header, all)| ChainBlock {
            header: *header,
            transactions: all.iter().filter(concerns).cloned().collect(),
        })
        .filter(|block| !block.transactions.is_empty())
        .collect()
}

pub(crate) fn fingerprint(blocks: &Blocks) -> Fingerprint {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity { genesis: blocks[0].0.hash, ..stream::identity() };
    let mut ledger = Ledger::open(&folder.path().join("fresh"), identity).unwrap();
    ledger.advance_to(&blocks[0].0).unwrap();
    ledger.apply_all(&content(blocks, 0, u64::MAX)).unwrap();
    let tip = blocks.last().unwrap().0;
    if ledger.tip().unwrap().unwrap().height < tip.height {
        ledger.advance_to(&tip).unwrap();
    }
    ledger.snapshot().unwrap().fingerprint().unwrap()
}

pub(crate) fn serve(blocks: &Blocks) -> Served {
    Served::new(blocks, stream::deployer().to_string(), 3)
}

pub(crate) fn feed(url: &str) -> ApiFeed {
    feed_with(url, ClientConfig::default())
}

fn feed_with(url: &str, config: ClientConfig) -> ApiFeed {
    let config = ClientConfig { attempts: 1, first_backoff: Duration::from_millis(1), ..config };
    let client = NodeClient::with_config([url], config).unwrap();
    ApiFeed::new(Arc::new(client), Deployment::devnet())
}

pub(crate) async fn syncer(url: &str, folder: &Path) -> Syncer<ApiFeed> {
    let identity = stream::identity();
    let clock = Arc::new(SystemClock);
    Syncer::new(feed(url), folder.to_path_buf(), identity.chain, identity.deployer, clock).await
}

pub(crate) async fn is_current(syncer: &mut Syncer<ApiFeed>, blocks: &Blocks, when: &str) {
    let state = syncer.step().await.unwrap_or_else(|error| panic!("{when}: {error}"));
    assert_eq!(state, SyncState::Current { at: blocks.last().unwrap().0 }, "{when}");
    let found = syncer.books().read(|books| books.fingerprint()).await.unwrap();
    assert_eq!(found, fingerprint(blocks), "{when}");
}

pub(crate) fn grown(seed: u64, blocks: usize) -> Chain {
    let mut chain = Chain::new(seed);
    chain.grow(blocks);
    chain
}

#[tokio::test]
async fn both_ways_of_reading_give_the_same_blocks() {
    let chain = grown(3, 80);
    let blocks = mixed(&chain, true);
    let api = Api::new(serve(&blocks), Duration::ZERO);
    let feed = feed(&api.start().await);
    let tip = feed.tip().await.unwrap().indexed;
    assert_eq!(&tip, chain.tip());
    let beginning = feed.beginning().await.unwrap();
    assert_eq!((beginning.first, beginning.deployed), (blocks[0].0, Some(BlockHeight::new(3))));

    // Through the contracts' lists.
    let all = feed.content(BlockHeight::new(1), &tip, 10_000).await.unwrap();
    // The newest eight are left to be read block by block.
    assert_eq!(all.through.height.get() + 8, tip.height.get());
    let wanted = content(&blocks, 0, u64::MAX);
    assert!(wanted.iter().map(|block| block.transactions.len()).sum::<usize>() > 100);
    assert!(wanted.iter().flat_map(|block| &block.transactions).any(|one| one.prints.len() > 130));
    assert_eq!(all.blocks, content(&blocks, 0, all.through.height.get()));
    // In small portions.
    let (mut above, mut portions) = (BlockHeight::new(1), Vec::new());
    while above < tip.height {
        let portion = feed.content(above, &tip, 7).await.unwrap();
        assert!(portion.through.height > above);
        above = portion.through.height;
        portions.extend(portion.blocks);
    }
    assert_eq!(portions, wanted);
    // Block by block.
    let mut by_block = Vec::new();
    for end in (1..=tip.height.get()).step_by(8).skip(1).chain([tip.height.get()]) {
        let header = feed.header(BlockHeight::new(end)).await.unwrap().unwrap();
        let above = by_block.len();
        let from = (end - 1) / 8 * 8 + 1;
        let from = if from == end { end - 8 } else { from };
        by_block.extend(feed.content(BlockHeight::new(from), &header, 1).await.unwrap().blocks);
        assert!(by_block.len() >= above);
    }
    assert_eq!(by_block, wanted);
}

#[tokio::test]
async fn a_cold_sync_costs_what_the_content_demands() {
    let mut chain = grown(4, 400);
    let blocks = mixed(&chain, false);
    let wanted = content(&blocks, 0, u64::MAX);
    let api = Api::new(serve(&blocks), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer(&api.start().await, folder.path()).await;
    is_current(&mut syncer, &blocks, "cold").await;
    let cold = api.requests.swap(0, Ordering::Relaxed);
    let transactions: usize = wanted.iter().map(|block| block.transactions.len()).sum();
    let prints: usize = wanted.iter().flat_map(|block| &block.transactions).map(|one| one.prints.len()).sum();
    println!(
        "{} blocks with content, {transactions} transactions, {prints} prints: {cold} requests",
        wanted.len()
    );
    // A header for each block with content, and once more where they are compared; transactions by fifties in lists and forties whole; prints by hundreds; two requests for
    // each contract and portion; what a beginning costs.
    let portions = transactions / 256 + 2;
    let compared =
        wanted.iter().filter(|block| block.header.height.get() + 1_000 > blocks.len() as u64).count();
    let demanded =
        wanted.len() + compared + transactions / 50 + transactions / 40 + prints / 100 + portions * 36 + 40;
    assert!(cold <= demanded, "{cold} requests, and {demanded} are enough");
    is_current(&mut syncer, &blocks, "warm").await;
    assert_eq!(api.requests.swap(0, Ordering::Relaxed), 2, "an unchanged chain costs two requests");
    chain.full(4);
    let blocks = mixed(&chain, false);
    *api.served.write().unwrap() = serve(&blocks);
    is_current(&mut syncer, &blocks, "one block more").await;
    let one = api.requests.load(Ordering::Relaxed);
    assert!(one <= 6, "{one} requests for a block");
}

#[tokio::test]
async fn an_index_behind_its_node_is_said_and_caught_up() {
    let blocks = mixed(&grown(6, 60), true);
    let api = Api::new(serve(&blocks), Duration::ZERO);
    api.served.write().unwrap().lag = 9;
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer(&api.start().await, folder.path()).await;
    let state = syncer.step().await.unwrap();
    let SyncState::Behind { at, indexed, node, .. } = state else { panic!("{state:?}") };
    let top = blocks.last().unwrap().0.height.get();
    assert_eq!((at, indexed.get(), node.map(BlockHeight::get)), (Some(indexed), top - 9, Some(top)));
    let part: Blocks = blocks[..blocks.len() - 9].to_vec();
    assert_eq!(syncer.books().read(|books| books.fingerprint()).await.unwrap(), fingerprint(&part));
    for lag in [6, 2, 1] {
        api.served.write().unwrap().lag = lag;
        syncer.step().await.unwrap();
    }
    api.served.write().unwrap().lag = 0;
    is_current(&mut syncer, &blocks, "after it").await;
}

#[tokio::test]
async fn a_devnet_that_was_made_anew_has_books_of_its_own_at_once() {
    let blocks = mixed(&grown(7, 60), true);
    let api = Api::new(serve(&blocks), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer(&api.start().await, folder.path()).await;
    is_current(&mut syncer, &blocks, "before").await;
    // Another one, and shorter.
    let mut other = Chain::new(70);
    other.blocks[0].header.hash.0 = [8; 32];
    other.blocks[1].header.parent = other.blocks[0].header.hash;
    other.grow(15);
    let other = mixed(&other, true);
    *api.served.write().unwrap() = serve(&other);
    is_current(&mut syncer, &other, "another chain").await;
    *api.served.write().unwrap() = serve(&blocks);
    is_current(&mut syncer, &blocks, "and back").await;
}

#[tokio::test]
async fn answers_that_are_too_long_are_asked_for_in_parts() {
    let chain = grown(12, 40);
    let mut blocks = mixed(&chain, true);
    // Somebody prints as much as they can, in a call of the suite and in one of anything else.
    let mut blown = 0;
    for transaction in blocks.iter_mut().flat_map(|(_, all)| all) {
        let is_foreign = transaction.call.as_ref().is_some_and(|call| call.contract == foreign());
        if is_foreign && !transaction.prints.is_empty() && blown < 6 {
            let noise =
                (0..110).map(|_| Print { contract: foreign(), index: 0, value: Value::buffer([7; 2_000]) });
            transaction.prints.extend(noise);
            for (print, index) in transaction.prints.iter_mut().zip(0..) {
                print.index = index;
            }
            blown += 1;
        }
    }
    assert_eq!(blown, 6);
    let api = Api::new(serve(&blocks), Duration::ZERO);
    let url = api.start().await;
    let config = ClientConfig { max_body_bytes: 120_000, ..ClientConfig::default() };
    let feed = feed_with(&url, config);
    let tip = feed.tip().await.unwrap().indexed;
    let all = feed.content(BlockHeight::new(1), &tip, 10_000).await.unwrap();
    assert_eq!(all.blocks, content(&blocks, 0, all.through.height.get()));
    let early = feed.header(BlockHeight::new(9)).await.unwrap().unwrap();
    let by_block = feed.content(BlockHeight::new(2), &early, 1).await.unwrap();
    assert_eq!(by_block.blocks, content(&blocks, 2, 9));
}

#[tokio::test]
async fn what_cannot_be_read_of_somebody_else_s_does_not_stop_the_books() {
    let chain = grown(13, 30);
    let blocks = mixed(&chain, true);
    let api = Api::new(serve(&blocks[..blocks.len() - 4].to_vec()), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer(&api.start().await, folder.path()).await;
    syncer.step().await.unwrap();
    *api.served.write().unwrap() = serve(&blocks);
    // A kind of transaction that nobody knew when this was written: all counts hold.
    *api.twist.write().unwrap() = Some(Box::new(|asked, answer| {
        if asked == "block transactions" {
            answer["results"][0]["tx_type"] = serde_json::json!("tomorrow");
        }
        assert!(asked != "logs", "the lists have no counts");
    }));
    is_current(&mut syncer, &blocks, "with something unknown in each block").await;
}

#[tokio::test]
async fn what_makes_no_sense_of_somebody_else_s_does_not_stop_the_books() {
    let chain = grown(13, 30);
    let blocks = mixed(&chain, true);
    let api = Api::new(serve(&blocks[..blocks.len() - 4].to_vec()), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer(&api.start().await, folder.path()).await;
    syncer.step().await.unwrap();
    *api.served.write().unwrap() = serve(&blocks);
    *api.twist.write().unwrap() = Some(Box::new(|asked, answer| {
        if asked == "block transactions" {
            answer["results"][0]["tx_status"] = serde_json::json!(7);
        }
    }));
    is_current(&mut syncer, &blocks, "with something senseless in each block").await;
    is_current(&mut syncer, &blocks, "and once more").await;
}

#[tokio::test]
async fn lists_that_lag_behind_their_blocks_leave_nothing_out() {
    let blocks = mixed(&grown(8, 40), false);
    // The newest blocks hold something.
    assert!(!content(&blocks, blocks.len() as u64 - 3, u64::MAX).is_empty());
    let mut served = serve(&blocks);
    served.lists_lag = 3;
    let api = Api::new(served, Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    is_current(&mut syncer(&api.start().await, folder.path()).await, &blocks, "cold").await;
}

#[tokio::test]
async fn transfers_that_anybody_can_send_do_not_stop_the_books() {
    let mut blocks = mixed(&grown(8, 60), false);
    for (number, (_, all)) in blocks.iter_mut().enumerate().skip(2) {
        for more in 0..40 {
            let mut dust = stranger(1_000_000 + number as u64 * 100 + more, None, Vec::new());
            dust.index = u32::try_from(all.len()).unwrap();
            all.push(dust);
        }
    }
    let contract = format!("{}.liquidity-pool", stream::deployer());
    for is_refused in [false, true] {
        let mut served = serve(&blocks);
        served.send_to(&contract);
        let api = Api::new(served, Duration::ZERO);
        let farthest = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let seen = Arc::clone(&farthest);
        *api.twist.write().unwrap() = Some(Box::new(move |asked, answer| {
            if asked == "calls" {
                let offset = answer["offset"].as_u64().unwrap();
                seen.fetch_max(offset, Ordering::Relaxed);
                // An API that gives no more pages in a row than so many.
                if is_refused && offset >= 400 {
                    answer["results"] = serde_json::json!("too many requests");
                }
            }
        }));
        let folder = tempfile::tempdir().unwrap();
        // Without refusals, some hundred records are what is read at once for ten transactions.
        let transactions_at_once = if is_refused { 512 } else { 10 };
        let settings = Settings { transactions_at_once, ..Settings::default() };
        let mut syncer = syncer(&api.start().await, folder.path()).await.with_settings(settings);
        let mut looks = 0;
        while syncer.step().await.is_err() {
            looks += 1;
            assert!(looks < 40, "it gets nowhere");
        }
        assert_eq!(looks > 0, is_refused);
        is_current(&mut syncer, &blocks, "in spite of the dust").await;
        assert!(farthest.load(Ordering::Relaxed) <= 400, "{farthest:?}");
    }
}
