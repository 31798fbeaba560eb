//! `gotrace diagnose`.

use crate::human::{duration, name};
use crate::input::Input;
use crate::output::{Content, Output, Styles};
use crate::{Global, Status, Usage};
use anstyle::{AnsiColor, Style};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::diagnose::{
    Diagnosis, Evidence, Finding, Observation, Observe, Pattern, Severity, Source, Stretch, Thresholds,
};
use serde_json::{Value, json};
use std::io::{self, Write};
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
  gotrace diagnose http://localhost:6060 --seconds 3
  gotrace diagnose --fail-on warning trace.out             for CI: status 3 if something is wrong
  gotrace diagnose --threshold gc-stall.pause=1e6 trace.out
  gotrace diagnose --thresholds                            what can be set, and what it means")]
pub(crate) struct Options {
    /// Traces or logs; `-` is standard input
    #[arg(value_name = "INPUT", required_unless_present = "thresholds")]
    inputs: Vec<PathBuf>,

    /// End with status 3 if there is a finding of that severity, or a worse one
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Level>,

    /// Change a threshold; can be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    threshold: Vec<String>,

    /// List the thresholds
    #[arg(long)]
    thresholds: bool,

    /// Print JSON; times in nanoseconds since the beginning of the input
    #[arg(long)]
    json: bool,
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

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let thresholds = thresholds(&options.threshold)?;
    if options.thresholds {
        return list(global, &thresholds);
    }
    let mut out = Output::open(global, Content::Text)?;
    let (mut reports, mut status, mut worst) = (Vec::new(), Status::Done, None);
    for (at, path) in options.inputs.iter().enumerate() {
        let input = Input::open(path, global)?;
        let trace = input.trace()?;
        let (mut observation, warnings) = input.analyze(&trace, Observe::default())?;
        observation.cut = !warnings.is_empty();
        let diagnosis = Diagnosis::of(&observation, &thresholds);
        worst = worst.max(diagnosis.severity());
        if options.json {
            reports.push(report(input.name(), &observation, &diagnosis));
        } else {
            if at > 0 {
                writeln!(out)?;
            }
            Page { styles: out.styles, observation: &observation }.print(&mut out, input.name(), &diagnosis)?;
        }
        if let Status::Flawed = input.warn(&warnings) {
            status = Status::Flawed;
        }
    }
    if options.json {
        writeln!(out, "{:#}", Value::from(reports))?;
    }
    out.finish()?;
    let failed = options.fail_on.is_some_and(|level| worst >= Some(level.severity()));
    Ok(if failed { Status::Found } else { status })
}

