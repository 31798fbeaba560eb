//! `gotrace stw`: every stop of the world.

use crate::global::Global;
use crate::human::{duration, moment, name, number};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::whole::Whole;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::Time;
use gotrace::analysis::gc::{CollectGc, Gc};
use gotrace::report::StwReport;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show every stop of the world: its reason and length, the goroutine that stopped
/// it, and how many goroutines it delayed
///
/// A goroutine counts as delayed if it ran or was ready to run when the world was
/// stopped; the one that stopped it does not count. The time includes the wait for
/// all others to stop.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace stw trace.out
  gotrace stw trace.out --top 3        the longest, with their stacks
  gotrace stw --json trace.out | jq '.kinds'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Show the N longest stops; at most 100
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    within: Whole,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (gc, warnings) = options.within.analyze(&input, &trace, CollectGc::default())?;
    let mut out = Output::open(global, Content::Text)?;
    if !json::asked(options.json) {
        options.within.heading(&mut out)?;
    }
    if json::asked(options.json) {
        json::write(&mut out, &StwReport::new(&gc, options.top))?;
    } else if gc.kinds.is_empty() {
        writeln!(out, "the world was not stopped in this trace")?;
    } else {
        print(&mut out, &gc, options.within.origin(&trace, gc.start), options.top)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// Prints the page; moments count from `origin`.
fn print(out: &mut Output, gc: &Gc, origin: Time, top: usize) -> io::Result<()> {
    let styles = out.styles;
    let Styles { heading, dim, .. } = styles;
    let names = &gc.stacks.names;
    let (of_gc, other) = (gc.pauses(true), gc.pauses(false));
    writeln!(
        out,
        "{heading}{} stops{heading:#}: {} for the collector, {} together; {} for others, {} together",
        number(of_gc.count() + other.count()),
        number(of_gc.count()),
        duration(of_gc.sum()),
        number(other.count()),
        duration(other.sum()),
    )?;
    let rows = gc.kinds.iter().map(|kind| {
        let t = &kind.times;
        let times = [t.sum(), t.quantile(0.5), t.quantile(0.99), t.max()].map(duration);
        std::iter::once(number(t.count()))
            .chain(times)
            .chain([number(kind.delayed), name(names.get(kind.reason)).into_owned()])
            .collect()
    });
    table::print(out, styles, &["count", "total", "p50", "p99", "longest", "delayed", "stopped for"], rows)?;
    for stop in gc.longest.iter().take(top) {
        let who = stop.goroutine.map_or("the runtime".into(), |id| format!("goroutine {id}"));
        writeln!(
            out,
            "\n{heading}{}{heading:#} at {}: {}, by {who}; {} goroutines delayed",
            duration(stop.nanos),
            moment(stop.start.since(origin)),
            name(names.get(stop.reason)),
            number(stop.delayed),
        )?;
        for frame in gc.stacks.frames(stop.stack) {
            writeln!(
                out,
                "    {}  {dim}{}:{}{dim:#}",
                name(names.get(frame.func)),
                name(names.get(frame.file)),
                frame.line
            )?;
        }
    }
    Ok(())
}
