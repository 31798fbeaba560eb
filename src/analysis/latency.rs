//! How long goroutines that could run waited for a P: the scheduler latency, as a
//! distribution, with what made them wait and the worst cases.
//!
//! The waits are those of a [`ProfileKind::Sched`](super::profile::ProfileKind::Sched)
//! profile, less those of coroutine switches, in which nobody waits. The runtime
//! measures the same as `/sched/latencies:seconds`, but of one in eight only.

mod causes;
mod collect;
mod functions;

pub use collect::Latencies;

use crate::analysis::durations::Durations;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use std::sync::Arc;

/// Why a goroutine came to wait for a P.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// It was created.
    Created,
    /// What it had waited for came about; with the runtime's reason for that wait,
    /// such as `chan receive` or `GC mark assist wait for work`. Empty if it began
    /// before the trace.
    Unblocked(Arc<[u8]>),
    /// It had to stop running; with the runtime's reason: `preempted`, or
    /// `runtime.Gosched` where it gave way itself.
    Stopped(Arc<[u8]>),
    /// Its system call or call into C came back after its P was taken away.
    SyscallEnded,
    /// It was waiting already when the trace began.
    AtStart,
}

/// Waits of one kind.
#[derive(Clone, Debug)]
pub struct ByCause {
    /// Why the goroutines waited.
    pub cause: Cause,
    /// How long, in nanoseconds.
    pub waits: Durations,
}

/// Waits that have to do with goroutines that began with one function.
#[derive(Clone, Debug)]
pub struct ByFunction {
    /// The function's name; none for goroutines of which the trace has no stack.
    pub function: Option<Arc<[u8]>>,
    /// How long, in nanoseconds.
    pub waits: Durations,
}

/// Who made goroutines that wait able to run.
#[derive(Clone, Debug)]
pub struct ByWaker {
    /// The function that the goroutine began with; none if that is not known.
    pub function: Option<Arc<[u8]>>,
    /// Whether no goroutine was it, but the scheduler: it found the network ready
    /// or a timer due.
    pub scheduler: bool,
    /// How long those then waited, in nanoseconds.
    pub waits: Durations,
}

/// A single wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wait {
    /// The goroutine that waited.
    pub goroutine: GoId,
    /// The function that it began with.
    pub function: Option<Arc<[u8]>>,
    /// Why it waited.
    pub cause: Cause,
    /// Since when.
    pub since: Time,
    /// How long, in nanoseconds; if it is not [over](Self::over), until the trace
    /// ends.
    pub nanos: i64,
    /// Whether it ran then.
    pub over: bool,
    /// The goroutine that unblocked or created it.
    pub waker: Option<GoId>,
    /// Where that goroutine was, in [`Latency::stacks`].
    pub waker_stack: StackKey,
    /// Where it itself is: where it blocked or stopped, or for a new one what it
    /// runs, in [`Latency::stacks`].
    pub own_stack: StackKey,
    /// The P that it then ran on.
    pub proc: Option<ProcId>,
}

/// The scheduler latency; made by [`Latencies`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Latency {
    /// When the trace began.
    pub start: Time,
    /// All waits that are over, in nanoseconds.
    pub waits: Durations,
    /// The same, in the buckets of `runtime/metrics`.
    pub histogram: RuntimeBuckets,
    /// By cause, those that waited longest together first.
    pub causes: Vec<ByCause>,
    /// By the function that the waiting goroutine began with, likewise.
    pub functions: Vec<ByFunction>,
    /// By who unblocked or created them, likewise; those that were stopped, came
    /// back from system calls, or waited when the trace began, are not among them.
    pub wakers: Vec<ByWaker>,
    /// The longest waits, longest first.
    pub worst: Vec<Wait>,
    /// How many goroutines were still waiting when the trace ended. They are not
    /// in the distribution; they may be among the worst.
    pub unfinished: u64,
    /// How often a goroutine switched to another directly, without a wait.
    pub switches: u64,
    /// The stacks of the worst.
    pub stacks: Arc<Stacks>,
}
