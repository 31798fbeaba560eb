//! Scheduler latency: the times that runnable goroutines waited for a P, as a distribution,
//! with the causes of the waits and the worst cases.
//!
//! The waits are those of a [`ProfileKind::Sched`](super::profile::ProfileKind::Sched)
//! profile, less those of coroutine switches, in which nobody waits. The runtime
//! measures the same as `/sched/latencies:seconds`, but for one goroutine in eight only.

mod causes;
mod collect;
mod functions;

pub use collect::CollectLatency;

use crate::analysis::durations::Durations;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use std::sync::Arc;

/// Reason for which a goroutine came to wait for a P.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum WaitCause {
    /// The goroutine was created.
    Created,
    /// The goroutine was unblocked; with the runtime's reason for the wait before, such as
    /// `chan receive` or `GC mark assist wait for work`. Empty if that began before the
    /// trace.
    Unblocked(Arc<[u8]>),
    /// The goroutine had to stop running; with the runtime's reason: `preempted`, or
    /// `runtime.Gosched` if it yielded itself.
    Stopped(Arc<[u8]>),
    /// The goroutine's system call or call into C returned after its P was taken away.
    SyscallEnded,
    /// The goroutine was waiting already when the trace began.
    AtStart,
}

/// Waits for one cause.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ByCause {
    /// Cause of the waits.
    pub cause: WaitCause,
    /// Lengths of the waits, in nanoseconds.
    pub waits: Durations,
}

/// Waits of goroutines that began with one function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ByFunction {
    /// Name of the function; none for goroutines of which the trace has no stack.
    pub function: Option<Arc<[u8]>>,
    /// Lengths of the waits, in nanoseconds.
    pub waits: Durations,
}

/// Waits of goroutines that one function's goroutines, or the scheduler, made runnable.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ByWaker {
    /// Function that the waker began with; none if not known.
    pub function: Option<Arc<[u8]>>,
    /// True if the scheduler made them runnable, and no goroutine: it found the network
    /// ready or a timer due.
    pub scheduler: bool,
    /// Lengths of the waits, in nanoseconds.
    pub waits: Durations,
}

/// A single wait.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Wait {
    /// Goroutine that waited.
    pub goroutine: GoId,
    /// Function that it began with.
    pub function: Option<Arc<[u8]>>,
    /// Cause of the wait.
    pub cause: WaitCause,
    /// Time since which it waited.
    pub since: Time,
    /// Length in nanoseconds; if it is not [over](Self::over), until the trace ends.
    pub nanos: i64,
    /// True if the goroutine ran after it; false if it still waited when the trace ended.
    pub over: bool,
    /// Goroutine that unblocked or created it.
    pub waker: Option<GoId>,
    /// Function that the waker began with, if known.
    pub waker_function: Option<Arc<[u8]>>,
    /// Stack of the waker, in [`Latency::stacks`].
    pub waker_stack: StackKey,
    /// Stack of the goroutine itself, in [`Latency::stacks`]: where it blocked or stopped,
    /// or for a new one the function that it runs.
    pub own_stack: StackKey,
    /// P that it ran on after the wait.
    pub proc: Option<ProcId>,
}

/// The scheduler latency; made by [`CollectLatency`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Latency {
    /// Time at which the trace began.
    pub start: Time,
    /// All waits that are over, in nanoseconds.
    pub waits: Durations,
    /// All waits that are over, in the buckets of `runtime/metrics`.
    pub histogram: RuntimeBuckets,
    /// Waits by cause, the longest in sum first.
    pub causes: Vec<ByCause>,
    /// Waits by the function that the waiting goroutine began with, the longest in sum
    /// first.
    pub functions: Vec<ByFunction>,
    /// Waits by the waker, the longest in sum first. Goroutines that were stopped, returned
    /// from system calls, or waited when the trace began, have none.
    pub wakers: Vec<ByWaker>,
    /// Longest waits, the longest first.
    pub worst: Vec<Wait>,
    /// Number of goroutines that still waited when the trace ended. Their waits are not in
    /// the distribution, but may be among the worst.
    pub unfinished: u64,
    /// Number of direct switches from one goroutine to another, without a wait.
    pub switches: u64,
    /// Stacks of the worst waits.
    pub stacks: Arc<Stacks>,
}
