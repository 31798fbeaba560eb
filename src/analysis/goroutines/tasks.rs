//! The program's tasks.

use crate::analysis::names::NameId;
use crate::ids::{GoId, TaskId};
use crate::time::Time;
use std::collections::BTreeSet;

/// A task: what `trace.NewTask` makes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Task {
    /// Its type; empty if the trace has neither its beginning nor its end.
    pub name: NameId,
    /// The task it is part of.
    pub parent: Option<TaskId>,
    /// The tasks that are part of it, in the order in which they were mentioned.
    pub children: Vec<TaskId>,
    /// When it began, and on which goroutine.
    pub start: Option<(Time, Option<GoId>)>,
    /// When it ended, and on which goroutine.
    pub end: Option<(Time, Option<GoId>)>,
    /// What was logged for it.
    pub logs: Vec<Log>,
    /// Its regions, as places in [`Summaries::regions`](super::Summaries::regions).
    pub regions: Vec<usize>,
    /// The goroutines that took part: that began or ended it, logged for it, or
    /// had regions of it.
    pub goroutines: BTreeSet<GoId>,
}

impl Task {
    /// Whether the trace has its beginning and its end.
    pub fn is_complete(&self) -> bool {
        self.start.is_some() && self.end.is_some()
    }

    /// How long it took, in nanoseconds, if the trace has all of it.
    pub fn duration(&self) -> Option<i64> {
        Some(self.end?.0.since(self.start?.0))
    }
}

/// A message that was logged for a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Log {
    /// When.
    pub time: Time,
    /// By which goroutine.
    pub goroutine: Option<GoId>,
    /// Its category.
    pub category: NameId,
    /// What it says.
    pub message: NameId,
}
