//! `gotrace goroutines`.

mod leaks;
pub(crate) mod stats;

use crate::human::{duration, name, number};
use crate::input::Input;
use crate::output::{Content, Output};
use crate::{Global, Status, Usage, table};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::GoState;
use gotrace::analysis::goroutines::{Goroutine, Stats, Summaries, Summarizer};
use gotrace::analysis::names::NameId;
use regex_lite::Regex;
use serde_json::{Value, json};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show what goroutines did: run, wait for a P, block, sit in system calls
///
/// Times are those of `go tool trace`'s pages of goroutines. A goroutine is named
/// after the function that it began with.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace goroutines trace.out                               by function
  gotrace goroutines trace.out --by goroutine --sort sched   who waited longest for a P
  gotrace goroutines trace.out --by state                    what they do at the end
  gotrace goroutines trace.out --leaks                       those that were created and only wait
  gotrace goroutines trace.out --over-time                   how many there were
  gotrace goroutines trace.out --filter 'http.*serve' --by goroutine --json")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// One line for each of these
    #[arg(long, value_name = "WHAT", default_value = "function")]
    by: By,

    /// Only goroutines that began with a function whose name matches
    #[arg(long, value_name = "REGEX")]
    filter: Option<String>,

    /// The most of this first
    #[arg(long, value_name = "KEY", default_value = "exec")]
    sort: Sort,

    /// Show goroutines that were created in the trace and are waiting at its end,
    /// by where they were created and where they wait
    #[arg(long, conflicts_with_all = ["by", "over_time"])]
    leaks: bool,

    /// Show how many goroutines there were, over time
    #[arg(long, conflicts_with = "by")]
    over_time: bool,

    /// Print N lines; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Function,
    Goroutine,
    State,
    Creator,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sort {
    Exec,
    Sched,
    Block,
    Syscall,
    Total,
    Count,
}

