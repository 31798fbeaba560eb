//! Annotations: tasks, regions, logs and labels, which the program makes through `runtime/trace`.

use crate::base::ids::{GoId, TaskId};

/// A task that begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Task<'t> {
    /// The ID of the task.
    pub id: TaskId,
    /// The parent task; none also if the beginning of the task is not in the trace.
    pub parent: Option<TaskId>,
    /// The type given to `NewTask`; empty if the beginning is not in the trace.
    pub kind: &'t [u8],
}

/// A region that begins or ends, on the goroutine of the event's context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Region<'t> {
    /// The task that the region belongs to.
    pub task: TaskId,
    /// The type given to `StartRegion` or `WithRegion`.
    pub kind: &'t [u8],
}

/// A message that the program logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Log<'t> {
    /// The task that the message belongs to.
    pub task: TaskId,
    /// The category given to `Log`.
    pub category: &'t [u8],
    /// The message.
    pub message: &'t [u8],
}

/// A label put on a goroutine; the runtime labels its GC workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Label<'t> {
    /// The label.
    pub label: &'t [u8],
    /// The goroutine.
    pub goroutine: Option<GoId>,
}
