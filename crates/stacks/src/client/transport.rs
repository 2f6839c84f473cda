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

    /// Whether the answer is as much about the endpoint as about what was asked: it does not know, does not let us, or
    /// did not wait.
    pub(super) const fn is_for_others(&self) -> bool {
        matches!(self.status, 401 | 403 | 404 | 408)
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
    /// This endpoint has nothing better to say, but another one may.
    Elsewhere(ClientError),
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
    TooLarge,
}

/// A base address. It is shown without its path, which may contain a token.
struct Endpoint {
    url: Url,
    shown: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Whose turn it is: every endpoint in order, again and again, without those that have nothing to offer.
#[derive(Debug)]
pub(super) struct Turns {
    first: usize,
    /// How many turns there were, those of excluded endpoints included.
    position: usize,
    /// How often an endpoint was asked.
    made: usize,
    allowed: usize,
    excluded: Vec<bool>,
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// The endpoint's.
    pub(super) index: usize,
    /// The attempts so far, this one included.
    pub(super) attempt: usize,
    /// How often every endpoint was asked before, if this is the first attempt after that.
    round: Option<usize>,
}

impl Turns {
    pub(super) fn start(&mut self) -> Turn {
        self.position = 1;
        self.made = 1;
        Turn { index: self.first % self.excluded.len(), attempt: 1, round: None }
    }

    pub(super) fn next(&mut self) -> Option<Turn> {
        if self.made >= self.allowed || self.excluded.iter().all(|excluded| *excluded) {
            return None;
        }
        let endpoints = self.excluded.len();
        let before = (self.position - 1) / endpoints;
        while self.excluded[(self.first + self.position) % endpoints] {
            self.position += 1;
        }
        let index = (self.first + self.position) % endpoints;
        let round = self.position / endpoints;
        self.position += 1;
        self.made += 1;
        Some(Turn { index, attempt: self.made, round: (round > before).then_some(round) })
    }

    /// Asks this endpoint no more.
    pub(super) fn exclude(&mut self, turn: Turn) {
        self.excluded[turn.index] = true;
    }

