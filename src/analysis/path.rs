//! The critical path: where the time of a request, or of any stretch of a goroutine's life,
//! went, across the goroutines that it waited for.
//!
//! ```text
//! G1  ██run██░░░░░░ waits for a channel ░░░░░░██run██     each moment belongs to one
//! G7         ██run██░░ waits for a lock ░░██run█|sends    segment: what G1 did or, while
//! G9                ████████ holds it ███|unlocks         it waited, what it waited for
//! ```
//!
//! While the goroutine runs, is ready, or is in a system call, the time is its own. While
//! it waits, the time belongs to the goroutine that woke it, for what that did meanwhile; if
//! that waited itself, to the one that woke it, and so on. A wait that no goroutine ended
//! (for the network, a timer, the collector) is a segment of its own. So the lengths of the
//! segments add up to the length of the stretch, to the nanosecond.
//!
//! ```
//! # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
//! use gotrace::GoId;
//! use gotrace::analysis::path::{CollectHistory, Doing};
//!
//! let trace = gotrace::Trace::parse(bytes)?;
//! let history = trace.analyze(CollectHistory::default())?.output;
//! let path = history.path(GoId(1), history.start, history.end);
//! let nanos: i64 = path.segments.iter().map(|segment| segment.nanos()).sum();
//! assert_eq!(nanos, history.end.since(history.start));
//! assert!(path.segments.iter().any(|segment| matches!(segment.doing, Doing::Running { .. })));
//! # Ok::<(), gotrace::Error>(())
//! ```

mod history;
mod needed;
mod packed;
mod stay;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use history::{CollectHistory, History};
pub use tree::{Cause, Node, Step, Tree};

use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;

/// Time of a stretch of a goroutine's life, by what it went to.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Path {
    /// Goroutine whose time it is.
    pub goroutine: GoId,
    /// Start of the stretch.
    pub start: Time,
    /// End of the stretch.
    pub end: Time,
    /// Segments in order of time; each begins where the one before it ends.
    pub segments: Vec<Segment>,
    /// Waits that segments of other goroutines explain.
    pub links: Vec<Link>,
}

impl Path {
    /// Returns the length of the stretch, in nanoseconds: the sum of those of its segments.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }

    /// Returns the links from the goroutine of the path to that of a segment, the first
    /// first.
    pub fn links_to(&self, segment: &Segment) -> Vec<&Link> {
        let of = |at: Option<usize>| self.links.get(at?);
        let mut links: Vec<_> = std::iter::successors(of(segment.link), |link| of(link.before)).collect();
        links.reverse();
        links
    }
}

/// A stretch of time that belongs to what one goroutine did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Segment {
    /// Time at which it begins.
    pub start: Time,
    /// Time at which it ends.
    pub end: Time,
    /// Goroutine that did it.
    pub goroutine: GoId,
    /// Activity of the goroutine.
    pub doing: Doing,
    /// Index of the wait in [`Path::links`] for which the time is another goroutine's; none
    /// if it is the path's own.
    pub link: Option<usize>,
}

impl Segment {
    /// Returns its length in nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }
}

/// Activity of a goroutine in a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Doing {
    /// Ran. The stack is that with which it stopped running; the empty one if none is known.
    Running {
        /// Stack with which it stopped.
        stack: StackKey,
    },
    /// Helped the garbage collector to mark, in return for its allocations.
    Assisting,
    /// Was ready to run, and had no P.
    Runnable {
        /// P that it ran on afterwards.
        proc: Option<ProcId>,
        /// Goroutine that ran on that P for most of the time.
        behind: Option<GoId>,
    },
    /// Was ready to run while the world was stopped.
    Stopped {
        /// Reason for the stop.
        reason: NameId,
    },
    /// Was in a system call or in C code.
    Syscall {
        /// Stack of the call.
        stack: StackKey,
    },
    /// Waited for what no goroutine did: the network, a timer, the collector; or for what
    /// did not happen in the trace.
    Waiting {
        /// Reason in the runtime's words; empty if it is not known.
        reason: NameId,
        /// Stack with which it waited.
        stack: StackKey,
    },
    /// Nothing that the trace tells of: it did not exist yet, and who created it is not
    /// known, or it had ended.
    Unknown,
}

/// A wait of one goroutine that another one ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Link {
    /// Goroutine that waited, or that was yet to be created.
    pub goroutine: GoId,
    /// Time from which on that belongs to the path.
    pub start: Time,
    /// Time at which it was woken or created.
    pub end: Time,
    /// Reason for which the time is another goroutine's.
    pub cause: LinkCause,
    /// Goroutine that woke or created it.
    pub by: GoId,
    /// Stack of that goroutine then.
    pub by_stack: StackKey,
    /// Index of the link that led to this one; none if the path's own goroutine waited.
    pub before: Option<usize>,
}

/// Reason for which one goroutine's time belongs to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkCause {
    /// Wait that the other one ended.
    Woken {
        /// Reason in the runtime's words.
        reason: NameId,
        /// Stack with which it waited.
        stack: StackKey,
        /// True if the one that woke it may not be the one that it waited for: with
        /// `select` or a `sync.Cond` any of several could have.
        is_guess: bool,
    },
    /// Time before the other one created it.
    Created,
}
