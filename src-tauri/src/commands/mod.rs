//! The commands that the windows may call; their names and meanings are in `bithedge_ipc::command`.
//!
//! Which window may call which is said twice: by the capabilities, which Tauri enforces, and by [`may_call`], which is asked before
//! any command runs ([decision 0026](../../../docs/decisions/0026-three-windows.md)).

#![allow(clippy::needless_pass_by_value, reason = "Tauri hands a command its arguments by value")]

mod main;
mod question;
mod secret;

use bithedge_ipc::{command, window};
use tauri::Wry;
use tauri::ipc::Invoke;

/// Whether the window with this label may call this command.
fn may_call(label: &str, command: &str) -> bool {
    match label {
        window::MAIN => command::main::ALL.contains(&command),
        window::QUESTION => command::question::ALL.contains(&command),
        window::SECRET => command::secret::ALL.contains(&command),
        _ => false,
    }
}

/// Runs a command, if its window may call it.
pub(crate) fn handle(invoke: Invoke<Wry>) -> bool {
    let message = &invoke.message;
    let (label, command) = (message.webview_ref().label(), message.command());
    if !may_call(label, command) {
        tracing::error!(window = label, command, "a window called what it may not");
        invoke.resolver.reject("this window may not call that");
        return true;
    }
    run(invoke)
}

fn run(invoke: Invoke<Wry>) -> bool {
    let handler: fn(Invoke<Wry>) -> bool = tauri::generate_handler![
        main::chain_snapshot,
        main::retry_connection,
        main::preferences,
        main::set_theme,
        main::set_auto_lock,
        main::set_notifies,
        main::session,
        main::page,
        main::confirm_order,
        main::propose,
        main::raise_fee,
        main::cancel_transaction,
        main::show_question,
        main::begin_practice,
        main::leave_practice,
        main::open_secret,
        main::lock,
        main::choose_account,
        main::add_account,
        main::rename_account,
        main::watch_address,
        main::unwatch_address,
        main::networks,
        main::choose_network,
        main::check_network,
        main::save_network,
        main::remove_network,
        main::notifications,
        main::export_activity,
        main::save_diagnostics,
        main::data_folder,
        main::propose_keeper,
        main::stop_keeper,
        main::propose_acknowledgement,
        main::propose_new_journal,
        main::devnet,
        main::devnet_do,
        question::question,
        question::approve,
        question::refuse,
        question::unlock_first,
        secret::secret,
        secret::secret_new_words,
        secret::secret_create,
        secret::secret_import,
        secret::secret_suggest,
        secret::secret_unlock,
        secret::secret_change,
        secret::secret_reveal,
        secret::secret_close,
    ];
    handler(invoke)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    const CAPABILITIES: [(&str, &[&str], &str); 3] = [
        (window::MAIN, &command::main::ALL, include_str!("../../capabilities/main.json")),
        (window::QUESTION, &command::question::ALL, include_str!("../../capabilities/question.json")),
        (window::SECRET, &command::secret::ALL, include_str!("../../capabilities/secret.json")),
    ];

    #[test]
    fn each_window_may_call_its_commands_and_nothing_else() {
        for (label, commands, file) in CAPABILITIES {
            let capability: Value = serde_json::from_str(file).unwrap();
            let granted: BTreeSet<&str> = capability["permissions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry.as_str().unwrap())
                .collect();
            let commands: Vec<String> =
                commands.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
            let mut expected: BTreeSet<&str> = commands.iter().map(String::as_str).collect();
            expected.insert("core:event:allow-listen");
            assert_eq!(granted, expected, "{label}");
            assert_eq!(capability["windows"], serde_json::json!([label]));
            for elsewhere in ["webviews", "remote", "platforms"] {
                assert!(capability.get(elsewhere).is_none(), "{label} has {elsewhere}");
            }
        }
    }

    #[test]
    fn the_configuration_takes_these_capabilities_and_opens_no_window_by_itself() {
        let config: Value = serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap();
        let labels: Vec<&str> = CAPABILITIES.iter().map(|(label, ..)| *label).collect();
        assert_eq!(config["app"]["security"]["capabilities"], serde_json::json!(labels));
        assert_eq!(config["app"]["withGlobalTauri"], false);
        assert!(config["app"]["windows"].as_array().unwrap().iter().all(|window| window["create"] == false));
    }

    #[test]
    fn the_lists_of_the_windows_say_who_may_do_what() {
        for (label, command) in [
            (window::MAIN, command::question::APPROVE),
            (window::MAIN, command::question::QUESTION),
            (window::MAIN, command::secret::SECRET),
            (window::MAIN, command::secret::REVEAL),
            (window::QUESTION, command::main::PROPOSE),
            (window::QUESTION, command::secret::UNLOCK),
            (window::SECRET, command::question::APPROVE),
            (window::SECRET, command::main::PAGE),
            ("another", command::main::PREFERENCES),
        ] {
            assert!(!may_call(label, command), "{label} may {command}");
        }
        for (label, command) in [
            (window::MAIN, command::main::PROPOSE),
            (window::QUESTION, command::question::APPROVE),
            (window::SECRET, command::secret::UNLOCK),
        ] {
            assert!(may_call(label, command), "{label} may not {command}");
        }
    }
}
