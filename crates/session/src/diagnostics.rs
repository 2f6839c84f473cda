//! What helps to find a defect. No secret is in it. What says who somebody is or what they own, addresses, ids of transactions, labels,
//! amounts, folders, and the hosts of one's own networks, is replaced by what stands for it, in every file alike.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use bithedge_engine::networks::Endpoint;
use bithedge_ipc::{ChainSnapshot, NetworkUse, SessionView};
use serde_json::json;

use crate::core::Core;
use crate::redaction::Redaction;

/// So much of the end of each log is taken.
const MOST_LOG: u64 = 1024 * 1024;
/// So many logs, the newest ones.
const MOST_LOGS: usize = 4;

/// Files by their names.
pub(crate) fn bundle(core: &Core) -> Vec<(String, Vec<u8>)> {
    let view = core.views.borrow().clone();
    let running = core.state().running().cloned();
    let mut files = vec![
        ("about.json".to_owned(), pretty(&about(core))),
        ("session.json".to_owned(), pretty(&session(&view))),
        ("chain.json".to_owned(), pretty(&chain(&core.chain.borrow()))),
    ];
    if let Some(running) = running {
        let status = running.engine.sync_status().borrow().clone();
        files.push(("books.txt".to_owned(), format!("{status:#?}\n")));
        let stages = running.engine.transactions().unsettled();
        let stages = stages.iter().map(
            |entry| json!({ "id": entry.id.0, "intent": entry.approved.intent, "status": entry.status }),
        );
        files.push(("transactions.json".to_owned(), pretty(&stages.collect())));
    }
    files.extend(logs(&core.setup.data_folder.join("logs")));
    let mut redaction = redaction(core);
    files.into_iter().map(|(name, text)| (name, redaction.of(&text).into_bytes())).collect()
}

/// What is known to say too much.
fn redaction(core: &Core) -> Redaction {
    let mut redaction = Redaction::default();
    redaction.known(&core.setup.data_folder.to_string_lossy(), "data folder");
    if let Ok(folder) = core.setup.data_folder.canonicalize() {
        redaction.known(&folder.to_string_lossy(), "data folder");
    }
    for (variable, stands_for) in
        [("HOME", "home"), ("USERPROFILE", "home"), ("USER", "user"), ("USERNAME", "user")]
    {
        if let Ok(value) = std::env::var(variable) {
            redaction.known(&value, stands_for);
        }
    }
    let (wallets, profiles, in_use) = {
        let state = core.state();
        let wallets = [state.own.as_ref().ok().cloned(), state.practice.clone()];
        let profiles = state.profiles.as_ref().map(|profiles| profiles.all().to_vec()).unwrap_or_default();
        (wallets, profiles, state.standing.network().filter(|network| network.is_own).cloned())
    };
    // Of both wallets, whichever is in use, and of accounts that are on no network that is.
    let accounts = wallets.into_iter().flatten().flat_map(|wallet| wallet.accounts().unwrap_or_default());
    for (number, account) in accounts.enumerate() {
        redaction.known(account.label(), &format!("label {}", number + 1));
    }
    let own = profiles.iter().map(bithedge_engine::present::network).chain(in_use);
    for (number, network) in own.enumerate() {
        redaction.known(&network.name, &format!("own network {}", number + 1));
        for endpoint in &network.endpoints {
            redaction.known(&host_of(endpoint), &format!("own host {}", number + 1));
        }
    }
    redaction
}

/// The host of a node's address; nothing of it for this computer itself, which says nothing.
fn host_of(endpoint: &str) -> String {
    match Endpoint::parse(endpoint) {
        Ok(endpoint) if endpoint.is_local() => String::new(),
        Ok(endpoint) => endpoint.host().to_owned(),
        // None that is used: whatever it is, it is somebody's.
        Err(_) => endpoint.to_owned(),
    }
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn about(core: &Core) -> serde_json::Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "time": core.setup.clock.now(),
        "preferences": core.state().preferences.current(),
        "node_is_given": core.setup.node_url.is_some(),
    })
}

fn session(view: &SessionView) -> serde_json::Value {
    let network = match &view.network {
        NetworkUse::None => json!("none"),
        NetworkUse::Opening { network, doing } => json!({ "opening": network, "doing": doing }),
        NetworkUse::Unusable { network, verdicts, notice } => {
            json!({ "unusable": network, "verdicts": verdicts, "notice": notice })
        }
        NetworkUse::Ready { network, books } => json!({ "ready": network, "books": books }),
        NetworkUse::Halted { network, notice } => json!({ "halted": network, "notice": notice }),
    };
    json!({
        "wallet": view.wallet,
        "has_own_keys": view.has_own_keys,
        "accounts": view.accounts.len(),
        "network": network,
        "question_is_open": view.question.is_some(),
        "keeper_is_off": view.keeper == bithedge_ipc::KeeperView::Off,
        "notices": view.notices,
    })
}

fn chain(snapshot: &ChainSnapshot) -> serde_json::Value {
    json!({ "status": snapshot.status, "balances": snapshot.balances.len() })
}

/// The ends of the newest logs.
fn logs(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
    let named = |path: &Path| {
        let name = format!("logs/{}", path.file_name()?.to_string_lossy());
        Some((name, end_of(path).ok()?))
    };
    found.iter().take(MOST_LOGS).filter_map(|(_, path)| named(path)).collect()
}

fn end_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(MOST_LOG);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MOST_LOG).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // Half a line could be half an address.
    let whole = if from == 0 { &*text } else { text.split_once('\n').map_or("", |(_, whole)| whole) };
    Ok(whole.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn of_a_long_log_the_last_whole_lines_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let line = format!("{}\n", "x".repeat(99));
        std::fs::write(folder.path().join("bithedge.log"), line.repeat(20_000)).unwrap();
        let taken = logs(folder.path());
        let lines: Vec<&str> = taken[0].1.lines().collect();
        assert!(lines.len() > 10_000 && lines.iter().all(|line| line.len() == 99), "{}", lines.len());
    }

    #[test]
    fn only_the_host_of_an_address_says_whose_it_is() {
        assert_eq!(host_of("https://node.irene.example:3999"), "node.irene.example");
        for own in
            ["http://127.0.0.1:20443", "http://localhost:1", "http://[::1]:20443", "http://127.8.8.8:1"]
        {
            assert_eq!(host_of(own), "");
        }
        assert_eq!(host_of("https://user@node.example"), "https://user@node.example");
    }
}
