//! Intervals of each G, P and M, for analyses that make more of them as they end.

use super::{Analysis, Follower, SharedEvent, Transition};
use crate::base::time::Time;
use crate::spec::v2::EventType;
use crate::timeline::{Interval, Observer, Tracker};

/// Makes the intervals of each G, P and M, in the order in which they end. Memory does not
/// grow with the trace if [`take_ended`](Self::take_ended) takes them as the pass goes on.
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
    /// Returns one that makes the intervals of goroutines alone, which takes less time.
    pub fn of_goroutines() -> CollectIntervals {
        CollectIntervals(Tracker::of_goroutines())
    }

    /// Takes note of a transition, as [`goroutine`](Analysis::goroutine) does, and gives each
    /// interval that has ended to `each`, as [`take_ended`](Self::take_ended) does, in less time.
    #[inline(always)]
    pub fn hand_on(&mut self, transition: &Transition<'_, '_>, follower: &Follower, each: impl FnMut(&Interval)) {
        self.0.hand_on(transition, follower, each);
    }

    /// Gives each interval that has ended to `each`, in the order in which they ended, and
    /// forgets it.
    #[inline(always)]
    pub fn take_ended(&mut self, each: impl FnMut(&Interval)) {
        self.0.take_ready(each);
    }
}

impl CollectIntervals {
    /// Gives each interval of a goroutine that has not ended to `each`, as if it ended at `end`.
    pub(crate) fn open_goroutines(&self, end: Time, follower: &Follower, each: impl FnMut(&Interval)) {
        self.0.open_goroutines(end, follower, each);
    }
}

impl Analysis for CollectIntervals {
    /// The intervals that were not taken before, in the order in which they ended.
    type Output = Vec<Interval>;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        Tracker::looks_at(event)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        Observer::goroutine(&mut self.0, transition, follower);
    }

    #[inline(always)]
    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        Observer::event(&mut self.0, event, follower);
    }

    fn finish(mut self, _: &Follower) -> Vec<Interval> {
        let mut rest = Vec::new();
        self.take_ended(|interval| rest.push(*interval));
        rest
    }
}
