//! An allocator that counts, so that tests can bound what a decoder takes.

#![allow(
    unsafe_code,
    reason = "a global allocator is unsafe to implement; this one only counts and delegates"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// Bytes that this thread has now, relative to the start of a measurement, and the most it had.
    static USE: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

fn count(bytes: isize) {
    // During a thread's end there is nothing to count any more.
    USE.try_with(|cell| {
        let (now, peak) = cell.get();
        let now = now.saturating_add(bytes);
        cell.set((now, peak.max(now)));
    })
    .ok();
}

// SAFETY: every call is passed on unchanged to the system's allocator; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Both may exist at once while it is copied.
        count(new_size.cast_signed());
        // SAFETY: the caller's promise is passed on.
        let moved = unsafe { System.realloc(pointer, layout, new_size) };
        count(-layout.size().cast_signed());
        moved
    }
}

/// The most bytes that `work` had allocated at once on this thread, beyond those that were there before.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    USE.with(|cell| cell.set((0, 0)));
    let result = work();
    let (_, peak) = USE.with(Cell::get);
    (result, peak.max(0).unsigned_abs())
}

#[test]
fn it_counts() {
    let (buffer, peak) = peak_of(|| {
        drop(Vec::<u8>::with_capacity(100_000));
        Vec::<u8>::with_capacity(50_000)
    });
    assert!((100_000..101_000).contains(&peak), "{peak}");
    drop(buffer);
}
