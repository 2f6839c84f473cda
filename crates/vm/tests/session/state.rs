use std::process::Command;

use bithedge_stacks::{MicroStx, Value};
use bithedge_vm::{Options, Project, Session};

use crate::session;

fn fingerprint(session: &mut Session) -> String {
    session.fingerprint().unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_fingerprint_changes_with_the_state_and_only_then() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let bob = session.account("wallet_2").unwrap();
    session.watch_entry("ledger", "notes", Value::UInt(1)).unwrap();
    let mut seen = vec![fingerprint(&mut session)];
    let unchanged: [(&str, Vec<Value>); 4] = [
        ("add", vec![Value::UInt(500)]),
        ("divide", vec![Value::UInt(0)]),
        ("who", vec![]),
        ("pay", vec![Value::UInt(u128::MAX), bob.into()]),
    ];
    for (function, args) in &unchanged {
        session.call(alice, "ledger", function, args).unwrap();
        assert_eq!(fingerprint(&mut session), seen[0], "{function} with {args:?}");
    }
    session.advance_burn(2).unwrap();
    assert_eq!(fingerprint(&mut session), seen[0]);
    let changes: [(&str, Vec<Value>); 4] = [
        ("add", vec![Value::UInt(1)]),
        ("pay", vec![Value::UInt(1), bob.into()]),
        ("write-note", vec![Value::UInt(1), Value::utf8("x")]),
        ("tokens", vec![bob.into()]),
    ];
    for (function, args) in &changes {
        session.call(alice, "ledger", function, args).unwrap().ok().unwrap();
        let next = fingerprint(&mut session);
        assert!(!seen.contains(&next), "{function} with {args:?} left no trace");
        seen.push(next);
    }
    session.mint_sbtc(alice, 1).unwrap();
    let next = fingerprint(&mut session);
    assert!(!seen.contains(&next), "minting left no trace");
}

#[test]
fn snapshots_bring_everything_back() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let add = |session: &mut Session| {
        session.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap().as_uint().unwrap()
    };
    add(&mut session);
    session.snapshot().unwrap();
    let (before, tip) = (fingerprint(&mut session), session.tip().unwrap());
    for _ in 0..3 {
        assert_eq!(add(&mut session), 2);
        session.mint_sbtc(alice, 5).unwrap();
        session.advance_burn(10).unwrap();
        session.snapshot_as("later").unwrap();
        assert_ne!(fingerprint(&mut session), before);
        session.restore().unwrap();
        assert_eq!((fingerprint(&mut session), session.tip().unwrap()), (before.clone(), tip));
        session.restore_from("later").unwrap();
        assert_eq!(add(&mut session), 3);
        session.restore().unwrap();
    }
    session.reset().unwrap();
    assert_eq!(session.variable("ledger", "total").unwrap(), Value::UInt(0));
    // A snapshot outlives a reset.
    session.restore().unwrap();
    assert_eq!(fingerprint(&mut session), before);
    session.forget("later").unwrap();
    assert!(session.restore_from("later").is_err());
}

#[test]
fn another_process_goes_on_from_a_saved_state() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let mut first = session();
    let alice = first.account("wallet_1").unwrap();
    let add = |session: &mut Session| {
        session.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap().as_uint().unwrap()
    };
    for _ in 0..3 {
        add(&mut first);
    }
    first.mint_sbtc(alice, 5).unwrap();
    first.advance_burn(10).unwrap();
    first.save_state(&file).unwrap();
    let (saved, tip) = (fingerprint(&mut first), first.tip().unwrap());
    // Saving changes nothing, and both go on alike.
    let mut second = session();
    second.load_state(&file).unwrap();
    assert_eq!((fingerprint(&mut second), second.tip().unwrap()), (saved, tip));
    for session in [&mut first, &mut second] {
        assert_eq!(add(session), 4);
        session.advance_burn(3).unwrap();
        add(session);
    }
    assert_eq!(
        (fingerprint(&mut second), second.tip().unwrap()),
        (fingerprint(&mut first), first.tip().unwrap())
    );
    // A relative path is this process's, not the worker's.
    let relative = std::path::PathBuf::from(format!("state-{}", std::process::id()));
    first.save_state(&relative).unwrap();
    second.load_state(&relative).unwrap();
    std::fs::remove_file(&relative).unwrap();
    // What is no state, or only half of one, is refused.
    assert!(first.load_state(&folder.path().join("nothing")).is_err());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(second.load_state(&file).is_err());
}

