//! `gotrace summary`: a trace on one page.

mod headlines;

use crate::global::Global;
use crate::human::{bytes, count, duration, name, number, percent, wall};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::whole::Whole;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::summary::{Extent, Group, Summary, Times};
use gotrace::report::SummaryReport;
use gotrace::report::summary::{Summarized, questions};
use gotrace::{Trace, Version};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show a trace on one page: goroutines, GC, pauses, waits, and what is wrong, if anything
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

    #[command(flatten)]
    within: Whole,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (answers, warnings) = options.within.analyze(&input, &trace, questions())?;
    let all = Summarized::new(answers, &warnings);
    let summary = &all.summary;
    let top = if options.top == 0 { summary.groups.len() } else { options.top.min(summary.groups.len()) };
    let groups = summary.groups.split_at(top);
    let mut out = Output::open(global, Content::Text)?;
    if !json::asked(options.json) {
        options.within.heading(&mut out)?;
    }
    if json::asked(options.json) {
        json::write(&mut out, &SummaryReport::new(input.name(), &trace, &all, top, &warnings))?;
    } else {
        let page = Page { input: &input, trace: &trace, summary, all: &all, styles: out.styles };
        page.print(&mut out, groups)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// The page.
struct Page<'a> {
    input: &'a Input,
    trace: &'a Trace<'a>,
    summary: &'a Summary,
    all: &'a Summarized,
    styles: Styles,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write, (top, rest): (&[Group], &[Group])) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let file = format!("{}, written by {}", bytes(self.trace.bytes().len() as u64), writers(self.trace.version()));
        writeln!(out, "{heading}{}{heading:#}  {dim}{file}{dim:#}\n", self.input.name())?;
        for (label, text) in self.lines().into_iter().chain(headlines::lines(self.all)) {
            writeln!(out, "{label:<12}{text}")?;
        }
        let stops = self.summary.stops.iter();
        let stops =
            stops.map(|s| vec![number(s.count), duration(s.total), duration(s.max), name(&s.reason).into_owned()]);
        let styles = self.styles;
        table::print(out, styles, &["count", "total", "longest", "stop-the-world for"], stops)?;

        let mut groups: Vec<_> = top.iter().map(|g| group_row(g.count, g.times, function(g).into_owned())).collect();
        if !rest.is_empty() {
            let times = rest.iter().fold(Times::default(), |sum, group| sum.plus(group.times));
            let what = format!("({} more; --top 0 lists all)", number(rest.len() as u64));
            groups.push(group_row(rest.iter().map(|group| group.count).sum(), times, what));
        }
        let header = ["count", "running", "runnable", "syscall", "waiting", "goroutines that began with"];
        table::print(out, styles, &header, groups)
    }

    /// Returns the lines about the trace itself, each with its label.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let s = self.summary;
        let mut lines = Vec::new();
        if let Some(started) = s.wall_start.and_then(wall) {
            lines.push(("Started", started));
        }
        lines.push(("Span", format!("{} in {}", duration(s.span()), count(s.generations, "generation"))));
        lines.push(("Events", number(s.events)));
        let goroutines = s.goroutines;
        lines.push((
            "Goroutines",
            format!(
                "{} at the start, {} created, {} ended, {} at the end; at most {}",
                number(goroutines.at_start),
                number(goroutines.created),
                number(goroutines.ended),
                number(goroutines.at_end()),
                number(goroutines.most)
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
            let goal = s.heap_goal.map_or(", no goal".into(), |goal| format!(", goal {}", range(goal, bytes)));
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

/// Returns the cells of a group of goroutines.
fn group_row(count: u64, times: Times, name: String) -> Vec<String> {
    let Times { running, runnable, syscall, waiting, .. } = times;
    vec![number(count), duration(running), duration(runnable), duration(syscall), duration(waiting), name]
}

/// Returns the name of a group's function as the page shows it.
fn function(group: &Group) -> std::borrow::Cow<'_, str> {
    group.function.as_deref().map_or("(unknown: no stack in the trace)".into(), name)
}

/// Returns the least and the most as text, or one of them if they are equal.
fn range(extent: Extent, show: impl Fn(u64) -> String) -> String {
    let (min, max) = (show(extent.min), show(extent.max));
    if min == max { min } else { format!("{min} to {max}") }
}

/// Returns the releases of Go that write a format.
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
