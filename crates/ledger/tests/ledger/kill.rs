//! Processes that end in the middle of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bithedge_ledger::{Ledger, LedgerError};

use crate::dump::{assert_same, dump};
use crate::stream::{Stream, identity};

const FILE: &str = "BITHEDGE_LEDGER_TEST_FILE";

fn stream() -> Stream {
    Stream::quick(21, 10, 10)
}

/// Feeds a ledger from where it stands, until something goes wrong.
fn feed(path: &Path) -> LedgerError {
    let mut ledger = Ledger::open(path, identity()).unwrap();
    let mut stream = stream();
    let tip = ledger.tip().unwrap().map_or(0, |tip| tip.height.get());
    for _ in 0..tip {
        stream.next(6);
    }
    loop {
        if let Err(error) = ledger.apply(&stream.next(6)) {
            return error;
        }
    }
}

#[test]
#[ignore = "the child process of the test below"]
fn feed_until_killed() {
    if let Some(path) = std::env::var_os(FILE) {
        panic!("{}", feed(&PathBuf::from(path)));
    }
}

#[test]
#[ignore = "the child process of the test below"]
fn feed_until_full() {
    if let Some(path) = std::env::var_os(FILE) {
        let path = PathBuf::from(path);
        let error = feed(&path);
        assert!(matches!(error, LedgerError::DiskFull(_)), "{error:?}");
        // It is as before the block, and says so.
        let mut ledger = Ledger::open(&path, identity()).unwrap();
        assert!(ledger.snapshot().unwrap().totals().unwrap().iter().all(|all| all.adds_up()));
    }
}

#[test]
fn kill_9_loses_nothing_that_was_there_and_leaves_no_half_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed");
    let wanted_path = folder.path().join("wanted");
    let mut wanted = Ledger::open(&wanted_path, identity()).unwrap();
    let mut stream = stream();
    let mut random = fastrand::Rng::with_seed(3);
    let (mut height, mut moved) = (0, 0);
    for round in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::feed_until_killed", "--ignored"])
            .env(FILE, &path)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(random.u64(100..900)));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        let ledger = Ledger::open(&path, identity()).unwrap();
        ledger.check().unwrap();
        let now = ledger.tip().unwrap().map_or(0, |tip| tip.height.get());
        assert!(now >= height, "round {round}: back from {height} to {now}");
        moved += u32::from(now > height);
        while height < now {
            wanted.apply(&stream.next(6)).unwrap();
            height += 1;
        }
        drop(ledger);
        assert_same(&dump(&path), &dump(&wanted_path), &format!("round {round}, at block {now}"));
    }
    assert!(moved > 8, "{moved} rounds in which blocks were applied");
}

#[test]
fn a_full_disk_leaves_the_ledger_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full");
    // The kernel refuses writes beyond the limit, with a signal that is to be ignored.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 6000; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "kill::feed_until_full", "--ignored"])
        .env(FILE, &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    ledger.check().unwrap();
    let tip = ledger.tip().unwrap().unwrap().height.get();
    assert!(tip > 10, "{tip}");
    let mut stream = stream();
    let wanted_path = folder.path().join("wanted");
    let mut wanted = Ledger::open(&wanted_path, identity()).unwrap();
    for _ in 0..tip {
        wanted.apply(&stream.next(6)).unwrap();
    }
    assert_same(&dump(&path), &dump(&wanted_path), "after the disk was full");
    // There is space again.
    ledger.apply(&stream.next(6)).unwrap();
}

/// After power loss the end of the log may be missing, or not be what was written.
#[test]
fn a_log_that_lost_its_end_gives_an_earlier_block_in_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = stream();
    let mut dumps = vec![dump(&path)];
    for _ in 0..120 {
        ledger.apply(&stream.next(6)).unwrap();
        dumps.push(dump(&path));
    }
    let file = std::fs::read(&path).unwrap();
    let log = std::fs::read(folder.path().join("whole-wal")).unwrap();
    let mut random = fastrand::Rng::with_seed(9);
    let mut tips = std::collections::BTreeSet::new();
    for round in 0..30 {
        let copy = folder.path().join(format!("cut-{round}"));
        let mut kept = log.clone();
        let end = random.usize(..log.len());
        if round % 2 == 0 {
            kept.truncate(end);
        } else {
            random.fill(&mut kept[end..]);
        }
        std::fs::write(&copy, &file).unwrap();
        std::fs::write(folder.path().join(format!("cut-{round}-wal")), kept).unwrap();
        // An empty ledger whose first pages were lost is begun again.
        let mut ledger = Ledger::open(&copy, identity()).unwrap();
        ledger.check().unwrap();
        let tip = ledger.tip().unwrap().map_or(0, |tip| tip.height.get());
        assert_same(&dump(&copy), &dumps[usize::try_from(tip).unwrap()], "after the cut");
        assert!(ledger.snapshot().unwrap().is_sound());
        tips.insert(tip);
    }
    assert!(tips.len() > 10, "{tips:?}");
}
