//! Regions of goroutines.

use super::Stats;
use crate::analysis::Compat;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{KeptFrame, StackKey, Stacks};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;

/// A region: the time of a goroutine from `trace.StartRegion` to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegionSummary {
    /// Goroutine of the region.
    pub goroutine: GoId,
    /// Type, which may be empty, and is for a region that is [inherited](Self::inherited).
    pub name: NameId,
    /// True if it stands for the part that a created goroutine has, for all its life, in
    /// the region of its creator.
    pub inherited: bool,
    /// Task that it belongs to.
    pub task: TaskId,
    /// Time at which it began; none if that is not in the trace.
    pub start: Option<Time>,
    /// Stack that began it.
    pub stack: StackKey,
    /// Time at which it ended; none if it had not when the trace did.
    pub end: Option<Time>,
    /// Times of the goroutine in the region.
    pub stats: Stats,
    /// True if it is a part of its goroutine's summary. It is not if a goroutine of the
    /// runtime inherited it or, for Go, left it open.
    pub counts: bool,
}

impl RegionSummary {
    /// Returns a region of which only the goroutine, the type and the task are known.
    pub(super) fn new(goroutine: GoId, name: NameId, task: TaskId) -> RegionSummary {
        let (stack, stats) = (StackKey::EMPTY, Stats::default());
        RegionSummary { goroutine, name, inherited: false, task, start: None, stack, end: None, stats, counts: false }
    }

    /// Returns the place where it began: the function that began it; for Go's tools, since 1.24,
    /// the function that its goroutine began with.
    pub fn place<'s>(&self, stacks: &'s Stacks, compat: Compat) -> Option<&'s KeptFrame> {
        place_of(stacks, self.stack, compat)
    }

    /// Returns its start and end, within a trace from `first` to `last`.
    pub fn interval(&self, first: Time, last: Time) -> (Time, Time) {
        (self.start.unwrap_or(first), self.end.unwrap_or(last))
    }

    /// Returns whether the trace has its beginning and its end.
    pub fn is_complete(&self) -> bool {
        self.start.is_some() && self.end.is_some()
    }
}

/// Returns the place where regions with a stack began, as [`RegionSummary::place`] does.
pub(super) fn place_of(stacks: &Stacks, stack: StackKey, compat: Compat) -> Option<&KeptFrame> {
    let frames = stacks.frames(stack);
    if compat == Compat::Go127 { frames.last() } else { frames.first() }
}
