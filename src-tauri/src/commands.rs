//! The commands that the window may call; their names and meanings are in `bithedge_ipc::command`.

#![allow(clippy::needless_pass_by_value, reason = "Tauri hands a command its arguments by value")]

use bithedge_ipc::{ChainSnapshot, Notice, Preferences, Theme};
use tauri::{State, WebviewWindow};

use crate::shell::{self, App};
use crate::window;

#[tauri::command]
pub(crate) fn chain_snapshot(app: State<'_, App>) -> ChainSnapshot {
    shell::latest(&app.follower.snapshots())
}

#[tauri::command]
pub(crate) fn retry_connection(app: State<'_, App>) {
    app.follower.retry_now();
}

#[tauri::command]
pub(crate) fn preferences(app: State<'_, App>) -> Preferences {
    app.preferences().current()
}

#[tauri::command]
pub(crate) fn set_theme(
    app: State<'_, App>,
    window: WebviewWindow,
    theme: Theme,
) -> Result<Preferences, Notice> {
    window::apply_theme(&window, theme);
    Ok(app.preferences().set_theme(theme)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bithedge_ipc::command;

    #[test]
    fn the_window_may_call_these_commands_and_nothing_else() {
        let capability: serde_json::Value =
            serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
        let granted: BTreeSet<&str> =
            capability["permissions"].as_array().unwrap().iter().filter_map(|entry| entry.as_str()).collect();
        let commands =
            [command::CHAIN_SNAPSHOT, command::RETRY_CONNECTION, command::PREFERENCES, command::SET_THEME];
        let commands = commands.map(|name| format!("allow-{}", name.replace('_', "-")));
        let mut expected: BTreeSet<&str> = commands.iter().map(String::as_str).collect();
        expected.insert("core:event:allow-listen");
        assert_eq!(granted, expected);
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
    }
}
