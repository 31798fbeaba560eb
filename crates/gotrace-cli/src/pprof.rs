//! `gotrace pprof`: profiles of where goroutines spend their time.

use crate::global::Global;
use crate::human::{duration, name, number, percent};
use crate::input::{Input, given_up};
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output, Styles};
use crate::select::{SelectTime, missing};
use crate::{json, table};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::analysis::profile::{CollectProfile, Part, Profile, ProfileKind, Sample};
use gotrace::export::pprof;
use gotrace::report::ProfileReport;
use gotrace::{GoState, Trace, Warning};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Write a profile of where goroutines spend their time, for `go tool pprof`
///
/// net, sync, syscall and sched are the profiles of `go tool trace -pprof=TYPE`:
/// time spent waiting for the network; waiting for channels, locks and select; in
/// system calls; and waiting for a P. wall is all time of goroutines, by state; cpu
/// is the samples of the CPU profiler that are in the trace.
///
/// With --task, only time counts in which a goroutine worked for the task: in its regions,
/// or on the goroutine that began and ended it, or that was created for it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace pprof sched trace.out -o sched.pb.gz && go tool pprof -http=: sched.pb.gz
  gotrace pprof sync trace.out --text                    the heaviest stacks, right here
  gotrace pprof sync trace.out --text --by function      the functions in them
  gotrace pprof wall trace.out --function 'conn.*serve' --text
  gotrace pprof wall trace.out --task request --text     where the time of such tasks went
  gotrace pprof net trace.out --region handle --from 1s --to 2s -o net.pb.gz")]
pub(crate) struct Options {
    #[command(flatten)]
    profiled: Profiled,

    /// Print the heaviest stacks, as on a terminal without -o
    #[arg(long, conflicts_with = "json")]
    text: bool,

    /// Print N stacks or functions; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// Print whole stacks, or functions with their flat time (as the innermost of
    /// a stack) and cumulative time (anywhere in a stack)
    #[arg(long, value_name = "WHAT", default_value = "stack")]
    by: By,

    /// Print JSON, all stacks; times in nanoseconds
    #[arg(long)]
    json: bool,
}

/// Options that say which profile of which trace is wanted.
#[derive(Args)]
pub(crate) struct Profiled {
    /// Kind of profile
    #[arg(value_name = "TYPE")]
    kind: Kind,

    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    select: SelectTime,

    /// Count also waits and calls that have not ended when the trace does
    #[arg(long)]
    unfinished: bool,

    /// CPU samples that the program took in a second, which the trace does not
    /// say
    #[arg(long, value_name = "HZ", default_value_t = 100)]
    cpu_rate: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Net,
    Sync,
    Syscall,
    Sched,
    Wall,
    Cpu,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Stack,
    Function,
}

impl Kind {
    fn profile(self) -> ProfileKind {
        match self {
            Kind::Net => ProfileKind::Net,
            Kind::Sync => ProfileKind::Sync,
            Kind::Syscall => ProfileKind::Syscall,
            Kind::Sched => ProfileKind::Sched,
            Kind::Wall => ProfileKind::Wall,
            Kind::Cpu => ProfileKind::Cpu,
        }
    }

    /// Returns a phrase for the time that it counts, for the first line of the page.
    fn title(self) -> &'static str {
        match self {
            Kind::Net => "waiting for the network",
            Kind::Sync => "waiting for channels, locks or select",
            Kind::Syscall => "in system calls",
            Kind::Sched => "waiting for a P",
            Kind::Wall => "of goroutines, in all states",
            Kind::Cpu => "of CPU time, sampled",
        }
    }
}

impl Profiled {
    /// Opens the trace.
    pub(crate) fn open(&self, global: &Global) -> Result<Input> {
        Input::open(&self.trace, global)
    }

    /// Makes the profile of what is selected of the trace.
    ///
    /// # Errors
    /// Also if there is nothing of what is selected.
    pub(crate) fn profile(&self, input: &Input, trace: &Trace<'_>, global: &Global) -> Result<(Profile, Vec<Warning>)> {
        let selected = self.select.of(input, trace, global.compat())?;
        let filter = selected.filter().map_err(|none| missing(input, &none))?;
        let profiler =
            CollectProfile::new(self.kind.profile()).compat(global.compat()).unfinished(self.unfinished).filter(filter);
        profile(input, trace, profiler)
    }

    /// Returns the time that a CPU sample stands for.
    ///
    /// # Errors
    /// If there are none in a second.
    pub(crate) fn period(&self) -> Result<Duration> {
        Ok(Duration::from_secs(1).checked_div(self.cpu_rate).ok_or_else(|| Usage("--cpu-rate 0".into()))?)
    }

