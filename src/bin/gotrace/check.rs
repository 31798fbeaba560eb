//! `gotrace check`.

use crate::human::number;
use crate::input::Input;
use crate::output::{Content, Output};
use crate::progress::{Meter, Progress};
use crate::{Global, Status};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::count::Count;
use gotrace::{Error, ErrorKind, Mode, Trace};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Validate a trace as strictly as Go does, and list all that is wrong with it
#[derive(Args)]
#[command(after_help = "\
Go's reader stops at the defect that is called fatal, which comes first. The
others are those that gotrace meets when it reads on, some of which may follow
from another. The exit status is 0 if the trace is good, 1 if not.

Examples:
  gotrace check trace.out
  gotrace check --json trace.out | jq '.defects[0].offset'
  gotrace check trace.out || gotrace summary trace.out   what is left of it")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print JSON: good, verdict, go, wire_events, kept, lost, defects
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let report = Report::of(&input, global)?;
    let mut out = Output::open(global, Content::Text)?;
    if options.json {
        writeln!(out, "{:#}", report.json(&input))?;
    } else {
        report.print(&mut out)?;
    }
    out.finish()?;
    Ok(if report.stop.is_none() { Status::Done } else { Status::Flawed })
}

/// Something wrong, and what lenient reading does about it.
struct Defect {
    error: Error,
    /// Whether Go's reader stops there.
    fatal: bool,
    /// What is done; none if lenient reading cannot get past it.
    repair: Option<String>,
    lost: u64,
}

struct Report {
    /// Where strict reading, and so Go's, stops.
    stop: Option<Error>,
    /// Events on the wire; those that strict and lenient reading give.
    wire_events: u64,
    strict: u64,
    kept: u64,
    defects: Vec<Defect>,
}

impl Report {
    fn of(input: &Input, global: &Global) -> Result<Report> {
        let (strict, stop) = strictly(input)?;
        let mut report = Report { stop, wire_events: strict, strict, kept: strict, defects: Vec::new() };
        let Some(stop) = &report.stop else { return Ok(report) };
        let options = gotrace::Options::default().mode(Mode::Lenient).threads(global.threads());
        let trace = match Trace::of_file(&input.file, options) {
            Ok(trace) => trace,
            // No trace at all: say what it is, and what to do.
            Err(e) if is_no_trace(&e) => return Err(input.error(&e)),
            Err(_) => {
                report.defects.push(Defect { error: stop.clone(), fatal: true, repair: None, lost: 0 });
                return Ok(report);
            }
        };
        let mut wire = Count::default();
        trace.generations().iter().for_each(|generation| wire.raw_generation(generation, &mut Vec::new()));
        let progress = Progress::new(&trace, false);
        let merge = |count: &mut Count, more: Count| {
            count.merge(&more);
            progress.one_more_generation();
        };
        let kept = trace.fold(Count::default, |count, event| count.note(&event), merge);
        let kept = kept.map_err(|e| input.error(&e))?;
        drop(progress);
        report.wire_events = wire.counts().wire_events();
        report.kept = kept.output.counts().wire_events();
        report.defects = kept
            .warnings
            .iter()
            .map(|warning| Defect {
                error: warning.error().clone(),
                fatal: warning.error().offset() == stop.offset(),
                repair: Some(warning.repair().to_string()),
                lost: warning.lost(),
            })
            .collect();
        // Lenient reading may meet the same defect elsewhere, or as another.
        if !report.defects.iter().any(|defect| defect.fatal) {
            let repair = Some("see the others".to_string());
            report.defects.push(Defect { error: stop.clone(), fatal: true, repair, lost: 0 });
        }
        report.defects.sort_by_key(|defect| (!defect.fatal, defect.error.offset()));
        // Only one can be where it stops.
        report.defects.iter_mut().skip(1).for_each(|defect| defect.fatal = false);
        Ok(report)
    }

    fn lost(&self) -> u64 {
        self.wire_events.saturating_sub(self.kept)
    }

    fn verdict(&self) -> String {
        let Some(stop) = &self.stop else {
            return format!("Go's reader accepts it: {} events", number(self.strict));
        };
        format!(
            "Go's reader stops at byte {} after {} events; gotrace keeps {} of {} events",
            number(stop.offset()),
            number(self.strict),
            number(self.kept),
            number(self.wire_events)
        )
    }

    fn print(&self, out: &mut Output) -> io::Result<()> {
        let (heading, dim) = (out.styles.heading, out.styles.dim);
        for defect in &self.defects {
            let severity = if defect.fatal { "fatal" } else { "further" };
            // A report of what is stuck has lines of its own.
            let text = defect.error.to_string().replace('\n', "\n         ");
            writeln!(out, "{heading}{severity:<7}{heading:#}  {text}")?;
            let lost = if defect.lost == 0 { String::new() } else { format!("; {} events lost", number(defect.lost)) };
            let repair = defect.repair.as_deref().unwrap_or("nothing can be kept");
            writeln!(out, "{dim}         {repair}{lost}{dim:#}")?;
        }
        writeln!(out, "{}", self.verdict())
    }

    fn json(&self, input: &Input) -> Value {
        let defects = self.defects.iter().map(|defect| {
            json!({
                "offset": defect.error.offset(),
                "generation": defect.error.generation(),
                "thread": defect.error.thread().map(|m| m.0),
                "what": defect.error.kind().to_string(),
                "fatal": defect.fatal,
                "recovered": defect.repair.is_some(),
                "repair": defect.repair,
                "lost": defect.lost,
            })
        });
        json!({
            "file": input.name(),
            "bytes": input.bytes().len(),
            "good": self.stop.is_none(),
            "verdict": self.verdict(),
            "go": {
                "accepts": self.stop.is_none(),
                "stops_at": self.stop.as_ref().map(Error::offset),
                "events": self.strict,
            },
            "wire_events": self.wire_events,
            "kept": self.kept,
            "lost": self.lost(),
            "defects": defects.collect::<Value>(),
        })
    }
}

/// How many of the wire's events strict reading gives, and what it ends with.
fn strictly(input: &Input) -> Result<(u64, Option<Error>)> {
    let trace = match Trace::of_file(&input.file, gotrace::Options::default()) {
        Ok(trace) => trace,
        Err(e) => return Ok((0, Some(e))),
    };
    let (mut count, mut stop) = (Count::default(), None);
    let progress = Progress::new(&trace, false);
    let mut meter = Meter::default();
    for event in trace.events() {
        match event {
            Ok(event) => {
                meter.tick(&progress, &event);
                count.note(&event);
            }
            Err(e) => stop = Some(e),
        }
    }
    drop(progress);
    Ok((count.counts().wire_events(), stop))
}

/// Whether a file is something else than a trace, or one that cannot be read.
fn is_no_trace(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Empty | ErrorKind::NotATrace { .. } | ErrorKind::UnsupportedVersion { .. })
}
