//! A node that cannot be trusted: what stands between the application and a devnet, and passes on, loses or falsifies what goes through.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of what goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// All of it is passed on.
    Honest,
    /// Transactions that are sent never arrive, and nobody answers.
    LosesTransactions,
    /// Of what transactions moved, twice as much is told.
    DoublesTransfers,
}

/// The longest request and answer that it takes.
const LONGEST_HEAD: usize = 64 * 1024;

/// It ends when it is dropped.
pub(crate) struct Proxy {
    url: String,
    conduct: Arc<Mutex<Conduct>>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// In front of the node with this address; honest at first.
    pub(crate) async fn start(node: &str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port")?;
        let url = format!("http://{}", listener.local_addr()?);
        let conduct = Arc::new(Mutex::new(Conduct::Honest));
        // No time limit of its own: whoever asks has one.
        let http = reqwest::Client::builder().no_proxy().build()?;
        let (node, shared) = (node.trim_end_matches('/').to_owned(), Arc::clone(&conduct));
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (http, node, conduct) = (http.clone(), node.clone(), Arc::clone(&shared));
                // One that fails is closed without an answer, as a node that dies would leave it.
                tokio::spawn(async move { pass_on(connection, &http, &node, &conduct).await.ok() });
            }
        });
        Ok(Self { url, conduct, listening })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on it behaves like this.
    pub(crate) fn behave(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap_or_else(PoisonError::into_inner) = conduct;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn pass_on(
    mut connection: TcpStream,
    http: &reqwest::Client,
    node: &str,
    conduct: &Mutex<Conduct>,
) -> Result<()> {
    let request = read(&mut connection).await?;
    let conduct = *conduct.lock().unwrap_or_else(PoisonError::into_inner);
    let sends = request.method == reqwest::Method::POST && request.path.starts_with("/v2/transactions");
    ensure!(!(sends && conduct == Conduct::LosesTransactions), "a transaction is lost");
    let mut passed = http.request(request.method, format!("{node}{}", request.path)).body(request.body);
    if let Some(kind) = request.kind {
        passed = passed.header(reqwest::header::CONTENT_TYPE, kind);
    }
    let answer = passed.send().await?;
    let status = answer.status();
    let kind = answer.headers().get(reqwest::header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("application/json").to_owned();
    let mut body = answer.bytes().await?.to_vec();
    if conduct == Conduct::DoublesTransfers
        && request.path.starts_with("/extended/v1/tx")
        && let Ok(mut told) = serde_json::from_slice::<Value>(&body)
    {
        double_transfers(&mut told);
        body = serde_json::to_vec(&told)?;
    }
    let head = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Unknown"),
        body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(&body).await?;
    Ok(connection.shutdown().await?)
}

struct Request {
    method: reqwest::Method,
    path: String,
    kind: Option<String>,
    body: Vec<u8>,
}

async fn read(connection: &mut TcpStream) -> Result<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        ensure!(bytes.len() < LONGEST_HEAD, "a request without an end to its head");
        ensure!(connection.read_buf(&mut bytes).await? > 0, "half a request");
    };
    let mut body = bytes.split_off(end);
    body.drain(..4);
    let head = String::from_utf8(bytes)?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().context("no method")?.parse()?;
    let path = first.next().context("no path")?.to_owned();
    let header = |name: &str| {
        let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length").map_or(Ok(0), |length| length.parse())?;
    while body.len() < length {
        ensure!(connection.read_buf(&mut body).await? > 0, "half a body");
    }
    Ok(Request { method, path, kind: header("content-type"), body })
}

/// Twice as much of every transfer of a token, wherever it stands.
fn double_transfers(told: &mut Value) {
    match told {
        Value::Array(all) => all.iter_mut().for_each(double_transfers),
        Value::Object(fields) => {
            let is_transfer = fields.get("event_type").is_some_and(|kind| kind == "fungible_token_asset");
            if is_transfer
                && let Some(amount) = fields.get_mut("asset").and_then(|asset| asset.get_mut("amount"))
            {
                let doubled = amount.as_str().and_then(|amount| amount.parse::<u128>().ok()?.checked_mul(2));
                if let Some(doubled) = doubled {
                    *amount = Value::String(doubled.to_string());
                }
                return;
            }
            fields.values_mut().for_each(double_transfers);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_transfers_are_falsified() {
        let event =
            |amount: &str| json!({ "event_type": "fungible_token_asset", "asset": { "amount": amount } });
        let mut told =
            json!({ "amount": "5", "events": [event("7"), { "event_type": "stx_asset", "amount": "9" }] });
        double_transfers(&mut told);
        let expected =
            json!({ "amount": "5", "events": [event("14"), { "event_type": "stx_asset", "amount": "9" }] });
        assert_eq!(told, expected);
    }
}
