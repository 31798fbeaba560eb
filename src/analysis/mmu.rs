//! Mutator utilization: how much of the processors the program has for itself,
//! and not the garbage collector.
//!
//! The minimum mutator utilization (MMU) for a window is the least share of the
//! processors' time that the program got in any stretch of that length: a window
//! of 10 ms with an MMU of 0.2 says that at some time it got 2 ms of 10. The
//! algorithm is that of `internal/trace/gc.go`, which tells more; with
//! [`Compat::Go127`](crate::analysis::Compat::Go127) the results are Go's to the
//! last bit.

mod curve;
mod distribution;
mod heap;
mod series;
mod utilization;

pub use curve::{Curve, Window};
pub use utilization::{Point, Utilization};

/// What counts as the collector's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Flags {
    /// Stops of the world for the collector.
    pub stw: bool,
    /// Workers that mark in the background; not those that run only where nothing
    /// else wants to.
    pub background: bool,
    /// Goroutines that help to mark, in return for what they allocate.
    pub assist: bool,
    /// Sweeping.
    pub sweep: bool,
    /// Each P by itself, instead of all together; dedicated workers then do not
    /// count, for nothing else would run there.
    pub per_proc: bool,
}

impl Default for Flags {
    /// As the page of Go's tool: stops of the world, background workers, assists.
    fn default() -> Flags {
        Flags { stw: true, background: true, assist: true, sweep: false, per_proc: false }
    }
}
