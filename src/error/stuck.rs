//! The report on a trace whose events have no consistent order.

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use std::fmt;

/// The most lines of each kind that the report prints.
const MOST_LINES: usize = 20;

/// The reason why no event can happen: each M's next event, and the states that block it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stuck {
    /// The Ms with events left, earliest first.
    pub threads: Vec<StuckThread>,
    /// The status and sequence number of each P, by id.
    pub procs: Vec<(ProcId, ProcStatus, u64)>,
    /// The status and sequence number of each goroutine that the waiting
    /// events name, by id.
    pub goroutines: Vec<(GoId, GoStatus, u64)>,
}

/// An M whose next event cannot happen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StuckThread {
    /// The M.
    pub thread: Option<ThreadId>,
    /// The P that the M has.
    pub proc: Option<ProcId>,
    /// The G that the M runs.
    pub goroutine: Option<GoId>,
    /// The M's next event.
    pub event: EventType,
    /// The event's time in nanoseconds.
    pub time: i64,
    /// The event's arguments behind the time.
    pub args: Vec<u64>,
    /// The offset of the event in the file, in bytes.
    pub offset: usize,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the next events of all {} threads wait for others", self.threads.len())?;
        for t in self.threads.iter().take(MOST_LINES) {
            write!(f, "\n  byte {}: M {} ", t.offset, Id(t.thread.map(|t| t.0)))?;
            write!(f, "(P {}, G {}): {}", Id(t.proc.map(|p| p.0)), Id(t.goroutine.map(|g| g.0)), t.event)?;
            for (arg, value) in t.event.spec().args.iter().skip(1).zip(&t.args) {
                write!(f, " {}={value}", arg.name)?;
            }
        }
        for (id, status, seq) in self.procs.iter().take(MOST_LINES) {
            write!(f, "\n  P {id} is {status}, seq {seq}")?;
        }
        for (id, status, seq) in self.goroutines.iter().take(MOST_LINES) {
            write!(f, "\n  G {id} is {status}, seq {seq}")?;
        }
        Ok(())
    }
}

/// Prints an ID, or "none".
struct Id(Option<u64>);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str("none"),
        }
    }
}
