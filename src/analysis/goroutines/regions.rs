//! Regions of goroutines.

use super::Stats;
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::ids::{GoId, TaskId};
use crate::time::Time;

/// A region: what a goroutine did between `trace.StartRegion` and its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Region {
    /// Whose it is.
    pub goroutine: GoId,
    /// Its type; empty for what a goroutine inherits of the region in which it
    /// was created.
    pub name: NameId,
    /// The task it belongs to.
    pub task: TaskId,
    /// When it began; none if that is not in the trace.
    pub start: Option<Time>,
    /// The stack that began it.
    pub stack: StackKey,
    /// When it ended; none if it had not when the trace did.
    pub end: Option<Time>,
    /// How the goroutine spent that time.
    pub stats: Stats,
    /// Whether it is a part of its goroutine's summary: not so what the runtime's
    /// own goroutines inherit or leave open.
    pub counts: bool,
}

impl Region {
    /// One of which nothing is known but whose it is.
    pub(super) fn new(goroutine: GoId, name: NameId, task: TaskId) -> Region {
        let (stack, stats) = (StackKey::EMPTY, Stats::default());
        Region { goroutine, name, task, start: None, stack, end: None, stats, counts: false }
    }

    /// From when to when it was, within a trace from `first` to `last`.
    pub fn interval(&self, first: Time, last: Time) -> (Time, Time) {
        (self.start.unwrap_or(first), self.end.unwrap_or(last))
    }

    /// Whether the trace has its beginning and its end.
    pub fn is_complete(&self) -> bool {
        self.start.is_some() && self.end.is_some()
    }
}
