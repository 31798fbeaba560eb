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

use super::gs::{COLLECTOR, Gs, NOBODY, Turn};
use super::item::Item;
use crate::bytes::uvarint;
use crate::error::{Error, GoPhase, Result};
use crate::order::state::{NONE, Slot};
use crate::wire::v1::event::{RawEvents, Shapes, numbers};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::{Batch, Index, NO_EXIT};
use std::ops::Range;

/// Any sequence number will do.
const ANY: u64 = u64::MAX;

/// The next event of a P.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) ticks: i64,
    /// Where it begins in the file.
    pub(crate) at: usize,
    /// The goroutine it happens on.
    pub(crate) g: Slot,
    /// The goroutine that is created or unblocked.
    pub(crate) other: Slot,
    /// For the end of a system call, when that really ended, or 0.
    pub(crate) exit: i64,
    pub(crate) rule: Rule,
    /// What it is once it has its place.
    pub(crate) becomes: EventType,
}

impl Head {
    /// Nothing, on no goroutine.
    pub(crate) const NONE: Head = Head {
        ticks: 0,
        at: 0,
        g: NOBODY,
        other: NOBODY,
        exit: 0,
        rule: Rule::free(EventType::Batch),
        becomes: EventType::Batch,
    };

    /// The event at that time and on that P.
    #[inline(always)]
    pub(crate) fn item(&self, ticks: i64, proc: u16) -> Item {
        let Head { at, g, other, exit, becomes, .. } = *self;
        Item { ticks, at, g, other, proc, event: becomes, exit }
    }
}

/// What a goroutine has to be for an event to happen, and is afterwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// Which one; [`NONE`] if the event waits for nothing.
    pub(crate) g: Slot,
    /// Which event. It stands here so that no byte is left over, which would be
    /// copied at a cost.
    pub(crate) event: EventType,
    /// The sequence number it must have come to, or [`ANY`].
    seq: u64,
    from: GoPhase,
    to: GoPhase,
    /// Whether the event counts it on.
    counts: bool,
}

impl Rule {
    /// That of an event that waits for nothing.
    pub(crate) const fn free(event: EventType) -> Rule {
        Rule { g: NONE, event, seq: ANY, from: GoPhase::Dead, to: GoPhase::Dead, counts: false }
    }

    #[inline(always)]
    fn fits(&self, turn: &Turn) -> bool {
        (self.seq == ANY || self.seq == turn.seq)
            && (self.from == turn.phase || (turn.in_c && self.to == GoPhase::Running))
    }

    /// Whether the event can happen.
    #[inline(always)]
    pub(crate) fn holds(&self, gs: &mut Gs) -> bool {
        self.g == NONE || self.fits(&gs.get(self.g).turn)
    }

    /// Notes that a stream waits for the goroutine to change.
    #[inline(always)]
    pub(crate) fn await_change(&self, gs: &mut Gs) {
        if self.g != NONE {
            gs.get(self.g).turn.awaited = true;
        }
    }

    /// Changes the goroutine if the event can happen; returns whether a stream
    /// waits for that.
    #[inline(always)]
    pub(crate) fn try_apply(&self, gs: &mut Gs) -> Option<bool> {
        if self.g == NONE {
            return Some(false);
        }
        let turn = &mut gs.get(self.g).turn;
        if self.fits(turn) { Some(self.change(turn)) } else { None }
    }

    /// The same, whether it can or not.
    #[cold]
    pub(crate) fn force(&self, gs: &mut Gs) {
        if self.g != NONE {
            self.change(&mut gs.get(self.g).turn);
        }
    }

    #[inline(always)]
    fn change(&self, turn: &mut Turn) -> bool {
        // One that is forced counts from where it says it is.
        let seq = if self.seq == ANY { turn.seq } else { self.seq };
        turn.stale |= turn.in_c && self.to == GoPhase::Running;
        turn.seq = seq.wrapping_add(u64::from(self.counts));
        (turn.phase, turn.in_c) = (self.to, false);
        std::mem::take(&mut turn.awaited)
    }
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

    /// Reads the next event into `head`, if there is one. After an error the
    /// rest of the batch can be given up.
    #[inline(always)]
    pub(crate) fn read(
        &mut self,
        file: &[u8],
        index: &Index,
        shapes: &Shapes,
        gs: &mut Gs,
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
            if shapes.lead == 1 && self.hot(file, at, byte, gs, head).is_some() {
                return Ok(true);
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
            self.head(event, at, args, gs, head);
            return Ok(true);
        }
    }

