//! Records, the output of ordering: events at their places in the causal order.

use crate::base::ids::{GoId, ProcId, ThreadId, WIRE_NONE};
use crate::order::state::NONE;
use crate::order::state::context::Context;
use crate::spec::v2::EventType;
use smallvec::SmallVec;

/// An event at its place in the causal order. The arguments stay in the file, at `offset`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    /// The time in nanoseconds, strictly increasing.
    pub(crate) time: i64,
    /// The offset of the event in the file, in bytes.
    pub(crate) offset: usize,
    /// The G, M and P of the event's context, as IDs; all ones for none.
    pub(crate) go: u64,
    pub(crate) thread: u64,
    /// A number that depends on the event. For the end of a task or range, the offset of the
    /// event that began it, or 0; for a status in a v1 trace, the offset of the goroutine's
    /// creation, or 0; for a sync, its number; for a change of a goroutine, [`CachedArgs`].
    pub(crate) extra: u64,
    pub(crate) proc: u32,
    pub(crate) event: EventType,
    /// Bits of [`note`].
    pub(crate) note: u8,
}

impl Record {
    /// Returns the record of the event at `offset`.
    #[inline(always)]
    pub(crate) fn new(event: EventType, thread: u64, context: Context, offset: usize, time: i64) -> Record {
        let Context { go, p, .. } = context;
        Record { time, offset, go, thread, extra: 0, proc: p, event, note: 0 }
    }

    /// Returns the record of a sync that does not come from ordering.
    pub(crate) fn sync(time: crate::Time) -> Record {
        Record::new(EventType::Sync, WIRE_NONE, Context::EMPTY, 0, time.0)
    }

    /// Sets the offset, time and context of an event that is about to be tried. The event may
    /// change its context, so they are written before.
    #[inline(always)]
    pub(crate) fn draft(&mut self, thread: u64, context: Context, offset: usize, time: i64) {
        (self.offset, self.thread, self.go, self.proc) = (offset, thread, context.go, context.p);
        (self.time, self.extra, self.note) = (time, 0, 0);
    }

    /// Sets the type and the cached arguments of an event that has happened, and raises its time
    /// above the last one.
    #[inline(always)]
    pub(crate) fn settle(&mut self, last_time: &mut i64, event: EventType, cached: CachedArgs) {
        *last_time = if self.time > *last_time { self.time } else { last_time.wrapping_add(1) };
        (self.time, self.event, self.extra) = (*last_time, event, cached.0);
    }

    /// Returns the arguments that ordering has cached.
    #[inline(always)]
    pub(crate) fn cached(&self) -> CachedArgs {
        CachedArgs(self.extra)
    }

    /// Returns the record with that note.
    pub(crate) fn with_note(self, note: u8) -> Record {
        Record { note, ..self }
    }

    pub(crate) fn goroutine(&self) -> Option<GoId> {
        (self.go != WIRE_NONE).then_some(GoId(self.go))
    }

    pub(crate) fn proc(&self) -> Option<ProcId> {
        (self.proc != NONE).then_some(ProcId(u64::from(self.proc)))
    }

    pub(crate) fn thread(&self) -> Option<ThreadId> {
        (self.thread != WIRE_NONE).then_some(ThreadId(self.thread))
    }
}

/// The first argument and the stack of an event that changes a goroutine, as ordering has
/// read them, so that analyses need not read them again. Empty if they are too large, or
/// were not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CachedArgs(u64);

impl CachedArgs {
    pub(crate) const NONE: CachedArgs = CachedArgs(0);
    /// The bit that tells cached arguments from offsets and numbers of syncs, which do not have it.
    const PRESENT: u64 = 1 << 63;
    /// The widths in bits of the first argument and the stack.
    const FIRST_BITS: u32 = 40;
    const STACK_BITS: u32 = 23;

    /// Packs a first argument and the ID of a stack; 0 for one that an event does not have.
    #[inline(always)]
    pub(crate) fn new(first: u64, stack: u64) -> CachedArgs {
        if (first >> CachedArgs::FIRST_BITS | stack >> CachedArgs::STACK_BITS) == 0 {
            CachedArgs(CachedArgs::PRESENT | stack << CachedArgs::FIRST_BITS | first)
        } else {
            CachedArgs::NONE
        }
    }

