//! The comparison of two logs of the same program (`--baseline`).

use super::SETTING;
use super::page::nanos;
use crate::log::{Ended, Log};
use crate::outcome::Status;
use crate::output::Output;
use crate::{json, table};
use anyhow::Result;
use gotrace::godebug::{Collections, Point, Series};
use gotrace::report::log::why;
use gotrace::report::{ComparedFigures, ComparedLog, ComparisonReport};
use std::io::Write;
use std::time::Duration;

/// The figures of one of the two logs.
struct Side {
    total: Point,
    span: Duration,
    gc: Collections,
    ended: Ended,
}

impl Side {
    /// Reads a log.
    ///
    /// # Errors
    /// If it has no `SCHED` line, lines of several programs, or lines that cannot be judged.
    fn read(log: &Log) -> Result<Side> {
        let (mut series, mut gc) = (Series::default(), Collections::default());
        let ended = log.read(false, |entry| {
            series.push(entry);
            gc.push(entry);
            Ok(())
        })?;
        if let [_, _, ..] = ended.programs.as_slice() {
            let names: Vec<_> = ended.programs.iter().filter_map(|program| program.name.as_deref()).collect();
            let (log, names) = (log.name(), names.join("\n  "));
            anyhow::bail!("{log}: there are several programs in it; pick one with --program:\n  {names}");
        }
        if let Some(mixed) = ended.programs.iter().find_map(|program| program.mixed) {
            anyhow::bail!("{}: {}", log.name(), why(mixed));
        }
        match series.total() {
            Some(total) => Ok(Side { total, span: series.span(), gc, ended }),
            None => Err(log.nothing("SCHED line", SETTING, &ended)),
        }
    }

    /// Returns the figures that are compared.
    fn figures(&self) -> ComparedFigures {
        ComparedFigures::new(&self.total, self.span, &self.gc)
    }

    /// Returns the report for `--json`.
    fn report<'a>(&self, log: &'a Log) -> ComparedLog<'a> {
        let warnings = Log::warnings(&self.ended);
        ComparedLog::new(log.name(), self.total.snapshots, self.span, warnings, self.figures())
    }
}

/// Returns the figures of a log, each with its field name, its label on the page and its
/// value.
fn named(f: &ComparedFigures) -> Vec<(&'static str, &'static str, Option<f64>)> {
    vec![
        ("gomaxprocs", "GOMAXPROCS", f.gomaxprocs),
        ("idleprocs_mean", "idle Ps, mean", f.idleprocs_mean),
        ("threads_mean", "threads, mean", f.threads_mean),
        ("threads_max", "threads, most", f.threads_max),
        ("spinningthreads_mean", "spinning threads, mean", f.spinningthreads_mean),
        ("idlethreads_mean", "idle threads, mean", f.idlethreads_mean),
        ("runqueue_mean", "run queue, mean", f.runqueue_mean),
        ("runqueue_max", "run queue, most", f.runqueue_max),
        ("local_mean", "Ps' queues together, mean", f.local_mean),
        ("local_max", "Ps' queues together, most", f.local_max),
        ("longest_queue", "longest queue of a P", f.longest_queue),
        ("goroutines_mean", "goroutines, mean", f.goroutines_mean),
        ("switches_per_second", "goroutines picked to run, a second", f.switches_per_second),
        ("syscalls_per_second", "system calls ended, a second", f.syscalls_per_second),
        ("needspinning_mean", "needspinning, mean", f.needspinning_mean),
        ("gcwaiting_mean", "gcwaiting, mean", f.gcwaiting_mean),
        ("stopwait_max", "stopwait, most", f.stopwait_max),
        ("gc_cycles_per_second", "GC cycles, a second", f.gc_cycles_per_second),
        ("gc_pause_p50", "GC pause, median", f.gc_pause_p50),
        ("gc_pause_p99", "GC pause, 99%", f.gc_pause_p99),
        ("gc_pause_max", "GC pause, longest", f.gc_pause_max),
        ("gc_cpu_share", "GC's share of the Ps", f.gc_cpu_share),
        ("heap_peak", "heap, most", f.heap_peak),
    ]
}

/// Reads both logs, and prints the comparison.
pub(super) fn run(baseline: &Log, load: &Log, as_json: bool, mut out: Output) -> Result<Status> {
    let (before, after) = (Side::read(baseline)?, Side::read(load)?);
    if as_json {
        json::write(&mut out, &ComparisonReport::new(before.report(baseline), after.report(load)))?;
    } else {
        let heading = out.styles.heading;
        for (what, log, side) in [("baseline", baseline, &before), ("load", load, &after)] {
            let (lines, span) = (side.total.snapshots, nanos(side.span));
            writeln!(out, "{what:<9} {heading}{}{heading:#}  {lines} SCHED lines in {span}", log.name())?;
        }
        let styles = out.styles;
        let figures: Vec<_> = named(&before.figures()).into_iter().zip(named(&after.figures())).collect();
        // These fields are 0 as long as all is well, so a row of zeros says nothing.
        let is_shown = |key: &str, value: Option<f64>| match key {
            "needspinning_mean" | "gcwaiting_mean" | "stopwait_max" => value.is_some_and(|value| value > 0.0),
            _ => value.is_some(),
        };
        let known = figures.iter().filter(|((key, _, a), (.., b))| is_shown(key, *a) || is_shown(key, *b));
        let rows =
            known.map(|((key, name, a), (.., b))| vec![show(key, *a), show(key, *b), change(*a, *b), name.to_string()]);
        table::print(&mut out, styles, &["baseline", "load", "change", ""], rows)?;
    }
    out.finish()?;
    match (baseline.warn(&before.ended), load.warn(&after.ended)) {
        (Status::Done, Status::Done) => Ok(Status::Done),
        _ => Ok(Status::Flawed),
    }
}

/// Returns a value as text, with its unit.
fn show(key: &str, value: Option<f64>) -> String {
    let Some(value) = value else { return "-".into() };
    match key {
        "gc_cpu_share" => format!("{:.1}%", value * 100.0),
        "heap_peak" => format!("{value:.0} MiB"),
        _ if key.starts_with("gc_pause") => nanos(Duration::from_nanos(value as u64)),
        _ if value.fract() == 0.0 || value >= 100.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

/// Returns the change as a factor (`x2.5`) if it is 2 or more, or else in percent.
fn change(before: Option<f64>, after: Option<f64>) -> String {
    match (before, after) {
        (Some(a), Some(b)) if a == b => "=".into(),
        (Some(a), Some(b)) if a > 0.0 && b / a >= 2.0 => format!("x{:.1}", b / a),
        (Some(a), Some(b)) if a > 0.0 => format!("{:+.0}%", (b / a - 1.0) * 100.0),
        _ => String::new(),
    }
}
