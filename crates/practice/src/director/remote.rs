//! A practice network's director from outside, over its controls: the same for one in this process and for one in another.

use std::time::Duration;

use bithedge_devnet::FaultSettings;
use bithedge_protocol::Asset;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Deed, Directed, Trouble, TroubleKind};

/// For everything but waiting for a change.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The controls of the practice network at an address.
#[derive(Debug, Clone)]
pub struct Remote {
    http: reqwest::Client,
    url: String,
}

impl Remote {
    /// At `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        // Without TLS nothing in the builder can fail; no proxy stands between.
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap_or_default();
        Self { http, url: url.trim_end_matches('/').to_owned() }
    }

    /// How it stands.
    ///
    /// # Errors
    /// [`Trouble`]: it does not answer, or there is no director.
    pub async fn state(&self) -> Result<Directed, Trouble> {
        self.get("/devnet/director").await
    }

    /// How it stands as soon as that is not the revision `after` any more, or after some seconds.
    ///
    /// # Errors
    /// As [`Remote::state`].
    pub async fn state_after(&self, after: u64) -> Result<Directed, Trouble> {
        self.get(&format!("/devnet/director?after={after}")).await
    }

    /// Does something, or begins it.
    ///
    /// # Errors
    /// [`Trouble`]: as the director says.
    pub async fn carry_out(&self, deed: &Deed) -> Result<Directed, Trouble> {
        self.post("/devnet/director", deed).await
    }

    /// How the node misbehaves.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn faults(&self) -> Result<FaultSettings, Trouble> {
        self.get("/devnet/faults").await
    }

    /// How the node misbehaves from now on.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn set_faults(&self, faults: &FaultSettings) -> Result<FaultSettings, Trouble> {
        self.post("/devnet/faults", faults).await
    }

    /// Play money for an address, in satoshis or micro-STX.
    ///
    /// # Errors
    /// [`Trouble`]; the faucet may be empty.
    pub async fn give(&self, asset: Asset, address: &str, amount: u128) -> Result<(), Trouble> {
        let path = match asset {
            Asset::Sbtc => "/devnet/faucet/sbtc",
            Asset::Stx => "/devnet/faucet/stx",
        };
        let body = json!({ "address": address, "amount": amount.to_string() });
        self.post::<serde::de::IgnoredAny>(path, &body).await.map(|_| ())
    }

    /// The newest blocks are replaced by others.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn reorganise(&self, depth: u32, drop_transactions: bool) -> Result<(), Trouble> {
        let body = json!({ "depth": depth, "drop_transactions": drop_transactions });
        self.post::<serde::de::IgnoredAny>("/devnet/reorg", &body).await.map(|_| ())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        answer(self.http.get(format!("{}{path}", self.url))).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Trouble> {
        let body = serde_json::to_string(body).map_err(|error| Trouble::unreachable(error.to_string()))?;
        answer(self.http.post(format!("{}{path}", self.url)).body(body)).await
    }
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Trouble> {
    let failed = |error: reqwest::Error| Trouble::unreachable(error.to_string());
    let answer = request.send().await.map_err(failed)?;
    let (status, text) = (answer.status(), answer.text().await.map_err(failed)?);
    if status.is_success() {
        return serde_json::from_str(&text).map_err(|error| Trouble::unreachable(format!("{error}: {text}")));
    }
    // The director says it in words; the other controls say it to developers.
    Err(serde_json::from_str(&text).unwrap_or_else(|_| Trouble {
        kind: if status.is_client_error() { TroubleKind::Input } else { TroubleKind::Failed },
        happened: "The devnet refused that.".to_owned(),
        means: "Nothing was changed. It is play money, worth nothing.".to_owned(),
        remedy: "Look at the technical cause, and try something else.".to_owned(),
        detail: format!("{status}: {text}"),
    }))
}
