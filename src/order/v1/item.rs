//! An event between its place in the file and its place in the order.

use crate::order::state::Slot;
use crate::wire::v1::spec::EventType;

/// An event in its place. Its arguments stay in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// In ticks.
    pub(crate) ticks: i64,
    /// Where it begins in the file.
    pub(crate) at: usize,
    /// The goroutine it happened on, by slot.
    pub(crate) g: Slot,
    /// The goroutine it is about, for one that is created or unblocked.
    pub(crate) other: Slot,
    /// The P it was written on.
    pub(crate) proc: u16,
    /// Its type, one of those that are not "local".
    pub(crate) event: EventType,
    /// Whether it blocks, for a system call that begins.
    pub(crate) blocks: Blocks,
}

/// Whether a system call blocks, which the next event of its goroutine tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blocks {
    No,
    Yes,
    /// The next event is not known yet.
    Open,
}
