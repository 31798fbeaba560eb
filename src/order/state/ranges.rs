//! The open ranges of a goroutine.

use crate::spec::v2::EventType;
use smallvec::SmallVec;

/// An open range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OpenRange {
    pub(in crate::order) begin: EventType,
    /// The kind of a stop-the-world; else 0.
    pub(in crate::order) kind: u64,
    /// The offset of the event that began it.
    pub(in crate::order) origin: usize,
}

impl OpenRange {
    pub(crate) fn begin(&self) -> EventType {
        self.begin
    }
}

/// The open ranges of one G, rarely more than one.
pub(crate) type OpenRanges = SmallVec<[OpenRange; 1]>;
