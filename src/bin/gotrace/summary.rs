//! `gotrace summary`.

mod headlines;

use crate::human::{bytes, count, duration, name, number, percent, wall};
use crate::input::Input;
use crate::json::with;
use crate::output::{Content, Output, Styles};
use crate::table;
use crate::{Global, Status};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::summary::{Extent, Group, Summarize, Summary, Times};
use gotrace::{Trace, Version, WallTime, Warning};
use headlines::Headlines;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show what is in a trace on one page
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace summary trace.out
  gotrace summary --json trace.out | jq '.gc, .stw'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// List the N functions whose goroutines ran longest; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// Print JSON; times in nanoseconds, sizes in bytes
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let ((summary, others), warnings) = input.analyze(&trace, (Summarize::default(), headlines::questions()))?;
    let headlines = Headlines::new(others, !warnings.is_empty());
    let top = if options.top == 0 { summary.groups.len() } else { options.top.min(summary.groups.len()) };
    let groups = summary.groups.split_at(top);
    let mut out = Output::open(global, Content::Text)?;
    if options.json {
        writeln!(out, "{:#}", with(report(&input, &trace, &summary, groups.0, &warnings), headlines.json()))?;
    } else {
        let page = Page { input: &input, trace: &trace, summary: &summary, headlines: &headlines, styles: out.styles };
        page.print(&mut out, groups)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

struct Page<'a> {
    input: &'a Input,
    trace: &'a Trace<'a>,
    summary: &'a Summary,
    headlines: &'a Headlines,
    styles: Styles,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write, (top, rest): (&[Group], &[Group])) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let file = format!("{}, written by {}", bytes(self.trace.bytes().len() as u64), writers(self.trace.version()));
        writeln!(out, "{heading}{}{heading:#}  {dim}{file}{dim:#}\n", self.input.name())?;
        for (label, text) in self.lines().into_iter().chain(self.headlines.lines()) {
            writeln!(out, "{label:<12}{text}")?;
        }
        let stops = self.summary.stops.iter();
        let stops =
            stops.map(|s| vec![number(s.count), duration(s.total), duration(s.max), name(&s.reason).into_owned()]);
        let styles = self.styles;
        table::below(out, styles, &["count", "total", "longest", "stop-the-world for"], stops)?;

        let mut groups: Vec<_> = top.iter().map(|g| group_row(g.count, g.times, function(g).into_owned())).collect();
        if !rest.is_empty() {
            let times = rest.iter().fold(Times::default(), |sum, group| sum.plus(group.times));
            let what = format!("({} more; --top 0 lists all)", number(rest.len() as u64));
            groups.push(group_row(rest.iter().map(|group| group.count).sum(), times, what));
        }
        let header = ["count", "running", "runnable", "syscall", "waiting", "goroutines that began with"];
        table::below(out, styles, &header, groups)
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let s = self.summary;
        let mut lines = Vec::new();
        if let Some(started) = s.wall_start.and_then(wall) {
            lines.push(("Started", started));
        }
        lines.push(("Span", format!("{} in {}", duration(s.span()), count(s.generations, "generation"))));
        lines.push(("Events", number(s.events)));
        let people = s.goroutines;
        lines.push((
            "Goroutines",
            format!(
                "{} at the start, {} created, {} ended, {} at the end; at most {}",
                number(people.at_start),
                number(people.created),
                number(people.ended),
                number(people.at_end()),
                number(people.most)
            ),
        ));
        lines.push(("Threads", number(s.threads as u64)));
        let limit = s.gomaxprocs.map_or(String::new(), |e| format!(", GOMAXPROCS {}", range(e, |v| v.to_string())));
        lines.push(("Procs", format!("{}{limit}", s.procs)));
        let running = s.times().running;
        lines.push((
            "Running",
            format!(
                "goroutines {}, {} of the Ps' time; Ps {}, {}",
                duration(running),
                percent(running, s.capacity),
                duration(s.procs_running),
                percent(s.procs_running, s.capacity)
            ),
        ));
        if s.gc.cycles != 0 || s.gc.assists != 0 {
            let marking = format!("marking {} ({})", duration(s.gc.marking), percent(s.gc.marking, s.span()));
            let assists = format!("{} {}", count(s.gc.assists, "assist"), duration(s.gc.assisting));
            lines.push(("GC", format!("{}, {marking}, {assists}", count(s.gc.cycles, "cycle"))));
        }
        if let Some(live) = s.heap_live {
            let goal = s.heap_goal.map_or(String::new(), |goal| format!(", goal {}", range(goal, bytes)));
            lines.push(("Heap", format!("live {}{goal}", range(live, bytes))));
        }
        let user = [(s.tasks, "task"), (s.regions, "region"), (s.logs, "log message"), (s.samples, "CPU sample")];
        let user: Vec<_> = user.iter().filter(|(n, _)| *n != 0).map(|&(n, what)| count(n, what)).collect();
        if !user.is_empty() {
            lines.push(("Program", user.join(", ")));
        }
        lines
    }
}