#[test]
fn a_reset_undoes_everything() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let fresh = fingerprint(&mut session);
    session.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap();
    session.call(alice, "ledger", "write-note", &[Value::UInt(1), Value::utf8("x")]).unwrap().ok().unwrap();
    session.mint_stx(alice, MicroStx::new(9)).unwrap();
    session
        .deploy(alice, "extra", "(define-data-var v uint u1)\n(define-read-only (f) u1)")
        .unwrap()
        .value()
        .unwrap();
    session.reset().unwrap();
    assert_eq!(fingerprint(&mut session), fresh);
    assert_eq!(session.entry("ledger", "notes", &Value::UInt(1)).unwrap(), None);
    assert!(session.variable(&format!("{alice}.extra"), "v").is_err());
}

#[test]
fn state_can_be_looked_at() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let before = session.balances(&alice.into()).unwrap();
    assert_eq!((before.stx, before.sats), (MicroStx::new(100_000_000_000_000), 0));
    session.mint_sbtc(alice, 77).unwrap();
    session.mint_stx(alice, MicroStx::new(5)).unwrap();
    let after = session.balances(&alice.into()).unwrap();
    assert_eq!((after.stx, after.sats), (MicroStx::new(100_000_000_000_005), 77));
    let assets = session.assets().unwrap();
    assert_eq!(assets["STX"][&alice.to_string()], 100_000_000_000_005);
    assert!(
        assets.iter().any(|(asset, owners)| asset.contains("sbtc-token") && owners[&alice.to_string()] == 77)
    );

    session.call(alice, "ledger", "write-note", &[Value::UInt(4), Value::utf8("hm")]).unwrap().ok().unwrap();
    let note = session.entry("ledger", "notes", &Value::UInt(4)).unwrap().unwrap();
    assert_eq!(note.field("text").unwrap(), &Value::utf8("hm"));
    assert_eq!(session.entry("ledger", "notes", &Value::UInt(5)).unwrap(), None);
    assert!(session.entry("ledger", "absent", &Value::UInt(5)).is_err());
    let mistyped = session.entry("ledger", "notes", &Value::Int(4)).unwrap_err().to_string();
    assert!(mistyped.contains("uint"), "{mistyped}");
    assert!(session.variable("ledger", "absent").is_err());

    let interfaces = session.interfaces().unwrap();
    let ledger = session.contract("ledger").unwrap().to_string();
    assert_eq!(interfaces.keys().filter(|name| **name == ledger).count(), 1);
    assert!(interfaces.keys().all(|name| !name.contains(".pox") && !name.contains("sbtc")), "{interfaces:?}");
    let all = session.all_variables().unwrap();
    assert_eq!(all[&ledger]["total"], Value::UInt(0));
}

/// The lines of `ledger.clar` that a record says were executed, with how often.
fn executed(lcov: &str) -> Vec<(u32, u64)> {
    let lines = lcov.lines().filter_map(|line| line.strip_prefix("DA:")?.split_once(','));
    let counts = lines.map(|(line, count)| (line.parse().unwrap(), count.parse().unwrap()));
    counts.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn coverage_survives_resets_and_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ledger.clar"), crate::LEDGER).unwrap();
    let manifest = folder.path().join("Clarinet.toml");
    let entry = "[contracts.ledger]\npath = \"ledger.clar\"\nclarity_version = 6\nepoch = \"4.0\"\n";
    std::fs::write(&manifest, entry).unwrap();
    let project = Project::load(&manifest).unwrap().with("priced", crate::PRICED).unwrap();
    let mut session = Session::start(project, Options { coverage: true, ..Options::default() }).unwrap();
    let alice = session.account("wallet_1").unwrap();
    let add = |session: &mut Session| {
        session.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap();
    };
    let calls_of_add = |lcov: &str| -> u64 {
        lcov.lines()
            .filter_map(|line| line.strip_prefix("FNDA:")?.strip_suffix(",add")?.parse::<u64>().ok())
            .sum()
    };
    add(&mut session);
    session.snapshot().unwrap();
    add(&mut session);
    session.restore().unwrap();
    add(&mut session);
    session.reset().unwrap();
    add(&mut session);
    let lcov = session.coverage_lcov().unwrap();
    assert_eq!(calls_of_add(&lcov), 4, "{lcov}");
    assert!(!executed(&lcov).is_empty());
    let path = folder.path().join("ledger.clar");
    assert!(lcov.contains(&format!("SF:{}\n", path.display())), "{lcov}");
    assert!(!lcov.contains("priced"), "a contract without a file has no coverage: {lcov}");
    // What was handed out does not come again.
    assert_eq!(calls_of_add(&session.coverage_lcov().unwrap()), 0);
    add(&mut session);
    assert_eq!(calls_of_add(&session.coverage_lcov().unwrap()), 1);
}

/// The worker in a folder of its own, with no image yet.
fn own_worker(folder: &std::path::Path) {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("worker");
    for entry in std::fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    std::fs::create_dir(folder.join("node_modules")).unwrap();
    std::os::unix::fs::symlink(source.join("node_modules/@stacks"), folder.join("node_modules/@stacks"))
        .unwrap();
}

