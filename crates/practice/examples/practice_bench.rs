//! Measures the built practice network's start. Prints one JSON line a figure: `{"name","value","unit","goal"}`.
//!
//! `cargo xtask bench` builds and runs it; BITHEDGE_DEVNET_WORKER names the worker's folder.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bithedge_devnet::Config;
use bithedge_practice::Practice;
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn report(name: &str, value: f64) -> Outcome<()> {
    let line = json!({ "name": name, "value": value, "unit": "s", "goal": "<= 10" });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn practice(data: &Path) -> Outcome<Practice> {
    let worker = std::env::var_os("BITHEDGE_DEVNET_WORKER").ok_or("BITHEDGE_DEVNET_WORKER")?;
    Ok(Practice::new(Config {
        data_dir: data.to_path_buf(),
        port: 0,
        block_time: None,
        worker_dir: PathBuf::from(worker),
        genesis_time: None,
    }))
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("practice-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    for name in ["devnet: start with the suite in service, new chain", "devnet: start with the suite, again"]
    {
        let started = Instant::now();
        let network = practice(&folder)?.start().await?;
        report(name, started.elapsed().as_secs_f64())?;
        network.shutdown().await?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
