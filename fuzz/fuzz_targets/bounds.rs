//! Bounds of windows, as bytes give them.

use gotrace::analysis::summary::CollectSummary;
use gotrace::{Time, Trace};

/// Returns two moments of a trace, in order, and the number of its events. The last bytes give
/// the moments: they change little of the trace.
pub fn bounds(trace: &Trace<'_>, data: &[u8]) -> (Time, Time, u64) {
    let whole = trace.analyze(CollectSummary::default()).expect("lenient reading does not fail").output;
    let (start, span) = (whole.start.0, i128::from(whole.end.0) - i128::from(whole.start.0));
    let share = |byte: Option<&u8>| i128::from(byte.copied().unwrap_or(128));
    let at = |share: i128| Time((i128::from(start) + span * share / 256) as i64);
    let (a, b) = (at(share(data.last())), at(share(data.get(data.len().saturating_sub(2)))));
    (a.min(b), a.max(b), whole.events)
}
