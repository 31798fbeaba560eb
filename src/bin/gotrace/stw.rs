//! `gotrace stw`.

use crate::human::{duration, name, number};
use crate::input::Input;
use crate::json::{counted, stack};
use crate::output::{Content, Output, Styles};
use crate::{Global, Status, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::gc::{CollectGc, Gc};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show every stop of the world: for what, how long, who stopped it, and how many
/// goroutines it delayed
///
/// A goroutine counts as delayed if it ran or was ready to when the world was
/// stopped, besides the one that stopped it. The time includes the wait for all
/// others to stop.
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

    /// Show the N longest; at most 100
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (gc, warnings) = input.analyze(&trace, CollectGc::default())?;
    let mut out = Output::open(global, Content::Text)?;
    if options.json {
        writeln!(out, "{:#}", report(&gc, options.top))?;
    } else if gc.kinds.is_empty() {
        writeln!(out, "the world was not stopped in this trace")?;
    } else {
        print(&mut out, &gc, options.top)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

fn print(out: &mut Output, gc: &Gc, top: usize) -> io::Result<()> {
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
    table::below(out, styles, &["count", "total", "p50", "p99", "longest", "delayed", "stopped for"], rows)?;
    for stop in gc.longest.iter().take(top) {
        let who = stop.goroutine.map_or("the runtime".into(), |id| format!("goroutine {id}"));
        writeln!(
            out,
            "\n{heading}{}{heading:#} at {}: {}, by {who}; {} goroutines delayed",
            duration(stop.nanos),
            duration(stop.start.since(gc.start)),
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

fn report(gc: &Gc, top: usize) -> Value {
    let names = &gc.stacks.names;
    let text = |id| String::from_utf8_lossy(names.get(id));
    let kinds = gc.kinds.iter().map(|kind| {
        json!({ "reason": text(kind.reason), "is_gc": kind.is_gc, "delayed": kind.delayed, "durations": counted(&kind.times) })
    });
    let longest = gc.longest.iter().take(top).map(|stop| {
        json!({
            "reason": text(stop.reason),
            "start": stop.start.0,
            "nanos": stop.nanos,
            "goroutine": stop.goroutine.map(|id| id.0),
            "delayed": stop.delayed,
            "stack": stack(&gc.stacks, stop.stack),
        })
    });
    json!({
        "gc": counted(&gc.pauses(true)),
        "other": counted(&gc.pauses(false)),
        "kinds": kinds.collect::<Value>(),
        "longest": longest.collect::<Value>(),
    })
}
