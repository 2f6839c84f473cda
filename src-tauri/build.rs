//! Generates what Tauri needs at compile time, from the configuration at the repository's root.

use bithedge_ipc::command;

/// Commands are only held against the capabilities if they are listed here.
const COMMANDS: &[&str] =
    &[command::CHAIN_SNAPSHOT, command::RETRY_CONNECTION, command::PREFERENCES, command::SET_THEME];

fn main() {
    let attributes = tauri_build::Attributes::new()
        .config_path("../tauri.conf.json")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("{error:#}");
    }
}
