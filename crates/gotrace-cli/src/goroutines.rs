//! `gotrace goroutines`: time of goroutines by state, grouped or one by one.

mod leaks;

use crate::global::Global;
use crate::human::{duration, name, number};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::select::{SelectTime, missing};
use crate::{json, table};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::analysis::goroutines::{CollectGoroutines, CollectShares, Goroutine, Stats, Summaries};
use gotrace::report::goroutines::{GoroutineGroup, GroupedBy};
use gotrace::report::{GoroutineCountsReport, GoroutineGroupsReport, GoroutinesReport};
use gotrace::{GoId, GoState, Selected, Time};
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show how goroutines spent their time: running, waiting for a P, blocked, in system calls
///
/// Times are those of `go tool trace`'s goroutine pages. A goroutine is named after the
/// function that it began with. With --task, only time counts in which a goroutine worked
/// for the task: in its regions, or on the goroutine that began and ended it, or that was
/// created for it. With --region, only time in such regions counts.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace goroutines trace.out                                  by function
  gotrace goroutines trace.out --by goroutine --sort runnable   who waited longest for a P
  gotrace goroutines trace.out --proc 3 --state running         what ran on P 3
  gotrace goroutines trace.out --by state                       what they do at the end
  gotrace goroutines trace.out --leaks                          those that were created and only wait
  gotrace goroutines trace.out --over-time                      their number over time
  gotrace goroutines trace.out --task request                   what they did for such tasks
  gotrace goroutines trace.out --function 'http.*serve' --by goroutine --json")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print one line for each function, goroutine, state or creator
    #[arg(long, value_name = "WHAT", default_value = "function")]
    by: By,

    /// Sort by that column, the largest first
    #[arg(long, value_name = "KEY", default_value = "running")]
    sort: Sort,

    /// Show goroutines that were created in the trace and are waiting at its end,
    /// by where they were created and where they wait
    #[arg(long, conflicts_with_all = ["by", "over_time"])]
    leaks: bool,

    /// Show the number of goroutines over time
    #[arg(long, conflicts_with_all = ["by", "goroutine", "function", "region", "task", "proc", "thread", "state", "reason"])]
    over_time: bool,

    /// Print N lines; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    select: SelectTime,
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
    #[value(alias = "exec")]
    Running,
    #[value(alias = "sched")]
    Runnable,
    #[value(alias = "block")]
    Waiting,
    Syscall,
    Total,
    Count,
}

impl Sort {
    /// Returns the figure to sort by, of `count` goroutines with these times.
    fn key(self, count: u64, stats: &Stats) -> i64 {
        match self {
            Sort::Running => stats.exec,
            Sort::Runnable => stats.sched_wait,
            Sort::Waiting => stats.block.total(),
            Sort::Syscall => stats.syscall.saturating_add(stats.syscall_block),
            Sort::Total => stats.total,
            Sort::Count => i64::try_from(count).unwrap_or(i64::MAX),
        }
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let selected = options.select.of(&input, &trace, global)?;
    let work = selected.work().map_err(|none| missing(&input, &none))?;
    let shares = work.map(|work| CollectShares::new(work.clone()));
    let ((summaries, shares), warnings) =
        options.select.within.analyze(&input, &trace, (CollectGoroutines::new(global.compat()), shares))?;
    let origin = options.select.within.origin(&trace, summaries.start);
    let mut out = Output::open(global, Content::Text)?;
    if !options.json {
        options.select.heading(&mut out)?;
    }
    let report = Report { options, summaries: &summaries, selected: &selected, origin, shares };
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

/// The goroutines of the trace, with the options that say how they are shown.
struct Report<'a> {
    options: &'a Options,
    summaries: &'a Summaries,
    selected: &'a Selected,
    /// The moment that times count from.
    origin: Time,
    /// The times that goroutines spent for a task or in a region, if that is asked for.
    shares: Option<BTreeMap<GoId, Stats>>,
}

/// Goroutines that have a function, state or creator in common.
struct Group {
    name: String,
    count: u64,
    stats: Stats,
}

impl Report<'_> {
    /// Returns the chosen goroutines, each with its index among all.
    fn chosen(&self) -> impl Iterator<Item = (usize, Goroutine)> {
        let all = self.summaries.goroutines.iter().enumerate();
        all.filter_map(|(place, g)| Some((place, self.share(g)?)))
    }

    /// Returns a goroutine with the figures that are asked for; none if it is not chosen.
    fn share(&self, mut g: Goroutine) -> Option<Goroutine> {
        if !self.selected.has_goroutine(g.id) {
            return None;
        }
        if let Some(shares) = &self.shares {
            g.stats = shares.get(&g.id)?.clone();
        }
        Some(g)
    }

    /// Returns the number of lines to print at most.
    fn top(&self) -> usize {
        if self.options.top == 0 { usize::MAX } else { self.options.top }
    }

    /// Returns the name of the function that a goroutine began with.
    fn function(&self, g: &Goroutine) -> String {
        let name = String::from_utf8_lossy(self.summaries.name(g)).into_owned();
        if name.is_empty() { "(unknown: no stack in the trace)".into() } else { name }
    }

