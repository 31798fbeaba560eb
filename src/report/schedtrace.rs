//! `gotrace schedtrace --json --rows N`: an object for each program of a log, with the table
//! of the page.

use super::log::{mib, nanos};
use crate::godebug::{Cycles, Gauge, Point, Series};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// `SCHED` lines of a program over time.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SchedtraceReport<'a> {
    /// Time by which the clock of the `gc` lines is ahead of that of the `SCHED` lines, in
    /// nanoseconds.
    pub clock_offset: u64,
    /// Name of the log's file.
    pub file: &'a str,
    /// Number of `SCHED` lines.
    pub lines: u64,
    /// Name of the program; null if nothing tells programs apart.
    pub program: Option<&'a str>,
    /// Figures of successive lines; none spans two runs.
    pub rows: Vec<SchedtraceRow>,
    /// Time from a run's first line to its last, in nanoseconds, summed up over all runs.
    pub span: u64,
    /// Number of lines of the runtime that could not be read.
    pub warnings: u64,
}

/// Figures of a `SCHED` line, or of several successive ones.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SchedtraceRow {
    /// Time at which the last line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub end: u64,
    /// GC cycles that began between the first line and the line behind the last.
    pub gc: SchedtraceCycles,
    /// GOMAXPROCS in the last line.
    pub gomaxprocs: u32,
    /// Number of goroutines that are not dead; null without `scheddetail`.
    pub goroutines: Option<SchedtraceGauge>,
    /// Number of Ps with nothing to do.
    pub idleprocs: SchedtraceGauge,
    /// Number of threads that wait to be given work.
    pub idlethreads: SchedtraceGauge,
    /// Number of the first line in the log, from 1.
    pub line: u64,
    /// Number of lines.
    pub lines: u64,
    /// Number of goroutines in the local queues of all Ps together.
    pub local: SchedtraceGauge,
    /// Most goroutines in each P's local queue.
    pub queues: Vec<u32>,
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Number of goroutines in the global queue.
    pub runqueue: SchedtraceGauge,
    /// Goroutines picked to run by all Ps, a second, since the line before; null in a run's
    /// first line, and where lines have no such counters.
    pub schedticks_per_second: Option<f64>,
    /// Number of threads that look for work.
    pub spinningthreads: SchedtraceGauge,
    /// Time at which the first line was printed, in nanoseconds on the clock of the `SCHED`
    /// lines.
    pub start: u64,
    /// System calls that ended, a second, since the line before; null in a run's first
    /// line, and where lines have no such counters.
    pub syscallticks_per_second: Option<f64>,
    /// Number of threads that exist.
    pub threads: SchedtraceGauge,
}

/// A figure over several lines.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SchedtraceGauge {
    /// Greatest value.
    pub max: u64,
    /// Mean value.
    pub mean: f64,
}

/// Figures of GC cycles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SchedtraceCycles {
    /// Number of cycles.
    pub count: u64,
    /// Length of all cycles, in nanoseconds.
    pub lasted: u64,
    /// Length of the longest stop of the world, in nanoseconds.
    pub longest_pause: u64,
    /// Length of all stops of the world, in nanoseconds.
    pub paused: u64,
    /// Largest size of the heap, in bytes.
    pub peak: u64,
}

impl<'a> SchedtraceReport<'a> {
    /// Reports the lines of a program in about `most` rows, of a log with `warnings` malformed
    /// lines whose `gc` lines have a clock that is ahead by `clock_offset`.
    pub fn new(
        file: &'a str,
        program: Option<&'a str>,
        (series, most): (&Series, usize),
        clock_offset: Duration,
        warnings: u64,
    ) -> SchedtraceReport<'a> {
        SchedtraceReport {
            clock_offset: nanos(clock_offset),
            file,
            lines: series.points().iter().map(|point| point.snapshots).sum(),
            program,
            rows: series.condensed_by_run(most).iter().map(SchedtraceRow::from).collect(),
            span: nanos(series.span()),
            warnings,
        }
    }
}

impl From<&Point> for SchedtraceRow {
    fn from(point: &Point) -> SchedtraceRow {
        SchedtraceRow {
            end: nanos(point.end),
            gc: point.gc.into(),
            gomaxprocs: point.gomaxprocs,
            goroutines: point.goroutines.map(SchedtraceGauge::from),
            idleprocs: point.idleprocs.into(),
            idlethreads: point.idlethreads.into(),
            line: point.line,
            lines: point.snapshots,
            local: point.local.into(),
            queues: point.queues.to_vec(),
            run: point.run,
            runqueue: point.runqueue.into(),
            schedticks_per_second: point.ticked.and_then(|ticked| ticked.schedtick_rate()),
            spinningthreads: point.spinningthreads.into(),
            start: nanos(point.start),
            syscallticks_per_second: point.ticked.and_then(|ticked| ticked.syscalltick_rate()),
            threads: point.threads.into(),
        }
    }
}

impl From<Gauge> for SchedtraceGauge {
    fn from(gauge: Gauge) -> SchedtraceGauge {
        SchedtraceGauge { max: gauge.max, mean: gauge.mean() }
    }
}

impl From<Cycles> for SchedtraceCycles {
    fn from(cycles: Cycles) -> SchedtraceCycles {
        SchedtraceCycles {
            count: cycles.count,
            lasted: nanos(cycles.lasted),
            longest_pause: nanos(cycles.longest_pause),
            paused: nanos(cycles.paused),
            peak: mib(cycles.peak),
        }
    }
}
