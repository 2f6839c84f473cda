//! Whether a node on this computer is a devnet of BitHedge, and which accounts it has funded.

use std::net::IpAddr;
use std::time::Duration;

use bithedge_stacks::address::Address;
use reqwest::StatusCode;
use serde::Deserialize;

use super::source::SourceError;
use crate::Account;
use crate::accounts::role_on_devnet;

/// Far more than a devnet ever says.
const MAX_BYTES: usize = 1024 * 1024;

/// `GET /devnet/status`, which only a devnet answers.
#[derive(Debug)]
pub(super) struct DevnetStatus {
    http: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Answer {
    accounts: Vec<FundedAccount>,
}

#[derive(Deserialize)]
struct FundedAccount {
    label: String,
    address: String,
}

impl DevnetStatus {
    /// `None` for a node that is not on this computer: it is not a devnet, and is not asked.
    ///
    /// Needs a TLS provider, which the node client has installed.
    pub(super) fn new(endpoint: &str) -> Result<Option<Self>, reqwest::Error> {
        if !is_loopback(endpoint) {
            return Ok(None);
        }
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(6))
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look for the devnet on its own computer.
            .no_proxy()
            .build()?;
        Ok(Some(Self { http, url: format!("{endpoint}/devnet/status") }))
    }

    /// The devnet's accounts that have a part in the application; `None` if the node is not a devnet.
    pub(super) async fn accounts(&self) -> Result<Option<Vec<Account>>, SourceError> {
        let reply = self.http.get(&self.url).send().await.map_err(|error| transport(&error))?;
        match reply.status() {
            StatusCode::OK => {}
            // What a node says of a path that it does not have. Anything else leaves open what it is.
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(SourceError::Failing(format!("{} answered {status}", self.url))),
        }
        parse(&self.body(reply).await?).map(Some)
    }

    async fn body(&self, mut reply: reqwest::Response) -> Result<Vec<u8>, SourceError> {
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|error| transport(&error))? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(SourceError::Malformed(format!(
                    "{} answered more than {MAX_BYTES} bytes",
                    self.url
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn parse(body: &[u8]) -> Result<Vec<Account>, SourceError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| SourceError::Malformed(format!("devnet status: {error}")))?;
    answer
        .accounts
        .into_iter()
        .filter_map(|account| role_on_devnet(&account.label).map(|role| (account, role)))
        .map(|(FundedAccount { label, address }, role)| {
            let address: Address = address.parse().map_err(|error| {
                SourceError::Malformed(format!("devnet status: address of {label}: {error}"))
            })?;
            Ok(Account { label, address, role: Some(role) })
        })
        .collect()
}

fn is_loopback(endpoint: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(endpoint) else { return false };
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

fn transport(error: &reqwest::Error) -> SourceError {
    let cause = error.to_string();
    if error.is_timeout() { SourceError::TimedOut(cause) } else { SourceError::Unreachable(cause) }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::Role;

    use super::*;

    #[test]
    fn only_this_computer_is_asked() {
        for endpoint in
            ["http://127.0.0.1:20443", "http://localhost:1", "http://[::1]:1", "https://127.9.9.9"]
        {
            assert!(is_loopback(endpoint), "{endpoint}");
        }
        for endpoint in [
            "http://192.0.2.1:20443",
            "https://api.testnet.hiro.so",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://[2001:db8::1]",
            "nonsense",
        ] {
            assert!(!is_loopback(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn accounts_with_a_part_are_taken_in_the_devnet_s_order() {
        let body = br#"{"devnet":true,"genesis_time":1,"accounts":[
            {"label":"deployer","address":"ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM","stx":"1"},
            {"label":"wallet_1","address":"ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5","stx":"1"},
            {"label":"wallet_2","address":"ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG","stx":"1"}]}"#;
        let accounts = parse(body).unwrap();
        let shown: Vec<_> = accounts.iter().map(|account| (account.label.as_str(), account.role)).collect();
        assert_eq!(shown, [("wallet_1", Some(Role::Protection)), ("wallet_2", Some(Role::Income))]);
    }

    #[test]
    fn an_address_with_a_wrong_letter_is_refused() {
        let body =
            br#"{"accounts":[{"label":"wallet_1","address":"ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD6"}]}"#;
        assert!(matches!(parse(body), Err(SourceError::Malformed(reason)) if reason.contains("wallet_1")));
        assert!(matches!(parse(b"{\"accounts\":[{\"label\""), Err(SourceError::Malformed(_))));
    }
}
