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
use gotrace::analysis::goroutines::{
    CollectLives, Longest, LongestRegions, RegionSummary, RegionTypes, SumRegions, Summaries,
};
use gotrace::analysis::histogram::Decades;
use gotrace::analysis::names::{NameId, Names};
use gotrace::report::{self, OneRegion, RegionTypesReport, RegionsReport};
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

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let kind = options.kind.as_deref().map(|kind| regex("--type", kind)).transpose()?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let compat = global.compat();
    let selected = options.select.of(&input, &trace, global.compat())?;
    let passes = |region: &RegionSummary, took: i64, names: &Names| {
        let name = names.get(region.name);
        kind.as_ref().is_none_or(|kind| kind.is_match(&String::from_utf8_lossy(name)))
            && options.select.work.region().is_none_or(|kind| kind.as_bytes() == name)
            && selected.tasks().is_none_or(|tasks| tasks.contains(region.task))
            && selected.has_goroutine(region.goroutine)
            && options.min.is_none_or(|min| took >= min)
            && options.max.is_none_or(|max| took <= max)
    };
    let within = &options.select.within;
    let none = |any| if any { "no region matches" } else { "no regions in this trace" };
    let out = || -> Result<Output> {
        let mut out = Output::open(global, Content::Text)?;
        if !json::asked(options.json) {
            options.select.heading(&mut out)?;
        }
        Ok(out)
    };
    let (out, warnings) = if options.each {
        let longest = LongestRegions::new(compat, options.most(), passes);
        let (Longest { listed, count, any, .. }, warnings) =
            within.analyze(&input, &trace, CollectLives::keeping(compat, longest))?;
        let (mut out, origin) = (out()?, within.origin(&trace, listed.start));
        match count {
            0 if !json::asked(options.json) => writeln!(out, "{}", none(any))?,
            _ => each(&mut out, options, &listed, count, origin, compat)?,
        }
        (out, warnings)
    } else {
        let sum = SumRegions::new(compat, passes);
        let (types, warnings) = within.analyze(&input, &trace, CollectLives::keeping(compat, sum))?;
        let mut out = out()?;
        match types.count {
            0 if !json::asked(options.json) => writeln!(out, "{}", none(types.any))?,
            _ => by_type(&mut out, options, &types)?,
        }
        (out, warnings)
    };
    out.finish()?;
    Ok(input.warn(&warnings))
}

impl Options {
    /// Returns the number of lines to print at most.
    fn most(&self) -> usize {
        if self.top == 0 { usize::MAX } else { self.top }
    }
}

/// Returns a name as text.
fn text(names: &Names, id: NameId) -> String {
    String::from_utf8_lossy(names.get(id)).into_owned()
}

/// Prints regions by type and place.
fn by_type(out: &mut Output, options: &Options, types: &RegionTypes) -> io::Result<()> {
    let names = types.names();
    let shown: Vec<_> = types.longest(options.most()).into_iter().map(|of| (text(names, of.name), of)).collect();
    if json::asked(options.json) {
        let types = shown.iter().map(|(kind, of)| {
            let report = report::RegionType::new(kind, of.place.as_ref(), names);
            let mut report = report.complete(&of.complete, &of.histogram).stats(&of.stats, names);
            (report.began_before, report.count) = (of.early, of.count);
            report
        });
        return json::write(out, &RegionTypesReport::new(types.collect()));
    }
    let styles = out.styles;
    let rows = shown.iter().map(|(kind, of)| {
        let [half, most] = [0.5, 0.99].map(|q| of_all(&of.complete, |all| all.quantile(q)));
        let total = of.stats.total.max(1);
        let share = |part: i64| crate::human::percent(part, total);
        let s = &of.stats;
        let place = of.place.map_or(String::new(), |frame| format!("  {}:{}", name(names.get(frame.func)), frame.line));
        vec![
            number(of.count),
            half,
            most,
            of_all(&of.complete, Durations::max),
            share(s.exec),
            share(s.sched_wait),
            share(s.block.total()),
            share(s.syscall.saturating_add(s.syscall_block)),
            format!("{}{place}", shown_type(kind, of.early, !of.early && of.complete.is_empty())),
        ]
    });
    let header = ["count", "p50", "p99", "longest", "running", "runnable", "waiting", "syscall", "region"];
    let heading = styles.heading;
    let (regions, kinds) = (count(types.count, "region"), count(types.len() as u64, "type"));
    writeln!(out, "{heading}{regions}{heading:#} of {kinds}")?;
    table::print(out, styles, &header, rows)?;
    if options.histogram {
        for (kind, of) in shown.iter().filter(|(_, of)| !of.complete.is_empty()) {
            writeln!(out, "\n{heading}{}{heading:#}", shown_type(kind, false, false))?;
            bars(out, &of.histogram)?;
        }
    }
    Ok(())
}

/// Prints the longest of `all` regions one by one; times count from `origin`.
fn each(
    out: &mut Output,
    options: &Options,
    listed: &Summaries,
    all: u64,
    origin: Time,
    compat: Compat,
) -> io::Result<()> {
    let names = listed.names();
    if json::asked(options.json) {
        let regions =
            listed.regions.iter().map(|region| OneRegion::new(region, region.place(&listed.stacks, compat), listed));
        return json::write(out, &RegionsReport::new(usize::try_from(all).unwrap_or(usize::MAX), regions.collect()));
    }
    let rows = listed.regions.iter().map(|region| {
        let s = &region.stats;
        let begun = region.start.map_or("before".into(), |time| moment(time.since(origin)));
        let what = shown_type(&text(names, region.name), region.start.is_none(), region.end.is_none());
        let syscall = s.syscall.saturating_add(s.syscall_block);
        let times = [s.exec, s.sched_wait, s.block.total(), syscall].map(duration);
        let (from, to) = region.interval(listed.start, listed.end);
        [duration(to.since(from)), begun, region.goroutine.to_string(), region.task.to_string()]
            .into_iter()
            .chain(times)
            .chain([what])
            .collect()
    });
    let styles = out.styles;
    let heading = styles.heading;
    writeln!(out, "{heading}{}{heading:#}, the longest first", count(all, "region"))?;
    let header = ["took", "began at", "goroutine", "task", "running", "runnable", "waiting", "syscall", "region"];
    table::print(out, styles, &header, rows)
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
