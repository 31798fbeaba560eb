//! `gotrace gctrace`: GODEBUG's `gc` lines as a page, JSON and CSV.

use crate::global::Global;
use crate::human::{count, duration};
use crate::log::Log;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::programs::ByProgram;
use crate::schedtrace::csv::quoted;
use crate::spark::sparkline_with_gaps;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::durations::Durations;
use gotrace::godebug::{Collections, Entry, Gc, HeapPoint, Moment};
use gotrace::report::GctraceReport;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// The most bars of a sparkline.
const WIDTH: usize = 60;

/// Show what GODEBUG=gctrace=1 printed: pauses, processor time, the heap's curve
///
/// LOG is the standard error of a program that ran with GODEBUG=gctrace=1. It may hold
/// other lines; see `gotrace schedtrace --help`. All versions from Go 1.5 to 1.27 are
/// read.
#[derive(Args)]
#[command(after_help = "\
Of the three clock figures of a gc line only the first and the last are pauses, for
sweep termination and mark termination; the middle one is marking beside the
program. The line's percentage is of all time since the program began; the share
that the page shows is of the time from the first cycle of the log to the last. Sizes
are in MiB, though the lines say MB.

Examples:
  gotrace gctrace stderr.log
  gotrace gctrace --rows 0 stderr.log                   every cycle
  gotrace gctrace --json stderr.log | jq .pauses.p99
  kubectl logs POD | gotrace gctrace --csv - >cycles.csv")]
pub(crate) struct Options {
    /// The log; `-` is standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,

    /// Only this one of several programs in the log: its name, or a part of it, such as the
    /// name of a pod
    #[arg(long, value_name = "NAME")]
    program: Option<String>,

    /// At most N rows of cycles; 0 for one row for each cycle
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
                       stacks_bytes,globals_bytes,procs,program";

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let log = Log::new(&options.log, "gctrace", global)?.only(options.program.as_deref());
    let mut out = Output::open(global, Content::Text)?;
    let (mut all, mut cycles) = (ByProgram::<Collections>::default(), 0_u64);
    if options.csv {
        writeln!(out, "{COLUMNS}")?;
    }
    let ended = log.read(false, |entry| {
        if let Some(collections) = all.of(entry) {
            collections.push(entry);
        }
        cycles += u64::from(matches!(entry.moment, Moment::Gc(_)));
        match &entry.moment {
            Moment::Gc(gc) if options.csv => Ok(writeln!(out, "{}", row(entry, gc))?),
            _ => Ok(()),
        }
    })?;
    let several = all.len() > 1;
    let judged: Vec<_> = all.judged().filter(|program| program.value.cycles > 0).collect();
    if json::asked(options.json) && cycles > 0 {
        let reports: Vec<_> = judged
            .iter()
            .map(|program| {
                GctraceReport::new(log.name(), program.name.as_deref(), &program.value, Log::warnings(&ended))
            })
            .collect();
        match reports.as_slice() {
            [report] if !several => json::write(&mut out, report)?,
            several => json::write(&mut out, &several)?,
        }
    } else if !options.csv {
        for (at, program) in judged.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            let page = Page { styles: out.styles, all: &program.value };
            page.print(&mut out, &program.title(log.name(), several), options.rows)?;
        }
    }
    out.finish()?;
    let status = log.warn(&ended);
    if cycles == 0 {
        return Err(log.nothing("gc line", "gctrace=1", &ended));
    }
    Ok(status)
}

/// Returns a cycle as a row of CSV.
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
        "{},{},{},{},{},{},{},{},{:.4},{},{},{},{},{},{},{},{}",
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
        optional(gc.goal.mib()),
        optional(gc.stacks),
        optional(gc.globals),
        gc.procs,
        quoted(entry.program.as_deref().unwrap_or_default())
    )
}

/// The page about one program.
struct Page<'a> {
    styles: Styles,
    all: &'a Collections,
}

impl Page<'_> {
    /// Prints the page, with at most `rows` rows of cycles.
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
        let share_of = |part: Duration| match all.capacity.as_secs_f64() {
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
            writeln!(out, "            {:>8}{} {dim}{what}{dim:#}", nanos(time), share_of(time))?;
        }
        let series = all.condensed(WIDTH);
        for (label, of) in [
            ("Heap peak", (|p| Some(p.peak)) as fn(&HeapPoint) -> Option<u64>),
            ("Heap live", |p| Some(p.live)),
            ("Goal", |p| p.goal),
        ] {
            let Some(most) = series.iter().filter_map(of).max() else {
                writeln!(out, "{label:<11} {dim}none{dim:#}")?;
                continue;
            };
            let least = series.iter().filter_map(of).min().unwrap_or(0);
            let bars = sparkline_with_gaps(series.iter().map(|point| of(point).map(|size| size as f64)), most as f64);
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
        table::print(out, self.styles, &["count", "total", "50%", "90%", "99%", "longest", ""], rows_of_times)?;
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
                point.goal.map_or("-".into(), |goal| format!("{goal} MiB")),
                String::new(),
            ]
        });
        table::print(out, self.styles, &["cycle", "start", "heap", "live", "goal", ""], cycles)
    }
}

/// Returns a duration in a fitting unit.
fn nanos(time: Duration) -> String {
    duration(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

/// Returns a size, given in MiB, in bytes.
fn mib(size: u64) -> u64 {
    size.saturating_mul(1 << 20)
}
