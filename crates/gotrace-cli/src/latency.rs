//! `gotrace latency`: how long goroutines waited for a P.

use crate::global::Global;
use crate::human::{count, duration, moment, name, number, percent};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::select::{SelectTime, missing};
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::durations::Durations;
use gotrace::analysis::histogram::RuntimeBuckets;
use gotrace::analysis::latency::{CollectLatency, Latency, Wait, WaitCause};
use gotrace::analysis::stacks::StackKey;
use gotrace::report::LatencyReport;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show how long goroutines waited for a P, why, and the worst cases
///
/// A goroutine waits from the moment it could run until it does. This scheduler
/// latency is what the runtime samples as /sched/latencies:seconds. Waits of
/// goroutines that are created, unblocked, preempted or back from a system call
/// count alike.
///
/// With --task, only time counts in which a goroutine worked for the task: in its regions,
/// or on the goroutine that began and ended it, or that was created for it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace latency trace.out
  gotrace latency trace.out --function 'conn.*serve' --top 0
  gotrace latency trace.out --task request               the waits in such tasks
  gotrace latency trace.out --from 1s --to 1.2s --worst 3 --stacks
  gotrace latency --json trace.out | jq '.p99, .causes[0]'
  gotrace pprof sched trace.out                          the waits by stack")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    select: SelectTime,

    /// List the first N causes, functions and wakers; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// Sort causes, functions and wakers by that column, the largest first
    #[arg(long, value_name = "KEY", default_value = "total")]
    sort: Sort,

    /// List the N longest waits
    #[arg(long, value_name = "N", default_value_t = 5)]
    worst: usize,

    /// Print the stacks of the longest waits: that of the goroutine, and that of the
    /// goroutine which woke it
    #[arg(long, conflicts_with = "json")]
    stacks: bool,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Sort {
    Count,
    Total,
    P50,
    P99,
    Max,
}

impl Sort {
    /// Returns the figure to sort by.
    fn key(self, waits: &Durations) -> i64 {
        match self {
            Sort::Count => i64::try_from(waits.count()).unwrap_or(i64::MAX),
            Sort::Total => waits.sum(),
            Sort::P50 => waits.quantile(0.5),
            Sort::P99 => waits.quantile(0.99),
            Sort::Max => waits.max(),
        }
    }
}

