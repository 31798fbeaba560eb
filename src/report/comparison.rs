//! `gotrace schedtrace --baseline --json`.

use super::log::nanos;
use crate::godebug::{Collections, Gauge, Point};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// A log beside another of the same program.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ComparisonReport<'a> {
    /// Log of `--baseline`.
    pub baseline: ComparedLog<'a>,
    /// Log that is compared with it.
    pub load: ComparedLog<'a>,
}

/// A log of two that are compared.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ComparedLog<'a> {
    /// Figures of the log.
    pub figures: ComparedFigures,
    /// Name of the log's file.
    pub file: &'a str,
    /// Number of `SCHED` lines.
    pub lines: u64,
    /// Time from the first `SCHED` line to the last, in nanoseconds.
    pub span: u64,
    /// Number of lines of the runtime that could not be read.
    pub warnings: u64,
}

/// Figures of a log; null if its lines do not have them.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ComparedFigures {
    /// Collector's share of the Ps' time, from 0 to 1.
    pub gc_cpu_share: Option<f64>,
    /// GC cycles a second.
    pub gc_cycles_per_second: Option<f64>,
    /// Longest stop of the world by the collector, in nanoseconds.
    pub gc_pause_max: Option<f64>,
    /// Median of its stops of the world, in nanoseconds.
    pub gc_pause_p50: Option<f64>,
    /// Length that 99 in 100 of its stops of the world do not exceed, in nanoseconds.
    pub gc_pause_p99: Option<f64>,
    /// Share of lines in which the world was stopping or stopped, from 0 to 1.
    pub gcwaiting_mean: Option<f64>,
    /// GOMAXPROCS.
    pub gomaxprocs: Option<f64>,
    /// Mean number of goroutines that are not dead.
    pub goroutines_mean: Option<f64>,
    /// Largest heap, in MiB.
    pub heap_peak: Option<f64>,
    /// Mean number of Ps with nothing to do.
    pub idleprocs_mean: Option<f64>,
    /// Mean number of threads that wait for work.
    pub idlethreads_mean: Option<f64>,
    /// Most goroutines in the local queues of all Ps together.
    pub local_max: Option<f64>,
    /// Mean number of goroutines in the local queues of all Ps together.
    pub local_mean: Option<f64>,
    /// Longest local queue of a P.
    pub longest_queue: Option<f64>,
    /// Share of lines in which a thread should have begun to look for work, from 0 to 1.
    pub needspinning_mean: Option<f64>,
    /// Most goroutines in the global queue.
    pub runqueue_max: Option<f64>,
    /// Mean number of goroutines in the global queue.
    pub runqueue_mean: Option<f64>,
    /// Mean number of threads that look for work.
    pub spinningthreads_mean: Option<f64>,
    /// Most Ps that a stop of the world waited for.
    pub stopwait_max: Option<f64>,
    /// Goroutines picked to run, a second.
    pub switches_per_second: Option<f64>,
    /// System calls that ended, a second.
    pub syscalls_per_second: Option<f64>,
    /// Most threads.
    pub threads_max: Option<f64>,
    /// Mean number of threads.
    pub threads_mean: Option<f64>,
}

impl ComparedFigures {
    /// Reports the figures of all `SCHED` lines, over `span`, and of the `gc` lines.
    pub fn new(total: &Point, span: Duration, collections: &Collections) -> ComparedFigures {
        let mean = |gauge: Gauge| Some(gauge.mean());
        let most = |gauge: Gauge| Some(gauge.max as f64);
        let seconds = span.as_secs_f64();
        let gc = |value: f64| (collections.cycles > 0).then_some(value);
        let pauses = &collections.pauses;
        ComparedFigures {
            gc_cpu_share: collections.cpu_share(false),
            gc_cycles_per_second: gc(collections.cycles as f64 / seconds).filter(|_| seconds > 0.0),
            gc_pause_max: gc(pauses.max() as f64),
            gc_pause_p50: gc(pauses.quantile(0.5) as f64),
            gc_pause_p99: gc(pauses.quantile(0.99) as f64),
            gcwaiting_mean: total.gcwaiting.map(Gauge::mean),
            gomaxprocs: Some(f64::from(total.gomaxprocs)),
            goroutines_mean: total.goroutines.map(Gauge::mean),
            heap_peak: gc(total.gc.peak as f64),
            idleprocs_mean: mean(total.idleprocs),
            idlethreads_mean: mean(total.idlethreads),
            local_max: most(total.local),
            local_mean: mean(total.local),
            longest_queue: total.queues.iter().max().map(|most| f64::from(*most)),
            needspinning_mean: total.needspinning.map(Gauge::mean),
            runqueue_max: most(total.runqueue),
            runqueue_mean: mean(total.runqueue),
            spinningthreads_mean: mean(total.spinningthreads),
            stopwait_max: total.stopwait.and_then(most),
            switches_per_second: total.ticked.and_then(|ticked| ticked.schedtick_rate()),
            syscalls_per_second: total.ticked.and_then(|ticked| ticked.syscalltick_rate()),
            threads_max: most(total.threads),
            threads_mean: mean(total.threads),
        }
    }
}

impl<'a> ComparedLog<'a> {
    /// Reports a log with `lines` `SCHED` lines over `span`, and `warnings` malformed ones.
    pub fn new(file: &'a str, lines: u64, span: Duration, warnings: u64, figures: ComparedFigures) -> ComparedLog<'a> {
        ComparedLog { figures, file, lines, span: nanos(span), warnings }
    }
}

impl<'a> ComparisonReport<'a> {
    /// Reports both logs.
    pub fn new(baseline: ComparedLog<'a>, load: ComparedLog<'a>) -> ComparisonReport<'a> {
        ComparisonReport { baseline, load }
    }
}