    /// The frequent events, each read by its own code: one jump an event, by its
    /// first byte, and then no more questions. `None` for others, and for what
    /// cannot be read.
    #[inline(always)]
    #[allow(non_upper_case_globals, reason = "the names are those of the event types")]
    fn hot(&mut self, file: &[u8], at: usize, byte: u8, gs: &mut Gs, head: &mut Head) -> Option<()> {
        macro_rules! hot {
            ($($event:ident $numbers:literal $args:expr,)*) => {
                // The byte of an event with as many numbers behind the time.
                $(const $event: u8 = EventType::$event as u8 | $numbers << 6;)*
                match byte {
                    $($event => {
                        let mut pos = at + 1;
                        let ticks = uvarint(file, &mut pos).ok()?;
                        let mut numbers = [0; 2];
                        if $numbers > 0 {
                            numbers[0] = uvarint(file, &mut pos).ok()?;
                        }
                        if $numbers > 1 {
                            numbers[1] = uvarint(file, &mut pos).ok()?;
                        }
                        self.data.start = pos;
                        self.ticks = self.ticks.wrapping_add(ticks as i64);
                        let args: fn([u64; 2]) -> [u64; 3] = $args;
                        self.head(EventType::$event, at, args(numbers), gs, head);
                        Some(())
                    })*
                    _ => None,
                }
            };
        }
        // A stack, the last number where there is one, is of no interest here.
        const ONE: fn([u64; 2]) -> [u64; 3] = |[a, _]| [a, 0, 0];
        const TWO: fn([u64; 2]) -> [u64; 3] = |[a, b]| [a, b, 0];
        const NO: fn([u64; 2]) -> [u64; 3] = |_| [0; 3];
        hot! {
            GoStartLocal 1 ONE,
            GoUnblockLocal 2 ONE,
            GoStart 2 TWO,
            GoBlock 1 NO,
            GoBlockSend 1 NO,
            GoBlockRecv 1 NO,
            GoBlockSelect 1 NO,
            GoBlockSync 1 NO,
            GoBlockCond 1 NO,
            GoBlockNet 1 NO,
            GoSleep 1 NO,
            GoSysCall 1 NO,
            GoSched 1 NO,
            GoPreempt 1 NO,
            GoEnd 0 NO,
            ProcStart 1 ONE,
            ProcStop 0 NO,
            HeapAlloc 1 ONE,
        }
    }

    #[inline(always)]
    fn head(&mut self, event: EventType, at: usize, [a, b, c]: [u64; 3], gs: &mut Gs, head: &mut Head) {
        use EventType::*;
        use GoPhase::*;
        *head = Head { ticks: self.ticks, at, g: self.running, becomes: event.global(), ..Head::NONE };
        head.rule.event = event;
        let rule = |g, seq, from, to, counts| Rule { g, event, seq, from, to, counts };
        match event {
            GoCreate => {
                head.other = gs.slot(a);
                head.rule = rule(head.other, 0, Dead, Runnable, true);
            }
            GoWaiting | GoInSyscall => {
                head.g = gs.slot(a);
                head.rule = rule(head.g, 1, Runnable, Waiting, true);
            }
            GoStart | GoStartLabel | GoStartLocal => {
                head.g = gs.slot(a);
                self.running = head.g;
                head.rule = rule(head.g, if event == GoStartLocal { ANY } else { b }, Runnable, Running, true);
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
            | GoSysBlock | GoBlockGC => {
                head.rule = rule(head.g, ANY, Running, Waiting, false);
                self.running = NOBODY;
            }
            GoSched | GoPreempt => {
                head.rule = rule(head.g, ANY, Running, Runnable, false);
                self.running = NOBODY;
            }
            GoEnd | GoStop => self.running = NOBODY,
            GoUnblock | GoUnblockLocal => {
                head.other = gs.slot(a);
                head.rule = rule(head.other, if event == GoUnblockLocal { ANY } else { b }, Waiting, Runnable, true);
            }
            GoSysExit => {
                head.g = gs.slot(a);
                head.exit = c as i64;
                head.rule = rule(head.g, b, Waiting, Runnable, true);
            }
            GoSysExitLocal => {
                // It states a time too, which Go does not heed.
                head.g = gs.slot(a);
                head.rule = rule(head.g, ANY, Waiting, Runnable, true);
            }
            GCStart => head.rule = rule(COLLECTOR, a, Dead, Dead, true),
            _ => {}
        }
    }
}

/// Where an entry of a table, a CPU sample or a message ends.
#[inline(never)]
fn after(file: &[u8], at: usize, shapes: &Shapes) -> std::result::Result<usize, Error> {
    RawEvents::from(file, at, shapes.version).read().map(|raw| at + raw.size)
}
