//! Reading ahead: before an event comes out, Go's reader has read the next one of its M.

use crate::error::Error;
use crate::generation::Generation;
use crate::order::Record;
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::event::RawEvents;
use rustc_hash::{FxHashMap, FxHashSet};

/// Last readable event of each M that has a defect, by offset, with the defect of the next.
pub(super) struct DefectsAhead(FxHashMap<usize, Error>);

impl DefectsAhead {
    /// Reads the events of all Ms of a generation, unordered.
    ///
    /// # Errors
    /// Returns the defect if the first event of an M cannot be read: then no event comes
    /// out at all.
    pub(super) fn of(generation: &Generation<'_>) -> Result<DefectsAhead, Error> {
        let mut last: FxHashMap<_, usize> = FxHashMap::default();
        let mut over = FxHashSet::default();
        let mut ahead = FxHashMap::default();
        for batch in generation.batches_of(BatchKind::Events) {
            if over.contains(&batch.thread) {
                continue;
            }
            for event in RawEvents::new(&batch) {
                match event {
                    Ok(event) => _ = last.insert(batch.thread, event.offset),
                    Err(e) => {
                        let e = e.in_generation(generation.number()).on_thread(batch.thread);
                        let Some(&before) = last.get(&batch.thread) else { return Err(e) };
                        ahead.insert(before, e);
                        over.insert(batch.thread);
                    }
                }
            }
        }
        Ok(DefectsAhead(ahead))
    }

    /// Returns whether no M has a defect.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of these events that come out, and the defect that stops the
    /// others.
    pub(super) fn pass(&self, records: &[Record]) -> (u64, Option<&Error>) {
        if !self.0.is_empty()
            && let Some((at, e)) = records.iter().enumerate().find_map(|(at, record)| Some((at, self.stops(record)?)))
        {
            return (at as u64, Some(e));
        }
        (records.len() as u64, None)
    }

    fn stops(&self, record: &Record) -> Option<&Error> {
        // A sync has no offset, which is written as 0.
        if record.offset == 0 { None } else { self.0.get(&record.offset) }
    }
}
