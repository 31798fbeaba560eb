//! The order of Go 1.7 to 1.21: by time, as far as goroutines allow.
//!
//! Events of one P are in order. Of each P the next event is looked at: one
//! that its goroutine is ready for enters the *frontier*, a heap by time; the
//! earliest of the frontier happens, and its P's next event is looked at.
//!
//! ```text
//! waiting: Ps whose next event is not due      frontier: Ps whose next event is
//!   P2 GoStart g7 seq 3  ──── once g7 is ────>   P0 ─┬─ P3
//!                             runnable, seq 3        └─ P1
//! ```
//!
//! That is Go's algorithm (`internal/trace/internal/tracev1/parser.go`), down
//! to how it breaks ties: by the structure of the heap. Only the order that the
//! Ps are first looked at in is a map's there, random; here it is ascending,
//! the CPU samples last.

use super::Defects;
use super::cursor::{Cursor, Head, Rule};
use super::frontier::{Entry, Frontier, Ties};
use super::gs::{Gs, NOBODY};
use super::item::Item;
use crate::error::{Result, V1Error};
use crate::ids::{GoId, ProcId};
use crate::order::pdqsort;
use crate::wire::v1::event::{Shapes, wrong};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::{Index, NO_PROC};

/// The end of a system call: it happened earlier than it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    /// With the time that it happened.
    pub(crate) item: Item,
    /// How many items were written before it.
    pub(crate) before: usize,
}

/// What merging comes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    /// In order.
    pub(crate) items: Vec<Item>,
    /// Ends of system calls in the order they were written, to be put where
    /// their time says.
    pub(crate) exits: Vec<Exit>,
    /// Whether one of them really ended after it was written.
    pub(crate) late: bool,
    /// Whether there were wakeups in vain.
    pub(crate) futile: bool,
}

/// The events of a P, or the CPU samples.
struct Stream {
    cursor: Cursor,
    /// The next event, once looked at.
    head: Option<Head>,
}

/// How taking the events of one stream ended.
enum Ran {
    /// There are no more.
    Over,
    /// The next one is not due.
    Waits,
    /// The next one, of that time, is not the earliest.
    GivesWay(i64),
}

pub(crate) struct Merge<'a, 'd> {
    file: &'a [u8],
    index: &'a Index,
    shapes: Shapes,
    gs: &'d mut Gs,
    defects: &'d mut Defects,
    streams: Vec<Stream>,
    /// CPU samples by time, latest first; theirs is the last stream.
    samples: Vec<(Head, u16)>,
    frontier: Frontier,
    ties: Ties,
    merged: Merged,
    last: i64,
}

/// The cursors of each P, ascending, without one first.
pub(crate) fn cursors(index: &Index) -> Vec<Cursor> {
    let mut places = vec![];
    let mut cursors: Vec<Cursor> = Vec::new();
    for (i, batch) in (0u32..).zip(&index.batches) {
        let p = usize::from(batch.proc);
        if p >= places.len() {
            places.resize(p + 1, usize::MAX);
        }
        let Some(place) = places.get_mut(p) else { continue };
        if *place == usize::MAX {
            *place = cursors.len();
            cursors.push(Cursor::new(batch.proc));
        }
        if let Some(cursor) = cursors.get_mut(*place) {
            cursor.add(i);
        }
    }
    cursors.sort_by_key(|cursor| cursor.proc.wrapping_add(1));
    cursors
}

/// The CPU samples as events, in Go's order.
pub(crate) fn samples(index: &Index, gs: &mut Gs) -> Vec<(Head, u16)> {
    let mut samples: Vec<(Head, u16)> = Vec::with_capacity(index.samples.len());
    samples.extend(index.samples.iter().map(|sample| {
        let g = sample.goroutine.map_or(NOBODY, |g| gs.slot(g.0));
        let proc = sample.proc.map_or(NO_PROC, |p| u16::try_from(p.0).unwrap_or(NO_PROC));
        let (event, ticks) = (EventType::CPUSample, sample.time.0 as i64);
        (Head { ticks, at: sample.offset, g, other: NOBODY, exit: 0, rule: Rule::free(event) }, proc)
    }));
    pdqsort::sort(&mut samples, &|a, b| a.0.ticks < b.0.ticks);
    samples
}

