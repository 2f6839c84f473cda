//! The exchanges on this computer: a server that answers in their documented formats (see the tests of `bithedge-prices`, which hold the
//! formats against the documentation).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_prices::{Exchange, MedianOfMarkets, Pace, PriceSource, Rules, Venue};
use bithedge_protocol::UnixSeconds;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the markets say, in US dollars, and when.
#[derive(Clone, Copy)]
pub(crate) struct Quote {
    pub(crate) btc: f64,
    pub(crate) stx: f64,
    pub(crate) at: u64,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Markets {
    quote: Arc<Mutex<Quote>>,
    asked: Arc<Mutex<u64>>,
    address: String,
}

impl Markets {
    pub(crate) async fn start(quote: Quote) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let markets = Self { quote: Arc::new(Mutex::new(quote)), asked: Arc::default(), address };
        let served = markets.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(served.clone(), stream));
            }
        });
        markets
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Quote)) {
        change(&mut self.quote.lock().unwrap());
    }

    pub(crate) fn asked(&self) -> u64 {
        *self.asked.lock().unwrap()
    }

    /// The median of all of them, as the product asks it, at any time.
    pub(crate) fn median(&self) -> MedianOfMarkets {
        let pace = Pace { interval: Duration::ZERO, timeout: Duration::from_secs(20) };
        let sources = Venue::ALL.map(|venue| {
            let exchange = Exchange::at_loopback(venue, &self.address).unwrap().with_pace(pace);
            Arc::new(exchange) as Arc<dyn PriceSource>
        });
        MedianOfMarkets::new(sources.into(), Rules { timeout: Duration::from_secs(20), ..Rules::STANDARD })
            .unwrap()
    }
}

async fn answer(markets: Markets, mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 2_048];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
    *markets.asked.lock().unwrap() += 1;
    let head = String::from_utf8_lossy(&request).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let quote = *markets.quote.lock().unwrap();
    let (status, body) =
        document(target, quote).map_or(("404 Not Found", "{}".to_owned()), |body| ("200 OK", body));
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// What a venue answers to a path and query.
fn document(target: &str, Quote { btc, stx, at }: Quote) -> Option<String> {
    let civil = UnixSeconds::new(at).civil().to_string().replace(' ', "T");
    let (btc, stx) = (format!("{btc:.2}"), format!("{stx:.4}"));
    let coinbase = |price: &str| {
        format!(
            r#"{{"ask":"{price}","bid":"{price}","volume":"53602.03940154","trade_id":86326522,"price":"{price}","size":"0.00698254","time":"{civil}.833Z"}}"#
        )
    };
    let kraken = |name: &str, price: &str| {
        format!(
            r#"{{"error":[],"result":{{"{name}":{{"a":["{price}","1","1.000"],"b":["{price}","1","1.000"],"c":["{price}","0.00067643"],"v":["4083.67001100","4412.73601799"],"p":["30706.77771","30689.13205"],"t":[34619,38907],"l":["29868.30000","29868.30000"],"h":["31631.00000","31631.00000"],"o":"30502.80000"}}}}}}"#
        )
    };
    let okx = |base: &str, price: &str| {
        format!(
            r#"{{"code":"0","msg":"","data":[{{"instId":"{base}-USD","idxPx":"{price}","high24h":"43649.7","sodUtc0":"43444.1","open24h":"43640.8","low24h":"43261.9","sodUtc8":"43328.7","ts":"{at}492"}}]}}"#
        )
    };
    let gecko = |id: &str, price: &str| format!(r#"{{"{id}":{{"usd":{price},"last_updated_at":{at}}}}}"#);
    Some(match target {
        "/products/BTC-USD/ticker" => coinbase(&btc),
        "/products/STX-USD/ticker" => coinbase(&stx),
        "/0/public/Ticker?pair=XBTUSD" => kraken("XXBTZUSD", &btc),
        "/0/public/Ticker?pair=STXUSD" => kraken("STXUSD", &stx),
        "/api/v2/ticker/btcusd/" => format!(
            r#"{{"high":"8069.34","last":"{btc}","timestamp":"{at}","bid":"{btc}","vwap":"7369.00","volume":"15671.15645338","low":"6758.45","ask":"{btc}","open":"6940.94"}}"#
        ),
        "/api/v5/market/index-tickers?instId=BTC-USD" => okx("BTC", &btc),
        "/api/v5/market/index-tickers?instId=STX-USD" => okx("STX", &stx),
        "/v1/pubticker/BTCUSD" => format!(
            r#"{{"bid":"{btc}","ask":"{btc}","last":"{btc}","volume":{{"BTC":"2210.505328803","USD":"2135477.463379586263","timestamp":1483018200000}}}}"#
        ),
        "/v2/tickers?symbols=tBTCUSD" => format!(
            r#"[["tBTCUSD",{btc},31.89055171,{btc},43.358118629999986,-550.8,-0.0674,{btc},8314.71200815,8257.8,7500]]"#
        ),
        target if target.starts_with("/api/v3/simple/price?ids=bitcoin&") => gecko("bitcoin", &btc),
        target if target.starts_with("/api/v3/simple/price?ids=blockstack&") => gecko("blockstack", &stx),
        _ => return None,
    })
}
