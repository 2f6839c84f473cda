//! How long the books take to be made from nothing, over HTTP: `cold_sync [EVENTS]`, without it 100,000. The server is a process of
//! its own, which serves blocks that were made beforehand with the limits of the real API, so that time and memory are the
//! syncer's; with answers that come at once, and with answers that take 20 ms each, as from another continent they might.
//! Prints a line of JSON for each figure, as `cargo xtask bench` reads them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

#[path = "../tests/sync/server.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod server;
#[path = "../../ledger/tests/ledger/stream/mod.rs"]
#[allow(dead_code, reason = "the ledger's tests use more of it")]
mod stream;

use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bithedge_engine::SystemClock;
use bithedge_engine::sync::{ApiFeed, SyncState, Syncer};
use bithedge_ledger::BlockHeader;
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::NodeClient;
use bithedge_stacks::client::BlockHash;
use bithedge_suite::Deployment;

use server::{Api, Served};
use stream::{Stream, identity};

/// Requests that the feed has on their way at the same time.
const AT_ONCE: f64 = 8.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", events, latency] => {
            runtime.block_on(serve(events.parse().unwrap(), latency.parse().unwrap()));
        }
        rest => {
            let events = rest.first().map_or(100_000, |events| events.parse().unwrap());
            for latency in [0, 20] {
                runtime.block_on(sync(events, latency));
            }
        }
    }
}

/// Blocks with so many events, behind the API, until the process is ended.
async fn serve(events: u64, latency: u64) {
    // The stream's blocks stand on this one, from height 1 on; here they begin at 2.
    let first = BlockHeader {
        height: BlockHeight::new(1),
        hash: identity().genesis,
        parent: BlockHash([0; 32]),
        time: UnixSeconds::new(stream::START),
    };
    let mut blocks = vec![(first, Vec::new())];
    let mut stream = Stream::new(11, 500, 500);
    while stream.events < events {
        let mut block = stream.next(8);
        block.header.height = BlockHeight::new(block.header.height.get() + 1);
        blocks.push((block.header, block.transactions));
    }
    let served = Served::new(&blocks, stream::deployer().to_string(), 2);
    let api = Api::new(served, Duration::from_millis(latency));
    let transactions: usize = blocks.iter().map(|(_, transactions)| transactions.len()).sum();
    println!("{} {} {} {}", api.start().await, blocks.len() - 1, transactions, stream.events);
    std::future::pending::<()>().await;
}

/// Ended with whoever started it.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn figure(name: &str, value: impl std::fmt::Display, unit: &str, goal: &str) {
    println!(r#"{{"name":"{name}","value":{value},"unit":"{unit}","goal":"{goal}"}}"#);
}

/// Of this process, in KiB.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of this process so far, in seconds.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

async fn sync(events: u64, latency: u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["serve", &events.to_string(), &latency.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _server = Server(child);
    let mut words = line.split_whitespace();
    let url = words.next().unwrap().to_owned();
    let [blocks, transactions, prints] = [(); 3].map(|()| words.next().unwrap().parse::<u64>().unwrap());

    let folder = tempfile::tempdir().unwrap();
    let feed = ApiFeed::new(Arc::new(NodeClient::new([&url]).unwrap()), Deployment::devnet());
    let identity = identity();
    let clock = Arc::new(SystemClock);
    let path = folder.path().to_path_buf();
    let mut syncer = Syncer::new(feed, path, identity.chain, identity.deployer, clock).await;
    let mut status = syncer.status();
    // What it takes when a tenth is done, to be held against what it takes at the end.
    let watching = tokio::spawn(async move {
        let mut at_a_tenth = 0;
        while status.changed().await.is_ok() {
            if let SyncState::CatchingUp { at, tip, .. } = status.borrow_and_update().state
                && at_a_tenth == 0
                && at.get() > tip.get() / 10
            {
                at_a_tenth = memory("VmRSS");
            }
        }
        at_a_tenth
    });
    let (start, before) = (Instant::now(), processor());
    let state = syncer.step().await.unwrap();
    let (taken, busy) = (start.elapsed().as_secs_f64(), processor() - before);
    assert!(matches!(state, SyncState::Current { at } if at.height.get() == blocks + 1));
    let at_the_end = memory("VmRSS");
    let anomalies = syncer.books().read(|books| books.anomalies(1)).await.unwrap();
    assert!(anomalies.is_empty(), "{anomalies:?}");
    drop(syncer);
    let at_a_tenth = watching.await.unwrap();
    let answer = reqwest::get(format!("{url}/devnet/requests")).await.unwrap().text().await.unwrap();
    let requests: u64 = answer.parse().unwrap();

    let name = |what: &str| format!("cold_sync/{prints}/{latency}ms/{what}");
    figure(&name("content"), blocks, "blocks", "");
    figure(&name("transactions"), transactions, "transactions", "");
    figure(&name("requests"), requests, "requests", "");
    figure(&name("time"), format!("{taken:.2}"), "s", "");
    figure(&name("speed"), format!("{:.0}", prints as f64 / taken), "events/s", "");
    figure(&name("processor_time"), format!("{busy:.2}"), "s", "");
    if latency > 0 {
        // What the answers alone take, so many at a time.
        let waiting = requests as f64 * latency as f64 / 1_000.0 / AT_ONCE;
        figure(&name("time_over_waiting"), format!("{:.2}", taken / waiting), "times", "");
        // Bound by the node's answers: this process has little to do meanwhile.
        figure(&name("processor_share"), format!("{:.2}", busy / taken), "of the time", "<= 0.25");
    }
    figure(&name("memory_at_a_tenth"), at_a_tenth, "KiB", "");
    figure(&name("memory_at_the_end"), at_the_end, "KiB", "");
    let growth = at_the_end as f64 / at_a_tenth.max(1) as f64;
    figure(&name("memory_growth"), format!("{growth:.2}"), "times", "<= 1.5");
}
