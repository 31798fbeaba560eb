//! `gotrace gctrace --json`: an object for each program of a log.

use super::Distribution;
use super::log::{mib, nanos};
use crate::godebug::{Collections, HeapPoint};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Most points of the heap's curve.
const CURVE: usize = 1000;

/// Figures of all `gc` lines of a program.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GctraceReport<'a> {
    /// Times of marking beside the program, one for each cycle.
    pub concurrent: Distribution,
    /// Processor time of the collector.
    pub cpu: GctraceCpu,
    /// Stops of the world, added up for each cycle.
    pub cycle_pauses: Distribution,
    /// Number of cycles.
    pub cycles: u64,
    /// Name of the log's file.
    pub file: &'a str,
    /// Number of cycles that the program forced.
    pub forced: u64,
    /// Heap over time: at most 1000 points.
    pub heap: Vec<GctraceHeap>,
    /// Number of cycles that looked for leaked goroutines.
    pub leak_checks: u64,
    /// Stops of the world, each by itself.
    pub pauses: Distribution,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Number of runs of the program.
    pub runs: u64,
    /// Time from the beginning of a run's first cycle to the end of its last, in
    /// nanoseconds, summed up over all runs.
    pub span: u64,
    /// Number of lines of the runtime that could not be read.
    pub warnings: u64,
}

/// Processor time of the collector, from a run's first cycle to its last.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GctraceCpu {
    /// Time of mark assists, in nanoseconds.
    pub assist: u64,
    /// Time of all Ps, in nanoseconds.
    pub available: u64,
    /// Time of the collector's own workers, in nanoseconds.
    pub background: u64,
    /// Time of workers on Ps that were idle otherwise, in nanoseconds.
    pub idle: u64,
    /// Percentage in the last line, which is of the time since the program began; null if
    /// there is no line.
    pub last_percent: Option<u64>,
    /// Share of the Ps' time that the collector took, from 0 to 1, without workers on idle
    /// Ps; null if no time passed.
    pub share: Option<f64>,
    /// Share of the Ps' time that the collector took, workers on idle Ps included.
    pub share_with_idle: Option<f64>,
    /// Time in which Ps stood still, in nanoseconds.
    pub stopped: u64,
}

/// Heap in one cycle, or in several consecutive ones, and what they cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GctraceHeap {
    /// Heap at which the first cycle began, in bytes.
    pub before: u64,
    /// Processor time of the collector, in nanoseconds, without workers on idle Ps.
    pub cpu: u64,
    /// Number of the first cycle.
    pub cycle: u64,
    /// Number of cycles.
    pub cycles: u64,
    /// Time at which the last cycle ended, in nanoseconds on the collector's clock.
    pub end: u64,
    /// Heap size at which the last cycle was to end, in bytes; null if there was no such
    /// goal, as with GOGC=off.
    pub goal: Option<u64>,
    /// Live heap after the last cycle, in bytes.
    pub live: u64,
    /// Length of the longest stop of the world, in nanoseconds.
    pub longest_pause: u64,
    /// Length of all stops of the world, in nanoseconds.
    pub paused: u64,
    /// Largest heap at the end of marking, in bytes.
    pub peak: u64,
    /// Number of Ps in the last cycle.
    pub procs: u32,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Time at which the first cycle began, in nanoseconds on the collector's clock.
    pub start: u64,
}

impl<'a> GctraceReport<'a> {
    /// Reports the cycles of a program in a log with `warnings` malformed lines.
    pub fn new(file: &'a str, program: Option<&'a str>, all: &Collections, warnings: u64) -> GctraceReport<'a> {
        GctraceReport {
            concurrent: (&all.concurrent).into(),
            cpu: all.into(),
            cycle_pauses: (&all.cycle_pauses).into(),
            cycles: all.cycles,
            file,
            forced: all.forced,
            heap: all.condensed(CURVE).iter().map(GctraceHeap::from).collect(),
            leak_checks: all.leak_checks,
            pauses: (&all.pauses).into(),
            program,
            runs: all.runs,
            span: nanos(all.span),
            warnings,
        }
    }
}

impl From<&Collections> for GctraceCpu {
    fn from(all: &Collections) -> GctraceCpu {
        GctraceCpu {
            assist: nanos(all.cpu.assist),
            available: nanos(all.capacity),
            background: nanos(all.cpu.background),
            idle: nanos(all.cpu.idle),
            last_percent: all.last_percent,
            share: all.cpu_share(false),
            share_with_idle: all.cpu_share(true),
            stopped: nanos(all.cpu.stopped),
        }
    }
}

impl From<&HeapPoint> for GctraceHeap {
    fn from(point: &HeapPoint) -> GctraceHeap {
        GctraceHeap {
            before: mib(point.before),
            cpu: nanos(point.cpu),
            cycle: point.first,
            cycles: point.cycles,
            end: nanos(point.end),
            goal: point.goal.map(mib),
            live: mib(point.live),
            longest_pause: nanos(point.longest_pause),
            paused: nanos(point.paused),
            peak: mib(point.peak),
            procs: point.procs,
            run: point.run,
            start: nanos(point.start),
        }
    }
}
