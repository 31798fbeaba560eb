//! `gotrace gc`: the cycles of the garbage collector.

use crate::global::Global;
use crate::human::{bytes, count, duration, moment, name, number, percent};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::whole::Whole;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::Time;
use gotrace::analysis::gc::{CollectGc, Cut, Cycle, Gc};
use gotrace::report::GcReport;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the garbage collector's cycles: pauses, marking, assists with the
/// goroutines that had to do them, and the heap
#[derive(Args)]
#[command(after_help = "\
A cycle that was under way when the trace began or ended counts with the part that
is in the trace, and the last column says so; figures that the trace lacks are shown
as -. The collector's time is that of dedicated and fractional workers, of assists, and
of Ps that stood still for it. Idle workers do not count, as they ran where nothing else
wanted to, nor does sweeping. The runtime counts in the same way (/cpu/classes/gc).

Examples:
  gotrace gc trace.out
  gotrace gc trace.out --top 0
  gotrace gc trace.out --json | jq '.cycles[].mark_termination'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print the first N cycles; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds, sizes in bytes
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
    let top = if options.top == 0 { usize::MAX } else { options.top };
    if json::asked(options.json) {
        json::write(&mut out, &GcReport::new(&gc, top))?;
    } else if gc.cycles.is_empty() {
        writeln!(out, "no garbage collection in this trace")?;
    } else {
        print(&mut out, &gc, options.within.origin(&trace, gc.start), top)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// Prints the page; moments count from `origin`.
fn print(out: &mut Output, gc: &Gc, origin: Time, top: usize) -> io::Result<()> {
    let styles = out.styles;
    let heading = styles.heading;
    let span = gc.end.since(gc.start);
    let pauses = gc.pauses(true);
    writeln!(
        out,
        "{heading}{}{heading:#} in {}: marking {} of the time, the collector took {} of the processors",
        count(gc.cycles.len() as u64, "cycle"),
        duration(span),
        percent(gc.marking(), span),
        percent(gc.taken(), gc.capacity),
    )?;
    writeln!(
        out,
        "pauses: {}, {} together, p50 {}, p99 {}, longest {}",
        number(pauses.count()),
        duration(pauses.sum()),
        duration(pauses.quantile(0.5)),
        duration(pauses.quantile(0.99)),
        duration(pauses.max()),
    )?;
    let sum = |of: fn(&Cycle) -> i64| duration(gc.cycles.iter().map(of).fold(0, i64::saturating_add));
    writeln!(
        out,
        "workers: dedicated {}, fractional {}, idle {}; assists {} in {}; sweeping {}",
        sum(|c| c.dedicated),
        sum(|c| c.fractional),
        sum(|c| c.idle),
        number(gc.cycles.iter().map(|c| c.assists).sum()),
        sum(|c| c.assisting),
        sum(|c| c.sweeping),
    )?;
    let time = |nanos: Option<i64>| nanos.map_or("-".into(), duration);
    let size = |size: Option<u64>| size.map_or("-".into(), bytes);
    let rows = gc.cycles.iter().take(top).map(|c| {
        vec![
            c.start.map_or("before".into(), |start| moment(start.since(origin))),
            time(c.sweep_termination),
            duration(c.marking()),
            time(c.mark_termination),
            duration(c.dedicated.saturating_add(c.fractional)),
            duration(c.assisting),
            size(c.heap_before),
            size(c.heap_peak),
            size(c.heap_after),
            size(c.goal),
            c.cut().map_or(String::new(), |cut| format!("  {}", cut_at(cut))),
        ]
    });
    let cut = if gc.cycles.iter().take(top).any(|c| c.cut().is_some()) { "  cut by the trace's" } else { "" };
    let header = ["begins at", "pause", "marking", "pause", "workers", "assists", "heap", "peak", "after", "goal", cut];
    table::print(out, styles, &header, rows)?;
    if let Some(more) = gc.cycles.len().checked_sub(top).filter(|more| *more > 0) {
        writeln!(out, "({} more; --top 0 lists all)", number(more as u64))?;
    }
    let names = &gc.stacks.names;
    let rows = gc
        .payers
        .iter()
        .filter(|payer| payer.nanos > 0)
        .take(10)
        .map(|payer| vec![number(payer.assists), duration(payer.nanos), function(names.get(payer.function))]);
    table::print(out, styles, &["assists", "time", "paid by goroutines that began with"], rows)
}

/// Returns which end of the trace cuts a cycle, in words.
fn cut_at(cut: Cut) -> &'static str {
    match cut {
        Cut::Beginning => "beginning",
        Cut::End => "end",
        Cut::Both => "beginning and end",
    }
}

/// Returns the name of a function as the page shows it.
pub(crate) fn function(func: &[u8]) -> String {
    if func.is_empty() { "(unknown: no stack in the trace)".into() } else { name(func).into_owned() }
}
