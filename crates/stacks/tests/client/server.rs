//! A server that answers request by request as scripted, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_stacks::NodeClient;
use bithedge_stacks::client::ClientConfig;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Answers.
    Answer(u16, Vec<u8>),
    /// Answers with a header more.
    Header(u16, &'static str),
    /// Answers too late.
    Sleep(Duration),
    /// Closes the connection without an answer.
    Drop,
    /// Announces more bytes than it sends.
    CutOff(Vec<u8>),
}

impl Act {
    pub fn json(body: &Json) -> Self {
        Self::Answer(200, body.to_string().into_bytes())
    }

    pub fn refuse(status: u16, body: &Json) -> Self {
        Self::Answer(status, body.to_string().into_bytes())
    }
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub line: String,
    pub user_agent: String,
    pub body: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    acts: VecDeque<Act>,
    last: Option<Act>,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Does the acts one after the other, and the last one from then on.
    pub async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { acts: acts.into_iter().collect(), ..State::default() }));
        let server = Self { url, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        server
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    /// A client of this server alone.
    pub fn client(&self) -> NodeClient {
        client([self.url()])
    }
}

/// An address at which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A client with little patience: three attempts, a fifth of a second each.
pub fn client<'a>(endpoints: impl IntoIterator<Item = &'a str>) -> NodeClient {
    client_with(endpoints, config())
}

/// Little patience.
pub fn config() -> ClientConfig {
    ClientConfig {
        connect_timeout: Duration::from_millis(200),
        request_timeout: Duration::from_millis(200),
        attempts: 3,
        first_backoff: Duration::from_millis(5),
        max_backoff: Duration::from_millis(20),
        max_body_bytes: 4096,
        max_tip_lag: 6,
        ..ClientConfig::default()
    }
}

/// A client of one's own making.
pub fn client_with<'a>(endpoints: impl IntoIterator<Item = &'a str>, config: ClientConfig) -> NodeClient {
    NodeClient::with_config(endpoints, config).unwrap()
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(asked) = read_request(&mut stream).await else { return };
    let act = {
        let mut state = state.lock().unwrap();
        state.asked.push(asked);
        if let Some(act) = state.acts.pop_front() {
            state.last = Some(act);
        }
        state.last.clone().unwrap()
    };
    let (head, body) = match act {
        Act::Answer(status, body) => {
            (format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len()), body)
        }
        Act::Header(status, header) => {
            (format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{header}\r\n"), Vec::new())
        }
        Act::Sleep(duration) => {
            tokio::time::sleep(duration).await;
            return;
        }
        Act::Drop => return,
        Act::CutOff(body) => (format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n", body.len() + 10), body),
    };
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.ok();
    stream.write_all(&body).await.ok();
    stream.shutdown().await.ok();
}

async fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let user_agent = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("user-agent"))
        .map_or_else(String::new, |(_, value)| value.to_owned());
    Some(Asked { line, user_agent, body: bytes[head_end + 4..].to_vec() })
}
