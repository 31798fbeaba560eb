//! The events of one P in their order, with the condition that each waits for.
//!
//! A thread made by C that calls back into Go runs on a goroutine that
//! the runtime keeps ready. The runtime writes `GoCreate` and
//! `GoInSyscall` for such a goroutine. But when the first callback begins, the `GoSysExit` that
//! is due is missing if the runtime made the goroutine while it traced: Go 1.21
//! forgets to note (`gp.trace.tracedSyscallEnter`, in `oneNewExtraM`) that it
//! has announced the system call. Go's readers give up there, with "no
//! consistent ordering of events possible". Here the start of a goroutine ends
//! the system call that it first appeared in, and counts as one event: the runtime
//! does not count the event that it does not write. Traces with the exit are read as
//! before: either the sequence number of the start is one more, or
//! the exit comes right before the start on the same P.
//!
//! The time of the unwritten exit stays in the runtime, and the next exit
//! states it, unless that took a time itself. Such a time is before the system call that
//! ends, and is ignored then.

use super::gs::{COLLECTOR, Gs, NO_G};
use super::head::{ANY, Head};
use super::replay::Replay;
use crate::base::bytes::uvarint;
use crate::error::{Error, Result};
use crate::generation::v1::index::{Batch, Index, NO_EXIT};
use crate::order::state::Slot;
use crate::spec::v1::{EventType, blocking};
use crate::wire::v1::event::{RawEvents, Shapes, numbers};
use std::ops::Range;

/// The bound up to which events happen as they are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until {
    /// The time, in ticks, before which they happen.
    pub(crate) ticks: i64,
    /// The number of records in the window below which they happen.
    pub(crate) held: usize,
}

impl Until {
    /// A bound below every event.
    pub(crate) const NOW: Until = Until { ticks: i64::MIN, held: 0 };
}

/// The position of reading in the events of one P.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    pub(crate) proc: u16,
    /// The P's batches, as indices of the file's index.
    batches: Vec<u32>,
    next: usize,
    data: Range<usize>,
    /// The time of the last event in ticks, and in Go 1.5 its sequence number.
    ticks: i64,
    pub(crate) seq: u64,
    /// The goroutine that runs on the P.
    running: Slot,
}

impl Cursor {
    pub(crate) fn new(proc: u16) -> Cursor {
        Cursor { proc, batches: Vec::new(), next: 0, data: 0..0, ticks: 0, seq: 0, running: NO_G }
    }

    pub(crate) fn add(&mut self, batch: u32) {
        self.batches.push(batch);
    }

