//! What each G, P and M did: intervals of their states, rebuilt from the
//! ordered events.
//!
//! [`Trace::intervals`] yields each interval as it ends, in memory that does
//! not grow with the trace; [`Trace::timelines`] collects them by G, P and M.
//!
//! ```text
//! G 7   Runnable ── Running ── Waiting (chan receive) ── Runnable ── Running
//! P 1   Idle ────── Running G7 ── Running - ── Running G9 ── Syscall G9 ── Idle
//! M 41  P1 - ────── P1 G7 ─────── P1 - ─────── P1 G9 ─────────────────── - G9
//! ```
//!
//! A status at the first mention of a G or P says what it has been since before
//! the trace; its interval begins with the trace. Statuses of later generations
//! change nothing. What is open when the trace ends is ended by that, and says
//! so.

mod timelines;
mod track;

pub use timelines::{GoTimeline, Timelines};

use crate::error::Result;
use crate::event::stack::Stack;
use crate::ids::{GoId, ProcId, ThreadId};
use crate::stream::Events;
use crate::time::Time;
use crate::trace::Trace;
use crate::warning::Warning;
use std::collections::VecDeque;
use track::Tracker;

/// A stretch of time in which something stayed as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span<'t, S> {
    /// When it began.
    pub start: Time,
    /// When it ended; never before `start`.
    pub end: Time,
    /// What was the case.
    pub state: S,
    /// Why it began.
    pub begin: Begin<'t>,
    /// Why it ended.
    pub finish: Finish<'t>,
}

impl<S> Span<'_, S> {
    /// How long it was, in nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }
}

/// An interval of a G, a P or an M.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interval<'t> {
    /// Of a goroutine.
    Goroutine(GoId, Span<'t, GoActivity<'t>>),
    /// Of a P.
    Proc(ProcId, Span<'t, ProcActivity>),
    /// Of an M.
    Thread(ThreadId, Span<'t, Binding>),
}

/// What a goroutine was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GoActivity<'t> {
    /// Ready, but no P ran it.
    Runnable,
    /// Running.
    Running {
        /// The P it ran on.
        proc: Option<ProcId>,
        /// The M it ran on.
        thread: Option<ThreadId>,
    },
    /// In a system call or in C code.
    Syscall {
        /// The P it went with; none if it had none.
        proc: Option<ProcId>,
        /// When that P was taken away, if it was.
        proc_lost: Option<Time>,
        /// The M it was on.
        thread: Option<ThreadId>,
    },
    /// Waiting.
    Waiting {
        /// For what, in the runtime's words; empty if it has waited since
        /// before the trace, or in a coroutine switch.
        reason: &'t [u8],
    },
}

/// What a P was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcActivity {
    /// No M had it.
    Idle,
    /// An M had it, and ran a goroutine or, with none, the scheduler.
    Running {
        /// The goroutine.
        goroutine: Option<GoId>,
        /// The M.
        thread: Option<ThreadId>,
    },
    /// The goroutine that ran on it was in a system call.
    Syscall {
        /// The goroutine.
        goroutine: Option<GoId>,
        /// The M.
        thread: Option<ThreadId>,
    },
}

/// What an M had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Binding {
    /// The P it held.
    pub proc: Option<ProcId>,
    /// The goroutine it ran.
    pub goroutine: Option<GoId>,
}

/// Who brought a change about, as far as its event says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cause<'t> {
    /// The goroutine that was running: for a goroutine that stops, itself; for
    /// one that is unblocked, who unblocked it; none for the scheduler.
    pub goroutine: Option<GoId>,
    /// Its stack.
    pub stack: Option<Stack<'t>>,
}

/// Why an interval began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begin<'t> {
    /// It had begun when the trace began, or when reading started over after a
    /// defect.
    Before,
    /// The goroutine was created.
    Created {
        /// The function that it will run, as the stack it starts with.
        entry: Option<Stack<'t>>,
        /// Who created it.
        cause: Cause<'t>,
    },
    /// An event changed the state.
    Event(Cause<'t>),
}

/// Why an interval ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finish<'t> {
    /// An event changed the state.
    Event(Cause<'t>),
    /// The trace ended.
    TraceEnd,
    /// A defect: what was skipped may have changed the state.
    Lost,
}

impl<'a> Trace<'a> {
    /// Every interval of every G, P and M, in the order in which they end.
    pub fn intervals<'t>(&'t self) -> Intervals<'t> {
        Intervals { events: self.events(), tracker: Tracker::default(), ready: VecDeque::new() }
    }

    /// The intervals of every G, P and M, collected. Memory grows with the
    /// trace: for a large one, iterate over [`intervals`](Self::intervals).
    ///
    /// ```
    /// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
    /// use gotrace::{GoId, Trace};
    /// use gotrace::state::GoActivity;
    ///
    /// let trace = Trace::parse(bytes)?;
    /// let timelines = trace.timelines()?;
    /// let main = &timelines.goroutines[&GoId(1)];
    /// let running = main.spans.iter().filter(|span| matches!(span.state, GoActivity::Running { .. }));
    /// assert!(running.map(|span| span.nanos()).sum::<i64>() > 0);
    /// # Ok::<(), gotrace::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn timelines<'t>(&'t self) -> Result<Timelines<'t>> {
        Timelines::collect(self.intervals())
    }
}

/// The intervals of a trace as they end; made by [`Trace::intervals`].
///
/// In strict mode a defect comes after the intervals that ended before it.
#[derive(Debug)]
pub struct Intervals<'t> {
    events: Events<'t>,
    tracker: Tracker<'t>,
    ready: VecDeque<Interval<'t>>,
}

impl Intervals<'_> {
    /// As [`Events::warnings`].
    pub fn warnings(&self) -> &[Warning] {
        self.events.warnings()
    }
}

impl<'t> Iterator for Intervals<'t> {
    type Item = Result<Interval<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(interval) = self.ready.pop_front() {
                return Some(Ok(interval));
            }
            match self.events.next()? {
                Ok(event) => self.tracker.event(&event, &mut self.ready),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}
