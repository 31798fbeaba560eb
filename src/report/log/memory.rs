//! Reports of lines about memory.

use super::LineType;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Memory that the scavenger returned to the operating system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ScavengeLine<'a> {
    /// Part of `work` that it returned beside the program, in bytes; null before Go 1.21.
    pub background: Option<u64>,
    /// True if it was late, and its controller started over.
    pub controller_reset: bool,
    /// Part of `work` that it returned on the way of an allocation, in bytes; null before
    /// Go 1.21.
    pub eager: Option<u64>,
    /// True if the program forced it.
    pub forced: bool,
    /// Number of its cycle; null but in Go 1.15 to 1.18.
    pub generation: Option<u64>,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Memory that the operating system has at present, in bytes.
    pub released: u64,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `scavenge`.
    #[serde(rename = "type")]
    pub kind: LineType,
    /// Percentage of the other memory that is in use.
    pub util_percent: u64,
    /// Memory that it returned since the last line, in bytes.
    pub work: u64,
}

/// Memory that the scavenger returned, up to Go 1.13.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ReleasedLine<'a> {
    /// Amount in bytes.
    pub amount: u64,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Number of its cycle, -1 if the program forced it; null in Go 1.13.
    pub number: Option<i64>,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `released`.
    #[serde(rename = "type")]
    pub kind: LineType,
}

/// Heap in use, up to Go 1.13.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct HeapUseLine<'a> {
    /// Part of `sys` that was not returned, in bytes.
    pub consumed: u64,
    /// Size of spans not in use, in bytes.
    pub idle: u64,
    /// Size of spans in use, in bytes.
    pub inuse: u64,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Number of the scavenger's cycle, -1 if the program forced it; null in Go 1.13.
    pub number: Option<i64>,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Part of `sys` that was returned, in bytes.
    pub released: u64,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Memory from the operating system, in bytes.
    pub sys: u64,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `heap_use`.
    #[serde(rename = "type")]
    pub kind: LineType,
}

/// Objects that a GC cycle scanned, with `gctrace=2`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ScanLine<'a> {
    /// Class of the objects.
    pub class: ScanOf,
    /// Number of spans that were scanned as a whole; null without the collector called
    /// Green Tea.
    pub dense_spans: Option<u64>,
    /// Number of objects in spans that were scanned as a whole; null without the collector
    /// called Green Tea.
    pub in_dense: Option<u64>,
    /// Number of objects in spans that were scanned object by object; null without the
    /// collector called Green Tea.
    pub in_sparse: Option<u64>,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Number of objects that were scanned one by one.
    pub objects: u64,
    /// Offset of the line, in bytes.
    pub offset: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Size class, in bytes; null if `class` is not `size`.
    pub size: Option<u64>,
    /// Number of spans that were scanned object by object; null without the collector
    /// called Green Tea.
    pub sparse_spans: Option<u64>,
    /// Time at which the line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub time: u64,
    /// Always `scan`.
    #[serde(rename = "type")]
    pub kind: LineType,
}

/// Class of the objects that a scan line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ScanOf {
    /// All objects.
    Total,
    /// Objects larger than any size class.
    Large,
    /// Objects of one size class.
    Size,
}

/// Finalizers and cleanups that wait after a GC cycle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FinalizersLine<'a> {
    /// Number of cleanups that wait.
    pub cleanups: u64,
    /// Number of finalizers that wait.
    pub finalizers: u64,
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
    /// Always `finalizers`.
    #[serde(rename = "type")]
    pub kind: LineType,
}
