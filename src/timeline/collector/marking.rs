//! The mark phase that is under way, if any.

use crate::base::time::Time;

/// The start of the mark phase that is under way; none between phases.
///
/// A phase that was under way when the trace began, or after a gap in it, counts from
/// there; one that has not ended counts until the trace ends.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marking(Option<Time>);

impl Marking {
    /// Begins a phase, unless one is under way; returns whether it did. For a phase that is
    /// first seen under way, `since` is the time of the last sync.
    pub(crate) fn begin(&mut self, since: Time) -> bool {
        let begins = self.0.is_none();
        self.0.get_or_insert(since);
        begins
    }

    /// Ends the phase that is under way; returns its start.
    pub(crate) fn end(&mut self) -> Option<Time> {
        self.0.take()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }
}
