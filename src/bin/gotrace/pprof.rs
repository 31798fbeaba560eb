//! `gotrace pprof`.

use crate::human::{duration, name, number, percent};
use crate::input::Input;
use crate::only::Only;
use crate::output::{Content, Output, Styles};
use crate::progress::Progress;
use crate::table;
use crate::{Global, Status, Usage};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::analysis::profile::{Part, Profile, ProfileKind, Profiler, Sample};
use gotrace::export::pprof;
use gotrace::{GoState, Trace, Warning};
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Write a profile of where goroutines spend their time, for `go tool pprof`
///
/// net, sync, syscall and sched are what `go tool trace -pprof=TYPE` writes:
/// time spent waiting for the network; for channels, locks and select; in system
/// calls; and for a P. wall is all of a goroutine's time by state; cpu the
/// samples of the CPU profiler that are in the trace.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace pprof sched trace.out -o sched.pb.gz && go tool pprof -http=: sched.pb.gz
  gotrace pprof sync trace.out --text                    the heaviest stacks, right here
  gotrace pprof sync trace.out --text --by function      the functions in them
  gotrace pprof wall trace.out --function 'conn.*serve' --text
  gotrace pprof net trace.out --region handle --from 1s --to 2s -o net.pb.gz")]
pub(crate) struct Options {
    /// What to profile
    #[arg(value_name = "TYPE")]
    kind: Kind,

    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    only: Only,

    /// Count also what has not ended when the trace does
    #[arg(long)]
    unfinished: bool,

    /// How many CPU samples the program had taken in a second; a trace does not
    /// tell
    #[arg(long, value_name = "HZ", default_value_t = 100)]
    cpu_rate: u32,

    /// Print the heaviest stacks, as on a terminal without -o
    #[arg(long, conflicts_with = "json")]
    text: bool,

    /// Print N stacks or functions; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// Print stacks, or what functions have of them: flat, where they are the
    /// innermost, and cumulative
    #[arg(long, value_name = "WHAT", default_value = "stack")]
    by: By,

    /// Print JSON, all stacks; times in nanoseconds
    #[arg(long)]
    json: bool,
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

    /// What its spans are.
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

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let filter = options.only.filter(&input, &trace, global.compat())?;
    let profiler =
        Profiler::new(options.kind.profile()).compat(global.compat()).unfinished(options.unfinished).filter(filter);
    let (profile, warnings) = profile(&input, &trace, profiler)?;
    let period = Duration::from_secs(1).checked_div(options.cpu_rate).ok_or_else(|| Usage("--cpu-rate 0".into()))?;
    let for_people = options.text || (global.output.is_none() && io::stdout().is_terminal());
    if options.json || for_people {
        let mut out = Output::open(global, Content::Text)?;
        if options.json {
            writeln!(out, "{:#}", report(&profile, period, &warnings))?;
        } else {
            print(&mut out, options, &profile, period)?;
        }
        out.finish()?;
    } else {
        let mut out = Output::open(global, Content::Binary)?;
        pprof::write(&profile, period, &mut out)?;
        out.finish()?;
    }
    Ok(input.warn(&warnings))
}

/// Makes the profile, generations side by side where that can be.
fn profile(input: &Input, trace: &Trace<'_>, profiler: Profiler) -> Result<(Profile, Vec<Warning>)> {
    let Some(part) = profiler.part() else { return input.analyze(trace, profiler) };
    let progress = Progress::new(trace, false);
    let merge = |parts: &mut Part, next| {
        parts.merge(next);
        progress.one_more_generation();
    };
    let folded = trace.fold(|| part.clone(), Part::note, merge);
    drop(progress);
    let folded = folded.map_err(|e| input.error(&e))?;
    Ok((folded.output.profile(), folded.warnings))
}

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
        return writeln!(out, "nothing {} in this trace", options.kind.title());
    }
    let spans = if profile.kind == ProfileKind::Cpu { "samples" } else { "spans" };
    writeln!(out, "{heading}{} {}{heading:#} in {} {spans}", duration(total), options.kind.title(), number(count))?;
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

/// The functions with the most.
fn functions(out: &mut Output, profile: &Profile, period: Duration, total: i64, top: usize) -> io::Result<()> {
    let all = profile.functions();
    let rows = all.iter().take(top).map(|of| {
        let (flat, cumulative) = (nanos(of.flat, profile, period), nanos(of.cumulative, profile, period));
        let function = name(profile.stacks.names.get(of.function));
        let function = if function.is_empty() { "(no stack: the scheduler)".into() } else { function };
        vec![
            duration(flat),
            percent(flat, total),
            number(of.flat.0),
            duration(cumulative),
            percent(cumulative, total),
            function.into_owned(),
        ]
    });
    let styles = out.styles;
    table::below(out, styles, &["flat", "", "times", "cumulative", "", "function"], rows)?;
    if let Some(more) = all.len().checked_sub(top).filter(|more| *more > 0) {
        writeln!(out, "\n({} more functions; --top 0 prints all)", number(more as u64))?;
    }
    Ok(())
}

fn nanos_of(sample: &Sample, profile: &Profile, period: Duration) -> i64 {
    nanos((sample.count, sample.nanos), profile, period)
}

/// How long; of CPU samples, of which the trace does not tell it, what they stand
/// for.
fn nanos((count, nanos): (u64, i64), profile: &Profile, period: Duration) -> i64 {
    if profile.kind != ProfileKind::Cpu {
        return nanos;
    }
    let period = i64::try_from(period.as_nanos()).unwrap_or(i64::MAX);
    i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(period)
}

fn report(profile: &Profile, period: Duration, warnings: &[Warning]) -> Value {
    let names = &profile.stacks.names;
    let text = |id| String::from_utf8_lossy(names.get(id));
    let samples = profile.samples.iter().map(|sample| {
        let frames = profile.stacks.frames(sample.stack).iter();
        let frames = frames.map(
            |frame| json!({ "pc": frame.pc, "func": text(frame.func), "file": text(frame.file), "line": frame.line }),
        );
        json!({
            "count": sample.count,
            "nanos": nanos_of(sample, profile, period),
            "state": sample.state.map(|state| state.to_string().to_lowercase()),
            "reason": Some(text(sample.reason)).filter(|reason| !reason.is_empty()),
            "stack": frames.collect::<Value>(),
        })
    });
    let kind = format!("{:?}", profile.kind).to_lowercase();
    let total = profile.samples.iter().map(|sample| nanos_of(sample, profile, period)).fold(0, i64::saturating_add);
    let functions = profile.functions().into_iter().map(|of| {
        json!({
            "function": text(of.function),
            "flat": nanos(of.flat, profile, period),
            "flat_count": of.flat.0,
            "cumulative": nanos(of.cumulative, profile, period),
            "cumulative_count": of.cumulative.0,
        })
    });
    json!({
        "type": kind,
        "count": profile.total().0,
        "nanos": total,
        "samples": samples.collect::<Value>(),
        "functions": functions.collect::<Value>(),
        "warnings": warnings.iter().map(Warning::to_string).collect::<Value>(),
    })
}