/// The first session of a project leaves an image of the VM's memory for the second.
#[test]
fn a_session_from_an_image_is_like_one_that_deployed() {
    let folder = tempfile::tempdir().unwrap();
    own_worker(folder.path());
    let images = || std::fs::read_dir(folder.path().join("node_modules/.cache/vm-images")).unwrap();
    let run = || {
        let options =
            Options { costs: true, worker_dir: Some(folder.path().to_owned()), ..Options::default() };
        let mut session = Session::start(crate::project(), options).unwrap();
        let alice = session.account("wallet_1").unwrap();
        let mut seen =
            vec![format!("{:?}", session.tip().unwrap()), format!("{:?}", session.interfaces().unwrap())];
        session.mint_sbtc(alice, 5).unwrap();
        for _ in 0..3 {
            let outcome = session.call_with_costs(alice, "ledger", "add", &[Value::UInt(1)]).unwrap();
            seen.push(format!("{outcome:?}"));
        }
        session.deploy(alice, "later", "(define-public (f) (ok u1))\n(define-read-only (g) u2)").unwrap();
        seen.push(format!("{:?} {:?}", session.fingerprint().unwrap(), session.advance_burn(3).unwrap()));
        session.reset().unwrap();
        seen.push(format!("{:?} {:?}", session.fingerprint().unwrap(), session.tip().unwrap()));
        seen
    };
    let deployed = run();
    let made: Vec<_> = images().map(|image| image.unwrap().path()).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(run(), deployed);
    // A broken image is passed over, and made again.
    std::fs::write(&made[0], "{}\nbroken").unwrap();
    assert_eq!(run(), deployed);
    assert!(std::fs::metadata(&made[0]).unwrap().len() > 1_000_000);
    assert_eq!(images().count(), 1);
}

/// Runs in a process of its own, with a folder for coverage in its environment.
#[test]
#[ignore = "coverage_is_written_where_the_environment_says runs it"]
fn one_call_of_a_contract_with_a_file() {
    let folder = std::path::PathBuf::from(std::env::var_os("CONTRACT_FOLDER").unwrap());
    let project = Project::load(folder.join("Clarinet.toml")).unwrap().with("priced", crate::PRICED).unwrap();
    let mut own = Session::start(project.clone(), Options::default()).unwrap();
    let alice = own.account("wallet_1").unwrap();
    own.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap();
    drop(own);
    let mut shared = Session::shared(project, Options::default()).unwrap();
    shared.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap();
}

#[test]
fn coverage_is_written_where_the_environment_says() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ledger.clar"), crate::LEDGER).unwrap();
    let entry = "[contracts.ledger]\npath = \"ledger.clar\"\nclarity_version = 6\nepoch = \"4.0\"\n";
    std::fs::write(folder.path().join("Clarinet.toml"), entry).unwrap();
    let records = folder.path().join("records");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "state::one_call_of_a_contract_with_a_file"])
        .env("CONTRACT_FOLDER", folder.path())
        .env(bithedge_vm::COVERAGE_DIR_VARIABLE, &records)
        .status()
        .unwrap();
    assert!(status.success());
    let files: Vec<String> = std::fs::read_dir(&records)
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert_eq!(files.len(), 2, "one of the session that ended, one of the shared one that was given back");
    for lcov in files {
        assert!(lcov.contains("FNDA:1,add\n"), "{lcov}");
        assert!(lcov.contains(&format!("SF:{}\n", folder.path().join("ledger.clar").display())), "{lcov}");
    }
}

#[test]
fn a_session_is_handed_on_and_afresh() {
    let project = crate::project();
    let mut first = Session::shared(project.clone(), Options::default()).unwrap();
    let process = first.process_id();
    let alice = first.account("wallet_1").unwrap();
    first.call(alice, "ledger", "add", &[Value::UInt(1)]).unwrap().ok().unwrap();
    let other = Session::shared(project.clone(), Options::default()).unwrap();
    assert_ne!(other.process_id(), process, "a session belongs to one test at a time");
    drop(first);
    let mut again = Session::shared(project.clone(), Options::default()).unwrap();
    assert_eq!(again.process_id(), process);
    assert_eq!(again.variable("ledger", "total").unwrap(), Value::UInt(0));
    drop(again);
    let options = Options { genesis_time: 1_000_000_000, ..Options::default() };
    let different = Session::shared(project, options).unwrap();
    assert_ne!(different.process_id(), process);
    let alive = Command::new("kill").args(["-0", &process.unwrap().to_string()]).status().unwrap();
    assert!(alive.success());
}
