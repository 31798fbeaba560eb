//! Report of a `gc` line.

use super::{LineType, UnknownFields};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// A cycle of the garbage collector.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GcLine<'a> {
    /// Lengths of its phases.
    pub clock: GcClock,
    /// Processor time of its phases.
    pub cpu: GcCpu,
    /// Percentage of the Ps' time that the collector has taken since the program began.
    pub cpu_percent: u64,
    /// True if the program forced it.
    pub forced: bool,
    /// Size of global variables to be scanned, in bytes; null before Go 1.18.
    pub globals: Option<u64>,
    /// Heap size at which it was to end, in bytes; null if there was no such goal, as with
    /// GOGC=off.
    pub goal: Option<u64>,
    /// Sizes of the heap.
    pub heap: GcHeap,
    /// True if it looked for leaked goroutines.
    pub leak_check: bool,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Number of the cycle, from 1.
    pub number: u64,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Length of all stops of the world, in nanoseconds.
    pub paused: u64,
    /// GOMAXPROCS.
    pub procs: u32,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Size of goroutine stacks that were scanned, in bytes; null before Go 1.18.
    pub stacks: Option<u64>,
    /// Time at which it began, in nanoseconds on the collector's own clock.
    pub start: u64,
    /// Time at which it began, in nanoseconds on the clock of the `SCHED` lines.
    pub time: u64,
    /// Always `gc`.
    #[serde(rename = "type")]
    pub kind: LineType,
    /// Fields that this version does not know, as text, by name.
    pub unknown: UnknownFields<'a>,
}

/// Lengths of the phases of a cycle, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GcClock {
    /// Time to switch on write barriers, with the world stopped, in nanoseconds; null since
    /// Go 1.6.
    pub install_write_barrier: Option<u64>,
    /// Time of marking, beside the program, in nanoseconds.
    pub mark: u64,
    /// Time to end marking, with the world stopped, in nanoseconds.
    pub mark_termination: u64,
    /// Time to scan stacks and globals, beside the program, in nanoseconds; null since Go
    /// 1.6.
    pub scan: Option<u64>,
    /// Time to end sweeping and prepare marking, with the world stopped, in nanoseconds.
    pub sweep_termination: u64,
}

/// Processor time of the phases of a cycle, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GcCpu {
    /// Time of mark assists, in nanoseconds.
    pub assist: u64,
    /// Time of the collector's own workers, in nanoseconds.
    pub background: u64,
    /// Time of workers on Ps that were idle otherwise, in nanoseconds.
    pub idle: u64,
    /// Time to switch on write barriers, in nanoseconds; null since Go 1.6.
    pub install_write_barrier: Option<u64>,
    /// Time to end marking, times the Ps that stood still, in nanoseconds.
    pub mark_termination: u64,
    /// Time to scan stacks and globals, in nanoseconds; null since Go 1.6.
    pub scan: Option<u64>,
    /// Time to end sweeping, times the Ps that stood still, in nanoseconds.
    pub sweep_termination: u64,
}

/// Sizes of the heap in a cycle, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GcHeap {
    /// Heap when marking ended, in bytes.
    pub end: u64,
    /// Live part of that, in bytes.
    pub live: u64,
    /// Heap when the cycle began, in bytes.
    pub start: u64,
}
