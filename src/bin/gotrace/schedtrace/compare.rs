//! A log beside another of the same program.

use super::SETTING;
use super::json::ns;
use super::page::nanos;
use crate::log::{Ended, Log};
use crate::output::Output;
use crate::{Status, table};
use anyhow::Result;
use gotrace::godebug::{Collections, Gauge, Point, Series};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// What is known of one of them.
struct Side {
    total: Point,
    span: Duration,
    gc: Collections,
    ended: Ended,
}

impl Side {
    fn read(log: &Log) -> Result<Side> {
        let (mut series, mut gc) = (Series::default(), Collections::default());
        let ended = log.read(false, |entry| {
            series.push(entry);
            gc.push(entry);
            Ok(())
        })?;
        match series.total() {
            Some(total) => Ok(Side { total, span: series.span(), gc, ended }),
            None => Err(log.nothing("SCHED line", SETTING, &ended)),
        }
    }

    /// Its figures: names for JSON and people, and how they are shown.
    fn figures(&self) -> Vec<(&'static str, &'static str, Option<f64>)> {
        let total = &self.total;
        let mean = |gauge: Gauge| Some(gauge.mean());
        let most = |gauge: Gauge| Some(gauge.max as f64);
        let seconds = self.span.as_secs_f64();
        let has_gc = self.gc.cycles > 0;
        let gc = |value: f64| has_gc.then_some(value);
        vec![
            ("gomaxprocs", "GOMAXPROCS", Some(f64::from(total.gomaxprocs))),
            ("idleprocs_mean", "idle Ps, mean", mean(total.idleprocs)),
            ("threads_mean", "threads, mean", mean(total.threads)),
            ("threads_max", "threads, most", most(total.threads)),
            ("spinningthreads_mean", "spinning threads, mean", mean(total.spinningthreads)),
            ("idlethreads_mean", "idle threads, mean", mean(total.idlethreads)),
            ("runqueue_mean", "run queue, mean", mean(total.runqueue)),
            ("runqueue_max", "run queue, most", most(total.runqueue)),
            ("local_mean", "Ps' queues together, mean", mean(total.local)),
            ("local_max", "Ps' queues together, most", most(total.local)),
            ("longest_queue", "longest queue of a P", total.queues.iter().max().map(|most| f64::from(*most))),
            ("goroutines_mean", "goroutines, mean", total.goroutines.map(Gauge::mean)),
            ("switches_per_second", "goroutines picked to run, a second", total.switch_rate()),
            (
                "gc_cycles_per_second",
                "GC cycles, a second",
                gc(self.gc.cycles as f64 / seconds).filter(|_| seconds > 0.0),
            ),
            ("gc_pause_p50", "GC pause, median", gc(self.gc.pauses.quantile(0.5) as f64)),
            ("gc_pause_p99", "GC pause, 99%", gc(self.gc.pauses.quantile(0.99) as f64)),
            ("gc_pause_max", "GC pause, longest", gc(self.gc.pauses.max() as f64)),
            ("gc_cpu_share", "GC's share of the Ps", self.gc.cpu_share(false)),
            ("heap_peak", "heap, most", gc(total.gc.peak as f64)),
        ]
    }
}

pub(super) fn run(baseline: &Log, load: &Log, as_json: bool, mut out: Output) -> Result<Status> {
    let (before, after) = (Side::read(baseline)?, Side::read(load)?);
    let figures: Vec<_> = before.figures().into_iter().zip(after.figures()).collect();
    if as_json {
        let side = |log: &Log, side: &Side, figures: Value| {
            json!({
                "file": log.name(), "lines": side.total.snapshots, "span": ns(side.span),
                "warnings": Log::warnings(&side.ended), "figures": figures,
            })
        };
        let (a, b): (Value, Value) = (
            figures.iter().map(|((key, _, value), _)| (key.to_string(), json!(value))).collect(),
            figures.iter().map(|(_, (key, _, value))| (key.to_string(), json!(value))).collect(),
        );
        writeln!(out, "{:#}", json!({ "baseline": side(baseline, &before, a), "load": side(load, &after, b) }))?;
    } else {
        let heading = out.styles.heading;
        for (what, log, side) in [("baseline", baseline, &before), ("load", load, &after)] {
            let (lines, span) = (side.total.snapshots, nanos(side.span));
            writeln!(out, "{what:<9} {heading}{}{heading:#}  {lines} SCHED lines in {span}", log.name())?;
        }
        let styles = out.styles;
        let known = figures.iter().filter(|((.., a), (.., b))| a.is_some() || b.is_some());
        let rows =
            known.map(|((key, name, a), (.., b))| vec![show(key, *a), show(key, *b), change(*a, *b), name.to_string()]);
        table::below(&mut out, styles, &["baseline", "load", "change", ""], rows)?;
    }
    out.finish()?;
    match (baseline.warn(&before.ended), load.warn(&after.ended)) {
        (Status::Done, Status::Done) => Ok(Status::Done),
        _ => Ok(Status::Flawed),
    }
}

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

/// How many times as much, or by how much less.
fn change(before: Option<f64>, after: Option<f64>) -> String {
    match (before, after) {
        (Some(a), Some(b)) if a == b => "=".into(),
        (Some(a), Some(b)) if a > 0.0 && b / a >= 2.0 => format!("x{:.1}", b / a),
        (Some(a), Some(b)) if a > 0.0 => format!("{:+.0}%", (b / a - 1.0) * 100.0),
        _ => String::new(),
    }
}
