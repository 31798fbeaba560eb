//! The window: events that are checked and not yet output, because their place or
//! their meaning depends on later ones.
//!
//! ```text
//!            output     │ ready       │ held           │ being merged
//!   records  ...........│ a b c d e f │ SysCall h i j ─┼──>
//!                       │      ^      │                │
//!   exits               │      x      │  y             │
//! ```
//!
//! The end of a system call was written late and goes back to the time that it
//! states. The index of the file says how far back later ends may
//! go: events before that are ready. A system call holds up the events
//! that follow until its goroutine's next event says whether it blocks.

use crate::order::state::record::{Block, Record};
use crate::spec::v2::EventType as V2;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Bit of a record that may still be dropped; no bit of [`note`](crate::order::note).
const OPEN: u8 = 0x20;
/// Bit of a record that is to be left out.
pub(crate) const DROPPED: u8 = 0x10;

/// The end of a system call, which happened earlier or later than it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Exit {
    /// The record, with the time when it happened.
    record: Record,
    /// The number of records written before it.
    before: usize,
    /// The number of such ends written before it.
    number: usize,
}

impl Exit {
    fn key(&self) -> (i64, usize) {
        (self.record.time, self.number)
    }
}

impl Ord for Exit {
    fn cmp(&self, other: &Exit) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Exit {
    fn partial_cmp(&self, other: &Exit) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The held records, with their times in ticks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// The records by time; those before `next` have been output.
    records: Vec<Record>,
    next: usize,
    /// The number of records before the first that is not ready.
    ready: usize,
    /// The number of records that were held before these.
    gone: usize,
    /// Ends of system calls, to be put at the times that they state; of two at one time, the
    /// one written first comes first.
    exits: BinaryHeap<Reverse<Exit>>,
    /// The number of such ends written so far.
    written: usize,
    /// True if no more records will come.
    ended: bool,
}

impl Window {
    /// Returns the number of records held.
    #[inline(always)]
    pub(crate) fn held(&self) -> usize {
        self.records.len()
    }

    /// Returns the place of the next record, counted from the first of all.
    #[inline(always)]
    pub(crate) fn place(&self) -> usize {
        self.gone + self.records.len()
    }

    /// Adds a record, which is no earlier than the last one.
    #[inline(always)]
    pub(crate) fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Adds the beginning of a system call, and its end right behind it, which
    /// is dropped if the call turns out to block.
    #[inline(always)]
    pub(crate) fn push_syscall(&mut self, begin: Record) {
        self.push(begin.with_note(OPEN));
        self.push(Record { event: V2::GoSyscallEnd, ..begin });
    }

    /// Decides whether the system call at that place blocks.
    #[inline(always)]
    pub(crate) fn close(&mut self, place: usize, blocks: bool) {
        let Some(at) = place.checked_sub(self.gone) else { return };
        if let Some([begin, end]) = self.records.get_mut(at..).and_then(|records| records.first_chunk_mut()) {
            if blocks && begin.note & OPEN != 0 {
                end.note |= DROPPED;
            }
            begin.note &= !OPEN;
        }
    }

    /// Adds the end of a system call that blocked.
    pub(crate) fn push_exit(&mut self, record: Record) {
        let exit = Exit { record, before: self.place(), number: self.written };
        self.exits.push(Reverse(exit));
        self.written += 1;
    }

    /// Determines the records that are ready, given that no end of a system call will come
    /// that is earlier than `bound`, in ticks.
    pub(crate) fn settle(&mut self, bound: i64) {
        let unsettled = self.records.get(self.ready..).unwrap_or_default();
        let early = unsettled.partition_point(|record| record.time <= bound);
        let early = unsettled.get(..early).unwrap_or_default();
        self.ready += early.iter().position(|record| record.note & OPEN != 0).unwrap_or(early.len());
    }

    /// Makes all records ready, for no more will come.
    pub(crate) fn end(&mut self) {
        self.ready = self.records.len();
        self.ended = true;
    }

