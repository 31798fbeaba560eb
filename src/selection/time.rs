//! The time that goroutines spent in states that are selected.

use super::changes::Changes;
use crate::analysis::profile::WorkIntervals;
use crate::analysis::{Analysis, BySlot, Follower, Transition};
use crate::base::time::Time;
use crate::event::go::changes_go;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;

/// Collects the time of goroutines in the states that a selection wants. Memory grows with
/// the number of such stays in a state; those that follow each other are one.
pub struct CollectTime<'s> {
    wanted: &'s Changes,
    /// When the present state of a goroutine began, if it is wanted.
    since: BySlot<Option<Time>>,
    time: WorkIntervals,
}

impl<'s> CollectTime<'s> {
    pub(super) fn new(wanted: &'s Changes) -> CollectTime<'s> {
        CollectTime { wanted, since: BySlot::default(), time: WorkIntervals::default() }
    }
}

impl Analysis for CollectTime<'_> {
    type Output = WorkIntervals;

    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        let since = self.since.of(transition);
        if let Some(since) = since.take() {
            self.time.append(transition.id(), since, transition.time());
        }
        let (from, to) = (transition.from(), transition.to());
        if to != GoState::NotExist && self.wanted.include_state(transition, from, to) {
            *since = Some(transition.now.since);
        }
    }

    fn finish(mut self, follower: &Follower) -> WorkIntervals {
        for (slot, goroutine) in follower.alive() {
            if let Some(since) = self.since.at(slot).take() {
                self.time.append(goroutine.id, since, follower.last());
            }
        }
        self.time
    }
}

impl std::fmt::Debug for CollectTime<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CollectTime").field("wanted", self.wanted).finish_non_exhaustive()
    }
}
