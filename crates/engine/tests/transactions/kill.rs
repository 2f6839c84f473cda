//! kill -9 at random moments, and a disk that fills up: a child process makes, signs and sends; the parent looks at what is
//! left.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bithedge_engine::SystemClock;
use bithedge_engine::transactions::{ApproveError, Depths, Journal, Settings, Status, Transactions};
use bithedge_stacks::transaction::{Payload, Txid};

use crate::fake::FakeChain;
use crate::hand::{FakeSigner, NETWORK, Service, address, prepared};

const KILLS: usize = 20;
/// Tells the child where to work, and the number of its life.
const FOLDER: &str = "TRANSACTIONS_KILL_FOLDER";
const LIFE: &str = "TRANSACTIONS_KILL_LIFE";

fn open(folder: &Path) -> (FakeChain, Service) {
    let chain = FakeChain::logged(&folder.join("chain.log"));
    let journal = Journal::open(&folder.join("journal.sqlite"), NETWORK).unwrap();
    let settings = Settings {
        first_resend: Duration::ZERO,
        longest_resend: Duration::ZERO,
        depths: Depths { confirmed: 1, settled: 3 },
        ..Settings::default()
    };
    let signer = FakeSigner::default();
    let service = Transactions::open(journal, NETWORK, chain.clone(), signer, SystemClock, settings);
    (chain, service.unwrap())
}

/// What is killed. Without the environment of the test below there is nothing to do.
#[test]
#[ignore = "the child process of killed_at_any_moment"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let life: u128 = std::env::var(LIFE).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (chain, service) = open(&folder);
        println!("ready");
        for number in 0.. {
            for account in [0, 1] {
                let tag = life * 1_000_000 + number * 2 + account as u128;
                let question = service.draft(prepared(account, "go", tag)).await.unwrap();
                let id = question.approval().id;
                let txid = service.approve(id, question.approval().digest).await.unwrap();
                println!("signed {txid}");
                if number % 5 == 3
                    && let Ok(question) = service.replace(id).await
                {
                    let answer = service.approve(question.approval().id, question.approval().digest);
                    println!("signed {}", answer.await.unwrap());
                }
            }
            if number % 3 == 2 {
                chain.state().mine(1);
                service.poll().await.unwrap();
            }
        }
    });
}

/// Sends until its files may not grow any more. Run by the test below.
#[test]
#[ignore = "the child process of a_disk_that_fills_up"]
fn child_on_a_full_disk() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (chain, service) = open(&folder);
        for tag in 0..1_000 {
            let question = service.draft(prepared(0, "go", tag)).await.unwrap();
            let (id, digest) = (question.approval().id, question.approval().digest);
            let before = chain.state().handed.len();
            match service.approve(id, digest).await {
                Ok(txid) => println!("signed {txid}"),
                Err(ApproveError::Journal(error)) => {
                    let again = service.approve(id, digest).await;
                    assert!(matches!(again, Err(ApproveError::Journal(_))), "{again:?}");
                    assert_eq!(chain.state().handed.len(), before, "not written down, so not sent");
                    println!("full {error}");
                    return;
                }
                Err(other) => panic!("{other}"),
            }
        }
        panic!("the disk was never full");
    });
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up() {
    let folder = tempfile::tempdir().unwrap();
    // A limit for the size of files fails like a full disk, and needs no rights to be set.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_on_a_full_disk", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.lines().any(|line| line.contains("full ")), "{text}");
    let (chain, service) = open(folder.path());
    let known: BTreeSet<Txid> =
        service.history(None, u32::MAX).unwrap().into_iter().map(|entry| entry.txid).collect();
    let mut told =
        text.lines().filter_map(|line| line.split_once("signed ")?.1.parse::<Txid>().ok()).peekable();
    assert!(told.peek().is_some(), "{text}");
    assert!(told.all(|txid| known.contains(&txid)));
    for handed in &chain.state().handed {
        assert!(known.contains(&handed.txid()));
    }
    // With room, everything goes on.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..6 {
        chain.state().mine(1);
        runtime.block_on(service.poll()).unwrap();
    }
    assert_eq!(service.unsettled(), []);
}

#[test]
fn killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut told: BTreeSet<Txid> = BTreeSet::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for life in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(LIFE, life.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        let reading = std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        // The harness prints before it.
        while !lines.recv_timeout(Duration::from_secs(120)).unwrap().ends_with("ready") {}
        let moment = RandomState::new().hash_one(life) % 500_000;
        std::thread::sleep(Duration::from_micros(moment));
        child.kill().unwrap();
        child.wait().unwrap();
        reading.join().unwrap();
        told.extend(lines.try_iter().filter_map(|line| line.strip_prefix("signed ")?.parse::<Txid>().ok()));

        let (chain, service) = open(folder.path());
        let known: BTreeMap<Txid, _> =
            service.history(None, u32::MAX).unwrap().into_iter().map(|entry| (entry.txid, entry)).collect();
        for txid in &told {
            assert!(known.contains_key(txid), "signed and forgotten: {txid}");
        }
        for handed in &chain.state().handed {
            assert!(known.contains_key(&handed.txid()), "sent and forgotten: {}", handed.txid());
        }
        // What was written down and may not have been sent is sent now, as the same bytes.
        runtime.block_on(service.poll()).unwrap();
        for handed in &chain.state().handed {
            assert!(known.contains_key(&handed.txid()), "made up after the crash: {}", handed.txid());
        }
        for account in [0, 1] {
            let gaps = runtime.block_on(service.gaps(&address(account))).unwrap();
            assert_eq!(gaps, Vec::<u64>::new(), "what was not signed left its nonce");
        }
    }
    let (chain, service) = open(folder.path());
    for _ in 0..6 {
        chain.state().mine(1);
        runtime.block_on(service.poll()).unwrap();
    }
    assert_eq!(service.unsettled(), []);
    let mut mined = BTreeSet::new();
    for (transaction, _) in chain.state().chain() {
        let Payload::ContractCall { args, .. } = transaction.payload else { panic!() };
        assert!(mined.insert(args[0].as_uint().unwrap()), "an intent happened twice");
    }
    let history = service.history(None, u32::MAX).unwrap();
    let confirmed = history.iter().filter(|entry| matches!(entry.status, Status::Confirmed { .. })).count();
    assert_eq!(confirmed, mined.len());
    assert!(confirmed >= KILLS, "{confirmed} are too few for the kills to have hit anything");
    for entry in &history {
        assert!(matches!(entry.status, Status::Confirmed { .. } | Status::Replaced { .. }), "{entry:?}");
    }
}
