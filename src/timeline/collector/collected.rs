//! Processor time that the collector takes.

use super::Pause;
use crate::base::ids::ProcId;
use crate::base::time::Time;
use crate::timeline::names::NameId;

/// Kind of a goroutine's work for the collector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// Work of a worker that has the P for itself.
    Dedicated,
    /// Work of a worker that has a part of the P's time.
    Fractional,
    /// Work of a worker that runs because nothing else wanted to: that takes nothing from
    /// the program.
    Idle,
    /// Work of a goroutine of the program, in return for its allocations.
    Assist,
}

impl Work {
    /// Returns the kind that a worker's label names; none for other labels.
    pub(super) fn of(label: &[u8]) -> Option<Work> {
        match label {
            b"GC (dedicated)" => Some(Work::Dedicated),
            b"GC (fractional)" => Some(Work::Fractional),
            b"GC (idle)" => Some(Work::Idle),
            _ => None,
        }
    }
}

/// A stretch of time that a goroutine worked for the collector without a break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WorkStretch {
    /// Kind of the work.
    pub work: Work,
    /// P that it ran on.
    pub proc: Option<ProcId>,
    /// Function that the goroutine began with.
    pub function: NameId,
    /// Time at which it began to work.
    pub start: Time,
    /// Time at which it stopped, or had nothing left to mark.
    pub end: Time,
}

impl WorkStretch {
    /// Returns its length in nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }
}

/// Processor time that the collector took.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Collected {
    /// A goroutine worked for it.
    Worked(WorkStretch),
    /// The world was stopped for it.
    Paused(Pause),
    /// A goroutine that began with this function begins to assist, or is first seen to.
    AssistBegun(NameId),
}

impl Collected {
    /// Returns the processor time that it took from the program, in nanoseconds.
    pub fn program_lost(&self) -> i64 {
        match self {
            Collected::Worked(WorkStretch { work: Work::Idle, .. }) | Collected::AssistBegun(_) => 0,
            Collected::Worked(worked) => worked.nanos(),
            Collected::Paused(pause) => pause.proc_nanos(),
        }
    }
}