fn group_row(count: u64, times: Times, name: String) -> Vec<String> {
    let Times { running, runnable, syscall, waiting, .. } = times;
    vec![number(count), duration(running), duration(runnable), duration(syscall), duration(waiting), name]
}

fn function(group: &Group) -> std::borrow::Cow<'_, str> {
    group.function.as_deref().map_or("(unknown: no stack in the trace)".into(), name)
}

/// From the least to the most.
fn range(extent: Extent, show: impl Fn(u64) -> String) -> String {
    let (min, max) = (show(extent.min), show(extent.max));
    if min == max { min } else { format!("{min} to {max}") }
}

/// The releases of Go that write a format.
fn writers(version: Version) -> &'static str {
    match version {
        Version::Go105 => "Go 1.5 or 1.6",
        Version::Go107 => "Go 1.7",
        Version::Go108 => "Go 1.8",
        Version::Go109 => "Go 1.9",
        Version::Go110 => "Go 1.10",
        Version::Go111 => "Go 1.11 to 1.18",
        Version::Go119 => "Go 1.19 or 1.20",
        Version::Go121 => "Go 1.21",
        Version::Go122 => "Go 1.22",
        Version::Go123 => "Go 1.23 or 1.24",
        Version::Go125 => "Go 1.25",
        Version::Go126 => "Go 1.26 or 1.27",
        _ => "another Go",
    }
}

fn report(input: &Input, trace: &Trace<'_>, s: &Summary, groups: &[Group], warnings: &[Warning]) -> Value {
    let extent = |e: Option<Extent>| e.map(|e| json!({ "min": e.min, "max": e.max, "last": e.last }));
    let times =
        |t: Times| json!({ "running": t.running, "runnable": t.runnable, "syscall": t.syscall, "waiting": t.waiting });
    let people = s.goroutines;
    let groups = groups.iter().map(|group| {
        let function = group.function.as_deref().map(String::from_utf8_lossy);
        json!({ "function": function, "count": group.count, "times": times(group.times) })
    });
    let stops = s.stops.iter().map(|stops| {
        json!({
            "reason": String::from_utf8_lossy(&stops.reason),
            "count": stops.count, "total": stops.total, "max": stops.max,
        })
    });
    json!({
        "file": input.name(),
        "bytes": trace.bytes().len(),
        "version": trace.version().to_string(),
        "start": s.start.0,
        "end": s.end.0,
        "span": s.span(),
        "wall_start": s.wall_start.map(|w: WallTime| json!({ "secs": w.secs, "nanos": w.nanos })),
        "events": s.events,
        "generations": s.generations,
        "threads": s.threads,
        "procs": { "count": s.procs, "running": s.procs_running, "capacity": s.capacity },
        "gomaxprocs": extent(s.gomaxprocs),
        "goroutines": {
            "at_start": people.at_start, "created": people.created, "ended": people.ended,
            "at_end": people.at_end(), "most": people.most, "times": times(s.times()),
            "top": groups.collect::<Value>(),
        },
        "gc": {
            "cycles": s.gc.cycles, "marking": s.gc.marking, "assists": s.gc.assists, "assisting": s.gc.assisting,
        },
        "stw": stops.collect::<Value>(),
        "heap": { "live": extent(s.heap_live), "goal": extent(s.heap_goal) },
        "tasks": s.tasks,
        "regions": s.regions,
        "logs": s.logs,
        "cpu_samples": s.samples,
        "warnings": warnings.iter().map(Warning::to_string).collect::<Value>(),
    })
}
