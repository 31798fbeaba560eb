//! `gotrace gctrace`.

use crate::human::{count, duration};
use crate::json::counted;
use crate::log::{Ended, Log};
use crate::output::{Content, Output, Styles};
use crate::schedtrace::json::ns;
use crate::spark::sparkline;
use crate::{Global, Status, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::durations::Durations;
use gotrace::godebug::{Collections, Entry, Gc, HeapPoint, Moment};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// How many bars a sparkline has, and points the curve in JSON, at most.
const WIDTH: usize = 60;
const CURVE: usize = 1000;

/// Show what GODEBUG=gctrace=1 printed: pauses, processor time, the heap's curve
///
/// LOG is the standard error of a program that ran with GODEBUG=gctrace=1, other
/// lines included; see `gotrace schedtrace --help`. Go 1.5 to 1.27.
#[derive(Args)]
#[command(after_help = "\
Of the three clock figures of a gc line only the first and the last are pauses, for
sweep termination and mark termination; the middle one is marking beside the
program. The line's percentage is of all time since the program began; the share
below is from the first cycle of the log to the last. Sizes are in MiB, though the
lines say MB.

Examples:
  gotrace gctrace stderr.log
  gotrace gctrace --rows 0 stderr.log                   every cycle
  gotrace gctrace --json stderr.log | jq .pauses.p99
  kubectl logs POD | gotrace gctrace --csv - >cycles.csv")]
pub(crate) struct Options {
    /// The log; `-` is standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,

    /// At most N rows of cycles; 0 for one each cycle
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,

    /// Print JSON; times in nanoseconds, sizes in bytes
    #[arg(long, conflicts_with = "csv")]
    json: bool,

    /// Print CSV, a row for each cycle
    #[arg(long)]
    csv: bool,
}

const COLUMNS: &str = "run,line,number,start_ns,forced,leak_check,sweep_termination_ns,concurrent_ns,\
                       mark_termination_ns,paused_ns,cpu_stopped_ns,cpu_assist_ns,cpu_background_ns,cpu_idle_ns,\
                       cpu_percent,cpu_share,heap_start_bytes,heap_end_bytes,heap_live_bytes,goal_bytes,\
                       stacks_bytes,globals_bytes,procs";

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let log = Log::new(&options.log, "gctrace", global)?;
    let mut out = Output::open(global, Content::Text)?;
    let mut collections = Collections::default();
    if options.csv {
        writeln!(out, "{COLUMNS}")?;
    }
    let ended = log.read(false, |entry| {
        collections.push(entry);
        match &entry.moment {
            Moment::Gc(gc) if options.csv => Ok(writeln!(out, "{}", row(entry, gc))?),
            _ => Ok(()),
        }
    })?;
    if options.json && collections.cycles > 0 {
        writeln!(out, "{:#}", report(&log, &collections, &ended))?;
    } else if !options.csv && collections.cycles > 0 {
        Page { styles: out.styles, all: &collections }.print(&mut out, log.name(), options.rows)?;
    }
    out.finish()?;
    let status = log.warn(&ended);
    if collections.cycles == 0 {
        return Err(log.nothing("gc line", "gctrace=1", &ended));
    }
    Ok(status)
}

fn row(entry: &Entry, gc: &Gc<'_>) -> String {
    let mut pauses = gc.clock.pauses();
    let (first, last) = (pauses.next().unwrap_or_default(), pauses.last().unwrap_or_default());
    let paused: Duration = gc.clock.pauses().fold(Duration::ZERO, Duration::saturating_add);
    let optional = |size: Option<u64>| size.map_or(String::new(), |size| mib(size).to_string());
    let (scan, install) = gc.cpu.scan.unwrap_or_default();
    let stopped = gc.cpu.sweep_termination + install + gc.cpu.mark_termination;
    let times =
        [first, gc.clock.concurrent(), last, paused, stopped, gc.cpu.assist, scan + gc.cpu.background, gc.cpu.idle];
    let times: Vec<String> = times.iter().map(|time| time.as_nanos().to_string()).collect();
    format!(
        "{},{},{},{},{},{},{},{},{:.4},{},{},{},{},{},{},{}",
        entry.run,
        entry.line,
        gc.number,
        gc.start.as_nanos(),
        gc.forced,
        gc.leak_check,
        times.join(","),
        gc.cpu_percent,
        gc.cpu_share().unwrap_or(0.0),
        mib(gc.heap.start),
        mib(gc.heap.end),
        mib(gc.heap.live),
        mib(gc.goal),
        optional(gc.stacks),
        optional(gc.globals),
        gc.procs
    )
}

