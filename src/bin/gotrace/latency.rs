//! `gotrace latency`.

use crate::human::{count, duration, name, number, percent};
use crate::input::Input;
use crate::json::{self, counted, text};
use crate::only::Only;
use crate::output::{Content, Output, Styles};
use crate::table;
use crate::{Global, Status};
use anyhow::Result;
use clap::Args;
use gotrace::Warning;
use gotrace::analysis::durations::Durations;
use gotrace::analysis::histogram::RuntimeBuckets;
use gotrace::analysis::latency::{Cause, Latencies, Latency, Wait};
use gotrace::analysis::stacks::StackKey;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show how long goroutines waited for a P, why, and the worst cases
///
/// A goroutine waits from the moment it could run until it does: the scheduler
/// latency, which the runtime samples as /sched/latencies:seconds. Waits of
/// goroutines that are created, unblocked, preempted or back from a system call
/// count alike.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace latency trace.out
  gotrace latency trace.out --function 'conn.*serve' --top 0
  gotrace latency trace.out --from 1s --to 1.2s --worst 3 --stacks
  gotrace latency --json trace.out | jq '.p99, .causes[0]'
  gotrace pprof sched trace.out                          the same by stack")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    only: Only,

    /// List N causes and functions, those that waited longest first; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// Sort causes and functions by that column
    #[arg(long, value_name = "KEY", default_value = "total")]
    sort: Sort,

    /// List the N longest waits
    #[arg(long, value_name = "N", default_value_t = 5)]
    worst: usize,

    /// Print the stacks of the longest waits: where the goroutine was, and who woke
    /// it
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

/// The quantiles that are shown, under their names.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let filter = options.only.filter(&input, &trace, global.compat())?;
    let (mut latency, warnings) = input.analyze(&trace, Latencies::new(options.worst).filter(filter))?;
    latency.causes.sort_by_key(|by| std::cmp::Reverse(options.sort.key(&by.waits)));
    latency.functions.sort_by_key(|by| std::cmp::Reverse(options.sort.key(&by.waits)));
    latency.wakers.sort_by_key(|by| std::cmp::Reverse(options.sort.key(&by.waits)));
    let mut out = Output::open(global, Content::Text)?;
    if options.json {
        writeln!(out, "{:#}", report(&latency, &warnings))?;
    } else {
        let styles = out.styles;
        Page { latency: &latency, options, styles }.print(&mut out)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

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

    /// A line for each power of two.
    fn histogram(&self, out: &mut impl Write) -> io::Result<()> {
        const WIDTH: u64 = 40;
        let bounds = RuntimeBuckets::bounds();
        let counts = self.latency.histogram.counts();
        // The first bucket is of negative durations, of which there are none; those
        // that follow are four to a power of two.
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
        table::below(out, self.styles, &header, lines)
    }

    fn worst(&self, out: &mut impl Write) -> io::Result<()> {
        let rows = self.latency.worst.iter().map(|wait| {
            let at = wait.since.since(self.latency.start);
            let ran = match (wait.over, wait.proc) {
                (true, Some(proc)) => format!("P{proc}"),
                (true, None) => "-".into(),
                (false, _) => "never".into(),
            };
            vec![
                duration(wait.nanos),
                format!("{:.6} s", at as f64 / 1e9),
                ran,
                format!("G{}", wait.goroutine),
                self.described(wait),
            ]
        });
        let rows: Vec<_> = rows.collect();
        if !self.options.stacks {
            return table::below(out, self.styles, &["longest", "since", "ran on", "goroutine", "of"], rows);
        }
        for (row, wait) in rows.into_iter().zip(&self.latency.worst) {
            table::below(out, self.styles, &["longest", "since", "ran on", "goroutine", "of"], [row])?;
            self.stack(out, "where it was", wait.own_stack)?;
            self.stack(out, "who woke it", wait.waker_stack)?;
        }
        Ok(())
    }

    /// Whose wait, and why.
    fn described(&self, wait: &Wait) -> String {
        let by = match wait.waker {
            Some(waker) => format!(" by G{waker}"),
            None => String::new(),
        };
        format!("{}, {}{by}", function(wait.function.as_deref()), cause(&wait.cause))
    }

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

fn function(known: Option<&[u8]>) -> String {
    known.map_or("(unknown: no stack in the trace)".into(), |known| name(known).into_owned())
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Created => "created".into(),
        Cause::Unblocked(reason) if reason.is_empty() => "unblocked".into(),
        Cause::Unblocked(reason) => format!("unblocked from {}", name(reason)),
        Cause::Stopped(reason) if reason.is_empty() => "stopped".into(),
        Cause::Stopped(reason) if **reason == *b"runtime.Gosched" => "gave way (runtime.Gosched)".into(),
        Cause::Stopped(reason) => name(reason).into_owned(),
        Cause::SyscallEnded => "back from a system call, its P taken".into(),
        Cause::AtStart => "waiting when the trace began".into(),
        _ => "other".into(),
    }
}

fn report(latency: &Latency, warnings: &[Warning]) -> Value {
    let cause = |cause: &Cause| match cause {
        Cause::Created => ("created", None),
        Cause::Unblocked(reason) => ("unblocked", Some(text(reason))),
        Cause::Stopped(reason) => ("stopped", Some(text(reason))),
        Cause::SyscallEnded => ("syscall ended", None),
        Cause::AtStart => ("at start", None),
        _ => ("other", None),
    };
    let with = |waits: &Durations, fields: Value| json::with(counted(waits), fields);
    let function = |known: &Option<_>| known.as_deref().map(text);
    let causes = latency.causes.iter().map(|by| {
        let (cause, reason) = cause(&by.cause);
        with(&by.waits, json!({ "cause": cause, "reason": reason }))
    });
    let functions = latency.functions.iter().map(|by| with(&by.waits, json!({ "function": function(&by.function) })));
    let wakers = latency
        .wakers
        .iter()
        .map(|by| with(&by.waits, json!({ "function": function(&by.function), "scheduler": by.scheduler })));
    let stack = |key| json::stack(&latency.stacks, key);
    let worst = latency.worst.iter().map(|wait| {
        let (cause, reason) = cause(&wait.cause);
        json!({
            "time": wait.since.0,
            "nanos": wait.nanos,
            "over": wait.over,
            "goroutine": wait.goroutine.0,
            "function": function(&wait.function),
            "cause": cause,
            "reason": reason,
            "proc": wait.proc.map(|proc| proc.0),
            "waker": wait.waker.map(|waker| waker.0),
            "stack": stack(wait.own_stack),
            "waker_stack": stack(wait.waker_stack),
        })
    });
    let bounds = RuntimeBuckets::bounds();
    let last = bounds.len().saturating_sub(1);
    let fields = json!({
        // JSON has no infinities: the first and the last bucket have no bound there.
        "histogram": {
            "bounds_seconds": bounds.get(1..last).unwrap_or_default(),
            "counts": latency.histogram.counts(),
        },
        "causes": causes.collect::<Value>(),
        "functions": functions.collect::<Value>(),
        "wakers": wakers.collect::<Value>(),
        "worst": worst.collect::<Value>(),
        "unfinished": latency.unfinished,
        "switches": latency.switches,
        "warnings": warnings.iter().map(Warning::to_string).collect::<Value>(),
    });
    with(&latency.waits, fields)
}
