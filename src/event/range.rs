//! Ranges of time: phases of the collector, and stops of the world.

use crate::base::ids::{GoId, ProcId};
use std::borrow::Cow;

/// The owner of a range. Only one range of a name is open on it at a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RangeScope {
    /// The whole program.
    Global,
    /// A goroutine; `None` if the trace does not say which.
    Goroutine(Option<GoId>),
    /// A P; `None` if the trace does not say which.
    Proc(Option<ProcId>),
}

/// The kind of a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RangeName<'t> {
    /// A stop of the world, for the given reason.
    StopTheWorld(&'t [u8]),
    /// The marking of the collector, while the program runs.
    GcMark,
    /// The sweeping of spans by a P, a little at a time.
    GcSweep,
    /// A goroutine's help with marking, in return for its allocations.
    GcMarkAssist,
}

impl<'t> RangeName<'t> {
    /// Returns the name that Go gives the range. It is bytes, for the reason of a stop-the-world
    /// need not be UTF-8.
    pub fn name(&self) -> Cow<'t, [u8]> {
        match self {
            RangeName::StopTheWorld(reason) => [&b"stop-the-world ("[..], reason, b")"].concat().into(),
            RangeName::GcMark => b"GC concurrent mark phase"[..].into(),
            RangeName::GcSweep => b"GC incremental sweep"[..].into(),
            RangeName::GcMarkAssist => b"GC mark assist"[..].into(),
        }
    }
}

/// A range that begins, goes on or ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Range<'t> {
    /// The kind of the range.
    pub name: RangeName<'t>,
    /// The owner of the range.
    pub scope: RangeScope,
}

/// Figures of a sweep, stated at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Swept {
    /// Bytes that were swept.
    pub swept: u64,
    /// Bytes of those that were freed.
    pub reclaimed: u64,
}
