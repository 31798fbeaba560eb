//! An allocator that counts the bytes that each thread holds, for tests of the
//! memory that reading takes. The test makes it the global one:
//!
//! ```text
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//! ```

// Only an allocator sees all allocations.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with a count.
pub struct Counting;

thread_local! {
    /// The bytes that this thread holds, and the most that it held.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

fn count(change: isize) {
    let _ = HELD.try_with(|held| {
        let (now, peak) = held.get();
        held.set((now + change, peak.max(now + change)));
    });
}

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as for this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as for this function.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Returns the most bytes held at once while `work` runs on this thread, beyond those
/// held before, and the result of `work`.
pub fn peak<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let (before, _) = HELD.get();
    HELD.set((before, before));
    let result = work();
    ((HELD.get().1 - before) as usize, result)
}

/// The bytes that reading may hold for any file: blocks, caches, every P.
pub const CONSTANT: usize = 6 << 20;
/// The bytes that reading may hold for each byte of the file.
pub const FACTOR: usize = 40;

/// Returns the most bytes that streaming a file of that size may take.
pub fn limit(size: usize) -> usize {
    CONSTANT + FACTOR * size
}
