//! The work of `redraw_bench` as a WebAssembly module that calls nothing from outside; `js/redraw-bench.mjs` runs and times it.

#![allow(
    unsafe_code,
    reason = "an export by name is declared unsafe; there is no other unsafe code in this program"
)]

mod redraw;

use std::sync::OnceLock;

use redraw::{Book, Sweep};

/// What an export gives where there is no value: no sum is that large.
const NONE: u64 = u64::MAX;

static BOOK: OnceLock<Book> = OnceLock::new();
static SWEEP: OnceLock<Sweep> = OnceLock::new();
static TRANSCRIPT: OnceLock<String> = OnceLock::new();

fn sweep() -> &'static Sweep {
    SWEEP.get_or_init(Sweep::new)
}

fn text() -> &'static str {
    TRANSCRIPT.get_or_init(|| sweep().transcript().unwrap_or_default())
}

/// Prices the book once; the sum of the prices.
#[unsafe(no_mangle)]
pub extern "C" fn price_book() -> u64 {
    BOOK.get_or_init(Book::new).pass().unwrap_or(NONE)
}

/// How many prices the book has.
#[unsafe(no_mangle)]
pub extern "C" fn book_length() -> usize {
    BOOK.get_or_init(Book::new).entries.len()
}

/// How many places there are.
#[unsafe(no_mangle)]
pub extern "C" fn places() -> usize {
    sweep().places()
}

/// Computes everything that is shown at a place; its checksum.
#[unsafe(no_mangle)]
pub extern "C" fn redraw(place: usize) -> u64 {
    sweep().redraw(place).and_then(|redraw| redraw.checksum()).unwrap_or(NONE)
}

/// Where the transcript is in memory. Empty if something could not be computed.
#[unsafe(no_mangle)]
pub extern "C" fn transcript() -> *const u8 {
    text().as_ptr()
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn transcript_length() -> usize {
    text().len()
}