    /// Returns the next record that is ready; it may be one to be left out.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Record> {
        if self.next >= self.ready {
            return self.last_exit();
        }
        let &record = self.records.get(self.next)?;
        if let Some(Reverse(exit)) = self.exits.peek()
            && (exit.record.time, exit.before) <= (record.time, self.gone + self.next)
        {
            return self.exits.pop().map(|Reverse(exit)| exit.record);
        }
        self.next += 1;
        Some(record)
    }

    #[inline(never)]
    fn last_exit(&mut self) -> Option<Record> {
        if self.ended { self.exits.pop().map(|Reverse(exit)| exit.record) } else { None }
    }

    /// Outputs ready records, as far as there is room and no end of a system
    /// call comes between. `nanos` converts ticks to nanoseconds.
    #[inline(always)]
    pub(crate) fn output(&mut self, last_time: &mut i64, out: &mut Block, nanos: impl Fn(i64) -> i64) {
        let ready = self.records.get(self.next..self.ready).unwrap_or_default();
        let clear = self.exits.peek().map_or(ready.len(), |Reverse(exit)| {
            let earlier = ready.partition_point(|record| record.time < exit.record.time);
            let no_later = ready.partition_point(|record| record.time <= exit.record.time);
            exit.before.saturating_sub(self.gone + self.next).clamp(earlier, no_later)
        });
        let chunk = ready.get(..clear.min(out.room())).unwrap_or_default();
        self.next += chunk.len();
        let stay = chunk.iter().filter(|record| record.note & DROPPED == 0);
        out.extend(last_time, stay.map(|record| (record, nanos(record.time))));
    }

    /// Drops the records that have been output, if they are the greater part.
    pub(crate) fn drop_output(&mut self) {
        if 2 * self.next >= self.records.len() {
            self.records.drain(..self.next);
            self.gone += self.next;
            self.ready -= self.next;
            self.next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::WIRE_NONE;
    use crate::order::state::context::Context;

    fn record(event: V2, at: usize, ticks: i64) -> Record {
        Record::new(event, WIRE_NONE, Context::EMPTY, at, ticks)
    }

    /// Returns the offsets of the records that are output now.
    fn outputs(window: &mut Window) -> Vec<usize> {
        std::iter::from_fn(|| window.next()).filter(|r| r.note & DROPPED == 0).map(|r| r.offset).collect()
    }

    #[test]
    fn an_exit_goes_back_to_its_time_and_no_later_one_is_waited_for() {
        let mut window = Window::default();
        for at in 1..=4 {
            window.push(record(V2::GoStart, at, 10 * at as i64));
        }
        window.settle(25);
        assert_eq!(outputs(&mut window), [1, 2], "one may still come at 25");
        window.push_exit(record(V2::GoSyscallEndBlocked, 5, 25));
        window.settle(35);
        assert_eq!(outputs(&mut window), [5, 3]);
        window.push_exit(record(V2::GoSyscallEndBlocked, 6, 40));
        window.push_exit(record(V2::GoSyscallEndBlocked, 7, 35));
        window.end();
        assert_eq!(outputs(&mut window), [7, 4, 6], "of one time, the one written first comes first");
    }

    #[test]
    fn a_system_call_is_held_until_it_is_known_whether_it_blocks() {
        for (blocks, want) in [(false, &[1, 1, 2][..]), (true, &[1, 2])] {
            let mut window = Window::default();
            let place = window.place();
            window.push_syscall(record(V2::GoSyscallBegin, 1, 10));
            window.push(record(V2::GoStart, 2, 20));
            window.settle(i64::MAX);
            assert!(outputs(&mut window).is_empty());
            window.close(place, blocks);
            window.settle(i64::MAX);
            assert_eq!(outputs(&mut window), want);
        }
    }

    #[test]
    fn output_records_are_dropped() {
        let mut window = Window::default();
        for at in 0..10_000 {
            window.push(record(V2::GoStart, at, at as i64));
            window.settle(at as i64);
            assert_eq!(outputs(&mut window), [at]);
            window.drop_output();
        }
        assert_eq!(window.place(), 10_000);
        assert!(window.records.capacity() < 16);
    }
}
