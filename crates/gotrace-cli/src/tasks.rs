//! `gotrace tasks`: the program's own tasks, by type or one by one.

mod find;

use crate::global::Global;
use crate::human::{count, duration, moment, name, number, of_all};
use crate::input::Input;
use crate::moment::time;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::regions::{AFTER, BEFORE, bars};
use crate::select::Select;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use find::{Found, Tasks, find, took};
use gotrace::analysis::durations::Durations;
use gotrace::analysis::gc::Gc;
use gotrace::analysis::goroutines::{RegionSummary, Summaries, TaskLog, TaskSummary};
use gotrace::analysis::names::{NameId, Names};
use gotrace::analysis::task_types::{TaskKind, TaskSums};
use gotrace::report::{self, OneTask, TaskTypesReport, TasksReport};
use gotrace::{GoId, TaskId, Time};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the tasks that a program marks with runtime/trace: how long they took, and
/// what was done for each
///
/// A task is complete if it began and ended in the trace; latencies are those of
/// complete tasks.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace tasks trace.out
  gotrace tasks trace.out --type request --min 50ms --each     the slow ones, step by step
  gotrace tasks trace.out --task 17 --each                     one, and the tasks that are parts of it
  gotrace tasks trace.out --each --log 'order 4711'
  gotrace tasks trace.out --histogram")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Only tasks whose type matches REGEX
    #[arg(long = "type", value_name = "REGEX")]
    kind: Option<String>,

    /// Only complete tasks that took at least TIME, such as 10ms
    #[arg(long, value_name = "TIME", value_parser = time)]
    min: Option<i64>,

    /// Only complete tasks that took at most TIME
    #[arg(long, value_name = "TIME", value_parser = time)]
    max: Option<i64>,

    /// Only complete tasks
    #[arg(long)]
    complete: bool,

    /// Only tasks for which a message was logged that contains TEXT
    #[arg(long, value_name = "TEXT")]
    log: Option<String>,

    /// Print each task, the longest first: its regions, messages and goroutines
    #[arg(long)]
    each: bool,

    /// Print histograms of how long tasks took, in Go's buckets
    #[arg(long, conflicts_with = "each")]
    histogram: bool,

    /// Print N types or tasks; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    select: Select,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let compat = global.compat();
    let selected = options.select.of(&input, &trace, global.compat())?;
    let (Found { any, count, tasks }, warnings) = find(options, compat, &input, &trace, &selected)?;
    let mut out = Output::open(global, Content::Text)?;
    if !json::asked(options.json) {
        options.select.heading(&mut out)?;
    }
    if count == 0 && !json::asked(options.json) {
        writeln!(out, "{}", if any { "no task matches" } else { "no tasks in this trace" })?;
    } else {
        match &tasks {
            Tasks::Types { sums, stacks } => types(&mut out, options, sums, &stacks.names)?,
            Tasks::Each { listed, longest, gc } => {
                let origin = options.select.within.origin(&trace, listed.start);
                let report = Report { options, summaries: listed, origin, gc };
                report.each(&mut out, longest, count)?;
            }
        }
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// Returns which end of an incomplete task is missing from the trace, in words.
fn not_whole(task: &TaskSummary) -> &'static str {
    match (task.start, task.end) {
        (None, Some(_)) => BEFORE,
        (Some(_), None) => AFTER,
        _ => NEITHER,
    }
}

/// The words for tasks without a beginning and without an end in the trace.
const NEITHER: &str = "began before the trace, ended after it or never";

/// Returns the name of a type of tasks; for tasks without one, which end is missing.
fn type_name(kind: TaskKind, names: &Names) -> Result<String, &'static str> {
    match kind {
        TaskKind::Type(name) => Ok(String::from_utf8_lossy(names.get(name)).into_owned()),
        TaskKind::BegunBefore => Err(BEFORE),
        _ => Err(NEITHER),
    }
}

