//! From the programs of the crate `ui` to wasm, and from wasm to the JavaScript that loads it.

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

/// What the compiler made of one program, before wasm-bindgen.
pub(crate) struct CompiledWasm {
    /// The program's name.
    program: String,
    path: PathBuf,
    profile: Profile,
}

/// Compiles all programs of a package for the browser engine.
pub(crate) fn wasm(root: &Path, package: &str, profile: Profile) -> Result<Vec<CompiledWasm>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--quiet", "--package", package, "--target", "wasm32-unknown-unknown"])
        .args(["--profile", profile.cargo_name(), "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "{package} does not compile for wasm32-unknown-unknown");
    let programs = programs(&String::from_utf8(output.stdout).context("cargo's messages are UTF-8")?);
    ensure!(!programs.is_empty(), "cargo named no .wasm file; {package} must have programs");
    let compiled = |(program, path)| CompiledWasm { program, path, profile };
    Ok(programs.into_iter().map(compiled).collect())
}

/// The programs among cargo's messages, one JSON document a line: the name of each, and its `.wasm`.
fn programs(messages: &str) -> BTreeMap<String, PathBuf> {
    let wasm = |message: &Value| {
        let names = message["filenames"].as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
        names.into_iter().find(|name| name.extension().is_some_and(|extension| extension == "wasm"))
    };
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| {
            message["reason"] == "compiler-artifact"
                && message["target"]["kind"]
                    .as_array()
                    .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
        })
        .filter_map(|message| Some((message["target"]["name"].as_str()?.to_owned(), wasm(&message)?)))
        .collect()
}

/// What a page loads: the JavaScript modules and the final wasm of its program.
pub(crate) struct Script {
    /// The program's name.
    pub(crate) program: String,
    /// Path below `ui/dist` and content.
    pub(crate) modules: BTreeMap<PathBuf, Vec<u8>>,
    pub(crate) wasm: Vec<u8>,
}

impl Script {
    /// Runs wasm-bindgen, unless the cache holds its result for these very bytes. (The bytes carry wasm-bindgen's
    /// version, so a new one is never served an old one's result.)
    pub(crate) fn for_wasm(compiled: &CompiledWasm) -> Result<Self> {
        let bytes =
            fs::read(&compiled.path).with_context(|| format!("cannot read {}", compiled.path.display()))?;
        let cache = compiled.cache()?;
        let input = cache.join("input.wasm");
        let output = cache.join("output");
        if !fs::read(&input).is_ok_and(|cached| cached == bytes) {
            if cache.exists() {
                fs::remove_dir_all(&cache)?;
            }
            fs::create_dir_all(&output)?;
            let release = compiled.profile == Profile::Release;
            Bindgen::new()
                .input_bytes(&compiled.program, bytes.clone())
                .web(true)?
                // `init()` without an argument finds the wasm beside the script.
                .omit_default_module_path(false)
                .typescript(false)
                .remove_name_section(release)
                .remove_producers_section(release)
                .generate(&output)
                .with_context(|| format!("wasm-bindgen refuses {}", compiled.path.display()))?;
            // Last: an interrupted run leaves no input, so the next one starts afresh.
            fs::write(&input, &bytes)?;
        }
        Self::from_folder(&output, &compiled.program)
    }

    fn from_folder(folder: &Path, program: &str) -> Result<Self> {
        let mut modules = BTreeMap::new();
        crate::dist::read_tree(folder, Path::new(""), &mut modules)?;
        let name = PathBuf::from(format!("{program}_bg.wasm"));
        let Some(wasm) = modules.remove(&name) else { bail!("wasm-bindgen wrote no {}", name.display()) };
        Ok(Self { program: program.to_owned(), modules, wasm })
    }

    /// Where the final wasm goes below `ui/dist`; the page's `boot.js` knows it by this name.
    pub(crate) fn wasm_path(&self) -> PathBuf {
        PathBuf::from(format!("{}_bg.wasm", self.program))
    }
}

impl CompiledWasm {
    /// Beside cargo's own output, so that `cargo clean` removes it too.
    fn cache(&self) -> Result<PathBuf> {
        let folder = self.path.parent().context("cargo writes the wasm into a folder")?;
        Ok(folder.join("ui-bundle").join(&self.program))
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
    fn programs_are_the_binaries_made_of_wasm() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"a_library","kind":["lib"]},"filenames":["/t/a.rlib"]}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"window-main","kind":["bin"]},"filenames":["/t/a.d","/t/a.wasm"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"a-macro","kind":["bin"]},"filenames":["/t/a-macro"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"window-b","kind":["bin"]},"filenames":["/t/b.wasm"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let expected = [("window-b", "/t/b.wasm"), ("window-main", "/t/a.wasm")];
        let expected = expected.map(|(name, path)| (name.to_owned(), PathBuf::from(path)));
        assert_eq!(programs(messages), BTreeMap::from(expected));
        assert!(programs(r#"{"reason":"build-finished","success":true}"#).is_empty());
    }

    #[test]
    fn repetition_compresses() {
        assert!(compressed_size(&[7; 100_000]).unwrap() < 1_000);
    }
}
