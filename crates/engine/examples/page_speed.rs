//! How long pages take of an account with a thousand policies: `page_speed`. Prints a line of JSON for each figure, as `cargo xtask bench`
//! reads them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

#[path = "../../ledger/tests/ledger/stream/mod.rs"]
#[allow(dead_code, reason = "the ledger's tests use more of it")]
mod stream;

use std::time::{Duration, Instant};

use bithedge_engine::intents::Tip;
use bithedge_engine::notifications::Observation;
use bithedge_engine::views::{self, Allowance, Books, Prices};
use bithedge_ipc::Trust;
use bithedge_ledger::{Ledger, PolicyFilter};
use bithedge_protocol::pool::{Fee, Pricing, SaleRules};
use bithedge_protocol::{BlockHeight, Ppm, Sats, Seconds, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

use stream::{Stream, USD, identity, person};

const ROUNDS: usize = 21;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("ledger"), identity()).unwrap();
    let mut stream = Stream::new(12, 40, 40);
    for _ in 0..400 {
        ledger.apply(&stream.next(8)).unwrap();
    }
    let me = Principal::Standard(person(7));
    let mine = PolicyFilter { owner: Some(me.clone()), ..PolicyFilter::default() };
    while ledger.snapshot().unwrap().policies(&mine, 20_000).unwrap().rows.len() < 1_000 {
        ledger.apply(&stream.sales(7, 50)).unwrap();
    }
    let now = ledger.tip().unwrap().unwrap().time;
    let prices = prices(now);
    let mut reader = ledger.reader().unwrap();
    let snapshot = reader.snapshot().unwrap();
    let books = || Books::open(&snapshot, Some(&prices), now).unwrap();
    assert!(snapshot.policies(&mine, 20_000).unwrap().rows.len() >= 1_000);
    let (summary, open) = views::protection(&books(), &me).unwrap();
    assert!(summary.trust == Trust::Sound && open.iter().any(|policy| policy.worth.known().is_some()));

    figure("page/1000_policies/first_50", || {
        views::policies(&books(), &me, None, 50).unwrap().policies.len()
    });
    figure("page/1000_policies/all", || views::policies(&books(), &me, None, 2_000).unwrap().policies.len());
    figure("page/1000_policies/home", || views::home(&books(), &me).unwrap().attention.len());
    figure("page/1000_policies/observation", || Observation::of(&books(), &me, None).unwrap().policies.len());
    figure("page/1000_policies/capital", || views::capital(&books(), &me).unwrap().positions.len());
    figure("page/1000_policies/tiers", || views::tiers(&books()).unwrap().tiers.len());
    figure("page/1000_policies/rooms", || views::rooms(&books()).unwrap().len());
    figure("page/1000_policies/protocol", || views::protocol(&books(), None).unwrap().pools.len());
    figure("page/1000_policies/activity_100", || {
        views::activity(&books(), &me, None, 100).unwrap().lines.len()
    });
}

/// The median of some rounds, with the opening of the books in it.
fn figure(name: &str, page: impl Fn() -> usize) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let found = page();
            let taken = start.elapsed();
            assert!(name.ends_with("home") || found > 0, "{name} is empty");
            taken
        })
        .collect();
    times.sort_unstable();
    println!(r#"{{"name":"{name}","value":{},"unit":"us","goal":""}}"#, times[ROUNDS / 2].as_micros());
}

fn prices(now: UnixSeconds) -> Prices {
    let (btc, stx) = (UsdE8::new(100_000 * USD), UsdE8::new(USD));
    let vol = Ppm::new(600_000);
    let pricing = Pricing { at: now, btc, stx, btc_twap: btc, stx_twap: stx, vol_ask: vol, vol_bid: vol };
    Prices {
        tip: Tip { height: BlockHeight::new(1), hash: String::new(), time: now },
        account: person(7),
        pricing: Ok(pricing),
        newest: Some((now, btc, stx)),
        max_age: Seconds::new(900),
        rules: Some(SaleRules {
            min_size: Sats::new(10_000),
            max_size: Sats::new(10_000_000_000),
            min_term: Seconds::new(86_400),
            min_lock_rate: Ppm::new(30_000),
            bid_spread: Ppm::new(100_000),
            surcharge_kink: Ppm::new(500_000),
            surcharge_slope: Ppm::new(1_000_000),
            activation_delay: Seconds::new(3_600),
            cancel_cutoff: Seconds::new(3_600),
            sale_max_age: Seconds::new(300),
        }),
        fee: Fee::default(),
        sell_back: Allowance::default(),
        purchase: Allowance::default(),
    }
}
