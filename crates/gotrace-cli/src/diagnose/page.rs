//! A diagnosis as a page of text.

use super::Seen;
use crate::human::{count, duration, moment, name};
use crate::output::Styles;
use anstyle::{AnsiColor, Style};
use gotrace::diagnose::{
    Diagnosis, Evidence, Finding, Observation, Pattern, Sample, Severity, Source, Stretch, Verdict,
};
use gotrace::report::log::why;
use std::io::{self, Write};

/// The page about one observation.
pub(crate) struct Page<'a> {
    pub(crate) styles: Styles,
    pub(crate) seen: &'a Seen,
}

impl Page<'_> {
    /// Prints the page.
    pub(crate) fn print(&self, out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let Seen { name, program, run, mixed, observation, .. } = self.seen;
        let what = match observation.source {
            Source::Trace => "execution trace".to_string(),
            Source::Log { .. } => format!("GODEBUG log, {}", count(observation.lines, "SCHED line")),
        };
        let program = program.as_ref().map_or(String::new(), |program| format!(", program {program}"));
        if let Some(mixed) = mixed {
            writeln!(out, "{heading}{name}{heading:#}  {dim}GODEBUG log{program}{dim:#}")?;
            return writeln!(out, "\n{}", wrapped(&format!("not judged: {}.", why(*mixed)), 0));
        }
        let run = run.map_or(String::new(), |run| format!(", run {} of the program", u64::from(run) + 1));
        writeln!(out, "{heading}{name}{heading:#}  {dim}{what}{program}{run}, {}{dim:#}", duration(observation.span))?;
        match &diagnosis.verdict {
            Verdict::Healthy => writeln!(out, "\n{}", nothing_found(observation, &healthy(observation)))?,
            Verdict::TooLittle(why) => {
                writeln!(out, "\n{}", nothing_found(observation, &too_little(observation, why)))?
            }
            _ => {}
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

    /// Prints a finding with its rule, times, evidence and advice.
    fn finding(&self, out: &mut impl Write, finding: &Finding) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let color = if heading == Style::new() { Style::new() } else { style(finding.severity) };
        let label = finding.severity.name().to_uppercase();
        writeln!(
            out,
            "{color}{label}{color:#} {heading}{}{heading:#}: {}",
            finding.pattern,
            wrapped_behind(label.len() + finding.pattern.name().len() + 3, &finding.headline, 2)
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
            writeln!(out, "  {dim}when{dim:#}      {}", wrapped(&when.join("; "), 12))?;
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

/// Returns the verdict of an observation in which no pattern was found.
fn healthy(o: &Observation) -> String {
    let looked_for = Pattern::ALL.len() - o.unseen.len();
    match o.samples.is_empty() {
        false => format!("healthy: none of the {looked_for} patterns that can be seen in it"),
        true => "healthy as far as the collector goes".into(),
    }
}

/// Returns the verdict of an observation that is too short.
fn too_little(o: &Observation, why: &str) -> String {
    let what = if o.lines > 0 { "too few lines to judge" } else { "too little to judge" };
    format!("{what}: {why}")
}

/// Returns the verdict that no pattern was found, with figures that show it.
fn nothing_found(o: &Observation, verdict: &str) -> String {
    let time: f64 = o.samples.iter().map(|s| s.length() as f64).sum();
    let mut text = verdict.to_string();
    if time > 0.0 {
        let mean = |of: fn(&Sample) -> f64| o.samples.iter().map(|s| of(s) * s.length() as f64).sum::<f64>() / time;
        text += &format!(
            ". On average {:.1} of {:.1} Ps busy, {:.1} goroutines waiting to run, {:.0} threads",
            mean(|s| s.procs - s.idle_procs),
            mean(|s| s.procs),
            mean(|s| s.runnable),
            mean(|s| s.threads),
        );
    }
    if o.gc_cycles > 0 {
        text += &format!("; {} collections, the longest pause {}", o.gc_cycles, duration(o.pause_times.max()));
    }
    wrapped(&text, 0) + "."
}

/// Returns the color of a severity.
fn style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Critical => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        _ => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

/// Returns a stretch of time as text.
fn stretch_text(stretch: Stretch) -> String {
    let [start, end] = [stretch.start, stretch.end].map(moment);
    // The ends of a short stretch can look alike when they are rounded.
    if start == end { format!("{start}, for {}", duration(stretch.length())) } else { format!("{start} to {end}") }
}

/// Returns evidence with its line and its time as text.
fn evidence_text(evidence: &Evidence) -> String {
    let line = evidence.line.map_or(String::new(), |line| format!("line {line}: "));
    let when = evidence.when.map_or(String::new(), |when| format!(", at {}", moment(when.start)));
    format!("{line}{}{when}", name(evidence.text.as_bytes()))
}

/// Returns a number without needless digits.
fn short(value: f64) -> String {
    if value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{:.2}", value).trim_end_matches('0').trim_end_matches('.').into()
    }
}

/// Wraps a text into lines of at most 100 columns, all but the first indented.
fn wrapped(text: &str, indent: usize) -> String {
    wrapped_behind(indent, text, indent)
}

/// Wraps a text, as [`wrapped`] does, whose first line begins at a column.
fn wrapped_behind(mut column: usize, text: &str, indent: usize) -> String {
    const WIDTH: usize = 100;
    let mut out = String::new();
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
