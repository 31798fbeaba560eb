//! What the program says of itself through `runtime/trace`.

use crate::ids::{GoId, TaskId};

/// A task that begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task<'t> {
    /// Which one.
    pub id: TaskId,
    /// The task it is part of; none too if its beginning is not in the trace.
    pub parent: Option<TaskId>,
    /// The type given to `NewTask`; empty if its beginning is not in the trace.
    pub kind: &'t [u8],
}

/// A region that begins or ends, on the goroutine of the event's context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region<'t> {
    /// The task it belongs to.
    pub task: TaskId,
    /// The type given to `StartRegion` or `WithRegion`.
    pub kind: &'t [u8],
}

/// A message that the program logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Log<'t> {
    /// The task it belongs to.
    pub task: TaskId,
    /// The category given to `Log`.
    pub category: &'t [u8],
    /// The message.
    pub message: &'t [u8],
}

/// A label put on a goroutine; the runtime labels its GC workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label<'t> {
    /// The label.
    pub label: &'t [u8],
    /// The goroutine.
    pub goroutine: Option<GoId>,
}
