//! `gotrace regions`: the program's own regions, by type or one by one.

use crate::global::Global;
use crate::human::{count, duration, moment, name, number, of_all};
use crate::input::Input;
use crate::moment::time;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::select::{Select, regex};
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::Time;
use gotrace::analysis::Compat;
use gotrace::analysis::durations::Durations;
use gotrace::analysis::goroutines::{CollectGoroutines, RegionSummary, Stats, Summaries};
use gotrace::analysis::histogram::Decades;
use gotrace::analysis::stacks::KeptFrame;
use gotrace::report::{OneRegion, RegionType, RegionTypesReport, RegionsReport};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the regions that a program marks with runtime/trace: how long they took, and
/// how their goroutines spent that time
///
/// Regions are grouped by their type and the place in the code where they began. Quantiles
/// and the histogram are of regions that began and ended in the trace; the count is of all.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace regions trace.out
  gotrace regions trace.out --type handle --each --top 5     the slowest five, and what they did
  gotrace regions trace.out --min 10ms --each
  gotrace regions trace.out --task request                   those of such tasks, and of parts of them
  gotrace regions trace.out --histogram
  gotrace pprof sync trace.out --region handle --text        where they blocked")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Only regions whose type matches REGEX
    #[arg(long = "type", value_name = "REGEX")]
    kind: Option<String>,

    /// Only regions that took at least TIME, such as 10ms
    #[arg(long, value_name = "TIME", value_parser = time)]
    min: Option<i64>,

    /// Only regions that took at most TIME
    #[arg(long, value_name = "TIME", value_parser = time)]
    max: Option<i64>,

    /// Print each region, the longest first, instead of each type
    #[arg(long)]
    each: bool,

    /// Print histograms of how long regions took, in Go's buckets
    #[arg(long, conflicts_with = "each")]
    histogram: bool,

    /// Print N lines; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    select: Select,
}

/// The type of regions, whether they began before the trace, and the program counter of the
/// place where they began.
type Key = (String, bool, Option<u64>);

/// Regions of one type that began at one place.
#[derive(Default)]
struct Group {
    count: u64,
    complete: Durations,
    histogram: Decades,
    stats: Stats,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let kind = options.kind.as_deref().map(|kind| regex("--type", kind)).transpose()?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let selected = options.select.of(&input, &trace, global)?;
    let (summaries, warnings) =
        options.select.within.analyze(&input, &trace, CollectGoroutines::new(global.compat()))?;
    let origin = options.select.within.origin(&trace, summaries.start);
    let report = Report { options, summaries: &summaries, origin, compat: global.compat() };
    let passes = |region: &&RegionSummary| {
        let (from, to) = region.interval(summaries.start, summaries.end);
        let took = to.since(from);
        region.counts
            && kind.as_ref().is_none_or(|kind| kind.is_match(&report.text(region.name)))
            && options.select.work.region().is_none_or(|kind| kind.as_bytes() == summaries.names().get(region.name))
            && selected.tasks().is_none_or(|tasks| tasks.contains(region.task))
            && selected.has_goroutine(region.goroutine)
            && options.min.is_none_or(|min| took >= min)
            && options.max.is_none_or(|max| took <= max)
            // Only Go's pages count regions that a goroutine inherits from its creator.
            && (global.compat() == Compat::Go127 || !region.inherited)
    };
    let chosen: Vec<&RegionSummary> = summaries.regions.iter().filter(passes).collect();
    let mut out = Output::open(global, Content::Text)?;
    if !options.json {
        options.select.heading(&mut out)?;
    }
    if chosen.is_empty() && !options.json {
        let none = if summaries.regions.is_empty() { "no regions in this trace" } else { "no region matches" };
        writeln!(out, "{none}")?;
    } else if options.each {
        report.each(&mut out, chosen)?;
    } else {
        report.groups(&mut out, &chosen)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// The regions of the trace, with the options that say how they are shown.
struct Report<'a> {
    options: &'a Options,
    summaries: &'a Summaries,
    /// The moment that times count from.
    origin: Time,
    compat: Compat,
}

impl Report<'_> {
    /// Returns the number of lines to print at most.
    fn top(&self) -> usize {
        if self.options.top == 0 { usize::MAX } else { self.options.top }
    }

    /// Returns a name as text.
    fn text(&self, id: gotrace::analysis::names::NameId) -> String {
        String::from_utf8_lossy(self.summaries.names().get(id)).into_owned()
    }

    /// Returns the place where a region began: the function that began it; for Go's tools,
    /// since 1.24, the function that its goroutine began with.
    fn place(&self, region: &RegionSummary) -> Option<&KeptFrame> {
        let frames = self.summaries.stacks.frames(region.stack);
        if self.compat == Compat::Go127 { frames.last() } else { frames.first() }
    }

    /// Returns how long a region took within the trace, in nanoseconds.
    fn took(&self, region: &RegionSummary) -> i64 {
        let (from, to) = region.interval(self.summaries.start, self.summaries.end);
        to.since(from)
    }