    /// Whether every endpoint was asked.
    const fn all_asked(&self) -> bool {
        self.position >= self.excluded.len()
    }
}

#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    endpoints: Vec<Endpoint>,
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
            endpoints.map(|endpoint| Endpoint::parse(endpoint.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            return Err(ConfigError::NoEndpoint);
        }
        // It fails if there is a provider already, which then is used.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut builder = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .connect_timeout(config.connect_timeout)
            .timeout(config.request_timeout)
            // A node does not redirect; whoever does is not the node.
            .redirect(reqwest::redirect::Policy::none());
        if endpoints.iter().all(|endpoint| is_loopback(&endpoint.url)) {
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

    /// The turns of one call, beginning with the preferred endpoint.
    pub(super) fn turns(&self) -> Turns {
        Turns {
            first: self.preferred.load(Ordering::Relaxed) % self.endpoints.len(),
            position: 0,
            made: 0,
            allowed: self.config.attempts.max(self.endpoints.len()),
            excluded: vec![false; self.endpoints.len()],
        }
    }

    /// How an endpoint is shown.
    pub(super) fn shown(&self, turn: Turn) -> String {
        self.endpoints[turn.index].shown.clone()
    }

    /// Asks until somebody gives an answer that `interpret` can use, within the allowed attempts.
    pub(super) async fn read<T>(
        &self,
        request: &Request,
        interpret: impl Fn(Reply) -> Result<T, Unusable>,
    ) -> Result<T, ClientError> {
        let mut turns = self.turns();
        let mut turn = turns.start();
        let mut kept: Option<ClientError> = None;
        loop {
            let mut retry_after = None;
            let error = match self.exchange(turn.index, request).await {
                Ok(Exchange::Reply(reply)) => match interpret(reply) {
                    Ok(answer) => {
                        self.preferred.store(turn.index, Ordering::Relaxed);
                        return Ok(answer);
                    }
                    Err(Unusable::Final(error)) => return Err(error),
                    Err(Unusable::Elsewhere(error)) => {
                        turns.exclude(turn);
                        error
                    }
                    Err(Unusable::Nonsense(reason)) => self.malformed(turn, request, reason),
                },
                Ok(Exchange::TooLarge) => {
                    let reason = format!("more than {} bytes", self.config.max_body_bytes);
                    self.malformed(turn, request, reason)
                }
                Err(failed) => {
                    retry_after = failed.retry_after;
                    let (endpoint, attempts) = (self.shown(turn), turn.attempt);
                    ClientError::Unreachable { endpoint, attempts, failure: failed.failure }
                }
            };
            tracing::debug!(%error, what = request.what, attempt = turn.attempt, "request failed");
            let error = match kept.take() {
                Some(before) if before.weight() > error.weight() => before,
                _ => error,
            };
            // That something does not exist needs no repetition, once everybody was asked.
            if matches!(error, ClientError::NotFound { .. }) && turns.all_asked() {
                return Err(error);
            }
            turn = match turns.next() {
                Some(next) => next,
                None => return Err(error),
            };
            kept = Some(error);
            self.pause(turn, retry_after).await;
        }
    }

    fn malformed(&self, turn: Turn, request: &Request, reason: String) -> ClientError {
        ClientError::Malformed { endpoint: self.shown(turn), what: request.what.clone(), reason }
    }

    /// Sends once to one endpoint.
    pub(super) async fn send_once(&self, turn: Turn, request: &Request) -> Result<Reply, Failed> {
        match self.exchange(turn.index, request).await? {
            Exchange::Reply(reply) => Ok(reply),
            Exchange::TooLarge => Err(Failure::Interrupted("the answer is too long".to_owned()).into()),
        }
    }

    /// Waits before an attempt: not at all while there are endpoints that were not asked in this round.
    pub(super) async fn pause(&self, before: Turn, retry_after: Option<Duration>) {
        let Some(round) = before.round else { return };
        let doublings = u32::try_from(round.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let ceiling = self.config.first_backoff.saturating_mul(1 << doublings).min(self.config.max_backoff);
        // Half of it at least, so that it is a pause; the rest is random, so that clients do not come back in step.
        let jittered = ceiling.mul_f64(0.5 + 0.5 * fastrand::f64());
        let pause = retry_after.map_or(jittered, |asked| asked.max(jittered).min(self.config.max_backoff));
        tokio::time::sleep(pause).await;
    }

    async fn exchange(&self, index: usize, request: &Request) -> Result<Exchange, Failed> {
        let base = &self.endpoints[index];
        let mut url = base.url.clone();
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
        let mut response = outgoing.send().await.map_err(classify)?;
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
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            if body.len() + chunk.len() > self.config.max_body_bytes {
                return Ok(Exchange::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Exchange::Reply(Reply { endpoint: base.shown.clone(), status: status.as_u16(), body }))
    }
}

impl Endpoint {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let invalid =
            |endpoint: String, reason: &str| ConfigError::Endpoint { endpoint, reason: reason.to_owned() };
        let url = Url::parse(text).map_err(|error| invalid(without_secrets(text), &error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(without_secrets(text), "another scheme"));
        }
        let shown = url.origin().ascii_serialization();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::Credentials { endpoint: shown });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(shown, "a base address has neither query nor fragment"));
        }
        Ok(Self { url, shown })
    }
}

/// What can be shown of something that is no address: nothing if there may be a password in it, otherwise no path.
fn without_secrets(text: &str) -> String {
    if text.contains('@') {
        return "an address that is not shown".to_owned();
    }
    let host = text.find("://").map_or(0, |scheme| scheme + 3);
    let end = text[host..].find(['/', '\\', '?', '#']).map_or(text.len(), |end| host + end);
    text[..end].to_owned()
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

fn classify(error: reqwest::Error) -> Failure {
    // The address may contain a token.
    let error = error.without_url();
    if error.is_connect() {
        Failure::Connect(root_cause(&error))
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Interrupted(root_cause(&error))
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
