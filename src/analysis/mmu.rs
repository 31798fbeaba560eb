//! Mutator utilization: the share of the processors that the program has for itself, and
//! not the garbage collector.
//!
//! The minimum mutator utilization (MMU) for a window is the least share of the
//! processors' time that the program got in any stretch of that length: a window
//! of 10 ms with an MMU of 0.2 says that at some time it got 2 ms of 10. The algorithm is
//! that of `internal/trace/gc.go`, whose comments explain it. The collector's share is that
//! of [`gc`](crate::analysis::gc), as the runtime counts it; with
//! [`Compat::Go127`](crate::analysis::Compat::Go127) the results are Go's to the last bit.

mod curve;
mod distribution;
mod go;
mod heap;
mod series;
mod taken;
mod utilization;

use crate::base::limits::MAX_PROC_ID;
pub use curve::{Curve, WindowUtilization};
pub use utilization::{CollectUtilization, Point};

/// Kinds of work that count as the collector's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Flags {
    /// True to count stops of the world for the collector.
    pub stw: bool,
    /// True to count workers that mark in the background; not those that run only where
    /// nothing else wants to.
    pub background: bool,
    /// True to count goroutines that assist marking, in return for their allocations.
    pub assist: bool,
    /// True to count sweeping.
    pub sweep: bool,
    /// True for each P by itself, instead of all together; dedicated workers then do not
    /// count, since nothing else would run there.
    pub per_proc: bool,
}

impl Default for Flags {
    /// Returns the flags of Go's web page: stops of the world, background workers, assists.
    fn default() -> Flags {
        Flags { stw: true, background: true, assist: true, sweep: false, per_proc: false }
    }
}

/// Returns the number of Ps that a GOMAXPROCS stands for, capped at the highest P number.
fn proc_count(gomaxprocs: u64) -> usize {
    usize::try_from(gomaxprocs.min(MAX_PROC_ID + 1)).unwrap_or(usize::MAX)
}
