//! `bithedge-deploy`: brings the suite onto a network, or says what of it is there. `cargo xtask deploy` builds and runs it.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bithedge_deploy::apply::{Job, Steps};
use bithedge_deploy::inspect::{Changed, Changes, describe};
use bithedge_deploy::parties::Parties;
use bithedge_deploy::plan::Plan;
use bithedge_deploy::sender::Blocks;
use bithedge_deploy::wallet;
use bithedge_stacks::client::ClientConfig;
use bithedge_stacks::{Address, MicroStx, NodeClient, SecretKey};
use bithedge_suite::{Deployment, SuiteNetwork};

const USAGE: &str = "\
Usage: bithedge-deploy --network devnet|testnet|mainnet [--verify | --dry-run | --plan [--check]]

  --network N        where; nothing is taken for granted
  --verify           only look: in service, with what votes have changed since, or exactly what is missing
  --dry-run          say what would be sent and what it may cost, and send nothing
  --plan             write contracts/deployments/default.N-plan.yaml from contracts/Clarinet.toml
  --plan --check     only say whether the file is up to date
  --node URL         the node; otherwise the one that the plan names
  --sender ADDRESS   the deployer, where the plan leaves it open
  --key-file FILE    the deployer's mnemonic or private key, in a file that only you can read (mode 600);
                     otherwise it is asked for in the terminal and not shown. On a devnet it is the public one.
  --max-call-fee U   the most micro-STX that one call of the set-up may cost (default 100000)
  --contracts DIR    the folder of Clarinet.toml (default contracts)

The key is never taken from the command line or the environment.";

/// The deployer of every devnet; everybody knows it.
const DEVNET_MNEMONIC: &str = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring wrist shed math olympic multiply hip blue scout claw";

/// On standard output; a reader that went away is no reason to stop.
macro_rules! say {
    ($($text:tt)*) => { drop(writeln!(std::io::stdout(), $($text)*)) };
}

/// On standard error, likewise.
macro_rules! complain {
    ($($text:tt)*) => { drop(writeln!(std::io::stderr(), $($text)*)) };
}

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(PartialEq, Eq)]
enum Mode {
    Apply,
    Verify,
    DryRun,
    Plan,
}

