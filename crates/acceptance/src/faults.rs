//! A node that misbehaves in every way that the devnet knows: each in turn, then several at random.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};

/// How often faults change while they come at random.
const CHANGE: Duration = Duration::from_secs(5);

/// How many blocks are taken back at once, at most.
pub(crate) const DEEPEST_REORGANISATION: u64 = 5;

/// What went wrong how often.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) changes: u64,
    pub(crate) reorganisations: u64,
}

fn each() -> [(&'static str, Json); 8] {
    [
        ("slow answers", json!({ "latency_ms": 400 })),
        ("connections without an answer", json!({ "drop_ppm": 250_000 })),
        ("answers 503", json!({ "server_error_ppm": 300_000 })),
        ("half answers", json!({ "truncate_ppm": 250_000 })),
        ("answers that are no JSON", json!({ "not_json_ppm": 250_000 })),
        ("a chain that stands still", json!({ "stale_tip": true })),
        ("reorganisations", json!({ "reorg": { "depth": 3, "drop_transactions": false } })),
        (
            "reorganisations that lose transactions",
            json!({ "reorg": { "depth": 2, "drop_transactions": true } }),
        ),
    ]
}

/// The controls of a devnet, which no fault hits.
pub(crate) struct Controls {
    http: reqwest::Client,
    url: String,
}

impl Controls {
    pub(crate) fn of(url: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { http, url: url.to_owned() })
    }

    async fn post(&self, path: &str, body: &Json) -> Result<()> {
        let answer = self.http.post(format!("{}{path}", self.url)).body(body.to_string()).send().await?;
        if answer.status().is_success() { Ok(()) } else { bail!("{path}: {}", answer.text().await?) }
    }

    /// None from now on.
    pub(crate) async fn end(&self) -> Result<()> {
        self.http.delete(format!("{}/devnet/faults", self.url)).send().await?.error_for_status()?;
        Ok(())
    }

    async fn set(&self, fault: &Json, told: &mut Faults) -> Result<()> {
        match fault.get("reorg") {
            Some(reorg) => {
                told.reorganisations += 1;
                self.end().await?;
                self.post("/devnet/reorg", reorg).await
            }
            None => self.post("/devnet/faults", fault).await,
        }
    }

    /// Each fault for a part of the time, and then some of them at random for all of it. They have ended when this returns.
    pub(crate) async fn misbehave(
        &self,
        seconds: u64,
        random: &mut fastrand::Rng,
        told: &mut Faults,
    ) -> Result<()> {
        for (name, fault) in each() {
            told.kinds.push(name);
            self.set(&fault, told).await?;
            let begun = Instant::now();
            let part = Duration::from_secs((seconds / 8).clamp(4, 30));
            while begun.elapsed() < part {
                tokio::time::sleep(Duration::from_secs(2)).await;
                if fault.get("reorg").is_some() {
                    self.set(&fault, told).await?;
                }
            }
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(seconds) {
            let mut share = |most: u32| if random.bool() { random.u32(..most) } else { 0 };
            let faults = json!({
                "latency_ms": share(300),
                "drop_ppm": share(150_000),
                "server_error_ppm": share(150_000),
                "truncate_ppm": share(150_000),
                "not_json_ppm": share(150_000),
                "stale_tip": random.u32(..6) == 0,
                "seed": random.u64(..),
            });
            self.post("/devnet/faults", &faults).await?;
            told.changes += 1;
            tokio::time::sleep(CHANGE).await;
            if random.u32(..3) == 0 {
                told.reorganisations += 1;
                let (depth, drop) = (random.u64(1..=DEEPEST_REORGANISATION), random.bool());
                self.post("/devnet/reorg", &json!({ "depth": depth, "drop_transactions": drop })).await?;
            }
        }
        self.end().await
    }
}
