//! The intervals of a whole trace, by G, P and M.

use super::intervals::Intervals;
use super::span::{Begin, Binding, GoActivity, Interval, ProcActivity, Span};
use super::stacks::Stacks;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::error::Result;
use crate::error::warning::Warning;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The intervals of every G, P and M of a trace; made by
/// [`Trace::timelines`](crate::Trace::timelines). The intervals of one G, P or M follow
/// each other without a gap, except that a P has none while GOMAXPROCS was too low for it
/// to exist. A P that the trace never mentions has none.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Timelines {
    /// Timelines of the goroutines.
    pub goroutines: BTreeMap<GoId, GoTimeline>,
    /// Intervals of the Ps, in order.
    pub procs: BTreeMap<ProcId, Vec<Span<ProcActivity>>>,
    /// Intervals of the Ms, in order.
    pub threads: BTreeMap<ThreadId, Vec<Span<Binding>>>,
    /// Stacks and names that the intervals have keys of.
    pub stacks: Arc<Stacks>,
    /// Defects met, in lenient mode.
    pub warnings: Vec<Warning>,
}

/// The intervals of one goroutine.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GoTimeline {
    /// Intervals of the goroutine, in order.
    pub spans: Vec<Span<GoActivity>>,
}

impl GoTimeline {
    /// Returns the beginning of its first interval, if the trace has its creation: a
    /// [`Begin::Created`].
    pub fn creation(&self) -> Option<Begin> {
        self.spans.iter().map(|span| span.begin).find(|begin| matches!(begin, Begin::Created { .. }))
    }
}

impl Timelines {
    pub(super) fn collect(mut intervals: Intervals<'_>) -> Result<Timelines> {
        let mut timelines = Timelines::default();
        for interval in intervals.by_ref() {
            match interval? {
                Interval::Goroutine(id, span) => timelines.goroutines.entry(id).or_default().spans.push(span),
                Interval::Proc(id, span) => timelines.procs.entry(id).or_default().push(span),
                Interval::Thread(id, span) => timelines.threads.entry(id).or_default().push(span),
            }
        }
        timelines.stacks = Arc::clone(intervals.stacks());
        timelines.warnings = intervals.warnings().to_vec();
        Ok(timelines)
    }
}
