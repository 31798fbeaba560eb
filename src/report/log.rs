//! `gotrace schedtrace --json`: one JSON object per line, for each line or block of the
//! runtime in a log.
//!
//! Every object has `type`, `program`, `run`, `line`, `offset` and `time`; its other fields
//! depend on its type. Null stands for a value that the version of Go does not print.

mod detail;
mod gc;
mod make;
mod memory;

pub use detail::{
    ActivityCount, BlockCounts, BlockDetail, BlockGoroutine, BlockProc, BlockThread, StatusCount, WaitReasonCount,
};
pub use gc::{GcClock, GcCpu, GcHeap, GcLine};
pub use make::{LogLines, why};
pub use memory::{FinalizersLine, HeapUseLine, ReleasedLine, ScanLine, ScanOf, ScavengeLine};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Fields that this version does not know, as text, by name.
pub type UnknownFields<'a> = BTreeMap<&'a str, &'a str>;

/// A line, or block of lines, of the runtime in a log.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum LogLine<'a> {
    /// A `SCHED` line.
    Sched(SchedLine<'a>),
    /// A `gc` line.
    Gc(GcLine<'a>),
    /// A `scav` line.
    Scavenge(ScavengeLine<'a>),
    /// Memory that the scavenger returned, up to Go 1.13.
    Released(ReleasedLine<'a>),
    /// Heap in use, up to Go 1.13.
    HeapUse(HeapUseLine<'a>),
    /// Objects that a GC cycle scanned.
    Scan(ScanLine<'a>),
    /// Finalizers and cleanups that wait after a GC cycle.
    Finalizers(FinalizersLine<'a>),
    /// Notice that from here on this program's lines cannot be judged.
    Mixed(MixedLine<'a>),
    /// Notice that the next GC cycle comes because none did for two minutes.
    GcForced(BareLine<'a>),
}

/// Type of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LineType {
    /// State of the scheduler.
    Sched,
    /// Cycle of the garbage collector.
    Gc,
    /// Work of the scavenger.
    Scavenge,
    /// Memory that the scavenger returned, up to Go 1.13.
    Released,
    /// Heap in use, up to Go 1.13.
    HeapUse,
    /// Objects that a GC cycle scanned.
    Scan,
    /// Notice that the next GC cycle comes because none did for two minutes.
    GcForced,
    /// Finalizers and cleanups that wait after a GC cycle.
    Finalizers,
    /// Notice that the program's lines cannot be judged.
    Mixed,
}

/// State of the scheduler at one time.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SchedLine<'a> {
    /// Ps, threads and goroutines; null without `scheddetail`.
    pub detail: Option<BlockDetail<'a>>,
    /// GOMAXPROCS.
    pub gomaxprocs: u32,
    /// Number of Ps with nothing to do.
    pub idleprocs: u32,
    /// Number of threads that wait to be given work.
    pub idlethreads: u32,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Flag that a thread should begin to look for work, 0 or 1; null before Go 1.20.
    pub needspinning: Option<u32>,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of goroutines in each P's local queue.
    pub queues: Vec<u32>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Number of goroutines in the global queue.
    pub runqueue: u32,
    /// Number of times that each P has picked a goroutine to run; null in a line without
    /// `scheddetail` before Go 1.25.
    pub schedticks: Option<Vec<u32>>,
    /// Goroutines picked to run by all Ps, a second, since the line before; null in a run's
    /// first line, and where lines have no such counters.
    pub schedticks_per_second: Option<f64>,
    /// Number of threads that look for work.
    pub spinningthreads: u32,
    /// System calls that ended, a second, since the line before; null in a run's first
    /// line, and where lines have no such counters.
    pub syscallticks_per_second: Option<f64>,
    /// Number of threads that exist.
    pub threads: u32,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `sched`.
    #[serde(rename = "type")]
    pub kind: LineType,
    /// Fields that this version does not know, as text, by name.
    pub unknown: UnknownFields<'a>,
}

/// Notice that the program's lines cannot be judged, neither those before this one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct MixedLine<'a> {
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `mixed`.
    #[serde(rename = "type")]
    pub kind: LineType,
    /// Reason, for people.
    pub why: Cow<'static, str>,
}

/// A line that has nothing but its type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct BareLine<'a> {
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `gc_forced`.
    #[serde(rename = "type")]
    pub kind: LineType,
}

/// Returns a time in nanoseconds; the greatest number if it does not fit.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns a size in KiB as bytes.
fn kib(size: u64) -> u64 {
    size.saturating_mul(1 << 10)
}

/// Returns a size in MiB as bytes.
pub(super) fn mib(size: u64) -> u64 {
    size.saturating_mul(1 << 20)
}