    fn next_batch<'i>(&self, index: &'i Index) -> Option<&'i Batch> {
        self.batches.get(self.next).and_then(|&i| index.batches.get(i as usize))
    }

    /// Returns the time, in ticks, at which the earliest system call ended whose end is still
    /// to happen. `head` has been read, but has not happened.
    pub(crate) fn next_exit(&self, index: &Index, head: Option<&Head>) -> i64 {
        let from = head.map_or(self.data.start, |head| head.at);
        let after = index.exits.partition_point(|exit| exit.at < from);
        match index.exits.get(after) {
            Some(exit) if exit.at < self.data.end => exit.ticks,
            _ => self.next_batch(index).map_or(NO_EXIT, |batch| batch.exits),
        }
    }

    /// Passes over the rest of the batch, which has a defect; returns its length in bytes.
    pub(crate) fn skip_batch(&mut self) -> usize {
        let rest = self.data.len();
        self.data.start = self.data.end;
        rest
    }

    /// Reads the next event into `head`; returns false if there is none. Frequent events
    /// before it happen at once, up to `until`. After an error the rest of the
    /// batch may be skipped. `MERGES` is true from Go 1.7 on.
    #[inline(always)]
    pub(crate) fn read<const MERGES: bool>(
        &mut self,
        file: &[u8],
        index: &Index,
        shapes: &Shapes,
        until: Until,
        out: &mut Replay<'_>,
        head: &mut Head,
    ) -> Result<bool> {
        loop {
            let at = self.data.start;
            if at >= self.data.end {
                let Some(batch) = self.next_batch(index) else { return Ok(false) };
                self.next += 1;
                (self.data, self.ticks, self.seq) = (batch.range.clone(), batch.ticks as i64, batch.seq);
                continue;
            }
            let byte = file.get(at).copied().unwrap_or_default();
            if MERGES {
                match self.hot(file, at, byte, until, out, head) {
                    Some(true) => continue,
                    Some(false) => return Ok(true),
                    None => {}
                }
            }
            if shapes.count(byte) == 0 {
                self.data.start = after(file, at, shapes)?;
                continue;
            }
            let event = EventType::from_wire(byte & 0x3f).unwrap_or(EventType::Batch);
            let (n, end) = numbers(file, at, shapes)?;
            self.data.start = end;
            if event == EventType::UserLog {
                self.data.start = after(file, at, shapes)?;
            }
            let (ticks, args) = match n {
                [ticks, a, b, c, _] if shapes.lead == 1 => (ticks, [a, b, c]),
                [seq, ticks, a, b, c] => {
                    self.seq = self.seq.wrapping_add(seq);
                    (ticks, [a, b, c])
                }
            };
            self.ticks = self.ticks.wrapping_add(ticks as i64);
            *head = self.head(event, at, args, &mut out.gs);
            return Ok(true);
        }
    }

    /// Reads a frequent event, each type with code of its own: one jump by the
    /// first byte, and no branch behind it. Returns true if the event has happened; false
    /// if it is in `head`; `None` for other events, and for one that cannot be read.
    #[inline(always)]
    #[allow(non_upper_case_globals, reason = "the names are those of the event types")]
    fn hot(
        &mut self,
        file: &[u8],
        at: usize,
        byte: u8,
        until: Until,
        out: &mut Replay<'_>,
        head: &mut Head,
    ) -> Option<bool> {
        macro_rules! hot {
            ($($event:ident $numbers:literal,)*) => {
                // The first byte of an event with that many numbers behind the time.
                $(const $event: u8 = EventType::$event as u8 | $numbers << 6;)*
                match byte {
                    $($event => {
                        let mut pos = at + 1;
                        let states_size = $numbers > 2;
                        let size = if states_size { uvarint(file, &mut pos).ok()? } else { 0 };
                        let begin = pos;
                        let ticks = uvarint(file, &mut pos).ok()?;
                        let mut numbers = [0; 3];
                        for number in numbers.iter_mut().take($numbers) {
                            *number = uvarint(file, &mut pos).ok()?;
                        }
                        if states_size && size != (pos - begin) as u64 {
                            return None;
                        }
                        self.data.start = pos;
                        self.ticks = self.ticks.wrapping_add(ticks as i64);
                        let next = self.head(EventType::$event, at, numbers, &mut out.gs);
                        let happens = next.ticks < until.ticks && out.window.held() < until.held;
                        if happens && out.handle_plain::<true>(&next, self.proc) {
                            return Some(true);
                        }
                        *head = next;
                        Some(false)
                    })*
                    _ => None,
                }
            };
        }
        // An event with three numbers states its size.
        hot! {
            GoStartLocal 1,
            GoUnblockLocal 2,
            GoStart 2,
            GoUnblock 3,
            GoCreate 3,
            GoBlock 1,
            GoBlockSend 1,
            GoBlockRecv 1,
            GoBlockSelect 1,
            GoBlockSync 1,
            GoBlockCond 1,
            GoBlockNet 1,
            GoSleep 1,
            GoSysCall 1,
            GoSched 1,
            GoPreempt 1,
            GoEnd 0,
            ProcStart 1,
            ProcStop 0,
            HeapAlloc 1,
        }
    }

    #[inline(always)]
    fn head(&mut self, event: EventType, at: usize, [a, b, c]: [u64; 3], gs: &mut Gs) -> Head {
        use EventType::*;
        let mut head = Head { ticks: self.ticks, at, g: self.running, event, ..Head::NONE };
        match event {
            GoCreate => {
                head.other = gs.slot(a);
                (head.subject, head.seq) = (head.other, 0);
            }
            GoWaiting | GoInSyscall => {
                head.g = gs.slot(a);
                (head.subject, head.seq) = (head.g, 1);
            }
            GoStart | GoStartLabel | GoStartLocal => {
                head.g = gs.slot(a);
                self.running = head.g;
                (head.subject, head.seq) = (head.g, if event == GoStartLocal { ANY } else { b });
            }
            blocking!() | GoSysBlock | GoSched | GoPreempt => {
                head.subject = head.g;
                self.running = NO_G;
            }
            GoEnd | GoStop => self.running = NO_G,
            GoUnblock | GoUnblockLocal => {
                head.other = gs.slot(a);
                (head.subject, head.seq) = (head.other, if event == GoUnblockLocal { ANY } else { b });
            }
            GoSysExit => {
                head.g = gs.slot(a);
                head.exit = c as i64;
                (head.subject, head.seq) = (head.g, b);
            }
            GoSysExitLocal => {
                // The time that it states is ignored, as by Go.
                head.g = gs.slot(a);
                head.subject = head.g;
            }
            GCStart => (head.subject, head.seq) = (COLLECTOR, a),
            _ => {}
        }
        head
    }
}

/// Returns the offset behind an entry of a table, a CPU sample or a message.
#[inline(never)]
fn after(file: &[u8], at: usize, shapes: &Shapes) -> std::result::Result<usize, Error> {
    RawEvents::from(file, at, shapes.version).read().map(|raw| at + raw.size)
}