impl<'a, 'd> Merge<'a, 'd> {
    pub(crate) fn new(
        file: &'a [u8],
        index: &'a Index,
        gs: &'d mut Gs,
        defects: &'d mut Defects,
        ties: Ties,
    ) -> Merge<'a, 'd> {
        let mut samples = samples(index, gs);
        samples.reverse();
        let cursors = cursors(index).into_iter().chain([Cursor::new(NO_PROC)]);
        let items = Vec::with_capacity(index.events + samples.len());
        Merge {
            file,
            index,
            shapes: Shapes::of(index.version),
            gs,
            defects,
            streams: cursors.map(|cursor| Stream { cursor, head: None }).collect(),
            samples,
            frontier: Frontier::new(ties),
            ties,
            merged: Merged { items, ..Merged::default() },
            last: i64::MIN,
        }
    }

    pub(crate) fn run(mut self) -> Result<Merged> {
        let mut waiting: Vec<usize> = (0..self.streams.len()).collect();
        let mut looked = 0;
        loop {
            // In a lenient reading that has looked at so many in vain, nobody
            // waits any more: what is not due is placed by its time.
            looked += waiting.len() as u64;
            let gives_way = looked > self.defects.patience(self.merged.items.len());
            if self.ties == Ties::Go121 {
                // There the Ps are looked at in one order, always.
                waiting.sort_unstable();
            }
            let mut i = 0;
            while let Some(&stream) = waiting.get(i) {
                match self.look(stream)? {
                    None => self.strike(&mut waiting, i),
                    Some(head) if gives_way || head.rule.holds(self.gs) => {
                        self.strike(&mut waiting, i);
                        self.frontier.push(Entry { ticks: head.ticks, stream });
                    }
                    Some(_) => i += 1,
                }
            }
            let Some(mut next) = self.frontier.pop() else {
                if waiting.is_empty() {
                    return Ok(self.merged);
                }
                self.force(&mut waiting)?;
                continue;
            };
            // While no P waits, only the one that was last can come next, or
            // the head of the frontier.
            loop {
                self.take(next.stream)?;
                if !waiting.is_empty() {
                    waiting.push(next.stream);
                    break;
                }
                match self.run_on(next.stream)? {
                    Ran::Over => break,
                    Ran::Waits => {
                        waiting.push(next.stream);
                        break;
                    }
                    Ran::GivesWay(ticks) => next = self.frontier.exchange(Entry { ticks, stream: next.stream }),
                }
            }
        }
    }

    /// Takes the events of a stream for as long as they come before those of
    /// the frontier, which they would enter only to leave it at once.
    #[inline(always)]
    fn run_on(&mut self, stream: usize) -> Result<Ran> {
        let limit = self.frontier.limit();
        loop {
            let Some(head) = self.read(stream)? else { return Ok(Ran::Over) };
            let ran = if !head.rule.holds(self.gs) {
                Ran::Waits
            } else if head.ticks >= limit {
                Ran::GivesWay(head.ticks)
            } else {
                let proc = self.streams.get(stream).map_or(NO_PROC, |stream| stream.cursor.proc);
                self.put(&head, proc)?;
                continue;
            };
            if let Some(stream) = self.streams.get_mut(stream) {
                stream.head = Some(head);
            }
            return Ok(ran);
        }
    }

    fn strike(&self, waiting: &mut Vec<usize>, i: usize) {
        match self.ties {
            Ties::Go127 => waiting.swap_remove(i),
            Ties::Go121 => waiting.remove(i),
        };
    }

