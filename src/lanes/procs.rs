//! The record of a P for its lane.

use super::grid::Grid;
use super::item::LaneState;
use super::lane::Lane;
use crate::base::time::Time;
use crate::timeline::{Activity, ProcRecord};

/// The record of a P for its lane, beside its state.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcLane {
    pub(super) grid: Grid,
    pub(super) lane: Lane,
    /// The goroutine that runs on it or is in a system call; 0 for none.
    goroutine: u64,
    /// True if that goroutine is of the collector.
    collecting: bool,
    /// The M that has it, by its place.
    holder: Option<usize>,
    /// Set when it does something else than when it was looked at last.
    changed: bool,
}

impl ProcRecord for ProcLane {
    #[inline(always)]
    fn began(&mut self, _: Activity, _: Time, _: impl Fn() -> Time) {
        self.changed = true;
    }

    #[inline(always)]
    fn ended(&mut self, activity: Activity, since: Time, time: Time, _: impl Fn() -> Time) {
        self.changed = true;
        self.add(activity, since, time);
    }
}

impl ProcLane {
    /// Adds what the P did.
    #[inline(always)]
    pub(super) fn add(&mut self, activity: Activity, since: Time, time: Time) {
        let (state, label) = match activity {
            Activity::NotExist | Activity::Idle => return,
            Activity::Looking => (LaneState::Looking, 0),
            Activity::Running if self.collecting => (LaneState::Collecting, self.goroutine),
            Activity::Running => (LaneState::Running, self.goroutine),
            Activity::Syscall => (LaneState::Syscall, self.goroutine),
        };
        self.lane.add(self.grid, (since.0, time.0), state, label);
    }

    /// Takes note of who has the P and what runs on it, if it has begun something else.
    #[inline(always)]
    pub(super) fn look(&mut self, grid: Grid, holder: Option<usize>, (goroutine, collecting): (u64, bool)) {
        if !self.changed {
            return;
        }
        self.changed = false;
        self.grid = grid;
        self.holder = holder;
        (self.goroutine, self.collecting) = (goroutine, collecting);
    }

    /// Returns the M that has it, by its place.
    pub(super) fn holder(&self) -> Option<usize> {
        self.holder
    }
}
