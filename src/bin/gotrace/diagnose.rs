//! `gotrace diagnose`.

mod observe;
mod page;
mod report;

pub(crate) use page::Page;
pub(crate) use report::report;

use crate::output::{Content, Output};
use crate::{Global, Status, Usage};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::diagnose::{Diagnosis, Observation, Severity, Thresholds};
use std::io::Write;
use std::path::PathBuf;

/// Say what is wrong with a program's scheduler, if anything
///
/// INPUT is an execution trace, or the standard error of a program that ran with
/// GODEBUG=schedtrace=1000,scheddetail=1,gctrace=1; among other output, if need
/// be. Ten patterns are looked for: M starvation, syscall storm, netpoller
/// saturation, GC stall and stuck P; idle Ps beside goroutines that wait,
/// goroutine growth, one goroutine pinning a P, lock convoys, and scheduler
/// latency that comes with GC.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace diagnose trace.out
  gotrace diagnose stderr.log trace.out
  kubectl logs POD | gotrace diagnose -
  gotrace diagnose http://localhost:6060 --seconds 3
  gotrace diagnose --fail-on warning trace.out             for CI: status 3 if something is wrong
  gotrace diagnose --threshold gc-stall.pause=1e6 trace.out
  gotrace diagnose --thresholds                            what can be set, and what it means")]
pub(crate) struct Options {
    /// Traces or logs; `-` is standard input
    #[arg(value_name = "INPUT", required_unless_present = "thresholds")]
    inputs: Vec<PathBuf>,

    #[command(flatten)]
    rules: Rules,

    /// List the thresholds
    #[arg(long)]
    thresholds: bool,

    /// Print JSON; times in nanoseconds since the beginning of the input
    #[arg(long)]
    json: bool,
}

/// What counts as wrong, and what follows from it.
#[derive(Args)]
pub(crate) struct Rules {
    /// End with status 3 if there is a finding of that severity, or a worse one
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Level>,

    /// Change a threshold; can be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    threshold: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    Info,
    Warning,
    Critical,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Level::Info => Severity::Info,
            Level::Warning => Severity::Warning,
            Level::Critical => Severity::Critical,
        }
    }
}

/// What was observed in an input; a log may hold several runs of a program.
pub(crate) struct Seen {
    /// Of the input.
    name: String,
    /// Which run, from 0, if there are several.
    run: Option<u32>,
    observation: Observation,
}

impl Seen {
    /// What is wrong in it.
    pub(crate) fn diagnosis(&self, thresholds: &Thresholds) -> Diagnosis {
        Diagnosis::of(&self.observation, thresholds)
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let thresholds = options.rules.thresholds()?;
    if options.thresholds {
        return list(global, &thresholds);
    }
    let mut out = Output::open(global, Content::Text)?;
    let (mut warnings, mut worst, mut first) = (Vec::new(), None, true);
    for path in &options.inputs {
        let warn = observe::observe(path, global, &mut |seen| {
            let diagnosis = seen.diagnosis(&thresholds);
            worst = worst.max(diagnosis.severity());
            // A log may hold more runs than fit in memory: each is told of as it ends.
            let before = if options.json { ["[\n", ",\n"] } else { ["", "\n"] };
            write!(out, "{}", before[usize::from(!std::mem::take(&mut first))])?;
            if options.json {
                write!(out, "{:#}", report(&seen, &diagnosis))?;
            } else {
                Page { styles: out.styles, seen: &seen }.print(&mut out, &diagnosis)?;
            }
            Ok(())
        })?;
        warnings.push(warn);
    }
    if options.json {
        writeln!(out, "\n]")?;
    }
    out.finish()?;
    let mut status = Status::Done;
    for warn in warnings {
        if let Status::Flawed = warn() {
            status = Status::Flawed;
        }
    }
    Ok(if options.rules.fails_on(worst) { Status::Found } else { status })
}

impl Rules {
    /// The thresholds as changed; an error if one can't be.
    pub(crate) fn thresholds(&self) -> Result<Thresholds> {
        let mut thresholds = Thresholds::default();
        for change in &self.threshold {
            let bad =
                |why: &str| Usage(format!("--threshold {change}: {why}; `gotrace diagnose --thresholds` lists them"));
            let (name, value) = change.split_once('=').ok_or_else(|| bad("expected NAME=VALUE"))?;
            let value: f64 = value.parse().ok().filter(|value| *value >= 0.0).ok_or_else(|| bad("not a number"))?;
            if !thresholds.set(name, value) {
                return Err(bad("there is no such threshold").into());
            }
        }
        Ok(thresholds)
    }

    /// Whether the worst that was found is what the user wants to fail on.
    pub(crate) fn fails_on(&self, worst: Option<Severity>) -> bool {
        self.fail_on.is_some_and(|level| worst >= Some(level.severity()))
    }
}

fn list(global: &Global, thresholds: &Thresholds) -> Result<Status> {
    let mut out = Output::open(global, Content::Text)?;
    let default = Thresholds::default();
    for threshold in Thresholds::ALL {
        let changed = if *thresholds == default { "" } else { " (before changes)" };
        writeln!(out, "{}={}{changed}\n    {}", threshold.name, threshold.default, threshold.meaning)?;
    }
    out.finish()?;
    Ok(Status::Done)
}
