//! `gotrace schedtrace`.

mod compare;
mod csv;
mod follow;
pub(crate) mod json;
pub(crate) mod page;

use crate::log::Log;
use crate::output::{Content, Output};
use crate::{Global, Status};
use anyhow::Result;
use clap::Args;
use gotrace::godebug::{Moment, Series};
use std::io::Write;
use std::path::PathBuf;

const SETTING: &str = "schedtrace=1000";

/// Show what GODEBUG=schedtrace printed: the scheduler over time, with GC cycles
///
/// LOG is the standard error of a program that ran with GODEBUG=schedtrace=1000,
/// and if you like scheddetail=1 and gctrace=1 besides. It may hold other lines,
/// and those of the runtime may have a prefix (a time, a container), be wrapped in
/// JSON, or be cut in two by other writers' lines. Go 1.5 to 1.27.
#[derive(Args)]
#[command(after_help = "\
The table has a row for each SCHED line, or, if there are more than --rows, for
several in succession: then figures are means, queues the most. Times are since the
first SCHED line, which is soon after the program began. gc lines stand where their
cycle began; that clock starts earlier, and is aligned by the order of the lines.

Examples:
  gotrace schedtrace stderr.log
  gotrace schedtrace --baseline idle.log load.log            what load changes
  GODEBUG=schedtrace=1000,gctrace=1 ./server 2>&1 | gotrace schedtrace --follow -
  kubectl logs POD | gotrace schedtrace --json - | jq 'select(.runqueue > 100)'")]
pub(crate) struct Options {
    /// The log; `-` is standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,

    /// Compare with this log, of the same program at another load
    #[arg(long, value_name = "LOG", conflicts_with_all = ["follow", "csv", "rows"])]
    baseline: Option<PathBuf>,

    /// Print each line as it comes; a file is waited for when it ends
    #[arg(short, long)]
    follow: bool,

    /// At most N rows; 0 for one each SCHED line
    #[arg(long, value_name = "N", default_value_t = 40)]
    rows: usize,

    /// Print JSON, an object for each line or block; times in nanoseconds, sizes in
    /// bytes; with --baseline one object
    #[arg(long, conflicts_with = "csv")]
    json: bool,

    /// Print CSV, a row for each SCHED line
    #[arg(long)]
    csv: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let log = Log::new(&options.log, "schedtrace", global)?;
    let mut out = Output::open(global, Content::Text)?;
    if let Some(baseline) = &options.baseline {
        return compare::run(&Log::new(baseline, "schedtrace", global)?, &log, options.json, out);
    }
    let mut scheds = 0_u64;
    let ended = if options.json {
        let mut text = Vec::new();
        log.read(options.follow, |entry| {
            scheds += u64::from(matches!(entry.moment, Moment::Sched(_)));
            text.clear();
            serde_json::to_writer(&mut text, &json::entry(entry))?;
            text.push(b'\n');
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
    } else if options.follow || options.rows == 0 {
        let mut rows = follow::Rows::new(out.styles);
        log.read(options.follow, |entry| {
            scheds += u64::from(matches!(entry.moment, Moment::Sched(_)));
            rows.entry(entry, &mut out)?;
            if options.follow { Ok(out.flush()?) } else { Ok(()) }
        })?
    } else {
        let mut series = Series::default();
        let ended = log.read(false, |entry| {
            series.push(entry);
            Ok(())
        })?;
        if let Some(total) = series.total() {
            scheds = total.snapshots;
            page::Page { styles: out.styles, series: &series, total: &total, ended: &ended }.print(
                &mut out,
                log.name(),
                options.rows,
            )?;
        }
        ended
    };
    out.finish()?;
    let status = log.warn(&ended);
    if scheds == 0 && !(options.json && ended.entries > 0) {
        return Err(log.nothing("SCHED line", SETTING, &ended));
    }
    Ok(status)
}