    /// Prints the chosen regions by type and place.
    fn groups(&self, out: &mut Output, chosen: &[&RegionSummary]) -> io::Result<()> {
        // A region without a place began before the trace, or its stack is lost.
        let mut groups: BTreeMap<Key, (Group, Option<KeptFrame>)> = BTreeMap::new();
        for region in chosen {
            let place = self.place(region).copied();
            let key = (self.text(region.name), region.start.is_none(), place.map(|frame| frame.pc));
            let (group, _) = groups.entry(key).or_insert_with(|| (Group::default(), place));
            group.count += 1;
            group.stats.add(&region.stats);
            // The page of Go's tool says that it counts whole regions, but counts all.
            if region.is_complete() || self.compat == Compat::Go127 {
                group.complete.add(self.took(region));
                group.histogram.add(self.took(region));
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, (group, _))| std::cmp::Reverse((group.complete.sum(), group.count)));
        let shown = groups.iter().take(self.top());
        if self.options.json {
            let groups = shown.map(|((kind, early, _), (group, place))| {
                let mut report = RegionType::new(kind, place.as_ref(), self.summaries)
                    .complete(&group.complete, &group.histogram)
                    .stats(&group.stats, self.summaries);
                (report.began_before, report.count) = (*early, group.count);
                report
            });
            return json::write(out, &RegionTypesReport::new(groups.collect()));
        }
        let styles = out.styles;
        let rows = shown.clone().map(|((kind, early, _), (group, place))| {
            let [half, most] = [0.5, 0.99].map(|q| of_all(&group.complete, |all| all.quantile(q)));
            let total = group.stats.total.max(1);
            let share = |part: i64| crate::human::percent(part, total);
            let s = &group.stats;
            let place = place.map_or(String::new(), |frame| {
                format!("  {}:{}", name(self.summaries.names().get(frame.func)), frame.line)
            });
            vec![
                number(group.count),
                half,
                most,
                of_all(&group.complete, Durations::max),
                share(s.exec),
                share(s.sched_wait),
                share(s.block.total()),
                share(s.syscall.saturating_add(s.syscall_block)),
                format!("{}{place}", shown_type(kind, *early, !early && group.complete.is_empty())),
            ]
        });
        let header = ["count", "p50", "p99", "longest", "running", "runnable", "waiting", "syscall", "region"];
        let heading = styles.heading;
        let (regions, kinds) = (count(chosen.len() as u64, "region"), count(groups.len() as u64, "type"));
        writeln!(out, "{heading}{regions}{heading:#} of {kinds}")?;
        table::print(out, styles, &header, rows)?;
        if self.options.histogram {
            for ((kind, ..), (group, _)) in shown.filter(|(_, (group, _))| !group.complete.is_empty()) {
                writeln!(out, "\n{heading}{}{heading:#}", shown_type(kind, false, false))?;
                bars(out, &group.histogram)?;
            }
        }
        Ok(())
    }

    /// Prints each of the chosen regions.
    fn each(&self, out: &mut Output, mut chosen: Vec<&RegionSummary>) -> io::Result<()> {
        chosen.sort_by_key(|region| (std::cmp::Reverse(self.took(region)), region.start));
        let shown = chosen.iter().take(self.top());
        if self.options.json {
            let regions = shown.map(|region| OneRegion::new(region, self.place(region), self.summaries));
            return json::write(out, &RegionsReport::new(chosen.len(), regions.collect()));
        }
        let rows = shown.map(|region| {
            let s = &region.stats;
            let begun = region.start.map_or("before".into(), |time| moment(time.since(self.origin)));
            let what = shown_type(&self.text(region.name), region.start.is_none(), region.end.is_none());
            let syscall = s.syscall.saturating_add(s.syscall_block);
            let times = [s.exec, s.sched_wait, s.block.total(), syscall].map(duration);
            [duration(self.took(region)), begun, region.goroutine.to_string(), region.task.to_string()]
                .into_iter()
                .chain(times)
                .chain([what])
                .collect()
        });
        let styles = out.styles;
        let heading = styles.heading;
        writeln!(out, "{heading}{}{heading:#}, the longest first", count(chosen.len() as u64, "region"))?;
        let header = ["took", "began at", "goroutine", "task", "running", "runnable", "waiting", "syscall", "region"];
        table::print(out, styles, &header, rows)
    }
}

/// The words for a task or region without a beginning in the trace.
pub(crate) const BEFORE: &str = "began before the trace";

/// The words for a task or region without an end in the trace.
pub(crate) const AFTER: &str = "ended after the trace or never";

/// Returns a type of regions as the page shows it, with the ends that are not in the trace.
fn shown_type(kind: &str, early: bool, late: bool) -> String {
    let kind = if kind.is_empty() { "(no name)".into() } else { name(kind.as_bytes()) };
    match (early, late) {
        (false, false) => kind.into_owned(),
        (true, true) => format!("{kind} ({BEFORE}, {AFTER})"),
        (early, _) => format!("{kind} ({})", if early { BEFORE } else { AFTER }),
    }
}

/// Prints a histogram as bars.
pub(crate) fn bars(out: &mut impl Write, histogram: &Decades) -> io::Result<()> {
    const WIDTH: u64 = 50;
    let most = histogram.buckets().map(|(_, count)| count).max().unwrap_or(0).max(1);
    for (start, count) in histogram.buckets() {
        writeln!(
            out,
            "{:>9} {:>8}  {}",
            duration(start),
            number(count),
            "#".repeat((count * WIDTH).div_ceil(most) as usize)
        )?;
    }
    Ok(())
}
