//! What is for tests stays in tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

/// The cheap key derivation would make every passphrase guessable.
#[test]
fn no_crate_has_the_cheap_key_derivation_outside_its_tests() {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut users = 0;
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["name"] != "bithedge-keys" {
                continue;
            }
            let features = dependency["features"].as_array().unwrap();
            let has_it = features.iter().any(|feature| feature == "test-cost");
            users += usize::from(has_it);
            assert!(!has_it || dependency["kind"] == "dev", "{} has the feature test-cost", package["name"]);
        }
        // Nor may a feature of another crate, or a default one, turn it on.
        for (name, enables) in package["features"].as_object().unwrap() {
            let turns_on =
                enables.as_array().unwrap().iter().any(|one| one.as_str().unwrap().ends_with("test-cost"));
            assert!(!turns_on, "{}'s feature {name} turns test-cost on", package["name"]);
        }
    }
    assert!(users > 0, "nobody has it: the test looks at nothing");
}
