//! What helps to find a defect. No secret is in it, and nothing that says who somebody is or what they own: addresses, labels and
//! amounts are left out.

use std::fs;
use std::path::Path;

use bithedge_ipc::{ChainSnapshot, NetworkUse, SessionView};
use serde_json::json;

use crate::core::Core;

/// So much of the end of each log is taken.
const MOST_LOG: usize = 512 * 1024;
/// So many logs, the newest ones.
const MOST_LOGS: usize = 5;

/// Files by their names.
pub(crate) fn bundle(core: &Core) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("about.json".to_owned(), pretty(&about(core))),
        ("session.json".to_owned(), pretty(&session(&core.views.borrow()))),
        ("chain.json".to_owned(), pretty(&chain(&core.chain.borrow()))),
    ];
    if let Some(running) = core.state().running() {
        let status = running.engine.sync_status().borrow().clone();
        files.push(("books.txt".to_owned(), format!("{status:#?}\n").into_bytes()));
        let stages = running.engine.transactions().unsettled();
        let stages = stages.iter().map(|entry| {
            json!({ "id": entry.id.0, "intent": entry.approved.intent, "nonce": entry.nonce, "status": entry.status })
        });
        files.push(("transactions.json".to_owned(), pretty(&stages.collect())));
    }
    files.extend(logs(&core.setup.data_folder.join("logs")));
    files
}

fn pretty(value: &serde_json::Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
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
fn logs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
    let end_of = |path: &Path| -> Option<(String, Vec<u8>)> {
        let bytes = fs::read(path).ok()?;
        let from = bytes.len().saturating_sub(MOST_LOG);
        let name = format!("logs/{}", path.file_name()?.to_string_lossy());
        Some((name, bytes.get(from..)?.to_vec()))
    };
    found.iter().take(MOST_LOGS).filter_map(|(_, path)| end_of(path)).collect()
}