/// Returns a type of tasks as the page shows it; for tasks without one, which end is missing.
fn shown_type(kind: &Result<String, &'static str>) -> String {
    match kind {
        Ok(kind) if kind.is_empty() => "(no name)".into(),
        Ok(kind) => name(kind.as_bytes()).into_owned(),
        Err(not_whole) => format!("({not_whole})"),
    }
}

/// Prints tasks by type.
fn types(out: &mut Output, options: &Options, sums: &TaskSums, names: &Names) -> io::Result<()> {
    let types = sums.longest(options.most(), names);
    let types: Vec<_> = types.into_iter().map(|of| (type_name(of.kind, names), of)).collect();
    if json::asked(options.json) {
        let types = types.iter().map(|(kind, of)| {
            let kind = kind.as_deref().map_err(|not_whole| *not_whole);
            report::TaskType::new(kind, of.count, &of.complete, &of.histogram)
        });
        return json::write(out, &TaskTypesReport::new(types.collect()));
    }
    let styles = out.styles;
    let heading = styles.heading;
    let rows = types.iter().map(|(kind, of)| {
        let [half, nine, most] = [0.5, 0.9, 0.99].map(|q| of_all(&of.complete, |all| all.quantile(q)));
        vec![
            number(of.count),
            number(of.complete.count()),
            half,
            nine,
            most,
            of_all(&of.complete, Durations::max),
            shown_type(kind),
        ]
    });
    let (tasks, kinds) = (count(sums.count(), "task"), count(sums.len() as u64, "type"));
    writeln!(out, "{heading}{tasks}{heading:#} of {kinds}")?;
    table::print(out, styles, &["count", "complete", "p50", "p90", "p99", "longest", "task"], rows)?;
    if options.histogram {
        for (kind, of) in types.iter().filter(|(_, of)| !of.complete.is_empty()) {
            writeln!(out, "\n{heading}{}{heading:#}", shown_type(kind))?;
            bars(out, &of.histogram)?;
        }
    }
    Ok(())
}

/// The tasks to show one by one, with the options that say how they are shown.
struct Report<'a> {
    options: &'a Options,
    summaries: &'a Summaries,
    /// The moment that times count from.
    origin: Time,
    /// The collector's cycles.
    gc: &'a Gc,
}

