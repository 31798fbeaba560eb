//! The intervals of a whole trace, by G, P and M.

use crate::error::Result;
use crate::ids::{GoId, ProcId, ThreadId};
use crate::state::{Begin, Binding, GoActivity, Interval, Intervals, ProcActivity, Span};
use crate::warning::Warning;
use std::collections::BTreeMap;

/// The intervals of every G, P and M of a trace; made by
/// [`Trace::timelines`](crate::Trace::timelines). Those of one follow each
/// other without a gap.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Timelines<'t> {
    /// The goroutines.
    pub goroutines: BTreeMap<GoId, GoTimeline<'t>>,
    /// The Ps.
    pub procs: BTreeMap<ProcId, Vec<Span<'t, ProcActivity>>>,
    /// The Ms.
    pub threads: BTreeMap<ThreadId, Vec<Span<'t, Binding>>>,
    /// The defects met, in lenient mode.
    pub warnings: Vec<Warning>,
}

/// The intervals of one goroutine.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GoTimeline<'t> {
    /// What it did, in order.
    pub spans: Vec<Span<'t, GoActivity<'t>>>,
}

impl<'t> GoTimeline<'t> {
    /// How it came to be, if the trace saw it created: see [`Begin::Created`].
    pub fn creation(&self) -> Option<Begin<'t>> {
        self.spans.iter().map(|span| span.begin).find(|begin| matches!(begin, Begin::Created { .. }))
    }
}

impl<'t> Timelines<'t> {
    pub(super) fn collect(mut intervals: Intervals<'t>) -> Result<Timelines<'t>> {
        let mut timelines = Timelines::default();
        for interval in intervals.by_ref() {
            match interval? {
                Interval::Goroutine(id, span) => timelines.goroutines.entry(id).or_default().spans.push(span),
                Interval::Proc(id, span) => timelines.procs.entry(id).or_default().push(span),
                Interval::Thread(id, span) => timelines.threads.entry(id).or_default().push(span),
            }
        }
        timelines.warnings = intervals.warnings().to_vec();
        Ok(timelines)
    }
}
