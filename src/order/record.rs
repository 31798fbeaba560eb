//! What ordering puts out: an event in its place.

use crate::ids::WIRE_NONE;
use crate::order::context::Context;
use crate::order::state::NONE;
use crate::wire::v2::spec::EventType;
use smallvec::SmallVec;

/// An event in its place. Its arguments stay in the file, at `offset`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    /// In nanoseconds, strictly increasing.
    pub(crate) time: i64,
    /// Where the event begins in the file.
    pub(crate) offset: usize,
    /// The context it happened in, as IDs; all ones for none.
    pub(crate) go: u64,
    pub(crate) thread: u64,
    /// For an end, where the event that began it stands in the file, or 0; for
    /// a sync, its number; for what changes a goroutine, what is [`Told`] of that.
    pub(crate) extra: u64,
    pub(crate) proc: u32,
    pub(crate) event: EventType,
    /// See [`note`].
    pub(crate) note: u8,
}

impl Record {
    /// The record of the event at `offset`.
    #[inline(always)]
    pub(crate) fn new(event: EventType, thread: u64, context: Context, offset: usize, time: i64) -> Record {
        let Context { go, p, .. } = context;
        Record { time, offset, go, thread, extra: 0, proc: p, event, note: 0 }
    }

    /// Writes down where and in what context an event is tried, so that nothing
    /// has to remember what the event changes.
    #[inline(always)]
    pub(crate) fn draft(&mut self, thread: u64, context: Context, offset: usize, time: i64) {
        (self.offset, self.thread, self.go, self.proc) = (offset, thread, context.go, context.p);
        (self.time, self.extra, self.note) = (time, 0, 0);
    }

    /// Sets its type and what is told of it, and its time to one that is later than
    /// the last one.
    #[inline(always)]
    pub(crate) fn settle(&mut self, last_time: &mut i64, event: EventType, told: Told) {
        *last_time = if self.time > *last_time { self.time } else { last_time.wrapping_add(1) };
        (self.time, self.event, self.extra) = (*last_time, event, told.0);
    }

    /// What ordering has read of it already.
    #[inline(always)]
    pub(crate) fn told(&self) -> Told {
        Told(self.extra)
    }

    /// The same with that note.
    pub(crate) fn noting(self, note: u8) -> Record {
        Record { note, ..self }
    }

    pub(crate) fn goroutine(&self) -> Option<crate::GoId> {
        (self.go != WIRE_NONE).then_some(crate::GoId(self.go))
    }

    pub(crate) fn proc(&self) -> Option<crate::ProcId> {
        (self.proc != NONE).then_some(crate::ProcId(u64::from(self.proc)))
    }

    pub(crate) fn thread(&self) -> Option<crate::ThreadId> {
        (self.thread != WIRE_NONE).then_some(crate::ThreadId(self.thread))
    }
}

/// What ordering has read of an event that changes a goroutine, for those who follow
/// goroutines: so they need not read it again. Nothing where that is too large, or
/// was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Told(u64);

impl Told {
    pub(crate) const NOTHING: Told = Told(0);
    /// No place in a file, nor the number of a sync, has this bit.
    const SOMETHING: u64 = 1 << 63;
    /// How many bits they may have.
    const FIRST: u32 = 40;
    const STACK: u32 = 23;

    /// An argument, and the number of a stack: 0 of what an event does not have.
    #[inline(always)]
    pub(crate) fn of(first: u64, stack: u64) -> Told {
        if (first >> Told::FIRST | stack >> Told::STACK) == 0 {
            Told(Told::SOMETHING | stack << Told::FIRST | first)
        } else {
            Told::NOTHING
        }
    }

    /// The same as they were.
    #[inline(always)]
    pub(crate) fn get(self) -> Option<(u64, u64)> {
        let (first, stack) = (self.0 & ((1 << Told::FIRST) - 1), (self.0 & !Told::SOMETHING) >> Told::FIRST);
        (self.0 & Told::SOMETHING != 0).then_some((first, stack))
    }
}

/// What a record tells that its event does not.
pub(crate) mod note {
    /// The event carries no arguments of its own: it follows from another.
    pub(crate) const SYNTHETIC: u8 = 0x80;
    /// A stolen P's holder was lost.
    pub(crate) const ABANDONED: u8 = 0x40;

    /// The state before a status event, which is the rest of the note.
    pub(crate) fn state(note: u8) -> u8 {
        note & 0x0f
    }
}

/// How many records a block holds: few enough to stay in the second-level cache.
const BLOCK: usize = 512;
/// The most records that one event makes.
pub(crate) const MOST_RECORDS: usize = 3;

/// A block of records, filled and read in turn.
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

    /// Whether any event's records fit.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.len <= BLOCK - MOST_RECORDS
    }

    /// Adds a record, with a time later than that of the last one.
    #[inline(always)]
    pub(crate) fn push(&mut self, last_time: &mut i64, record: Record) {
        let place = self.next();
        *place = record;
        place.settle(last_time, record.event, record.told());
        self.len += 1;
    }

    /// The record behind the last one: drafted and settled, it is
    /// [added](Self::add_next).
    #[inline(always)]
    pub(crate) fn next(&mut self) -> &mut Record {
        &mut self.records[self.len % BLOCK]
    }

    #[inline(always)]
    pub(crate) fn add_next(&mut self) {
        self.len += 1;
    }

    /// How many records fit, if there are to be no more than [`has_room`](Self::has_room) asks for.
    pub(crate) fn room(&self) -> usize {
        (BLOCK - MOST_RECORDS + 1).saturating_sub(self.len)
    }

    /// Adds records with those times, as [`push`](Self::push) does.
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

    /// Adds records, as [`push`](Self::push) does, and empties their list.
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
        /// What fits comes out as it went in; what does not, not at all. Neither a place
        /// in a file nor a number of a sync is taken for it.
        #[test]
        fn what_is_told_is_what_was_read(first in any::<u64>(), stack in any::<u64>(), shifts in (0u32..64, 0u32..64)) {
            let (first, stack) = (first >> shifts.0, stack >> shifts.1);
            let fits = first < 1 << 40 && stack < 1 << 23;
            prop_assert_eq!(Told::of(first, stack).get(), fits.then_some((first, stack)));
            prop_assert_eq!(Told(first >> 1).get(), None);
        }
    }
}
