//! `gotrace diff`: what changed between two sides of traces.

mod notes;
mod page;

use crate::complain::{Complaints, complain};
use crate::global::Global;
use crate::json;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::several::{OneOfSeveral, Several};
use crate::within::Within;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::compare::{Condition, Figures, Judged, Metric, Side, Sides, questions};
use gotrace::report::{ComparedSide, ComparedTrace, DiffReport, LeftOutTrace};
use page::Page;
use std::io::Write;
use std::path::PathBuf;

/// Show what changed between two sides of traces, such as two releases
///
/// The trace is the sample: with four or more on each side, a figure counts as changed if the
/// Mann-Whitney U test says so, corrected for the number of figures; `~` means that nothing can
/// be told. Eight or more on a side are better. With fewer than four, sizes of changes are
/// printed, and no verdicts. Figures are medians, with the half of their 95% confidence
/// interval; they are normalised by time and by the number of Ps.
///
/// Record the traces of both sides alike: as long, under the same load, and in turn.
#[derive(Args)]
#[command(after_help = "\
docs/diff.md has an example, and the meaning of each figure. GODEBUG's logs are compared by
`gotrace schedtrace --baseline`.

Examples:
  gotrace diff old*.trace --vs new*.trace
  gotrace diff old*.trace --vs new*.trace --from 1s        without the first second of each
  gotrace diff old*.trace --vs new*.trace --fail-on 'latency.p99>+10%' --fail-on 'gc>+20%'
                                                           for CI: status 3 if it became worse
  gotrace diff old*.trace --vs new*.trace --fail-on 'task.p50:request>+5%'
  gotrace diff --metrics                                   the figures, and what they mean
  gotrace diff --json a*.trace --vs b*.trace | jq '.figures[] | select(.verdict == \"changed\")'")]
pub(crate) struct Options {
    /// The traces of the first side; `-` is standard input
    #[arg(value_name = "A", required_unless_present = "metrics")]
    a: Vec<PathBuf>,

    /// The traces of the second side
    #[arg(long = "vs", value_name = "B", num_args = 1.., required_unless_present = "metrics")]
    b: Vec<PathBuf>,

    /// Show the N reasons, functions, task types and region types that matter most; 0 for all
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,

    /// End with status 3 if a figure changed by more, such as latency.p99>+10% or
    /// running<-5%; can be repeated
    #[arg(long, value_name = "CONDITION", value_parser = str::parse::<Condition>)]
    fail_on: Vec<Condition>,

    /// Call a figure changed whose corrected p-value is at most ALPHA
    #[arg(long, value_name = "ALPHA", default_value = "0.05", value_parser = alpha)]
    alpha: f64,

    /// List the metrics
    #[arg(long)]
    metrics: bool,

    /// Print JSON; times in nanoseconds, shares from 0 to 1
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    within: Within,
}

/// Parses a probability that can stand for doubt.
fn alpha(text: &str) -> Result<f64, &'static str> {
    let alpha = text.parse::<f64>().ok().filter(|alpha| *alpha > 0.0 && *alpha <= 0.5);
    alpha.ok_or("expected a number above 0, up to 0.5")
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    if options.metrics {
        return list(global);
    }
    let files = [&options.a[..], &options.b].concat();
    let mut results = Several::new(&files).each(global.threads(), |one| read(one, options, global)).into_iter();
    let mut complaints = Complaints::default();
    let mut sides = Vec::new();
    for (side, files) in [(Side::A, &options.a), (Side::B, &options.b)] {
        let results = results.by_ref().take(files.len()).collect();
        sides.push(Read::side(side, results, &mut complaints)?);
    }
    let [a, b] = &mut sides[..] else { return Err(anyhow!("expected two sides")) };
    if let Some((one, other)) = a.same_as(b) {
        let why = "stand on both sides, but are the same trace, of which nothing can be learned";
        return Err(anyhow!("{one} and {other} {why}"));
    }
    let compared = Sides::new(&a.figures, &b.figures);
    let judged = compared.judge(&options.fail_on, options.alpha)?;
    let top = if options.top == 0 { usize::MAX } else { options.top };
    let comparison = compared.compare(top, options.alpha);
    let notes = notes::notes([&a.figures, &b.figures], &comparison, options.alpha);
    let mut out = Output::open(global, Content::Text)?;
    if options.json {
        let sides = [std::mem::take(&mut a.report), std::mem::take(&mut b.report)];
        json::write(&mut out, &DiffReport::new(sides, &comparison, &judged, &notes, options.alpha))?;
    } else {
        options.within.heading(&mut out)?;
        let page = Page { styles: out.styles, sides: [&a.report, &b.report], alpha: options.alpha };
        page.print(&mut out, &comparison, &judged, &notes)?;
    }
    out.finish()?;
    let status = complaints.print();
    let holds = judged.iter().filter(|judged| judged.holds).map(|judged: &Judged<'_>| judged.condition.to_string());
    let holds: Vec<String> = holds.collect();
    if holds.is_empty() {
        return Ok(status);
    }
    complain("error", &format!("--fail-on: {}", holds.join(", ")));
    Ok(Status::Found)
}