fn thresholds(changes: &[String]) -> Result<Thresholds> {
    let mut thresholds = Thresholds::default();
    for change in changes {
        let bad = |why: &str| Usage(format!("--threshold {change}: {why}; --thresholds lists them"));
        let (name, value) = change.split_once('=').ok_or_else(|| bad("expected NAME=VALUE"))?;
        let value: f64 = value.parse().ok().filter(|value| *value >= 0.0).ok_or_else(|| bad("not a number"))?;
        if !thresholds.set(name, value) {
            return Err(bad("there is no such threshold").into());
        }
    }
    Ok(thresholds)
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

struct Page<'a> {
    styles: Styles,
    observation: &'a Observation,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write, input: &str, diagnosis: &Diagnosis) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let what = match self.observation.source {
            Source::Trace => "execution trace",
            Source::Log { .. } => "schedtrace log",
        };
        writeln!(out, "{heading}{input}{heading:#}  {dim}{what}, {}{dim:#}", duration(self.observation.span))?;
        if diagnosis.findings.is_empty() {
            writeln!(out, "\n{}", self.healthy())?;
        }
        for finding in &diagnosis.findings {
            writeln!(out)?;
            self.finding(out, finding)?;
        }
        if !diagnosis.notes.is_empty() {
            writeln!(out)?;
        }
        for note in &diagnosis.notes {
            writeln!(out, "{dim}note: {}{dim:#}", wrapped(note, 6))?;
        }
        Ok(())
    }

    /// What there is to say where nothing is wrong.
    fn healthy(&self) -> String {
        let o = self.observation;
        let time: f64 = o.samples.iter().map(|s| s.length() as f64).sum();
        if time <= 0.0 {
            return "nothing to judge".into();
        }
        let mean = |of: fn(&gotrace::diagnose::Sample) -> f64| {
            o.samples.iter().map(|s| of(s) * s.length() as f64).sum::<f64>() / time
        };
        let mut text = format!(
            "healthy: none of {} patterns. On average {:.1} of {:.1} Ps busy, {:.1} goroutines waiting to run, {:.0} threads",
            Pattern::ALL.len(),
            mean(|s| s.procs - s.idle_procs),
            mean(|s| s.procs),
            mean(|s| s.runnable),
            mean(|s| s.threads),
        );
        if o.gc_cycles > 0 {
            text += &format!("; {} collections, the longest pause {}", o.gc_cycles, duration(o.pause_times.max()));
        }
        wrapped(&text, 0) + "."
    }

    fn finding(&self, out: &mut impl Write, finding: &Finding) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let color = if heading == Style::new() { Style::new() } else { style(finding.severity) };
        let label = finding.severity.name().to_uppercase();
        writeln!(
            out,
            "{color}{label}{color:#} {heading}{}{heading:#}: {}",
            finding.pattern,
            wrapped(&finding.headline, 2)
        )?;
        let rule = &finding.rule;
        let rule =
            format!("{}: {}, threshold {} ({})", rule.text, short(rule.value), short(rule.limit), rule.threshold);
        writeln!(out, "  {dim}rule{dim:#}      {}", wrapped(&rule, 12))?;
        if !finding.when.is_empty() {
            let when: Vec<_> = finding.when.iter().map(|&stretch| stretch_text(stretch)).collect();
            writeln!(out, "  {dim}when{dim:#}      {}", wrapped(&when.join(", "), 12))?;
        }
        for (at, evidence) in finding.evidence.iter().enumerate() {
            let label = if at == 0 { "evidence" } else { "" };
            writeln!(out, "  {dim}{label:<10}{dim:#}{}", wrapped(&evidence_text(evidence), 12))?;
            if !evidence.stack.is_empty() {
                let stack: Vec<_> = evidence.stack.iter().map(|func| name(func.as_bytes())).collect();
                writeln!(out, "            {dim}{}{dim:#}", stack.join(" < "))?;
            }
        }
        writeln!(out, "  {dim}advice{dim:#}    {}", wrapped(finding.advice, 12))
    }
}

fn style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Critical => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        _ => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

fn stretch_text(stretch: Stretch) -> String {
    format!("{} to {}", duration(stretch.start), duration(stretch.end))
}

fn evidence_text(evidence: &Evidence) -> String {
    let line = evidence.line.map_or(String::new(), |line| format!("line {line}: "));
    let when = evidence.when.map_or(String::new(), |when| format!(", at {}", duration(when.start)));
    format!("{line}{}{when}", name(evidence.text.as_bytes()))
}

/// A number without needless digits.
fn short(value: f64) -> String {
    if value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{:.2}", value).trim_end_matches('0').trim_end_matches('.').into()
    }
}

/// Text in lines of at most 100 columns, all but the first indented.
fn wrapped(text: &str, indent: usize) -> String {
    const WIDTH: usize = 100;
    let (mut out, mut column) = (String::new(), indent);
    for word in text.split(' ') {
        let width = word.chars().count();
        if column + width >= WIDTH && column > indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

fn report(input: &str, observation: &Observation, diagnosis: &Diagnosis) -> Value {
    let stretch = |when: &Stretch| json!({ "start": when.start, "end": when.end });
    let evidence = |e: &Evidence| {
        json!({
            "text": e.text,
            "when": e.when.as_ref().map(stretch),
            "line": e.line,
            "goroutine": e.goroutine.map(|id| id.0),
            "stack": e.stack,
        })
    };
    let findings = diagnosis.findings.iter().map(|finding| {
        json!({
            "pattern": finding.pattern.name(),
            "severity": finding.severity.name(),
            "headline": finding.headline,
            "rule": {
                "text": finding.rule.text,
                "value": finding.rule.value,
                "threshold": finding.rule.threshold,
                "limit": finding.rule.limit,
            },
            "when": finding.when.iter().map(stretch).collect::<Value>(),
            "evidence": finding.evidence.iter().map(evidence).collect::<Value>(),
            "advice": finding.advice,
        })
    });
    json!({
        "input": input,
        "kind": match observation.source { Source::Trace => "trace", Source::Log { .. } => "log" },
        "span": observation.span,
        "findings": findings.collect::<Value>(),
        "notes": diagnosis.notes,
    })
}