    /// The next event of a stream, looked at already or not.
    fn look(&mut self, stream: usize) -> Result<Option<Head>> {
        if let Some(head) = self.streams.get(stream).and_then(|stream| stream.head) {
            return Ok(Some(head));
        }
        let head = self.read(stream)?;
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.head = head;
        }
        Ok(head)
    }

    /// Reads the next event of a stream.
    #[inline(always)]
    fn read(&mut self, stream: usize) -> Result<Option<Head>> {
        if stream + 1 == self.streams.len() {
            return Ok(self.next_sample(stream));
        }
        let Some(Stream { cursor, .. }) = self.streams.get_mut(stream) else { return Ok(None) };
        loop {
            match cursor.read(self.file, &self.index.batches, &self.shapes, self.gs) {
                Ok(next) => return Ok(next),
                Err(e) => {
                    self.defects.give_up(e, cursor.skip_batch())?;
                }
            }
        }
    }

    #[inline(never)]
    fn next_sample(&mut self, stream: usize) -> Option<Head> {
        let next = self.samples.pop();
        if let Some(Stream { cursor, .. }) = self.streams.get_mut(stream) {
            cursor.proc = next.map_or(NO_PROC, |(_, proc)| proc);
        }
        next.map(|(head, _)| head)
    }

    /// Puts the next event of a stream in its place.
    #[inline(always)]
    fn take(&mut self, stream: usize) -> Result<()> {
        let Some(Stream { cursor, head }) = self.streams.get_mut(stream) else { return Ok(()) };
        let Some(head) = head.take() else { return Ok(()) };
        let proc = cursor.proc;
        if !head.rule.holds(self.gs) {
            let turn = self.gs.turn(head.rule.g);
            let goroutine = GoId(self.gs.id(head.rule.g));
            let what = V1Error::ImpossibleTransition { event: head.rule.event, goroutine, found: turn.phase };
            self.defects.meet(wrong(head.at, what))?;
        }
        self.put(&head, proc)
    }

    #[inline(always)]
    fn put(&mut self, head: &Head, proc: u16) -> Result<()> {
        head.rule.apply(self.gs);
        let mut ticks = head.ticks;
        if ticks < self.last {
            let what = V1Error::TimeOrder { event: head.rule.event, ticks: self.last.wrapping_sub(ticks) as u64 };
            self.defects.meet(wrong(head.at, what))?;
            ticks = self.last;
        }
        self.last = ticks;
        let place = self.merged.items.len();
        let mut item = Item::new(head.rule.event.global(), head.at, proc, ticks, head.g, head.other);
        let Some(turn) = self.gs.turns.get_mut(head.g as usize) else { return Ok(()) };
        let syscall = std::mem::take(&mut turn.syscall);
        match head.rule.event {
            EventType::GoSysCall => turn.syscall = place + 1,
            EventType::GoSysBlock => {
                turn.blocked = ticks;
                if let Some(began) = syscall.checked_sub(1).and_then(|place| self.merged.items.get_mut(place)) {
                    began.set_blocks(true);
                }
            }
            EventType::GoInSyscall => (turn.blocked, turn.in_c) = (ticks, true),
            EventType::GoSysExit if std::mem::take(&mut turn.stale) && head.exit < turn.blocked => {}
            EventType::GoSysExit if head.exit != 0 => {
                let what = if turn.blocked == 0 {
                    V1Error::StraySyscallExit { goroutine: GoId(self.gs.id(head.g)) }
                } else if head.exit < turn.blocked {
                    let ticks = turn.blocked.wrapping_sub(head.exit) as u64;
                    V1Error::TimeOrder { event: head.rule.event, ticks }
                } else {
                    self.merged.late |= head.exit > ticks;
                    item.ticks = head.exit;
                    self.merged.exits.push(Exit { item, before: place });
                    return Ok(());
                };
                self.defects.meet(wrong(head.at, what))?;
            }
            EventType::FutileWakeup => self.merged.futile = true,
            _ => {}
        }
        self.merged.items.push(item);
        Ok(())
    }

    /// No event is due: in lenient mode the earliest happens all the same.
    #[cold]
    #[inline(never)]
    fn force(&mut self, waiting: &mut Vec<usize>) -> Result<()> {
        let heads = waiting.iter().enumerate();
        let heads = heads.filter_map(|(i, &stream)| Some((i, stream, self.streams.get(stream)?.head?)));
        let Some((i, stream, head)) = heads.min_by_key(|(_, _, head)| head.ticks) else { return Ok(()) };
        let turn = self.gs.turn(head.rule.g);
        let proc = self.streams.get(stream).map_or(NO_PROC, |stream| stream.cursor.proc);
        self.defects.meet(wrong(
            head.at,
            V1Error::Stuck {
                proc: ProcId(u64::from(proc)),
                event: head.rule.event,
                goroutine: GoId(self.gs.id(head.rule.g)),
                found: turn.phase,
                seq: turn.seq,
            },
        ))?;
        waiting.swap_remove(i);
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.head = None;
        }
        // Time does not go back for it.
        let ticks = head.ticks.max(self.last);
        self.put(&Head { ticks, ..head }, proc)?;
        waiting.push(stream);
        Ok(())
    }
}
