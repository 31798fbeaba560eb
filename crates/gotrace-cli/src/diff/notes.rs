//! Remarks on what a comparison can tell.

use crate::human::{count, duration};
use gotrace::compare::{Comparison, Figures, MIN_TRACES, Metric, Sample, Subject};

/// Returns a metric as conditions name it.
pub(super) fn shown(metric: Metric) -> String {
    match metric.subject() {
        Subject::Program => metric.name().into(),
        Subject::Reason => format!("{metric}:REASON"),
        Subject::Function => format!("{metric}:FUNCTION"),
        _ => format!("{metric}:TYPE"),
    }
}

/// The ratio of the sides' lengths from which on their longest durations are not alike.
const UNLIKE: f64 = 1.2;

/// Returns remarks on the traces of both sides, and on their comparison.
pub(super) fn notes(sides: [&[Figures]; 2], comparison: &Comparison, alpha: f64) -> Vec<String> {
    let mut notes = Vec::new();
    let [a, b] = sides.map(<[Figures]>::len);
    if a.min(b) < MIN_TRACES {
        notes.push(format!(
            "not testable with {a} and {b}: whether a change is more than chance can be told with at least {MIN_TRACES} \
             traces on each side, and better with 8 or more"
        ));
    } else if let Some(needed @ 2..) = comparison.needed {
        notes.push(format!(
            "with {a} and {b} traces, of {} a change is told only if {needed} or more are as far apart as can be; \
             more traces tell more",
            count(comparison.tested as u64, "figure")
        ));
    }
    let spans = sides.map(|side| middle(side.iter().map(|figures| Some(figures.span() as f64))));
    if let [Some(a), Some(b)] = spans
        && a.max(b) > a.min(b) * UNLIKE
    {
        let [a, b] = [a, b].map(|span| duration(span as i64));
        notes.push(format!(
            "traces of A last {a}, those of B {b}: the longer a trace, the longer its longest durations"
        ));
    }
    let procs = sides.map(|side| middle(side.iter().map(|figures| figures.gomaxprocs.map(|procs| procs as f64))));
    if let [Some(a), Some(b)] = procs
        && a != b
    {
        notes.push(format!("GOMAXPROCS is {a} in A, {b} in B: shares are those of all Ps together"));
    }
    if alpha > 0.1 {
        notes.push(format!("with --alpha {alpha}, many of the changes may be none"));
    }
    notes
}

/// Returns the median of some values.
fn middle(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    Sample::new(values.collect()).median()
}
