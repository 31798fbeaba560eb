//! Parts of a `SCHED` line with `scheddetail`.

use super::UnknownFields;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Ps, threads and goroutines below a `SCHED` line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct BlockDetail<'a> {
    /// True if every P has its line, and some threads and goroutines do.
    pub complete: bool,
    /// Totals of the lists.
    pub counts: Option<BlockCounts>,
    /// True if a stop of the world is on.
    pub gcwaiting: bool,
    /// Goroutines that have a line.
    pub goroutines: Vec<BlockGoroutine<'a>>,
    /// Number of threads that are locked to a goroutine and wait for it.
    pub nmidlelocked: i64,
    /// Ps that have a line.
    pub procs: Vec<BlockProc<'a>>,
    /// Number of Ps that a stop of the world still waits for.
    pub stopwait: i64,
    /// True if the runtime's monitor sleeps.
    pub sysmonwait: bool,
    /// Threads that have a line.
    pub threads: Vec<BlockThread<'a>>,
}

/// Numbers of goroutines, Ps and threads by status. Zeroes are left out of the lists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct BlockCounts {
    /// Goroutines by status, the dead ones left out.
    pub goroutines: Vec<StatusCount>,
    /// Number of goroutines that are locked to a thread.
    pub locked_goroutines: u64,
    /// Ps by status.
    pub procs: Vec<StatusCount>,
    /// Threads by activity.
    pub threads: Vec<ActivityCount>,
    /// Goroutines that wait, by reason.
    pub waiting: Vec<WaitReasonCount>,
}

/// Number with a status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StatusCount {
    /// Number with the status.
    pub count: u64,
    /// Runtime's name of the status, in lower case.
    pub status: String,
}

/// Number of threads with an activity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ActivityCount {
    /// Activity: `running`, `syscall`, `spinning`, `scheduling`, `locked`, `idle` or
    /// `other`.
    pub activity: &'static str,
    /// Number of threads.
    pub count: u64,
}

/// Number of goroutines that wait for a reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WaitReasonCount {
    /// Number of goroutines.
    pub count: u64,
    /// Reason in the runtime's words; empty if the lines have none.
    pub wait_reason: String,
}

/// A P.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct BlockProc<'a> {
    /// Number of ended goroutines that it keeps.
    pub gfreecnt: i64,
    /// Number of the P.
    pub id: u64,
    /// Thread that has it; null if none does.
    pub m: Option<u64>,
    /// Number of goroutines in its local queue.
    pub runqsize: u32,
    /// Number of times that it has picked a goroutine to run.
    pub schedtick: u32,
    /// Status: `idle`, `running`, `syscall`, `gcstop` or `dead`.
    pub status: String,
    /// Number of system calls that have ended on it, or lost it.
    pub syscalltick: u32,
    /// Number of timers in its heap; null before Go 1.14.
    pub timerslen: Option<u64>,
    /// Fields that this version does not know, as text, by name.
    pub unknown: UnknownFields<'a>,
}

/// A thread, by the runtime's number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct BlockThread<'a> {
    /// True if it sleeps in the runtime.
    pub blocked: bool,
    /// Goroutine that it runs, or in whose system call it is; null for none.
    pub curg: Option<u64>,
    /// Stage of dying of a fatal error; 0 if it does not.
    pub dying: i64,
    /// Number as a helper of the collector; null since Go 1.12.
    pub helpgc: Option<i64>,
    /// Number of the thread.
    pub id: u64,
    /// Goroutine that it is locked to; null for none.
    pub lockedg: Option<u64>,
    /// Number of locks of the runtime that it holds.
    pub locks: i64,
    /// Depth of calls in the memory allocator.
    pub mallocing: i64,
    /// P that it has; null for none.
    pub p: Option<u64>,
    /// Reason why its goroutine must not be preempted; empty if it may.
    pub preemptoff: &'a str,
    /// True if it looks for work.
    pub spinning: bool,
    /// Nonzero if it brings the program down.
    pub throwing: i64,
    /// Fields that this version does not know, as text, by name.
    pub unknown: UnknownFields<'a>,
}

/// A goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct BlockGoroutine<'a> {
    /// ID of the goroutine.
    pub id: u64,
    /// Thread that it is locked to; null for none.
    pub lockedm: Option<u64>,
    /// Thread that it is on; null for none.
    pub m: Option<u64>,
    /// Status, with `scan` before it while its stack is scanned.
    pub status: String,
    /// Fields that this version does not know, as text, by name.
    pub unknown: UnknownFields<'a>,
    /// Reason of its wait, or of its last one; empty for none.
    pub wait_reason: &'a str,
}
