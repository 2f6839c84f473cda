//! What a session keeps on the disk, what it gives away of it, and what happens when a file cannot be read or written. On a practice
//! devnet in this process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use bithedge_ipc::{
    Ask, Event, Fault, KeeperView, NetworkUse, NotificationKind, PageAnswer, PageQuery, SessionView, Wish,
};
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_session::Session;
use support::{Home, approve, confirmed, fault, opened, page, transaction, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_kept_says_little_is_not_lost_and_not_made_up() {
    let home = Home::new();
    log_into(home.folder());
    let session = home.open().await;
    session.begin_practice().await.unwrap();
    let view = opened(&session).await;
    no_page_in_a_browser_moves_the_devnet(&view).await;
    session.choose_account("derived-1").unwrap();
    session.rename_account("derived-1", "Holiday house".to_owned()).await.unwrap();
    let wish = Wish::Commit { tier: 2, asset: Asset::Stx, amount: TokenAmount::new(7_654_000_000) };
    let id = session.propose(wish, None).await.unwrap().question;
    approve(&session, id).await;
    confirmed(&session, id).await;
    let keeper = session.propose_keeper(support::keeper()).unwrap().question;
    approve(&session, keeper).await;

    diagnostics_do_not_say_who_it_is(&home, &session, id).await;
    a_stop_that_could_not_be_written_holds(&home, &session).await;
    let keeper = session.propose_keeper(support::keeper()).unwrap().question;
    approve(&session, keeper).await;
    home.leave(session).await;
    a_damaged_journal_is_set_aside_by_a_person_alone(&home).await;
}

fn log_into(folder: &Path) {
    fs::create_dir_all(folder.join("logs")).unwrap();
    let file = File::create(folder.join("logs/bithedge.2026-01-01.log")).unwrap();
    tracing_subscriber::fmt()
        .with_env_filter("info,bithedge=debug")
        .with_ansi(false)
        // Its digits may be those of any amount.
        .without_time()
        .with_writer(Mutex::new(file))
        .init();
}

fn node_of(view: &SessionView) -> String {
    view.network.network().unwrap().endpoints[0].clone()
}

async fn no_page_in_a_browser_moves_the_devnet(view: &SessionView) {
    let url = node_of(view);
    let client = reqwest::Client::new();
    let mine = || client.post(format!("{url}/devnet/mine"));
    for page in [
        mine().header("Origin", "https://attacker.example"),
        mine().header("Origin", "null"),
        mine().header("Sec-Fetch-Site", "cross-site"),
        mine().header("Host", "attacker.example"),
        client.get(format!("{url}/v2/info")).header("Origin", "http://localhost:3000"),
    ] {
        let answer = page.send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }
    assert_eq!(client.get(format!("{url}/v2/info")).send().await.unwrap().status(), 200);
}

/// Whether a text has another in it; a number only where a number begins, and not in the middle of a port.
fn says(text: &str, telling: &str) -> bool {
    let is_number = telling.chars().all(|sign| sign.is_ascii_digit());
    let mut found = text.match_indices(telling);
    found.any(|(at, _)| !is_number || !text[..at].ends_with(|sign: char| sign.is_ascii_digit()))
}

async fn diagnostics_do_not_say_who_it_is(home: &Home, session: &Session, id: u64) {
    let view = session.session();
    let txid = transaction(session, id).await.unwrap().txid;
    let PageAnswer::Capital(_) = page(session, PageQuery::Capital {}).await else { panic!("another page") };
    let mut telling: Vec<String> = view.accounts.iter().map(|account| account.address.clone()).collect();
    telling.extend(view.accounts.iter().map(|account| account.label.clone()));
    telling.push(txid.trim_start_matches("0x").to_owned());
    telling.push(home.folder().display().to_string());
    telling.push(std::env::var("HOME").unwrap());
    telling.push("7654".to_owned());
    let log = fs::read_to_string(home.folder().join("logs/bithedge.2026-01-01.log")).unwrap();
    assert!(
        log.contains(&telling.iter().find(|text| text.len() == 64).unwrap()[..]),
        "the log has what is taken out"
    );

    let bundle = session.diagnostics().await;
    let names: Vec<&str> = bundle.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["about.json", "session.json", "chain.json", "books.txt", "transactions.json"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let logs = names.iter().filter(|name| name.starts_with("logs/")).count();
    assert_eq!(logs, 1, "each log once: {names:?}");
    for (name, content) in &bundle {
        let text = String::from_utf8(content.clone()).unwrap();
        for telling in &telling {
            assert!(!says(&text, telling), "{name} says {telling}: {text}");
        }
        let words = || text.split(|sign: char| !sign.is_ascii_alphanumeric());
        let is_hash = |word: &&str| word.len() >= 40 && word.chars().all(|sign| sign.is_ascii_hexdigit());
        assert_eq!(words().find(is_hash), None, "{name}");
        let is_address =
            |word: &&str| word.len() >= 38 && word.starts_with('S') && word.contains(char::is_numeric);
        assert_eq!(words().find(is_address), None, "{name}");
        if name.ends_with(".json") {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
    let (_, log) = bundle.iter().find(|(name, _)| name.starts_with("logs/")).unwrap();
    let log = String::from_utf8_lossy(log);
    assert!(log.contains("<hash ") && log.lines().count() > 5, "what helps is still there: {log}");
}

/// Until the network is open again, which could not be opened before.
async fn again(session: &Session) -> SessionView {
    until(session, |view| matches!(&view.network, NetworkUse::Ready { books, .. } if books.is_current)).await
}

fn keeper_file(home: &Home) -> PathBuf {
    let chains = fs::read_dir(home.folder().join("network")).unwrap();
    chains.map(|entry| entry.unwrap().path().join("keeper.json")).find(|path| path.exists()).unwrap()
}

async fn a_stop_that_could_not_be_written_holds(home: &Home, session: &Session) {
    let file = keeper_file(home);
    let kept = file.with_extension("kept");
    // Nobody can write there, whoever it is: a folder is in the way.
    fs::rename(&file, &kept).unwrap();
    fs::create_dir(&file).unwrap();
    let told = session.stop_keeper().unwrap_err();
    assert!(told.means.contains("after the next start"), "{told:?}");
    assert_eq!(session.session().keeper, KeeperView::Off);
    // The network is left and entered again, at once, and the order is there: it does not hold.
    fs::remove_dir(&file).unwrap();
    fs::create_dir(&file).unwrap();
    session.choose_network("devnet").await.unwrap();
    opened(session).await;
    assert_eq!(session.session().keeper, KeeperView::Off);
    // As soon as it can be written, it is.
    fs::remove_dir(&file).unwrap();
    fs::rename(&kept, &file).unwrap();
    let struck_out = async {
        while fs::read_to_string(&file).unwrap_or_default().contains("digest") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), struck_out).await.expect("it is struck out");
    session.choose_network("devnet").await.unwrap();
    opened(session).await;
    assert_eq!(session.session().keeper, KeeperView::Off);
}

fn journal(home: &Home) -> PathBuf {
    let files = fs::read_dir(home.folder().join("network")).unwrap().map(|entry| entry.unwrap().path());
    let is_journal = |path: &PathBuf| {
        path.extension().is_some_and(|kind| kind == "sqlite")
            && path.display().to_string().contains("/journal-")
    };
    let mut found: Vec<PathBuf> = files.filter(is_journal).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

async fn a_damaged_journal_is_set_aside_by_a_person_alone(home: &Home) {
    let path = journal(home);
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.clone().into_os_string();
        beside.push(suffix);
        let _ = fs::remove_file(beside);
    }
    let rubbish = b"SQLite format 3\0 and then rubbish";
    fs::write(&path, rubbish).unwrap();
    let order = keeper_file(home);

    let session = home.open().await;
    let is_closed = |view: &SessionView| matches!(&view.network, NetworkUse::Unusable { notice, .. } if notice.fault == Fault::JournalDamaged);
    until(&session, is_closed).await;
    // Neither time nor another try changes anything.
    session.retry_connection();
    tokio::time::sleep(Duration::from_secs(5)).await;
    until(&session, is_closed).await;
    assert_eq!(fs::read(&path).unwrap(), rubbish);
    assert!(order.exists());

    let id = session.propose_new_journal().unwrap().question;
    let question = session.question().unwrap();
    assert!(!question.is_locked && question.network.is_none());
    let Ask::Decision { sentences, digest, .. } = question.ask else { panic!("a decision is asked") };
    assert!(sentences.iter().any(|sentence| sentence.contains("happen twice")), "{sentences:?}");
    assert_eq!(fault(session.propose_new_journal()), Fault::TransactionInTheWay);
    assert_eq!(fault(session.approve(id, &"11".repeat(32)).await), Fault::TermsChanged);
    session.refuse(id).unwrap();
    assert_eq!(fs::read(&path).unwrap(), rubbish);

    let id = session.propose_new_journal().unwrap().question;
    assert_eq!(fault(session.approve(id, &digest).await), Fault::TermsChanged, "another question");
    let mut events = session.events();
    approve(&session, id).await;
    let view = again(&session).await;
    assert_eq!(view.keeper, KeeperView::Off);
    assert!(!order.exists(), "what the keeper was allowed is gone");
    assert!(view.notices.iter().any(|notice| notice.happened.contains("was begun")), "{:?}", view.notices);
    let folder = fs::read_dir(home.folder().join("network")).unwrap();
    let aside = folder
        .map(|entry| entry.unwrap().path())
        .find(|other| *other != path && fs::read(other).is_ok_and(|bytes| bytes == rubbish));
    assert!(aside.is_some(), "it is kept");
    assert!(session.propose_new_journal().is_err(), "it is not damaged any more");
    while let Ok(event) = events.try_recv() {
        assert!(!matches!(event, Event::Notification(told) if told.kind == NotificationKind::NetworkStopped));
    }
    session.shut_down().await;
}
