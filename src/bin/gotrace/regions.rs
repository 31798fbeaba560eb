//! `gotrace regions`.

use crate::goroutines::stats;
use crate::human::{duration, name, number};
use crate::input::Input;
use crate::json::durations;
use crate::moment::time;
use crate::output::{Content, Output};
use crate::{Global, Status, Usage, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::Compat;
use gotrace::analysis::durations::Durations;
use gotrace::analysis::goroutines::{Region, Stats, Summaries, Summarizer};
use gotrace::analysis::histogram::Decades;
use gotrace::analysis::stacks::KeptFrame;
use regex_lite::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the regions of a program that uses runtime/trace: how long they took, and
/// how their goroutines spent that time
///
/// Regions are told apart by their type and where they began. Quantiles and the
/// histogram are of those that began and ended in the trace; the count is of all.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace regions trace.out
  gotrace regions trace.out --type handle --each --top 5     the slowest five, and what they did
  gotrace regions trace.out --min 10ms --each
  gotrace regions trace.out --histogram
  gotrace pprof sync trace.out --region handle --text        where they blocked")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Only types that match
    #[arg(long = "type", value_name = "REGEX")]
    kind: Option<String>,

    /// Only regions that took at least that long, as 10ms
    #[arg(long, value_name = "TIME", value_parser = time)]
    min: Option<i64>,

    /// Only regions that took at most that long
    #[arg(long, value_name = "TIME", value_parser = time)]
    max: Option<i64>,

    /// Only of that task
    #[arg(long, value_name = "ID")]
    task: Option<u64>,

    /// Print each region, the longest first, instead of each type
    #[arg(long)]
    each: bool,

    /// Print how many took how long, in Go's buckets
    #[arg(long, conflicts_with = "each")]
    histogram: bool,

    /// Print N lines; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

/// Regions of one type that began at one place.
#[derive(Default)]
struct Group {
    count: u64,
    complete: Durations,
    histogram: Decades,
    stats: Stats,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let kind = options.kind.as_deref().map(Regex::new).transpose().map_err(|e| Usage(format!("--type: {e}")))?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (summaries, warnings) = input.analyze(&trace, Summarizer::new(global.compat()))?;
    let report = Report { options, summaries: &summaries, compat: global.compat() };
    let passes = |region: &&Region| {
        let (from, to) = region.interval(summaries.start, summaries.end);
        let took = to.since(from);
        region.counts
            && kind.as_ref().is_none_or(|kind| kind.is_match(&report.text(region.name)))
            && options.task.is_none_or(|task| region.task.0 == task)
            && options.min.is_none_or(|min| took >= min)
            && options.max.is_none_or(|max| took <= max)
            // What is inherited has no name, and is of interest only to Go.
            && (global.compat() == Compat::Go127 || region.start.is_none() || !summaries.names().get(region.name).is_empty())
    };
    let chosen: Vec<&Region> = summaries.regions.iter().filter(passes).collect();
    let mut out = Output::open(global, Content::Text)?;
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

struct Report<'a> {
    options: &'a Options,
    summaries: &'a Summaries,
    compat: Compat,
}

impl Report<'_> {
    fn top(&self) -> usize {
        if self.options.top == 0 { usize::MAX } else { self.options.top }
    }

    fn text(&self, id: gotrace::analysis::names::NameId) -> String {
        String::from_utf8_lossy(self.summaries.names().get(id)).into_owned()
    }

    /// Where a region began: the function that began it; for Go's tools, since
    /// 1.24, the one that its goroutine began with.
    fn place(&self, region: &Region) -> Option<&KeptFrame> {
        let frames = self.summaries.stacks.frames(region.stack);
        if self.compat == Compat::Go127 { frames.last() } else { frames.first() }
    }

    fn took(&self, region: &Region) -> i64 {
        let (from, to) = region.interval(self.summaries.start, self.summaries.end);
        to.since(from)
    }

    fn groups(&self, out: &mut Output, chosen: &[&Region]) -> io::Result<()> {
        let mut groups: BTreeMap<(String, Option<u64>), (Group, Option<KeptFrame>)> = BTreeMap::new();
        for region in chosen {
            let place = self.place(region).copied();
            let key = (self.text(region.name), place.map(|frame| frame.pc));
            let (group, _) = groups.entry(key).or_insert_with(|| (Group::default(), place));
            group.count += 1;
            group.stats.add(&region.stats);
            // The page of Go's tool promises whole regions, and counts all.
            if region.is_complete() || self.compat == Compat::Go127 {
                group.complete.add(self.took(region));
                group.histogram.add(self.took(region));
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, (group, _))| std::cmp::Reverse((group.complete.sum(), group.count)));
        let shown = groups.iter().take(self.top());
        if self.options.json {
            let groups = shown.map(|((kind, _), (group, place))| {
                let histogram =
                    group.histogram.buckets().map(|(start, count)| json!({ "from": start, "count": count }));
                json!({
                    "type": kind,
                    "func": place.map(|frame| self.text(frame.func)),
                    "file": place.map(|frame| self.text(frame.file)),
                    "line": place.map(|frame| frame.line),
                    "pc": place.map(|frame| frame.pc),
                    "count": group.count,
                    "complete": group.complete.count(),
                    "durations": durations(&group.complete),
                    "histogram": histogram.collect::<Value>(),
                    "stats": stats::json(&group.stats, self.summaries),
                })
            });
            return writeln!(out, "{:#}", json!({ "types": groups.collect::<Value>() }));
        }
        let styles = out.styles;
        let rows = shown.clone().map(|((kind, _), (group, place))| {
            let times = [0.5, 0.99].map(|q| duration(group.complete.quantile(q)));
            let [half, most] = times;
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
                duration(group.complete.max()),
                share(s.exec),
                share(s.sched_wait),
                share(s.block.total()),
                share(s.syscall.saturating_add(s.syscall_block)),
                format!("{}{place}", name(kind.as_bytes())),
            ]
        });
        let header = ["count", "p50", "p99", "longest", "exec", "sched", "blocked", "syscall", "region"];
        let heading = styles.heading;
        writeln!(
            out,
            "{heading}{} regions{heading:#} of {} types",
            number(chosen.len() as u64),
            number(groups.len() as u64)
        )?;
        table::below(out, styles, &header, rows)?;
        if self.options.histogram {
            for ((kind, _), (group, _)) in shown {
                writeln!(out, "\n{heading}{}{heading:#}", name(kind.as_bytes()))?;
                bars(out, &group.histogram)?;
            }
        }
        Ok(())
    }

    fn each(&self, out: &mut Output, mut chosen: Vec<&Region>) -> io::Result<()> {
        chosen.sort_by_key(|region| (std::cmp::Reverse(self.took(region)), region.start));
        let shown = chosen.iter().take(self.top());
        if self.options.json {
            let regions = shown.map(|region| {
                let place = self.place(region);
                json!({
                    "goroutine": region.goroutine.0,
                    "name": self.text(region.name),
                    "task": region.task.0,
                    "start": region.start.map(|time| time.0),
                    "end": region.end.map(|time| time.0),
                    "duration": self.took(region),
                    "complete": region.is_complete(),
                    "func": place.map_or(String::new(), |frame| self.text(frame.func)),
                    "file": place.map(|frame| self.text(frame.file)),
                    "line": place.map(|frame| frame.line),
                    "pc": place.map(|frame| frame.pc),
                    "stats": stats::json(&region.stats, self.summaries),
                })
            });
            return writeln!(out, "{:#}", json!({ "count": chosen.len(), "regions": regions.collect::<Value>() }));
        }
        let rows = shown.map(|region| {
            let s = &region.stats;
            let begun = region.start.map_or("before".into(), |time| duration(time.since(self.summaries.start)));
            let what = format!(
                "{}{}",
                name(self.text(region.name).as_bytes()),
                if region.end.is_none() { " (not ended)" } else { "" }
            );
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
        writeln!(out, "{heading}{} regions{heading:#}, the longest first", number(chosen.len() as u64))?;
        let header = ["took", "began at", "goroutine", "task", "exec", "sched wait", "blocked", "syscall", "region"];
        table::below(out, styles, &header, rows)
    }
}

/// A histogram as bars.
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
