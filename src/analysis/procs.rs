//! Figures of Ps and Ms: how busy each P was over time, Ps that idled beside runnable
//! goroutines, system calls that cost a P, the longest runs.
//!
//! ```text
//! P   running ── looking ── running ── syscall ── running ── idle ── looking ──
//!     a G runs   an M has it,          its G is in a        no M has it
//!                none runs             system call
//! ```

mod by_key;
mod collect;
mod figures;
mod idle;
mod turns;

pub use collect::CollectProcs;

use crate::analysis::durations::Durations;
use crate::analysis::over_time::OverTime;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use std::sync::Arc;

/// Figures of the Ps and the Ms; made by [`CollectProcs`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Procs {
    /// Time at which the trace begins.
    pub start: Time,
    /// Time at which it ends.
    pub end: Time,
    /// GOMAXPROCS at the end; none if the trace does not say.
    pub gomaxprocs: Option<u64>,
    /// Time that Ps existed, summed up over all, in nanoseconds. That is GOMAXPROCS over
    /// time or, where the trace does not state it, the time of the Ps that are mentioned.
    pub capacity: i64,
    /// Ps that existed, by ID: those below GOMAXPROCS, and those that the trace mentions.
    pub procs: Vec<ProcSummary>,
    /// Ps that idled beside runnable goroutines.
    pub idle: IdleBeside,
    /// Times that goroutines ran without a break, in nanoseconds. The collector's workers
    /// are left out, as the scheduler does not ask them to stop.
    pub runs: Durations,
    /// Longest of those runs, the longest first.
    pub longest_runs: Vec<Run>,
    /// Figures of system calls.
    pub syscalls: Syscalls,
    /// Figures of the threads.
    pub threads: Threads,
    /// Stacks of runs and system calls.
    pub stacks: Arc<Stacks>,
}

impl Procs {
    /// Returns the length of the trace, in nanoseconds.
    pub fn span(&self) -> i64 {
        self.end.since(self.start)
    }

    /// Returns the time that goroutines ran, on all Ps together, in nanoseconds.
    pub fn running(&self) -> i64 {
        self.procs.iter().fold(0, |sum: i64, p| sum.saturating_add(p.running))
    }
}

/// Figures of one P while it existed; times in nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ProcSummary {
    /// ID of the P.
    pub id: ProcId,
    /// Time that a goroutine ran on it.
    pub running: i64,
    /// Time that its goroutine was in a system call, and had not lost it yet.
    pub syscall: i64,
    /// Time that an M had it, but ran no goroutine: the scheduler looked for one, or
    /// switched.
    pub looking: i64,
    /// Time that no M had it while it existed: a P that GOMAXPROCS has removed does not
    /// idle.
    pub idle: i64,
    /// Number of runs of goroutines on it.
    pub runs: u64,
    /// Longest run without a break, the collector's workers left out.
    pub longest_run: i64,
    /// Number of times that its M let go of it.
    pub stops: u64,
    /// Number of times that it was taken from an M in a system call.
    pub stolen: u64,
    /// Share of time in which a goroutine ran, over time.
    pub busy: OverTime,
}

impl ProcSummary {
    /// Returns the time that it existed, in nanoseconds.
    pub fn existed(&self) -> i64 {
        [self.running, self.syscall, self.looking, self.idle].into_iter().fold(0, i64::saturating_add)
    }
}

/// Time in which a P idled beside a runnable goroutine. Stops of the world do not count.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct IdleBeside {
    /// Length of that time, in nanoseconds.
    pub time: i64,
    /// Time that Ps could have run in it, in nanoseconds: at each moment the smaller of the
    /// number of idle Ps and that of runnable goroutines counts.
    pub lost: i64,
    /// Time that Ps idled, with or without runnable goroutines, summed up over all, in
    /// nanoseconds.
    pub idle: i64,
    /// Times that goroutines waited beside an idle P, in nanoseconds, without those that
    /// did not. Some microseconds are what it takes to wake a thread.
    pub waits: Durations,
    /// Waits in `waits` by the function that the goroutine began with, the longest in sum first.
    /// The function is none where the trace does not name it.
    pub functions: Vec<(Option<Arc<[u8]>>, Durations)>,
    /// Longest of those times, the longest first.
    pub longest: Vec<Beside>,
    /// Number of idle Ps over time, with or without runnable goroutines.
    pub procs: OverTime,
    /// Number of runnable goroutines over time.
    pub runnable: OverTime,
}

/// A time in which a P idled beside a runnable goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Beside {
    /// Time at which it began.
    pub start: Time,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Most Ps that idled in it.
    pub procs: u64,
    /// Most runnable goroutines in it.
    pub runnable: u64,
}

/// A goroutine's run without a break.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Run {
    /// Goroutine that ran.
    pub goroutine: GoId,
    /// Function that it began with; none if the trace does not name it.
    pub function: Option<Arc<[u8]>>,
    /// P that it ran on.
    pub proc: Option<ProcId>,
    /// Time at which the run began.
    pub start: Time,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Runtime's reason for its end, such as `preempted`; empty if there is none.
    pub reason: Arc<[u8]>,
    /// Stack at its end, in [`Procs::stacks`].
    pub stack: StackKey,
}

/// Figures of system calls, and calls into C.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Syscalls {
    /// Number of calls that began in the trace. The runtime writes no event for one that
    /// returns at once.
    pub count: u64,
    /// Number of calls, including those from before the trace, that cost the P.
    pub lost: u64,
    /// Takers of the P; none in traces of Go 1.5 to 1.21, which do not say.
    pub takers: Option<Takers>,
    /// Times that calls that cost the P went on without it, in nanoseconds.
    pub without: Durations,
    /// Calls that cost the P by their stack, the longest in sum first.
    pub stacks: Vec<LostAt>,
}

/// Counts of the threads that took the P of goroutines in system calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Takers {
    /// Takes by a thread without a P: sysmon, after some 20 µs to 10 ms.
    pub sysmon: u64,
    /// Takes by a thread with a P: to stop the world, most often.
    pub others: u64,
    /// Calls whose thread let go of the P itself, because it knew that the call blocks.
    pub itself: u64,
}

/// System calls at one stack that cost the P.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LostAt {
    /// Stack of the calls, in [`Procs::stacks`].
    pub stack: StackKey,
    /// Times that they went on without the P, in nanoseconds.
    pub without: Durations,
}

/// Figures of the threads, the runtime's Ms.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Threads {
    /// Number of threads that the trace mentions.
    pub seen: u64,
    /// Most threads at one time that had a P, or were in a system call.
    pub most: u64,
    /// Number of threads that had a P, or were in a system call, over time.
    pub used: OverTime,
}
