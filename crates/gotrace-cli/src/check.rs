//! `gotrace check`: every defect of a trace, and what Go's reader does about it.

use crate::global::Global;
use crate::human::{count, number};
use crate::input::{Input, NO_EVENTS, is_no_trace};
use crate::json;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::progress::Progress;
use anyhow::Result;
use clap::Args;
use gotrace::analysis::count::CollectCounts;
use gotrace::error::V1Error;
use gotrace::go_reader::{GO_RELEASE, GoEnd, GoReading};
use gotrace::report::{CheckReport, DefectReport, GoReader};
use gotrace::{Error, ErrorKind, Mode, Trace};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Validate a trace as strictly as Go does, and list all that is wrong with it
#[derive(Args)]
#[command(after_help = "\
Go's reader is that of `go tool trace` of Go 1.27.3. It stops at the defect that is
marked fatal and comes first in the list; the events counted for it are those that
`go tool trace -d=parsed` prints until then, syncs included. The further defects are
those that gotrace meets when it reads on; some may be consequences of others.
The exit status is 0 if the trace is good, 1 if not, or if there is no event in it.

Examples:
  gotrace check trace.out
  gotrace check --json trace.out | jq '.defects[0].offset'
  gotrace check trace.out || gotrace summary trace.out   what is left of it")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print JSON: good, verdict, go, wire_events, kept, lost, defects, input
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let mut report = Report::of(&input, global)?;
    let mut out = Output::open(global, Content::Text)?;
    report.input = input.flaws();
    if json::asked(options.json) {
        json::write(&mut out, &report.json(&input))?;
    } else {
        report.print(&input, &mut out)?;
    }
    out.finish()?;
    // The defects stand in the report; other flaws of the input are printed here.
    let status = input.warn(&[] as &[Error]);
    Ok(if report.is_good() { status } else { Status::Flawed })
}

/// A defect of a trace, with what lenient reading does about it.
struct Defect {
    error: Error,
    /// True if Go's reader stops there.
    fatal: bool,
    /// The repair that lenient reading makes; none if it cannot get past the defect.
    repair: Option<String>,
    /// The number of events that are lost by it.
    lost: u64,
}

/// The results of the check.
struct Report {
    go: GoReading,
    has_events: bool,
    /// The number of events on the wire.
    wire_events: u64,
    /// The number of them that lenient reading gives.
    kept: u64,
    defects: Vec<Defect>,
    /// Flaws of the input besides: it changed while it was read, and the like.
    input: Vec<String>,
}

impl Report {
    fn of(input: &Input, global: &Global) -> Result<Report> {
        let strict = Trace::of_file(&input.file, gotrace::Options::default().threads(global.threads()));
        let go = match &strict {
            Ok(trace) => {
                let progress = Progress::new(trace, false);
                GoReading::of(trace, || progress.one_more_generation())
            }
            Err(e) => GoReading::of_no_trace(e.clone()),
        };
        let mut report =
            Report { go, has_events: false, wire_events: 0, kept: 0, defects: Vec::new(), input: Vec::new() };
        let stop = match (report.go.defect().cloned(), &strict) {
            (None, Ok(trace)) => {
                report.has_events = trace.has_events();
                report.wire_events = on_the_wire(trace);
                report.kept = report.wire_events;
                return Ok(report);
            }
            (Some(stop), _) => stop,
            (None, Err(e)) => e.clone(),
        };
        let options = gotrace::Options::default().mode(Mode::Lenient).threads(global.threads());
        let trace = match Trace::of_file(&input.file, options) {
            Ok(trace) => trace,
            // This is no trace at all: the error says what it is, and what to do.
            Err(e) if is_no_trace(&e) => return Err(input.error(&e)),
            Err(_) => {
                report.defects.push(Defect { error: stop, fatal: true, repair: None, lost: 0 });
                return Ok(report);
            }
        };
        let progress = Progress::new(&trace, false);
        let merge = |count: &mut CollectCounts, more: CollectCounts| {
            count.merge(&more);
            progress.one_more_generation();
        };
        let kept = trace.fold(CollectCounts::default, |count, event| count.note(&event), merge);
        let kept = kept.map_err(|e| input.error(&e))?;
        drop(progress);
        report.has_events = trace.has_events();
        report.wire_events = on_the_wire(&trace);
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
        // Lenient reading may meet the same defect elsewhere, or as another, or find none.
        if !report.defects.iter().any(|defect| defect.fatal) {
            let repair = Some(own_repair(stop.kind()).unwrap_or("see the others").to_string());
            report.defects.push(Defect { error: stop, fatal: true, repair, lost: 0 });
        }
        report.defects.sort_by_key(|defect| (!defect.fatal, defect.error.offset()));
        // Go's reader stops at one defect only.
        report.defects.iter_mut().skip(1).for_each(|defect| defect.fatal = false);
        Ok(report)
    }

    fn is_good(&self) -> bool {
        matches!(self.go.end, GoEnd::Accepts) && self.has_events && self.input.is_empty()
    }

