//! A diagnosis as JSON.

use super::Seen;
use gotrace::diagnose::{Diagnosis, Evidence, Source, Stretch};
use serde_json::{Value, json};

pub(crate) fn report(seen: &Seen, diagnosis: &Diagnosis) -> Value {
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
        "input": seen.name,
        "kind": match seen.observation.source { Source::Trace => "trace", Source::Log { .. } => "log" },
        "run": seen.run,
        "span": seen.observation.span,
        "unseen": seen.observation.unseen.iter().map(|pattern| pattern.name()).collect::<Value>(),
        "findings": findings.collect::<Value>(),
        "notes": diagnosis.notes,
    })
}
