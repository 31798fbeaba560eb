//! `gotrace gc`.

use crate::human::{bytes, count, duration, name, number, percent};
use crate::input::Input;
use crate::json::counted;
use crate::output::{Content, Output};
use crate::{Global, Status, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::gc::{CollectGc, Cycle, Gc};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the garbage collector's cycles: pauses, marking, assists and who paid
/// them, and the heap
#[derive(Args)]
#[command(after_help = "\
A cycle that was under way when the trace began or ended is there in part; what
is not in the trace is shown as -.

Examples:
  gotrace gc trace.out
  gotrace gc trace.out --top 0
  gotrace gc trace.out --json | jq '.cycles[].mark_termination'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print N cycles, the first ones; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds, sizes in bytes
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (gc, warnings) = input.analyze(&trace, CollectGc::default())?;
    let mut out = Output::open(global, Content::Text)?;
    let top = if options.top == 0 { usize::MAX } else { options.top };
    if options.json {
        writeln!(out, "{:#}", report(&gc, top))?;
    } else if gc.cycles.is_empty() {
        writeln!(out, "no garbage collection in this trace")?;
    } else {
        print(&mut out, &gc, top)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

fn print(out: &mut Output, gc: &Gc, top: usize) -> io::Result<()> {
    let styles = out.styles;
    let heading = styles.heading;
    let span = gc.end.since(gc.start);
    let marking: i64 = gc.cycles.iter().filter_map(Cycle::marking).fold(0, i64::saturating_add);
    let pauses = gc.pauses(true);
    writeln!(
        out,
        "{heading}{}{heading:#} in {}: marking {} of the time, the collector took {} of the processors",
        count(gc.cycles.len() as u64, "cycle"),
        duration(span),
        percent(marking, span),
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
            c.start.map_or("before".into(), |start| duration(start.since(gc.start))),
            time(c.sweep_termination),
            time(c.marking()),
            time(c.mark_termination),
            duration(c.dedicated.saturating_add(c.fractional)),
            duration(c.assisting),
            size(c.heap_before),
            size(c.heap_peak),
            size(c.heap_after),
            size(c.goal),
            String::new(),
        ]
    });
    let header = ["begins at", "pause", "marking", "pause", "workers", "assists", "heap", "peak", "after", "goal", ""];
    table::below(out, styles, &header, rows)?;
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
    table::below(out, styles, &["assists", "time", "paid by goroutines that began with"], rows)
}

pub(crate) fn function(func: &[u8]) -> String {
    if func.is_empty() { "(unknown: no stack in the trace)".into() } else { name(func).into_owned() }
}

fn report(gc: &Gc, top: usize) -> Value {
    let cycles = gc.cycles.iter().take(top).map(|c| {
        json!({
            "start": c.start.map(|time| time.0),
            "end": c.end.map(|time| time.0),
            "sweep_termination": c.sweep_termination,
            "marking": c.marking(),
            "mark_termination": c.mark_termination,
            "assists": c.assists,
            "assisting": c.assisting,
            "dedicated": c.dedicated,
            "fractional": c.fractional,
            "idle": c.idle,
            "sweeping": c.sweeping,
            "swept": c.swept,
            "reclaimed": c.reclaimed,
            "heap_before": c.heap_before,
            "heap_peak": c.heap_peak,
            "heap_after": c.heap_after,
            "goal": c.goal,
        })
    });
    let payers = gc.payers.iter().map(|payer| {
        let function = String::from_utf8_lossy(gc.stacks.names.get(payer.function));
        json!({ "function": function, "assists": payer.assists, "nanos": payer.nanos })
    });
    json!({
        "start": gc.start.0,
        "end": gc.end.0,
        "count": gc.cycles.len(),
        "capacity": gc.capacity,
        "taken": gc.taken(),
        "pauses": counted(&gc.pauses(true)),
        "cycles": cycles.collect::<Value>(),
        "payers": payers.collect::<Value>(),
    })
}
