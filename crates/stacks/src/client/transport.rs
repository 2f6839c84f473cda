//! HTTP with time limits, size limits, repetition and a change of endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::ClientConfig;
use super::error::{ClientError, ConfigError, Failure};

/// How much of an unexpected answer is quoted.
const EXCERPT_CHARS: usize = 300;

/// What is asked, of whichever endpoint.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// For messages.
    pub(super) what: String,
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<(&'static str, Arc<[u8]>)>,
}

impl Request {
    /// A read. Segments are escaped: names of contracts and functions may contain `?` and `/`.
    pub(super) fn get<S: Into<String>>(what: impl Into<String>, path: impl IntoIterator<Item = S>) -> Self {
        Self {
            what: what.into(),
            method: Method::GET,
            path: path.into_iter().map(Into::into).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    /// A read that needs a body.
    pub(super) fn post_json<S: Into<String>>(
        what: impl Into<String>,
        path: impl IntoIterator<Item = S>,
        body: &serde_json::Value,
    ) -> Self {
        let body = Some(("application/json", body.to_string().into_bytes().into()));
        Self { method: Method::POST, body, ..Self::get(what, path) }
    }

    /// Bytes.
    pub(super) fn post_bytes<S: Into<String>>(
        what: impl Into<String>,
        path: impl IntoIterator<Item = S>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            method: Method::POST,
            body: Some(("application/octet-stream", body.into())),
            ..Self::get(what, path)
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: &dyn std::fmt::Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

/// What an endpoint answered: a status below 500, and a body of limited size.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) endpoint: String,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Unusable> {
        serde_json::from_slice(&self.body).map_err(|error| Unusable::Nonsense(error.to_string()))
    }

    /// An error for a status that nothing better is known about.
    pub(super) fn refused(self, what: &str) -> ClientError {
        if self.status == StatusCode::NOT_FOUND.as_u16() {
            return ClientError::NotFound { what: what.to_owned() };
        }
        let body = String::from_utf8_lossy(&self.body).chars().take(EXCERPT_CHARS).collect();
        ClientError::Http { endpoint: self.endpoint, status: self.status, body }
    }
}

/// Why a reply gives no answer.
#[derive(Debug)]
pub(super) enum Unusable {
    /// It cannot be right: worth asking again, or somebody else.
    Nonsense(String),
    /// It is an answer, though not the one hoped for.
    Final(ClientError),
}

impl From<ClientError> for Unusable {
    fn from(error: ClientError) -> Self {
        Self::Final(error)
    }
}

impl Unusable {
    pub(super) fn nonsense(reason: impl Into<String>) -> Self {
        Self::Nonsense(reason.into())
    }
}

/// One exchange that failed, and how long the server wants to be left alone.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) retry_after: Option<Duration>,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None }
    }
}

/// One exchange that went through, but with an answer over the limit.
enum Exchange {
    Reply(Reply),
    TooLarge { endpoint: String },
}

#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    endpoints: Vec<Url>,
    /// The endpoint that answered last.
    preferred: AtomicUsize,
    config: ClientConfig,
}

