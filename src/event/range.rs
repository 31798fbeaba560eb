//! Special ranges of time.

use crate::ids::{GoId, ProcId};
use std::borrow::Cow;

/// What a range belongs to. Only one range of a name is open on it at a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RangeScope {
    /// The whole program.
    Global,
    /// A goroutine; `None` where the trace does not say which.
    Goroutine(Option<GoId>),
    /// A P; `None` where the trace does not say which.
    Proc(Option<ProcId>),
}

/// Which range it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RangeName<'t> {
    /// The world is stopped, for the given reason.
    StopTheWorld(&'t [u8]),
    /// The collector marks, while the program runs.
    GcMark,
    /// A P sweeps spans, a little at a time.
    GcSweep,
    /// A goroutine helps the collector mark, in return for what it allocates.
    GcMarkAssist,
}

impl<'t> RangeName<'t> {
    /// The name that Go gives it. Bytes: the reason of a stop-the-world need
    /// not be UTF-8.
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
pub struct Range<'t> {
    /// Which range it is.
    pub name: RangeName<'t>,
    /// What it belongs to.
    pub scope: RangeScope,
}

/// What a sweep has done, told at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Swept {
    /// How many bytes it looked at.
    pub swept: u64,
    /// How many of them it freed.
    pub reclaimed: u64,
}
