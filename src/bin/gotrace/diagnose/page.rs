//! A diagnosis for people.

use super::Seen;
use crate::human::{count, duration, name};
use crate::output::Styles;
use anstyle::{AnsiColor, Style};
use gotrace::diagnose::{Diagnosis, Evidence, Finding, Observation, Pattern, Sample, Severity, Source, Stretch};
use std::io::{self, Write};

pub(crate) struct Page<'a> {
    pub(crate) styles: Styles,
    pub(crate) seen: &'a Seen,
}

impl Page<'_> {
    pub(crate) fn print(&self, out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let Seen { name, run, observation } = self.seen;
        let what = match observation.source {
            Source::Trace => "execution trace".to_string(),
            Source::Log { .. } => format!("GODEBUG log, {}", count(observation.lines, "SCHED line")),
        };
        let run = run.map_or(String::new(), |run| format!(", run {} of the program", u64::from(run) + 1));
        writeln!(out, "{heading}{name}{heading:#}  {dim}{what}{run}, {}{dim:#}", duration(observation.span))?;
        if diagnosis.findings.is_empty() {
            writeln!(out, "\n{}", healthy(observation))?;
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
        let (text, value, limit) = match rule.text.strip_suffix(", in nanoseconds") {
            Some(text) => (text, duration(rule.value as i64), duration(rule.limit as i64)),
            None => (rule.text.as_str(), short(rule.value), short(rule.limit)),
        };
        let rule = format!("{text}: {value}, threshold {limit} ({})", rule.threshold);
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

/// What there is to say where nothing is wrong.
fn healthy(o: &Observation) -> String {
    let time: f64 = o.samples.iter().map(|s| s.length() as f64).sum();
    let looked_for = Pattern::ALL.len() - o.unseen.len();
    let mut text = if time > 0.0 {
        let mean = |of: fn(&Sample) -> f64| o.samples.iter().map(|s| of(s) * s.length() as f64).sum::<f64>() / time;
        format!(
            "healthy: none of the {looked_for} patterns that can be seen in it. On average {:.1} of {:.1} Ps busy, {:.1} goroutines waiting to run, {:.0} threads",
            mean(|s| s.procs - s.idle_procs),
            mean(|s| s.procs),
            mean(|s| s.runnable),
            mean(|s| s.threads),
        )
    } else if o.gc_cycles > 0 {
        "healthy as far as the collector goes".into()
    } else {
        return "nothing to judge".into();
    };
    if o.gc_cycles > 0 {
        text += &format!("; {} collections, the longest pause {}", o.gc_cycles, duration(o.pause_times.max()));
    }
    wrapped(&text, 0) + "."
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