impl Transport {
    pub(super) fn new(
        endpoints: impl Iterator<Item = impl AsRef<str>>,
        config: ClientConfig,
    ) -> Result<Self, ConfigError> {
        let endpoints =
            endpoints.map(|endpoint| parse_endpoint(endpoint.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            return Err(ConfigError::NoEndpoint);
        }
        // It fails if there is a provider already, which then is used.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("bithedge/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            .timeout(config.request_timeout)
            // A node does not redirect; whoever does is not the node.
            .redirect(reqwest::redirect::Policy::none());
        if endpoints.iter().all(is_loopback) {
            // A proxy for the world cannot reach this machine's own ports.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ConfigError::Http)?;
        Ok(Self { http, endpoints, preferred: AtomicUsize::new(0), config })
    }

    pub(super) fn endpoint_count(&self) -> usize {
        self.endpoints.len()
    }

    /// Prefers the next endpoint from now on.
    pub(super) fn pass_over(&self) {
        self.preferred.fetch_add(1, Ordering::Relaxed);
    }

    /// How often a call may try, over all endpoints.
    pub(super) fn attempts(&self) -> usize {
        self.config.attempts.max(self.endpoints.len())
    }

    /// Asks until somebody gives an answer that `interpret` can use, within the allowed attempts.
    pub(super) async fn read<T>(
        &self,
        request: &Request,
        interpret: impl Fn(Reply) -> Result<T, Unusable>,
    ) -> Result<T, ClientError> {
        let attempts = self.attempts();
        let first = self.preferred.load(Ordering::Relaxed);
        let mut attempt = 0;
        loop {
            let index = (first + attempt) % self.endpoints.len();
            attempt += 1;
            let (error, retry_after) = match self.exchange(index, request).await {
                Ok(Exchange::Reply(reply)) => {
                    let endpoint = reply.endpoint.clone();
                    match interpret(reply) {
                        Ok(answer) => {
                            self.preferred.store(index, Ordering::Relaxed);
                            return Ok(answer);
                        }
                        Err(Unusable::Final(error)) => return Err(error),
                        Err(Unusable::Nonsense(reason)) => {
                            (ClientError::Malformed { endpoint, what: request.what.clone(), reason }, None)
                        }
                    }
                }
                Ok(Exchange::TooLarge { endpoint }) => {
                    let reason = format!("more than {} bytes", self.config.max_body_bytes);
                    (ClientError::Malformed { endpoint, what: request.what.clone(), reason }, None)
                }
                Err(Failed { failure, retry_after }) => {
                    let endpoint = self.endpoints[index].to_string();
                    (ClientError::Unreachable { endpoint, attempts: attempt, failure }, retry_after)
                }
            };
            tracing::debug!(%error, what = request.what, attempt, "request failed");
            if attempt >= attempts {
                return Err(error);
            }
            self.pause(attempt, retry_after).await;
        }
    }

    /// Sends once to one endpoint, counted from the preferred one. Returns its address with what happened.
    pub(super) async fn send_once(
        &self,
        attempt: usize,
        request: &Request,
    ) -> (String, Result<Reply, Failed>) {
        let index = (self.preferred.load(Ordering::Relaxed) + attempt) % self.endpoints.len();
        let endpoint = self.endpoints[index].to_string();
        let result = match self.exchange(index, request).await {
            Ok(Exchange::Reply(reply)) => Ok(reply),
            Ok(Exchange::TooLarge { .. }) => {
                Err(Failure::Interrupted("the answer is too long".to_owned()).into())
            }
            Err(failed) => Err(failed),
        };
        (endpoint, result)
    }

    /// Waits before the next attempt: not at all while there are endpoints that were not tried yet.
    pub(super) async fn pause(&self, attempts_made: usize, retry_after: Option<Duration>) {
        let round = attempts_made / self.endpoints.len();
        if !attempts_made.is_multiple_of(self.endpoints.len()) || round == 0 {
            return;
        }
        let doublings = u32::try_from(round - 1).unwrap_or(u32::MAX).min(16);
        let ceiling = self.config.first_backoff.saturating_mul(1 << doublings).min(self.config.max_backoff);
        // Half of it at least, so that it is a pause; the rest is random, so that clients do not come back in step.
        let jittered = ceiling.mul_f64(0.5 + 0.5 * fastrand::f64());
        let pause = retry_after.map_or(jittered, |asked| asked.max(jittered).min(self.config.max_backoff));
        tokio::time::sleep(pause).await;
    }

    async fn exchange(&self, index: usize, request: &Request) -> Result<Exchange, Failed> {
        let base = &self.endpoints[index];
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&request.path);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut outgoing = self.http.request(request.method.clone(), url);
        if let Some((content_type, body)) = &request.body {
            outgoing = outgoing.header(CONTENT_TYPE, *content_type).body(body.to_vec());
        }
        let mut response = outgoing.send().await.map_err(|error| classify(&error))?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let failure = if status.is_server_error() {
                Failure::Server(status.as_u16())
            } else {
                Failure::RateLimited
            };
            return Err(Failed { failure, retry_after: retry_after(&response) });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + chunk.len() > self.config.max_body_bytes {
                return Ok(Exchange::TooLarge { endpoint: base.to_string() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Exchange::Reply(Reply { endpoint: base.to_string(), status: status.as_u16(), body }))
    }
}

fn parse_endpoint(text: &str) -> Result<Url, ConfigError> {
    let invalid =
        |reason: &str| ConfigError::Endpoint { endpoint: text.to_owned(), reason: reason.to_owned() };
    let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("another scheme"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("a base address has neither query nor fragment"));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

fn classify(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect(root_cause(error))
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Interrupted(root_cause(error))
    }
}

/// The innermost message: the outer ones only repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
