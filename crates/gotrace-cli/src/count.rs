//! `gotrace count`: the number of events of each kind.

use crate::global::Global;
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::progress::Meter;
use crate::select::SelectTime;
use crate::{human, json};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::count::{CollectCounts, Counts};
use gotrace::analysis::{Analysis, Follower, SharedEvent, Transition};
use gotrace::report::CountReport;
use gotrace::{Error, Mode, Selected, Trace};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Count events by kind: decode, order and validate, and nothing else
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace count trace.out
  gotrace count --threads 1 --json trace.out | jq .events
  gotrace count --raw trace.out                  events by their type in the file")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Scan all batches without ordering or validating, and count by wire type
    #[arg(long, conflicts_with_all = ["in_order", "from", "to", "goroutine", "function", "region", "task", "proc", "thread", "state", "reason"])]
    raw: bool,

    /// Read the one ordered stream, instead of several generations at a time on
    /// several threads: events are ordered on one thread and counted on another
    #[arg(long)]
    in_order: bool,

    /// Print JSON: events, wire_events, generations, warnings, kinds, types
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    select: SelectTime,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let is_part = options.select.is_asked();
    let (counts, mut warnings) = if is_part {
        let selected = options.select.events_of(&input, &trace, global.compat())?;
        let count = CountSelected { selected, count: CollectCounts::default() };
        let (counts, warnings) = options.select.within.analyze(&input, &trace, count)?;
        (counts, texts(&warnings))
    } else if options.raw {
        raw(&input, &trace)?
    } else if options.in_order {
        in_order(&input, &trace)?
    } else {
        side_by_side(&input, &trace)?
    };
    // Ordering drops events of a damaged trace, so those on the wire are counted apart.
    let wire_events = match warnings.is_empty() || options.raw || is_part {
        true => counts.wire_events(),
        false => raw(&input, &trace)?.0.wire_events(),
    };
    if !warnings.is_empty() && !options.raw && !is_part {
        let (kept, all) = (human::number(counts.wire_events()), human::number(wire_events));
        warnings.push(format!("kept {kept} of {all} events"));
    }
    let mut out = Output::open(global, Content::Text)?;
    let kinds = if options.raw { counts.by_type_name() } else { counts.by_kind() };
    if json::asked(options.json) {
        let generations = trace.generations().len();
        json::line(&mut out, &CountReport::new(&counts, !options.raw, wire_events, generations, warnings.len()))?;
    } else {
        options.select.heading(&mut out)?;
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

/// The analysis that counts the events that are selected.
struct CountSelected {
    selected: Selected,
    count: CollectCounts,
}

impl Analysis for CountSelected {
    type Output = Counts;

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if self.selected.contains(transition) {
            self.count.goroutine(transition, follower);
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if self.selected.contains(event) {
            self.count.event(event, follower);
        }
    }

    fn finish(self, follower: &Follower) -> Counts {
        self.count.finish(follower)
    }
}

/// Counts with the warnings that were met.
type Counted = (Counts, Vec<String>);

/// Counts the events of the ordered stream.
fn in_order(input: &Input, trace: &Trace<'_>) -> Result<Counted> {
    let mut count = CollectCounts::default();
    let progress = input.progress(trace);
    let mut meter = Meter::default();
    let warnings = trace.for_each(|event| {
        meter.tick(&progress, &event);
        count.note(&event);
        ControlFlow::Continue(())
    });
    drop(progress);
    Ok((count.counts(), texts(&warnings.map_err(|e| input.error(&e))?)))
}

/// Counts the ordered events, generation by generation on several threads.
fn side_by_side(input: &Input, trace: &Trace<'_>) -> Result<Counted> {
    let progress = input.progress(trace);
    let merge = |count: &mut CollectCounts, more: CollectCounts| {
        count.merge(&more);
        progress.one_more_generation();
    };
    let folded = trace.fold(CollectCounts::default, |count, event| count.note(&event), merge);
    drop(progress);
    let folded = folded.map_err(|e| input.error(&e))?;
    Ok((folded.output.counts(), texts(&folded.warnings)))
}

/// Counts the events on the wire, without ordering, on several threads.
fn raw(input: &Input, trace: &Trace<'_>) -> Result<Counted> {
    let progress = input.progress(trace);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut count, mut defects) = (CollectCounts::default(), Vec::new());
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