    /// Returns the number of events that lenient reading does not give.
    fn lost(&self) -> u64 {
        self.wire_events.saturating_sub(self.kept)
    }

    /// Returns the verdict in a sentence.
    fn verdict(&self) -> String {
        let go = self.what_go_does();
        let left = if self.has_events { "" } else { NO_EVENTS };
        match (&self.go.end, self.has_events) {
            (GoEnd::Accepts, true) => go,
            (_, false) => format!("{left} {go}"),
            _ => format!("{go}; gotrace keeps {} of {} events", number(self.kept), number(self.wire_events)),
        }
    }

    /// Returns, as a sentence, how Go's reader takes the trace.
    fn what_go_does(&self) -> String {
        let reader = format!("Go {GO_RELEASE}'s reader");
        let given = self.go.events.map(|events| count(events, "event")).unwrap_or_default();
        let after = if given.is_empty() { String::new() } else { format!(" after {given}") };
        match &self.go.end {
            GoEnd::Accepts if self.has_events => format!("{reader} accepts it: {given}"),
            GoEnd::Accepts => format!("{reader} accepts it: {}", count(self.go.events.unwrap_or(0), "sync")),
            GoEnd::EndsEarly(e) => {
                format!("{reader} takes byte {} for the end of the trace{after}, without an error", number(e.offset()))
            }
            GoEnd::Refuses(e) if matches!(e.kind(), ErrorKind::GivenUp { .. }) => {
                format!("{reader} refuses it: {}", e.kind())
            }
            GoEnd::Refuses(e) => format!("{reader} stops at byte {}{after}", number(e.offset())),
            GoEnd::Panics(e) => format!("{reader} panics at byte {}{after}", number(e.offset())),
            GoEnd::Unknown(e) => {
                format!("{reader} may or may not go on at byte {}: that is not known", number(e.offset()))
            }
            _ => format!("{reader} does not accept it"),
        }
    }

    /// Returns the command to try, if `repair` would help.
    fn advice(&self, input: &Input) -> Option<String> {
        let whole = matches!(self.go.end, GoEnd::Accepts);
        let repairable = !whole && self.has_events && self.kept > 0;
        repairable.then(|| format!("try: gotrace repair {} -o whole.trace, which Go's tools open", input.file_name()))
    }

    fn print(&self, input: &Input, out: &mut Output) -> io::Result<()> {
        let (heading, dim) = (out.styles.heading, out.styles.dim);
        for defect in &self.defects {
            let severity = if defect.fatal { "fatal" } else { "further" };
            // The error of an order that cannot be found lists the stuck Ms, one a line.
            let text = defect.error.to_string().replace('\n', "\n         ");
            writeln!(out, "{heading}{severity:<7}{heading:#}  {text}")?;
            let lost = if defect.lost == 0 { String::new() } else { format!("; {} lost", count(defect.lost, "event")) };
            let repair = defect.repair.as_deref().unwrap_or("nothing can be kept");
            writeln!(out, "{dim}         {repair}{lost}{dim:#}")?;
        }
        writeln!(out, "{}", self.verdict())?;
        match self.advice(input) {
            Some(advice) => writeln!(out, "{dim}{advice}{dim:#}"),
            None => Ok(()),
        }
    }

    fn json<'a>(&self, input: &'a Input) -> CheckReport<'a> {
        let report = |d: &Defect| DefectReport::new(&d.error, d.fatal, d.repair.clone(), d.lost);
        CheckReport {
            advice: self.advice(input),
            bytes: input.bytes().len(),
            defects: self.defects.iter().map(report).collect(),
            file: input.name(),
            go: GoReader::from(&self.go),
            good: self.is_good(),
            input: self.input.clone(),
            kept: self.kept,
            lost: self.lost(),
            verdict: self.verdict(),
            wire_events: self.wire_events,
        }
    }
}

/// Returns the number of events on the wire, whether or not they can be ordered.
fn on_the_wire(trace: &Trace<'_>) -> u64 {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wire = CollectCounts::default();
        while let Some(generation) = trace.generations().get(next.fetch_add(1, Relaxed)) {
            wire.raw_generation(generation, &mut Vec::new());
        }
        wire.counts().wire_events()
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..trace.options().threads).map(|_| scope.spawn(work)).collect();
        // A thread that panicked ends the process before it is joined.
        work() + others.into_iter().filter_map(|other| other.join().ok()).sum::<u64>()
    })
}

/// Returns what gotrace does where only Go's reader sees a defect; none for other errors.
fn own_repair(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::GivenUp { .. } => "gotrace reads it",
        ErrorKind::V1(V1Error::UnannouncedCallback { .. }) => "the end of the system call is supplied",
        ErrorKind::V1(V1Error::FutileWakeup) => "the wakeup and the wait after it are left out, as Go 1.21 does",
        ErrorKind::UnknownString { .. } | ErrorKind::FrameString { .. } => "the name is left empty",
        ErrorKind::UnknownStack { .. } => "the stack is left out",
        _ => return None,
    })
}