impl Sort {
    fn key(self, count: u64, stats: &Stats) -> i64 {
        match self {
            Sort::Exec => stats.exec,
            Sort::Sched => stats.sched_wait,
            Sort::Block => stats.block.total(),
            Sort::Syscall => stats.syscall.saturating_add(stats.syscall_block),
            Sort::Total => stats.total,
            Sort::Count => i64::try_from(count).unwrap_or(i64::MAX),
        }
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let filter = options.filter.as_deref().map(Regex::new).transpose().map_err(|e| Usage(format!("--filter: {e}")))?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (summaries, warnings) = input.analyze(&trace, Summarizer::new(global.compat()))?;
    let passes = |name: &[u8]| filter.as_ref().is_none_or(|filter| filter.is_match(&String::from_utf8_lossy(name)));
    let passing = summaries.names().iter().map(passes).collect();
    let mut out = Output::open(global, Content::Text)?;
    let report = Report { options, summaries: &summaries, passing };
    if options.leaks {
        leaks::print(&mut out, &report)?;
    } else if options.over_time {
        report.over_time(&mut out)?;
    } else if options.by == By::Goroutine {
        report.each(&mut out)?;
    } else {
        report.groups(&mut out)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

struct Report<'a> {
    options: &'a Options,
    summaries: &'a Summaries,
    /// Whether goroutines are chosen that began with the function of each name.
    passing: Vec<bool>,
}

/// Goroutines that have something in common.
struct Group {
    what: String,
    count: u64,
    stats: Stats,
}

impl Report<'_> {
    /// The places of those chosen, and them.
    fn chosen(&self) -> impl Iterator<Item = (usize, Goroutine)> {
        let passes = |name: NameId| self.passing.get(name.index()).copied().unwrap_or(false);
        self.summaries.goroutines.iter().enumerate().filter(move |(_, g)| passes(g.name))
    }

    fn top(&self) -> usize {
        if self.options.top == 0 { usize::MAX } else { self.options.top }
    }

    fn function(&self, g: &Goroutine) -> String {
        let name = String::from_utf8_lossy(self.summaries.name(g)).into_owned();
        if name.is_empty() { "(unknown: no stack in the trace)".into() } else { name }
    }

    /// What a goroutine is counted with.
    fn group_of(&self, g: &Goroutine) -> String {
        let names = self.summaries.names();
        match self.options.by {
            By::Function | By::Goroutine => self.function(g),
            By::State => match (g.state, names.get(g.reason)) {
                (GoState::NotExist, _) => "ended".into(),
                (GoState::Waiting, b"") => "waiting".into(),
                (GoState::Waiting, reason) => format!("waiting for {}", String::from_utf8_lossy(reason)),
                (GoState::Syscall, _) => "in a system call".into(),
                (state, _) => state.to_string().to_lowercase(),
            },
            By::Creator => match self.summaries.stacks.frames(g.creation_stack).first() {
                Some(frame) => String::from_utf8_lossy(names.get(frame.func)).into_owned(),
                None if g.creation_seen => "(the runtime)".into(),
                None => "(there when the trace began)".into(),
            },
        }
    }

    fn groups(&self, out: &mut Output) -> io::Result<()> {
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (_, g) in self.chosen() {
            let what = self.group_of(&g);
            let at = *known.entry(what).or_insert_with_key(|what| {
                groups.push(Group { what: what.clone(), count: 0, stats: Stats::default() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.count += 1;
                group.stats.add(&g.stats);
            }
        }
        let sort = self.options.sort;
        groups.sort_by(|a, b| {
            sort.key(b.count, &b.stats).cmp(&sort.key(a.count, &a.stats)).then_with(|| a.what.cmp(&b.what))
        });
        if self.options.json {
            let count: u64 = groups.iter().map(|group| group.count).sum();
            let groups = groups.iter().take(self.top()).map(|group| {
                json!({ "name": group.what, "count": group.count, "stats": stats::json(&group.stats, self.summaries) })
            });
            let by = match self.options.by {
                By::Function | By::Goroutine => "function",
                By::State => "state",
                By::Creator => "creator",
            };
            return writeln!(out, "{:#}", json!({ "by": by, "count": count, "groups": groups.collect::<Value>() }));
        }
        if groups.is_empty() {
            return writeln!(out, "no goroutines match");
        }
        let what = match self.options.by {
            By::Function | By::Goroutine => "goroutines that began with",
            By::State => "at the end",
            By::Creator => "created by",
        };
        self.heading(out)?;
        let mut rows: Vec<_> =
            groups.iter().take(self.top()).map(|g| row(number(g.count), &g.stats, &g.what)).collect();
        self.rest(&mut rows, groups.iter().map(|group| (group.count, &group.stats)), "");
        let styles = out.styles;
        table::below(out, styles, &["count", "exec", "sched wait", "blocked", "syscall", "total", what], rows)
    }

    /// A line for what is not listed.
    fn rest<S: Borrow<Stats>>(&self, rows: &mut Vec<Vec<String>>, all: impl Iterator<Item = (u64, S)>, count: &str) {
        let (mut more, mut goroutines, mut sum) = (0, 0, Stats::default());
        for (count, stats) in all.skip(self.top()) {
            more += 1;
            goroutines += count;
            sum.add(stats.borrow());
        }
        if more > 0 {
            let count = if count.is_empty() { number(goroutines) } else { count.into() };
            rows.push(row(count, &sum, &format!("({} more; --top 0 lists all)", number(more))));
        }
    }

    fn heading(&self, out: &mut Output) -> io::Result<()> {
        let (mut all, mut count, mut ended) = (Stats::default(), 0, 0);
        for (_, g) in self.chosen() {
            all.add(&g.stats);
            count += 1;
            ended += u64::from(g.ended().is_some());
        }
        let heading = out.styles.heading;
        let parts = [
            ("exec", all.exec),
            ("sched wait", all.sched_wait),
            ("blocked", all.block.total()),
            ("syscall", all.syscall.saturating_add(all.syscall_block)),
        ];
        let parts: Vec<_> = parts.iter().map(|&(what, time)| format!("{what} {}", duration(time))).collect();
        let count = number(count);
        writeln!(out, "{heading}{count} goroutines{heading:#}, {} of them ended; {}", number(ended), parts.join(", "))
    }

    fn each(&self, out: &mut Output) -> io::Result<()> {
        let key = |g: &Goroutine| (std::cmp::Reverse(self.options.sort.key(1, &g.stats)), g.id);
        let mut chosen: Vec<_> = self.chosen().map(|(place, g)| (key(&g), place)).collect();
        chosen.sort_unstable();
        let all = || chosen.iter().filter_map(|&(_, place)| self.summaries.goroutines.get(place));
        if self.options.json {
            let each = all().take(self.top()).map(|g| self.goroutine(&g));
            return writeln!(out, "{:#}", json!({ "count": chosen.len(), "goroutines": each.collect::<Value>() }));
        }
        if chosen.is_empty() {
            return writeln!(out, "no goroutines match");
        }
        self.heading(out)?;
        let mut rows: Vec<_> =
            all().take(self.top()).map(|g| row(g.id.to_string(), &g.stats, &self.function(&g))).collect();
        self.rest(&mut rows, all().map(|g| (1, g.stats)), "-");
        let styles = out.styles;
        table::below(
            out,
            styles,
            &["goroutine", "exec", "sched wait", "blocked", "syscall", "total", "began with"],
            rows,
        )
    }

    fn goroutine(&self, g: &Goroutine) -> Value {
        let names = self.summaries.names();
        let reason = String::from_utf8_lossy(names.get(g.reason));
        json!({
            "id": g.id.0,
            "name": String::from_utf8_lossy(self.summaries.name(g)),
            "created": g.created.0,
            "creation_seen": g.creation_seen,
            "creator": g.creator().map(|id| id.0),
            "started": g.started().map(|time| time.0),
            "ended": g.ended().map(|time| time.0),
            "state": g.state.to_string().to_lowercase(),
            "reason": Some(reason).filter(|reason| !reason.is_empty()),
            "stats": stats::json(&g.stats, self.summaries),
        })
    }

    fn over_time(&self, out: &mut Output) -> io::Result<()> {
        const WIDTH: u64 = 60;
        let (counts, start) = (&self.summaries.counts, self.summaries.start);
        if self.options.json {
            let counts = counts.iter().map(|(time, count)| json!({ "time": time.0, "count": count }));
            return writeln!(out, "{:#}", json!({ "start": start.0, "counts": counts.collect::<Value>() }));
        }
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        // As many lines as fit a screen: of each stretch the most there were.
        let lines = if self.options.top == 0 { counts.len() } else { self.options.top }.max(1);
        let rows = counts.chunks(counts.len().div_ceil(lines).max(1)).map(|part| {
            let (time, count) =
                (part.first().map_or(0, |(t, _)| t.since(start)), part.iter().map(|(_, n)| *n).max().unwrap_or(0));
            vec![duration(time), number(count), "#".repeat((count * WIDTH).div_ceil(most) as usize)]
        });
        let styles = out.styles;
        let heading = styles.heading;
        writeln!(out, "{heading}at most {} goroutines{heading:#}", number(most))?;
        table::below(out, styles, &["since", "at most", "goroutines"], rows)
    }
}

fn row(first: String, stats: &Stats, what: &str) -> Vec<String> {
    let syscall = stats.syscall.saturating_add(stats.syscall_block);
    let times = [stats.exec, stats.sched_wait, stats.block.total(), syscall, stats.total];
    let what = name(what.as_bytes()).into_owned();
    std::iter::once(first).chain(times.map(duration)).chain([what]).collect()
}
