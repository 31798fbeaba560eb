//! Paths that are followed while the trace is read.

use crate::analysis::annotations::Stretch;
use crate::analysis::path::{CollectHistory, History, Path};
use crate::analysis::{Analysis, Follower, SharedEvent, Transition};
use crate::base::time::Time;
use crate::spec::v2::EventType;

/// States of goroutines that are kept before the paths of those stretches are followed that are
/// over: some megabytes.
const STATES: usize = 200_000;

/// Follows the paths of stretches once they are over, and forgets what none needs any more.
pub(super) struct Walks<'s, F> {
    history: CollectHistory,
    /// Stretches whose paths are not followed yet with their places, the last to end first.
    left: Vec<(usize, &'s Stretch)>,
    /// States at which paths are followed.
    most: usize,
    each: F,
}

impl<'s, F: FnMut(usize, Path, &History)> Walks<'s, F> {
    /// Returns a follower of the paths of stretches, each with its place.
    pub(super) fn new(stretches: &[(usize, &'s Stretch)], each: F) -> Walks<'s, F> {
        let mut left = stretches.to_vec();
        left.sort_by_key(|(_, stretch)| std::cmp::Reverse(stretch.end));
        let times = left.iter().map(|(_, stretch)| (stretch.start, stretch.end));
        Walks { history: CollectHistory::of(times.collect()), left, most: STATES, each }
    }

    #[inline(always)]
    fn walk_if_many(&mut self, now: Time, follower: &Follower) {
        if self.history.kept() >= self.most {
            self.walk(now, follower, false);
        }
    }

    /// Follows the paths of the stretches that are over; of all of them at the end.
    #[inline(never)]
    fn walk(&mut self, now: Time, follower: &Follower, at_end: bool) {
        let Walks { history, left, each, .. } = self;
        history.until(now, follower, |history| {
            while let Some((place, stretch)) = left.pop_if(|(_, stretch)| at_end || stretch.end < now) {
                each(place, history.path(stretch.goroutine, stretch.start, stretch.end), history);
            }
        });
        // A path never goes back beyond the start of its stretch.
        let first = left.iter().map(|(_, stretch)| stretch.start).fold(now, Time::min);
        history.forget(first);
        self.most = STATES.max(2 * history.kept());
    }
}

impl<F: FnMut(usize, Path, &History)> Analysis for Walks<'_, F> {
    type Output = ();

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        self.history.wants(event)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.history.goroutine(transition, follower);
        self.walk_if_many(transition.time(), follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.history.event(event, follower);
        self.walk_if_many(event.time(), follower);
    }

    fn finish(mut self, follower: &Follower) {
        self.walk(follower.last(), follower, true);
    }
}
