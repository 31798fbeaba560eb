//! Events between reading and ordering.

use crate::order::state::Slot;
use crate::spec::v1::EventType;

/// An event whose arguments stay in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// The time in ticks.
    pub(crate) ticks: i64,
    /// The offset of the event in the file, in bytes.
    pub(crate) at: usize,
    /// The slot of the goroutine that the event happened on.
    pub(crate) g: Slot,
    /// The slot of the goroutine that is created or unblocked.
    pub(crate) other: Slot,
    /// The P whose stream has the event.
    pub(crate) proc: u16,
    /// The type, one that is not "local".
    pub(crate) event: EventType,
    /// The time when a system call really ended, in ticks, if its end states that; else 0.
    pub(crate) exit: i64,
}