    /// Returns the name of the group to which a goroutine belongs.
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

    /// Prints the groups.
    fn groups(&self, out: &mut Output) -> io::Result<()> {
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (_, g) in self.chosen() {
            let name = self.group_of(&g);
            let at = *known.entry(name).or_insert_with_key(|name| {
                groups.push(Group { name: name.clone(), count: 0, stats: Stats::default() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.count += 1;
                group.stats.add(&g.stats);
            }
        }
        let sort = self.options.sort;
        groups.sort_by(|a, b| {
            sort.key(b.count, &b.stats).cmp(&sort.key(a.count, &a.stats)).then_with(|| a.name.cmp(&b.name))
        });
        if self.options.json {
            let count: u64 = groups.iter().map(|group| group.count).sum();
            let groups = groups.iter().take(self.top());
            let groups =
                groups.map(|group| GoroutineGroup::new(&group.name, group.count, &group.stats, self.summaries));
            let by = match self.options.by {
                By::Function | By::Goroutine => GroupedBy::Function,
                By::State => GroupedBy::State,
                By::Creator => GroupedBy::Creator,
            };
            return json::write(out, &GoroutineGroupsReport::new(by, count, groups.collect()));
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
            groups.iter().take(self.top()).map(|g| row(number(g.count), &g.stats, &g.name)).collect();
        self.rest(&mut rows, groups.iter().map(|group| (group.count, &group.stats)), "");
        let styles = out.styles;
        table::print(out, styles, &["count", "running", "runnable", "waiting", "syscall", "total", what], rows)
    }

    /// Adds a line with the sum of the rows that are not listed, if there are any.
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

    /// Prints the number of goroutines and their times, all together.
    fn heading(&self, out: &mut Output) -> io::Result<()> {
        let (mut all, mut count, mut ended) = (Stats::default(), 0, 0);
        for (_, g) in self.chosen() {
            all.add(&g.stats);
            count += 1;
            ended += u64::from(g.ended().is_some());
        }
        let heading = out.styles.heading;
        let parts = [
            ("running", all.exec),
            ("runnable", all.sched_wait),
            ("waiting", all.block.total()),
            ("syscall", all.syscall.saturating_add(all.syscall_block)),
        ];
        let parts: Vec<_> = parts.iter().map(|&(what, time)| format!("{what} {}", duration(time))).collect();
        let count = number(count);
        writeln!(out, "{heading}{count} goroutines{heading:#}, {} of them ended; {}", number(ended), parts.join(", "))
    }

    /// Prints each goroutine.
    fn each(&self, out: &mut Output) -> io::Result<()> {
        let key = |g: &Goroutine| (std::cmp::Reverse(self.options.sort.key(1, &g.stats)), g.id);
        let mut chosen: Vec<_> = self.chosen().map(|(place, g)| (key(&g), place)).collect();
        chosen.sort_unstable();
        let all = || chosen.iter().filter_map(|&(_, place)| self.share(self.summaries.goroutines.get(place)?));
        if self.options.json {
            let shown = all().take(self.top());
            return json::write(out, &GoroutinesReport::new(chosen.len(), shown, self.summaries));
        }
        if chosen.is_empty() {
            return writeln!(out, "no goroutines match");
        }
        self.heading(out)?;
        let mut rows: Vec<_> =
            all().take(self.top()).map(|g| row(g.id.to_string(), &g.stats, &self.function(&g))).collect();
        self.rest(&mut rows, all().map(|g| (1, g.stats)), "-");
        let styles = out.styles;
        table::print(
            out,
            styles,
            &["goroutine", "running", "runnable", "waiting", "syscall", "total", "began with"],
            rows,
        )
    }

    /// Prints the number of goroutines over time.
    fn over_time(&self, out: &mut Output) -> io::Result<()> {
        const WIDTH: u64 = 60;
        let (counts, start) = (&self.summaries.counts, self.origin);
        if self.options.json {
            return json::write(out, &GoroutineCountsReport::from(self.summaries));
        }
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        // Stretches are joined, with the most goroutines of each, so that they fit a screen.
        let lines = if self.options.top == 0 { counts.len() } else { self.options.top }.max(1);
        let rows = counts.chunks(counts.len().div_ceil(lines).max(1)).map(|part| {
            let (time, count) =
                (part.first().map_or(0, |(t, _)| t.since(start)), part.iter().map(|(_, n)| *n).max().unwrap_or(0));
            vec![duration(time), number(count), "#".repeat((count * WIDTH).div_ceil(most) as usize)]
        });
        let styles = out.styles;
        let heading = styles.heading;
        writeln!(out, "{heading}at most {} goroutines{heading:#}", number(most))?;
        table::print(out, styles, &["since", "at most", "goroutines"], rows)
    }
}

/// Returns the cells of a row: the first one, the times, and a name.
fn row(first: String, stats: &Stats, what: &str) -> Vec<String> {
    let syscall = stats.syscall.saturating_add(stats.syscall_block);
    let times = [stats.exec, stats.sched_wait, stats.block.total(), syscall, stats.total];
    let what = name(what.as_bytes()).into_owned();
    std::iter::once(first).chain(times.map(duration)).chain([what]).collect()
}