/// The quantiles that are shown, with their names.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let selected = options.select.of(&input, &trace, global.compat())?;
    let filter = selected.filter().map_err(|none| missing(&input, &none))?;
    let (mut latency, warnings) = input.analyze(&trace, CollectLatency::new(options.worst).filter(filter))?;
    latency.causes.sort_by_key(|by| std::cmp::Reverse(options.sort.key(&by.waits)));
    latency.functions.sort_by_key(|by| std::cmp::Reverse(options.sort.key(&by.waits)));
    latency.wakers.sort_by_key(|by| std::cmp::Reverse(options.sort.key(&by.waits)));
    let mut out = Output::open(global, Content::Text)?;
    if json::asked(options.json) {
        json::write(&mut out, &LatencyReport::new(&latency, &warnings))?;
    } else {
        options.select.heading(&mut out)?;
        let styles = out.styles;
        Page { latency: &latency, options, styles }.print(&mut out)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// The page with the latencies.
struct Page<'a> {
    latency: &'a Latency,
    options: &'a Options,
    styles: Styles,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Latency { waits, causes, functions, wakers, .. } = self.latency;
        let heading = self.styles.heading;
        if waits.is_empty() {
            writeln!(out, "no goroutine waited for a P in this trace")?;
        } else {
            let total =
                format!("goroutines waited for a P {} times, {} in all", number(waits.count()), duration(waits.sum()));
            writeln!(out, "{heading}{total}{heading:#}\n")?;
            let shown = QUANTILES.map(|(name, q)| format!("{name} {}", duration(waits.quantile(q))));
            writeln!(out, "{}   max {}", shown.join("   "), duration(waits.max()))?;
            self.histogram(out)?;
        }
        self.table(out, "why they waited", causes.iter().map(|by| (cause(&by.cause), &by.waits)))?;
        let named = |name: &Option<_>| function(name.as_deref());
        let rows = functions.iter().map(|by| (named(&by.function), &by.waits));
        self.table(out, "goroutines that began with", rows)?;
        let rows = wakers.iter().map(|by| {
            let by_name = if by.scheduler { "(the scheduler: network, timers)".into() } else { named(&by.function) };
            (by_name, &by.waits)
        });
        self.table(out, "unblocked or created by goroutines that began with", rows)?;
        if self.latency.unfinished != 0 {
            writeln!(out, "\n{} still waiting when the trace ended", count(self.latency.unfinished, "goroutine"))?;
        }
        self.worst(out)
    }

    /// Prints the histogram, with a line for each power of two.
    fn histogram(&self, out: &mut impl Write) -> io::Result<()> {
        const WIDTH: u64 = 40;
        let bounds = RuntimeBuckets::bounds();
        let counts = self.latency.histogram.counts();
        // The first bucket is for negative durations, of which there are none; then there
        // are four buckets for each power of two.
        let lines = counts.get(1..).unwrap_or_default().chunks(4).zip(bounds.get(1..).unwrap_or_default().chunks(4));
        let lines: Vec<(f64, u64)> =
            lines.map(|(counts, bounds)| (bounds.first().copied().unwrap_or(0.0), counts.iter().sum())).collect();
        let most = lines.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let first = lines.iter().position(|(_, count)| *count != 0).unwrap_or(0);
        let last = lines.iter().rposition(|(_, count)| *count != 0).unwrap_or(0);
        writeln!(out)?;
        for (from, count) in lines.get(first..=last).unwrap_or_default() {
            let bar = "█".repeat(usize::try_from((count * WIDTH).div_ceil(most)).unwrap_or(0));
            let from = format!("from {}", duration((from * 1e9).round() as i64));
            let line = format!("{from:>14}  {:>12}  {bar}", number(*count));
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Prints a table of waits by cause, function or waker (`what`).
    fn table<'a>(
        &self,
        out: &mut impl Write,
        what: &str,
        rows: impl Iterator<Item = (String, &'a Durations)>,
    ) -> io::Result<()> {
        let all = self.latency.waits.sum();
        let rows: Vec<_> = rows.collect();
        let top = if self.options.top == 0 { rows.len() } else { self.options.top.min(rows.len()) };
        let (shown, rest) = rows.split_at(top);
        let row = |name: String, waits: &Durations| {
            let quantiles = QUANTILES.iter().map(|(_, q)| duration(waits.quantile(*q)));
            let start = [number(waits.count()), duration(waits.sum()), percent(waits.sum(), all)];
            start.into_iter().chain(quantiles).chain([duration(waits.max()), name]).collect::<Vec<_>>()
        };
        let mut lines: Vec<_> = shown.iter().map(|(name, waits)| row(name.clone(), waits)).collect();
        if !rest.is_empty() {
            let mut together = Durations::default();
            rest.iter().for_each(|(_, waits)| together.merge(waits));
            lines.push(row(format!("({} more; --top 0 lists all)", number(rest.len() as u64)), &together));
        }
        let names = QUANTILES.map(|(name, _)| name);
        let header = [&["count", "total", "share"][..], &names, &["max", what]].concat();
        table::print(out, self.styles, &header, lines)
    }

    /// Prints the longest waits, with their stacks if they are wanted.
    fn worst(&self, out: &mut impl Write) -> io::Result<()> {
        let rows = self.latency.worst.iter().map(|wait| {
            let at = wait.since.since(self.latency.start);
            let ran = match (wait.over, wait.proc) {
                (true, Some(proc)) => format!("P{proc}"),
                (true, None) => "-".into(),
                (false, _) => "never".into(),
            };
            vec![duration(wait.nanos), moment(at), ran, format!("G{}", wait.goroutine), self.described(wait)]
        });
        let rows: Vec<_> = rows.collect();
        if !self.options.stacks {
            return table::print(out, self.styles, &["longest", "since", "ran on", "goroutine", "of"], rows);
        }
        for (row, wait) in rows.into_iter().zip(&self.latency.worst) {
            table::print(out, self.styles, &["longest", "since", "ran on", "goroutine", "of"], [row])?;
            self.stack(out, "where it was", wait.own_stack)?;
            self.stack(out, "who woke it", wait.waker_stack)?;
        }
        Ok(())
    }

    /// Returns whose wait it was, and why, in words.
    fn described(&self, wait: &Wait) -> String {
        let by = match (wait.waker, wait.waker_function.as_deref()) {
            (Some(waker), Some(function)) => format!(" by G{waker}, {}", name(function)),
            (Some(waker), None) => format!(" by G{waker}"),
            (None, _) => String::new(),
        };
        format!("{}, {}{by}", function(wait.function.as_deref()), cause(&wait.cause))
    }

    /// Prints a stack below its title.
    fn stack(&self, out: &mut impl Write, what: &str, stack: StackKey) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let (stacks, names) = (&self.latency.stacks, &self.latency.stacks.names);
        if stacks.frames(stack).is_empty() {
            return Ok(());
        }
        writeln!(out, "        {heading}{what}:{heading:#}")?;
        for frame in stacks.frames(stack) {
            let (func, file) = (name(names.get(frame.func)), name(names.get(frame.file)));
            let func = if func.is_empty() { format!("0x{:x}", frame.pc).into() } else { func };
            writeln!(out, "        {func}  {dim}{file}:{}{dim:#}", frame.line)?;
        }
        Ok(())
    }
}

/// Returns the name of a function as the page shows it.
fn function(known: Option<&[u8]>) -> String {
    known.map_or("(unknown: no stack in the trace)".into(), |known| name(known).into_owned())
}

/// Returns the cause of a wait in words.
fn cause(cause: &WaitCause) -> String {
    match cause {
        WaitCause::Created => "created".into(),
        WaitCause::Unblocked(reason) if reason.is_empty() => "unblocked".into(),
        WaitCause::Unblocked(reason) => format!("unblocked from {}", name(reason)),
        WaitCause::Stopped(reason) if reason.is_empty() => "stopped".into(),
        WaitCause::Stopped(reason) if **reason == *b"runtime.Gosched" => "gave way (runtime.Gosched)".into(),
        WaitCause::Stopped(reason) => name(reason).into_owned(),
        WaitCause::SyscallEnded => "back from a system call, its P taken".into(),
        WaitCause::AtStart => "waiting when the trace began".into(),
        _ => "other".into(),
    }
}
