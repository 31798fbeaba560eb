//! `gotrace schedtrace`: GODEBUG's `SCHED` lines as tables over time, JSON and CSV.

mod compare;
pub(crate) mod csv;
mod follow;
pub(crate) mod page;
mod states;

use crate::global::Global;
use crate::json;
use crate::log::{Ended, Log};
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::programs::{ByProgram, OneProgram};
use anyhow::Result;
use clap::Args;
use gotrace::godebug::{Moment, Series};
use gotrace::report::{LogLines, SchedtraceReport};
use std::io::Write;
use std::path::PathBuf;

const SETTING: &str = "schedtrace=1000";

/// Rows of the table, if the user does not say how many.
const ROWS: usize = 40;

/// Show what GODEBUG=schedtrace printed: the scheduler over time, with GC cycles
///
/// LOG is the standard error of a program that ran with GODEBUG=schedtrace=1000,
/// and optionally scheddetail=1 and gctrace=1. It may hold other lines; the lines of
/// the runtime may have a prefix (a time, a container), be wrapped in JSON, or be
/// broken by the output of other writers. It may be compressed by gzip or zstd. All
/// versions from Go 1.5 to 1.27 are read.
#[derive(Args)]
#[command(after_help = "\
The table has a row for each SCHED line. If there are more lines than --rows, a row
stands for several successive lines: figures are then means, and the longest queue is
the longest of them all. Times count from the first SCHED line, soon after the program
began. gc lines stand where their cycle began; their clock starts earlier, and is
aligned by the order of the lines. needspinning, gcwaiting and stopwait have a column
if they are not 0 in all lines.

With scheddetail=1, the states of goroutines (Gs), Ps and threads (Ms) come first: how
many were in each state in the mean, at most, and in the last block. An M that is
scheduling has a P and no goroutine; an M that is locked waits for the goroutine that
is locked to it. A P that stood still had one goroutine, or was in one system call, from
line to line.

Examples:
  gotrace schedtrace stderr.log
  gotrace schedtrace --baseline idle.log load.log            what load changes
  GODEBUG=schedtrace=1000,gctrace=1 ./server 2>&1 | gotrace schedtrace --follow -
  kubectl logs POD | gotrace schedtrace --json - | jq 'select(.runqueue > 100)'")]
pub(crate) struct Options {
    /// The log; `-` is standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,

    /// Compare with this log of the same program at another load
    #[arg(long, value_name = "LOG", conflicts_with_all = ["follow", "csv", "rows"])]
    baseline: Option<PathBuf>,

    /// Print each line as it comes; at the end of a file, wait for more
    #[arg(short, long)]
    follow: bool,

    /// Only this one of several programs in the log: its name, or a part of it, such as the
    /// name of a pod
    #[arg(long, value_name = "NAME")]
    program: Option<String>,

    /// At most N rows; 0 for one row for each SCHED line [default: 40]
    #[arg(long, value_name = "N")]
    rows: Option<usize>,

    /// Print JSON, an object for each line or block; times in nanoseconds, sizes in
    /// bytes; with --baseline one object, with --rows a list of programs, each with a table
    /// of some N rows, and of 4096 at most
    #[arg(long, conflicts_with = "csv")]
    json: bool,

    /// Print CSV, a row for each SCHED line
    #[arg(long)]
    csv: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let program = options.program.as_deref();
    let log = Log::new(&options.log, "schedtrace", global)?.only(program);
    if let (true, true, Some(_)) = (json::asked(options.json), options.follow, options.rows) {
        return Err(
            Usage("--rows with --json is a table of the whole log, of which --follow knows no end".into()).into()
        );
    }
    let mut out = Output::open(global, Content::Text)?;
    if let Some(baseline) = &options.baseline {
        return compare::run(
            &Log::new(baseline, "schedtrace", global)?.only(program),
            &log,
            json::asked(options.json),
            out,
        );
    }
    let mut scheds = 0_u64;
    let ended = if json::asked(options.json) && options.rows.is_none() {
        let (mut text, mut lines) = (Vec::new(), LogLines::default());
        log.read(options.follow, |entry| {
            scheds += u64::from(matches!(entry.moment, Moment::Sched(_)));
            text.clear();
            json::line(&mut text, &lines.next(entry))?;
            out.write_all(&text)?;
            if options.follow { Ok(out.flush()?) } else { Ok(()) }
        })?
    } else if options.csv {
        let mut rows = csv::Rows::default();
        rows.header(&mut out)?;
        let ended = log.read(options.follow, |entry| {
            scheds += u64::from(matches!(entry.moment, Moment::Sched(_)));
            rows.entry(entry, &mut out)?;
            if options.follow { Ok(out.flush()?) } else { Ok(()) }
        })?;
        rows.finish(&mut out)?;
        ended
    } else if !json::asked(options.json) && (options.follow || options.rows == Some(0)) {
        let mut rows = follow::Rows::new(out.styles);
        log.read(options.follow, |entry| {
            scheds += u64::from(matches!(entry.moment, Moment::Sched(_)));
            rows.entry(entry, &mut out)?;
            if options.follow { Ok(out.flush()?) } else { Ok(()) }
        })?
    } else {
        let mut all = ByProgram::<Series>::default();
        let ended = log.read(false, |entry| {
            scheds += u64::from(matches!(entry.moment, Moment::Sched(_)));
            if let Some(series) = all.of(entry) {
                series.push(entry);
            }
            Ok(())
        })?;
        if json::asked(options.json) && scheds > 0 {
            json::write(&mut out, &reports(&log, &all, &ended, options.rows))?;
        } else if !json::asked(options.json) {
            print(&mut out, &log, &all, &ended, options.rows.unwrap_or(ROWS))?;
        }
        ended
    };
    out.finish()?;
    let status = log.warn(&ended);
    if scheds == 0 && !(options.json && options.rows.is_none() && ended.entries > 0) {
        return Err(log.nothing("SCHED line", SETTING, &ended));
    }
    Ok(status)
}

/// Prints a page for each program.
fn print(out: &mut Output, log: &Log, all: &ByProgram<Series>, ended: &Ended, rows: usize) -> Result<()> {
    let mut first = true;
    for program in all.judged() {
        let Some(total) = program.value.total() else { continue };
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let clock_offset = ended.clock_offset(program.name.as_deref());
        let title = program.title(log.name(), all.len() > 1);
        let page = page::Page { styles: out.styles, series: &program.value, total: &total, clock_offset };
        page.print(out, &title, rows)?;
    }
    Ok(())
}

/// Returns the report on each program with a `SCHED` line, with about `rows` rows.
fn reports<'a>(
    log: &'a Log,
    all: &'a ByProgram<Series>,
    ended: &Ended,
    rows: Option<usize>,
) -> Vec<SchedtraceReport<'a>> {
    let rows = rows.filter(|rows| *rows > 0).unwrap_or(usize::MAX);
    let programs = all.judged().filter(|program| !program.value.points().is_empty());
    let report = |program: &'a OneProgram<Series>| {
        let name = program.name.as_deref();
        let offset = ended.clock_offset(name);
        SchedtraceReport::new(log.name(), name, (&program.value, rows), offset, Log::warnings(ended))
    };
    programs.map(report).collect()
}
