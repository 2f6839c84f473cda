//! Play money for Peter and Irene.

use std::time::Duration;

use bithedge_engine::words::Notices as _;
use bithedge_ipc::{Fault, Notice};
use bithedge_stacks::{NodeClient, Principal};
use serde_json::json;

use crate::core::Core;
use crate::notices;

/// What each account is given, in micro-STX and satoshis: Peter fees and two BTC to protect, Irene capital to commit.
const GIFTS: [(u64, u64); 2] = [(1_000_000_000, 200_000_000), (20_000_000_000, 500_000_000)];
/// The faucet makes a block for each gift.
const PATIENCE: Duration = Duration::from_secs(60);

/// Gives an account of the practice wallet its play money, unless it has some or has had some.
pub(crate) async fn endow(core: &Core, url: &str) -> Result<(), Notice> {
    let accounts: Vec<_> = core.state().accounts().into_iter().map(|(_, address)| address).collect();
    let client = NodeClient::new([url]).map_err(|error| faucet(&error))?;
    for (address, (stx, sbtc)) in accounts.into_iter().zip(GIFTS) {
        let principal = Principal::Standard(address);
        let found = client.balances(&principal).await.map_err(|error| error.notice())?;
        let nonce = client.account(&principal).await.map_err(|error| error.notice())?.nonce;
        if nonce > 0 {
            continue;
        }
        if found.stx.balance.micro() == 0 {
            give(url, "stx", &principal, stx).await?;
        }
        if found.fungible_tokens.values().all(|token| token.balance == 0) {
            give(url, "sbtc", &principal, sbtc).await?;
        }
    }
    Ok(())
}

/// Asks a devnet's faucet.
pub(crate) async fn give(url: &str, token: &str, to: &Principal, amount: u64) -> Result<(), Notice> {
    let body = json!({ "address": to.to_string(), "amount": amount.to_string() });
    post(url, &format!("/devnet/faucet/{token}"), &body).await.map(drop).map_err(|error| faucet(&error))
}

/// Asks a devnet's control. Gives its answer, or what went wrong.
pub(crate) async fn post(
    url: &str,
    path: &str,
    body: &serde_json::Value,
) -> Result<serde_json::Value, String> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        // A proxy would look for the devnet on its own computer.
        .no_proxy()
        .build()
        .map_err(|error| error.to_string())?;
    let reply =
        client.post(format!("{url}{path}")).json(body).send().await.map_err(|error| error.to_string())?;
    let status = reply.status();
    let text = reply.text().await.map_err(|error| error.to_string())?;
    if !status.is_success() {
        return Err(format!("{path} answered {status}: {}", text.chars().take(300).collect::<String>()));
    }
    serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
}

fn faucet(error: &impl std::fmt::Display) -> Notice {
    notices::notice(
        Fault::DevnetFailed,
        "The devnet gave no play money.",
        "Nothing was lost: a devnet's money is worth nothing.",
        "It is tried again. If it stays so, end all faults on the Devnet page, or open BitHedge again.",
        error,
    )
}
