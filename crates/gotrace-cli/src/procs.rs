//! `gotrace procs`: each P over time, idle Ps, runs, system calls, threads.

use crate::global::Global;
use crate::human::{count, duration, moment, name, number, percent};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::spark::sparkline;
use crate::whole::Whole;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::Time;
use gotrace::analysis::durations::Durations;
use gotrace::analysis::over_time::OverTime;
use gotrace::analysis::procs::{CollectProcs, Procs, Run};
use gotrace::analysis::stacks::{StackKey, Stacks};
use gotrace::report::ProcsReport;
use std::io::{self, Write};
use std::path::PathBuf;

/// The most bars of a sparkline.
const WIDTH: usize = 50;

/// Show what the Ps did: how busy each was over time, whether Ps idled beside
/// goroutines that could run, system calls that cost a P, the longest runs, threads
///
/// A P is "running" while a goroutine runs on it, "looking" while a thread has it
/// but runs none, and "idle" while no thread has it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace procs trace.out
  gotrace procs trace.out --top 3 --stacks
  gotrace procs --json trace.out | jq '.idle_beside.time / .span'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Show the first N of each list; 0 for all
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,

    /// Print the stacks of the longest runs and of system calls that cost a P
    #[arg(long, conflicts_with = "json")]
    stacks: bool,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    within: Whole,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (procs, warnings) = options.within.analyze(&input, &trace, CollectProcs::default())?;
    let top = if options.top == 0 { usize::MAX } else { options.top };
    let mut out = Output::open(global, Content::Text)?;
    if !json::asked(options.json) {
        options.within.heading(&mut out)?;
    }
    if json::asked(options.json) {
        json::write(&mut out, &ProcsReport::new(&procs, top))?;
    } else {
        let styles = out.styles;
        let origin = options.within.origin(&trace, procs.start);
        Page { procs: &procs, origin, top, stacks: options.stacks, styles }.print(&mut out)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// The page about Ps.
struct Page<'a> {
    procs: &'a Procs,
    /// The moment that times count from.
    origin: Time,
    top: usize,
    stacks: bool,
    styles: Styles,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Procs { procs, gomaxprocs, capacity, .. } = self.procs;
        let heading = self.styles.heading;
        let limit = gomaxprocs.map_or("GOMAXPROCS is not known".into(), |limit| format!("GOMAXPROCS {limit}"));
        let sum = |of: fn(&gotrace::analysis::procs::ProcSummary) -> i64| {
            percent(procs.iter().fold(0, |sum: i64, p| sum.saturating_add(of(p))), *capacity)
        };
        writeln!(
            out,
            "{heading}{}{heading:#}, {limit}, {}: running {}, in system calls {}, looking {}",
            count(procs.len() as u64, "P"),
            duration(self.procs.span()),
            sum(|p| p.running),
            sum(|p| p.syscall),
            sum(|p| p.looking),
        )?;
        self.table(out)?;
        self.idle(out)?;
        self.runs(out)?;
        self.syscalls(out)?;
        self.threads(out)
    }

    /// Prints the table of Ps.
    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let rows = self.procs.procs.iter().map(|p| {
            let times = [p.running, p.syscall, p.looking, p.idle].map(duration);
            std::iter::once(p.id.to_string())
                .chain(times)
                .chain([
                    number(p.runs),
                    duration(p.longest_run),
                    number(p.stops),
                    number(p.stolen),
                    self.bars(&p.busy, Some(1.0)),
                ])
                .collect()
        });
        let header =
            ["P", "running", "syscall", "looking", "idle", "runs", "longest", "let go", "taken", "running over time"];
        table::print(out, self.styles, &header, rows)
    }

    /// Returns a figure over time as a sparkline of at most [`WIDTH`] bars.
    fn bars(&self, figure: &OverTime, most: Option<f64>) -> String {
        let means: Vec<f64> = figure.means(self.procs.span()).collect();
        let bars: Vec<f64> = means
            .chunks(means.len().div_ceil(WIDTH).max(1))
            .map(|part| part.iter().sum::<f64>() / part.len() as f64)
            .collect();
        let most = most.unwrap_or_else(|| bars.iter().copied().fold(0.0, f64::max));
        sparkline(bars, most)
    }

    /// Prints for how long Ps idled beside goroutines that could run.
    fn idle(&self, out: &mut impl Write) -> io::Result<()> {
        let Procs { idle, capacity, .. } = self.procs;
        let heading = self.styles.heading;
        let span = self.procs.span();
        writeln!(
            out,
            "\n{heading}A P idled beside a goroutine that could run{heading:#} for {}, {} of the time; {} of the Ps' time was lost to it",
            duration(idle.time),
            percent(idle.time, span),
            percent(idle.lost, *capacity),
        )?;
        writeln!(
            out,
            "idle Ps                    {}  mean {:.2}",
            self.bars(&idle.procs, None),
            idle.procs.mean(span)
        )?;
        writeln!(
            out,
            "goroutines that could run  {}  mean {:.2}",
            self.bars(&idle.runnable, None),
            idle.runnable.mean(span)
        )?;
        let rows = idle.functions.iter().take(self.top).map(|(function, waits)| {
            let times = [waits.sum(), waits.quantile(0.5), waits.quantile(0.99), waits.max()].map(duration);
            std::iter::once(number(waits.count())).chain(times).chain([function_name(function.as_deref())]).collect()
        });
        let header = ["waits", "total", "p50", "p99", "longest", "beside an idle P, of goroutines that began with"];
        table::print(out, self.styles, &header, rows)?;
        let rows = idle.longest.iter().take(self.top).map(|beside| {
            vec![
                moment(beside.start.since(self.origin)),
                duration(beside.nanos),
                number(beside.procs),
                number(beside.runnable),
                String::new(),
            ]
        });
        table::print(out, self.styles, &["longest at", "for", "idle Ps", "could run", ""], rows)
    }

    /// Prints how long goroutines ran without a break.
    fn runs(&self, out: &mut impl Write) -> io::Result<()> {
        let Procs { runs, longest_runs, stacks, .. } = self.procs;
        let Styles { heading, .. } = self.styles;
        writeln!(
            out,
            "\n{heading}Goroutines ran{heading:#} {} times without a break: p50 {}, p99 {}, longest {}",
            number(runs.count()),
            duration(runs.quantile(0.5)),
            duration(runs.quantile(0.99)),
            duration(runs.max())
        )?;
        let row = |run: &Run| {
            vec![
                duration(run.nanos),
                moment(run.start.since(self.origin)),
                run.proc.map_or("-".into(), |id| id.to_string()),
                run.goroutine.to_string(),
                if run.reason.is_empty() { "-".into() } else { name(&run.reason).into_owned() },
                function_name(run.function.as_deref()),
            ]
        };
        let header = ["longest", "at", "P", "goroutine", "ended by", "which began with"];
        if !self.stacks {
            return table::print(out, self.styles, &header, longest_runs.iter().take(self.top).map(row));
        }
        for run in longest_runs.iter().take(self.top) {
            table::print(out, self.styles, &header, [row(run)])?;
            self.stack(out, stacks, run.stack)?;
        }
        Ok(())
    }

    /// Prints the system calls, and those that lost the P.
    fn syscalls(&self, out: &mut impl Write) -> io::Result<()> {
        let Procs { syscalls, stacks, .. } = self.procs;
        let Styles { heading, .. } = self.styles;
        let without = &syscalls.without;
        let takers = syscalls.takers.map_or(String::new(), |by| {
            let [sysmon, others, itself] = [by.sysmon, by.others, by.itself].map(number);
            format!(": {sysmon} to sysmon, {others} to others, {itself} let go of it")
        });
        writeln!(
            out,
            "\n{heading}{}{heading:#} began, {} lost the P{takers}",
            count(syscalls.count, "system call"),
            number(syscalls.lost),
        )?;
        let row = |stack: StackKey, without: &Durations| {
            let times = [without.sum(), without.quantile(0.5), without.quantile(0.99), without.max()].map(duration);
            std::iter::once(number(without.count())).chain(times).chain([place(stacks, stack)]).collect()
        };
        let header = ["lost", "without P", "p50", "p99", "longest", "called from"];
        let shown = syscalls.stacks.iter().take(self.top);
        if !self.stacks {
            table::print(out, self.styles, &header, shown.map(|at| row(at.stack, &at.without)))?;
        } else {
            for at in shown {
                table::print(out, self.styles, &header, [row(at.stack, &at.without)])?;
                self.stack(out, stacks, at.stack)?;
            }
        }
        if let Some(more @ 1..) = syscalls.stacks.len().checked_sub(self.top) {
            let dim = self.styles.dim;
            writeln!(out, "{dim}({} more; --top 0 lists all, {} together){dim:#}", more, duration(without.sum()))?;
        }
        Ok(())
    }

    /// Prints a stack.
    fn stack(&self, out: &mut impl Write, stacks: &Stacks, stack: StackKey) -> io::Result<()> {
        let dim = self.styles.dim;
        for frame in stacks.frames(stack) {
            let (func, file) = (stacks.names.get(frame.func), stacks.names.get(frame.file));
            writeln!(out, "    {}  {dim}{}:{}{dim:#}", name(func), name(file), frame.line)?;
        }
        Ok(())
    }

    /// Prints the number of threads over time.
    fn threads(&self, out: &mut impl Write) -> io::Result<()> {
        let threads = &self.procs.threads;
        let heading = self.styles.heading;
        writeln!(
            out,
            "\n{heading}{}{heading:#}; with a P or in a system call: at most {}, mean {:.2}",
            count(threads.seen, "thread"),
            threads.most,
            threads.used.mean(self.procs.span())
        )?;
        writeln!(out, "{}", self.bars(&threads.used, None))
    }
}

/// Returns the name of a function as the page shows it.
fn function_name(function: Option<&[u8]>) -> String {
    function.map_or("(unknown: no stack in the trace)".into(), |function| name(function).into_owned())
}

/// Returns the innermost function of a stack, and the function outside of the runtime and
/// the system's packages that led to it: `INNERMOST < CALLER`.
fn place(stacks: &Stacks, stack: StackKey) -> String {
    const INNER: [&[u8]; 6] = [b"syscall.", b"internal/", b"runtime.", b"os.", b"golang.org/x/sys/", b"runtime/cgo."];
    let frames = stacks.frames(stack);
    let is_inner = |func: &[u8]| INNER.iter().any(|inner| func.starts_with(inner));
    let mut names = frames.iter().map(|frame| stacks.names.get(frame.func));
    let Some(innermost) = names.next() else { return "(unknown: no stack in the trace)".into() };
    match frames.iter().map(|frame| stacks.names.get(frame.func)).find(|func| !is_inner(func)) {
        Some(caller) if caller != innermost => format!("{} < {}", name(innermost), name(caller)),
        _ => name(innermost).into_owned(),
    }
}
