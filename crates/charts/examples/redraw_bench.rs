//! How long one put price takes and how long everything takes that a slider's movement redraws, natively and on one core.
//!
//! Prints one line of JSON: `put_ns`, the time of a price in each pass over a book; `redraw_ns`, the time of each redraw;
//! `checksum`, of all the redraws; and the book with its prices, for comparison with other libraries. With the argument
//! `transcript` it prints instead everything that was computed, which has to be the same bytes in WebAssembly.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod redraw;

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use redraw::{Book, Sweep};

/// The same numbers as in `js/redraw-bench.mjs`.
const PASSES: usize = 3_000;
const SWEEPS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let sweep = Sweep::new();
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("transcript") => {
            print!("{}", sweep.transcript()?);
            return Ok(());
        }
        Some(other) => return Err(format!("there is no argument `{other}`").into()),
    }
    let book = Book::new();
    let put_ns = samples(PASSES, PASSES / 4, |_| Ok(black_box(book.pass()?)))?.0;
    let each = put_ns.iter().map(|pass| pass / book.entries.len() as u128).map(|time| time.to_string());
    let each = each.collect::<Vec<_>>().join(",");

    let redraw = |index: usize| sweep.redraw(index % sweep.places())?.checksum();
    let (redraw_ns, checksum) = samples(SWEEPS * sweep.places(), sweep.places(), redraw)?;
    let redraw_ns = redraw_ns.iter().map(u128::to_string).collect::<Vec<_>>().join(",");

    let spot = book.spot.base_units();
    let days = book.term.get() / 86_400;
    let mut entries = Vec::new();
    for (entry, price) in book.entries.iter().zip(book.prices()) {
        entries.push(format!(
            r#"{{"strike_e8":{},"volatility_ppm":{},"price_e12":"{}"}}"#,
            entry.strike.base_units(),
            entry.volatility.base_units(),
            price?.base_units()
        ));
    }
    println!(
        r#"{{"put_ns":[{each}],"redraw_ns":[{redraw_ns}],"checksum":"{checksum}","spot_e8":{spot},"days":{days},"book":[{}]}}"#,
        entries.join(",")
    );
    Ok(())
}

/// The nanoseconds of each of `count` runs, after `warm_up` others, and the sum of what they gave.
fn samples(
    count: usize,
    warm_up: usize,
    mut run: impl FnMut(usize) -> Result<u64, Box<dyn Error>>,
) -> Result<(Vec<u128>, u64), Box<dyn Error>> {
    for index in 0..warm_up {
        run(index)?;
    }
    let (mut times, mut sum) = (Vec::with_capacity(count), 0_u64);
    for index in 0..count {
        let start = Instant::now();
        let value = run(index)?;
        times.push(start.elapsed().as_nanos());
        sum = sum.wrapping_add(value);
    }
    Ok((times, sum))
}
