//! Puts the contracts' sources into the crate, in the order in which they are deployed.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../contracts").canonicalize()?;
    let manifest = folder.join("Clarinet.toml");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let table: toml::Table = std::fs::read_to_string(&manifest)?.parse()?;
    let contracts = table.get("contracts").and_then(toml::Value::as_table).ok_or("no contracts")?;
    let mut text = String::from("&[\n");
    for (name, entry) in contracts {
        let text_of = |key: &str| {
            entry.get(key).and_then(toml::Value::as_str).ok_or_else(|| format!("{name} has no {key}"))
        };
        let (path, epoch) = (text_of("path")?, text_of("epoch")?);
        let version =
            entry.get("clarity_version").and_then(toml::Value::as_integer).ok_or("no clarity_version")?;
        let file = folder.join(path);
        println!("cargo::rerun-if-changed={}", file.display());
        writeln!(
            text,
            "    BundledContract {{ name: {name:?}, path: {path:?}, clarity_version: {version}, epoch: {epoch:?}, source: include_str!({file:?}) }},"
        )?;
    }
    text.push_str("]\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("contracts.rs"), text)?;
    Ok(())
}
