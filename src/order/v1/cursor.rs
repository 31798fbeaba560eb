//! The events of one P, one after the other, and what each waits for.
//!
//! Threads that C has made, and that call back into Go, run on goroutines that
//! the runtime keeps ready for them. It says of such a goroutine `GoCreate` and
//! `GoInSyscall`; but when the first callback begins, the `GoSysExit` that is
//! due is missing if the runtime made the goroutine while it traced: Go 1.21
//! forgets to note (`gp.trace.tracedSyscallEnter`, in `oneNewExtraM`) that it
//! has announced the system call. Go's readers give up there, with "no
//! consistent ordering of events possible". Here the start of a goroutine ends
//! the system call that it first appeared in, and counts the same: the runtime
//! does not count the event that it does not write. Where the exit is written
//! nothing changes, for then the sequence number of the start is one more, or
//! the exit stands right before it on the same P.
//!
//! The time of the exit that was not written is left behind, and the next exit
//! states it, unless it took a time itself. It is before the system call that
//! ends, and not heeded then.

use super::gs::{COLLECTOR, Gs, NOBODY};
use super::head::{ANY, Head};
use super::replay::Replay;
use crate::bytes::uvarint;
use crate::error::{Error, Result};
use crate::order::state::Slot;
use crate::wire::v1::event::{RawEvents, Shapes, numbers};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::{Batch, Index, NO_EXIT};
use std::ops::Range;

/// How far events happen as they are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until {
    /// Those before that time.
    pub(crate) ticks: i64,
    /// As long as the window holds less.
    pub(crate) held: usize,
}

impl Until {
    /// None does.
    pub(crate) const NOW: Until = Until { ticks: i64::MIN, held: 0 };
}

/// Where the reading of one P has come to.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    pub(crate) proc: u16,
    /// Its batches, as places in the index.
    batches: Vec<u32>,
    next: usize,
    data: Range<usize>,
    /// The time of the last event, and in Go 1.5 its sequence number.
    ticks: i64,
    pub(crate) seq: u64,
    /// The goroutine that runs.
    running: Slot,
}

impl Cursor {
    pub(crate) fn new(proc: u16) -> Cursor {
        Cursor { proc, batches: Vec::new(), next: 0, data: 0..0, ticks: 0, seq: 0, running: NOBODY }
    }

    pub(crate) fn add(&mut self, batch: u32) {
        self.batches.push(batch);
    }

    fn next_batch<'i>(&self, index: &'i Index) -> Option<&'i Batch> {
        self.batches.get(self.next).and_then(|&i| index.batches.get(i as usize))
    }

    /// When the earliest system call ended whose end is still to be taken, in
    /// ticks. `head` has been read, and is too.
    pub(crate) fn next_exit(&self, index: &Index, head: Option<&Head>) -> i64 {
        let from = head.map_or(self.data.start, |head| head.at);
        let after = index.exits.partition_point(|exit| exit.at < from);
        match index.exits.get(after) {
            Some(exit) if exit.at < self.data.end => exit.ticks,
            _ => self.next_batch(index).map_or(NO_EXIT, |batch| batch.exits),
        }
    }

    /// Gives up the rest of the batch, which has a defect; returns how many
    /// bytes that is.
    pub(crate) fn skip_batch(&mut self) -> usize {
        let rest = self.data.len();
        self.data.start = self.data.end;
        rest
    }

    /// Reads the next event into `head`, if there is one. Before it, those happen
    /// that are frequent and due, up to there. After an error the rest of the
    /// batch can be given up. It `MERGES` from Go 1.7 on.
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

    /// The frequent events, each read by its own code: one jump an event, by its
    /// first byte, and then no more questions; returns whether it has happened.
    /// `None` for others, and for what cannot be read.
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
                // The byte of an event with as many numbers behind the time.
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
                        if happens && out.plainly::<true>(&next, self.proc) {
                            return Some(true);
                        }
                        *head = next;
                        Some(false)
                    })*
                    _ => None,
                }
            };
        }
        // Three are so many that the event states its size.
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
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
            | GoSysBlock | GoBlockGC | GoSched | GoPreempt => {
                head.subject = head.g;
                self.running = NOBODY;
            }
            GoEnd | GoStop => self.running = NOBODY,
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
                // It states a time too, which Go does not heed.
                head.g = gs.slot(a);
                head.subject = head.g;
            }
            GCStart => (head.subject, head.seq) = (COLLECTOR, a),
            _ => {}
        }
        head
    }
}

/// Where an entry of a table, a CPU sample or a message ends.
#[inline(never)]
fn after(file: &[u8], at: usize, shapes: &Shapes) -> std::result::Result<usize, Error> {
    RawEvents::from(file, at, shapes.version).read().map(|raw| at + raw.size)
}
