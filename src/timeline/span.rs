//! Intervals: the state of a G, a P or an M from one time to another.

use super::names::NameId;
use super::stacks::StackKey;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;

/// A stretch of time in which a state stayed as it was. Its stacks and names are keys of
/// [`Intervals::stacks`](super::Intervals::stacks), which are valid for the whole trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Span<S> {
    /// Time at which it began.
    pub start: Time,
    /// Time at which it ended; never before `start`.
    pub end: Time,
    /// State that lasted through it.
    pub state: S,
    /// Reason for its beginning.
    pub begin: Begin,
    /// Reason for its end.
    pub finish: Finish,
}

impl<S> Span<S> {
    /// Returns its length in nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }

    /// Returns whether the trace has its beginning; if not, the state has lasted since
    /// before.
    pub fn begun(&self) -> bool {
        self.begin != Begin::Before
    }

    /// Returns whether the trace has its end; if not, the state still lasted when the trace
    /// ended, or its end is lost.
    pub fn ended(&self) -> bool {
        matches!(self.finish, Finish::Event(_))
    }

    /// Returns the goroutine that woke or created the one whose span it is; none if that
    /// did not wait, or if the scheduler or the network poller woke it.
    pub fn waker(&self) -> Option<GoId> {
        match self.begin {
            Begin::Created { cause, .. } | Begin::Woken(cause) => cause.goroutine,
            Begin::Before | Begin::Event(_) => None,
        }
    }
}

/// An interval of a G, a P or an M.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interval {
    /// An interval of a goroutine.
    Goroutine(GoId, Span<GoActivity>),
    /// An interval of a P.
    Proc(ProcId, Span<ProcActivity>),
    /// An interval of an M.
    Thread(ThreadId, Span<Binding>),
}

/// State of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GoActivity {
    /// Ready, but no P ran it.
    Runnable,
    /// Running.
    Running {
        /// P that it ran on.
        proc: Option<ProcId>,
        /// M that it ran on.
        thread: Option<ThreadId>,
    },
    /// In a system call or in C code.
    Syscall {
        /// P that it kept in the call; none if it had none.
        proc: Option<ProcId>,
        /// Time at which that P was taken away, if it was.
        proc_lost: Option<Time>,
        /// M that it was on.
        thread: Option<ThreadId>,
    },
    /// Waiting.
    Waiting {
        /// Reason in the runtime's words; empty if it has waited since before the trace, or
        /// in a coroutine switch.
        reason: NameId,
    },
}

impl GoActivity {
    /// Sets the reason of a wait that has none: a window learns it only after the events that
    /// state who waits.
    #[inline(always)]
    pub(super) fn recall_reason(&mut self, known: impl FnOnce() -> NameId) {
        if let GoActivity::Waiting { reason: reason @ NameId::EMPTY } = self {
            *reason = known();
        }
    }
}

/// Activity of a P.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcActivity {
    /// No M had it.
    Idle,
    /// An M had it, and ran a goroutine or, with none, the scheduler.
    Running {
        /// Goroutine that ran on it.
        goroutine: Option<GoId>,
        /// M that had it.
        thread: Option<ThreadId>,
    },
    /// The goroutine that ran on it was in a system call.
    Syscall {
        /// Goroutine that was in the call.
        goroutine: Option<GoId>,
        /// M that had it.
        thread: Option<ThreadId>,
    },
}

/// P and goroutine of an M.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Binding {
    /// P that it held.
    pub proc: Option<ProcId>,
    /// Goroutine that it ran.
    pub goroutine: Option<GoId>,
}

/// Goroutine that caused a change, with its stack, as far as the event says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Cause {
    /// Goroutine that was running: one that stops causes that itself; one that is unblocked
    /// has the one that unblocked it. None for the scheduler.
    pub goroutine: Option<GoId>,
    /// Stack of that goroutine; the empty one if the event has none.
    pub stack: StackKey,
}

/// Reason for which an interval began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begin {
    /// Had begun when the trace began, or when reading started over after a defect.
    Before,
    /// The goroutine was created.
    Created {
        /// Stack that it starts with, which names the function that it will run.
        entry: StackKey,
        /// Goroutine that created it.
        cause: Cause,
    },
    /// The goroutine had waited, and was woken.
    Woken(Cause),
    /// An event changed the state otherwise.
    Event(Cause),
}

/// Reason for which an interval ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finish {
    /// An event changed the state.
    Event(Cause),
    /// The trace ended.
    TraceEnd,
    /// A defect ended it: the skipped part may have changed the state.
    Lost,
}