struct Options {
    network: SuiteNetwork,
    mode: Mode,
    check: bool,
    node: Option<String>,
    sender: Option<Address>,
    key_file: Option<PathBuf>,
    most_a_call: MicroStx,
    contracts: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            say!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            complain!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain!("deploy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Outcome<Option<Options>> {
    use lexopt::prelude::*;
    let mut network = None;
    let mut options = Options {
        network: SuiteNetwork::Devnet,
        mode: Mode::Apply,
        check: false,
        node: None,
        sender: None,
        key_file: None,
        most_a_call: MicroStx::new(100_000),
        contracts: PathBuf::from("contracts"),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("network") => {
                network = Some(match parser.value()?.string()?.as_str() {
                    "devnet" => SuiteNetwork::Devnet,
                    "testnet" => SuiteNetwork::Testnet,
                    "mainnet" => SuiteNetwork::Mainnet,
                    other => return Err(format!("there is no network {other:?}").into()),
                });
            }
            Long("verify") => options.mode = Mode::Verify,
            Long("dry-run") => options.mode = Mode::DryRun,
            Long("plan") => options.mode = Mode::Plan,
            Long("check") => options.check = true,
            Long("node") => options.node = Some(parser.value()?.string()?),
            Long("sender") => options.sender = Some(parser.value()?.string()?.parse()?),
            Long("key-file") => options.key_file = Some(parser.value()?.into()),
            Long("max-call-fee") => options.most_a_call = MicroStx::new(parser.value()?.parse()?),
            Long("contracts") => options.contracts = parser.value()?.into(),
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    options.network = network.ok_or("--network says where")?;
    if options.check && options.mode != Mode::Plan {
        return Err("--check goes with --plan".into());
    }
    Ok(Some(options))
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Returns whether what was looked at is as it should be.
async fn run(options: &Options) -> Outcome<bool> {
    let network = options.network;
    let plan_file = options.contracts.join(Plan::file(network));
    if options.mode == Mode::Plan {
        return write_plan(&plan_file, network, options.check);
    }
    let plan = Plan::from_yaml(&read(&plan_file)?, network)
        .map_err(|error| format!("{}: {error}", plan_file.display()))?;
    let parties_file = options.contracts.join(Parties::file(network));
    let wrong = |error| format!("{}: {error}", parties_file.display());
    let parties = Parties::from_toml(&read(&parties_file)?).map_err(wrong)?;
    // Before anybody is asked for a secret.
    parties.check(network).map_err(wrong)?;
    let (deployer, key) = deployer(options, &plan)?;
    let deployment = parties.deployment(network, deployer).map_err(wrong)?;
    let setup = parties.setup(&deployment).map_err(wrong)?;

    let node = options.node.clone().unwrap_or_else(|| plan.node.clone());
    let config = ClientConfig {
        expected_chain: Some(network.chain().chain_id),
        // Public nodes ask for few requests at a time, and this makes about a hundred.
        attempts: 10,
        max_backoff: Duration::from_secs(30),
        ..ClientConfig::default()
    };
    let client = NodeClient::with_config([&node], config)?;
    client.info().await?;
    say!("{network} at {node}, deployer {deployer}");
    let job = Job {
        client: &client,
        plan: &plan,
        deployment: &deployment,
        setup: &setup,
        most_a_call: options.most_a_call,
    };
    match (&options.mode, key) {
        (Mode::Apply, Some(key)) => {
            apply(&job, network, node, &key).await?;
            Ok(true)
        }
        (Mode::DryRun, _) => {
            let state = job.state().await?;
            show(&job.steps(&state)?, &deployment);
            list(&state.changed);
            Ok(true)
        }
        _ => {
            let state = job.state().await?;
            say!("{state}");
            Ok(state.is_ready())
        }
    }
}

fn write_plan(file: &Path, network: SuiteNetwork, check: bool) -> Outcome<bool> {
    let text = Plan::generate(network).to_yaml();
    let is_current = std::fs::read_to_string(file).is_ok_and(|found| found == text);
    if check {
        if !is_current {
            complain!(
                "{} is not what contracts/Clarinet.toml says: write it again with --plan",
                file.display()
            );
        }
        return Ok(is_current);
    }
    if !is_current {
        std::fs::write(file, text)?;
        say!("wrote {}", file.display());
    }
    Ok(true)
}

/// The deployer's address, and its key where something is to be sent.
fn deployer(options: &Options, plan: &Plan) -> Outcome<(Address, Option<SecretKey>)> {
    let planned = plan.publishes.iter().find_map(|publish| publish.sender);
    if let (Some(planned), Some(said)) = (planned, options.sender)
        && planned != said
    {
        return Err(format!("the plan is for the deployer {planned}, and --sender says {said}").into());
    }
    let named = options.sender.or(planned);
    if options.mode != Mode::Apply {
        let address = named.ok_or("the plan leaves the deployer open: say which with --sender")?;
        return Ok((address, None));
    }
    let key = match &options.key_file {
        Some(path) => wallet::from_file(path)?,
        None if options.network == SuiteNetwork::Devnet => wallet::parse(DEVNET_MNEMONIC)?,
        None => wallet::ask()?,
    };
    let address = key.address(options.network.chain().version);
    match named {
        Some(named) if named != address => {
            Err(format!("the key is that of {address}, and the deployer is {named}").into())
        }
        None if options.network == SuiteNetwork::Mainnet => {
            Err(format!("the plan leaves the deployer open: if it is {address}, say so with --sender").into())
        }
        _ => Ok((address, Some(key))),
    }
}

async fn apply(job: &Job<'_>, network: SuiteNetwork, node: String, key: &SecretKey) -> Outcome<()> {
    let blocks = if network == SuiteNetwork::Devnet {
        Blocks::OnRequest(node)
    } else {
        Blocks::Awaited { every: Duration::from_secs(10), patience: Duration::from_secs(3_600) }
    };
    let done = job.apply(key, blocks, |progress| say!("  {progress}")).await?;
    match done.transactions {
        0 => say!("nothing to do: the suite is in service"),
        count => say!("done with {count} transactions: the suite is in service"),
    }
    list(&done.changed);
    Ok(())
}

fn list(changed: &[Changed]) {
    if !changed.is_empty() {
        say!("{}", Changes(changed));
    }
}

fn show(steps: &Steps<'_>, deployment: &Deployment) {
    if steps.is_empty() {
        say!("nothing to do: the suite is in service");
        return;
    }
    for publish in &steps.publishes {
        say!("  publish {}.{} for {}", deployment.deployer(), publish.contract.name, publish.cost);
    }
    for call in &steps.calls {
        say!("  call {}", describe(call));
    }
    if steps.hand_over {
        say!("  call governance complete-bootstrap");
    }
    say!("altogether at most {}; nothing was sent", steps.most);
}
