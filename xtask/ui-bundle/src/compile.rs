//! From the crate `ui` to wasm, and from wasm to the JavaScript that loads it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

const PACKAGE: &str = "bithedge-ui";

/// How much the compiler optimises.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Unoptimised, with names for stack traces.
    Dev,
    /// What users get: cargo's profile `wasm-release`.
    Release,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Profile::Dev => "dev",
            Profile::Release => "wasm-release",
        }
    }
}

/// What the compiler made, before wasm-bindgen.
pub(crate) struct CompiledWasm {
    pub(crate) path: PathBuf,
    profile: Profile,
}

/// Compiles the crate `ui` for the browser engine.
pub(crate) fn wasm(root: &Path, profile: Profile) -> Result<CompiledWasm> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--quiet", "--package", PACKAGE, "--target", "wasm32-unknown-unknown"])
        .args(["--profile", profile.cargo_name(), "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "{PACKAGE} does not compile for wasm32-unknown-unknown");
    let path = artifact(&String::from_utf8(output.stdout).context("cargo's messages are UTF-8")?)
        .with_context(|| format!("cargo named no .wasm file; {PACKAGE} must be a binary crate"))?;
    Ok(CompiledWasm { path, profile })
}

/// The `.wasm` among cargo's messages, one JSON document a line.
fn artifact(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == PACKAGE)
        .filter_map(|message| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .find(|name| name.extension().is_some_and(|extension| extension == "wasm"))
}

/// What the page loads: the JavaScript modules and the final wasm.
pub(crate) struct Script {
    /// Path below `ui/dist` and content.
    pub(crate) modules: BTreeMap<PathBuf, Vec<u8>>,
    pub(crate) wasm: Vec<u8>,
}

impl Script {
    /// Runs wasm-bindgen, unless `cache` holds its result for these very bytes. (The bytes carry wasm-bindgen's
    /// version, so a new one is never served an old one's result.)
    pub(crate) fn for_wasm(compiled: &CompiledWasm, cache: &Path) -> Result<Self> {
        let bytes =
            fs::read(&compiled.path).with_context(|| format!("cannot read {}", compiled.path.display()))?;
        let input = cache.join("input.wasm");
        let output = cache.join("output");
        if !fs::read(&input).is_ok_and(|cached| cached == bytes) {
            if cache.exists() {
                fs::remove_dir_all(cache)?;
            }
            fs::create_dir_all(&output)?;
            let release = compiled.profile == Profile::Release;
            Bindgen::new()
                .input_bytes(PACKAGE, bytes.clone())
                .web(true)?
                // `init()` without an argument finds the wasm beside the script.
                .omit_default_module_path(false)
                .typescript(false)
                .remove_name_section(release)
                .remove_producers_section(release)
                .generate(&output)
                .context("wasm-bindgen refuses the wasm")?;
            // Last: an interrupted run leaves no input, so the next one starts afresh.
            fs::write(&input, &bytes)?;
        }
        Self::from_folder(&output)
    }

    fn from_folder(folder: &Path) -> Result<Self> {
        let mut modules = BTreeMap::new();
        crate::dist::read_tree(folder, Path::new(""), &mut modules)?;
        let name = PathBuf::from(format!("{PACKAGE}_bg.wasm"));
        let Some(wasm) = modules.remove(&name) else { bail!("wasm-bindgen wrote no {}", name.display()) };
        Ok(Self { modules, wasm })
    }

    /// Where the final wasm goes below `ui/dist`; the script knows it by this name.
    pub(crate) fn wasm_path() -> PathBuf {
        PathBuf::from(format!("{PACKAGE}_bg.wasm"))
    }
}

/// Length after gzip at its default level.
pub(crate) fn compressed_size(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artifact_is_the_wasm_of_the_ui_alone() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"other"},"filenames":["/t/other.wasm"]}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"bithedge-ui"},"filenames":["/t/a.d","/t/a.wasm"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(artifact(messages), Some(PathBuf::from("/t/a.wasm")));
        assert_eq!(artifact(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn repetition_compresses() {
        assert!(compressed_size(&[7; 100_000]).unwrap() < 1_000);
    }
}
