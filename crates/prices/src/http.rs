//! HTTP, with everything that an exchange could do to its client bounded.

use std::net::IpAddr;
use std::time::Duration;

use bithedge_protocol::{Seconds, UnixSeconds};
use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};

use crate::Refusal;
use crate::refusal::excerpt;

/// How requests name themselves.
pub const USER_AGENT: &str = concat!("BitHedge/", env!("CARGO_PKG_VERSION"));

/// A longer answer is not read to its end. Tickers have at most some 2 kB.
pub const MAX_BODY_BYTES: usize = 65_536;

/// The client could not be made. No price can be asked for; nothing happened to any money.
#[derive(Debug, thiserror::Error)]
#[error("no HTTPS client could be set up: {0}")]
pub struct HttpError(#[source] reqwest::Error);

/// An address that is not this computer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not an http address of this computer itself, such as http://127.0.0.1:8080")]
pub struct AddressError {
    /// What was given.
    pub address: String,
}

/// A client for public hosts: TLS only, no redirects, no cookies, no keys. Cloning shares its connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client that speaks to public hosts, by HTTPS alone. The system's proxy is used if there is one.
    ///
    /// # Errors
    /// [`HttpError`] if TLS cannot be set up.
    pub fn public() -> Result<Self, HttpError> {
        Self::build(reqwest::Client::builder().https_only(true))
    }

    /// A client without TLS, for [`Exchange::at_loopback`](crate::Exchange::at_loopback) alone.
    pub(crate) fn loopback() -> Result<Self, HttpError> {
        // A proxy for the world cannot reach this computer's own ports.
        Self::build(reqwest::Client::builder().no_proxy())
    }

    fn build(builder: reqwest::ClientBuilder) -> Result<Self, HttpError> {
        // It fails if there is a provider already, which then is used.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = builder
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .pool_idle_timeout(Duration::from_secs(90))
            .build()
            .map_err(HttpError)?;
        Ok(Self { client })
    }

    /// The body of a successful answer. Without a time limit: the caller has one.
    pub(crate) async fn get(&self, address: &str, now: UnixSeconds) -> Result<Vec<u8>, Refusal> {
        let mut response = self.client.get(address).send().await.map_err(|error| unreachable(&error))?;
        check_status(&response, now)?;
        let too_large = Refusal::TooLarge { limit: MAX_BODY_BYTES };
        if response.content_length().is_some_and(|length| length > MAX_BODY_BYTES as u64) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn check_status(response: &Response, now: UnixSeconds) -> Result<(), Refusal> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(());
    }
    if status.is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let to = location.and_then(|location| response.url().join(location).ok());
        return Err(Refusal::Redirected { to: to.and_then(|url| url.host_str().map(excerpt)) });
    }
    let asked = retry_after(response, now);
    if status == StatusCode::TOO_MANY_REQUESTS || asked.is_some() {
        return Err(Refusal::RateLimited { asked });
    }
    Err(Refusal::Status { status: status.as_u16() })
}

/// For how long the server wants to be left alone: seconds, or a date.
fn retry_after(response: &Response, now: UnixSeconds) -> Option<Seconds> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Seconds::new(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    Some(UnixSeconds::new(date).since(now).unwrap_or(Seconds::ZERO))
}

fn unreachable(error: &reqwest::Error) -> Refusal {
    // The innermost cause says what happened; the outer ones repeat the address.
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Refusal::Unreachable { reason: excerpt(&cause.to_string()) }
}

/// An address of this computer itself, by its number: names can point anywhere.
pub(crate) fn loopback_address(address: &str) -> Result<String, AddressError> {
    let refused = || AddressError { address: excerpt(address) };
    let url = Url::parse(address).map_err(|_| refused())?;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let is_base = url.username().is_empty() && url.password().is_none() && url.path() == "/";
    if url.scheme() == "http" && is_loopback && is_base {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_public_client_never_speaks_without_tls() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let answer = Http::public().unwrap().get(&address, UnixSeconds::new(0)).await;
        assert!(matches!(answer, Err(Refusal::Unreachable { .. })), "{answer:?}");
        let asked = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
        assert!(asked.is_err(), "it connected");
    }
}
