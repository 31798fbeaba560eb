//! `gotrace diagnose`: patterns of trouble with the scheduler.

mod observe;
mod page;

pub(crate) use observe::Runs;

use observe::Asked;
pub(crate) use page::Page;

use crate::global::Global;
use crate::json;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::whole::Whole;
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::diagnose::{Diagnosis, Observation, Severity, Thresholds};
use gotrace::godebug::Mixed;
use gotrace::report::DiagnosisReport;
use gotrace::report::log::why;
use std::io::Write;
use std::path::PathBuf;

/// Say what is wrong with a program's scheduler, if anything
///
/// INPUT is an execution trace, or the standard error of a program that ran with
/// GODEBUG=schedtrace=1000,scheddetail=1,gctrace=1; other output may stand between its
/// lines. Thirteen patterns are looked for. Five are known from most texts: M starvation,
/// syscall storm, netpoller saturation, GC stall and stuck P. The others are CPU
/// saturation, a backlog of goroutines that the network poller wakes, goroutines that
/// are not preempted, idle Ps beside goroutines that wait, goroutine growth, one
/// goroutine pinning a P, lock convoys, and scheduler latency that comes with GC.
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

    /// Only this one of several programs in a log: its name, or a part of it, such as the
    /// name of a pod
    #[arg(long, value_name = "NAME")]
    program: Option<String>,

    /// List the thresholds
    #[arg(long)]
    thresholds: bool,

    /// Print JSON; times in nanoseconds since the beginning of a trace, or on
    /// the clock of a log's SCHED lines
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    within: Whole,
}

/// Options that set when a finding is made, and when it fails the command.
#[derive(Args)]
pub(crate) struct Rules {
    /// End with status 3 if there is a finding of that severity or a worse one
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

/// The observation of an input, or of one run of a program in a log.
pub(crate) struct Seen {
    /// The name of the input.
    name: String,
    /// The program in a log, if its lines name it.
    program: Option<String>,
    /// The number of the run, from 0, if there are several.
    run: Option<u32>,
    /// The reason why it cannot be judged, if it cannot.
    mixed: Option<Mixed>,
    observation: Observation,
    /// The time from the trace's start to that of the observation, in nanoseconds.
    offset: i64,
}

impl Seen {
    /// Returns the diagnosis of the observation.
    pub(crate) fn diagnosis(&self, thresholds: &Thresholds) -> Diagnosis {
        Diagnosis::of(&self.observation, thresholds).beginning_at(self.offset)
    }

    /// Returns the report for `--json`.
    pub(crate) fn report<'a>(&'a self, diagnosis: &'a Diagnosis) -> DiagnosisReport<'a> {
        let report = DiagnosisReport::new(&self.name, &self.observation, diagnosis);
        let report = report.of_program(self.program.as_deref(), self.run);
        match self.mixed {
            Some(mixed) => report.not_judged(why(mixed).into_owned()),
            None => report,
        }
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
        let asked = Asked { program: options.program.as_deref(), within: *options.within };
        let warn = observe::observe(path, asked, global, &mut |seen| {
            let diagnosis = seen.diagnosis(&thresholds);
            worst = worst.max(diagnosis.severity());
            // A log may hold more runs than fit in memory: each is printed as it ends.
            let before = if json::asked(options.json) { ["[\n", ",\n"] } else { ["", "\n"] };
            write!(out, "{}", before[usize::from(!std::mem::take(&mut first))])?;
            if json::asked(options.json) {
                json::indented(&mut out, &seen.report(&diagnosis))?;
            } else {
                options.within.heading(&mut out)?;
                Page { styles: out.styles, seen: &seen }.print(&mut out, &diagnosis)?;
            }
            Ok(())
        })?;
        warnings.push(warn);
    }
    if json::asked(options.json) {
        writeln!(out, "{}", if first { "[]" } else { "\n]" })?;
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
    /// Returns the thresholds with the user's changes.
    ///
    /// # Errors
    /// If a change names no threshold, or gives no number.
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

    /// Returns whether the worst finding is at least as bad as `--fail-on` says.
    pub(crate) fn fails_on(&self, worst: Option<Severity>) -> bool {
        self.fail_on.is_some_and(|level| worst >= Some(level.severity()))
    }
}

/// Prints the thresholds.
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
