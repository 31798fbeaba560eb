//! The intervals of a trace, as they end.

use super::follower::Follower;
use super::span::Interval;
use super::stacks::Stacks;
use super::timelines::Timelines;
use super::track::Tracker;
use crate::error::Result;
use crate::error::warning::Warning;
use crate::generation::Generation;
use crate::trace::Trace;
use crate::trace::stream::Events;
use std::sync::Arc;

impl<'a> Trace<'a> {
    /// Returns every interval of every G, P and M, in the order in which they end.
    pub fn intervals<'t>(&'t self) -> Intervals<'t> {
        Intervals { events: self.events(), follower: Follower::default(), tracker: Tracker::default() }
    }

    /// Returns the intervals of every G, P and M, collected. Memory grows with the trace:
    /// for a large one, iterate over [`intervals`](Self::intervals).
    ///
    /// ```
    /// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
    /// use gotrace::{GoId, Trace};
    /// use gotrace::timeline::GoActivity;
    ///
    /// let trace = Trace::parse(bytes)?;
    /// let timelines = trace.timelines()?;
    /// let main = &timelines.goroutines[&GoId(1)];
    /// let running = main.spans.iter().filter(|span| matches!(span.state, GoActivity::Running { .. }));
    /// assert!(running.map(|span| span.nanos()).sum::<i64>() > 0);
    /// # Ok::<(), gotrace::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn timelines(&self) -> Result<Timelines> {
        Timelines::collect(self.intervals())
    }
}

/// The intervals of a trace as they end; made by [`Trace::intervals`].
///
/// In strict mode a defect comes after the intervals that ended before it.
#[derive(Debug)]
pub struct Intervals<'t> {
    events: Events<'t>,
    follower: Follower,
    tracker: Tracker,
}

impl Intervals<'_> {
    /// Returns the defects met so far, in lenient mode; as [`Events::warnings`].
    pub fn warnings(&self) -> &[Warning] {
        self.events.warnings()
    }

    /// Returns the stacks and names of the intervals so far.
    pub fn stacks(&self) -> &Arc<Stacks> {
        self.follower.stacks()
    }
}

impl Iterator for Intervals<'_> {
    type Item = Result<Interval>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(interval) = self.tracker.ready() {
                return Some(Ok(interval));
            }
            match self.events.next()? {
                Ok(event) => {
                    self.follower.turn_to(event.generation().map(Generation::index), event.time());
                    self.follower.show(&event, &mut self.tracker);
                }
                Err(e) => return Some(Err(e)),
            }
        }
    }
}