    /// Returns the first argument and the ID of the stack, if they are cached.
    #[inline(always)]
    pub(crate) fn get(self) -> Option<(u64, u64)> {
        let (first, stack) =
            (self.0 & ((1 << CachedArgs::FIRST_BITS) - 1), (self.0 & !CachedArgs::PRESENT) >> CachedArgs::FIRST_BITS);
        (self.0 & CachedArgs::PRESENT != 0).then_some((first, stack))
    }
}

/// Facts about a record that its event does not state.
pub(crate) mod note {
    /// Bit of a record without arguments of its own: it follows from another event.
    pub(crate) const SYNTHETIC: u8 = 0x80;
    /// Bit of a record that states the state at the beginning of a window, and is not in the file.
    pub(crate) const RESTATED: u8 = 0x20;
    /// Bit of a stolen P whose holder was lost.
    pub(crate) const ABANDONED: u8 = 0x40;

    /// Returns the state before a status event, which is in the other bits.
    pub(crate) fn state(note: u8) -> u8 {
        note & 0x0f
    }
}

/// The number of records in a block: few enough for the second-level cache.
const BLOCK: usize = 512;
/// The most records of one event.
pub(crate) const MOST_RECORDS: usize = 3;

/// A block of records, which is filled and read in turn.
#[derive(Clone)]
pub(crate) struct Block {
    records: Box<[Record; BLOCK]>,
    len: usize,
}

impl Default for Block {
    fn default() -> Block {
        let blank = Record::new(EventType::Sync, WIRE_NONE, Context::EMPTY, 0, 0);
        Block { records: Box::new([blank; BLOCK]), len: 0 }
    }
}

impl Block {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the records of any event fit.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.len <= BLOCK - MOST_RECORDS
    }

    /// Adds a record, its time raised above that of the last one.
    #[inline(always)]
    pub(crate) fn push(&mut self, last_time: &mut i64, record: Record) {
        let place = self.next();
        *place = record;
        place.settle(last_time, record.event, record.cached());
        self.len += 1;
    }

    /// Returns the place behind the last record. Once it is drafted and settled,
    /// [`add_next`](Self::add_next) makes it a record of the block.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> &mut Record {
        &mut self.records[self.len % BLOCK]
    }

    #[inline(always)]
    pub(crate) fn add_next(&mut self) {
        self.len += 1;
    }

    /// Returns the number of records that may be added one by one while [`has_room`](Self::has_room)
    /// holds.
    pub(crate) fn room(&self) -> usize {
        (BLOCK - MOST_RECORDS + 1).saturating_sub(self.len)
    }

    /// Adds records with those times, which are raised as by [`push`](Self::push).
    #[inline(always)]
    pub(crate) fn extend<'r>(&mut self, last_time: &mut i64, records: impl Iterator<Item = (&'r Record, i64)>) {
        let (mut len, mut last) = (self.len, *last_time);
        for (record, time) in records {
            let Some(place) = self.records.get_mut(len) else { break };
            last = if time <= last { last.wrapping_add(1) } else { time };
            *place = *record;
            place.time = last;
            len += 1;
        }
        (self.len, *last_time) = (len, last);
    }

    /// Adds all records of a list, as [`push`](Self::push) does, and empties the list.
    #[inline(never)]
    pub(crate) fn push_all(&mut self, last_time: &mut i64, records: &mut SmallVec<[Record; MOST_RECORDS]>) {
        for record in records.drain(..) {
            self.push(last_time, record);
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self, at: usize) -> Option<&Record> {
        if at < self.len { self.records.get(at) } else { None }
    }

    pub(crate) fn records(&self) -> &[Record] {
        self.records.get(..self.len).unwrap_or_default()
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.records()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Checks that arguments that fit are returned unchanged, and others not at all. Neither an
        /// offset nor a number of a sync is taken for cached arguments.
        #[test]
        fn cached_arguments_are_returned(first in any::<u64>(), stack in any::<u64>(), shifts in (0u32..64, 0u32..64)) {
            let (first, stack) = (first >> shifts.0, stack >> shifts.1);
            let fits = first < 1 << 40 && stack < 1 << 23;
            prop_assert_eq!(CachedArgs::new(first, stack).get(), fits.then_some((first, stack)));
            prop_assert_eq!(CachedArgs(first >> 1).get(), None);
        }
    }
}
