//! `gotrace goroutines`: time of goroutines by state, grouped or one by one.

mod groups;
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
use gotrace::analysis::Compat;
use gotrace::analysis::goroutines::{
    CollectLives, CollectShares, Goroutine, GroupBy, Keep, Lists, Stats, SumGroups, Summaries,
};
use gotrace::report::{GoroutineCountsReport, GoroutinesReport};
use gotrace::{GoId, Selected, Time};
use std::collections::BTreeMap;
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
    let compat = global.compat();
    let selected = options.select.of(&input, &trace, global.compat())?;
    let work = selected.work().map_err(|none| missing(&input, &none))?;
    let within = &options.select.within;
    let open = || -> Result<Output> {
        let mut out = Output::open(global, Content::Text)?;
        if !json::asked(options.json) {
            options.select.heading(&mut out)?;
        }
        Ok(out)
    };
    let mut sums = SumGroups::new(options.by.into(), compat, |id| selected.has_goroutine(id));
    if !options.leaks && !options.over_time && options.by != By::Goroutine && work.is_none() {
        let (groups, warnings) = within.analyze(&input, &trace, CollectLives::keeping(compat, sums))?;
        let mut out = open()?;
        groups::print(&mut out, options, &groups)?;
        out.finish()?;
        return Ok(input.warn(&warnings));
    }
    let shares = work.map(|work| CollectShares::new(work.clone()));
    // Those that wait when the trace ends exist then; for Go, a later life of the same number
    // hides them even if it has ended.
    let lists = if options.leaks && compat == Compat::Right { Lists::alive() } else { Lists::goroutines() };
    let lists = if options.over_time { Lists::alive() } else { lists };
    let ((summaries, shares), warnings) =
        within.analyze(&input, &trace, (CollectLives::keeping(compat, lists), shares))?;
    let origin = within.origin(&trace, summaries.start);
    let mut out = open()?;
    let report = Report { options, summaries: &summaries, selected: &selected, origin, shares };
    if options.leaks {
        leaks::print(&mut out, &report)?;
    } else if options.over_time {
        report.over_time(&mut out)?;
    } else if options.by == By::Goroutine {
        report.each(&mut out)?;
    } else {
        report.chosen().for_each(|(_, goroutine)| sums.add(&goroutine, &summaries.stacks));
        groups::print(&mut out, options, &sums.finish(summaries.clone()))?;
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

impl Options {
    /// Returns the number of lines to print at most.
    fn most(&self) -> usize {
        if self.top == 0 { usize::MAX } else { self.top }
    }
}

impl From<By> for GroupBy {
    fn from(by: By) -> GroupBy {
        match by {
            By::Function | By::Goroutine => GroupBy::Function,
            By::State => GroupBy::State,
            By::Creator => GroupBy::Creator,
        }
    }
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
        self.options.most()
    }

    /// Prints each goroutine.
    fn each(&self, out: &mut Output) -> io::Result<()> {
        let key = |g: &Goroutine| (std::cmp::Reverse(self.options.sort.key(1, &g.stats)), g.id);
        let mut chosen: Vec<_> = self.chosen().map(|(place, g)| (key(&g), place)).collect();
        chosen.sort_unstable();
        let all = || chosen.iter().filter_map(|&(_, place)| self.share(self.summaries.goroutines.get(place)?));
        if json::asked(self.options.json) {
            let shown = all().take(self.top());
            return json::write(out, &GoroutinesReport::new(chosen.len(), shown, self.summaries));
        }
        if chosen.is_empty() {
            return writeln!(out, "no goroutines match");
        }
        let (mut sum, mut ended) = (Stats::default(), 0);
        for goroutine in all() {
            sum.add(&goroutine.stats);
            ended += u64::from(goroutine.ended().is_some());
        }
        groups::heading(out, chosen.len() as u64, ended, &sum)?;
        let names = self.summaries.names();
        let shown = all().take(self.top());
        let mut rows: Vec<_> =
            shown.map(|g| row(g.id.to_string(), &g.stats, &groups::function(g.name, names))).collect();
        groups::rest(&mut rows, all().skip(self.top()).map(|g| (1, g.stats)), "-");
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
        if json::asked(self.options.json) {
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
