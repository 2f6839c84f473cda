//! Generates what Tauri needs at compile time, from the configuration at the repository's root.

use std::collections::BTreeSet;

use bithedge_ipc::command;

fn main() {
    // Commands are only held against the capabilities if they are listed here.
    let commands: BTreeSet<&'static str> =
        command::main::ALL.into_iter().chain(command::question::ALL).chain(command::secret::ALL).collect();
    // The list is asked for with the program's lifetime; this one ends with the build.
    let commands: &'static [&'static str] = Vec::leak(commands.into_iter().collect());
    let attributes = tauri_build::Attributes::new()
        .config_path("../tauri.conf.json")
        .app_manifest(tauri_build::AppManifest::new().commands(commands));
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("{error:#}");
    }
}
