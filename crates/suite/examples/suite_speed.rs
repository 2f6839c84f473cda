//! How fast the suite runs in the VM, operation by operation:
//! `cargo run --release --package bithedge-suite --example suite_speed`.
#![allow(clippy::print_stdout, reason = "its purpose is to print")]
#![allow(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use std::time::Instant;

use bithedge_suite_world::{BALANCED, BTC, DAY, PUT, USD, World, u, who};

fn main() {
    let started = Instant::now();
    let mut w = World::new();
    println!("{:<34}{:>10.3} s", "world", started.elapsed().as_secs_f64());
    let sbtc = w.sbtc.clone();
    let repeat = |label: &str, count: u32, w: &mut World, run: &mut dyn FnMut(&mut World)| {
        let started = Instant::now();
        for _ in 0..count {
            run(w);
        }
        println!("{label:<34}{:>10.3} ms", started.elapsed().as_secs_f64() * 1000.0 / f64::from(count));
    };
    w.commit(w.irene, BALANCED, &sbtc, 50 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    repeat("advance_burn 1", 20, &mut w, &mut |w| {
        w.vm.advance_burn(1).unwrap();
    });
    repeat("advance_burn 1 and 3 reports", 20, &mut w, &mut |w| {
        w.vm.advance_burn(1).unwrap();
        w.report();
    });
    repeat("get-pricing", 50, &mut w, &mut |w| drop(w.read("oracle", "get-pricing", &[])));
    repeat("get-bucket", 50, &mut w, &mut |w| drop(w.bucket(BALANCED, &w.sbtc.clone())));
    repeat("get-provider", 50, &mut w, &mut |w| drop(w.position(BALANCED, &w.sbtc.clone(), w.irene)));
    repeat("get-policy-count", 50, &mut w, &mut |w| drop(w.read("policy-registry", "get-policy-count", &[])));
    let irene = w.irene;
    repeat("balances", 50, &mut w, &mut |w| {
        w.vm.balances(&irene.into()).unwrap();
    });
    repeat("commit-capital", 20, &mut w, &mut |w| {
        w.commit(w.irene, BALANCED, &w.sbtc.clone(), BTC);
    });
    let expiry = w.expiry(3);
    let size = BTC / 100;
    repeat("get-quote", 20, &mut w, &mut |w| drop(w.quote(&sbtc, BALANCED, 85_000 * USD, expiry, size)));
    repeat("purchase-protection", 20, &mut w, &mut |w| {
        w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, size).ok().unwrap();
    });
    repeat("purchase-protection (refused)", 20, &mut w, &mut |w| {
        let args = [sbtc.clone(), u(BALANCED), u(PUT), u(1), u(expiry.into()), u(size), u(1)];
        w.registry(w.peter, "purchase-protection", &args).err().unwrap();
    });
    repeat("get-provider by evaluate", 20, &mut w, &mut |w| {
        let args = [u(BALANCED), sbtc.clone(), who(w.irene)];
        w.vm.call(w.irene, "liquidity-pool", "get-provider", &args).unwrap();
    });
    repeat("check_books", 10, &mut w, &mut World::check_books);
    repeat("boundary (reports) and close", 3, &mut w, &mut |w| {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    });
    repeat("snapshot", 5, &mut w, &mut |w| w.vm.snapshot().unwrap());
    repeat("restore", 5, &mut w, &mut |w| w.vm.restore().unwrap());
    repeat("advance a day", 3, &mut w, &mut |w| {
        let now = w.vm.now().unwrap();
        w.vm.advance_to(now + DAY).unwrap();
    });
    println!("{:<34}{:>10} MB", "memory", w.vm.memory_bytes().unwrap() / 1_000_000);
}
