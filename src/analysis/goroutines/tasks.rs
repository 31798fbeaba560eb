//! The program's tasks.

use crate::analysis::names::NameId;
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use std::collections::BTreeSet;

/// A task: what `trace.NewTask` makes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TaskSummary {
    /// Type, which may be empty, and is if its beginning is not in the trace.
    pub name: NameId,
    /// Task that it is part of.
    pub parent: Option<TaskId>,
    /// Tasks that are part of it, in the order in which they were mentioned.
    pub children: Vec<TaskId>,
    /// Time of its beginning, with the goroutine.
    pub start: Option<(Time, Option<GoId>)>,
    /// Time of its first end, with the goroutine.
    pub end: Option<(Time, Option<GoId>)>,
    /// Messages that were logged for it.
    pub logs: Vec<TaskLog>,
    /// Regions of it, as indexes in [`Summaries::regions`](super::Summaries::regions).
    pub regions: Vec<usize>,
    /// Goroutines that took part: that began or ended it, logged for it, or had regions of
    /// it.
    pub goroutines: BTreeSet<GoId>,
}

impl TaskSummary {
    /// Returns whether the trace has its beginning and its end.
    pub fn is_complete(&self) -> bool {
        self.start.is_some() && self.end.is_some()
    }

    /// Returns its length in nanoseconds, if the trace has all of it.
    pub fn duration(&self) -> Option<i64> {
        Some(self.end?.0.since(self.start?.0))
    }
}

/// A message that was logged for a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TaskLog {
    /// Time of the message.
    pub time: Time,
    /// Goroutine that logged it.
    pub goroutine: Option<GoId>,
    /// Category of the message.
    pub category: NameId,
    /// Text of the message.
    pub message: NameId,
}