impl Report<'_> {
    /// Returns a name as text.
    fn text(&self, id: NameId) -> String {
        String::from_utf8_lossy(self.summaries.names().get(id)).into_owned()
    }

    /// Returns for how long the collector marked during a task, in nanoseconds.
    fn marking(&self, task: &TaskSummary) -> i64 {
        let start = task.start.map_or(self.summaries.start, |(time, _)| time);
        let end = task.end.map_or(self.summaries.end, |(time, _)| time);
        self.gc.marking_within(start, end)
    }

    /// Prints the longest of `count` tasks with their steps.
    fn each(&self, out: &mut Output, longest: &[TaskId], count: u64) -> io::Result<()> {
        let shown = longest.iter().filter_map(|id| self.summaries.tasks.get_key_value(id));
        if json::asked(self.options.json) {
            let tasks = shown.map(|(id, task)| OneTask::new(*id, task, self.marking(task), self.summaries));
            return json::write(out, &TasksReport::new(usize::try_from(count).unwrap_or(usize::MAX), tasks.collect()));
        }
        let Styles { heading, dim, .. } = out.styles;
        let since = |time: Time| moment(time.since(self.origin));
        for (at, (id, task)) in shown.enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            let parent = task.parent.map_or(String::new(), |parent| format!(", part of task {parent}"));
            let complete = if task.is_complete() { String::new() } else { format!(", {}", not_whole(task)) };
            let goroutines: Vec<_> = task.goroutines.iter().map(ToString::to_string).collect();
            let kind = match self.text(task.name) {
                unnamed if unnamed.is_empty() => String::new(),
                kind => format!(" {}", name(kind.as_bytes())),
            };
            let took = duration(took(task, self.summaries));
            writeln!(out, "{heading}task {id}{kind}{heading:#}: {took}{parent}{complete}")?;
            let marking = match self.marking(task) {
                0 => String::new(),
                nanos => format!("; the collector marked for {} of it", duration(nanos)),
            };
            writeln!(out, "  {dim}goroutines {}{marking}{dim:#}", goroutines.join(", "))?;
            for Step { time, who, what } in self.steps(task) {
                let (who, what) = (who.map_or(String::new(), |id| format!("G{id}")), self.words(what));
                writeln!(out, "  {:>12}  {dim}{who:<8}{dim:#} {}", since(time), name(what.as_bytes()))?;
            }
        }
        if let Some(more) = count.checked_sub(longest.len() as u64).filter(|more| *more > 0) {
            writeln!(out, "\n({} more; --top 0 prints all)", number(more))?;
        }
        Ok(())
    }

    /// Returns the steps of a task in order of time.
    fn steps<'s>(&'s self, task: &'s TaskSummary) -> impl Iterator<Item = Step<'s>> {
        let step = |(time, who), what| Step { time, who, what };
        let begins = task.start.map(|start| step(start, What::Begins));
        let regions = task.regions.iter().filter_map(|&at| self.summaries.regions.get(at));
        let regions = regions.filter(|region| !region.inherited).flat_map(|region| {
            let of = |time, what| step((time, Some(region.goroutine)), what);
            let begins = region.start.map(|time| of(time, What::Region(region)));
            begins.into_iter().chain(region.end.map(|time| of(time, What::RegionEnds(region))))
        });
        // Of messages there may be very many, which are in order already.
        let logs = task.logs.iter().map(move |log| step((log.time, log.goroutine), What::Log(log)));
        let children =
            task.children.iter().filter_map(|id| Some(step(self.summaries.tasks.get(id)?.start?, What::Child(*id))));
        let ends = task.end.map(|end| step(end, What::Ends));
        let in_order = |steps: &mut dyn Iterator<Item = Step<'s>>| {
            let mut steps: Vec<_> = steps.collect();
            steps.sort_by_key(|step| step.time);
            steps.into_iter()
        };
        let first = in_order(&mut begins.into_iter().chain(regions));
        let last = in_order(&mut children.chain(ends));
        merged(merged(first, logs), last)
    }

    /// Returns what a step of a task is.
    fn words(&self, what: What<'_>) -> String {
        match what {
            What::Begins => "begins".to_string(),
            What::Region(region) => {
                let took = match (region.start, region.end) {
                    (Some(start), Some(end)) => duration(end.since(start)),
                    _ => "not ended".into(),
                };
                format!("region {}: {took}", self.text(region.name))
            }
            What::RegionEnds(region) => {
                let early = if region.start.is_none() { ", which began before the trace" } else { "" };
                format!("region {} ends{early}", self.text(region.name))
            }
            What::Log(log) => match (self.text(log.category), self.text(log.message)) {
                (category, message) if category.is_empty() => format!("log {message}"),
                (category, message) => format!("log {category}: {message}"),
            },
            What::Child(id) => format!("task {id} begins, a part of it"),
            What::Ends => "ends".to_string(),
        }
    }
}

/// A step of a task, with the goroutine that made it.
struct Step<'s> {
    time: Time,
    who: Option<GoId>,
    what: What<'s>,
}

/// Kind of a step of a task.
enum What<'s> {
    Begins,
    Region(&'s RegionSummary),
    RegionEnds(&'s RegionSummary),
    Log(&'s TaskLog),
    /// The beginning of a task that is a part of it.
    Child(TaskId),
    Ends,
}

/// Returns steps that are in order together with others that are; of two at one time, that of the
/// first comes first.
fn merged<'s>(
    first: impl Iterator<Item = Step<'s>>,
    second: impl Iterator<Item = Step<'s>>,
) -> impl Iterator<Item = Step<'s>> {
    let (mut first, mut second) = (first.peekable(), second.peekable());
    std::iter::from_fn(move || match (first.peek(), second.peek()) {
        (Some(one), Some(other)) if other.time < one.time => second.next(),
        (Some(_), _) => first.next(),
        (None, _) => second.next(),
    })
}
