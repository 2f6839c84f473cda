//! The practice network as a program: `bithedge-practice [--port P] [--data-dir D] [--block-time S] …`. `cargo xtask devnet`
//! starts it.
//!
//! It prints one line of JSON on standard output when it serves and the suite is in service, everything else goes to standard
//! error, and it stops in good order on SIGTERM and SIGINT.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bithedge_deploy::inspect::Changes;
use bithedge_devnet::{Config, Devnet};
use bithedge_practice::Practice;
use bithedge_protocol::UsdE8;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
Usage: bithedge-practice [--port PORT] [--data-dir FOLDER] [--block-time SECONDS] [--without-suite]

  --port PORT            port on 127.0.0.1; 0 takes a free one (default 20443)
  --data-dir FOLDER      where the chain is kept (default .devnet)
  --block-time SECONDS   a block every so many seconds, 0: only when asked for (default 10)
  --genesis-time SECONDS chain time of a new chain's first block, since 1970 (default: five hours before now)
  --btc USD, --stx USD   what the market says on a new chain (default 100000 and 1)
  --seed NUMBER          where its wandering comes from (default 1)
  --steady               the prices stand still until somebody sets them
  --founded              somebody has committed capital to every tier, so that there is something to buy at once
  --unattended           nobody reports prices or keeps by himself: whoever started it does
  --without-suite        a bare chain: no contracts, no prices, no keeper
  --worker-dir FOLDER    the Clarity VM's worker (default $BITHEDGE_DEVNET_WORKER)";

struct Options {
    practice: Practice,
    bare: bool,
}

fn parse() -> Result<Option<Options>, String> {
    use lexopt::prelude::*;
    let mut practice = Practice::new(Config {
        data_dir: PathBuf::from(".devnet"),
        port: 20443,
        block_time: Some(Duration::from_secs(10)),
        worker_dir: std::env::var_os("BITHEDGE_DEVNET_WORKER").map(PathBuf::from).unwrap_or_default(),
        genesis_time: None,
    });
    let mut bare = false;
    let mut parser = lexopt::Parser::from_env();
    let text = |error: lexopt::Error| error.to_string();
    while let Some(argument) = parser.next().map_err(text)? {
        let config = &mut practice.devnet;
        match argument {
            Long("port") => config.port = parser.value().and_then(|v| v.parse()).map_err(text)?,
            Long("data-dir") => config.data_dir = parser.value().map_err(text)?.into(),
            Long("worker-dir") => config.worker_dir = parser.value().map_err(text)?.into(),
            Long("genesis-time") => {
                config.genesis_time = Some(parser.value().and_then(|v| v.parse()).map_err(text)?);
            }
            Long("block-time") => {
                let seconds: f64 = parser.value().and_then(|v| v.parse()).map_err(text)?;
                config.block_time = match Duration::try_from_secs_f64(seconds) {
                    Ok(Duration::ZERO) => None,
                    Ok(time) if time >= Duration::from_millis(50) => Some(time),
                    _ => return Err("--block-time is 0 or at least 0.05 seconds".to_owned()),
                };
            }
            Long("btc") => practice.quote.btc = price(&mut parser)?,
            Long("stx") => practice.quote.stx = price(&mut parser)?,
            Long("seed") => practice.seed = parser.value().and_then(|v| v.parse()).map_err(text)?,
            Long("steady") => practice.walks = false,
            Long("founded") => practice.founded = true,
            Long("unattended") => practice.attended = false,
            Long("without-suite") => bare = true,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected().to_string()),
        }
    }
    if practice.devnet.worker_dir.as_os_str().is_empty() {
        return Err("--worker-dir or BITHEDGE_DEVNET_WORKER must name the folder of the Clarity VM's worker"
            .to_owned());
    }
    Ok(Some(Options { practice, bare }))
}

fn price(parser: &mut lexopt::Parser) -> Result<UsdE8, String> {
    use lexopt::ValueExt as _;
    let text = parser.value().and_then(|value| value.string()).map_err(|error| error.to_string())?;
    match text.parse::<UsdE8>() {
        Ok(price) if price > UsdE8::ZERO => Ok(price),
        _ => Err(format!("{text:?} is no price in USD")),
    }
}

fn say(line: &str) {
    // A reader that went away is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{line}");
    let _ = std::io::stdout().flush();
}

fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let options = match parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            complain(&format!("{message}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let ready = |url: String| say(&format!("{{\"ready\":true,\"url\":\"{url}\"}}"));
    let unflushed = |error| format!("the devnet's journal could not be flushed: {error}");
    if options.bare {
        let devnet = tokio::select! {
            devnet = Devnet::start(options.practice.devnet) => devnet.map_err(|error| error.to_string())?,
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        ready(devnet.url());
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        return devnet.shutdown().await.map_err(unflushed);
    }
    let network = tokio::select! {
        network = options.practice.start() => network.map_err(|error| error.to_string())?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    if !network.changed().is_empty() {
        complain(&Changes(network.changed()).to_string());
    }
    ready(network.url());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    network.shutdown().await.map_err(unflushed)
}