    /// Returns a phrase for the time that is counted.
    pub(crate) fn title(&self) -> &'static str {
        self.kind.title()
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let period = options.profiled.period()?;
    let input = options.profiled.open(global)?;
    let trace = input.trace()?;
    let (profile, warnings) = options.profiled.profile(&input, &trace, global)?;
    let for_people = options.text || (global.output.is_none() && io::stdout().is_terminal());
    if options.json {
        let mut out = Output::open(global, Content::Text)?;
        json::write(&mut out, &ProfileReport::new(&profile, period, &warnings))?;
        out.finish()?;
    } else if for_people && cfg!(feature = "full") {
        let mut out = Output::open(global, Content::Text)?;
        options.profiled.select.heading(&mut out)?;
        print(&mut out, options, &profile, period)?;
        out.finish()?;
    } else {
        let mut out = Output::open(global, Content::Binary)?;
        pprof::write(&profile, period, &mut out)?;
        out.finish()?;
    }
    Ok(input.warn(&warnings))
}

/// Makes the profile, with generations side by side on several threads if that is possible.
fn profile(input: &Input, trace: &Trace<'_>, profiler: CollectProfile) -> Result<(Profile, Vec<Warning>)> {
    let Some(part) = profiler.part() else { return input.analyze(trace, profiler) };
    let progress = input.progress(trace);
    let merge = |parts: &mut Part, next| {
        parts.merge(next);
        progress.one_more_generation();
    };
    let folded = trace.fold_while(|| part.clone(), Part::note, merge, || input.is_wanted());
    drop(progress);
    let folded = folded.map_err(|e| input.error(&e))?.ok_or_else(given_up)?;
    Ok((folded.output.profile(), folded.warnings))
}

/// Returns the state of a sample's goroutine with the reason for waiting, in words.
fn state(sample: &Sample, profile: &Profile) -> Option<String> {
    let reason = profile.stacks.names.get(sample.reason);
    Some(match sample.state? {
        GoState::Running => "running".into(),
        GoState::Runnable => "runnable".into(),
        GoState::Syscall => "in a system call".into(),
        _ if reason.is_empty() => "waiting".into(),
        _ => format!("waiting for {}", name(reason)),
    })
}

fn print(out: &mut Output, options: &Options, profile: &Profile, period: Duration) -> io::Result<()> {
    let Styles { heading, dim, .. } = out.styles;
    let value = |sample: &Sample| nanos_of(sample, profile, period);
    let total = profile.samples.iter().map(value).fold(0, i64::saturating_add);
    let (count, _) = profile.total();
    if count == 0 {
        return writeln!(out, "nothing {} in this trace", options.profiled.title());
    }
    let spans = if profile.kind == ProfileKind::Cpu { "samples" } else { "spans" };
    writeln!(out, "{heading}{} {}{heading:#} in {} {spans}", duration(total), options.profiled.title(), number(count))?;
    let top = if options.top == 0 { usize::MAX } else { options.top };
    if options.by == By::Function {
        return functions(out, profile, period, total, top);
    }
    for sample in profile.samples.iter().take(top) {
        let (nanos, count) = (value(sample), number(sample.count));
        let state = state(sample, profile).map_or(String::new(), |state| format!(", {state}"));
        writeln!(
            out,
            "\n{heading}{:>9}{heading:#}  {:>4}  {count} times{state}",
            duration(nanos),
            percent(nanos, total)
        )?;
        let frames = profile.stacks.frames(sample.stack);
        if frames.is_empty() {
            writeln!(out, "{:17}{dim}(no stack: the scheduler){dim:#}", "")?;
        }
        for frame in frames {
            let names = &profile.stacks.names;
            let (func, file) = (name(names.get(frame.func)), name(names.get(frame.file)));
            let func = if func.is_empty() { format!("0x{:x}", frame.pc).into() } else { func };
            writeln!(out, "{:17}{func}  {dim}{file}:{}{dim:#}", "", frame.line)?;
        }
    }
    if let Some(more) = profile.samples.len().checked_sub(top).filter(|more| *more > 0) {
        writeln!(out, "\n({} more stacks; --top 0 prints all)", number(more as u64))?;
    }
    Ok(())
}

/// Prints the functions with the most time.
fn functions(out: &mut Output, profile: &Profile, period: Duration, total: i64, top: usize) -> io::Result<()> {
    let all = profile.functions();
    let rows = all.iter().take(top).map(|entry| {
        let (flat, cumulative) = (profile.time(entry.flat, period), profile.time(entry.cumulative, period));
        let function = name(profile.stacks.names.get(entry.function));
        let function = if function.is_empty() { "(no stack: the scheduler)".into() } else { function };
        vec![
            duration(flat),
            percent(flat, total),
            number(entry.flat.0),
            duration(cumulative),
            percent(cumulative, total),
            function.into_owned(),
        ]
    });
    let styles = out.styles;
    table::print(out, styles, &["flat", "", "times", "cumulative", "", "function"], rows)?;
    if let Some(more) = all.len().checked_sub(top).filter(|more| *more > 0) {
        writeln!(out, "\n({} more functions; --top 0 prints all)", number(more as u64))?;
    }
    Ok(())
}

/// Returns the time of a sample, in nanoseconds.
fn nanos_of(sample: &Sample, profile: &Profile, period: Duration) -> i64 {
    profile.time((sample.count, sample.nanos), period)
}
