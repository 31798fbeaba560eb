//! Times of goroutines within a part of the trace, such as for a task.

use super::Stats;
use crate::analysis::profile::WorkIntervals;
use crate::analysis::{Analysis, Follower, GoroutineState, Transition};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::go::changes_go;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use std::collections::BTreeMap;

/// Measures the times of goroutines within given intervals. System calls count as with a P
/// as long as they last, and special ranges are left out. Memory grows with the goroutines
/// that have intervals.
#[derive(Clone, Debug)]
pub struct CollectShares {
    intervals: WorkIntervals,
    shares: BTreeMap<GoId, Stats>,
}

impl CollectShares {
    /// Returns a measurement within the intervals.
    pub fn new(intervals: WorkIntervals) -> CollectShares {
        CollectShares { intervals, shares: BTreeMap::new() }
    }

    /// Adds the state that a goroutine was in until `until`.
    fn add(&mut self, goroutine: &GoroutineState, until: Time) {
        let nanos = self.intervals.within(goroutine.id, goroutine.since, until);
        if nanos <= 0 {
            return;
        }
        let stats = self.shares.entry(goroutine.id).or_default();
        stats.total = stats.total.saturating_add(nanos);
        let sum = match goroutine.state {
            GoState::Running => &mut stats.exec,
            GoState::Runnable => &mut stats.sched_wait,
            GoState::Syscall => &mut stats.syscall,
            GoState::Waiting => return stats.block.add(goroutine.reason, nanos),
            GoState::NotExist | GoState::Undetermined => return,
        };
        *sum = sum.saturating_add(nanos);
    }
}

impl Analysis for CollectShares {
    /// The shares of the goroutines that have any.
    type Output = BTreeMap<GoId, Stats>;

    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        if transition.begun {
            self.add(&GoroutineState { id: transition.id(), ..*transition.was }, transition.time());
        }
    }

    fn finish(mut self, follower: &Follower) -> BTreeMap<GoId, Stats> {
        for goroutine in follower.goroutines().filter(|goroutine| goroutine.begun) {
            self.add(goroutine, follower.last());
        }
        self.shares
    }
}
