//! The events that are checked and not yet handed out: those whose place, or
//! whose meaning, depends on what comes later.
//!
//! ```text
//!            handed out │ ready       │ held           │ being merged
//!   records  ...........│ a b c d e f │ SysCall h i j ─┼──>
//!                       │      ^      │                │
//!   exits               │      x      │  y             │
//! ```
//!
//! The end of a system call was written late and goes back to the time it
//! states. How far back the ends that are still to come may go, the index of
//! the file tells: up to there events are ready. A system call holds up what
//! follows until its goroutine's next event tells whether it blocks.

use crate::order::{Block, Record};
use crate::wire::v2::spec::EventType as V2;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The record's fate depends on what comes; no note of [`note`](crate::order::note).
const OPEN: u8 = 0x20;
/// The record is to be left out.
pub(crate) const DROPPED: u8 = 0x10;

/// The end of a system call: it happened earlier than it was written, or later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Exit {
    /// With the time that it happened.
    record: Record,
    /// How many records were written before it.
    before: usize,
    /// How many ends were.
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

/// A window on the events, as records with their time in ticks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// By time. Those before `next` have been handed out.
    records: Vec<Record>,
    next: usize,
    /// How many there are up to the first that is not ready.
    ready: usize,
    /// How many came before these.
    gone: usize,
    /// Ends of system calls, to be put where their time says: first the one
    /// written first, of two of one time.
    exits: BinaryHeap<Reverse<Exit>>,
    /// How many ends of system calls were written so far.
    written: usize,
    /// Whether nothing more will come.
    ended: bool,
}

impl Window {
    /// How many records it holds.
    #[inline(always)]
    pub(crate) fn held(&self) -> usize {
        self.records.len()
    }

    /// Where the next record will stand, counted from the first of all.
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
    /// is left out if the call turns out to block.
    #[inline(always)]
    pub(crate) fn push_syscall(&mut self, begin: Record) {
        self.push(begin.noting(OPEN));
        self.push(Record { event: V2::GoSyscallEnd, ..begin });
    }

    /// Tells what the system call at that place has come to.
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

    /// Finds out what is ready, given that no end of a system call will come
    /// that is earlier than `bound`.
    pub(crate) fn settle(&mut self, bound: i64) {
        let unsettled = self.records.get(self.ready..).unwrap_or_default();
        let early = unsettled.partition_point(|record| record.time <= bound);
        let early = unsettled.get(..early).unwrap_or_default();
        self.ready += early.iter().position(|record| record.note & OPEN != 0).unwrap_or(early.len());
    }

    /// Nothing more will come.
    pub(crate) fn end(&mut self) {
        self.ready = self.records.len();
        self.ended = true;
    }

    /// Takes out the next that is ready. Some are to be left out.
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

    /// Hands out what is ready, as far as there is room and no end of a system
    /// call comes between, given how to make nanoseconds of ticks.
    #[inline(always)]
    pub(crate) fn hand_out(&mut self, last_time: &mut i64, out: &mut Block, nanos: impl Fn(i64) -> i64) {
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

    /// Forgets what has been handed out, if that is the greater part.
    pub(crate) fn forget(&mut self) {
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
    use crate::ids::WIRE_NONE;
    use crate::order::context::Context;

    fn record(event: V2, at: usize, ticks: i64) -> Record {
        Record::new(event, WIRE_NONE, Context::EMPTY, at, ticks)
    }

    /// Where the records stand in the file that are handed out now.
    fn handed_out(window: &mut Window) -> Vec<usize> {
        std::iter::from_fn(|| window.next()).filter(|r| r.note & DROPPED == 0).map(|r| r.offset).collect()
    }

    #[test]
    fn an_exit_goes_back_to_its_time_and_no_later_one_is_waited_for() {
        let mut window = Window::default();
        for at in 1..=4 {
            window.push(record(V2::GoStart, at, 10 * at as i64));
        }
        window.settle(25);
        assert_eq!(handed_out(&mut window), [1, 2], "one may still come at 25");
        window.push_exit(record(V2::GoSyscallEndBlocked, 5, 25));
        window.settle(35);
        assert_eq!(handed_out(&mut window), [5, 3]);
        window.push_exit(record(V2::GoSyscallEndBlocked, 6, 40));
        window.push_exit(record(V2::GoSyscallEndBlocked, 7, 35));
        window.end();
        assert_eq!(handed_out(&mut window), [7, 4, 6], "of one time, the one written first comes first");
    }

    #[test]
    fn a_system_call_is_held_until_it_is_known_whether_it_blocks() {
        for (blocks, want) in [(false, &[1, 1, 2][..]), (true, &[1, 2])] {
            let mut window = Window::default();
            let place = window.place();
            window.push_syscall(record(V2::GoSyscallBegin, 1, 10));
            window.push(record(V2::GoStart, 2, 20));
            window.settle(i64::MAX);
            assert!(handed_out(&mut window).is_empty());
            window.close(place, blocks);
            window.settle(i64::MAX);
            assert_eq!(handed_out(&mut window), want);
        }
    }

    #[test]
    fn what_has_been_handed_out_is_forgotten() {
        let mut window = Window::default();
        for at in 0..10_000 {
            window.push(record(V2::GoStart, at, at as i64));
            window.settle(at as i64);
            assert_eq!(handed_out(&mut window), [at]);
            window.forget();
        }
        assert_eq!(window.place(), 10_000);
        assert!(window.records.capacity() < 16);
    }
}
