//! The unmodified official JavaScript client against the devnet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use support::Net;

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_works_unmodified() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    assert!(
        folder.join("node_modules").is_dir(),
        "run `npm ci` in {} (`cargo xtask test` does it)",
        folder.display()
    );
    let net = Net::start().await;
    let output = tokio::process::Command::new("node")
        .arg("official-client.mjs")
        .arg(&net.url)
        .current_dir(&folder)
        .output()
        .await
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    let steps: Vec<String> = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap();
    assert_eq!(steps.len(), 10, "every step was taken: {steps:?}");
}
