//! `gotrace count`.

use crate::human;
use crate::input::Input;
use crate::output::{Content, Output};
use crate::progress::{Meter, Progress};
use crate::{Global, Status};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::count::{Count, Counts};
use gotrace::{Error, Mode, Trace};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Count events by kind: decode, order and validate, and nothing else
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace count trace.out
  gotrace count --threads 1 --json trace.out | jq .events
  gotrace count --raw trace.out                  how many each type has on the wire")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Scan all batches without ordering or validating, and count by wire type
    #[arg(long, conflicts_with = "in_order")]
    raw: bool,

    /// Keep to the one ordered stream, where several threads could each take
    /// generations
    #[arg(long)]
    in_order: bool,

    /// Print JSON: events, wire_events, generations, warnings, kinds, types
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (counts, mut warnings) = if options.raw {
        raw(&input, &trace)?
    } else if options.in_order {
        in_order(&input, &trace)?
    } else {
        side_by_side(&input, &trace)?
    };
    // What a damaged trace has on the wire, its ordered events cannot tell.
    let wire_events = match warnings.is_empty() || options.raw {
        true => counts.wire_events(),
        false => raw(&input, &trace)?.0.wire_events(),
    };
    if !warnings.is_empty() && !options.raw {
        let (kept, all) = (human::number(counts.wire_events()), human::number(wire_events));
        warnings.push(format!("kept {kept} of {all} events"));
    }
    let mut out = Output::open(global, Content::Text)?;
    let kinds = if options.raw { counts.by_type_name() } else { counts.by_kind() };
    if options.json {
        let object = |counts: &mut dyn Iterator<Item = (&str, u64)>| -> Map<String, Value> {
            counts.map(|(name, n)| (name.to_string(), n.into())).collect()
        };
        let report = json!({
            "events": counts.events(),
            "wire_events": wire_events,
            "generations": trace.generations().len(),
            "warnings": warnings.len(),
            "kinds": if options.raw { Value::Null } else { object(&mut counts.by_kind().into_iter()).into() },
            "types": object(&mut counts.by_type_name().into_iter()),
        });
        writeln!(out, "{report}")?;
    } else {
        let width = human::number(counts.events()).len();
        let style = out.styles.heading;
        for (kind, n) in kinds {
            writeln!(out, "{:>width$}  {kind}", human::number(n))?;
        }
        writeln!(out, "{style}{:>width$}  events{style:#}", human::number(counts.events()))?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// The counts, and the warnings.
type Counted = (Counts, Vec<String>);

fn in_order(input: &Input, trace: &Trace<'_>) -> Result<Counted> {
    let mut count = Count::default();
    let mut events = trace.events();
    let progress = Progress::new(trace, false);
    let mut meter = Meter::default();
    for event in events.by_ref() {
        let event = event.map_err(|e| input.error(&e))?;
        meter.tick(&progress, &event);
        count.note(&event);
    }
    drop(progress);
    Ok((count.counts(), texts(events.warnings())))
}

fn side_by_side(input: &Input, trace: &Trace<'_>) -> Result<Counted> {
    let progress = Progress::new(trace, false);
    let merge = |count: &mut Count, more: Count| {
        count.merge(&more);
        progress.one_more_generation();
    };
    let folded = trace.fold(Count::default, |count, event| count.note(&event), merge);
    drop(progress);
    let folded = folded.map_err(|e| input.error(&e))?;
    Ok((folded.output.counts(), texts(&folded.warnings)))
}

fn raw(input: &Input, trace: &Trace<'_>) -> Result<Counted> {
    let progress = Progress::new(trace, false);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut count, mut defects) = (Count::default(), Vec::new());
        while let Some(generation) = trace.generations().get(next.fetch_add(1, Relaxed)) {
            count.raw_generation(generation, &mut defects);
            input.file.release(generation.byte_range());
            progress.one_more_generation();
        }
        (count, defects)
    };
    let (count, mut defects) = std::thread::scope(|scope| {
        let others: Vec<_> = (1..trace.options().threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        // A thread that panicked ends the process before it is joined.
        for (count, defects) in others.into_iter().filter_map(|other| other.join().ok()) {
            all.0.merge(&count);
            all.1.extend(defects);
        }
        all
    });
    drop(progress);
    if trace.options().mode == Mode::Strict {
        defects.extend(trace.defect().cloned());
    }
    defects.sort_by_key(Error::offset);
    match defects.first() {
        Some(e) if trace.options().mode == Mode::Strict => Err(input.error(e)),
        _ => Ok((count.counts(), [texts(trace.warnings()), texts(&defects)].concat())),
    }
}

fn texts(all: &[impl ToString]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}
