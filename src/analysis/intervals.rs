//! Intervals of each G, P and M, for analyses that make more of them as they end.

use super::{Analysis, Follower, SharedEvent, Transition};
use crate::timeline::{Interval, Observer, Tracker};

/// Makes the intervals of each G, P and M, in the order in which they end. Memory does not
/// grow with the trace if [`next_ended`](Self::next_ended) takes them as the pass goes on.
///
/// [`Trace::intervals`](crate::Trace::intervals) yields the same intervals of a whole trace;
/// this is for one pass that asks more, and for a [`Window`](crate::Window).
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// use gotrace::analysis::intervals::CollectIntervals;
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let intervals = trace.analyze(CollectIntervals::default())?.output;
/// assert_eq!(intervals.len(), trace.intervals().count());
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct CollectIntervals(Tracker);

impl CollectIntervals {
    /// Takes the next interval that has ended.
    pub fn next_ended(&mut self) -> Option<Interval> {
        self.0.ready()
    }
}

impl Analysis for CollectIntervals {
    /// The intervals that were not taken before, in the order in which they ended.
    type Output = Vec<Interval>;

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        Observer::goroutine(&mut self.0, transition, follower);
    }

    #[inline(always)]
    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        Observer::event(&mut self.0, event, follower);
    }

    fn finish(mut self, _: &Follower) -> Vec<Interval> {
        std::iter::from_fn(|| self.next_ended()).collect()
    }
}
