//! `gotrace tasks`.

use crate::human::{duration, name, number};
use crate::input::Input;
use crate::json::durations;
use crate::moment::time;
use crate::output::{Content, Output, Styles};
use crate::regions::bars;
use crate::{Global, Status, Usage, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::durations::Durations;
use gotrace::analysis::gc::{CollectGc, Gc};
use gotrace::analysis::goroutines::{Summaries, Summarizer, Task};
use gotrace::analysis::histogram::Decades;
use gotrace::analysis::names::NameId;
use gotrace::{TaskId, Time};
use regex_lite::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the tasks of a program that uses runtime/trace: how long they took, and
/// what was done for each
///
/// A task is complete if it began and ended in the trace; latencies are those of
/// complete tasks.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace tasks trace.out
  gotrace tasks trace.out --type request --min 50ms --each     the slow ones, step by step
  gotrace tasks trace.out --each --log 'order 4711'
  gotrace tasks trace.out --histogram")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Only types that match
    #[arg(long = "type", value_name = "REGEX")]
    kind: Option<String>,

    /// Only the task of that number
    #[arg(long, value_name = "ID")]
    id: Option<u64>,

    /// Only complete tasks that took at least that long, as 10ms
    #[arg(long, value_name = "TIME", value_parser = time)]
    min: Option<i64>,

    /// Only complete tasks that took at most that long
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

    /// Print how many took how long, in Go's buckets
    #[arg(long, conflicts_with = "each")]
    histogram: bool,

    /// Print N; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let kind = options.kind.as_deref().map(Regex::new).transpose().map_err(|e| Usage(format!("--type: {e}")))?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let gc = options.each.then(CollectGc::default);
    let ((summaries, gc), warnings) = input.analyze(&trace, (Summarizer::new(global.compat()), gc))?;
    let report = Report { options, summaries: &summaries, gc: gc.as_ref() };
    let every = options.json && options.each;
    let passes = |(id, task): &(&TaskId, &Task)| {
        // The background task is nobody's, but for scripts that want all.
        (every || **id != TaskId::BACKGROUND)
            && kind.as_ref().is_none_or(|kind| kind.is_match(&report.text(task.name)))
            && options.id.is_none_or(|wanted| id.0 == wanted)
            && (!options.complete || task.is_complete())
            && options.min.is_none_or(|min| task.duration().is_some_and(|took| took >= min))
            && options.max.is_none_or(|max| task.duration().is_some_and(|took| took <= max))
            && options
                .log
                .as_ref()
                .is_none_or(|text| task.logs.iter().any(|log| report.text(log.message).contains(text)))
    };
    let chosen: Vec<(&TaskId, &Task)> = summaries.tasks.iter().filter(passes).collect();
    let mut out = Output::open(global, Content::Text)?;
    if chosen.is_empty() && !options.json {
        let none = if summaries.tasks.keys().all(|id| *id == TaskId::BACKGROUND) {
            "no tasks in this trace"
        } else {
            "no task matches"
        };
        writeln!(out, "{none}")?;
    } else if options.each {
        report.each(&mut out, chosen)?;
    } else {
        report.types(&mut out, &chosen)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

struct Report<'a> {
    options: &'a Options,
    summaries: &'a Summaries,
    /// The collector's cycles, where they are asked for.
    gc: Option<&'a Gc>,
}

#[derive(Default)]
struct Type {
    count: u64,
    complete: Durations,
    histogram: Decades,
}

impl Report<'_> {
    fn top(&self) -> usize {
        if self.options.top == 0 { usize::MAX } else { self.options.top }
    }

    fn text(&self, id: NameId) -> String {
        String::from_utf8_lossy(self.summaries.names().get(id)).into_owned()
    }

    fn types(&self, out: &mut Output, chosen: &[(&TaskId, &Task)]) -> io::Result<()> {
        let mut types: BTreeMap<String, Type> = BTreeMap::new();
        for (_, task) in chosen {
            let of = types.entry(self.text(task.name)).or_default();
            of.count += 1;
            if let Some(took) = task.duration() {
                of.complete.add(took);
                of.histogram.add(took);
            }
        }
        let mut types: Vec<_> = types.into_iter().collect();
        types.sort_by_key(|(_, of)| std::cmp::Reverse((of.complete.sum(), of.count)));
        let shown = types.iter().take(self.top());
        if self.options.json {
            let types = shown.map(|(kind, of)| {
                let histogram = of.histogram.buckets().map(|(start, count)| json!({ "from": start, "count": count }));
                json!({
                    "type": kind, "count": of.count, "complete": of.complete.count(),
                    "durations": durations(&of.complete), "histogram": histogram.collect::<Value>(),
                })
            });
            return writeln!(out, "{:#}", json!({ "types": types.collect::<Value>() }));
        }
        let styles = out.styles;
        let heading = styles.heading;
        let rows = shown.clone().map(|(kind, of)| {
            let [half, nine, most] = [0.5, 0.9, 0.99].map(|q| duration(of.complete.quantile(q)));
            let kind =
                if kind.is_empty() { "(began and ended outside the trace)".into() } else { name(kind.as_bytes()) };
            vec![
                number(of.count),
                number(of.complete.count()),
                half,
                nine,
                most,
                duration(of.complete.max()),
                kind.into_owned(),
            ]
        });
        writeln!(
            out,
            "{heading}{} tasks{heading:#} of {} types",
            number(chosen.len() as u64),
            number(types.len() as u64)
        )?;
        table::below(out, styles, &["count", "complete", "p50", "p90", "p99", "longest", "task"], rows)?;
        if self.options.histogram {
            for (kind, of) in shown {
                writeln!(out, "\n{heading}{}{heading:#}", name(kind.as_bytes()))?;
                bars(out, &of.histogram)?;
            }
        }
        Ok(())
    }

    /// How long a task took, as far as the trace has it.
    fn took(&self, task: &Task) -> i64 {
        let start = task.start.map_or(self.summaries.start, |(time, _)| time);
        task.end.map_or(self.summaries.end, |(time, _)| time).since(start)
    }

    /// For how long of it the collector marked.
    fn marking(&self, task: &Task) -> i64 {
        let start = task.start.map_or(self.summaries.start, |(time, _)| time);
        let end = task.end.map_or(self.summaries.end, |(time, _)| time);
        self.gc.map_or(0, |gc| gc.marking_within(start, end))
    }

    fn each(&self, out: &mut Output, mut chosen: Vec<(&TaskId, &Task)>) -> io::Result<()> {
        chosen.sort_by_key(|(id, task)| (std::cmp::Reverse(self.took(task)), **id));
        let shown = chosen.iter().take(self.top());
        if self.options.json {
            let tasks = shown.map(|(id, task)| self.report(**id, task));
            return writeln!(out, "{:#}", json!({ "count": chosen.len(), "tasks": tasks.collect::<Value>() }));
        }
        let Styles { heading, dim, .. } = out.styles;
        let since = |time: Time| duration(time.since(self.summaries.start));
        for (at, (id, task)) in shown.enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            let parent = task.parent.map_or(String::new(), |parent| format!(", part of task {parent}"));
            let complete = if task.is_complete() { "" } else { ", not all of it in the trace" };
            let goroutines: Vec<_> = task.goroutines.iter().map(ToString::to_string).collect();
            let kind = match self.text(task.name) {
                unnamed if unnamed.is_empty() => String::new(),
                kind => format!(" {}", name(kind.as_bytes())),
            };
            let took = duration(self.took(task));
            writeln!(out, "{heading}task {id}{kind}{heading:#}: {took}{parent}{complete}")?;
            let marking = match self.marking(task) {
                0 => String::new(),
                nanos => format!("; the collector marked for {} of it", duration(nanos)),
            };
            writeln!(out, "  {dim}goroutines {}{marking}{dim:#}", goroutines.join(", "))?;
            for (time, who, what) in self.steps(task) {
                let who = who.map_or(String::new(), |id| format!("G{id}"));
                writeln!(out, "  {:>9}  {dim}{who:<8}{dim:#} {}", since(time), name(what.as_bytes()))?;
            }
        }
        if let Some(more) = chosen.len().checked_sub(self.top()).filter(|more| *more > 0) {
            writeln!(out, "\n({} more; --top 0 prints all)", number(more as u64))?;
        }
        Ok(())
    }

    /// What was done for a task, in order.
    fn steps(&self, task: &Task) -> Vec<(Time, Option<u64>, String)> {
        let mut steps = Vec::new();
        if let Some((time, who)) = task.start {
            steps.push((time, who.map(|id| id.0), "begins".to_string()));
        }
        for region in task.regions.iter().filter_map(|&at| self.summaries.regions.get(at)) {
            let (who, what) = (Some(region.goroutine.0), self.text(region.name));
            if let Some(start) = region.start {
                let took = region.end.map_or("not ended".into(), |end| duration(end.since(start)));
                steps.push((start, who, format!("region {what}: {took}")));
            }
            if let Some(end) = region.end {
                steps.push((end, who, format!("region {what} ends")));
            }
        }
        for log in &task.logs {
            let (category, message) = (self.text(log.category), self.text(log.message));
            let text = if category.is_empty() { message } else { format!("{category}: {message}") };
            steps.push((log.time, log.goroutine.map(|id| id.0), format!("log {text}")));
        }
        for child in &task.children {
            if let Some((time, who)) = self.summaries.tasks.get(child).and_then(|task| task.start) {
                steps.push((time, who.map(|id| id.0), format!("task {child} begins, a part of it")));
            }
        }
        if let Some((time, who)) = task.end {
            steps.push((time, who.map(|id| id.0), "ends".to_string()));
        }
        steps.sort_by_key(|(time, ..)| *time);
        steps
    }

    fn report(&self, id: TaskId, task: &Task) -> Value {
        let logs = task.logs.iter().map(
            |log| json!({ "time": log.time.0, "category": self.text(log.category), "message": self.text(log.message) }),
        );
        json!({
            "id": id.0,
            "name": self.text(task.name),
            "parent": task.parent.map(|id| id.0),
            "children": task.children.iter().map(|id| id.0).collect::<Value>(),
            "start": task.start.map(|(time, _)| time.0),
            "end": task.end.map(|(time, _)| time.0),
            "duration": self.took(task),
            "complete": task.is_complete(),
            "goroutines": task.goroutines.iter().map(|id| id.0).collect::<Value>(),
            "regions": task.regions.len(),
            "marking": self.marking(task),
            "logs": logs.collect::<Value>(),
        })
    }
}