/// A trace that was read.
struct Read {
    trace: ComparedTrace,
    figures: Figures,
    complaints: Complaints,
}

/// The traces of a side that were read.
struct SideRead {
    figures: Vec<Figures>,
    report: ComparedSide,
}

/// Reads a trace. The error has the name of the file.
fn read(one: OneOfSeveral<'_>, options: &Options, global: &Global) -> Result<Read, (String, anyhow::Error)> {
    let name = one.name();
    let read = || -> Result<Read> {
        let input = one.open(global)?;
        let trace = input.trace()?;
        let (answers, warnings) = options.within.analyze(&input, &trace, questions())?;
        let figures = Figures::new(answers);
        let told = warnings.iter().map(ToString::to_string).chain(input.flaws()).collect();
        let trace = ComparedTrace::new(input.name(), trace.version().to_string(), &figures, told);
        Ok(Read { trace, figures, complaints: input.complaints(&warnings) })
    };
    read().map_err(|e| (name, e))
}

impl Read {
    /// Puts together a side of what came of its files.
    ///
    /// # Errors
    /// If no trace is left, or the command line is wrong.
    fn side(
        side: Side,
        results: Vec<Result<Read, (String, anyhow::Error)>>,
        complaints: &mut Complaints,
    ) -> Result<SideRead> {
        let (files, mut left_out) = (results.len(), Vec::new());
        let (mut figures, mut traces) = (Vec::<Figures>::new(), Vec::<ComparedTrace>::new());
        for result in results {
            let (file, why) = match result {
                Ok(read) => {
                    let known = figures.iter().position(|known| known.are_of_the_same_trace_as(&read.figures));
                    let Some(known) = known.and_then(|at| traces.get(at)) else {
                        complaints.append(read.complaints);
                        figures.push(read.figures);
                        traces.push(read.trace);
                        continue;
                    };
                    let why = format!("{}: is the same trace as {}, and is left out", read.trace.file, known.file);
                    (read.trace.file, why)
                }
                // A command line that is wrong for one is wrong for all.
                Err((_, e)) if e.is::<Usage>() || files == 1 => return Err(e),
                Err((file, e)) => (file, format!("{e:#}")),
            };
            complaints.add("error", why.clone());
            left_out.push(LeftOutTrace::new(file, why));
        }
        if figures.is_empty() {
            complaints.print();
            return Err(anyhow!("no trace of side {side} could be read"));
        }
        Ok(SideRead { figures, report: ComparedSide::new(traces, left_out) })
    }
}

impl SideRead {
    /// Returns the names of a trace that is on another side too, on this side and on that.
    fn same_as<'r>(&'r self, other: &'r SideRead) -> Option<(&'r str, &'r str)> {
        let with_names =
            |side: &'r SideRead| side.figures.iter().zip(side.report.traces.iter().map(|trace| &trace.file[..]));
        with_names(self).find_map(|(one, name)| {
            let same = with_names(other).find(|(other, _)| one.are_of_the_same_trace_as(other));
            same.map(|(_, other)| (name, other))
        })
    }
}

/// Prints the metrics.
fn list(global: &Global) -> Result<Status> {
    let mut out = Output::open(global, Content::Text)?;
    for metric in Metric::ALL {
        writeln!(out, "{}\n    {}", notes::shown(*metric), metric.meaning())?;
    }
    out.finish()?;
    Ok(Status::Done)
}
