//! `gotrace diagnose --json`: an object for each program, or run of one.

use crate::diagnose::observation::Source;
use crate::diagnose::{Diagnosis, Evidence, Finding, Observation, Rule, Stretch};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Diagnosis of a program's scheduler. Times are in nanoseconds since the beginning of the
/// trace, or on the clock of a log's `SCHED` lines.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct DiagnosisReport<'a> {
    /// Findings, the worst first; null where the program cannot be judged.
    pub findings: Option<Vec<FindingReport<'a>>>,
    /// Name of the input.
    pub input: &'a str,
    /// Kind of the input.
    pub kind: InputKind,
    /// Limits of the diagnosis, for people.
    pub notes: Vec<String>,
    /// Name of the program; null if the input is a trace, or a log that names none.
    pub program: Option<&'a str>,
    /// Number of the program's run, from 0; null if the input has only one.
    pub run: Option<u32>,
    /// Length of the observation, in nanoseconds.
    pub span: i64,
    /// Patterns that such an input cannot show.
    pub unseen: Vec<&'static str>,
    /// Verdict on the program: `found`, `healthy`, `too-little` where nothing was found in
    /// too little time, or `mixed` where the lines of several programs cannot be told
    /// apart.
    pub verdict: &'static str,
}

/// A kind of input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum InputKind {
    /// An execution trace.
    Trace,
    /// A log with the lines that GODEBUG asks for.
    Log,
}

/// A pattern that was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FindingReport<'a> {
    /// Explanation and suggestions, for people.
    pub advice: &'static str,
    /// Evidence, in order of time.
    pub evidence: Vec<EvidenceReport<'a>>,
    /// Summary of the finding, in a sentence.
    pub headline: &'a str,
    /// Name of the pattern, such as `gc-stall`.
    pub pattern: &'static str,
    /// Rule by which it was found.
    pub rule: RuleReport<'a>,
    /// Severity: `info`, `warning` or `critical`.
    pub severity: &'static str,
    /// Longest stretches of time in which it held, in order of time.
    pub when: Vec<StretchReport>,
}

/// A piece of evidence for a finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct EvidenceReport<'a> {
    /// Goroutine that it concerns; null if none.
    pub goroutine: Option<u64>,
    /// Number of the line in the log, from 1; null if none.
    pub line: Option<u64>,
    /// Functions of a stack, innermost first; empty if there is none.
    pub stack: &'a [String],
    /// Evidence in a sentence.
    pub text: &'a str,
    /// Time of the evidence; null if it is about the whole time.
    pub when: Option<StretchReport>,
}

/// A rule by which a pattern is found.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct RuleReport<'a> {
    /// Limit that the value has to exceed, in the unit of the threshold.
    pub limit: f64,
    /// Rule in a sentence.
    pub text: &'a str,
    /// Name of the threshold, by which `--threshold` sets it.
    pub threshold: &'static str,
    /// Value that was found, in the unit of the threshold.
    pub value: f64,
}

/// A stretch of time, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StretchReport {
    /// End, in nanoseconds.
    pub end: i64,
    /// Start, in nanoseconds.
    pub start: i64,
}

impl<'a> DiagnosisReport<'a> {
    /// Reports the diagnosis of an input.
    pub fn new(input: &'a str, observation: &Observation, diagnosis: &'a Diagnosis) -> DiagnosisReport<'a> {
        DiagnosisReport {
            findings: Some(diagnosis.findings.iter().map(FindingReport::from).collect()),
            input,
            kind: match observation.source {
                Source::Trace => InputKind::Trace,
                Source::Log { .. } => InputKind::Log,
            },
            notes: diagnosis.notes.clone(),
            program: None,
            run: None,
            span: observation.span,
            unseen: observation.unseen.iter().map(|pattern| pattern.name()).collect(),
            verdict: diagnosis.verdict.name(),
        }
    }

    /// Returns the report with the name of the program, and the number of its run where a
    /// log has several.
    #[must_use]
    pub fn of_program(self, program: Option<&'a str>, run: Option<u32>) -> DiagnosisReport<'a> {
        DiagnosisReport { program, run, ..self }
    }

    /// Returns the report as that of a program that cannot be judged, with the reason: an
    /// empty list of findings would mean that it is healthy.
    #[must_use]
    pub fn not_judged(self, why: String) -> DiagnosisReport<'a> {
        DiagnosisReport { findings: None, notes: vec![why], verdict: "mixed", ..self }
    }
}

impl<'a> From<&'a Finding> for FindingReport<'a> {
    fn from(finding: &'a Finding) -> FindingReport<'a> {
        FindingReport {
            advice: finding.advice,
            evidence: finding.evidence.iter().map(EvidenceReport::from).collect(),
            headline: &finding.headline,
            pattern: finding.pattern.name(),
            rule: (&finding.rule).into(),
            severity: finding.severity.name(),
            when: finding.when.iter().map(StretchReport::from).collect(),
        }
    }
}

impl<'a> From<&'a Evidence> for EvidenceReport<'a> {
    fn from(e: &'a Evidence) -> EvidenceReport<'a> {
        EvidenceReport {
            goroutine: e.goroutine.map(|id| id.0),
            line: e.line,
            stack: &e.stack,
            text: &e.text,
            when: e.when.as_ref().map(StretchReport::from),
        }
    }
}

impl<'a> From<&'a Rule> for RuleReport<'a> {
    fn from(rule: &'a Rule) -> RuleReport<'a> {
        RuleReport { limit: rule.limit, text: &rule.text, threshold: rule.threshold, value: rule.value }
    }
}

impl From<&Stretch> for StretchReport {
    fn from(when: &Stretch) -> StretchReport {
        StretchReport { end: when.end, start: when.start }
    }
}