fn report(log: &Log, all: &Collections, ended: &Ended) -> Value {
    let curve = all.condensed(CURVE).into_iter().map(|point| {
        json!({
            "run": point.run, "cycle": point.first, "cycles": point.cycles, "start": ns(point.start),
            "peak": mib(point.peak), "live": mib(point.live), "goal": mib(point.goal),
        })
    });
    json!({
        "file": log.name(),
        "cycles": all.cycles,
        "forced": all.forced,
        "leak_checks": all.leak_checks,
        "runs": all.runs,
        "span": ns(all.span),
        "pauses": counted(&all.pauses),
        "cycle_pauses": counted(&all.cycle_pauses),
        "concurrent": counted(&all.concurrent),
        "cpu": {
            "stopped": ns(all.cpu.stopped),
            "assist": ns(all.cpu.assist),
            "background": ns(all.cpu.background),
            "idle": ns(all.cpu.idle),
            "available": ns(all.capacity),
            "share": all.cpu_share(false),
            "share_with_idle": all.cpu_share(true),
            "last_percent": all.last_percent,
        },
        "heap": curve.collect::<Value>(),
        "warnings": Log::warnings(ended),
    })
}

struct Page<'a> {
    styles: Styles,
    all: &'a Collections,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write, name: &str, rows: usize) -> io::Result<()> {
        let (Styles { heading, dim, .. }, all) = (self.styles, self.all);
        let mut about = format!("{} in {}", count(all.cycles, "GC cycle"), nanos(all.span));
        for (n, what) in [(all.forced, "forced"), (all.leak_checks, "that looked for leaked goroutines")] {
            if n > 0 {
                about += &format!(", {n} {what}");
            }
        }
        if all.runs > 1 {
            about += &format!(", {} runs of a program", all.runs);
        }
        writeln!(out, "{heading}{name}{heading:#}  {dim}{about}{dim:#}\n")?;
        let of = |part: Duration| match all.capacity.as_secs_f64() {
            0.0 => String::new(),
            whole => format!(" ({:.1}%)", part.as_secs_f64() / whole * 100.0),
        };
        let share = all.cpu_share(false).map_or("-".into(), |share| format!("{:.1}%", share * 100.0));
        let runtime =
            all.last_percent.map_or(String::new(), |percent| format!("; since its start, says Go, {percent}%"));
        writeln!(out, "GC CPU      {share} of the Ps' time from the first cycle to the last{runtime}")?;
        let cpu = &all.cpu;
        for (time, what) in [
            (cpu.assist, "assists: goroutines of the program had to help"),
            (cpu.background, "background workers"),
            (cpu.stopped, "stopped Ps"),
            (cpu.idle, "on Ps that were idle otherwise, not counted above"),
        ] {
            writeln!(out, "            {:>8}{} {dim}{what}{dim:#}", nanos(time), of(time))?;
        }
        let series = all.condensed(WIDTH);
        for (label, of) in
            [("Heap peak", (|p| p.peak) as fn(&HeapPoint) -> u64), ("Heap live", |p| p.live), ("Goal", |p| p.goal)]
        {
            let most = series.iter().map(of).max().unwrap_or(0);
            let least = series.iter().map(of).min().unwrap_or(0);
            let bars = sparkline(series.iter().map(|point| of(point) as f64), most as f64);
            writeln!(out, "{label:<11} {bars}  {dim}{least} to {most} MiB{dim:#}")?;
        }
        let times = |times: &Durations, what: &str| {
            let quantiles = [0.5, 0.9, 0.99].map(|q| duration(times.quantile(q)));
            let mut row = vec![times.count().to_string(), duration(times.sum())];
            row.extend(quantiles);
            row.extend([duration(times.max()), what.to_string()]);
            row
        };
        let rows_of_times = [
            times(&all.pauses, "stops of the world"),
            times(&all.cycle_pauses, "stops of a cycle together"),
            times(&all.concurrent, "marking beside the program"),
        ];
        table::below(out, self.styles, &["count", "total", "50%", "90%", "99%", "longest", ""], rows_of_times)?;
        let most = if rows == 0 { usize::MAX } else { rows };
        let points = all.condensed(most);
        let cycles = points.iter().map(|point| {
            let last = point.first.saturating_add(point.cycles - 1);
            let which = if point.cycles == 1 { point.first.to_string() } else { format!("{}-{last}", point.first) };
            vec![
                which,
                nanos(point.start),
                format!("{} MiB", point.peak),
                format!("{} MiB", point.live),
                format!("{} MiB", point.goal),
                String::new(),
            ]
        });
        table::below(out, self.styles, &["cycle", "start", "heap", "live", "goal", ""], cycles)
    }
}

fn nanos(time: Duration) -> String {
    duration(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

fn mib(size: u64) -> u64 {
    size.saturating_mul(1 << 20)
}
