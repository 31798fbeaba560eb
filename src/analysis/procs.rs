//! What the Ps did, and the Ms: how busy each P was over time, Ps that idled
//! beside goroutines that could run, system calls that cost a P, the longest runs.
//!
//! ```text
//! P   running ── looking ── running ── syscall ── running ── idle ── looking ──
//!     a G runs   an M has it,          its G is in a        no M has it
//!                none runs             system call
//! ```

mod by_key;
mod collect;
mod held;
mod idle;
mod p;
mod turns;

pub use collect::CollectProcs;

use crate::analysis::durations::Durations;
use crate::analysis::over_time::OverTime;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use std::sync::Arc;

/// What the Ps and the Ms did; made by [`CollectProcs`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Procs {
    /// When the trace begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// GOMAXPROCS at the end; none if the trace does not tell.
    pub gomaxprocs: Option<u64>,
    /// The Ps' time: GOMAXPROCS times the trace's, in nanoseconds. Where the trace
    /// does not tell, of as many Ps as there are in it.
    pub capacity: i64,
    /// The Ps that the trace tells of, by ID.
    pub procs: Vec<Proc>,
    /// Ps that idled beside goroutines that could run.
    pub idle: IdleBeside,
    /// How long goroutines ran without a break, in nanoseconds. The collector's
    /// workers are not among them: nobody asks them to stop.
    pub runs: Durations,
    /// The longest of those, the longest first.
    pub longest_runs: Vec<Run>,
    /// System calls.
    pub syscalls: Syscalls,
    /// The threads.
    pub threads: Threads,
    /// The stacks of runs and system calls.
    pub stacks: Arc<Stacks>,
}

impl Procs {
    /// How long the trace is, in nanoseconds.
    pub fn span(&self) -> i64 {
        self.end.since(self.start)
    }

    /// How long goroutines ran, on all Ps together, in nanoseconds.
    pub fn running(&self) -> i64 {
        self.procs.iter().fold(0, |sum: i64, p| sum.saturating_add(p.running))
    }
}

/// What one P did; times in nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Proc {
    /// Which one.
    pub id: ProcId,
    /// A goroutine ran on it.
    pub running: i64,
    /// The goroutine that ran on it was in a system call, and had not lost it yet.
    pub syscall: i64,
    /// An M had it, but ran no goroutine: it looked for one, or switched.
    pub looking: i64,
    /// No M had it.
    pub idle: i64,
    /// How many goroutines ran on it, one after the other.
    pub runs: u64,
    /// The longest time that one did without a break, the collector's workers aside.
    pub longest_run: i64,
    /// How often its M let go of it.
    pub stops: u64,
    /// How often it was taken from an M in a system call.
    pub stolen: u64,
    /// How busy it was: the share of time in which a goroutine ran.
    pub busy: OverTime,
}

/// Time in which a P idled though a goroutine could run. Stops of the world do not
/// count.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct IdleBeside {
    /// How long that was the case, in nanoseconds.
    pub time: i64,
    /// How much the Ps could have run in that time, in nanoseconds: as many as
    /// idled, or as there were goroutines.
    pub lost: i64,
    /// How long Ps idled, whether goroutines could run or not, all together, in
    /// nanoseconds.
    pub idle: i64,
    /// How long goroutines waited beside an idle P, in nanoseconds: those that did.
    /// Some microseconds are what it takes to wake a thread.
    pub waits: Durations,
    /// The same by the function that the goroutine began with, those that waited
    /// longest together first. None where the trace does not tell.
    pub functions: Vec<(Option<Arc<[u8]>>, Durations)>,
    /// The longest times, the longest first.
    pub longest: Vec<Beside>,
    /// How many Ps idled over time, whether goroutines could run or not.
    pub procs: OverTime,
    /// How many goroutines could run, but had no P, over time.
    pub runnable: OverTime,
}

/// A time in which a P idled though a goroutine could run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Beside {
    /// When it began.
    pub start: Time,
    /// How long it was, in nanoseconds.
    pub nanos: i64,
    /// The most Ps that idled in it.
    pub procs: u64,
    /// The most goroutines that could run in it.
    pub runnable: u64,
}

/// A goroutine that ran without a break.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Run {
    /// Which one.
    pub goroutine: GoId,
    /// The function that it began with; none if the trace does not tell.
    pub function: Option<Arc<[u8]>>,
    /// On which P.
    pub proc: Option<ProcId>,
    /// Since when.
    pub start: Time,
    /// How long, in nanoseconds.
    pub nanos: i64,
    /// What ended it: the runtime's reason, such as `preempted`; empty where there
    /// is none.
    pub reason: Arc<[u8]>,
    /// Where it was in the end, in [`Procs::stacks`].
    pub stack: StackKey,
}

/// System calls, and calls into C.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Syscalls {
    /// How many began in the trace. The runtime tells of none that is over at once.
    pub count: u64,
    /// How many of them, and of those before, cost the P.
    pub lost: u64,
    /// Who took the P; none in traces of Go 1.5 to 1.21, which do not tell.
    pub takers: Option<Takers>,
    /// How long calls that cost the P went on without it, in nanoseconds.
    pub without: Durations,
    /// Where calls that cost the P were made, those that took longest together
    /// first.
    pub stacks: Vec<LostAt>,
}

/// Who took the P of goroutines in system calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Takers {
    /// A thread without a P: sysmon, after some 20 µs to 10 ms.
    pub sysmon: u64,
    /// A thread with a P: to stop the world, most often.
    pub others: u64,
    /// The thread itself let go of it, because it knew that the call blocks.
    pub itself: u64,
}

/// System calls from one place that cost the P.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LostAt {
    /// Where from, in [`Procs::stacks`].
    pub stack: StackKey,
    /// How long they went on without it, in nanoseconds.
    pub without: Durations,
}

/// The threads: the runtime's Ms.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Threads {
    /// How many the trace tells of.
    pub seen: u64,
    /// The most at one time that had a P, or were in a system call.
    pub most: u64,
    /// How many did over time.
    pub used: OverTime,
}
