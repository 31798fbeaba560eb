//! An event on its way from the file to the order.

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
    /// For the end of a system call that states it, when that really ended, in
    /// ticks; else 0.
    pub(crate) exit: i64,
}
